"""Plans as relations: what a page about plans would see."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.facts import Facts
from advisor.facts.examples import shape_of
from advisor.facts.plan_rows import PlanSeen
from advisor.model.plan import Plan
from advisor.plans.fingerprint import fingerprint
from advisor.plans.read import read

JOIN = """\
Hash Join  (cost=42.00..1190.10 rows=250 width=16) (actual time=1.100..9.800 rows=250 loops=1)
  Hash Cond: (c.id = o.customer_id)
  Buffers: shared hit=400 read=112
  ->  Seq Scan on customers c  (cost=0.00..1093.00 rows=12500 width=18) (actual time=0.010..6.100 rows=12500 loops=1)
        Filter: ((country = 'DE'::bpchar) AND (lower(email) ~~ '%x'::text))
        Rows Removed by Filter: 37500
        Buffers: shared hit=390 read=78
  ->  Hash  (cost=29.50..29.50 rows=1000 width=14) (actual time=0.900..0.901 rows=1000 loops=1)
        Buckets: 1024  Batches: 1  Memory Usage: 51kB
        Buffers: shared hit=10 read=34
        ->  Index Scan using orders_pkey on orders o  (cost=0.42..29.50 rows=1000 width=14) (actual time=0.020..0.500 rows=1000 loops=1)
              Index Cond: (id > 599000)
              Buffers: shared hit=10 read=34
  SubPlan 1
    ->  Result  (cost=0.00..0.01 rows=1 width=4) (never executed)
