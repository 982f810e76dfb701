"""A page that cannot be used says where, what, and what to write instead."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.handbook.page import PageError
from advisor.handbook.parse import parse
from tests.handbook.conftest import PAGE


def test_a_good_page(page_with):
    handbook = page_with()
    assert handbook.problems == []
    page = handbook.pages[0]
    assert (page.id, page.name, page.category) == ("TST001", "whole-table", "mine")
    assert page.columns == ("fingerprint", "table_name", "calls")
    assert [(e.verdict, e.number, len(e.schema), len(e.blocks)) for e in page.examples] == [
        ("bad", 1, 1, 1),
        ("good", 1, 1, 1),
    ]


@pytest.mark.parametrize(
    ("old", "new", "line", "words"),
    [
        ("---\nid", "id", 1, "does not begin with front matter"),
        ("severity: low", "severity: dire", 1, "info, low, medium, high, critical"),
        ("severity: low", "severety: low", 4, "unknown field `severety`"),
        ("id: TST001", "id: 7", 1, "`id` is missing or no text"),
        ("needs: [text, indexes]", "needs: [text, schema]", 1, "Known are"),
        ("engines: [postgresql, mysql]", "engines: [oracle]", 1, "postgresql, mysql, mariadb, sqlite"),
        ("references: [nobody]", "references: [a: b: c]", 7, "not YAML"),
        ("## Why it hurts\n", "## Reasons\n", 12, "unknown section `## Reasons`"),
        ("## Bad\n\n```sql schema", "## Bad\n\n```sql scheme", 30, "is no example"),
        ("SELECT a FROM t WHERE id = 1;\n```", "SELECT a FROM t WHERE id = 1;", 38, "not closed"),
        ("FROM table_ref AS r", "FROM table_refs AS r", 18, "no such table: table_refs"),
        ("s.calls FROM", "s.callz FROM", 18, "no such column: s.callz"),
        ("read {calls} times", "read {times} times", 24, "Detect gives fingerprint, table_name, calls"),
        ('title: "{table_name} is', 'title: "{table} is', 1, "{table}"),
        ("r.fingerprint, r.table_name, s.calls", "s.calls AS calls", 18, "names no subject"),
        ("s.calls FROM", "s.calls, s.mean_us AS calls FROM", 18, "gives calls twice"),
        ("severity: low", "severity: low\nremedy: create_index", 19, "needs the columns index_columns"),
        ("severity: low", "severity: low\ncertainty: conditional", 1, "## Settle"),
        ("## Good", "## God", 36, "unknown section"),
    ],
)
def test_complaints_teach(page_with, old, new, line, words):
    handbook = page_with((old, new))
    assert handbook.pages == []
    (problem,) = handbook.problems
    assert words in str(problem)
    assert abs(problem.line - line) <= 1, str(problem)
    assert str(problem).startswith(problem.path)
    assert problem.do


def test_yaml_that_folds_out_to_gigabytes(page_with):
    bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n" + "\n".join(
        f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]" for n in range(1, 12)
    )
    handbook = page_with(("severity: low", bomb.replace("a11:", "severity:")))
    assert handbook.pages == []
    assert len(str(handbook.problems[0])) < 500


@pytest.mark.parametrize("text", ["[" * 5000, "(" * 5000 + "1" + ")" * 5000])
def test_deep_nesting(page_with, text):
    assert page_with(("severity: low", "severity: " + text)).pages == []
    pattern = "## Pattern\n\n```sql\n" + text + "\n```\n\n## Detect"
    assert page_with(("## Detect", pattern)).pages == []


def test_two_pages_of_one_id(page_with):
    page_with()
    handbook = page_with(name="another.md")
    assert len(handbook.pages) == 1
    assert "is taken by" in str(handbook.problems[0])


@settings(max_examples=150, deadline=None)
@given(
    st.text(alphabet=st.sampled_from("#`-{}:\n abcsql'\"$;[]\x00é"), max_size=200),
    st.integers(0, len(PAGE)),
    st.integers(0, 80),
)
def test_any_text_is_a_page_or_an_error(tmp_path_factory, noise, at, cut):
    path = tmp_path_factory.getbasetemp() / "noise.md"
    try:
        parse(path, PAGE[:at] + noise + PAGE[at + cut :])
    except PageError as error:
        complaint = error
    else:
        return
    assert complaint.what
    assert complaint.do
