from __future__ import annotations

import pytest

from advisor.plans.metrics.early import stopped_early
from advisor.plans.metrics.tree import Tree
from tests.plans.made import node, plan, scan


def early(root, **fields):
    return stopped_early(Tree(plan(root, **fields)))


def test_a_limit_stops_what_streams_to_it():
    root = node(
        "limit", node("filter", scan("a", rows=10, estimate=1000), rows=10, estimate=1000), rows=10, estimate=10
    )
    assert early(root) == {"0.0", "0.0.0"}


@pytest.mark.parametrize("operator", ["sort", "hash", "bitmap_heap_scan"])
def test_what_sees_all_of_its_input_first_ends_it(operator):
    root = node("limit", node(operator, scan("a", rows=900), rows=10, estimate=1000), rows=10, estimate=10)
    assert early(root) == {"0.0"}


@pytest.mark.parametrize(
    ("strategy", "stopped"), [("hashed", {"0.0"}), ("plain", {"0.0"}), ("mixed", {"0.0"}), ("sorted", {"0.0", "0.0.0"})]
)
def test_aggregates_by_strategy(strategy, stopped):
    below = node("aggregate", scan("a", rows=900), strategy=strategy, rows=10, estimate=1000)
    assert early(node("limit", below, rows=10, estimate=10)) == stopped


def test_a_limit_that_got_less_than_it_asks_for_read_to_the_end():
    assert early(node("limit", scan("a", rows=3, estimate=1000), rows=3, estimate=10)) == set()


def test_a_limit_that_is_not_known_when_planning_is_a_tenth():
    assert early(node("limit", scan("a", rows=30, estimate=1000), rows=30, estimate=100)) == {"0.0"}


def test_mysql_tells_the_limit():
    below = scan("a", rows=3)
    assert early(node("limit", below, rows=3, limit_offset=(10, None)), engine="mysql") == set()
    assert early(node("limit", below, rows=3, limit_offset=(3, None)), engine="mysql") == {"0.0"}


def test_the_build_side_of_a_hash_join_is_read_whole():
    join = node("hash_join", scan("a", rows=10), node("hash", scan("b", rows=90), rows=90), rows=10, estimate=1000)
    assert early(node("limit", join, rows=10, estimate=10)) == {"0.0", "0.0.0"}


def test_the_inner_side_of_a_loop_under_a_limit_is_cut_short_in_its_last_loop_only():
    def join(loops):
        inner = scan("b", rows=2, loops=loops)
        return node(
            "limit", node("nested_loop", scan("a", rows=loops), inner, rows=10, estimate=1000), rows=10, estimate=10
        )

    assert early(join(3)) == {"0.0", "0.0.0", "0.0.1"}
    assert early(join(500)) == {"0.0", "0.0.0"}


@pytest.mark.parametrize("join_type", ["semi", "anti"])
def test_a_semi_join_ends_its_search_at_the_first_match(join_type):
    inner = node("materialize", scan("b", rows=50), rows=20, loops=9)
    assert early(node("nested_loop", scan("a", rows=9), inner, rows=5, join_type=join_type)) == {"0.1", "0.1.0"}


def test_so_does_a_join_on_a_unique_key_and_one_that_may_be_on_one():
    def join(unique, rows, **fields):
        inner = scan("b", rows=rows, estimate=100, loops=9)
        return node("nested_loop", scan("a", rows=9), inner, rows=5, inner_unique=unique, **fields)

    assert early(join(True, 50)) == {"0.1"}
    assert early(join(False, 50, predicates={"join_filter": "(a.x = b.x)"})) == set()
    assert early(join(None, 50, predicates={"join_filter": "(a.x = b.x)"})) == {"0.1"}
    assert early(join(None, 200, predicates={"join_filter": "(a.x = b.x)"})) == set()
    assert early(join(None, 50)) == set()


def test_nothing_to_probe_stops_the_other_side_of_an_inner_hash_join():
    def join(join_type):
        empty = node("hash", scan("b", rows=0), rows=0)
        return node("hash_join", scan("a", rows=1, estimate=9999), empty, rows=0, join_type=join_type)

    assert early(join("inner")) == {"0.0"}
    assert early(join("right")) == {"0.0"}
    assert early(join("left")) == set()
    assert early(join("anti")) == set()


def test_the_end_of_one_side_of_a_merge_join_ends_both():
    assert early(node("merge_join", scan("a", rows=9), scan("b", rows=9), rows=9)) == {"0.0", "0.1"}
    assert early(node("merge_join", scan("a", rows=9), scan("b", rows=9), rows=9, join_type="left")) == {"0.1"}
    assert early(node("merge_join", scan("a", rows=9), scan("b", rows=9), rows=9, join_type="full")) == set()


def test_a_sort_that_gave_all_it_had_was_not_stopped():
    whole = node("sort", scan("a", rows=9), rows=9)
    part = node("materialize", node("sort", scan("b", rows=900), rows=9), rows=9)
    assert early(node("merge_join", whole, part, rows=9)) == {"0.1", "0.1.0"}


def test_a_window_with_a_run_condition_stops_asking():
    root = node("window", node("sort", scan("a", rows=900), rows=5), rows=5, predicates={"run": "(row_number() <= 5)"})
    assert early(root) == {"0.0"}


def test_subplans_may_be_exists():
    def subplan(filter_, below):
        return scan("a", {**below, "as": "sub_plan", "fields": {**below["fields"], "subplan_name": "SubPlan 1"}}, rows=9,
                    predicates={"filter": filter_})  # fmt: skip

    assert early(subplan("(SubPlan 1)", scan("b", rows=1, loops=9))) == {"0.0"}
    assert early(subplan("(hashed SubPlan 1)", scan("b", rows=9))) == set()
    assert early(subplan("(x > (SubPlan 1))", node("aggregate", scan("b", rows=9), rows=1, strategy="plain"))) == set()


def test_a_cte_is_read_to_its_end_where_one_scan_is():
    def two(second):
        cte = scan("t", as_="cte", subplan_name="CTE c", rows=10)
        first = node("limit", node("cte_scan", cte="c", rows=10, estimate=900), rows=10, estimate=10)
        return node("append", cte, first, second, rows=20)

    stopped = node("limit", node("cte_scan", cte="c", rows=9, estimate=900), rows=9, estimate=9)
    assert early(two(stopped)) == {"0.0", "0.1.0", "0.2.0"}
    assert early(two(node("cte_scan", cte="c", rows=10, estimate=900))) == {"0.1.0"}


def test_what_never_ran_was_not_stopped():
    below = node(
        "append", scan("a", rows=10, estimate=9), scan("b", never_executed=True, loops=0, rows=0), rows=10, estimate=900
    )
    assert early(node("limit", below, rows=10, estimate=10)) == {"0.0", "0.0.0"}


def test_a_number_is_read_to_its_end():
    second = scan("b", rows=9)
    second = {**second, "as": "sub_plan", "fields": {**second["fields"], "subplan_name": "SubPlan 1"}}
    assert early(scan("a", second, rows=9, predicates={"filter": "((SubPlan 1) OR (hashed SubPlan 12))"})) == {"0.0"}
