"""Queries whose plan is another one in another world: at ten times the rows, with an index, under other settings."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from advisor.model.plan import Plan
from advisor.model.planning import Answer, Configuration, Query, Scale
from advisor.planners.errors import PlannerError
from advisor.planners.planner import PRESENT, Planner
from advisor.plans.changes import PlanDiff
from advisor.plans.diff import compare

__all__ = ["Comparison", "Crossing", "Flip", "compared", "crossings", "flips"]

#: Steps between the two sizes that a crossing is searched among: every search shares the sizes of the others.
_STEPS = 16


class Crossing(msgspec.Struct, frozen=True):
    """Between which two sizes the plan changes: not yet at ``below``, already at ``above``."""

    below: tuple[Scale, ...]
    above: tuple[Scale, ...]


class Flip(msgspec.Struct, frozen=True, kw_only=True):
    """A query with two plans. Costs are in the answers."""

    query: Query
    before: Answer
    after: Answer
    difference: PlanDiff
    crossing: Crossing | None = None


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What became of the plans of some queries."""

    flips: tuple[Flip, ...]
    """Those that changed, in the order of the queries."""
    same: int
    failed: tuple[tuple[Answer, Answer], ...] = ()
    """Queries that one side or both could not plan."""


def compared(before: Sequence[Answer], after: Sequence[Answer]) -> Comparison:
    """Two worlds' answers to the same queries, in the same order. A flip is another fingerprint (`advisor.plans`)."""
    found: list[Flip] = []
    failed: list[tuple[Answer, Answer]] = []
    same = 0
    for one, two in zip(before, after, strict=True):
        if one.plan is None or two.plan is None:
            failed.append((one, two))
            continue
        difference = compare(one.plan, two.plan)
        if difference.same_plan:
            same += 1
        else:
            found.append(Flip(query=one.query, before=one, after=two, difference=difference))
    return Comparison(flips=tuple(found), same=same, failed=tuple(failed))


def flips(
    planner: Planner,
    queries: Sequence[Query],
    after: Configuration,
    before: Configuration = PRESENT,
    *,
    crossing: bool = False,
) -> Comparison:
    """Plans of ``queries`` in two configurations of one planner.

    ``crossing``: of plans that change with the size alone, find out at which size. Raises PlannerError as the planner
    does, and for a crossing between configurations that differ in more than their scale.
    """
    comparison = compared(planner.explain(queries, before), planner.explain(queries, after))
    if not crossing or not comparison.flips:
        return comparison
    return msgspec.structs.replace(comparison, flips=crossings(planner, comparison.flips))


def crossings(planner: Planner, found: Sequence[Flip]) -> tuple[Flip, ...]:
    """The flips with the size at which each happens, by bisection on a geometric scale.

    A plan that changes several times in between has one of its crossings told.
    """
    return tuple(msgspec.structs.replace(flip, crossing=_crossing(planner, flip)) for flip in found)


def _crossing(planner: Planner, flip: Flip) -> Crossing:
    one, two = flip.before.configuration, flip.after.configuration
    if msgspec.structs.replace(one, scale=(), days=None) != msgspec.structs.replace(two, scale=(), days=None):
        raise PlannerError("a crossing is between two sizes: the configurations differ in more than their scale")
    below, above = 0, _STEPS
    while above - below > 1:
        middle = (below + above) // 2
        configuration = msgspec.structs.replace(two, scale=_between(one, two, middle))
        (answer,) = planner.explain([flip.query], configuration)
        if answer.plan is not None and _is_same(flip.before.plan, answer.plan):
            below = middle
        else:
            above = middle
    return Crossing(_between(one, two, below), _between(one, two, above))


def _is_same(one: Plan | None, two: Plan) -> bool:
    from advisor.plans.fingerprint import fingerprint

    return one is not None and fingerprint(one) == fingerprint(two)


def _between(one: Configuration, two: Configuration, step: int) -> tuple[Scale, ...]:
    """The size that lies ``step`` of `_STEPS` on the way, in equal ratios; all tables go together."""
    from_, to = ({scale.table: scale.factor for scale in each.scale} for each in (one, two))
    return tuple(
        Scale(table, round(from_.get(table, 1.0) * (to.get(table, 1.0) / from_.get(table, 1.0)) ** (step / _STEPS), 3))
        for table in dict.fromkeys((*from_, *to))
    )
