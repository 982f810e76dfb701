"""What one cost unit of each statement is worth: the weights of the objective."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Literal, NamedTuple

from advisor.model.planning import Judged
from advisor.recommend.calibration.calibrate import Calibration
from advisor.recommend.calibration.fixed import busy_ms
from advisor.recommend.workload import Statement

#: What the objective is in: seconds an hour; planner cost an hour where no duration is known; planner cost of all
#: executions in the input where not even the rates are.
Basis = Literal["seconds_per_hour", "cost_per_hour", "cost"]


class Weights(NamedTuple):
    """One weight a statement, in order, and what the objective is then in."""

    values: list[float]
    basis: Basis


def weights(statements: Sequence[Statement], judged_now: Sequence[Judged | None], calibration: Calibration) -> Weights:
    """Objective units of one cost unit of each statement; 0 where it cannot be planned.

    - anything timed: seconds an hour of its work, over its cost now. The fixed part, lock waits included, is left out:
      no index takes it away. A statement that was counted and not timed gets the time that others of its cost take.
    - only counted: calls an hour, or in all where the window is not known. A statement without a rate beside others
      that have one weighs 0: how often it is called is not known, and its share would be a guess.
    """
    timed = calibration.relation is not None and any(one.seconds_per_hour is not None for one in statements)
    counted = any(one.calls_per_hour is not None for one in statements)
    basis: Basis = "seconds_per_hour" if timed else "cost_per_hour" if counted else "cost"
    values = [
        _weight(statement, now.cost, calibration, basis) if now is not None and now.cost > 0 else 0.0
        for statement, now in zip(statements, judged_now, strict=True)
    ]
    return Weights([value if math.isfinite(value) and value > 0 else 0.0 for value in values], basis)


def _weight(statement: Statement, cost: float, calibration: Calibration, basis: Basis) -> float:
    if basis == "cost":
        return float(statement.calls)
    if basis == "cost_per_hour":
        return statement.calls_per_hour or 0.0
    busy = busy_ms(statement)
    if busy is not None and statement.seconds_per_hour is not None and statement.mean_ms:
        variable = busy - calibration.fixed_ms(statement)
        return statement.seconds_per_hour * variable / statement.mean_ms / cost
    if statement.calls_per_hour is not None and calibration.relation is not None:
        return statement.calls_per_hour * calibration.relation.ms(cost) / 1000 / cost
    return 0.0
