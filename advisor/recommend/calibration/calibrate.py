"""From planner cost to time, with the log's own durations.

A planner's cost is no time: constants that do not fit the machine, wrong row counts and work that it does not charge
lie between them. The log tells how far apart the two are, statement by statement. A statement's own factor is exact for
the plan that it has now and says less the more the plan changes, so a prediction starts from what was logged and goes
over to what other statements of such a cost take. Parsing, planning and answering, lock waits and the writing of rows
stay whatever the plan.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from advisor.model.advice import CalibrationReport
from advisor.model.limits import LIMITS
from advisor.model.plan import Plan
from advisor.model.planning import Judged
from advisor.recommend.calibration.fixed import busy_ms, floor_ms, planning_ms, waits, written_ms
from advisor.recommend.calibration.kept import kept
from advisor.recommend.calibration.relation import Relation, fit
from advisor.recommend.workload import Statement


class Predicted(NamedTuple):
    """Mean milliseconds of one execution, and between which two it is, nine times in ten."""

    ms: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Factor:
    """How one shape's logged time and its present cost go together."""

    cost: float
    ms: float
    """Logged, without lock waits."""
    ms_per_cost: float
    variable_ms: float
    """What may change with the plan: without the fixed part."""
    error: float
    """The logged time over what the whole workload's relation says for this cost: 1 is exact, 2 is twice as slow."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """What the log says of costs. Made by `calibrate`."""

    relation: Relation | None
    """Of variable time to cost, over all timed shapes; None: nothing was timed, and no time is ever told."""
    floor: float
    """Milliseconds that every statement takes."""
    floor_statements: int
    """That tell it; 0: the stated default."""
    factors: dict[tuple[str, str], Factor] = field(default_factory=dict)
    """By (engine, fingerprint): the shapes that it rests on."""
    waiting: int = 0
    """Shapes left out because their time was lock wait."""
    untimed: int = 0
    """Shapes without a logged time, or without a plan."""
    modelled: int = 0
    """Shapes whose cost the engine does not print."""

    def fixed_ms(self, statement: Statement) -> float:
        """Milliseconds of one execution that no index takes away; lock waits not among them."""
        busy = busy_ms(statement) or 0.0
        least = max(self.floor, planning_ms(statement)) + written_ms(statement)
        return min(least, busy * (1.0 - LIMITS.calibration_least_variable))

    def milliseconds(
        self,
        statement: Statement,
        cost_before: float,
        cost_after: float,
        *,
        before: Plan | None = None,
        after: Plan | None = None,
    ) -> Predicted | None:
        """Mean time of an execution when its plan's cost goes from one to the other. None where none was logged.

        The same cost is the logged time; a lower cost never gives more, a higher one never less. With ``before``, an
        executed plan with times, and ``after``, the new one, only what differs between them is predicted: nodes that
        stay keep their times. The bounds widen with the change; at none they are the logged time itself.
        """
        busy = busy_ms(statement)
        if self.relation is None or not busy or cost_before <= 0 or cost_after <= 0:
            return None
        fixed = self.fixed_ms(statement)
        variable = busy - fixed
        staying = kept(before, after) if before is not None and after is not None else None
        if staying is not None and staying.share > 0:
            fixed += variable * staying.share
            variable *= 1.0 - staying.share
            cost_before, cost_after = staying.cost_before, staying.cost_after
        waited = (statement.mean_ms or busy) - busy
        if variable <= 0:
            return Predicted(waited + fixed, waited + fixed, waited + fixed)
        ms, spread = self._changed(variable, cost_before, cost_after)
        work = fixed + ms
        return Predicted(waited + work, waited + work / spread, waited + work * spread)

    def _changed(self, variable: float, cost_before: float, cost_after: float) -> tuple[float, float]:
        """Variable milliseconds after the change, and the factor around them.

        ln(ms) = line(cost_after) + residual * exp(-|change| / memory): the logged time at no change, the line far from
        it. Where the residual is so large that time would rise as cost falls, it is remembered for longer.
        """
        relation = self.relation
        assert relation is not None
        change = math.log(cost_after / cost_before)
        residual = relation.residual(cost_before, variable)
        memory = max(LIMITS.calibration_memory, abs(residual) / relation.slope)
        left = math.exp(-abs(change) / memory)
        ms = math.exp(relation.intercept + relation.slope * math.log(cost_after) + residual * left)
        widest = max(relation.p90, math.log(LIMITS.calibration_least_spread))
        unlike = 1.0 - math.exp(-2.0 * abs(change) / LIMITS.calibration_sure)
        return ms, math.exp(widest * math.sqrt(unlike))

    def report(self) -> CalibrationReport:
        """In the report's words."""
        notes: list[str] = []
        count = len(self.factors)
        if self.relation is None:
            return CalibrationReport(
                statements=0, median_factor=None, p90_factor=None, basis="no statement has a logged time", notes=()
            )
        if not self.floor_statements:
            notes.append(
                f"the log has no statement that costs next to nothing: {LIMITS.calibration_floor_ms} ms are taken as "
                "what every execution needs at least"
            )
        if self.waiting:
            notes.append(f"{self.waiting} left out: their time was mostly waiting for locks")
        if self.modelled:
            notes.append(f"the engine prints no cost for {self.modelled}: it was worked out from the plan")
        if count < LIMITS.calibration_least_statements:
            notes.append(f"only {count} timed: the error of predictions is not known from so few")
        notes.append("logged times hold what clients took to fetch the rows; an index does not shorten that")
        enough = count >= LIMITS.calibration_least_statements
        return CalibrationReport(
            statements=count,
            median_factor=math.exp(self.relation.median) if enough else None,
            p90_factor=math.exp(self.relation.p90) if enough else None,
            basis=f"logged mean times, {self.relation.slope:.2f} as the power of cost, "
            f"{self.floor:.3g} ms fixed for each execution",
            notes=tuple(notes),
        )


def calibrate(statements: Sequence[Statement], judged_now: Sequence[Judged | None]) -> Calibration:
    """What the logged times say of the costs of the present plans: one `Judged` a statement, in order.

    All costs must be of one planner. Statements without a time or a cost are left out, as are those whose time was
    mostly lock wait; with none left nothing is ever predicted.
    """
    floor, cheap = floor_ms(statements, judged_now)
    bare = Calibration(None, floor, cheap)
    waiting = untimed = modelled = 0
    found: dict[tuple[str, str], tuple[float, float, float]] = {}
    points: list[tuple[float, float]] = []
    for statement, now in zip(statements, judged_now, strict=True):
        busy = busy_ms(statement)
        if now is None or now.cost <= 0 or not busy:
            untimed += not waits(statement) or now is None
            waiting += now is not None and waits(statement)
            continue
        if waits(statement):
            waiting += 1
            continue
        modelled += now.modelled
        variable = busy - bare.fixed_ms(statement)
        found[statement.engine, statement.fingerprint] = now.cost, busy, variable
        if variable >= LIMITS.calibration_told_share * busy:
            points.append((now.cost, variable))
    # Where the fixed part is most of every time, the statements still tell how much a cost unit takes at the most.
    relation = fit(points or [(cost, variable) for cost, _, variable in found.values()])
    factors = {
        key: Factor(cost, busy, busy / cost, variable, math.exp(relation.residual(cost, variable)) if relation else 1.0)
        for key, (cost, busy, variable) in found.items()
    }
    return Calibration(relation, floor, cheap, factors, waiting, untimed, modelled)
