"""Rows that are outside the bounds of the partition that their table becomes."""

from __future__ import annotations

import re

from advisor.migrations.foresee.checks import of_condition
from advisor.migrations.foresee.statistics import Statistics
from advisor.model.catalog import Table
from advisor.model.migration import Failure

_KEY = re.compile(r'\s*(RANGE|LIST)\s*\(\s*("(?:[^"]|"")+"|\w+)\s*\)\s*', re.IGNORECASE)
_RANGE = re.compile(r"(?:FOR\s+VALUES\s+)?FROM\s*\(\s*([^,()]+?)\s*\)\s*TO\s*\(\s*([^,()]+?)\s*\)", re.IGNORECASE)
_LIST = re.compile(r"(?:FOR\s+VALUES\s+)?IN\s*\((.*)\)", re.IGNORECASE | re.DOTALL)


def of_attached(statistics: Statistics, table: Table, parent: Table, bound: str) -> Failure | None:
    """Does ATTACH PARTITION fail on the rows of the table? None: nothing says so, or it is the default partition."""
    condition = condition_of(parent, bound)
    if condition is None:
        return None
    return of_condition(statistics, table, condition)


def condition_of(parent: Table, bound: str) -> str | None:
    """The bound of a partition by one column as a condition; None: by several, by an expression, by hash."""
    key = _KEY.fullmatch(parent.partition_key or "")
    if key is None:
        return None
    column = key[2]
    if key[1].upper() == "LIST":
        found = _LIST.search(bound)
        if found is None or re.search(r"\bNULL\b", found[1], re.IGNORECASE):
            return None
        return f"{column} IS NOT NULL AND {column} IN ({found[1]})"
    ends = _RANGE.search(bound)
    if ends is None:
        return None
    parts = [f"{column} IS NOT NULL"]
    if ends[1].upper() != "MINVALUE":
        parts.append(f"{column} >= {ends[1]}")
    if ends[2].upper() != "MAXVALUE":
        parts.append(f"{column} < {ends[2]}")
    return " AND ".join(parts)
