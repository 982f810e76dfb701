"""EXPLAIN FORMAT=TREE and EXPLAIN ANALYZE. Sentences after the forms that MySQL documents; no MySQL server printed them."""

from __future__ import annotations

from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.plan import Plan, PlanNode
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.mysql import tree
from advisor.plans.mysql.operation import node_of
from advisor.plans.read import read as read_text
from advisor.plans.render import render


def read(text: str) -> Plan:
    return tree.read(Excerpt(text, range(1, text.count("\n") + 2), "tree"))


def outline(plan: Plan) -> list[str]:
    lines = []
    for node in plan.nodes:
        words = [node.relationship, node.operator, node.alias, node.subplan_name, node.join_type]
        lines.append("  " * node.id.count(".") + " ".join(word for word in words if word))
    return lines


@pytest.mark.parametrize(
    ("numbers", "expected"),
    [
        ("", (None, None, None, None, None)),
        ("  (rows=3)", (None, None, 3.0, None, None)),
        ("  (cost=0.55 rows=3)", (None, 0.55, 3.0, None, None)),
        ("  (cost=0.35..1.5e+6 rows=12.3e+6)", (0.35, 1.5e6, 12.3e6, None, None)),
        ("  (cost=1 rows=3) (actual time=0.1..0.2 rows=4 loops=5)", (None, 1.0, 3.0, 4.0, 5.0)),
        ("  (actual time=28.5e-6..0.2 rows=0.5 loops=1e+6)", (None, None, None, 0.5, 1e6)),
        ("  (cost=1 rows=3) (actual rows=4 loops=5)", (None, 1.0, 3.0, 4.0, 5.0)),
    ],
)
def test_numbers(numbers: str, expected: tuple[Any, ...]) -> None:
    node = read(f"-> Table scan on t{numbers}").nodes[0]
    assert (node.cost_startup, node.cost_total, node.rows_estimated, node.rows_actual, node.loops) == expected
    assert (node.operator, node.alias, node.never_executed) == ("seq_scan", "t", False)


def test_never_executed() -> None:
    node = read("-> Table scan on t  (cost=1 rows=3) (never executed)").nodes[0]
    assert (node.never_executed, node.rows_actual, node.loops) == (True, None, None)


def test_numbers_on_a_line_of_their_own() -> None:
    plan = read(
        "-> Filter: (t.a > 1)  (cost=1 rows=3)\n    (actual time=0.1..0.2 rows=4 loops=1)\n"
        "    -> Table scan on t  (cost=1 rows=3)\n        (actual time=0.1..0.2 rows=9 loops=1)"
    )
    assert [node.rows_actual for node in plan.nodes] == [4.0, 9.0]
    assert plan.warnings == []


def test_numbers_inside_a_condition_are_no_numbers() -> None:
    plan = read("-> Filter: (t.a = '-> x  (cost=9 rows=9)')  (cost=1 rows=3)\n    -> Table scan on t  (cost=1 rows=3)")
    assert plan.nodes[0].predicates == {"filter": "(t.a = '-> x  (cost=9 rows=9)')"}
    assert plan.nodes[0].rows_estimated == 3.0


def some(**fields: Any) -> dict[str, Any]:
    return fields


