"""For how long calls stay alike: autocorrelation of what slots add to an error, pooled over shapes.

One shape's few calls cannot show it: with one call a slot the noise of single calls hides what all of them share. So
autocorrelations are averaged over shapes called about equally often (as much noise in each slot, as much memory).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.comparison.blocks import Matrix

#: Lags in a row that must look like noise before memory is taken to have ended (Politis and White 2004: 5).
_RUN = 5
#: Averaging over more shapes than this lowers the noise of a correlation no further.
_INDEPENDENT = 100


@dataclass(frozen=True, slots=True)
class Memory:
    """``tail`` are the autocorrelations from lag 1 on, falling to zero under a flat-top window (Politis and Romano
    1995); all of it in slots."""

    tail: Matrix
    slots: int

    @property
    def inflation(self) -> float:
        """Long-run variance by the variance of independent slots."""
        return max(1.0, 1 + 2 * float(self.tail.sum()))

    @property
    def block(self) -> int:
        """Best length of a block: (2 G^2 / (4/3 g^2))^(1/3) n^(1/3) (Politis and White 2004, as corrected by Patton,
        Politis and White 2009, for the circular bootstrap), at most a sixth of the window."""
        most = max(1, self.slots // 6)
        weighted = 2 * float((np.arange(1, len(self.tail) + 1) * self.tail).sum())
        length: float = (1.5 * (weighted / self.inflation) ** 2 * self.slots) ** (1 / 3)
        return min(max(1, math.ceil(length)), most)

    def missed(self, length: int) -> float:
        """Long-run variance by that which blocks of a length can show: what reaches beyond a block is cut off."""
        k = np.arange(1, len(self.tail) + 1)
        seen = 1 + 2 * float((np.clip(1 - k / length, 0, 1) * self.tail).sum())
        return min(max(1.0, self.inflation / max(seen, 0.1)), 4.0)


def memory(influence: Matrix) -> Memory:
    """Of rows (shapes) of what each slot adds to an error; the sum of a row is zero."""
    rows, n = influence.shape
    lags = min(n - 1, n // 3)
    if rows == 0 or lags <= _RUN:
        return Memory(np.zeros(0), n)
    covariance = autocovariance(influence, lags)
    own = covariance[:, 0] > 0
    if not own.any():
        return Memory(np.zeros(0), n)
    correlation = (covariance[own, 1:] / covariance[own, :1]).mean(axis=0)
    # what shapes share does not average out: how noisy the average is shows where no memory is left
    far = correlation[len(correlation) // 2 :]
    noise = max(2 * math.sqrt(math.log10(n) / n / min(int(own.sum()), _INDEPENDENT)), 2 * float(far.std()))
    tail = _windowed(correlation, noise)
    # the mean was taken out: every correlation is too low by the long-run variance over n
    for _ in range(3):
        tail = _windowed(correlation + Memory(tail, n).inflation / n, noise)
    return Memory(tail, n)


def autocovariance(series: Matrix, lags: int) -> Matrix:
    """Of each row, lags 0 to ``lags``."""
    n = series.shape[1]
    centred = series - series.mean(axis=1, keepdims=True)
    spectrum = np.fft.rfft(centred, 2 * n, axis=1)
    out: Matrix = np.fft.irfft(np.abs(spectrum) ** 2, 2 * n, axis=1)[:, : lags + 1] / n
    return out


def _windowed(correlation: Matrix, noise: float) -> Matrix:
    """Whole up to the first lag from which all is noise, then falling to zero over as many lags again."""
    quiet: NDArray[np.bool_] = np.abs(correlation) < noise
    quiet = quiet | (correlation < 0)  # memory that has turned is a course of the day, not more noise
    counted = np.cumsum(np.concatenate([[0], quiet]))
    streak = counted[_RUN:] - counted[:-_RUN] == _RUN
    first = int(streak.argmax()) if streak.any() else len(correlation)
    k = np.arange(1, len(correlation) + 1)
    return np.clip(2 - k / max(first, 1), 0, 1) * correlation if first else np.zeros(0)
