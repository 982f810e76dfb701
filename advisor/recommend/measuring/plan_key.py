"""Plans of PostgreSQL compared exactly: equal keys run the same, so one measurement serves them all."""

from __future__ import annotations

import json
from hashlib import blake2b
from typing import Any

#: What differs between two costings of one plan.
_NUMBERS = frozenset({"Startup Cost", "Total Cost", "Plan Rows", "Plan Width"})


def key_of(document: list[dict[str, Any]]) -> tuple[str, set[tuple[str | None, str]]]:
    """The key of EXPLAIN (VERBOSE, FORMAT JSON), and the indexes that it uses, with their schemas.

    Conditions and indexes are part of it, estimates are not.
    """
    indexes: set[tuple[str | None, str]] = set()

    def bare(node: Any, schema: str | None) -> Any:
        if isinstance(node, list):
            return [bare(each, schema) for each in node]
        if not isinstance(node, dict):
            return node
        own = node.get("Schema", schema)
        if "Index Name" in node:
            indexes.add((own, node["Index Name"]))
        return {name: bare(value, own) for name, value in node.items() if name not in _NUMBERS}

    plan = bare(document[0]["Plan"], None)
    text = json.dumps(plan, sort_keys=True)
    return blake2b(text.encode("utf-8", "surrogatepass"), digest_size=12).hexdigest(), indexes
