"""The parts of the interval: Student's t, q-values, memory, blocks."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.comparison.blocks import draw, effective
from advisor.comparison.discovery import q_values
from advisor.comparison.memory import memory
from advisor.comparison.student import critical, two_sided


@pytest.mark.parametrize(
    ("df", "t"),  # tables of Student's t, two-sided 5 %
    [(1, 12.7062), (2, 4.3027), (5, 2.5706), (10, 2.2281), (30, 2.0423), (120, 1.9799)],
)
def test_critical_values_are_those_of_the_tables(df, t):
    assert critical(df) == pytest.approx(t, abs=2e-4)
    assert two_sided(t, df) == pytest.approx(0.05, abs=1e-5)


def test_one_degree_of_freedom_is_cauchys():
    for t in (0.1, 1.0, 7.0, 300.0):
        assert two_sided(t, 1) == pytest.approx(1 - 2 * math.atan(t) / math.pi, rel=1e-9)


def test_tails_are_told_apart():
    assert 0 < two_sided(40, 200) < two_sided(39, 200) < 1e-90
    assert two_sided(math.inf, 5) == 0


@given(st.floats(-50, 50), st.floats(1, 500))
def test_tails_are_probabilities(t, df):
    assert 0 <= two_sided(t, df) <= 1
    assert two_sided(t, df) == two_sided(-t, df)


def test_q_values_of_a_known_example():
    # Benjamini and Hochberg (1995), section 4: fifteen p-values; at 5 % the first four are discoveries
    p = [
        0.0001,
        0.0004,
        0.0019,
        0.0095,
        0.0201,
        0.0278,
        0.0298,
        0.0344,
        0.0459,
        0.324,
        0.4262,
        0.5719,
        0.6528,
        0.759,
        1.0,
    ]
    q = q_values(np.array(p))
    assert int((q <= 0.05).sum()) == 4
    assert q[3] == pytest.approx(0.0095 * 15 / 4)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=30))
def test_q_values_keep_the_order_and_never_fall_below_p(p):
    values = np.array(p)
    q = q_values(values)
    assert (q >= values - 1e-12).all()
    assert (np.diff(q[np.argsort(values, kind="stable")]) >= 0).all()


def test_what_was_not_tested_has_no_q_and_does_not_count():
    q = q_values(np.array([0.01, math.nan, 0.03]))
    assert math.isnan(q[1])
    assert q[0] == pytest.approx(0.02)


def ar(rho, rows, n, seed=1):
    generator = np.random.default_rng(seed)
    out = np.zeros((rows, n))
    state = generator.normal(size=rows) / math.sqrt(1 - rho * rho)
    for i in range(n):
        state = rho * state + generator.normal(size=rows)
        out[:, i] = state
    return out


@pytest.mark.parametrize("rho", [0.0, 0.5, 0.8, 0.9])
def test_memory_of_a_known_process(rho):
    """The long-run variance of an AR(1) is (1 + rho) / (1 - rho) times its own."""
    found = memory(ar(rho, 100, 240))
    assert found.inflation == pytest.approx((1 + rho) / (1 - rho), rel=0.35)
    assert (found.block > 3) == (rho > 0.2)


def test_memory_under_noise_is_found_by_many_shapes_together():
    signal = ar(0.9, 200, 240)
    noisy = signal + 3 * signal.std() * np.random.default_rng(2).normal(size=signal.shape)
    assert memory(noisy).inflation > 1.5
    assert memory(noisy).block >= 4


def test_blocks_cut_off_what_reaches_beyond_them():
    found = memory(ar(0.9, 100, 240))
    assert found.missed(2) > found.missed(8) > found.missed(64) >= 1


@settings(max_examples=30)
@given(st.integers(2, 60), st.data())
def test_every_draw_covers_the_window_once_and_no_slot_is_favoured(slots, data):
    length = data.draw(st.integers(1, max(1, slots // 2)))
    weights = draw(slots, length, 4000, np.random.default_rng(3))
    assert (weights.sum(axis=1) == math.ceil(slots / length) * length).all()
    assert weights.min() >= 0
    assert weights.mean(axis=0) == pytest.approx(weights.mean(), rel=0.25)


def test_neighbours_are_drawn_together():
    weights = draw(60, 10, 3000, np.random.default_rng(4))
    near, far = (np.corrcoef(weights[:, 20], weights[:, 20 + lag])[0, 1] for lag in (1, 30))
    assert near > 0.7
    assert abs(far) < 0.25


def test_effective_blocks():
    even = np.ones((1, 60))
    assert effective(even, 10)[0] == pytest.approx(6)
    burst = np.zeros((1, 60))
    burst[0, 7] = 1000
    assert effective(burst, 10)[0] == pytest.approx(1)
