"""No page about plans speaks of a node that never ran or was stopped early."""

import pytest

from advisor.handbook.examples import facts_of
from advisor.handbook.judge import judge
from advisor.handbook.shelf import load

PAGES = [page for page in load().pages if page.category == "plan"]
BAD = [
    pytest.param(page, example, id=f"{page.name}-{example.number}")
    for page in PAGES
    for example in page.examples
    if example.verdict == "bad"
]


#: Pages that rest on work that was done, which a stop can only have lessened: runs of a subquery (each of which may stop
#: at its first row), rows read where MariaDB prints no LIMIT and a node is only suspected to have been stopped.
BY_WORK_DONE = {"SUB001", "PLN030", "PLN039", "PLN034", "PLN035", "PLN037"}


def speakers(page, facts):
    """(never_executed, stopped_early) of the node that speaks for each finding: the first that it marks."""
    states = {
        (plan, path): (never, stopped)
        for plan, path, never, stopped in facts.connection.execute(
            "SELECT plan_id, path, never_executed, stopped_early FROM plan_node"
        )
    }
    found = judge([page], facts).judgements
    firsts = [next((mark for mark in one.finding.marks if mark.node is not None), None) for one in found]
    return [states[mark.plan, mark.node] for mark in firsts if mark is not None]


@pytest.mark.parametrize(("page", "example"), BAD)
def test_the_node_of_a_finding_ran_to_its_end(page, example):
    for never, stopped in speakers(page, facts_of(page, example)):
        assert not never
        assert not stopped or page.id in BY_WORK_DONE


@pytest.mark.parametrize(("page", "example"), BAD)
def test_a_node_that_never_ran_is_not_spoken_of(page, example):
    facts = facts_of(page, example)
    if not facts.connection.execute("SELECT max(analyzed) FROM plan").fetchone()[0]:
        return  # an estimate: nothing ran
    facts.connection.execute("UPDATE plan_node SET never_executed = 1")
    assert speakers(page, facts) == []
