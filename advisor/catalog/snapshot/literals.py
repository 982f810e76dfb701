"""A query's literals in the world of a masked snapshot: those whose value is known become its token, and back.

Only literals in places where they are values of a text column are touched: beside a comparison, in the list of IN, the
bounds of BETWEEN, the array of ANY; the type of what they are compared with is looked up by the column's name among the
tables that the statement names. So ``id = '1'``, ``date '2024-01-01'``, ``data->>'key'``, ``date_trunc('month', t)``
and literals cast to another type stay. Names, comments and LIKE patterns stay too.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from advisor.catalog.snapshot import arrays
from advisor.catalog.snapshot.comparison import Comparisons, columns_of
from advisor.catalog.snapshot.quoting import quoted, text_of
from advisor.catalog.snapshot.token_space import bare, tag
from advisor.catalog.snapshot.value_types import ValueType
from advisor.fingerprint.lexer import PLACEHOLDER, STRING, Token
from advisor.model.counted import counted
from advisor.model.engine import Dialect, dialect_of
from advisor.model.snapshot import Snapshot


@dataclass(slots=True)
class Translation:
    """A statement in tokens."""

    sql: str
    parameters: tuple[str | None, ...] | None = None
    count: int = 0
    """Literals and parameters that became tokens."""
    mapping: dict[str, str] = field(default_factory=dict)
    """What each token stands for: `untranslate` shows it in a plan."""
    hidden: int = 0
    """Literals compared with text whose value is not known: the planner takes them for rare values."""

    @property
    def notes(self) -> tuple[str, ...]:
        """What is to be said of a plan of it."""
        if not self.hidden:
            return ()
        missed = counted(self.hidden, "text of the query is", "texts of the query are")
        return (f"{missed} not among the masked values: planned as rare",)


def translate(sql: str, snapshot: Snapshot) -> tuple[str, int]:
    """The statement with the literals that masking knows as tokens, and how many they are."""
    done = translation(sql, snapshot)
    return done.sql, done.count


def translation(sql: str, snapshot: Snapshot, parameters: Sequence[str | None] | None = None) -> Translation:
    """The same with the parameters' values, and what is needed to come back. Of a snapshot that is not masked nothing
    is changed."""
    given = None if parameters is None else tuple(parameters)
    if snapshot.header.values != "masked" or snapshot.header.mask_key is None or not snapshot.tokens:
        return Translation(sql, given)
    return _Statement(sql, snapshot, given).run()


def untranslate(text: str, mapping: Mapping[str, str]) -> str:
    """A printed plan with the user's own literals again."""
    if not mapping:
        return text
    known = sorted(mapping, key=len, reverse=True)
    pattern = re.compile(rf"(?<![\w])(?:{'|'.join(map(re.escape, known))})(?![\w])")
    quoted_pattern = re.compile(rf"'({'|'.join(map(re.escape, known))})'")
    text = quoted_pattern.sub(lambda found: "'" + mapping[found[1]].replace("'", "''") + "'", text)
    # within array literals and the like; short tokens of digits would be found in numbers
    return pattern.sub(
        lambda found: mapping[found[0]] if not found[0].isdigit() and len(found[0]) > 1 else found[0], text
    )


class _Statement:
    def __init__(self, sql: str, snapshot: Snapshot, parameters: tuple[str | None, ...] | None) -> None:
        self.raw = sql.encode("utf-8", "surrogatepass")
        self.dialect: Dialect = dialect_of(snapshot.header.engine.name)
        self.compared = Comparisons(self.raw, self.dialect, columns_of(snapshot))
        self.known = snapshot.tokens
        self.key = snapshot.header.mask_key or ""
        self.out = Translation(sql, parameters)

    def run(self) -> Translation:
        pieces: list[bytes] = []
        pos = 0
        values = list(self.out.parameters) if self.out.parameters is not None else None
        asked = 0
        for at, token in enumerate(self.compared.tokens):
            if token.kind == PLACEHOLDER and values is not None:
                number = self._number(token, asked)
                asked += 1
                if number is not None and number < len(values) and (value := values[number]) is not None:
                    of = self.compared.of(at)
                    if of is not None and (made := self._made(value, of)) is not None:
                        values[number] = made
            elif token.kind == STRING:
                text = text_of(self.raw, token, self.dialect)
                of = None if text is None else self.compared.of(at)
                if text is None or of is None:
                    continue
                if (made := self._made(text, of)) is not None:
                    pieces += [self.raw[pos : token.start], quoted(made, self.dialect).encode()]
                    pos = token.end
        pieces.append(self.raw[pos:])
        self.out.sql = b"".join(pieces).decode("utf-8", "surrogatepass")
        if values is not None:
            self.out.parameters = tuple(values)
        return self.out

    def _number(self, token: Token, asked: int) -> int | None:
        digits = self.raw[token.start + 1 : token.end]
        if digits.isdigit() and self.raw[token.start : token.start + 1] in (b"$", b"?", b":"):
            return int(digits) - 1
        return asked if self.raw[token.start : token.end] in (b"?", b"%s") else None

    def _made(self, text: str, of: ValueType) -> str | None:
        """The token of a value, or of an array's elements; None where it stays."""
        if not of.array:
            return self._token(text, of)
        try:
            prefix, items = arrays.parse(text)
        except ValueError:
            return None
        count = self.out.count
        made = arrays.text_of(arrays.each(items, lambda one: self._token(one, of) or one), prefix)
        return made if self.out.count > count else None

    def _token(self, text: str, of: ValueType) -> str | None:
        value = text.lower() if of.kind == "bytes" else bare(text, of)
        for space in (of.limit, None) if of.limit is not None else (None,):
            token = self.known.get(tag(self.key, value, space))
            if token is not None:
                self.out.count += 1
                self.out.mapping[token] = text
                return token
        self.out.hidden += bool(value)
        return None
