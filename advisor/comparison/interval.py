"""Ratios with their standard errors, by a block bootstrap over slots of time, for all shapes at once.

A statistic is a ratio of two sums over the window (or the logarithm of one), so a replicate is one matrix product. The
replicates give the standard error; the interval and the p-value are those of Student's t around the estimate, because
percentiles of 500 replicates cannot tell the p-values that a thousand tests need, and because blocks are few: their
number, evened out by how calls spread over them, gives the degrees of freedom.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.comparison.blocks import Matrix, block_lengths, draw, effective
from advisor.model.stream_limits import STREAM

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Series:
    """A statistic of each shape: sum of ``numerator`` / sum of ``denominator`` (shapes x slots), or its logarithm."""

    numerator: Matrix
    denominator: Matrix
    logarithm: bool

    def value(self, numerator: Matrix, denominator: Matrix) -> Matrix:
        """Of sums."""
        with np.errstate(divide="ignore", invalid="ignore"):
            ratio: Matrix = numerator / denominator
            return np.log(ratio) if self.logarithm else ratio

    def influence(self) -> Matrix:
        """What each slot adds to the error of the statistic, to the first order."""
        top, bottom = self.numerator.sum(axis=1, keepdims=True), self.denominator.sum(axis=1, keepdims=True)
        with np.errstate(divide="ignore", invalid="ignore"):
            out = (self.numerator - top / bottom * self.denominator) / (top if self.logarithm else bottom)
        finite: Matrix = np.nan_to_num(out, nan=0.0, posinf=0.0, neginf=0.0)
        return finite


@dataclass(frozen=True, slots=True)
class Spread:
    """Of the difference after - before: standard error and degrees of freedom; NaN and 0 where blocks are too few."""

    error: Matrix
    df: Matrix


def spread(before: Series, after: Series, *, paired: bool, generator: np.random.Generator) -> Spread:
    """``paired``: slot i of both is the same time of day, and both draw the same slots."""
    if paired:
        lengths = _lengths(after.influence() - before.influence())
        error = np.full(len(lengths), np.nan)
        blocks = np.zeros(len(lengths))
        for length in np.unique(lengths).tolist():
            of: Numbers = np.flatnonzero(lengths == length)
            weights = draw(before.numerator.shape[1], length, STREAM.compare_draws, generator)
            error[of] = _deviation(_replicates(after, of, weights) - _replicates(before, of, weights))
            blocks[of] = np.minimum(effective(before.denominator[of], length), effective(after.denominator[of], length))
        return Spread(*_corrected(error, blocks))
    sides = []
    for series in (before, after):
        lengths = _lengths(series.influence())
        error = np.full(len(lengths), np.nan)
        blocks = np.zeros(len(lengths))
        for length in np.unique(lengths).tolist():
            of = np.flatnonzero(lengths == length)
            weights = draw(series.numerator.shape[1], length, STREAM.compare_draws, generator)
            error[of] = _deviation(_replicates(series, of, weights))
            blocks[of] = effective(series.denominator[of], length)
        sides.append(_corrected(error, blocks))
    (one, one_df), (other, other_df) = sides
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = one**2 + other**2
        # Welch and Satterthwaite: the degrees of freedom of a sum of two variances
        df = variance**2 / (one**4 / one_df + other**4 / other_df)
    df = np.where(np.isfinite(df), df, np.minimum(one_df, other_df))
    return Spread(np.sqrt(variance), np.where(np.isnan(variance), 0.0, df))


def _lengths(influence: Matrix) -> Numbers:
    """Blocks of each shape as long as its own memory asks, and not shorter than those of the usual shape: what makes
    calls alike (load, caches) is shared, and one shape's few calls cannot show it."""
    own = block_lengths(influence)
    if not len(own):
        return own
    most = max(1, influence.shape[1] // 6)
    steps = 2 ** np.ceil(np.log2(np.maximum(own, np.median(own))))
    out: Numbers = np.minimum(steps, most).astype(np.int64)
    return out


def _replicates(series: Series, of: Numbers, weights: Matrix) -> Matrix:
    return series.value(weights @ series.numerator[of].T, weights @ series.denominator[of].T)


def _deviation(replicates: Matrix) -> Matrix:
    finite = np.isfinite(replicates)
    count = finite.sum(axis=0)
    values = np.where(finite, replicates, 0.0)
    mean = values.sum(axis=0) / np.maximum(count, 1)
    square = (np.where(finite, replicates - mean, 0.0) ** 2).sum(axis=0)
    return np.where(count > len(replicates) / 2, np.sqrt(square / np.maximum(count - 1, 1)), np.nan)


def _corrected(error: Matrix, blocks: Matrix) -> tuple[Matrix, Matrix]:
    """Resampling k blocks shows (k - 1)/k of their variance; too few blocks show nothing."""
    enough = blocks >= STREAM.compare_blocks
    k = np.maximum(blocks, 2.0)
    return np.where(enough, error * np.sqrt(k / (k - 1)), np.nan), np.where(enough, blocks - 1, 0.0)
