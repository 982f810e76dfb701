"""Two plans of one query, node by node: what is done otherwise, and what that costs or saves."""

from __future__ import annotations

import re
from typing import Any, Literal

import msgspec

from advisor.fingerprint import identify
from advisor.model.engine import dialect_of
from advisor.model.plan import Plan, PlanNode
from advisor.plans.align import Relations, align, role
from advisor.plans.changes import FieldChange, NodeChange, PlanDiff
from advisor.plans.fingerprint import fingerprint
from advisor.plans.headline import headline
from advisor.plans.measures import PlanMeasures
from advisor.plans.metrics import measure

__all__ = ["compare"]

#: Fields that make another operation.
_OPERATION = (
    "operator",
    "relation",
    "index",
    "access",
    "join_type",
    "strategy",
    "partial_mode",
    "parallel",
    "backward",
    "covering",
    "operation",
)
#: Fields that are figures.
_FIGURES = (
    "rows_estimated",
    "rows_actual",
    "loops",
    "cost_total",
    "time_last_ms",
    "never_executed",
    "removed",
    "buffers",
    "sort_method",
    "memory_kb",
    "disk_kb",
    "batches",
    "heap_fetches",
    "workers_launched",
)


def compare(a: Plan, b: Plan) -> PlanDiff:
    """What became of ``a`` in ``b``. Neither is altered; literals stand as they were printed."""
    before, after = measure(a), measure(b)
    times = a.timed and b.timed
    costs = a.engine.name == b.engine.name
    nodes = _changes(a, b, before, after, times, costs)
    diff = PlanDiff(
        same_query=_same_query(a, b),
        same_plan=fingerprint(a) == fingerprint(b),
        total_ms_before=before.total_ms,
        total_ms_after=after.total_ms,
        cost_before=_whole_cost(before),
        cost_after=_whole_cost(after),
        comparable=_why_not(a, b),
        nodes=tuple(nodes),
    )
    return msgspec.structs.replace(diff, headline=headline(diff, a, b))


def _whole_cost(measures: PlanMeasures) -> float | None:
    costs = [of.cost_self for of in measures.nodes.values() if of.cost_self is not None]
    return sum(costs) if costs else None


def _same_query(a: Plan, b: Plan) -> bool | None:
    if a.query is None or b.query is None:
        return None
    one = identify(a.query, dialect_of(a.engine.name))
    two = identify(b.query, dialect_of(b.engine.name))
    return one.fingerprint == two.fingerprint


def _why_not(a: Plan, b: Plan) -> str | None:
    if a.engine.name != b.engine.name:
        return f"a plan of {a.engine.name} and one of {b.engine.name}: their costs are of different units"
    if a.analyzed != b.analyzed:
        which = "before" if b.analyzed else "after"
        return f"the plan {which} was not executed (costs alone can be compared)"
    if a.analyzed and a.timed != b.timed:
        which = "before" if b.timed else "after"
        return f"the plan {which} has no times of nodes (TIMING OFF)"
    return None


def _changes(a: Plan, b: Plan, before: PlanMeasures, after: PlanMeasures, times: bool, costs: bool) -> list[NodeChange]:
    pairs = align(a, b)
    one, two = Relations(a), Relations(b)
    back = {there: here for here, there in pairs.items()}

    def sides(x: PlanNode, y: PlanNode) -> list[FieldChange]:
        """A join that reads another side first."""
        outer_x, outer_y = _outer(a, x), _outer(b, y)
        if role(x) != "join" or outer_x is None or outer_y is None or one.sign[outer_x.id] == two.sign[outer_y.id]:
            return []
        return [FieldChange("outer", sorted(one.names(outer_x)), sorted(two.names(outer_y)))]

    def change(x: PlanNode | None, y: PlanNode | None) -> NodeChange:
        m = before.nodes[x.id] if x is not None else None
        n = after.nodes[y.id] if y is not None else None
        fields: tuple[FieldChange, ...] = ()
        status: Literal["same", "numbers", "changed", "added", "removed"]
        if x is None or y is None:
            status = "added" if x is None else "removed"
        else:
            operation, figures = _operation(x, y), _figures(x, y)
            operation += sides(x, y)
            fields = (*operation, *figures)
            status = "changed" if operation else "numbers" if figures else "same"
        if a.analyzed and b.analyzed:
            rows = _delta(m.rows_total if m else None, n.rows_total if n else None, x, y)
        else:
            rows = _delta(x.rows_estimated if x else None, y.rows_estimated if y else None, x, y)
        spent = _delta(m.self_ms if m else None, n.self_ms if n else None, x, y)
        cost = _delta(m.cost_self if m else None, n.cost_self if n else None, x, y)
        return NodeChange(
            before=x.id if x else None,
            after=y.id if y else None,
            status=status,
            changes=fields,
            self_ms_delta=spent if times else None,
            cost_self_delta=cost if costs else None,
            rows_delta=rows,
        )

    # What was removed is told after the last node before it that is still there.
    gone: dict[str | None, list[PlanNode]] = {}
    last: str | None = None
    for node in a.nodes:
        if node.id in pairs:
            last = pairs[node.id]
        else:
            gone.setdefault(last, []).append(node)
    told = [change(node, None) for node in gone.get(None, ())]
    for node in b.nodes:
        here = back.get(node.id)
        told.append(change(a.by_id[here] if here is not None else None, node))
        told.extend(change(removed, None) for removed in gone.get(node.id, ()))
    return told


def _delta(before: float | None, after: float | None, x: PlanNode | None, y: PlanNode | None) -> float | None:
    if x is None:
        return after
    if y is None:
        return None if before is None else -before
    return None if before is None or after is None else after - before


def _outer(plan: Plan, join: PlanNode) -> PlanNode | None:
    below = plan.children[join.id]
    return next((child for child in below if child.relationship == "outer"), None)


def _operation(x: PlanNode, y: PlanNode) -> list[FieldChange]:
    changes: list[FieldChange] = []
    for name in _OPERATION:
        _note(changes, name, getattr(x, name), getattr(y, name))
    if x.operator == y.operator:
        for name in ("sort_keys", "presorted_keys", "group_keys"):
            if [_words(key) for key in getattr(x, name)] != [_words(key) for key in getattr(y, name)]:
                _note(changes, name, getattr(x, name), getattr(y, name))
    for kind in dict.fromkeys((*x.predicates, *y.predicates)):
        here, there = x.predicates.get(kind), y.predicates.get(kind)
        if _words(here or "") != _words(there or ""):
            _note(changes, "index_condition" if kind == "index" else kind, here, there)
    return changes


def _figures(x: PlanNode, y: PlanNode) -> list[FieldChange]:
    changes: list[FieldChange] = []
    for name in _FIGURES:
        _note(changes, name, getattr(x, name), getattr(y, name))
    return changes


_LITERAL = re.compile(r"'(?:[^']|'')*'|\(InitPlan \d+\)\.col\d+|\$\d+|\b\d[\w.]*")
_QUALIFIER = re.compile(r"""(?:"(?:[^"]|"")*"|\b[^\W\d]\w*)\.(?=["\w])""")
_WORD = re.compile(r"\w+|[^\w\s()]+")


def _words(text: str) -> list[str]:
    """An expression without literals, qualifiers (VERBOSE prints more of them) and order (a = b, b = a)."""
    return sorted(_WORD.findall(_QUALIFIER.sub("", _LITERAL.sub("?", text))))


def _note(changes: list[FieldChange], name: str, before: Any, after: Any) -> None:
    if before != after:
        changes.append(FieldChange(name, before, after))
