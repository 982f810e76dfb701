from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.plans.measures import PlanMeasures
from advisor.plans.metrics import measure
from tests.plans.made import node, plan, scan


def own(measures: PlanMeasures) -> dict[str, float | None]:
    return {name: None if of.self_ms is None else round(of.self_ms, 6) for name, of in measures.nodes.items()}


def summed(measures: PlanMeasures) -> float:
    return sum(of.self_ms or 0.0 for of in measures.nodes.values())


def test_self_time_is_what_the_children_did_not_take():
    measures = measure(plan(node("hash_join", scan("a", ms=10.0), node("hash", scan("b", ms=4.0), ms=5.0), ms=20.0)))
    assert own(measures) == {"0": 5.0, "0.0": 10.0, "0.1": 1.0, "0.1.0": 4.0}
    assert measures.total_ms == 20.0
    assert measures.nodes["0.0"].share == 0.5


def test_loops_multiply_and_shares_are_of_the_execution_time():
    made = plan(node("nested_loop", scan("a", ms=10.0), scan("b", ms=0.02, loops=1000), ms=40.0), execution_ms=50.0)
    measures = measure(made)
    assert own(measures) == {"0": 10.0, "0.0": 10.0, "0.1": 20.0}
    assert measures.total_ms == 50.0
    assert measures.nodes["0.1"].share == 0.4


def test_what_never_ran_took_nothing():
    made = plan(node("nested_loop", scan("a", ms=3.0, rows=0), scan("b", never_executed=True, loops=0, rows=0), ms=3.5))
    assert own(measure(made)) == {"0": 0.5, "0.0": 3.0, "0.1": 0.0}


def test_no_times_no_measures():
    measures = measure(plan(node("sort", scan("a", rows=3), rows=3)))
    assert own(measures) == {"0": None, "0.0": None}
    assert measures.total_ms is None
    assert own(measure(plan(node("sort", scan("a"))))) == {"0": None, "0.0": None}


@pytest.mark.parametrize(
    ("gather_loops", "loops", "launched", "participants"),
    [(1, 3, 2, 3), (1, 2, 2, 2), (1, 1, 1, 1), (5, 15, 2, 3), (1, 1, 0, 1)],
    ids=["leader and workers", "leader left out", "single copy", "ran five times", "no worker came"],
)
def test_below_a_gather_time_is_shared_by_those_who_took_part(
    gather_loops: int, loops: int, launched: int, participants: int
):
    below = scan("a", ms=8.0, loops=loops, rows=1)
    made = plan(node("gather", below, ms=10.0, loops=gather_loops, rows=1, workers_launched=launched))
    measures = measure(made)
    assert measures.nodes["0.0"].total_ms == pytest.approx(8.0 * loops / participants)
    assert summed(measures) == pytest.approx(10.0 * gather_loops)


def test_an_init_plan_of_a_gather_is_run_by_the_leader():
    init = node("aggregate", as_="init_plan", subplan_name="InitPlan 1 (returns $0)", ms=4.0, rows=1)
    below = scan("a", ms=5.0, loops=3, rows=1, predicates={"filter": "(x > $0)"})
    measures = measure(plan(node("gather", init, below, ms=10.0, rows=1, workers_launched=2)))
    assert own(measures) == {"0": 1.0, "0.0": 4.0, "0.1": 5.0}


def test_a_cte_is_charged_to_its_scans_not_to_where_it_is_declared():
    cte = scan("t", as_="cte", subplan_name="CTE c", ms=30.0)
    reader = node("cte_scan", cte="c", ms=32.0)
    again = node("cte_scan", cte="c", ms=8.0)
    measures = measure(plan(node("hash_join", cte, reader, again, ms=45.0)))
    # 30 in proportion 32 : 8
    assert own(measures) == {"0": 5.0, "0.0": 30.0, "0.1": 8.0, "0.2": 2.0}
    assert summed(measures) == pytest.approx(45.0)


def test_a_cte_name_means_the_innermost_that_is_declared_above():
    inner = scan("x", as_="cte", subplan_name="CTE c", ms=1.0)
    outer = node("cte_scan", inner, as_="cte", subplan_name="CTE c", cte="c", ms=2.0)
    measures = measure(plan(node("cte_scan", outer, cte="c", ms=5.0)))
    assert own(measures) == {"0": 3.0, "0.0": 1.0, "0.0.0": 1.0}


def test_a_cte_that_writes_and_is_not_read_runs_after_the_root():
    cte = node("modify", scan("t", ms=5.0), as_="cte", subplan_name="CTE w", ms=9.0)
    measures = measure(plan(node("result", cte, ms=0.01)))
    assert measures.after_root_ms == 9.0
    assert own(measures) == {"0": 0.01, "0.0": 4.0, "0.0.0": 5.0}


def test_a_cte_that_writes_and_is_read_in_part_runs_on_after_the_root():
    cte = node("modify", scan("t", ms=5.0), as_="cte", subplan_name="CTE w", ms=9.0)
    measures = measure(plan(node("limit", cte, node("cte_scan", cte="w", ms=2.0), ms=2.5)))
    assert measures.after_root_ms == pytest.approx(7.0)
    assert summed(measures) == pytest.approx(9.5)
    assert own(measures)["0.1"] == 0.0


