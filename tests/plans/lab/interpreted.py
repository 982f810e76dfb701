"""Whether two plans say the same, where their formats can: the counterpart of `compare` for `Plan`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from advisor.model.plan import Plan, PlanNode

#: Where a node stands in its text, and how its engine called it, are the text's own. ``relationship`` is not here:
#: text leaves it out and must infer it rightly.
_OF_THE_TEXT = ("line",)
#: ``disabled`` too: before 18 the penalty in the costs tells.
_COSTS = ("cost_startup", "cost_total", "rows_estimated", "width", "disabled")
#: Of a node: without VERBOSE text prints no uniqueness; counters of zero are left out of text.
_ZERO_OR_NONE = (
    "removed", "buffers", "io_ms", "wal", "cache", "exact_blocks", "lossy_blocks", "subplans_removed", "disk_kb",
    "batches_planned", "extra", "loops", "rows_actual", "time_first_ms", "time_last_ms", "index_searches",
)  # fmt: skip
_OF_THE_PLAN = ("analyzed", "timed", "settings", "jit")


def plan_differences(one: Plan, other: Plan, *, without_costs: bool = False) -> Iterator[str]:
    """Every difference between the plans read from two texts of one execution."""
    for name in _OF_THE_PLAN:
        left, right = getattr(one, name), getattr(other, name)
        if left != right and not (name == "jit" and None in (left, right)):
            yield f"plan.{name}: {left!r} != {right!r}"
    if [node.id for node in one.nodes] != [node.id for node in other.nodes]:
        yield f"nodes {[node.id for node in one.nodes]} != {[node.id for node in other.nodes]}"
        return
    text = "text" in (one.format, other.format)
    for mine, theirs in zip(one.nodes, other.nodes, strict=True):
        for name in PlanNode.__struct_fields__:
            if name in _OF_THE_TEXT or (without_costs and name in _COSTS):
                continue
            left, right = getattr(mine, name), getattr(theirs, name)
            if name == "inner_unique" and text and None in (left, right):
                continue
            if name == "workers" and without_costs:  # compared in the documents, less their JIT
                left, right = [worker.number for worker in left], [worker.number for worker in right]
            if name in _ZERO_OR_NONE and (text or without_costs):
                left, right = _without_zeros(left, without_costs), _without_zeros(right, without_costs)
            if name == "function" and text and {left, right} == {None, mine.alias}:
                continue  # "Function Scan on x" does not say whether x is the function or an alias
            if left != right:
                yield f"{mine.id} .{name}: {left!r} != {right!r}"


def _without_zeros(value: Any, without_costs: bool) -> Any:
    if isinstance(value, Mapping):
        kept = {key: _without_zeros(inner, without_costs) for key, inner in value.items()}
        if without_costs:
            for key in ("Planned Partitions", "Foreign File Size", "JIT"):
                kept.pop(key, None)
        if kept.get("Alias") == kept.get("Relation Name"):
            kept.pop("Alias", None)  # of a target table
        return {key: inner for key, inner in kept.items() if inner is not None}
    if isinstance(value, list):
        return [_without_zeros(inner, without_costs) for inner in value]
    return None if value is False or (isinstance(value, int | float) and value == 0) else value


def as_builtins(plan: Plan) -> Any:
    """All of a plan but its document, for comparing two readings of one text."""
    return msgspec.to_builtins(msgspec.structs.replace(plan, document=None, warnings=[]))
