"""Cost and used indexes out of whole answers: for planners that have no quicker way to tell them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from advisor.model.planning import Answer, Configuration, Judged, Query
from advisor.planners.planner import PRESENT


class Explains(Protocol):
    """What `ByExplain` builds on."""

    def explain(self, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Answer]:
        """As `Planner.explain`."""
        ...


class ByExplain:
    """Adds `judge` to a planner that explains."""

    def judge(self: Explains, queries: Sequence[Query], configuration: Configuration = PRESENT) -> list[Judged | None]:
        """As `Planner.judge`."""
        return [judged(answer) for answer in self.explain(queries, configuration)]


def judged(answer: Answer) -> Judged | None:
    """What an answer says, without its plan; None where there is no plan or no cost."""
    if answer.plan is None or answer.cost is None:
        return None
    names = {size.name: number for number, size in enumerate(answer.indexes)}
    new: set[int] = set()
    existing: set[str] = set()
    for node in answer.plan.nodes:
        if node.index is None:
            continue
        if node.index in names:
            new.add(names[node.index])
        else:
            owner = node.schema if answer.planned_by.engine == "postgresql" else node.relation
            existing.add(f"{owner}.{node.index}" if owner else node.index)
    return Judged(cost=answer.cost, rows=answer.rows, new=frozenset(new), existing=frozenset(existing))