Settings: work_mem = '8MB'
Planning Time: 0.300 ms
Trigger for constraint audit_order_id_fkey: time=2.500 calls=21
Execution Time: 12.500 ms
"""
QUERY = """SELECT c.name, o.total
FROM customers c JOIN orders o ON o.customer_id = c.id
WHERE c.country = 'DE' AND lower(c.email) LIKE '%x' AND o.id > 599000"""


def plan(text: str = JOIN) -> Plan:
    reading = read(text)
    assert reading.warnings == []
    return reading.plans[0]


def facts_of(*seen: PlanSeen, query: str | None = QUERY, schema: str | None = None, literals: bool = True) -> Facts:
    facts = Facts(literals=literals)
    if schema is not None:
        facts.add_catalogs([read_ddl(schema, "schema.sql", "postgresql")])
    facts.add_plans(None, list(seen) or [PlanSeen(plan())], query=query)
    facts.finish()
    return facts


def rows(facts: Facts, sql: str) -> list[tuple[Any, ...]]:
    return facts.connection.execute(sql).fetchall()


def test_a_plan_is_a_row():
    facts = facts_of(PlanSeen(plan(), 13_000, 1_700_000_000_000_000))
    columns = "engine, format, analyzed, timed, has_buffers, planning_ms, execution_ms, triggers_ms, nodes, duration_ms, seen_us"
    assert rows(facts, f"SELECT {columns} FROM plan") == [
        ("postgresql", "text", 1, 1, 1, 0.3, 12.5, 2.5, 5, 13.0, 1_700_000_000_000_000)
    ]
    assert rows(facts, "SELECT plan_fingerprint FROM plan") == [(fingerprint(plan()),)]
    assert rows(facts, "SELECT constraint_name, calls, ms FROM plan_trigger") == [("audit_order_id_fkey", 21, 2.5)]
    assert rows(facts, "SELECT name, value FROM plan_setting") == [("work_mem", "8MB")]
    (name,) = rows(facts, "SELECT fingerprint FROM plan")[0]
    assert rows(facts, f"SELECT aspect FROM known WHERE subject = '{name}' AND aspect = 'plan'") == [("plan",)]


def test_nodes_carry_figures_over_all_loops_and_their_own_part():
    facts = facts_of()
    found = rows(
        facts, "SELECT path, operator, base_table, removed_filter, blocks_self, read_self, line FROM plan_node"
    )
    assert found == [
        ("0", "hash_join", None, None, 0, 0, 1),
        ("0.0", "seq_scan", "customers", 37500, 468, 78, 4),
        ("0.1", "hash", None, None, 0, 0, 8),
        ("0.1.0", "index_scan", "orders", None, 44, 34, 11),
        ("0.2", "result", None, None, 0, 0, 15),
    ]
    shares = [share for (share,) in rows(facts, "SELECT self_ms FROM plan_node WHERE never_executed = 0")]
    assert sum(shares) == pytest.approx(9.8, rel=0.02)


def test_descendants_are_a_range():
    facts = facts_of()
    found = rows(
        facts,
        "SELECT a.path, b.path FROM plan_below JOIN plan_node AS a USING (node_id) JOIN plan_node AS b ON b.node_id = below_id ORDER BY 1, 2",
    )
    assert found == [("0", "0.0"), ("0", "0.1"), ("0", "0.1.0"), ("0", "0.2"), ("0.1", "0.1.0")]


def test_never_executed_nodes_are_no_steps():
    facts = facts_of()
    assert rows(facts, "SELECT COUNT(*) FROM plan_step WHERE never_executed") == [(0,)]
    assert rows(facts, "SELECT operator, rows_read, kept FROM plan_scan WHERE removed_filter > 0") == [
        ("seq_scan", 50000, 0.25)
    ]


def test_predicates_lead_to_the_query():
    facts = facts_of()
    found = rows(
        facts, "SELECT column_name, operator, wrapper, query_start, query_end FROM plan_predicate WHERE role = 'filter'"
    )
    assert [(column, operator, wrapper, QUERY[start:end]) for column, operator, wrapper, start, end in found] == [
        ("country", "=", None, "c.country = 'DE'"),
        ("email", "like", "lower", "lower(c.email) LIKE '%x'"),
    ]


def test_a_plan_without_its_statement_is_a_shape_of_its_own():
    facts = facts_of(query=None)
    assert rows(facts, "SELECT fingerprint, sql, calls, total_us, share, seconds_per_hour FROM shape") == [
        (fingerprint(plan()), "", 1, 12_500, None, None)
    ]
    assert facts.not_analysed == {}


def test_plans_of_a_shape_that_a_log_told():
    facts = Facts()
    shape = shape_of(QUERY, "postgresql", 10, 1_000_000)
    facts.add_shapes([shape], window_seconds=3600.0)
    assert facts.add_plans(shape.fingerprint, [(plan(), None, None), (plan(), None, None)]) == shape.fingerprint
    facts.finish()
    assert rows(facts, "SELECT COUNT(*) FROM shape") == [(1,)]
    assert rows(facts, "SELECT plan_id, fingerprint FROM plan") == [(0, shape.fingerprint), (1, shape.fingerprint)]
    assert rows(facts, "SELECT COUNT(DISTINCT node_id) FROM plan_node") == [(10,)]


def test_numbers_of_the_report_are_kept():
    facts = Facts()
    facts.add_plans(None, [PlanSeen(plan(), number=4)], query=QUERY)
    facts.add_plans(None, [PlanSeen(plan(), number=4), PlanSeen(plan(), number=2)], query="SELECT 1")
    assert rows(facts, "SELECT plan_id FROM plan ORDER BY 1") == [(2,), (4,), (5,)]


def test_hidden_literals():
    facts = facts_of(literals=False)
    texts = rows(facts, "SELECT predicate || COALESCE(index_condition, '') FROM plan_node WHERE predicate IS NOT NULL")
    texts += rows(facts, "SELECT text || COALESCE(sql, '') FROM plan_predicate") + rows(
        facts, "SELECT expression FROM plan_key"
    )
    assert texts
    assert not [text for (text,) in texts if "DE" in text or "%x" in text or "599000" in text]


def test_another_engine_with_the_same_text_is_another_shape():
    facts = Facts()
    facts.add_shapes([shape_of("SELECT 1", "mysql")])
    shape = shape_of("SELECT 1", "mysql")
    assert facts.add_plans(shape.fingerprint, [(plan(), None, None)]) == f"postgresql:{shape.fingerprint}"


APPEND = """\
Append  (cost=0.00..2500.00 rows=31 width=8) (actual time=4.622..49.127 rows=17 loops=1)
  ->  Seq Scan on readings_q1 {0}_1  (cost=0.00..1279.42 rows=3 width=8) (actual time=2.182..2.182 rows=0 loops=1)
        Filter: (sensor_id = 7)
        Rows Removed by Filter: 53567
  ->  Seq Scan on readings_q2 {0}_2  (cost=0.00..1155.72 rows=2 width=8) (actual time=2.121..2.121 rows=17 loops=1)
        Filter: (sensor_id = 7)
        Rows Removed by Filter: 48384
