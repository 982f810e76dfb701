"""Which point of the curve is recommended."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.indexing import CurvePoint, Selected
from advisor.model.limits import LIMITS
from advisor.recommend.wishes import IndexWishes


def chosen(selected: Selected, wishes: IndexWishes, tables_bytes: int | None) -> tuple[int | None, str]:
    """Position of the recommended point, and the sentence that says why; None where no index pays.

    With a budget the best set within it. Without one the curve is followed as long as more size pays:
    LIMITS.selection_size_price of the workload's cost for as many bytes as all tables have, upkeep counted.
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
    each_byte = LIMITS.selection_size_price * selected.baseline / tables_bytes if tables_bytes else 0.0
    worth = [selected.baseline - point.cost - point.upkeep - each_byte * point.bytes for point in points]
    best = max(range(len(points)), key=lambda number: (worth[number], -number))
    if worth[best] <= 0 or not points[best].indexes:
        return None, ""
    if best == _first_best(points, range(len(points))):
        return best, "No set that was found saves more; --budget sets another size."
    return best, (
        f"From here on 10% more of the tables' size saves less than {LIMITS.selection_size_price / 10:.0%}; "
        "--budget sets another size."
    )


def _first_best(points: Sequence[CurvePoint], allowed: Sequence[int]) -> int:
    """The smallest of the best: points of the same outcome are one set."""
    least = min(points[number].cost + points[number].upkeep for number in allowed)
    return next(n for n in allowed if points[n].cost + points[n].upkeep <= least * (1 + 1e-12) + 1e-12)