@pytest.mark.parametrize(
    ("sentence", "expected"),
    [
        ("Table scan on <temporary>", some(operator="subquery_scan", alias="<temporary>", relation=None)),
        ("Table scan on <union temporary>", some(operator="subquery_scan", alias="<union temporary>")),
        ("Table scan on t in secondary engine RAPID", some(operator="seq_scan", relation="t")),
        ("Index scan on t using k (reverse)", some(operator="index_scan", access="index", index="k", backward=True)),
        ("Covering index scan on t using PRIMARY", some(operator="index_only_scan", covering=True, index="PRIMARY")),
        ("Index lookup on t using k (a=u.b)", some(access="ref", index="k", predicates={"index": "(a=u.b)"})),
        (
            "Index lookup on t using k (a = u.b, c = 5), with index condition: (t.d < 3)",
            some(index="k", predicates={"index": "(a = u.b, c = 5) and (t.d < 3)"}),
        ),
        ("Single-row index lookup on t using PRIMARY (id = u.t_id)", some(access="eq_ref", index="PRIMARY")),
        ("Single-row covering index lookup on t using k (id = 1)", some(access="eq_ref", covering=True)),
        ("Multi-range index lookup on t using k (a = u.b)", some(access="ref", operator="index_scan")),
        ("Full-text index search on t using ft (body = 'x (over)')", some(access="fulltext", index="ft")),
        (
            "Index range scan on t using k over (1 < a < 5) OR (a = 7) OR (3 more), with index condition: ((t.a > 1) or (t.a = 7))",
            some(access="range", index="k", predicates={"index": "((t.a > 1) or (t.a = 7))"}),
        ),
        (
            "Covering index range scan on t using k over ('a over b' <= s) (reverse)",
            some(access="range", index="k", backward=True, predicates={"index": "('a over b' <= s)"}),
        ),
        ("Index range scan on t using sort_union(a,b)", some(operator="index_merge", index="a,b")),
        (
            "Index range scan on t (re-planned for each iteration)",
            some(operator="index_scan", access="range", index=None),
        ),
        ("Covering index skip scan on t using k over a = 1, 2 < b", some(access="range", index="k", covering=True)),
        ("Covering index skip scan for deduplication on t using k", some(access="range", index="k")),
        ("Covering index skip scan for grouping on t using k over (a = 1)", some(access="range", index="k")),
        ("Constant row from t", some(operator="const", relation="t")),
        ("Rows fetched before execution", some(operator="const", relation=None)),
        ("Zero rows (Impossible WHERE)", some(operator="result", extra={"detail": "(Impossible WHERE)"})),
        ("Zero input rows (no matching row), aggregated into one output row", some(operator="result")),
        ("Count rows in t", some(operator="aggregate", relation="t")),
        ("Nested loop semijoin (FirstMatch)", some(operator="nested_loop", join_type="semi")),
        ("Nested loop semijoin with duplicate removal on k", some(operator="nested_loop", join_type="semi")),
        ("Nested loop antijoin", some(operator="nested_loop", join_type="anti")),
        ("Batched key access inner join", some(operator="nested_loop", join_type="inner")),
        ("Inner hash join (no condition)", some(operator="hash_join", join_type="inner", predicates={})),
        (
            "Left hash join (t.a = u.a), (t.b = u.b), extra conditions: ((t.c > 1) and (u.c < 2))",
            some(
                join_type="left",
                predicates={"hash": "(t.a = u.a) and (t.b = u.b)", "join_filter": "((t.c > 1) and (u.c < 2))"},
            ),
        ),
        ("Hash antijoin (t.a = u.a)", some(operator="hash_join", join_type="anti")),
        (
            "Sort: t.a DESC, `f(x, y)`, limit input to 10 row(s) per chunk",
            some(operator="sort", sort_keys=("t.a DESC", "`f(x, y)`"), limit_offset=(10.0, None)),
        ),
        ("Sort with duplicate removal: t.a", some(operator="sort", sort_keys=("t.a",))),
        ("Sort row IDs: t.a", some(operator="sort", sort_keys=("t.a",))),
        (
            "Aggregate: min(t.a), count(distinct t.b)",
            some(operator="aggregate", output=("min(t.a)", "count(distinct t.b)")),
        ),
        ("Group aggregate with rollup: sum(t.a)", some(operator="aggregate", strategy="sorted")),
        ("Group (no aggregates)", some(operator="group")),
        ("Aggregate using temporary table", some(operator="aggregate", strategy="hashed")),
        ("Limit: 10 row(s)", some(operator="limit", limit_offset=(10.0, None))),
        ("Limit/Offset: 10/20 row(s)", some(operator="limit", limit_offset=(10.0, 20.0))),
        ("Offset: 20 row(s)", some(operator="limit", limit_offset=(None, 20.0))),
        ("Limit: 10 row(s) (no early end due to SQL_CALC_FOUND_ROWS)", some(limit_offset=(10.0, None))),
        ("Stream results", some(operator="result")),
        ("Materialize CTE recent if needed (query plan printed elsewhere)", some(operator="materialize", cte="recent")),
        ("Materialize recursive CTE tree", some(operator="recursive_union", cte="tree")),
        ("Materialize union CTE u if needed", some(operator="set_op", cte="u", operation="union all")),
        ("Materialize with deduplication", some(operator="materialize")),
        (
            "Materialize (invalidate on row from t)",
            some(operator="materialize", extra={"invalidate": "invalidate on row from t"}),
        ),
        ("Union materialize with deduplication", some(operator="set_op", operation="union")),
        ("Union all materialize", some(operator="set_op", operation="union all")),
        ("Except materialize with deduplication", some(operator="set_op", operation="except")),
        ("Temporary table with deduplication", some(operator="temporary_table")),
        ("Append", some(operator="append")),
        ("Window aggregate with buffering: sum(t.a) OVER w", some(operator="window", output=("sum(t.a) OVER w",))),
        ("Window multi-pass aggregate with buffering: ntile(2) OVER w", some(operator="window")),
        ("Remove duplicate (t, u) rows using temporary table (weedout)", some(operator="distinct")),
        ("Remove duplicates from input sorted on k", some(operator="distinct")),
        ("Sort-deduplicate by row ID", some(operator="index_merge")),
        ("Intersect rows sorted by row ID", some(operator="index_merge")),
        ("Insert into t", some(operator="modify", operation="insert", relation="t")),
        ("Delete from t (immediate), u (buffered)", some(operator="modify", operation="delete", relation="t")),
        ("Update t (buffered)", some(operator="modify", operation="update", relation="t")),
        ("Scan new records on tree", some(operator="work_table_scan", cte="tree")),
        (
            "Something that a later version says",
            some(operator="other", raw_operator="Something that a later version says"),
        ),
    ],
)
def test_sentences(sentence: str, expected: dict[str, Any]) -> None:
    node = node_of(sentence, 1)
    assert {name: getattr(node, name) for name in expected} == expected


