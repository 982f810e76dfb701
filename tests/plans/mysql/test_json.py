"""MySQL's JSON of both versions and MariaDB's, whole, broken and cut. Written after the documented forms where not recorded."""

from __future__ import annotations

import contextlib
import json
import re
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.plan import Plan
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.metrics import measure
from advisor.plans.mysql import json as reader
from advisor.plans.mysql import repair, tree
from advisor.plans.render import render

RECORDED: dict[str, dict[str, str]] = json.loads((Path(__file__).parent / "mariadb.json").read_text())["plans"]


def excerpt(text: str) -> Excerpt:
    return Excerpt(text, range(1, text.count("\n") + 2), "json")


def read(document: Any) -> Plan:
    return reader.read(excerpt(document if isinstance(document, str) else json.dumps(document, indent=2)))


def outline(plan: Plan) -> list[str]:
    lines = []
    for node in plan.nodes:
        words = [node.relationship, node.operator, node.alias, node.subplan_name, node.join_type]
        lines.append("  " * node.id.count(".") + " ".join(word for word in words if word))
    return lines


def scan(name: str, **more: Any) -> dict[str, Any]:
    return {
        "table_name": name,
        "access_type": "ALL",
        "rows_examined_per_scan": 10,
        "rows_produced_per_join": 4,
        "filtered": "40.00",
        "cost_info": {"read_cost": "1.00", "eval_cost": "0.40", "prefix_cost": "2.40", "data_read_per_join": "64"},
        "used_columns": ["a"],
        **more,
    }


def test_numbers_in_quotes() -> None:
    plan = read({"query_block": {"select_id": 1, "cost_info": {"query_cost": "2.40"}, "table": scan("t")}})
    query, table = plan.nodes
    assert plan.engine.name == "mysql"
    assert (query.cost_total, table.cost_total) == (2.4, 2.4)
    assert (table.rows_estimated, table.filtered_estimated) == (10.0, 0.4)
    assert table.extra["cost_info"]["read_cost"] == "1.00"


def test_a_join_has_the_cost_and_the_rows_of_its_prefix() -> None:
    inner = scan("u", rows_produced_per_join=7, attached_condition="(`db`.`u`.`b` = 3)")
    inner["cost_info"] = {"read_cost": "9.00", "eval_cost": "0.70", "prefix_cost": "12.10"}
    plan = read({"query_block": {"select_id": 1, "nested_loop": [{"table": scan("t")}, {"table": inner}]}})
    assert outline(plan)[1:] == ["  outer nested_loop", "    outer seq_scan t", "    inner seq_scan u"]
    join, first, second = plan.nodes[1:]
    assert (join.cost_total, join.rows_estimated) == (12.1, 7.0)
    assert (first.cost_total, second.cost_total) == (2.4, None)
    assert second.predicates == {"filter": "(`db`.`u`.`b` = 3)"}


def test_costs_are_shared_out_past_what_has_none() -> None:
    inner = scan("u", rows_produced_per_join=7)
    inner["cost_info"] = {"read_cost": "9.00", "eval_cost": "0.70", "prefix_cost": "12.10"}
    joined = [{"table": scan("t")}, {"table": inner}]
    ordered = {"using_temporary_table": True, "using_filesort": True, "nested_loop": joined}
    plan = read({"query_block": {"select_id": 1, "cost_info": {"query_cost": "20.10"}, "ordering_operation": ordered}})
    measures = measure(plan).nodes
    costs = {node.operator: measures[node.id].cost_self for node in plan.nodes if node.alias != "u"}
    assert costs == {
        "query": pytest.approx(8.0),
        "sort": None,
        "temporary_table": None,
        "nested_loop": pytest.approx(9.7),
        "seq_scan": pytest.approx(2.4),
    }


