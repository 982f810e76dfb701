"""Writes that each commit alone, recognised from the order of statements within sessions."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import numpy as np

from advisor.digest.contexts import context_hash
from advisor.digest.effect import BEGIN, COMMIT, ROLLBACK, WRITE
from advisor.digest.shapetable import LONG_AGO, NEVER
from advisor.model.batch import NO_TIME
from advisor.model.observed import CommitStream

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

_Who = tuple[str | None, str | None, str | None]


def commit_streams(digest: Digest) -> list[CommitStream]:
    """Writes and their transactions per (database, user, application), most single-write transactions first.

    They come from the sessions in the sequence material. Writes between BEGIN and COMMIT are one transaction; so are
    writes before a COMMIT that no BEGIN precedes (autocommit is off, or a threshold hid the BEGIN). Where the log tells
    transaction ids, writes of one id are one transaction. Any other write commits alone. What was rolled back is a
    write but no commit. A transaction cut by the edge of the log counts as it stands. A log of plans alone shows no
    COMMIT: without transaction ids nothing is known of its commits, and none is counted.
    """
    digest.settle()
    rows = digest.sequence.rows
    acts = np.flatnonzero(np.isin(rows["effect"], [WRITE, BEGIN, COMMIT, ROLLBACK]))
    if not len(acts):
        return []
    scale = max(digest.sequence.events / len(rows["session"]), 1.0)
    names: dict[int, _Who] = {context_hash(c): (c.database, c.user, c.application) for c in digest.contexts.known}
    streams: dict[_Who, _Stream] = {}
    columns = ("source", "session", "effect", "transaction", "shape", "context", "start_us", "duration_us")
    session: tuple[int, int] | None = None
    blind = plans_alone(digest) and not np.isin(rows["effect"][acts], [BEGIN, COMMIT, ROLLBACK]).any()
    walk = _Session(blind)
    for row in zip(*(rows[name][acts].tolist() for name in columns), strict=True):
        source, connection, effect, transaction, shape, context, start_us, duration_us = row
        if (source, connection) != session:
            walk.end()
            session, walk = (source, connection), _Session(blind)
        if effect == WRITE:
            stream = streams.setdefault(names.get(context, (None, None, None)), _Stream())
            stream.write((source, connection), shape, start_us, duration_us)
            walk.write(stream, shape, transaction)
        elif effect == BEGIN:
            walk.begin()
        elif effect == COMMIT:
            walk.commit()
        else:
            walk.rollback()
    walk.end()
    found = [stream.row(who, scale) for who, stream in streams.items()]
    return sorted(found, key=lambda r: (-r.single_write_commits, -r.writes, *(name or "" for name in _who(r))))


def plans_alone(digest: Digest) -> bool:
    """Whether some log told its statements by the plans of auto_explain only."""
    return any(key.split("/")[1] == "auto_explain" for key in digest.capture.observed)


def _who(row: CommitStream) -> _Who:
    return row.database, row.user, row.application


class _Stream:
    """Writes of one (database, user, application)."""

    def __init__(self) -> None:
        self.sessions: set[tuple[int, int]] = set()
        self.writes = self.commits = self.single = 0
        self.first, self.last = NEVER, LONG_AGO
        self.shapes: Counter[int] = Counter()
        self.alone: Counter[int] = Counter()

    def write(self, session: tuple[int, int], shape: int, start_us: int, duration_us: int) -> None:
        self.sessions.add(session)
        self.writes += 1
        self.shapes[shape] += 1
        if start_us != NO_TIME:
            self.first = min(self.first, start_us)
            self.last = max(self.last, start_us + max(duration_us, 0))

    def commit(self, shapes: list[int]) -> None:
        self.commits += 1
        if len(shapes) == 1:
            self.single += 1
            self.alone[shapes[0]] += 1

    def row(self, who: _Who, scale: float) -> CommitStream:
        shapes = self.alone or self.shapes
        commonest = min(shapes, key=lambda s: (-shapes[s], s))
        sessions, writes, commits, single = (
            round(n * scale) for n in (len(self.sessions), self.writes, self.commits, self.single)
        )
        seconds = (self.last - self.first) / 1e6 if self.first != NEVER else 0.0
        return CommitStream(*who, sessions, writes, commits, single, seconds, f"{commonest:016x}", scale > 1.0)


class _Session:
    """The transaction that a session is in: its writes that are not known to be committed yet."""

    def __init__(self, blind: bool) -> None:
        self._blind = blind
        self._begun = False
        self._open: list[tuple[_Stream, int, int]] = []

    def write(self, stream: _Stream, shape: int, transaction: int) -> None:
        self._open.append((stream, shape, transaction))
        if len(self._open) > _LONGEST:
            self.end()

    def begin(self) -> None:
        self.end()
        self._begun = True

    def commit(self) -> None:
        if self._open:
            self._open[-1][0].commit([shape for _, shape, _ in self._open])
        self._open, self._begun = [], False

    def rollback(self) -> None:
        self._open, self._begun = [], False

    def end(self) -> None:
        """No COMMIT follows: what BEGIN opened is one transaction, other writes commit alone or by their id."""
        if self._begun:
            self.commit()
            return
        group: list[int] = []
        for i, (stream, shape, transaction) in enumerate(self._open):
            group.append(shape)
            following = self._open[i + 1][2] if i + 1 < len(self._open) else 0
            if transaction == 0 or following != transaction:
                if transaction or not self._blind:
                    stream.commit(group)
                group = []
        self._open = []


#: Writes looked back on when a COMMIT comes without a BEGIN; more are many transactions, not one.
_LONGEST = 10_000
