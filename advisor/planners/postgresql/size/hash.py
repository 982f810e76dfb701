"""Pages of a hash index as CREATE INDEX leaves it.

Sources: hashpage.c (`_hash_init`: buckets for the estimated rows at the fill factor), hashutil.c (`_hash_spareindex`:
whole doublings up to 512 buckets, quarters of one beyond), hashovfl.c (a bucket's rows beyond one page go to overflow
pages of its own).
"""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np

from advisor.planners.postgresql.size.key import (
    LINE_POINTER,
    PAGE,
    PAGE_HEADER,
    TUPLE_HEADER,
    Built,
    Facts,
    Key,
    sampled,
)

#: An index tuple holds the hash of 4 bytes, aligned.
_ITEM = TUPLE_HEADER + 8 + LINE_POINTER
#: HashPageOpaqueData (hash.h).
_OPAQUE = 16
_PER_PAGE = (PAGE - PAGE_HEADER - _OPAQUE) // _ITEM
#: HASH_DEFAULT_FILLFACTOR (hash.h), percent.
_FILL = 75
#: HASH_SPLITPOINT_GROUPS_WITH_ONE_PHASE: from then on buckets are added by quarters of a doubling (hash.h).
_WHOLE_PHASES = 10


def size(facts: Facts) -> Built:
    """Metapage, bitmap, buckets and their overflow pages. NULLs are not in a hash index."""
    rows = facts.rows * (1 - facts.keys[0].null_frac)
    per_bucket = max(10, PAGE * (facts.fillfactor or _FILL) // 100 // _ITEM)
    # The build plans for all rows of the table (estimate_rel_size), NULLs and the predicate notwithstanding.
    buckets = _buckets(facts.table_rows // per_bucket)
    while rows > per_bucket * buckets:
        buckets = _buckets(buckets + 1)
    return Built(rows, 2 + buckets + _overflow(facts, rows, buckets))


def _buckets(wanted: float) -> int:
    """The next number of buckets at which a splitpoint phase ends."""
    if wanted <= 2:
        return 2
    group = math.ceil(math.log2(max(2, math.ceil(wanted))))
    if group < _WHOLE_PHASES:
        return 1 << group
    base = 1 << (group - 1)
    return base + math.ceil((wanted - base) / (base // 4)) * (base // 4)


def _overflow(facts: Facts, rows: float, buckets: int) -> int:
    """Pages beyond each bucket's first. Between two doublings the buckets that are not yet split hold twice as much."""
    if rows <= 0:
        return 0
    _, expected = sampled((replace(facts.keys[0], null_frac=0.0, frequencies=_shares(facts.keys[0])),), rows)
    draw = np.random.default_rng(13)
    upper = 1 << max(0, math.ceil(math.log2(buckets)))
    weight = np.full(buckets, 1.0 / upper)
    weight[buckets - upper // 2 : upper // 2] *= 2
    common = expected > _PER_PAGE / 8
    load = np.zeros(buckets)
    if common.any():
        rates, met = np.unique(expected[common], return_counts=True)
        for rate, times in zip(rates.tolist(), met.tolist(), strict=True):
            values = max(1, round(times / len(expected) * rows / rate))
            # A value's hash falls on the whole range, its upper part on the buckets not yet split.
            place = draw.integers(0, upper, min(values, 200_000))
            np.add.at(load, np.where(place >= buckets, place - upper // 2, place), rate)
    few = expected[~common]
    mass = rows * len(few) / len(expected)
    mean = mass * weight
    # Of a key with Poisson rows the squares weigh: rows of a bucket vary by rate + rate squared of each key.
    spread = np.sqrt(mean * (1.0 + (float(np.mean(few)) if len(few) else 0.0)))
    filled = np.maximum(0, load + draw.normal(mean, np.maximum(spread, 1e-9)))
    return int(np.maximum(0, np.ceil(filled / _PER_PAGE) - 1).sum())


def _shares(key: Key) -> tuple[float, ...]:
    return tuple(f / max(1e-9, 1.0 - key.null_frac) for f in key.frequencies)
