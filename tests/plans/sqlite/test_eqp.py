"""SQLite's EXPLAIN QUERY PLAN: what this machine's library prints, and the spellings of other versions."""

from __future__ import annotations

import sqlite3
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.plan import Plan
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.read import read as read_text
from advisor.plans.render import render
from advisor.plans.sqlite import eqp
from advisor.plans.sqlite.detail import table_of

SCHEMA = """
CREATE TABLE o (id INTEGER PRIMARY KEY, c INT, s TEXT, t REAL, p INT);
CREATE INDEX o_cs ON o (c, s);
CREATE INDEX o_p ON o (p);
CREATE INDEX o_low ON o (lower(s));
CREATE TABLE c (id INTEGER PRIMARY KEY, n TEXT, city TEXT);
CREATE TABLE w (a, b, PRIMARY KEY (a, b)) WITHOUT ROWID;
CREATE TABLE n (a, b);
"""
STATEMENTS = [
    "SELECT * FROM o",
    "SELECT * FROM o WHERE id = 3",
    "SELECT c, s FROM o WHERE c = 3 AND s > 'a'",
    "SELECT * FROM o WHERE lower(s) = 'a'",
    "SELECT * FROM o x JOIN c ON c.id = x.c WHERE c.city = 4 ORDER BY n",
    "SELECT * FROM o WHERE c = 3 OR p = 4",
    "SELECT * FROM o LEFT JOIN n ON n.a = o.s",
    "SELECT c, count(*) FROM o GROUP BY t",
    "SELECT DISTINCT t FROM o ORDER BY s",
    "SELECT id FROM o UNION SELECT id FROM c",
    "SELECT id FROM o UNION ALL SELECT id FROM c",
    "SELECT id FROM o EXCEPT SELECT id FROM c ORDER BY 1",
    "SELECT *, (SELECT max(t) FROM o WHERE o.c = c.id) FROM c WHERE id IN (SELECT c FROM o WHERE t > 3)",
    "WITH RECURSIVE r(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM r WHERE n < 5) SELECT * FROM r",
    "SELECT * FROM (SELECT c, count(*) k FROM o GROUP BY c) q WHERE k > 3",
    "SELECT * FROM w WHERE a = 3",
    "SELECT * FROM o ORDER BY c, t",
    "SELECT count(DISTINCT t) FROM o",
    "VALUES (1), (2)",
    "SELECT * FROM c RIGHT JOIN n ON n.a = c.id",
    "UPDATE o SET t = 1 WHERE p = 3",
    "SELECT * FROM (SELECT DISTINCT city FROM c) a JOIN (SELECT DISTINCT b FROM n) b ON a.city = b.b",
    "SELECT * FROM c WHERE EXISTS (SELECT 1 FROM o WHERE o.c = c.id)",
    "WITH t AS MATERIALIZED (SELECT * FROM n) SELECT * FROM t a, t b WHERE a.a = b.b",
    "SELECT row_number() OVER (ORDER BY t) FROM o",
    "SELECT a FROM n UNION ALL SELECT b FROM n UNION SELECT id FROM c INTERSECT SELECT id FROM o",
]


def read(text: str) -> Plan:
    return eqp.read(Excerpt(text, range(1, text.count("\n") + 2), "eqp"))


def outline(plan: Plan) -> list[str]:
    lines = []
    for node in plan.nodes:
        words = [node.relationship, node.operator, node.alias, node.index, node.subplan_name, node.join_type]
        lines.append("  " * node.id.count(".") + " ".join(word for word in words if word))
    return lines


def bare(plan: Plan) -> list[dict[str, Any]]:
    return [{k: v for k, v in msgspec.structs.asdict(node).items() if k != "line"} for node in plan.nodes]


@pytest.fixture(scope="module")
def printed() -> dict[str, str]:
    connection = sqlite3.connect(":memory:")
    connection.executescript(SCHEMA)
    texts = {}
    for statement in STATEMENTS:
        if "RIGHT JOIN" in statement and sqlite3.sqlite_version_info < (3, 39):
            continue
        rows = connection.execute(f"EXPLAIN QUERY PLAN {statement}").fetchall()
        texts[statement] = "\n".join("\t".join(map(str, row)) for row in [("id", "parent", "notused", "detail"), *rows])
    return texts


