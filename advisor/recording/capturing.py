"""`advisor.capture`: statements of a block of code, from the objects that run them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from typing import Any

from advisor.model.catalog import Catalog
from advisor.model.stream_limits import STREAM
from advisor.recording.errors import CaptureError
from advisor.recording.frames import frames
from advisor.recording.patches import Undo
from advisor.recording.recorder import Recorder
from advisor.recording.targets import threads
from advisor.recording.trace import Trace

_ACCEPTED = (
    "an Engine, AsyncEngine, Connection or Session of SQLAlchemy; a Django connection, its alias, or `connections`; "
    "a connection of psycopg, psycopg2, pymysql, sqlite3, aiosqlite or asyncpg, or one of these modules"
)


@contextmanager
def capture(
    *targets: Any,
    skip: Sequence[str] = (),
    catalogs: Sequence[Catalog] = (),
    repeats: int = STREAM.capture_repeats,
) -> Iterator[Trace]:
    """Record the statements that a block of code runs, with the lines that run them.

        with advisor.capture(engine) as trace:
            page()
        trace.assert_no_n_plus_one()

    ``targets``: SQLAlchemy engines (or AsyncEngine, Connection, Session), a Django connection, ``connections`` or an
    alias, connections of psycopg, psycopg2, pymysql or sqlite3, or these modules: then all their connections (for
    psycopg2 and sqlite3, which are compiled: those opened within the block). ``skip``: modules (``shop.db``) or folders
    (with a slash) whose lines are never named as the place that asked: a layer through which every statement goes.
    ``catalogs``: schemas that tell which column references which; without them names do. ``repeats``: executions that
    make a loop. Values are hashed, not kept. Captures may be nested, and run in several threads; when the block is
    left, by an exception too, all is as before. Raises CaptureError for other targets.
    """
    recorder = Recorder(frames(tuple(skip)))
    recorder.marks = recorder.frames.walk(sys._getframe(2))[1]
    trace = Trace(recorder, catalogs=tuple(catalogs), repeats=repeats)
    if not targets:
        raise CaptureError(f"nothing to capture: give {_ACCEPTED}")
    with recording(recorder, targets):
        yield trace


@contextmanager
def recording(recorder: Recorder, targets: Sequence[Any]) -> Iterator[None]:
    """Let a recorder listen while the block lasts."""
    with ExitStack() as stack:
        stack.callback(setattr, recorder, "open", False)
        recorder.open = True
        for undo in threads.hook(recorder):
            stack.callback(undo)
        for target in targets:
            for undo in hooks(target, recorder):
                stack.callback(undo)
        yield


def hooks(target: Any, recorder: Recorder) -> list[Undo]:
    """Hook one target; gives what unhooks it. Raises CaptureError."""
    kind = type(target)
    modules = {cls.__module__.partition(".")[0] for cls in kind.__mro__}
    name = getattr(target, "__name__", None) if kind is type(sys) else None
    if name is not None and name in _MODULES:
        return _MODULES[name](recorder)
    if isinstance(target, str) or "django" in modules:
        return _django(target, recorder)
    for library, hook in _OBJECTS.items():
        if library in modules:
            return hook(target, recorder)
    raise CaptureError(f"{kind.__module__}.{kind.__qualname__} cannot be captured: give {_ACCEPTED}")


def _sqlalchemy(target: Any, recorder: Recorder) -> list[Undo]:
    from advisor.recording.targets import sqlalchemy

    target = getattr(target, "sync_engine", None) or getattr(target, "sync_session", None) or target
    if hasattr(target, "get_bind"):  # a Session or scoped_session
        target = target.get_bind()
    target = getattr(target, "engine", target)
    if not hasattr(target, "dialect"):
        raise CaptureError(f"{type(target).__qualname__} of SQLAlchemy cannot be captured: give its engine")
    return sqlalchemy.hook(target, recorder)


def _django(target: Any, recorder: Recorder) -> list[Undo]:
    try:
        from advisor.recording.targets import django
    except ImportError as error:
        raise CaptureError(f"{target!r} names a connection of Django, which is not installed") from error
    from django.db import connections

    if target is connections:
        return django.hook(recorder)
    if isinstance(target, str):
        if target not in connections:
            raise CaptureError(f"{target!r} is no alias of settings.DATABASES: {', '.join(connections)}")
        return django.hook(recorder, lambda connection: bool(connection.alias == target))
    if not hasattr(target, "alias"):
        raise CaptureError(f"{type(target).__qualname__} of Django cannot be captured: give a connection or its alias")
    given = _real(target, connections)
    return django.hook(recorder, lambda connection: connection is given)


def _real(target: Any, connections: Any) -> Any:
    """The connection behind `django.db.connection`, which stands for this thread's default one."""
    return connections[target.alias] if type(target).__name__ == "ConnectionProxy" else target


def _driver(name: str) -> Callable[[Recorder], list[Undo]]:
    def hook(recorder: Recorder) -> list[Undo]:
        from importlib import import_module

        undone: list[Undo] = import_module(f"advisor.recording.targets.{name}").hook(recorder)
        return undone

    return hook


def _psycopg(target: Any, recorder: Recorder) -> list[Undo]:
    from advisor.recording.targets import psycopg

    return psycopg.hook(recorder, lambda connection: connection is target)


def _psycopg2(target: Any, recorder: Recorder) -> list[Undo]:
    from advisor.recording.targets import psycopg2

    return psycopg2.hook_connection(target, recorder)


def _pymysql(target: Any, recorder: Recorder) -> list[Undo]:
    from advisor.recording.targets import pymysql

    return pymysql.hook(recorder, lambda connection: connection is target)


def _aiosqlite(target: Any, recorder: Recorder) -> list[Undo]:
    from advisor.recording.targets import aiosqlite

    return aiosqlite.hook(recorder, lambda connection: connection is target)


def _asyncpg(target: Any, recorder: Recorder) -> list[Undo]:
    from advisor.recording.targets import asyncpg

    wanted = getattr(target, "_con", target)  # behind the proxy that a pool lends
    return asyncpg.hook(recorder, lambda connection: connection is wanted)


def _sqlite3(target: Any, recorder: Recorder) -> list[Undo]:
    from advisor.recording.targets import sqlite3

    return sqlite3.hook_connection(target, recorder)


_MODULES = {name: _driver(name) for name in ("aiosqlite", "asyncpg", "psycopg", "psycopg2", "pymysql", "sqlite3")}
_OBJECTS: dict[str, Callable[[Any, Recorder], list[Undo]]] = {
    "sqlalchemy": _sqlalchemy,
    "psycopg": _psycopg,
    "psycopg2": _psycopg2,
    "pymysql": _pymysql,
    "sqlite3": _sqlite3,
    "aiosqlite": _aiosqlite,
    "asyncpg": _asyncpg,
}
