"""Quantiles with a guaranteed relative error: DDSketch (Masson, Rim, Lee, VLDB 2019) over whole microseconds.

Bin k holds the values in (g^(k-1), g^k] with g = (1 + error) / (1 - error), so the middle of a bin, 2 g^k / (g + 1), is
within ``error`` of everything in it. The edges are whole numbers computed with exact integer arithmetic: no logarithm
is taken of a value, so the bin of a value never depends on a processor's rounding, and merges agree to the byte.

The bins of all shapes are one sparse tally. When its pairs exceed a bound, pairs of neighbouring bins are joined
(the uniform collapse of UDDSketch: Epicoco et al., 2020), for all shapes at once: the level is the smallest one that
fits, so it depends on the events alone and not on the order they came in. The error that is then guaranteed is told.
"""

from __future__ import annotations

from functools import cache
from math import ceil
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.digest.tally import Tally

#: Durations above this (4.4 years) count as this: no statement ran longer, and sums stay clear of 64 bits.
LONGEST_US = 1 << 47
#: Bits of a tally key that hold the bin; 1 + the bins up to LONGEST_US need 1,632.
BIN_BITS = 12
#: Marks an event whose duration is unknown.
UNTIMED = (1 << BIN_BITS) - 1
#: 1 / LIMITS.sketch_error. The file format fixes it: digests of different errors could not be merged.
_INVERSE_ERROR = 100
#: Mantissa bits that choose a cell. A cell is 0.4 % wide and a bin 2 %, so a cell lies in one bin or in two neighbours.
_CELL_BITS = 8


class _Bins(NamedTuple):
    edges: NDArray[np.int64]
    """Largest whole value of each bin."""
    cells: NDArray[np.int64]
    """Cell of a value's floating-point form -> bin of the smallest value in the cell."""


@cache
def _bins() -> _Bins:
    edges: list[int] = []
    top, bottom = 1, 1
    while not edges or edges[-1] < LONGEST_US:
        edges.append(top // bottom)
        top *= _INVERSE_ERROR + 1
        bottom *= _INVERSE_ERROR - 1
    table = np.array(edges, np.int64)
    octaves = LONGEST_US.bit_length()
    lowest = (np.arange(octaves << _CELL_BITS, dtype=np.int64) + (1023 << _CELL_BITS)) << (52 - _CELL_BITS)
    smallest = np.ceil(lowest.view(np.float64)).astype(np.int64)
    return _Bins(table, np.searchsorted(table, smallest))


def bins_of(values: NDArray[np.int64]) -> NDArray[np.int64]:
    """The bin of each value in 0..LONGEST_US: 0 for zero, then 1 + k."""
    edges, cells = _bins()
    cell = (np.maximum(values, 1).astype(np.float64).view(np.int64) >> (52 - _CELL_BITS)) - (1023 << _CELL_BITS)
    found: NDArray[np.int64] = cells[cell]
    found += edges[found] < values
    found += values > 0
    return found


@cache
def _middles(level: int) -> NDArray[np.float64]:
    """What stands for a bin at a level, in microseconds.

    Below 50 us a bin of level 0 holds one whole number at most, so that number stands for it. Above, nothing is
    rounded: half a microsecond would be 1 % of 50.
    """
    ratio = (_INVERSE_ERROR + 1) / (_INVERSE_ERROR - 1)
    count = len(_bins().edges) + 2
    middles = [0.0]
    wide = ratio ** (1 << level)
    for number in range(1, (count >> level) + 2):
        # bin `number` at this level ends at g^(number * 2^level - 1 + 2^level - 1 ...): see `coarse`
        top = ratio ** min((number << level) - 1, 4000)
        middle = 2 * top / (wide + 1)
        middles.append(round(middle) if level == 0 and middle < 49.5 else middle)
    return np.array(middles, np.float64)


def coarse(bins: NDArray[np.int64], level: int) -> NDArray[np.int64]:
    """The bins at a level: 2^level neighbours joined; the zero bin stays alone."""
    return bins if level == 0 else (bins + ((1 << level) - 1)) >> level


class Sketch:
    """The durations of every shape."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self.level = 0
        self.tally = Tally(1)

    @property
    def error(self) -> float:
        """The relative error that every quantile keeps."""
        ratio = ((_INVERSE_ERROR + 1) / (_INVERSE_ERROR - 1)) ** (1 << self.level)
        return (ratio - 1) / (ratio + 1)

    def add(
        self, shapes: NDArray[np.int64], bins: NDArray[np.int64], counts: NDArray[np.int64], level: int = 0
    ) -> None:
        """Count values by shape and bin (at a level not above this sketch's own)."""
        if self.tally.add((shapes << BIN_BITS) | _between(bins, level, self.level), counts):
            self._fit()

    def settle(self) -> None:
        """Fold everything in and keep the bound."""
        self.tally.settle()
        self._fit()

    def raise_to(self, level: int) -> None:
        """Take a coarser level."""
        if level > self.level:
            self.tally.settle()
            shapes, bins = self.tally.keys >> BIN_BITS, self.tally.keys & UNTIMED
            self.tally.replace((shapes << BIN_BITS) | _between(bins, self.level, level), self.tally.sums)
            self.level = level

    def _fit(self) -> None:
        while len(self.tally) > self._bound and self.level < BIN_BITS:
            self.raise_to(self.level + 1)

    def renumber(self, new: NDArray[np.int32]) -> None:
        """Give shape i the number ``new[i]``, which rises with i; drop it where that is negative."""
        self.tally.settle()
        shapes = new[self.tally.keys >> BIN_BITS].astype(np.int64)
        kept = shapes >= 0
        keys = (shapes[kept] << BIN_BITS) | (self.tally.keys[kept] & UNTIMED)
        self.tally.assign(keys, [s[kept] for s in self.tally.sums])  # still ascending

    def quantiles(self, shape: int, wanted: tuple[float, ...]) -> tuple[float, ...] | None:
        """Estimates of the quantiles of one shape's durations; None when none was counted.

        The q-quantile is the least value that at least a share q of all values do not exceed (PostgreSQL's
        percentile_disc): of three durations the slowest is p95, not the middle one.
        """
        keys, (counts,) = self.tally.between(shape << BIN_BITS, (shape + 1) << BIN_BITS)
        if not len(keys):
            return None
        upto = np.cumsum(counts)
        ranks = [rank(q, int(upto[-1])) for q in wanted]
        at = np.searchsorted(upto, np.array(ranks), side="right")
        return tuple(float(v) for v in _middles(self.level)[keys[at] & UNTIMED])


def rank(q: float, count: int) -> int:
    """Place, from 0, of the q-quantile among ``count`` ascending values."""
    return max(0, ceil(q * count - 1e-9) - 1)  # 0.07 * 100 is a little over 7


def _between(bins: NDArray[np.int64], level: int, target: int) -> NDArray[np.int64]:
    """Bins of one level as bins of a coarser one. Joining is nested: two steps of one are one step of two."""
    return coarse(bins, target - level)


def middle(bin_: int) -> float:
    """What stands for a bin of level 0, in the unit of the values."""
    return float(_middles(0)[bin_])
