"""The values that statistics hold: what an expression or a predicate makes of them, and how wide they are."""

from __future__ import annotations

import math
import random
import re
from itertools import pairwise
from typing import Any

from advisor.planners.hypothetical import quoted
from advisor.planners.postgresql.protocol import rows
from advisor.planners.postgresql.size.catalog import Column, Index
from advisor.planners.postgresql.size.key import Key

_TABLE_COLUMNS = """
SELECT a.attname, format_type(a.atttypid, -1) FROM pg_attribute a
WHERE a.attrelid = $1::oid AND a.attnum > 0 AND NOT a.attisdropped
"""
_SAMPLED = """
SELECT unnest(most_common_vals::text::text[]), unnest(most_common_freqs)::float8, true, n_distinct::float8,
       null_frac::float8
FROM pg_stats WHERE schemaname = $1 AND tablename = $2 AND attname = $3 AND NOT inherited
UNION ALL
SELECT unnest(histogram_bounds::text::text[]),
       greatest(0, 1 - null_frac - coalesce((SELECT sum(f) FROM unnest(most_common_freqs) AS f), 0))::float8
         / array_length(histogram_bounds::text::text[], 1), false, n_distinct, null_frac
FROM pg_stats WHERE schemaname = $1 AND tablename = $2 AND attname = $3 AND NOT inherited
"""
#: Whole numbers that stand for the values of a type: how far apart they lie bounds how many there are.
NUMBERS = {
    "smallint": "({})::bigint",
    "integer": "({})::bigint",
    "bigint": "({})::bigint",
    "date": "({}) - date '2000-01-01'",
    "timestamp without time zone": "(extract(epoch FROM {}) * 1000000)::bigint",
    "timestamp with time zone": "(extract(epoch FROM {}) * 1000000)::bigint",
}
#: Of those, with a distance of one between neighbours.
WHOLE = frozenset({"smallint", "integer", "bigint", "date"})
_ALSO_NUMBERS = {"numeric": "({})::float8", "real": "({})::float8", "double precision": "({})::float8"}
_BOUNDS = """
SELECT {} FROM (SELECT CAST(b AS {}) AS v FROM pg_stats s, unnest(s.histogram_bounds::text::text[]) AS b
WHERE s.schemaname = $1 AND s.tablename = $2 AND s.attname = $3 AND NOT s.inherited) AS bounds ORDER BY 1
"""
#: Expressions over more columns are estimated without samples: drawn apart, they say less about each other.
_MOST_COLUMNS = 4
#: Rows drawn where an expression needs several columns at once.
_DRAWN = 400
#: Longest value with a header of one byte (VARATT_SHORT_MAX less the header, varatt.h).
_SHORT = 126


def computed(connection: Any, index: Index, text: str, what: str) -> list[tuple[Any, ...]]:
    """``what`` (SQL over the columns that ``text`` mentions) for the values that statistics hold.

    Rows of what, weight, whether it is a common value, n_distinct and null_frac (of several columns: values drawn
    at random, as if independent). Empty where it cannot be had.
    """
    import psycopg

    names = rows(connection, _TABLE_COLUMNS, index.table_oid)
    used = [(name, type_) for name, type_ in names if mentions(text, name)]
    if not used or len(used) > _MOST_COLUMNS:
        return []
    try:
        with connection.transaction():
            columns = [rows(connection, _SAMPLED, index.schema, index.table, name) for name, _ in used]
            if not all(columns):
                return []
            if len(used) == 1:
                texts, weights, common = ([list(each) for each in zip(*columns[0], strict=True)])[:3]
                drawn, n_distinct, null_frac = [texts], columns[0][0][3], columns[0][0][4]
            else:
                draw = random.Random(5)  # noqa: S311 - the same facts give the same sample
                drawn = [_drawn(column, draw) for column in columns]
                weights, common = [1.0 / _DRAWN] * _DRAWN, [False] * _DRAWN
                n_distinct, null_frac = -1.0, 0.0
            given = ", ".join(f"CAST(v{n} AS {type_}) AS {quoted(name)}" for n, (name, type_) in enumerate(used))
            arrays = ", ".join(f"${n + 1}::text[]" for n in range(len(used)))
            labels = ", ".join(f"v{n}" for n in range(len(used)))
            found = rows(
                connection,
                f"SELECT {what} FROM (SELECT {given} FROM unnest({arrays}) WITH ORDINALITY AS u ({labels}, place)"
                f" ORDER BY place) AS {quoted(index.table)}",
                *drawn,
            )
    except psycopg.Error:
        return []
    return [
        (*row, weight, usual, n_distinct, null_frac) for row, weight, usual in zip(found, weights, common, strict=True)
    ]


