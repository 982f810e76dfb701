"""What the digest tells of one shape: the read side that facts, rules and reports use."""

from __future__ import annotations

import msgspec

from advisor.model.engine import Engine


class Sample(msgspec.Struct, frozen=True):
    """One real execution. ``sql`` has its parameters joined in where they were logged, so that it can be planned."""

    sql: str
    duration_us: int
    time_us: int | None
    parameters: str | None = None
    source: str | None = None
    line: int | None = None
    redacted: bool = False
    cut: bool = False
    """The text or its parameters were longer than LIMITS.sample_bytes and end early."""


class PlanSample(msgspec.Struct, frozen=True):
    """The slowest plan of its form, as the server printed it, and what was seen of that form in the log."""

    text: str
    format: str
    duration_us: int
    time_us: int | None
    plans: int = 1
    """Logged plans of this form."""
    total_us: int | None = None
    """Their durations added up; None where one had none."""
    first_us: int | None = None
    last_us: int | None = None
    """When the form was seen first and last."""


class HourCount(msgspec.Struct, frozen=True):
    hour: str
    """Start of the hour, ISO 8601."""
    calls: int
    total_us: int


class ShapeSummary(msgspec.Struct, frozen=True):
    """Everything known of one shape. Integers; microseconds; None is unknown, never zero."""

    fingerprint: str
    engine: Engine
    sql: str
    """Normalised text, literals as ``?``."""
    kind: str
    """select, insert, update, delete, merge, ddl, transaction, utility, call, other."""
    calls: int
    calls_error_bound: int
    total_us: int
    timed_calls: int
    min_us: int | None
    max_us: int | None
    p50_us: float | None
    p95_us: float | None
    p99_us: float | None
    rows_sent: int | None
    rows_examined: int | None
    rows_affected: int | None
    lock_us: int | None
    temp_bytes: int | None
    errors: int
    cancelled: int
    first_seen_us: int | None
    last_seen_us: int | None
    databases: dict[str, int]
    users: dict[str, int]
    applications: dict[str, int]
    hosts: dict[str, int]
    tags: dict[str, dict[str, int]]
    per_hour: list[HourCount]
    slowest: Sample | None
    typical: Sample | None
    plans: list[PlanSample]
    query_id: int | None
    checksum: str | None
    """pt-query-digest's id of the same statement (16 upper-case hex digits), to join with other tools."""
    in_count_max: int = 0
    samples: list[Sample] = []
    """Typical executions (``typical`` is the first): a fair draw of at most LIMITS.samples_per_shape."""
    measured_calls: dict[str, int] = {}
    """rows_sent, rows_examined, rows_affected, lock_us, temp_bytes -> calls of which it is known, where any is."""
