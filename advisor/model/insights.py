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
    """The same while one of the two runs alone; 1 where that was never seen."""
    others: int
    """Executions of other statements within the overlaps."""


class BusyWindow(msgspec.Struct, frozen=True):
    """Statements that ran at once in one window of time: a row of the relation `concurrency`."""

    start_us: int
    seconds: float
    mean: float
    """Time of all statements in the window over its length: Little's N = X R."""
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


# ---------------------------------------------------------------- caches, replicas, transactions, routes


class CacheReplay(msgspec.Struct, frozen=True, kw_only=True):
    """What a cache would have answered: a row of the relation `cache_replay`. Counts and times are of the whole input,
    scaled up where `estimated`. Of one statement, or of all together (``fingerprint`` None)."""

    fingerprint: str | None
    ttl_seconds: float | None
    """How long an answer is kept. None: until a write invalidates it."""
    lookups: int
    """Executions that a cache could answer at all."""
    distinct_keys: int
    """Different values among them (of the sample)."""
    hits: int
    """Shared between requests and invalidated by any write of a table that was read: a lower bound of the real one."""
    shared_hits: int
    """Those that no memo within one request or transaction would have given."""
    memo_hits: int
    """Asked again within one request or transaction: remembering the answer there is enough, whatever the TTL."""
    row_hits: int
    """As ``hits``, when a write of other values of the same column changes nothing."""
    in_flight: int
    """Of ``hits``: asked while the first answer was still being made. Misses, unless the cache makes them wait."""
    hit_ratio: float
    row_hit_ratio: float
    mean_us: float | None
    saved_us: int
    """Time of the executions that are hits."""
    shared_saved_us: int
    saved_share: float | None
    """``saved_us`` of the time of all statements."""
    shared_share: float | None
    invalidations: int
    """Writes of its tables, of the sample."""
    complete: bool | None
    """Whether the log shows every statement. If not, writes may be hidden: then hits are an upper bound."""
    estimated: bool
    """From sampled sessions: hits across sessions are underestimated."""


class CacheCurve(msgspec.Struct, frozen=True):
    """Hit ratio of an LRU cache of so many entries, without a TTL: a row of the relation `cache_curve`."""

    entries: int
    hit_ratio: float
    share_of_hits: float
    """Of what a cache without bound answers."""
    sampled: float
    """Share of the keys that were looked at (SHARDS); 1: all, the figure is exact."""


class ReplicaShare(msgspec.Struct, frozen=True, kw_only=True):
    """Reads that a replica could have answered: a row of `replica_share`, of one statement or of all (None)."""

    fingerprint: str | None
    seconds: float
    """How long after its own write of a table a session must not read that table from a replica."""
    calls: int
    """SELECTs, scaled to the whole input where `estimated`."""
    total_us: int
    offload_calls: int
    offload_us: int
    """Time of those that a replica could answer."""
    any_writer_us: int
    """... even if they had to see every session's writes of the last ``seconds``: the lower bound behind a pool."""
    share: float | None
    """``offload_us`` of the time of all statements (reads and writes)."""
    any_writer_share: float | None
    in_transaction_us: int
    """Kept on the primary because the transaction writes."""
    own_write_us: int
    """... because the session had just written the same table."""
    why_not: str | None
    """Why none of its executions can go, where that is so."""
    complete: bool | None
    estimated: bool


class TransactionStream(msgspec.Struct, frozen=True, kw_only=True):
    """Transactions of one user of the database: a row of the relation `transaction_stream`. Times in microseconds."""

    database: str | None
    user: str | None
    application: str | None
    route: str | None
    transactions: int
    """With BEGIN and COMMIT (or ROLLBACK) seen; scaled to the whole input where `estimated`."""
    unfinished: int
    """Without an end, or without a start, in what was read."""
    rolled_back: int
    writing: int
    round_trips: int
    """Statements in them, BEGIN and COMMIT included."""
    wall_us: int
    """From the start of BEGIN to the end of COMMIT, added up."""
    busy_us: int
    idle_us: int | None
    """Time in them in which the server waited for the client: wall - busy. None: the log cannot tell."""
    locked_idle_us: int | None
    """... after the transaction had written or locked rows: others wait for those."""
    wall_p50_us: float
    wall_p95_us: float
    wall_max_us: int
    idle_p95_us: float | None
    idle_max_us: int | None
    fingerprint: str | None
    """The statement after which it idles most, by time."""
    after_idle_us: int | None
    why_unknown: str | None
    """Why idle time is not known."""
    complete: bool | None
    estimated: bool


class TransactionKind(msgspec.Struct, frozen=True, kw_only=True):
    """Transactions that start with the same statement: a row of the relation `transaction_kind`."""

    database: str | None
    user: str | None
    application: str | None
    route: str | None
    fingerprint: str
    """First statement after BEGIN."""
    transactions: int
    round_trips_p50: float
    """Statements sent per transaction, BEGIN and COMMIT included."""
    round_trips_p95: float
    round_trips_max: int
    distinct_p50: float
    """Different statements per transaction."""
    repeated_share: float
    """Statements that their transaction had run before, with other values or the same: 0..1."""
    child_fingerprint: str | None
    """The statement repeated most."""
    wall_p50_us: float
    busy_share: float | None
    """Of the time between BEGIN and COMMIT in which the server works."""
    writes: bool
    complete: bool | None
    estimated: bool


class LongTransaction(msgspec.Struct, frozen=True, kw_only=True):
    """One of the longest transactions: a row of the relation `long_transaction`."""

    fingerprint: str
    """Its slowest statement."""
    other_fingerprint: str | None
    """The statement after which it idled longest."""
    database: str | None
    user: str | None
    application: str | None
    route: str | None
    start_us: int
    wall_us: int
    busy_us: int
    idle_us: int | None
    longest_gap_us: int | None
    locked_us: int | None
    """From its first write or lock to its end."""
    round_trips: int
    written_tables: str
    """What it wrote or locked, with commas; '?' where that is not known."""
    rolled_back: bool
    complete: bool | None


class RouteCost(msgspec.Struct, frozen=True, kw_only=True):
    """What one place of the application costs the database: a row of the relation `route_cost`."""

    route: str
    """As tags name it; without tags, the fingerprint of the first statement of its requests."""
    tagged: bool
    fingerprint: str
    """Its heaviest statement by time."""
    units: int
    """Requests; scaled to the whole input where `estimated`."""
    statements: int
    statements_p50: float
    statements_p95: float
    statements_max: int
    distinct_p50: float
    """Different statements per request."""
    repeated_share: float
    """Statements that their request had run before: 0..1."""
    identical_share: float
    """... with the very same values: pure waste, 0..1."""
    db_us: int
    """Time in the server."""
    db_p50_us: float
    db_p95_us: float
    share: float | None
    """Of the time of all statements in the sample."""
    errors: int
    """Of statements that only this route runs."""
    by_trace: bool
    """Requests are told apart by their trace id; else by transaction, or by pauses: then only roughly."""
    variants: int
    """Different sets of statements among its requests."""
    complete: bool | None
    estimated: bool


class RouteShape(msgspec.Struct, frozen=True):
    """A statement of a route: a row of the relation `route_shape`, the heaviest of each route by time."""

    route: str
    position: int
    fingerprint: str
    calls: int
    total_us: int
    per_unit: float
    """Executions per request of the route."""
    share: float | None
    """Of the route's time."""
