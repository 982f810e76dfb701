from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.stream.insights.curve import curve, reuse_distances
from advisor.stream.insights.replay import simulate


@given(st.lists(st.integers(0, 9), max_size=60))
def test_reuse_distances_count_the_others_in_between(entries):
    found = reuse_distances(np.array(entries, np.int64))
    expected = []
    for i, entry in enumerate(entries):
        before = [j for j in range(i) if entries[j] == entry]
        if before:
            expected.append(len(set(entries[before[-1] + 1 : i])))
    assert found.tolist() == expected


@given(st.lists(st.integers(0, 9), min_size=1, max_size=80), st.integers(1, 12))
def test_the_curve_is_the_simulation_at_every_size(entries, capacity):
    told = simulate(entries, range(len(entries)), capacity=capacity)
    assert curve(np.array(entries, np.int64)).hit_ratio(capacity) == pytest.approx(sum(told) / len(told))


@pytest.mark.parametrize("skew", [0.6, 0.9, 1.1])
def test_sampled_curves_are_within_three_points_of_the_exact_ones(skew):
    rng = np.random.default_rng(7)
    weights = 1 / np.arange(1, 60_001) ** skew
    entries = rng.choice(60_000, 250_000, p=weights / weights.sum())
    exact, sampled = curve(entries, most=10**9), curve(entries)
    assert exact.rate == 1.0
    assert sampled.rate < 0.27
    errors = [abs(exact.hit_ratio(c) - sampled.hit_ratio(c)) for c in (300, 1_000, 3_000, 10_000, 30_000, 60_000)]
    assert max(errors) < 0.03
    assert np.mean(errors) < 0.015


def test_capacity_for_a_share_of_the_hits():
    found = curve(np.array([1, 1, 2, 3, 1, 2, 3, 1], np.int64))
    assert found.hit_ratio(found.capacity_for(1.0)) == found.hit_ratio(10**9)
    assert found.hit_ratio(found.capacity_for(1.0) - 1) < found.hit_ratio(10**9)
