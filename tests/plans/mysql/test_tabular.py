"""EXPLAIN as rows: MySQL's and older forms, written after their documentation (no MySQL server printed them)."""

from __future__ import annotations

import pytest

from advisor.model.plan import Plan, PlanNode
from advisor.plans.errors import PlanError
from advisor.plans.excerpt import Excerpt
from advisor.plans.mysql import tabular

HEAD = "id\tselect_type\ttable\tpartitions\ttype\tpossible_keys\tkey\tkey_len\tref\trows\tfiltered\tExtra"


def read(*rows: str, head: str = HEAD) -> Plan:
    text = "\n".join([head, *("\t".join(row.split("|")) for row in rows)])
    return tabular.read(Excerpt(text, range(1, len(rows) + 2), "tabular"))


def outline(plan: Plan) -> list[str]:
    lines = []
    for node in plan.nodes:
        words = [node.relationship, node.operator, node.alias, node.subplan_name, node.join_type]
        lines.append("  " * node.id.count(".") + " ".join(word for word in words if word))
    return lines


def table(plan: Plan, alias: str) -> PlanNode:
    return next(node for node in plan.nodes if node.alias == alias)


def test_columns_become_fields() -> None:
    plan = read(
        "1|SIMPLE|t1|p0,p1|range|PRIMARY,k|k|10|NULL|42|11.11|Using index condition; Using where; Backward index scan"
    )
    node = plan.nodes[1]
    assert (plan.engine.name, plan.analyzed, plan.warnings) == ("mysql", False, [])
    assert (node.operator, node.access, node.index, node.relation) == ("index_scan", "range", "k", "t1")
    assert node.possible_indexes == ("PRIMARY", "k")
    assert (node.rows_estimated, node.filtered_estimated, node.backward) == (42.0, 0.1111, True)
    assert node.extra["partitions"] == "p0,p1"
    assert node.extra["key_len"] == "10"


def test_a_table_without_usable_indexes_is_told_from_unknown() -> None:
    assert read("1|SIMPLE|t1|NULL|ALL|NULL|NULL|NULL|NULL|42|100.00|NULL").nodes[1].possible_indexes == ()
    assert (
        read("1|SIMPLE|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|No tables used").nodes[1].possible_indexes is None
    )


@pytest.mark.parametrize(
    ("access", "extra", "operator", "covering"),
    [
        ("ALL", "Using where", "seq_scan", False),
        ("index", "Using index", "index_only_scan", True),
        ("index", "", "index_scan", False),
        ("range", "Using where; Using index for group-by", "index_only_scan", True),
        ("range", "Using where; Using index for skip scan", "index_only_scan", True),
        ("ref", "Using index condition", "index_scan", False),
        ("eq_ref", "Using where; Using index", "index_only_scan", True),
        ("fulltext", "Using where; Ft_hints: sorted", "index_scan", False),
        ("unique_subquery", "Using where", "index_scan", False),
        ("const", "", "const", False),
        ("system", "", "const", False),
        ("index_merge", "Using sort_union(a,b); Using where", "index_merge", False),
    ],
)
def test_access_types(access: str, extra: str, operator: str, covering: bool) -> None:
    node = read(f"1|SIMPLE|t|NULL|{access}|k|k|4|NULL|3|100.00|{extra}").nodes[1]
    assert (node.operator, node.covering) == (operator, covering)


def test_index_merge_keeps_how() -> None:
    node = read("1|SIMPLE|t|NULL|index_merge|a,b|a,b|4,4|NULL|3|100.00|Using union(a,b); Using where").nodes[1]
    assert (node.index, node.extra["index_merge"]) == ("a,b", "union(a,b)")


@pytest.mark.parametrize(
    ("words", "operator"),
    [
        ("Block Nested Loop", "block_nested_loop"),
        ("flat, BNL join", "block_nested_loop"),
        ("incremental, BNL join", "block_nested_loop"),
        ("hash join", "hash_join"),
        ("flat, BNLH join", "hash_join"),
        ("Batched Key Access", "nested_loop"),
        ("Batched Key Access (unique)", "nested_loop"),
        ("incremental, BKAH join", "nested_loop"),
    ],
)
def test_join_buffers(words: str, operator: str) -> None:
    plan = read(
        "1|SIMPLE|a|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
        f"1|SIMPLE|b|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|Using where; Using join buffer ({words})",
    )
    assert plan.nodes[1].operator == operator
    assert plan.nodes[1].extra["join_buffer"] == words