def test_operations_around_a_join() -> None:
    plan = read(
        {
            "query_block": {
                "select_id": 1,
                "ordering_operation": {
                    "using_filesort": True,
                    "cost_info": {"sort_cost": "4.00"},
                    "duplicates_removal": {
                        "using_temporary_table": True,
                        "using_filesort": False,
                        "grouping_operation": {
                            "using_temporary_table": True,
                            "using_filesort": False,
                            "buffer_result": {"using_temporary_table": True, "table": scan("t")},
                        },
                    },
                },
            }
        }
    )
    assert [node.operator for node in plan.nodes] == [
        "query",
        "sort",
        "distinct",
        "temporary_table",
        "group",
        "temporary_table",
        "temporary_table",
        "seq_scan",
    ]


def test_an_order_that_an_index_gives_is_no_sort() -> None:
    plan = read({"query_block": {"select_id": 1, "ordering_operation": {"using_filesort": False, "table": scan("t")}}})
    assert [node.operator for node in plan.nodes] == ["query", "seq_scan"]
    assert plan.nodes[1].extra["ordering_operation"] == {"using_filesort": False}


def test_windows() -> None:
    windows = [
        {"name": "w1", "using_filesort": True, "filesort_key": ["`a`", "`b` desc"], "functions": ["rank"]},
        {"name": "w2", "using_temporary_table": True, "functions": ["sum"]},
    ]
    plan = read({"query_block": {"select_id": 1, "windowing": {"windows": windows, "table": scan("t")}}})
    assert [node.operator for node in plan.nodes] == [
        "query",
        "window",
        "temporary_table",
        "window",
        "sort",
        "seq_scan",
    ]
    assert plan.nodes[4].sort_keys == ("`a`", "`b` desc")


def test_a_derived_table_goes_by_its_alias() -> None:
    filled = {
        "using_temporary_table": True,
        "dependent": False,
        "cacheable": True,
        "query_block": {"select_id": 2, "table": scan("u")},
    }
    plan = read({"query_block": {"select_id": 1, "table": scan("d", materialized_from_subquery=filled)}})
    assert outline(plan) == [
        "root query Select #1",
        "  outer subquery_scan d",
        "    subquery query Select #2",
        "      outer seq_scan u",
    ]
    assert plan.nodes[1].relation is None


@pytest.mark.parametrize(
    "place", ["select_list_subqueries", "having_subqueries", "optimized_away_subqueries", "order_by_subqueries"]
)
def test_subqueries_of_a_select(place: str) -> None:
    inner = {"dependent": True, "cacheable": False, "query_block": {"select_id": 2, "table": scan("u")}}
    plan = read({"query_block": {"select_id": 1, "table": scan("t"), place: [inner]}})
    assert outline(plan)[2:] == ["  sub_plan query Select #2", "    outer seq_scan u"]
    assert plan.nodes[2].extra["dependent"] is True
    assert plan.nodes[2].extra["place"] == place


def test_subqueries_of_a_condition() -> None:
    inner = {"dependent": False, "cacheable": True, "query_block": {"select_id": 2, "table": scan("u")}}
    looked_up = {
        "table": {
            "table_name": "<materialized_subquery>",
            "access_type": "eq_ref",
            "key": "<auto_key>",
            "materialized_from_subquery": {"query_block": {"select_id": 3, "table": scan("v")}},
        }
    }
    plan = read({"query_block": {"select_id": 1, "table": scan("t", attached_subqueries=[inner, looked_up])}})
    assert outline(plan)[1:] == [
        "  outer seq_scan t",
        "    sub_plan query Select #2",
        "      outer seq_scan u",
        "    sub_plan subquery_scan <materialized_subquery>",
        "      subquery query Select #3",
        "        outer seq_scan v",
    ]


def test_unions() -> None:
    members = [
        {"dependent": False, "cacheable": True, "query_block": {"select_id": n, "table": scan(f"t{n}")}} for n in (1, 2)
    ]
    for kept, operator in ((True, "set_op"), (False, "append")):
        union = {
            "using_temporary_table": kept,
            "table_name": "<union1,2>",
            "access_type": "ALL",
            "query_specifications": members,
        }
        plan = read({"query_block": {"union_result": union}})
        assert [node.operator for node in plan.nodes] == [operator, "query", "seq_scan", "query", "seq_scan"]
        assert [node.relationship for node in plan.nodes if node.operator == "query"] == ["member", "member"]