Execution Time: 49.220 ms
"""


def test_partitions_know_the_table_they_belong_to():
    text = "SELECT * FROM readings r WHERE sensor_id = 7"
    told = "SELECT DISTINCT base_table, base_known FROM plan_node WHERE table_name IS NOT NULL"
    assert rows(facts_of(PlanSeen(plan(APPEND.format("r"))), query=text), told) == [("readings", 1)]
    assert rows(facts_of(PlanSeen(plan(APPEND.format("r"))), query=None), told) == [("r", 0)]
    schema = """CREATE TABLE measured (sensor_id int) PARTITION BY RANGE (sensor_id);
    CREATE TABLE readings_q1 PARTITION OF measured FOR VALUES FROM (1) TO (10);
    CREATE TABLE readings_q2 PARTITION OF measured FOR VALUES FROM (10) TO (20);"""
    assert rows(facts_of(PlanSeen(plan(APPEND.format("r"))), query=None, schema=schema), told) == [("measured", 1)]


SCAN = """\
Seq Scan on orders  (cost=0.00..17000.00 rows=481 width=14) (actual time=34.784..74.674 rows=509 loops=1)
  Filter: ({0})
  Rows Removed by Filter: 599491
  Buffers: shared hit=8000
Execution Time: 74.800 ms
"""
SCHEMA = """CREATE TABLE orders (id bigint PRIMARY KEY, a int, b int, c int, gone timestamptz, open boolean, amount numeric, name varchar(9));
CREATE INDEX orders_ab ON orders (a, b);"""


@pytest.mark.parametrize(
    ("condition", "columns", "existing", "left_out"),
    [
        ("(a = 5)", '["a"]', "orders_ab", 0),
        ("(b = 5) AND (a = 5)", '["b","a"]', "orders_ab", 0),
        ("(b > 5) AND (a = 5)", '["a","b"]', "orders_ab", 0),
        ("(a > 5) AND (b = 5)", '["b","a"]', None, 0),
        ("(c > 5) AND (b = 5) AND (a = 5)", '["b","a","c"]', None, 0),
        ("(c > 5) AND (b > 5)", '["c"]', None, 1),
        ("(c = ANY ('{1,2}'::integer[])) AND (b = 5)", '["b","c"]', None, 0),
        ("((name)::text = 'x'::text)", '["name"]', None, 0),
        ("(c > $0)", '["c"]', None, 0),
        ("(c > (InitPlan 1).col1)", '["c"]', None, 0),
    ],
)
def test_the_index_that_a_scan_asks_for(condition, columns, existing, left_out):
    facts = facts_of(PlanSeen(plan(SCAN.format(condition))), query=None, schema=SCHEMA)
    assert rows(facts, "SELECT index_columns, existing_index, left_out FROM plan_index_wish") == [
        (columns, existing, left_out)
    ]


@pytest.mark.parametrize(
    "condition",
    [
        "(c <> 5)",
        "(lower(name) = 'x'::text)",
        "((amount)::text = '5'::text)",
        "((a = 5) OR (b = 5))",
        "(gone IS NULL)",
        "open",
        "(a > (SubPlan 1))",
    ],
)
def test_no_key_for_what_an_index_cannot_be_asked(condition):
    facts = facts_of(PlanSeen(plan(SCAN.format(condition))), query=None, schema=SCHEMA)
    assert rows(facts, "SELECT * FROM plan_index_wish") == []


@pytest.mark.parametrize(
    ("condition", "where", "stubborn"),
    [
        ("(gone IS NULL) AND (a = 5)", "gone IS NULL", []),
        ("open AND (a = 5)", "open", []),
        ("(NOT open) AND (gone IS NOT NULL)", "NOT open AND gone IS NOT NULL", []),
        ("(gone IS NULL) AND (c <> 5)", "gone IS NULL", [(1,)]),
        ("((a = 5) OR (gone IS NULL))", None, [(1,)]),
    ],
)
def test_conditions_of_a_partial_index(condition, where, stubborn):
    facts = facts_of(PlanSeen(plan(SCAN.format(condition))), query=None)
    found = rows(facts, "SELECT condition FROM plan_index_condition")
    assert found == ([(where,)] if where else [])
    assert rows(facts, "SELECT conditions FROM plan_stubborn") == stubborn
