"""From nested keys and values, as JSON, YAML and XML give them, to documents."""

from __future__ import annotations

from typing import Any

from advisor.model.plan import PlanFormat, PlanWarning
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.postgresql.document import Document, DocumentNode
from advisor.plans.postgresql.keys import DEEPEST

Lines = dict[int, int]
"""Line of the excerpt (from 0) where a node begins, by the identity of its dictionary."""

_FORMS: dict[str, str] = {"json": "FORMAT JSON", "yaml": "FORMAT YAML", "xml": "FORMAT XML"}


def documents(value: object, lines: Lines, excerpt: Excerpt, form: PlanFormat) -> list[Document]:
    """One document a statement. ``value`` is a statement's dictionary, a node's, or a list of such.

    Raises PlanError when no plan is in it.
    """
    found: list[Document] = []
    for element in value if isinstance(value, list) else [value]:
        if isinstance(element, dict) and isinstance(element.get("Plan"), dict):
            found.append(_document(element, lines, excerpt, form))
        elif isinstance(element, dict) and "Node Type" in element:
            found.append(_document({"Plan": element}, lines, excerpt, form))
        elif element is not None:
            warn(excerpt, 0, "an element of the array holds no plan, it is left out", _shown(element))
    if not found:
        raise PlanError(
            f'line {excerpt.number(0)}: no plan of PostgreSQL in this {form.upper()} (no "Plan" with a "Node Type"); '
            f"give the whole output of EXPLAIN ({_FORMS[form]})"
        )
    return found


def first(found: list[Document], excerpt: Excerpt) -> Document:
    """The first plan, with a warning about the others."""
    document = found[0]
    for other in found[1:]:
        document.warnings.append(PlanWarning(other.line, "another plan begins here; only the first one was read"))
    return document


def warn(excerpt: Excerpt, index: int, text: str, quote: str | None = None) -> None:
    """Notes a warning for a line of the excerpt, counted from 0; ``quote`` is what stands there."""
    excerpt.warnings.append(PlanWarning(excerpt.number(index), text, quote[:80] if quote else None))


def too_deep(line: int) -> PlanError:
    """The error for a plan nested deeper than any that a server makes."""
    return PlanError(
        f"line {line}: the plan is nested deeper than {DEEPEST} levels; no server prints that, check the text"
    )


def _document(statement: dict[str, Any], lines: Lines, excerpt: Excerpt, form: PlanFormat) -> Document:
    warnings: list[PlanWarning] = []
    keys = {name: value for name, value in statement.items() if name != "Plan"}
    root = _nodes(statement["Plan"], lines, excerpt, warnings)
    return Document(root, keys, form, line=root.line, query=excerpt.query, warnings=warnings)


def _nodes(top: dict[str, Any], lines: Lines, excerpt: Excerpt, warnings: list[PlanWarning]) -> DocumentNode:
    root = _node(top, lines, excerpt, excerpt.number(0))
    if not isinstance(top.get("Node Type"), str):
        raise PlanError(f'line {root.line}: the plan has no "Node Type"; give the whole output of EXPLAIN')
    pending = [(top, root, 1)]
    while pending:
        keys, node, depth = pending.pop()
        below = keys.get("Plans")
        if below is None:
            continue
        if depth >= DEEPEST:
            raise too_deep(node.line)
        for child in below if isinstance(below, list) else [below]:
            if not isinstance(child, dict) or not isinstance(child.get("Node Type"), str):
                if child not in ({}, None):
                    warnings.append(
                        PlanWarning(node.line, f'a part of "Plans" is no node, it is left out: {repr(child)[:60]}')
                    )
                continue
            made = _node(child, lines, excerpt, node.line)
            node.children.append(made)
            pending.append((child, made, depth + 1))
    return root


def _node(keys: dict[str, Any], lines: Lines, excerpt: Excerpt, otherwise: int) -> DocumentNode:
    index = lines.get(id(keys))
    own = keys
    if "Plans" in keys:
        own = {name: value for name, value in keys.items() if name != "Plans"}
    return DocumentNode(own, line=otherwise if index is None else excerpt.number(index))


def _shown(value: object) -> str:
    """The beginning of a value; never the whole of a deep one."""
    return (
        ", ".join(map(str, value))[:80]
        if isinstance(value, dict)
        else str(value)[:80]
        if isinstance(value, str)
        else ""
    )
