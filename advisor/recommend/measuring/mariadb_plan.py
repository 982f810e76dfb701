"""What is needed of EXPLAIN FORMAT=JSON and ANALYZE FORMAT=JSON: a key, indexes, time, rows examined."""

from __future__ import annotations

import json
from dataclasses import dataclass
from hashlib import blake2b
from typing import Any

#: What names the plan; all else is an estimate or a measurement.
_KEPT = frozenset(
    """
    table_name access_type key key_length used_key_parts ref attached_condition index_condition join_type
    block-nl-join buffer_type sort_key select_id operation using_index rowid_filter distinct loose_scan
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class PlanRead:
    """One plan."""

    key: str
    indexes: frozenset[tuple[str, str]]
    """Table (or its alias) and index."""
    cost: float | None
    rows: float | None
    ms: float | None
    examined: float | None
    """Of ANALYZE: rows that tables gave up before their conditions."""


def read_plan(document: dict[str, Any]) -> PlanRead:
    """Takes one document apart."""
    indexes: set[tuple[str, str]] = set()
    examined: list[float] = []

    def bare(node: Any) -> Any:
        if isinstance(node, list):
            return [bare(each) for each in node]
        if not isinstance(node, dict):
            return None
        if "table_name" in node:
            for key in _keys(node):
                indexes.add((str(node["table_name"]), key))
            if "r_rows" in node and node["r_rows"] is not None:
                examined.append(float(node["r_rows"]) * float(node.get("r_loops") or 0))
        return {
            name: value if name in _KEPT and not isinstance(value, dict) else bare(value)
            for name, value in node.items()
            if name in _KEPT or isinstance(value, dict | list)
        }

    text = json.dumps(bare(document), sort_keys=True)
    block = document.get("query_block", {})
    ms = block.get("r_total_time_ms")
    return PlanRead(
        key=blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest(),
        indexes=frozenset(indexes),
        cost=block.get("cost"),
        rows=None,
        ms=float(ms) if ms is not None else None,
        examined=sum(examined) if examined else None,
    )


def _keys(table: dict[str, Any]) -> list[str]:
    """An index, several that are merged (``index_merge``), and the one of a rowid filter."""
    found = [str(table["key"])] if table.get("key") else []

    def merged(node: Any) -> None:
        if isinstance(node, dict):
            for value in node.values():
                merged(value)
            if "key" in node and "range" in node:
                found.append(
                    str(node["range"].get("key", node["key"])) if isinstance(node["range"], dict) else str(node["key"])
                )
        elif isinstance(node, list):
            for each in node:
                merged(each)

    if "index_merge" in table:
        merged(table["index_merge"])
    filtered = table.get("rowid_filter")
    if isinstance(filtered, dict) and isinstance(filtered.get("range"), dict) and filtered["range"].get("key"):
        found.append(str(filtered["range"]["key"]))
    return found
