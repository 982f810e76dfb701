"""Sums per 64-bit key, sparse: (shape, bin), (shape, hour) and (shape, value) pairs.

New pairs are gathered as they come and folded in now and then, so that the cost per event stays that of an append.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

#: Pairs gathered before they are folded in: large enough to amortise, small beside the memory of a digest.
_PENDING = 1 << 18

Keys = NDArray[np.int64]
Sums = NDArray[np.int64]


def sum_by_key(keys: Keys, columns: list[Sums]) -> tuple[Keys, list[Sums]]:
    """Distinct keys in order, and the sums of each column over them."""
    if not len(keys):
        return keys, columns
    order = np.argsort(keys, kind="stable")
    ordered = keys[order]
    starts = np.concatenate(([0], np.flatnonzero(ordered[1:] != ordered[:-1]) + 1))
    return ordered[starts], [np.add.reduceat(column[order], starts) for column in columns]


class Tally:
    """Distinct int64 keys in order, each with ``width`` sums."""

    def __init__(self, width: int) -> None:
        self._keys: Keys = np.zeros(0, np.int64)
        self._sums: list[Sums] = [np.zeros(0, np.int64) for _ in range(width)]
        self._pending: list[tuple[Keys, tuple[Sums, ...]]] = []
        self._waiting = 0

    def add(self, keys: Keys, *columns: Sums) -> bool:
        """Add to the sums of keys (repeats are welcome). True when this folded the gathered pairs in."""
        self._pending.append((keys, columns))
        self._waiting += len(keys)
        if self._waiting < max(_PENDING, len(self._keys) // 4):
            return False
        self.settle()
        return True

    def settle(self) -> None:
        """Fold in what has been gathered."""
        if not self._waiting:
            self._pending.clear()
            return
        keys = np.concatenate([keys for keys, _ in self._pending])
        columns = [np.concatenate([c[i] for _, c in self._pending]) for i in range(len(self._sums))]
        self._pending.clear()
        self._waiting = 0
        keys, columns = sum_by_key(keys, columns)
        if not len(self._keys):
            self._keys, self._sums = keys, columns
            return
        at = np.searchsorted(self._keys, keys)
        known = self._keys[np.minimum(at, len(self._keys) - 1)] == keys
        new = ~known
        for sums, column in zip(self._sums, columns, strict=True):
            sums[at[known]] += column[known]
        if new.any():
            self._keys = np.insert(self._keys, at[new], keys[new])
            self._sums = [np.insert(s, at[new], c[new]) for s, c in zip(self._sums, columns, strict=True)]

    def __len__(self) -> int:
        return len(self._keys)

    @property
    def keys(self) -> Keys:
        """Distinct keys, ascending. Call `settle` first."""
        return self._keys

    @property
    def sums(self) -> list[Sums]:
        """The sums, one array a column, in the order of `keys`."""
        return self._sums

    def replace(self, keys: Keys, columns: list[Sums]) -> None:
        """Put other pairs in place of all: keys may repeat and come in any order."""
        self._pending.clear()
        self._waiting = 0
        self._keys, self._sums = sum_by_key(keys, columns)

    def assign(self, keys: Keys, columns: list[Sums]) -> None:
        """Put other pairs in place of all: keys are distinct and ascending."""
        self._pending.clear()
        self._waiting = 0
        self._keys, self._sums = keys, columns

    def between(self, low: int, high: int) -> tuple[Keys, list[Sums]]:
        """The pairs with low <= key < high."""
        first, last = np.searchsorted(self._keys, np.array([low, high], np.int64))
        return self._keys[first:last], [s[first:last] for s in self._sums]
