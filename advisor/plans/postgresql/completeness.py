"""Nodes whose inputs are missing: the text was cut, or a part of it was not copied."""

from __future__ import annotations

from typing import Final

from advisor.model.plan import Operator, Plan, PlanWarning

#: The least number of inputs; InitPlans, SubPlans and CTEs are none.
_INPUTS: Final[dict[Operator, int]] = {
    "nested_loop": 2,
    "hash_join": 2,
    "merge_join": 2,
    "recursive_union": 2,
    "hash": 1,
    "sort": 1,
    "incremental_sort": 1,
    "limit": 1,
    "aggregate": 1,
    "group": 1,
    "window": 1,
    "distinct": 1,
    "set_op": 1,
    "append": 1,
    "merge_append": 1,
    "materialize": 1,
    "memoize": 1,
    "gather": 1,
    "gather_merge": 1,
    "project": 1,
    "lock_rows": 1,
    "modify": 1,
    "bitmap_heap_scan": 1,
    "bitmap_and": 2,
    "bitmap_or": 1,
    "subquery_scan": 1,
}
_NO_INPUT = frozenset({"init_plan", "sub_plan", "cte"})


def missing_inputs(plan: Plan) -> list[PlanWarning]:
    """A warning for each node that has fewer inputs than its kind needs."""
    inputs: dict[str | None, int] = {}
    for node in plan.nodes:
        if node.relationship not in _NO_INPUT:
            inputs[node.parent] = inputs.get(node.parent, 0) + 1
    warnings = []
    for node in plan.nodes:
        found, needed = inputs.get(node.id, 0), _INPUTS.get(node.operator, 0)
        if found < needed and not node.subplans_removed:  # all of an Append's may be pruned
            words = (
                f"{node.raw_operator} has {found} of {needed} inputs"
                if needed > 1
                else f"{node.raw_operator} has no input"
            )
            line = node.line or plan.line or 1
            warnings.append(PlanWarning(line, f"{words}: the plan is cut off, or a part of it was not copied"))
    return warnings
