"""Cuts a schema file into statements and tokens, by the lexical rules of its engine.

A schema file is more than SQL: pg_dump mixes in COPY data and psql commands, mysqldump hides code in
``/*!40101 ... */`` comments and switches delimiters. What carries no schema is skipped here, in one pass.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from typing import NamedTuple

from advisor.model.engine import Dialect


class Token(NamedTuple):
    """One token. ``kind`` is word, quoted (an identifier in quotes), string, number, op."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def upper(self) -> str:
        """The keyword that this token may be; empty for anything but a bare word or an operator."""
        return self.text.upper() if self.kind in ("word", "op") else ""

    @property
    def folded(self) -> str:
        """The name that PostgreSQL keeps: a bare word in lower case, anything else as it is."""
        return self.text.lower() if self.kind == "word" else self.text


@dataclass(slots=True)
class Statement:
    """The tokens of one statement, without its semicolon."""

    tokens: list[Token]
    line: int
    text: str
    """The whole file's text: tokens point into it."""
    note: str | None = None
    """Why the lexer could not make a statement of it (a psql command that matters, an unterminated quote)."""
    source: str = field(default="", repr=False)

    @property
    def sql(self) -> str:
        """The statement as written."""
        if not self.tokens:
            return self.source
        return self.text[self.tokens[0].start : self.tokens[-1].end]


# Possessive quantifiers throughout: a quote that never closes must cost one pass, not one per character.
_WORD = r"(?P<word>[^\W\d][\w$]*+)"
_NUMBER = r"(?P<number>(?:0[xX][0-9a-fA-F]++|(?:\d++(?:\.\d*+)?|\.\d++)(?:[eE][+-]?\d++)?))"
_SPACE = r"(?P<space>\s++)"
_BACKTICK = r"(?P<backtick>`[^`]*+(?>(?:``[^`]*+)*)`)"
_PLAIN_STRING = r"(?P<string>'[^']*+(?>(?:''[^']*+)*)')"
_DOUBLE = r'(?P<double>"[^"]*+(?>(?:""[^"]*+)*)")'
_COMMENT = r"(?P<comment>--[^\n]*+|/\*(?>(?:[^*]|\*(?!/))*)(?:\*/|\Z))"

_POSTGRESQL = re.compile(
    "|".join(
        (
            _SPACE,
            r"(?P<comment>--[^\n]*+)",
            r"(?P<nested>/\*)",
            r"(?P<escape>[eE]'[^'\\]*+(?>(?:(?:\\[\s\S]|'')[^'\\]*+)*)')",
            r"(?P<dollar>\$(?:[^\W\d]\w*+)?\$)",
            _WORD,
            _NUMBER,
            _PLAIN_STRING,
            _DOUBLE,
            r"(?P<op>::|->>|->|;|[(),.]|[<>=!~@#&|?^%*/+-](?>(?:(?!--|/\*)[<>=!~@#&|?^%*/+-])*)|[\s\S])",
        )
    )
)
_MYSQL = re.compile(
    "|".join(
        (
            _SPACE,
            r"(?P<sandbox>/\*M!\d++\\-[^\n]*+)",  # MariaDB's first line of a dump: a command of its client
            r"(?P<code>/\*M?!\d*+)",
            r"(?P<comment>--(?=\s|\Z)[^\n]*+|#[^\n]*+|/\*(?>(?:[^*]|\*(?!/))*)(?:\*/|\Z))",
            r"(?P<codeend>\*/)",
            _WORD,
            _NUMBER,
            r"(?P<string>'[^'\\]*+(?>(?:(?:\\[\s\S]|'')[^'\\]*+)*)')",
            r'(?P<double>"[^"\\]*+(?>(?:(?:\\[\s\S]|"")[^"\\]*+)*)")',
            _BACKTICK,
            r"(?P<op>;|[(),.]|<=>|[<>=!]=?|:=|->>|->|\|\||&&|[\s\S])",
        )
    )
)
_SQLITE = re.compile(
    "|".join(
        (
            _SPACE,
            _COMMENT,
            _WORD,
            _NUMBER,
            _PLAIN_STRING,
            _DOUBLE,
            _BACKTICK,
            r"(?P<bracket>\[[^\]]*+\])",
            r"(?P<op>;|[(),.]|->>|->|<>|\|\||[<>=!]=?|[\s\S])",
        )
    )
)
_MASTER: dict[Dialect, re.Pattern[str]] = {"postgresql": _POSTGRESQL, "mysql": _MYSQL, "sqlite": _SQLITE}

