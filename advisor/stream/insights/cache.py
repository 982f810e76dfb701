"""Insight: what a cache in front of the database would answer, by replaying the SELECTs against one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.hashing import mix_pair
from advisor.model.stream_limits import STREAM
from advisor.model.traffic import CacheCurve, CacheReplay
from advisor.stream.insights.accesses import Accesses
from advisor.stream.insights.curve import curve
from advisor.stream.insights.grouping import different
from advisor.stream.insights.missing import missing_writes
from advisor.stream.insights.replay import stored_at

if TYPE_CHECKING:
    from advisor.stream.material import Material

Ints = NDArray[np.int64]
Reals = NDArray[np.float64]
Flags = NDArray[np.bool_]


def cache(material: Material, ttls: Sequence[float | None] = STREAM.cache_ttls) -> list[CacheReplay]:
    """Hits of a cache without bound, per statement and for all together, for each TTL (seconds, None: no end).

    A hit is an access whose answer was stored less than the TTL ago, with no write since of the tables that it reads.
    A sample of the sessions holds reads and writes thinned out alike: which of them comes next is as likely as before,
    only everything takes `scale` times as long. So the TTL is stretched by as much (measured: up to four points
    low at one session in eight). Writes that are missing beyond that come evenly: of the hits whose answer is t old,
    exp(-rate x t) remain. Statements by time saved at the longest TTL, all together first.
    """
    each = material.accesses
    if not len(each):
        return []
    total_us = int(np.maximum(material.rows["duration_us"], 0).sum())
    rates = missing_writes(material)[each.code] / material.scale
    entry, order = _entries(each.key, each.epoch)
    row_entry, row_order = _entries(each.key, each.row_epoch)
    repeated = ~_first_of(mix_pair(each.unit, entry.astype(np.uint64)))
    overlap = _Overlap(each, material.tick_us or 1)
    runs = []
    for ttl in ttls:
        ttl_us = None if ttl is None else round(ttl * 1_000_000 * material.scale)
        stored = stored_at(entry, each.stamp, ttl_us, order)
        hits = _surviving(stored, each, rates)
        row_hits = _surviving(stored_at(row_entry, each.stamp, ttl_us, row_order), each, rates)
        runs.append((ttl, hits, row_hits, overlap.in_flight(stored)))
    known = len(material.fingerprints)
    keys = _distinct(each)
    tally = _Tally(material, each, total_us, repeated)
    everything, all_keys = np.arange(len(each)), different(each.key)
    found = [tally.row(None, everything, all_keys, run) for run in runs]
    by_code = np.argsort(each.code, kind="stable")
    edges = np.searchsorted(each.code[by_code], np.arange(known + 1))
    shapes = [c for c in range(known) if edges[c + 1] > edges[c]]
    saved = np.bincount(each.code, weights=runs[-1][1] * np.maximum(each.duration, 0), minlength=known)
    shapes.sort(key=lambda c: (-saved[c], material.fingerprints[c]))
    for code in shapes[: STREAM.insight_rows // max(len(ttls), 1)]:
        some = by_code[edges[code] : edges[code + 1]]
        found += [tally.row(code, some, int(keys[code]), run) for run in runs]
    return found


def cache_curve(material: Material) -> list[CacheCurve]:
    """Hit ratio by the size of an LRU cache without a TTL: of all cacheable statements together (see `curve`)."""
    each = material.accesses
    if not len(each):
        return []
    found = curve(_entries(each.key, each.epoch)[0])
    bound = found.hit_ratio(2**62)
    rows = []
    for entries in STREAM.cache_curve_entries:
        ratio = found.hit_ratio(entries)
        rows.append(CacheCurve(entries, ratio, ratio / bound if bound else 0.0, found.rate))
        if ratio >= bound:
            break
    return rows


_Run = tuple[float | None, Reals, Reals, Flags]


@dataclass(frozen=True)
class _Tally:
    material: Material
    each: Accesses
    total_us: int
    repeated: Flags
    """Its unit has asked the same before."""

    def row(self, code: int | None, some: NDArray[np.intp], keys: int, run: _Run) -> CacheReplay:
        ttl, hits, row_hits, in_flight = run[0], run[1][some], run[2][some], run[3][some]
        each, scale = self.each, self.material.scale
        time = np.maximum(each.duration[some], 0)
        timed = each.duration[some] >= 0
        repeated = self.repeated[some]
        shared = hits * ~repeated
        saved, shared_saved = float(hits @ time), float(shared @ time)
        return CacheReplay(
            fingerprint=None if code is None else self.material.fingerprints[code],
            ttl_seconds=ttl,
            lookups=round(len(some) * scale),
            distinct_keys=keys,
            hits=round(float(hits.sum()) * scale),
            shared_hits=round(float(shared.sum()) * scale),
            memo_hits=round(int(repeated.sum()) * scale),
            row_hits=round(float(row_hits.sum()) * scale),
            in_flight=round(float((hits * in_flight).sum()) * scale),
            hit_ratio=float(hits.mean()),
            row_hit_ratio=float(row_hits.mean()),
            mean_us=float(time[timed].mean()) if timed.any() else None,
            saved_us=round(saved * scale),
            shared_saved_us=round(shared_saved * scale),
            saved_share=saved / self.total_us if self.total_us else None,
            shared_share=shared_saved / self.total_us if self.total_us else None,
            invalidations=int(each.invalidations[some].max()),
            complete=self.material.capture.complete,
            estimated=scale > 1.0,
        )


def _entries(key: NDArray[np.uint64], epoch: Ints) -> tuple[Ints, NDArray[np.intp]]:
    """Numbers of what may share an answer, and the stable order by them."""
    hashed = mix_pair(key, epoch.astype(np.uint64))
    order = np.argsort(hashed, kind="stable")
    ordered = hashed[order]
    number = np.empty(len(hashed), np.int64)
    number[order] = np.cumsum(np.concatenate(([False], ordered[1:] != ordered[:-1])))
    return number, order


def _first_of(group: NDArray[np.uint64]) -> Flags:
    _, at = np.unique(group, return_index=True)
    first = np.zeros(len(group), np.bool_)
    first[at] = True
    return first


def _surviving(stored: Ints, each: Accesses, rates: Reals) -> Reals:
    """1 for a hit, 0 for a miss; in between where writes that we do not see may have come since it was stored."""
    share: Reals = (stored != np.arange(len(stored))).astype(np.float64)
    if rates.any():
        share *= np.exp(-rates * (each.stamp - each.stamp[stored]))
    return share


@dataclass(frozen=True)
class _Overlap:
    each: Accesses
    tick_us: int

    def in_flight(self, stored: Ints) -> Flags:
        """Accesses that began before the one that they would be answered from had ended."""
        found: Flags = self.each.start + self.tick_us < self.each.stamp[stored]
        hit: Flags = stored != np.arange(len(stored))
        return found & hit


def _distinct(each: Accesses) -> Ints:
    """Different keys by shape."""
    _, at = np.unique(each.key, return_index=True)
    return np.bincount(each.code[at], minlength=int(each.code.max()) + 1)
