"""What stays of an executed plan in the plan that would replace it."""

from __future__ import annotations

from typing import NamedTuple

from advisor.model.limits import LIMITS
from advisor.model.plan import Plan, PlanNode
from advisor.plans.align import align
from advisor.plans.metrics import measure


class Kept(NamedTuple):
    """Nodes that do the same work in both plans."""

    share: float
    """Of the executed plan's time."""
    cost_before: float
    """Of the nodes that do not stay..."""
    cost_after: float
    """... and of those in their place."""


def kept(before: Plan, after: Plan) -> Kept | None:
    """Which part of the time of ``before``, executed with times, is spent in nodes that ``after`` has too.

    A node stays when the same operation is done on the same relations, with the same index, for the same cost of its
    own. None where ``before`` has no times, a plan no costs, or nothing differs.
    """
    if not before.timed:
        return None
    one, two = measure(before), measure(after)
    if not one.total_ms:
        return None
    time = cost_before = cost_after = 0.0
    pairs = align(before, after)
    staying: set[str] = set()
    for node in before.nodes:
        mine = one.nodes[node.id]
        if mine.self_ms is None or mine.cost_self is None:
            return None
        other = pairs.get(node.id)
        if other is not None and _same(node, after.by_id[other], mine.cost_self, two.nodes[other].cost_self):
            time += mine.self_ms
            staying.add(other)
        else:
            cost_before += mine.cost_self
    for node in after.nodes:
        cost = two.nodes[node.id].cost_self
        if cost is None:
            return None
        if node.id not in staying:
            cost_after += cost
    if cost_before <= 0 or cost_after <= 0:
        return None
    return Kept(min(1.0, max(0.0, time / one.total_ms)), cost_before, cost_after)


def _same(one: PlanNode, two: PlanNode, cost_one: float, cost_two: float | None) -> bool:
    if (one.operator, one.relation, one.index, one.join_type, one.strategy, one.parallel) != (
        two.operator,
        two.relation,
        two.index,
        two.join_type,
        two.strategy,
        two.parallel,
    ):
        return False
    if cost_two is None:
        return False
    return abs(cost_one - cost_two) <= LIMITS.calibration_same_cost * max(cost_one, cost_two)
