"""FORMAT YAML: as printed, and as people hand it on."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.plans.errors import PlanError
from tests.plans.postgresql.forms import content, read, read_all

SORT = """\
- Plan:~
    Node Type: "Sort"
    Total Cost: 74.25
    Plan Rows: 821
    Sort Key:~
      - "relname"
      - "oid DESC"
    Workers:~
    Plans:~
      - Node Type: "Seq Scan"
        Parent Relationship: "Outer"
        Parallel Aware: false
        Relation Name: "pg_class"
        Alias: "c"
        Filter: "(relname = 'a\\n- Plan: \\"x\\"')"
        Total Cost: 18.10
        Plan Rows: 410
      - Node Type: "Result"
        Parent Relationship: "InitPlan"
        One-Time Filter: "false"
        Grouping Sets:~
          - Hash Keys:~
              - ["a", "b, c"]
              - []
        Total Cost: 0.01
        Plan Rows: 1
  Planning Time: 0.338
  Triggers:~
  Execution Time: 0.765
""".replace("~", " ")  # blanks at line ends are the server's
WHOLE = (
    (
        {
            "Node Type": "Sort",
            "Total Cost": 74.25,
            "Plan Rows": 821,
            "Sort Key": ["relname", "oid DESC"],
            "Workers": [],
        },
        [
            (
                {
                    "Node Type": "Seq Scan",
                    "Parent Relationship": "Outer",
                    "Parallel Aware": False,
                    "Relation Name": "pg_class",
                    "Alias": "c",
                    "Filter": "(relname = 'a\n- Plan: \"x\"')",
                    "Total Cost": 18.1,
                    "Plan Rows": 410,
                },
                [],
            ),
            (
                {
                    "Node Type": "Result",
                    "Parent Relationship": "InitPlan",
                    "One-Time Filter": "false",
                    "Grouping Sets": [{"Hash Keys": [["a", "b, c"], []]}],
                    "Total Cost": 0.01,
                    "Plan Rows": 1,
                },
                [],
            ),
        ],
    ),
    {"Planning Time": 0.338, "Triggers": [], "Execution Time": 0.765},
)


def test_as_printed() -> None:
    document = read(SORT, "yaml")
    assert content(document) == WHOLE
    assert [document.root.line, *(child.line for child in document.root.children)] == [2, 10, 18]
    assert document.warnings == []


def _shifted(by: int) -> str:
    first, rest = SORT.split("\n", 1)
    return first + "\n" + "\n".join(" " * by + line for line in rest.split("\n"))


@pytest.mark.parametrize(
    "text",
    [
        _shifted(1),  # the first line lost its indentation
        _shifted(4),
        _shifted(9),
        SORT.replace("- Plan: ", "  Plan: ", 1),  # auto_explain's mapping
        SORT.replace("- Plan: ", "Plan: ", 1),
        "\n".join(line.rstrip() for line in SORT.split("\n")),
        SORT.replace("\n", "\r\n"),
        "\ufeff" + SORT,
        "---\n" + SORT,
        SORT + "(1 row)\n",
        "\n\n" + SORT.replace("\n", "\n\n"),
        "\n".join("\t" + line for line in SORT.split("\n")),
        SORT.replace('"Seq Scan"', "Seq Scan").replace('"pg_class"', "'pg_class'"),
        SORT.replace('"false"', "false"),
        SORT.replace("oid DESC", "oid\nDESC").replace("oid\n", "oid \n  "),
    ],
)
def test_other_layouts(text: str) -> None:
    found = read(text, "yaml")
    expected = repr(WHOLE)
    if "DESC" in text and "oid DESC" not in text:
        expected = expected.replace("oid DESC", "oidDESC")
    assert repr(content(found)).replace("oid DESC", "oidDESC") == expected.replace("oid DESC", "oidDESC")


def test_lists_at_the_column_of_their_key() -> None:
    """As most other writers of YAML put them."""
    text = "- Plan:\n    Node Type: Sort\n    Sort Key:\n    - a\n    - b\n    Plans:\n    - Node Type: Result\n      Plan Rows: 1\n    Plan Rows: 2\n  Execution Time: 1.0\n"
    assert content(read(text, "yaml")) == (
        (
            {"Node Type": "Sort", "Sort Key": ["a", "b"], "Plan Rows": 2},
            [({"Node Type": "Result", "Plan Rows": 1}, [])],
        ),
        {"Execution Time": 1.0},
    )


def test_every_statement_is_a_plan() -> None:
    found = read_all(SORT + SORT, "yaml")
    assert [content(document) for document in found] == [WHOLE, WHOLE]
    logged = 'Query Text: "select 1"\nPlan: \n  Node Type: "Result"\nSettings: \n'
    assert [content(document)[1]["Query Text"] for document in read_all(logged + logged, "yaml")] == ["select 1"] * 2


def test_settings_are_texts() -> None:
    text = '- Plan: \n    Node Type: "Result"\n  Settings: \n    work_mem: "8MB"\n    a.jit: "0"\n    x: 12\n  Query Identifier: -12\n'
    assert read(text, "yaml").keys == {
        "Settings": {"work_mem": "8MB", "a.jit": "0", "x": "12"},
        "Query Identifier": -12,
    }


def test_a_stray_line_warns_with_its_number() -> None:
    document = read(SORT.replace("    Plan Rows: 821", "    what is this\n    Plan Rows: 821"), "yaml")
    assert content(document) == WHOLE
    assert [(w.line, w.quote) for w in document.warnings] == [(4, "    what is this")]


def test_two_lists_of_workers_are_one() -> None:
    text = (
        '- Plan: \n    Node Type: "Sort"\n    Workers: \n      - Worker Number: 0\n        Sort Method: "quicksort"\n'
        "    Workers: \n      - Worker Number: 0\n        Actual Rows: 5\n  Execution Time: 0.100\n"
    )
    assert read(text, "yaml").root.keys["Workers"] == [
        {"Worker Number": 0, "Actual Rows": 5, "Sort Method": "quicksort"}
    ]


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("Total Cost: 12", {}),
        ("Total Cost: 12.3", {}),
        ("Parallel Aware: fal", {}),
        ('Alias: "t', {}),
        ("Alias: ", {}),
        ("Ali", {}),
        ('Sort Key: \n      - "a"\n      - "b', {}),
        ("Startup Cost: 0.00\n    Total Cost: 1.00\n    Plan Rows: 12", {"Startup Cost": 0.0, "Total Cost": 1.0}),
    ],
)
def test_cut_off(end: str, kept: dict[str, Any]) -> None:
    document = read('- Plan: \n    Node Type: "Sort"\n    ' + end, "yaml")
    assert document.root.keys == {"Node Type": "Sort", **kept}
    assert [(w.line, w.text) for w in document.warnings] == [
        (3 + end.count("\n"), "the plan is cut off here: what was printed after it is missing")
    ]


def test_an_analyzed_plan_without_its_end_warns() -> None:
    whole = '- Plan: \n    Node Type: "Result"\n    Actual Rows: 1\n    Actual Loops: 1\n'
    assert [w.text[:17] for w in read(whole, "yaml").warnings] == ["no Execution Time"]
    assert read(whole + "  Execution Time: 0.100\n", "yaml").warnings == []


@pytest.mark.parametrize(
    "text", ["", "- Plan: ", "Seq Scan on t", "a: b", "- - - -", "{}: []", "- Plan: \n    Alias: 3"]
)
def test_no_plan(text: str) -> None:
    with pytest.raises(PlanError) as error:
        read(text, "yaml")
    assert "line 1" in str(error.value)


def test_many_flaws_give_few_warnings() -> None:
    assert len(read(SORT + "what\n" * 10_000, "yaml").warnings) < 100


def test_a_quote_that_nothing_closes_takes_no_more_than_its_line() -> None:
    document = read(SORT.replace('"c"', '"c'), "yaml")
    assert document.root.children[0].keys["Alias"] == "c"
    assert document.root.children[0].keys["Plan Rows"] == 410
    assert [w.text for w in document.warnings] == ["a text without its closing quote"]
