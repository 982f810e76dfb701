"""The whole search, over planners whose every answer is known."""

import random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.planners.errors import PlannerError
from advisor.recommend.selection import select
from advisor.recommend.selection.oracle import _names
from tests.recommend.selection.worlds import World, candidate, chosen, index, statement


def random_world(seed: int, indexes: int = 8, statements: int = 5, plans: int = 6, upkeep: int = 0) -> World:
    """Plans of any indexes at any cost: nothing about them is monotone but that more choice never hurts."""
    draw = random.Random(seed)
    every = list(
        dict.fromkeys(
            index(f"t{number % 3}", *draw.sample("abcd", draw.choice([1, 1, 2]))) for number in range(indexes)
        )
    )
    texts = {}
    for number in range(statements):
        tables = [f"t{each}" for each in draw.sample(range(3), draw.choice([1, 2, 3]))]
        there = [each for each in every if each.table in tables]
        bare = draw.randint(100, 1000)
        known = [(frozenset(), float(bare))]
        for _ in range(draw.randint(1, plans) if there else 0):
            needed = draw.sample(there, min(len(there), draw.choice([1, 1, 2, 2, 3])))
            known.append((frozenset(needed), float(draw.randint(1, bare))))
        texts[f"select {number} from {', '.join(tables)}"] = known
    return World(
        texts,
        {each: draw.randint(1, 40) for each in every},
        weights={text: draw.choice([0.5, 1.0, 3.0]) for text in texts},
        upkeep={each: float(draw.randint(0, upkeep)) for each in every} if upkeep else {},
    )


def search(world: World, **wishes):
    return select(world.statements, world.candidates, world, price=world.price, **wishes)


_BUDGETS = [10, 25, 50, 100, 400]


def test_small_workloads_are_solved_to_the_optimum():
    """Of 250 sizes over 50 workloads, all but a few; never is a point's cost another than the planner's."""
    missed = worse = 0
    for seed in range(50):
        world = random_world(seed)
        selected = search(world, budgets=_BUDGETS)
        for number, budget in enumerate(_BUDGETS):
            point = selected.points[number]
            there = chosen(selected, number)
            assert point.budget_bytes == budget
            assert point.bytes == sum(world.sizes[each] for each in there) <= budget
            assert point.cost == pytest.approx(world.cost(there))
            missed += point.cost > world.optimum(budget) + 1e-6
            worse += point.cost > min(world.greedy(budget, dense=True), world.greedy(budget, dense=False)) + 1e-6
    assert missed <= 3
    assert worse <= 3


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_an_index_is_worth_its_upkeep_and_the_least_benefit(seed):
    world = random_world(seed, upkeep=60)
    selected = search(world, budgets=[20, 60, 400], min_benefit=30.0)
    for number, point in enumerate(selected.points):
        there = chosen(selected, number)
        assert point.upkeep == pytest.approx(sum(world.upkeep[each] for each in there))
        for each in there:
            assert world.objective(there - {each}) - world.objective(there) >= 30.0 - 1e-6
    objectives = [point.cost + point.upkeep for point in selected.points]
    assert objectives == sorted(objectives, reverse=True)


@settings(max_examples=15, deadline=None)
@given(st.integers(0, 10**6))
def test_bounds_are_kept(seed):
    world = random_world(seed, upkeep=40)
    selected = search(world, budgets=[400], max_indexes=3, max_per_table=1, max_upkeep=50.0)
    there = chosen(selected, 0)
    assert len(there) <= 3
    assert len({each.table for each in there}) == len(there)
    assert selected.points[0].upkeep <= 50.0


@settings(max_examples=6, deadline=None)
@given(st.integers(0, 10**6))
def test_the_curve_falls_and_the_order_of_the_input_does_not_matter(seed):
    world = random_world(seed)
    selected = search(world)
    costs = [point.cost for point in selected.points]
    assert costs == sorted(costs, reverse=True)
    assert selected.complete
    assert selected.planner_calls == world.calls
    assert costs[-1] == pytest.approx(world.cost(frozenset(world.sizes)))
    again = select(world.statements, world.candidates[::-1], world, price=world.price)
    assert again.points == selected.points
    assert again.candidates == selected.candidates


def test_indexes_that_only_help_together_are_found():
    outer, inner = index("orders", "day"), index("lines", "order_id")
    world = World(
        {"select 1 from orders, lines": [(frozenset(), 100.0), (frozenset({outer, inner}), 5.0)]},
        {outer: 10, inner: 10, index("orders", "note"): 1},
    )
    selected = search(world, budgets=[15, 20])
    assert chosen(selected, 0) == frozenset()
    assert chosen(selected, 1) == {outer, inner}


