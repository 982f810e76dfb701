"""The robust line: what it finds, and what cannot move it."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.limits import LIMITS
from advisor.recommend.calibration.relation import fit

_POINTS = st.lists(st.tuples(st.floats(1, 1e7), st.floats(1e-3, 1e5)), min_size=1, max_size=40)


def test_a_line_is_found():
    line = fit([(cost, 0.02 * cost**0.8) for cost in (10, 100, 500, 3e3, 2e4, 1e5, 1e6)] * 30)
    assert line is not None
    assert line.slope == pytest.approx(0.8, abs=0.01)
    assert line.ms(1e4) == pytest.approx(0.02 * 1e4**0.8, rel=0.1)
    assert line.p90 < 0.1


def test_a_quarter_of_nonsense_does_not_move_it():
    good = [(10.0 * 1.3**n, 0.1 * 1.3**n) for n in range(30)]
    bad = [(10.0 * 1.3**n, 1e5) for n in range(0, 30, 4)]
    line, clean = fit(good + bad), fit(good)
    assert line is not None
    assert clean is not None
    assert line.ms(1000) == pytest.approx(clean.ms(1000), rel=0.5)
    assert line.p90 > clean.p90


def test_no_points_no_line():
    assert fit([]) is None


def test_one_point_is_proportion():
    line = fit([(200.0, 4.0)])
    assert line is not None
    assert (line.slope, line.ms(100.0)) == (1.0, pytest.approx(2.0))


def test_three_points_cannot_invent_a_slope():
    line = fit([(10.0, 5.0), (100.0, 5.0), (1000.0, 5.0)])
    assert line is not None
    assert line.slope > 0.6  # their own would be 0


@given(_POINTS, st.floats(1e-3, 1e3), st.floats(1e-2, 1e2))
def test_units_of_cost_and_time_do_not_matter(points, of_cost, of_time):
    one = fit(points)
    two = fit([(cost * of_cost, ms * of_time) for cost, ms in points])
    assert one is not None
    assert two is not None
    if abs(one.slope - two.slope) < 1e-6:  # pairs just as far apart as counts may change sides by rounding
        assert two.ms(500 * of_cost) == pytest.approx(one.ms(500) * of_time, rel=1e-4)
        assert two.p90 == pytest.approx(one.p90, abs=1e-6)


@given(_POINTS)
def test_time_never_falls_as_cost_rises(points):
    line = fit(points)
    assert line is not None
    low, high = LIMITS.calibration_slopes
    assert low <= line.slope <= high
    assert line.ms(10) < line.ms(11)


def test_many_points_are_thinned_evenly():
    line = fit([(1.001**n, 3 * 1.001**n) for n in range(1, 9000)])
    assert line is not None
    assert line.slope == pytest.approx(1.0)
    assert line.ms(math.e) == pytest.approx(3 * math.e)
