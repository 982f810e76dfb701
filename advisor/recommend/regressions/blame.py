"""Which index made a plan dearer."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from advisor.model.limits import LIMITS
from advisor.model.planning import Configuration, Judged, Query
from advisor.planners.planner import Planner


def blamed(
    planner: Planner, query: Query, now: Judged, then: Judged, future: Configuration, names: Sequence[str]
) -> tuple[tuple[str, ...], str]:
    """The indexes without whose change the cost does not rise, and one sentence.

    Each new index is taken out alone; the hidden ones are shown again, alone. Where neither helps, several of them
    together did it, and those that the plan uses are named. ``names`` are those of ``future.add``.
    """
    bound = now.cost + max(LIMITS.regression_cost, LIMITS.regression_share * now.cost)
    used = sorted(then.new)
    for number in [*used, *(number for number in range(len(future.add)) if number not in then.new)]:
        rest = tuple(one for place, one in enumerate(future.add) if place != number)
        if _cost(planner, query, msgspec.structs.replace(future, add=rest)) <= bound:
            return (names[number],), "without this index it keeps its cost"
    for name in future.hide:
        shown = tuple(one for one in future.hide if one != name)
        if _cost(planner, query, msgspec.structs.replace(future, hide=shown)) <= bound:
            return (name,), "it needs this index, which is to be dropped"
    return tuple(names[number] for number in used), "several changes of the set together make it dearer"


def _cost(planner: Planner, query: Query, configuration: Configuration) -> float:
    one = planner.judge([query], configuration)[0]
    return float("inf") if one is None else one.cost
