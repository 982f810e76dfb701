"""Columns that hardly anything gains by are taken out of the chosen set."""

from __future__ import annotations

from collections.abc import Sequence
from types import SimpleNamespace
from typing import Any, cast

from advisor.model.catalog import IndexKey
from advisor.model.indexing import CurvePoint, IndexDefinition, Selected
from advisor.model.planning import Configuration, Judged, Query
from advisor.recommend.advice.simplified import simplified
from advisor.recommend.workload import Statement


def _index(*columns: str, include: tuple[str, ...] = ()) -> IndexDefinition:
    return IndexDefinition(
        engine="postgresql", table="t", keys=tuple(IndexKey(column=one) for one in columns), include=include
    )


class Planner:
    """100 without an index that leads with a; 10 with one; less where it also holds what ``gains`` names."""

    def __init__(self, gains: dict[str, float]) -> None:
        self.gains = gains

    def judge(self, queries: Sequence[Query], configuration: Configuration) -> list[Judged | None]:
        cost = 100.0
        for text in configuration.add:
            if text.startswith("ON t (a"):
                cost = 10.0 - sum(gain for column, gain in self.gains.items() if column in text)
        return [Judged(cost=cost, rows=1.0, new=frozenset({0}), existing=frozenset()) for _ in queries]


class Prices:
    def pairs(self, indexes: Sequence[IndexDefinition]) -> list[tuple[int, float]]:
        return [(100 * (len(one.keys) + len(one.include)), 0.0) for one in indexes]


def _run(index: IndexDefinition, gains: dict[str, float]) -> Selected:
    statement = Statement("f", "postgresql", "select", "?", (Query("q"),), 1.0)
    now = SimpleNamespace(
        statements=[statement],
        judged=[Judged(cost=100.0, rows=1.0, new=frozenset(), existing=frozenset())],
        baseline=100.0,
    )
    selected = Selected(
        candidates=(index,),
        bytes=(300,),
        baseline=100.0,
        points=(CurvePoint(budget_bytes=300, bytes=300, indexes=(0,), cost=10.0),),
        planner_calls=0,
        seconds=0.0,
        complete=True,
    )
    inputs = SimpleNamespace(planner=Planner(gains))
    return simplified(cast(Any, inputs), cast(Any, now), selected, 0, cast(Any, Prices()))


def _only(selected: Selected) -> IndexDefinition:
    (number,) = selected.points[0].indexes
    return selected.candidates[number]


def test_a_column_that_saves_nothing_goes_and_the_point_says_so() -> None:
    out = _run(_index("a", "b", include=("c",)), {})
    assert _only(out) == _index("a")
    assert out.points[0].bytes == 100
    assert out.points[0].cost == 10.0


def test_a_column_that_pays_stays() -> None:
    out = _run(_index("a", "b", include=("c",)), {"b": 3.0})
    assert _only(out) == _index("a", "b")
    assert _only(_run(_index("a", include=("c", "d")), {"d": 3.0})) == _index("a", include=("d",))


def test_the_first_key_is_never_taken() -> None:
    assert _only(_run(_index("a"), {})) == _index("a")
