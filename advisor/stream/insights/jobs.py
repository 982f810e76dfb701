"""Jobs: statements that come in bursts of a fixed period, and polling, which asks the same question again and again.

A statement's times are cut into bursts (`periods`), whose starts must have one period; over the whole log, or, where
several workers ask each for itself, within each session. Statements of one job run together in its sessions: they are
one job, known by the one that takes the most time.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import OTHER, READ, WRITE
from advisor.model.batch import NO_TIME
from advisor.model.insights import Job
from advisor.model.stream_limits import STREAM
from advisor.stream.insights.asking import asks
from advisor.stream.insights.periods import Bursts, Period, bursts, label, period
from advisor.stream.material import Material

_SECOND = 1_000_000
_FROM = re.compile(r"\b(?:from|into|update)\s", re.IGNORECASE)
#: Work on tables that query graphs do not name.
_MAINTAINS = re.compile(
    r"\s*(?:refresh|call|truncate|copy|load|vacuum|analyze|cluster|reindex|optimize)\s", re.IGNORECASE
)


@dataclass(slots=True)
class Found:
    """A job with its bursts."""

    rows: NDArray[np.intp]
    """Of the material, by start."""
    codes: frozenset[int]
    bursts: Bursts
    first: NDArray[np.intp]
    """The row that each burst begins with."""
    period: Period
    route: int = 0
    single: bool = False
    """One execution a burst."""
    sessions: frozenset[int] = frozenset()
    """Sessions that each keep the period by themselves."""


def jobs(material: Material) -> list[Job]:
    """Jobs and polling, by time in the server."""
    found = [_job(material, job) for job in material.periodic]
    return sorted(
        (job for job in found if job.polling or job.period_seconds >= STREAM.job_period_seconds),
        key=lambda job: (-job.busy_us, job.subject),
    )


def periodic(material: Material) -> list[Found]:
    """Everything with a fixed period."""
    least = _least(material)
    order = _order(material)
    codes = material.codes
    whole = [job for rows in _runs(order, codes[order]) for job in _periodic(material, rows, least)]
    known = {code for job in whole for code in job.codes}
    merged = _together(material, whole)
    routes = material.rows["route"]
    tagged = order[routes[order] != 0]
    tagged = tagged[np.argsort(routes[tagged], kind="stable")]
    for rows in _runs(tagged, routes[tagged]):
        if known.isdisjoint(codes[rows].tolist()):
            for job in _periodic(material, rows, least):
                job.route = int(routes[rows[0]])
                merged.append(job)
                known |= job.codes
    return merged + _workers(material, order, known, least)


def _least(material: Material) -> float:
    """The shortest period to be told: jitter of the clock must be small against it."""
    tick = material.tick_us or 1000
    return max(STREAM.poll_period_seconds * _SECOND, tick / STREAM.job_jitter)


def _order(material: Material) -> NDArray[np.intp]:
    """Rows of work that have a time and a table, by shape and start."""
    rows = material.rows
    tables = np.array([_has_table(material, fingerprint) for fingerprint in material.fingerprints], np.bool_)
    if not len(tables):
        return np.zeros(0, np.intp)
    kept = np.isin(rows["effect"], [READ, WRITE, OTHER]) & (rows["start_us"] != NO_TIME) & tables[material.codes]
    at = np.flatnonzero(kept)
    return at[np.lexsort((rows["start_us"][at], material.codes[at]))]


def _has_table(material: Material, fingerprint: str) -> bool:
    graph, shape = material.graphs.get(fingerprint), material.by_fingerprint.get(fingerprint)
    if graph is not None and graph.tables:
        return True
    if shape is None:
        return False
    return _MAINTAINS.match(shape.sql) is not None or (graph is None and _FROM.search(shape.sql) is not None)


def _runs(order: NDArray[np.intp], groups: NDArray[np.generic]) -> Iterator[NDArray[np.intp]]:
    """Rows of each group that is long enough; sorted by start within."""
    if not len(order):
        return
    edges = np.concatenate(([0], np.flatnonzero(groups[1:] != groups[:-1]) + 1, [len(order)]))
    for at in np.flatnonzero(np.diff(edges) > STREAM.job_periods).tolist():
        yield order[edges[at] : edges[at + 1]]


def _periodic(material: Material, rows: NDArray[np.intp], least: float) -> Iterator[Found]:
    start = material.rows["start_us"][rows]
    if not (start[1:] >= start[:-1]).all():
        rows = rows[np.argsort(start, kind="stable")]
        start = material.rows["start_us"][rows]
    end = start + np.maximum(material.rows["duration_us"][rows], 0)
    for cut in bursts(start, end):
        if float(start[-1] - start[0]) < least * STREAM.job_periods:
            return
        length = period(cut.start)
        if length is not None and length.us >= least:
            single = len(cut.start) == len(rows)
            codes = frozenset(np.unique(material.codes[rows]).tolist())
            own = Bursts(cut.first, cut.start.copy(), cut.end.copy())
            yield Found(rows, codes, own, rows[cut.first], length, single=single)
            return


def _together(material: Material, found: list[Found]) -> list[Found]:
    """Joins statements of one job: the same period, at the same times, in the same sessions."""
    busy = {id(job): int(np.maximum(material.rows["duration_us"][job.rows], 0).sum()) for job in found}
    joined: list[Found] = []
    for job in sorted(found, key=lambda job: -busy[id(job)]):
        for other in joined:
            burst = _burst_of(material, other, job)
            if burst is not None:
                np.maximum.at(other.bursts.end, burst, job.bursts.end)
                np.minimum.at(other.bursts.start, burst, job.bursts.start)
                rows = np.concatenate((other.rows, job.rows))
                other.rows = rows[np.argsort(material.rows["start_us"][rows], kind="stable")]
                other.codes |= job.codes
                other.single = False
                break
        else:
            joined.append(job)
    return joined


def _burst_of(material: Material, one: Found, other: Found) -> NDArray[np.intp] | None:
    """The burst of the first that each burst of the second belongs to; None where they are not one job."""
    if abs(one.period.us - other.period.us) > 0.02 * one.period.us:
        return None
    mine, theirs = one.bursts.start, other.bursts.start
    after = np.clip(np.searchsorted(mine, theirs), 1, len(mine) - 1)
    nearest = np.where(np.abs(mine[after - 1] - theirs) < np.abs(mine[after] - theirs), after - 1, after)
    close = np.abs(mine[nearest] - theirs) <= 0.1 * one.period.us
    session = material.rows["session"]
    same = session[one.first[nearest]] == session[other.first]
    return nearest if float(np.mean(close & same)) >= 0.8 else None


def _workers(material: Material, order: NDArray[np.intp], known: set[int], least: float) -> list[Found]:
    """Statements that have a period within each of several sessions, though not together."""
    rows, codes = material.rows, material.codes
    left = order[~np.isin(codes[order], list(known))] if known else order
    left = left[np.lexsort((rows["start_us"][left], rows["session"][left], codes[left]))]
    group = codes[left].astype(np.uint64) * np.uint64(0x9E3779B97F4A7C15) + rows["session"][left]
    by_code: dict[int, list[Found]] = {}
    for members in _runs(left, group):
        start = rows["start_us"][members]
        length = period(start) if float(start[-1] - start[0]) >= least * STREAM.job_periods else None
        if length is not None and length.us >= least:
            code = int(codes[members[0]])
            end = start + np.maximum(rows["duration_us"][members], 0)
            cut = Bursts(np.arange(len(members)), start, end)
            session = frozenset([int(rows["session"][members[0]])])
            by_code.setdefault(code, []).append(
                Found(members, frozenset([code]), cut, members, length, 0, True, session)
            )
    totals = Counter(codes[left].tolist())
    found = []
    for code, several in by_code.items():
        members = np.concatenate([job.rows for job in several])
        # Most of what the statement runs must be periodic: one regular session among many is chance.
        if len(members) >= 0.8 * totals[code]:
            first = max(several, key=lambda job: len(job.rows))
            first.sessions = frozenset().union(*(job.sessions for job in several))
            first.rows = members[np.argsort(rows["start_us"][members], kind="stable")]
            found.append(first)
    return found


def _job(material: Material, job: Found) -> Job:
    rows, at = material.rows, job.rows
    duration = np.maximum(rows["duration_us"][at], 0)
    codes = material.codes[at]
    times = np.bincount(codes, weights=duration + 1.0)
    heaviest = material.fingerprints[int(np.argmax(times))]
    routes = np.unique(rows["route"][at])
    number = job.route or (int(routes[0]) if len(routes) == 1 else 0)
    route = material.routes.get(number) if number else None
    known = rows["rows"][at] >= 0
    empty = float(np.mean(rows["rows"][at][known] == 0)) if known.any() else None
    words, aligned = label(job.period.us, job.bursts.start)
    length = job.bursts.end - job.bursts.start
    return Job(
        subject=route or heaviest,
        fingerprint=heaviest,
        route=route,
        polling=_polling(material, job, empty),
        period_seconds=job.period.us / _SECOND,
        jitter=job.period.jitter,
        label=words + (f", in each of {len(job.sessions)} sessions" if len(job.sessions) > 1 else ""),
        aligned=aligned,
        bursts=len(job.bursts.start),
        statements=round(len(at) * material.scale),
        busy_us=round(int(duration.sum()) * material.scale),
        burst_seconds=float(np.median(np.maximum(length, 0))) / _SECOND,
        empty_share=empty,
        sessions=len(np.unique(rows["session"][at])),
        first_us=int(rows["start_us"][at].min()),
        last_us=int(rows["start_us"][at].max()),
    )


def _polling(material: Material, job: Found, empty: float | None) -> bool:
    """One statement, one at a time, that asks whether there is work."""
    if len(job.codes) > 1 or not job.single or job.period.us > STREAM.poll_longest_seconds * _SECOND:
        return False
    return asks(material, job.rows, job.period.us, empty)
