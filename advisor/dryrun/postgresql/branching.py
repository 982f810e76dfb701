"""Blocks and functions that may do something else where there are rows."""

from __future__ import annotations

import re

from advisor.dryrun.postgresql import effects
from advisor.dryrun.postgresql.standing import Standing
from advisor.model.migration import MigrationStatement

#: A block that may do something else where there are rows.
_BRANCHES = re.compile(r"\b(IF|LOOP|WHILE|CASE)\b", re.IGNORECASE)
#: A query of no table of its own: what is read, a function reads.
_CALLED = re.compile(r"(?!.*\bFROM\b)\s*SELECT\b", re.IGNORECASE | re.DOTALL)
#: Locks of what is read and no more.
_LOOKS = frozenset({"ACCESS SHARE", "ROW SHARE"})


def depends_on_rows(standing: Standing, one: MigrationStatement, seen: effects.Seen) -> str | None:
    """A block that took no more than a look at a table may do something else where there are rows."""
    reads = any(oid in standing.mine and oid in standing.names and modes <= _LOOKS for oid, modes in seen.new.items())
    if seen.command not in ("DO", "CALL", "SELECT") or not reads:
        return None
    if _BRANCHES.search(one.sql) if seen.command == "DO" else seen.command == "CALL" or _CALLED.match(one.sql):
        return "what the block does may depend on rows, which an empty copy does not have"
    return None
