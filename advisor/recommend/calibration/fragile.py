"""What of the advice depends on the planner's page costs."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.model.limits import LIMITS
from advisor.model.planning import Configuration, Judged, Query
from advisor.planners.planner import Planner
from advisor.recommend.calibration.cached import RANDOM, PageCosts
from advisor.recommend.calibration.trap import Trap
from advisor.recommend.workload import Statement


@dataclass(frozen=True, slots=True)
class Fragility:
    """The recommended set under the present constants and under those that fit the machine."""

    indexes: tuple[int, ...]
    """Positions of the chosen indexes that pay under one of the two only."""
    benefit: tuple[tuple[float, float], ...]
    """Of each chosen index: share of the workload's cost that it saves beside the others, now and under the fitting."""
    better_by_setting: tuple[str, ...]
    """Fingerprints of statements that get a better plan by the setting alone, without a new index."""
    saving: float
    """Share of the workload's cost, as the fitting constants price it, that the setting alone saves."""
    saving_set: float
    """... and that the setting and the chosen set save together."""


def fragile(
    statements: Sequence[Statement],
    chosen: Sequence[str],
    planner: Planner,
    found: Trap,
    costs: PageCosts,
    *,
    hide: Sequence[str] = (),
) -> Fragility:
    """Re-judges the chosen indexes (as `Configuration.add` takes them) under both constants, with and without each.

    ``hide`` are existing indexes that go with the set. Only the typical values of each statement are asked for, and
    only the statements that use an index are asked again without it. An index is fragile when under one of the
    constants it saves less than `LIMITS.trap_fragile_share` of what it saves under the other. Raises PlannerError as
    the planner does.
    """
    pairs = [(one, one.queries[0]) for one in statements if one.queries and one.weight > 0]
    weights = [one.weight for one, _ in pairs]
    queries = [query for _, query in pairs]
    worlds = ((), found.settings)
    saved: list[list[float]] = []
    for settings in worlds:
        bare = planner.judge(queries, Configuration(settings=settings))
        whole = planner.judge(queries, Configuration(tuple(chosen), tuple(hide), settings))
        total = sum(w * now.cost for w, now in zip(weights, bare, strict=True) if now is not None) or 1.0
        saved.append(
            [
                _alone(number, chosen, hide, settings, planner, queries, weights, whole) / total
                for number in range(len(chosen))
            ]
        )
    benefit = tuple(zip(*saved, strict=True)) if chosen else ()
    better, saving, saving_set = _by_setting(pairs, planner, found, costs, chosen, hide)
    return Fragility(
        indexes=tuple(
            number
            for number, (one, two) in enumerate(benefit)
            if min(one, two) < LIMITS.trap_fragile_share * max(one, two)
        ),
        benefit=tuple((one, two) for one, two in benefit),
        better_by_setting=better,
        saving=saving,
        saving_set=saving_set,
    )


def _alone(
    number: int,
    chosen: Sequence[str],
    hide: Sequence[str],
    settings: tuple[tuple[str, str], ...],
    planner: Planner,
    queries: Sequence[Query],
    weights: Sequence[float],
    whole: Sequence[Judged | None],
) -> float:
    """Cost that comes back when one index of the set is taken out."""
    using = [place for place, then in enumerate(whole) if then is not None and number in then.new]
    if not using:
        return 0.0
    rest = tuple(one for place, one in enumerate(chosen) if place != number)
    without = planner.judge([queries[place] for place in using], Configuration(rest, tuple(hide), settings))
    back = 0.0
    for place, one in zip(using, without, strict=True):
        then = whole[place]
        if one is not None and then is not None:
            back += weights[place] * (one.cost - then.cost)
    return max(0.0, back)


def _by_setting(
    pairs: Sequence[tuple[Statement, Query]],
    planner: Planner,
    found: Trap,
    costs: PageCosts,
    chosen: Sequence[str],
    hide: Sequence[str],
) -> tuple[tuple[str, ...], float, float]:
    """Statements for which the fitting constants choose a plan that, at their own prices, is cheaper than the present.

    The present plan's price under the fitting constants follows from its random pages: its cost is linear in them, and
    planning with the constant a little higher shows how many there are (`cached`).
    """
    queries = [query for _, query in pairs]
    step = LIMITS.calibration_page_step
    higher = ((RANDOM, f"{costs.random * (1 + step):.6g}"),)
    now = planner.judge(queries)
    more = planner.judge(queries, Configuration(settings=higher))
    then = planner.judge(queries, Configuration(settings=found.settings))
    both = planner.judge(queries, Configuration(tuple(chosen), tuple(hide), found.settings))
    better: list[str] = []
    before = after = with_set = 0.0
    for (statement, _), one, two, three, four in zip(pairs, now, more, then, both, strict=True):
        if one is None or two is None or three is None or four is None:
            continue
        random = min(one.cost, max(0.0, (two.cost - one.cost) / step))
        price = max(one.cost - random * (1 - found.fitting / costs.random), three.cost)
        before += statement.weight * price
        after += statement.weight * three.cost
        with_set += statement.weight * four.cost
        if three.cost < price * (1 - LIMITS.trap_better_share):
            better.append(statement.fingerprint)
    return tuple(better), 1 - after / before if before else 0.0, 1 - with_set / before if before else 0.0
