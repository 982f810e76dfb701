"""What happened to all shapes at once."""

from __future__ import annotations

import math

import numpy as np
import pytest

from advisor.comparison.control import Control
from advisor.comparison.estimate import Estimate, Estimates
from advisor.comparison.interval import Spread
from advisor.comparison.ratio import Ratio, Times
from advisor.comparison.whole import whole


def known(factor: float, error: float, *, shapes: int = 10) -> Estimates:
    each = [Estimate("events", alone=Times(Ratio(factor, 0.1, 20))) for _ in range(shapes)]
    held = Control(
        math.log(factor),
        np.full(shapes, 1 / shapes),
        (np.zeros((1, 9)), np.zeros((1, 9))),
        Spread(np.array([error]), np.array([20.0])),
    )
    return Estimates(each, held)


def test_a_sure_drift_is_the_servers():
    found = whole(known(1.5, 0.05))
    assert found.time == found.drift == pytest.approx(1.5)
    assert found.shapes == 10


def test_a_drift_that_chance_explains_is_told_and_changes_no_word():
    found = whole(known(1.15, 0.06))  # p = 0.03: one pair of windows in thirty-three drifts as far
    assert found.time == 1
    assert found.drift == pytest.approx(1.15)


def test_a_sure_drift_of_a_few_per_cent_is_not_worth_a_word():
    assert whole(known(1.05, 0.005)).time == 1


def test_shapes_that_share_nothing_have_no_drift():
    assert whole(Estimates([Estimate("events", alone=Times(Ratio(2.0, 0.1, 20)))] * 6)).time == 1
