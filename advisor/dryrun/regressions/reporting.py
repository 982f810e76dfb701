"""Shapes that get worse, as reports print them: what weighs most first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.dryrun.regressions.asking import Pair, World
from advisor.dryrun.regressions.shown import shown
from advisor.model.check import Regressed
from advisor.model.finding import Location
from advisor.recommend.workload import Statement


def reported(
    workload: Sequence[Statement],
    pairs: Mapping[int, Pair],
    causes: Mapping[int, int],
    where: Sequence[Location],
    before: World,
    after: World,
    names: Mapping[str, str],
    errors: Mapping[int, str] | None = None,
) -> tuple[Regressed, ...]:
    """``pairs`` and ``causes`` are by position in the workload; ``errors`` of those that cannot be planned any more."""
    found = []
    for number, pair in pairs.items():
        statement = workload[number]
        error = (errors or {}).get(number)
        rise = pair.after.cost - pair.before.cost if pair.after is not None else pair.before.cost
        one = Regressed(
            fingerprint=statement.fingerprint,
            sql=statement.sql,
            cost_before=pair.before.cost,
            cost_after=None if pair.after is None else pair.after.cost,
            cause=where[causes[number]],
            values=pair.asked.values,
            calls_per_hour=statement.calls_per_hour,
            seconds_per_hour=statement.seconds_per_hour,
            plan_before=shown(before, pair.asked.query),
            plan_after=None if error is not None else shown(after, pair.asked.query, names),
            error=error,
        )
        found.append((-rise * (statement.calls_per_hour or statement.calls), one))
    return tuple(one for _, one in sorted(found, key=lambda each: (each[0], each[1].fingerprint)))
