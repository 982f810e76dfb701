"""The result of `explain`, field by field as the JSON contract fixes it (schema ``advisor-plan/1``).

A field that cannot be known is None (``null``). Rows and times of a node are of one loop as printed, unless the name
says ``total`` or ``self``; those are over all loops.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from advisor.model.engine import Engine
from advisor.model.finding import Finding, Recommendation
from advisor.model.planning import Configuration, IndexSize, PlannedBy, Scale

SCHEMA = "advisor-plan/1"
#: Which values a statement was planned with: those the user wrote, those of a log's calls, or none.
QueryValues = Literal["written", "typical", "slowest", "generic"]
#: What two plans that are compared differ in.
Why = Literal["indexes", "growth", "values", "settings"]


class NodeReport(msgspec.Struct, frozen=True, kw_only=True):
    """One operator: what was printed, and what follows from it."""

    id: str
    """Path from the root by position among the children: ``0``, ``0.1.0``."""
    parent: str | None
    relationship: str
    """outer, inner, member, subquery, init_plan, sub_plan, cte; root."""
    subplan_name: str | None
    operator: str
    raw_operator: str
    schema: str | None
    relation: str | None
    alias: str | None
    index: str | None
    access: str | None
    join_type: str | None
    operation: str | None
    predicates: dict[str, str]
    """By role: filter, index, recheck, join_filter, hash, merge, one_time, having..."""
    sort_keys: tuple[str, ...]
    group_keys: tuple[str, ...]
    rows_estimated: float | None
    rows_actual: float | None
    rows_actual_total: float | None
    rows_actual_low: float | None
    rows_actual_high: float | None
    rows_removed: dict[str, float]
    """Over all loops: filter, join_filter, recheck."""
    filtered_estimated: float | None
    filtered_actual: float | None
    loops: float | None
    width: float | None
    cost_startup: float | None
    cost_total: float | None
    cost_self: float | None
    time_total_ms: float | None
    time_self_ms: float | None
    share: float | None
    """time_self_ms of the plan's whole time."""
    q_error: float | None
    underestimated: bool | None
    buffers: dict[str, int]
    """Blocks, children included: shared_hit, shared_read... temp_written."""
    buffers_self: dict[str, int]
    io_ms: dict[str, float]
    memory_kb: float | None
    disk_kb: float | None
    batches: int | None
    workers: int | None
    """Launched; planned where it was not executed."""
    workers_planned: int | None
    never_executed: bool
    stopped_early: bool
    extra: dict[str, Any]
    """Everything else that was printed, under the engine's own names."""
    line: int | None


class WarningReport(msgspec.Struct, frozen=True):
    line: int
    text: str
    quote: str | None = None
    """What stood there."""


class TriggerLine(msgspec.Struct, frozen=True):
    name: str | None
    relation: str | None
    time_ms: float | None
    calls: float | None


class Planning(msgspec.Struct, frozen=True, kw_only=True):
    """Of a plan that a planner was asked for: in which world, and how far the answer can be trusted."""

    planned_by: PlannedBy
    proof: Literal["static", "planned"]
    """``planned``: the real optimizer, with statistics that were captured; default statistics prove nothing."""
    configuration: Configuration
    label: str
    """The configuration in a few words."""
    values: QueryValues
    """Which values the statement was planned with: its own, those of an execution in the log, or none."""
    indexes: tuple[IndexSize, ...]
    """Those that do not exist."""
    calls: int | None = None
    """Of the statement in the workload, where one was given."""
    notes: tuple[str, ...] = ()


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """Two of the plans, of one statement in two worlds or with two sets of values."""

    before: int
    """Number of the plan, from 0."""
    after: int
    why: Why
    diff: DiffReport
    flips_below: tuple[Scale, ...] = ()
    """Where growth changes the plan and it was asked when: the largest size tried that still has the first plan..."""
    flips_above: tuple[Scale, ...] = ()
    """... and the smallest that has another."""


class Unplanned(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that the planner refused."""

    query: str
    label: str
    values: str
    error: str


class GrownTable(msgspec.Struct, frozen=True, kw_only=True):
    table: str
    factor: float
    rows_before: float | None
    rows_after: float | None


class GrownColumn(msgspec.Struct, frozen=True, kw_only=True):
    """What growth was taken to do with one column's statistics."""

    table: str
    column: str
    decision: str
    """kept; scaled: there are more different values, each is rarer; extended: its history becomes longer."""
    factor: float
    """How many times more different values there are."""
    days: float | None
    because: str


class GrowthReport(msgspec.Struct, frozen=True, kw_only=True):
    """How the grown world was made."""

    tables: tuple[GrownTable, ...]
    columns: tuple[GrownColumn, ...]
    notes: tuple[str, ...]


class PlanReport(msgspec.Struct, frozen=True, kw_only=True):
    """One plan."""

    source: str | None
    line: int | None
    engine: Engine
    format: str
    analyzed: bool
    timed: bool
    fingerprint: str
    """Operators, relations, indexes and join order: equal for the same plan with other numbers."""
    query: str | None
    """Redacted like everything else, unless literals are asked for."""
    query_fingerprint: str | None
    planning_ms: float | None
    execution_ms: float | None
    total_ms: float | None
    """What shares are shares of."""
    triggers: tuple[TriggerLine, ...]
    triggers_ms: float | None
    jit_ms: float | None
    serialization_ms: float | None
    settings: dict[str, str]
    root_cause: str | None
    """Node where the worst misestimate begins."""
    warnings: tuple[WarningReport, ...]
    nodes: tuple[NodeReport, ...]
    extra: dict[str, Any] = {}
    planning: Planning | None = None
    """Of a plan that a planner was asked for; None: it was read."""


class FieldDifference(msgspec.Struct, frozen=True):
    name: str
    before: Any
    after: Any


class NodeDifference(msgspec.Struct, frozen=True, kw_only=True):
    before: str | None
    after: str | None
    status: str
    """same, numbers (the same operation with other figures), changed, added, removed."""
    changes: tuple[FieldDifference, ...]
    self_ms_delta: float | None
    cost_self_delta: float | None
    rows_delta: float | None


class DiffReport(msgspec.Struct, frozen=True, kw_only=True):
    """The first plan against the second."""

    same_query: bool | None
    same_plan: bool
    total_ms_before: float | None
    total_ms_after: float | None
    cost_before: float | None
    cost_after: float | None
    comparable: str | None
    """Why times or costs must not be compared; None when they may."""
    headline: str
    nodes: tuple[NodeDifference, ...]


class Explanation(msgspec.Struct, frozen=True, kw_only=True):
    """What `advisor.explain` returns and what every report about plans is made of."""

    schema: str = SCHEMA
    plans: tuple[PlanReport, ...]
    findings: tuple[Finding, ...]
    recommendations: tuple[Recommendation, ...]
    diff: DiffReport | None
    comparisons: tuple[Comparison, ...] = ()
    """Of plans that a planner was asked for: each world against the one that was captured."""
    unplanned: tuple[Unplanned, ...] = ()
    growth: GrowthReport | None = None
    notices: tuple[str, ...] = ()
    redacted: bool = True
