"""Which nodes ask for the value of an InitPlan, as far as their expressions are printed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from advisor.model.plan import PlanNode
from advisor.plans.metrics.tree import Tree

# Up to PostgreSQL 16 a value is called $0, from 17 on (InitPlan 1).col1; before, "InitPlan 1 (returns $0,$1)" says
# which.
_VALUE = re.compile(r"\$\d+|InitPlan \d+")
_RETURNS = re.compile(r"\$\d+")


def mentions(tree: Tree) -> dict[str, list[PlanNode]]:
    """Per value name (``$0``, ``InitPlan 1``) the nodes whose printed expressions use it."""
    found: dict[str, list[PlanNode]] = {}
    if not any(node.relationship == "init_plan" for node in tree.nodes):
        return found
    for node in tree.nodes:
        names: set[str] = set()
        for text in _expressions(node):
            names.update(_VALUE.findall(text))
        for name in names:
            found.setdefault(name, []).append(node)
    return found


def names_of(init_plan: PlanNode) -> list[str]:
    """What the values of an InitPlan are called in expressions."""
    title = init_plan.subplan_name or ""
    name = _VALUE.search(title)
    names = _RETURNS.findall(title)
    if name is not None and name.group() not in names:
        names.append(name.group())
    return names


def _expressions(node: PlanNode) -> Iterator[str]:
    yield from node.predicates.values()
    yield from node.sort_keys
    yield from node.group_keys
    yield from node.output
    yield from _texts(node.extra)


def _texts(value: Any) -> Iterator[str]:
    # Breadth is what it is; depth is bounded by the readers.
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for inner in value.values():
            yield from _texts(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts(inner)
