"""A plan as an indented tree with its figures: the rows of the table that reports print."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.model.explained import NodeReport, PlanReport
from advisor.reports import figures
from advisor.reports.plan.label import details, name, removed

#: A plan with more nodes is folded: subtrees that took less than _SMALL of the time are one line.
_FOLDED_FROM = 80
_SMALL = 0.01
_DIGITS = re.compile(r"\d+")


@dataclass(slots=True)
class Row:
    """One line of the tree: a node, or nodes folded together."""

    node: NodeReport | None
    number: int
    """Of the node in the order printed, from 1: what people call it by."""
    branch: str
    """Box-drawing in front of the node."""
    under: str
    """... and in front of its further lines."""
    label: str
    details: list[str] = field(default_factory=list)
    amount: float = 0.0
    """Of the measure asked for."""
    folded: int = 0


def numbered(plan: PlanReport) -> dict[str, int]:
    """Short names for people: nodes are counted from 1 in the order printed. JSON has the paths."""
    return {node.id: number for number, node in enumerate(plan.nodes, 1)}


def best_measure(plan: PlanReport) -> str | None:
    """Self time where it was taken, else rows where it was executed, else the estimated cost, else estimated rows.

    None for a plan without any figure (SQLite's).
    """
    if plan.timed:
        return "time"
    if plan.analyzed:
        return "rows"
    if any(node.cost_self is not None for node in plan.nodes):
        return "cost"
    return "rows" if any(node.rows_estimated is not None for node in plan.nodes) else None


def amount(node: NodeReport, measure: str | None) -> float:
    """How much of a measure one node has to itself: ms, rows, q-error above 1 (log scale), cost, blocks."""
    if measure is None:
        return 0.0
    if measure == "time":
        return node.time_self_ms or 0.0
    if measure == "rows":
        count = node.rows_actual_total if node.rows_actual_total is not None else node.rows_estimated
        return (count or 0.0) + node.rows_removed.get("filter", 0.0) + node.rows_removed.get("join_filter", 0.0)
    if measure == "error":
        from math import log10

        return log10(node.q_error) if node.q_error is not None and node.q_error > 1 else 0.0
    if measure == "cost":
        return max(0.0, node.cost_self or 0.0)
    return float(
        sum(count for kind, count in node.buffers_self.items() if kind.endswith(("_hit", "_read", "_written")))
    )


def rows(plan: PlanReport, measure: str | None, *, fold: bool = True) -> list[Row]:
    """The lines of a plan's tree, in the order printed."""
    below: dict[str, list[NodeReport]] = {node.id: [] for node in plan.nodes}
    for node in plan.nodes:
        if node.parent is not None:
            below[node.parent].append(node)
    numbers = numbered(plan)
    weight, size = _weights(plan)
    folding = fold and len(plan.nodes) > _FOLDED_FROM
    out: list[Row] = []
    # (node, branch, under, folded siblings) on an explicit stack: a plan can be deeper than Python's
    stack: list[tuple[NodeReport | Row, str, str]] = [(plan.nodes[0], "", "")] if plan.nodes else []
    while stack:
        item, branch, under = stack.pop()
        if isinstance(item, Row):
            item.branch = branch
            out.append(item)
            continue
        children = below[item.id]
        row = Row(
            item,
            numbers[item.id],
            branch,
            under + ("│ " if children else "  "),
            name(item),
            details(item),
            amount(item, measure),
        )
        out.append(row)
        shown: list[NodeReport | Row] = list(children)
        if folding:
            kept = [child for child in children if weight[child.id] >= _SMALL]
            rest = [child for child in children if weight[child.id] < _SMALL]
            count = sum(size[child.id] for child in rest)
            shown = list(kept)
            if count == 1 or (rest and not kept and len(children) == 1 and count < 3):
                shown = list(children)
            elif rest:
                share = figures.share(sum(weight[child.id] for child in rest))
                label = f"… {count:,} nodes more, {share} of the time: {_kinds(rest)}"
                shown.append(Row(None, 0, "", "", label, folded=count))
        for number, child in reversed(list(enumerate(shown))):
            last = number == len(shown) - 1
            stack.append((child, under + ("└ " if last else "├ "), under + ("  " if last else "│ ")))
    return out


def _kinds(nodes: list[NodeReport]) -> str:
    """What was folded together, partitions of one table as one: ``2,998 x Seq Scan on app_#, removes 3 M rows``."""
    kinds: dict[str, list[NodeReport]] = {}
    for node in nodes:
        relation = _DIGITS.sub("#", node.relation) if node.relation else ""
        kinds.setdefault(f"{node.raw_operator} on {relation}" if relation else node.raw_operator, []).append(node)
    ranked = sorted(kinds.items(), key=lambda kind: -len(kind[1]))
    out = []
    for title, members in ranked[:2]:
        less = sum(removed(node, "filter") for node in members)
        out.append(f"{len(members):,} x {title}" + (f", removes {figures.quantity(less)} rows" if less else ""))
    return "; ".join([*out, *(["..."] if len(ranked) > 2 else [])])


def _weights(plan: PlanReport) -> tuple[Mapping[str, float], Mapping[str, int]]:
    """Per node: share of the plan's time (of its cost, where there is no time) of its subtree, and nodes in it."""
    total = plan.total_ms if plan.timed else None
    cost = sum(max(0.0, node.cost_self or 0.0) for node in plan.nodes)
    weight: dict[str, float] = {}
    size: dict[str, int] = {}
    for node in reversed(plan.nodes):
        if total:
            own = max(0.0, node.time_self_ms or 0.0) / total
        else:
            own = max(0.0, node.cost_self or 0.0) / cost if cost else 1.0
        weight[node.id] = weight.get(node.id, 0.0) + own
        size[node.id] = size.get(node.id, 0) + 1
        if node.parent is not None:
            weight[node.parent] = weight.get(node.parent, 0.0) + weight[node.id]
            size[node.parent] = size.get(node.parent, 0) + size[node.id]
    return weight, size
