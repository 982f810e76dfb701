"""What a log said besides executed statements, added up: the rows of the relations of the same names in facts/1.

A fingerprint is None where the log does not tell the statement. Groups beyond a bound are one row labelled "(other)".
"""

from __future__ import annotations

import msgspec

from advisor.model.engine import EngineName


class LockWait(msgspec.Struct, frozen=True):
    """Waits of one statement for one kind of lock on one kind of object. MySQL's are `lock_us` of shapes."""

    fingerprint: str | None
    engine: EngineName
    waits: int
    wait_us: int
    """Sum; a wait whose end the log does not show counts with what it had lasted when it was logged."""
    max_us: int
    lock_mode: str | None
    object: str | None
    """With the numbers that differ each time (transaction ids, tuples) left out."""


class LockWaitEvent(msgspec.Struct, frozen=True):
    """One wait. ``source`` and ``session`` are those of the sequence material."""

    source: int
    """-1 unknown."""
    session: int
    fingerprint: str | None
    engine: EngineName
    lock_mode: str | None
    table: str | None
    """Where the log names it; None where it says a transaction or a number only."""
    began_us: int | None
    wait_us: int
    """-1 unknown."""
    holders: tuple[int, ...]
    """Sessions that held the lock; 0: one that the log does not identify."""


class DeadlockPart(msgspec.Struct, frozen=True):
    """One participant of a deadlock."""

    deadlock_id: int
    position: int
    fingerprint: str | None
    sql: str | None
    detail: str | None
    """What it waited for."""
    time_us: int | None = None
    source: int = -1
    session: int = 0
    """As in the sequence material; -1 and 0 where the log does not identify them."""


class TempFile(msgspec.Struct, frozen=True):
    fingerprint: str | None
    engine: EngineName
    files: int
    bytes: int
    max_bytes: int


class Cancelled(msgspec.Struct, frozen=True):
    fingerprint: str | None
    engine: EngineName
    reason: str
    """statement_timeout, lock_timeout, user_request, idle_in_transaction, recovery_conflict, max_execution_time, ..."""
    count: int


class ErrorGroup(msgspec.Struct, frozen=True):
    fingerprint: str | None
    engine: EngineName
    code: str | None
    message: str
    """With values taken out."""
    count: int


class CommitStream(msgspec.Struct, frozen=True):
    """Writes and the transactions they ran in, per database, user and application.

    Counted over the sessions of the sequence material; when that is a sample, the counts are scaled to all events that
    have a session, and ``estimated`` says so.
    """

    database: str | None
    user: str | None
    application: str | None
    sessions: int
    """Sessions that wrote."""
    writes: int
    commits: int
    """Transactions that wrote, a write outside of BEGIN ... COMMIT being one of its own."""
    single_write_commits: int
    seconds: float
    """From the first of these writes to the end of the last."""
    fingerprint: str | None
    """The commonest write that commits alone; the commonest write when none does."""
    estimated: bool = False


class ConnectionStream(msgspec.Struct, frozen=True):
    """Connections opened per database and user. ``host`` is None unless all statements came from one host."""

    database: str | None
    user: str | None
    host: str | None
    connections: int
    statements: int
    median_session_seconds: float | None
    seconds: float
    """Length of the observed window."""


class Maintenance(msgspec.Struct, frozen=True):
    """Checkpoints, automatic VACUUM and ANALYZE, restarts, administrative commands, warnings."""

    kind: str
    label: str
    """Cause of a checkpoint, name of a table, the message."""
    count: int
    total_us: int | None
    max_us: int | None
    first_us: int | None
    last_us: int | None


class Observations(msgspec.Struct, frozen=True):
    """All of it, each list with the heaviest first."""

    lock_waits: list[LockWait]
    deadlocks: list[DeadlockPart]
    """Oldest deadlock first."""
    temp_files: list[TempFile]
    cancelled: list[Cancelled]
    errors: list[ErrorGroup]
    commit_streams: list[CommitStream]
    connection_streams: list[ConnectionStream]
    maintenance: list[Maintenance]
    settings: dict[str, str]
    """Latest value of each setting that a log told."""
    waits: list[LockWaitEvent] = []
    """Single lock waits, LIMITS.incident_waits at most; `lock_waits` counts all."""
