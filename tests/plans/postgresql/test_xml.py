"""FORMAT XML: as printed, damaged, and hostile."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.plans.errors import PlanError
from tests.plans.postgresql.forms import content, plan, read, read_all

SORT = """<explain xmlns="http://www.postgresql.org/2009/explain">
  <Query>
    <Plan>
      <Node-Type>Incremental Sort</Node-Type>
      <Total-Cost>74.25</Total-Cost>
      <Sort-Key>
        <Item>a &lt; b</Item>
        <Item>oid DESC</Item>
      </Sort-Key>
      <I-O-Read-Time>0.500</I-O-Read-Time>
      <Workers>
      </Workers>
      <Incremental-Sort-Groups>
        <Group-Count>2</Group-Count>
        <Sort-Methods-Used>
          <Item>quicksort</Item>
          <Item>external merge</Item>
        </Sort-Methods-Used>
        <Sort-Space>
          <Average-Sort-Space-Used>20</Average-Sort-Space-Used>
          <Peak-Sort-Space-Used>26</Peak-Sort-Space-Used>
        </Sort-Space>
        <Sort-Space>
          <Average-Sort-Space-Used>200</Average-Sort-Space-Used>
          <Peak-Sort-Space-Used>300</Peak-Sort-Space-Used>
        </Sort-Space>
      </Incremental-Sort-Groups>
      <Incremental-Sort-Groups>
        <Group-Count>1</Group-Count>
        <Sort-Methods-Used>
          <Item>external merge</Item>
        </Sort-Methods-Used>
        <Sort-Space>
          <Average-Sort-Space-Used>400</Average-Sort-Space-Used>
          <Peak-Sort-Space-Used>400</Peak-Sort-Space-Used>
        </Sort-Space>
      </Incremental-Sort-Groups>
      <Plans>
        <Plan>
          <Node-Type>Result</Node-Type>
          <Parallel-Aware>false</Parallel-Aware>
          <One-Time-Filter>false</One-Time-Filter>
          <Filter>12</Filter>
          <Warp-Drive>12</Warp-Drive>
          <Grouping-Sets>
            <Grouping-Set>
              <Hash-Keys>
                <Hash-Key>
                  <Item>a</Item>
                </Hash-Key>
                <Hash-Key>
                </Hash-Key>
              </Hash-Keys>
            </Grouping-Set>
          </Grouping-Sets>
        </Plan>
      </Plans>
    </Plan>
    <Settings>
      <work_mem>8</work_mem>
      <a.b>x</a.b>
    </Settings>
    <Triggers>
    </Triggers>
    <Execution-Time>0.765</Execution-Time>
  </Query>
