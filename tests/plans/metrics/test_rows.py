from __future__ import annotations

import pytest

from advisor.plans.metrics import measure
from tests.plans.made import node, plan, scan


def bounds(made, name="0"):
    of = measure(made).nodes[name]
    return of.rows_total, of.rows_low, of.rows_high


def test_one_loop_is_exact():
    assert bounds(plan(scan("a", rows=7))) == (7, 7, 7)


def test_an_average_is_rounded_to_whole_rows():
    made = plan(node("nested_loop", scan("a", rows=100), scan("b", rows=2, loops=100), rows=200))
    assert bounds(made, "0.1") == (200, 150, 250)


def test_none_a_loop_may_be_nearly_half_a_row():
    made = plan(node("nested_loop", scan("a", rows=100), scan("b", rows=0, loops=100), rows=20))
    assert bounds(made, "0.1") == (0, 0, 50)


def test_version_18_prints_hundredths():
    made = plan(node("nested_loop", scan("a", rows=100), scan("b", rows=0.2, loops=100), rows=20))
    assert bounds(made, "0.1") == (20, pytest.approx(19.5), pytest.approx(20.5))


def test_mysql_prints_three_digits_of_many_rows():
    made = plan(node("nested_loop", scan("a", rows=3), scan("b", rows=12300, loops=3), rows=36900), engine="mysql")
    assert bounds(made, "0.1") == (36900, 36750, 37050)


def test_removed_rows_are_of_a_loop_too():
    made = plan(
        node(
            "nested_loop",
            scan("a", rows=10, removed={"filter": 5}),
            scan("b", rows=1, loops=10, removed={"filter": 3, "recheck": 1}),
            rows=10,
            removed={"join_filter": 40},
        )
    )
    nodes = measure(made).nodes
    assert (nodes["0"].removed_join, nodes["0.0"].removed_filter) == (40, 5)
    assert (nodes["0.1"].removed_filter, nodes["0.1"].removed_recheck) == (30, 10)
    assert nodes["0"].removed_filter is None


def test_what_never_ran_gave_nothing_and_what_was_not_executed_is_not_known():
    assert bounds(plan(node("limit", scan("a", never_executed=True, loops=0, rows=0), rows=0)), "0.0") == (0, 0, 0)
    assert bounds(plan(scan("a", estimate=5))) == (None, None, None)
