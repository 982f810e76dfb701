"""A document without the values that its conditions compare with."""

from __future__ import annotations

from typing import Any

from advisor.fingerprint import redact
from advisor.plans.postgresql.document import Document, DocumentNode

#: Texts that are words of the server or names, and hold no value. Every other text is taken for an expression.
_NAMES = (
    "Node Type|Strategy|Partial Mode|Operation|Parent Relationship|Subplan Name|Custom Plan Provider|Scan Direction"
    "|Index Name|Relation Name|Function Name|Table Function Name|CTE Name|Tuplestore Name|Schema|Alias|Join Type"
    "|Command|Sampling Method|Cache Mode|Storage|Conflict Resolution|Conflict Arbiter Indexes|Sort Method"
    "|Sort Space Type|Sort Methods Used|Trigger Name|Constraint Name|Relation|Relations|Format|Async Capable"
)
_KEPT = frozenset(_NAMES.split("|"))


def redacted(document: Document) -> Document:
    """A copy with every literal as ``?``; names, figures and structure stay."""
    root = DocumentNode(_keys(document.root.keys), [], document.root.line)
    stack = [(document.root, root)]
    while stack:
        given, made = stack.pop()
        for child in given.children:
            copy = DocumentNode(_keys(child.keys), [], child.line)
            made.children.append(copy)
            stack.append((child, copy))
    query = None if document.query is None else redact(document.query, "postgresql")
    return Document(root, _keys(document.keys), document.format, document.line, query, list(document.warnings))


def _keys(keys: dict[str, Any]) -> dict[str, Any]:
    return {name: value if name in _KEPT else _value(value) for name, value in keys.items()}


def _value(value: Any) -> Any:
    if isinstance(value, str):
        return redact(value, "postgresql")
    if isinstance(value, dict):
        return _keys(value)
    if isinstance(value, list):
        return [_value(item) for item in value]
    return value
