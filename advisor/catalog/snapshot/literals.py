"""A query's literals in the world of a masked snapshot: those whose value is known become its token, and back.

Only literals in places where they are values of a text column are touched: beside a comparison, in the list of IN, the
bounds of BETWEEN, the array of ANY; the type of what they are compared with is looked up by the column's name among the
tables that the statement names. So ``id = '1'``, ``date '2024-01-01'``, ``data->>'key'``, ``date_trunc('month', t)``
and literals cast to another type stay. Names, comments and LIKE patterns stay too.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from advisor.catalog.snapshot import arrays
from advisor.catalog.snapshot.quoting import quoted, text_of
from advisor.catalog.snapshot.token_space import bare, tag
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
)
from advisor.model.engine import Dialect, dialect_of
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
_TEXT_ARRAY = ValueType("text", array=True)
_FURTHEST = 2_000
"""Tokens that one search to the left looks at."""


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
        counted = "1 text of the query is" if self.hidden == 1 else f"{self.hidden} texts of the query are"
        return (f"{counted} not among the masked values: planned as rare ones",)


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


class _Columns:
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


class _Statement:
    def __init__(self, sql: str, snapshot: Snapshot, parameters: tuple[str | None, ...] | None) -> None:
        self.raw = sql.encode("utf-8", "surrogatepass")
        self.dialect: Dialect = dialect_of(snapshot.header.engine.name)
        self.tokens = [t for t in tokens(self.raw, self.dialect) if t.kind not in (COMMENT, VERSION)]
        self.words = [self._word(token) for token in self.tokens]
        self.known = snapshot.tokens
        self.key = snapshot.header.mask_key or ""
        self.columns = _columns_of(snapshot)
        self.named = self._tables()
        self.listed: dict[int, ValueType | None] = {}
        """What is known of the literals of lists, by token."""
        self.out = Translation(sql, parameters)

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

    def run(self) -> Translation:
        pieces: list[bytes] = []
        pos = 0
        values = list(self.out.parameters) if self.out.parameters is not None else None
        asked = 0
        for at, token in enumerate(self.tokens):
            if token.kind == PLACEHOLDER and values is not None:
                number = self._number(token, asked)
                asked += 1
                if number is not None and number < len(values) and (value := values[number]) is not None:
                    of = self._compared(at)
                    if of is not None and (made := self._made(value, of)) is not None:
                        values[number] = made
            elif token.kind == STRING:
                text = text_of(self.raw, token, self.dialect)
                of = None if text is None else self._compared(at)
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

    # -- what a value is compared with

    def _compared(self, at: int) -> ValueType | None:
        """The type of text that a literal or parameter is compared with; None where it is no such value."""
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


_remembered: list[tuple[Snapshot, _Columns]] = []


def _columns_of(snapshot: Snapshot) -> _Columns:
    """Of the snapshot asked for last: a batch of statements asks for the same one."""
    if not _remembered or _remembered[0][0] is not snapshot:
        _remembered[:] = [(snapshot, _Columns(snapshot))]
    return _remembered[0][1]
