"""Nodes of extensions: what they print is kept, what nobody understands is told."""

from __future__ import annotations

from typing import Any

from advisor.model.plan import Plan
from advisor.plans.postgresql.interpret import interpret
from tests.plans.postgresql.texts import document

CITUS = """\
Aggregate  (cost=250.00..250.02 rows=1 width=8) (actual time=12.1..12.2 rows=1 loops=1)
  ->  Custom Scan (Citus Adaptive)  (cost=0.00..0.00 rows=100000 width=8) (actual time=12.000..12.010 rows=4 loops=1)
        Task Count: 4
        Tuple data received from nodes: 32 bytes
        Tasks Shown: One of 4
        ->  Task
              Node: host=localhost port=9701 dbname=postgres
              ->  Seq Scan on t_102008 t  (cost=0.00..15.00 rows=1000 width=0) (actual time=0.010..0.050 rows=1000 loops=1)
                  Planning Time: 0.020 ms
                  Execution Time: 0.130 ms
Planning Time: 1.500 ms
Execution Time: 12.500 ms
"""
TIMESCALE = """\
Custom Scan (ChunkAppend) on metrics  (cost=0.15..30.00 rows=10 width=20) (actual time=0.050..0.400 rows=10 loops=1)
  Order: metrics."time" DESC
  Chunks excluded during startup: 2
  ->  Custom Scan (DecompressChunk) on _hyper_1_1_chunk  (cost=0.15..9.00 rows=10 width=20) (actual time=0.040..0.300 rows=10 loops=1)
        Vectorized Filter: (value > '1'::double precision)
        Rows Removed by Filter: 3
        ->  Seq Scan on compress_hyper_2_3_chunk  (cost=0.00..1.00 rows=1 width=60) (actual time=0.010..0.020 rows=1 loops=1)
Planning Time: 1.000 ms
Execution Time: 0.500 ms
"""
NESTED = """\
Custom Scan (Thing) on public.t x  (cost=0.00..1.00 rows=1 width=4) (actual time=0.010..0.011 rows=1 loops=1)
  Projection: x.id, 'a, b'
  Group:
    Deep Value: 1
Planning Time: 1.000 ms
Execution Time: 0.500 ms
"""


def read_one(text: str) -> Plan:
    return interpret(document(text))


def told(plan: Plan) -> list[int]:
    return sorted({warning.line for warning in plan.warnings})


def extras(plan: Plan) -> list[dict[str, Any]]:
    own = ("Parent Relationship", "Custom Plan Provider")
    return [{name: value for name, value in node.extra.items() if name not in own} for node in plan.nodes]


def test_properties_of_extensions_are_kept() -> None:
    plan = read_one(TIMESCALE)
    assert [(node.operator, node.relation) for node in plan.nodes] == [
        ("custom_scan", "metrics"),
        ("custom_scan", "_hyper_1_1_chunk"),
        ("seq_scan", "compress_hyper_2_3_chunk"),
    ]
    assert extras(plan) == [
        {"Order": 'metrics."time" DESC', "Chunks excluded during startup": "2"},
        {"Vectorized Filter": "(value > '1'::double precision)"},
        {},
    ]
    assert plan.nodes[1].removed == {"filter": 3}
    assert plan.warnings == []


def test_a_plan_within_a_plan_does_not_give_its_times_to_the_outer_one() -> None:
    plan = read_one(CITUS)
    assert [node.operator for node in plan.nodes] == ["aggregate", "custom_scan", "other", "seq_scan"]
    assert (plan.planning_ms, plan.execution_ms) == (1.5, 12.5)
    assert extras(plan)[1]["Tasks Shown"] == "One of 4"
    assert extras(plan)[2]["Node"] == "host=localhost port=9701 dbname=postgres"
    assert told(plan) == [6, 9, 10]


def test_a_group_that_text_does_not_name_is_told() -> None:
    plan = read_one(NESTED)
    assert extras(plan) == [{"Projection": "x.id, 'a, b'"}]
    assert told(plan) == [3, 4]
    assert plan.execution_ms == 0.5
