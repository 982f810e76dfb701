"""Periods of times: found through jitter, not found in chance."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.stream.insights.periods import Times, bursts, chance_even, label, period, rayleigh
from tests.stream.insights.made import HOUR, SECOND


def found(start: Times, length_us: int = 1000) -> float | None:
    for cut in bursts(start, start + length_us):
        each = period(cut.start)
        if each is not None:
            return each.us
    return None


@given(st.integers(1, 3600), st.integers(10, 60), st.floats(0, 0.03), st.integers(0, 2**32))
@settings(deadline=None)
def test_a_period_is_found_through_jitter(seconds: int, count: int, jitter: float, seed: int) -> None:
    random = np.random.default_rng(seed)
    exact = HOUR + np.arange(count) * seconds * SECOND
    start = np.sort(exact + random.normal(0, jitter * seconds * SECOND, count).astype(np.int64))
    us = found(start)
    assert us == pytest.approx(seconds * SECOND, rel=0.05)
    moved = found(start + 12_345_678)
    assert moved == us


@given(st.integers(0, 2**32), st.integers(10, 30), st.integers(2, 20))
@settings(deadline=None)
def test_bursts_of_many_statements_are_one_event_each(seed: int, count: int, size: int) -> None:
    random = np.random.default_rng(seed)
    begun = HOUR + np.arange(count) * 300 * SECOND
    start = np.sort(np.concatenate([at + np.cumsum(random.integers(1000, 200_000, size)) for at in begun]))
    assert found(start) == pytest.approx(300 * SECOND, rel=0.01)


@pytest.mark.parametrize("count", [6, 7, 8, 10, 15, 30, 100])
def test_random_arrivals_have_no_period(count: int) -> None:
    """1,000 seeds each, singly and in bursts: none of 14,000 is called periodic."""
    wrong = 0
    for seed in range(1000):
        random = np.random.default_rng([seed, count])
        arrivals = HOUR + np.cumsum(random.exponential(60 * SECOND, count)).astype(np.int64)
        wrong += found(arrivals) is not None
        spread = [
            at + np.cumsum(random.exponential(20_000, random.integers(1, 12))).astype(np.int64) for at in arrivals
        ]
        wrong += found(np.sort(np.concatenate(spread))) is not None
    assert wrong == 0


@pytest.mark.parametrize(("count", "spread"), [(5, 0.3), (5, 0.2), (8, 0.3)])
def test_the_chance_of_even_intervals_is_that_of_random_ones(count: int, spread: float) -> None:
    intervals = np.random.default_rng(1).exponential(1, (400_000, count))
    seen = float(np.mean(intervals.std(axis=1) / intervals.mean(axis=1) < spread))
    assert chance_even(count, spread) == pytest.approx(seen, rel=0.1)


def test_skipped_runs_and_a_late_one_do_not_hide_a_period() -> None:
    kept = [n for n in range(40) if n not in (5, 6, 17, 30)]
    start = HOUR + np.array(kept) * 60 * SECOND
    start[20] += 5 * SECOND
    assert found(start) == pytest.approx(60 * SECOND)
    assert found(start[:5]) is None


def test_uniform_phases_are_not_gathered_and_equal_ones_are() -> None:
    random = np.random.default_rng(3)
    chances = [rayleigh(random.integers(0, 10**15, 20), 60e6)[0] for _ in range(1000)]
    assert np.mean(np.array(chances) < 0.05) == pytest.approx(0.05, abs=0.03)
    chance, phase = rayleigh(HOUR + np.arange(20) * 60 * SECOND + 15 * SECOND, 60e6)
    assert chance < 1e-6
    assert phase == pytest.approx(15e6)


@pytest.mark.parametrize(
    ("period_s", "first_s", "words", "aligned"),
    [
        (300, 0, "every 5 min at :00", True),
        (300, 121, "every 5 min at :02", True),
        (3600, 300, "every 1 h at :05", True),
        (86400, 3 * 3600, "every 1 d at 01:13", True),
        (60, 1, "every 1 min, at the minute", True),
        (300, 31, "every 5 min", False),
        (300.9, 0, "every 5 min", False),
        (37, 0, "every 37 s", False),
        (0.5, 0, "every 500 ms", False),
    ],
)
def test_labels(period_s: float, first_s: float, words: str, aligned: bool) -> None:
    start = (HOUR + (first_s + np.arange(24) * period_s) * SECOND).astype(np.int64)
    if period_s == 86400:
        words = f"every 1 d at {(22 + 3) % 24:02}:00"
    assert label(period_s * SECOND, start) == (words, aligned)
