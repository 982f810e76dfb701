"""sqlite3: connections opened while the capture lasts are of a recording class; an open one is heard by its trace.

The classes are compiled and cannot be changed, so of an open connection only what SQLite itself tells is known: the
text with its values, and where it was run. Neither its rows nor its time.
"""

from __future__ import annotations

import functools
import sqlite3
import threading
from functools import cache
from sqlite3 import dbapi2
from typing import Any

from advisor.recording.patches import Patch, Undo, Wants, patch
from advisor.recording.recorder import Call, Recorder
from advisor.recording.targets.fetching import Count


def hook(recorder: Recorder, wants: Wants | None = None) -> list[Undo]:
    """Record what connections execute that are opened while somebody hooks."""
    return [patch(recorder, module, "connect", _connecting, wants) for module in (sqlite3, dbapi2)]


def hook_connection(connection: Any, recorder: Recorder) -> list[Undo]:
    """Record what an open connection executes. A trace callback that the program had set is lost."""

    with _lock:
        _, listeners = _traced.setdefault(id(connection), (connection, []))
        listeners.append(recorder)
        if len(listeners) == 1:  # SQLite knows one callback a connection, whoever listens
            connection.set_trace_callback(functools.partial(_trace, listeners, id(connection)))

    def end() -> None:
        with _lock:
            listeners.remove(recorder)
            if not listeners:
                _traced.pop(id(connection), None)
                connection.set_trace_callback(None)

    return [end]


_lock = threading.Lock()
#: Open connections that are traced, by address, and who listens to each.
_traced: dict[int, tuple[Any, list[Recorder]]] = {}


def _trace(listeners: list[Recorder], connection: int, sql: str) -> None:
    call = Call(tuple(dict.fromkeys(listeners)))
    call.over()
    for listener in call.recorders:
        listener.note(call, sql, None, engine="sqlite", connection=connection)


def _connecting(original: Any, hooked: Patch) -> Any:
    @functools.wraps(original)
    def connect(*given: Any, **named: Any) -> Any:
        if len(given) <= _FACTORY:
            named["factory"] = recording_connection(named.get("factory") or sqlite3.Connection, hooked)
        return original(*given, **named)

    return connect


_FACTORY = 5  # place of `factory` among the arguments of `connect`


@cache
def recording_connection(base: Any, hooked: Patch) -> type:
    """A class of connections that does what ``base`` does, and is recorded by who listens."""

    class Recording(base):  # type: ignore[misc]
        def cursor(self, factory: Any = None) -> Any:
            return super().cursor(recording_cursor(factory or sqlite3.Cursor, hooked))

        def execute(self, sql: str, *given: Any) -> Any:
            return self.cursor().execute(sql, *given)

        def executemany(self, sql: str, *given: Any) -> Any:
            return self.cursor().executemany(sql, *given)

        def executescript(self, script: str, /) -> Any:
            return self.cursor().executescript(script)

    Recording.__name__ = Recording.__qualname__ = base.__name__
    return Recording


@cache
def recording_cursor(base: Any, hooked: Patch) -> Any:
    """A class of cursors that does what ``base`` does, and is recorded by who listens."""
    if not isinstance(base, type):
        return base  # a function that makes cursors: it must stay what it is

    class Recording(base):  # type: ignore[misc]
        def __init__(self, *given: Any, **named: Any) -> None:
            super().__init__(*given, **named)
            self._fetched = Count()

        # Methods, no attributes bound to the cursor: one that nobody holds is freed at once, and its locks with it.
        def __next__(self) -> Any:
            row = super().__next__()
            self._fetched.rows[0] += 1
            return row

        def fetchone(self) -> Any:
            row = super().fetchone()
            self._fetched.rows[0] += row is not None
            return row

        def fetchmany(self, *given: Any, **named: Any) -> Any:
            rows = super().fetchmany(*given, **named)
            self._fetched.rows[0] += len(rows)
            return rows

        def fetchall(self) -> Any:
            rows = super().fetchall()
            self._fetched.rows[0] += len(rows)
            return rows

        def execute(self, sql: str, parameters: Any = (), /) -> Any:
            return self._recorded(super().execute, sql, parameters, many=False)

        def executemany(self, sql: str, parameters: Any, /) -> Any:
            return self._recorded(super().executemany, sql, parameters, many=True)

        def executescript(self, script: str, /) -> Any:
            call = Call(hooked.recorders(self.connection))
            failed = True
            try:
                result = super().executescript(script)
                failed = False
                return result
            finally:
                call.over()
                for recorder in call.recorders:
                    recorder.note(call, script, None, engine="sqlite", connection=id(self.connection), failed=failed)

        def _recorded(self, run: Any, sql: str, parameters: Any, *, many: bool) -> Any:
            call = Call(hooked.recorders(self.connection))
            failed = True
            fetched = self._fetched.begin()
            try:
                result = run(sql, parameters)
                failed = False
                return result
            finally:
                call.over()
                rows: Any = self.rowcount if many or failed or not self.description else fetched
                for recorder in call.recorders:
                    recorder.note(
                        call, sql, parameters, engine="sqlite", many=many, rows=rows,
                        connection=id(self.connection), failed=failed, depth=3,
                    )  # fmt: skip

    Recording.__name__ = Recording.__qualname__ = base.__name__
    return Recording
