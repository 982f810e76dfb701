"""The first lines about a plan: what it is, how long it took, what the figures cannot say."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.explained import NodeReport, PlanReport
from advisor.model.finding import Finding
from advisor.reports import figures
from advisor.reports.headline import Line, product
from advisor.reports.plan import planned

#: Self times this far below zero, as a share of the plan, are what rounding and parallel workers leave.
_ROUNDING = 0.02


def title(plan: PlanReport, *, several: bool) -> str:
    """``plan.txt:12  PostgreSQL >=13, text``; the line where there are ``several`` plans."""
    if plan.planning is not None:
        return f"{plan.planning.label}, {product(plan.engine)}" if several else product(plan.engine)
    place = plan.source or "plan"
    if several and plan.line is not None:
        place += f":{plan.line}"
    return f"{place}  {product(plan.engine)}, {plan.format}"


def impossible(node: NodeReport) -> bool:
    """Its children took more time than it did, beyond what rounding explains: the plan's figures are damaged."""
    return node.share is not None and node.share < -_ROUNDING


def shown(plans: Sequence[PlanReport], top: int) -> list[int]:
    """Numbers of the plans worth printing where there are many: those that took the most time (or cost the most)."""
    if len(plans) <= top:
        return list(range(len(plans)))
    return sorted(sorted(range(len(plans)), key=lambda number: _weight(plans[number]))[:top])


def _weight(plan: PlanReport) -> tuple[float, float]:
    return (-(plan.total_ms or 0.0), -(plan.nodes[0].cost_total or 0.0))


def others(plans: Sequence[PlanReport], top: int) -> str | None:
    """What is said of the plans that are not printed."""
    if len(plans) <= top:
        return None
    return f"{top} of {len(plans):,} plans are shown, those that took the most time; --top shows more"


def lines(plan: PlanReport, number: int, findings: Sequence[Finding]) -> list[Line]:
    """What to know before reading the tree of plan ``number``, the one thing to do among it."""
    out = planned.lines(plan.planning) if plan.planning is not None else []
    first = next((one for one in findings if any(mark.plan == number for mark in one.marks)), None)
    if first is not None:
        saving = first.evidence.get("saving_share")
        known = isinstance(saving, float) and plan.timed
        at_best = f": would save up to {figures.share(saving)} of the time" if known else ""
        out.append(Line("first of all", f"{first.title}{at_best}", warning=True))
    if plan.analyzed:
        parts = []
        if plan.total_ms is not None:
            parts.append(f"{figures.milliseconds(plan.total_ms)}" + ("" if plan.execution_ms else " (of the root)"))
        for label, value in (
            ("planning", plan.planning_ms),
            ("triggers", plan.triggers_ms),
            ("just-in-time compilation", plan.jit_ms),
            ("serialization", plan.serialization_ms),
        ):
            if value:
                parts.append(f"{label} {figures.milliseconds(value)}")
        out.append(Line("executed in" if parts else "executed", ", ".join(parts) or "without times", not parts))
    else:
        root = plan.nodes[0]
        cost = f", cost {root.cost_total:,.0f}" if root.cost_total is not None else ""
        figured = cost or any(node.rows_estimated is not None for node in plan.nodes)
        text = f"all figures are the optimizer's estimates{cost}" if figured else "the plan has no figures"
        out.append(Line("not executed", text, warning=plan.planning is None))
    count = len(plan.nodes)
    out.append(Line("plan", f"{plan.fingerprint}, {count:,} node{'s' if count != 1 else ''}"))
    odd = [number for number, node in enumerate(plan.nodes, 1) if impossible(node)]
    if odd:
        named = ", ".join(str(number) for number in odd[:5]) + (", ..." if len(odd) > 5 else "")
        plural = "s" if len(odd) > 1 else ""
        text = f"what stands below node{plural} {named} took longer than it did, as printed: its own time is not known"
        out.append(Line("times", text, warning=True))
    worst = next((node for node in plan.nodes if node.id == plan.root_cause), None)
    if worst is not None and worst.q_error is not None:
        sign = "too few" if worst.underestimated else "too many"
        number = plan.nodes.index(worst) + 1
        where = worst.relation or worst.raw_operator
        out.append(Line("estimates", f"go wrong at node {number} ({where}): {worst.q_error:,.0f} times {sign}", True))
    if plan.settings:
        shown = ", ".join(f"{name} = {value}" for name, value in plan.settings.items())
        out.append(Line("settings", shown))
    slow = [trigger for trigger in plan.triggers if trigger.time_ms]
    for trigger in sorted(slow, key=lambda one: -(one.time_ms or 0))[:3]:
        calls = f", {trigger.calls:,.0f} calls" if trigger.calls is not None else ""
        out.append(Line("trigger", f"{trigger.name}: {figures.milliseconds(trigger.time_ms)}{calls}"))
    for warning in sorted(plan.warnings, key=lambda one: "no plan" in one.text)[:5]:
        quote = f": {warning.quote}" if warning.quote else ""
        out.append(Line("warning", f"line {warning.line:,}: {warning.text}{quote}", warning=True))
    if len(plan.warnings) > 5:
        out.append(Line("warning", f"and {len(plan.warnings) - 5:,} more", warning=True))
    return out
