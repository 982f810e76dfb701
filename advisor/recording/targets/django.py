"""Django's connections: the methods of the cursor by which models, managers and raw SQL reach the driver."""

from __future__ import annotations

import functools
from typing import Any

from django.core.signals import request_finished, request_started
from django.db.backends.utils import CursorWrapper

from advisor.model.engine import EngineName
from advisor.recording.patches import Patch, Undo, Wants, patch
from advisor.recording.recorder import Call, Recorder
from advisor.recording.targets.fetching import Fetched
from advisor.recording.targets.trips import one_trip_each

_ENGINES: dict[str, EngineName] = {"postgresql": "postgresql", "mysql": "mysql", "sqlite": "sqlite"}


def hook(recorder: Recorder, wants: Wants | None = None) -> list[Undo]:
    """Record statements of Django's connections (those that ``wants`` accepts), in every thread."""
    undone = [
        patch(recorder, CursorWrapper, name, _executing, wants) for name in ("execute", "executemany", "callproc")
    ]

    def boundary(**_: Any) -> None:
        recorder.new_unit()

    def end() -> None:
        request_started.disconnect(boundary)
        request_finished.disconnect(boundary)

    request_started.connect(boundary, weak=False)
    request_finished.connect(boundary, weak=False)
    return [*undone, end]


def _executing(original: Any, hooked: Patch) -> Any:
    many = hooked.name == "executemany"

    @functools.wraps(original)
    def execute(self: Any, sql: Any, params: Any = None, *rest: Any, **named: Any) -> Any:
        call = Call(hooked.recorders(self.db))
        failed = True
        try:
            result = original(self, sql, params, *rest, **named)
            failed = False
            return result
        finally:
            call.over()
            if call.recorders:
                _note(call, self, sql, params, many, failed)

    return execute


def _note(call: Call, cursor: Any, sql: Any, params: Any, many: bool, failed: bool) -> None:
    rows: Any = getattr(cursor.cursor, "rowcount", -1)
    if rows == -1 and not many and not failed and getattr(cursor.cursor, "description", None):
        rows = _count_fetched(cursor)
    driver = str(getattr(cursor.db.Database, "__name__", ""))
    for recorder in call.recorders:
        recorder.note(
            call, sql, params, engine=_ENGINES.get(cursor.db.vendor, "postgresql"), many=many, rows=rows,
            many_trips=many and one_trip_each(driver, sql), connection=id(cursor.db),
            transaction=_transaction(recorder, cursor.db), failed=failed, depth=3,
        )  # fmt: skip


def _transaction(recorder: Recorder, connection: Any) -> Any:
    """Identity of the outermost `atomic` block; 0 outside."""
    blocks = getattr(connection, "atomic_blocks", None)
    return recorder.identity(blocks[0]) if blocks else 0


def _count_fetched(cursor: Any) -> list[int]:
    """Count rows as they are fetched through the wrapper, for drivers (sqlite3) that do not know how many there are."""
    known = vars(cursor).get("fetchmany")
    fetched = getattr(known, "__self__", None)
    if not isinstance(fetched, Fetched):
        fetched = Fetched(cursor.fetchone, cursor.fetchmany, cursor.fetchall)
        cursor.fetchone, cursor.fetchmany, cursor.fetchall = fetched.fetchone, fetched.fetchmany, fetched.fetchall
    return fetched.begin()
