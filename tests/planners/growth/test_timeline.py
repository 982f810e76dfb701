"""A history made longer keeps the absolute number of its recent rows."""

import bisect

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from advisor.planners.growth.instants import DAY, instant, moment_text
from advisor.planners.growth.timeline import History, lengthened

HISTORIES = st.builds(
    lambda start, gaps, nulls: History(
        tuple(start + sum(gaps[:number]) * DAY for number in range(len(gaps) + 1)), (), (), nulls
    ),
    st.integers(-(10**15), 10**15),
    st.lists(st.integers(1, 5), min_size=20, max_size=100),
    st.floats(0, 0.9),
)


def rows_since(history, rows, moment):
    """Rows after a moment, as a planner reckons them: buckets are equal, inside one everything is even."""
    bounds = history.bounds
    if moment <= bounds[0]:
        share = 1.0
    elif moment >= bounds[-1]:
        share = 0.0
    else:
        at = bisect.bisect_right(bounds, moment) - 1
        inside = (moment - bounds[at]) / (bounds[at + 1] - bounds[at])
        share = 1 - (at + inside) / (len(bounds) - 1)
    return rows * history.mass * share


def even(days, buckets=100, end=1_000 * DAY):
    return History(tuple(round(end - days * DAY + days * DAY * n / buckets) for n in range(buckets + 1)), (), (), 0.0)


@given(HISTORIES, st.floats(1.01, 1000))
def test_bounds_ascend_and_end_where_they_ended(history, factor):
    length = history.lengthening(factor)
    after = lengthened(history, factor, length, -length)
    assert list(after.bounds) == sorted(after.bounds)
    assert after.bounds[-1] == pytest.approx(history.bounds[-1], abs=DAY)
    assert after.bounds[0] == history.bounds[0] - length
    assert after.mass == pytest.approx(history.mass)


@given(st.integers(20, 2000), st.floats(1.5, 50), st.integers(1, 19))
@example(20, 1.625, 1)
def test_the_last_days_keep_their_rows_at_an_even_rate(days, factor, recent):
    history, rows = even(days), 1e6
    after = lengthened(history, factor, length := history.lengthening(factor), -length)
    assert length == pytest.approx((factor - 1) * days * DAY, abs=DAY)
    moment = history.last - recent * DAY
    # It grows by whole days: of a short history half a day is more than a hundredth.
    rounded = 0.5 * DAY / length
    expected = pytest.approx(rows_since(history, rows, moment), rel=0.01 + rounded)
    assert rows_since(after, rows * factor, moment) == expected


def test_a_business_that_grew_goes_on_at_its_recent_rate():
    """Half of the rows are of the last tenth of the time: growth takes a tenth of the time it took at the mean rate."""
    old = [n * 18 * DAY for n in range(50)]
    history = History((*old, *(900 * DAY + n * 2 * DAY for n in range(51))), (), (), 0.0)
    assert history.span == 1000 * DAY
    assert history.lengthening(2) == pytest.approx(200 * DAY, rel=0.02)


def test_time_given_makes_another_rate():
    history = even(100)
    after = lengthened(history, 2, 10 * DAY, -10 * DAY)
    # As many rows again within ten days: ten times the rate.
    assert rows_since(after, 2e6, history.last - 10 * DAY) == pytest.approx(1e6, rel=0.01)


def test_common_days_keep_their_rows_too():
    days = tuple(number * DAY for number in range(90))
    history = History((), days, tuple([0.01] * 90), 0.1)
    length = history.lengthening(10)
    after = lengthened(history, 10, length, -length)
    assert length / DAY == pytest.approx(9 * 89, rel=0.03)
    assert sum(after.frequencies) == pytest.approx(0.09)
    assert after.common == tuple(day - length for day in days)
    assert len(after.bounds) == 101
    assert after.bounds[-1] == history.last


def test_a_sentinel_is_no_history():
    assert History((*range(0, 100 * DAY, DAY), instant("9999-12-31")), (), (), 0.0).straggling
    assert not even(100).straggling


@pytest.mark.parametrize(
    ("text", "base"),
    [
        ("2025-01-31", "date"),
        ("2025-01-31 12:30:00.25", "timestamp"),
        ("2025-01-31 12:30:00+00", "timestamptz"),
        ("0001-01-01", "date"),
        ("9999-12-31 23:59:59.999999", "timestamp"),
    ],
)
def test_instants_are_printed_as_they_were_read(text, base):
    assert moment_text(instant(text), base) == text


def test_other_zones_are_the_same_instant():
    assert instant("2025-01-31 12:30:00+05:30") == instant("2025-01-31 07:00:00+00")
    with pytest.raises(ValueError, match="isoformat"):
        instant("infinity")
