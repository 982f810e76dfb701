"""Which database a statement ran in, where the log leaves it out.

A server writes `use x;` only when the database of a statement differs from that of the statement *logged before it*,
in whatever session that was (`File_query_log::write_slow` in MySQL, `MYSQL_QUERY_LOG::write` in MariaDB; seen in
fixtures/mysql). So a record without `use` ran in the database that the last `use` named; or its session has no
database at all, which such a log cannot show.

A `use` that changes nothing was not written by one server: the file was merged, filtered or edited. From there on a
`use` is believed for its own session only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.model.batch import Context
from advisor.model.limits import LIMITS
from advisor.sources.framed import Framed
from advisor.sources.mysql.record import SCHEMA, USE


class Mark(NamedTuple):
    """A `use` line at a record's start within the block; session 0 and database None: the server (re)started."""

    start: int
    session: int
    database: str | None


class Databases:
    """The databases that are current while a log is read in order."""

    def __init__(self) -> None:
        self._log: str | None = None
        self._one_writer = True
        self._session: dict[int, str | None] = {}

    def fill(
        self, framed: Framed, flags: NDArray[np.uint8], marks: Sequence[Mark]
    ) -> tuple[Sequence[Context], NDArray[np.int32]]:
        """Contexts and their indexes with the databases that the records inherit; `marks` come from other records."""
        used = np.flatnonzero((flags & (USE | SCHEMA)) == USE)
        wanting = np.flatnonzero((flags & (USE | SCHEMA)) == 0)
        columns = (framed.start[used], framed.session[used], framed.context[used])
        every = [
            Mark(start, session, framed.contexts[context].database)
            for start, session, context in zip(*(column.tolist() for column in columns), strict=True)
        ]
        if marks:
            every = sorted([*every, *marks], key=lambda mark: mark.start)
        names: dict[str | None, int] = {None: 0}
        chosen = np.zeros(len(wanting), np.int64)
        starts = framed.start[wanting]
        taken = rows = 0
        if self._one_writer:
            taken, rows = self._as_one(every, starts, chosen, names)
        if not self._one_writer:
            self._by_session(every[taken:], starts, framed.session[wanting], chosen, names, rows)
        if not chosen.any():
            return framed.contexts, framed.context
        return _assign(framed, wanting, chosen, list(names))

    def _as_one(
        self, marks: Sequence[Mark], starts: NDArray[np.int64], chosen: NDArray[np.int64], names: dict[str | None, int]
    ) -> tuple[int, int]:
        """Rows up to the first `use` that changes nothing, or all. Returns how many marks and rows were settled."""
        current = [names.setdefault(self._log, len(names))]
        for mark in marks:
            if mark.database is not None and mark.database == self._log:
                self._one_writer = False
                break
            self._remember(mark)
            current.append(names.setdefault(self._log, len(names)))
        taken = len(current) - 1
        edges = np.searchsorted(starts, [mark.start for mark in marks[: taken + 1]])
        last = int(edges[taken]) if taken < len(marks) else len(starts)
        widths = np.diff(np.concatenate([[0], edges[:taken], [last]]))
        chosen[:last] = np.repeat(current, widths)
        return taken, last

    def _by_session(
        self,
        marks: Sequence[Mark],
        starts: NDArray[np.int64],
        sessions: NDArray[np.uint64],
        chosen: NDArray[np.int64],
        names: dict[str | None, int],
        first: int,
    ) -> None:
        """Each row takes the last mark of its session before it; a server start forgets them all."""
        restarts = [number for number, mark in enumerate(marks) if not mark.session]
        begin, row = 0, first
        for end in [*restarts, len(marks)]:
            until = int(np.searchsorted(starts, marks[end].start)) if end < len(marks) else len(starts)
            rows = slice(row, max(row, until))
            self._between_starts(marks[begin:end], starts[rows], sessions[rows], chosen[rows], names)
            if end < len(marks):
                self._remember(marks[end])
            begin, row = end + 1, rows.stop

    def _between_starts(
        self,
        marks: Sequence[Mark],
        starts: NDArray[np.int64],
        sessions: NDArray[np.uint64],
        chosen: NDArray[np.int64],
        names: dict[str | None, int],
    ) -> None:
        count = len(marks)
        whose = np.concatenate([np.array([mark.session for mark in marks], np.uint64), sessions])
        place = np.concatenate([np.array([mark.start for mark in marks], np.int64), starts])
        order = np.lexsort((place, whose))
        at = np.arange(len(order))
        latest = np.maximum.accumulate(np.where(order < count, at, -1))  # position of the last mark, of any session
        own = (latest >= 0) & (whose[order[latest]] == whose[order])
        value = np.empty(len(order), np.int64)
        named = np.array([names.setdefault(mark.database, len(names)) for mark in marks], np.int64)
        value[own] = named[order[latest[own]]]
        strangers, which = np.unique(whose[order[~own]], return_inverse=True)
        remembered = [names.setdefault(self._session.get(session), len(names)) for session in strangers.tolist()]
        value[~own] = np.array(remembered, np.int64)[which]
        rows = order >= count
        chosen[order[rows] - count] = value[rows]
        last = {mark.session: mark for mark in marks}
        for mark in sorted(last.values(), key=lambda mark: mark.start):
            self._remember(mark)

    def _remember(self, mark: Mark) -> None:
        self._log = mark.database
        if mark.session:
            self._session.pop(mark.session, None)
            self._session[mark.session] = mark.database
            if len(self._session) > LIMITS.sessions_open:
                del self._session[next(iter(self._session))]
        elif mark.database is None:
            self._session.clear()


def _assign(
    framed: Framed, rows: NDArray[np.intp], chosen: NDArray[np.int64], names: Sequence[str | None]
) -> tuple[Sequence[Context], NDArray[np.int32]]:
    """Contexts with the chosen databases (indexes into `names`, 0 for none) in them."""
    context = framed.context.copy()
    pairs, where = np.unique(context[rows].astype(np.int64) * len(names) + chosen, return_inverse=True)
    contexts = list(framed.contexts)
    index = {found: number for number, found in reversed(list(enumerate(contexts)))}
    fresh = np.empty(len(pairs), np.int32)
    for number, pair in enumerate(pairs.tolist()):
        old, name = divmod(pair, len(names))
        made = replace(framed.contexts[old], database=names[name])
        fresh[number] = index.setdefault(made, len(contexts))
        if fresh[number] == len(contexts):
            contexts.append(made)
    context[rows] = fresh[where]
    return contexts, context
