from __future__ import annotations

import pytest

from advisor.plans.metrics import measure
from tests.plans.made import node, plan, scan


def test_blocks_nest_as_time_does():
    cte = scan("t", as_="cte", subplan_name="CTE c", ms=5.0, buffers={"shared_hit": 90, "shared_read": 10})
    first = node("cte_scan", cte="c", ms=6.0, buffers={"shared_hit": 60, "shared_read": 10, "temp_written": 4})
    second = node("cte_scan", cte="c", ms=2.0, buffers={"shared_hit": 30, "temp_read": 4})
    root = node(
        "hash_join",
        cte,
        first,
        second,
        ms=9.0,
        buffers={"shared_hit": 92, "shared_read": 10, "temp_read": 4, "temp_written": 4},
    )
    measures = measure(plan(root))
    assert [of.buffers_self for of in measures.nodes.values()] == [
        {"shared_hit": 2},
        {"shared_hit": 90, "shared_read": 10},
        {"temp_written": 4},
        {"temp_read": 4},
    ]
    assert measures.temp_blocks == 8


def test_without_times_blocks_tell_who_asked_for_an_init_plan():
    init = node(
        "aggregate", as_="init_plan", subplan_name="InitPlan 1 (returns $0)", rows=1, buffers={"shared_hit": 50}
    )
    one = scan("a", rows=1, buffers={"shared_hit": 5}, predicates={"filter": "(x = $0)"})
    two = scan("b", rows=1, buffers={"shared_hit": 80}, predicates={"filter": "(x = $0)"})
    measures = measure(plan(node("append", init, one, two, rows=2, buffers={"shared_hit": 85})))
    assert measures.nodes["0.1"].buffers_self == {"shared_hit": 5}
    assert measures.nodes["0.2"].buffers_self == {"shared_hit": 30}
    assert measures.nodes["0"].buffers_self == {}


def test_waits_of_workers_overlap():
    below = scan("a", ms=9.0, loops=3, rows=1, io_ms={"shared_read": 12.0})
    measures = measure(plan(node("gather", below, ms=10.0, rows=1, io_ms={"shared_read": 12.0}, workers_launched=2)))
    assert measures.nodes["0.0"].io_self_ms == pytest.approx(4.0)
    assert measures.nodes["0"].io_self_ms == 0.0


def test_a_cte_that_writes_runs_on_after_its_reader():
    cte = node("modify", as_="cte", subplan_name="CTE w", ms=9.0, buffers={"shared_hit": 900}, wal={"records": 3})
    reader = node("cte_scan", cte="w", ms=1.0, buffers={"shared_hit": 30})
    measures = measure(plan(node("limit", cte, reader, ms=1.0, buffers={"shared_hit": 30})))
    assert [of.buffers_self for of in measures.nodes.values()] == [{}, {"shared_hit": 900}, {}]
    assert measures.nodes["0.0"].wal_self == {"records": 3}


def test_not_counted_is_not_known():
    measures = measure(plan(scan("a", ms=1.0)))
    assert measures.temp_blocks is None
    assert measures.nodes["0"].io_self_ms is None
