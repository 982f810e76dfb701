"""Which nodes may have been stopped before they had given all their rows.

Their row counts say nothing about the estimate. Rather too many are named than too few; but where the plan shows that
a node was read to its end (a Sort that gave all it had sorted, a Limit that did not get what it asked for), it is
left out.

It begins at a Limit, on the inner side of a semi join, an anti join or a join on a unique key (the first match ends
the search), in a merge join (the end of one side ends both), in a hash join with nothing to probe, in a window with a
run condition, and in a subplan (EXISTS and ANY stop at the first row). It goes down to every child that hands rows on
as it gets them, and ends at what must see all of its input first: Sort, Hash, hashed and plain aggregates, a bitmap.
"""

from __future__ import annotations

from collections.abc import Iterator

from advisor.model.plan import PlanNode
from advisor.plans.metrics.charges import cte_scans
from advisor.plans.metrics.tree import Tree, ran
from advisor.plans.metrics.unseen import cut_by_unseen_limits

_BLOCKING = frozenset(
    {"sort", "hash", "bitmap_heap_scan", "bitmap_and", "bitmap_or", "temporary_table", "modify", "recursive_union"}
)
_DEMAND = frozenset({"init_plan", "sub_plan"})


def stopped_early(tree: Tree) -> set[str]:
    """Ids of nodes that ran and may have been stopped."""
    found: set[str] = set()
    for node in tree.nodes:
        if node.relationship in _DEMAND or node.parent is None:
            _descend(tree, node, node.parent is not None and _may_stop(tree, node), found)
    scans = cte_scans(tree)
    for node in _readers_first(tree, scans):
        # A CTE is read to its end where one of its scans is.
        read = [scan for scan in scans[node.id] if ran(scan)]
        stopped = bool(read) and all(scan.id in found for scan in read) and node.operator != "modify"
        _descend(tree, node, stopped and not _same_rows(node, read), found)
    found.update(cut_by_unseen_limits(tree))
    return {node_id for node_id in found if not tree.by_id[node_id].never_executed}


def _readers_first(tree: Tree, scans: dict[str, list[PlanNode]]) -> list[PlanNode]:
    """CTEs, each after those that read it. (In a circle, which no server prints, they are left out.)"""
    holder: dict[str, str | None] = {}  # the CTE that a node stands in
    for node in tree.nodes:
        above = None if node.parent is None else holder[node.parent]
        holder[node.id] = node.id if node.relationship == "cte" else above
    waits: dict[str, set[str]] = {}
    reads: dict[str, list[str]] = {}
    for definition, readers in scans.items():
        inside = {holder[scan.id] for scan in readers}
        waits[definition] = {name for name in inside if name is not None}
        for name in waits[definition]:
            reads.setdefault(name, []).append(definition)
    order = [definition for definition, on in waits.items() if not on]
    for name in order:  # grows while it is read
        for definition in reads.get(name, ()):
            waits[definition].discard(name)
            if not waits[definition]:
                order.append(definition)
    return [tree.by_id[name] for name in order]


def _same_rows(definition: PlanNode, scans: list[PlanNode]) -> bool:
    """It is known to have ended: nobody can tell from rows alone, so it never is, unless it gave none."""
    return definition.rows_actual == 0 and all(scan.rows_actual == 0 for scan in scans)


def _may_stop(tree: Tree, plan: PlanNode) -> bool:
    """An InitPlan or SubPlan may be an EXISTS. Hashed subplans are read whole."""
    if plan.operator == "aggregate" and not plan.group_keys:
        return False  # it has one row, and has read all for it
    return plan.id not in tree.hashed


def _descend(tree: Tree, top: PlanNode, stopped: bool, found: set[str]) -> None:
    """Mark what can be stopped below ``top``, along rows."""
    stack = [(top, stopped)]
    while stack:
        node, early = stack.pop()
        if early:
            found.add(node.id)
        stack.extend(_below(tree, node, early))


