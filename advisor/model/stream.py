"""What the order of statements shows: units of work, repetitions within them, and how far they can be trusted."""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.model.engine import EngineName
from advisor.model.finding import Confidence
from advisor.model.replay import Replay

RepetitionKind = Literal[
    "n_plus_one",
    "count_per_row",
    "exists_per_row",
    "aggregate_per_row",
    "update_per_row",
    "insert_per_row",
    "delete_per_row",
    "get_or_create",
    "redundant",
    "loop",
    "list_then_detail",
]
"""`loop`: a repetition of which no parent is known. `list_then_detail`: a list, then single rows in requests of their
own: no N+1, told apart so that nobody takes it for one."""
Boundary = Literal["trace", "transaction", "request_start", "reset", "gap", "session", "capture", "counters"]
"""What delimits a unit of work, from the surest to the weakest; `counters`: none, the totals alone were compared."""
LinkKind = Literal["foreign_key", "name", "shared_reference", "own_key", "replayed"]
"""How a child's key comes from a parent's rows: a declared reference, the name of a column (`author_id` and
`authors.id`), two columns that reference the same table, the row's own key, or values found in the parent's answer."""


class KeyLink(msgspec.Struct, frozen=True):
    """A statement whose key is a value that rows of another statement hold."""

    parent: str
    """Fingerprint."""
    child: str
    kind: LinkKind
    parent_table: str | None
    parent_column: str | None
    """Column of the parent's rows that holds the child's key."""
    child_table: str
    child_column: str
    """Column that the child compares (or, for an INSERT, sets)."""
    to_one: bool | None
    """At most one row answers each key: the child's column is unique. None: not known."""
    parent_single: bool | None
    """The parent gives at most one row (it asks for a unique key, or LIMIT 1, or aggregates all)."""
    same_filter: bool = False
    """The parent is itself filtered by the column that links: it had the value before it ran."""
    returned: bool | None = None
    """The parent's select list shows the linking column. None: `*`, or not known."""


class Repetition(msgspec.Struct, frozen=True, kw_only=True):
    """One statement that units of work repeat, added up over all units where they do: a row of the relation `chain`."""

    kind: RepetitionKind
    engine: EngineName
    child: str
    """Fingerprint of what is repeated."""
    parent: str | None = None
    """Fingerprint of the statement whose rows are walked. None where there is none, or it is not known."""
    link: KeyLink | None = None
    nested_in: str | None = None
    """Fingerprint of the parent, where that is repeated for rows of its own parent."""
    sibling_of: str | None = None
    """Fingerprint of the repeated statement that it always comes along with."""
    insert: str | None = None
    """Fingerprint of the INSERT of a `get_or_create`."""
    boundary: Boundary
    tier: Confidence
    score: float
    reasons: tuple[str, ...] = ()
    """What speaks for it and against it, in words; the strongest first."""
    instances: int
    """Executions of the parent (or units of work without one) that were followed by the repetition."""
    repeats: int
    """Executions of the child in them: sum of N."""
    n_median: float
    n_p95: float
    n_max: int
    distinct_share: float | None = None
    """Different keys per execution within an instance, 0 to 1. Near 0: the same question again and again."""
    parent_rows: float | None = None
    """Mean rows per execution of the parent, where known (or its LIMIT: see `reasons`)."""
    conservation: float | None = None
    """repeats / rows of the parents: 1 when each row costs one statement."""
    child_us: int
    """Time of the repeated executions in the server."""
    gap_us: float | None = None
    """Median time from the end of one repeat to the start of the next: network and application."""
    routes: tuple[str, ...] = ()
    """Places in the application that tags or call sites name, most frequent first."""
    call_site: str | None = None
    """``file:line`` of the application's code, where a capture saw it."""
    first_us: int | None = None
    """When it was first seen."""
    scale: float = 1.0
    """Executions of the input per execution in the sequence material: counts are of the sample, multiply by it."""
    replay: Replay | None = None
    """What running it again on a live server showed, where that was asked for."""


class Pooling(msgspec.Struct, frozen=True):
    """Whether sessions of the log are sessions of the application."""

    database: str | None
    user: str | None
    application: str | None
    events: int
    sessions: int
    predictability: float
    """Normalised mutual information of consecutive statements of a session, 0 to 1."""
    statement_level: bool
    """Statements of different clients share server sessions: the order within a session means nothing."""


class Visibility(msgspec.Struct, frozen=True):
    """A setting of the log that hides repetitions, and what to set instead."""

    what: str
    """What is hidden, in one sentence."""
    setting: str | None
    advice: str


class StreamReport(msgspec.Struct, frozen=True, kw_only=True):
    """What the order of statements showed. None of it is complete where `sampled_share` is below 1."""

    events: int
    """Events with a known session."""
    sampled_share: float
    units: dict[str, int]
    """Units of work by what delimits them (`Boundary`)."""
    pooling: tuple[Pooling, ...] = ()
    hidden: tuple[Visibility, ...] = ()
    repetitions: tuple[Repetition, ...] = ()
    round_trip_us: float | None = None
    """Time between the end of a statement and the start of the next in tight loops (lowest decile of gaps): network
    and driver. Given by the user, or estimated from the log; None where the log's clock cannot tell."""


class Chain(msgspec.Struct, frozen=True, kw_only=True):
    """A `Repetition` as rules ask for it, with its fix: a row of the relation ``chain`` (schema.sql says the rest)."""

    kind: RepetitionKind
    child_fingerprint: str
    parent_fingerprint: str | None
    nested_in: str | None
    sibling_of: str | None
    tier: Confidence
    score: float
    boundary: Boundary
    reasons: str | None
    link_kind: LinkKind | None
    parent_table: str | None
    parent_column: str | None
    child_table: str | None
    child_column: str | None
    to_one: bool | None
    instances: int
    repeats: int
    n_median: float
    n_p95: float
    n_max: int
    distinct_share: float | None
    parent_rows: float | None
    conservation: float | None
    child_ms: float
    child_seconds_per_hour: float | None
    child_share: float | None
    gap_ms: float | None
    round_trips_saved: int
    round_trip_ms: float | None = None
    latency_saved_ms: float | None = None
    saved_seconds_per_hour: float | None = None
    routes: str | None = None
    call_site: str | None = None
    framework: str | None = None
    in_words: str | None = None
    batched_sql: str | None = None
    join_sql: str | None = None
    checked: str | None = None


class StreamWishes(msgspec.Struct, frozen=True):
    """What the user says of the stream of statements, and asks of it."""

    round_trip_ms: float | None = None
    """Time of one round trip between application and server; None: estimated from the log where its clock allows."""
    counters_before: tuple[str, ...] = ()
    """Earlier snapshots of the same cumulative counters: what happened since is what counts."""
    replay: str | None = None
    """DSN of a server that may be asked to replay lists and loops, read-only."""
