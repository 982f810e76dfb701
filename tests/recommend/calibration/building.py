"""Statements and judgements for tests."""

from __future__ import annotations

from typing import Any

from advisor.model.planning import Judged, Query
from advisor.recommend.workload import Statement


def statement(number: int = 0, ms: float | None = 1.0, calls: float | None = 100.0, **other: Any) -> Statement:
    """A SELECT with a mean time and a rate."""
    given: dict[str, Any] = {
        "fingerprint": f"{number:016x}",
        "engine": "postgresql",
        "kind": "select",
        "sql": f"SELECT {number}",
        "queries": (Query(f"SELECT {number}"),),
        "weight": 1.0,
        "calls_per_hour": calls,
        "mean_ms": ms,
        "seconds_per_hour": None if ms is None or calls is None else ms * calls / 1000,
    }
    return Statement(**{**given, **other})


def judged(cost: float, new: frozenset[int] = frozenset()) -> Judged:
    """What a planner says of a plan."""
    return Judged(cost=cost, rows=None, new=new, existing=frozenset())
