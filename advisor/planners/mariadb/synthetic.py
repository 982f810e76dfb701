"""Rows that nobody ever stored: few, with the values that production's statistics describe.

An index over them divides a range as production's does; how many rows each stands for is told elsewhere (`pages`).
Kept: each column's distribution and distinct values, foreign keys, uniqueness, and how far the second column of an
index depends on its first. Not kept: any other dependence between columns, which no statistics of this server describe.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from typing import Any
from zlib import crc32

from advisor.planners.mariadb.distribution import Column, Distribution, Value, distribution, spread
from advisor.planners.mariadb.tables import Key, Reference, Table

#: As measured in the survey: enough pages that a range rarely falls within one leaf, few enough to load in a second.
SAMPLE_ROWS = 10_000
_BATCH = 500
#: Columns of no index are filled up to their average length, so that rows of one page are about as few; no further.
_WIDEST = 120
#: The second column depends on the first where there are so many times fewer pairs than there could be.
_DEPENDENT = 0.7
#: Values tried before a row that doubles a key is given up.
_TRIES = 100

Rows = dict[str, list[Value]]


def make(table: Table, made: dict[tuple[str, str], Rows]) -> tuple[Rows, list[str]]:
    """Values by column, and the columns of which nothing was known. ``made``: the tables that foreign keys lead to."""
    count = int(min(max(table.rows, 1), SAMPLE_ROWS))
    rows: Rows = {}
    guessed: list[str] = []
    distributions = {column.name: distribution(column, table.rows) for column in table.columns}
    single = {key.columns[0] for key in table.keys if key.unique and len(key.columns) == 1}
    referring = {column: reference for reference in table.references for column in reference.columns}
    dependent = _dependent(table, distributions)
    for column in sorted(table.columns, key=lambda one: one.name in dependent):
        if column.name in table.generated or column.name in rows:
            continue
        known = distributions[column.name]
        shares: Sequence[float] = spread(count, crc32(f"{table.name}.{column.name}".encode()))
        if column.name in single:
            rows[column.name] = _distinct(known, count)
            guessed += [column.name] if known.guessed else []
            continue
        if column.name in dependent:
            leading, each = dependent[column.name]
            shares = [_within(value, share, each) for value, share in zip(rows[leading], shares, strict=True)]
        nulls = spread(count, crc32(f"{table.name}.{column.name} null".encode()))
        values: list[Value] = [
            None if null < known.null_share else known.at(share) for share, null in zip(shares, nulls, strict=True)
        ]
        reference = referring.get(column.name)
        if reference is not None and reference.parent in made and column.name == reference.columns[0]:
            rows.update(_referring(reference, values, made[reference.parent], column))
            continue
        rows[column.name] = _filled(column, values)
        if known.guessed:
            guessed.append(column.name)
    for key in table.keys:
        if key.unique and len(key.columns) > 1:
            _tell_apart(key, rows)
    return rows, guessed


def _tell_apart(key: Key, rows: Rows) -> None:
    """Rows that share a key of several columns get another value of its last column, of those that there are."""
    if any(name not in rows for name in key.columns):
        return
    last = rows[key.columns[-1]]
    others = list(dict.fromkeys(value for value in last if value is not None))
    first = list(zip(*(rows[name] for name in key.columns[:-1]), strict=True))
    seen: set[tuple[Any, ...]] = set()
    for number, beginning in enumerate(first):
        whole = (*beginning, last[number])
        if whole in seen and None not in whole:
            for turn in range(min(len(others), _TRIES)):
                whole = (*beginning, others[(number + turn) % len(others)])
                if whole not in seen:
                    last[number] = whole[-1]
                    break
        seen.add(whole)


def _distinct(known: Distribution, count: int) -> list[Value]:
    """Values of a unique column: in the column's order, each once."""
    seen: set[str] = set()
    values: list[Value] = []
    for number in range(count):
        value = known.at((number + 0.5) / count) or ""
        if value in seen and known.column.family == "integer":
            while value in seen:
                value = str(int(value) + 1)
        elif value in seen:
            room = (known.column.length or 255) - 6
            value = f"{value[: max(room, 0)]}{number:06x}"[-(known.column.length or 255) :]
        seen.add(value)
        values.append(value)
    return values


