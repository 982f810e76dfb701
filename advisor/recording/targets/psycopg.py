"""psycopg 3: its cursors' methods, blocking and asynchronous, client and server side."""

from __future__ import annotations

import functools
import inspect
from typing import Any

import psycopg

from advisor.recording.patches import Patch, Undo, Wants, patch
from advisor.recording.recorder import Call, Recorder

_METHODS = ("execute", "executemany", "stream", "copy")


def hook(recorder: Recorder, wants: Wants | None = None) -> list[Undo]:
    """Record what cursors execute, on connections that ``wants`` accepts."""
    undone = []
    for cursor in (psycopg.Cursor, psycopg.AsyncCursor, psycopg.ServerCursor, psycopg.AsyncServerCursor):
        undone += [patch(recorder, cursor, name, _executing, wants) for name in _METHODS if name in vars(cursor)]
    return undone


def _executing(original: Any, hooked: Patch) -> Any:
    many = hooked.name == "executemany"
    # `stream` and `copy` only make a generator or a context manager: the call itself does not wait for the server.
    if inspect.iscoroutinefunction(original):

        @functools.wraps(original)
        async def execute_async(self: Any, query: Any, *given: Any, **named: Any) -> Any:
            call = Call(hooked.recorders(self.connection))
            failed = True
            try:
                result = await original(self, query, *given, **named)
                failed = False
                return result
            finally:
                call.over()
                if call.recorders:
                    _note(call, self, query, _parameters(given, named, many), many, failed)

        return execute_async

    @functools.wraps(original)
    def execute(self: Any, query: Any, *given: Any, **named: Any) -> Any:
        call = Call(hooked.recorders(self.connection))
        failed = True
        try:
            result = original(self, query, *given, **named)
            failed = False
            return result
        finally:
            call.over()
            if call.recorders:
                _note(call, self, query, _parameters(given, named, many), many, failed)

    return execute


def _parameters(given: tuple[Any, ...], named: dict[str, Any], many: bool) -> Any:
    return given[0] if given else named.get("params_seq" if many else "params")


def _note(call: Call, cursor: Any, query: Any, parameters: Any, many: bool, failed: bool) -> None:
    if not isinstance(query, str | bytes):
        query = query.as_string(cursor) if hasattr(query, "as_string") else str(query)
    for recorder in call.recorders:
        recorder.note(
            call, query, parameters, engine="postgresql", many=many, rows=-1 if failed else cursor.rowcount,
            connection=id(cursor.connection), failed=failed, depth=3,
        )  # fmt: skip
