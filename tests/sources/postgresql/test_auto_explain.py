"""Plans in the four formats, whole and cut."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.batch import UNKNOWN
from advisor.sources.postgresql.auto_explain import depth, read_plan
from tests.sources.postgresql.recorded import log, read

HEAD = "duration: 1.000 ms  plan:\n"


@pytest.mark.parametrize("format_name", ["text", "json", "yaml", "xml"])
def test_recorded_plans_say_the_same_in_every_format(format_name: str) -> None:
    plans = read(log(f"explain_{format_name}")).of("plan")
    statements = [plan.sql for plan in plans]
    assert statements == [plan.sql for plan in read(log("explain_text")).of("plan")]
    assert (
        "SELECT count(*)\nFROM orders\n\tWHERE customer_id = 1 AND note <> 'it''s \\ ; LOG:  duration: 1.0 ms'"
        in statements
    )
    assert "UPDATE customer SET name = 'Zoë' WHERE id = 1" in statements


def test_rows_are_those_of_the_root_in_every_format() -> None:
    for name in ("text", "json", "yaml", "xml"):
        rows = {event.sql: event.rows for event in read(log(f"explain_{name}")).events}
        assert rows["SELECT name FROM customer WHERE id = 1"] == 1, name
        assert rows["UPDATE customer SET name = 'Zoë' WHERE id = 1"] == UNKNOWN, name


def test_text_with_parameters_and_settings() -> None:
    plan = read_plan(
        HEAD + "Query Text: SELECT *\nFROM t -- (cost=1)\nWHERE a = $1\nQuery Parameters: $1 = 'it''s'\n"
        "Index Scan using t_a on t  (cost=0.28..8.30 rows=1 width=5) (actual time=0.01..0.02 rows=2.50 loops=4)\n"
        "  Index Cond: (a = 'it''s'::text)\nSettings: jit = 'off'\nQuery Identifier: 12"
    )
    assert plan is not None
    assert plan.sql == "SELECT *\nFROM t -- (cost=1)\nWHERE a = $1"
    assert plan.parameters == "$1 = 'it''s'"
    assert plan.rows == 10
    assert plan.text.startswith("Index Scan")
    assert plan.text.endswith("Query Identifier: 12")


def test_text_without_analyze_has_no_rows() -> None:
    plan = read_plan(HEAD + "Query Text: SELECT 1\nResult  (cost=0.00..0.01 rows=1 width=4)\n")
    assert plan is not None
    assert (plan.sql, plan.rows, plan.parameters) == ("SELECT 1", UNKNOWN, None)


def test_text_without_a_plan_is_still_a_statement() -> None:
    plan = read_plan(HEAD + "Query Text: SELECT 1\nFROM t")
    assert plan is not None
    assert (plan.sql, plan.text) == ("SELECT 1\nFROM t", "")


def test_json_with_parameters() -> None:
    plan = read_plan(
        HEAD + '{\n  "Query Text": "SELECT $1 \\"x\\"",\n  "Query Parameters": "$1 = \'7\'",\n  "Plan": {\n'
        '    "Node Type": "Seq Scan", "Actual Rows": 3, "Actual Loops": 2, "Plans": [{"Actual Rows": 9}]\n  }\n}'
    )
    assert plan is not None
    assert (plan.sql, plan.parameters, plan.rows, plan.format) == ('SELECT $1 "x"', "$1 = '7'", 6, "json")


def test_json_that_is_cut_still_names_its_statement() -> None:
    plan = read_plan(HEAD + '{\n  "Query Text": "SELECT 1",\n  "Plan": {\n    "Node Ty')
    assert plan is not None
    assert (plan.sql, plan.rows) == ("SELECT 1", UNKNOWN)


def test_yaml_and_xml_with_parameters() -> None:
    yaml = read_plan(
        HEAD + 'Query Text: "SELECT $1"\nQuery Parameters: "$1 = \'7\'"\nPlan: \n  Node Type: "Result"\n'
        '  Actual Rows: 4\n  Actual Loops: 1\n  Plans: \n    - Node Type: "Seq Scan"\n      Actual Rows: 99\n'
    )
    xml = read_plan(
        HEAD + '<explain xmlns="http://www.postgresql.org/2009/explain">\n  <Query-Text>SELECT $1 &lt; 2</Query-Text>\n'
        "  <Query-Parameters>$1 = '7'</Query-Parameters>\n  <Plan>\n    <Node-Type>Result</Node-Type>\n"
        "    <Actual-Rows>4</Actual-Rows>\n    <Actual-Loops>1</Actual-Loops>\n    <Plans>\n      <Plan>\n"
        "        <Actual-Rows>99</Actual-Rows>\n"
    )
    assert yaml is not None
    assert xml is not None
    assert (yaml.sql, yaml.parameters, yaml.rows, yaml.format) == ("SELECT $1", "$1 = '7'", 4, "yaml")
    assert (xml.sql, xml.parameters, xml.rows, xml.format) == ("SELECT $1 < 2", "$1 = '7'", 4, "xml")


def test_depth_counts_functions() -> None:
    assert depth(None) == 0
    assert depth('while updating tuple (0,2) in relation "customer"') == 0
    assert depth('SQL statement "SELECT 1"\nPL/pgSQL function f() line 3 at SQL statement') == 1
    assert (
        depth('SQL function "g" statement 1\nSQL statement "SELECT g()"\nPL/pgSQL function f() line 3 at PERFORM') == 2
    )


@given(st.lists(st.sampled_from(
    ["Query Text: ", "Query Parameters: ", "{", "}", '"Query Text": ', '"', "\\", "<explain", "<Query-Text>", "\n", "  (cost=", "Plan:",
     "(actual rows=1 loops=", "1", ")", "Actual Rows: ", "x", "[" * 2000]), max_size=12))  # fmt: skip
def test_no_message_makes_reading_fail(parts: list[str]) -> None:
    plan = read_plan(HEAD + "".join(parts))
    assert plan is None or isinstance(plan.sql, str)


@pytest.mark.timeout(60)
@pytest.mark.parametrize("unit", ["\n", " (cost=", "\nQuery Parameters: ", '"', "a" * 50, "  (", "\n  x"])
def test_long_plans_take_linear_time(unit: str) -> None:
    assert read_plan(HEAD + "Query Text: " + (unit * 300_000)[:1_000_000]) is not None
