"""Tables in join order become a left-deep tree of joins, as the server runs them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from advisor.model.plan import Operator, PlanNode
from advisor.plans.branch import Branch
from advisor.plans.mysql.access import JoinBuffer


@dataclass(slots=True)
class Step:
    """One table (or what stands in its place) of a join, and what is printed of the join that brings it in."""

    branch: Branch
    buffer: JoinBuffer | None = None
    join_type: Literal["semi", "anti", "left"] | None = None
    """None: not told."""
    first_match: str | None = None
    """The loop goes back to this table once a row was found: all steps after it are inside a semijoin."""
    join: PlanNode | None = None
    """A node with the numbers of the join, where some were printed."""

    prefix_cost: float | None = None
    """MySQL's cost of the join up to and with this table: of the first table, its own."""

    @property
    def name(self) -> str | None:
        """The table's name as printed."""
        return self.branch.node.alias


def joined(steps: list[Step]) -> Branch:
    """The left-deep tree of all steps; one step alone is itself."""
    _spread_first_match(steps)
    tree = steps[0].branch
    if tree.node.cost_total is None:
        tree.node.cost_total = steps[0].prefix_cost
    for step in steps[1:]:
        node = step.join or PlanNode(id="", parent=None, operator="nested_loop", raw_operator="nested_loop")
        node.line = step.branch.node.line
        if step.buffer is not None:
            node.operator = step.buffer.operator
            node.raw_operator = step.buffer.text
            node.extra = {**node.extra, "join_buffer": step.buffer.text}
        if step.join_type is not None:
            node.join_type = step.join_type
        above = Branch(node)
        above.grow(tree, "outer")
        above.grow(step.branch, "inner")
        tree = above
    return tree


def _spread_first_match(steps: list[Step]) -> None:
    for index, step in enumerate(steps):
        if step.first_match is None:
            continue
        unnamed = -1 if not step.first_match else index - 1
        back = next((i for i in range(index - 1, -1, -1) if steps[i].name == step.first_match), unnamed)
        for inside in steps[back + 1 : index + 1]:
            inside.join_type = "semi"


def plain(operator: Operator, raw: str, line: int | None, **fields: Any) -> Branch:
    """A branch with one node."""
    return Branch(PlanNode(id="", parent=None, operator=operator, raw_operator=raw, line=line, **fields))
