"""pymysql: the methods of its cursors."""

from __future__ import annotations

import functools
from typing import Any

from pymysql.cursors import Cursor

from advisor.model.engine import EngineName
from advisor.recording.patches import Patch, Undo, Wants, patch
from advisor.recording.recorder import Call, Recorder
from advisor.recording.targets.trips import one_trip_each


def hook(recorder: Recorder, wants: Wants | None = None) -> list[Undo]:
    """Record what cursors execute, on connections that ``wants`` accepts."""
    return [patch(recorder, Cursor, name, _executing, wants) for name in ("execute", "executemany", "callproc")]


def _executing(original: Any, hooked: Patch) -> Any:
    many = hooked.name == "executemany"

    @functools.wraps(original)
    def execute(self: Any, query: Any, args: Any = None, **named: Any) -> Any:
        connection = self.connection
        call = Call(hooked.recorders(connection))
        failed = True
        try:
            result = original(self, query, args, **named) if args is not None else original(self, query, **named)
            failed = False
            return result
        finally:
            call.over()
            for recorder in call.recorders:
                recorder.note(
                    call, query, args, engine=_engine(connection), many=many, rows=-1 if failed else self.rowcount,
                    many_trips=many and one_trip_each("pymysql", query), connection=id(connection), failed=failed,
                )  # fmt: skip

    return execute


def _engine(connection: Any) -> EngineName:
    return "mariadb" if "mariadb" in str(getattr(connection, "server_version", "")).lower() else "mysql"
