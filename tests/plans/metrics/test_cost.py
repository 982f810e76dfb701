from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.plans.metrics import measure
from tests.plans.made import node, plan, scan


def costs(made):
    return {name: pytest.approx(of.cost_self) for name, of in measure(made).nodes.items()}


def test_cost_without_the_children():
    assert costs(plan(node("sort", scan("a", cost=60.0), cost=100.0))) == {"0": 40.0, "0.0": 60.0}


def test_the_inner_side_of_a_loop_costs_for_each_row_of_the_outer():
    made = plan(node("nested_loop", scan("a", cost=10.0, estimate=5), scan("b", cost=8.0, estimate=1), cost=55.0))
    assert costs(made) == {"0": 5.0, "0.0": 10.0, "0.1": 40.0}
    assert measure(made).nodes["0.1"].cost_share == pytest.approx(40 / 55)


def test_what_is_cheaper_to_run_again_gets_what_is_left():
    stored = node("materialize", scan("b", cost=20.0), cost=21.0)
    made = plan(node("nested_loop", scan("a", cost=10.0, estimate=1000), stored, cost=100.0))
    assert costs(made) == {"0": 0.0, "0.0": 10.0, "0.1": pytest.approx(90 / 21), "0.1.0": pytest.approx(90 * 20 / 21)}


def test_a_limit_does_not_pay_for_all_of_its_child():
    assert costs(plan(node("limit", scan("a", cost=1000.0), cost=1.0))) == {"0": 0.0, "0.0": 1.0}


def test_penalties_of_forbidden_nodes_are_no_cost():
    below = scan("a", cost=10_000_000_060.0, cost_startup=1e10, disabled=True)
    made = plan(node("sort", below, cost=10_000_000_100.0, cost_startup=10_000_000_100.0))
    assert costs(made) == {"0": pytest.approx(40.0), "0.0": pytest.approx(60.0)}


def test_a_query_can_really_cost_that_much():
    assert costs(plan(node("sort", scan("a", cost=3e10), cost=3.5e10, cost_startup=3.5e10)))["0"] == pytest.approx(5e9)


def test_no_costs_no_shares():
    of = measure(plan(scan("a", rows=1))).nodes["0"]
    assert (of.cost_self, of.cost_share) == (None, None)


_COSTS = st.floats(0, 1e6).map(lambda value: round(value, 2))


def _trees(below: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    one = st.builds(lambda a, cost: node("limit", a, cost=cost, estimate=3), below, _COSTS)
    two = st.builds(lambda a, b, cost: node("nested_loop", a, b, cost=cost, estimate=50), below, below, _COSTS)
    return st.one_of(one, two)


@given(st.recursive(st.builds(lambda cost: scan("a", cost=cost, estimate=9), _COSTS), _trees, max_leaves=12))
def test_own_costs_sum_to_the_root_and_none_is_negative(root: dict[str, Any]):
    made = plan(root)
    own = [of.cost_self or 0.0 for of in measure(made).nodes.values()]
    assert min(own) >= 0
    assert sum(own) == pytest.approx(made.root.cost_total, rel=1e-6, abs=1e-6)
