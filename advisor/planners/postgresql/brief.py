"""What a search needs of a plan: its cost, its rows and the indexes that it uses. Nothing else of the JSON is read.

https://www.postgresql.org/docs/current/sql-explain.html: the plan of FORMAT JSON; plans of subqueries, common table
expressions and initial plans stand among the children of the node they belong to.
"""

from __future__ import annotations

from dataclasses import dataclass

import msgspec


class _Node(msgspec.Struct):
    cost: float | None = msgspec.field(name="Total Cost", default=None)
    rows: float | None = msgspec.field(name="Plan Rows", default=None)
    index: str | None = msgspec.field(name="Index Name", default=None)
    schema: str | None = msgspec.field(name="Schema", default=None)
    arbiters: list[str] | None = msgspec.field(name="Conflict Arbiter Indexes", default=None)
    children: list[_Node] = msgspec.field(name="Plans", default_factory=list)


class _Statement(msgspec.Struct):
    plan: _Node = msgspec.field(name="Plan")


@dataclass(frozen=True, slots=True)
class Brief:
    """One plan, in brief."""

    cost: float
    rows: float | None
    indexes: frozenset[tuple[str | None, str]]
    """Those that it reads, or looks for conflicts in: schema (None where EXPLAIN was not VERBOSE) and name."""


_DECODER = msgspec.json.Decoder(list[_Statement])


def read_brief(text: str) -> Brief | None:
    """A plan of EXPLAIN (FORMAT JSON) in brief; None where there is no plan in it, or one without costs.

    Of a statement that rules make several of, cost and rows are the first one's, as they are of the whole plan.
    """
    try:
        statements = _DECODER.decode(text)
    except (msgspec.DecodeError, RecursionError):
        return None
    if not statements or statements[0].plan.cost is None:
        return None
    root = statements[0].plan
    assert root.cost is not None
    found: set[tuple[str | None, str]] = set()
    # A bitmap index scan is of its heap scan's schema.
    left: list[tuple[_Node, str | None]] = [(one.plan, None) for one in statements]
    while left:
        node, above = left.pop()
        schema = node.schema or above
        if node.index is not None:
            found.add((schema, node.index))
        if node.arbiters:
            found.update((schema, name) for name in node.arbiters)
        left += [(child, schema) for child in node.children]
    return Brief(root.cost, root.rows, frozenset(found))
