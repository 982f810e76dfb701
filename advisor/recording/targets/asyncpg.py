"""asyncpg: the methods of its connections and prepared statements, as coroutines call them."""

from __future__ import annotations

import functools
from typing import Any

from asyncpg.connection import Connection
from asyncpg.prepared_stmt import PreparedStatement

from advisor.recording.patches import Patch, Undo, Wants, patch
from advisor.recording.recorder import Call, Recorder

_METHODS = ("execute", "executemany", "fetch", "fetchmany", "fetchrow", "fetchval")


def hook(recorder: Recorder, wants: Wants | None = None) -> list[Undo]:
    """Record what connections (a pool's, too) ask that ``wants`` accepts. Cursors and COPY are not seen."""
    return [
        patch(recorder, owner, name, _asking, wants)
        for owner in (Connection, PreparedStatement)
        for name in _METHODS
        if name in vars(owner)
    ]


def _asking(original: Any, hooked: Patch) -> Any:
    prepared = hooked.owner is PreparedStatement
    many = hooked.name in ("executemany", "fetchmany")

    @functools.wraps(original)
    async def ask(self: Any, *given: Any, **named: Any) -> Any:
        connection = self._connection if prepared else self
        call = Call(hooked.recorders(connection))
        result: Any = None
        failed = True
        try:
            result = await original(self, *given, **named)
            failed = False
            return result
        finally:
            call.over()
            if call.recorders:
                sql = self.get_query() if prepared else given[0] if given else named.get("query", "")
                values = given if prepared else given[1:]
                parameters = (values[0] if values else named.get("args")) if many else values
                rows = -1 if failed else _rows(hooked.name, result)
                for recorder in call.recorders:
                    recorder.note(
                        call, sql, parameters, engine="postgresql", many=many, rows=rows,
                        connection=id(connection), failed=failed,
                    )  # fmt: skip

    return ask


def _rows(method: str, result: Any) -> int:
    """Rows of what a method gave: a list, one row, or a command's tag (``UPDATE 3``)."""
    if isinstance(result, list):
        return len(result)
    if method == "execute":
        last = str(result).rpartition(" ")[2]
        return int(last) if last.isdigit() else -1
    return -1 if result is None else 1
