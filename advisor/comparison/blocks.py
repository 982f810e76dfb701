"""Blocks of time: which of them a bootstrap replicate draws, and how many there are.

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