</explain>
"""
WHOLE = (
    (
        {
            "Node Type": "Incremental Sort",
            "Total Cost": 74.25,
            "Sort Key": ["a < b", "oid DESC"],
            "I/O Read Time": 0.5,
            "Workers": [],
            "Full-sort Groups": {
                "Group Count": 2,
                "Sort Methods Used": ["quicksort", "external merge"],
                "Sort Space Memory": {"Average Sort Space Used": 20, "Peak Sort Space Used": 26},
                "Sort Space Disk": {"Average Sort Space Used": 200, "Peak Sort Space Used": 300},
            },
            "Pre-sorted Groups": {
                "Group Count": 1,
                "Sort Methods Used": ["external merge"],
                "Sort Space Disk": {"Average Sort Space Used": 400, "Peak Sort Space Used": 400},
            },
        },
        [
            (
                {
                    "Node Type": "Result",
                    "Parallel Aware": False,
                    "One-Time Filter": "false",
                    "Filter": "12",
                    "Warp Drive": "12",
                    "Grouping Sets": [{"Hash Keys": [["a"], []]}],
                },
                [],
            )
        ],
    ),
    {"Settings": {"work_mem": "8", "a.b": "x"}, "Triggers": [], "Execution Time": 0.765},
)


def test_as_printed() -> None:
    document = read(SORT, "xml")
    assert content(document) == WHOLE
    assert (document.root.line, document.root.children[0].line) == (4, 40)
    assert document.warnings == []


@pytest.mark.parametrize(
    "text",
    [
        SORT.replace("  <Query>\n", "").replace("  </Query>\n", ""),  # auto_explain
        '<?xml version="1.0" encoding="latin1"?>\n' + SORT,
        "\ufeff" + SORT,
        SORT + "(1 row)\n",
        "<!-- a plan -->" + SORT,
        SORT.replace("<", "<pg:").replace("<pg:/", "</pg:").replace("xmlns=", "xmlns:pg="),
        "".join(line.strip() for line in SORT.split("\n")),
    ],
)
def test_other_wrappings(text: str) -> None:
    document = read(text, "xml")
    assert content(document) == WHOLE
    assert document.warnings == []


def test_a_plan_alone() -> None:
    assert content(read("<Plan><Node-Type>Result</Node-Type></Plan>", "xml")) == (({"Node Type": "Result"}, []), {})


def test_every_query_is_a_plan() -> None:
    inner = SORT[SORT.index("  <Query>") : SORT.index("</explain>")]
    assert [content(document) for document in read_all(f"<explain>{inner}{inner}</explain>", "xml")] == [WHOLE, WHOLE]


def test_control_characters_are_kept() -> None:
    """The server does not escape them, though XML knows no way to hold them."""
    document = read(SORT.replace("<Filter>12", "<Filter>\x01\x0c&#x0d;\x1f \x00"), "xml")
    assert document.root.children[0].keys["Filter"] == "\x01\x0c\r\x1f \x00"


@pytest.mark.parametrize(
    "head",
    [
        '<!DOCTYPE x [<!ENTITY a "b">]>',
        '<!DOCTYPE x SYSTEM "file:///etc/passwd">',
        '<!DOCTYPE x [<!ENTITY % p SYSTEM "http://127.0.0.1:1/"> %p;]>',
        "<!DOCTYPE x>",
        '<!DOCTYPE x [<!ENTITY a "bbbbbbbbbb"><!ENTITY c "&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;">]>',
    ],
)
def test_a_document_type_is_refused(head: str) -> None:
    for text in (head + SORT, '<?xml version="1.0"?>' + head + SORT.replace("12<", "&a;<")):
        with pytest.raises(PlanError):
            read(text, "xml")


def test_an_unknown_entity_is_an_error() -> None:
    with pytest.raises(PlanError, match="line 43"):
        read(SORT.replace("<Filter>12", "<Filter>&bomb;"), "xml")


@pytest.mark.parametrize(
    ("end", "kept"),
    [
        ("<Total-Cost>12", {}),
        ("<Total-Cost>12</Total-C", {}),
        ("<Total-Cost>12</Total-Cost>", {"Total Cost": 12.0}),
        ("<Sort-Key><Item>a</Item><Item>b", {}),
        ("<Grouping-Sets><Grouping-Set><Hash-Keys><Hash-Key><Item>a</Item></Hash-Key>", {}),
        ("<Workers><Worker><Worker-Number>0</Worker-Number><Actual-Rows>1", {"Workers": [{"Worker Number": 0}]}),
        ("<Alias>a&am", {}),
    ],
)
@pytest.mark.parametrize("begin", ["<explain>\n<Query>", "<explain>\n", "\n"])
def test_cut_off(begin: str, end: str, kept: dict[str, Any]) -> None:
    document = read(f"{begin}<Plan><Node-Type>Sort</Node-Type>{end}", "xml")
    assert document.root.keys == {"Node Type": "Sort", **kept}
    assert [(w.line, w.text, w.quote) for w in document.warnings] == [
        (2, "the plan is cut off here: what was printed after it is missing", "Sort")
    ]


def test_an_element_twice_warns() -> None:
    document = read(SORT.replace("<Filter>12", "<Filter>1</Filter>\n<Filter>12"), "xml")
    assert content(document) == WHOLE
    assert [(w.line, w.quote) for w in document.warnings] == [(44, "Filter")]


@pytest.mark.parametrize(
    "text",
    ["", "Seq Scan", "<explain/>", "<a><b/></a>", "<Plan></Plan>", "<Plan><Alias>a</Alias></Plan>", "<a>&#0;</a>"],
)
def test_no_plan(text: str) -> None:
    with pytest.raises(PlanError) as error:
        read(text, "xml")
    assert "line 1" in str(error.value)


def test_text_between_elements_warns() -> None:
    document = read(SORT.replace("</Total-Cost>", "</Total-Cost>\u21b5"), "xml")
    assert content(document) == WHOLE
    assert [(w.line, w.quote) for w in document.warnings] == [(6, "\u21b5")]


def test_broken_inside_is_an_error_with_its_line() -> None:
    with pytest.raises(PlanError, match="line 9"):
        read(SORT.replace("</Sort-Key>", "</Sort-Kay>"), "xml")


def test_a_sort_on_disk_alone() -> None:
    (node,) = plan(
        "<Plan><Node-Type>Incremental Sort</Node-Type><Incremental-Sort-Groups><Sort-Methods-Used><Item>external merge</Item>"
        "</Sort-Methods-Used><Sort-Space><Peak-Sort-Space-Used>7</Peak-Sort-Space-Used></Sort-Space></Incremental-Sort-Groups></Plan>",
        "xml",
    ).nodes
    assert (node.sort_method, node.memory_kb, node.disk_kb) == ("external merge", None, 7)