def test_joins_with_buffers_and_semijoins() -> None:
    plan = read(
        {
            "query_block": {
                "select_id": 1,
                "nested_loop": [
                    {"table": scan("a")},
                    {"table": scan("b", using_join_buffer="hash join")},
                    {"table": scan("c", using_join_buffer="Block Nested Loop", first_match="b")},
                    {"duplicates_removal": {"using_temporary_table": True, "nested_loop": [{"table": scan("d")}]}},
                ],
            }
        }
    )
    assert outline(plan)[1:] == [
        "  outer nested_loop",
        "    outer block_nested_loop semi",
        "      outer hash_join",
        "        outer seq_scan a",
        "        inner seq_scan b",
        "      inner seq_scan c",
        "    inner distinct",
        "      outer temporary_table",
        "        outer seq_scan d",
    ]


def test_statements_that_write() -> None:
    update = read(
        {"query_block": {"select_id": 1, "table": {"update": True, "table_name": "t", "access_type": "range"}}}
    )
    assert [node.operator for node in update.nodes] == ["query", "modify", "index_scan"]
    insert = read(
        {
            "query_block": {
                "select_id": 1,
                "cost_info": {"query_cost": "1"},
                "table": {"insert": True, "table_name": "t", "access_type": "ALL"},
                "insert_from": {"table": scan("u")},
            }
        }
    )
    assert [(node.operator, node.alias) for node in insert.nodes] == [
        ("query", None),
        ("modify", "t"),
        ("seq_scan", "u"),
    ]


def test_a_message_alone() -> None:
    plan = read({"query_block": {"select_id": 1, "message": "Impossible WHERE"}})
    assert [(node.operator, node.raw_operator) for node in plan.nodes][1] == ("result", "Impossible WHERE")


def test_end_markers() -> None:
    plain = {"query_block": {"select_id": 1, "cost_info": {"query_cost": "2.40"}, "table": scan("t")}}
    text = json.dumps(plain, indent=2)
    marked = re.sub(r'"cost_info": (\{[^}]*\})', r'"cost_info": \1 /* cost_info */', text)
    marked = marked.replace("]", "] /* used_columns */")[:-1] + "} /* query */"
    assert "/* used_columns */" in marked
    assert msgspec.structs.asdict(read(marked).nodes[1]) == msgspec.structs.asdict(read(text).nodes[1])
    assert read(marked).warnings == []


def test_repeated_keys_of_older_mariadb() -> None:
    first = '{"table_name": "a", "access_type": "ALL", "rows": 5, "filtered": 100}'
    second = '{"table_name": "b", "access_type": "ref", "key": "k", "rows": 2, "filtered": 100}'
    buffered = f'{{"table": {first.replace("a", "c", 1)}, "buffer_type": "flat", "join_type": "BNL"}}'
    text = f'{{"query_block": {{"select_id": 1, "table": {first}, "table": {second}, "block-nl-join": {buffered}}}}}'
    plan = read(text)
    assert plan.engine.name == "mariadb"
    assert [node.operator for node in plan.nodes] == [
        *("query", "block_nested_loop", "nested_loop", "seq_scan", "index_scan", "seq_scan")
    ]
    assert repair.plain(read(render(plan)).document) == repair.plain(plan.document)


# ---------------------------------------------------------------------- version 2

