"""Normalised text: what all statements of one shape have in common, as readable SQL.

Rules (the lexical ones are in `lexer`):

- Names are kept: quoted ones to the letter, unquoted words in lower case. Comments and hints go, white space is
  canonical, empty statements and trailing semicolons vanish; several statements in one text stay, joined by ``; ``.
- Every literal and placeholder becomes ``?``, with the signs before it where a value starts (``a = -5``, not
  ``a - 5``), with further pieces (``'a' 'b'``), with the type before it (``date '2024-01-01'``) and with its casts
  (``'1'::int``). ``interval '1 day'`` is ``interval ?``. ``null``, ``true``, ``false`` stay words.
- In lists (``in (...)``, ``array[...]``, arguments of CALL and EXECUTE) an element that is a constant in disguise
  (``null``, ``true``, ``default``, ``null::uuid``, ``cast(1 as date)``, ``interval '1 day'``) is ``?`` too, and an
  element equal to one of the four kept before it is dropped: ``in (?)`` for any number of constants,
  ``(a, b) in ((?, ?))`` for rows. Of VALUES the rows are the elements; columns keep their number: ``values (?, ?)``.
- Names that are no part of the schema become ``?``: cursors (DECLARE, FETCH, MOVE, CLOSE, CURRENT OF), savepoints,
  prepared statements, the database of USE; and bare words given to SET (``set x = ?``).
- A text cut off inside a list or a row reads as if the list had ended with its last whole element.

``normalise(normalise(x)) == normalise(x)``. One pass over the tokens; the work is linear in the text.
"""

from __future__ import annotations

import re
from itertools import pairwise
from typing import Final

from advisor.fingerprint import words as w
from advisor.fingerprint.hashing import KEYS, value_hash
from advisor.fingerprint.lexer import (
    CAST,
    CASTED,
    COMMA,
    COMMENT,
    DOT,
    LBRACKET,
    LPAREN,
    NUMBER,
    OPERATOR,
    PLACEHOLDER,
    QUOTED,
    RBRACKET,
    RPAREN,
    SEMICOLON,
    STRING,
    WORD,
    tokens,
)
from advisor.fingerprint.tag import is_tag
from advisor.model.engine import Dialect

LITERAL: Final = PLACEHOLDER  # what STRING, NUMBER and PLACEHOLDER become
KEYWORD: Final = 19  # a word that a space follows before "("
SIGN: Final = 20  # an operator that is the sign of what follows

# What a parenthesis or bracket holds.
PLAIN: Final = 0
LIST: Final = 1  # equal elements collapse
TUPLE: Final = 2  # a row: constants fold, columns stay

#: Brackets nested deeper than this hold no lists: a bound on work and memory, not met in honest SQL.
DEPTH: Final = 64

# States of a statement, next to the verbs of words.NAMED.
_ARGUMENTS: Final = 40  # the next parenthesis holds arguments of CALL or EXECUTE

_TYPE = (
    rb"(?:[a-z_\x80-\xff][a-z0-9_$\x80-\xff]*+|\"(?>(?:[^\"]++|\"\")*)\")"
    rb"(?>(?:\.(?:[a-z_\x80-\xff][a-z0-9_$\x80-\xff]*+|\"(?>(?:[^\"]++|\"\")*)\"))?)"
    rb"(?>(?: precision| varying)?)(?>(?:\(\?(?>(?:, \?)?)\))?)"
    rb"(?>(?: with time zone| without time zone)?)(?>(?:\[\??+\])*)"
)
_WORD_CONSTANT = rb"(?:\?|null|true|false|default)"
_CONSTANT: Final = re.compile(
    (rb"(?:interval \?|C|cast\(C(?>(?:::T)*) as T\))(?>(?:::T)*)").replace(b"T", _TYPE).replace(b"C", _WORD_CONSTANT)
)


_MINUS: Final = value_hash(b"-")
_BRACE: Final = ord("{")  # JDBC's "{call p(?)}"