@pytest.mark.parametrize(
    ("name", "value"),
    [("InitPlan 1 (returns $0)", "(total > $0)"), ("InitPlan 1", "(total > (InitPlan 1).col1)")],
    ids=["until 16", "since 17"],
)
def test_an_init_plan_is_charged_to_the_node_that_asks_for_it(name: str, value: str):
    init = node("aggregate", as_="init_plan", subplan_name=name, ms=7.0, rows=1)
    asks = scan("a", ms=15.0, predicates={"filter": value})
    measures = measure(plan(node("sort", init, node("limit", asks, ms=15.5), ms=16.0)))
    assert own(measures) == {"0": 0.5, "0.0": 7.0, "0.1": 0.5, "0.1.0": 8.0}


def test_of_several_that_ask_the_one_with_most_time_of_its_own_paid():
    init = node("aggregate", as_="init_plan", subplan_name="InitPlan 1 (returns $0)", ms=7.0, rows=1)
    one = scan("a", ms=2.0, predicates={"filter": "(x > $0)"})
    two = scan("b", ms=9.0, predicates={"filter": "(x > $0)"})
    not_it = scan("c", ms=30.0, predicates={"filter": "(x > $01)"})
    measures = measure(plan(node("append", {**init}, one, two, not_it, ms=42.0)))
    assert own(measures)["0.2"] == 2.0


def test_below_a_gather_it_is_the_gather_that_asks():
    init = node("aggregate", as_="init_plan", subplan_name="InitPlan 1 (returns $0)", ms=7.0, rows=1)
    asks = scan("a", ms=9.0, loops=3, rows=1, predicates={"filter": "(x > $0)"})
    gather = node("gather", asks, ms=20.0, rows=1, workers_launched=2)
    measures = measure(plan(node("aggregate", init, gather, ms=21.0, rows=1)))
    assert own(measures) == {"0": 1.0, "0.0": 7.0, "0.1": 4.0, "0.1.0": 9.0}


def test_where_nobody_is_seen_to_ask_it_is_the_declaring_node_or_the_first_below_that_has_the_time():
    init = node("aggregate", as_="init_plan", subplan_name="InitPlan 1 (returns $0)", ms=7.0, rows=1)
    assert own(measure(plan(node("result", init, ms=7.5))))["0"] == 0.5
    below = plan(node("limit", init, node("sort", scan("a", ms=1.0), ms=9.0), ms=9.2))
    assert own(measure(below)) == {"0": 0.2, "0.0": 7.0, "0.1": 1.0, "0.1.0": 1.0}


def test_an_init_plan_that_another_one_asks_for():
    first = node("limit", as_="init_plan", subplan_name="InitPlan 1 (returns $0)", ms=4.0, rows=1)
    second = node("result", first, as_="init_plan", subplan_name="InitPlan 2 (returns $1)", ms=5.0, output=("$0",))
    measures = measure(plan(scan("a", second, ms=8.0, predicates={"filter": "(x = $1)"})))
    assert own(measures) == {"0": 3.0, "0.0": 1.0, "0.0.0": 4.0}


def test_children_are_lowered_within_their_rounding():
    # 0.0006 ms a loop are printed as 0.001: a million of them seem to have taken a second within 0.7 s.
    made = plan(node("nested_loop", scan("a", ms=50.0), scan("b", ms=0.001, loops=1_000_000), ms=700.0))
    measures = measure(made)
    assert own(measures)["0"] == 0.0
    assert 500.0 <= (measures.nodes["0.1"].total_ms or 0) <= 1500.0
    assert summed(measures) == pytest.approx(700.0)


def test_parents_are_raised_within_their_rounding():
    # A Memoize that answered in 0.0004 ms a loop is printed as 0.000, above a scan that took 10 ms.
    memoize = node("memoize", scan("b", ms=0.001, loops=10_000), ms=0.0, loops=200_000)
    measures = measure(plan(node("nested_loop", scan("a", ms=20.0), memoize, ms=100.0)))
    assert min(value or 0.0 for value in own(measures).values()) >= 0.0
    assert summed(measures) == pytest.approx(100.0)


def test_figures_that_contradict_each_other_are_shown_as_they_are():
    measures = measure(plan(node("sort", scan("a", ms=9.0), ms=5.0)))
    assert own(measures) == {"0": pytest.approx(-3.999), "0.0": pytest.approx(8.9995)}


def test_sums_over_all_loops_and_times_of_the_node_alone():
    # MariaDB: r_total_time_ms of the query block, r_table_time_ms of the tables.
    one = scan("a", ms=3.0, time_self_only=True, time_scope="all")
    two = scan("b", ms=6.0, loops=100, time_self_only=True, time_scope="all")
    made = plan(node("query", node("nested_loop", one, two), ms=10.0, time_scope="all"), engine="mariadb")
    measures = measure(made)
    assert own(measures) == {"0": 1.0, "0.0": None, "0.0.0": 3.0, "0.0.1": 6.0}
    assert measures.nodes["0.0"].total_ms == 9.0


