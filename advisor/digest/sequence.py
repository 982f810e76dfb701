"""The events of some sessions in their order: what N+1 queries, chatty commits and transactions are recognised from.

Whole sessions are kept, and whole requests where tags name them: those whose hash, as a share of the hash range, is
below 2^-k, with the smallest k that keeps at most LIMITS.sequence_events. A larger set of events never has a smaller k,
so a merge ends at the same k, with the same sessions, whatever its grouping. Of one session (or request) only the
first LIMITS.sequence_session_events are kept. Pieces of a session in different digests join when they meet: everything
is ordered by (source, session, offset).
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from numpy.typing import NDArray

from advisor.digest.contexts import context_hash
from advisor.digest.hashing import mix, mix_pair, text_hash
from advisor.model.batch import KEY_HASHES, NO_TIME, Batch

if TYPE_CHECKING:
    from advisor.digest.digest import Digest
    from advisor.digest.fold import Slice

#: Column -> type. Those of one event; `source` numbers the digest's sources. `trace` is the request that tags name and
#: `route` the place in the application (`Digest.routes`), 0 where they name none. `literals` hashes all values of the
#: statement, `key0`... the first four one by one. `rows` are those sent, or else affected; -1 unknown.
COLUMNS: dict[str, type] = {
    "source": np.int32,
    "session": np.uint64,
    "offset": np.int64,
    "start_us": np.int64,
    "duration_us": np.int64,
    "transaction": np.uint64,
    "shape": np.uint64,
    "effect": np.int8,
    "trace": np.uint64,
    "route": np.uint64,
    "context": np.uint64,
    "literals": np.uint64,
    "in_count": np.int32,
    "rows": np.int64,
    "key0": np.uint32,
    "key1": np.uint32,
    "key2": np.uint32,
    "key3": np.uint32,
}
#: What a log can say of an event: years 1 to 9999. Times and durations are added up in 64 bits.
RANGES: dict[str, tuple[int, int]] = {
    "start_us": (-(2**56), 2**58),
    "duration_us": (-1, 2**47),
    "in_count": (-1, 2**31 - 1),
    "rows": (-1, 2**53),
}
_HASHES = 64
Rows = dict[str, NDArray[Any]]


class Sequence:
    """Events of sampled sessions. Times and durations as in `Batch`; `shape` is the fingerprint as a number."""

    def __init__(self, most: int, most_of_session: int) -> None:
        self._most = most
        self._most_of_session = most_of_session
        self.level = 0
        """k: sessions are kept whose hash is below 2^-k."""
        self._pending: list[Rows] = []
        self._waiting = 0
        self.rows: Rows = {name: np.zeros(0, dtype) for name, dtype in COLUMNS.items()}
        """After `settle`: ordered by source, session, offset."""
        self._ordered = True
        self.events = 0
        """Events that had a session: what the kept ones are a sample of."""

    def add(self, batch: Batch, part: Slice, numbers: NDArray[np.int32], source: int, digest: Digest) -> None:
        """Take a batch's events."""
        session = batch.session[part.part]
        known = session != 0
        if part.continues is not None:
            known &= ~part.continues  # a further fetch of a result is no step of its own
        self.events += int(np.count_nonzero(known))
        traces, routes = _places(batch, batch.tag[part.part], digest)
        at = np.flatnonzero(known & self._kept(session, traces))
        if not len(at):
            return
        keys = batch.keys[part.part]
        rows_sent, rows_affected = batch.rows_sent[part.part][at], batch.rows_affected[part.part][at]
        shapes = numbers[at]
        contexts = np.array([context_hash(c) for c in batch.contexts] or [0], np.uint64)
        rows: Rows = {
            "source": np.full(len(at), source, np.int32),
            "session": session[at],
            "offset": batch.offset[part.part][at],
            "start_us": _dated(part.time[at]),
            "duration_us": part.duration[at],
            "transaction": batch.transaction[part.part][at],
            "shape": digest.table.fingerprint[shapes],
            "effect": digest.table.effect[shapes],
            "trace": traces[at],
            "route": routes[at],
            "context": contexts[batch.context[part.part][at]],
            "literals": batch.literals[part.part][at],
            "in_count": batch.in_count[part.part][at],
            "rows": np.clip(np.where(rows_sent >= 0, rows_sent, rows_affected), *RANGES["rows"]),
        }
        for i in range(KEY_HASHES):
            rows[f"key{i}"] = np.ascontiguousarray(keys[at, i])
        self.take(rows)

    def take(self, rows: Rows) -> None:
        """Take events (and the dict of their columns, which is emptied later)."""
        self._pending.append(rows)
        self._waiting += len(rows["session"])
        if self._waiting + len(self.rows["session"]) > self._most + max(self._most // 4, 4096):
            self._gather()
            if len(self.rows["session"]) > self._most:
                self._fit()

    def _gather(self) -> None:
        """Put what was taken to the rest, in no order."""
        if not self._waiting:
            self._pending.clear()
            return
        pieces = [self.rows, *self._pending]
        kept = [self._kept(piece["session"], piece["trace"]) for piece in pieces]
        for name in COLUMNS:  # column by column, each freed at once: this is most of a digest's memory
            columns = [piece.pop(name) for piece in pieces]
            self.rows[name] = np.concatenate([c[k] for c, k in zip(columns, kept, strict=True)])
        self._pending.clear()
        self._waiting = 0
        self._ordered = False

    def _kept(self, session: NDArray[np.uint64], trace: NDArray[np.uint64]) -> NDArray[np.bool_]:
        if not self.level:
            return np.ones(len(session), np.bool_)
        if self.level >= _HASHES:
            return np.zeros(len(session), np.bool_)
        return mix(_unit(session, trace)) < np.uint64(1 << (_HASHES - self.level))

    def raise_to(self, level: int) -> None:
        """Take a higher level: drop the sessions that it does not keep."""
        if level > self.level:
            self.level = level
            kept = self._kept(self.rows["session"], self.rows["trace"])
            for name in COLUMNS:
                self.rows[name] = self.rows[name][kept]

    def settle(self) -> None:
        """Order what has been taken, and keep the bounds."""
        self._gather()
        if not self._ordered:
            self.rows = self._cut_sessions(in_order(self.rows))
            self._ordered = True
        self._raise()

    def _fit(self) -> None:
        """Keep the bounds; order the events only where that takes knowing which are the first of a session."""
        unit = _unit(self.rows["session"], self.rows["trace"])
        _, counts = np.unique(mix_pair(unit, self.rows["source"].astype(np.uint64)), return_counts=True)
        if int(counts.max()) > self._most_of_session:
            self.settle()
        else:
            self._raise()

    def _raise(self) -> None:
        while len(self.rows["session"]) > self._most and self.level < _HASHES:
            self.raise_to(self.level + 1)

    def _cut_sessions(self, rows: Rows) -> Rows:
        count = len(rows["session"])
        if count <= self._most_of_session:
            return rows
        source, unit = rows["source"], _unit(rows["session"], rows["trace"])
        order = np.lexsort((unit, source))  # stable: within a unit by session and offset
        source, unit = source[order], unit[order]
        starts = np.concatenate(([0], np.flatnonzero((source[1:] != source[:-1]) | (unit[1:] != unit[:-1])) + 1))
        rank = np.empty(count, np.int64)
        rank[order] = np.arange(count) - np.repeat(starts, np.diff(starts, append=count))
        kept = rank < self._most_of_session
        return rows if kept.all() else {name: column[kept] for name, column in rows.items()}


def _dated(time: NDArray[np.int64]) -> NDArray[np.int64]:
    """Times of another millennium as unknown."""
    least, most = RANGES["start_us"]
    return np.where((time < least) | (time > most), NO_TIME, time)


def _unit(session: NDArray[np.uint64], trace: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """What is kept or left as a whole: the request that tags name, else the session."""
    return np.where(trace != 0, trace, session)


def thinned(rows: Rows, level: int, most: int) -> Rows:
    """About ``most`` of the rows of a sample of this level: whole units, as a higher level would have kept them.

    Where the next level would leave nothing, more are kept.
    """
    units = mix(_unit(rows["session"], rows["trace"]))
    kept = np.ones(len(units), np.bool_)
    while np.count_nonzero(kept) > most and level < _HASHES - 1:
        level += 1
        fewer = units < np.uint64(1 << (_HASHES - level))
        if not fewer.any():
            break
        kept = fewer
    return rows if kept.all() else {name: column[kept] for name, column in rows.items()}


def in_order(rows: Rows) -> Rows:
    """Rows by source, session, offset; equal ones by what else they hold, so that no order of arrival shows."""
    leading = ("source", "session", "offset")
    order = np.lexsort([rows[name] for name in reversed(leading)])
    tied = np.ones(max(len(order) - 1, 0), np.bool_)
    for name in leading:
        column = rows[name][order]
        tied &= column[1:] == column[:-1]
    if tied.any():
        rest = [name for name in COLUMNS if name not in leading]
        order = np.lexsort([rows[name] for name in reversed([*leading, *rest])])
    return {name: column[order] for name, column in rows.items()}


def _places(batch: Batch, tags: NDArray[np.int32], digest: Digest) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Hash of the request and number of the route that each event's tags name; 0 for none."""
    traces, routes = np.zeros(len(batch.tags) + 1, np.uint64), np.zeros(len(batch.tags) + 1, np.uint64)
    used = np.unique(tags)
    for tag in used[used >= 0].tolist():
        unit, route = digest.tags.place(batch.tags[tag])
        traces[tag] = text_hash(unit) if unit else 0
        routes[tag] = digest.routes.add(route) if route else 0
    return traces[tags], routes[tags]
