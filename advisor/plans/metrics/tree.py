"""A plan's nodes with what the measures ask of them: who is below whom, and along which way rows flow."""

from __future__ import annotations

import re
from collections.abc import Iterator

from advisor.model.plan import Plan, PlanNode

#: Rows flow from these children to their parent; the other relationships are evaluated on demand.
DATA = frozenset({"outer", "inner", "member", "subquery"})
_HASHED = re.compile(r"hashed (SubPlan \d+)")


class Tree:
    """Looks into a plan. Ids are looked up, never parsed."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.nodes = plan.nodes
        self.by_id = plan.by_id
        self.children = plan.children
        self.depth: dict[str, int] = {}
        for node in plan.nodes:
            self.depth[node.id] = 0 if node.parent is None else self.depth[node.parent] + 1
        self.data: dict[str, list[PlanNode]] = {
            node_id: [child for child in below if child.relationship in DATA]
            for node_id, below in self.children.items()
        }
        """Children that rows flow from."""
        self.hashed: set[str] = set()
        """SubPlans whose rows are hashed: they run once and are read whole."""
        for node in plan.nodes:
            subplans = [child for child in self.children[node.id] if child.relationship == "sub_plan"]
            if subplans:
                names = {name for text in node.predicates.values() for name in _HASHED.findall(text)}
                names.update(name for text in node.output for name in _HASHED.findall(text))
                self.hashed.update(child.id for child in subplans if child.subplan_name in names)
        self._first, self._last = self._spans()

    def _spans(self) -> tuple[dict[str, int], dict[str, int]]:
        first: dict[str, int] = {}
        last: dict[str, int] = {}
        clock = 0
        for root in (node for node in self.nodes if node.parent is None):
            stack = [(root, False)]
            while stack:
                node, left = stack.pop()
                if left:
                    last[node.id] = clock
                    continue
                clock += 1
                first[node.id] = clock
                stack.append((node, True))
                stack.extend((child, False) for child in self.children[node.id])
        return first, last

    def within(self, node_id: str, top_id: str) -> bool:
        """The node is ``top`` or below it."""
        return self._first[top_id] <= self._first[node_id] <= self._last[top_id]

    def ancestors(self, node: PlanNode) -> Iterator[PlanNode]:
        """From the parent up to the root."""
        while node.parent is not None:
            node = self.by_id[node.parent]
            yield node

    def outer(self, node: PlanNode) -> PlanNode | None:
        """The child that drives the node: of a join its outer side, else its only one."""
        below = self.data[node.id]
        for child in below:
            if child.relationship == "outer":
                return child
        return below[0] if below else None

    def inner(self, node: PlanNode) -> PlanNode | None:
        """The other side of a join."""
        below = self.data[node.id]
        for child in below:
            if child.relationship == "inner":
                return child
        return below[1] if len(below) == 2 else None


def ran(node: PlanNode) -> bool:
    """It was executed, as far as the plan tells."""
    return not node.never_executed and node.loops != 0 and node.rows_actual is not None
