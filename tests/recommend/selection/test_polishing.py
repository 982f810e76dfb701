"""Costs that are times: the planner's plan is not always the quickest one."""

from advisor.model.indexing import CurvePoint, Selected
from advisor.model.planning import Judged
from advisor.recommend.selection.bounds import Bounds
from advisor.recommend.selection.polishing import polished
from tests.recommend.selection.worlds import candidate, index, statement

EVERYTHING = [candidate(index("t", name)) for name in "abc"]
FREE = Bounds()


class Timed:
    """Takes the index named first in `taken`, whatever the time of that."""

    def __init__(self, taken, times):
        self.taken, self.times = taken, times

    def judge(self, queries, configuration):
        there = {text[-2]: number for number, text in enumerate(configuration.add)}
        used = next((name for name in self.taken if name in there), None)
        new = frozenset() if used is None else frozenset({there[used]})
        return [Judged(cost=self.times[used], rows=None, new=new, existing=frozenset(), modelled=False)] * len(queries)


def chosen(planner, points, bounds=FREE):
    selected = Selected(
        candidates=tuple(each.index for each in EVERYTHING),
        bytes=(10, 10, 10),
        baseline=100.0,
        points=tuple(
            CurvePoint(budget_bytes=budget, bytes=10 * len(held), indexes=held, cost=0.0) for budget, held in points
        ),
        planner_calls=0,
        seconds=0.0,
        complete=True,
    )
    statements = [statement("f", "SELECT 1 FROM t")]
    price = lambda indexes: [(10, 0.0) for _ in indexes]  # noqa: E731
    out = polished(selected, statements, EVERYTHING, planner, price=price, bounds=bounds)
    return [
        ("".join(out.candidates[number].keys[0].column for number in point.indexes), point.cost) for point in out.points
    ]


def test_an_index_that_does_harm_is_taken_away():
    slow = Timed("ab", {None: 100.0, "a": 150.0, "b": 20.0})
    assert chosen(slow, [(20, (0, 1))]) == [("b", 20.0)]


def test_an_index_that_the_solver_did_not_see_is_added_or_takes_a_place():
    planner = Timed("cab", {None: 100.0, "a": 50.0, "b": 20.0, "c": 10.0})
    assert chosen(planner, [(10, (0,)), (30, (0,))]) == [("c", 10.0), ("c", 10.0)]


def test_what_saves_less_than_it_has_to_stays_out():
    planner = Timed("ab", {None: 100.0, "a": 95.0, "b": 20.0})
    assert chosen(planner, [(10, ())], Bounds(min_benefit=10.0)) == [("b", 20.0)]
    assert chosen(planner, [(10, ())], Bounds(min_benefit=90.0)) == [("", 100.0)]


def test_no_set_exceeds_its_size():
    planner = Timed("abc", {None: 100.0, "a": 50.0, "b": 20.0, "c": 10.0})
    assert chosen(planner, [(5, ())]) == [("", 100.0)]
