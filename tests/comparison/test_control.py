"""Shapes beside the drift that all share."""

from __future__ import annotations

import numpy as np
import pytest

from advisor.comparison.control import control
from advisor.comparison.interval import Series


def series(rows: int, slots: int = 120, seed: int = 1, shared: float = 0.0) -> tuple[Series, Series]:
    """Ten calls in each slot; what slots share has the standard deviation ``shared``."""
    generator = np.random.default_rng(seed)
    sides = []
    for _ in range(2):
        common = shared * generator.normal(size=(1, slots))
        calls = np.full((rows, slots), 10.0)
        sides.append(
            Series(10 * (common + 0.1 * generator.normal(size=(rows, slots))), calls, False, calls.sum(axis=1))
        )
    return sides[0], sides[1]


def found(change, error=0.05, independent=0.04, *, of=None):
    change = np.asarray(change, np.float64)
    n = len(change)
    pair = of or series(n)
    return control(change, np.full(n, error), np.full(n, independent), pair, paired=False, seed=1)


def test_a_common_drift_is_found_and_what_moved_on_its_own_is_left_out():
    held = found([0.2, 0.21, 0.19, 0.22, 0.18, 0.2, 1.5])
    assert held.drift == pytest.approx(0.2, abs=0.01)
    assert held.weights[-1] == 0
    assert held.weights.sum() == pytest.approx(1)


def test_few_shapes_are_no_control():
    assert found([0.2, 0.2, 0.2, 0.2]) is None


def test_shapes_that_go_different_ways_are_no_control():
    assert found([0.5, 0.6, -0.5, -0.6, 0.0, 1.0, -1.0, 0.3]) is None


def test_one_busy_statement_is_not_the_server():
    n = 10
    independent = np.full(n, 0.04)
    independent[0] = 0.0001
    change = np.zeros(n)
    change[0] = 0.09
    held = control(change, np.full(n, 0.05), independent, series(n), paired=False, seed=1)
    assert held.weights[0] < 0.2
    assert held.drift < 0.02


def test_what_is_shared_leaves_the_error():
    pair = series(40, shared=0.3)
    held = found(np.zeros(40), of=pair)
    alone, beside = pair[0].influence(), held.beside(pair)[0].influence()
    assert beside.std() < 0.5 * alone.std()
    assert beside.sum(axis=1) == pytest.approx(np.zeros(40), abs=1e-9)
    assert held.spread.error[0] > 0.02  # of the drift itself: it is the server's noise


def test_the_drift_of_unchanged_shapes_alone_is_within_its_error():
    held = found(0.02 * np.random.default_rng(3).normal(size=40))
    assert abs(held.drift) < 0.02
