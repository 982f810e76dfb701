"""Plans as people paste them into issues, scripts and chats: read rightly, or refused in clear words."""

from __future__ import annotations

import dataclasses
import sys
import textwrap

import pytest

from advisor.model.limits import LIMITS
from advisor.model.plan import Plan
from advisor.plans.errors import PlanError
from advisor.plans.links import link
from advisor.plans.read import read


def plans(text: str) -> list[Plan]:
    return read(textwrap.dedent(text)).plans


def shape(plan: Plan) -> list[tuple[str, str, str | None]]:
    return [(node.id, node.operator, node.alias or node.index) for node in plan.nodes]


BITMAP = """\
Bitmap Heap Scan on visits v  (cost=4.20..13.90 rows=6 width=8) (actual time=0.020..0.031 rows=6 loops=1)
  Recheck Cond: (page = 7)
  Heap Blocks: exact=5
  ->  Bitmap Index Scan on visits_page  (cost=0.00..4.19 rows=6 width=0) (actual time=0.010..0.010 rows=6 loops=1)
        Index Cond: (page = 7)
Planning Time: 0.100 ms
Execution Time: 0.060 ms
"""
TREE = """\
-> Limit: 5 row(s)  (cost=9.5 rows=5) (actual time=0.4..0.5 rows=5 loops=1)
    -> Nested loop inner join  (cost=9.5 rows=8) (actual time=0.3..0.4 rows=5 loops=1)
        -> Filter: (v.note <> 'a')  (cost=3.1 rows=8) (actual time=0.1..0.2 rows=5 loops=1)
            -> Table scan on v  (cost=3.1 rows=80) (actual time=0.1..0.2 rows=9 loops=1)
        -> Single-row index lookup on p using PRIMARY (id=v.p)  (cost=0.3 rows=1) (actual time=0.01..0.01 rows=1 loops=5)
"""
ROWS = """\
+----+-------------+-------+------+---------------+--------+---------+-------+------+--------------------------+
| id | select_type | table | type | possible_keys | key    | key_len | ref   | rows | Extra                    |
+----+-------------+-------+------+---------------+--------+---------+-------+------+--------------------------+
|  1 | SIMPLE      | v     | ref  | v_page        | v_page | 5       | const |   12 | Using where; Using index |
+----+-------------+-------+------+---------------+--------+---------+-------+------+--------------------------+
"""
STEPS = """\
QUERY PLAN
|--SEARCH v USING INDEX v_page (page=?)
`--USE TEMP B-TREE FOR ORDER BY
"""


@pytest.mark.parametrize("mark", ["-- ", "# ", "// ", "   # ", "    // "])
@pytest.mark.parametrize("plan", [BITMAP, TREE, ROWS, STEPS])
def test_comments_of_a_script(mark: str, plan: str) -> None:
    bare = read(plan)
    commented = textwrap.indent(plan, mark, lambda line: True)
    found = read(f"CREATE INDEX v_page ON v (page);\n{commented}\nDROP TABLE v;\n")
    assert [shape(one) for one in found.plans] == [shape(one) for one in bare.plans]
    assert [n.predicates for one in found.plans for n in one.nodes] == [n.predicates for n in bare.plans[0].nodes]


def test_a_block_comment() -> None:
    found = plans(f"explain analyze select 1;\n/*\n{BITMAP}*/\nselect 2;\n/* no plan */\n")
    assert [shape(one) for one in found] == [shape(read(BITMAP).plans[0])]
    assert found[0].execution_ms == 0.06


def test_bars_that_close_the_cells_of_one_column() -> None:
    width = max(map(len, BITMAP.split("\n")))
    barred = "\n".join(line.ljust(width) + "|" for line in BITMAP.splitlines())
    found = plans(f"QUERY PLAN{' ' * (width - 10)}|\n{'-' * width}+\n{barred}\nand then I went home\n")
    assert [shape(one) for one in found] == [shape(read(BITMAP).plans[0])]
    assert found[0].nodes[0].predicates == {"recheck": "(page = 7)"}


