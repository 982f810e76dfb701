from __future__ import annotations

from typing import Any

import pytest

from advisor.model.catalog import Catalog, Column, Table
from advisor.model.engine import Engine, EngineName
from advisor.model.plan import Plan, PlanNode
from advisor.plans.links import Links, link


def plan(*nodes: dict[str, Any], engine: EngineName = "postgresql", query: str | None = None) -> Plan:
    made = [
        PlanNode(**{"parent": None, "operator": "seq_scan", "raw_operator": "", **node})  # type: ignore[arg-type]
        for node in nodes
    ]
    return Plan(engine=Engine(engine), format="json", nodes=made, query=query)


def scan(alias: str, text: str, relation: str | None = None, *, id: str = "0", **more: Any) -> dict[str, Any]:
    return {"id": id, "relation": relation or alias, "alias": alias, "predicates": {"filter": text}, **more}


def places(links: Links, query: str) -> list[str | None]:
    return [query[p.span.start : p.span.end] if p.span is not None else None for p in links.predicates]


def test_words_are_those_of_the_facts() -> None:
    links = link(
        plan(scan("o", "((lower(o.note) ~~ '%x'::text) AND (o.status = ANY ('{new,paid}'::text[])))", "orders"))
    )
    one, other = links.predicates
    assert (one.table, one.alias, one.column, one.operator, one.op_class) == ("orders", "o", "note", "like", "like")
    assert (one.wrapper, one.wrapper_kind, one.value_kind, one.leading_wildcard) == (
        "lower",
        "function",
        "literal",
        True,
    )
    assert (one.conjunct, one.text) == (0, "(lower(o.note) ~~ '%x'::text)")
    assert (other.conjunct, other.column, other.operator, other.value_kind) == (1, "status", "in", "list")
    assert one.span is None


def test_the_query_of_the_plan_is_the_default() -> None:
    query = "SELECT *\nFROM orders\nWHERE qty = 5"
    links = link(plan(scan("orders", "(qty = 5)"), query=query))
    span = links.predicates[0].span
    assert span is not None
    assert (query[span.start : span.end], span.line, span.column) == ("qty = 5", 3, 7)


@pytest.mark.parametrize(
    ("query", "printed", "expected"),
    [
        ("SELECT * FROM t WHERE a = 5 AND b = 6", "(b = 6)", "b = 6"),
        ("SELECT * FROM t WHERE 5 < a", "(a > 5)", "5 < a"),
        ("SELECT * FROM t WHERE a BETWEEN 1 AND 9", "(a >= 1)", "a BETWEEN 1 AND 9"),
        ("SELECT * FROM t WHERE a IN (1, 2)", "(a = ANY ('{2,1}'::integer[]))", "a IN (1, 2)"),
        ("SELECT * FROM t WHERE a IN (1)", "(a = 1)", "a IN (1)"),
        ("SELECT * FROM t WHERE a = 1 OR a = 2", "(a = ANY ('{1,2}'::integer[]))", "a = 1 OR a = 2"),
        ("SELECT * FROM t WHERE NOT (a = 1 OR b = 2)", "(b <> 2)", "NOT (a = 1 OR b = 2)"),
        ("SELECT * FROM t WHERE a = $1 AND b = $2", "(b = $2)", "b = $2"),
        ("SELECT * FROM t WHERE a = ? AND b > ?", "(b > 7)", "b > ?"),
        ("SELECT * FROM t WHERE a > 2 * 3", "(a > 6)", "a > 2 * 3"),
        ("SELECT * FROM t WHERE a = 1 /* a = 2 */ AND b = 2", "(a = 1)", "a = 1"),
        ("DELETE FROM t WHERE a = 1;", "(a = 1)", "a = 1"),
        ("EXPLAIN ANALYZE SELECT * FROM t WHERE a = 1", "(a = 1)", "a = 1"),
        ("DECLARE c CURSOR FOR SELECT * FROM t WHERE a = %s", "(a = 1)", "a = %s"),
    ],
)
def test_one_conjunct_fits(query: str, printed: str, expected: str) -> None:
    assert places(link(plan(scan("t", printed)), query), query) == [expected]


