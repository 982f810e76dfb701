"""Calls and time per shape and hour.

Hours are counted from 1970. When more (shape, hour) pairs are held than a bound allows, hours are joined to stretches
of 2, 4, 8... hours, for all shapes at once: the smallest step that fits, so that it depends on the events alone.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.digest.tally import Tally

HOUR_US = 3_600_000_000
_HOUR_BITS = 33
#: Added to an hour so that it is never negative: 64-bit microseconds reach 2.6e9 hours either way.
_ORIGIN = 1 << 32
_MASK = (1 << _HOUR_BITS) - 1

Column = NDArray[np.int64]


class Hours:
    """Calls and total duration per (shape, stretch of ``2^level`` hours)."""

    BITS = _HOUR_BITS
    """Bits of a tally key that hold the hour."""

    def __init__(self, bound: int) -> None:
        self._bound = bound
        self.level = 0
        self.tally = Tally(2)

    def add(self, shapes: Column, hours: Column, calls: Column, total_us: Column, level: int = 0) -> None:
        """Add calls and time at hours (numbered in steps of 2^level, a level not above this one's own)."""
        key = self.key(shapes, hours >> (self.level - level))
        if self.tally.add(key, calls, total_us):
            self._fit()

    def settle(self) -> None:
        """Fold everything in and keep the bound."""
        self.tally.settle()
        self._fit()

    def raise_to(self, level: int) -> None:
        """Take a coarser level."""
        if level > self.level:
            self.tally.settle()
            shapes, hours = self.split(self.tally.keys)
            self.tally.replace(self.key(shapes, hours >> (level - self.level)), self.tally.sums)
            self.level = level

    def _fit(self) -> None:
        while len(self.tally) > self._bound and self.level < _HOUR_BITS:
            self.raise_to(self.level + 1)

    @staticmethod
    def key(shapes: Column, hours: Column) -> Column:
        """Tally keys of shapes and hours (in steps)."""
        return (shapes << _HOUR_BITS) | (hours + _ORIGIN)

    @staticmethod
    def split(keys: Column) -> tuple[Column, Column]:
        """Shape and hour (in steps) of tally keys."""
        return keys >> _HOUR_BITS, (keys & _MASK) - _ORIGIN

    def renumber(self, new: NDArray[np.int32]) -> None:
        """Give shape i the number ``new[i]``, which rises with i; drop it where that is negative."""
        self.tally.settle()
        shapes = new[self.tally.keys >> _HOUR_BITS].astype(np.int64)
        kept = shapes >= 0
        keys = (shapes[kept] << _HOUR_BITS) | (self.tally.keys[kept] & _MASK)
        self.tally.assign(keys, [s[kept] for s in self.tally.sums])  # still ascending

    def of(self, shape: int) -> list[tuple[int, int, int]]:
        """Start (microseconds), calls and total of each stretch in which the shape ran, in order."""
        keys, (calls, total) = self.tally.between(shape << _HOUR_BITS, (shape + 1) << _HOUR_BITS)
        starts = [(hour << self.level) * HOUR_US for hour in self.split(keys)[1].tolist()]
        return list(zip(starts, calls.tolist(), total.tolist(), strict=True))