def test_a_properties_line_at_the_column_of_the_root() -> None:
    found = plans("""
        =# EXPLAIN SELECT * FROM visits WHERE page = 1;
                            QUERY PLAN
        ------------------------------------------------------------
        Index Scan using visits_page on visits  (cost=0.29..8.30 rows=1 width=13)
        Index Cond: (page = 1)
        Filter: (note IS NULL)
        (3 rows)
    """)
    assert found[0].nodes[0].predicates == {"index": "(page = 1)", "filter": "(note IS NULL)"}
    assert found[0].warnings == []


@pytest.mark.parametrize(
    "plan",
    [BITMAP.replace("Bitmap Heap", "  ->  Append  (cost=1.00..2.00 rows=1 width=4)\n  ->  Bitmap Heap", 1), TREE],
)
def test_without_the_blanks_before_the_arrows_nothing_is_guessed(plan: str) -> None:
    flat = "\n".join(line.strip() for line in f"Limit  (cost=1.00..2.00 rows=1 width=4)\n{plan}".splitlines())
    flat = flat if "Bitmap" in plan else "\n".join(line.strip() for line in plan.splitlines())
    with pytest.raises(PlanError, match="blanks before the arrows were lost"):
        read(flat)


def test_narrow_arrows_are_postgresqls() -> None:
    narrow = BITMAP.replace("->  ", "-> ").replace("  (", " (")
    found = plans(narrow)
    assert [(one.engine.name, one.format, len(one.nodes)) for one in found] == [("postgresql", "text", 2)]


def test_a_log_line_below_a_plan_is_no_part_of_it() -> None:
    text = (
        "Query Text: SELECT 1 FROM towns x WHERE id = $1\n"
        "\tLockRows  (cost=0.29..8.31 rows=1 width=10)\n"
        "\t  ->  Index Scan using towns_pkey on towns x  (cost=0.29..8.30 rows=1 width=10)\n"
        "\t        Index Cond: (id = 9)\n"
        '2024-03-02 10:00:05.893 UTC [74] CONTEXT:  SQL statement "SELECT 1"\n'
        "2024-03-02 10:00:05.894 UTC [74] LOG:  duration: 6.5 ms\n"
    )
    (found,) = plans(text)
    assert found.nodes[1].predicates == {"index": "(id = 9)"}


def test_cells_of_the_workbench() -> None:
    cell = "'" + TREE.replace("'", "''").rstrip("\n") + "\n'"
    found = plans(f"{cell}\n{cell}\n\nthat was all\n")
    bare = read(TREE).plans[0]
    assert [shape(one) for one in found] == [shape(bare)] * 2
    assert [n.predicates for n in found[0].nodes] == [n.predicates for n in bare.nodes]
    assert [n.cost_total for n in found[1].nodes] == [n.cost_total for n in bare.nodes]


def test_remarks_behind_the_numbers_of_a_tree() -> None:
    lines = TREE.splitlines()
    lines[2] += "   -- most of the time goes here (really)"
    lines[3] += " <- no index"
    (found,) = plans("\n".join(lines))
    bare = read(TREE).plans[0]
    assert [(n.predicates, n.rows_actual) for n in found.nodes] == [(n.predicates, n.rows_actual) for n in bare.nodes]
    assert [w.line for w in found.warnings] == [3, 4]


def test_a_parenthesis_of_a_literal_is_no_number() -> None:
    text = "-> Filter: (t.a = 'x  (rows=5) y')  (cost=1.5 rows=2)\n    -> Table scan on t  (cost=1.5 rows=9)\n"
    (found,) = plans(text)
    assert found.nodes[0].predicates == {"filter": "(t.a = 'x  (rows=5) y')"}


def test_remarks_in_json() -> None:
    (found,) = plans("""
        {
          "query_block": {
            "select_id": 1,   // the only one
            "table": {
              "table_name": "v",
              "partitions": [
                "p1"        # one of twelve
              ],
              "access_type": "ref",   # good
              "key": "v_page",
              "rows_examined_per_scan": 2,
              "attached_condition": "(`w`.`v`.`note` = '#1 // x')"
            }
          }
        }
    """)
    node = found.nodes[1]
    assert (node.operator, node.index, node.rows_estimated) == ("index_scan", "v_page", 2)
    assert node.predicates == {"filter": "(`w`.`v`.`note` = '#1 // x')"}
    assert found.warnings == []


