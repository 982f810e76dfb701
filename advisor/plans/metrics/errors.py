"""Errors of estimates (q-errors), like with like, and where they begin.

What PostgreSQL prints below a Gather: the estimate of a partial path is of one participant, the rows of the whole
divided by a divisor in which the leader counts for less than a worker; the actual rows are the average of the
participants, the leader among them. Both are brought to the whole. A node that every worker runs in full (the inner
side of a nested loop, a hash table that is not shared, groups that each worker makes of its own part) is compared
loop by loop, as everywhere else.

MySQL and MariaDB estimate and count the rows of a table before its condition, with the share that passes: what passes
is compared.
"""

from __future__ import annotations

from advisor.model.plan import PlanNode
from advisor.plans.measures import NodeMeasures, PlanMeasures
from advisor.plans.metrics.charges import cte_scans
from advisor.plans.metrics.participants import Sharing, divisor
from advisor.plans.metrics.rows import has_fractions, loop_bounds
from advisor.plans.metrics.tree import Tree

# (A window with a run condition stops early by itself, which the planner does not reckon with.)
# What these print as rows is no estimate, or no count: a bitmap of several indexes has none, a write without
# RETURNING gives none.
_UNCOUNTED = frozenset({"bitmap_and", "bitmap_or", "modify", "query"})
_JOINS = frozenset({"nested_loop", "hash_join", "merge_join", "block_nested_loop"})
#: What would have been chosen, or sized, otherwise had the estimate been right.
_CHOICES = _JOINS | {
    "sort",
    "incremental_sort",
    "aggregate",
    "group",
    "distinct",
    "window",
    "set_op",
    "materialize",
    "memoize",
    "hash",
    "temporary_table",
}

NOTABLE = 10.0
_FEWEST = 100.0


def fill(measures: PlanMeasures, tree: Tree, shared: dict[str, Sharing]) -> None:
    """Fill in q_error, underestimated, introduced_error and the plan's root_cause."""
    fractions = has_fractions(tree.plan)
    partial = _partial(tree, shared)
    for node in tree.nodes:
        of = measures.nodes[node.id]
        if of.stopped_early or node.never_executed or node.operator in _UNCOUNTED or "run" in node.predicates:
            continue
        pair = _compared(tree, node, shared[node.id], node.id in partial, fractions)
        if pair is None or _reread(tree, node, pair):
            continue
        estimate, low, high = pair
        of.q_error, of.underestimated = _error(estimate, low, high)
    # The greatest error among the nearest nodes below that have one.
    below: dict[str, float] = {}
    read = {scan.id: definition for definition, scans in cte_scans(tree).items() for scan in scans}
    for node in reversed(tree.nodes):
        of = measures.nodes[node.id]
        worst = 1.0
        if node.id in read:
            worst = max(worst, measures.nodes[read[node.id]].q_error or 1.0)
        for child in tree.data[node.id]:
            if child.operator == "bitmap_index_scan":
                continue  # one table, one error: the heap scan answers for both
            known = measures.nodes[child.id].q_error
            worst = max(worst, known if known is not None else below[child.id])
        below[node.id] = worst
        if of.q_error is not None:
            of.introduced_error = of.q_error / worst
    measures.root_cause = _root_cause(measures, tree)


def _error(estimate: float, low: float, high: float) -> tuple[float, bool | None]:
    estimate, low, high = max(estimate, 1.0), max(low, 1.0), max(high, 1.0)
    if estimate < low:
        return low / estimate, True
    if estimate > high:
        return estimate / high, False
    return 1.0, None


def _compared(
    tree: Tree, node: PlanNode, sharing: Sharing, partial: bool, fractions: bool
) -> tuple[float, float, float] | None:
    """Estimate, and bounds of what came; None where one is missing."""
    if node.rows_estimated is None or node.rows_actual is None or node.loops == 0:
        return None
    estimate = node.rows_estimated
    low, high = loop_bounds(node, fractions, tree.plan)
    if node.filtered_estimated is not None and node.filtered_actual is not None:
        estimate *= node.filtered_estimated
        low *= node.filtered_actual
        high *= node.filtered_actual
    gather = sharing.gather
    if partial and gather is not None:
        below = tree.outer(gather)
        loops = (node.loops or 1.0) / (gather.loops or 1.0)
        return estimate * divisor(gather, below), low * loops, high * loops
    return estimate, low, high


def _partial(tree: Tree, shared: dict[str, Sharing]) -> set[str]:
    """Nodes whose rows are divided among the participants: what shares a pass, and what is made of it row by row."""
    found: set[str] = set()
    for node in reversed(tree.nodes):
        if shared[node.id].gather is None or node.operator in ("gather", "gather_merge"):
            continue
        if node.parallel:
            found.add(node.id)
            continue
        if node.operator in ("aggregate", "group", "distinct", "limit", "memoize"):
            continue
        if node.operator in ("append", "merge_append"):
            if any(child.id in found for child in tree.data[node.id]):
                found.add(node.id)
            continue
        outer = tree.outer(node)
        if outer is not None and outer.id in found:
            found.add(node.id)
    return found


def _reread(tree: Tree, node: PlanNode, pair: tuple[float, float, float]) -> bool:
    """The inner side of a merge join goes back to where a group of equal keys began, and counts those rows again."""
    estimate, low, _ = pair
    if low <= estimate or node.parent is None:
        return False
    parent = tree.by_id[node.parent]
    if parent.operator == "materialize" and parent.parent is not None:
        return False
    return parent.operator == "merge_join" and tree.inner(parent) is node and parent.inner_unique is not True


def _root_cause(measures: PlanMeasures, tree: Tree) -> str | None:
    best: tuple[float, int] | None = None
    cause = None
    recursive = _recursive(tree)
    for node in tree.nodes:
        of = measures.nodes[node.id]
        if (
            node.operator == "bitmap_index_scan"
            or node.id in recursive
            or not _notable(node, of)
            or not _decides(measures, tree, node)
        ):
            continue
        key = (of.introduced_error or 0.0, of.depth)
        if best is None or key > best:
            best, cause = key, node.id
    return cause


def _notable(node: PlanNode, of: NodeMeasures) -> bool:
    if of.q_error is None or of.introduced_error is None or min(of.q_error, of.introduced_error) < NOTABLE:
        return False
    return max(of.rows_total or 0.0, (node.rows_estimated or 0.0) * (node.loops or 1.0)) >= _FEWEST


def _recursive(tree: Tree) -> set[str]:
    """What reads the rows of the step before: what a recursion will come to cannot be estimated, the planner takes ten
    times its start."""
    found: set[str] = set()
    for node in reversed(tree.nodes):
        if node.operator == "work_table_scan" or any(
            child.id in found and child.operator != "recursive_union" for child in tree.data[node.id]
        ):
            found.add(node.id)
    return found


def _decides(measures: PlanMeasures, tree: Tree, node: PlanNode) -> bool:
    """The error reaches a node above that would have been chosen or sized by it."""
    for above in tree.ancestors(node):
        if above.operator in _CHOICES and above.strategy != "plain":  # a plain aggregate is done in one way only
            return True
        error = measures.nodes[above.id].q_error
        if error is not None and error < NOTABLE:
            return False
    return False
