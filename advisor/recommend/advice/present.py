"""The workload as it is planned now: costs, plans, what one cost unit of each statement is worth."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.fingerprint import without_values
from advisor.model.advice import Unit, UnplannedStatement
from advisor.model.engine import dialect_of
from advisor.model.limits import LIMITS
from advisor.model.planning import Configuration, Judged
from advisor.planners.planner import PRESENT, Planner
from advisor.recommend.calibration.calibrate import Calibration, calibrate
from advisor.recommend.calibration.weights import weights
from advisor.recommend.workload import Statement


@dataclass(frozen=True, slots=True)
class Present:
    """The statements that can be planned, weighed, with their costs in the same order; and the others."""

    statements: list[Statement]
    judged: list[Judged]
    unplanned: list[UnplannedStatement]
    calibration: Calibration
    unit: Unit

    @property
    def baseline(self) -> float:
        """Cost of the workload, in ``unit``."""
        return sum(one.weight * now.cost for one, now in zip(self.statements, self.judged, strict=True))

    @property
    def notes(self) -> tuple[str, ...]:
        """What limits all that follows."""
        if not any(one.modelled for one in self.judged):
            return ()
        return (
            "this engine prints no cost: savings are worked out from the operators of its plans, and are rough; "
            "compare times before you keep an index",
        )


def present(statements: Sequence[Statement], planner: Planner) -> Present:
    """Plans every statement as it is. Raises PlannerError when the planner fails."""
    unplanned = [UnplannedStatement(one.fingerprint, _NO_VALUES) for one in statements if not one.queries]
    asked = [one for one in statements if one.queries]
    told = judged(asked, planner)
    refused = [one for one, now in zip(asked, told, strict=True) if now is None]
    reasons = planner.explain([one.queries[0] for one in refused[:_EXPLAINED]])
    unplanned += [
        UnplannedStatement(one.fingerprint, _why(one, reasons[number].error if number < len(reasons) else None))
        for number, one in enumerate(refused)
    ]
    pairs = [(one, now) for one, now in zip(asked, told, strict=True) if now is not None]
    calibration = calibrate([one for one, _ in pairs], [now for _, now in pairs])
    weighed = weights([one for one, _ in pairs], [now for _, now in pairs], calibration)
    ready = [dataclasses.replace(one, weight=weight) for (one, _), weight in zip(pairs, weighed.values, strict=True)]
    return Present(
        _with_plans(ready, [now for _, now in pairs], planner),
        [now for _, now in pairs],
        unplanned,
        calibration,
        weighed.basis,
    )


def judged(
    statements: Sequence[Statement], planner: Planner, configuration: Configuration = PRESENT
) -> list[Judged | None]:
    """Mean cost and all used indexes over the first LIMITS.selection_samples executions of each statement; None where
    one of them cannot be planned. Raises PlannerError."""
    samples = [one.queries[: LIMITS.selection_samples] for one in statements]
    answers = iter(planner.judge([query for several in samples for query in several], configuration))
    return [_mean([next(answers) for _ in several]) for several in samples]


def _mean(answers: Sequence[Judged | None]) -> Judged | None:
    known = [one for one in answers if one is not None]
    if not known or len(known) < len(answers):
        return None
    rows = [one.rows for one in known if one.rows is not None]
    return Judged(
        cost=sum(one.cost for one in known) / len(known),
        rows=sum(rows) / len(rows) if len(rows) == len(known) else None,
        new=frozenset().union(*(one.new for one in known)),
        existing=frozenset().union(*(one.existing for one in known)),
        modelled=any(one.modelled for one in known),
    )


_NO_VALUES = "the log has no sample with its values"
_EXPLAINED = 50
"""Statements whose refusal is looked up; that is a plan each."""


def _why(statement: Statement, error: str | None) -> str:
    said = error or "the planner gave no plan"
    return without_values(said, statement.sql, dialect_of(statement.engine))


def _with_plans(statements: Sequence[Statement], judged: Sequence[Judged], planner: Planner) -> list[Statement]:
    """The heaviest ones with the plan that they have now."""
    order = sorted(range(len(statements)), key=lambda n: -statements[n].weight * judged[n].cost)
    heavy = sorted(order[: LIMITS.analysed_min])
    answers = planner.explain([statements[number].queries[0] for number in heavy])
    out = list(statements)
    for number, answer in zip(heavy, answers, strict=True):
        if answer.plan is not None:
            out[number] = dataclasses.replace(out[number], plans=(*out[number].plans, answer.plan))
    return out
