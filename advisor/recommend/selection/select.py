"""Choose the best set of indexes for a whole workload, for every size at once."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.indexing import Candidate, CurvePoint, Selected
from advisor.planners.planner import Planner
from advisor.recommend.selection.archive import Entry
from advisor.recommend.selection.bounds import Bounds
from advisor.recommend.selection.clock import Clock
from advisor.recommend.selection.oracle import Oracle
from advisor.recommend.selection.pool import Pool, Pricing
from advisor.recommend.selection.search import Progress, Search, Widen, run
from advisor.recommend.selection.sets import members, union
from advisor.recommend.workload import Statement


def select(
    statements: Sequence[Statement],
    candidates: Sequence[Candidate],
    planner: Planner,
    *,
    price: Pricing,
    budgets: Sequence[int] | None = None,
    also: Sequence[int] = (),
    max_indexes: int | None = None,
    max_per_table: int | None = None,
    max_upkeep: float | None = None,
    min_benefit: float = 0.0,
    hide: Sequence[str] = (),
    deadline: float | None = None,
    progress: Progress | None = None,
    widen: Widen | None = None,
    samples: int = 1,
) -> Selected:
    """The best set of candidates within each of ``budgets`` (bytes), as the planner judges it.

    Statements and candidates are of one engine, the planner's. ``price`` gives bytes and upkeep (objective units) of
    indexes; it is asked when they are looked at, many at a time. The answer's candidates are those that some plan
    used. Without ``budgets`` the sizes run from the smallest useful index to everything useful. ``max_upkeep`` bounds a
    set's upkeep; ``min_benefit`` is what each index must save beside the others after its own upkeep (both objective
    units). ``hide`` names existing indexes to plan without. ``samples`` queries of each statement are planned.
    ``deadline`` is in seconds; at its end, or at Ctrl-C, the best that was found is returned with ``complete=False``.
    ``widen`` may propose more candidates around a chosen set.

    The same input gives the same answer, unless time cuts it. Raises PlannerError when the planner fails.
    """
    clock = Clock(deadline)
    pool = Pool(candidates, price)
    oracle = Oracle(statements, pool, planner, clock, hide=hide, samples=max(1, samples))
    bounds = Bounds(max_indexes, max_per_table, max_upkeep, max(0.0, min_benefit))
    search = Search(oracle, bounds, clock, budgets, also, widen, progress or _silent)
    entries, complete = run(search)
    return _selected(search, entries, _baseline(oracle), complete)


def _baseline(oracle: Oracle) -> float:
    """The workload as it is: with the indexes that a search hides."""
    if not oracle.hide:
        return oracle.cost(0) or 0.0
    queries = [query for each in oracle.statements for query in each.queries[: oracle.samples]]
    answers = iter(oracle.planner.judge(queries))
    oracle.calls += len(queries)
    total = 0.0
    for each, weight in zip(oracle.statements, oracle.weights, strict=True):
        told = [next(answers) for _ in each.queries[: oracle.samples]]
        total += weight * sum(one.cost for one in told if one is not None) / len(told)
    return total


def _selected(search: Search, entries: Sequence[Entry], baseline: float, complete: bool) -> Selected:
    pool = search.pool
    helping = union(used for facts in search.oracle.facts for used in facts.plans()) & ~pool.refused
    pool.price(helping)
    kept = list(members(helping | union(each.indexes for each in entries)))
    place = {position: number for number, position in enumerate(kept)}
    budgets = search.budgets if search.budgets is not None else [0]
    return Selected(
        candidates=tuple(pool.definitions[each] for each in kept),
        bytes=tuple(pool.bytes[each] for each in kept),
        baseline=baseline,
        points=tuple(
            CurvePoint(
                budget_bytes=budget,
                bytes=each.bytes,
                indexes=tuple(place[position] for position in members(each.indexes)),
                cost=each.cost,
                upkeep=each.upkeep,
            )
            for budget, each in zip(budgets, entries, strict=True)
        ),
        planner_calls=search.oracle.calls,
        seconds=search.clock.seconds,
        complete=complete,
        gap=search.gap,
        notes=_notes(search),
    )


def _notes(search: Search) -> tuple[str, ...]:
    notes: list[str] = []
    left_out = len(search.oracle.left_out)
    if left_out:
        notes.append(
            f"{left_out} {'statement is' if left_out == 1 else 'statements are'} left out: the planner cannot plan "
            f"{'it' if left_out == 1 else 'them'} ({', '.join(sorted(search.oracle.left_out)[:5])}"
            f"{', ...' if left_out > 5 else ''})"
        )
    refused = search.pool.refused.bit_count()
    if refused:
        first = search.pool.words(search.pool.refused)[0]
        notes.append(f"{refused} candidate {'index' if refused == 1 else 'indexes'} cannot be made: {first[:120]}")
    return tuple(notes)


def _silent(_: str, __: float) -> None:
    """Nobody listens."""
