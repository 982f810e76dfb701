"""Terminal, Markdown and Mermaid reports of plans."""

import re

import jsonschema
import msgspec
import pytest

from advisor.cli.explain import MEASURES
from advisor.reports import json as json_report
from advisor.reports.plan import markdown, terminal
from advisor.reports.plan.mermaid import chart
from advisor.reports.plan.queries import underlined

from .conftest import explained, wide


def report(*plans, by=None, show_literals=True, width=120, whole=False):
    result = explained(*plans, show_literals=show_literals)
    return terminal.render(result, underlined(plans, result), by=by, width=width, whole=whole)


@pytest.mark.parametrize("by", [None, *MEASURES])
def test_the_tree_shows_every_operator_and_figure(before, by):
    text = report(before, by=by)
    for node in before.nodes:
        assert node.raw_operator in text
    assert "never executed" not in text
    assert (by or "time") in text


@pytest.mark.parametrize("width", [60, 80, 200])
def test_no_line_of_the_tree_is_wider_than_the_terminal(before, width):
    tree = report(before, width=width).partition("operator")[2]
    assert max(map(len, tree.splitlines())) <= width


def test_literals_are_only_shown_when_asked_for(before):
    for text in (report(before, show_literals=False), markdown_of(before, show_literals=False), json_of(before)):
        assert "9@example.com" not in text
        assert "open'" not in text
    assert "9@example.com" in report(before)


def markdown_of(*plans, show_literals=True):
    result = explained(*plans, show_literals=show_literals)
    return markdown.render(result, underlined(plans, result))


def json_of(*plans, show_literals=False):
    return json_report.render(explained(*plans, show_literals=show_literals))


def test_json_fits_its_schema(before, hostile):
    schema = json_report.schema("explain")
    for plan in (before, hostile, wide(90)):
        document = msgspec.json.decode(json_of(plan))
        jsonschema.Draft202012Validator(schema).validate(document)
        node = document["plans"][0]["nodes"][0]
        assert {"id", "parent", "operator", "raw_operator", "rows_estimated", "time_self_ms", "q_error"} <= node.keys()


def test_hostile_text_is_inert(hostile):
    for text in (report(hostile), markdown_of(hostile)):
        assert "\x1b" not in text
        assert "\u202e" not in text
    drawn = chart(explained(hostile).plans[0])
    assert "script" in drawn
    for line in drawn.splitlines():
        label = re.search(r'\["(.*)"\]', line)
        if label:
            assert re.fullmatch(r"[\w .,()%=:/*+?·-]*", label[1].replace("<br/>", "")), line


def test_a_plan_too_large_to_draw_is_a_table():
    text = markdown_of(wide(300))
    assert "```mermaid" not in text
    assert "296 nodes more" in text or "nodes more" in text


def test_a_plan_that_was_not_executed_says_so(before):
    plan = msgspec.structs.replace(before, analyzed=False, timed=False, execution_ms=None)
    for node in plan.nodes:
        assert node.cost_total is not None
    text = report(plan)
    assert "estimates" in text
    assert "not executed" in text


def test_impossible_times_are_said_and_not_shown(before):
    document = explained(before)
    (plan,) = document.plans
    nodes = list(plan.nodes)
    nodes[2] = msgspec.structs.replace(nodes[2], time_self_ms=-900.0, share=-16.0)
    damaged = msgspec.structs.replace(document, plans=(msgspec.structs.replace(plan, nodes=tuple(nodes)),))
    for text in (terminal.render(damaged, {}), markdown.render(damaged, {})):
        assert "node 3 took longer than it did" in text
        assert "-900" not in text
        assert "-1,600" not in text


def test_a_plan_without_figures_has_no_empty_columns():
    from advisor.plans.read import read

    (plan,) = read("QUERY PLAN\n|--SEARCH t USING INDEX i (a=?)\n`--USE TEMP B-TREE FOR ORDER BY\n").plans
    text = report(plan)
    assert "cost" not in text
    assert "no figures" in text
