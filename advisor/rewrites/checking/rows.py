"""Rows for generated databases: few values, so that keys meet; the edges of each type; NULLs, duplicates, no rows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from typing import TypeAlias

from advisor.catalog.types import Family
from advisor.rewrites.checking.tables import MadeColumn, MadeTable

Value: TypeAlias = "int | float | str | bytes | None"
Row: TypeAlias = "tuple[Value, ...]"

#: Usual values first: most rows take one of the first four, so that rows of different tables meet. Numbers are sums of
#: powers of two: their sum is the same in any order.
_VALUES: dict[Family, tuple[Value, ...]] = {
    "integer": (1, 2, 3, 4, 0, -1, 2147483647),
    "decimal": (1.5, 0.25, 2.0, 10.0, 0.0, -4.75, 4096.0),
    "float": (1.5, 0.25, 2.0, 10.0, 0.0, -4.75, 4096.0),
    "string": ("a", "b", "c", "d", "", "A", " a", "%", "é"),
    "boolean": (1, 0),
    "temporal": ("2024-01-01 00:00:00", "2024-02-29 12:30:00", "2023-12-31 23:59:59", "1970-01-01 00:00:00"),
    "json": ("{}", '{"a": 1}', "[]", "null"),
    "uuid": tuple(f"0000000{n}-0000-4000-8000-00000000000{n}" for n in range(1, 6)),
    "binary": (b"a", b"b", b"", b"\x00"),
    "array": ("{}", "{1}", "{1,2}"),
    "search": ("'a'", "'b'"),
    "other": ("x", "y", "z"),
}
#: A key that no row has.
ABSENT: dict[Family, Value] = {"integer": 77, "decimal": 77.0, "float": 77.0, "boolean": 0, "binary": b"none"}
#: Databases of one check: the empty one, one of single rows, one full of NULLs, one of duplicates, the rest at random.
DATABASES = 24


def values_of(family: Family) -> tuple[Value, ...]:
    """The values that columns of a family take."""
    return _VALUES[family]


def absent(family: Family) -> Value:
    """A value that no row has."""
    return ABSENT.get(family, "ffffffff-0000-4000-8000-000000000000" if family == "uuid" else "none")


def database(tables: Sequence[MadeTable], seed: int) -> dict[str, list[Row]]:
    """Rows of each table. Seeds 0 to 3 are the edges (see `DATABASES`); the same seed gives the same rows."""
    draw = random.Random(seed)  # noqa: S311 - test data, nothing secret
    return {table.name: _rows(table, seed, draw) for table in tables}


def _rows(table: MadeTable, seed: int, draw: random.Random) -> list[Row]:
    count = (0, 1, 8, 8)[seed] if seed < 4 else draw.choice((0, 2, 6, 10, 16))
    nulls = (0.0, 0.0, 0.6, 0.1)[seed] if seed < 4 else draw.choice((0.0, 0.1, 0.3))
    rows: list[Row] = []
    taken: list[set[Row]] = [set() for _ in table.unique]
    used: dict[str, set[Value]] = {name: set() for name, column in table.columns.items() if column.distinct}
    names = list(table.columns)
    for _ in range(count):
        if seed == 3 and rows and draw.random() < 0.5:
            row = draw.choice(rows)
        else:
            row = tuple(_value(column, draw, nulls) for column in table.columns.values())
        found = dict(zip(names, row, strict=True))
        if any(found[name] in used[name] for name in used):
            continue
        keys = [tuple(found.get(name) for name in columns) for columns in table.unique]
        if any(key in seen and None not in key for key, seen in zip(keys, taken, strict=True)):
            continue
        for key, seen in zip(keys, taken, strict=True):
            seen.add(key)
        for name, values in used.items():
            values.add(found[name])
        rows.append(row)
    return rows


def _value(column: MadeColumn, draw: random.Random, nulls: float) -> Value:
    if column.nullable and draw.random() < nulls:
        return None
    usual = values_of(column.family)
    if column.distinct and column.family != "boolean":
        return draw.choice(usual) if draw.random() < 0.5 else _apart(column.family, draw)
    value = draw.choice(usual[:4] if draw.random() < 0.8 else usual)
    if column.length is not None and isinstance(value, str) and len(value) > column.length:
        return value[: column.length]
    return value


def _apart(family: Family, draw: random.Random) -> Value:
    """A value that is hardly drawn twice."""
    number = draw.randrange(1, 60)
    if family == "integer":
        return number
    if family in ("decimal", "float"):
        return number / 4
    if family == "temporal":
        return f"2024-01-{1 + number % 28:02} {number % 24:02}:{number:02}:00"
    if family == "uuid":
        return f"{number:08}-0000-4000-8000-000000000000"
    return f"v{number:02}"
