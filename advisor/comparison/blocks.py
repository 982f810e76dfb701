"""Blocks of time: how long they must be, and which of them a bootstrap replicate draws.

Durations of neighbouring calls are alike (caches, locks, load), so calls are not independent and a test that takes
them to be finds changes everywhere. Whole stretches of time are resampled in place of calls (Kuensch 1989), the
window closed to a circle so that its ends weigh as much as its middle (Politis and Romano 1992). All of it is linear
in what is added up per slot of time, so a replicate is a vector of weights: how often each slot was drawn.
"""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

Matrix = NDArray[np.float64]


def block_lengths(influence: Matrix) -> NDArray[np.int64]:
    """Slots that a block should span, for each row of an influence series (its sum over the window is zero).

    Politis and White (2004, corrected by Patton, Politis and White 2009) for the circular bootstrap: with R(k) the
    autocovariances under a flat-top window of twice the first lag after which all is noise, g = sum R(k) and
    G = sum |k| R(k), the length is (2 G^2 / (4/3 g^2))^(1/3) n^(1/3), here at most a sixth of the window.
    """
    rows, n = influence.shape
    most = max(1, n // 6)
    if rows == 0 or n < 12:
        return np.ones(rows, np.int64)
    lags = min(n - 1, math.ceil(math.sqrt(n)) + max(5, int(math.sqrt(math.log10(n)))))
    series = influence - influence.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(series, 2 * n, axis=1)
    covariance = np.fft.irfft(np.abs(spectrum) ** 2, 2 * n, axis=1)[:, : lags + 1] / n
    variance = np.where(covariance[:, :1] > 0, covariance[:, :1], 1.0)
    quiet = np.abs(covariance[:, 1:] / variance) < 2 * math.sqrt(math.log10(n) / n)
    run = max(5, int(math.sqrt(math.log10(n))))
    # the first lag from which `run` correlations in a row are noise
    noise = np.cumsum(np.pad(quiet, ((0, 0), (1, 0))), axis=1)
    streak = noise[:, run:] - noise[:, :-run] == run
    first = np.where(streak.any(axis=1), streak.argmax(axis=1), lags - run)
    width = np.maximum(1, np.minimum(2 * first, lags))[:, None]
    k = np.arange(1, lags + 1)[None, :]
    window = np.clip(2 * (1 - k / width), 0, 1)  # flat to half the width, then falling to zero
    tail = window * covariance[:, 1:]
    g = covariance[:, 0] + 2 * tail.sum(axis=1)
    big = 2 * (k * tail).sum(axis=1)
    g = np.maximum(g, 0.05 * variance[:, 0])  # an estimate near zero would make blocks without end
    length = np.cbrt(2 * big**2 / (4 / 3 * g**2) * n)
    out: NDArray[np.int64] = np.clip(np.ceil(length), 1, most).astype(np.int64)
    return out


def draw(slots: int, length: int, draws: int, generator: np.random.Generator) -> Matrix:
    """Weights (draws x slots) of circular blocks: each row draws as many blocks as cover the window."""
    blocks = math.ceil(slots / length)
    starts = generator.integers(0, slots, (draws, blocks))
    steps = np.zeros((draws, slots + length + 1))
    row = np.arange(draws)[:, None]
    np.add.at(steps, (row, starts), 1.0)
    np.add.at(steps, (row, starts + length), -1.0)
    covered = np.cumsum(steps, axis=1)[:, :-1]
    weights: Matrix = covered[:, :slots].copy()
    weights[:, :length] += covered[:, slots : slots + length]
    return weights


def effective(calls: Matrix, length: int) -> NDArray[np.float64]:
    """How many blocks of equal weight the calls of each row are worth: (sum N)^2 / sum N^2 over blocks (Kish 1965)."""
    rows, slots = calls.shape
    blocks = math.ceil(slots / length)
    padded = np.zeros((rows, blocks * length))
    padded[:, :slots] = calls
    sums = padded.reshape(rows, blocks, length).sum(axis=2)
    squares = (sums**2).sum(axis=1)
    whole = sums.sum(axis=1) ** 2
    out: Matrix = np.divide(whole, squares, out=np.zeros(rows), where=squares > 0)
    return out