def test_rows_and_the_shells_tree_are_one_plan(printed: dict[str, str]) -> None:
    for statement, text in printed.items():
        (rows,) = read_text(text).plans
        assert rows.warnings == [], statement
        tree = render(rows)
        assert tree.startswith("QUERY PLAN\n")
        (again,) = read_text(tree).plans
        assert bare(again) == bare(rows), statement
        assert (rows.engine.name, rows.format, rows.analyzed) == ("sqlite", "eqp", False)


def test_no_number_is_invented(printed: dict[str, str]) -> None:
    for text in printed.values():
        for node in read(text).nodes:
            assert (node.rows_estimated, node.rows_actual, node.cost_total, node.time_last_ms) == (None,) * 4


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        ("SCAN o", {"operator": "seq_scan", "access": "SCAN", "relation": "o"}),
        ("SCAN TABLE o AS x", {"operator": "seq_scan", "relation": "o", "alias": "x"}),
        ("SCAN TABLE o (~100000 rows)", {"operator": "seq_scan", "relation": "o"}),
        ("SCAN o USING INDEX o_cs", {"operator": "index_scan", "index": "o_cs", "covering": False}),
        ("SCAN o USING COVERING INDEX o_cs", {"operator": "index_only_scan", "index": "o_cs", "covering": True}),
        (
            "SEARCH TABLE o USING COVERING INDEX o_cs (c=? AND s>? AND s<?)",
            {"index_columns": ("c", "s"), "predicates": {"index": "c=? AND s>? AND s<?"}, "relation": "o"},
        ),
        ("SEARCH o USING INDEX o_low (<expr>=?)", {"index_columns": ("<expr>",)}),
        ("SEARCH o USING INDEX i (ANY(a) AND b=?)", {"index_columns": ("a", "b")}),
        ("SEARCH o USING INTEGER PRIMARY KEY (rowid=?)", {"index": None, "extra": {"key": "INTEGER PRIMARY KEY"}}),
        ("SEARCH w USING PRIMARY KEY (a=?)", {"index": None, "operator": "index_scan"}),
        ("SEARCH o", {"operator": "index_scan", "access": "SEARCH"}),
        (
            "SEARCH n USING AUTOMATIC PARTIAL COVERING INDEX (a=?) LEFT-JOIN",
            {"index": None, "extra": {"join": "LEFT-JOIN", "automatic": True, "partial": True}},
        ),
        ("SEARCH n USING AUTOMATIC COVERING INDEX (a=?)", {"index": None, "extra": {"automatic": True}}),
        ("SCAN f VIRTUAL TABLE INDEX 0:M1", {"operator": "function_scan", "extra": {"virtual_table_index": "0:M1"}}),
        ("SCAN CONSTANT ROW", {"operator": "const", "relation": None}),
        ("SCAN 3 CONSTANT ROWS", {"operator": "const"}),
    ],
)
def test_tables(line: str, expected: dict[str, Any]) -> None:
    node = table_of(line, 1)
    assert node is not None
    assert {name: getattr(node, name) for name in expected} == expected


@pytest.mark.parametrize(
    "line", ["USE TEMP B-TREE FOR ORDER BY", "MULTI-INDEX OR", "COMPOUND QUERY", "LIST SUBQUERY 1"]
)
def test_lines_that_are_no_tables(line: str) -> None:
    assert table_of(line, 1) is None


