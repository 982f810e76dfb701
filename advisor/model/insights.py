"""What the stream of statements shows beside repetitions: rows of the relations of the same names."""

from __future__ import annotations

from typing import Literal

import msgspec

# ---------------------------------------------------------------- locks, jobs, concurrency, connections


class LockBlocker(msgspec.Struct, frozen=True):
    """Waits of one statement for another one's lock: a row of the relation `lock_blocker`.

    Of the waits that are known one by one; the relation `lock_wait` counts all.
    """

    fingerprint: str | None
    """What waited."""
    other_fingerprint: str | None
    """What had taken the lock, or ran when the wait began. None: the log does not tell."""
    table_name: str | None
    lock_mode: str | None
    waits: int
    wait_us: int
    max_us: int
    idle_us: int | None
    """Of the wait, when the holder ran no statement at all: it was idle in its transaction. None: holder not known."""
    mutual: bool
    """The two also wait the other way round, or through others: a circle in the graph of who waits for whom."""


DeadlockKind = Literal["tables", "rows", "same_row", "unknown"]
"""What the participants locked in opposite order: tables; rows of a table; one row, by a weak lock that both raise."""


class DeadlockCycle(msgspec.Struct, frozen=True):
    """Deadlocks of the same statements: a row of the relation `deadlock_cycle`."""

    fingerprint: str | None
    other_fingerprint: str | None
    """What two of the participants waited for the lock of; of a longer circle the first two."""
    deadlocks: int
    participants: int
    kind: DeadlockKind
    tables: str
    """In the order of the circle."""
    lock_order: str | None
    """The order that avoids it."""
    holding_fingerprint: str | None
    """The statement that took the lock out of that order, where the log shows the transactions."""
    first_us: int | None
    last_us: int | None


class LockOrder(msgspec.Struct, frozen=True):
    """Transactions that take their locks in opposite orders: a row of the relation `lock_order`."""

    kind: Literal["tables", "rows"]
    table_name: str
    """The first table of the order."""
    tables: str
    lock_order: str
    """The order that the fewest transactions contradict."""
    along: int
    """Transactions that keep it, for some two of the tables; scaled to the whole input."""
    against: int
    """... and that do not."""
    fingerprint: str | None
    other_fingerprint: str | None
    """What to change: the two statements of the commonest transaction against the order, as they are run."""
    deadlocks: int
    """Deadlocks seen among these tables."""
    wait_us: int
    """Waits for locks on them that are known one by one."""


class Job(msgspec.Struct, frozen=True):
    """A statement, or the statements of a route, that come in bursts of a fixed period: a row of the relation `job`."""

    subject: str
    """The route, else the fingerprint."""
    fingerprint: str
    """Its heaviest statement."""
    route: str | None
    polling: bool
    """One statement with equal values again and again, that mostly gives nothing."""
    period_seconds: float
    jitter: float
    """Of the intervals, the median absolute deviation as a share of the period."""
    label: str
    """In words: ``every 5 min at :00``."""
    aligned: bool
    """Its bursts keep a place on the clock: started by cron or the like."""
    bursts: int
    statements: int
    """Over all bursts, scaled to the whole input."""
    busy_us: int
    burst_seconds: float
    """Median length of a burst."""
    empty_share: float | None
    """Executions that gave no row."""
    sessions: int
    first_us: int
    last_us: int


class JobCollision(msgspec.Struct, frozen=True):
    """Two jobs whose bursts overlap, and what that costs the others: a row of the relation `job_collision`."""

    fingerprint: str
    other_fingerprint: str
    label: str
    other_label: str
    overlaps: int
    """Bursts of the first that overlap one of the second..."""
    overlap_share: float
    """... as a share of the rarer one's bursts."""
    slowdown: float
    """Latency of other statements in the overlaps, as a multiple of theirs outside of both jobs: the geometric mean
    over shapes, weighted by calls in the overlaps."""
    alone: float
    """The same while the worse of the two runs alone; 1 where neither was seen alone."""
    others: int
    """Executions of other statements within the overlaps."""


class BusyWindow(msgspec.Struct, frozen=True):
    """Statements that ran at once in one window of time: a row of the relation `concurrency`."""

    start_us: int
    seconds: float
    mean: float
    """Time of all statements in the window over its length: Little's N = X R."""
    typical: float
    """Median of the means of all windows."""
    max: int | None
    """None where the log's clock is too coarse to tell."""
    waiting: float | None
    """Mean number of those that waited for a lock; None where the log does not tell waits."""
    per_second: float
    """Statements that began in it."""
    fingerprint: str | None
    """What took the most of it."""
    share: float | None
    """Its share of the window's time."""
    busiest: int
    """Rank by mean, from 1."""


class Contention(msgspec.Struct, frozen=True):
    """Where more at once gives less: the Universal Scalability Law, fitted. A row of the relation `contention`."""

    serial: float
    """sigma: the part that queues."""
    crosstalk: float
    """kappa: the part that grows with every pair."""
    peak: float
    """N* = sqrt((1 - sigma) / kappa): throughput falls beyond."""
    peak_low: float
    peak_high: float
    """10th and 90th percentile over bootstrap samples of windows."""
    seen: float
    """Largest mean concurrency observed."""
    windows: int


class ConnectionUse(msgspec.Struct, frozen=True):
    """What sessions do before they end: a row of the relation `connection_use`."""

    database: str | None
    user: str | None
    sessions: int
    """Seen in the stream (of a sample: scaled)."""
    connections: int | None
    """As the log tells them; None where it does not."""
    statements_median: float
    """Statements of a session that are work: no settings, no transaction control."""
    life_seconds_median: float | None
    """By the log's own disconnections, else from a session's first to its last statement."""
    life_told: bool
    """True: by disconnections."""
    busy_share: float | None
    """Of the sessions' lives, the part in which they run a statement."""
    per_second: float
    open_mean: float | None
    """Sessions open at once: arrivals a second times their life (Little's law)."""
    busy_mean: float
    """Statements running at once."""
    pool_size: int
    """Connections that would do: see the page."""