V2: dict[str, Any] = {
    "query": "/* select#1 */ select 1",
    "query_plan": {
        "operation": "Nested loop left join",
        "access_type": "join",
        "join_type": "left join",
        "join_algorithm": "nested_loop",
        "estimated_rows": 20.0,
        "estimated_total_cost": 7.5,
        "actual_rows": 20.0,
        "actual_loops": 1,
        "actual_first_row_ms": 0.1,
        "actual_last_row_ms": 2.0,
        "inputs": [
            {
                "operation": "Table scan on c",
                "access_type": "table",
                "table_name": "customer",
                "alias": "c",
                "schema_name": "shop",
                "used_columns": ["id"],
                "estimated_rows": 20.0,
                "estimated_total_cost": 2.5,
                "actual_rows": 20.0,
                "actual_loops": 1,
                "actual_first_row_ms": 0.05,
                "actual_last_row_ms": 0.5,
            },
            {
                "operation": "Index lookup on o using by_customer (customer_id = c.id), with index condition: (o.total > 5)",
                "access_type": "index",
                "index_access_type": "index_lookup",
                "covering": False,
                "table_name": "orders",
                "alias": "o",
                "schema_name": "shop",
                "index_name": "by_customer",
                "key_columns": ["customer_id"],
                "lookup_condition": "customer_id = c.id",
                "pushed_index_condition": "(o.total > 5)",
                "estimated_rows": 1.0,
                "estimated_total_cost": 0.25,
                "actual_rows": None,
                "actual_loops": None,
                "actual_first_row_ms": None,
                "actual_last_row_ms": None,
            },
        ],
        "inputs_from_select_list": [
            {
                "heading": "Select #2 (subquery in projection; dependent)",
                "subquery": True,
                "dependent": True,
                "operation": "Rows fetched before execution",
                "access_type": "rows_fetched_before_execution",
                "estimated_rows": 1.0,
                "estimated_total_cost": 0.0,
                "actual_rows": 1.0,
                "actual_loops": 20,
                "actual_first_row_ms": 0.0001,
                "actual_last_row_ms": 0.0002,
            }
        ],
    },
    "query_type": "select",
    "json_schema_version": "2.0",
}
V2_AS_TREE = """\
-> Nested loop left join  (cost=7.5 rows=20) (actual time=0.1..2 rows=20 loops=1)
    -> Table scan on c  (cost=2.5 rows=20) (actual time=0.05..0.5 rows=20 loops=1)
    -> Index lookup on o using by_customer (customer_id = c.id), with index condition: (o.total > 5)  (cost=0.25 rows=1) (never executed)
-> Select #2 (subquery in projection; dependent)
    -> Rows fetched before execution  (cost=0 rows=1) (actual time=100e-6..200e-6 rows=1 loops=20)
"""


@pytest.mark.parametrize("document", [V2, {**V2["query_plan"], "query": V2["query"]}])
def test_version_2_is_the_tree(document: dict[str, Any]) -> None:
    plan = read(document)
    lines = tree.read(Excerpt(V2_AS_TREE, range(1, 9), "tree"))
    assert plan.query == "/* select#1 */ select 1"
    assert plan.analyzed
    assert plan.timed
    assert (
        outline(plan)
        == outline(lines)
        == [
            "root query",
            "  outer nested_loop left",
            "    outer seq_scan c",
            "    inner index_scan o",
            "  sub_plan const Select #2",
        ]
    )
    told = ("rows_estimated", "cost_total", "rows_actual", "loops", "time_first_ms", "time_last_ms", "never_executed")
    for mine, other in zip(plan.nodes, lines.nodes, strict=True):
        for name in (*told, "access", "index", "predicates", "join_type", "covering"):
            assert getattr(mine, name) == getattr(other, name), name
    lookup = plan.nodes[3]
    assert (lookup.relation, lookup.schema, lookup.index_columns) == ("orders", "shop", ("customer_id",))
    assert lookup.predicates["index"] == "(customer_id = c.id) and (o.total > 5)"


# ---------------------------------------------------------------------- broken and cut texts

