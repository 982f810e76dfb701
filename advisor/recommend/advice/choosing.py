"""Which point of the curve is recommended."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.indexing import CurvePoint, Selected
from advisor.model.limits import LIMITS
from advisor.recommend.wishes import IndexWishes


def chosen(selected: Selected, wishes: IndexWishes, tables_bytes: int | None) -> tuple[int | None, str]:
    """Position of the recommended point, and the sentence that says why; None where no index pays.

    With a budget the best set within it. Without one the cheapest set that saves LIMITS.selection_enough of what the
    best set of any size saves, upkeep counted on both sides.
    """
    points = selected.points
    if not any(point.indexes for point in points):
        return None, ""
    if wishes.budget is not None:
        budget = wishes.budget.of(tables_bytes or 0)
        within = [number for number, point in enumerate(points) if point.bytes <= budget]
        if not within:
            return None, "No set of indexes that pays fits into the budget."
        best = _first_best(points, within)
        return best if points[best].indexes else None, "The best set found within the budget."
    net = [selected.baseline - point.cost - point.upkeep for point in points]
    most = max(net)
    if most <= 0:
        return None, ""
    enough = next(number for number, saved in enumerate(net) if saved >= LIMITS.selection_enough * most)
    if net[enough] >= most * (1 - 1e-9):
        return enough, "No set that was found saves more; --budget sets another size."
    return enough, (
        f"The smallest set with {LIMITS.selection_enough:.0%} of what the best set of any size saves; "
        "--budget sets another size."
    )


def _first_best(points: Sequence[CurvePoint], allowed: Sequence[int]) -> int:
    """The smallest of the best: points of the same outcome are one set."""
    least = min(points[number].cost + points[number].upkeep for number in allowed)
    return next(n for n in allowed if points[n].cost + points[n].upkeep <= least * (1 + 1e-12) + 1e-12)