def test_a_time_that_is_no_number_is_not_told() -> None:
    (found,) = plans("""
        {"query_optimization": {"r_total_time_ms": "XX"},
         "query_block": {"select_id": 1, "r_loops": 1, "table": {"table_name": "v", "access_type": "ALL", "r_loops": 1,
          "rows": 5, "r_rows": 5, "filtered": 100, "r_filtered": 100}}}
    """)
    assert found.planning_ms is None


def test_cells_in_bold() -> None:
    (found,) = plans("""
        | id | select_type | table | type | key | rows | Extra |
        |----|-------------|-------|------|-----|------|-------|
        | 1 | SIMPLE | v | **ALL** | **(Null)** | **48** | `Using where` |
    """)
    node = found.nodes[1]
    assert (node.operator, node.index, node.rows_estimated) == ("seq_scan", None, 48)


def test_cells_that_no_server_prints_are_told() -> None:
    (found,) = plans("""
        | id | select_type | table | type | key | rows | Extra |
        |----|-------------|-------|------|-----|------|-------|
        | 1 | SIMPLE | v | full | k | many | |
    """)
    assert [(w.quote, w.line) for w in found.warnings] == [("many", 4), ("full", 4)]


def test_borders_with_blanks() -> None:
    (found,) = plans("""
        + -- + ----------- + ----- + ---- + ---- + ------ +
        | id | select_type | table | type | rows | Extra  |
        + -- + ----------- + ----- + ---- + ---- + ------ +
        | 1  | SIMPLE      | a     | ALL  | 15   | Using where |
        | 1  | SIMPLE      | bbbbbbbbb | ref  | 3   |  |
        + -- + ----------- + ----- + ---- + ---- + ------ +
    """)
    assert [(n.alias, n.access, n.rows_estimated) for n in found.nodes if n.access] == [
        ("a", "ALL", 15),
        ("bbbbbbbbb", "ref", 3),
    ]
    assert found.warnings == []


def test_vertical_rows_without_stars_or_with_escaped_dots() -> None:
    row = "id: {0}\n  select_type: SIMPLE\n        table: t{0}\n         type: ALL\n         rows: 7\n        Extra: \n"
    (found,) = plans(row.format(1) + row.format(1).replace("t1", "t2"))
    assert [n.alias for n in found.nodes if n.access] == ["t1", "t2"]
    stars = "*" * 27
    (found,) = plans(f"{stars} 1\\. row {stars}\n" + row.format(1))
    assert [(n.alias, n.rows_estimated) for n in found.nodes if n.access] == [("t1", 7)]


def test_rows_of_sqlite_without_names() -> None:
    (newer,) = plans("3|0|0|SCAN a\n8|0|0|SEARCH b USING INDEX i (x=?)\n20|0|0|USE TEMP B-TREE FOR ORDER BY\n")
    assert [n.operator for n in newer.nodes] == ["query", "sort", "nested_loop", "seq_scan", "index_scan"]
    (older,) = plans("0|0|0|SCAN TABLE a\n0|1|1|SEARCH TABLE b USING INDEX i (x=?)\n")
    assert [(n.operator, n.alias) for n in older.nodes[2:]] == [("seq_scan", "a"), ("index_scan", "b")]


@pytest.mark.parametrize(
    "text",
    [
        "src\n|-- main.py\n|-- scan\n|   `-- README\n`-- search\n",
        "  |--Nested Loops(Inner Join)\n       |--Index Scan(OBJECT:([d].[dbo].[O]))\n       |--Index Seek(OBJECT:([d].[dbo].[C]))\n",
        "1|2|3|SOMETHING ELSE\n",
        "# Sort the rows\n# Limit them\n",
        "-- Seq Scan is slow\n-- Hash it\n",
    ],
)
def test_what_is_no_plan(text: str) -> None:
    with pytest.raises(PlanError, match="no plan found"):
        read(text)


def test_arrows_of_prose() -> None:
    with pytest.raises(PlanError, match="no plan found"):
        read("How to do it:\n-> open the box\n    -> and take the lid off\n\nthat was all\n")