def test_a_narrow_index_is_found_behind_the_wide_one_that_hides_it():
    wide, narrow = index("t", "a", "b"), index("t", "a")
    world = World(
        {"select 1 from t": [(frozenset(), 100.0), (frozenset({wide}), 5.0), (frozenset({narrow}), 6.0)]},
        {wide: 30, narrow: 10},
    )
    selected = search(world, budgets=[10, 30])
    assert chosen(selected, 0) == {narrow}
    assert chosen(selected, 1) == {wide}


def test_what_no_plan_uses_costs_nothing_to_leave_out():
    """100 candidates, one of them useful: a handful of plans."""
    useful = index("t", "a")
    others = [index("t", f"c{number}") for number in range(99)]
    world = World(
        {"select 1 from t": [(frozenset(), 100.0), (frozenset({useful}), 5.0)]}, dict.fromkeys([useful, *others], 10)
    )
    selected = search(world, budgets=[50])
    assert chosen(selected, 0) == {useful}
    assert world.calls < 12
    assert world.widest <= 48
    assert selected.candidates == (useful,)


def test_a_wider_variant_of_what_was_chosen_is_tried():
    narrow, wide = index("t", "a"), index("t", "a", "b")
    world = World(
        {"select 1 from t": [(frozenset(), 100.0), (frozenset({narrow}), 50.0), (frozenset({wide}), 5.0)]},
        {narrow: 10, wide: 20},
    )
    selected = select(
        world.statements,
        [candidate(narrow)],
        world,
        price=world.price,
        budgets=[10, 20],
        widen=lambda those: [candidate(wide)] if narrow in those else [],
    )
    assert chosen(selected, 0) == {narrow}
    assert chosen(selected, 1) == {wide}


def test_statements_and_indexes_that_cannot_be_planned_are_left_out_and_said():
    world = random_world(3)
    first = next(iter(world.plans))
    world.unplannable = frozenset({first})
    world.refused = frozenset({index("t0", "no_such_column")})
    selected = search(world, budgets=[400])
    assert len(selected.notes) == 2
    assert "s0" in selected.notes[0]
    assert "no_such_column" in selected.notes[1]
    del world.plans[first]
    assert selected.points[0].cost == pytest.approx(world.cost(chosen(selected, 0)))


def test_a_planner_that_fails_is_not_taken_for_bad_indexes():
    class Gone(World):
        def judge(self, queries, configuration=None):
            raise PlannerError("the server is gone")

    world = random_world(3)
    with pytest.raises(PlannerError, match="the server is gone"):
        search(Gone(world.plans, world.sizes), budgets=[400])


@pytest.mark.parametrize("after", [5, 12, 25, 60])
def test_ctrl_c_ends_it_with_the_best_so_far(after):
    def interrupt(calls: int) -> None:
        if calls == after:
            world.before = None
            raise KeyboardInterrupt

    world = random_world(11, indexes=20, statements=4, plans=20)
    world.before = interrupt
    selected = search(world, budgets=[60, 200])
    assert not selected.complete
    assert len(selected.points) == 2
    for number in range(2):
        assert selected.points[number].cost == pytest.approx(world.cost(chosen(selected, number)))
    assert after == 5 or selected.points[1].cost < selected.baseline


def test_the_time_limit_leaves_a_valid_answer():
    world = random_world(11, indexes=20, statements=4, plans=20)
    selected = search(world, budgets=[60, 200], deadline=0.0)
    assert not selected.complete
    assert [point.indexes for point in selected.points] == [(), ()]
    assert selected.points[0].cost == selected.baseline


def test_nothing_to_choose_from():
    world = random_world(1)
    selected = select(world.statements, [], world, price=world.price)
    assert [point.indexes for point in selected.points] == [()]
    assert selected.complete
    assert select([], world.candidates, world, price=world.price).baseline == 0.0


def test_hidden_indexes_stay_hidden_and_the_baseline_sees_them():
    class Hiding(World):
        def judge(self, queries, configuration=None):
            answers = super().judge(queries, *([] if configuration is None else [configuration]))
            hidden = configuration is not None and configuration.hide == ("old",)
            return [answer if hidden else type(answer)(cost=1.0, rows=None, new=frozenset(), existing=frozenset())
                    for answer in answers]  # fmt: skip

    useful = index("t", "a")
    world = Hiding({"select 1 from t": [(frozenset(), 100.0), (frozenset({useful}), 5.0)]}, {useful: 10})
    selected = search(world, budgets=[5, 10], hide=["old"])
    assert selected.baseline == 1.0
    assert [point.cost for point in selected.points] == [100.0, 5.0]


def test_quoted_and_qualified_tables_are_seen():
    names = _names(statement("f", 'SELECT 1 FROM "My Table" m JOIN sales."Order" ON true JOIN `odd one`'))
    assert {"my table", "order", "odd one"} <= names
