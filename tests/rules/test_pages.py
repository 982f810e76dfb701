"""Every page of the handbook: it loads, its examples hold, and it never claims more than was seen."""

from __future__ import annotations

import re
from collections import Counter

import pytest

from advisor.handbook import Page, judge, load
from advisor.handbook.examples import ExampleResult, examples, facts_of

PAGES = load().pages
MUST = {
    *(f"IDX{n:03}" for n in (3, 4, 11, 12, 16)),
    *(f"SAR{n:03}" for n in range(1, 9)),
    *(f"JOI{n:03}" for n in (1, 2, 3, 4, 5, 6, 7, 9, 13)),
    *("PAG002", "PAG006", "AGG001", "AGG002", "AGG003", "AGG007", "SUB002", "SUB004"),
    *("SEL001", "SCH001", "SCH007", "LCK003"),
}
FROM_THE_LOG = ["PLN017", "PLN004", "LCK001", "LCK002", "TXN002", "TXN006"]


def test_every_page_can_be_used(handbook):
    assert [str(problem) for problem in handbook.problems] == []


def test_the_catalogue_is_covered(handbook):
    have = {page.id for page in handbook.pages}
    assert len(MUST) == 34
    assert have >= MUST
    assert have >= set(FROM_THE_LOG)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_examples(page: Page):
    failed = [f"{result.path}:{result.line}: {result.message}" for result in _results(page) if not result.passed]
    assert failed == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_enough_examples(page: Page):
    counts = Counter(example.verdict for example in page.examples)
    assert counts["bad"] >= 2, "at least two Bad"
    assert counts["good"] >= 3, "at least three Good: what is not a fault needs as much care"
    assert page.references, "a reference"
    assert page.category == page.path.parent.name
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", page.name), "a file is named by its idea"


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_the_heading_is_a_sentence_for_readers(page: Page):
    headings = [line for line in page.text.splitlines() if line.startswith("# ")]
    assert len(headings) == 1
    assert "{" not in headings[0]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_findings_are_complete_and_stable(page: Page):
    for result in _bad(page):
        for judgement in result.judgements:
            finding = judgement.finding
            assert finding.rule == page.id
            assert "{" not in finding.title
            assert "(not known)" not in finding.advice, finding.advice
            assert finding.fingerprints or finding.tables or "subject" in page.columns
            if finding.certainty == "conditional":
                assert finding.settle, "a conditional finding says what settles it"
            for remedy in judgement.remedies:
                assert (remedy.sql is None) or remedy.sql.endswith(";")
                assert (remedy.kind not in ("create_index", "drop_index")) or (remedy.sql and remedy.rollback)
    again = {j.finding.id for result in examples(page) if result.verdict == "bad" for j in result.judgements}
    assert again == {j.finding.id for result in _bad(page) for j in result.judgements}


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.id)
def test_hidden_literals_hide_no_finding(page: Page):
    """Reports show no values by default: the same is found, and no value of the example is printed."""
    for example in page.examples:
        if example.verdict != "bad" or any(block.role == "log" for block in example.blocks):
            continue
        shown = judge([page], facts_of(page, example)).judgements
        hidden = judge([page], facts_of(page, example, literals=False)).judgements
        assert {j.finding.id for j in shown} == {j.finding.id for j in hidden}


RESULTS: dict[str, list[ExampleResult]] = {}


def _results(page: Page) -> list[ExampleResult]:
    if page.id not in RESULTS:
        RESULTS[page.id] = examples(page)
    return RESULTS[page.id]


def _bad(page: Page) -> list[ExampleResult]:
    return [result for result in _results(page) if result.verdict == "bad"]
