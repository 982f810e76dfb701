"""The first lines about a plan: what it is, how long it took, what the figures cannot say."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.explained import PlanReport
from advisor.model.finding import Finding
from advisor.reports import figures
from advisor.reports.headline import Line, product


def title(plan: PlanReport, *, several: bool) -> str:
    """``plan.txt:12  PostgreSQL >=13, text``; the line where there are ``several`` plans."""
    place = plan.source or "plan"
    if several and plan.line is not None:
        place += f":{plan.line}"
    return f"{place}  {product(plan.engine)}, {plan.format}"


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
    out = []
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
        out.append(Line("not executed", f"all figures are the optimizer's estimates{cost}", warning=True))
    out.append(Line("plan", f"{plan.fingerprint}, {len(plan.nodes):,} nodes"))
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
    for warning in plan.warnings[:5]:
        quote = f": {warning.quote}" if warning.quote else ""
        out.append(Line("warning", f"line {warning.line:,}: {warning.text}{quote}", warning=True))
    if len(plan.warnings) > 5:
        out.append(Line("warning", f"and {len(plan.warnings) - 5:,} more", warning=True))
    return out
