"""Which statements wait for which lock."""

from __future__ import annotations

from typing import Literal

from advisor.model.migration import Lock

#: What a statement of the workload does to a table: reads it; reads it and locks rows (SELECT ... FOR UPDATE, the check
#: of a foreign key on its parent); writes it.
Use = Literal["read", "lock_rows", "write"]

#: PostgreSQL manual, Explicit Locking, table "Conflicting Lock Modes": by the lock of the migration, whom it stops.
#: A read takes ACCESS SHARE, row locks ROW SHARE, a write ROW EXCLUSIVE.
_STOPPED: dict[str, frozenset[Use]] = {
    "ACCESS SHARE": frozenset(),
    "ROW SHARE": frozenset(),
    "ROW EXCLUSIVE": frozenset(),
    "SHARE UPDATE EXCLUSIVE": frozenset(),
    "SHARE": frozenset({"write"}),
    "SHARE ROW EXCLUSIVE": frozenset({"write"}),
    "EXCLUSIVE": frozenset({"write", "lock_rows"}),
    "ACCESS EXCLUSIVE": frozenset({"write", "lock_rows", "read"}),
}


def stopped(lock: Lock) -> frozenset[Use]:
    """Uses that wait for the lock, and that it waits for. Other engines: by what the lock is said to block."""
    known = _STOPPED.get(lock.mode.upper())
    if known is not None:
        return known
    found: set[Use] = set()
    if lock.blocks_writes:
        found |= {"write", "lock_rows"}
    if lock.blocks_reads:
        found |= {"read", "lock_rows", "write"}
    return frozenset(found)
