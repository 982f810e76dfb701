from __future__ import annotations

from advisor.model.indexing import CurvePoint, Selected
from advisor.recommend.advice.choosing import chosen
from advisor.recommend.wishes import Amount, IndexWishes


def _selected(*points: tuple[int, tuple[int, ...], float, float]) -> Selected:
    return Selected(
        candidates=(),
        bytes=(),
        baseline=100.0,
        points=tuple(
            CurvePoint(budget_bytes=size, bytes=size, indexes=indexes, cost=cost, upkeep=upkeep)
            for size, indexes, cost, upkeep in points
        ),
        planner_calls=0,
        seconds=0.0,
        complete=True,
    )


CURVE = _selected((0, (), 100, 0), (10, (0,), 60, 0), (20, (0, 1), 21, 0), (90, (0, 1, 2), 19, 1))


def test_without_a_budget_size_must_pay() -> None:
    assert chosen(CURVE, IndexWishes(), 100)[0] == 2, "70 % of the tables' size for 1 % of the time is too much"
    assert chosen(CURVE, IndexWishes(), 10_000)[0] == 3
    assert chosen(CURVE, IndexWishes(), None)[0] == 3, "without sizes of tables nothing can be weighed"


def test_a_budget_takes_the_best_that_fits() -> None:
    assert chosen(CURVE, IndexWishes(budget=Amount(15, "absolute")), None)[0] == 1
    assert chosen(CURVE, IndexWishes(budget=Amount(0.5, "share")), 100)[0] == 2
    assert chosen(CURVE, IndexWishes(budget=Amount(1000, "absolute")), None)[0] == 3


def test_nothing_is_recommended_where_nothing_pays() -> None:
    assert chosen(CURVE, IndexWishes(budget=Amount(5, "absolute")), None)[0] is None
    assert chosen(_selected((0, (), 100, 0)), IndexWishes(), None)[0] is None
    assert chosen(_selected((0, (), 100, 0), (10, (0,), 99, 2)), IndexWishes(), None)[0] is None