BROKEN = '{"query_block": {"select_id": 1, "table": {"table_name": "t", "access_type": "ALL", "rows": 3, "attached_condition": %s}}}'


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        (r'"t.a = \"x\""', 't.a = "x"'),
        (r'"t.a like \'50\%%\'"', r"t.a like \'50\%%\'"),
        ('"t.a = "x", t.b"', 't.a = "x", t.b'),
        ('"t.a = \'{"k": 1}\'"', "t.a = '{\"k\": 1}'"),
        ("\"t.a = 'line\nend'\"", "t.a = 'line\nend'"),
        ("\"t.a = '\\\\'\"", "t.a = '\\'"),
    ],
)
def test_conditions_that_were_not_escaped(written: str, meant: str) -> None:
    text = (BROKEN % "@").replace("@", written)
    assert read(text).nodes[1].predicates["filter"] == meant


def test_a_pair_of_surrogates_and_half_of_one() -> None:
    assert read((BROKEN % "@").replace("@", r'"\ud83d\ude00"')).nodes[1].predicates["filter"] == "😀"
    assert read((BROKEN % "@").replace("@", r'"\ud83d"')).nodes[1].predicates["filter"] == "�"


@pytest.mark.parametrize("text", ["", "[]", "7", '{"a": 1}', '{"query_block": 5}', "{'a': 1}", "[[[[", "{}"])
def test_errors(text: str) -> None:
    with pytest.raises(PlanError):
        read(text)


@pytest.mark.parametrize(
    "nested", ['{"query_block": ', '{"query_block": {"table": {"materialized": ', "[", '{"operation": "x", "inputs": [']
)
def test_nesting_without_end(nested: str) -> None:
    with pytest.raises(PlanError):
        read(nested * 100_000)


STATEMENT = "SELECT * FROM customer c JOIN orders o ON o.customer_id = c.id JOIN item i ON i.order_id = o.id JOIN product p ON p.id = i.product_id WHERE c.city = 'c1' AND p.cat = 2"


@pytest.mark.parametrize(
    "statement", [STATEMENT, next(one for one in RECORDED if one.startswith("SELECT *, (SELECT MAX"))]
)
def test_a_text_cut_anywhere(statement: str) -> None:
    """What was whole before the cut is read as it was, and the cut is told."""
    text = RECORDED[statement]["analyze_json"]
    whole = {node.line: node for node in read(text).nodes if node.operator not in ("nested_loop", "query")}
    lines = text.split("\n")
    for end in range(1, len(text.rstrip())):
        try:
            plan = read(text[:end])
        except PlanError:
            continue
        assert plan.warnings, end
        for node in plan.nodes:
            if node.line not in whole or node.operator in ("nested_loop", "query"):
                continue
            opened = lines[node.line - 1]
            indent = len(opened) - len(opened.lstrip())
            closing = next(n for n in range(node.line, len(lines)) if lines[n].startswith(" " * indent + "}"))
            if sum(len(line) + 1 for line in lines[: closing + 1]) <= end:
                mine, full = msgspec.structs.asdict(node), msgspec.structs.asdict(whole[node.line])
                for name in ("id", "parent", "relationship", "subplan_name"):
                    mine.pop(name), full.pop(name)
                assert mine == full, end
            elif node.time_last_ms is not None:
                assert node.time_last_ms == whole[node.line].time_last_ms, end


@given(st.text(alphabet='{}[]":,\\/* abtrue0.5-\n', max_size=60))
def test_no_text_raises_but_plan_errors(text: str) -> None:
    for candidate in (text, '{"query_block": {"table": {' + text, '{"query_block": ' + text + "}"):
        try:
            read(candidate)
        except PlanError:
            continue


def test_hostile_texts_take_no_longer_than_their_length() -> None:
    """Linear work: a quadratic reader would take minutes for these."""
    for text in (
        '{"query_block": {"a": "' + '"/*' * 200_000,
        '{"query_block": {"a": "' + '",' * 200_000,
        '{"query_block": {"a": "' + "\\" * 400_000,
        "/*" * 400_000,
        '{"query_block": {' + '"a": 1, ' * 100_000,
    ):
        with contextlib.suppress(PlanError):
            read(text)
