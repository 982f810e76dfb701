"""Merging two digests: every part is a sum, a minimum, a maximum, a union, or "the k smallest by hash"."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.incidents import Group
from advisor.digest.samples import EMPTY, SLOWEST, Text
from advisor.digest.shapetable import COLUMNS
from advisor.digest.sketch import BIN_BITS, UNTIMED
from advisor.digest.values import DIMENSIONS

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

Column = NDArray[np.int64]


def merge_into(digest: Digest, other: Digest) -> None:
    """Add ``other`` to ``digest``."""
    if other is digest:
        raise ValueError("a digest cannot be merged into itself")
    other.settle()
    new_source = np.array([digest.sources.add(source.copy()) for source in other.sources.known] or [0], np.int32)
    shapes = _shapes(digest, other)
    _tallies(digest, other, shapes)
    _samples(digest, other, shapes, new_source)
    _sequence(digest, other, new_source)
    for kind_groups in other.incidents.groups.values():
        for key, group in kind_groups.items():
            digest.incidents.put(key, _copy(group))
    for deadlock in other.incidents.deadlocks.values():
        digest.incidents.put_deadlock(deadlock)
    for wait in other.incidents.waits.known.values():
        digest.incidents.waits.put(wait)
    for (name, engine), (time_us, value) in other.incidents.settings.items():
        digest.incidents.set(name, engine, time_us, value)
    for context, calls in other.contexts.known.items():
        digest.contexts.add(context, calls)
    digest.contexts.other += other.contexts.other
    digest.sessions.add(other.sessions.smallest)
    digest.shapes_seen.add(other.shapes_seen.smallest)
    digest.capture = digest.capture.merged(other.capture)
    for name, versions in other.versions.items():
        digest.versions.setdefault(name, set()).update(versions)
    digest.events += other.events
    digest.timed += other.timed
    digest.total_us += other.total_us
    digest.first_us = min(digest.first_us, other.first_us)
    digest.last_us = max(digest.last_us, other.last_us)
    digest.evicted += other.evicted
    digest.shed += other.shed
    digest.redacted |= other.redacted


def _shapes(digest: Digest, other: Digest) -> Column:
    """Add the other's shapes; gives their numbers in ``digest`` by their number in ``other``."""
    table, theirs = digest.table, other.table
    n = theirs.count
    numbers = np.empty(n, np.int64)
    engines = theirs.engine[:n]
    for engine in np.unique(engines).tolist():
        at = np.flatnonzero(engines == engine)
        found = table.find(engine, theirs.fingerprint[at]).astype(np.int64)
        new = at[found < 0]
        if len(new):
            texts = [theirs.texts[i] for i in new.tolist()]
            found[found < 0] = table.append(
                engine, theirs.fingerprint[new], texts, theirs.kind[new], theirs.checksum[new]
            )
        numbers[at] = found
        table.checksum[found] = np.maximum(table.checksum[found], theirs.checksum[at])
    for name in COLUMNS:
        table.fold(name, numbers, theirs.columns[name][:n])
    # what each side may have missed: see `eviction`
    missing = np.ones(table.count, np.bool_)
    missing[numbers] = False
    table.bound[: table.count][missing] += theirs.floor
    table.bound[numbers] += theirs.bound[:n]
    table.floor += theirs.floor
    digest.samples.grow(table.count)
    return numbers


def _tallies(digest: Digest, other: Digest, shapes: Column) -> None:
    digest.sketch.raise_to(other.sketch.level)
    keys, (counts,) = other.sketch.tally.keys, other.sketch.tally.sums
    digest.sketch.add(shapes[keys >> BIN_BITS], keys & UNTIMED, counts, other.sketch.level)
    digest.hours.raise_to(other.hours.level)
    of, hours = other.hours.split(other.hours.tally.keys)
    calls, total_us = other.hours.tally.sums
    digest.hours.add(shapes[of], hours, calls, total_us, other.hours.level)
    digest.values.raise_to(other.values.level)
    of, values, counts = other.values.pairs()
    names = [
        digest.values.other(d) if v < DIMENSIONS else digest.values.number(d, text)
        for v, (d, text) in enumerate(zip(other.values.dimensions, other.values.texts, strict=True))
    ]
    digest.values.add(shapes[of], np.array(names, np.int64)[values], counts)
    for shape, forms in other.plans.forms.items():
        for form, seen in forms.items():
            digest.plans.offer(int(shapes[shape]), form, seen)
    for shape, plan in other.plans.slowest.items():
        digest.plans.keep(int(shapes[shape]), plan)
    for shape, count in other.plans.counts.items():
        number = int(shapes[shape])
        digest.plans.counts[number] = digest.plans.counts.get(number, 0) + count
    digest.plans.too_long += other.plans.too_long


def _samples(digest: Digest, other: Digest, shapes: Column, new_source: NDArray[np.int32]) -> None:
    mine, theirs, n = digest.samples, other.samples, other.table.count
    for slot in range(theirs.slots):
        at = np.flatnonzero(theirs.source[slot, :n] != EMPTY)
        if not len(at):
            continue

        def text(row: int, slot: int = slot, at: Column = at) -> Text:
            shape = at[row]
            return theirs.sql[slot, shape], theirs.parameters[slot, shape], int(theirs.flags[slot, shape])

        offered = np.ones(len(at), np.bool_)
        mine.offer(
            shapes[at],
            theirs.hash[slot, at],
            theirs.duration[slot, at],
            theirs.time[slot, at],
            new_source[theirs.source[slot, at]],
            theirs.offset[slot, at],
            theirs.line[slot, at],
            text,
            slowest=offered if slot == SLOWEST else ~offered,
            typical=~offered if slot == SLOWEST else offered,
        )


def _sequence(digest: Digest, other: Digest, new_source: NDArray[np.int32]) -> None:
    digest.sequence.raise_to(other.sequence.level)
    rows = dict(other.sequence.rows)
    rows["source"] = new_source[rows["source"]]
    digest.sequence.take(rows)
    digest.sequence.events += other.sequence.events
    for name in other.routes.names.values():
        digest.routes.add(name)


def _copy(group: Group) -> Group:
    copy = Group()
    copy.join(group)
    return copy
