"""Run time: CPU seconds of the backend, several rounds over everything, so that drift of the machine hits all alike."""

from __future__ import annotations

import statistics
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from time import perf_counter

import psycopg

from benchmarks.indexes.built import Built
from benchmarks.indexes.data.database import Named
from benchmarks.indexes.estimate import Planned
from benchmarks.indexes.peers.answer import cpu_of

#: A statement that is waited for longer, in CPU seconds, than the limit is cancelled at this many times the limit on the
#: wall clock: other processes may have the processor meanwhile.
_PATIENCE = 2.5
#: Short statements are run over and over until they took this long, in one run; the mean counts.
_SHORTEST = 0.004
_MOST = 20


@dataclass
class Times:
    """Runs of one plan of one statement."""

    seconds: list[float] = field(default_factory=list)
    censored: bool = False

    @property
    def median(self) -> float:
        return statistics.median(self.seconds)


#: By statement and form of its plan.
Book = dict[tuple[str, str], Times]


def measure(
    built: Built,
    sets: Sequence[tuple[Sequence[str], Sequence[Planned]]],
    repeat: int,
    limit: float,
    pause: Callable[[], None] = lambda: None,
    book: Book | None = None,
) -> Book:
    """Times every distinct plan of every set, once to warm up and then ``repeat`` times.

    A plan that several sets share is run under the first. One that reaches ``limit`` CPU seconds is not run again: its
    time is the limit, and it is marked as censored.
    """
    book = {} if book is None else book
    mine: list[tuple[Sequence[str], list[tuple[Named, str]]]] = []
    taken = set(book)
    for indexes, plans in sets:
        own = []
        for query, planned in zip(built.data.queries, plans, strict=True):
            if (query.name, planned.form) not in taken:
                taken.add((query.name, planned.form))
                own.append((query, planned.form))
        mine.append((indexes, own))
    for turn in range(repeat + 1):
        for indexes, own in mine:
            if not own:
                continue
            built.show(indexes)
            with built.connect() as connection:
                connection.execute(f"SET statement_timeout = '{1000 * limit * _PATIENCE:.0f}'")
                for query, form in own:
                    times = book.setdefault((query.name, form), Times())
                    if times.censored:
                        continue
                    spent = once(connection, query)
                    if spent is None or spent >= limit:
                        times.censored, times.seconds = True, [limit]
                    elif turn:
                        times.seconds.append(spent)
                if any(query.writes for query, _ in own):
                    tidy(connection)
            pause()
    return book


def tidy(connection: psycopg.Connection) -> None:
    """Takes away the rows of writes that were undone: reads would step over them, those of later sets over more.

    While the set is still shown: VACUUM cleans no index that is hidden.
    """
    connection.execute("SET statement_timeout = 0")
    connection.execute("VACUUM (INDEX_CLEANUP ON)")


def once(connection: psycopg.Connection, query: Named) -> float | None:
    """CPU seconds of one execution; None where the time was up. What it writes is undone."""
    backend = connection.info.backend_pid
    text = f"EXPLAIN (ANALYZE, TIMING OFF) {query.sql}".encode()
    began, counted = _clock(backend), 0
    while True:
        try:
            if query.writes:
                with connection.transaction(force_rollback=True):
                    connection.execute(text)
            else:
                connection.execute(text)
        except psycopg.errors.QueryCanceled:
            return None
        counted += 1
        spent = _clock(backend) - began
        if spent >= _SHORTEST or counted >= _MOST:
            return spent / counted


def _clock(backend: int) -> float:
    """CPU seconds so far; where the server is on another machine or system, the wall clock."""
    if Path(f"/proc/{backend}/schedstat").exists():
        return cpu_of(backend)
    return perf_counter()
