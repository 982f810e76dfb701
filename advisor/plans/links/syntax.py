"""Looks at sqlglot's nodes: the same thing spelled in several ways."""

from __future__ import annotations

from advisor.graphs.names import Node
from advisor.graphs.nodes import AGGREGATES
from advisor.plans.links.constants import Constant, element_kind

#: Classes whose value is true or false, but for functions.
CONDITIONS = frozenset(
    {
        *(
            "EQ",
            "NEQ",
            "LT",
            "LTE",
            "GT",
            "GTE",
            "NullSafeEQ",
            "NullSafeNEQ",
            "Is",
            "In",
            "Between",
            "Exists",
            "Escape",
        ),
        *("Like", "ILike", "SimilarTo", "RegexpLike", "RegexpILike", "Operator", "And", "Or", "Not"),
    }
)
QUERIES = frozenset({"Subquery", "Select", "Union", "Intersect", "Except", "Values"})


def operands(node: Node) -> list[Node]:
    """Operands of a chain of one connective, left to right, parentheses around the same connective looked through."""
    kind = type(node)
    found: list[Node] = []
    stack = [node]
    while stack:
        current = stack.pop()
        bare = unwrapped(current)
        if type(bare) is kind:
            stack.extend((bare.expression, bare.this))
        else:
            found.append(current)
    return found


def denied(node: Node, negated: bool) -> tuple[Node, bool]:
    """The condition below parentheses and NOTs, and whether it is negated."""
    while type(node).__name__ in ("Paren", "Not"):
        negated ^= type(node).__name__ == "Not"
        node = node.this
    return node, negated


def unwrapped(node: Node) -> Node:
    """The expression without enclosing parentheses."""
    while type(node).__name__ == "Paren" or (
        type(node).__name__ == "Subquery" and type(node.this).__name__ == "Subquery" and not node.args.get("alias")
    ):
        node = node.this
    return node


def row_of(node: Node) -> list[Node] | None:
    """The members of ``(a, b)`` or ``ROW(a, b)``."""
    if type(node).__name__ == "Tuple" or (type(node).__name__ == "Anonymous" and str(node.this).lower() == "row"):
        return list(node.expressions)
    return None


def quantifier(node: Node) -> tuple[str, Node] | None:
    """``any`` or ``all``, and what it is of."""
    cls = type(node).__name__
    if cls in ("Any", "All"):
        return cls.lower(), unwrapped(node.this)
    if cls == "Anonymous" and str(node.this).lower() in ("any", "all", "some") and len(node.expressions) == 1:
        return "all" if str(node.this).lower() == "all" else "any", unwrapped(node.expressions[0])
    return None


def array_kind(node: Node) -> str:
    """The kind of the elements, where a cast tells."""
    while type(node).__name__ == "Paren":
        node = node.this
    return element_kind(node.args.get("to")) if type(node).__name__ in ("Cast", "TryCast") else ""


def is_null(node: Node) -> bool:
    """NULL, of whatever type."""
    while type(node).__name__ in ("Cast", "Paren"):
        node = node.this
    return type(node).__name__ == "Null"


def function(node: Node, cls: str) -> str:
    """One name for each function, however it is spelled."""
    if cls == "Tuple":
        return "row"
    if cls != "Anonymous":
        return cls.lower()
    name = str(getattr(node.this, "name", node.this)).lower()
    return {"btrim": "trim", "char_length": "length", "character_length": "length"}.get(name, name)


def aggregate(node: Node) -> bool:
    """Whether it has another value for the same arguments: of a group or a window."""
    cls = type(node)
    if any(base.__name__ == "AggFunc" for base in cls.__mro__):
        return True
    return cls.__name__ == "Window" or (cls.__name__ == "Anonymous" and function(node, "Anonymous") in AGGREGATES)


def columned(node: Node) -> bool:
    """What a field or a method can be of."""
    return type(node).__name__ in ("Column", "Paren", "Dot", "Bracket")


def json_path(node: Node) -> Constant:
    """The key of ``a -> 'key'``, which sqlglot takes for a path."""
    steps = [step for step in getattr(node, "expressions", []) or [] if type(step).__name__ != "JSONPathRoot"]
    if len(steps) == 1 and type(steps[0]).__name__ in ("JSONPathKey", "JSONPathSubscript"):
        return Constant(str(steps[0].this), "text")
    return Constant(None, "", "path" + ".".join(str(getattr(step, "this", "")) for step in steps))
