"""Jobs that run at the same time, and what that costs everybody else.

For each two jobs whose bursts overlap again and again: the latency of all other statements within the overlaps, as a
multiple of their latency when neither job runs. Each shape is compared with itself, on a logarithmic scale, so that
another mix of statements in the overlaps does not show as a slowdown.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import OTHER, READ, WRITE
from advisor.model.batch import NO_TIME
from advisor.model.insights import JobCollision
from advisor.model.stream_limits import STREAM
from advisor.stream.insights.jobs import Found
from advisor.stream.insights.periods import label
from advisor.stream.material import Material

#: Executions of a shape outside of the jobs that its normal latency is learned from.
_NORMAL = 10
#: Share of the overlaps in which the others must be slower.
_MOST = 0.75


@dataclass(frozen=True, slots=True)
class _Others:
    """Statements of no job: when they began, and their duration against the normal of their shape, as a logarithm."""

    row: NDArray[np.intp]
    start: NDArray[np.int64]
    code: NDArray[np.intp]
    log: NDArray[np.float64]


def job_collisions(material: Material) -> list[JobCollision]:
    """Collisions of jobs that slow others down, the worst first."""
    duration = material.rows["duration_us"]
    found = [job for job in material.periodic if job.period.us >= STREAM.job_period_seconds * 1e6]
    found.sort(key=lambda job: -int(np.maximum(duration[job.rows], 0).sum()))
    found = found[: STREAM.collision_jobs]
    if len(found) < 2:
        return []
    others = _others(material, found)
    inside = [_burst(job, others.start) for job in found]
    rows = [
        _collision(material, found[i], found[j], others, inside[i], inside[j])
        for i, j in combinations(range(len(found)), 2)
    ]
    return sorted((row for row in rows if row is not None), key=lambda row: (-row.slowdown, row.fingerprint))


def _others(material: Material, found: list[Found]) -> _Others:
    rows = material.rows
    codes = sorted({code for job in found for code in job.codes})
    kept = np.isin(rows["effect"], [READ, WRITE, OTHER]) & (rows["start_us"] != NO_TIME) & (rows["duration_us"] > 0)
    at = np.flatnonzero(kept & ~np.isin(material.codes, codes))
    return _Others(at, rows["start_us"][at], material.codes[at], np.log(rows["duration_us"][at].astype(np.float64)))


def _burst(job: Found, start: NDArray[np.int64]) -> NDArray[np.int64]:
    """The burst of the job that each time falls into, -1 for none."""
    at = np.searchsorted(job.bursts.start, start, side="right") - 1
    held = np.maximum(at, 0)
    return np.where((at >= 0) & (start <= job.bursts.end[held]), at, -1)


def _collision(
    material: Material,
    one: Found,
    other: Found,
    others: _Others,
    in_one: NDArray[np.int64],
    in_other: NDArray[np.int64],
) -> JobCollision | None:
    overlaps = _overlaps(one, other)
    if overlaps < STREAM.collision_overlaps:
        return None
    both, none = (in_one >= 0) & (in_other >= 0), (in_one < 0) & (in_other < 0)
    size = len(material.fingerprints)
    calls = np.bincount(others.code[none], minlength=size)
    normal = np.bincount(others.code[none], weights=others.log[none], minlength=size) / np.maximum(calls, 1)
    known = calls[others.code] >= _NORMAL
    excess = others.log - normal[others.code]
    both &= known
    if int(np.count_nonzero(both)) < STREAM.collision_others:
        return None
    slowdown = math.exp(float(excess[both].mean()))
    alone = [known & (mine >= 0) & (its < 0) for mine, its in ((in_one, in_other), (in_other, in_one))]
    single = max((math.exp(float(excess[mask].mean())) for mask in alone if mask.sum() >= _NORMAL), default=1.0)
    burst, at = np.unique(in_one[both], return_inverse=True)
    each = np.bincount(at, weights=excess[both]) / np.bincount(at)
    slower = float(np.mean(each > math.log(1 + (STREAM.collision_slowdown - 1) / 2)))
    if len(burst) < STREAM.collision_overlaps or slower < _MOST:
        return None
    if slowdown < STREAM.collision_slowdown or slowdown < 1.2 * single:
        return None
    return JobCollision(
        fingerprint=_heaviest(material, one),
        other_fingerprint=_heaviest(material, other),
        label=label(one.period.us, one.bursts.start)[0],
        other_label=label(other.period.us, other.bursts.start)[0],
        overlaps=overlaps,
        overlap_share=min(overlaps / min(len(one.bursts.start), len(other.bursts.start)), 1.0),
        slowdown=slowdown,
        alone=single,
        others=round(int(np.count_nonzero(both)) * material.scale),
    )


def _overlaps(one: Found, other: Found) -> int:
    """Bursts of the first that a burst of the second overlaps."""
    before = np.searchsorted(other.bursts.start, one.bursts.end, side="right")
    ended = np.searchsorted(np.maximum.accumulate(other.bursts.end), one.bursts.start)
    return int(np.count_nonzero(before > ended))


def _heaviest(material: Material, job: Found) -> str:
    weights = np.maximum(material.rows["duration_us"][job.rows], 0) + 1.0
    return material.fingerprints[int(np.argmax(np.bincount(material.codes[job.rows], weights=weights)))]
