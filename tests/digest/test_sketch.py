"""The error of a quantile is bounded for every whole number of microseconds."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.digest.sketch import LONGEST_US, UNTIMED, Sketch, bins_of, coarse, middle, rank


def test_every_small_value_is_met_within_one_per_cent() -> None:
    values = np.arange(0, 300_000)
    bins = bins_of(values)
    middles = np.array([middle(b) for b in range(int(bins.max()) + 1)])[bins]
    assert (np.abs(middles - values) <= 0.01 * values + 1e-6).all()
    assert (middles[:50] == values[:50]).all()


@given(st.integers(0, LONGEST_US))
def test_every_value_is_met_within_one_per_cent(value: int) -> None:
    (found,) = bins_of(np.array([value], np.int64)).tolist()
    assert 0 <= found < UNTIMED >> 1
    assert abs(middle(found) - value) <= 0.01 * value * (1 + 1e-9)


def test_bins_rise_with_the_value() -> None:
    edges = np.unique(np.array([2**i + d for i in range(47) for d in (-1, 0, 1)]).clip(0))
    assert (np.diff(bins_of(edges)) >= 0).all()


def test_error_stays_within_what_a_coarser_level_promises() -> None:
    rng = np.random.default_rng(5)
    values = np.sort(rng.lognormal(9, 3, 4001).astype(np.int64))
    sketch = Sketch(bound=40)
    bins, counts = np.unique(bins_of(values), return_counts=True)
    sketch.add(np.zeros(len(bins), np.int64), bins, counts)
    sketch.settle()
    assert sketch.level > 0
    assert len(sketch.tally) <= 40
    quantiles = (0.0, 0.1, 0.5, 0.9, 0.99, 1.0)
    found = sketch.quantiles(0, quantiles)
    assert found is not None
    for q, estimate in zip(quantiles, found, strict=True):
        exact = int(values[max(0, math.ceil(q * 4001) - 1)])
        assert abs(estimate - exact) <= sketch.error * exact + 1e-6


@given(st.lists(st.integers(0, 2000), min_size=1), st.integers(0, 5), st.integers(0, 5))
def test_joining_bins_is_nested(bins: list[int], one: int, two: int) -> None:
    column = np.array(bins, np.int64)
    assert (coarse(coarse(column, one), two) == coarse(column, one + two)).all()


def test_a_shape_without_durations_has_no_quantiles() -> None:
    assert Sketch(10).quantiles(3, (0.5,)) is None


def test_the_promised_error_is_one_per_cent() -> None:
    assert Sketch(10).error == pytest.approx(0.01)


def test_quantiles_of_few_values() -> None:
    assert [rank(q, 3) for q in (0.0, 0.5, 0.95, 0.99, 1.0)] == [0, 1, 2, 2, 2]
    assert [rank(q, 100) for q in (0.0, 0.07, 0.5, 0.95, 0.99, 1.0)] == [0, 6, 49, 94, 98, 99]
    assert [rank(q, 1) for q in (0.0, 0.5, 1.0)] == [0, 0, 0]
