"""Shapes of one question: they differ in LIMIT, OFFSET or the length of an IN list only."""

from __future__ import annotations

import hashlib

from advisor.graphs.graph import QueryGraph
from advisor.graphs.names import Node
from advisor.graphs.nodes import expressions
from advisor.graphs.parse import dialect
from advisor.model.engine import EngineName


def family(graph: QueryGraph, engine: EngineName = "postgresql") -> str | None:
    """A name (16 hex digits) that all shapes of the question share; None where the graph has no tree, or none
    that can be printed."""
    if graph.tree is None:
        return None
    exp = expressions()
    tree = graph.tree.copy()
    for node in list(tree.find_all(exp.Select, exp.SetOperation)):
        for part in ("limit", "offset"):
            node.set(part, None)
    for node in list(tree.find_all(exp.In)):
        if node.expressions and all(_constant(item) for item in node.expressions):
            node.set("expressions", [exp.Placeholder()])
    for node in list(tree.find_all(exp.Literal, exp.Parameter, exp.Placeholder)):
        if node.parent is not None:
            node.replace(exp.Placeholder())
    try:
        text = tree.sql(dialect=dialect(engine), comments=False, normalize_functions="upper")
    except Exception:  # a tree of a form that no valid statement has: it is a family of its own
        return None
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


def _constant(node: Node) -> bool:
    return type(node).__name__ in ("Literal", "Parameter", "Placeholder", "Null", "Boolean", "Neg")
