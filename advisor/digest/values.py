"""Who ran a shape: users, databases, applications, hosts and tags, counted per shape.

Of the values of one dimension that a shape was seen with, those k are counted apart whose hashes are smallest, the rest
are one "(other)". A value once dropped stays dropped, because the k smaller ones stay: so its count is either complete
or zero in every grouping of the events. When all pairs exceed a bound, k is halved for all shapes: the largest k that
fits, which depends on the events alone.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from advisor.digest.group import Column, Grouped
from advisor.digest.hashing import part_hash
from advisor.digest.tally import Tally

OTHER = "(other)"
CONTEXT_DIMENSIONS = ("database", "user", "application", "host")
#: Tag keys with few values, as sqlcommenter and marginalia write them, each a dimension of its own.
TAG_DIMENSIONS = (
    "action",
    "application",
    "controller",
    "db_driver",
    "framework",
    "job",
    "namespaced_controller",
    "route",
    "service",
    "source_location",
)
#: All other tags share one dimension; their values are written ``key=value``.
OTHER_TAGS = len(CONTEXT_DIMENSIONS) + len(TAG_DIMENSIONS)
DIMENSIONS = OTHER_TAGS + 1
_DIMENSION_BITS = 6
_VALUE_BITS = 28
_VALUE_MASK = (1 << _VALUE_BITS) - 1
#: A value is a name. Longer ones are cut, so that no log can fill the memory with them.
_LONGEST_VALUE = 200


class Values:
    """Executions per shape, dimension and value."""

    BITS = _VALUE_BITS
    """Bits of a tally key that hold the value's number."""

    def __init__(self, per_dimension: int, bound: int) -> None:
        self._per_dimension = per_dimension
        self._bound = bound
        self.level = 0
        self.tally = Tally(1)
        self.texts: list[str] = []
        self._dimensions: list[int] = []
        self._hashes: list[int] = []
        self._numbers: list[dict[str, int]] = [{} for _ in range(DIMENSIONS)]
        self._reset()

    def _reset(self) -> None:
        self.texts, self._dimensions, self._hashes = [], [], []
        self._numbers = [{} for _ in range(DIMENSIONS)]
        for dimension in range(DIMENSIONS):  # value number = dimension number stands for its "(other)"
            self.texts.append(OTHER)
            self._dimensions.append(dimension)
            self._hashes.append(2**64 - 1)

    def number(self, dimension: int, value: str) -> int:
        """The number of a value of a dimension."""
        numbers = self._numbers[dimension]
        found = numbers.get(value)
        if found is None:
            short = value[:_LONGEST_VALUE]
            found = numbers.get(short)
            if found is None:
                found = numbers[short] = len(self.texts)
                self.texts.append(short)
                self._dimensions.append(dimension)
                # the largest hash is "(other)"'s own
                self._hashes.append(min(part_hash(dimension, short), 2**64 - 2))
        return found

    def other(self, dimension: int) -> int:
        """The number that stands for a dimension's "(other)"."""
        return dimension

    def count(
        self, grouped: Grouped, numbers: Sequence[int], codes: NDArray[np.int32] | Column, weights: Column | None
    ) -> None:
        """Count a batch's events: event e has the value ``numbers[codes[e]]``; -1 is unknown."""
        distinct = sorted({n for n in numbers if n >= 0})
        if not distinct:
            return
        values = np.array(distinct, np.int64)
        if len(distinct) == 1 and weights is None and min(numbers) >= 0 and int(codes.min()) >= 0:
            self.add(grouped.shapes, np.broadcast_to(values, grouped.shapes.shape), grouped.counts)
            return
        place = {n: i for i, n in enumerate(distinct)}
        # one more at the end, so that code -1 (no tag at all) is unknown as well
        compact = np.array([place.get(n, -1) for n in numbers] + [-1], np.int64)
        shapes, code, sums = grouped.tally(compact[codes], len(distinct), weights)
        self.add(shapes, values[code], sums)

    def add(self, shapes: Column, values: Column, counts: Column) -> None:
        """Add executions of shapes with values (by number)."""
        if self.tally.add((shapes << _VALUE_BITS) | values, counts):
            if len(self.tally) > self._bound:
                self._fit()
            if len(self.texts) > 2 * len(self.tally) + (1 << 16):
                self._sweep()

    def settle(self) -> None:
        """Fold everything in and keep the bounds."""
        self.tally.settle()
        self._fit()
        self._sweep()

    def raise_to(self, level: int) -> None:
        """Halve k until it has been halved ``level`` times."""
        if level > self.level:
            self.level = level
            self.tally.settle()
            self._trim()

    def _fit(self) -> None:
        self._trim()
        while len(self.tally) > self._bound and self._per_dimension >> self.level > 1:
            self.raise_to(self.level + 1)

    def _trim(self) -> None:
        keys, (counts,) = self.tally.keys, self.tally.sums
        if not len(keys):
            return
        most = self._per_dimension >> self.level
        shapes, values = keys >> _VALUE_BITS, keys & _VALUE_MASK
        dimensions = np.array(self._dimensions, np.int64)[values]
        group = (shapes << _DIMENSION_BITS) | dimensions
        _, place, sizes = np.unique(group, return_inverse=True, return_counts=True)
        large = np.flatnonzero((sizes > most)[place] & (values >= DIMENSIONS))
        if not len(large):
            return
        hashes = np.array(self._hashes, np.uint64)[values[large]]
        order = np.lexsort((hashes, place[large]))
        ordered = place[large][order]
        starts = np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1))
        sizes_large = np.diff(starts, append=len(ordered))
        rank = np.arange(len(ordered)) - np.repeat(starts, sizes_large)
        dropped = large[order[rank >= most]]
        if len(dropped):
            values = values.copy()
            values[dropped] = dimensions[dropped]
            self.tally.replace((shapes << _VALUE_BITS) | values, [counts])

    def _sweep(self) -> None:
        """Forget values that no pair mentions."""
        keys, sums = self.tally.keys, self.tally.sums
        used = np.unique(keys & _VALUE_MASK)
        used = used[used >= DIMENSIONS].tolist()
        if len(used) + DIMENSIONS == len(self.texts):
            return
        new = np.arange(len(self.texts), dtype=np.int64)
        old_texts, old_dimensions = self.texts, self._dimensions
        self._reset()
        for value in used:
            new[value] = self.number(old_dimensions[value], old_texts[value])
        self.tally.replace((keys & ~_VALUE_MASK) | new[keys & _VALUE_MASK], sums)

    def renumber(self, new: NDArray[np.int32]) -> None:
        """Give shape i the number ``new[i]``, which rises with i; drop it where that is negative."""
        self.tally.settle()
        shapes = new[self.tally.keys >> _VALUE_BITS].astype(np.int64)
        kept = shapes >= 0
        keys = (shapes[kept] << _VALUE_BITS) | (self.tally.keys[kept] & _VALUE_MASK)
        self.tally.assign(keys, [s[kept] for s in self.tally.sums])  # still ascending

    @staticmethod
    def key(shapes: Column, values: Column) -> Column:
        """Tally keys of shapes and values (by number)."""
        return (shapes << _VALUE_BITS) | values

    def pairs(self) -> tuple[Column, Column, Column]:
        """Shape, value number and executions of every pair, after `settle`."""
        return self.tally.keys >> _VALUE_BITS, self.tally.keys & _VALUE_MASK, self.tally.sums[0]

    @property
    def dimensions(self) -> list[int]:
        """The dimension of every value, by number; the first DIMENSIONS values are the "(other)" of each."""
        return self._dimensions

    def of(self, shape: int) -> list[dict[str, int]]:
        """Executions by value, one dict a dimension, most frequent first."""
        keys, (counts,) = self.tally.between(shape << _VALUE_BITS, (shape + 1) << _VALUE_BITS)
        found: list[dict[str, int]] = [{} for _ in range(DIMENSIONS)]
        pairs = zip((keys & _VALUE_MASK).tolist(), counts.tolist(), strict=True)
        rows = [(-n, self.texts[v], self._dimensions[v]) for v, n in pairs]
        for negative, text, dimension in sorted(rows):
            found[dimension][text] = found[dimension].get(text, 0) - negative
        return found
