"""Ratios: intervals, and what is shown to be no change."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.comparison.ratio import Ratio, Times

errors, changes = st.floats(0.005, 2), st.floats(-1, 1)


def test_without_an_error_nothing_is_shown():
    ratio = Ratio(1.0)
    assert (ratio.low, ratio.high, ratio.within(1.25)) == (None, None, False)
    assert math.isnan(ratio.p())
    assert math.isnan(Times(mean=ratio).p())


@given(changes, errors, st.floats(2, 200))
def test_the_interval_holds_one_when_the_test_finds_nothing(change, error, df):
    ratio = Ratio(math.exp(change), error, df)
    if abs(ratio.p() - 0.05) > 0.002:  # degrees of freedom are rounded for the interval
        assert (ratio.low <= 1 <= ratio.high) == (ratio.p() > 0.05)


@given(changes, errors, st.floats(2, 200))
def test_equivalence_is_the_same_either_way_and_never_beyond_the_margin(change, error, df):
    ratio, turned = Ratio(math.exp(change), error, df), Ratio(math.exp(-change), error, df)
    assert ratio.within(1.25) == turned.within(1.25)
    if ratio.within(1.25):
        assert 1 / 1.25 < ratio.value < 1.25
        assert ratio.within(1.5)


def test_two_one_sided_tests_at_five_per_cent():
    # 1.6449 is the normal quantile of 95 %: the largest error that still rules out 25 % either way
    most = math.log(1.25) / 1.6449
    assert Ratio(1.0, most * 0.999, 1000).within(1.25)
    assert not Ratio(1.0, most * 1.01, 1000).within(1.25)


def test_of_two_statistics_the_smaller_p_counts_doubled():
    typical, mean = Ratio(1.5, 0.1, 50), Ratio(1.2, 0.1, 50)
    assert Times(typical, mean).p() == pytest.approx(2 * typical.p())
    assert Times(typical).p() == pytest.approx(typical.p())
