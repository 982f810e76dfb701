"""The workload that indexes are chosen for: each shape once, with the values to plan it with and its weight."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.model.engine import EngineName
from advisor.model.planning import Query

if TYPE_CHECKING:
    from advisor.graphs import QueryGraph
    from advisor.model.plan import Plan


@dataclass(frozen=True, slots=True)
class Statement:
    """One shape of the workload."""

    fingerprint: str
    engine: EngineName
    kind: str
    """select, insert, update, delete, merge."""
    sql: str
    """Normalised, literals as ``?``: safe to print."""
    queries: tuple[Query, ...]
    """With the values seen in the log: typical first, then slowest, then others. Empty: it cannot be planned."""
    weight: float
    """Objective units of one execution's planner cost: the objective is the sum of weight times cost."""
    calls_per_hour: float | None = None
    seconds_per_hour: float | None = None
    mean_ms: float | None = None
    graph: QueryGraph | None = None
    plans: tuple[Plan, ...] = ()
    """As logged, and the present one as the planner sees it."""
    constants: dict[tuple[str, str], str] = field(default_factory=dict)
    """(table, column) -> the SQL literal that every sample of the shape has there: ground for a partial index."""
