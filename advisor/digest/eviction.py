"""What is given up when there is more than the digest may hold.

Shapes are evicted in bulk. One is kept when it is heavy in time or in calls: its better rank of the two counts. The
bound on what a kept shape may have missed follows Misra and Gries (1982) in the mergeable form of Agarwal et al.
(Mergeable Summaries, PODS 2012): ``floor`` is such that no shape outside of the digest had more calls than it.

- A shape that is evicted may have had ``calls + bound`` calls: the floor rises to that where it is higher.
- A shape that comes in (new, or again) may have had up to ``floor`` calls before: that is its bound.
- In a merge, a shape that one side does not hold may have had up to that side's floor: it is added to the bound; and a
  shape that neither side holds may have had the sum of both floors: that is the new floor.

So ``calls <= true calls <= calls + bound`` for every kept shape and any grouping.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from advisor.digest.hashing import mix_pair
from advisor.digest.samples import EMPTY

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

#: When texts exceed their bound, they are shed down to this share of it: sorting is then paid once in a while.
_SHED_TO = 0.75


def evict(digest: Digest) -> None:
    """Keep the ``max_shapes`` heaviest shapes."""
    table, n, most = digest.table, digest.table.count, digest.max_shapes
    if n <= most:
        return
    identity = mix_pair(table.fingerprint[:n], table.engine[:n].astype(np.uint64))
    digest.shapes_seen.add(identity)
    possible = table.columns["calls"][:n] + table.bound[:n]
    time, calls = table.columns["total_us"][:n], table.columns["calls"][:n]
    by_calls, by_time = np.empty(n, np.int64), np.empty(n, np.int64)
    by_calls[np.lexsort((identity, -time, -calls, -possible))] = np.arange(n)
    by_time[np.lexsort((identity, -possible, -time))] = np.arange(n)
    order = np.lexsort((identity, by_time, np.minimum(by_calls, by_time)))
    dropped = order[most:]
    table.floor = max(table.floor, int(possible[dropped].max()))
    digest.evicted += len(dropped)
    digest.renumber(np.sort(order[:most]))


def shed(digest: Digest) -> None:
    """Give up typical samples, and plans, of the shapes with the least time while their texts exceed the bounds."""
    samples, n = digest.samples, digest.table.count
    lightest = np.argsort(digest.table.columns["total_us"][:n], kind="stable")
    samples.recount(n)
    target = int(digest.limits.sample_total_bytes * _SHED_TO)
    for slot in range(samples.slots - 1, -1, -1):
        if samples.bytes <= target:
            break
        sizes = samples.sizes(slot, slice(n))[lightest]
        upto = np.cumsum(sizes)
        cut = int(np.searchsorted(upto, samples.bytes - target)) + 1
        chosen = lightest[:cut]
        digest.shed += int(np.count_nonzero(samples.source[slot, chosen] != EMPTY))
        samples.drop_texts(slot, chosen)
        samples.recount(n)


def shed_plans(digest: Digest) -> None:
    """Give up the plans of the shapes with the least time while their texts exceed the bound."""
    total = digest.table.columns["total_us"]
    target = digest.limits.plan_total_bytes * _SHED_TO
    for shape in sorted(digest.plans.with_texts(), key=lambda s: (int(total[s]), int(digest.table.fingerprint[s]))):
        if digest.plans.bytes <= target:
            break
        digest.shed += digest.plans.forget(shape)
