"""Lock modes of tables, and which keep others out (PostgreSQL manual, Explicit Locking, table 13.2)."""

from __future__ import annotations

ACCESS_SHARE = "ACCESS SHARE"
ROW_SHARE = "ROW SHARE"
ROW_EXCLUSIVE = "ROW EXCLUSIVE"
SHARE_UPDATE_EXCLUSIVE = "SHARE UPDATE EXCLUSIVE"
SHARE = "SHARE"
SHARE_ROW_EXCLUSIVE = "SHARE ROW EXCLUSIVE"
EXCLUSIVE = "EXCLUSIVE"
ACCESS_EXCLUSIVE = "ACCESS EXCLUSIVE"

#: From the weakest to the strongest, as ALTER TABLE compares what its clauses need.
MODES = (
    ACCESS_SHARE,
    ROW_SHARE,
    ROW_EXCLUSIVE,
    SHARE_UPDATE_EXCLUSIVE,
    SHARE,
    SHARE_ROW_EXCLUSIVE,
    EXCLUSIVE,
    ACCESS_EXCLUSIVE,
)
_CONFLICTS: dict[str, frozenset[str]] = {
    ACCESS_SHARE: frozenset({ACCESS_EXCLUSIVE}),
    ROW_SHARE: frozenset({EXCLUSIVE, ACCESS_EXCLUSIVE}),
    ROW_EXCLUSIVE: frozenset({SHARE, SHARE_ROW_EXCLUSIVE, EXCLUSIVE, ACCESS_EXCLUSIVE}),
    SHARE_UPDATE_EXCLUSIVE: frozenset(MODES[3:]),
    SHARE: frozenset({ROW_EXCLUSIVE, SHARE_UPDATE_EXCLUSIVE, SHARE_ROW_EXCLUSIVE, EXCLUSIVE, ACCESS_EXCLUSIVE}),
    SHARE_ROW_EXCLUSIVE: frozenset(MODES[2:]),
    EXCLUSIVE: frozenset(MODES[1:]),
    ACCESS_EXCLUSIVE: frozenset(MODES),
}


def strongest(first: str, second: str) -> str:
    """The later of two modes in `MODES`."""
    return max(first, second, key=MODES.index)


def covers(held: str, wanted: str) -> bool:
    """Does who holds the one keep out everybody whom the other would?"""
    return _CONFLICTS[wanted] <= _CONFLICTS[held]


def blocks_reads(mode: str) -> bool:
    """Must a SELECT wait?"""
    return ACCESS_SHARE in _CONFLICTS[mode]


def blocks_writes(mode: str) -> bool:
    """Must an INSERT, UPDATE or DELETE wait?"""
    return ROW_EXCLUSIVE in _CONFLICTS[mode]
