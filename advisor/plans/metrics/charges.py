"""Within whose time (and blocks) each node's time was spent.

A child's is spent within its parent's, with two exceptions in PostgreSQL: a CTE runs when one of its CTE Scans asks
it for a row, and an InitPlan when a node first needs its value; both are printed at the node that declares them,
whose figures may not hold theirs at all. (A SubPlan is printed at the node that evaluates it.) So

- a CTE is charged to its scans, in proportion to their own totals, which always suffice;
- an InitPlan is charged to one node whose expressions name its value, the one with the most time of its own where
  several do. Below a Gather it is the Gather: the leader evaluates what its workers will need before it starts them.
  Where an Append prunes its members by the value, it may be the Append. Where no printed expression names the value
  (an output list is printed by VERBOSE alone) it is the declaring node if it has the time, else the first one below
  that has.
- a CTE that writes and that nothing reads is run after the root has ended, and is charged to nobody.

Only the end of it differs: a Gather is shut down (its workers leave) when the whole query ends, going down the tree as
printed, so that this part of an InitPlan's or a CTE's time is within the declaring node's. What the payers named
above do not have, it pays.
"""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.model.plan import PlanNode
from advisor.plans.metrics.mentions import mentions, names_of
from advisor.plans.metrics.participants import Sharing
from advisor.plans.metrics.tree import Tree

_FARTHEST = 100
"""Nodes that are looked at for the one that asked for a value without a name."""


@dataclass(slots=True)
class Charges:
    """Who holds whose figures."""

    sources: dict[str, list[tuple[PlanNode, float]]]
    """Per node, those whose figures are within its own, and how much of them (0..1)."""
    payers: dict[str, list[tuple[PlanNode, float]]]
    """Per node, those that hold its figures: its parent, the scans of a CTE, none. The parts sum to 1, or to less
    where the node ran on after the root."""
    order: list[PlanNode] = field(default_factory=list)
    """All nodes, each after its payers."""


def charge(tree: Tree, shared: dict[str, Sharing]) -> Charges:
    """Settle it for a plan."""
    settled = _settled(tree, _Settling(tree, shared).payers)
    if len(settled.order) == len(tree.nodes):
        return settled
    # A text that is no real plan can describe a circle; then each node simply pays for its children.
    return _settled(tree, _parents(tree))


def _parents(tree: Tree) -> dict[str, list[tuple[PlanNode, float]]]:
    return {node.id: [] if node.parent is None else [(tree.by_id[node.parent], 1.0)] for node in tree.nodes}


def _settled(tree: Tree, payers: dict[str, list[tuple[PlanNode, float]]]) -> Charges:
    sources: dict[str, list[tuple[PlanNode, float]]] = {node.id: [] for node in tree.nodes}
    for node in tree.nodes:
        for payer, part in payers[node.id]:
            sources[payer.id].append((node, part))
    waiting = {node_id: len(above) for node_id, above in payers.items()}
    order = [node for node in tree.nodes if not waiting[node.id]]
    for node in order:  # grows while it is read
        for source, _ in sources[node.id]:
            waiting[source.id] -= 1
            if not waiting[source.id]:
                order.append(source)
    return Charges(sources, payers, order)


def cte_scans(tree: Tree) -> dict[str, list[PlanNode]]:
    """Per CTE (id of the node that computes it) its scans. A name means the innermost CTE of that name that is
    declared at the scan or above it, as in SQL; a CTE is not seen from within itself."""
    found: dict[str, list[PlanNode]] = {node.id: [] for node in tree.nodes if node.relationship == "cte"}
    if not found:
        return found
    declared: dict[tuple[str, str], PlanNode] = {}
    for node in tree.nodes:
        if node.relationship == "cte" and node.parent is not None and node.subplan_name is not None:
            declared[node.parent, node.subplan_name.removeprefix("CTE ")] = node
    for scan in tree.nodes:
        if scan.operator != "cte_scan" or scan.cte is None:
            continue
        below = scan
        for holder in (scan, *tree.ancestors(scan)):
            definition = declared.get((holder.id, scan.cte))
            if definition is not None and definition is not below:
                found[definition.id].append(scan)
                break
            below = holder
    return found


