"""When two plans are the same, and what kind of difference it is when they are not."""

from __future__ import annotations

import re
import statistics
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from advisor.model.plan import Plan, PlanNode

#: What an executor would do differently.
_OPERATION = (
    "relationship",
    "operator",
    "raw_operator",
    "strategy",
    "partial_mode",
    "parallel",
    "backward",
    "schema",
    "relation",
    "alias",
    "index",
    "cte",
    "function",
    "join_type",
    "inner_unique",
    "operation",
    "workers_planned",
    "subplans_removed",
    "disabled",
)
#: And with what.
_WORDS = ("subplan_name", "predicates", "sort_keys", "presorted_keys", "group_keys", "output")
_JOINS = {"nested_loop", "hash_join", "merge_join"}
_SCANS = {"seq_scan", "index_scan", "index_only_scan", "bitmap_heap_scan", "bitmap_index_scan", "tid_scan"}
#: Names of indexes that the server or the shadow made up.
_MADE_UP = re.compile(r"\badvisor_\w+|\bhypo_\w+|<\d+>\w+")


@dataclass(frozen=True)
class Difference:
    """One query's two plans."""

    name: str
    same_operations: bool
    same_tree: bool
    """Operators, indexes, join order, conditions, keys, workers."""
    same_cost: bool
    """Of the root: start-up and total, to the last digit printed."""
    same_costs: bool
    """Of every node, and their rows and widths."""
    cost_error: float
    tie: bool
    """Different trees of one cost: the planner takes whichever it found first."""
    kind: str
    """``none``, or what differs first: shape, scan, index, join, order, workers, grouping, conditions."""
    told: str = ""


def compare(name: str, true: Plan, claimed: Plan, *, renamed: dict[str, str] | None = None) -> Difference:
    """``renamed``: indexes of ``claimed`` by what the true plan calls them."""
    operations = _shape(true, _OPERATION) == _shape(claimed, _OPERATION, renamed)
    tree = operations and _shape(true, _WORDS) == _shape(claimed, _WORDS, renamed)
    ours, theirs = true.nodes[0], claimed.nodes[0]
    error = abs((theirs.cost_total or 0) - (ours.cost_total or 0)) / max(abs(ours.cost_total or 0), 1e-9)
    cost = (ours.cost_startup, ours.cost_total) == (theirs.cost_startup, theirs.cost_total)
    numbers = ("cost_startup", "cost_total", "rows_estimated", "width")
    costs = operations and _shape(true, numbers) == _shape(claimed, numbers)
    kind, told = ("none", "") if tree else _kind(true, claimed, operations, renamed)
    return Difference(name, operations, tree, cost, costs, error, not tree and error < 1e-4, kind, told)


def _shape(plan: Plan, fields: Iterable[str], renamed: dict[str, str] | None = None) -> list[Any]:
    return [(node.id, *(_value(node, field, renamed) for field in fields)) for node in plan.nodes]


def _value(node: PlanNode, field: str, renamed: dict[str, str] | None) -> Any:
    value = getattr(node, field)
    if field == "index" and value is not None and renamed:
        return renamed.get(value, value)
    return value


def _kind(true: Plan, claimed: Plan, operations: bool, renamed: dict[str, str] | None) -> tuple[str, str]:
    if operations:
        for a, b in zip(true.nodes, claimed.nodes, strict=True):
            for field in _WORDS:
                if getattr(a, field) != getattr(b, field):
                    return "conditions", f"{a.raw_operator}: {field} {getattr(a, field)} | {getattr(b, field)}"
    joins = [[n.operator for n in p.nodes if n.operator in _JOINS] for p in (true, claimed)]
    reads = [[n.alias for n in p.nodes if n.operator in _SCANS and n.alias] for p in (true, claimed)]
    scans = [sorted((n.alias or "", n.raw_operator) for n in p.nodes if n.operator in _SCANS) for p in (true, claimed)]
    indexes = [
        sorted((n.alias or "", str(_value(n, "index", renamed if p is claimed else None))) for n in p.nodes if n.index)
        for p in (true, claimed)
    ]
    workers = [[n.workers_planned for n in p.nodes if n.workers_planned] for p in (true, claimed)]
    told = f"{brief(true)} | {brief(claimed)}"
    for kind, (a, b) in (
        ("workers", workers),
        ("join", joins),
        ("order", reads),
        ("scan", scans),
        ("index", indexes),
    ):
        if a != b:
            return kind, told
    return "shape", told


def brief(plan: Plan) -> str:
    """One line: ``Hash Join(Seq Scan orders, Hash(...)) 1234.5``."""

    def node(found: PlanNode) -> str:
        what = " ".join(filter(None, (found.raw_operator, found.index, found.alias)))
        below = ", ".join(node(child) for child in plan.nodes if child.parent == found.id)
        return f"{what}({below})" if below else what

    return f"{node(plan.nodes[0])} {plan.nodes[0].cost_total}"


def summary(differences: list[Difference]) -> dict[str, Any]:
    """Counts and the distribution of the cost error."""
    errors = sorted(difference.cost_error for difference in differences)
    if not errors:
        return {"queries": 0}
    return {
        "queries": len(errors),
        "identical trees": sum(d.same_tree for d in differences),
        "same operations": sum(d.same_operations for d in differences),
        "identical costs": sum(d.same_cost for d in differences),
        "identical at every node": sum(d.same_costs for d in differences),
        "ties": sum(d.tie for d in differences),
        "cost error p50": statistics.median(errors),
        "cost error p90": errors[int(0.9 * (len(errors) - 1))],
        "cost error max": errors[-1],
        "kinds": {
            kind: sum(d.kind == kind for d in differences) for kind in sorted({d.kind for d in differences} - {"none"})
        },
    }