def _below(tree: Tree, node: PlanNode, early: bool) -> Iterator[tuple[PlanNode, bool]]:
    below = tree.data[node.id]
    if node.operator in ("nested_loop", "hash_join", "merge_join", "block_nested_loop") and len(below) >= 2:
        outer, inner = tree.outer(node), tree.inner(node)
        for child in below:
            if child is outer:
                yield child, _outer_stops(tree, node, inner, early)
            elif child is inner:
                yield child, _inner_stops(tree, node, inner, early)
            else:
                yield child, early
        return
    if node.operator == "limit":
        stops = early or _limit_stops(node, below)
    elif node.operator in _BLOCKING or (
        node.operator in ("aggregate", "distinct", "set_op") and node.strategy in ("plain", "hashed", "mixed")
    ):
        stops = False
    elif node.operator == "window" and "run" in node.predicates:
        stops = True
    else:
        stops = early
    for child in below:
        yield child, stops and not _ended(tree, node, child)


def _limit_stops(limit: PlanNode, below: list[PlanNode]) -> bool:
    """A Limit that got fewer rows than it asks for has read to the end."""
    if not below or limit.rows_actual is None:
        return True
    asked = limit.limit_offset[0]
    if asked is not None:
        return limit.rows_actual >= asked
    estimated, whole = limit.rows_estimated, below[0].rows_estimated
    if estimated is None or whole is None:
        return True
    # PostgreSQL does not print the limit: it is the estimate, or more where the child was expected to give less. A
    # limit that is not known when planning counts as a tenth of the child's rows.
    if abs(estimated - whole / 10) <= 1:
        return True
    return limit.rows_actual >= estimated


def _ended(tree: Tree, parent: PlanNode, child: PlanNode) -> bool:
    """The parent has all the child's rows, and the child had no more: a Sort that gave all that it had sorted."""
    if child.operator != "sort":
        return False
    below = tree.data[child.id]
    return (
        bool(below) and _total(child) is not None and _total(child) == _total(below[0]) and parent.operator != "limit"
    )


def _total(node: PlanNode) -> float | None:
    return None if node.rows_actual is None else node.rows_actual * (node.loops or 1.0)


def _outer_stops(tree: Tree, join: PlanNode, inner: PlanNode | None, early: bool) -> bool:
    if early:
        return True
    if join.operator == "hash_join":
        # Nothing to probe: an inner join asks for one row at most.
        empty = inner is not None and (inner.never_executed or inner.rows_actual == 0)
        return empty and join.join_type not in ("left", "full", "anti")
    if join.operator == "merge_join":
        outer = tree.outer(join)
        return join.join_type not in ("left", "full", "anti") and outer is not None and not _sorted_to_end(tree, outer)
    return False


def _inner_stops(tree: Tree, join: PlanNode, inner: PlanNode | None, early: bool) -> bool:
    if join.operator == "hash_join":
        return False if inner is not None and inner.operator == "hash" else early
    if join.operator == "merge_join":
        return early or (
            join.join_type not in ("right", "full", "right_anti")
            and inner is not None
            and not _sorted_to_end(tree, inner)
        )
    if join.join_type in ("semi", "anti") or join.inner_unique:
        return True
    if inner is None:
        return early
    # Printed by VERBOSE alone in text: a join that tests pairs one by one may stop at the first match.
    unknown = join.inner_unique is None and "join_filter" in join.predicates
    fewer = (
        inner.rows_actual is not None and inner.rows_estimated is not None and inner.rows_actual < inner.rows_estimated
    )
    # Of many loops only the last is cut short.
    return (early and (inner.loops or 1.0) < 10) or (unknown and fewer)


def _sorted_to_end(tree: Tree, side: PlanNode) -> bool:
    """A side of a merge join that is known to have been read to its end."""
    node: PlanNode | None = side
    while node is not None and node.operator == "materialize":
        node = tree.outer(node)
    if node is None or node.operator not in ("sort", "incremental_sort"):
        return False
    below = tree.outer(node)
    if below is None:
        return False
    gave, had = _total(node), _total(below)
    return gave is not None and had is not None and gave >= had