class Frame:
    """An open parenthesis or bracket (the first frame is the statement itself)."""

    __slots__ = ("count", "kept", "kind", "opened", "rows", "start")

    def __init__(self, kind: int, opened: int, start: int) -> None:
        self.kind = kind
        self.opened = opened  # where it stands in the output
        self.start = start  # where its current element starts
        self.count = 0  # elements or rows so far
        self.kept: list[bytes] = []  # the last four elements that were kept
        self.rows = 0  # VALUES directly within it: 1 a row may follow, 2 a row has just ended


class Normal:
    """What one pass over a statement finds. Create, `run`, read."""

    __slots__ = (
        "_before",
        "_continues",
        "_current",
        "_deep",
        "_frames",
        "_literals",
        "_mode",
        "_negative",
        "_postgresql",
        "_semicolon",
        "_set_literal",
        "_set_start",
        "_set_tokens",
        "_sign_at",
        "_sign_before",
        "_started",
        "_type",
        "_type_at",
        "_type_before",
        "_type_time",
        "_word",
        "in_count",
        "keys",
        "out",
        "places",
        "tag",
        "values",
    )  # fmt: skip

    def __init__(self) -> None:
        self.out = bytearray()
        self.values: list[int] = []  # hashes of all literal values, constant words in lists included
        self.places: list[tuple[int, int]] = []  # from quote to quote; -1, -1 a constant word
        self.keys: list[int] = []  # of the first ones
        self.in_count = 0
        self.tag: tuple[int, int] | None = None
        self._before = 0  # kind of the token last written
        self._semicolon = False
        self._continues = False  # the token before was a string, which another string continues
        self._literals = 0
        self._negative = False  # the signs taken back make the number negative
        self._reset()

    def _reset(self) -> None:
        """A statement starts."""
        self._frames = [Frame(PLAIN, 0, -1)]
        self._deep = 0
        self._mode = 0
        self._started = False
        self._word = 0  # identity of the word before, if it was a word that matters
        self._current = 0  # progress of CURRENT OF
        self._type = 0  # progress of a type name before a string
        self._sign_at = -1
        self._set_start = -1

    def run(self, sql: bytes, dialect: Dialect) -> Normal:
        """Normalise the text."""
        self._postgresql = dialect == "postgresql"
        type_flag = {"postgresql": w.TYPE_POSTGRESQL, "mysql": w.TYPE_MYSQL, "sqlite": 0}[dialect]
        value_end = False
        for kind, start, end, inner, inner_end in tokens(sql, dialect):
            if kind >= COMMENT:
                if kind == CASTED:
                    self._continues = False
                elif kind == COMMENT and is_tag(sql[inner:inner_end]):
                    self.tag = inner, inner_end
                continue
            if kind == SEMICOLON:
                self._end_statement()
                self._reset()
                self._semicolon = True
                self._continues = value_end = False
                continue
            if self._semicolon:
                self._semicolon = False
                if self.out:
                    self.out += b";"
                    self._before = SEMICOLON
            frame = self._frames[-1]
            if frame.rows and not self._deep and kind not in (LPAREN, COMMA, WORD):
                frame.rows = 0
            if kind == WORD:
                value_end = not self._write_word(sql[start:end].lower(), value_end, type_flag) & w.START
                self._continues = False
                continue
            if kind != LPAREN and not (kind == OPERATOR and sql[start] == _BRACE):
                self._started = True
            if kind == STRING:
                self._string(sql, start, inner, inner_end, dialect)
                value_end = self._continues = True
                continue
            self._continues = False
            value_end = kind in (QUOTED, NUMBER, PLACEHOLDER, RPAREN, RBRACKET) or (kind == OPERATOR and value_end)
            if kind == NUMBER:
                self._unsign()
                self._value(sql, start, end, 0)
                self._literal()
            elif kind == PLACEHOLDER:
                self._unsign()
                self._literal()
            elif kind == QUOTED:
                self._quoted(sql[start:end])
            elif kind == OPERATOR:
                self._operator(sql[start:end], value_end)
                value_end = False
            elif kind == LPAREN:
                self._open()
            elif kind == LBRACKET:
                self._open_bracket()
            elif kind in (RPAREN, RBRACKET):
                self._close(kind)
            elif kind == COMMA:
                self._comma()
            else:
                self._put(kind, b"." if kind == DOT else b"::")
            self._word = self._current = self._type = 0
        self._end_statement()
        return self

    # Writing

    def _put(self, kind: int, text: bytes) -> None:
        """Write a token with the space that belongs before it."""
        before = self._before
        out = self.out
        if kind in (COMMA, RPAREN, RBRACKET) or before in (0, LPAREN, LBRACKET, DOT):
            space = False
        elif kind in (DOT, CAST):
            space = before not in (WORD, KEYWORD, QUOTED, RPAREN, RBRACKET, LITERAL)
        elif before == CAST:
            space = kind in (OPERATOR, SIGN)
        elif kind == LPAREN:
            space = before not in (WORD, QUOTED, SIGN)
        elif kind == LBRACKET:
            space = before not in (WORD, KEYWORD, QUOTED, RPAREN, RBRACKET)
        elif before == SIGN:
            space = kind not in (WORD, KEYWORD, QUOTED)
        else:
            space = True
        if space:
            out += b" "
        out += text
        self._before = kind
        if self._set_start >= 0:
            self._set_tokens += 1

    def _literal(self) -> None:
        """Write a literal, whatever it stands for."""
        if self._mode in w.NAMED:
            self._named()
        self._put(LITERAL, b"?")

    def _unsign(self) -> None:
        """Take back the signs before a literal."""
        self._negative = False
        if self._before == SIGN:
            self._negative = self.out[self._sign_at :].count(b"-") % 2 == 1
            del self.out[self._sign_at :]
            self._before = self._sign_before

    def _value(self, sql: bytes, start: int, end: int, quotes: int) -> None:
        value = value_hash(sql[start:end], _MINUS if self._negative else 0)
        self.values.append(value)
        self.places.append((start - quotes, end + quotes))
        self._literals += 1
        if self._literals <= KEYS:
            self.keys.append(value)

    def _string(self, sql: bytes, start: int, inner: int, inner_end: int, dialect: Dialect) -> None:
        if self._continues and dialect != "sqlite" and inner == start + 1 and sql[start] in b"'\"":
            self.places.append((inner, inner_end))
            value = value_hash(sql[inner:inner_end], self.values[-1])
            if self._literals <= KEYS:
                self.keys[-1] = value
            self.values[-1] = value
            return
        if self._type in (1, 4):
            del self.out[self._type_at :]
            self._before = self._type_before
        self._unsign()
        self._value(sql, inner, inner_end, 1)
        self._literal()
        self._word = self._current = self._type = 0

    def _operator(self, text: bytes, value_end: bool) -> None:
        frame = self._frames[0]
        sign = text in (b"-", b"+") and self._before != DOT and (not value_end or self._mode == w.FETCH)
        if sign:
            if self._before != SIGN:
                self._sign_at = len(self.out)
                self._sign_before = self._before
            self._put(SIGN, text)
            return
        if text == b"?" and self._mode in w.NAMED:
            self._named()
        self._put(OPERATOR, text)
        if (
            self._mode == w.SET
            and self._set_start < 0
            and text in (b"=", b":=")
            and self._frames[-1] is frame
            and not self._deep
        ):
            self._set_value()

    # Words and names

    def _named(self) -> None:
        """The name that the verb has was seen."""
        if w.NAMED[self._mode][1]:
            self._mode = _ARGUMENTS if self._mode == w.EXECUTE else 0

    def _quoted(self, text: bytes) -> None:
        if self._mode in w.NAMED or self._current == 2:
            self._unsign()
            self._literal()
        else:
            self._put(QUOTED, text)

    def _write_word(self, word: bytes, value_end: bool, type_flag: int) -> int:
        """Write a word, or "?" if it is a name that goes; returns its flags."""
        flags = 0 if self._before == DOT else w.WORDS.get(word, 0)  # after a dot every word is a name
        identity = flags >> 8 & 255
        frame = self._frames[-1]
        if not self._deep:
            if frame.rows and not (identity == w.ROW and frame.rows == 1):
                frame.rows = 0
            if flags & w.SUBQUERY and self._before == LPAREN and frame.kind in (LIST, TUPLE):
                frame.kind = PLAIN
        mode = self._mode
        if not self._started:
            self._started = True
            if identity >= w.FETCH:
                self._mode = _ARGUMENTS if identity == w.CALL else identity
        elif mode in w.NAMED and not flags & w.NAMED[mode][0]:
            self._unsign()
            self._literal()
            self._word = self._current = self._type = 0
            return flags
        elif self._current == 2:
            self._unsign()
            self._put(LITERAL, b"?")
            self._word = self._current = self._type = 0
            return flags
        elif mode == w.DROP:
            self._mode = w.NAME if identity == w.PREPARE else 0
        type_at, type_before = len(self.out), self._before
        self._put(KEYWORD if flags & w.PAREN else WORD, word)
        self._word = 0
        if flags:
            self._word = identity
            if flags & w.CONST and not self._deep and frame.kind != PLAIN:
                self.values.append(value_hash(word))
                self.places.append((-1, -1))
            if identity == w.ROW and frame.rows and not self._deep:
                frame.start = len(self.out) - 3
            elif identity == w.VALUES and not self._deep:
                frame.rows = 1
                frame.count = 0
                frame.kept.clear()
                frame.start = -1
            elif (
                identity == w.TO and mode == w.SET and self._set_start < 0 and len(self._frames) == 1 and not self._deep
            ):
                self._set_value()
        self._current = 1 if identity == w.CURRENT else 2 if identity == w.OF and self._current == 1 else 0
        if flags & type_flag and not value_end and type_before != DOT and self._type != 2:
            self._type, self._type_at, self._type_before = 1, type_at, type_before
            self._type_time = identity in (w.TIME, w.TIMESTAMP)
        elif self._type == 1 and self._type_time and identity == w.WITH:
            self._type = 2
        elif self._type == 2 and identity == w.TIME:
            self._type = 3
        elif self._type == 3 and identity == w.ZONE:
            self._type = 4
        else:
            self._type = 0
        return flags

    # SET

    def _set_value(self) -> None:
        """The value of a setting starts."""
        self._set_start = len(self.out) + 1
        self._set_tokens = 0
        self._set_literal = False

    def _end_set_value(self) -> None:
        start = self._set_start
        if start < 0:
            return
        out = self.out
        self._set_start = -1
        if self._set_tokens == 1 and (
            self._before == QUOTED or (self._before in (WORD, KEYWORD) and out[start] != 64 and self._word != w.DEFAULT)
        ):
            out[start:] = b"?"
        literal = self._set_tokens == 1 and out[start:] == b"?"
        if literal and self._set_literal:
            del out[start - 2 :]
        self._set_literal = literal

    # Lists

    def _finish(self, frame: Frame, drop: bool) -> None:
        """An element ends: fold a constant in disguise, drop it if it repeats one before."""
        out = self.out
        start = frame.start
        if len(out) <= start:
            return
        element = bytes(out[start:])
        if element != b"?" and _CONSTANT.fullmatch(element):
            out[start:] = element = b"?"
        frame.count += 1
        if drop:
            self._drop_or_keep(frame, start, element)

    def _drop_or_keep(self, frame: Frame, start: int, element: bytes) -> None:
        kept = frame.kept
        if element in kept:
            del self.out[start - 2 :]
            return
        if len(kept) == 4:
            del kept[0]
        kept.append(element)

    def _push(self, kind: int, mark: bytes, token: int) -> None:
        self._put(token, mark)
        size = len(self.out)
        self._frames.append(Frame(kind, size - 1, size))

    def _open(self) -> None:
        if self._deep or len(self._frames) == DEPTH:
            self._deep += 1
            self._put(LPAREN, b"(")
            return
        frame = self._frames[-1]
        kind = PLAIN
        if frame.rows == 1:
            kind = TUPLE
        elif self._word == w.IN:
            kind = LIST
        elif self._mode == _ARGUMENTS and self._before in (WORD, KEYWORD, QUOTED, LITERAL):
            kind = LIST
            self._mode = 0
        elif frame.kind != PLAIN and self._before in (LPAREN, LBRACKET, COMMA):
            kind = TUPLE
        elif frame.rows == 2:
            frame.rows = 0
        self._push(kind, b"(", LPAREN)
        if frame.rows == 1 and frame.start >= 0:
            self._frames[-1].opened = frame.start
            frame.start = -1

    def _open_bracket(self) -> None:
        if self._deep or len(self._frames) == DEPTH:
            self._deep += 1
            self._put(LBRACKET, b"[")
            return
        nested = self._frames[-1].kind == LIST and self._before in (LBRACKET, COMMA)
        self._push(LIST if self._word == w.ARRAY or nested else PLAIN, b"[", LBRACKET)

    def _close(self, kind: int) -> None:
        mark = b")" if kind == RPAREN else b"]"
        if self._deep:
            self._deep -= 1
            self._put(kind, mark)
            return
        if len(self._frames) == 1:
            self._put(kind, mark)
            return
        frame = self._frames.pop()
        if frame.kind != PLAIN:
            self._finish(frame, frame.kind == LIST)
            if frame.kind == LIST:
                self.in_count = max(self.in_count, frame.count)
        self._put(kind, mark)
        parent = self._frames[-1]
        if parent.rows == 1:
            parent.rows = 2
            parent.count += 1
            self.in_count = max(self.in_count, parent.count)
            self._drop_or_keep(parent, frame.opened, bytes(self.out[frame.opened :]))

    def _comma(self) -> None:
        frame = self._frames[-1]
        if self._deep:
            self._put(COMMA, b",")
            return
        if frame.kind != PLAIN:
            self._finish(frame, frame.kind == LIST)
            frame.rows = 0
            self._put(COMMA, b",")
            frame.start = len(self.out) + 1
            return
        setting = self._set_start >= 0 and len(self._frames) == 1
        literal = False
        if setting:
            self._end_set_value()
            literal = self._set_literal
        self._put(COMMA, b",")
        frame.rows = 1 if frame.rows == 2 else 0
        if setting and self._postgresql:
            self._set_value()
            self._set_literal = literal

    def _end_statement(self) -> None:
        """The text or the statement ends, perhaps in the middle of a list."""
        out = self.out
        frames = self._frames
        for parent, frame in pairwise(frames):
            if parent.rows == 1 and parent.kept:
                del out[frame.opened - 2 :]
                return
        if self._deep:
            return
        top = frames[-1]
        if self._before == COMMA and (top.kind != PLAIN or top.rows == 1) and out.endswith(b","):
            while out.endswith(b","):
                del out[-1:]
        else:
            for frame in reversed(frames[1:]):
                if frame.kind != PLAIN:
                    self._finish(frame, frame.kind == LIST)
        for frame in frames[1:]:
            if frame.kind == LIST:
                self.in_count = max(self.in_count, frame.count)
        if len(frames) == 1:
            self._end_set_value()


def normal(sql: bytes, dialect: Dialect) -> Normal:
    """One pass over the text: normalised bytes, value hashes, list length and tag."""
    return Normal().run(sql, dialect)