def test_joins_are_left_deep() -> None:
    plan = read(*(f"1|SIMPLE|t{n}|NULL|ref|k|k|4|x|3|100.00|NULL" for n in range(3)))
    assert outline(plan) == [
        "root query Select #1",
        "  outer nested_loop",
        "    outer nested_loop",
        "      outer index_scan t0",
        "      inner index_scan t1",
        "    inner index_scan t2",
    ]


def test_sorting_the_first_table_and_sorting_all() -> None:
    second = "1|SIMPLE|b|NULL|ref|k|k|4|a.x|3|100.00|NULL"
    first = read("1|SIMPLE|a|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|Using filesort", second)
    assert outline(first)[1:4] == ["  outer nested_loop", "    outer sort", "      outer seq_scan a"]
    whole = read("1|SIMPLE|a|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|Using temporary; Using filesort", second)
    assert outline(whole)[1:4] == ["  outer sort", "    outer temporary_table", "      outer nested_loop"]


def test_derived_tables_stand_below_what_reads_them() -> None:
    plan = read(
        "1|PRIMARY|<derived2>|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
        "1|PRIMARY|t|NULL|eq_ref|PRIMARY|PRIMARY|4|d.x|1|100.00|NULL",
        "2|DERIVED|<derived3>|NULL|ref|<auto_key0>|<auto_key0>|5|const|3|100.00|NULL",
        "3|DERIVED|u|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|Using temporary",
    )
    assert outline(plan) == [
        "root query Select #1",
        "  outer nested_loop",
        "    outer subquery_scan <derived2>",
        "      subquery query Select #2",
        "        outer subquery_scan <derived3>",
        "          subquery query Select #3",
        "            outer temporary_table",
        "              outer seq_scan u",
        "    inner index_scan t",
    ]


def test_a_derived_table_read_twice_is_filled_once() -> None:
    plan = read(
        "1|PRIMARY|<derived2>|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
        "1|PRIMARY|<derived2>|NULL|ref|<auto_key0>|<auto_key0>|5|a.x|2|100.00|NULL",
        "2|DERIVED|u|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
    )
    assert [node.alias for node in plan.nodes].count("u") == 1


@pytest.mark.parametrize("number", ["NULL", "3"])
def test_union(number: str) -> None:
    """The row of the result has a number of its own since 8.0.31."""
    plan = read(
        "1|PRIMARY|a|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
        "2|UNION|b|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
        f"{number}|UNION RESULT|<union1,2>|NULL|ALL|NULL|NULL|NULL|NULL|NULL|NULL|Using temporary; Using filesort",
    )
    assert outline(plan) == [
        "root sort",
        "  outer set_op <union1,2>",
        "    member query Select #1",
        "      outer seq_scan a",
        "    member query Select #2",
        "      outer seq_scan b",
    ]


def test_union_all_has_no_row_of_its_own() -> None:
    plan = read(
        "1|PRIMARY|a|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
        "2|UNION|b|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
    )
    assert outline(plan)[0] == "root append"
    assert plan.nodes[0].operation == "union all"


def test_a_union_inside_a_derived_table_and_one_whose_list_is_cut_short() -> None:
    members = [f"{n}|UNION|t{n}|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL" for n in range(3, 30)]
    plan = read(
        "1|PRIMARY|<derived2>|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
        "2|DERIVED|t2|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
        *members,
        "NULL|UNION RESULT|<union2,3,4,...,29>|NULL|ALL|NULL|NULL|NULL|NULL|NULL|NULL|Using temporary",
    )
    union = next(node for node in plan.nodes if node.operator == "set_op")
    assert plan.by_id[str(union.parent)].alias == "<derived2>"
    assert len(plan.children[union.id]) == 28
    assert plan.warnings == []


def test_a_dependent_subquery_goes_to_the_select_whose_tables_it_names() -> None:
    plan = read(
        "1|PRIMARY|a|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
        "2|DEPENDENT SUBQUERY|b|NULL|ref|k|k|4|db.a.x|3|100.00|NULL",
        "3|DEPENDENT SUBQUERY|c|NULL|ref|k|k|4|db.b.y|3|100.00|NULL",
        "4|SUBQUERY|d|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
    )
    names = {node.alias: node for node in plan.nodes if node.alias}
    holders = {alias: plan.by_id[str(names[alias].parent)] for alias in "bcd"}
    assert [plan.by_id[str(holders[alias].parent)].subplan_name for alias in "bcd"] == [
        "Select #1",
        "Select #2",
        "Select #1",
    ]
    assert "holder" not in holders["b"].extra
    assert holders["d"].extra["holder"] == "not printed"


