"""Blocks, I/O time and WAL of each node alone. They nest as time does (`charges`): a CTE's are within those of its
scans."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from advisor.model.plan import PlanNode
from advisor.plans.measures import PlanMeasures
from advisor.plans.metrics.charges import Charges
from advisor.plans.metrics.participants import Sharing
from advisor.plans.metrics.tree import Tree

_Counts = Callable[[PlanNode], Mapping[str, float]]


def fill(measures: PlanMeasures, tree: Tree, charges: Charges, shared: dict[str, Sharing]) -> None:
    """Fill in buffers_self, io_self_ms, wal_self and temp_blocks."""
    plan = tree.plan
    buffers = _own(tree, charges, lambda node: node.buffers)
    wal = _own(tree, charges, lambda node: node.wal)
    waits = _own(tree, charges, lambda node: node.io_ms)
    timed = any(node.io_ms for node in tree.nodes)
    for node in tree.nodes:
        of = measures.nodes[node.id]
        of.buffers_self = {key: round(value) for key, value in buffers[node.id].items() if round(value)}
        of.wal_self = {key: round(value) for key, value in wal[node.id].items() if round(value)}
        if timed:
            # Workers wait at the same time: their sum becomes wall clock.
            of.io_self_ms = max(0.0, sum(waits[node.id].values())) / shared[node.id].processes
    if plan.options.get("buffers") or any(node.buffers for node in tree.nodes):
        root = plan.root.buffers
        measures.temp_blocks = root.get("temp_read", 0) + root.get("temp_written", 0)


def _own(tree: Tree, charges: Charges, counts: _Counts) -> dict[str, dict[str, float]]:
    left: dict[str, dict[str, float]] = {node.id: dict(counts(node)) for node in tree.nodes}
    demanded: list[PlanNode] = []
    for node in tree.nodes:
        if node.parent is None:
            continue
        if node.relationship in ("cte", "init_plan"):
            demanded.append(node)
            continue
        for key, value in counts(node).items():
            left[node.parent][key] = left[node.parent].get(key, 0.0) - value
    for node in demanded:
        payers = [payer for payer, _ in charges.payers[node.id]]
        for key, value in counts(node).items():
            _pay(node, payers, key, value, left)
    return left


def _pay(node: PlanNode, payers: list[PlanNode], key: str, value: float, left: dict[str, dict[str, float]]) -> None:
    """Each scan of a CTE holds what the CTE did while that scan asked."""
    for payer in payers:
        paid = min(value, max(0.0, left[payer.id].get(key, 0.0)))
        left[payer.id][key] = left[payer.id].get(key, 0.0) - paid
        value -= paid
    # What workers did is counted as they leave, within the declaring node; a CTE that writes runs on after the root.
    if value and node.parent is not None and node.operator != "modify" and payers:
        left[node.parent][key] = left[node.parent].get(key, 0.0) - value
