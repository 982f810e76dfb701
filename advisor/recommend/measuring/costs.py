"""What statements cost in milliseconds under several sets of indexes."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.indexing import IndexDefinition
from advisor.model.planning import Configuration
from advisor.recommend.definition import on_text
from advisor.recommend.measuring.planner import MeasuredPlanner
from advisor.recommend.measuring.staging import Progress
from advisor.recommend.workload import Statement


def measured_costs(
    statements: Sequence[Statement],
    definitions: Sequence[IndexDefinition],
    sets: Sequence[Sequence[int]],
    dsn: str,
    *,
    repeats: int = 3,
    timeout: float = 30.0,
    samples: int = 1,
    allow_writers: bool = False,
    progress: Progress | None = None,
    deadline: float | None = None,
) -> list[dict[str, float | None]]:
    """Milliseconds of each statement, by fingerprint, under each set of definitions (by position).

    All definitions are built once; sets that give a statement the same plan share its measurement. None: not executed.
    Raises MeasuringError, and PlannerError where a set names an index that could not be built.
    """
    queries = [query for each in statements for query in each.queries[:samples]]
    found: list[dict[str, float | None]] = []
    with MeasuredPlanner.open(
        dsn,
        definitions,
        repeats=repeats,
        timeout=timeout,
        allow_writers=allow_writers,
        progress=progress,
        deadline=deadline,
    ) as planner:
        for chosen in sets:
            add = tuple(on_text(definitions[number]) for number in chosen)
            told = iter(planner.judge(queries, Configuration(add=add)))
            costs: dict[str, float | None] = {}
            for each in statements:
                several = [next(told) for _ in each.queries[:samples]]
                there = [one.cost for one in several if one is not None]
                costs[each.fingerprint] = sum(there) / len(there) if there and len(there) == len(several) else None
            found.append(costs)
    return found