def test_semijoins() -> None:
    plan = read(
        "1|SIMPLE|a|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
        "1|SIMPLE|b|NULL|ref|k|k|4|db.a.x|3|100.00|Using where",
        "1|SIMPLE|c|NULL|ref|k|k|4|db.b.x|3|100.00|Using index; FirstMatch(a)",
        "1|SIMPLE|d|NULL|ref|k|k|4|db.a.x|3|100.00|Using where; Not exists",
    )
    joins = [node.join_type for node in plan.nodes if node.operator == "nested_loop"]
    assert joins == ["anti", "semi", "semi"]


def test_a_materialised_semijoin() -> None:
    plan = read(
        "1|SIMPLE|<subquery2>|NULL|ALL|NULL|NULL|NULL|NULL|NULL|100.00|NULL",
        "1|SIMPLE|a|NULL|eq_ref|PRIMARY|PRIMARY|4|<subquery2>.x|1|100.00|NULL",
        "2|MATERIALIZED|b|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL",
    )
    assert outline(plan)[2:5] == [
        "    outer subquery_scan <subquery2>",
        "      subquery query Select #2",
        "        outer seq_scan b",
    ]


@pytest.mark.parametrize("verb", ["UPDATE", "DELETE", "INSERT", "REPLACE"])
def test_statements_that_write(verb: str) -> None:
    plan = read(f"1|{verb}|t|NULL|range|PRIMARY|PRIMARY|4|const|3|100.00|Using where")
    modify = plan.nodes[1]
    assert (modify.operator, modify.operation, modify.relation) == ("modify", verb.lower(), "t")
    assert len(plan.nodes) == (2 if verb in ("INSERT", "REPLACE") else 3)


def test_messages_in_place_of_tables() -> None:
    plan = read(
        "1|SIMPLE|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|NULL|Impossible WHERE noticed after reading const tables"
    )
    assert plan.nodes[1].operator == "result"
    assert plan.nodes[1].raw_operator == "Impossible WHERE noticed after reading const tables"


def test_range_checked_for_each_record() -> None:
    extra = "Range checked for each record (index map: 0x3)"
    assert (
        read(f"1|SIMPLE|t|NULL|ALL|a,b|NULL|NULL|NULL|3|33.33|{extra}").nodes[1].extra["range_checked_for_each_record"]
        == "index map: 0x3"
    )


def test_columns_that_nobody_knows_are_kept() -> None:
    plan = read("1|SIMPLE|t|NULL|ALL|NULL|NULL|NULL|NULL|3|100.00|NULL|7", head=f"{HEAD}\tfuture")
    assert plan.nodes[1].extra["future"] == "7"


def test_a_row_cut_off_is_left_out_and_told() -> None:
    whole = "1\tSIMPLE\ta\tNULL\tALL\tNULL\tNULL\tNULL\tNULL\t3\t100.00\tNULL"
    second = "1\tSIMPLE\tb\tNULL\tALL\tNULL\tNULL\tNULL\tNULL\t2000\t100.00\tUsing where; Using join buffer (hash join)"
    text = f"{HEAD}\n{whole}\n{second}"
    complete = tabular.read(Excerpt(text, range(1, 4), "tabular"))
    for end in range(len(HEAD) + len(whole) + 2, len(text)):
        plan = tabular.read(Excerpt(text[:end], range(1, 4), "tabular"))
        found = next((node for node in plan.nodes if node.alias == "b"), None)
        if found is not None:
            # Only the last cell may be shortened; where that can be seen it is told.
            assert found.rows_estimated == 2000.0
            assert found.filtered_estimated == 1.0
        else:
            assert plan.warnings or text[:end].endswith("\n")
        assert table(plan, "a").rows_estimated == table(complete, "a").rows_estimated
    assert tabular.read(Excerpt(text[:-1], range(1, 4), "tabular")).warnings


def test_errors_say_what_to_do() -> None:
    with pytest.raises(PlanError, match="first line"):
        tabular.read(Excerpt("nothing\tof\tthe\tkind", [1], "tabular"))
    with pytest.raises(PlanError, match="no rows"):
        tabular.read(Excerpt(HEAD, [7], "tabular"))
