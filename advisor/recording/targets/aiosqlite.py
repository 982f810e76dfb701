"""aiosqlite: a thread of each connection runs what its coroutines ask for, so they are heard before it is handed over.

All goes through one coroutine, `Connection._execute(function, ...)`. Its name is private: where a version has another,
nothing is hooked, and the connections are heard as those of sqlite3, without the lines that asked.
"""

from __future__ import annotations

import contextvars
import functools
import sqlite3
from typing import Any
from weakref import WeakKeyDictionary

from aiosqlite import Connection

from advisor.recording.patches import Patch, Undo, Wants, patch
from advisor.recording.recorder import Call, Recorder
from advisor.recording.targets.fetching import Count

_ASKING = frozenset({"execute", "executemany", "executescript", "_execute_insert", "_execute_fetchall"})
#: Rows fetched so far of each cursor's last result.
_fetched: WeakKeyDictionary[sqlite3.Cursor, list[int]] = WeakKeyDictionary()


def hook(recorder: Recorder, wants: Wants | None = None) -> list[Undo]:
    """Record what coroutines ask of connections that ``wants`` accepts."""
    return [patch(recorder, Connection, "_execute", _handing_over, wants)] if hasattr(Connection, "_execute") else []


def _handing_over(original: Any, hooked: Patch) -> Any:
    @functools.wraps(original)
    async def hand_over(self: Any, function: Any, *given: Any, **named: Any) -> Any:
        name = getattr(function, "__name__", "")
        if name not in _ASKING:
            result = await original(self, function, *given, **named)
            cursor = getattr(function, "__self__", None)
            if isinstance(cursor, sqlite3.Cursor) and cursor in _fetched and name.startswith("fetch") and result:
                _fetched[cursor][0] += 1 if name == "fetchone" else len(result)
            return result
        call = Call(hooked.recorders(self))
        failed = True
        rows = [0]
        try:
            # in a copy of this context, so that hooks of sqlite3 know in the thread that the call is seen already
            result = await original(self, contextvars.copy_context().run, function, *given, **named)
            failed = False
            if isinstance(known := getattr(result, "_fetched", None), Count):  # hooked by `sqlite3`, and counted there
                rows = known.rows if result.description else [result.rowcount]
            elif isinstance(result, sqlite3.Cursor) and result.description:
                _fetched[result] = rows
            elif isinstance(result, list):
                rows[0] = len(result)
            else:
                rows[0] = getattr(result, "rowcount", -1)
            return result
        finally:
            call.over()
            for recorder in call.recorders:
                recorder.note(
                    call, given[0], given[1] if len(given) > 1 else None, engine="sqlite",
                    many=name == "executemany", rows=-1 if failed else rows, connection=id(self), failed=failed,
                )  # fmt: skip

    return hand_over
