from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.plan import Plan
from advisor.plans.changes import PlanDiff
from advisor.plans.diff import compare
from tests.plans.made import node, plan, scan


def statuses(diff: PlanDiff) -> list[tuple[str | None, str | None, str]]:
    return [(change.before, change.after, change.status) for change in diff.nodes]


def changed(diff: PlanDiff, name: str) -> dict[str, tuple[Any, Any]]:
    (change,) = (change for change in diff.nodes if change.after == name)
    return {field.name: (field.before, field.after) for field in change.changes}


def test_another_access_to_the_same_relation():
    a = plan(
        node("limit", scan("orders", ms=900.0, rows=10, predicates={"filter": "(customer_id = 7)"}), ms=901.0, rows=10)
    )
    found = scan(
        "orders", operator="index_scan", index="orders_c", ms=0.9, rows=10, predicates={"index": "(customer_id = 9)"}
    )
    b = plan(node("limit", found, ms=1.0, rows=10))
    diff = compare(a, b)
    assert statuses(diff) == [("0", "0", "numbers"), ("0.0", "0.0", "changed")]
    fields = changed(diff, "0.0")
    assert fields["operator"] == ("seq_scan", "index_scan")
    assert fields["index_condition"] == (None, "(customer_id = 9)")
    assert diff.headline == "Sequential scan of orders became an index scan using orders_c: -899 ms of 901 ms"
    assert compare(b, a).headline == "Index scan of orders using orders_c became a sequential scan: +899 ms of 901 ms"


def test_a_sort_that_went_and_a_bitmap_that_came():
    a = plan(node("sort", scan("t", ms=5.0, rows=9), ms=50.0, rows=9, sort_keys=("x",)))
    bitmap = node("bitmap_index_scan", index="t_x", ms=9.0, rows=9)
    b = plan(scan("t", bitmap, operator="bitmap_heap_scan", ms=60.0, rows=9))
    diff = compare(a, b)
    assert statuses(diff) == [("0", None, "removed"), ("0.0", "0", "changed"), (None, "0.0", "added")]
    # The bitmap's 9 ms belong to the scan: 60 - 5, not 51 - 5.
    assert diff.headline == "Sequential scan of t became a bitmap scan using t_x: +55 ms of 60 ms"


def test_another_join_and_another_order_of_joins():
    a = plan(
        node(
            "hash_join",
            scan("o", ms=5.0, rows=9),
            node("hash", scan("c", ms=1.0, rows=3), ms=2.0, rows=3),
            ms=9.0,
            rows=9,
        )
    )
    inner = scan("o", operator="index_scan", index="o_c", ms=1.0, rows=3, loops=3)
    b = plan(node("nested_loop", scan("c", ms=1.0, rows=3), inner, ms=5.0, rows=9))
    diff = compare(a, b)
    assert Counter(change.status for change in diff.nodes) == {"changed": 2, "removed": 1, "same": 1}
    assert changed(diff, "0")["outer"] == (["o"], ["c"])

    three = plan(node("hash_join", node("hash_join", scan("x"), scan("y")), scan("z")))
    other = plan(node("hash_join", node("hash_join", scan("x"), scan("z")), scan("y")))
    diff = compare(three, other)
    assert not diff.same_plan
    assert {change.status for change in diff.nodes} == {"same", "changed"}


def test_the_same_plan_that_became_slow():
    def made(rows, ms):
        return plan(
            node("sort", scan("t", ms=ms, rows=rows), ms=ms + 1, rows=rows), query="select * from t where x = 1"
        )

    diff = compare(made(10, 1.0), made(100_000, 700.0))
    assert diff.same_plan
    assert diff.same_query
    assert diff.headline == (
        "The same plan; most moved in the sequential scan of t (10 rows before, 100,000 now): +699 ms of 701 ms"
    )
    assert (
        compare(made(10, 1.0), made(10, 1.0)).headline == "The same plan, and nothing moved by more than a twentieth."
    )


def test_literals_qualifiers_and_order_are_no_change():
    a = plan(scan("t", predicates={"filter": "((t.x = 5) AND (t.y = 'a''b'))"}, output=("t.x",)))
    b = plan(scan("t", predicates={"filter": "((y = $1) AND (x = 7))"}))
    assert statuses(compare(a, b)) == [("0", "0", "same")]


def test_what_must_not_be_compared_is_not():
    executed, planned = plan(scan("t", ms=5.0, rows=9, cost=40.0)), plan(scan("t", cost=30.0))
    diff = compare(executed, planned)
    assert diff.comparable == "the plan after was not executed (costs alone can be compared)"
    assert diff.nodes[0].self_ms_delta is None
    assert diff.nodes[0].cost_self_delta == pytest.approx(-10.0)
    other = compare(executed, plan(scan("t", ms=9.0, rows=9, cost=9.0), engine="mysql"))
    assert other.comparable is not None
    assert other.nodes[0].cost_self_delta is None


def test_the_query_tells_whether_it_is_the_same():
    one = plan(scan("t"), query="select * from t where x = 1")
    assert compare(one, plan(scan("t"), query="SELECT *  FROM t WHERE x = 77")).same_query is True
    assert compare(one, plan(scan("t"), query="select * from u")).same_query is False
    assert compare(one, plan(scan("t"))).same_query is None


_NAMES = st.sampled_from("abcdef")
_LEAVES = st.one_of(
    st.builds(lambda name, ms: scan(name, ms=ms, rows=5, cost=9.0), _NAMES, st.floats(0, 50)),
    st.builds(lambda name: scan(name, operator="index_scan", index=f"{name}_i", ms=1.0, rows=1, cost=2.0), _NAMES),
)


def _trees(below: st.SearchStrategy[dict[str, Any]]) -> st.SearchStrategy[dict[str, Any]]:
    one = st.builds(
        lambda kind, a: node(kind, a, ms=60.0, rows=5, cost=12.0),
        st.sampled_from(["sort", "limit", "aggregate", "hash"]),
        below,
    )
    two = st.builds(
        lambda kind, a, b: node(kind, a, b, ms=99.0, rows=5, cost=20.0),
        st.sampled_from(["nested_loop", "hash_join", "merge_join", "append"]),
        below,
        below,
    )
    return st.one_of(one, two)


_PLANS = st.recursive(_LEAVES, _trees, max_leaves=10).map(plan)


@given(_PLANS)
def test_a_plan_is_the_same_as_itself(made: Plan):
    diff = compare(made, made)
    assert {change.status for change in diff.nodes} == {"same"}
    assert [change.after for change in diff.nodes] == [one.id for one in made.nodes]
    assert diff.same_plan


@given(_PLANS, _PLANS)
def test_each_node_of_both_is_told_once_and_the_way_back_mirrors_it(a: Plan, b: Plan):
    diff, back = compare(a, b), compare(b, a)
    assert sorted(change.before for change in diff.nodes if change.before) == sorted(one.id for one in a.nodes)
    assert [change.after for change in diff.nodes if change.after] == [one.id for one in b.nodes]
    count, mirrored = (Counter(change.status for change in one.nodes) for one in (diff, back))
    assert (count["added"], count["removed"]) == (mirrored["removed"], mirrored["added"])
    moved = sum(change.self_ms_delta or 0.0 for change in diff.nodes)
    assert moved == pytest.approx((diff.total_ms_after or 0) - (diff.total_ms_before or 0), abs=1e-6)
    assert diff.headline
