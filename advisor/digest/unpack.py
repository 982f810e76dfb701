"""A digest out of the columns of a file. The file may be anybody's: what is used as an index is checked."""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np
from numpy.typing import NDArray

from advisor.digest.digest import Digest
from advisor.digest.group import Column
from advisor.digest.hours import Hours
from advisor.digest.layout import Head
from advisor.digest.pack import ABSENT, SAME
from advisor.digest.sequence import COLUMNS as SEQUENCE_COLUMNS
from advisor.digest.sequence import RANGES
from advisor.digest.shapetable import COLUMNS, ENGINES, KINDS
from advisor.digest.sketch import BIN_BITS, UNTIMED
from advisor.digest.sources import Source
from advisor.digest.values import DIMENSIONS
from advisor.model.batch import NO_TIME, Context

_MOST_LEVEL = 64
#: Columns of the sequence material that older files lack.
_SINCE_3 = frozenset({"trace", "route", "literals"})


class Sections:
    """Named columns of a file, with a check at every access."""

    def __init__(self, found: dict[str, NDArray[Any] | bytes]) -> None:
        self._found = found

    def has(self, name: str) -> bool:
        """Is there such a column?"""
        return name in self._found

    def column(self, name: str, dtype: type, length: int | None = None) -> NDArray[Any]:
        """A column of a type and length."""
        column = self._found.get(name)
        if column is None or isinstance(column, bytes):
            raise ValueError(f"section {name!r} is missing")
        if column.dtype != np.dtype(dtype).newbyteorder("<"):
            raise ValueError(f"section {name!r} is of the wrong type")
        if length is not None and len(column) != length:
            raise ValueError(f"section {name!r} has {len(column)} elements instead of {length}")
        return column.astype(dtype)

    def index(self, name: str, dtype: type, length: int, below: int) -> NDArray[Any]:
        """A column whose values are 0 <= value < ``below``."""
        column = self.column(name, dtype, length)
        if len(column) and not 0 <= int(column.min()) <= int(column.max()) < below:
            raise ValueError(f"section {name!r} points outside")
        return column

    def data(self, name: str) -> bytes:
        """A section of bytes."""
        found = self._found.get(name)
        if not isinstance(found, bytes):
            raise ValueError(f"section {name!r} is missing")
        return found

    def texts(self, name: str, length: int) -> list[bytes | int | None]:
        """A column of texts; None for one that is not there, SAME for one that another row has."""
        lengths = self.column(f"{name}.length", np.uint32, length).tolist()
        data = self.data(name)
        if sum(n for n in lengths if n < SAME) != len(data):
            raise ValueError(f"section {name!r} has a wrong size")
        texts: list[bytes | int | None] = []
        at = 0
        for n in lengths:
            texts.append(None if n == ABSENT else SAME if n == SAME else data[at : at + n])
            at += n if n < SAME else 0
        return texts

    def tally(self, name: str, width: int, bits: int, shapes: int) -> tuple[Column, list[Column]]:
        """Keys and sums of a tally whose keys have the shape above ``bits``."""
        differences = self.column(f"{name}.key", np.int64)
        keys = np.cumsum(differences)
        if len(keys) and (int(keys[0]) < 0 or (differences[1:] <= 0).any() or int(keys[-1]) >> bits >= shapes):
            raise ValueError(f"section {name!r} is not in order")
        sums = [self.column(f"{name}.sum{i}", np.int64, len(keys)) for i in range(width)]
        if any(len(s) and int(s.min()) < 0 for s in sums):
            raise ValueError(f"section {name!r} has negative counts")
        return keys, sums


def unpack(sections: Sections, max_shapes: int) -> Digest:
    """The digest that the sections hold. Raises ValueError and the like for anything that cannot be one."""
    head = msgspec.msgpack.decode(sections.data("head"), type=Head)
    levels = (head.sketch_level, head.hours_level, head.values_level, head.sequence_level)
    if not all(0 <= level <= _MOST_LEVEL for level in levels) or head.sketch_level > BIN_BITS:
        raise ValueError("a resolution is out of range")
    digest = Digest(max_shapes=max_shapes)
    for stored in head.sources:
        digest.sources.add(Source(stored.identity, [stored.account], stored.zoned, stored.engine, stored.witnesses))
    if len(digest.sources) != len(head.sources):
        raise ValueError("a source is named twice")
    n = _shapes(sections, digest)
    digest.table.floor = head.floor
    digest.sketch.level = head.sketch_level
    keys, sums = sections.tally("sketch", 1, BIN_BITS, n)
    if len(keys) and int((keys & UNTIMED).max()) >= UNTIMED >> 1:
        raise ValueError("a bin is out of range")
    digest.sketch.tally.replace(keys, sums)
    digest.hours.level = head.hours_level
    digest.hours.tally.replace(*sections.tally("hours", 2, Hours.BITS, n))
    _values(sections, digest, head, n)
    _samples(sections, digest, n)
    _sequence(sections, digest, head)
    digest.sessions.add(sections.column("sessions", np.uint64))
    digest.shapes_seen.add(sections.column("shapes_seen", np.uint64))
    _incidents(digest, head, n)
    for database, user, application, host, calls in head.contexts:
        digest.contexts.add(Context(database, user, application, host), calls)
    digest.contexts.other = head.contexts_other
    digest.versions = {name: set(found) for name, found in head.versions.items()}
    digest.capture = head.capture
    digest.events, digest.timed, digest.total_us = head.events, head.timed, head.total_us
    digest.first_us, digest.last_us = head.first_us, head.last_us
    digest.evicted, digest.shed, digest.redacted = head.evicted, head.shed, head.redacted
    return digest


