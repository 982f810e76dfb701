"""Precision and recall of the pages about plans over labelled plans (labelled/plans/README.md says how they are written)."""

from __future__ import annotations

import pytest

from tests.rules.labelled.plans.cases import applications
from tests.rules.labelled.plans.judging import FULL, Score, score_of

#: Nothing wrong may be said. Of what must be found these shares were reached (docs/rules.md).
MOST_WRONG = 0
LEAST_RECALL = 0.95
LEAST_FIRST = 0.9
#: Plans as rows print neither conditions nor times: less can be said.
LEAST_RECALL_AS_ROWS = 0.6


@pytest.fixture(scope="module")
def score() -> Score:
    # One statement with its plan gives what a log with both gives.
    return score_of(applications(), without=frozenset({"query", "catalog"}))


def test_precision(score: Score):
    assert score.wrong.total() <= MOST_WRONG, "\n".join([*score.lines(), *score.report])


@pytest.mark.parametrize("form", [form for form in FULL if form not in ("query", "catalog")])
def test_recall(score: Score, form: str):
    assert score.found[form] >= LEAST_RECALL * (score.found[form] + score.missed[form]), "\n".join(score.lines())


def test_recall_of_plans_as_rows(score: Score):
    form = "mariadb tabular"
    assert score.found[form] >= LEAST_RECALL_AS_ROWS * (score.found[form] + score.missed[form]), "\n".join(
        score.lines()
    )


@pytest.mark.parametrize("form", ["plan", "log"])
def test_the_first_finding_names_the_one_thing_to_do(score: Score, form: str):
    assert score.first[form] >= LEAST_FIRST * (score.found[form] + score.missed[form]), "\n".join(score.lines())


def test_the_set_is_large_enough():
    """More plans without a fault than with one, and none without its recorded plan."""
    cases = [(application, case) for application in applications() for case in application.cases]
    assert len(cases) >= 200
    assert [case.statement for application, case in cases if case.key not in application.plans] == []
    assert sum(not case.must for _, case in cases) >= 100
    assert sum(application.name.startswith("held") for application, _ in cases) >= 40
