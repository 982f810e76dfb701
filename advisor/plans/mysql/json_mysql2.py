"""MySQL's JSON of operators (``explain_json_format_version=2``, 8.3 on): FORMAT=TREE with keys.

The tree stands in ``inputs``, with what for in ``heading``; subqueries of a select list stand in
``inputs_from_select_list``. Newer servers wrap it in ``query_plan``.
"""

from __future__ import annotations

from typing import Any

from advisor.model.engine import Engine
from advisor.model.plan import Plan, PlanWarning
from advisor.plans.branch import numbered
from advisor.plans.errors import PlanError
from advisor.plans.mysql.repair import Members, plain
from advisor.plans.mysql.tree import Draft, grown


def read_operators(document: Members) -> Plan:
    """The plan of one document."""
    wrapped = document.get("query_plan")
    top = wrapped if isinstance(wrapped, Members) else document
    outside = {name: plain(value) for name, value in document.pairs if value is not top} if top is not document else {}
    if top is document:
        for name in ("query", "query_type", "json_schema_version"):
            if name in document:
                outside[name] = document.get(name)
    if "operation" not in top:
        raise PlanError(f"line {top.line}: the query plan names no operation. Paste it whole.")
    warnings: list[PlanWarning] = []
    nodes = numbered(grown(_drafts(top), warnings))
    analyzed = any(node.loops is not None or node.never_executed for node in nodes)
    query = outside.pop("query", None)
    return Plan(
        engine=Engine("mysql"),
        format="json",
        nodes=nodes,
        analyzed=analyzed,
        timed=any(node.time_last_ms is not None for node in nodes),
        query=query if isinstance(query, str) else None,
        extra=outside,
        warnings=warnings,
    )


_BELOW = ("inputs", "inputs_from_select_list")
_OUTSIDE = frozenset({"query", "query_type", "json_schema_version", "heading", *_BELOW})


def _drafts(top: Members) -> list[Draft]:
    """The objects as the lines of FORMAT=TREE: a heading is a line above, a select list's subqueries are siblings."""
    roots: list[Draft] = []
    waiting: list[tuple[Members, Draft]] = []
    _place(top, roots, waiting)
    while waiting:
        one, draft = waiting.pop()
        for child in _objects(one.get("inputs")):
            _place(child, draft.children, waiting)
    return roots


def _place(one: Members, siblings: list[Draft], waiting: list[tuple[Members, Draft]]) -> None:
    draft = Draft(str(one.get("operation") or ""), one.line)
    draft.keys = {name: plain(value) for name, value in one.pairs if name not in _OUTSIDE}
    heading = one.get("heading")
    if isinstance(heading, str):
        head = Draft(heading, one.line)
        siblings.append(head)
        siblings = head.children
    siblings.append(draft)
    waiting.append((one, draft))
    for child in _objects(one.get("inputs_from_select_list")):
        _place(child, siblings, waiting)


def _objects(value: Any) -> list[Members]:
    return [one for one in value if isinstance(one, Members)] if isinstance(value, list) else []
