"""Kinds of sqlglot nodes, by class name."""

from __future__ import annotations

from typing import Any

from advisor.graphs.names import Node
from advisor.graphs.values import unwrap

QUERIES = frozenset({"Select", "Union", "Intersect", "Except", "Values"})
DML = frozenset({"Insert", "Update", "Delete", "Merge"})
#: Aggregates that sqlglot takes for plain functions.
AGGREGATES = frozenset(
    """
    json_agg jsonb_agg json_object_agg jsonb_object_agg xmlagg range_agg bit_xor json_arrayagg json_objectagg
    total every mode percentile_cont percentile_disc string_agg array_agg bool_and bool_or
    """.split()  # noqa: SIM905
)
_module: Any = None


def expressions() -> Any:
    """sqlglot's module of node classes; imported only when a graph is built."""
    global _module  # noqa: PLW0603
    if _module is None:
        from sqlglot import exp

        _module = exp
    return _module


def integer(node: Node) -> int | None:
    """The value of a plain number; None for anything else."""
    if node is None:
        return None
    node = unwrap(node)
    name = str(getattr(node, "name", ""))
    return int(name) if type(node).__name__ == "Literal" and name.isdigit() and len(name) < 19 else None
