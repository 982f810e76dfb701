"""Cost: the planner's estimate, without what is below each node.

A cost is of one run with all below it. What is below can count more than once (the inner side of a nested loop runs
for every row of the outer), or in part (a Limit does not pay for all of its child): each node's share of the root's
cost is handed down, and where the children ask for more than there is they get less, those that run often first, for
the planner knows cheaper ways to run again (a Materialize, a hash table, a cached page). So own costs are never
negative, and sum to the root's.
"""

from __future__ import annotations

from collections.abc import Collection

from advisor.model.plan import PlanNode
from advisor.plans.measures import PlanMeasures
from advisor.plans.metrics.charges import cte_scans
from advisor.plans.metrics.tree import Tree

_PENALTY = 1e10
"""What PostgreSQL before 18 adds for a node that an enable_* setting forbids."""


def fill(measures: PlanMeasures, tree: Tree) -> None:
    """Fill in cost_self and cost_share."""
    costs = _costs(tree)
    root = tree.plan.root
    if costs.get(root.id) is None:
        return
    whole = costs[root.id]
    granted: dict[str, float] = {node.id: costs.get(node.id, 0.0) for node in tree.nodes if node.parent is None}
    scanned = {definition: scans for definition, scans in cte_scans(tree).items() if scans}
    for node in tree.nodes:
        have = granted.get(node.id)
        if have is None:
            continue
        cost = costs.get(node.id)
        scale = have / cost if cost else (1.0 if cost is None else 0.0)
        once: list[tuple[str, float]] = []
        often: list[tuple[str, float]] = []
        for child, runs in _priced(tree, node, costs, scanned):
            (often if runs > 1 else once).append((child.id, costs[child.id] * runs * scale))
        left = have
        for group in (once, often):
            asked = sum(price for _, price in group)
            part = min(1.0, left / asked) if asked > 0 else 0.0
            for child_id, price in group:
                granted[child_id] = price * part
            left -= asked * part
        of = measures.nodes[node.id]
        if cost is not None:
            of.cost_self = max(0.0, left)
            if whole:
                of.cost_share = of.cost_self / whole


def _priced(
    tree: Tree, node: PlanNode, costs: dict[str, float], scanned: Collection[str]
) -> list[tuple[PlanNode, float]]:
    """The nearest nodes below that have a cost, and how often each runs for one run of the node.

    MySQL and MariaDB print none for a sort, a temporary table or a join, which stand in between.
    """
    found: list[tuple[PlanNode, float]] = []
    waiting = [(node, child, 1.0) for child in reversed(tree.children[node.id])]
    while waiting:
        parent, child, times = waiting.pop()
        runs = times * (1.0 if child.id in scanned else _runs(tree, parent, child))
        if child.id in costs:
            found.append((child, runs))
        else:
            waiting.extend((child, below, runs) for below in reversed(tree.children[child.id]))
    return found


def _runs(tree: Tree, parent: PlanNode, child: PlanNode) -> float:
    """How often the planner expects a child to run for one run of its parent."""
    if child.relationship == "inner" and parent.operator == "nested_loop":
        outer = tree.outer(parent)
        return max(1.0, outer.rows_estimated or 1.0) if outer is not None else 1.0
    if child.relationship == "sub_plan":
        if child.id in tree.hashed:
            return 1.0
        below = tree.outer(parent)
        rows = parent.rows_estimated if below is None else below.rows_estimated
        return max(1.0, rows or 1.0)
    return 1.0


def _costs(tree: Tree) -> dict[str, float]:
    costs = {node.id: node.cost_total for node in tree.nodes if node.cost_total is not None}
    if tree.plan.engine.name != "postgresql":
        return costs
    holding: set[str] = set()  # nodes with a penalty of their own, or from below
    for node in reversed(tree.nodes):
        if node.disabled and (node.cost_startup or 0.0) >= 0.99 * _PENALTY:
            holding.add(node.id)
        if node.id in holding and node.parent is not None:
            holding.add(node.parent)
    return {node_id: cost % _PENALTY if node_id in holding else cost for node_id, cost in costs.items()}
