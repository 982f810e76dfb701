"""A hash table from 64-bit keys to small numbers that looks up a whole column at once.

A Python dict would cost a boxed integer per event, and a sorted array ten comparisons; here the ordinary event costs
one gather. Open addressing with linear probing, at most half full.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.digest.hashing import mix

_ABSENT = -1


class KeyTable:
    """Maps distinct uint64 keys to int32 numbers >= 0."""

    def __init__(self) -> None:
        self._size = 0
        self._keys = np.zeros(1024, np.uint64)
        self._numbers = np.full(1024, _ABSENT, np.int32)

    def __len__(self) -> int:
        return self._size

    def find(self, keys: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The number of each key, -1 where the table has none."""
        mask = np.uint64(len(self._keys) - 1)
        position = (mix(keys) & mask).view(np.int64)
        found = self._numbers[position]
        open_ = np.flatnonzero((self._keys[position] != keys) & (found != _ABSENT))
        while len(open_):  # those whose place is taken by another key: look at the next place
            position[open_] = (position[open_] + 1) & int(mask)
            at = position[open_]
            found[open_] = self._numbers[at]
            open_ = open_[(self._keys[at] != keys[open_]) & (found[open_] != _ABSENT)]
        return found

    def insert(self, keys: NDArray[np.uint64], numbers: NDArray[np.int32]) -> None:
        """Add keys that are distinct and not yet in the table."""
        self._size += len(keys)
        if self._size * 2 > len(self._keys):
            capacity = len(self._keys)
            while self._size * 2 > capacity:
                capacity *= 2
            held = self._numbers != _ABSENT
            old_keys, old_numbers = self._keys[held], self._numbers[held]
            self._keys = np.zeros(capacity, np.uint64)
            self._numbers = np.full(capacity, _ABSENT, np.int32)
            self._place(old_keys, old_numbers)
        self._place(keys, numbers)

    def _place(self, keys: NDArray[np.uint64], numbers: NDArray[np.int32]) -> None:
        mask = len(self._keys) - 1
        position = (mix(keys) & np.uint64(mask)).view(np.int64)
        waiting = np.arange(len(keys))
        while len(waiting):
            at = position[waiting]
            free = self._numbers[at] == _ABSENT
            self._keys[at[free]] = keys[waiting[free]]  # of two that want one place, the last written stays
            self._numbers[at[free]] = numbers[waiting[free]]
            lost = self._numbers[at] != numbers[waiting]
            waiting = waiting[lost]
            position[waiting] = (position[waiting] + 1) & mask

    def items(self) -> tuple[NDArray[np.uint64], NDArray[np.int32]]:
        """All keys and their numbers, in no particular order."""
        held = self._numbers != _ABSENT
        return self._keys[held], self._numbers[held]

    def clear(self) -> None:
        """Forget all keys; the room stays."""
        self._size = 0
        self._numbers.fill(_ABSENT)

    def renumber(self, new: NDArray[np.int32]) -> None:
        """Replace number i by ``new[i]``; keys whose new number is negative are dropped."""
        keys, numbers = self.items()
        changed = new[numbers]
        kept = changed >= 0
        self.clear()
        self.insert(keys[kept], changed[kept])
