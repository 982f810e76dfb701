"""Times of a whole workload under a set of indexes, by the costs that tell them best."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from advisor.model.planning import Configuration
from advisor.planners.planner import PRESENT, Planner
from advisor.recommend.calibration.cached import CachedPlanner, PageCosts
from advisor.recommend.calibration.calibrate import Calibration, Predicted, calibrate
from advisor.recommend.workload import Statement


class Predictions(NamedTuple):
    """What each statement would take."""

    calibration: Calibration
    times: list[Predicted | None]
    """One a statement, in order; None where its time was not logged or it cannot be planned."""


def predictions(
    statements: Sequence[Statement],
    planner: Planner,
    configuration: Configuration,
    *,
    in_memory: PageCosts | None = None,
) -> Predictions:
    """Mean times of the statements' typical executions under a configuration. Raises PlannerError as the planner does.

    With ``in_memory`` (the present page costs, where `trap` found that they do not fit) costs are taken from
    `CachedPlanner`, which asks three times and halves the error of the worst tenth; the plans are the same.
    """
    asking: Planner = planner if in_memory is None else CachedPlanner(planner, in_memory)
    plannable = [place for place, one in enumerate(statements) if one.queries]
    queries = [statements[place].queries[0] for place in plannable]
    before = dict(zip(plannable, asking.judge(queries, PRESENT), strict=True))
    after = dict(zip(plannable, asking.judge(queries, configuration), strict=True))
    calibration = calibrate(statements, [before.get(place) for place in range(len(statements))])
    times: list[Predicted | None] = []
    for place, statement in enumerate(statements):
        now, then = before.get(place), after.get(place)
        if now is None or then is None:
            times.append(None)
        else:
            times.append(calibration.milliseconds(statement, now.cost, then.cost))
    return Predictions(calibration, times)
