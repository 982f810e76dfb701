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
    for node in tree.nodes:
        payers = charges.payers[node.id]
        for key, value in counts(node).items():
            # Each scan of a CTE holds what the CTE did while that scan asked.
            held = [counts(payer).get(key, 0.0) for payer in payers]
            whole = sum(held)
            for payer, part in zip(payers, held, strict=True):
                # A CTE that writes runs on when they have stopped asking: they hold no more than they have.
                paid = min(value, whole) if node.operator == "modify" else value
                weight = part / whole if whole else 1.0 / len(payers)
                of = left[payer.id]
                of[key] = of.get(key, 0.0) - paid * weight
    return left
