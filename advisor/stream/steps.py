"""The statements that are work, in the order in which each client ran them."""

from __future__ import annotations

from dataclasses import dataclass, fields
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import READ, RESET, WRITE
from advisor.digest.hashing import mix_pair
from advisor.digest.sequence import Rows
from advisor.model.batch import KEY_HASHES, NO_TIME
from advisor.stream.clock import ticks_us
from advisor.stream.transactions import transactions

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Steps:
    """Reads and writes, ordered by stream: a traced request (over all its sessions), or else a session.

    All columns have one element a step. What was left out (BEGIN, COMMIT, SET, noise) shows in `transaction`,
    `transaction_end` and `reset_before`.
    """

    row: Ints
    """Index into the rows that they were made from."""
    stream: Ints
    """Number of the request or session."""
    traced: Flags
    session: Ints
    """Number of the session over all sources."""
    source: Ints
    offset: Ints
    """Place in its source: the order in which statements ended."""
    shape: Ints
    """Index into `fingerprints`."""
    fingerprints: list[str]
    write: Flags
    transaction: Ints
    """0: the statement is its own transaction."""
    reset_before: Flags
    """The connection was cleaned for another user since the step before."""
    start: Ints
    """Microseconds; NO_TIME where unknown."""
    end: Ints
    duration: Ints
    """0 where unknown."""
    literals: NDArray[np.uint64]
    key: NDArray[np.uint32]
    """Hash of the first value."""
    values: NDArray[np.uint32]
    """(n, KEY_HASHES): hashes of the first values, 0 for none."""
    in_count: Ints
    rows: Ints
    """Rows sent or affected; -1 unknown."""
    context: NDArray[np.uint64]
    route: NDArray[np.uint64]
    tick: Ints
    """Microseconds of the clock's tick, 0 where no time is known."""

    def __len__(self) -> int:
        return len(self.row)

    def chosen(self, positions: Ints, stream: Ints) -> Steps:
        """Some steps in another order, told apart by other streams."""
        columns = {
            column.name: getattr(self, column.name)[positions]
            for column in fields(self)
            if column.name not in ("fingerprints", "stream")
        }
        return Steps(fingerprints=self.fingerprints, stream=stream, **columns)

    @cached_property
    def first(self) -> Flags:
        """First of its stream."""
        return np.concatenate(([True], self.stream[1:] != self.stream[:-1])) if len(self) else np.zeros(0, np.bool_)

    @cached_property
    def idle(self) -> Ints:
        """Microseconds since the end of the step before, 0 or more; -1 where that is not known (or first)."""
        found = np.full(len(self), -1, np.int64)
        if len(self) > 1:
            known = ~self.first[1:] & (self.start[1:] != NO_TIME) & (self.start[:-1] != NO_TIME)
            found[1:] = np.where(known, np.maximum(self.start[1:] - self.end[:-1], 0), -1)
        return found


def steps(rows: Rows, noise: frozenset[str] = frozenset()) -> Steps:
    """The steps of sequence material, without the shapes that are ``noise``."""
    count = len(rows["session"])
    source, session = rows["source"], rows["session"]
    # rows are ordered by source and session, so that equal sessions stand together
    changes = (source[1:] != source[:-1]) | (session[1:] != session[:-1])
    number = np.concatenate(([0], np.cumsum(changes))).astype(np.int64)[:count]
    transaction = transactions(rows, number)
    trace = _spread(rows["trace"], number)
    numbers, shape = np.unique(rows["shape"], return_inverse=True)
    fingerprints = [f"{n:016x}" for n in numbers.tolist()]
    quiet = np.array([name in noise for name in fingerprints] or [False], np.bool_)[shape]
    effect = rows["effect"]
    kept = np.flatnonzero(((effect == READ) | (effect == WRITE)) & ~quiet)
    resets = np.cumsum(effect == RESET)

    traced = trace[kept] != 0
    group = np.where(traced, mix_pair(trace[kept], source[kept].astype(np.uint64)), number[kept].astype(np.uint64))
    start = rows["start_us"][kept]
    # a request that several sessions served is ordered by time; a session already is ordered
    when = np.where(traced & (start != NO_TIME), start, 0)
    order = np.lexsort((kept, when, group, traced))
    kept, traced, group = kept[order], traced[order], group[order]
    start, duration = rows["start_us"][kept], np.maximum(rows["duration_us"][kept], 0)
    opens = np.concatenate(([True], (group[1:] != group[:-1]) | (traced[1:] != traced[:-1])))[: len(kept)]
    since = resets[kept]
    same = np.concatenate(([False], number[kept][1:] == number[kept][:-1]))[: len(kept)]
    ticks = ticks_us(source, rows["start_us"], rows["duration_us"])
    tick = np.array([ticks.get(i) or 0 for i in range(int(source.max()) + 1 if count else 1)], np.int64)
    return Steps(
        row=kept,
        stream=np.cumsum(opens) - 1,
        traced=traced,
        session=number[kept],
        source=source[kept].astype(np.int64),
        offset=rows["offset"][kept],
        shape=shape[kept].astype(np.int64),
        fingerprints=fingerprints,
        write=effect[kept] == WRITE,
        transaction=transaction[kept],
        reset_before=same & ~opens & (np.diff(since, prepend=0) > 0),
        start=start,
        end=np.where(start != NO_TIME, start + duration, NO_TIME),
        duration=duration,
        literals=rows["literals"][kept],
        key=rows["key0"][kept],
        values=np.stack([rows[f"key{i}"][kept] for i in range(KEY_HASHES)], axis=1),
        in_count=rows["in_count"][kept].astype(np.int64),
        rows=rows["rows"][kept],
        context=rows["context"][kept],
        route=rows["route"][kept],
        tick=tick[source[kept]] if count else np.zeros(0, np.int64),
    )


def _spread(trace: NDArray[np.uint64], session: Ints) -> NDArray[np.uint64]:
    """Traces, given to untagged statements too that stand between two of one request in a session."""
    tagged = trace != 0
    if not tagged.any() or tagged.all():
        return trace
    at = np.arange(len(trace))
    before = np.maximum.accumulate(np.where(tagged, at, -1))
    after = np.minimum.accumulate(np.where(tagged, at, len(trace))[::-1])[::-1]
    held = (before >= 0) & (after < len(trace)) & ~tagged
    left, right = np.maximum(before, 0), np.minimum(after, len(trace) - 1)
    held &= (trace[left] == trace[right]) & (session[left] == session) & (session[right] == session)
    return np.where(held, trace[left], trace)