def test_a_tree_as_the_shell_draws_it() -> None:
    plan = read(
        "QUERY PLAN\n"
        "|--MATERIALIZE recent\n"
        "|  |--SCAN o\n"
        "|  `--USE TEMP B-TREE FOR GROUP BY\n"
        "|--SCAN c\n"
        "|--BLOOM FILTER ON recent (c=?)\n"
        "|--SEARCH recent USING AUTOMATIC COVERING INDEX (c=?) LEFT-JOIN\n"
        "|--CORRELATED SCALAR SUBQUERY 3\n"
        "|  `--SEARCH o USING COVERING INDEX o_cs (c=?)\n"
        "`--USE TEMP B-TREE FOR LAST TERM OF ORDER BY\n"
    )
    assert outline(plan) == [
        "root query",
        "  outer incremental_sort",
        "    outer nested_loop left",
        "      outer seq_scan c",
        "      inner subquery_scan recent",
        "        subquery materialize recent",
        "          outer group",
        "            outer seq_scan o",
        "  sub_plan query Subquery 3",
        "    outer index_only_scan o o_cs",
    ]
    assert plan.warnings == []
    assert next(node for node in plan.nodes if node.alias == "recent").extra["bloom_filter"] == "c=?"
    assert next(node for node in plan.nodes if node.subplan_name == "Subquery 3").extra["correlated"] is True


def test_rows_of_versions_before_3_24() -> None:
    old = read(
        "selectid\torder\tfrom\tdetail\n"
        "2\t0\t0\tSCAN TABLE o (~1000 rows)\n"
        "2\t0\t0\tUSE TEMP B-TREE FOR GROUP BY\n"
        "0\t0\t0\tSCAN SUBQUERY 2 AS q\n"
        "0\t1\t1\tSEARCH TABLE c USING INTEGER PRIMARY KEY (rowid=?)\n"
        "0\t0\t0\tEXECUTE CORRELATED SCALAR SUBQUERY 3\n"
        "3\t0\t0\tSEARCH TABLE w USING PRIMARY KEY (a=?)\n"
    )
    assert outline(old) == [
        "root query",
        "  outer nested_loop",
        "    outer subquery_scan q",
        "      subquery materialize q",
        "        outer group",
        "          outer seq_scan o",
        "    inner index_scan c",
        "  sub_plan query Subquery 3",
        "    outer index_scan w",
    ]
    union = read(
        "selectid\torder\tfrom\tdetail\n"
        "1\t0\t0\tSCAN TABLE o\n"
        "2\t0\t0\tSCAN TABLE c\n"
        "0\t0\t0\tCOMPOUND SUBQUERIES 1 AND 2 USING TEMP B-TREE (UNION)\n"
    )
    assert [node.operator for node in union.nodes] == ["query", "set_op", "query", "seq_scan", "query", "seq_scan"]
    assert union.nodes[1].operation == "union"


def test_a_tree_cut_short_is_read_as_far_as_it_goes() -> None:
    text = "QUERY PLAN\n`--COMPOUND QUERY\n   |--LEFT-MOST SUBQUERY\n   |  `--SCAN o\n   `--UNION USING TEMP B-TREE\n      `--SCAN c"
    lines = text.split("\n")
    for end in range(2, len(lines)):
        plan = read("\n".join(lines[:end]))
        assert plan.warnings, end
        assert ("o" in [node.relation for node in plan.nodes]) == (end >= 4)
    assert read(text).warnings == []


def test_a_line_of_a_later_version_is_told() -> None:
    plan = read("QUERY PLAN\n|--SCAN o\n`--HOVER OVER c")
    assert [warning.line for warning in plan.warnings] == [3]
    assert plan.nodes[-1].operator == "other"


def test_errors() -> None:
    for text in ("", "id\tparent\tnotused\tdetail", "no\tplan"):
        with pytest.raises(PlanError):
            read(text)
    with pytest.raises(PlanError):
        read("QUERY PLAN\n" + "\n".join("   " * n + "`--CO-ROUTINE a" for n in range(400)))


@given(st.lists(st.text(alphabet="|`- SCANUSE INDEX(a=?)\t", max_size=40), max_size=6))
def test_no_text_raises_but_plan_errors(lines: list[str]) -> None:
    for head in ("QUERY PLAN\n", "id\tparent\tnotused\tdetail\n", ""):
        try:
            plan = read(head + "\n".join(lines))
        except PlanError:
            continue
        assert plan.nodes[0].id == "0"
