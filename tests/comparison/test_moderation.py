"""Errors of like shapes, evened out."""

from __future__ import annotations

import math

import numpy as np
import pytest

from advisor.comparison.interval import Spread
from advisor.comparison.moderation import digamma, moderated, prior, trigamma


def sampled(true: np.ndarray, df: float, seed: int = 1) -> np.ndarray:
    """Variances as samples of ``df`` degrees of freedom show them."""
    return true * np.random.default_rng(seed).chisquare(df, len(true)) / df


@pytest.mark.parametrize(
    ("x", "first", "second"), [(1.0, -0.5772156649, 1.6449340668), (0.5, -1.9635100260, 4.9348022005)]
)
def test_polygammas_are_those_of_the_tables(x, first, second):
    assert digamma(np.array([x]))[0] == pytest.approx(first, abs=1e-6)
    assert trigamma(np.array([x]))[0] == pytest.approx(second, abs=1e-5)


def test_shapes_that_are_all_alike_count_as_one():
    usual, weight = prior(sampled(np.full(400, 2.0), 10), np.full(400, 10.0))
    assert usual == pytest.approx(2.0, rel=0.1)
    assert weight > 100


def test_shapes_that_differ_keep_most_of_their_own():
    true = np.exp(np.random.default_rng(2).normal(size=400))
    _, weight = prior(sampled(true, 10), np.full(400, 10.0))
    assert 1 < weight < 6  # trigamma(w / 2) = 1 has w = 2.9


def test_two_shapes_have_nothing_usual():
    assert prior(np.array([1.0, 4.0]), np.array([9.0, 9.0])) == (2.5, 0.0)


def spread(added: np.ndarray, df: float = 12.0, independent: float = 0.1) -> Spread:
    return Spread(independent * np.sqrt(added), np.full(len(added), df))


def test_an_error_that_came_out_small_by_chance_is_evened_out():
    added = sampled(np.full(100, 3.0), 12)
    of = moderated(spread(added), np.full(100, 0.1), np.full(100, 300.0), apart=True)
    assert of.error == pytest.approx(np.full(100, 0.1 * math.sqrt(3)), rel=0.1)
    assert of.df == pytest.approx(np.full(100, 1 / (1 / 36 + 1 / 299)))  # three times its own, less what calls tell


def test_degrees_of_freedom_never_exceed_what_the_calls_tell_of_their_own_spread():
    added = sampled(np.full(100, 1.0), 12)
    of = moderated(spread(added), np.full(100, 0.1), np.full(100, 9.0), apart=True)
    assert of.df.max() <= 8


def test_where_shapes_share_their_noise_no_error_shrinks_and_none_is_better_known():
    """No shape is taken to be calmer than its like usually are, and one that is wilder stays so."""
    added = sampled(np.full(60, 3.0), 12)
    added[0] = 40.0
    before = spread(added)
    of = moderated(before, np.full(60, 0.1), np.full(60, 300.0), apart=False)
    assert (of.error >= before.error - 1e-12).all()
    assert of.error.min() > 0.1 * math.sqrt(2)
    assert (of.df == 12).all()


def test_shapes_called_seldom_and_often_are_not_alike():
    calls = np.concatenate([np.full(50, 20.0), np.full(50, 20_000.0)])
    added = np.concatenate([sampled(np.full(50, 1.0), 12), sampled(np.full(50, 30.0), 12)])
    of = moderated(spread(added), np.full(100, 0.1), calls, apart=True)
    assert np.median(of.error[50:]) > 4 * np.median(of.error[:50])


def test_what_has_no_error_gets_none():
    of = moderated(
        Spread(np.array([math.nan, 0.1]), np.array([0.0, 9.0])), np.full(2, 0.1), np.full(2, 50.0), apart=True
    )
    assert math.isnan(of.error[0])
    assert of.error[1] == pytest.approx(0.1)
