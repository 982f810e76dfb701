"""Cost and used indexes out of a whole answer: for a planner that has no quicker way to tell them."""

from __future__ import annotations

from advisor.model.planning import Answer, Judged


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
