"""A plan's tree while it is read: nodes know their children, and get ids and parents once the whole tree stands."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.model.plan import PlanNode, Relationship
from advisor.plans.errors import PlanError

#: Levels of operators: MySQL joins at most 61 tables and nests 63 subqueries, SQLite allows 1000 levels of expressions.
DEEPEST = 1500


@dataclass(slots=True)
class Branch:
    """A node and what hangs below it."""

    node: PlanNode
    children: list[Branch] = field(default_factory=list)

    def grow(self, child: Branch, relationship: Relationship, name: str | None = None) -> Branch:
        """Hang a child below; the child."""
        child.node.relationship = relationship
        if name is not None:
            child.node.subplan_name = name
        self.children.append(child)
        return child


def numbered(root: Branch) -> list[PlanNode]:
    """The nodes in the order printed, the root first, each with its id and its parent's."""
    nodes: list[PlanNode] = []
    root.node.relationship = "root"
    waiting: list[tuple[Branch, str, str | None, int]] = [(root, "0", None, 1)]
    while waiting:
        branch, name, parent, depth = waiting.pop()
        if depth > DEEPEST:
            raise PlanError(f"The plan is nested more than {DEEPEST} levels deep (line {branch.node.line}).")
        branch.node.id, branch.node.parent = name, parent
        nodes.append(branch.node)
        if not branch.children:
            continue
        below = [(child, f"{name}.{number}", name, depth + 1) for number, child in enumerate(branch.children)]
        waiting.extend(reversed(below))
    return nodes
