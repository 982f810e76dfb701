"""SQLAlchemy engines: the three methods of the dialect by which every statement reaches the driver."""

from __future__ import annotations

import functools
from collections.abc import Iterable
from functools import cache
from typing import Any

from sqlalchemy.engine import Engine
from sqlalchemy.engine.cursor import CursorFetchStrategy
from sqlalchemy.engine.default import DefaultDialect

from advisor.model.engine import EngineName, engine_of_scheme
from advisor.recording.patches import Patch, Undo, patch
from advisor.recording.recorder import Call, Recorder
from advisor.recording.targets.trips import one_trip_each

_EXECUTING = ("do_execute", "do_executemany", "do_execute_no_params")
_ENDING = ("do_commit", "do_rollback", "do_commit_twophase", "do_rollback_twophase")


def hook(engine: Engine, recorder: Recorder) -> list[Undo]:
    """Record what an engine (and every copy of it with other options) executes."""
    return _hook(engine.dialect, recorder, (*_EXECUTING, *_ENDING))


def hook_all(recorder: Recorder) -> list[Undo]:
    """Record what every engine of the process executes, also those that are made later."""
    undone = []
    for dialect in _dialects(DefaultDialect):
        own = [name for name in (*_EXECUTING, *_ENDING) if name in vars(dialect)]
        undone += _hook(dialect, recorder, own)
    return undone


def _dialects(base: type[DefaultDialect]) -> Iterable[type[DefaultDialect]]:
    yield base
    for below in base.__subclasses__():
        yield from _dialects(below)


def _hook(owner: Any, recorder: Recorder, names: Iterable[str]) -> list[Undo]:
    undone = [patch(recorder, owner, name, _executing) for name in names if name in _EXECUTING]
    return undone + [patch(recorder, owner, name, _ending) for name in names if name in _ENDING]


def _executing(original: Any, hooked: Patch) -> Any:
    many = hooked.name == "do_executemany"
    at = 1 if isinstance(hooked.owner, type) else 0  # a method of the class is given the dialect, too
    no_parameters = hooked.name == "do_execute_no_params"

    @functools.wraps(original)
    def execute(*given: Any, **named: Any) -> Any:
        call = Call(hooked.recorders())
        failed = True
        try:
            result = original(*given, **named)
            failed = False
            return result
        finally:
            call.over()
            if call.recorders:
                _note(call, original, given[at:], named, many, no_parameters, failed)

    return execute


def _note(
    call: Call, original: Any, given: tuple[Any, ...], named: dict[str, Any], many: bool, bare: bool, failed: bool
) -> None:
    cursor, sql = given[0], given[1]
    parameters = None if bare else given[2] if len(given) > 2 else named.get("parameters")
    place = 2 if bare else 3
    context = given[place] if len(given) > place else named.get("context")
    dialect = getattr(context, "dialect", None) or original.__self__
    rows: Any = -1 if failed else cursor.rowcount
    if rows == -1 and not many and not failed and cursor.description is not None:
        rows = _count_fetched(context)
    try:
        connection = id(context.root_connection._dbapi_connection.dbapi_connection)  # type: ignore[union-attr]
    except AttributeError:  # a private name: without it connections are not told apart
        connection = 0
    engine = engine_of(dialect.name, getattr(dialect, "is_mariadb", False))
    trips = many and one_trip_each(str(getattr(dialect, "driver", "")), sql)
    for recorder in call.recorders:
        recorder.note(
            call, sql, parameters, engine=engine, many=many, rows=rows, many_trips=trips, connection=connection,
            transaction=recorder.transaction(connection), failed=failed, depth=3,
        )  # fmt: skip


def _ending(original: Any, hooked: Patch) -> Any:
    at = 1 if isinstance(hooked.owner, type) else 0

    @functools.wraps(original)
    def end(*given: Any, **named: Any) -> Any:
        connection = given[at]
        for recorder in hooked.recorders():
            recorder.ended(id(getattr(connection, "dbapi_connection", connection)))
        return original(*given, **named)

    return end


@cache
def engine_of(name: str, mariadb: bool) -> EngineName:
    """The product behind a dialect. One that we do not know is read as standard SQL, as PostgreSQL's."""
    engine = engine_of_scheme(name)
    return "mariadb" if engine == "mysql" and mariadb else engine or "postgresql"


class _Counting(CursorFetchStrategy):
    """Counts rows as they are fetched, for drivers (sqlite3) that do not know how many there are."""

    __slots__ = ("rows",)

    def __init__(self) -> None:
        self.rows: list[int] = [0]

    def yield_per(self, result: Any, dbapi_cursor: Any, num: int) -> None:
        super().yield_per(result, dbapi_cursor, num)  # another strategy goes on, which does not count
        self.rows[0] = -1

    def fetchone(self, result: Any, dbapi_cursor: Any, hard_close: bool = False) -> Any:
        row = super().fetchone(result, dbapi_cursor, hard_close)
        self.rows[0] += row is not None
        return row

    def fetchmany(self, result: Any, dbapi_cursor: Any, size: int | None = None) -> Any:
        rows = super().fetchmany(result, dbapi_cursor, size)
        self.rows[0] += len(rows)
        return rows

    def fetchall(self, result: Any, dbapi_cursor: Any) -> Any:
        rows = super().fetchall(result, dbapi_cursor)
        self.rows[0] += len(rows)
        return rows


def _count_fetched(context: Any) -> Any:
    strategy = getattr(context, "cursor_fetch_strategy", None)
    streamed = getattr(context, "_is_server_side", False) or context.execution_options.get("stream_results")
    if type(strategy) is not CursorFetchStrategy or streamed:
        return strategy.rows if isinstance(strategy, _Counting) else -1
    context.cursor_fetch_strategy = counting = _Counting()
    return counting.rows
