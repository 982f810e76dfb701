"""What a capture notes of a statement while the program runs: as little as possible, to be read when it is over."""

from __future__ import annotations

import itertools
import sys
import threading
from contextvars import ContextVar
from time import perf_counter_ns
from typing import Any, NamedTuple

from advisor.model.engine import EngineName
from advisor.recording.frames import Frames, Walk
from advisor.recording.values import Values, values

#: The recorders that are within a call of this thread or task. A driver's call within a mapper's is the same statement.
_INSIDE: ContextVar[tuple[Any, ...]] = ContextVar("advisor_recorders", default=())
#: Drivers that do not know the number of rows say so by a number below 0, or (pymysql, unbuffered) by 2^64 - 1.
_COUNTABLE = 1 << 62


class Note(NamedTuple):
    """One call, as it was noted."""

    sql: Any
    engine: EngineName
    values: Values
    start_ns: int
    end_ns: int
    rows: Any
    """A number, or a list of numbers that grows while rows are fetched."""
    many_trips: bool
    """Each set of parameters goes to the server by itself."""
    connection: int
    transaction: Any
    unit: int
    thread: int
    walk: Walk
    failed: bool


class Recorder:
    """Collects the notes of one capture. Safe to be used by many threads: appending to a list is atomic."""

    def __init__(self, frames: Frames) -> None:
        self.frames = frames
        self.notes: list[tuple[Any, ...]] = []
        """In the order of `Note`; plain, as a named tuple takes three times as long to make."""
        self.marks = 0
        """What the capture itself was opened in (a fixture, a migration): no statement is told apart by that."""
        self.open = False
        self.connections: dict[int, int] = {}
        self.unit = 0
        self.units = itertools.count(1)
        self._commits: dict[int, int] = {}
        self._identities: dict[int, tuple[int, Any]] = {}
        self.missed: list[str] = []
        """What could not be recorded, in words."""

    def new_unit(self) -> None:
        """A request starts or ends."""
        self.unit = next(self.units)

    def ended(self, connection: int) -> None:
        """A transaction of the connection ended."""
        self._commits[connection] = self._commits.get(connection, 0) + 1

    def transaction(self, connection: int) -> tuple[int, int]:
        """Identity of the connection's current transaction."""
        return connection, self._commits.get(connection, 0)

    def identity(self, thing: Any) -> int:
        """A number for an object (which is kept, so that no other one gets its address)."""
        return self._identities.setdefault(id(thing), (len(self._identities) + 1, thing))[0]

    def note(
        self,
        call: Call,
        sql: Any,
        parameters: Any,
        *,
        engine: EngineName,
        many: bool = False,
        rows: Any = -1,
        many_trips: bool = False,
        connection: int = 0,
        transaction: Any = 0,
        failed: bool = False,
        depth: int = 2,
    ) -> None:
        """Keep one call, whose hook stands ``depth`` frames up."""
        end = perf_counter_ns()
        self.notes.append(
            (
                sql,
                engine,
                values(parameters, many),
                call.start_ns,
                end,
                rows,
                many_trips,
                self.connections.setdefault(connection, len(self.connections) + 1),
                transaction,
                self.unit,
                threading.get_ident(),
                self.frames.walk(sys._getframe(depth)),
                failed,
            )
        )


class Call:
    """A call of a driver under way, and the recorders that see it for the first time."""

    __slots__ = ("_before", "recorders", "start_ns")

    def __init__(self, recorders: tuple[Recorder, ...]) -> None:
        self._before = _INSIDE.get()
        if self._before:
            recorders = tuple(r for r in recorders if r not in self._before)
        self.recorders = recorders
        _INSIDE.set(self._before + recorders)
        self.start_ns = perf_counter_ns()

    def over(self) -> None:
        """The driver has answered."""
        _INSIDE.set(self._before)


def counted_rows(rows: Any) -> int | None:
    """A driver's number of rows; None where it does not know."""
    number = rows[0] if isinstance(rows, list) else rows
    return number if isinstance(number, int) and 0 <= number < _COUNTABLE else None
