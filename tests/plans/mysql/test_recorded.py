"""MariaDB's four forms of one statement tell the same plan. Recorded by `record.py`; read through `read`, decorations and all."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest

from advisor.model.plan import Plan, PlanNode
from advisor.plans.metrics import measure
from advisor.plans.read import read
from advisor.plans.render import render

RECORDED: dict[str, dict[str, str]] = json.loads((Path(__file__).parent / "mariadb.json").read_text())["plans"]
#: The optimizer stops counting at LIMIT in EXPLAIN alone, and a table is not opened to delete all of it.
OTHERWISE_EXPLAINED = ("LIMIT", "DELETE FROM nokey")


def plan(statement: str, form: str) -> Plan:
    reading = read(RECORDED[statement][form])
    assert len(reading.plans) == 1
    assert reading.warnings == []
    return reading.plans[0]


def tables(plan: Plan) -> list[PlanNode]:
    return [node for node in plan.nodes if node.access is not None]


def facts(node: PlanNode) -> tuple[Any, ...]:
    return (node.alias, node.operator, node.access, node.index, node.rows_estimated, node.never_executed)


def bare(plan: Plan) -> list[dict[str, Any]]:
    """Nodes without the lines that they stood on."""
    return [{k: v for k, v in msgspec.structs.asdict(node).items() if k != "line"} for node in plan.nodes]


@pytest.mark.parametrize("statement", RECORDED)
def test_rows_and_json_tell_the_same_tables(statement: str) -> None:
    rows, document = plan(statement, "analyze"), plan(statement, "analyze_json")
    assert sorted(map(facts, tables(rows)), key=str) == sorted(map(facts, tables(document)), key=str)
    for node in tables(rows):
        twins = [other for other in tables(document) if facts(other) == facts(node)]
        assert any(same_numbers(node, other) for other in twins), (node, twins)


def same_numbers(rows: PlanNode, document: PlanNode) -> bool:
    """Rows are printed with two decimals. What a sort gave stands on the sort, and a buffered join's share on the join."""
    pairs = [
        (rows.rows_actual, document.rows_actual),
        (rows.filtered_estimated, document.filtered_estimated),
    ]
    return all(a is None or b is None or abs(a - b) <= 0.0051 for a, b in pairs)


@pytest.mark.parametrize("statement", RECORDED)
def test_rows_and_json_tell_the_same_tree(statement: str) -> None:
    def shape(plan: Plan, dropped: set[str]) -> list[tuple[str, str, str | None]]:
        return sorted(
            ("sub_plan" if node.relationship == "sub_plan" else "", node.operator, node.alias or "")
            for node in plan.nodes
            if node.operator not in dropped
        )

    rows, document = plan(statement, "analyze"), plan(statement, "analyze_json")
    # Told by JSON alone: caches and tables of subqueries, windows with their sorts, members of a UNION ALL, changed tables.
    dropped = {"query", "memoize", "materialize", "append", "set_op", "modify"}
    if any(node.operator == "window" for node in document.nodes):
        dropped |= {"window", "sort"}
    if "ORDER BY 1 LIMIT" in statement:
        dropped |= {"sort"}  # rows alone tell that a union is sorted
    assert shape(rows, dropped) == shape(document, dropped)


@pytest.mark.parametrize("statement", RECORDED)
def test_explained_and_analyzed_are_one_plan(statement: str) -> None:
    if any(words in statement for words in OTHERWISE_EXPLAINED):
        return
    for kind in ("", "_json"):
        explained, analyzed = plan(statement, f"explain{kind}"), plan(statement, f"analyze{kind}")
        assert [facts(node)[:5] for node in tables(explained)] == [facts(node)[:5] for node in tables(analyzed)]
        assert analyzed.analyzed
        assert not explained.analyzed


@pytest.mark.parametrize("statement", RECORDED)
@pytest.mark.parametrize("form", ["explain", "explain_json", "analyze", "analyze_json"])
def test_printing_and_reading_again_changes_nothing(statement: str, form: str) -> None:
    first = plan(statement, form)
    again = read(render(first), engine="mariadb").plans[0]
    assert bare(again) == bare(first)


