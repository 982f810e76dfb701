"""Replaying accesses against a cache: how many it would have answered."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Hashes = NDArray[np.uint64]


def stored_at(entry: Ints, stamp: Ints, ttl_us: int | None, order: NDArray[np.intp] | None = None) -> Ints:
    """For each access the access whose answer it would be given: itself where the cache has none (a miss).

    ``entry`` numbers what may share an answer (key and epoch), ``stamp`` are times in the order of the accesses. The
    cache is without bound; an answer is kept for ``ttl_us`` from when it was stored (None: for good), whoever asks for
    it meanwhile. Within one entry this is the cover of points by the fewest intervals of that length, so hits can only
    grow with the TTL. ``order`` is the stable sort of ``entry``, where the caller has it.
    """
    count = len(entry)
    if order is None:
        order = np.argsort(entry, kind="stable")
    grouped, times = entry[order], stamp[order]
    starts = np.flatnonzero(np.diff(grouped, prepend=-1) != 0) if count else np.zeros(0, np.int64)
    stored = np.zeros(count, np.bool_)
    stored[starts] = True
    if ttl_us is not None and count:
        _expire(stored, starts, times, ttl_us)
    at = np.maximum.accumulate(np.where(stored, np.arange(count), 0))
    found = np.empty(count, np.int64)
    found[order] = order[at]
    return found


def _expire(stored: Flags, starts: Ints, times: Ints, ttl_us: int) -> None:
    """Mark the accesses that find their answer too old, jumping from each stored answer to the first after it."""
    count = len(times)
    stops = np.append(starts[1:], count)
    span = int(times.max() - times.min()) + ttl_us + 1
    if len(starts) * span < 2**62:
        group = np.repeat(np.arange(len(starts)), stops - starts)
        line = (times - times.min()) + group * span  # one ascending line: groups one behind the other
        following = np.searchsorted(line, line + ttl_us)
        current, limit = starts, stops
        for _ in range(64):
            current = following[current]
            inside = current < limit
            current, limit = current[inside], limit[inside]
            if not len(current):
                return
            stored[current] = True
        ahead = following.tolist()
        for at, stop in zip(current.tolist(), limit.tolist(), strict=True):
            jump = ahead[at]
            while jump < stop:
                stored[jump] = True
                jump = ahead[jump]
        return
    for start, stop in zip(starts.tolist(), stops.tolist(), strict=True):  # years of log: group by group
        at = start
        while at < stop:
            stored[at] = True
            at = start + int(np.searchsorted(times[start:stop], times[at] + ttl_us))


def simulate(entry: Iterable[int], stamp: Iterable[int], *, capacity: int, ttl_us: int | None = None) -> list[bool]:
    """Hit or miss of each access in a cache of ``capacity`` entries that gives up the least recently used one.

    Exact, one access after the other. An expired answer is a miss and stored anew; an entry that nobody can ask for
    any more (its epoch is over) holds its place until it is the oldest, as it does in caches that put a version into
    their keys.
    """
    kept: OrderedDict[int, int] = OrderedDict()
    hits = []
    for number, time in zip(entry, stamp, strict=True):
        stored = kept.get(number)
        hit = stored is not None and (ttl_us is None or time - stored < ttl_us)
        if not hit:
            kept[number] = time
        kept.move_to_end(number)
        if len(kept) > capacity:
            kept.popitem(last=False)
        hits.append(hit)
    return hits
