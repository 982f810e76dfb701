"""A lexer per dialect: SQL bytes to tokens, comments included.

It knows what each server's own scanner knows about quoting, and no grammar. Every byte is looked at a bounded
number of times whatever the input: an opening quote, comment or ``$tag$`` without its end reaches to the end of
the text, so nothing is scanned twice.

PostgreSQL
    strings ``'..'``, ``E'\\''``, ``U&'..'``, ``B'..' X'..' N'..'``, ``$tag$..$tag$``; names ``".."``, ``U&".."``;
    comments ``--`` and nested ``/* */``; placeholders ``$1``
MySQL, MariaDB
    strings ``'..'`` and ``".."`` with ``\\``, ``_utf8'..'``, ``B'..' X'..' N'..'``; names `` `..` ``;
    comments ``-- ``, ``#`` and ``/* */``
SQLite
    strings ``'..'``, ``X'..'``; names ``".."``, `` `..` ``, ``[..]``; comments ``--`` and ``/* */``;
    placeholders ``?1 $a @a``

Placeholders of drivers (``?``, ``%s``, ``%(name)s``, ``:name``) are known in every dialect. ``?`` after a value and
before a value is PostgreSQL's JSON operator. MySQL's ``@v`` and ``@@v`` are names. MySQL's ``/*!40001 ... */`` is
executed by the server, so what stands in it is lexed as SQL. MySQL is read in its default sql_mode: ``"x"`` is a
string. An unterminated quoted name counts as a literal: a text cut in its middle must not leak what follows.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Final, NamedTuple

from advisor.fingerprint.words import START, WORDS
from advisor.model.engine import Dialect

WORD: Final = 1
QUOTED: Final = 2  # a quoted name
STRING: Final = 3
NUMBER: Final = 4
PLACEHOLDER: Final = 5
OPERATOR: Final = 6
LPAREN: Final = 7
RPAREN: Final = 8
LBRACKET: Final = 9
RBRACKET: Final = 10
COMMA: Final = 11
DOT: Final = 12
CAST: Final = 13  # ::
SEMICOLON: Final = 14
COMMENT: Final = 15  # of any kind, hints included; also the frame of a version comment
VERSION: Final = 16  # "/*!40001" and its "*/"
CASTED: Final = 17  # "::type" after a literal


class Token(NamedTuple):
    """Byte offsets: ``start``/``end`` of the token, ``inner``/``inner_end`` of what a string or comment holds."""

    kind: int
    start: int
    end: int
    inner: int
    inner_end: int


def _compile(dialect: Dialect) -> re.Pattern[bytes]:
    ident = rb"[A-Za-z0-9_$\x80-\xff]"
    if dialect == "mysql":
        comment = rb"--(?=[\x00-\x20]|\Z)[^\r\n]*+|\#[^\r\n]*+"
        strings = [
            rb"(?:[bBxXnN]|_[A-Za-z0-9_]++)?'(?P<s1>(?>(?:[^'\\]++|''|\\.|\\\Z)*))'?",
            rb'(?:_[A-Za-z0-9_]++)?"(?P<s2>(?>(?:[^"\\]++|""|\\.|\\\Z)*))"?',
        ]
        quoted = rb"`(?P<q>(?>(?:[^`]++|``)*))(?P<q_end>`?)"
        number = (
            rb"0[xX][0-9a-fA-F]++(?!I)|0[bB][01]++(?!I)|[0-9]++\.(?!\.)[0-9]*+(?:[eE][+-]?[0-9]++)?"
            rb"|[0-9]++[eE](?:[0-9]++(?!I)|[+-][0-9]++)|[0-9]++(?!I)|\.[0-9]++(?:[eE][+-]?[0-9]++)?"
        ).replace(b"I", ident)
        word = rb"[A-Za-z0-9_$\x80-\xff]++|@@?" + ident + rb"++(?>(?:\." + ident + rb"++)*)"
        placeholder = rb"\?"
        operator = rb"<=>|->>|->|<=|>=|<>|!=|\|\||&&|<<|>>|:=|==|."
    else:
        comment = rb"--[^\r\n]*+"
        digits = rb"[0-9](?>(?:_?[0-9])*)"
        number = (
            rb"0[xX](?>(?:_?[0-9a-fA-F])+)|0[oO](?>(?:_?[0-7])+)|0[bB](?>(?:_?[01])+)"
            rb"|(?:D(?>(?:\.(?!\.)(?>(?:D)?))?)|\.D)(?>(?:[eE][+-]?D)?)"
        ).replace(b"D", digits)
        word = rb"[A-Za-z_\x80-\xff]" + ident + rb"*+"
        if dialect == "postgresql":
            strings = [
                rb"[eE]'(?P<s1>(?>(?:[^'\\]++|''|\\.|\\\Z)*))'?",
                rb"(?:[bBxXnN]|[uU]&)?'(?P<s2>(?>(?:[^']++|'')*))'?",
            ]
            quoted = rb'(?:[uU]&)?"(?P<q>(?>(?:[^"]++|"")*))(?P<q_end>"?)'
            placeholder = rb"\$[0-9]++|\?"
            operator = rb":=|@\?|[-+*/<>=~!@\#%^&|]{1,16}+|."
        else:
            strings = [rb"[xX]?'(?P<s1>(?>(?:[^']++|'')*))'?", rb"(?P<s2>(?!))"]
            quoted = (
                rb"""["`\[](?P<q>(?<=")(?>(?:[^"]++|"")*)|(?<=`)(?>(?:[^`]++|``)*)|(?<=\[)[^\]]*+)(?P<q_end>["`\]]?)"""
            )
            placeholder = rb"\?[0-9]*+|[$@]" + ident + rb"++"
            operator = rb"->>|->|<=|>=|<>|!=|\|\||&&|<<|>>|==|."
    dollar = rb"\$(?:[A-Za-z_\x80-\xff][A-Za-z0-9_\x80-\xff]*+)?\$" if dialect == "postgresql" else rb"(?!)"
    return re.compile(
        rb"(?P<space>[\x00\t-\r\x20]++)|(?P<comment>" + comment + rb")|(?P<block>/\*)"
        rb"|(?P<string>" + strings[0] + rb")|(?P<string2>" + strings[1] + rb")|(?P<dollar>" + dollar + rb")"
        rb"|(?P<quoted>" + quoted + rb")|(?P<placeholder>" + placeholder + rb")|(?P<number>" + number + rb")"
        rb"|(?P<word>" + word + rb")|(?P<mark>[][(),.;]|::)"
        rb"|(?P<driver>%s(?!"
        + ident
        + rb")|%\([A-Za-z0-9_.]{1,64}\)s|:[A-Za-z0-9_]++)|(?P<operator>"
        + operator
        + rb")",
        re.DOTALL,
    )


_PATTERNS: Final[dict[Dialect, re.Pattern[bytes]]] = {
    "postgresql": _compile("postgresql"),
    "mysql": _compile("mysql"),
    "sqlite": _compile("sqlite"),
}

_BLANK: Final = rb"[\x00\t-\r\x20]"
_CASTED: Final = re.compile(
    rb"""(?ix) :: W*+ N (?>(?:\.N)?) (?>(?:W++(?:precision|varying)(?!I))?) (?>(?:W*+\(W*+M(?>(?:W*+,W*+M)?)W*+\))?)
    (?>(?:W++(?:with|without)W++time W++zone(?!I))?) (?>(?:W*+\[W*+M?+W*+\])*)""".replace(b"W", _BLANK)
    .replace(b"N", rb"""(?:[a-z_\x80-\xff]I*+|"(?>(?:[^"]++|"")*)")""")
    .replace(b"M", rb"(?:[0-9]++|\?)")
    .replace(b"I", rb"[A-Za-z0-9_$\x80-\xff]")
)
_CASTABLE: Final = (STRING, NUMBER, PLACEHOLDER, CASTED)
_MARKS: Final = {
    b"(": LPAREN, b")": RPAREN, b"[": LBRACKET, b"]": RBRACKET, b",": COMMA, b".": DOT, b";": SEMICOLON, b"::": CAST,
}  # fmt: skip
_VALUE_ENDS: Final = frozenset({QUOTED, STRING, NUMBER, PLACEHOLDER, RPAREN, RBRACKET, CASTED})
#: What a dot right after it qualifies; a placeholder may stand for a name.
_NAMES: Final = (WORD, QUOTED, PLACEHOLDER)
_NESTING: Final = re.compile(rb"/\*|\*/")
_VERSION: Final = re.compile(rb"/\*M?!(?:[0-9]{5,6})?")
_NAME: Final = re.compile(rb"[A-Za-z0-9_$\x80-\xff]++")
_VALUE_FOLLOWS: Final = re.compile(rb"[\x00\t-\r\x20]*+[A-Za-z0-9_\x80-\xff'\"$(@%]")
_KEPT_SIGNS: Final = frozenset({b"#-", b"-|-"})


def _block_end(sql: bytes, start: int, dialect: Dialect) -> tuple[int, int]:
    """End of the comment that opens at ``start``, and of what is in it."""
    if dialect != "postgresql":
        close = sql.find(b"*/", start + 2)
        return (close + 2, close) if close >= 0 else (len(sql), len(sql))
    depth = 0
    for edge in _NESTING.finditer(sql, start):
        depth += 1 if edge[0] == b"/*" else -1
        if depth == 0:
            return edge.end(), edge.start()
    return len(sql), len(sql)


def _operator_end(sql: bytes, start: int, end: int) -> int:
    """PostgreSQL's rule for a run of operator characters: no comment starts in it, no sign ends it.

    The run is at most 16 characters, so that a row of thousand signs is not read a thousand times.
    """
    run = sql[start:end]
    for comment in (b"--", b"/*"):
        cut = run.find(comment, 1)
        if cut > 0:
            run = run[:cut]
    if run not in _KEPT_SIGNS:
        run = run[:1] + run[1:].rstrip(b"+-")
    return start + len(run)


def tokens(sql: bytes, dialect: Dialect) -> Iterator[Token]:
    """Every token of the text in order; only white space is left out."""
    match = _PATTERNS[dialect].match
    postgresql = dialect == "postgresql"
    mysql = dialect == "mysql"
    pos, size = 0, len(sql)
    value_end = False  # does the token before end a value?
    before = 0  # its kind
    before_end = 0
    brackets = 0
    in_version = False
    named_dot = False  # a dot right after a name: in MySQL, digits after it are a name
    while pos < size:
        found = match(sql, pos)
        assert found is not None
        group, end = found.lastgroup, found.end()
        inner, inner_end = pos, end
        if group == "space":
            pos = end
            continue
        if mysql:
            if named_dot and before_end == pos and (name := _NAME.match(sql, pos)):
                group, end = "word", name.end()
            elif in_version and sql.startswith(b"*/", pos):
                yield Token(VERSION, pos, pos + 2, pos, pos)
                in_version = False
                pos += 2
                continue
        if group == "block":
            if mysql and (opened := _VERSION.match(sql, pos)):
                yield Token(VERSION, pos, opened.end(), pos, pos)
                in_version = True
                pos = opened.end()
                continue
            end, inner_end = _block_end(sql, pos, dialect)
            yield Token(COMMENT, pos, end, pos + 2, max(inner_end, pos + 2))
            pos = end
            continue
        if group == "comment":
            yield Token(COMMENT, pos, end, pos + (1 if sql[pos] == 35 else 2), end)
            pos = end
            continue
        next_named_dot = False
        if group == "word":
            kind = WORD
        elif group == "mark":
            kind = _MARKS[found[0]]
            if kind == DOT and not value_end and before != WORD:
                kind = OPERATOR
            elif kind == CAST and before in _CASTABLE and (casted := _CASTED.match(sql, pos)):
                kind, end = CASTED, casted.end()
        elif group == "number":
            kind = NUMBER
            if sql[pos] == 46 and before_end == pos and value_end and before in _NAMES:
                kind, end = DOT, pos + 1
        elif group in ("string", "string2"):
            kind = STRING
            inner, inner_end = found.span("s1" if group == "string" else "s2")
        elif group == "dollar":
            kind = STRING
            inner = end
            inner_end = sql.find(found[0], end)
            if inner_end < 0:
                inner_end = end = size
            else:
                end = inner_end + len(found[0])
        elif group == "quoted":
            kind = QUOTED
            if not found["q_end"]:
                kind = STRING
                inner, inner_end = found.start("q"), size
        elif group == "placeholder":
            kind = PLACEHOLDER
            if postgresql and sql[pos] == 63 and value_end:
                follow = sql[pos + 1 : pos + 3]
                if follow[:1] in (b"|", b"&") and follow != b"||":
                    kind, end = OPERATOR, pos + 2
                elif _VALUE_FOLLOWS.match(sql, end):
                    kind = OPERATOR
        elif group == "driver":
            kind = PLACEHOLDER
            if value_end and (brackets > 0 if sql[pos] == 58 else end - pos == 2):
                kind, end = OPERATOR, pos + 1
        else:
            kind = OPERATOR
            if postgresql and end - pos > 1 and found[0] != b"@?":
                end = _operator_end(sql, pos, end)
        yield Token(kind, pos, end, inner, inner_end)
        if kind == WORD:
            value_end = before == DOT or not WORDS.get(sql[pos:end].lower(), 0) & START
        else:
            value_end = kind in _VALUE_ENDS
            if kind == LBRACKET:
                brackets += 1
            elif kind == RBRACKET:
                brackets = max(brackets - 1, 0)
            elif kind == SEMICOLON:
                brackets = 0
            elif kind == DOT:
                next_named_dot = before in _NAMES and before_end == pos
        named_dot = next_named_dot
        before, before_end, pos = kind, end, end
