"""Plans of two worlds compared, and the size at which one becomes the other."""

import pytest

from advisor.model.planning import Answer, Configuration, PlannedBy, Query, Scale
from advisor.planners.errors import PlannerError
from advisor.planners.flips import compared, crossings, flips
from advisor.plans.read import read

BY = PlannedBy(planner="shadow", engine="postgresql", version="18", statistics="snapshot")
SCAN = "Seq Scan on t  (cost=0.00..{cost} rows=100 width=8)\n  Filter: (a = 1)\n"
INDEX = "Index Scan using i on t  (cost=0.42..{cost} rows=100 width=8)\n  Index Cond: (a = 1)\n"


class Stepping:
    """Plans a scan up to a size of its own for each query, an index above it; counts how often it is asked."""

    planned_by = BY

    def __init__(self, at):
        self.at, self.sizes = at, []

    def explain(self, queries, configuration=Configuration()):  # noqa: B008
        factor = 1.0
        for scale in configuration.scale:
            factor *= scale.factor
        self.sizes.append(factor)
        return [self.answer(query, configuration, factor) for query in queries]

    def answer(self, query, configuration, factor):
        if query.sql not in self.at:
            return Answer(query=query, configuration=configuration, error="no such table", planned_by=BY)
        text = (SCAN if factor < self.at[query.sql] else INDEX).format(cost=f"{100 * factor:.2f}")
        (plan,) = read(text, engine="postgresql").plans
        return Answer(
            query=query, configuration=configuration, plan=plan, cost=plan.root.cost_total, rows=100, planned_by=BY
        )


TEN = Configuration(scale=(Scale("t", 10),))


def test_flips_have_both_plans_and_what_differs():
    planner = Stepping({"one": 3.5, "two": 100})
    found = flips(planner, [Query("one"), Query("two"), Query("bad")], TEN)
    (flip,) = found.flips
    assert (found.same, len(found.failed)) == (1, 1)
    assert (flip.before.plan.root.operator, flip.after.plan.root.operator) == ("seq_scan", "index_scan")
    assert (flip.before.cost, flip.after.cost) == (100, 1000)
    assert "index scan using i" in flip.difference.headline
    assert flip.crossing is None


@pytest.mark.parametrize("at", [1.01, 1.5, 3.5, 9.9])
def test_the_crossing_is_found_by_bisection(at):
    planner = Stepping({"one": at})
    (flip,) = flips(planner, [Query("one")], TEN, crossing=True).flips
    ((below,), (above,)) = (flip.crossing.below, flip.crossing.above)
    assert below.factor < at <= above.factor
    assert above.factor / below.factor < 1.16  # ten in 16 equal ratios
    assert len(planner.sizes) <= 2 + 4


def test_searches_share_their_sizes():
    planner = Stepping({str(at): at for at in (2, 3, 4, 5, 6, 7)})
    flips(planner, [Query(str(at)) for at in (2, 3, 4, 5, 6, 7)], TEN, crossing=True)
    assert len(set(planner.sizes)) <= 17


def test_tables_grow_together_on_the_way():
    planner = Stepping({"one": 20})
    wide = Configuration(scale=(Scale("t", 10), Scale("u", 100)))
    (flip,) = flips(planner, [Query("one")], wide, crossing=True).flips
    t, u = flip.crossing.above
    assert u.factor == pytest.approx(t.factor**2, rel=0.01)


def test_a_crossing_is_between_sizes_only():
    planner = Stepping({"one": 3})
    queries = [Query("one")]
    before = planner.explain(queries)
    after = planner.explain(queries, Configuration(scale=TEN.scale, add=("ON t (a)",)))
    found = compared(before, after).flips
    with pytest.raises(PlannerError, match="more than their scale"):
        crossings(planner, found)