def test_a_circle_of_ctes_is_no_reason_to_fail():
    one = node("cte_scan", as_="cte", subplan_name="CTE a", cte="b", ms=1.0)
    two = node("cte_scan", as_="cte", subplan_name="CTE b", cte="a", ms=1.0)
    measures = measure(plan(node("result", one, two, ms=5.0)))
    assert summed(measures) == pytest.approx(5.0)


_TIMES = st.floats(0, 1000).map(lambda value: round(value, 3))
_LOOPS = st.integers(1, 100_000)


def _trees(below: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    plain = st.builds(lambda a, ms: node("sort", a, ms=ms, rows=1), below, _TIMES)
    loop = st.builds(lambda a, b, ms: node("nested_loop", a, b, ms=ms, rows=1), below, below, _TIMES)
    gather = st.builds(lambda a, ms: node("gather", a, ms=ms, rows=1, workers_launched=2), below, _TIMES)
    init = st.builds(
        lambda a, b, ms: node(
            "limit", {**a, "as": "init_plan", "fields": {**a["fields"], "subplan_name": "InitPlan 1 (returns $0)"}}, b,
            ms=ms, rows=1,
        ),
        below, below, _TIMES,
    )  # fmt: skip
    cte = st.builds(
        lambda a, b, ms: node(
            "hash_join", {**a, "as": "cte", "fields": {**a["fields"], "subplan_name": "CTE c"}}, b, ms=ms, rows=1
        ),
        below, below, _TIMES,
    )  # fmt: skip
    return st.one_of(plain, loop, gather, init, cte)


_LEAVES = st.one_of(
    st.builds(
        lambda ms, loops: scan("a", ms=ms, loops=loops, rows=1, predicates={"filter": "(a > $0)"}), _TIMES, _LOOPS
    ),
    st.builds(lambda ms: node("cte_scan", cte="c", ms=ms, rows=1), _TIMES),
    st.just(scan("b", never_executed=True, loops=0, rows=0)),
)


@given(st.recursive(_LEAVES, _trees, max_leaves=12))
def test_self_times_sum_to_the_root_whatever_was_printed(root: dict[str, Any]):
    measures = measure(plan(root))
    # A CTE without a reader, or with one that never ran, was run by nobody above.
    expected = (measures.nodes["0"].total_ms or 0.0) + (measures.after_root_ms or 0.0)
    assert summed(measures) == pytest.approx(expected, abs=1e-6, rel=1e-9)


def _executed(own_ms: float, loops: int, below: list[tuple[dict[str, Any], float]]) -> tuple[dict[str, Any], float]:
    """A node as PostgreSQL prints it, and what it really took in all."""
    total = own_ms + sum(time for _, time in below)
    made = node("nested_loop", *(child for child, _ in below), ms=round(total / loops, 3), loops=loops, rows=1)
    return made, total


@given(st.data())
def test_rounding_never_makes_a_node_take_less_than_nothing(data: st.DataObject):
    def grow(depth: int, loops: int) -> tuple[dict[str, Any], float]:
        own_ms = data.draw(st.sampled_from([0.0, 0.0004, 0.01, 3.7]))
        count = data.draw(st.integers(0, 2)) if depth else 0
        below = [grow(depth - 1, loops * data.draw(st.sampled_from([1, 10, 1000]))) for _ in range(count)]
        return _executed(own_ms, loops, below)

    root, whole = grow(3, 1)
    measures = measure(plan(root))
    assert all((of.self_ms or 0.0) >= -1e-9 for of in measures.nodes.values())
    assert abs((measures.nodes["0"].total_ms or 0.0) - whole) <= 0.0011
    assert summed(measures) == pytest.approx(measures.nodes["0"].total_ms)


def test_workers_leave_at_the_end_of_the_query_within_the_declaring_node():
    # PostgreSQL shuts the Gather of an InitPlan down with the whole query: 5 ms of the 12 were not the scan's.
    workers = node("gather", scan("t", ms=1.0, loops=3, rows=1), ms=12.0, rows=1, workers_launched=2)
    init = {**workers, "as": "init_plan", "fields": {**workers["fields"], "subplan_name": "InitPlan 1 (returns $0)"}}
    asks = scan("a", ms=7.0, rows=1, predicates={"filter": "(x > $0)"})
    measures = measure(plan(node("aggregate", init, asks, ms=15.0, rows=1)))
    assert own(measures) == {"0": 3.0, "0.0": 11.0, "0.0.0": 1.0, "0.1": 0.0}


def test_mariadb_counts_the_writing_of_a_derived_table_twice():
    made = node(
        "query", scan("t", ms=2.0, time_self_only=True, time_scope="all"), as_="subquery", ms=3.0, time_scope="all"
    )
    derived = scan("d", made, ms=0.5, time_self_only=True, time_scope="all")
    measures = measure(plan(node("query", derived, ms=3.2, time_scope="all"), engine="mariadb"))
    assert own(measures) == {"0": 0.0, "0.0": 0.2, "0.0.0": 1.0, "0.0.0.0": 2.0}
