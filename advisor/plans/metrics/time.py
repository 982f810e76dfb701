"""Time: what each node took with all below it, and what it took itself.

A total is time of one loop x loops / participants. PostgreSQL rounds the time of one loop to a thousandth of a
millisecond, so the total of a node that ran a million times is known to half a second only. The totals given here are
within what rounding leaves open, and chosen so that a node never took less than what is below it took, as far as the
printed figures allow: children are lowered within their rounding where together they exceed their parent. Nothing
else is adjusted: figures that contradict each other beyond their rounding show as a negative self time, and the self
times still sum to the root.
"""

from __future__ import annotations

from advisor.model.plan import PlanNode
from advisor.plans.measures import PlanMeasures
from advisor.plans.metrics.charges import Charges
from advisor.plans.metrics.participants import Sharing
from advisor.plans.metrics.tree import Tree

_HALF_MICROSECOND = 0.0005


def fill(measures: PlanMeasures, tree: Tree, charges: Charges, shared: dict[str, Sharing]) -> None:
    """Fill in total_ms, self_ms and share, and the plan's totals."""
    plan = tree.plan
    timings = [trigger.time_ms for trigger in plan.triggers if trigger.time_ms is not None]
    if timings:
        measures.triggers_ms = sum(timings)
    if plan.jit is not None:
        measures.jit_ms = plan.jit.timing_ms.get("total")
    measures.total_ms = plan.execution_ms
    if not any(node.time_last_ms is not None for node in tree.nodes):
        return
    totals = _Totals(tree, charges, shared)
    totals.settle()
    for node in tree.nodes:
        of = measures.nodes[node.id]
        of.total_ms = totals.total.get(node.id)
        of.self_ms = totals.own.get(node.id)
    if measures.total_ms is None:
        measures.total_ms = measures.nodes[plan.root.id].total_ms
    measures.after_root_ms = totals.after_root
    if measures.total_ms:
        for of in measures.nodes.values():
            if of.self_ms is not None:
                of.share = of.self_ms / measures.total_ms


class _Totals:
    def __init__(self, tree: Tree, charges: Charges, shared: dict[str, Sharing]) -> None:
        self.tree = tree
        self.charges = charges
        self.printed: dict[str, float] = {}
        """As the printed figures give it; None of a node that has no time of its own is made of its children."""
        self.low: dict[str, float] = {}
        """The least that rounding, and what is below, leave open."""
        self.high: dict[str, float] = {}
        """The most that rounding leaves open."""
        self.total: dict[str, float] = {}
        self.own: dict[str, float] = {}
        self.after_root: float | None = None
        self._timeless: set[str] = set()
        for node in tree.nodes:
            self._read(node, shared[node.id].processes)
        for node in reversed(charges.order):
            self._raise(node)

    def _read(self, node: PlanNode, processes: float) -> None:
        if node.never_executed or node.time_last_ms is None:
            self.printed[node.id] = self.low[node.id] = self.high[node.id] = 0.0
            if not node.never_executed:
                self._timeless.add(node.id)
            return
        loops = 1.0 if node.time_scope == "all" or node.loops is None else node.loops
        time = node.time_last_ms * loops / processes
        rounding = self._rounding(node) * loops / processes
        self.printed[node.id] = time
        self.low[node.id] = max(0.0, time - rounding)
        if node.time_self_only and any(child.relationship == "subquery" for child in self.tree.data[node.id]):
            # MariaDB counts the writing of a derived table's rows both for the table and for the query that made them.
            self.low[node.id] = 0.0
        self.high[node.id] = time + rounding

    def _rounding(self, node: PlanNode) -> float:
        """What printing may have changed a loop's time by."""
        time = node.time_last_ms or 0.0
        if self.tree.plan.engine.name == "postgresql":
            return _HALF_MICROSECOND
        if self.tree.plan.format == "tree":  # MySQL prints three digits, earlier versions three decimals
            return max(_HALF_MICROSECOND, time * 0.005)
        return 0.0

    def _raise(self, node: PlanNode) -> None:
        """Bottom up: no node can have taken less than what is below it."""
        below = self.charges.sources[node.id]
        low = sum(self.low[source.id] * part for source, part in below)
        if node.time_self_only or node.id in self._timeless:
            self.printed[node.id] += sum(self.printed[source.id] * part for source, part in below)
            self.low[node.id] += low
            return
        self.low[node.id] = max(self.low[node.id], min(low, self.high[node.id]))

    def settle(self) -> None:
        """Top down: hand each node's total to what is below it, the rest is its own."""
        paid: dict[str, float] = {}
        for node in self.charges.order:
            payers = self.charges.payers[node.id]
            if not payers:
                self.total[node.id] = max(self.printed[node.id], self.low[node.id])
            else:
                beyond = 1.0 - sum(part for _, part in payers)
                outside = self.printed[node.id] * beyond if beyond > 1e-9 else 0.0
                self.total[node.id] = paid[node.id] + outside
                self._add_after_root(outside)
            if not payers and node is not self.tree.plan.root:
                self._add_after_root(self.total[node.id])
            self._hand_down(node, paid)

    def _add_after_root(self, time: float) -> None:
        if time:
            self.after_root = (self.after_root or 0.0) + time

    def _hand_down(self, node: PlanNode, paid: dict[str, float]) -> None:
        total = self.total[node.id]
        below = self.charges.sources[node.id]
        asked: list[float] = []
        least: list[float] = []
        for source, weight in below:
            least.append(self.low[source.id] * weight)
            asked.append(max(self.printed[source.id], self.low[source.id]) * weight)
        over = sum(asked) - total
        slack = sum(asked) - sum(least)
        part = min(1.0, over / slack) if over > 0 and slack > 0 else 0.0
        rest = total
        for (source, _), ask, low in zip(below, asked, least, strict=True):
            share = ask - (ask - low) * part
            paid[source.id] = paid.get(source.id, 0.0) + share
            rest -= share
        if 0 > rest > -1e-9 * max(1.0, total):
            rest = 0.0
        if node.id not in self._timeless:
            self.own[node.id] = rest
