"""The choice made again over times: promising indexes built on a staging copy, statements run with and without them.

A planner's costs mislead where its constants or its row counts do (Leis et al., How Good Are Query Optimizers, Really?,
VLDB 2015), and a set that is chosen by them need not be the fastest. So the solver is asked again, with the costs of
every statement that can be executed replaced by its own times, in proportion: a plan that takes a third of the time
counts as a third of the present cost. What is not executed keeps the planner's word.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

import msgspec

from advisor.model.advice import MeasuredReport, UnplannedStatement
from advisor.model.counted import counted
from advisor.model.indexing import Candidate, IndexDefinition, Selected
from advisor.model.limits import LIMITS
from advisor.model.planning import Answer, Configuration, IndexSize, Judged, PlannedBy, Query
from advisor.planners.closing import Closing
from advisor.planners.planner import PRESENT, Planner
from advisor.recommend.advice.created import Under, marginal, under
from advisor.recommend.advice.inputs import Inputs
from advisor.recommend.advice.present import Present
from advisor.recommend.advice.pricing import Prices
from advisor.recommend.definition import on_text
from advisor.recommend.measuring import MeasuredPlanner, Timing
from advisor.recommend.selection.bounds import Bounds
from advisor.recommend.selection.polishing import polished
from advisor.recommend.selection.pool import Pricing
from advisor.recommend.selection.search import Progress
from advisor.recommend.selection.select import select
from advisor.recommend.workload import Statement


class Timed(Closing):
    """Costs in proportion to measured times, where there are any; else the planner's. Closing it ends neither."""

    def __init__(self, planner: Planner, measured: MeasuredPlanner) -> None:
        self.planner = planner
        self.measured = measured
        self._rates: dict[Query, float] = {}
        """Planner cost of a millisecond, by the present plan of each query."""

    def judge(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        """As `Planner.judge`. A time that is not told from the present one counts as the present one."""
        self._rate(queries)
        timed = self.measured.judge(queries, configuration)
        told = {
            query: one for query, one in zip(queries, timed, strict=True) if one is not None and query in self._rates
        }
        missing = [query for query in dict.fromkeys(queries) if query not in told]
        rest = dict(zip(missing, self.planner.judge(missing, configuration), strict=True)) if missing else {}
        return [
            rest[query]
            if query in rest
            else msgspec.structs.replace(told[query], cost=self._ms(query, configuration) * self._rates[query])
            for query in queries
        ]

    def _ms(self, query: Query, configuration: Configuration) -> float:
        before, after = self.measured.timing(query), self.measured.timing(query, configuration)
        assert before is not None
        assert after is not None
        apart = after.high_ms < before.low_ms or after.low_ms > before.high_ms
        much = abs(after.median_ms - before.median_ms) >= LIMITS.measuring_least_ms
        return after.median_ms if apart and much else before.median_ms

    @property
    def planned_by(self) -> PlannedBy:
        """The planner whose costs are put in proportion."""
        return self.planner.planned_by

    def explain(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Answer]:
        """As the planner explains."""
        return self.planner.explain(queries, configuration)

    def sizes(self, indexes: Sequence[str]) -> list[IndexSize]:
        """As the planner tells them."""
        return self.planner.sizes(indexes)

    def close(self) -> None:
        """Nothing: who opened the two closes them."""

    def _rate(self, queries: Sequence[Query]) -> None:
        new = [query for query in dict.fromkeys(queries) if query not in self._rates]
        if not new:
            return
        told = zip(new, self.planner.judge(new), self.measured.judge(new), strict=True)
        for query, cost, ms in told:
            if cost is not None and ms is not None and ms.cost > 0:
                self._rates[query] = cost.cost / ms.cost


@dataclass(slots=True)
class Choice:
    """What the staging copy says."""

    selected: Selected
    place: int | None
    because: str
    whole: Under
    saved: list[float]
    times: dict[str, tuple[Timing, Timing]] = field(default_factory=dict)
    """By fingerprint: without the set and with it."""
    report: MeasuredReport | None = None


def measured(
    inputs: Inputs,
    now: Present,
    selected: Selected,
    prices: Prices,
    choose: Callable[[Selected], tuple[int | None, str]],
) -> Choice:
    """Builds what the curve's sets are made of on the staging copy, chooses again by times, and times the choice.

    Raises MeasuringError: a server in use, a replica, no connection. Ctrl-C takes the indexes away.
    """
    wishes = inputs.wishes
    assert wishes.measure is not None
    wanted = promising(selected, choose(selected)[0])
    deadline = time.monotonic() + LIMITS.measuring_seconds
    with MeasuredPlanner.open(
        wishes.measure,
        wanted,
        repeats=wishes.repeats,
        allow_writers=wishes.measure_busy,
        progress=inputs.watch,
        deadline=deadline,
    ) as staging:
        timed = Timed(inputs.planner, staging)
        again = by_times(
            now.statements,
            timed,
            price=prices.pairs,
            planned=selected,
            budgets=[point.budget_bytes for point in selected.points],
            max_indexes=wishes.max_indexes,
            max_upkeep=most_upkeep(inputs, now),
            min_benefit=least(inputs, now),
            samples=LIMITS.selection_samples,
            progress=inputs.watch,
        )
        place, because = choose(again)
        indexes = [] if place is None else [again.candidates[number] for number in again.points[place].indexes]
        whole = under(now, inputs.planner, indexes)
        saved = marginal(now, timed, under(now, timed, indexes))
        times = _times(now, staging, indexes)
        notes = [f"{on_text(one.index)} could not be built: {one.error}" for one in staging.staging.built if one.error]
        if not staging.complete:
            notes.append("The time for measuring was up: what was not run keeps the planner's cost.")
        if staging.censored:
            notes.append(f"{counted(staging.censored, 'execution')} ended by the time limit of one: a lower bound.")
        report = _report(now, staging, times, notes)
    return Choice(again, place, because, whole, saved, times, report)


def by_times(
    statements: Sequence[Statement],
    timed: Timed,
    *,
    price: Pricing,
    planned: Selected,
    budgets: Sequence[int],
    max_indexes: int | None = None,
    max_upkeep: float | None = None,
    min_benefit: float = 0.0,
    samples: int = 1,
    progress: Progress | None = None,
) -> Selected:
    """The best set of the indexes that stand on the staging copy within each budget, by times; as `select`.

    The sets of ``planned``, the curve by costs, are tried too: none that is chosen takes longer than they do.
    """
    built = [Candidate(index=one.index, reasons=()) for one in timed.measured.staging.built if one.error is None]
    found = select(
        statements,
        built,
        timed,
        price=price,
        budgets=budgets,
        max_indexes=max_indexes,
        max_upkeep=max_upkeep,
        min_benefit=min_benefit,
        samples=samples,
        progress=progress,
    )
    bounds = Bounds(max_indexes, None, max_upkeep, min_benefit)
    return polished(
        found,
        statements,
        built,
        timed,
        price=price,
        bounds=bounds,
        starts=[[planned.candidates[number] for number in point.indexes] for point in planned.points],
        samples=samples,
        deadline=LIMITS.selection_seconds,
    )


def least(inputs: Inputs, now: Present) -> float:
    """What each index must save, in objective units."""
    wanted = inputs.wishes.min_benefit
    return wanted.of(now.baseline) if now.unit == "seconds_per_hour" or wanted.kind == "share" else 0.0


def most_upkeep(inputs: Inputs, now: Present) -> float | None:
    """What writing the set may cost, in objective units; None where the objective is no time."""
    return inputs.wishes.max_write_overhead * now.baseline if now.unit == "seconds_per_hour" else None


def promising(selected: Selected, place: int | None) -> list[IndexDefinition]:
    """Indexes of the chosen set, those that most sets of the curve hold, what these begin with, and the rest that some
    plan used.

    Of the rest the narrow and small ones first: they cost least to try, and a planner that prices rows fetched by an
    index too high leaves out just these, for wider ones that save the fetch.
    """
    held = Counter(number for point in selected.points for number in point.indexes)
    first = () if place is None else selected.points[place].indexes
    rest = sorted(
        set(range(len(selected.candidates))) - set(held),
        key=lambda number: (_width(selected.candidates[number]), selected.bytes[number], number),
    )
    foremost = [selected.candidates[number] for number in (*first, *(number for number, _ in held.most_common()))]
    narrow = [one for index in foremost for one in _narrower(index)]
    order = dict.fromkeys([*foremost, *narrow, *(selected.candidates[number] for number in rest)])
    return list(order)[: LIMITS.measuring_indexes]


def _width(index: IndexDefinition) -> int:
    return len(index.keys) + len(index.include)


def _narrower(index: IndexDefinition) -> list[IndexDefinition]:
    """Without its payload, and its first key alone."""
    if index.method != "btree" or index.unique:
        return []
    bare = msgspec.structs.replace(index, include=())
    return [bare, msgspec.structs.replace(bare, keys=bare.keys[:1])]


def _times(
    now: Present, staging: MeasuredPlanner, indexes: Sequence[IndexDefinition]
) -> dict[str, tuple[Timing, Timing]]:
    """Statements that were executed, with their times in both states, taken in turns."""
    future = Configuration(add=tuple(on_text(one) for one in indexes))
    pairs = staging.compare([statement.queries[0] for statement in now.statements], future)
    return {
        statement.fingerprint: pair for statement, pair in zip(now.statements, pairs, strict=True) if pair is not None
    }


def _report(
    now: Present, staging: MeasuredPlanner, times: dict[str, tuple[Timing, Timing]], notes: list[str]
) -> MeasuredReport:
    calls = {one.fingerprint: one.calls_per_hour for one in now.statements}
    known = all(calls[name] is not None for name in times)

    def total(which: int) -> float:
        return sum(pair[which].median_ms * ((calls[name] or 0.0) if known else 1.0) for name, pair in times.items())

    return MeasuredReport(
        server=staging.staging.origin,
        repeats=staging.repeats,
        statements=len(times),
        ms_before=total(0) if times else None,
        ms_after=total(1) if times else None,
        per_hour=known,
        not_run=tuple(
            UnplannedStatement(one.fingerprint, staging.refused.get(one.queries[0], "it was not executed"))
            for one in now.statements
            if one.fingerprint not in times
        ),
        notes=(*notes, *staging.staging.notes),
    )
