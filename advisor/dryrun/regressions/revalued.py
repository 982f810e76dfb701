"""Which values a table holds after UPDATE and DELETE with conditions: frequent ones move, go, or come.

Only what a constant says is followed (`SET state = 'closed' WHERE state = 'done'`); of everything else the statistics
stay what they were, and a note says so.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal, InvalidOperation
from typing import Any, Literal, TypeAlias

from msgspec.structs import replace

from advisor.catalog.snapshot.arrays import leaves, parse, text_of
from advisor.graphs import parse as parser
from advisor.graphs.graph import NotAnalysed
from advisor.model.migration import MigrationStatement
from advisor.model.snapshot import ColumnStatistics, Snapshot

#: A sqlglot tree: its argument values are untyped.
Node: TypeAlias = Any
_LEAST = 1e-6
"""A share that is none: fewer than a row of a million."""


@dataclass(frozen=True, slots=True)
class Condition:
    """On one column, and true of every row that is written."""

    kind: Literal["in", "null", "given", "below", "above"]
    values: tuple[str, ...] = ()
    """Of ``in``: those of the rows; of ``below`` and ``above``: the limit."""


@dataclass(frozen=True, slots=True)
class Revaluing:
    """An UPDATE or DELETE."""

    text: str
    table: str
    sets: Mapping[str, str | None] = field(default_factory=dict)
    """Columns that get a constant; None: NULL."""
    unclear: frozenset[str] = frozenset()
    """Columns that get something else."""
    conditions: Mapping[str, Condition] = field(default_factory=dict)
    """By column."""
    removes: bool = False


def read(text: str) -> Revaluing | None:
    """What a statement does; None: it is no UPDATE or DELETE, or cannot be read."""
    if not text.lstrip()[:6].lower().startswith(("update", "delete")):
        return None
    tree = parsed(text)
    if tree is None:
        return None
    from sqlglot import exp

    table = tree.this
    if not isinstance(table, exp.Table):
        return None
    where = tree.args.get("where")
    joined = bool(tree.args.get("from_") or tree.args.get("from") or tree.args.get("using"))
    conditions = {} if where is None or joined else _conditions(where.this)
    if isinstance(tree, exp.Delete):
        return Revaluing(text, name_of(table.this), conditions=conditions, removes=True)
    sets: dict[str, str | None] = {}
    unclear: set[str] = set()
    for each in tree.expressions:
        if not isinstance(each, exp.EQ) or not isinstance(each.this, exp.Column):
            unclear |= {name_of(column.this) for column in each.find_all(exp.Column)}
            continue
        column = name_of(each.this.this)
        known, value = constant(each.expression)
        if known:
            sets[column] = value
        else:
            unclear.add(column)
    return Revaluing(text, name_of(table.this), sets, frozenset(unclear), conditions)


def revaluings(
    statements: Sequence[MigrationStatement], known: Mapping[int, float], snapshot: Snapshot
) -> list[tuple[Revaluing, float]]:
    """In order, each with the share of its table's rows that it writes. ``known``: how many, by position."""
    tuples = {one.name: one.tuples for one in snapshot.relations if one.tuples > 0}
    found = []
    for position, rows in sorted(known.items()):
        one = read(statements[position].sql)
        if one is not None and one.table in tuples:
            found.append((one, min(1.0, rows / tuples[one.table])))
    return found


def without_nulls(row: ColumnStatistics, value: str) -> ColumnStatistics:
    """What `coalesce` makes of a column."""
    return _set(
        row, Revaluing("", row.table, {row.column: value}, conditions={row.column: Condition("null")}), row.null_frac
    )


def joining(text: str) -> str | None:
    """A query of the rows that UPDATE ... FROM or DELETE ... USING writes: each may come more than once."""
    from sqlglot import exp

    tree = parsed(text)
    if not isinstance(tree, exp.Update):
        return None
    others = tree.args.get("from_") or tree.args.get("from")
    where = tree.args.get("where")
    if others is None or where is None:
        return None
    tables = f"{tree.this.sql('postgres')}, {others.this.sql('postgres')}"
    return f"SELECT 1 FROM {tables} {where.sql('postgres')}"


