"""What server printed a plan, as far as its keys tell.

Evidence: explain.c of each major version. A key says which version came first with it, some say which was the last.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, Final

from advisor.plans.postgresql.document import DocumentNode

#: The first major version that prints a key of a node.
_NODE_SINCE: Final[dict[str, int]] = {
    "Disabled": 18,
    "Index Searches": 18,
    "WAL Buffers Full": 18,
    "Maximum Storage": 18,
    "Window": 18,
    "Shared I/O Read Time": 17,
    "Shared I/O Write Time": 17,
    "Local I/O Read Time": 17,
    "Local I/O Write Time": 17,
    "Temp I/O Read Time": 15,
    "Temp I/O Write Time": 15,
    "Tuples Updated": 15,
    "Tuples Deleted": 15,
    "Tuples Skipped": 15,
    "Run Condition": 15,
    "Async Capable": 14,
    "Cache Key": 14,
    "Cache Hits": 14,
    "WAL Records": 13,
    "WAL FPI": 13,
    "WAL Bytes": 13,
    "Full-sort Groups": 13,
    "Presorted Key": 13,
    "Planned Partitions": 13,
    "HashAgg Batches": 13,
    "Subplans Removed": 11,
    "Inner Unique": 10,
    "Table Function Name": 10,
    "Parallel Aware": 9,
}
#: The last major version that prints a key of a node.
_NODE_UNTIL: Final[dict[str, int]] = {"I/O Read Time": 16, "I/O Write Time": 16}
_TYPE_SINCE: Final[dict[str, int]] = {
    "Memoize": 14,
    "Tid Range Scan": 14,
    "Incremental Sort": 13,
    "Gather Merge": 10,
    "ProjectSet": 10,
    "Table Function Scan": 10,
    "Named Tuplestore Scan": 10,
}
_JOIN_SINCE: Final[dict[str, int]] = {"Right Semi": 18, "Right Anti": 16}
_PLAN_SINCE: Final[dict[str, int]] = {
    "Serialization": 17,
    "Query Parameters": 16,
    "Query Identifier": 14,
    "Planning": 13,
    "Settings": 12,
    "JIT": 11,
}
_RETURNS = re.compile(r"InitPlan \d+ \(returns ")


def version(
    nodes: Sequence[DocumentNode], seen: set[str], keys: dict[str, Any], wording: int | None = None
) -> str | None:
    """``>=14``, ``>=13,<17``, ``<17``; None when nothing tells. ``seen``: the keys of all nodes."""
    since, until = 0, wording or 0
    kinds = {str(node.keys["Node Type"]) for node in nodes}
    joins = {str(node.keys.get("Join Type")) for node in nodes} if "Join Type" in seen else ()
    if any(type(node.keys.get("Actual Rows")) is float for node in nodes):  # two decimals
        since = 18
    elif "Operation" in seen and any(node.keys.get("Operation") == "Merge" for node in nodes):
        since = 15
    if "Subplan Name" in seen and any(_RETURNS.match(str(node.keys.get("Subplan Name"))) for node in nodes):
        until = min(until or 16, 16)
    since = max(
        since,
        *(_TYPE_SINCE.get(kind, 0) for kind in kinds),
        *(_JOIN_SINCE.get(join, 0) for join in joins),
        *(_NODE_SINCE.get(name, 0) for name in seen),
        *(_PLAN_SINCE.get(name, 0) for name in keys),
    )
    if isinstance(planning := keys.get("Planning"), dict) and "Memory Used" in planning:
        since = max(since, 17)
    if isinstance(jit := keys.get("JIT"), dict) and isinstance(timing := jit.get("Timing"), dict):
        if isinstance(timing.get("Generation"), dict):
            since = max(since, 17)
        elif "Generation" in timing:
            until = min(until or 16, 16)
    if any(name in seen for name in _NODE_UNTIL):
        until = min(until or 16, 16)
    if "Total Runtime" in keys:
        until = 9
    bounds = [f">={since}"] if since else []
    if until and until >= since:
        bounds.append(f"<{until + 1}")
    return ",".join(bounds) or None