@pytest.mark.parametrize(
    ("query", "printed"),
    [
        ("SELECT * FROM t WHERE a = 5", "(a = 6)"),  # another constant
        ("SELECT * FROM t WHERE a = 5", "(a > 5)"),  # another operator
        ("SELECT * FROM t WHERE a = 5", "(b = 5)"),
        ("SELECT * FROM t WHERE a = 5 OR a = 5", "(b = 5)"),
        ("SELECT * FROM t WHERE a > ? AND a > ?", "(a > 5)"),  # either
        ("SELECT * FROM t WHERE a > now() AND a > f(1)", "(a > '2024-01-01'::date)"),  # either
        ("SELECT * FROM t WHERE a::date = ?", "(a = '2024-01-01'::date)"),  # its cast would not be lost
        ("SELECT count(*) FILTER (WHERE a = 5) FROM t", "(a = 5)"),  # a filter of rows that are counted
        ("SELECT * FROM t WHERE a = 5 UNION ALL SELECT * FROM t WHERE a = 5", "(a = 5)"),
        ("not a query", "(a = 5)"),
    ],
)
def test_none_or_two_fit(query: str, printed: str) -> None:
    assert places(link(plan(scan("t", printed)), query), query) == [None]


def test_partitions_are_the_table_of_the_query() -> None:
    query = "SELECT * FROM events e WHERE e.kind = 3 ORDER BY e.at"
    nodes = [
        {"id": "0", "operator": "sort", "sort_keys": ("e.at",)},
        {"id": "0.0", "parent": "0", "operator": "append"},
        scan("e_1", "(e_1.kind = 3)", "events_2024_01", id="0.0.0", parent="0.0"),
        scan("e_2", "(kind = 3)", "events_2024_02", id="0.0.1", parent="0.0"),
    ]
    links = link(plan(*nodes), query)
    assert places(links, query) == ["e.kind = 3", "e.kind = 3"]
    assert [p.table for p in links.predicates] == ["events_2024_01", "events_2024_02"]
    assert [(k.table, k.column, k.span is not None) for k in links.keys] == [("events", "at", True)]


def test_columns_of_derived_tables_and_views_are_followed() -> None:
    query = (
        "SELECT * FROM (SELECT customer_id AS k, sum(total) AS s FROM orders GROUP BY 1) d WHERE d.s > 5 AND d.k = 3"
    )
    nodes = [
        {"id": "0", "operator": "aggregate", "predicates": {"having": "(sum(orders.total) > '5'::numeric)"}},
        scan("orders", "(orders.customer_id = 3)", id="0.0", parent="0"),
    ]
    assert places(link(plan(*nodes), query), query) == ["d.s > 5", "d.k = 3"]
    view = Table(
        name="v",
        schema=None,
        kind="view",
        columns=(Column("b", "int"),),
        definition="SELECT t.a AS b FROM t WHERE t.b > 9",
    )
    table = Table(name="t", schema=None, columns=(Column("a", "int"), Column("b", "int")))
    catalog = Catalog(engine=Engine("postgresql"), tables={"v": view, "t": table})
    query = "SELECT * FROM v WHERE b > 5"
    assert places(link(plan(scan("t", "((a > 5) AND (b > 9))")), query, [catalog]), query) == ["b > 5", None]


def test_subplans() -> None:
    query = "SELECT * FROM t WHERE a NOT IN (SELECT x FROM u WHERE y = 1) AND b NOT IN (SELECT x FROM w WHERE y = 2)"
    nodes = [
        scan("t", "((NOT (hashed SubPlan 1)) AND (NOT (hashed SubPlan 2)))"),
        scan("u", "(y = 1)", id="0.0", parent="0", relationship="sub_plan", subplan_name="SubPlan 1"),
        scan("w", "(y = 2)", id="0.1", parent="0", relationship="sub_plan", subplan_name="SubPlan 2"),
    ]
    links = link(plan(*nodes), query)
    assert places(links, query) == [
        "a NOT IN (SELECT x FROM u WHERE y = 1)",
        "b NOT IN (SELECT x FROM w WHERE y = 2)",
        "y = 1",
        "y = 2",
    ]
    assert [p.subplan for p in links.predicates] == [True, True, False, False]


