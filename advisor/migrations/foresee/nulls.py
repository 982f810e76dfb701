"""NULLs in the way of NOT NULL and of primary keys."""

from __future__ import annotations

import re

from advisor.migrations.foresee import settle
from advisor.migrations.foresee.codes import code
from advisor.migrations.foresee.statistics import Statistics
from advisor.model.catalog import Table
from advisor.model.migration import Change, Failure


def of_column(statistics: Statistics, table: Table, name: str) -> Failure | None:
    """Does making a column NOT NULL fail? None: it cannot.

    A share of NULLs above zero means that ANALYZE saw some. It is certain as long as fewer rows were written since than
    there were NULLs. None seen is no proof, but for a small table that was read whole and not written since.
    """
    column = next((one for one in table.columns if one.name.lower() == name.lower()), None)
    if column is None or column.nullable is False or checked(table, name):
        return None
    if statistics.sizes.rows(table.name) == 0:
        return None
    query = settle.nulls(table, column.name, statistics.engine)
    known = statistics.column(table.name, column.name)
    where = f"{table.name}.{column.name}"
    if known is None or known.nulls is None:
        return Failure(
            message=f"it fails if {where} has a NULL; no statistics tell", certain=False, foreseen=True, settle=query
        )
    if known.nulls > 0:
        rows = known.rows
        some = f"some {_count(known.nulls * rows)} of {_count(rows)} rows" if rows else "rows"
        return Failure(
            message=f"{where} is NULL in {_percent(known.nulls)} ({some}), {known.when}",
            code=code("null", statistics.engine),
            certain=bool(rows) and known.certain(max(1.0, known.nulls * (rows or 0))),
            foreseen=True,
            settle=query,
        )
    if known.whole:
        return None
    return Failure(
        message=f"it fails if {where} has a NULL; the sample of ANALYZE had none, which is no proof",
        certain=False,
        foreseen=True,
        settle=query,
    )


def of_new_column(statistics: Statistics, table: Table, change: Change) -> Failure | None:
    """ADD COLUMN ... NOT NULL without anything that fills it.

    MySQL and MariaDB fill such a column with their implicit default (manual, Data Type Default Values), but for dates
    where the server refuses zeros: that is not foreseen here.
    """
    if change.nullable is not False or change.default_kind not in (None, "none"):
        return None
    if statistics.engine not in ("postgresql", "sqlite") or change.expression:
        return None
    rows = statistics.sizes.rows(table.name)
    if rows == 0:
        return None
    where = f"{table.name}.{change.column}"
    query = settle.rows(table, statistics.engine)
    if rows is None:
        return Failure(
            message=f"it fails if {table.name} has a row: {where} is NOT NULL and nothing fills it",
            certain=False,
            foreseen=True,
            settle=query,
        )
    return Failure(
        message=f"{where} is NOT NULL and nothing fills it in the {_count(rows)} rows that {table.name} has",
        code=code("null", statistics.engine),
        foreseen=True,
        settle=query,
    )


def checked(table: Table, name: str) -> bool:
    """A CHECK of the table forbids NULLs already."""
    wanted = re.compile(rf"[\s(]*[\"`]?{re.escape(name)}[\"`]?\s+IS\s+NOT\s+NULL[\s)]*", re.IGNORECASE)
    return any(wanted.fullmatch(one) for one in table.checks if one not in table.checks_not_valid)


def _count(rows: float | None) -> str:
    return "some" if rows is None else f"{rows:,.0f}"


def _percent(share: float) -> str:
    return f"{share:.1%}" if share >= 0.001 else "less than 0.1%"
