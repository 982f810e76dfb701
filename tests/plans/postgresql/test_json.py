"""FORMAT JSON: as printed, and as people hand it on."""

from __future__ import annotations

import json
import math
from typing import Any

import pytest

from advisor.plans.errors import PlanError
from advisor.plans.postgresql.interpret import interpret
from tests.plans.postgresql.forms import content, plan, read, read_all

SORT = """[
  {
    "Plan": {
      "Node Type": "Sort",
      "Total Cost": 74.25,
      "Plan Rows": 821,
      "Sort Key": ["relname", "oid DESC"],
      "Plans": [
        {
          "Node Type": "Seq Scan",
          "Parent Relationship": "Outer",
          "Relation Name": "pg_class",
          "Alias": "c",
          "Total Cost": 18.10,
          "Filter": "(relname = 'a\\n\\"b\\" {}[],: \\u0003'::text)",
          "Plan Rows": 410
        }
      ]
    },
    "Planning Time": 0.338
  }
]
"""


def test_as_printed() -> None:
    document = read(SORT, "json")
    assert document.root.keys == {
        "Node Type": "Sort",
        "Total Cost": 74.25,
        "Plan Rows": 821,
        "Sort Key": ["relname", "oid DESC"],
    }
    (scan,) = document.root.children
    assert scan.keys["Filter"] == "(relname = 'a\n\"b\" {}[],: \x03'::text)"
    assert (document.root.line, scan.line, document.line) == (4, 10, 4)
    assert document.keys == {"Planning Time": 0.338}
    assert document.warnings == []


@pytest.mark.parametrize("form", ["object", "node", "one line", "two"])
def test_other_shapes_hold_the_same_plan(form: str) -> None:
    value = json.loads(SORT)
    shapes = {"object": value[0], "node": value[0]["Plan"], "one line": value, "two": [value[0], value[0]]}
    document = read(json.dumps(shapes[form]), "json")
    assert content(document)[0] == content(read(SORT, "json"))[0]
    assert [warning.text for warning in document.warnings] == (
        ["another plan begins here; only the first one was read"] if form == "two" else []
    )


def test_every_statement_of_an_array_is_a_plan() -> None:
    first, second = read_all(
        SORT.replace("]\n", ',{"Plan": {"Node Type": "Result"}}, "Utility Statement"]', 3)[:-1], "json"
    )[:2]
    assert (first.root.keys["Node Type"], second.root.keys["Node Type"]) == ("Sort", "Result")


def test_keys_in_another_order() -> None:
    """As jsonb stores them: short ones first, so that children stand before the type of their parent."""
    text = '{"Plan": {\n"Plans": [\n{"Alias": "t",\n"Node Type": "Seq Scan"}],\n"Node Type": "Hash"}}'
    assert [(node.raw_operator, node.line) for node in plan(text, "json").nodes] == [("Hash", 5), ("Seq Scan", 4)]


BROKEN = {
    "trailing commas": (SORT.replace("410\n", "410,\n").replace('"oid DESC"]', '"oid DESC",]'), "a comma too many"),
    "missing comma": (SORT.replace('"c",', '"c"'), "a comma is missing"),
    "byte order mark": ("\ufeff" + SORT, None),
    "row count": (SORT + "(1 row)\n\n", None),
    "translated row count": (SORT + "(1 ligne)\n", None),
    "text before": ("QUERY PLAN\n" + SORT, "text before the JSON is left out"),
    "text after": (SORT + "Time: 3 ms", "text after the plan is left out"),
    "comments": (SORT.replace('"Plan Rows": 821,', '"Plan Rows": 821, // many\n /* {" */'), None),
    "doubled quotes": ('"' + SORT.replace('"', '""') + '"', None),
    "escaped quotes": (json.dumps(SORT), None),
}


@pytest.mark.parametrize("case", BROKEN)
def test_damage_that_can_be_mended(case: str) -> None:
    text, warning = BROKEN[case]
    document = read(text, "json")
    assert content(document) == content(read(SORT, "json"))
    assert {found.text for found in document.warnings} == ({warning} if warning else set())


def test_typographic_quotes() -> None:
    text = "{\u201cPlan\u201d: {\u201cNode Type\u201d: \u201cSeq Scan\u201c, \u201eAlias\u201d: \u201cpunkt\u201d}}"
    assert read(text, "json").root.keys == {"Node Type": "Seq Scan", "Alias": "punkt"}


