"""A LIMIT that the plan does not show: MariaDB prints none, nor does MySQL outside of trees."""

from __future__ import annotations

import re

from advisor.model.plan import PlanNode
from advisor.plans.metrics.tree import Tree

_LIMIT = re.compile(r"\blimit\b", re.IGNORECASE)
#: Rows are sorted or kept before the first of them is given on: what is below is read to its end.
_KEEPS = frozenset({"sort", "temporary_table", "group", "window", "distinct", "modify", "set_op", "recursive_union"})


def cut_by_unseen_limits(tree: Tree) -> set[str]:
    """Ids of tables that gave fewer rows than expected, where a LIMIT may have ended the reading.

    That is a select's first table: later ones are read anew for each of its rows, so their averages tell.
    """
    plan = tree.plan
    if plan.engine.name not in ("mysql", "mariadb") or (plan.query is not None and not _LIMIT.search(plan.query)):
        return set()
    found: set[str] = set()
    for node in tree.nodes:
        if node.operator != "query" or not (plan.format == "tabular" or node.raw_operator == "query_block"):
            continue  # trees, and the JSON made of them, do print it
        last: PlanNode = node
        following: PlanNode | None = node
        while following is not None and following.operator not in _KEEPS:
            last = following
            below = tree.data[last.id]
            following = tree.outer(last) if len(below) > 1 else next(iter(below), None)
        if following is None and (last.rows_actual or 0) < (last.rows_estimated or 0):
            found.add(last.id)
    return found