@pytest.mark.parametrize("statement", RECORDED)
def test_nothing_is_left_unread(statement: str) -> None:
    for form in RECORDED[statement]:
        warnings = [warning.text for warning in plan(statement, form).warnings]
        known = ("a member of select", "not escaped")
        assert [text for text in warnings if not any(words in text for words in known)] == []


@pytest.mark.parametrize("statement", RECORDED)
def test_times_sum_to_the_statement(statement: str) -> None:
    """The server's clocks of a derived table also run while it is filled, so what is left for the select can fall below 0."""
    document = plan(statement, "analyze_json")
    measures = measure(document)
    if document.execution_ms is None or not document.timed:
        return
    total = sum(node.self_ms or 0.0 for node in measures.nodes.values())
    assert total == pytest.approx(document.execution_ms, rel=1e-6, abs=1e-6)
    for node in document.nodes[1:]:
        own = measures.nodes[node.id].self_ms
        assert own is None or own > -0.1 * document.execution_ms, node


def test_a_limit_is_no_estimate_of_the_table() -> None:
    """ANALYZE as rows counts what a sort gave, JSON what was read: rows say nothing of the table below the sort."""
    statement = "SELECT * FROM orders ORDER BY total LIMIT 5"
    rows, document = plan(statement, "analyze"), plan(statement, "analyze_json")
    for one, read_from_table in ((rows, None), (document, 20000.0)):
        sort = next(node for node in one.nodes if node.operator == "sort")
        assert sort.rows_actual == 5.0
        assert one.children[sort.id][0].rows_actual == read_from_table


def test_a_table_read_before_execution_is_not_never_executed() -> None:
    for form in ("analyze", "analyze_json"):
        (node,) = tables(plan("SELECT * FROM customer WHERE id=5", form))
        assert (node.operator, node.never_executed, node.rows_actual) == ("const", False, None)


def test_a_table_behind_an_empty_one_never_ran() -> None:
    for form in ("analyze", "analyze_json"):
        first, second = tables(plan("SELECT * FROM empty1 e JOIN nokey n ON n.a=e.a", form))
        assert (first.never_executed, second.never_executed) == (False, True)
        assert first.rows_actual == 0.0


def test_json_that_is_none() -> None:
    """The server puts conditions into strings as they stand."""
    statement = next(one for one in RECORDED if "quoted" in one)
    text = RECORDED[statement]["analyze_json"]
    with pytest.raises(json.JSONDecodeError):
        json.loads(text)
    assert plan(statement, "analyze_json").nodes[-1].predicates["filter"] == (
        "orders.note = 'it\\'s \"quoted\", \\\\ and -> (cost=1)'"
    )


def test_rowid_filter() -> None:
    statement = next(one for one in RECORDED if "o.status = 'paid' WHERE c.vip" in one)
    rows = tables(plan(statement, "analyze"))[1]
    document = tables(plan(statement, "analyze_json"))[1]
    assert (rows.access, rows.index, rows.rows_estimated) == ("ref", "customer", 10.0)
    assert rows.extra["rowid_filter"]["key"] == "status"
    assert document.extra["rowid_filter"]["range"]["key"] == "status"
    assert document.predicates["filter"].startswith("trigcond(o.`status` = 'paid')")


@pytest.mark.parametrize("form", ["analyze", "analyze_json"])
def test_a_limit_that_is_not_printed_makes_no_misestimate(form: str) -> None:
    """EXPLAIN said 20,000 rows, and the fifth ended the reading."""
    (node,) = tables(plan("SELECT * FROM orders ORDER BY placed DESC LIMIT 5", form))
    measures = measure(plan("SELECT * FROM orders ORDER BY placed DESC LIMIT 5", form)).nodes[node.id]
    assert (measures.stopped_early, measures.q_error) == (True, None)
    whole = plan("SELECT * FROM orders WHERE note LIKE '%z%'", form)
    assert measure(whole).nodes[tables(whole)[0].id].q_error == 20000.0
