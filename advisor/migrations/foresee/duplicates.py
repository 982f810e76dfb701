"""Duplicates in the way of UNIQUE, primary keys and unique indexes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from math import prod

from advisor.migrations.foresee import settle
from advisor.migrations.foresee.codes import code
from advisor.migrations.foresee.known import Known
from advisor.migrations.foresee.statistics import Statistics
from advisor.model.catalog import Table
from advisor.model.migration import Failure
from advisor.model.migration_limits import MIGRATION

_KEY = re.compile(r'["`]?([^\W\d][\w$]*)["`]?(?:\s*\(\d+\))?(?:\s+(?:ASC|DESC))?(?:\s+NULLS\s+(?:FIRST|LAST))?', re.I)


def of_keys(statistics: Statistics, table: Table, keys: Sequence[str], where: str | None = None) -> Failure | None:
    """Does a unique index on these keys fail? None: it cannot. NULLs are no duplicates of each other.

    One column: a value that stood in two rows of the sample; several: fewer combinations than rows. Of a partial index
    nothing is certain, and of an expression nothing is known.
    """
    columns = [_column(table, key) for key in keys]
    names = [one for one in columns if one is not None]
    if statistics.sizes.rows(table.name) == 0:
        return None
    if len(names) < len(columns) or not names:
        return Failure(
            message=f"it fails if rows of {table.name} have the same {', '.join(keys)}; no statistics tell",
            certain=False,
            foreseen=True,
        )
    if _unique_already(table, names):
        return None
    query = settle.duplicates(table, names, statistics.engine)
    known = [statistics.column(table.name, one) for one in names]
    told = [one for one in known if one is not None]
    what = f"{table.name} ({', '.join(names)})"
    if len(told) == len(names):
        if len(told) == 1 and told[0].whole and not told[0].repeated and told[0].distinct is not None:
            return None
        found = _single(told[0]) if len(told) == 1 else _several(statistics, table, names, told)
        if found is not None:
            message, certain = found
            return Failure(
                message=f"{what} has duplicates: {message}" + (f", where {where} or not" if where else ""),
                code=code("unique", statistics.engine),
                certain=certain and where is None,
                foreseen=True,
                settle=query
                if where is None
                else query.replace(" WHERE ", f" WHERE ({' '.join(where.split())}) AND ", 1),
            )
    return Failure(
        message=f"it fails if {what} has duplicates; the statistics show none, which is no proof"
        if told
        else f"it fails if {what} has duplicates; no statistics tell",
        certain=False,
        foreseen=True,
        settle=query,
    )


def _column(table: Table, key: str) -> str | None:
    found = _KEY.fullmatch(key.strip())
    bare = found[1] if found else key.strip().strip('"`')
    exact = next((one.name for one in table.columns if one.name == bare), None)
    return exact or next((one.name for one in table.columns if one.name.lower() == bare.lower()), None)


def _unique_already(table: Table, names: Sequence[str]) -> bool:
    """A unique index on some of the columns is there. NULLs of it may repeat; then a NULL is in the new key too."""
    wanted = set(names)
    return any(
        one.unique
        and one.valid
        and one.where is None
        and all(key.column is not None and key.prefix is None for key in one.keys)
        and {key.column for key in one.keys} <= wanted
        for one in table.indexes
    )


def _single(known: Known) -> tuple[str, bool] | None:
    rows = known.rows
    if rows is None or rows < 2:
        return None
    sample = min(rows, MIGRATION.sampled_rows)
    common = [one for one in known.values if one.share is not None and one.share * sample >= 1.5]
    if not known.repeated and not (common and known.changed is not None):
        return None
    filled = rows * (1 - (known.nulls or 0.0))
    # How many rows share their value with another, at least: so many must have changed for none to be left.
    extra = max(1.0, filled - known.distinct) if known.distinct is not None else 1.0
    if common:
        extra = max(extra, *(one.share * rows - 1 for one in common if one.share is not None))
    told = f"{known.distinct:,.0f} different values" if known.distinct is not None else "repeated values"
    return f"{told} in {filled:,.0f} rows that are not NULL, {known.when}", known.repeated and known.certain(extra)


def _several(
    statistics: Statistics, table: Table, names: Sequence[str], known: Sequence[Known]
) -> tuple[str, bool] | None:
    rows = known[0].rows
    if rows is None or rows < 2:
        return None
    filled = rows * max(0.0, 1.0 - sum(one.nulls or 0.0 for one in known))
    if all(one.repeated and (one.nulls or 0) < 1 for one in known):
        combinations = statistics.extended(table.name, names)
        if combinations is not None and combinations * 1.02 < filled:
            return (
                f"{combinations:,.0f} different combinations in {filled:,.0f} rows, {known[0].when}",
                known[0].certain(filled - combinations),
            )
    if any(one.distinct is None or one.distinct <= 0 for one in known):
        return None
    most = prod(one.distinct or 1.0 for one in known)
    if most * 2 < filled and all(one.complete for one in known):
        # Every value is known, so there are no more combinations than these: two rows must share one.
        return f"at most {most:,.0f} combinations for {filled:,.0f} rows, {known[0].when}", known[0].certain(
            filled - most
        )
    if most * 2 < filled:
        return f"about {most:,.0f} combinations at most for {filled:,.0f} rows, {known[0].when}", False
    return None
