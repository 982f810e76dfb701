"""Lock modes of tables and what they keep out (PostgreSQL manual, "Explicit Locking", table of conflicts)."""

from __future__ import annotations

#: From weak to strong, as pg_locks names them, and as the manual does.
MODES = {
    "AccessShareLock": "ACCESS SHARE",
    "RowShareLock": "ROW SHARE",
    "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE",
    "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE",
    "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}
STRENGTH = {mode: number for number, mode in enumerate(MODES.values())}
#: Conflict with ACCESS SHARE, which every SELECT takes.
BLOCKS_READS = frozenset({"ACCESS EXCLUSIVE"})
#: Conflict with ROW EXCLUSIVE, which INSERT, UPDATE, DELETE and MERGE take.
BLOCKS_WRITES = frozenset({"SHARE", "SHARE ROW EXCLUSIVE", "EXCLUSIVE", "ACCESS EXCLUSIVE"})
