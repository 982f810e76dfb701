"""The part of a statement's time that no index takes away."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.limits import LIMITS
from advisor.model.planning import Judged
from advisor.recommend.workload import Statement

_WRITES = ("insert", "update", "delete", "merge")


def busy_ms(statement: Statement) -> float | None:
    """Mean milliseconds of an execution that were not spent waiting for locks; None where none was logged."""
    if statement.mean_ms is None or statement.mean_ms <= 0:
        return None
    return max(0.0, statement.mean_ms - max(0.0, statement.lock_ms or 0.0))


def waits(statement: Statement) -> bool:
    """Whether its time is mostly lock wait, and so says little about what its plan costs."""
    if not statement.mean_ms or not statement.lock_ms:
        return False
    return statement.lock_ms >= LIMITS.calibration_lock_share * statement.mean_ms


def floor_ms(statements: Sequence[Statement], judged: Sequence[Judged | None]) -> tuple[float, int]:
    """Milliseconds of parsing, planning and answering that every statement takes, and how many statements tell.

    It is what the fastest takes of those whose plan costs next to nothing: a slower one had a plan that its cost
    does not tell, or was held up. Where the log has none, or only slow ones (a threshold hides the fast), it is
    `LIMITS.calibration_floor_ms`, and the count is 0.
    """
    cheap = [
        busy
        for statement, now in zip(statements, judged, strict=True)
        if now is not None
        and 0 < now.cost <= LIMITS.calibration_cheap_cost
        and statement.kind == "select"
        and not waits(statement)
        and (busy := busy_ms(statement))
    ]
    fast = [busy for busy in cheap if busy <= LIMITS.calibration_floor_most_ms]
    if not fast:
        return LIMITS.calibration_floor_ms, 0
    return min(fast), len(fast)


def written_ms(statement: Statement) -> float:
    """Milliseconds for changing rows: planners leave them out of the cost of INSERT, UPDATE and DELETE."""
    if statement.kind not in _WRITES:
        return 0.0
    rows = statement.rows_affected
    if rows is None:
        rows = _rows_planned(statement)
    return (rows or 0.0) * LIMITS.calibration_row_ms


def planning_ms(statement: Statement) -> float:
    """As its logged plans tell it; 0 where none does."""
    return max((plan.planning_ms or 0.0 for plan in statement.plans), default=0.0)


def _rows_planned(statement: Statement) -> float | None:
    for plan in statement.plans:
        for node in plan.nodes:
            if node.operator == "modify":
                below = [child.rows_estimated for child in plan.children[node.id] if child.rows_estimated is not None]
                return sum(below) if below else None
    return None
