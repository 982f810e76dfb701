"""How many processes shared the work of each node.

PostgreSQL sums loops over the leader and all workers below a Gather, and averages times over those loops; so loops
times time is processor time, and divided by the number of participants it is time on the wall.

The child of a Gather runs once a participant each time that the Gather runs: its loops over the Gather's are the
number of participants. That holds with the leader (which takes part by default), without it
(parallel_leader_participation off, a Single Copy Gather), and for a Gather that ran several times.
"""

from __future__ import annotations

from dataclasses import dataclass

from advisor.model.plan import PlanNode
from advisor.plans.metrics.tree import DATA, Tree


@dataclass(frozen=True, slots=True)
class Sharing:
    """Of one node."""

    processes: float = 1.0
    """Product over the Gathers above it."""
    gather: PlanNode | None = None
    """The nearest Gather whose workers run the node. InitPlans and SubPlans of the Gather itself are the leader's."""


def participants(tree: Tree) -> dict[str, Sharing]:
    """By node id."""
    found: dict[str, Sharing] = {}
    for node in tree.nodes:
        if node.parent is None:
            found[node.id] = Sharing()
            continue
        parent = tree.by_id[node.parent]
        above = found[parent.id]
        if parent.operator in ("gather", "gather_merge") and node.relationship in DATA:
            found[node.id] = Sharing(above.processes * _share(parent, node), parent)
        else:
            found[node.id] = above
    return found


def _share(gather: PlanNode, child: PlanNode) -> float:
    if child.loops and gather.loops:
        return max(1.0, child.loops / gather.loops)
    return 1.0


def divisor(gather: PlanNode, child: PlanNode | None) -> float:
    """What the planner divided the rows of a partial path by: the workers, and of the leader what it has left after
    it has read from them, 1 - 0.3 a worker (PostgreSQL, costsize.c get_parallel_divisor)."""
    workers = gather.workers_planned or 0
    if workers < 1:
        return 1.0
    leader = 1.0 - 0.3 * workers
    if gather.extra.get("Single Copy") or _leader_left_out(gather, child):
        leader = 0.0
    return workers + max(0.0, leader)


def _leader_left_out(gather: PlanNode, child: PlanNode | None) -> bool:
    launched = gather.workers_launched
    if not launched or child is None or not child.loops or not gather.loops:
        return False
    return child.loops <= launched * gather.loops
