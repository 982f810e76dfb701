"""Reads PostgreSQL's FORMAT JSON: EXPLAIN's array, auto_explain's object, or a bare node."""

from __future__ import annotations

import json
import re
from typing import Any

from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql.assemble import Lines, documents, first
from advisor.plans.postgresql.document import Document
from advisor.plans.postgresql.loose_json import parse

_HALF = re.compile(r"\\u[dD][89a-fA-F]")
_NODE_TYPE = re.compile(r'"Node Type"\s*:')


def read(excerpt: Excerpt) -> Document:
    """The first plan of the text. Raises PlanError when there is none."""
    return first(read_all(excerpt), excerpt)


def read_all(excerpt: Excerpt) -> list[Document]:
    """A plan for each statement: a query that rules rewrote into several has several in one array. Raises PlanError."""
    value, lines = _strict(excerpt.text)
    if value is None:
        value, lines = parse(excerpt)
    found = documents(value, lines, excerpt, "json")
    found[0].warnings.extend(excerpt.warnings)
    return found


class _TwiceError(ValueError):
    """A key stands twice in one object."""


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    made = dict(pairs)
    if len(made) != len(pairs):
        raise _TwiceError
    return made


def _strict(text: str) -> tuple[Any, Lines]:
    """Value and lines of the nodes when the text is JSON without a flaw, else None."""
    if _HALF.search(text):
        return None, {}
    try:
        value = json.loads(text, object_pairs_hook=_object)
    except (ValueError, RecursionError):
        return None, {}
    return (value, _lines(text, value)) if isinstance(value, dict | list) else (None, {})


def _lines(text: str, value: object) -> Lines:
    """A node stands where its "Node Type" does. Those are met in the order of the text."""
    lines: Lines = {}
    matches = _NODE_TYPE.finditer(text)
    line = position = 0
    # iterators over values, innermost last: the order of the text, whatever the order of the keys
    open_: list[Any] = [iter([("", value)])]
    owners: list[Any] = [None]
    while open_:
        entry = next(open_[-1], None)
        if entry is None:
            open_.pop()
            owners.pop()
            continue
        name, inner = entry
        if name == "Node Type":
            match = next(matches, None)
            if match is None:
                return {}
            line += text.count("\n", position, match.start())
            position = match.start()
            lines[id(owners[-1])] = line
        elif isinstance(inner, dict):
            open_.append(iter(inner.items()))
            owners.append(inner)
        elif isinstance(inner, list):
            open_.append(iter([("", element) for element in inner if isinstance(element, dict | list)]))
            owners.append(inner)
    return lines
