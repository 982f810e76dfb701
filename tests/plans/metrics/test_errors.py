from __future__ import annotations

import pytest

from advisor.plans.metrics import measure
from tests.plans.made import node, plan, scan


def errors(made):
    return {name: of.q_error for name, of in measure(made).nodes.items()}


@pytest.mark.parametrize(
    ("estimate", "rows", "error", "under"),
    [
        (10, 1000, 100.0, True),
        (1000, 10, 100.0, False),
        (5, 5, 1.0, None),
        (0, 0, 1.0, None),
        (1, 0, 1.0, None),
        (40, 0, 40.0, False),
    ],
)
def test_the_greater_over_the_smaller_and_nothing_counts_as_one(estimate, rows, error, under):
    of = measure(plan(scan("a", estimate=estimate, rows=rows))).nodes["0"]
    assert (of.q_error, of.underestimated) == (error, under)


def test_within_rounding_there_is_no_error():
    made = plan(
        node("nested_loop", scan("a", rows=9, estimate=9), scan("b", rows=0, loops=9, estimate=1), rows=4, estimate=4)
    )
    assert errors(made)["0.1"] == 1.0
    made = plan(
        node("nested_loop", scan("a", rows=9, estimate=9), scan("b", rows=4, loops=9, estimate=9), rows=4, estimate=4)
    )
    assert errors(made)["0.1"] == 2.0  # 9 of at most 4.5


def test_below_a_gather_the_whole_is_compared_with_the_whole():
    # A million rows, two workers and the leader: 1e6 / 2.4 planned, 1e6 / 3 came.
    below = scan("a", parallel=True, estimate=416_667, rows=333_333, loops=3)
    made = plan(node("gather", below, estimate=1e6, rows=1e6, workers_planned=2, workers_launched=2))
    assert errors(made)["0.0"] == pytest.approx(1.0, abs=1e-5)


def test_planned_workers_that_did_not_come_are_no_misestimate():
    below = scan("a", parallel=True, estimate=416_667, rows=1e6, loops=1)
    made = plan(node("gather", below, estimate=1e6, rows=1e6, workers_planned=2, workers_launched=0))
    assert errors(made)["0.0"] == pytest.approx(1.0, abs=1e-5)


def test_what_every_worker_does_in_full_is_compared_by_loop():
    inner = scan("b", estimate=3, rows=3, loops=1_000_000, operator="index_scan", index="b_i")
    join = node("nested_loop", scan("a", parallel=True, estimate=416_667, rows=333_333, loops=3), inner, estimate=1_250_000,
                rows=1_000_000, loops=3)  # fmt: skip
    groups = node("aggregate", join, strategy="hashed", partial_mode="partial", estimate=10, rows=10, loops=3)
    found = errors(plan(node("gather", groups, estimate=20, rows=30, workers_planned=2, workers_launched=2)))
    assert found["0.0"] == found["0.0.0.1"] == 1.0
    assert found["0.0.0"] == pytest.approx(1.0, abs=1e-5)


def test_what_passes_the_condition_is_compared_in_mariadb():
    fields = {"filtered_estimated": 0.1, "filtered_actual": 0.5}
    of = measure(plan(scan("a", estimate=1000, rows=2000, **fields), engine="mariadb")).nodes["0"]
    assert (of.q_error, of.underestimated) == (10.0, True)


def test_no_error_where_nothing_can_be_compared():
    below = scan("a", rows=10, estimate=100_000)
    assert errors(plan(node("limit", below, rows=10, estimate=10)))["0.0"] is None
    assert (
        errors(plan(node("bitmap_heap_scan", node("bitmap_or", rows=0, estimate=500), rows=5, estimate=5)))["0.0"]
        is None
    )
    assert errors(plan(node("modify", scan("a", rows=5, estimate=5), rows=0, estimate=500)))["0"] is None
    assert errors(plan(scan("a", never_executed=True, rows=0, loops=0, estimate=500)))["0"] is None
    assert errors(plan(scan("a", estimate=500)))["0"] is None


def test_rows_that_a_merge_join_read_again_are_no_misestimate():
    made = plan(node("merge_join", node("sort", scan("a", rows=9, estimate=9), rows=9, estimate=9),
                     node("sort", scan("b", rows=20, estimate=20), rows=5000, estimate=20), rows=5000, estimate=5000))  # fmt: skip
    assert errors(made)["0.1"] is None


def test_the_cause_is_the_lowest_node_whose_error_reaches_a_choice():
    filtered = scan("a", estimate=10, rows=20_000)
    join = node("hash_join", scan("b", estimate=1000, rows=1000), node("hash", filtered, estimate=10, rows=20_000),
                estimate=10, rows=30_000)  # fmt: skip
    measures = measure(plan(node("sort", join, estimate=10, rows=30_000)))
    assert measures.root_cause == "0.0.1.0"
    assert measures.nodes["0.0.1.0"].introduced_error == 2000
    assert measures.nodes["0.0.1"].introduced_error == 1.0
    assert measures.nodes["0.0"].introduced_error == 1.5


def test_an_error_that_decides_nothing_is_no_cause():
    assert measure(plan(scan("a", estimate=10, rows=20_000))).root_cause is None
    corrected = node("filter", scan("a", estimate=10, rows=20_000), estimate=12, rows=12)
    assert measure(plan(node("sort", corrected, estimate=12, rows=12))).root_cause is None


def test_few_rows_are_no_cause():
    assert measure(plan(node("sort", scan("a", estimate=1, rows=40), estimate=1, rows=40))).root_cause is None


def test_what_a_recursion_comes_to_cannot_be_estimated():
    step = node(
        "hash_join", node("work_table_scan", rows=1, estimate=900), scan("t", rows=9, estimate=9), rows=5, estimate=900
    )
    made = plan(
        node(
            "sort",
            node("recursive_union", scan("t", rows=1, estimate=1), step, rows=3, estimate=9000),
            rows=3,
            estimate=9000,
        )
    )
    assert measure(made).root_cause is None


def test_a_bitmap_scan_answers_for_its_bitmap():
    bitmap = node("bitmap_index_scan", index="a_x", estimate=10, rows=20_000)
    found = scan("a", bitmap, operator="bitmap_heap_scan", estimate=10, rows=20_000)
    measures = measure(plan(node("sort", found, estimate=10, rows=20_000)))
    assert measures.root_cause == "0.0"
    assert measures.nodes["0.0"].introduced_error == 2000


def test_a_plain_aggregate_is_no_choice():
    counted = node("aggregate", scan("a", estimate=10, rows=20_000), strategy="plain", estimate=1, rows=1)
    assert measure(plan(counted)).root_cause is None
