"""What is taken off, line by line."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.plans.decoration import excerpts
from advisor.plans.errors import PlanError
from advisor.plans.read import read
from tests.plans.decoration.recorded import recorded

PLAN = """Limit  (cost=0.15..1.20 rows=5 width=12)
  ->  Seq Scan on t  (cost=0.00..5.00 rows=25 width=12)
        Filter: (a = 'x'::text)
"""


def texts(text: str) -> list[str]:
    return [excerpt.text for excerpt in excerpts(text)]


def test_a_plain_plan_stays_as_it_is() -> None:
    for plan in recorded():
        if plan["engine"] == "postgresql":
            found = excerpts(plan["text"])
            assert [e.text for e in found] == [plan["text"]]
            assert list(found[0].lines) == list(range(1, plan["text"].count("\n") + 1))
            assert found[0].format == plan["format"]
            assert not read(plan["text"]).plans[0].warnings


def test_lines_are_numbered_as_in_the_input() -> None:
    text = "hello\n\n   QUERY PLAN\n-------\n " + PLAN.replace("\n", "\n ").rstrip() + "\n(3 rows)\n"
    (found,) = excerpts(text)
    assert found.text == PLAN
    assert list(found.lines) == [5, 6, 7]
    assert [(w.line, w.text) for w in found.warnings] == [(1, "1 line that is no plan")]


def test_the_statement_above_is_the_query() -> None:
    session = (
        "shop=# select 1;\n ?column? \n----------\n        1\n(1 row)\n\n"
        "shop=# explain (analyze, costs off)\nshop-# select *\nshop-#   from t;\n QUERY PLAN\n------------\n"
        " Seq Scan on t\n   Filter: (a = 1)\n(2 rows)\n\nTime: 1.2 ms\n"
        "shop=# EXPLAIN SELECT a FROM t;\n QUERY PLAN\n---\n Seq Scan on t  (cost=0.00..5.00 rows=25 width=12)\n(1 row)\n"
    )
    first, second = excerpts(session)
    assert (first.query, second.query) == ("select *\n  from t", "SELECT a FROM t")
    assert first.text == "Seq Scan on t\n  Filter: (a = 1)\n"


def test_a_literal_survives() -> None:
    plan = (
        "Seq Scan on t  (cost=0.00..5.00 rows=25 width=12)\n"
        "  Filter: ((a = 'one\n  ->  Seq Scan on u  (cost=0.00..1.00 rows=1 width=1)\n(3 rows)\n```\nlast'::text) AND (b > 3))\n"
        "  Rows Removed by Filter: 7\n"
    )
    assert texts(plan) == [plan]
    assert texts("QUERY PLAN\n----------\n" + plan + "(7 rows)\n") == [plan]


def test_a_hard_wrap_keeps_every_character() -> None:
    wrapped = "\n".join(line[i : i + 40] for line in PLAN.splitlines() for i in range(0, len(line), 40))
    assert texts(wrapped) == [PLAN]


def test_mail_quotes_and_a_word_wrap() -> None:
    text = (
        "> Limit  (cost=0.15..1.20 rows=5 width=12)\n>   ->  Seq Scan on t  (cost=0.00..5.00 rows=25\n> width=12)\n"
        ">         Filter: (a = 'x'::text)\n"
    )
    assert texts(text) == [PLAN]


def test_plans_of_several_engines_in_one_text() -> None:
    tabular = "+----+-------------+-------+------+\n| id | select_type | table | type |\n+----+-------------+-------+------+\n"
    tabular += "|  1 | SIMPLE      | t     | ALL  |\n+----+-------------+-------+------+\n"
    text = f"```\n{PLAN}```\nand\n```\n{tabular}```\nand\nQUERY PLAN\n|--SCAN t\n`--USE TEMP B-TREE FOR ORDER BY\n"
    found = excerpts(text)
    assert [(e.format, e.engine) for e in found] == [("text", "postgresql"), ("tabular", None), ("eqp", "sqlite")]
    assert found[1].text == "id\tselect_type\ttable\ttype\n1\tSIMPLE\tt\tALL\n"
    assert list(found[1].lines) == [9, 11]


def test_an_array_of_plans_is_cut() -> None:
    text = '[\n  {\n    "Plan": {\n      "Node Type": "Result"\n    }\n  },\n  {\n    "Plan": {\n      "Node Type": "Limit"\n    }\n  }\n]\n'
    found = excerpts(text)
    assert len(found) == 2
    assert "Limit" in found[1].text
    assert found[1].number(0) == 7


def test_a_mariadb_slow_log_entry() -> None:
    text = (
        "# Query_time: 0.1\n# explain: id\tselect_type\ttable\ttype\n# explain: 1\tSIMPLE\tt\tALL\n#\nSET timestamp=1;\n"
        "select *\nfrom t;\n"
    )
    (found,) = excerpts(text)
    assert (found.engine, found.query) == ("mariadb", "select *\nfrom t")
    assert found.text == "id\tselect_type\ttable\ttype\n1\tSIMPLE\tt\tALL\n"


def test_wraps_that_leave_it_open_are_told() -> None:
    plan = "Seq Scan on t  (cost=0.00..5.00 rows=25 width=12)\n  Filter: (a = 'a literal that is so long that it\nwent on below'::text)\n"
    (found,) = excerpts(plan)
    assert any("cannot be told" in warning.text for warning in found.warnings)


@settings(max_examples=150, deadline=None)
@given(st.data())
def test_a_cut_changes_nothing_above_it(data: st.DataObject) -> None:
    plans = [p for p in recorded() if p["engine"] == "postgresql" and p["format"] == "text"]
    text = data.draw(st.sampled_from(plans))["text"]
    at = data.draw(st.integers(0, len(text)))
    found = excerpts(text[:at])
    if found:
        kept = found[0].text.splitlines()
        assert kept[:-1] == text.splitlines()[: len(kept) - 1]


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                *"'\"()[]{}<>|+-`>\n\t ",
                "QUERY PLAN\n",
                "Seq Scan on t  (cost=0.00..1.00 rows=1 width=1)\n",
                "  ->  Sort\n",
                "(3 rows)\n",
                '"Plan": {',
                "-[ RECORD 1 ]---\n",
                "+-----+\n",
                "| id | select_type |\n",
                "*" * 20 + " 1. row " + "*" * 20 + "\n",
                "EXPLAIN: {",
                "- Plan:\n",
                '    Node Type: "x"\n',
                "<explain>",
                "<td>",
                "&gt;",
                "Query Text: x\n",
                "\xa0",
                "\r",
                "\x1b[1m",
            ]
        ),
        max_size=60,
    )
)
def test_any_text_gives_excerpts(parts: list[str]) -> None:
    try:
        for excerpt in excerpts("".join(parts)):
            assert excerpt.text.endswith("\n")
            assert len(excerpt.lines) == excerpt.text.count("\n")
    except PlanError:
        pass
