"""What text leaves to the reader's eye: how a node hangs below its parent, and whether one is missing."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from advisor.plans.postgresql.document import DocumentNode

_MEMBERS = frozenset({"Append", "Merge Append", "BitmapAnd", "BitmapOr"})

#: Children that a node has, fewest and most, beside InitPlans and SubPlans. What is not here has exactly one.
_CHILDREN: dict[str, tuple[int, int | None]] = {
    **dict.fromkeys(("Nested Loop", "Hash Join", "Merge Join", "Recursive Union"), (2, 2)),
    **dict.fromkeys(("BitmapAnd", "BitmapOr"), (2, None)),
    **dict.fromkeys(("Append", "Merge Append"), (1, None)),
    "ModifyTable": (1, None),  # one a partition until 13
    "SetOp": (1, 2),  # two since 18
    "Custom Scan": (0, None),
    "Foreign Scan": (0, 1),
    "Result": (0, 1),
    **dict.fromkeys(
        (
            "Seq Scan",
            "Sample Scan",
            "Index Scan",
            "Index Only Scan",
            "Bitmap Index Scan",
            "Tid Scan",
            "Tid Range Scan",
            "Function Scan",
            "Table Function Scan",
            "Values Scan",
            "CTE Scan",
            "Named Tuplestore Scan",
            "WorkTable Scan",
        ),
        (0, 0),
    ),
}
_ONE = frozenset(
    {
        "Aggregate",
        "Bitmap Heap Scan",
        "Gather",
        "Gather Merge",
        "Group",
        "Hash",
        "Incremental Sort",
        "Limit",
        "LockRows",
        "Materialize",
        "Memoize",
        "ProjectSet",
        "Sort",
        "Subquery Scan",
        "Unique",
        "WindowAgg",
    }
)


def relate(nodes: Iterable[DocumentNode]) -> Iterator[tuple[DocumentNode, str]]:
    """Sets the "Parent Relationship" of children without a name of their own. Gives nodes and what is amiss with them."""
    for node in nodes:
        keys = node.keys
        kind = keys["Node Type"]
        plain = node.children
        if plain:
            plain = [child for child in plain if "Subplan Name" not in child.keys]
            _name(kind, plain)
        fewest, most = _CHILDREN.get(kind, (1, 1) if kind in _ONE else (0, None))
        count = len(plain)
        if count < fewest and not (kind in _MEMBERS and keys.get("Subplans Removed")):
            yield node, f"it has {count} of at least {fewest} inputs: the text is not whole"
        elif most is not None and count > most:
            yield node, f"it has {count} inputs where {most} can be: the indentation is damaged"


def _name(kind: str, children: list[DocumentNode]) -> None:
    if kind in _MEMBERS or (kind == "ModifyTable" and len(children) > 1):
        names = ["Member"] * len(children)
    elif kind == "Subquery Scan":
        names = ["Subquery"] * len(children)
    elif kind == "Custom Scan":
        names = ["child" if len(children) == 1 else "children"] * len(children)
    else:
        names = ["Outer", *["Inner"] * (len(children) - 1)][: len(children)]
    for child, name in zip(children, names, strict=True):
        child.keys["Parent Relationship"] = name