def after(row: ColumnStatistics, some: Sequence[tuple[Revaluing, float]]) -> ColumnStatistics:
    """Statistics of a column when these statements ran; each with the share of the table's rows that it writes."""
    for one, share in some:
        if share > _LEAST and one.removes:
            row = _without(row, one, min(1.0, share))
        elif share > _LEAST and row.column in one.sets:
            row = _set(row, one, min(1.0, share))
    return row


def _set(row: ColumnStatistics, one: Revaluing, share: float) -> ColumnStatistics:
    """The rows had what the condition on this column says, else a bit of everything."""
    known = _frequencies(row)
    nulls = row.null_frac
    condition = one.conditions.get(row.column)
    distinct = _distinct(row)
    value = one.sets[row.column]
    if condition is not None and condition.kind == "null":
        nulls = max(0.0, nulls - share)
    elif condition is not None and condition.kind == "in":
        gone = sum(known.get(each, 0.0) for each in condition.values)
        left = max(0.0, gone - share) / gone if gone else 1.0
        for each in condition.values:
            if each in known:
                known[each] *= left
        if left <= _LEAST:
            distinct -= sum(each in known for each in condition.values)
            known = {each: freq for each, freq in known.items() if each not in condition.values}
    else:
        known = {each: freq * (1.0 - share) for each, freq in known.items()}
        nulls *= 1.0 - share
        if share >= 1.0 - _LEAST:
            known, distinct = {}, 0.0
    rest = row.histogram_bounds if share < 1.0 - _LEAST else None
    if value is None:
        nulls += share
    else:
        distinct += value not in known and distinct >= 0
        known[value] = known.get(value, 0.0) + share
    if row.n_distinct < 0:
        return _made(replace(row, histogram_bounds=rest), known, min(1.0, nulls), row.n_distinct * (1.0 - share))
    return _made(replace(row, histogram_bounds=rest), known, min(1.0, nulls), max(1.0, distinct))


def _without(row: ColumnStatistics, one: Revaluing, share: float) -> ColumnStatistics:
    """The rows that are gone had what the condition says; the others make up the whole."""
    condition = one.conditions.get(row.column)
    if condition is None or share >= 1.0 - _LEAST:
        return row
    known, nulls = _frequencies(row), row.null_frac
    bounds, distinct = row.histogram_bounds, _distinct(row)
    if condition.kind == "null":
        nulls = max(0.0, nulls - share)
    elif condition.kind == "in":
        gone = sum(known.get(each, 0.0) for each in condition.values)
        left = max(0.0, gone - share) / gone if gone else 1.0
        known = {each: freq * (left if each in condition.values else 1.0) for each, freq in known.items()}
        if left <= _LEAST:
            distinct -= sum(each in known for each in condition.values)
    elif condition.kind in ("below", "above"):
        kept = _cut(row, condition)
        if kept is not None and len(one.conditions) == 1:
            known, bounds = kept
        else:
            filled = max(_LEAST, 1.0 - nulls)
            known = {each: freq * max(0.0, filled - share) / filled for each, freq in known.items()}
    else:
        filled = max(_LEAST, 1.0 - nulls)
        known = {each: freq * max(0.0, filled - share) / filled for each, freq in known.items()}
    known = {each: freq / (1.0 - share) for each, freq in known.items() if freq > _LEAST}
    count = row.n_distinct if row.n_distinct < 0 else max(1.0, distinct)
    nulls = min(1.0, nulls / (1.0 - share))
    return _made(replace(row, histogram_bounds=None if nulls > 1.0 - _LEAST else bounds), known, nulls, count)


def _cut(row: ColumnStatistics, condition: Condition) -> tuple[dict[str, float], str | None] | None:
    """Frequent values and a histogram of what is not beyond a limit; None: their order is not known."""
    limit = _ordered(condition.values[0])
    known = _frequencies(row)
    try:
        bounds = list(leaves(parse(row.histogram_bounds)[1])) if row.histogram_bounds else []
    except ValueError:
        return None
    if limit is None or any(type(_ordered(each)) is not type(limit) for each in (*known, *bounds)):
        return None

    def stays(value: str) -> bool:
        place: Any = _ordered(value)
        return bool(place >= limit) if condition.kind == "below" else bool(place <= limit)

    kept = [each for each in bounds if stays(each)]
    return {each: freq for each, freq in known.items() if stays(each)}, text_of(kept) if len(kept) > 1 else None