def test_the_conditions_of_a_plan_are_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    lines = ["Append  (cost=0.00..9.00 rows=9 width=4)"]
    for number in range(9):
        lines.append(f"  ->  Seq Scan on p{number}  (cost=0.00..1.00 rows=1 width=4)")
        lines.append(f"        Filter: (a > {number % 6})")
    (found,) = plans("\n".join(lines))
    assert len(link(found).predicates) == 9
    module = sys.modules["advisor.plans.links.link"]
    monkeypatch.setattr(module, "LIMITS", dataclasses.replace(LIMITS, plan_conjuncts=4))
    few = link(found)
    assert [p.node for p in few.predicates] == ["0.0", "0.1", "0.2", "0.3", "0.6", "0.7", "0.8"]
    assert [node for node, *_ in few.unread] == ["0.4", "0.5"]


def test_a_tree_whose_first_arrow_was_not_copied() -> None:
    for text in (
        TREE.removeprefix("-> "),
        f"/*{TREE.removeprefix('-> ')}*/\n",
        f"/*\n {TREE.removeprefix('-> ')}\n*/\n",
    ):
        (found,) = read(text).plans
        assert shape(found) == shape(read(TREE).plans[0])
        assert found.nodes[0].cost_total == 9.5


def test_a_plan_below_a_statement_without_its_end() -> None:
    row = "    id: 1\n    select_type: SIMPLE\n    table: t\n    type: ALL\n    rows: 4\n    Extra: Using where\n"
    for plan in (
        row,
        TREE,
        "| id | select_type | table | type | rows |\n|--|--|--|--|--|\n| 1 | SIMPLE | t | ALL | 3 |\n",
    ):
        (found,) = read(f"explain select *\nfrom t where a = 1\n{plan}").plans
        assert found.query == "select *\nfrom t where a = 1"
        assert found.engine.name == "mysql"


def test_blanks_where_the_slow_log_has_tabs() -> None:
    text = (
        "# Query_time: 4.9 Lock_time: 0.08 Rows_sent: 0 Rows_examined: 97\n#\n"
        "# explain: id select_type table type possible_keys key key_len ref rows r_rows filtered r_filtered Extra\n"
        "# explain: 1 PRIMARY v ALL k NULL NULL NULL 930 973.00 100.00 55.55 Using where; Using index\n"
        "# explain: 2 DEPENDENT SUBQUERY w ref k k 4 app.v.id 1 2.00 100.00 100.00\n#\n"
        "SET timestamp=1535157447;\ndelete from v where a < 4;\n"
    )
    (found,) = plans(text)
    assert (found.engine.name, found.query) == ("mariadb", "delete from v where a < 4")
    tables = [n for n in found.nodes if n.access]
    assert [(n.alias, n.rows_estimated, n.filtered_actual) for n in tables] == [("v", 930, 0.5555), ("w", 1, 1)]
    with pytest.raises(PlanError):  # a cell with a blank moved the others
        read(text.replace("ALL k NULL", "ALL k j NULL").replace("ref k k", "ref k j k"))


def test_a_box_without_its_last_bars() -> None:
    (found,) = plans("""
        +----+-------------+-------+------+------+-------------+
        | id | select_type | table | type | rows | Extra
        +----+-------------+-------+------+------+-------------+
        |  1 | SIMPLE      | a     | ALL  |    5 | NULL
        |  1 | SIMPLE      | bbbbbbbb | ref |    1 | Using where
        +----+-------------+-------+------+------+-------------+
    """)
    tables = [n for n in found.nodes if n.access]
    assert [(n.alias, n.rows_estimated, n.extra.get("Extra")) for n in tables] == [
        ("a", 5, None),
        ("bbbbbbbb", 1, "Using where"),
    ]


def test_whose_client_it_was() -> None:
    text = f"MariaDB [shop]> explain select 1 from v\n    -> where a = 1;\n{ROWS}1 row in set (0.001 sec)\n\n"
    assert [one.engine.name for one in plans(text)] == ["mariadb"]
    assert [one.engine.name for one in plans(f"{text}mysql> explain select 2;\n{ROWS}")] == ["mariadb", "mysql"]
