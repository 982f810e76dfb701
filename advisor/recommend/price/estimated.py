"""Rows that a statement writes, as the planner sees it: for logs that do not tell."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.planners.errors import PlannerError
from advisor.recommend.workload import Statement

if TYPE_CHECKING:
    from advisor.model.plan import Plan
    from advisor.planners.planner import Planner

#: Children that give no rows to their parent.
_ASIDE = ("init_plan", "sub_plan", "cte")


class Estimated:
    """Asks the planner once a statement."""

    def __init__(self, planner: Planner) -> None:
        self._planner = planner
        self._known: dict[str, float | None] = {}

    def rows(self, statement: Statement) -> float | None:
        """Rows that one execution inserts, finds to update, or finds to delete; None where it cannot be planned."""
        if statement.fingerprint not in self._known:
            self._known[statement.fingerprint] = self._asked(statement)
        return self._known[statement.fingerprint]

    def _asked(self, statement: Statement) -> float | None:
        if not statement.queries or statement.engine != "postgresql":
            return None
        try:
            (answer,) = self._planner.explain(statement.queries[:1])
        except PlannerError:
            return None
        return written(answer.plan) if answer.plan is not None else None


def written(plan: Plan) -> float | None:
    """Rows that the writing node of a plan gets from its inputs, estimated."""
    for node in plan.nodes:
        if node.operator == "modify":
            inputs = [one for one in plan.nodes if one.parent == node.id and one.relationship not in _ASIDE]
            counts = [one.rows_estimated for one in inputs if one.rows_estimated is not None]
            return sum(counts) if counts else None
    return None
