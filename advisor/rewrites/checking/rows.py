"""Rows for generated databases: few values, so that keys meet; the edges of each type; NULLs, duplicates, no rows."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TypeAlias

from advisor.catalog.types import Family
from advisor.rewrites.checking.tables import MadeTable

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


def database(tables: Sequence[MadeTable], seed: int) -> dict[str, Sequence[Row]]:
    """Rows of each table. Seeds 0 to 3 are the edges (see `DATABASES`); the same seed gives the same rows."""
    kinds = tuple(_Kind.of(table) for table in tables)
    return dict(zip((table.name for table in tables), _rows_of(kinds, seed), strict=True))


@dataclass(frozen=True, slots=True)
class _Kind:
    """What the rows of a table depend on: tables of one kind, whatever their names, get the same rows."""

    columns: tuple[tuple[Family, bool, bool, int | None], ...]
    """Family, nullable, distinct, length."""
    unique: tuple[tuple[int, ...], ...]
    """Places of the columns of each key."""

    @classmethod
    def of(cls, table: MadeTable) -> _Kind:
        places = {name: place for place, name in enumerate(table.columns)}
        keys = tuple(tuple(places[name] for name in key) for key in table.unique if all(name in places for name in key))
        return cls(tuple((c.family, c.nullable, c.distinct, c.length) for c in table.columns.values()), keys)


@lru_cache(maxsize=64 * DATABASES)
def _rows_of(kinds: tuple[_Kind, ...], seed: int) -> tuple[Sequence[Row], ...]:
    draw = random.Random(seed)  # noqa: S311 - test data, nothing secret
    return tuple(_rows(kind, seed, draw) for kind in kinds)


def _rows(kind: _Kind, seed: int, draw: random.Random) -> Sequence[Row]:
    count = (0, 1, 8, 8)[seed] if seed < 4 else draw.choice((0, 2, 6, 10, 16))
    nulls = (0.0, 0.0, 0.6, 0.1)[seed] if seed < 4 else draw.choice((0.0, 0.1, 0.3))
    rows: list[Row] = []
    taken: list[set[Row]] = [set() for _ in kind.unique]
    used: dict[int, set[Value]] = {place: set() for place, column in enumerate(kind.columns) if column[2]}
    for _ in range(count):
        if seed == 3 and rows and draw.random() < 0.5:
            row = draw.choice(rows)
        else:
            row = tuple(_value(*column, draw, nulls) for column in kind.columns)
        if any(row[place] in used[place] for place in used):
            continue
        keys = [tuple(row[place] for place in places) for places in kind.unique]
        if any(key in seen and None not in key for key, seen in zip(keys, taken, strict=True)):
            continue
        for key, seen in zip(keys, taken, strict=True):
            seen.add(key)
        for place, values in used.items():
            values.add(row[place])
        rows.append(row)
    return tuple(rows)


def _value(  # one column of _Kind, then how it is drawn
    family: Family, nullable: bool, distinct: bool, length: int | None, draw: random.Random, nulls: float
) -> Value:
    if nullable and draw.random() < nulls:
        return None
    usual = values_of(family)
    if distinct and family != "boolean":
        return draw.choice(usual) if draw.random() < 0.5 else _apart(family, draw)
    value = draw.choice(usual[:4] if draw.random() < 0.8 else usual)
    if length is not None and isinstance(value, str) and len(value) > length:
        return value[:length]
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