def _shapes(sections: Sections, digest: Digest) -> int:
    table = digest.table
    fingerprints = sections.column("shape.fingerprint", np.uint64)
    n = len(fingerprints)
    engines = sections.index("shape.engine", np.int8, n, len(ENGINES))
    kinds = sections.index("shape.kind", np.int8, n, len(KINDS))
    checksums = sections.column("shape.checksum", np.uint64, n)
    texts = sections.texts("shape.text", n)
    if (np.diff(engines) < 0).any():
        raise ValueError("shapes are not in order")
    for engine in range(len(ENGINES)):
        first, last = np.searchsorted(engines, np.array([engine, engine + 1], np.int8)).tolist()
        if first == last:
            continue
        if (fingerprints[first + 1 : last] <= fingerprints[first : last - 1]).any():
            raise ValueError("shapes are not in order")
        part = slice(first, last)
        table.append(
            engine,
            fingerprints[part],
            [t if isinstance(t, bytes) else b"" for t in texts[part]],
            kinds[part],
            checksums[part],
        )
    table.bound[:n] = sections.column("shape.bound", np.int64, n)
    for name, (how, _) in COLUMNS.items():
        column = sections.column(f"shape.{name}", np.int64, n)
        if how == "sum" and n and int(column.min()) < 0:
            raise ValueError(f"section 'shape.{name}' has negative counts")
        table.columns[name][:n] = column
    return n


def _values(sections: Sections, digest: Digest, head: Head, n: int) -> None:
    values = digest.values
    for dimension, text in head.values:
        if not 0 <= dimension < DIMENSIONS:
            raise ValueError("a dimension is out of range")
        values.number(dimension, text)
    if len(values.texts) != DIMENSIONS + len(head.values):
        raise ValueError("a value is named twice")
    keys, sums = sections.tally("values", 1, values.BITS, n)
    if len(keys) and int((keys & ((1 << values.BITS) - 1)).max()) >= len(values.texts):
        raise ValueError("a value is out of range")
    values.level = head.values_level
    values.tally.replace(keys, sums)


def _samples(sections: Sections, digest: Digest, n: int) -> None:
    samples = digest.samples
    samples.grow(n)
    count = len(sections.column("sample.shape", np.int32))
    shape = sections.index("sample.shape", np.int32, count, n)
    slot = sections.index("sample.slot", np.int8, count, samples.slots)
    if count and (np.diff(shape.astype(np.int64) * samples.slots + slot) <= 0).any():
        raise ValueError("samples are not in order")
    source = sections.index("sample.source", np.int32, count, len(digest.sources))
    at = (slot, shape)
    samples.source[at] = source
    samples.hash[at] = sections.column("sample.hash", np.uint64, count)
    for name in ("duration", "time", "offset", "line"):
        getattr(samples, name)[at] = sections.column(f"sample.{name}", np.int64, count)
    samples.flags[at] = sections.column("sample.flags", np.int8, count)
    sql = sections.texts("sample.sql", count)
    for i, (s, k) in enumerate(zip(shape.tolist(), slot.tolist(), strict=True)):
        samples.sql[k, s] = samples.sql[0, s] if sql[i] == SAME else sql[i]
    parameters = sections.texts("sample.parameters", count)
    for i, (s, k) in enumerate(zip(shape.tolist(), slot.tolist(), strict=True)):
        given = parameters[i]
        samples.parameters[k, s] = given if isinstance(given, bytes) else None
    samples.recount(n)


def _sequence(sections: Sections, digest: Digest, head: Head) -> None:
    length = len(sections.column("sequence.session", np.uint64))
    rows = {
        name: sections.column(f"sequence.{name}", dtype, length)
        if name not in _SINCE_3 or sections.has(f"sequence.{name}")
        else np.zeros(length, dtype)
        for name, dtype in SEQUENCE_COLUMNS.items()
    }
    sections.index("sequence.source", np.int32, length, max(len(digest.sources), 1))
    for name, (least, most) in RANGES.items():
        known = rows[name] if name != "start_us" else rows[name][rows[name] != NO_TIME]
        if len(known) and not least <= int(known.min()) <= int(known.max()) <= most:
            raise ValueError(f"section 'sequence.{name}' holds what no log says")
    digest.sequence.level = head.sequence_level
    digest.sequence.events = head.sequence_events
    for name in head.routes:
        digest.routes.add(name)
    digest.sequence.take(rows)


def _incidents(digest: Digest, head: Head, n: int) -> None:
    incidents = digest.incidents
    for group in head.groups:
        if not 0 <= group.engine < len(ENGINES):
            raise ValueError("an engine is out of range")
        incidents.put((group.kind, group.engine, group.fingerprint, group.label, group.detail), group.group)
    for deadlock in head.deadlocks:
        if not 0 <= deadlock.engine < len(ENGINES):
            raise ValueError("an engine is out of range")
        incidents.put_deadlock(deadlock)
    for wait in head.waits:
        if not 0 <= wait.engine < len(ENGINES):
            raise ValueError("an engine is out of range")
        incidents.waits.put(wait)
    for name, engine, time_us, value in head.settings:
        incidents.set(name, engine, time_us, value)
    for shape, key, form in head.plan_forms:
        if not 0 <= shape < n:
            raise ValueError("a plan is of no shape")
        digest.plans.offer(shape, key, form)
    for shape, plan in head.slowest_plans:
        if not 0 <= shape < n:
            raise ValueError("a plan is of no shape")
        digest.plans.keep(shape, plan)
    for shape, count in head.plan_counts:
        if not 0 <= shape < n:
            raise ValueError("a plan is of no shape")
        digest.plans.counts[shape] = count
    digest.plans.too_long = head.plans_too_long
