"""A document in FORMAT JSON, laid out as the server does."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from advisor.plans.postgresql.document import Document
from advisor.plans.postgresql.keys import Key, key_of
from advisor.plans.postgresql.render.layout import number, statement

#: escape_json of the server leaves what is not ASCII as it is.
_quoted = json.JSONEncoder(ensure_ascii=False).encode


def render(document: Document) -> str:
    """EXPLAIN's array of one statement; auto_explain's object when the document has a Query Text."""
    keys = statement(document)
    if "Query Text" in keys:
        return "{" + "".join(_members(keys, "plan", "\n  ")) + "\n}\n"
    return "[\n  {" + "".join(_members(keys, "plan", "\n    ")) + "\n  }\n]\n"


def _members(keys: dict[str, Any], table: str, start: str) -> Iterator[str]:
    # one generator a level would nest as deep as the plan: the open groups are kept here instead
    stack: list[tuple[Iterator[tuple[str | None, Any]], str, str, str]] = [(iter(keys.items()), table, start, "")]
    first = True
    while stack:
        members, table, start, end = stack[-1]
        for name, value in members:
            key = key_of(table, name) if name is not None else None
            label = f"{_quoted(name)}: " if name is not None else ""
            yield ("" if first else ",") + start + label
            first = False
            if isinstance(value, dict):
                inner = table if name is None else key.members if key is not None else ""
                yield "{"
                stack.append((iter(value.items()), inner, start + "  ", start + "}"))
                first = True
                break
            if isinstance(value, list) and (any(isinstance(e, dict | list) for e in value) or _grouped(key)):
                yield "["
                stack.append(
                    (((None, e) for e in value), key.members if key is not None else "", start + "  ", start + "]")
                )
                first = True
                break
            yield _scalar(value, key)
        else:
            stack.pop()
            if end:
                yield end
            first = False


def _grouped(key: Key | None) -> bool:
    return key is not None and key.kind in ("groups", "lists")


def _scalar(value: Any, key: Key | None) -> str:
    if isinstance(value, list):
        return "[" + ", ".join(_scalar(element, None) for element in value) + "]"
    if isinstance(value, str):
        return _quoted(value)
    if value is None or isinstance(value, bool):
        return json.dumps(value)
    return number(value, key)
