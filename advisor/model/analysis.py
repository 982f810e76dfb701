"""The result of `analyze`, field by field as the JSON contract fixes it (schema ``advisor/1``).

A field that cannot be known is None (``null``), never left out and never guessed. Times are ISO 8601, durations carry
their unit in the name, sizes are bytes. Totals of a shape (rows, lock, temp) are sums over its calls.
"""

from __future__ import annotations

import msgspec

from advisor.model.advice import IndexAdvice
from advisor.model.capture import Capture
from advisor.model.engine import Engine
from advisor.model.explained import PlanReport
from advisor.model.finding import Finding, Recommendation
from advisor.model.stream import StreamReport

SCHEMA = "advisor/1"


class Window(msgspec.Struct, frozen=True):
    start: str | None = None
    end: str | None = None
    seconds: float | None = None


class UnreadableExample(msgspec.Struct, frozen=True):
    line: int
    reason: str


class UnreadableReport(msgspec.Struct, frozen=True):
    count: int
    """Lines that no reader understood."""
    examples: tuple[UnreadableExample, ...] = ()


class SourceReport(msgspec.Struct, frozen=True):
    path: str
    format: str
    engine: Engine | None
    bytes: int
    events: int
    understood_share: float | None
    unreadable: UnreadableReport
    notes: tuple[str, ...] = ()
    interrupted: bool = False


class Workload(msgspec.Struct, frozen=True):
    events: int
    shapes: int
    sessions: int | None
    total_seconds: float
    capture: Capture
    analysed_shapes: int = 0
    """Shapes with a query graph."""
    not_analysed: dict[str, int] = {}
    """Why the others have none: reason -> shapes. A shape that was not analysed is not clean, it is unknown."""
    shapes_beyond_cap: int = 0
    """Shapes folded into the rest because --max-shapes was reached (a lower bound)."""
    untimed_events: int = 0


class ShapeSample(msgspec.Struct, frozen=True):
    sql: str | None
    redacted: bool


class HourReport(msgspec.Struct, frozen=True):
    hour: str
    calls: int
    total_seconds: float


class PlanVariant(msgspec.Struct, frozen=True):
    """One of the plans that a shape was seen with."""

    fingerprint: str
    """Operators, relations, indexes, join order."""
    plans: int
    """Logged plans of this kind."""
    mean_ms: float | None
    """Of the executions that were logged with it. None where one had no duration."""
    slowest_ms: float | None
    first_seen: str | None
    last_seen: str | None


class ShapeReport(msgspec.Struct, frozen=True):
    fingerprint: str
    engine: Engine
    sql: str
    kind: str
    tables: tuple[str, ...]
    analysed: bool
    calls: int
    calls_error_bound: int
    total_seconds: float
    share: float | None
    mean_ms: float | None
    min_ms: float | None
    max_ms: float | None
    p50_ms: float | None
    p95_ms: float | None
    p99_ms: float | None
    rows_sent: int | None
    rows_examined: int | None
    rows_affected: int | None
    lock_ms: float | None
    temp_bytes: int | None
    errors: int
    first_seen: str | None
    last_seen: str | None
    databases: dict[str, int]
    users: dict[str, int]
    applications: dict[str, int]
    hosts: dict[str, int]
    per_hour: tuple[HourReport, ...]
    sample: ShapeSample
    slowest: ShapeSample | None = None
    tags: dict[str, dict[str, int]] = {}
    cancelled: int = 0
    not_analysed: str | None = None
    """Why there is no query graph."""
    query_id: str | None = None
    """The server's own id, as text: it does not fit a JSON number."""
    checksum: str | None = None
    """pt-query-digest's id of the same statement."""
    plans: int = 0
    """Plans logged with it."""
    plan_variants: tuple[PlanVariant, ...] = ()
    """Its different plans, those that took the most time first; more than one: the plan flipped."""


class Analysis(msgspec.Struct, frozen=True, kw_only=True):
    """What `advisor.analyze` returns and what every report is made of."""

    schema: str = SCHEMA
    engine: Engine | None
    window: Window
    sources: tuple[SourceReport, ...]
    workload: Workload
    shapes: tuple[ShapeReport, ...]
    findings: tuple[Finding, ...]
    recommendations: tuple[Recommendation, ...]
    index_advice: IndexAdvice | None = None
    """None: no planner was asked (no snapshot and no server as --catalog, or --planner none)."""
    stream: StreamReport | None = None
    """What the order of statements showed: units of work, repetitions within them. None: no session is known."""
    plans: tuple[PlanReport, ...] = ()
    """Logged plans that a finding points at (``marks``), as `advisor explain` prints them."""
    notices: tuple[str, ...] = ()
    """What the reader of the report must know: an interrupted read, rule pages that failed, unread DDL..."""
