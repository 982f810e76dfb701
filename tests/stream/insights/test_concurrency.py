"""How many run at once: the sweep against a count by hand, and against Little's law."""

from __future__ import annotations

import tracemalloc
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.incident import Incident
from advisor.stream.insights.concurrency import busy_windows, means, most, series, sweep
from tests.digest.events import Event
from tests.stream.insights.made import HOUR, SECOND, made, sql_of

HOUR_US = 3600 * SECOND

INTERVALS = st.lists(st.tuples(st.integers(0, 5000), st.integers(0, 2000)), min_size=1, max_size=40)


def arrays(intervals: list[tuple[int, int]]) -> tuple[np.ndarray, np.ndarray]:
    start = np.array([i[0] for i in intervals], np.int64) + HOUR
    return start, start + np.array([i[1] for i in intervals], np.int64)


@given(INTERVALS, st.integers(1, 3000))
def test_the_integral_of_concurrency_is_the_sum_of_durations(intervals: list[tuple[int, int]], width: int) -> None:
    start, end = arrays(intervals)
    edges = np.arange(HOUR, int(end.max()) + width + 1, width)
    assert (means(start, end, edges) * width).sum() == pytest.approx((end - start).sum())
    instants, running = sweep(start, end)
    assert (np.diff(instants) * running[:-1]).sum() == (end - start).sum()
    assert running[-1] == 0


@given(INTERVALS, st.integers(1, 3000))
def test_the_most_is_the_most_and_never_below_the_mean(intervals: list[tuple[int, int]], width: int) -> None:
    start, end = arrays(intervals)
    edges = np.arange(HOUR, int(end.max()) + width + 1, width)
    highest = most(start, end, edges)
    assert (highest + 1e-9 >= means(start, end, edges)).all()
    instants = np.unique(np.concatenate((start, end, edges)))
    counted = ((start[None, :] <= instants[:, None]) & (instants[:, None] < end[None, :])).sum(axis=1)
    for number, (low, high) in enumerate(pairwise(edges.tolist())):
        assert highest[number] == counted[(instants >= low) & (instants < high)].max(initial=0)


@given(INTERVALS, st.integers(0, 10**9))
def test_moving_all_in_time_changes_nothing(intervals: list[tuple[int, int]], shift: int) -> None:
    start, end = arrays(intervals)
    edges = np.arange(HOUR, int(end.max()) + 1001, 1000)
    assert np.allclose(means(start, end, edges), means(start + shift, end + shift, edges + shift))


def random_load(count: int, rate: float, mean_ms: float) -> list[Event]:
    random = np.random.default_rng(8)
    times = HOUR + np.cumsum(random.exponential(SECOND / rate, count)).astype(np.int64)
    durations = random.exponential(mean_ms * 1000, count).astype(np.int64)
    return [
        Event("SELECT * FROM product WHERE id = 5", int(d), int(t), n % 50 + 1)
        for n, (t, d) in enumerate(zip(times, durations, strict=True))
    ]


def test_littles_law() -> None:
    """100 statements a second of 40 ms each are four at a time."""
    whole = series(made(random_load(6000, 100, 40)))
    assert whole is not None
    assert whole.mean.mean() == pytest.approx(4, rel=0.1)
    assert whole.begun.sum() == 6000


def test_the_busiest_window_and_what_ran_in_it() -> None:
    burst = [Event("SELECT sum(total) FROM orders", 900_000, HOUR + 30 * SECOND + n, 100 + n) for n in range(20)]
    found = made([*random_load(3000, 50, 10), *burst])
    first = busy_windows(found)[0]
    assert (first.start_us, first.seconds, first.busiest) == (HOUR + 30 * SECOND, 1.0, 1)
    assert first.mean == pytest.approx(18.5, abs=1)
    assert first.max is not None
    assert first.max >= 20
    assert sql_of(found, first.fingerprint) == "select sum(total) from orders"
    assert (first.share or 0) > 0.9
    assert first.typical < 1
    assert first.waiting is None


def test_waiting_is_told_apart_where_the_log_tells_waits() -> None:
    wait = Incident(
        "lock_wait", HOUR + 3 * SECOND, 1, 1, 5, message="ShareLock on transaction 7", duration_us=2 * SECOND,
        processes=((5, 5),), began_us=HOUR + SECOND,
    )  # fmt: skip
    update = Event("UPDATE stock SET n = 1 WHERE id = 2", 2 * SECOND, HOUR + SECOND, 5)
    windows = busy_windows(made([*random_load(500, 50, 1), update], incidents=[wait]))
    assert windows[0].waiting == pytest.approx(1.0)
    assert windows[0].mean >= windows[0].waiting


def test_a_clock_of_seconds_gives_means_and_no_maximum() -> None:
    coarse = [Event(e.sql, 300_000, e.time_us // SECOND * SECOND, e.session) for e in random_load(6000, 100, 40)]
    windows = busy_windows(made(coarse))
    assert windows
    assert all(window.max is None and window.seconds >= 10 for window in windows)


def test_without_durations_or_times_nothing_is_said() -> None:
    assert not busy_windows(made([Event("SELECT 1", -1, HOUR + n) for n in range(50)]))


def test_an_event_of_another_century_takes_no_memory() -> None:
    far = 9000 * 365 * 24 * HOUR_US
    events = [Event("SELECT 1", time_us=HOUR + at * SECOND, duration_us=5, session=1) for at in range(5)]
    tracemalloc.start()
    assert series(made([*events, Event("SELECT 1", time_us=HOUR + far, duration_us=5, session=1)])) is None
    assert tracemalloc.get_traced_memory()[1] < 20_000_000
    tracemalloc.stop()
