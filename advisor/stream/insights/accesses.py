"""The SELECTs that a cache could answer, each with its key and with the writes that came before it.

An entry of a cache is worth something until a write changes the rows that it was made from. So each access gets, beside
its key, the number of such writes before it (its *epoch*): two accesses may share an entry if key and epoch are equal.
Epochs are counted twice: pessimistically, where any write of a table changes all that was read from it; and by rows,
where a write that compares the same column with another value changes nothing (see `Effects.pins`).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import WRITE
from advisor.digest.hashing import mix_pair
from advisor.stream.insights.effects import Effects
from advisor.stream.insights.spans import unit

if TYPE_CHECKING:
    from advisor.stream.material import Material

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]
Hashes = NDArray[np.uint64]


@dataclass(frozen=True)
class Accesses:
    """In the order of completion. Columns have one element an access."""

    row: Ints
    code: Ints
    """Place of the shape in `Material.fingerprints`."""
    key: Hashes
    """Shape, values and database."""
    epoch: Ints
    row_epoch: Ints
    stamp: Ints
    """Microsecond of its completion; never decreases."""
    start: Ints
    duration: Ints
    """-1 where unknown."""
    unit: Hashes
    """Request or transaction."""
    invalidations: Ints
    """Writes of its tables in all of the material."""

    def __len__(self) -> int:
        return len(self.row)


@dataclass(frozen=True)
class _Write:
    """Executions of one writing shape in one database, by their places in the order of completion."""

    tables: frozenset[str] | None
    effects: Effects
    places: Ints
    rows: Ints


def accesses(material: Material) -> Accesses:
    """The accesses of the material. Left out: see `Effects.uncacheable`, statements whose values the log does not
    have, and reads of what their own transaction has changed."""
    order, stamp = material.completed
    rows, effects = material.rows, material.effects
    names = material.fingerprints
    codes = material.codes[order]
    database = _databases(material)[order]
    writes = _writes(material, order, codes, database)

    whole = np.array([effects[name].uncacheable is None for name in names] or [False], np.bool_)
    valued = np.array(["?" in getattr(material.by_fingerprint.get(name), "sql", "?") for name in names] or [True])
    fit = whole[codes] & ~(valued[codes] & (rows["literals"][order] == 0)) & ~_own_changes(material)[order]
    at = np.flatnonzero(fit)
    chosen = order[at]
    key = mix_pair(mix_pair(rows["shape"][chosen], rows["literals"][chosen]), database[at].astype(np.uint64))
    if not material.values_comparable:
        key = mix_pair(key, rows["source"][chosen].astype(np.uint64))
    epoch, row_epoch = np.zeros(len(at), np.int64), np.zeros(len(at), np.int64)
    invalidations = np.zeros(len(at), np.int64)
    group = codes[at] * (int(database.max(initial=0)) + 1) + database[at]
    by_group = np.argsort(group, kind="stable")
    edges = np.flatnonzero(np.diff(group[by_group], prepend=-1))
    for some in np.split(by_group, edges[1:]) if len(at) else []:
        what = effects[names[int(codes[at[some[0]]])]]
        near = [w for w in writes if w[0] == int(database[at[some[0]]]) and _meets(w[1].tables, what.reads)]
        merged = np.sort(np.concatenate([w.places for _, w in near])) if near else np.zeros(0, np.int64)
        epoch[some] = np.searchsorted(merged, at[some])
        invalidations[some] = len(merged)
        row_epoch[some] = _by_rows(rows, what, [w for _, w in near], at[some], chosen[some])
    number, _ = unit(material)
    return Accesses(
        row=chosen,
        code=codes[at].astype(np.int64),
        key=key,
        epoch=epoch,
        row_epoch=row_epoch,
        stamp=stamp[at],
        start=rows["start_us"][chosen],
        duration=rows["duration_us"][chosen],
        unit=number[chosen],
        invalidations=invalidations,
    )


def _meets(written: frozenset[str] | None, read: frozenset[str] | None) -> bool:
    return written is None or read is None or not written.isdisjoint(read)


def _databases(material: Material) -> Ints:
    """A number per database: tables of the same name in different ones have nothing to do with each other."""
    contexts, codes = np.unique(material.rows["context"], return_inverse=True)
    numbers: dict[str | None, int] = {}
    each = []
    for context in contexts.tolist():
        known = material.contexts.get(context)
        each.append(numbers.setdefault(known.database if known else None, len(numbers)))
    return np.array(each or [0], np.int64)[codes] if len(codes) else np.zeros(0, np.int64)


def _writes(
    material: Material, order: NDArray[np.intp], codes: NDArray[np.intp], database: Ints
) -> list[tuple[int, _Write]]:
    """Writes by shape and database. One within a transaction counts twice: when it ran, and when it was committed and
    so became visible to others; one that was rolled back only when it ran."""
    effects, spans = material.effects, material.spans
    place = np.full(len(material), -1, np.int64)
    place[order] = np.arange(len(order))
    found: list[tuple[int, _Write]] = []
    for code, name in enumerate(material.fingerprints):
        what = effects[name]
        if what.writes is not None and not what.writes:
            continue
        places = np.flatnonzero(codes == code)
        for number in np.unique(database[places]).tolist():
            here = places[database[places] == number]
            rows = order[here]
            inside = spans.of[rows] >= 0
            span = spans.of[rows[inside]]
            committed = spans.closed[span] & spans.kept[span]
            ends = place[spans.last[span[committed]]]
            again = rows[inside][committed][ends >= 0]
            found.append(
                (
                    number,
                    _Write(
                        what.writes,
                        what,
                        np.concatenate((here, ends[ends >= 0])),
                        np.concatenate((rows, again)),
                    ),
                )
            )
    return found


def _by_rows(rows: dict[str, NDArray[np.int64]], what: Effects, near: list[_Write], at: Ints, chosen: Ints) -> Ints:
    """Writes before each access that may have changed the rows it reads."""
    total = np.zeros(len(at), np.int64)
    for write in near:
        pinned = _comparable(what, write)
        if pinned is None:
            total += np.searchsorted(np.sort(write.places), at)
            continue
        mine, theirs = pinned
        if theirs < 0:
            continue
        read = rows[f"key{mine}"][chosen].astype(np.uint64)
        wrote = rows[f"key{theirs}"][write.rows].astype(np.uint64)
        listed = rows["in_count"][write.rows] > 1  # several rows in one statement: it may be any of them
        shift = np.uint64(32)
        same = np.sort((wrote[~listed] << shift) | write.places[~listed].astype(np.uint64))
        total += np.searchsorted(same, (read << shift) | at.astype(np.uint64)) - np.searchsorted(same, read << shift)
        total += np.searchsorted(np.sort(write.places[listed]), at)
    return total


def _comparable(what: Effects, write: _Write) -> tuple[int, int] | None:
    """The value of the read and that of the write to be compared (-1: they always differ); None: they cannot be."""
    if write.tables is None or what.reads is None:
        return None
    shared = write.tables & what.reads
    if len(shared) != 1 or len(write.tables) != 1:
        return None  # several tables: the value pins one of them only
    (table,) = shared
    for (name, column), mine in what.pins.items():
        if name != table:
            continue
        theirs = write.effects.pins.get((table, column))
        if theirs is not None:
            return mine, theirs
        if f"{table}.{column}" in write.effects.fresh:
            return mine, -1
    return None


def _own_changes(material: Material) -> Flags:
    """Reads of tables that their own transaction changed before: what they see is nobody else's yet."""
    spans, effects, names = material.spans, material.effects, material.fingerprints
    found = np.zeros(len(material), np.bool_)
    later = np.flatnonzero(spans.changed & (material.rows["effect"] != WRITE))
    if not len(later):
        return found
    codes = material.codes
    writing = {
        code: effects[name].writes
        for code, name in enumerate(names)
        if effects[name].writes is None or effects[name].writes
    }
    reads = [effects[name].reads for name in names]
    current, upto, changed = -1, 0, set[str]()
    everything = False
    for row, span in zip(later.tolist(), spans.of[later].tolist(), strict=True):
        if span != current:
            current, upto, changed, everything = span, int(spans.first[span]), set(), False
        for code in codes[upto:row].tolist():
            if code in writing:
                tables = writing[code]
                everything |= tables is None
                changed |= tables or set()
        upto = row
        read = reads[int(codes[row])]
        found[row] = everything or read is None or not changed.isdisjoint(read)
    return found
