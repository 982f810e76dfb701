"""One execution in four formats gives four equal graphs: the suite of tests/plans/lab on servers of several majors."""

from __future__ import annotations

import pytest

from tests.plans.lab import cases, checks, report
from tests.plans.lab.recorder import PAIRS

SERVED = (14, 15, 16, 17, 18)
#: Of these, in the short test; 16 prints what 15 or 17 do.
SHORT = (14, 15, 17, 18)
RECORDED = (10, 11, 12, 13)


def test_the_suite_is_large_enough() -> None:
    for major in (*RECORDED, *SERVED):
        assert len(cases.suite(major)) >= 100


@pytest.mark.server
@pytest.mark.parametrize("major", SHORT)
def test_one_execution_reads_the_same_in_every_format(major: int) -> None:
    _agree(report.of_server(major, everything=False), at_least=2000)


@pytest.mark.parametrize("major", RECORDED)
def test_recorded_executions_read_the_same_in_every_format(major: int) -> None:
    _agree(report.of_recording(major), at_least=1000)


@pytest.mark.long
@pytest.mark.server
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("major", SERVED)
def test_every_option_and_every_pair_of_formats(major: int) -> None:
    _agree(report.of_server(major, everything=True), at_least=20000)


def _agree(pairs: report.Pairs, *, at_least: int) -> None:
    """Every pair agrees; a warning is allowed where the text gives cause (a missing footer), never instead of a fault."""
    tally = report.Tally()
    queries: set[str] = set()
    executed: set[tuple[str, str]] = set()
    for one, other in pairs:
        outcome = checks.pair(one, other)
        tally.add("pairs", outcome, one.case.name, lambda one=one, other=other: report.about(one, other))
        if one.analyzed:
            queries.add(one.case.sql)
            executed.add((one.format, other.format))
    counts = tally.counts["pairs"]
    assert len(queries) >= 100
    assert executed == set(PAIRS)  # each format printed by EXPLAIN and by auto_explain, against each other one
    assert counts.total() >= at_least
    assert counts["silently wrong"] == 0
    faults = [
        line for kind, lines in tally.examples.items() if not kind.startswith("warned") for line in (kind, *lines)
    ]
    assert not faults, "\n".join(faults[:40])
