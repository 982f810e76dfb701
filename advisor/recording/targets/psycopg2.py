"""psycopg2: its classes are compiled and cannot be changed, but a call of `connect` may name the connection's class."""

from __future__ import annotations

import functools
from collections.abc import Callable
from functools import cache
from typing import Any

import psycopg2
from psycopg2.extensions import connection as plain_connection
from psycopg2.extensions import cursor as plain_cursor

from advisor.recording.patches import Patch, Undo, Wants, patch
from advisor.recording.recorder import Call, Recorder


def hook(recorder: Recorder, wants: Wants | None = None) -> list[Undo]:
    """Record what connections execute that are opened while somebody hooks."""
    return [patch(recorder, psycopg2, "connect", _connecting, wants)]


def hook_connection(connection: Any, recorder: Recorder) -> list[Undo]:
    """Record what one connection's new cursors execute, but for those that are asked for by a class of their own."""
    before = connection.cursor_factory
    connection.cursor_factory = recording_cursor(before or plain_cursor, lambda _: (recorder,) if recorder.open else ())

    def end() -> None:
        connection.cursor_factory = before

    return [end]


def _connecting(original: Any, hooked: Patch) -> Any:
    @functools.wraps(original)
    def connect(dsn: Any = None, connection_factory: Any = None, *given: Any, **named: Any) -> Any:
        base = connection_factory or plain_connection
        if isinstance(base, type):  # a function that makes connections must stay what it is
            connection_factory = recording_connection(base, hooked)
        return original(dsn, connection_factory, *given, **named)

    return connect


@cache
def recording_connection(base: Any, hooked: Patch) -> type:
    """A class of connections that does what ``base`` does, and whose cursors are recorded by who listens."""

    class Recording(base):  # type: ignore[misc]
        def cursor(self, name: Any = None, cursor_factory: Any = None, **named: Any) -> Any:
            wanted = cursor_factory or self.cursor_factory
            if isinstance(wanted or plain_cursor, type):
                named["cursor_factory"] = recording_cursor(wanted or plain_cursor, hooked.recorders)
            elif cursor_factory is not None:
                named["cursor_factory"] = cursor_factory
            return super().cursor(name, **named)

    Recording.__name__ = Recording.__qualname__ = base.__name__
    return Recording


@cache
def recording_cursor(base: Any, listeners: Callable[[Any], tuple[Recorder, ...]]) -> type:
    """A class of cursors that does what ``base`` does, and is recorded by who listens."""

    class Recording(base):  # type: ignore[misc]
        def execute(self, query: Any, vars: Any = None) -> Any:
            return self._recorded(super().execute, query, vars, many=False)

        def executemany(self, query: Any, vars_list: Any) -> Any:
            return self._recorded(super().executemany, query, vars_list, many=True)

        def _recorded(self, run: Any, query: Any, parameters: Any, *, many: bool) -> Any:
            call = Call(listeners(self.connection))
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

    Recording.__name__ = Recording.__qualname__ = base.__name__
    return Recording
