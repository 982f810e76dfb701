"""Puts an `Explanation` together: plans, measures and findings as the contract prints them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from advisor.fingerprint import redact
from advisor.fingerprint.redaction import every_text
from advisor.model.engine import EngineName, dialect_of
from advisor.model.explained import (
    DiffReport,
    Explanation,
    FieldDifference,
    NodeDifference,
    NodeReport,
    PlanReport,
    TriggerLine,
    WarningReport,
)
from advisor.model.finding import Finding, Recommendation
from advisor.model.plan import Plan, PlanNode
from advisor.plans.changes import PlanDiff
from advisor.plans.measures import NodeMeasures, PlanMeasures

_UNMEASURED = NodeMeasures()


@dataclass(slots=True)
class Explained:
    """One plan with what follows from it."""

    plan: Plan
    measures: PlanMeasures
    fingerprint: str
    query_fingerprint: str | None = None


@dataclass(slots=True)
class Judged:
    """What the rules found."""

    findings: Sequence[Finding] = ()
    recommendations: Sequence[Recommendation] = ()
    notices: list[str] = field(default_factory=list)


def explanation(
    explained: Sequence[Explained], judged: Judged, diff: PlanDiff | None, *, show_literals: bool
) -> Explanation:
    """The result of a run. Without ``show_literals`` no literal of the input is in it."""
    engine = explained[0].plan.engine.name if explained else "postgresql"
    return Explanation(
        plans=tuple(plan_report(one, show_literals=show_literals) for one in explained),
        findings=tuple(judged.findings),
        recommendations=tuple(judged.recommendations),
        diff=diff_report(diff, veil(engine, show_literals)) if diff is not None else None,
        notices=tuple(judged.notices),
        redacted=not show_literals,
    )


def veil(engine: EngineName, show_literals: bool) -> Callable[[Any], Any]:
    """Takes the literals out of a value: out of its texts, however deep they are; numbers stay."""
    dialect = dialect_of(engine)
    if show_literals:
        return lambda value: value
    return lambda value: every_text(value, lambda text: redact(text, dialect))


def plan_report(one: Explained, *, show_literals: bool) -> PlanReport:
    """One plan as the contract prints it."""
    plan, measures = one.plan, one.measures
    shown = veil(plan.engine.name, show_literals)
    return PlanReport(
        source=plan.source,
        line=plan.line,
        engine=plan.engine,
        format=plan.format,
        analyzed=plan.analyzed,
        timed=plan.timed,
        fingerprint=one.fingerprint,
        query=None if plan.query is None else shown(plan.query),
        query_fingerprint=one.query_fingerprint,
        planning_ms=plan.planning_ms,
        execution_ms=plan.execution_ms,
        total_ms=measures.total_ms,
        triggers=tuple(
            TriggerLine(trigger.name or trigger.constraint, trigger.relation, trigger.time_ms, trigger.calls)
            for trigger in plan.triggers
        ),
        triggers_ms=measures.triggers_ms,
        jit_ms=measures.jit_ms,
        serialization_ms=plan.serialization_ms,
        settings=shown(plan.settings),
        root_cause=measures.root_cause,
        warnings=tuple(WarningReport(warning.line, warning.text, shown(warning.quote)) for warning in plan.warnings),
        nodes=tuple(_node(node, measures.nodes.get(node.id, _UNMEASURED), shown) for node in plan.nodes),
        extra=shown(plan.extra),
    )


def _node(node: PlanNode, measured: NodeMeasures, shown: Callable[[Any], Any]) -> NodeReport:
    removed = {
        "filter": measured.removed_filter,
        "join_filter": measured.removed_join,
        "recheck": measured.removed_recheck,
    }
    return NodeReport(
        id=node.id,
        parent=node.parent,
        relationship=node.relationship,
        subplan_name=node.subplan_name,
        operator=node.operator,
        raw_operator=node.raw_operator,
        schema=node.schema,
        relation=node.relation,
        alias=node.alias,
        index=node.index,
        access=node.access,
        join_type=node.join_type,
        operation=node.operation,
        predicates={str(role): shown(text) for role, text in node.predicates.items()},
        sort_keys=shown(node.sort_keys),
        group_keys=shown(node.group_keys),
        rows_estimated=node.rows_estimated,
        rows_actual=node.rows_actual,
        rows_actual_total=measured.rows_total,
        rows_actual_low=measured.rows_low,
        rows_actual_high=measured.rows_high,
        rows_removed={name: value for name, value in removed.items() if value is not None},
        filtered_estimated=node.filtered_estimated,
        filtered_actual=node.filtered_actual,
        loops=node.loops,
        width=node.width,
        cost_startup=node.cost_startup,
        cost_total=node.cost_total,
        cost_self=measured.cost_self,
        time_total_ms=measured.total_ms,
        time_self_ms=measured.self_ms,
        share=measured.share,
        q_error=measured.q_error,
        underestimated=measured.underestimated,
        buffers=node.buffers,
        buffers_self=measured.buffers_self,
        io_ms=node.io_ms,
        memory_kb=node.memory_kb,
        disk_kb=node.disk_kb,
        batches=node.batches,
        workers=node.workers_launched if node.workers_launched is not None else node.workers_planned,
        workers_planned=node.workers_planned,
        never_executed=node.never_executed,
        stopped_early=measured.stopped_early,
        extra=shown(_extra(node)),
        line=node.line,
    )


def _extra(node: PlanNode) -> dict[str, Any]:
    """What the contract has no field for: the node's own extras, and fields that few nodes have."""
    more: dict[str, Any] = {
        name: value for name in _RARE if (value := getattr(node, name)) not in (None, (), {}, False)
    }
    if node.workers:
        more["workers"] = [msgspec.to_builtins(worker) for worker in node.workers]
    return {**more, **node.extra}


_RARE = (
    "strategy",
    "partial_mode",
    "parallel",
    "backward",
    "covering",
    "index_columns",
    "possible_indexes",
    "cte",
    "function",
    "inner_unique",
    "presorted_keys",
    "time_first_ms",
    "wal",
    "sort_method",
    "batches_planned",
    "heap_fetches",
    "index_searches",
    "exact_blocks",
    "lossy_blocks",
    "cache",
    "subplans_removed",
    "disabled",
)


def diff_report(diff: PlanDiff, shown: Callable[[Any], Any]) -> DiffReport:
    """What changed, as the contract prints it; ``shown`` is a `veil`."""
    return DiffReport(
        same_query=diff.same_query,
        same_plan=diff.same_plan,
        total_ms_before=diff.total_ms_before,
        total_ms_after=diff.total_ms_after,
        cost_before=diff.cost_before,
        cost_after=diff.cost_after,
        comparable=diff.comparable,
        headline=diff.headline,
        nodes=tuple(
            NodeDifference(
                before=node.before,
                after=node.after,
                status=node.status,
                changes=tuple(
                    FieldDifference(change.name, shown(change.before), shown(change.after)) for change in node.changes
                ),
                self_ms_delta=node.self_ms_delta,
                cost_self_delta=node.cost_self_delta,
                rows_delta=node.rows_delta,
            )
            for node in diff.nodes
        ),
    )
