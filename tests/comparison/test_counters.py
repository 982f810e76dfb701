"""Cumulative counters: totals without single calls, and readings that hold one another."""

from __future__ import annotations

import pytest

from advisor.comparison import compare
from advisor.digest.digest import Digest
from advisor.model.source import SourceSummary
from tests.digest.events import POSTGRESQL, UNDATED, Event, batch

SINCE, HOUR = 1_780_000_000_000_000, 3_600_000_000


def counters(read_hour: float, shapes: dict[str, tuple[int, float]], *, since: int = SINCE) -> Digest:
    """A reading: statement -> calls and seconds."""
    summary = SourceSummary(
        path=f"dsn{since}/{read_hour}", format="pg-stat-statements", engine=POSTGRESQL, since_us=since,
        until_us=since + int(read_hour * HOUR),
    )  # fmt: skip
    events = [
        Event(sql, int(seconds * 1e6), UNDATED, session=0, calls=calls, offset=i)
        for i, (sql, (calls, seconds)) in enumerate(shapes.items())
    ]
    out = Digest([summary])
    out.add(batch(events, counted=True))
    return out


def words(result):
    return {shape.sql: shape.status for shape in result.shapes}


def test_two_readings_of_one_server_are_compared_by_what_came_between():
    before = counters(10, {"select a": (1000, 10.0), "select b": (1000, 10.0), "select old": (100, 1.0)})
    after = counters(
        11,
        {"select a": (1100, 11.0), "select b": (1100, 15.0), "select old": (100, 1.0), "select c": (500, 50.0)},
    )
    result = compare(before, after)
    assert words(result) == {"select a": "unclear", "select b": "slower", "select c": "new", "select old": "gone"}
    shapes = {shape.sql: shape for shape in result.shapes}
    assert shapes["select b"].ratio == pytest.approx(5)
    assert shapes["select a"].calls_after == 100
    assert shapes["select a"].calls_per_hour_after == pytest.approx(100)
    assert shapes["select b"].ci_low is None
    assert "no interval" in shapes["select b"].why
    assert any("same counters" in notice for notice in result.notices)
    assert {(one.rule, one.confidence) for one in result.findings} >= {("CMP001", "possible"), ("CMP002", "confirmed")}


def test_counters_that_were_reset_stand_for_themselves():
    before = counters(10, {"select a": (1000, 10.0), "select b": (1000, 10.0)})
    after = counters(1, {"select a": (100, 1.0), "select b": (100, 5.0)}, since=SINCE + 11 * HOUR)
    result = compare(before, after)
    assert words(result) == {"select a": "unclear", "select b": "slower"}
    assert [shape.calls_ratio for shape in result.shapes] == pytest.approx([1, 1])
    assert any("reset between" in notice for notice in result.notices)


def test_counters_that_went_down_were_reset_whatever_they_say_of_it():
    before = counters(10, {"select a": (1000, 10.0), "select b": (1000, 10.0)})
    result = compare(before, counters(11, {"select a": (100, 1.0), "select b": (100, 5.0)}))
    assert [shape.calls_after for shape in result.shapes] == [100, 100]
    assert any("reset between" in notice for notice in result.notices)


def test_the_same_reading_twice_is_no_change():
    one = counters(10, {"select a": (1000, 10.0)})
    result = compare(one, counters(10, {"select a": (1000, 10.0)}))
    assert words(result) == {"select a": "unclear"}
    assert result.findings == ()
    assert not any("reset between" in notice for notice in result.notices)


def test_a_small_change_of_totals_is_unclear():
    before = counters(10, {"select a": (1000, 10.0)})
    after = counters(1, {"select a": (100, 2.0)}, since=SINCE + 11 * HOUR)
    (shape,) = compare(before, after).shapes
    assert (shape.status, shape.ratio, shape.q_value) == ("unclear", pytest.approx(2), None)


def test_few_calls_prove_nothing_however_huge():
    before = counters(10, {"select a": (10, 0.1)})
    after = counters(1, {"select a": (10, 10.0)}, since=SINCE + 11 * HOUR)
    assert words(compare(before, after)) == {"select a": "unclear"}
