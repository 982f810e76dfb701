"""Ratios with their standard errors, by a block bootstrap over slots of time, for all shapes at once.

A statistic is a ratio of two sums over the window (or the logarithm of one), so a replicate is one matrix product. The
replicates give the standard error; the interval and the p-value are those of Student's t around the estimate, because
percentiles of 500 replicates cannot tell the p-values that a thousand tests need, and because blocks are few: their
number, evened out by how calls spread over them, gives the degrees of freedom.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.comparison.blocks import Matrix, draw, effective
from advisor.comparison.memory import memory
from advisor.model.stream_limits import STREAM

Numbers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Series:
    """A statistic of each shape: sum of ``numerator`` / sum of ``denominator`` (shapes x slots), or its logarithm."""

    numerator: Matrix
    denominator: Matrix
    logarithm: bool
    calls: Matrix
    """Calls of each shape in the window: how much noise of single calls is in its slots."""
    shared: Matrix | None = None
    """What is subtracted: 1 x slots, the part of each slot in it (in sum 0)."""

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
        return finite if self.shared is None else finite - self.shared


@dataclass(frozen=True, slots=True)
class Spread:
    """Of the difference after - before: standard error and degrees of freedom; NaN and 0 where blocks are too few."""

    error: Matrix
    df: Matrix


def spread(before: Series, after: Series, *, paired: bool, generator: np.random.Generator) -> Spread:
    """``paired``: slot i of both is the same time of day, and both draw the same slots."""
    if paired:
        one, other = before.influence(), after.influence()
        return _resampled((before, after), other - one, generator)
    sides = [_resampled((series,), series.influence(), generator) for series in (before, after)]
    (first, second) = (side.error for side in sides)
    (first_df, second_df) = (side.df for side in sides)
    with np.errstate(divide="ignore", invalid="ignore"):
        variance = first**2 + second**2
        # Welch and Satterthwaite: the degrees of freedom of a sum of two variances
        df = variance**2 / (first**4 / first_df + second**4 / second_df)
    df = np.where(np.isfinite(df), df, np.minimum(first_df, second_df))
    return Spread(np.sqrt(variance), np.where(np.isnan(variance), 0.0, df))


def _resampled(series: Sequence[Series], influence: Matrix, generator: np.random.Generator) -> Spread:
    """Of the last series less the first (or of the only one), all of which draw the same slots."""
    rows, slots = influence.shape
    error, blocks, lengths = np.full(rows, np.nan), np.zeros(rows), np.ones(rows, np.int64)
    missed = np.ones(rows)
    calls = np.minimum.reduce([one.calls for one in series])
    size = np.round(np.log(np.maximum(calls, 1.0)) / np.log(4.0))
    for group in np.unique(size).tolist():
        of: Numbers = np.flatnonzero(size == group)
        shared = memory(influence[of])
        lengths[of] = _power_of_two(shared.block, slots)
        missed[of] = shared.missed(int(lengths[of[0]]))
    for row in range(rows):  # a job of its own may remember longer than what the others share
        own = memory(influence[row : row + 1])
        length = _power_of_two(own.block, slots)
        while length > lengths[row]:
            if min(effective(one.denominator[row : row + 1], length)[0] for one in series) >= STREAM.compare_blocks:
                break
            length //= 2  # blocks that long would be too few
        if length >= lengths[row]:
            lengths[row] = length
            missed[row] = max(missed[row], own.missed(length))
    for length in np.unique(lengths).tolist():
        of = np.flatnonzero(lengths == length)
        weights = draw(slots, length, STREAM.compare_draws, generator)
        values = [_replicates(one, of, weights) for one in series]
        with np.errstate(invalid="ignore"):  # a replicate without calls has no value
            error[of] = _deviation(values[-1] - values[0] if len(values) > 1 else values[0])
        blocks[of] = np.minimum.reduce([effective(one.denominator[of], length) for one in series])
    return Spread(*_corrected(error * np.sqrt(missed), blocks))


def _power_of_two(length: int, slots: int) -> int:
    """Upwards, so that few lengths are drawn for; at most a sixth of the window."""
    return min(1 << max(0, length - 1).bit_length(), max(1, slots // 6))


def _replicates(series: Series, of: Numbers, weights: Matrix) -> Matrix:
    values = series.value(weights @ series.numerator[of].T, weights @ series.denominator[of].T)
    if series.shared is not None:
        values = values - weights @ series.shared.T / weights.mean(axis=1, keepdims=True)
    return values


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
