"""The whole workload under the recommended set, execution by execution.

Cost says nothing of what writing to the new indexes takes: that is their price. What is seen here is whether finding
the rows of a SELECT, UPDATE or DELETE, or checking an INSERT, got dearer.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from advisor.fingerprint import without_values
from advisor.model.advice import RegressionReport, UnplannedStatement
from advisor.model.engine import dialect_of
from advisor.model.limits import LIMITS
from advisor.model.planning import Configuration, Judged
from advisor.planners.planner import PRESENT, Planner
from advisor.recommend.calibration.calibrate import Calibration
from advisor.recommend.regressions.blame import blamed
from advisor.recommend.regressions.samples import Asked, asked
from advisor.recommend.workload import Statement


class Replanned(msgspec.Struct, frozen=True, kw_only=True):
    """What became of every statement."""

    statements: int
    """That could be planned, now and under the set."""
    plans: int
    """Their executions that were compared."""
    worse: tuple[RegressionReport, ...] = ()
    """Those whose cost rises, what weighs most first."""
    changed: tuple[RegressionReport, ...] = ()
    """Those that use other indexes for the same cost: no gain, and the risk of another plan."""
    unplanned: tuple[UnplannedStatement, ...] = ()
    """Statements of which no execution could be compared."""


def regressions(
    statements: Sequence[Statement],
    planner: Planner,
    add: Sequence[str],
    hide: Sequence[str] = (),
    *,
    calibration: Calibration | None = None,
    names: Sequence[str] | None = None,
) -> Replanned:
    """Plans every known execution of every statement with the indexes ``add`` (as `Configuration.add`) and without
    ``hide``, and compares with the present.

    An execution is worse when its cost rises by more than `LIMITS.regression_share` and `LIMITS.regression_cost`.
    ``names`` are what reports call the indexes of ``add``. Times are predicted for typical values alone: the log's mean
    is no slow execution's time. Raises PlannerError as the planner does.
    """
    everything = [one for number, statement in enumerate(statements) for one in asked(number, statement)]
    queries = [one.query for one in everything]
    future = Configuration(tuple(add), tuple(hide))
    before = planner.judge(queries, PRESENT)
    after = planner.judge(queries, future)
    called = list(names) if names is not None else list(add)
    worse: list[tuple[float, RegressionReport]] = []
    changed: list[tuple[float, RegressionReport]] = []
    compared: set[int] = set()
    plans = 0
    for one, now, then in zip(everything, before, after, strict=True):
        if now is None or then is None:
            continue
        compared.add(one.statement)
        plans += 1
        statement = statements[one.statement]
        rise = then.cost - now.cost
        if rises(now.cost, then.cost):
            culprits, why = blamed(planner, one.query, now, then, future, called)
            report = _report(statement, one, now, then, culprits, why, calibration)
            worse.append((-statement.weight * rise, report))
        elif (then.new or then.existing != now.existing) and rise >= -LIMITS.regression_share * now.cost:
            used = tuple(called[place] for place in sorted(then.new))
            why = "another plan for the same cost"
            changed.append((-statement.weight, _report(statement, one, now, then, used, why, calibration)))
    return Replanned(
        statements=len(compared),
        plans=plans,
        worse=_ordered(worse),
        changed=_ordered(changed),
        unplanned=_unplanned(statements, everything, compared, before, planner),
    )


def rises(before: float, after: float) -> bool:
    """Whether a cost got worse, by more than planning the same thing twice may differ."""
    return after - before > max(LIMITS.regression_cost, LIMITS.regression_share * before)


def _report(
    statement: Statement,
    one: Asked,
    now: Judged,
    then: Judged,
    indexes: tuple[str, ...],
    why: str,
    calibration: Calibration | None,
) -> RegressionReport:
    predicted = None
    if calibration is not None and one.values == "typical":
        predicted = calibration.milliseconds(statement, now.cost, then.cost)
    return RegressionReport(
        fingerprint=statement.fingerprint,
        values=one.values,
        cost_before=now.cost,
        cost_after=then.cost,
        ms_before=statement.mean_ms if predicted is not None else None,
        ms_after=predicted.ms if predicted is not None else None,
        indexes=indexes,
        why=why,
    )


def _ordered(found: list[tuple[float, RegressionReport]]) -> tuple[RegressionReport, ...]:
    return tuple(one for _, one in sorted(found, key=lambda pair: (pair[0], pair[1].fingerprint, pair[1].values)))


def _unplanned(
    statements: Sequence[Statement],
    everything: Sequence[Asked],
    compared: set[int],
    before: Sequence[Judged | None],
    planner: Planner,
) -> tuple[UnplannedStatement, ...]:
    """Those that nothing was learnt of, each with the server's reason where it gives one."""
    first = {one.statement: place for place, one in reversed(list(enumerate(everything)))}
    found: list[UnplannedStatement] = []
    for number, statement in enumerate(statements):
        if number in compared:
            continue
        place = first.get(number)
        if place is None:
            why = "no execution with its values is known"
        elif before[place] is not None:
            why = "it is planned now, and could not be planned under the set"
        elif len(found) < LIMITS.regression_reasons:
            answer = planner.explain([everything[place].query])[0]
            said = answer.error or "the planner gives no cost for it"
            why = without_values(said, statement.sql, dialect_of(statement.engine))
        else:
            why = "it could not be planned"
        found.append(UnplannedStatement(statement.fingerprint, why))
    return tuple(found)
