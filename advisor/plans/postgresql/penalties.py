"""Nodes chosen although an enable_* setting forbids them, before version 18: 1e10 is added to their startup cost."""

from __future__ import annotations

from advisor.model.plan import Plan, PlanNode

#: disable_cost of costsize.c; a little less, for what rounding and other terms take away.
_PENALTY = 0.99e10
#: Operators that a setting can forbid, and whether they read their (outer) child to its end before their first row.
_BLOCKING = frozenset({"sort", "aggregate"})
_FORBIDDEN = frozenset(
    {
        "seq_scan", "index_scan", "index_only_scan", "bitmap_heap_scan", "tid_scan", "nested_loop", "hash_join",
        "merge_join", "sort", "incremental_sort", "aggregate", "gather_merge",
    }
)  # fmt: skip


def mark(plan: Plan) -> None:
    """Sets ``disabled`` where a node's startup cost holds a penalty that is not its children's."""
    if all((node.cost_startup or 0) < _PENALTY for node in plan.nodes):
        return
    for node in plan.nodes:
        if node.operator in _FORBIDDEN and node.cost_startup is not None and node.cost_startup >= _PENALTY:
            own = node.cost_startup - _from_below(node, plan.children[node.id])
            node.disabled = node.disabled or _PENALTY <= own < 2 * _PENALTY  # more than that is real


def _from_below(node: PlanNode, children: list[PlanNode]) -> float:
    """What of a node's startup cost comes from its children."""
    total = 0.0
    for child in children:
        startup, whole = child.cost_startup or 0.0, child.cost_total or 0.0
        if child.relationship in ("init_plan", "cte", "sub_plan") or child.operator in ("hash", "bitmap_index_scan"):
            total += whole
        elif node.operator in _BLOCKING or whole - startup >= _PENALTY:
            total += whole  # read to its end, or rescanned below: then the penalty counts several times
        else:
            total += startup
    return total
