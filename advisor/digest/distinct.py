"""How many different sessions (or shapes) there were: exact up to a limit, an estimate beyond it.

The k smallest hashes are kept (KMV: Bar-Yossef et al., RANDOM 2002). Fewer than k: the count is exact. Else it is
estimated as (k - 1) / (the k-th smallest, as a share of the hash range), with a standard error of 1 / sqrt(k - 2).
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

_SLOTS = 1 << 14


def few_distinct(hashes: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Distinct hashes of a column that repeats a lot; faster than sorting all of it."""
    if len(hashes) < _SLOTS:
        return np.unique(hashes)
    slot = (hashes >> np.uint64(50)).view(np.int64)
    last = np.full(_SLOTS, -1, np.int32)
    last[slot] = np.arange(len(hashes), dtype=np.int32)
    one_each = hashes[last[last >= 0]]
    collided = hashes != hashes[last[slot]]
    return np.unique(np.concatenate((one_each, hashes[collided])) if collided.any() else one_each)


class Distinct:
    """Counts distinct hashes; merge is a union, so it is associative and commutative."""

    def __init__(self, most: int) -> None:
        self._most = most
        self.smallest = np.zeros(0, np.uint64)
        """Ascending; at most ``most``."""

    def add(self, hashes: NDArray[np.uint64]) -> None:
        """Count hashes, repeats or not."""
        if len(self.smallest) >= self._most:
            hashes = hashes[hashes < self.smallest[-1]]
        if len(hashes):
            self.smallest = np.union1d(self.smallest, few_distinct(hashes))[: self._most]

    @property
    def exact(self) -> bool:
        """Whether the count is exact."""
        return len(self.smallest) < self._most

    @property
    def count(self) -> int:
        """How many there were."""
        if self.exact:
            return len(self.smallest)
        return round((self._most - 1) * 2.0**64 / (float(self.smallest[-1]) + 1))
