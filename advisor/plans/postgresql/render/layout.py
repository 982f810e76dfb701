"""What JSON, YAML and XML share: the order of a statement's keys, and how numbers are printed."""

from __future__ import annotations

import math
from typing import Any

from advisor.plans.postgresql.document import Document, DocumentNode
from advisor.plans.postgresql.keys import DECIMALS, Key

#: Printed before the plan, by auto_explain.
_BEFORE = ("Query Text", "Query Parameters")


def statement(document: Document) -> dict[str, Any]:
    """All of a document as nested keys, in the order of the server."""
    keys = {name: document.keys[name] for name in _BEFORE if name in document.keys}
    keys["Plan"] = _tree(document.root)
    keys.update((name, value) for name, value in document.keys.items() if name not in _BEFORE)
    return keys


def _tree(root: DocumentNode) -> dict[str, Any]:
    top = dict(root.keys)
    pending = [(root, top)]
    while pending:
        node, keys = pending.pop()
        if node.children:
            below = [dict(child.keys) for child in node.children]
            keys["Plans"] = below
            pending.extend(zip(node.children, below, strict=True))
    return top


def number(value: Any, key: Key | None) -> str:
    """A number with the decimals that the server gives it, if these tell all of it."""
    if isinstance(value, float):
        if not math.isfinite(value):
            return "NaN" if math.isnan(value) else "Infinity" if value > 0 else "-Infinity"
        decimals = _decimals(key)
        if decimals is not None and float(shown := f"{value:.{decimals}f}") == value:
            return shown
        return repr(value)
    return str(value)


def _decimals(key: Key | None) -> int | None:
    if key is None:
        return None
    return DECIMALS["time"] if key.name == "Generation" else DECIMALS.get(key.kind)
