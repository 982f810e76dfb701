"""The chosen set without columns that hardly anything gains by.

A search takes a column for any gain, however small. Whoever owns the index later wants to know what each is there for.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import msgspec

from advisor.model.indexing import CurvePoint, IndexDefinition, Selected
from advisor.model.limits import LIMITS
from advisor.planners.errors import PlannerError
from advisor.recommend.advice.created import under
from advisor.recommend.advice.inputs import Inputs
from advisor.recommend.advice.present import Present
from advisor.recommend.advice.pricing import Prices


def simplified(inputs: Inputs, now: Present, selected: Selected, place: int, prices: Prices) -> Selected:
    """The same curve with that point's set made as narrow as it can be, each step planned with the whole workload.

    Raises PlannerError.
    """
    point = selected.points[place]
    indexes = [selected.candidates[number] for number in point.indexes]
    cost = _cost(inputs, now, indexes)
    allowed = LIMITS.selection_column_share * now.baseline
    changed = False
    for number in range(len(indexes)):
        narrower = True
        while narrower:
            narrower = False
            for form in _narrower(indexes[number]):
                if form in indexes:
                    continue
                trial = [*indexes[:number], form, *indexes[number + 1 :]]
                try:
                    dearer = _cost(inputs, now, trial) - cost
                except PlannerError:
                    continue
                spared = prices.pairs([indexes[number]])[0][1] - prices.pairs([form])[0][1]
                if dearer - spared < allowed:
                    indexes, cost, changed, narrower = trial, cost + dearer, True, True
                    break
    if not changed:
        return selected
    pairs = prices.pairs(indexes)
    candidates = list(selected.candidates)
    sizes = list(selected.bytes)
    for one, (size, _) in zip(indexes, pairs, strict=True):
        if one not in candidates:
            candidates.append(one)
            sizes.append(size)
    points = list(selected.points)
    points[place] = CurvePoint(
        budget_bytes=point.budget_bytes,
        bytes=sum(size for size, _ in pairs),
        indexes=tuple(sorted(candidates.index(one) for one in indexes)),
        cost=cost,
        upkeep=sum(upkeep for _, upkeep in pairs),
    )
    return msgspec.structs.replace(selected, candidates=tuple(candidates), bytes=tuple(sizes), points=tuple(points))


def _cost(inputs: Inputs, now: Present, indexes: Sequence[IndexDefinition]) -> float:
    whole = under(now, inputs.planner, indexes)
    return sum(one.weight * then.cost for one, then in zip(now.statements, whole.judged, strict=True))


def _narrower(index: IndexDefinition) -> Iterator[IndexDefinition]:
    """Forms with one column less: nothing included, then one included less, then without the last key."""
    if index.include:
        yield msgspec.structs.replace(index, include=())
        if len(index.include) > 1:
            for number in range(len(index.include)):
                rest = (*index.include[:number], *index.include[number + 1 :])
                yield msgspec.structs.replace(index, include=rest)
    elif len(index.keys) > 1 and not index.unique:
        yield msgspec.structs.replace(index, keys=index.keys[:-1])