def _dependent(table: Table, distributions: dict[str, Distribution]) -> dict[str, tuple[str, int]]:
    """Second columns of indexes whose values depend on the first's: by name, the first and how many go with each."""
    found: dict[str, tuple[str, int]] = {}
    fixed = {column for key in table.keys if key.unique for column in key.columns}
    fixed |= {column for reference in table.references for column in reference.columns}
    for key in table.keys:
        counts = table.prefixes.get(key.name, ())
        if len(counts) < 2 or len(key.columns) < 2 or not key.ordinary:
            continue
        first, second = key.columns[:2]
        if second in fixed or first in found or second in found or second not in distributions:
            continue
        independent = min(counts[0] * (distributions[second].distinct or table.rows), table.rows)
        if counts[1] < _DEPENDENT * independent and first not in table.generated:
            found[second] = first, max(1, round(counts[1] / max(counts[0], 1)))
    return found


def _within(leading: Value, share: float, each: int) -> float:
    """One of ``each`` places of 0..1 that belong to a leading value; over all leading values they cover it evenly."""
    start = crc32(str(leading).encode("utf-8", "replace")) / 2**32
    return (start + int(share * each) / each) % 1.0


def _referring(reference: Reference, values: list[Value], parents: Rows, column: Column) -> Rows:
    """For each value the nearest one that a parent has, and the rest of that parent's key."""
    there = parents.get(reference.parent_columns[0])
    if not there or any(name not in parents for name in reference.parent_columns):
        return {column.name: values}
    numeric = column.family in ("integer", "decimal", "float")

    def place(value: str) -> Any:
        return float(value) if numeric else value

    order = sorted((place(value), number) for number, value in enumerate(there) if value is not None)
    keys = [key for key, _ in order]
    found: Rows = {name: [] for name in reference.columns}
    for value in values:
        row = None if value is None or not order else order[min(bisect_left(keys, place(value)), len(order) - 1)][1]
        for name, parent_name in zip(reference.columns, reference.parent_columns, strict=True):
            found[name].append(None if row is None else parents[parent_name][row])
    return found


def _filled(column: Column, values: list[Value]) -> list[Value]:
    length = float((column.statistics or {}).get("avg_length") or 0)
    if column.indexed or column.family not in ("text", "binary") or length < 2:
        return values
    wide = min(int(length), _WIDEST, column.length or _WIDEST)
    return [value if value is None else value.ljust(wide, "x") for value in values]


def order(found: dict[tuple[str, str], Table]) -> list[Table]:
    """Parents before children; where foreign keys run in a circle, as they come."""
    done: dict[tuple[str, str], Table] = {}
    waiting = dict(found)
    while waiting:
        ready = [
            table
            for table in waiting.values()
            if all(one.parent == table.identity or one.parent not in waiting for one in table.references)
        ] or [next(iter(waiting.values()))]
        for table in ready:
            done[table.identity] = waiting.pop(table.identity)
    return list(done.values())


def insert(cursor: Any, table: Table, rows: Rows) -> None:
    """Puts the rows into the table, duplicates of a key left out, and packs its pages as loosely as can be.

    Sets ``table.sampled``. The session's checks must be off.
    """
    names = list(rows)
    if names:
        columns = ", ".join(quoted(name) for name in names)
        marks = f"({', '.join(['%s'] * len(names))})"
        lines = list(zip(*(rows[name] for name in names), strict=True))
        for start in range(0, len(lines), _BATCH):
            batch = lines[start : start + _BATCH]
            cursor.execute(
                f"INSERT IGNORE INTO {place(table)} ({columns})".replace("%", "%%")
                + f" VALUES {', '.join([marks] * len(batch))}",
                [value for line in batch for value in line],
            )
    cursor.execute(f"ALTER TABLE {place(table)} FORCE")
    cursor.execute(f"SELECT COUNT(*) FROM {place(table)}")
    table.sampled = int(cursor.fetchone()[0])


def place(table: Table) -> str:
    """The table, qualified."""
    return f"{quoted(table.schema)}.{quoted(table.name)}"


def quoted(name: str) -> str:
    """A name in backticks."""
    return "`" + name.replace("`", "``") + "`"


def key_of(table: Table, name: str) -> Key | None:
    """The table's index of a name."""
    return next((key for key in table.keys if key.name.lower() == name.lower()), None)
