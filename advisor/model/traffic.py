"""What the traffic of statements shows of caches, replicas, transactions and routes: rows of relations."""

from __future__ import annotations

import msgspec


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
    """From sampled sessions, with the TTL stretched by the rate: a few points low, as each first question is a miss."""


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
    waiting: int | None
    """Transactions whose longer pauses (`STREAM.idle_pause_us`) add up to `STREAM.idle_waiting_us`; the rest of the
    columns `waiting_*` is of those alone, so that many short transactions of the same user do not hide them."""
    waiting_idle_us: int | None
    waiting_locked_us: int | None
    """... after the first write or lock."""
    waiting_wall_us: int | None
    waiting_p95_us: float | None
    """Of the longer pauses of one of them together."""
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
