"""A document in FORMAT XML, laid out as the server does."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from advisor.plans.postgresql.document import Document
from advisor.plans.postgresql.keys import Key, key_of, tag
from advisor.plans.postgresql.render.layout import number, statement

#: escape_xml of the server.
_ESCAPES = str.maketrans({"&": "&amp;", "<": "&lt;", ">": "&gt;", "\r": "&#x0d;"})


def render(document: Document) -> str:
    """EXPLAIN's element of one query; auto_explain's, without <Query>, when the document has a Query Text."""
    keys = statement(document)
    head = '<explain xmlns="http://www.postgresql.org/2009/explain">'
    if "Query Text" in keys:
        return f"{head}{''.join(_lines(keys, chr(10) + '  '))}\n</explain>\n"
    return f"{head}\n  <Query>{''.join(_lines(keys, chr(10) + '    '))}\n  </Query>\n</explain>\n"


def _lines(keys: dict[str, Any], start: str) -> Iterator[str]:
    stack: list[tuple[Iterator[tuple[str, Any]], str, Key | None, str, str]] = [
        (iter(keys.items()), "plan", None, start, "")
    ]
    while stack:
        members, table, above, start, end = stack[-1]
        for name, value in members:
            key = key_of(table, name) if above is None else None
            element = tag(key.element or name) if key is not None else tag(name)
            if isinstance(value, dict):
                yield f"{start}<{element}>"
                inner = table if above is not None else key.members if key is not None else ""
                stack.append((iter(value.items()), inner, None, start + "  ", f"{start}</{element}>"))
                break
            if isinstance(value, list):
                yield f"{start}<{element}>"
                stack.append(
                    (
                        iter(_elements(value, key)),
                        key.members if key is not None else "",
                        _LISTED,
                        start + "  ",
                        f"{start}</{element}>",
                    )
                )
                break
            yield f"{start}<{element}>{_scalar(value, key)}</{element}>"
        else:
            stack.pop()
            yield end


_LISTED = Key("", "list")


def _elements(value: list[Any], key: Key | None) -> list[tuple[str, Any]]:
    item = key.item if key is not None else "Item"
    return [(item, element) for element in value]


def _scalar(value: Any, key: Key | None) -> str:
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, str):
        return value.translate(_ESCAPES)
    return "" if value is None else number(value, key)
