"""What the literals and parameters of a statement are compared with: the types of columns in its tables.

Only places where a literal is the value of a text column count: beside a comparison, in the list of IN, the bounds of
BETWEEN, the array of ANY. A column is looked up by its name among the tables that the statement names.
"""

from __future__ import annotations

import re
from collections.abc import Iterable

from advisor.catalog.snapshot.value_types import ValueType, ValueTypes
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
    STRING,
    VERSION,
    WORD,
    Token,
    tokens,
)  # fmt: skip
from advisor.model.engine import Dialect
from advisor.model.snapshot import Snapshot

_COMPARISONS = frozenset({"=", "<>", "!=", "<", ">", "<=", ">=", "<=>", "=="})
_ARRAY_COMPARISONS = frozenset({"@>", "<@", "&&"})
#: Functions of a text that give a text; its value may be among the statistics of an expression.
_TEXT_FUNCTION_WORDS = """
    lower upper trim btrim ltrim rtrim coalesce ifnull left right substring substr nullif max min concat initcap md5
    json_extract_path_text jsonb_extract_path_text
"""
_TEXT_FUNCTIONS = frozenset(_TEXT_FUNCTION_WORDS.split())
_TEXT = ValueType("text")
_FURTHEST = 2_000
"""Tokens that one search to the left looks at."""


class Columns:
    """What the columns of a snapshot hold, by name."""

    def __init__(self, snapshot: Snapshot) -> None:
        types = ValueTypes(snapshot.objects)
        self.of: dict[str, dict[str, ValueType]] = {}
        """Column to table to type; names in lower case."""
        for column in snapshot.columns:
            self._add(column.table, column.column, types.of(column.type))
        if snapshot.header.engine.name != "postgresql":
            from advisor.catalog.snapshot.engine_rows import columns_of

            for (table, name), of in columns_of(snapshot).items():
                self._add(table, name, of)
        self.tables = {table for known in self.of.values() for table in known}

    def _add(self, table: str, column: str, of: ValueType) -> None:
        self.of.setdefault(column.lower(), {})[table.lower()] = of


def columns_of(snapshot: Snapshot) -> Columns:
    """Of the snapshot asked for last they are kept: a batch of statements asks for the same one."""
    if not _remembered or _remembered[0][0] is not snapshot:
        _remembered[:] = [(snapshot, Columns(snapshot))]
    return _remembered[0][1]


_remembered: list[tuple[Snapshot, Columns]] = []


