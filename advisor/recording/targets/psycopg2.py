"""psycopg2: its cursor is compiled and cannot be changed, but every connection names the class of its cursors."""

from __future__ import annotations

import functools
from typing import Any

import psycopg2
from psycopg2.extensions import cursor as plain_cursor

from advisor.recording.patches import Patch, Undo, patch
from advisor.recording.recorder import Call, Recorder


def hook(recorder: Recorder) -> list[Undo]:
    """Record what connections execute that are opened while the capture lasts."""
    connections: list[tuple[Any, Any]] = []

    def connecting(original: Any, hooked: Patch) -> Any:
        @functools.wraps(original)
        def connect(*given: Any, **named: Any) -> Any:
            connection = original(*given, **named)
            for listener in hooked.recorders():
                connections.append((connection, connection.cursor_factory))
                connection.cursor_factory = recording_cursor(connection.cursor_factory, listener)
            return connection

        return connect

    def end() -> None:
        for connection, factory in reversed(connections):
            connection.cursor_factory = factory

    return [patch(recorder, psycopg2, "connect", connecting), end]


def hook_connection(connection: Any, recorder: Recorder) -> list[Undo]:
    """Record what one connection's new cursors execute, but for those that are asked for by a class of their own."""
    before = connection.cursor_factory
    connection.cursor_factory = recording_cursor(before, recorder)

    def end() -> None:
        connection.cursor_factory = before

    return [end]


def recording_cursor(base: Any, recorder: Recorder) -> type:
    """A class of cursors that does what ``base`` does, and is recorded while the capture is open."""

    class Recording(base or plain_cursor):  # type: ignore[misc]
        def execute(self, query: Any, vars: Any = None) -> Any:
            return self._recorded(super().execute, query, vars, many=False)

        def executemany(self, query: Any, vars_list: Any) -> Any:
            return self._recorded(super().executemany, query, vars_list, many=True)

        def _recorded(self, run: Any, query: Any, parameters: Any, *, many: bool) -> Any:
            call = Call((recorder,) if recorder.open else ())
            failed = True
            try:
                result = run(query, parameters)
                failed = False
                return result
            finally:
                call.over()
                for listener in call.recorders:
                    text = query if isinstance(query, str | bytes) else query.as_string(self)
                    listener.note(
                        call, text, parameters, engine="postgresql", many=many, rows=-1 if failed else self.rowcount,
                        many_trips=many, connection=id(self.connection), failed=failed, depth=3,
                    )  # fmt: skip

    Recording.__name__ = Recording.__qualname__ = (base or plain_cursor).__name__
    return Recording
