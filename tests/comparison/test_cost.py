"""What a change adds to the load, and how bad that is called."""

from __future__ import annotations

import pytest

from advisor.comparison import compare
from advisor.comparison.cost import Cost
from tests.comparison.windows import DAY, START, digest, steady

SQL = "select total from orders where id = 7"
OTHER = "select name from customers where id = 7"


def slower(seconds: float):
    """One statement takes four times as long, another nothing else."""
    hours = seconds / 3600
    return compare(
        digest(steady(SQL, 200, 300, hours=hours) + steady(OTHER, 200, 300, hours=hours, seed=3)),
        digest(
            steady(SQL, 800, 300, hours=hours, seed=2) + steady(OTHER, 200, 300, hours=hours, seed=4), start=START + DAY
        ),
    )


def test_a_moment_gives_no_rate_and_stops_no_release():
    result = slower(2.0)
    assert 1 < result.after.window.seconds < 6
    assert result.after.seconds_per_hour is None
    for shape in result.shapes:
        assert shape.calls_per_hour_after is None
        assert shape.seconds_per_hour_after is None
    for one in result.findings:
        assert one.severity in ("info", "low", "medium")
        assert one.impact.seconds_per_hour is None
        assert one.impact.share is not None


def test_a_moment_confirms_nothing():
    calls = steady(OTHER, 200, 300, hours=2 / 3600, seed=3)
    after = digest(calls + steady(SQL, 800, 300, hours=2 / 3600), start=START + DAY)
    new = [one for one in compare(digest(calls), after).findings if one.rule == "CMP002"]
    assert [(one.severity, one.confidence) for one in new] == [("medium", "likely")]


def test_an_hour_gives_both():
    result = slower(3600.0)
    (found,) = (one for one in result.findings if one.rule == "CMP001")
    assert found.severity in ("high", "critical")
    assert found.impact.seconds_per_hour == pytest.approx(300 * 0.6 * 1.13, rel=0.3)


def test_a_share_of_a_moment_is_at_most_medium():
    assert Cost(None, 0.9, brief=True).severity == "medium"
    assert Cost(None, 0.9).severity == "high"
    assert Cost(None, 0.02, brief=True).severity == "low"
