"""What the printed numbers of a plan amount to: time, rows, errors of estimates, blocks and cost, node by node."""

from __future__ import annotations

from advisor.model.plan import Plan
from advisor.plans.measures import NodeMeasures, PlanMeasures
from advisor.plans.metrics import blocks, cost, early, errors, rows, time
from advisor.plans.metrics.charges import charge
from advisor.plans.metrics.participants import participants
from advisor.plans.metrics.tree import Tree

__all__ = ["measure"]


def measure(plan: Plan) -> PlanMeasures:
    """Everything that follows for a plan. What the plan does not tell stays None.

    Self times, self blocks and self costs sum to the root's (`PlanMeasures.after_root_ms` holds the exception).
    """
    tree = Tree(plan)
    measures = PlanMeasures(nodes={node.id: NodeMeasures(depth=tree.depth[node.id]) for node in plan.nodes})
    shared = participants(tree)
    charges = charge(tree, shared)
    time.fill(measures, tree, charges, shared)
    rows.fill(measures, tree)
    for node_id in early.stopped_early(tree):
        measures.nodes[node_id].stopped_early = True
    errors.fill(measures, tree, shared)
    blocks.fill(measures, tree, charges, shared)
    cost.fill(measures, tree)
    return measures
