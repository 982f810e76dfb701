"""How fast a shadow answers: statements and configurations a second. Used by the tests and by benchmarks."""

from __future__ import annotations

import itertools
import time
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.model.planning import Configuration, Query
from advisor.planners.postgresql.planner import ShadowPlanner


@dataclass(frozen=True)
class Rates:
    """As measured once, on this machine."""

    explains_per_second: float
    """Of different statements in one batch; plans stay text."""
    answers_per_second: float
    """The same with their plans read."""
    configuration_ms: float
    """Of one configuration with one statement, its indexes made before."""
    made_ms: float
    """To make one hypothetical index of a batch."""


def measure(planner: ShadowPlanner, queries: Sequence[str], indexes: Sequence[str], statements: int = 1000) -> Rates:
    """``queries`` and ``indexes`` must not have been asked for before."""
    many = [Query(f"{sql} -- {n}") for n, sql in zip(range(statements), itertools.cycle(queries), strict=False)]
    planner.explain([Query("SELECT 1")])
    started = time.perf_counter()
    planner.costs(many)
    explained = time.perf_counter() - started
    some = many[: statements // 4]
    started = time.perf_counter()
    planner.explain([Query(f"{query.sql} again") for query in some])
    answered = time.perf_counter() - started
    started = time.perf_counter()
    planner.prepare(indexes)
    made = time.perf_counter() - started
    worlds = [Configuration(add=pair) for pair in itertools.combinations(indexes, 2)][:200]
    started = time.perf_counter()
    for world in worlds:
        planner.costs(many[:1], world)
    switched = time.perf_counter() - started
    return Rates(
        statements / explained, len(some) / answered, 1000 * switched / len(worlds), 1000 * made / max(1, len(indexes))
    )
