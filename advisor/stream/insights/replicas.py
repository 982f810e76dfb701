"""Insight: the share of the time that goes into reads which a replica could answer, nobody missing his own writes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import READ
from advisor.model.stream_limits import STREAM
from advisor.model.traffic import ReplicaShare
from advisor.stream.insights.effects import Effects

if TYPE_CHECKING:
    from advisor.stream.material import Material

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
_NEVER = -(2**62)
_NEVER_WRITTEN = 2**62


def replicas(material: Material, seconds: Sequence[float] = STREAM.replica_seconds) -> list[ReplicaShare]:
    """What a replica could answer, all statements together first, then by time that can go, for each of ``seconds``.

    A SELECT can go if it locks nothing, calls no function that needs the primary, stands in no transaction that writes
    (or that may), and if its session has not written (and committed) any of the tables that it reads within the last
    X seconds. Behind a pool the next request of the same user may come on another session, so the same is also told
    with every session's writes in place of its own: the truth is in between. Shares are of time, not of counts.
    """
    selects = material.rows["effect"] == READ
    if not selects.any():
        return []
    reads = _reads(material, selects)
    known = len(material.fingerprints)
    codes = material.codes[reads.row]
    order = np.argsort(codes, kind="stable")
    edges = np.searchsorted(codes[order], np.arange(known + 1))
    shown = _heaviest(material, reads, codes, seconds)
    total_us = int(np.maximum(material.rows["duration_us"], 0).sum())
    found = []
    for code in [None, *shown]:
        some = np.arange(len(codes)) if code is None else order[edges[code] : edges[code + 1]]
        found += [_row(material, reads, some, code, x, total_us) for x in seconds]
    return found


@dataclass(frozen=True)
class _Reads:
    row: Ints
    can: Flags
    """Nothing in the statement keeps it from a replica."""
    writing: Flags
    """It stands in a transaction that writes."""
    own_age: Ints
    """Microseconds since its session wrote one of its tables; huge: never, -1: not known."""
    any_age: Ints


def _reads(material: Material, selects: Flags) -> _Reads:
    rows, effects, spans = material.rows, material.effects, material.spans
    at = np.flatnonzero(selects)
    names = material.fingerprints
    can = np.array([effects[name].primary is None for name in names], np.bool_)
    inside = spans.of[at]
    writing = (inside >= 0) & spans.writes[np.maximum(inside, 0)] if len(spans) else np.zeros(len(at), np.bool_)
    session = np.concatenate(
        (
            [0],
            np.cumsum((rows["session"][1:] != rows["session"][:-1]) | (rows["source"][1:] != rows["source"][:-1])),
        )
    )
    own, anyone = _ages(material, at, session, [effects[name] for name in names])
    return _Reads(at, can[material.codes[at]], writing, own, anyone)


def _ages(material: Material, at: Ints, session: Ints, effects: list[Effects]) -> tuple[Ints, Ints]:
    """Time since the last write of a read's tables: by its own session, and by any."""
    order, stamp = material.completed
    count = len(material)
    place, when = np.full(count, -1, np.int64), np.full(count, _NEVER, np.int64)
    place[order], when[order] = np.arange(len(order)), stamp
    start = np.where(place >= 0, when - np.maximum(material.rows["duration_us"], 0), _NEVER)
    own, anyone = np.full(len(at), _NEVER_WRITTEN), np.full(len(at), _NEVER_WRITTEN)
    codes = material.codes
    writing = [(code, e.writes) for code, e in enumerate(effects) if e.writes is None or e.writes]
    visible = _visible(material)
    of_shape = {code: np.flatnonzero(codes == code) for code, _ in writing}
    read_codes = codes[at]
    by_code = np.argsort(read_codes, kind="stable")
    edges = np.searchsorted(read_codes[by_code], np.arange(len(effects) + 1))
    cache: dict[frozenset[str] | None, Ints] = {}
    for code, what in enumerate(effects):
        some = by_code[edges[code] : edges[code + 1]]
        if not len(some) or what.primary is not None:
            continue
        if what.reads not in cache:
            near = [
                of_shape[w]
                for w, tables in writing
                if tables is None or what.reads is None or not tables.isdisjoint(what.reads)
            ]
            cache[what.reads] = np.concatenate(near) if near else np.zeros(0, np.int64)
        writes = cache[what.reads]
        if not len(writes):
            continue
        reads = at[some]
        own[some] = _own_age(writes, visible, session, reads, start, when)
        times = np.sort(when[visible[writes]])
        last = np.searchsorted(times, start[reads], side="right") - 1
        anyone[some] = np.where(last >= 0, start[reads] - times[np.maximum(last, 0)], _NEVER_WRITTEN)
    unknown = place[at] < 0
    own[unknown], anyone[unknown] = -1, -1
    return own, anyone


def _visible(material: Material) -> Ints:
    """Of each row, the row by which its changes are there for others: the COMMIT of its transaction, or itself."""
    spans = material.spans
    found = np.arange(len(material))
    inside = spans.of >= 0
    found[inside] = spans.last[spans.of[inside]]
    return found


def _own_age(writes: Ints, visible: Ints, session: Ints, reads: Ints, start: Ints, when: Ints) -> Ints:
    """Since the last of these writes that stands before each read in its own session (rows are ordered by session)."""
    ended = np.sort(visible[writes])
    last = np.searchsorted(ended, reads) - 1
    before = ended[np.maximum(last, 0)]
    mine = (last >= 0) & (session[before] == session[reads])
    return np.where(mine, np.maximum(start[reads] - when[before], 0), _NEVER_WRITTEN)


def _row(
    material: Material, reads: _Reads, some: NDArray[np.intp], code: int | None, seconds: float, total_us: int
) -> ReplicaShare:
    time = np.maximum(material.rows["duration_us"][reads.row[some]], 0)
    limit = round(seconds * 1_000_000) + (material.tick_us or 1)
    can, writing = reads.can[some], reads.writing[some]
    own, anyone = reads.own_age[some] >= limit, reads.any_age[some] >= limit
    go = can & ~writing & own
    go_any = go & anyone
    scale = material.scale
    name = None if code is None else material.fingerprints[code]
    offload, any_writer = int(time[go].sum()), int(time[go_any].sum())
    return ReplicaShare(
        fingerprint=name,
        seconds=seconds,
        calls=round(len(some) * scale),
        total_us=round(int(time.sum()) * scale),
        offload_calls=round(int(go.sum()) * scale),
        offload_us=round(offload * scale),
        any_writer_us=round(any_writer * scale),
        share=offload / total_us if total_us else None,
        any_writer_share=any_writer / total_us if total_us else None,
        in_transaction_us=round(int(time[can & writing].sum()) * scale),
        own_write_us=round(int(time[can & ~writing & ~own].sum()) * scale),
        why_not=material.effects[name].primary if name is not None else None,
        complete=material.capture.complete,
        estimated=scale > 1.0,
    )


def _heaviest(material: Material, reads: _Reads, codes: NDArray[np.intp], seconds: Sequence[float]) -> list[int]:
    time = np.maximum(material.rows["duration_us"][reads.row], 0)
    sums = np.bincount(codes, weights=time, minlength=len(material.fingerprints))
    present: list[int] = np.unique(codes).tolist()
    present.sort(key=lambda c: (-sums[c], material.fingerprints[c]))
    return present[: STREAM.insight_rows // max(len(seconds), 1)]
