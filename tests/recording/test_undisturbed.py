"""What is watched goes on as it would: locks, errors, odd values, captures within captures."""

from __future__ import annotations

import gc
import sqlite3
from typing import Any

import pytest

import advisor


class Odd:
    """A value that can be sent, and neither hashed nor printed."""

    def __hash__(self) -> int:
        raise ValueError("no hash")

    def __repr__(self) -> str:
        raise ValueError("no text")

    def __conform__(self, _: Any) -> int:
        return 5


class Unsure(tuple[int, ...]):
    def __bool__(self) -> bool:
        raise ValueError("neither true nor false")


def test_a_cursor_that_nobody_holds_locks_nothing() -> None:
    gc.disable()
    try:
        with advisor.capture(sqlite3):
            connection = sqlite3.connect(":memory:")
            connection.execute("CREATE TABLE author (id)")
            connection.executemany("INSERT INTO author VALUES (?)", [(1,), (2,), (3,)])
            connection.commit()
            assert connection.execute("SELECT id FROM author").fetchone() == (1,)
            connection.execute("DROP TABLE author")
    finally:
        gc.enable()


def test_captures_of_one_open_connection_may_be_nested() -> None:
    connection = sqlite3.connect(":memory:")
    with advisor.capture(connection) as outer:
        connection.execute("SELECT 1")
        with advisor.capture(connection) as inner:
            connection.execute("SELECT 2")
        connection.execute("SELECT 3")
    connection.execute("SELECT 4")
    assert (outer.count, inner.count) == (3, 1)


def test_odd_values_are_sent_and_noted() -> None:
    with advisor.capture(sqlite3) as trace:
        connection = sqlite3.connect(":memory:")
        assert connection.execute("SELECT ?", (Odd(),)).fetchall() == [(5,)]
        assert connection.execute("SELECT ?", Unsure((1,))).fetchall() == [(1,)]
        with pytest.raises(sqlite3.Error, match="binding"):
            connection.execute("SELECT ?", (Odd(), 2))
    assert trace.count == 3


def page() -> None:
    with advisor.capture(sqlite3):
        sqlite3.connect(":memory:").execute("SELECT 1")
        raise ZeroDivisionError


def test_the_programs_exception_comes_out_and_all_is_as_before() -> None:
    before = sqlite3.connect
    with pytest.raises(ZeroDivisionError):
        page()
    assert sqlite3.connect is before