class _Settling:
    """Finds the payers, and keeps account of what each node has left."""

    def __init__(self, tree: Tree, shared: dict[str, Sharing]) -> None:
        self.tree = tree
        self.payers = _parents(tree)
        self.amounts = {node.id: _amount(node, shared) for node in tree.nodes}
        self.left = dict(self.amounts)
        for node in tree.nodes:
            if node.parent is not None and node.relationship not in ("init_plan", "cte"):
                self.left[node.parent] -= self.amounts[node.id]
        scans = cte_scans(tree)
        for node in tree.nodes:
            if node.relationship == "cte":
                self._pay(node, [scan for scan in scans[node.id] if not scan.never_executed])
        plans = [node for node in tree.nodes if node.relationship == "init_plan"]
        named = mentions(tree)
        for plan in sorted(plans, key=lambda node: -self.amounts[node.id]):
            self._pay(plan, [self._payer(plan, named)])

    def _pay(self, node: PlanNode, payers: list[PlanNode]) -> None:
        self.payers[node.id] = []
        if not payers:
            return
        amount = self.amounts[node.id]
        have = [max(0.0, self.left[payer.id]) for payer in payers]
        whole = sum(have)
        if not whole:
            parts = [1.0 / len(payers)] * len(payers)
        else:
            paid = min(1.0, whole / amount) if amount else 1.0
            parts = [paid * part / whole for part in have]
        missing = 1.0 - sum(parts)
        if missing > 1e-9 and node.operator != "modify" and node.parent is not None:
            declaring = self.tree.by_id[node.parent]
            if declaring not in payers:
                share = min(missing, max(0.0, self.left[declaring.id]) / amount)
                payers, parts = [*payers, declaring], [*parts, share]
                missing -= share
            parts = [part + missing * part / (sum(parts) or 1.0) for part in parts]
        self.payers[node.id] = list(zip(payers, parts, strict=True))
        for payer, part in self.payers[node.id]:
            self.left[payer.id] -= amount * part

    def _payer(self, plan: PlanNode, named: dict[str, list[PlanNode]]) -> PlanNode:
        assert plan.parent is not None  # only the root has none
        tree = self.tree
        declaring = tree.by_id[plan.parent]
        candidates: dict[str, PlanNode] = {}
        for name in names_of(plan):
            for node in named.get(name, ()):
                if tree.within(node.id, declaring.id) and not tree.within(node.id, plan.id):
                    for candidate in _evaluators(tree, node, declaring):
                        candidates[candidate.id] = candidate
        executed = [node for node in candidates.values() if not node.never_executed]
        if executed:
            return max(executed, key=lambda node: self.left[node.id])
        # Unnamed: the declaring node, or the first one below it that has the time.
        enough = self.amounts[plan.id] * 0.98
        stack = [declaring]
        best = declaring
        for _ in range(_FARTHEST):
            if not stack:
                break
            node = stack.pop()
            if self.left[node.id] >= enough:
                return node
            if self.left[node.id] > self.left[best.id]:
                best = node
            stack.extend(child for child in reversed(tree.data[node.id]) if not child.never_executed)
        return best


def _amount(node: PlanNode, shared: dict[str, Sharing]) -> float:
    """What says how much was done by a node and all below: time, or else blocks."""
    if node.never_executed:
        return 0.0
    if node.time_last_ms is not None:
        return node.time_last_ms * (node.loops or 1.0) / shared[node.id].processes
    return float(sum(node.buffers.values()))


def _evaluators(tree: Tree, node: PlanNode, declaring: PlanNode) -> list[PlanNode]:
    """Who may have asked first for a value that ``node`` uses: itself, an Append above it, or the topmost Gather."""
    found = [node]
    below = node
    while below is not declaring and below.parent is not None:
        above = tree.by_id[below.parent]
        if below in tree.data[above.id]:
            if above.operator in ("gather", "gather_merge"):
                found = [above]
            elif above.operator in ("append", "merge_append"):
                found.append(above)
        below = above
    return found
