"""Children without parents in the way of a foreign key."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.catalog.types import facts
from advisor.migrations.foresee import settle
from advisor.migrations.foresee.checks import tried
from advisor.migrations.foresee.codes import code
from advisor.migrations.foresee.statistics import Statistics
from advisor.migrations.foresee.values import Unclear, Value, compare, read
from advisor.model.catalog import Table
from advisor.model.migration import Failure


def of_foreign_key(
    statistics: Statistics, table: Table, columns: Sequence[str], parent_name: str, keys: Sequence[str]
) -> Failure | None:
    """Does adding or validating a foreign key fail? None: it cannot.

    Statistics show an orphan only where the parent is empty, or where a child's value lies outside the smallest and
    largest key that the parent's index had when the snapshot was made.
    """
    if statistics.sizes.rows(table.name) == 0:
        return None
    parent = statistics.table(parent_name)
    names = list(keys) or _primary(parent)
    query = settle.orphans(table, columns, parent or parent_name, names, statistics.engine) if names else None
    what = f"{table.name} ({', '.join(columns)})"
    if parent is not None:
        known = [statistics.column(table.name, one) for one in columns]
        filled = [one for one in known if one is not None and one.nulls is not None and one.nulls < 1]
        if statistics.sizes.rows(parent.name) == 0 and len(filled) == len(columns) == 1 and filled[0].rows:
            rows = filled[0].rows * (1 - (filled[0].nulls or 0))
            if rows >= 1:
                return Failure(
                    message=f"{what} has values in some {rows:,.0f} rows, and {parent.name} is empty",
                    code=code("foreign_key", statistics.engine),
                    certain=filled[0].certain(rows),
                    foreseen=True,
                    settle=query,
                )
        if len(columns) == 1 and len(names) == 1:
            outside = _outside(statistics, table, columns[0], parent, names[0])
            if outside is not None:
                return Failure(
                    message=outside.message, code=outside.code, certain=outside.certain, foreseen=True, settle=query
                )
    return Failure(
        message=f"it fails if {what} has values that {parent_name} does not; statistics cannot tell",
        certain=False,
        foreseen=True,
        settle=query,
    )


def _primary(parent: Table | None) -> list[str]:
    if parent is None:
        return []
    found = next((one for one in parent.indexes if one.primary), None)
    return [key.column for key in found.keys if key.column is not None] if found else []


def _outside(statistics: Statistics, table: Table, column: str, parent: Table, key: str) -> Failure | None:
    known, above = statistics.column(table.name, column), statistics.column(parent.name, key)
    if known is None or above is None:
        return None
    family = facts(above.type, statistics.engine, statistics.catalog.types).family
    if family not in ("integer", "decimal", "temporal"):
        return None
    ends = [read(one.text, family) for one in above.values if one.now]
    if len(ends) != 2 or any(isinstance(one, Unclear) for one in ends):
        return None
    low, high = (one for one in ends if not isinstance(one, Unclear))

    def refuses(value: Value) -> bool | None:
        below, beyond = compare(value, "<", low), compare(value, ">", high)
        return True if below is True or beyond is True else None

    what = f"values of {table.name}.{column} lie outside the keys of {parent.name}"
    return tried(statistics, known, refuses, "foreign_key", what)
