"""What text leaves to the reader's eye: how a node hangs below its parent, and whether one is missing."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from advisor.plans.postgresql.document import DocumentNode

_MEMBERS = frozenset({"Append", "Merge Append", "BitmapAnd", "BitmapOr"})

_SCANS = (
    *("Seq Scan", "Sample Scan", "Index Scan", "Index Only Scan", "Bitmap Index Scan", "Tid Scan", "Tid Range Scan"),
    *("Function Scan", "Table Function Scan", "Values Scan", "CTE Scan", "Named Tuplestore Scan", "WorkTable Scan"),
)
_OF_ONE = (
    *("Aggregate", "Bitmap Heap Scan", "Gather", "Gather Merge", "Group", "Hash", "Incremental Sort", "Limit"),
    *("LockRows", "Materialize", "Memoize", "ProjectSet", "Sort", "Subquery Scan", "Unique", "WindowAgg"),
)
_ANY = 1 << 30
#: Children that a node has, fewest and most, beside InitPlans and SubPlans.
_CHILDREN: dict[str, tuple[int, int]] = {
    **dict.fromkeys(_SCANS, (0, 0)),
    **dict.fromkeys(_OF_ONE, (1, 1)),
    **dict.fromkeys(("Nested Loop", "Hash Join", "Merge Join", "Recursive Union"), (2, 2)),
    **dict.fromkeys(("BitmapAnd", "BitmapOr"), (2, _ANY)),
    **dict.fromkeys(("Append", "Merge Append"), (1, _ANY)),
    "ModifyTable": (1, _ANY),  # one a partition until 13
    "SetOp": (1, 2),  # two since 18
    "Foreign Scan": (0, 1),
    "Result": (0, 1),
}
#: In an expression; what stands in quotes is skipped.
_MENTIONED = re.compile(r"""'[^']*'|"[^"]*"|(SubPlan \d{1,9})""", re.ASCII)
_UNKNOWN = (0, _ANY)


def relate(nodes: Iterable[DocumentNode]) -> Iterator[tuple[DocumentNode, str]]:
    """Sets the "Parent Relationship" of children without a name of their own. Gives nodes and what is amiss there."""
    for node in nodes:
        kind = node.keys["Node Type"]
        count = _name(kind, node.children) if node.children else 0
        fewest, most = _CHILDREN.get(kind, _UNKNOWN)
        if fewest <= count <= most:
            continue
        if count > most:
            yield node, f"it has {count} inputs where {most} can be: the indentation is damaged"
        elif not (kind in _MEMBERS and node.keys.get("Subplans Removed")):
            yield node, f"it has {count} of at least {fewest} inputs: the text is not whole"


def missing(nodes: Iterable[DocumentNode]) -> list[str]:
    """SubPlans that expressions mention, and that have no node: what is missing stood below."""
    mentioned: set[str] = set()
    printed: set[str] = set()
    for node in nodes:
        name = node.keys.get("Subplan Name")
        if name is not None:
            printed.add(str(name).partition(" (")[0])
        for value in node.keys.values():
            for text in value if isinstance(value, list) else (value,):
                if isinstance(text, str) and "SubPlan " in text:
                    mentioned.update(_MENTIONED.findall(text))
    return sorted(mentioned - printed - {""})


def only_target(nodes: Iterable[DocumentNode]) -> str | None:
    """The one table that the statement changes; None where there are more, or may be."""
    changed = [node.keys for node in nodes if node.keys["Node Type"] == "ModifyTable"]
    if len(changed) != 1 or "Target Tables" in changed[0] or changed[0].get("Operation") not in ("Update", "Delete"):
        return None  # an INSERT or MERGE may reach any partition
    return changed[0].get("Relation Name")


def _name(kind: str, children: list[DocumentNode]) -> int:
    """Number of children that are inputs."""
    plain = [child.keys for child in children if "Subplan Name" not in child.keys]
    if kind in _MEMBERS or (kind == "ModifyTable" and len(plain) > 1):
        first = other = "Member"
    elif kind == "Subquery Scan":
        first = other = "Subquery"
    elif kind == "Custom Scan":
        first = other = "child" if len(plain) == 1 else "children"
    else:
        first, other = "Outer", "Inner"
    for keys in plain:
        keys["Parent Relationship"] = first
        first = other
    return len(plain)