class Comparisons:
    """The tokens of one statement, without comments, and what each is compared with."""

    def __init__(self, raw: bytes, dialect: Dialect, columns: Columns) -> None:
        self.raw = raw
        self.tokens = [t for t in tokens(raw, dialect) if t.kind not in (COMMENT, VERSION)]
        self.words = [self._word(token) for token in self.tokens]
        self.columns = columns
        self.named = self._tables()
        self.listed: dict[int, ValueType | None] = {}
        """What is known of the literals of lists, by token."""

    def _word(self, token: Token) -> str:
        if token.kind == QUOTED:
            name = self.raw[token.start : token.end].decode("utf-8", "replace")
            return name[1:-1].replace(name[-1] * 2, name[-1]) if len(name) > 1 else name
        return self._plain(token).lower()

    def _plain(self, token: Token) -> str:
        return self.raw[token.start : token.end].decode("utf-8", "replace").strip('"`[]')

    def _tables(self) -> dict[str, set[str]]:
        """Tables that the statement names, under their names and aliases."""
        found: dict[str, set[str]] = {}
        for at, word in enumerate(self.words):
            if self.tokens[at].kind not in (WORD, QUOTED) or word.lower() not in self.columns.tables:
                continue
            found.setdefault(word.lower(), set()).add(word.lower())
            after = at + 1
            if self._is(after, "as"):
                after += 1
            if after < len(self.tokens) and self.tokens[after].kind in (WORD, QUOTED):
                found.setdefault(self.words[after].lower(), set()).add(word.lower())
        return found

    def _is(self, at: int, *words: str) -> bool:
        return 0 <= at < len(self.words) and self.tokens[at].kind in (WORD, OPERATOR) and self.words[at] in words

    def _kind(self, at: int) -> int:
        return self.tokens[at].kind if 0 <= at < len(self.tokens) else 0

    def of(self, at: int) -> ValueType | None:
        """The type of text that the literal or parameter at a token is compared with; None where there is none."""
        after = at + 1
        if self._kind(after) in (CASTED, CAST):
            cast = self._cast(after)
            if cast is None:
                return None
            after = cast
        elif self._is(at - 1, "date", "time", "timestamp", "timestamptz", "interval", "timetz", "zone"):
            return None
        left = self._left(at)
        if left is None:
            # 'x' = column
            if self._kind(after) == OPERATOR and self.words[after] in _COMPARISONS and self._begins(at):
                return self._operand_right(after + 1)
            return None
        return left

    def _cast(self, at: int) -> int | None:
        """Where a cast to text ends; None for a cast to anything else."""
        text = self.raw[self.tokens[at].start : self.tokens[at].end].decode("utf-8", "replace")
        end = at + 1
        if self._kind(at) == CAST:
            text += self.words[end] if end < len(self.words) else ""
            end += 1
        name = re.sub(r"[\s\"]+", " ", text.removeprefix("::")).strip().lower()
        name = re.sub(r"\(.*?\)", "", name)
        is_text = re.fullmatch(
            r"(?:pg_catalog\.)?(?:text|varchar|character varying|bpchar|character|citext|bytea)(?:\[\])?", name
        )
        return end if is_text else None

    def _begins(self, at: int) -> bool:
        """Does an operand begin here?"""
        return self._kind(at - 1) in (LPAREN, COMMA) or self._is(
            at - 1, "where", "and", "or", "on", "not", "having", "when"
        )

    def _left(self, at: int) -> ValueType | None:
        before = at - 1
        if self._kind(before) == OPERATOR:
            if self.words[before] in _COMPARISONS:
                return self._operand(before - 1)
            if self.words[before] in _ARRAY_COMPARISONS:
                of = self._operand(before - 1)
                return of if of is not None and of.array else None
            return None
        if self._is(before, "and"):
            # BETWEEN low AND high
            low = before - 1
            while self._kind(low) in (CASTED, STRING, NUMBER, PLACEHOLDER):
                low -= 1
            return self._operand(self._not(low - 1)) if self._is(low, "between") else None
        if self._is(before, "between"):
            return self._operand(self._not(before - 1))
        if self._kind(before) in (LPAREN, COMMA, LBRACKET):
            other = at - 2 if self._kind(at - 2) != CASTED else at - 3
            if self._kind(before) == COMMA and other in self.listed:
                self.listed[at] = self.listed[other]  # in the same list
            else:
                self.listed[at] = self._in_list(at)
            return self.listed[at]
        return None

    def _not(self, at: int) -> int:
        return at - 1 if self._is(at, "not") else at

    def _in_list(self, at: int) -> ValueType | None:
        """IN ('x', 'y'), ANY ('{x,y}'), ANY (ARRAY['x'])."""
        opened = at - 1
        steps = 0
        while self._kind(opened) not in (LPAREN, LBRACKET):
            if self._kind(opened) not in (COMMA, STRING, NUMBER, PLACEHOLDER, CASTED) or steps > _FURTHEST:
                return None
            opened -= 1
            steps += 1
        if self._kind(opened) == LBRACKET:
            if not self._is(opened - 1, "array"):
                return None
            before = opened - 2
            if self._kind(before) == OPERATOR and self.words[before] in _ARRAY_COMPARISONS:
                of = self._operand(before - 1)
                return ValueType(of.kind, limit=of.limit) if of is not None and of.array else None
            while self._kind(before) == LPAREN:
                before -= 1
            if self._is(before, "any", "some", "all"):
                return self._operand(self._comparison(before - 1))
            return None
        before = opened - 1
        if self._is(before, "in"):
            return self._operand(self._not(before - 1))
        if self._is(before, "any", "some", "all"):
            of = self._operand(self._comparison(before - 1))
            return None if of is None or of.array else ValueType(of.kind, True, of.limit, of.padded)
        if self._kind(before) == OPERATOR and self.words[before] in _COMPARISONS and opened == at - 1:
            return self._operand(before - 1)  # = ('x')
        return None

    def _comparison(self, at: int) -> int:
        return at - 1 if self._kind(at) == OPERATOR and self.words[at] in _COMPARISONS else -1

    def _operand(self, at: int) -> ValueType | None:
        """The type of the operand that ends here."""
        if at < 0:
            return None
        kind = self._kind(at)
        if kind in (WORD, QUOTED):
            if self._kind(at - 1) == CAST:  # column::text
                return _TEXT if self.words[at] in ("text", "varchar", "citext") else None
            if self._is(at, "varying") and self._is(at - 1, "character") and self._kind(at - 2) == CAST:
                return _TEXT
            return self._column(at)
        if kind == STRING and self._kind(at - 1) == OPERATOR and self.words[at - 1] in ("->>", "#>>"):
            return _TEXT
        if kind == RBRACKET and self._kind(at - 2) == CAST and self._kind(at - 1) == LBRACKET:
            return None
        if kind == RPAREN:
            return self._group(at)
        return None

    def _group(self, at: int) -> ValueType | None:
        """lower(a.b), (a.b), (data->>'x')."""
        depth = 0
        opened = at
        while opened >= 0 and at - opened < _FURTHEST:
            depth += (self._kind(opened) == RPAREN) - (self._kind(opened) == LPAREN)
            if depth == 0:
                break
            opened -= 1
        else:
            return None
        if self._kind(opened - 1) == WORD:
            name = self.words[opened - 1]
            if name in _TEXT_FUNCTIONS:
                return _TEXT
            if name not in ("where", "and", "or", "on", "not", "having", "when", "case", "then", "else", "select"):
                return None
        return self._operand(at - 1)

    def _operand_right(self, at: int) -> ValueType | None:
        """The type of the column, or function of it, that begins here."""
        if self._kind(at) not in (WORD, QUOTED):
            return None
        if self._kind(at + 1) == LPAREN:
            return _TEXT if self.words[at] in _TEXT_FUNCTIONS else None
        while self._kind(at + 1) == DOT and self._kind(at + 2) in (WORD, QUOTED):
            at += 2
        return None if self._kind(at + 1) == OPERATOR else self._column(at)

    def _column(self, at: int) -> ValueType | None:
        """The type of a column, where every table that could be meant has one for texts."""
        candidates = self.columns.of.get(self.words[at].lower())
        if not candidates:
            return None
        tables: Iterable[str] | None = None
        if self._kind(at - 1) == DOT and self._kind(at - 2) in (WORD, QUOTED):
            tables = self.named.get(self.words[at - 2].lower())
        if tables is None:
            tables = {table for known in self.named.values() for table in known}
        found = {candidates[table] for table in tables if table in candidates} or set(candidates.values())
        kinds = {(of.kind, of.array) for of in found}
        if len(kinds) != 1 or next(iter(found)).kind not in ("text", "bytes"):
            return None
        limits = {of.limit for of in found}
        one = next(iter(found))
        return one if len(found) == 1 else ValueType(one.kind, one.array, limits.pop() if len(limits) == 1 else None)