def test_a_cast_that_postgresql_adds_is_no_wrapper() -> None:
    printed = "((name)::text = 'x'::text)"
    assert link(plan(scan("t", printed))).predicates[0].wrapper is None
    assert link(plan(scan("t", printed)), "SELECT * FROM t WHERE name = 'x'").predicates[0].wrapper is None
    assert link(plan(scan("t", printed)), "SELECT * FROM t WHERE name::text = 'x'").predicates[0].wrapper == "cast"


def test_keys() -> None:
    query = "SELECT lower(a), count(*) AS n FROM t GROUP BY lower(a) ORDER BY n DESC, 1"
    nodes = [
        {"id": "0", "operator": "sort", "sort_keys": ("(count(*)) DESC", "(lower(a))")},
        {"id": "0.0", "parent": "0", "operator": "aggregate", "group_keys": ("lower(a)",)},
        {"id": "0.0.0", "parent": "0.0", "relation": "t", "alias": "t"},
    ]
    links = link(plan(*nodes), query)
    found = [(k.role, k.descending, k.span and query[k.span.start : k.span.end]) for k in links.keys]
    assert found == [("sort", True, "n DESC"), ("sort", False, "1"), ("group", False, "lower(a)")]


def test_mariadb_prints_another_column_of_an_equality() -> None:
    query = "SELECT * FROM t JOIN u ON t.a = u.b WHERE t.a > 5 AND u.c = 1"
    nodes = [{"id": "0", "operator": "nested_loop"}, scan("u", "u.b > 5 and u.c = 1", id="0.0", parent="0")]
    assert places(link(plan(*nodes, engine="mariadb"), query), query) == ["t.a > 5", "u.c = 1"]


def test_mysql_prints_aliases_for_tables() -> None:
    query = "SELECT * FROM orders o WHERE o.total > 5"
    found = link(plan(scan("o", "(`db`.`o`.`total` > 5)"), engine="mysql"), query).predicates
    assert [(p.table, p.alias, p.column) for p in found] == [("orders", "o", "total")]


def test_sqlite_constraints() -> None:
    query = "SELECT * FROM t WHERE a = 5 AND b >= 6"
    node = {"id": "0", "operator": "index_scan", "relation": "t", "alias": "t", "predicates": {"index": "a=? AND b>?"}}
    assert places(link(plan(node, engine="sqlite"), query), query) == ["a = 5", "b >= 6"]


@pytest.mark.parametrize("engine", ["postgresql", "mariadb", "mysql", "sqlite"])
@pytest.mark.parametrize(
    "text",
    [
        "(a = '" + "x" * 1_000_000 + "')",
        " OR ".join(f"a = {n}" for n in range(10_000)),
        "(" * 20_000 + "a = 1" + ")" * 20_000,
        "(" * 20_000,
        "a = 'x AND b = ((2",
        "NOT " * 5_000 + "a",
        "a" + " + a" * 5_000 + " > 1",
        "CASE WHEN a THEN " * 3_000 + "1" + " END" * 3_000,
        "<cache>(" * 3_000 + "a" + ")" * 3_000,
        "(ANY " * 3_000 + "a" + ")" * 3_000,
        "a = '\ud800'",
        "a = 1; DROP TABLE t",
        "a = 1 UNION SELECT 1",
        "$a$" * 3_000,
        "",
    ],
    ids=lambda text: text[:12],
)
def test_what_cannot_be_read_is_unread(engine: EngineName, text: str) -> None:
    node = scan("t", text, sort_keys=(text,))
    links = link(plan(node, engine=engine), f"SELECT * FROM t WHERE {text}")
    assert len(links.unread) + len(links.predicates) + len(links.keys) >= (1 if text else 0)
    assert not any(p.sql and "DROP" in p.sql for p in links.predicates)