@pytest.mark.parametrize("width", [7, 10, 23, 40, 52])
def test_wrapped_at_a_width(width: int) -> None:
    wrapped = "\n".join(
        line[start : start + width] for line in SORT.split("\n") for start in range(0, max(len(line), 1), width)
    )
    document = read(wrapped, "json")
    # a blank at a line's end or start cannot be told from indentation
    blank = str.maketrans("", "", " ")
    assert repr(content(document)).translate(blank) == repr(content(read(SORT, "json"))).translate(blank)
    assert document.warnings


def test_keys_tell_that_wrapping_took_the_space() -> None:
    text = '{"Plan": {"Node Type": "Seq\nScan", "Total\n  Cost": 1.5}}'
    assert read(text, "json").root.keys == {"Node Type": "Seq Scan", "Total Cost": 1.5}


def test_a_number_over_two_lines() -> None:
    assert read('{"Plan": {"Node Type": "Result", "Total Cost": 12\n  3.45}}', "json").root.keys["Total Cost"] == 123.45


def test_no_number_is_no_number() -> None:
    keys = read('{"Plan": {"Node Type": "Result", "Total Cost": NaN, "Startup Cost": -inf,}}', "json").root.keys
    assert math.isnan(keys["Total Cost"])
    assert keys["Startup Cost"] == -math.inf


def test_twice_the_same_key_warns_with_its_line() -> None:
    document = read('{"Plan": {"Node Type": "Result",\n"Total Cost": 1.0,\n"Total Cost": 2.0}}', "json")
    assert document.root.keys["Total Cost"] == 2.0
    assert [(warning.line, warning.quote) for warning in document.warnings] == [(3, "Total Cost")]


def test_two_lists_of_workers_are_one() -> None:
    """Up to 12 a sort's workers come in one list, their times in another."""
    document = read(
        '{"Plan": {"Node Type": "Sort", "Workers": [{"Worker Number": 0, "Sort Method": "quicksort"}, {"Worker Number": 1, '
        '"Sort Method": "external merge"}], "Workers": [{"Worker Number": 1, "Actual Rows": 5}], "Plans": []}}',
        "json",
    )
    assert document.warnings == []
    assert sorted(document.root.keys["Workers"], key=lambda worker: worker["Worker Number"]) == [
        {"Worker Number": 0, "Sort Method": "quicksort"},
        {"Worker Number": 1, "Sort Method": "external merge", "Actual Rows": 5},
    ]


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ('"Total Cost": 12', {}),  # 123?
        ('"Total Cost": 12\n', {}),
        ('"Total Cost": 12,', {"Total Cost": 12}),
        ('"Alias": "t', {}),
        ('"Alias": "t"', {"Alias": "t"}),
        ('"Alias"', {}),
        ('"Alias": ', {}),
        ('"Parallel Aware": tr', {}),
        ('"Sort Key": ["a", "b"', {}),
        ('"Sort Key": ["a", "b"]', {"Sort Key": ["a", "b"]}),
        ('"Grouping Sets": [{"Group Keys": [["a"]', {}),
        ('"Workers": [{"Worker Number": 0, "Actual Rows": 1', {"Workers": [{"Worker Number": 0}]}),
        ('"Filter": "a\\', {}),
    ],
)
def test_cut_off(end: str, kept: dict[str, Any]) -> None:
    document = read('{"Plan": {"Node Type": "Sort",\n' + end, "json")
    assert document.root.keys == {"Node Type": "Sort", **kept}
    assert [(w.line, w.text, w.quote) for w in document.warnings] == [
        (2, "the plan is cut off here: what was printed after it is missing", "Sort")
    ]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "   ",
        "Seq Scan on t",
        "{}",
        "[]",
        "[1]",
        '{"query_block": {}}',
        '{"Plan": []}',
        '{"Plan": {"Alias": "a"}}',
        '{"Plan" 1}',
        "]",
        '{"a": @}',
    ],
)
def test_no_plan(text: str) -> None:
    with pytest.raises(PlanError) as error:
        read(text, "json")
    assert "\n" not in str(error.value)
    assert "line 1" in str(error.value)


def test_many_flaws_give_few_warnings() -> None:
    assert len(read('{"Plan": {"Node Type": "Result",' + "," * 100_000 + "}}", "json").warnings) < 100


def test_half_a_character_is_replaced() -> None:
    keys = read('{"Plan": {"Node Type": "Result", "Alias": "\\ud83d", "Filter": "\\ud83d\\ude00"}}', "json").root.keys
    assert (keys["Alias"], keys["Filter"]) == ("\ufffd", "\U0001f600")
    json.dumps(keys, ensure_ascii=False).encode()


def test_an_unknown_key_is_kept() -> None:
    assert interpret(read('{"Plan": {"Node Type": "Warp", "Speed": 9}, "Crew": [1]}', "json")).nodes[0].extra == {
        "Speed": 9
    }