#: Data statements of a dump: skipped at the speed of the regex engine.
_DATA = re.compile(r"(?:INSERT|REPLACE)\s+(?:IGNORE\s+)?INTO\b", re.IGNORECASE)
_SKIP_PLAIN = re.compile(r"""(?>(?:[^'";]++|'[^']*+(?>(?:''[^']*+)*)'|"[^"]*+")*);""")
_SKIP_BACKSLASH = re.compile(
    r"""(?>(?:[^'"`;]++|'[^'\\]*+(?>(?:(?:\\[\s\S]|'')[^'\\]*+)*)'|"[^"\\]*+(?>(?:\\[\s\S][^"\\]*+)*)"|`[^`]*+`)*);"""
)
_PSQL_LINE = re.compile(r"\\([a-zA-Z_!?.]*+)[^\n]*+")
_COPY_END = re.compile(r"^\\\.[^\S\n]*$", re.MULTILINE)
_DELIMITER = re.compile(r"DELIMITER[^\S\n]++(\S++)[^\n]*+", re.IGNORECASE)
_NEWLINE = re.compile(r"\n")
_ROUTINES = frozenset({"TRIGGER", "PROCEDURE", "FUNCTION", "EVENT", "PACKAGE"})


def unquoted(name: str) -> str:
    """The name that PostgreSQL keeps for one as it is written."""
    return name[1:-1].replace('""', '"') if name.startswith('"') else name.lower()


def line_starts(text: str) -> list[int]:
    """Offsets at which lines begin."""
    return [0, *(m.end() for m in _NEWLINE.finditer(text))]


def statements(text: str, dialect: Dialect) -> Iterator[Statement]:
    """The statements of a schema file, in order, with the line on which each begins."""
    return _Splitter(text, dialect).run()


def single(text: str, dialect: Dialect) -> Statement:
    """The tokens of a text that is one statement, or the body of a routine: semicolons are tokens among others."""
    found = next(_Single(text, dialect).run(), None)
    return found if found is not None else Statement([], 1, text)


