"""What a log says besides executed statements."""

from __future__ import annotations

from typing import Literal

import msgspec

IncidentKind = Literal[
    "plan",  # an auto_explain or `# explain:` plan; attached to the event that it belongs to when there is one
    "lock_wait",  # "still waiting for" / "acquired"
    "deadlock",
    "temp_file",
    "cancelled",  # statement_timeout, lock_timeout, user request, idle_in_transaction...
    "error",
    "checkpoint",
    "autovacuum",
    "autoanalyze",
    "connection",
    "disconnection",
    "admin",  # MySQL `# administrator command:`
    "restart",
    "setting",  # a server setting that the log reveals ("parameter ... changed to")
    "other",
]


class Incident(msgspec.Struct, frozen=True):
    """One thing that happened. ``sql`` is the statement it happened to, where the log tells."""

    kind: IncidentKind
    time_us: int
    line: int
    offset: int
    session: int = 0
    sql: str | None = None
    message: str = ""
    detail: str = ""
    database: str | None = None
    user: str | None = None
    duration_us: int = -1
    """Lock wait so far, session length, checkpoint duration... microseconds; -1 unknown."""
    bytes: int = -1
    """Size of a temporary file; -1 unknown."""
    code: str | None = None
    """SQLSTATE or error number; for a plan: its format (text, json, yaml, xml, rows)."""
    parameters: str | None = None
    processes: tuple[tuple[int, int], ...] = ()
    """Server processes that a lock wait or deadlock names, with their sessions (0 unknown): of a wait the one that
    waits first, then those that hold the lock; of a deadlock in the order of its lines."""
    began_us: int | None = None
    """When a lock wait began."""
