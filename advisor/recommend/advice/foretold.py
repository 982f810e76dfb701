"""Times of the statements under the set, foretold from the log's own times."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.model.advice import PredictedReport
from advisor.model.indexing import IndexDefinition
from advisor.model.planning import Configuration
from advisor.recommend.advice.inputs import Inputs
from advisor.recommend.advice.present import Present
from advisor.recommend.calibration.cached import page_costs
from advisor.recommend.calibration.calibrate import Predicted
from advisor.recommend.calibration.predictions import predictions
from advisor.recommend.calibration.trap import trap
from advisor.recommend.definition import on_text


def foretold(inputs: Inputs, now: Present, indexes: Sequence[IndexDefinition]) -> dict[str, Predicted]:
    """By fingerprint; where the page costs do not fit the machine, with those of pages in memory.

    Raises PlannerError.
    """
    snapshot = inputs.snapshot
    cached = snapshot is not None and trap(snapshot, now.statements, now.calibration) is not None
    told = predictions(
        now.statements,
        inputs.planner,
        Configuration(add=tuple(on_text(one) for one in indexes)),
        in_memory=page_costs(snapshot) if cached and snapshot is not None else None,
    )
    return {
        statement.fingerprint: one for statement, one in zip(now.statements, told.times, strict=True) if one is not None
    }


def summed(now: Present, told: Mapping[str, Predicted]) -> PredictedReport | None:
    """Over all statements with a logged time and rate; None where there is none.

    Of a statement that is foretold to get quicker, the bound above is the logged time, and of one that gets slower the
    bound below: that a change has the other sign is a regression, which the plans tell, not an error of its size.
    """
    before = after = low = high = 0.0
    count = 0
    for statement in now.statements:
        one = told.get(statement.fingerprint)
        if one is None or statement.calls_per_hour is None or statement.mean_ms is None:
            continue
        hourly = statement.calls_per_hour / 1000
        count += 1
        before += hourly * statement.mean_ms
        after += hourly * one.ms
        low += hourly * (one.low if one.ms <= statement.mean_ms else max(one.low, statement.mean_ms))
        high += hourly * (one.high if one.ms > statement.mean_ms else min(one.high, statement.mean_ms))
    if not count:
        return None
    return PredictedReport(
        statements=count,
        seconds_per_hour_before=before,
        seconds_per_hour_after=after,
        low=low,
        high=high,
    )
