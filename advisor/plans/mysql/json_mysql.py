"""MySQL's words in the JSON of nested selects (version 1): what sorts, groups and keeps rows around the join."""

from __future__ import annotations

from typing import Any

from advisor.model.plan import Operator
from advisor.plans.branch import Branch
from advisor.plans.mysql.joins import Step, plain
from advisor.plans.mysql.json_blocks import Content, Handler, Walk, take
from advisor.plans.mysql.json_mariadb import union_result
from advisor.plans.mysql.repair import Members


def _around(operator: Operator | None, raw: str) -> Handler:
    """An operation around others: a node of its own (or none), above a sort and a temporary table as flagged."""

    def handle(walk: Walk, value: Any, line: int) -> list[Step]:
        content = walk.content(value) if isinstance(value, Members) else Content([], {})
        values = content.values
        tree = content.tree
        chain: list[Branch] = []
        if operator is not None:
            chain.append(plain(operator, raw, line))
        if values.get("using_filesort"):
            chain.append(plain("sort", raw if operator is None else "filesort", line))
        if values.get("using_temporary_table"):
            chain.append(plain("temporary_table", raw if not chain else "temporary_table", line))
        for inner in reversed(chain):
            if tree is not None:
                inner.grow(tree, "outer")
            tree = inner
        if tree is None:
            return []
        if operator == "group" and not values.get("using_filesort") and not values.get("using_temporary_table"):
            tree.node.strategy = "sorted"  # rows come in the order of an index
        if chain:
            tree.node.extra.update(values)
        else:
            tree.node.extra.setdefault(raw, values)
        return [Step(content.hang(tree))]

    return handle


def windowing(walk: Walk, value: Any, line: int) -> list[Step]:
    """Window functions, one window above the other."""
    content = walk.content(value) if isinstance(value, Members) else Content([], {})
    values = content.values
    tree = content.tree
    for one in take(values, "windows") or [{}]:
        window = dict(one) if isinstance(one, dict) else {}
        if window.get("using_filesort"):
            sort = plain("sort", "filesort", line, sort_keys=_strings(window.pop("filesort_key", None)))
            if tree is not None:
                sort.grow(tree, "outer")
            tree = sort
        if window.get("using_temporary_table"):
            kept = plain("temporary_table", "temporary_table", line)
            if tree is not None:
                kept.grow(tree, "outer")
            tree = kept
        top = plain("window", "windowing", line, output=_strings(window.pop("functions", None)), extra=window)
        if tree is not None:
            top.grow(tree, "outer")
        tree = top
    assert tree is not None
    tree.node.extra.update(values)
    return [Step(content.hang(tree))]


def _strings(value: Any) -> tuple[str, ...]:
    return tuple(str(one) for one in value) if isinstance(value, list) else ()


def duplicates_removal(walk: Walk, value: Any, line: int) -> list[Step]:
    """DISTINCT; inside a join, a semijoin whose duplicates are thrown away by row id."""
    return _around("distinct", "duplicates_removal")(walk, value, line)


def materialized_from_subquery(walk: Walk, value: Any, line: int) -> list[Step]:
    """What fills a derived table; ``sharing_temporary_table_with`` names the select that did it already."""
    del line
    content = walk.content(value) if isinstance(value, Members) else Content([], {})
    if content.tree is None:
        return []
    content.tree.node.extra.update({"materialized": True, **content.values})
    return [Step(content.hang(content.tree))]


def insert_from(walk: Walk, value: Any, line: int) -> list[Step]:
    """What an INSERT ... SELECT reads."""
    del line
    content = walk.content(value) if isinstance(value, Members) else Content([], {})
    if content.tree is None:
        return []
    content.tree.node.extra.update(content.values)
    return [Step(content.hang(content.tree))]


OPERATIONS: dict[str, Handler] = {
    "ordering_operation": _around(None, "ordering_operation"),
    "grouping_operation": _around("group", "grouping_operation"),
    "duplicates_removal": duplicates_removal,
    "buffer_result": _around(None, "buffer_result"),
    "windowing": windowing,
    "materialized_from_subquery": materialized_from_subquery,
    "insert_from": insert_from,
    "union_result": union_result,
    "intersect_result": union_result,
    "except_result": union_result,
    "unary_result": union_result,
}
