"""Two plans of one query: what changed and what it costs, in words and as rows of a table."""

from __future__ import annotations

from typing import Any

from advisor.model.explained import DiffReport, NodeDifference, NodeReport, PlanReport
from advisor.reports import figures
from advisor.reports.plan.label import name

HEADINGS = ("status", "Δ self", "Δ cost", "Δ rows", "node")
#: Nodes that only have other figures are listed when they differ by this share of the plan's time.
_NOTABLE = 0.05


def lines(diff: DiffReport) -> list[str]:
    """The answer first, then the figures it rests on."""
    out = [diff.headline] if diff.headline else []
    if diff.same_query is False:
        out.append("The two plans are of different queries: what follows compares them nevertheless.")
    elif diff.same_query is None:
        out.append("The texts do not both name their query: taken to be the same.")
    if diff.comparable is not None:
        out.append(f"Figures are not compared: {diff.comparable}.")
    if diff.total_ms_before is not None and diff.total_ms_after is not None and diff.comparable is None:
        before, after = diff.total_ms_before, diff.total_ms_after
        out.append(f"time {figures.milliseconds(before)} -> {figures.milliseconds(after)}{_factor(before, after)}")
    if diff.cost_before is not None and diff.cost_after is not None:
        before, after = diff.cost_before, diff.cost_after
        out.append(f"cost {figures.quantity(before)} -> {figures.quantity(after)}{_factor(before, after)}")
    if diff.same_plan:
        out.append("The plan is the same: operators, relations, indexes and join order are equal.")
    return out


def _factor(before: float, after: float) -> str:
    if before <= 0 or after <= 0:
        return ""
    ratio = after / before
    return f" ({ratio:.3g} times)" if ratio >= 1 else f" ({1 / ratio:.3g} times less)"


def table(diff: DiffReport, first: PlanReport, second: PlanReport) -> list[tuple[str, str, str, str, str]]:
    """Rows for HEADINGS: what is another operation, and where the figures moved most."""
    before, after = ({node.id: node for node in plan.nodes} for plan in (first, second))
    whole = max(diff.total_ms_before or 0.0, diff.total_ms_after or 0.0)
    out = []
    for node in diff.nodes:
        if node.status == "same" or (node.status == "numbers" and not _notable(node, whole)):
            continue
        out.append(
            (
                node.status,
                _signed_ms(node.self_ms_delta),
                _signed(node.cost_self_delta),
                _signed(node.rows_delta),
                _described(node, before, after),
            )
        )
    return out


def _notable(node: NodeDifference, whole: float) -> bool:
    return node.self_ms_delta is not None and whole > 0 and abs(node.self_ms_delta) >= _NOTABLE * whole


def _described(node: NodeDifference, before: dict[str, NodeReport], after: dict[str, NodeReport]) -> str:
    old = name(before[node.before]) if node.before is not None else None
    new = name(after[node.after]) if node.after is not None else None
    if old is not None and new is not None and old != new:
        text = f"{old} -> {new}"
    else:
        text = new or old or ""
    if node.status == "changed":
        others = [
            f"{change.name.replace('_', ' ')}: {_value(change.before)} -> {_value(change.after)}"
            for change in node.changes
            if change.name not in ("operator", "raw_operator", "index", "relation", "alias", "schema")
            and not change.name.startswith(("rows", "cost", "time", "loops"))
        ]
        if others:
            text += f" ({'; '.join(others[:3])})"
    return text


def _value(value: Any) -> str:
    if value is None or value in ("", {}, (), []):
        return "none"
    if isinstance(value, dict):
        return ", ".join(f"{key} {item}" for key, item in value.items())
    if isinstance(value, list | tuple):
        return ", ".join(str(item) for item in value)
    return str(value)


def _signed(value: float | None) -> str:
    if value is None:
        return "-"
    return ("+" if value > 0 else "") + figures.quantity(value) if value else "0"


def _signed_ms(value: float | None) -> str:
    if value is None:
        return "-"
    return ("+" if value > 0 else "") + figures.milliseconds(value)
