"""Sets made better by hand: an index taken away, added or put in another's place, each time judged as it is.

The solver adds up every statement's best plan within a set. A planner takes the plan that it thinks is cheapest, and
when costs are times of real executions that need not be the quickest one: an index may then do harm, or be worth more
than its plans promise. Only judging whole sets shows it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from advisor.model.indexing import Candidate, CurvePoint, IndexDefinition, Selected
from advisor.model.limits import LIMITS
from advisor.planners.planner import Planner
from advisor.recommend.selection.archive import Entry
from advisor.recommend.selection.bounds import Bounds
from advisor.recommend.selection.clock import Clock, OutOfTime
from advisor.recommend.selection.oracle import Oracle
from advisor.recommend.selection.pool import Pool, Pricing
from advisor.recommend.selection.sets import members, of, singles
from advisor.recommend.workload import Statement


def polished(
    selected: Selected,
    statements: Sequence[Statement],
    candidates: Sequence[Candidate],
    planner: Planner,
    *,
    price: Pricing,
    bounds: Bounds,
    starts: Sequence[Sequence[IndexDefinition]] = (),
    samples: int = 1,
    deadline: float | None = None,
) -> Selected:
    """A curve whose sets no single exchange among the candidates makes better, as the planner judges whole sets.

    Sets of one point are tried at every other, and so are ``starts``; those with other indexes than the candidates are
    left out. ``deadline`` is in seconds; at its end the best that was found counts.
    Raises PlannerError when the planner fails.
    """
    clock = Clock(deadline)
    pool = Pool(candidates, price)
    oracle = Oracle(statements, pool, planner, clock, samples=samples)
    place = {definition: position for position, definition in enumerate(pool.definitions)}
    points = [of(place[selected.candidates[number]] for number in point.indexes) for point in selected.points]
    others = [of(place[one] for one in each) for each in starts if all(one in place for one in each)]
    budgets = [point.budget_bytes for point in selected.points]
    complete = selected.complete
    known = _Known(oracle, bounds)
    try:
        pool.price(of(range(len(pool.definitions))))
        known.judge([0, *points, *others])
        for kinds in (_FEW, _ALL):
            for budget in budgets:
                _climb(known, budget, kinds)
    except (OutOfTime, KeyboardInterrupt):
        complete = False
    if not known.entries:
        return selected
    best = [known.best(budget) for budget in budgets]
    return Selected(
        candidates=tuple(pool.definitions),
        bytes=tuple(pool.bytes[position] for position in range(len(pool.definitions))),
        baseline=selected.baseline,
        points=tuple(
            CurvePoint(
                budget_bytes=budget,
                bytes=each.bytes,
                indexes=tuple(members(each.indexes)),
                cost=each.cost,
                upkeep=each.upkeep,
            )
            for budget, each in zip(budgets, best, strict=True)
        ),
        planner_calls=selected.planner_calls + oracle.calls,
        seconds=selected.seconds + clock.seconds,
        complete=complete,
        gap=selected.gap,
        notes=selected.notes,
    )


class _Known:
    """Sets that have been judged."""

    def __init__(self, oracle: Oracle, bounds: Bounds) -> None:
        self.oracle = oracle
        self.pool = oracle.pool
        self.bounds = bounds
        self.entries: dict[int, Entry] = {}

    def judge(self, sets: Iterable[int]) -> None:
        """Looks up every statement's plan under each."""
        new = [each for each in dict.fromkeys(sets) if each not in self.entries and self.bounds.allow(self.pool, each)]
        self.oracle.ask((statement, each) for each in new for statement in range(len(self.oracle.statements)))
        for each in new:
            cost = self.oracle.cost(each)
            if cost is not None and not each & self.pool.refused:
                self.entries[each] = Entry(each, self.pool.size(each), cost, self.pool.cost_of_writes(each))

    def best(self, budget: int) -> Entry:
        """Within a size; of equal ones the smallest, then the first by its text."""
        fitting = [each for each in self.entries.values() if each.bytes <= budget]
        return min(fitting, key=lambda each: (self.worth(each), each.bytes, self.pool.words(each.indexes)))

    def worth(self, entry: Entry) -> float:
        """What is minimised: with every index charged for what it has to save at least."""
        return entry.objective + self.bounds.min_benefit * entry.indexes.bit_count()


def _climb(known: _Known, budget: int, kinds: Sequence[_Kind]) -> None:
    """The best set of a size, made better as long as one exchange does it."""
    best = known.best(budget)
    while True:
        for kind in kinds:
            known.judge(each for each in kind(known.pool, best.indexes) if known.pool.size(each) <= budget)
        after = known.best(budget)
        if known.worth(after) >= known.worth(best) * (1 - LIMITS.selection_worth):
            return
        best = after


def _without_one(pool: Pool, chosen: int) -> list[int]:
    del pool
    return [chosen & ~one for one in singles(chosen)]


def _with_one_more(pool: Pool, chosen: int) -> list[int]:
    return [chosen | one for one in singles(_others(pool, chosen))]


def _with_another(pool: Pool, chosen: int) -> list[int]:
    """Only what stands on the same table takes another's place: anything else is a removal and an addition."""
    others = _others(pool, chosen)
    return [
        chosen & ~(1 << gone) | one
        for gone in members(chosen)
        for one in singles(others & pool.of_table[pool.definitions[gone].table])
    ]


def _others(pool: Pool, chosen: int) -> int:
    return of(range(len(pool.definitions))) & ~chosen & ~pool.refused


#: Ways to change a set.
_Kind = Callable[[Pool, int], list[int]]
_FEW: tuple[_Kind, ...] = (_without_one, _with_one_more)
_ALL: tuple[_Kind, ...] = (*_FEW, _with_another)