def bounds(connection: Any, index: Index, column: Column) -> tuple[float, ...]:
    """Ends of a column's histogram as numbers; empty where it has none or they are none."""
    import psycopg

    number = (NUMBERS | _ALSO_NUMBERS).get(column.type or "")
    if number is None:
        return ()
    try:
        with connection.transaction():
            asked = _BOUNDS.format(number.format("v"), column.type)
            found = [float(each) for (each,) in rows(connection, asked, index.schema, index.table, column.name)]
    except psycopg.Error:
        return ()
    return tuple(found) if all(math.isfinite(each) for each in found) else ()


def _drawn(column: list[tuple[Any, ...]], draw: random.Random) -> list[str | None]:
    values: list[str | None] = [row[0] for row in column]
    weights = [float(row[1]) for row in column]
    if column[0][4]:
        values.append(None)
        weights.append(float(column[0][4]))
    return draw.choices(values, weights, k=_DRAWN)


def expression_key(
    column: Column, found: list[tuple[Any, ...]], values: float, rows: float, null_frac: float, share: float
) -> Key | None:
    """What the computed values say: results that several inputs share are common, the others as many as the inputs."""
    weights: dict[str, float] = {}
    inputs: dict[str, int] = {}
    sizes: dict[int, float] = {}
    nulls = null_frac
    numbers = sorted({int(row[2]) for row in found if row[2] is not None})
    for size, digest, _, weight, common, _, _ in found:
        if digest is None:
            nulls += weight
            continue
        weights[digest] = weights.get(digest, 0.0) + weight
        inputs[digest] = inputs.get(digest, 0) + (2 if common else 1)
        bytes_ = stored(int(size), column.length)
        sizes[bytes_] = sizes.get(bytes_, 0.0) + weight
    if not weights:
        return Key(column.length, column.align, 1.0, null_frac=min(1.0, nulls), distinct=1.0)
    met = sum(1 for row in found if row[1] is not None)
    once = sum(1 for times in inputs.values() if times == 1)
    collisions = met - len(weights)
    if not collisions:
        distinct = values
    elif once > 0.8 * met:
        distinct = min(values, met * (met - 1) / 2 / collisions)  # birthdays
    else:
        # Guaranteed-error estimate (Charikar et al., PODS 2000): those met once stand for a root of all.
        distinct = len(weights) - once + once * max(1.0, (max(values, met) / met) ** 0.5)
    if len(numbers) > 2:
        steps = {after - before for before, after in pairwise(numbers)}
        # Equal steps are those of a histogram over values that were counted up.
        step = 1 if len(steps) == 1 and column.result_type in WHOLE else math.gcd(*steps)
        distinct = min(distinct, (numbers[-1] - numbers[0]) / step + 1)
    frequent: tuple[float, ...] = ()
    if once <= 0.8 * met:
        frequent = tuple(sorted((weights[d] for d, times in inputs.items() if times > 1), reverse=True))
    total = sum(sizes.values()) or 1.0
    mean = sum(size * weight for size, weight in sizes.items()) / total
    widths = tuple(sorted(sizes.items())) if column.length < 0 else ()
    return Key(
        column.length,
        column.align,
        mean,
        widths,
        min(1.0, nulls),
        frequent,
        min(max(distinct, 1.0), max(rows, 1.0)),
        share if distinct == values else 1.0,
    )


def size_of(column: Column) -> str:
    """Bytes of a value as it is computed, with a header of four bytes."""
    if column.length > 0:
        return "1"
    if column.length == -2:
        return f"octet_length(({column.definition})::text) + 1"
    if column.result_type == "character":
        return f"octet_length({column.definition}) + 4"  # as text it would lose its blanks
    if column.result_type in ("text", "character varying", "citext"):
        return f"octet_length(({column.definition})::text) + 4"  # a short header may have been kept
    return f"pg_column_size({column.definition})"


def stored(size: int, length: int) -> int:
    """Bytes in a tuple of what pg_column_size says of a computed value: short ones have one byte of header."""
    if length == -1:
        return size - 3 if size - 3 <= _SHORT else size
    return size


def mentions(text: str, name: str) -> bool:
    """Whether SQL as the server prints it names a column; a literal or a function of that name counts too."""
    return re.search(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text) is not None