def test_headings_are_no_operators() -> None:
    plan = read(
        "-> Inner hash join (t.a = u.a)  (cost=9 rows=9)\n"
        "    -> Table scan on t  (cost=1 rows=3)\n"
        "    -> Hash\n"
        "        -> Filter: (u.b = (select #2))  (cost=1 rows=3)\n"
        "            -> Table scan on u  (cost=1 rows=3)\n"
        "            -> Select #2 (subquery in condition; run only once)\n"
        "                -> Limit: 1 row(s)  (cost=1 rows=1)\n"
        "                    -> Covering index scan on v using PRIMARY  (cost=1 rows=3)"
    )
    assert outline(plan) == [
        "root hash_join inner",
        "  outer seq_scan t",
        "  inner filter",
        "    outer seq_scan u",
        "    sub_plan limit Select #2",
        "      outer index_only_scan v",
    ]
    assert plan.nodes[2].extra["heading"] == "Hash"
    assert plan.warnings == []


def test_subqueries_of_a_select_list_stand_beside_it() -> None:
    """Their time is not part of the time of what reads the rows."""
    plan = read(
        "-> Table scan on t  (cost=1 rows=3)\n"
        "-> Select #2 (subquery in projection; dependent)\n"
        "    -> Table scan on u  (cost=1 rows=3)\n"
        "    -> Select #3 (subquery in projection; dependent)\n"
        "        -> Aggregate: min(v.a)  (cost=1 rows=1)\n"
        "            -> Table scan on v  (cost=1 rows=3)"
    )
    assert outline(plan) == [
        "root query",
        "  outer seq_scan t",
        "  sub_plan query Select #2",
        "    outer seq_scan u",
        "    sub_plan aggregate Select #3",
        "      outer seq_scan v",
    ]


def test_a_table_over_what_fills_it_is_no_table() -> None:
    plan = read(
        "-> Index lookup on d using <auto_key0> (a = t.a)  (cost=1 rows=1)\n"
        "    -> Materialize  (cost=1 rows=3)\n"
        "        -> Table scan on u  (cost=1 rows=3)"
    )
    assert outline(plan) == ["root subquery_scan d", "  outer materialize", "    outer seq_scan u"]
    assert plan.nodes[0].relation is None


