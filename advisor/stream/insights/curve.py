"""How the hit ratio of an LRU cache grows with its size: the miss-ratio curve, exact or from a sample of the keys."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.digest.hashing import mix
from advisor.model.stream_limits import STREAM

Ints = NDArray[np.int64]
_HASH_BITS = 24


@dataclass(frozen=True)
class Curve:
    """Hits by capacity."""

    distances: Ints
    """Of the accesses that an unbounded cache answers: entries used since the same entry was used last, ascending."""
    accesses: int
    """That the distances belong to: with `rate` below 1 those of the sample."""
    rate: float
    """Share of the keys looked at."""

    def hit_ratio(self, capacity: int) -> float:
        """Share of the accesses that a cache of so many entries answers."""
        if not self.accesses:
            return 0.0
        return int(np.searchsorted(self.distances, capacity)) / self.accesses

    def capacity_for(self, share: float) -> int:
        """The smallest number of entries that gives this share (0..1) of the hits of an unbounded cache."""
        if not len(self.distances):
            return 0
        wanted = min(max(int(np.ceil(share * len(self.distances))) - 1, 0), len(self.distances) - 1)
        return int(self.distances[wanted]) + 1


def curve(entry: Ints, most: int = STREAM.curve_accesses) -> Curve:
    """The curve of accesses to entries (any numbers), in order.

    Mattson et al. 1970: LRU caches of growing size contain one another, so one reuse distance an access answers for all
    sizes at once. SHARDS (Waldspurger et al., FAST 2015): looking only at entries whose hash is below a threshold
    samples distances without bias when each is divided by the rate; done where there are more than ``most`` accesses.
    The number of accesses is then corrected to what was expected, rate x all (their SHARDS-adj), as few hot entries in
    or out of the sample would shift the whole curve; the difference goes to distance 0, where hot entries are.
    """
    count = len(entry)
    if count <= most:
        return Curve(np.sort(reuse_distances(entry)), count, 1.0)
    rate = most / count
    threshold = np.uint64(int(rate * (1 << _HASH_BITS)))
    rate = float(threshold) / (1 << _HASH_BITS)
    hashed = mix(entry.astype(np.uint64) + np.uint64(1)) >> np.uint64(64 - _HASH_BITS)
    sampled = entry[hashed < threshold]
    distances = np.sort((reuse_distances(sampled) / rate).astype(np.int64))
    expected = round(rate * count)
    missing = expected - len(sampled)
    if missing > 0:
        distances = np.concatenate((np.zeros(missing, np.int64), distances))
    elif missing < 0:
        distances = distances[-missing:]
    return Curve(distances, max(expected, 1), rate)


def reuse_distances(entry: Ints) -> Ints:
    """For each access to an entry used before: how many other entries were used in between. In order of access."""
    count = len(entry)
    order = np.argsort(entry, kind="stable")
    before = np.full(count, -1, np.int64)
    same = entry[order][1:] == entry[order][:-1]
    before[order[1:][same]] = order[:-1][same]
    # Between an access and the one before it stand as many different entries as accesses whose own predecessor is
    # not among them. Those whose predecessor is number the accesses before it that look back less far.
    inversions = _greater_before(before)
    again = np.flatnonzero(before >= 0)
    found: Ints = again - before[again] - 1 - inversions[again]
    return found


def _greater_before(values: Ints) -> Ints:
    """For each value, how many of those before it are greater: merge sort, all blocks of one size at a time."""
    count = len(values)
    found = np.zeros(count, np.int64)
    if not count:
        return found
    lifted = values + 1
    top = int(lifted.max()) + 2
    at = np.arange(count)
    width = 1
    while width < count:
        block = at // (2 * width)
        left = (at // width) % 2 == 0
        line = block * top + lifted
        sorted_left = np.sort(line[left])
        right = np.flatnonzero(~left)
        upto = np.searchsorted(sorted_left, block[right] * top + top - 1)
        found[right] += upto - np.searchsorted(sorted_left, line[right], side="right")
        width *= 2
    return found
