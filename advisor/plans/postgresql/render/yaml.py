"""A document in FORMAT YAML, laid out as the server does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from advisor.plans.postgresql.document import Document
from advisor.plans.postgresql.keys import Key, key_of
from advisor.plans.postgresql.render.layout import number, statement

_quoted = json.JSONEncoder(ensure_ascii=False).encode


def render(document: Document) -> str:
    """EXPLAIN's sequence of one statement; auto_explain's mapping when the document has a Query Text."""
    keys = statement(document)
    if "Query Text" in keys:
        return "".join(_lines(keys, "", "")) + "\n"
    return "- " + "".join(_lines(keys, "  ", "")) + "\n"


def _lines(keys: dict[str, Any], indent: str, separator: str) -> Iterator[str]:
    """``separator`` stands before the first key: nothing, for what begins in a line already."""
    stack: list[tuple[Iterator[tuple[str | None, Any]], str, str]] = [(iter(keys.items()), "plan", indent)]
    while stack:
        members, table, indent = stack[-1]
        for name, value in members:
            yield separator
            separator = "\n" + indent
            if name is None and isinstance(value, dict) and value:
                yield "- "
                stack.append((iter(value.items()), table, indent + "  "))
                separator = ""
                break
            key = key_of(table, name) if name is not None else None
            label = f"{name}: " if name is not None else "- "
            if isinstance(value, dict | list) and name is not None:
                yield label
                inner = key.members if key is not None else ""
                below = value.items() if isinstance(value, dict) else ((None, element) for element in value)
                stack.append((iter(below), inner, indent + "  "))
                separator = "\n" + indent + "  "
                break
            yield label + _scalar(value, key)
        else:
            stack.pop()
            if stack:
                separator = "\n" + stack[-1][2]


def _scalar(value: Any, key: Key | None) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(element, None) for element in value) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    return "null" if value is None else number(value, key)