class _Splitter:
    def __init__(self, text: str, dialect: Dialect) -> None:
        self.text = text
        self.dialect = dialect
        self.scan = _MASTER[dialect].match
        self.lines = line_starts(text)
        self.tokens: list[Token] = []
        self.delimiter = ";"
        self.in_code = 0
        self.depth = 0
        self.previous = ""

    def line(self, position: int) -> int:
        return bisect_right(self.lines, position)

    def run(self) -> Iterator[Statement]:
        text, position, end = self.text, 0, len(self.text)
        while position < end:
            if not self.tokens:
                skipped = self._between(position)
                if skipped is not None:
                    position, note = skipped
                    if note is not None:
                        yield note
                    continue
            match = self.scan(text, position)
            if match is None:  # pragma: no cover - every pattern ends in "any character"
                break
            kind, position = match.lastgroup or "op", match.end()
            token = match.group()
            if kind in ("space", "comment", "sandbox"):
                continue
            if kind == "nested":
                position = _nested_comment(text, position)
                continue
            if kind == "code":
                self.in_code += 1
                continue
            if kind == "codeend" and self.in_code:
                self.in_code -= 1
                continue
            if self._ends(token, kind, match.start()):
                position = match.start() + len(self.delimiter)
                statement = self._flush()
                if statement is not None:
                    yield statement
                    if self._is_copy(statement):
                        position = self._after_copy(position)
                continue
            if kind == "dollar":
                close = text.find(token, position)
                if close < 0:
                    yield self._broken(match.start(), f"{token} is never closed")
                    return
                position = close + len(token)
                self._push(Token("string", text[match.end() : close], match.start(), position))
                continue
            if kind == "op" and token in ("'", '"', "`") and not self._quoted_operator(token):
                yield self._broken(match.start(), f"the quote {token} is never closed")
                return
            self._push(self._token(kind, token, match.start(), position))
        statement = self._flush()
        if statement is not None:
            yield statement

    def _quoted_operator(self, text: str) -> bool:
        return text == "`" and self.dialect == "postgresql"

    def _token(self, kind: str, token: str, start: int, end: int) -> Token:
        if kind == "string":
            return Token("string", token[1:-1].replace("''", "'"), start, end)
        if kind == "escape":
            return Token("string", token[2:-1].replace("''", "'").replace("\\'", "'"), start, end)
        if kind == "double":
            if self.dialect == "mysql":
                return Token("string", token[1:-1].replace('""', '"'), start, end)
            return Token("quoted", token[1:-1].replace('""', '"'), start, end)
        if kind == "backtick":
            return Token("quoted", token[1:-1].replace("``", "`"), start, end)
        if kind == "bracket":
            return Token("quoted", token[1:-1], start, end)
        return Token("op" if kind == "codeend" else kind, token, start, end)

    def _between(self, position: int) -> tuple[int, Statement | None] | None:
        """At the start of a statement: what can be stepped over without lexing, and a note where it mattered."""
        text = self.text
        first = text[position]
        if first == "\\" and self.dialect == "postgresql":
            match = _PSQL_LINE.match(text, position)
            if match is not None:
                note = None
                if match.group(1) in ("i", "ir", "include", "include_relative", "c", "connect"):
                    note = Statement(
                        [], self.line(position), text, f"psql command \\{match.group(1)} is not followed", match.group()
                    )
                return match.end(), note
        if first in "iIrR" and _DATA.match(text, position):
            skip = (_SKIP_BACKSLASH if self.dialect == "mysql" else _SKIP_PLAIN).match(text, position)
            if skip is not None:
                return skip.end(), None
        if first in "dD" and self.dialect == "mysql":
            match = _DELIMITER.match(text, position)
            if match is not None:
                self.delimiter = match.group(1)
                return match.end(), None
        return None

    def _ends(self, text: str, kind: str, start: int) -> bool:
        if kind not in ("op", "word"):
            return False
        if self.delimiter != ";":
            return self.text.startswith(self.delimiter, start)
        return text == ";" and not self._inside_routine()

    def _inside_routine(self) -> bool:
        """True when the semicolon belongs to the body of a trigger or routine (BEGIN ... END)."""
        words = [t.upper for t in self.tokens[:8]]
        if not words or words[0] not in ("CREATE", "ALTER") or not _ROUTINES.intersection(words):
            return False
        return self.depth > 0

    def _push(self, token: Token) -> None:
        """Takes a token into the statement and counts the blocks that are open, so that no semicolon counts anew."""
        self.tokens.append(token)
        word = token.upper
        if word in ("BEGIN", "CASE") and self.previous != "END":
            self.depth += 1
        elif word == "END":
            self.depth -= 1
        elif self.previous == "END" and word in ("IF", "LOOP", "WHILE", "REPEAT"):
            self.depth += 1  # it closed a block that was not counted
        self.previous = word

    def _flush(self) -> Statement | None:
        tokens, self.tokens = self.tokens, []
        self.depth, self.previous = 0, ""
        return Statement(tokens, self.line(tokens[0].start), self.text) if tokens else None

    def _broken(self, position: int, reason: str) -> Statement:
        start = self.tokens[0].start if self.tokens else position
        self.tokens = []
        return Statement([], self.line(start), self.text, reason, self.text[start : start + 200])

    def _is_copy(self, statement: Statement) -> bool:
        if self.dialect != "postgresql" or statement.tokens[0].upper != "COPY":
            return False
        words = [t.upper for t in statement.tokens]
        return any(a == "FROM" and b == "STDIN" for a, b in pairwise(words))

    def _after_copy(self, position: int) -> int:
        match = _COPY_END.search(self.text, position)
        return match.end() if match else len(self.text)


class _Single(_Splitter):
    """Takes the whole text for one statement, INSERT and all."""

    def _between(self, position: int) -> tuple[int, Statement | None] | None:
        return None

    def _ends(self, text: str, kind: str, start: int) -> bool:
        return False


def _nested_comment(text: str, position: int) -> int:
    depth = 1
    for match in re.compile(r"/\*|\*/").finditer(text, position):
        depth += 1 if match.group() == "/*" else -1
        if not depth:
            return match.end()
    return len(text)
