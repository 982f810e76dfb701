"""Whether two readings of one execution say the same, and the short list of what a format cannot say.

`differences` looks at every key of the two documents. A key that only one of them has must be on the list below with the
value given there: everything else is a difference.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from advisor.plans.postgresql.document import Document, DocumentNode

_COUNTERS = re.compile(
    r"(Shared|Local|Temp) (Hit|Read|Dirtied|Written) Blocks|((Shared|Local|Temp) )?I/O (Read|Write) Time|WAL .*"
    r"|Rows Removed by .*|(Exact|Lossy) Heap Blocks|Subplans Removed|Disk Usage|Planned Partitions"
    r"|Tuples (Inserted|Updated|Deleted|Skipped)|Conflicting Tuples"
)
#: Beside the plan: structured formats print an empty list; a log around the plan tells the query.
_BESIDE = {"Planning Time", "Triggers", "Query Text"}
_FLAGS = ("Parallel Aware", "Async Capable", "Inner Unique", "Single Copy", "Disabled")
_NEVER = ("Actual Startup Time", "Actual Total Time", "Actual Rows", "Actual Loops")
#: What COSTS OFF leaves out: of a node, and of a worker (JIT).
_COSTS = ("Startup Cost", "Total Cost", "Plan Rows", "Plan Width", "Planned Partitions", "Foreign File Size", "JIT")
_NAMES = ("Relation Name", "CTE Name", "Function Name", "Table Function Name", "Tuplestore Name")
Node = Mapping[str, Any]


@dataclass(frozen=True)
class Allowance:
    """A key that the text format leaves out, and when."""

    reason: str
    holds: Callable[[str, Any, Node], bool]


#: What text does not print and structured formats do. The other three formats carry everything.
TEXT_LEAVES_OUT = (
    Allowance("a counter of zero", lambda key, value, node: bool(_COUNTERS.fullmatch(key)) and value == 0),
    Allowance("a flag that is off", lambda key, value, node: key in _FLAGS and value is False),
    Allowance(
        "inner uniqueness without VERBOSE", lambda key, value, node: key == "Inner Unique" and "Output" not in node
    ),
    Allowance("how a child hangs below its parent", lambda key, value, node: key == "Parent Relationship"),
    Allowance(
        "zeros of a node that never ran", lambda key, value, node: key in _NEVER and node.get("Actual Loops") == 0
    ),
    Allowance("aggregation in one step", lambda key, value, node: key == "Partial Mode" and value == "Simple"),
    Allowance(
        "a scan forward, or in no order", lambda key, value, node: key == "Scan Direction" and value != "Backward"
    ),
    Allowance("an alias that is the name", lambda key, value, node: key == "Alias" and value in map(node.get, _NAMES)),
    Allowance(
        "a function's name that is the alias",
        lambda key, value, node: key == "Function Name" and value == node.get("Alias"),
    ),
    Allowance("no worker did anything", lambda key, value, node: key == "Workers" and value == []),
    Allowance(
        "as many buckets or batches as planned",
        lambda key, value, node: key.startswith("Original Hash ") and value == node.get(key.removeprefix("Original ")),
    ),
)
#: What text cannot tell apart, by key.
TEXT_CONFUSES = {
    # A scan in any other direction than backward.
    "Scan Direction": {"Forward", "NoMovement"},
    # What a ModifyTable changes hung below it as a member until 13, and as its outer child since.
    "Parent Relationship": {"Outer", "Member"},
}


def differences(one: Document, other: Document, *, same_execution: bool, without_costs: bool = False) -> Iterator[str]:
    """Every difference between two documents of one execution (or of one plan, not executed)."""
    yield from _nodes(one.root, other.root, (one.format, other.format), "0", without_costs)
    for key in ("Triggers", "JIT", "Settings"):
        left, right = one.keys.get(key), other.keys.get(key)
        if key == "JIT" and None in (left, right):
            # EXPLAIN prints JIT with SUMMARY alone, auto_explain too, but with TIMING.
            continue
        if key == "Triggers":
            left, right = _triggers(left or []), _triggers(right or [])
            yield from _trigger_differences(left, right)
        elif (left or {}) != (right or {}):
            yield f"{key}: {left!r} != {right!r}"
    if not same_execution and set(one.keys) - _BESIDE != set(other.keys) - _BESIDE:
        yield f"keys of the plan: {sorted(one.keys)} != {sorted(other.keys)}"


def _nodes(
    one: DocumentNode, other: DocumentNode, formats: tuple[str, str], path: str, without_costs: bool
) -> Iterator[str]:
    ours, theirs = one.keys, other.keys
    if "text" in formats:
        ours, theirs = _with_shared_io(ours), _with_shared_io(theirs)
    for key in sorted({*ours, *theirs}):
        if key in ours and key in theirs:
            left, right = ours[key], theirs[key]
            if left != right or isinstance(left, bool) != isinstance(right, bool):
                if key in ("Workers", "Target Tables") and isinstance(left, list) and isinstance(right, list):
                    yield from _lists(key, left, right, formats, path, without_costs)
                elif not _confused(key, left, right, formats):
                    yield f"{path} {key}: {left!r} != {right!r}"
            continue
        mine, missing = (ours, formats[1]) if key in ours else (theirs, formats[0])
        if without_costs and key in _COSTS:
            continue
        if not allowed(key, mine[key], mine, missing):
            yield f"{path} {key}: {mine[key]!r} is missing in {missing}"
    if len(one.children) != len(other.children):
        names = [[child.keys.get("Node Type") for child in node.children] for node in (one, other)]
        yield f"{path} has children {names[0]} != {names[1]}"
        return
    for number, (left, right) in enumerate(zip(one.children, other.children, strict=True)):
        yield from _nodes(left, right, formats, f"{path}.{number}", without_costs)


def allowed(key: str, value: Any, node: Node, missing: str) -> bool:
    """May a document of the format ``missing`` lack this key of a node?"""
    return missing == "text" and any(allowance.holds(key, value, node) for allowance in TEXT_LEAVES_OUT)


def _confused(key: str, left: Any, right: Any, formats: tuple[str, str]) -> bool:
    return "text" in formats and isinstance(left, str) and {left, right} <= TEXT_CONFUSES.get(key, set())


def _with_shared_io(keys: Node) -> Node:
    """Text says `shared read=` since 15, structured formats only since 17: until then they leave the word out."""
    return {(f"Shared {key}" if key.startswith("I/O ") else key): value for key, value in keys.items()}


def _lists(
    key: str, one: list[Node], other: list[Node], formats: tuple[str, str], path: str, without_costs: bool
) -> Iterator[str]:
    if len(one) != len(other):
        yield f"{path} {key}: {one!r} != {other!r}"
        return
    for number, (left, right) in enumerate(zip(one, other, strict=True)):
        nodes = DocumentNode(dict(left)), DocumentNode(dict(right))
        yield from _nodes(*nodes, formats, f"{path} {key} {number}", without_costs)


def _triggers(printed: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return sorted(
        printed,
        key=lambda trigger: (trigger.get("Constraint Name") or trigger.get("Trigger Name"), trigger.get("Calls")),
    )


def _trigger_differences(one: list[dict[str, Any]], other: list[dict[str, Any]]) -> Iterator[str]:
    """Text names a constraint's trigger only with VERBOSE, the relation only where there are several."""
    if len(one) != len(other):
        yield f"Triggers: {one!r} != {other!r}"
        return
    for left, right in zip(one, other, strict=True):
        for key in {*left, *right}:
            if key in left and key in right:
                if left[key] != right[key]:
                    yield f"trigger {key}: {left[key]!r} != {right[key]!r}"
            elif key not in ("Relation", "Trigger Name", "Time"):
                yield f"trigger {key}: {left!r} != {right!r}"