def _ordered(value: str) -> Decimal | str | None:
    """Numbers, and dates and times as they are printed, which sort as texts."""
    if len(value) >= 10 and value[4:5] == "-" and value[7:8] == "-" and value[:4].isdigit():
        return value.replace("T", " ")
    try:
        return Decimal(value)
    except InvalidOperation:
        return None


def _made(row: ColumnStatistics, known: Mapping[str, float], nulls: float, distinct: float) -> ColumnStatistics:
    """As ANALYZE lists it: the most frequent value first."""
    listed = sorted(((each, freq) for each, freq in known.items() if freq > _LEAST), key=lambda one: -one[1])
    whole = sum(freq for _, freq in listed)
    scale = min(1.0, (1.0 - nulls) / whole) if whole else 1.0
    return replace(
        row,
        null_frac=nulls,
        n_distinct=distinct if nulls < 1.0 else 0.0,
        most_common_vals=text_of([each for each, _ in listed]) if listed else None,
        most_common_freqs=tuple(freq * scale for _, freq in listed) if listed else None,
    )


def _frequencies(row: ColumnStatistics) -> dict[str, float]:
    try:
        values = list(leaves(parse(row.most_common_vals)[1])) if row.most_common_vals else []
    except ValueError:
        values = []
    freqs = row.most_common_freqs or ()
    return dict(zip(values, freqs, strict=False)) if len(values) == len(freqs) else {}


def _distinct(row: ColumnStatistics) -> float:
    return row.n_distinct if row.n_distinct > 0 else 0.0


def _conditions(where: Node) -> dict[str, Condition]:
    """Those that all rows meet, each on one column."""
    from sqlglot import exp

    found: dict[str, Condition] = {}
    for part in (each.unnest() for each in (where.flatten() if isinstance(where, exp.And) else [where])):
        negated = isinstance(part, exp.Not)
        inner = part.this.unnest() if negated else part
        column = inner if isinstance(inner, exp.Column) else inner.this
        if not isinstance(column, exp.Column):
            continue
        one = _condition(inner, negated)
        if one is not None:
            found[name_of(column.this)] = one
    return found


def _condition(part: Node, negated: bool) -> Condition | None:
    from sqlglot import exp

    if isinstance(part, exp.Column):
        return Condition("in", ("f" if negated else "t",))
    if isinstance(part, exp.Is) and isinstance(part.expression, exp.Null):
        return Condition("given" if negated != bool(part.args.get("negate")) else "null")
    if negated:
        return None
    if isinstance(part, exp.In) and part.expressions:
        read = [constant(each) for each in part.expressions]
        values = [value for known, value in read if known and value is not None]
        return Condition("in", tuple(values)) if len(values) == len(read) else None
    if not isinstance(part, (exp.EQ, exp.LT, exp.LTE, exp.GT, exp.GTE)):
        return None
    known, value = constant(part.expression)
    if not known or value is None:
        return None
    if isinstance(part, exp.EQ):
        return Condition("in", (value,))
    return Condition("below" if isinstance(part, (exp.LT, exp.LTE)) else "above", (value,))


def constant(node: Node) -> tuple[bool, str | None]:
    """Is it one, and its text as statistics print it; None of NULL."""
    from sqlglot import exp

    while isinstance(node, (exp.Paren, exp.Cast)):
        node = node.this
    if isinstance(node, exp.Null):
        return True, None
    if isinstance(node, exp.Boolean):
        return True, "t" if node.this else "f"
    if isinstance(node, exp.Neg) and isinstance(node.this, exp.Literal) and not node.this.is_string:
        return True, f"-{node.this.this}"
    if isinstance(node, exp.Literal):
        return True, str(node.this)
    return False, None


def parsed(sql: str) -> Node:
    """None of what the parser does not read."""
    try:
        return parser.parse(sql, "postgresql")
    except NotAnalysed:
        return None


def name_of(node: Node) -> str:
    """As the catalog has it."""
    return str(node.this) if node.args.get("quoted") else str(node.name).lower()
