"""How many rows a statement wants, by the LIMIT at its end: plans of SQLite and MariaDB do not show it."""

from __future__ import annotations

import re

_LIMIT = re.compile(r"\bLIMIT\s+(\d+)(?:\s+OFFSET\s+(\d+)|\s*,\s*(\d+))?\s*;?\s*\Z", re.IGNORECASE)
_COMMENT = re.compile(r"/\*(?:[^*]|\*(?!/))*\*/")
_AGGREGATE = re.compile(r"\b(?:count|sum|avg|total|min|max|group_concat)\s*\(", re.IGNORECASE)
_GROUPED = re.compile(r"\bGROUP\s+BY\b", re.IGNORECASE)


def rows_wanted(sql: str) -> float | None:
    """Rows after which it may stop, those that OFFSET passes over among them; None where it reads to the end.

    An aggregate without groups reads everything for its one row.
    """
    found = _LIMIT.search(_COMMENT.sub(" ", sql).rstrip())
    if found is None or (_AGGREGATE.search(sql) and not _GROUPED.search(sql)):
        return None
    return float(sum(int(number) for number in found.groups() if number))
