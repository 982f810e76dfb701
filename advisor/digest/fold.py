"""Folding one batch into the tables of a digest: numpy, one operation a column."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.group import Column, Grouped
from advisor.digest.hashing import mix, mix_pair
from advisor.digest.hours import HOUR_US
from advisor.digest.identities import cut
from advisor.digest.samples import CUT, Text
from advisor.digest.shapetable import LONG_AGO, NEVER
from advisor.digest.sketch import LONGEST_US, UNTIMED, bins_of
from advisor.digest.tally import sum_by_key
from advisor.digest.values import CONTEXT_DIMENSIONS
from advisor.model.batch import NO_TIME, UNKNOWN, Batch
from advisor.model.limits import LIMITS

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

#: Numbers above this are taken as this, so that no sum leaves 64 bits: a petabyte, or ten thousand billion rows.
_LARGEST = 1 << 50
#: The same for a counter's total time: 35,000 years of executions.
_LARGEST_TOTAL_US = 1 << 60
_MEASURES = ("rows_sent", "rows_examined", "rows_affected", "lock_us", "temp_bytes")


class Slice:
    """Columns of a stretch of a batch, with unknown and impossible values dealt with."""

    def __init__(self, batch: Batch, start: int, stop: int) -> None:
        self.batch = batch
        self.start = start
        part = slice(start, stop)
        self.part = part
        self.counter = batch.calls is not None
        """Rows stand for several executions each."""
        self.continues: NDArray[np.bool_] | None = None
        """Rows that are a further part of an execution counted before: they add time, and to the slowest."""
        self.weights: Column | None = None
        """Executions a row; None: one each."""
        if batch.calls is not None:
            self.weights = np.maximum(batch.calls[part], 0)
        elif batch.continues is not None and batch.continues[part].any():
            self.continues = batch.continues[part]
            self.weights = (~self.continues).astype(np.int64)
        longest = LONGEST_US if batch.calls is None else _LARGEST_TOTAL_US
        self.duration = _bounded(batch.duration_us[part], longest)
        self.time = batch.time_us[part]
        self.untimed: NDArray[np.bool_] | None = self.duration < 0
        if not self.untimed.any():
            self.untimed = None
        self.dateless: NDArray[np.bool_] | None = self.time == NO_TIME
        if not self.dateless.any():
            self.dateless = None

    def __len__(self) -> int:
        return len(self.time)

    def bins(self) -> Column:
        """Sketch bins; UNTIMED where a row has no duration, or is not one execution."""
        if self.counter:
            return np.full(len(self), UNTIMED, np.int64)
        if self.untimed is None:
            bins = bins_of(self.duration)
        else:
            bins = np.where(self.untimed, UNTIMED, bins_of(np.maximum(self.duration, 0)))
        return bins if self.continues is None else np.where(self.continues, UNTIMED, bins)


def fold(digest: Digest, batch: Batch, source: int, start: int, stop: int) -> None:
    """Fold the events start..stop of a batch into the digest."""
    part = Slice(batch, start, stop)
    # a new shape's first event is often its sample too: its text is made once
    texts: dict[int, str] = {}

    def sql(event: int) -> str:
        text = texts[event] = batch.texts.sql(start + event)
        return text

    numbers = digest.identities.numbers(batch.engine.name, batch.shape_key[part.part], sql, digest.table)
    digest.samples.grow(digest.table.count)
    grouped = Grouped(numbers, part.bins())
    calls = grouped.counts if part.weights is None else grouped.sum(part.weights[grouped.order])
    totals = _durations(digest, part, grouped, calls)
    _measures(digest, part, grouped)
    _times(digest, part, grouped, calls, totals)
    _dimensions(digest, part, grouped)
    _events(digest, part, numbers, source, texts)


def _durations(digest: Digest, part: Slice, grouped: Grouped, calls: Column) -> Column:
    table, shapes = digest.table, grouped.shapes
    table.fold("calls", shapes, calls)
    if part.untimed is None:
        ordered, timed = part.duration[grouped.order], calls
    else:
        ordered = np.maximum(part.duration, 0)[grouped.order]
        known = ~part.untimed[grouped.order]
        timed = grouped.sum(known.astype(np.int64) if part.weights is None else known * part.weights[grouped.order])
    totals = grouped.sum(ordered)
    table.fold("timed", shapes, timed)
    table.fold("total_us", shapes, totals)
    digest.events += int(calls.sum())
    digest.timed += int(timed.sum())
    digest.total_us += int(totals.sum())
    if not part.counter:
        digest.sketch.add(*grouped.bins())
        fastest = slowest = ordered
        if part.untimed is not None:
            fastest, slowest = np.where(known, ordered, NEVER), np.where(known, ordered, -1)
        if part.continues is not None:
            fastest = np.where(part.continues[grouped.order], NEVER, fastest)
        table.fold("min_us", shapes, grouped.least(fastest))
        table.fold("max_us", shapes, grouped.most(slowest))
    return totals


def _measures(digest: Digest, part: Slice, grouped: Grouped) -> None:
    table, shapes, batch = digest.table, grouped.shapes, part.batch
    weights = None if part.weights is None else part.weights[grouped.order]
    for name in _MEASURES:
        column = _bounded(getattr(batch, name)[part.part], _LARGEST)
        if int(column.max()) < 0:
            continue
        column = column[grouped.order]
        known = None if int(column.min()) >= 0 else column >= 0
        if known is None:
            counts = grouped.counts if weights is None else grouped.sum(weights)
        else:
            column = np.where(known, column, 0)
            counts = grouped.sum(known.astype(np.int64) if weights is None else known * weights)
        table.fold(name, shapes, grouped.sum(column))
        table.fold(f"{name}_known", shapes, counts)
    if int(batch.in_count[part.part].max()) > 0:
        table.fold("in_count", shapes, grouped.most(batch.in_count[part.part][grouped.order].astype(np.int64)))
    if batch.query_ids is not None:
        ids = batch.query_ids[part.part][grouped.order]
        table.fold("query_id", shapes, grouped.least(np.where(ids == 0, NEVER, ids)))


def _times(digest: Digest, part: Slice, grouped: Grouped, calls: Column, totals: Column) -> None:
    table, shapes = digest.table, grouped.shapes
    ordered = part.time[grouped.order]
    first = grouped.least(ordered if part.dateless is None else np.where(part.dateless[grouped.order], NEVER, ordered))
    last = grouped.most(ordered)  # NO_TIME is the least of all times
    table.fold("first_us", shapes, first)
    table.fold("last_us", shapes, last)
    earliest, latest = int(first.min()), int(last.max())
    if latest == LONG_AGO:
        return
    digest.first_us = min(digest.first_us, earliest)
    digest.last_us = max(digest.last_us, _end(part))
    low, high = earliest // HOUR_US, latest // HOUR_US
    if part.dateless is None and low == high:
        digest.hours.add(shapes, np.full(len(shapes), low), calls, totals)
        return
    span = high - low + 1
    hour = part.time // HOUR_US - low
    weights = np.ones(len(part), np.int64) if part.weights is None else part.weights
    spent = np.maximum(part.duration, 0)
    place = np.empty(len(part), np.int64)
    place[grouped.order] = grouped.place
    if part.dateless is not None:
        dated = ~part.dateless
        hour, weights, spent, place = hour[dated], weights[dated], spent[dated], place[dated]
    if span <= 1 << 40:
        keys, (counts, sums) = sum_by_key(place * span + hour, [weights, spent])
        place, hour = np.divmod(keys, span)
        digest.hours.add(shapes[place], hour + low, counts, sums)
    else:
        digest.hours.add(shapes[place], hour + low, weights, spent)


def _end(part: Slice) -> int:
    """When the last event of the batch ended."""
    time = part.time if part.dateless is None else part.time[~part.dateless]
    duration = part.duration if part.dateless is None else part.duration[~part.dateless]
    if part.counter:
        return int(time.max())
    return min(int((np.minimum(time, NEVER - LONGEST_US) + np.maximum(duration, 0)).max()), NEVER - 1)


def _dimensions(digest: Digest, part: Slice, grouped: Grouped) -> None:
    batch, values = part.batch, digest.values
    codes = batch.context[part.part]
    for dimension, name in enumerate(CONTEXT_DIMENSIONS):
        found = [getattr(context, name) for context in batch.contexts]
        numbers = [-1 if value is None else values.number(dimension, value) for value in found]
        values.count(grouped, numbers, codes, part.weights)
    digest.contexts.count(batch.contexts, codes, part.weights)
    tags = batch.tag[part.part]
    if batch.tags and int(tags.max()) >= 0:
        parsed: dict[int, dict[int, int]] = {}  # dimension -> tag -> value
        used = np.unique(tags)
        for tag in used[used >= 0].tolist():
            for dimension, value in digest.tags.values(batch.tags[tag]):
                parsed.setdefault(dimension, {})[tag] = values.number(dimension, value)
        for dimension in sorted(parsed):
            by_tag = parsed[dimension]
            values.count(grouped, [by_tag.get(tag, -1) for tag in range(len(batch.tags))], tags, part.weights)


def _events(digest: Digest, part: Slice, numbers: NDArray[np.int32], source: int, known: dict[int, str]) -> None:
    """What needs the single events: sessions, samples, order. ``known`` are texts made before, by event."""
    batch = part.batch
    if not part.counter:
        session = batch.session[part.part]
        hashed = mix_pair(session, digest.sources.ids()[source])
        digest.sessions.add(hashed if int(session.min()) > 0 else hashed[session != 0])
        digest.sequence.add(batch, part, numbers, source, digest)
    literals = batch.literals[part.part]
    hashes = mix_pair(literals, part.time.view(np.uint64))
    offset = batch.offset[part.part]
    digest.sources.witness(source, offset, mix(hashes))
    texts, start = batch.texts, part.start

    def text(event: int) -> Text:
        sql, parameters = known.get(event), texts.parameters(start + event)
        if sql is None:
            sql = texts.sql(start + event)
        short = cut(sql, LIMITS.sample_bytes)
        short_parameters = None if parameters is None else cut(parameters, LIMITS.sample_bytes)
        whole = len(short) >= len(sql) and (parameters is None or len(short_parameters or b"") >= len(parameters))
        return short, short_parameters, 0 if whole else CUT

    if not part.counter:
        digest.samples.offer(
            numbers.astype(np.int64),
            hashes,
            part.duration,
            part.time,
            np.broadcast_to(np.int32(source), numbers.shape),
            offset,
            batch.line[part.part],
            text,
        )
    else:  # a counter's row has no execution of its own: its text is a sample, its time is not
        none = np.broadcast_to(np.int64(UNKNOWN), numbers.shape)
        zero = np.broadcast_to(np.int32(source), numbers.shape)
        digest.samples.offer(
            numbers.astype(np.int64), hashes, none, part.time, zero, offset, batch.line[part.part], text
        )


def _bounded(column: Column, largest: int) -> Column:
    return np.minimum(column, largest) if len(column) and int(column.max()) > largest else column