WHOLE = """\
-> Limit: 5 row(s)  (cost=99 rows=5) (actual time=0.5..0.9 rows=5 loops=1)
    -> Nested loop inner join  (cost=99 rows=10) (actual time=0.5..0.9 rows=5 loops=1)
        -> Filter: (t.a > 100)  (cost=9 rows=10) (actual time=0.4..0.5 rows=5 loops=1)
            -> Table scan on t  (cost=9 rows=100) (actual time=0.4..0.45 rows=50 loops=1)
        -> Single-row index lookup on u using PRIMARY (id = t.u_id)  (cost=0.25 rows=1) (actual time=0.01..0.011 rows=1 loops=5)
-> Select #2 (subquery in projection; dependent)
    -> Aggregate: max(v.a)  (cost=1 rows=1) (actual time=0.01..0.012 rows=1 loops=5)
        -> Table scan on v  (cost=1 rows=3) (actual time=0.01..0.011 rows=3 loops=5)"""


@pytest.mark.parametrize(
    "text",
    [
        WHOLE,
        f"mysql> EXPLAIN ANALYZE SELECT t.a FROM t\\G\n{'*' * 27} 1. row {'*' * 27}\nEXPLAIN: {WHOLE}\n\n1 row in set (0.01 sec)\n",
        "EXPLAIN\n" + WHOLE.replace("\n", "\\n") + "\\n\n",
    ],
)
def test_one_plan_whatever_carried_it(text: str) -> None:
    (plan,) = read_text(text).plans
    assert outline(plan) == outline(read(WHOLE))
    assert plan.warnings == []


def test_printing_is_the_text() -> None:
    assert render(read(WHOLE)) == WHOLE


def test_a_text_cut_anywhere() -> None:
    full = {node.line: node for node in read(WHOLE).nodes}
    for end in range(4, len(WHOLE)):
        text = WHOLE[:end]
        plan = read(text)
        lines = text.split("\n")
        ended = not lines[-1].strip() or lines[-1] == WHOLE.split("\n")[len(lines) - 1]
        last = len(lines) - (0 if lines[-1].strip() else 1)
        for node in plan.nodes:
            if node.operator == "query" or node.line is None or (node.line >= last and not ended):
                continue
            mine, whole = msgspec.structs.asdict(node), msgspec.structs.asdict(full[node.line])
            for name in ("id", "parent", "relationship"):
                mine.pop(name), whole.pop(name)
            if not (node.operator == "nested_loop" or node.subplan_name):
                assert mine == whole, end
        first = len(lines) == 1 and plan.nodes[0].operator != "other"  # what nothing else can be compared with
        if not ended and ">" in lines[-1] and not first:
            assert plan.warnings, (end, lines[-1])


def test_an_estimate_before_the_cut_is_kept() -> None:
    plan = read("-> Table scan on t  (cost=1 rows=300) (actual time=0.1..0.2 ro")
    assert (plan.nodes[0].rows_estimated, plan.nodes[0].rows_actual, plan.nodes[0].alias) == (300.0, None, "t")
    assert plan.warnings


def test_hostile_lines_take_no_longer_than_their_length() -> None:
    """Linear work: a quadratic reader would take minutes for these."""
    for line in (
        " " * 300_000 + "x",
        "  (cost=" * 200_000,
        ", with index condition: (" * 100_000,
        "(1 < a < 5) OR " * 200_000,
    ):
        for words in (
            "Limit",
            "Index lookup on t using k",
            "Index range scan on t using k over",
            "Filter:",
            "Sort: a,",
        ):
            read(f"-> {words}{line}")


def test_errors() -> None:
    with pytest.raises(PlanError):
        read("nothing of the kind")
    with pytest.raises(PlanError):
        read("\n".join(f"{' ' * n}-> Filter: (1)" for n in range(3000)))


@given(st.lists(st.text(alphabet="-> Filter:Sortableon(cost=1rows)\t'", max_size=40), max_size=6))
def test_no_text_raises_but_plan_errors(lines: list[str]) -> None:
    try:
        plan = read("\n".join(lines))
    except PlanError:
        return
    assert all(isinstance(node, PlanNode) for node in plan.nodes)
    again = read(render(plan))
    assert [node.operator for node in again.nodes] == [node.operator for node in plan.nodes]
