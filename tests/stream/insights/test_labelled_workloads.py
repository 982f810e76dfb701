"""What the pages on the stream say of workloads that a judge has labelled before reading the code."""

from __future__ import annotations

from collections import defaultdict

import pytest

from benchmarks.insights.score import WORLDS, Tally, judge, made, score_recorded

#: A few of each kind: a fault, what looks like it, and logs too small to say. All of them are scored by the long test.
QUICK = [
    "category_menu",
    "forgotten_console",
    "import_once",
    "own_temporary_table",
    "three_requests",
    "sorted_rows",
    "heartbeat",
    "each_minute",
]


def test_recorded_logs_and_some_made_ones_are_judged_right() -> None:
    tallies: dict[str, Tally] = defaultdict(Tally)
    score_recorded(tallies)
    for name in QUICK:
        judged = [(result, world) for found, result, world in made(name) if found == name]
        assert len(judged) == 1
        judge(tallies, name, judged[0][0], judged[0][1].must, judged[0][1].may)
    assert {page: tally.notes for page, tally in tallies.items() if tally.notes} == {}


@pytest.mark.long
def test_precision_and_recall_of_each_page() -> None:
    tallies: dict[str, Tally] = defaultdict(Tally)
    score_recorded(tallies)
    for name, result, world in made():
        judge(tallies, name, result, world.must, world.may)
    for page, tally in tallies.items():
        assert tally.precision >= 0.9, (page, tally.notes)
        assert tally.recall >= 0.7, (page, tally.notes)
    assert sum(tally.hit for tally in tallies.values()) >= 70


def test_the_made_logs_are_the_same_each_time() -> None:
    assert WORLDS[0].text() == WORLDS[0].text()
    assert len({world.name for world in WORLDS}) == len(WORLDS) >= 100
