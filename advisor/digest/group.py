"""The events of a batch put in order of their shape, once, so that every column is then reduced in one operation."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.digest.sketch import BIN_BITS, UNTIMED

#: Most events grouped at a time: the event's number shares a 64-bit sort key with its shape and its bin.
MOST_EVENTS = 1 << 17
_EVENT_BITS = 17

Column = NDArray[np.int64]


class Grouped:
    """Events ordered by (shape, bin, event)."""

    def __init__(self, shapes: NDArray[np.int32], bins: Column) -> None:
        """Order events by shape; ``bins`` are sketch bins, UNTIMED where there is no duration."""
        events = np.arange(len(shapes), dtype=np.int64)
        key = (shapes.astype(np.int64) << (BIN_BITS + _EVENT_BITS)) | (bins << _EVENT_BITS) | events
        key.sort()
        self.order: Column = key & (MOST_EVENTS - 1)
        self._pairs = key >> _EVENT_BITS
        of_event = key >> (BIN_BITS + _EVENT_BITS)
        self.starts: Column = np.concatenate(([0], np.flatnonzero(of_event[1:] != of_event[:-1]) + 1))
        self.shapes: Column = of_event[self.starts]
        """The distinct shapes, ascending."""
        self.counts: Column = np.diff(self.starts, append=len(of_event))
        self._place: Column | None = None

    @property
    def place(self) -> Column:
        """For each event in order, the place of its shape in `shapes`."""
        if self._place is None:
            self._place = np.repeat(np.arange(len(self.shapes)), self.counts)
        return self._place

    def sum(self, column: Column) -> Column:
        """Sum per shape of a column that is already in order."""
        return np.add.reduceat(column, self.starts)

    def least(self, column: Column) -> Column:
        """Minimum per shape of an ordered column."""
        return np.minimum.reduceat(column, self.starts)

    def most(self, column: Column) -> Column:
        """Maximum per shape of an ordered column."""
        return np.maximum.reduceat(column, self.starts)

    def bins(self) -> tuple[Column, Column, Column]:
        """Shape, bin and number of timed events of every pair that occurs."""
        starts = np.concatenate(([0], np.flatnonzero(self._pairs[1:] != self._pairs[:-1]) + 1))
        pairs = self._pairs[starts]
        counts = np.diff(starts, append=len(self._pairs))
        timed = (pairs & UNTIMED) != UNTIMED
        if not timed.all():
            pairs, counts = pairs[timed], counts[timed]
        return pairs >> BIN_BITS, pairs & UNTIMED, counts

    def tally(self, codes: NDArray[np.int64], values: int, weights: Column | None) -> tuple[Column, Column, Column]:
        """Shape, code and weight of every (shape, code) that occurs; codes (in event order) are < ``values``, or -1."""
        ordered = codes[self.order]
        cells = len(self.shapes) * (values + 1)
        if weights is None and cells <= 8 * len(ordered):  # few enough to count densely
            dense = np.bincount(self.place * (values + 1) + (ordered + 1), minlength=cells)
            pairs = np.flatnonzero(dense)
            sums = dense[pairs]
        else:
            key = self.place * (values + 1) + (ordered + 1)
            by = np.argsort(key, kind="stable")
            key = key[by]
            starts = np.concatenate(([0], np.flatnonzero(key[1:] != key[:-1]) + 1))
            pairs = key[starts]
            if weights is None:
                sums = np.diff(starts, append=len(key))
            else:
                sums = np.add.reduceat(weights[self.order][by], starts)
        place, code = np.divmod(pairs, values + 1)
        known = code > 0
        return self.shapes[place[known]], code[known] - 1, sums[known]
