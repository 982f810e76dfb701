"""Drivers by themselves: each records what it runs, and nothing stays when the capture is over."""

from __future__ import annotations

import asyncio
import sqlite3
from collections.abc import Iterator
from typing import Any

import psycopg
import psycopg2
import psycopg2.extras
import pymysql
import pytest
from psycopg import sql

import advisor


@pytest.fixture
def postgresql(postgresql_database: str) -> Iterator[Any]:
    with psycopg.connect(f"host=127.0.0.1 user=postgres dbname={postgresql_database}") as connection:
        yield connection


def loop(cursor: Any, mark: str) -> None:
    """Three rows, and one statement for each of them."""
    cursor.execute("SELECT 1 AS author_id UNION SELECT 2 UNION SELECT 3")
    for (key,) in cursor.fetchall():
        cursor.execute(f"SELECT {mark} AS name", (key,))
        cursor.fetchone()


@pytest.mark.server
def test_psycopg_a_connection_and_the_module(postgresql: Any, postgresql_database: str) -> None:
    before = psycopg.Cursor.execute
    with (
        psycopg.connect(f"host=127.0.0.1 user=postgres dbname={postgresql_database}") as other,
        advisor.capture(postgresql) as trace,
        advisor.capture(psycopg) as every,
    ):
        loop(postgresql.cursor(), "%s")
        postgresql.execute(b"SELECT 7")
        postgresql.execute(sql.SQL("SELECT {}").format(sql.Literal(8)))
        other.execute("SELECT 9")
        with postgresql.cursor("server_side") as cursor:
            cursor.execute("SELECT generate_series(1, 3)")
    assert trace.count == 7
    assert every.count == 8
    assert trace.statements[0].rows == 3
    assert len({s.literals for s in trace.statements[1:4]}) == 3
    assert trace.statements[4].normalised == trace.statements[5].normalised == "select ?"
    assert psycopg.Cursor.execute is before
    assert all(s.call_site and s.call_site.file == __file__ for s in trace.statements)


@pytest.mark.server
def test_psycopg_executemany_and_copy(postgresql: Any) -> None:
    with advisor.capture(postgresql) as trace, postgresql.cursor() as cursor:
        cursor.execute("CREATE TEMP TABLE t (a int)")
        cursor.executemany("INSERT INTO t VALUES (%s)", [(n,) for n in range(6)])
        cursor.executemany("INSERT INTO t VALUES (%s)", ((n,) for n in range(6)))
        with cursor.copy("COPY t FROM STDIN") as copy:
            copy.write_row((1,))
    assert [s.executions for s in trace.statements] == [1, 6, 0, 1]
    assert trace.round_trips == 4
    assert postgresql.execute("SELECT count(*) FROM t").fetchone() == (13,)


@pytest.mark.server
def test_psycopg_async(postgresql_database: str) -> None:
    async def run() -> advisor.recording.Trace:
        connection = await psycopg.AsyncConnection.connect(f"host=127.0.0.1 user=postgres dbname={postgresql_database}")
        with advisor.capture(connection) as trace:
            for key in range(3):
                await connection.execute("SELECT %s", (key,))
        await connection.close()
        return trace

    trace = asyncio.run(run())
    assert trace.count == 3
    assert {s.call_site.function for s in trace.statements if s.call_site} == {"test_psycopg_async.<locals>.run"}


@pytest.mark.server
def test_psycopg2_a_connection_and_the_module(postgresql_database: str) -> None:
    dsn = f"host=127.0.0.1 user=postgres dbname={postgresql_database}"
    connection = psycopg2.connect(dsn)
    factory = connection.cursor_factory
    with advisor.capture(connection) as trace, connection.cursor() as cursor:
        loop(cursor, "%s")
        cursor.executemany("SELECT %s", [(1,), (2,)])
    assert (trace.count, trace.round_trips, trace.statements[0].rows) == (5, 6, 3)
    assert connection.cursor_factory is factory
    connection.close()
    before = psycopg2.connect
    with advisor.capture(psycopg2) as trace:
        later = psycopg2.connect(dsn)
        loop(later.cursor(), "%s")
        with later.cursor("named") as cursor:
            cursor.execute("SELECT 1")
        with later.cursor(cursor_factory=psycopg2.extras.RealDictCursor) as cursor:
            cursor.execute("SELECT 1 AS one")
            assert cursor.fetchone() == {"one": 1}
    loop(later.cursor(), "%s")
    later.close()
    assert trace.count == 6
    assert psycopg2.connect is before


@pytest.mark.server
def test_pymysql(mariadb_database: str) -> None:
    connection = pymysql.connect(host="127.0.0.1", user="root", database=mariadb_database)
    other = pymysql.connect(host="127.0.0.1", user="root", database=mariadb_database)
    with advisor.capture(connection) as trace, connection.cursor() as cursor, other.cursor() as elsewhere:
        loop(cursor, "%s")
        elsewhere.execute("SELECT 1")
        cursor.execute("CREATE TEMPORARY TABLE t (a int)")
        cursor.executemany("INSERT INTO t VALUES (%s)", [(n,) for n in range(6)])
        cursor.executemany("UPDATE t SET a = a + %s", [(n,) for n in range(4)])
    assert trace.count == 7
    assert [s.round_trips for s in trace.statements[-2:]] == [1, 4]
    assert trace.statements[0].rows == 3
    assert trace.statements[0].engine == "mariadb"
    with advisor.capture(pymysql) as every:
        loop(connection.cursor(), "%s")
        loop(other.cursor(), "%s")
    assert every.count == 8
    assert len({s.connection for s in every.statements}) == 2
    connection.close()
    other.close()


def test_sqlite3_connections_that_are_opened_in_the_block() -> None:
    before = sqlite3.connect
    with advisor.capture(sqlite3) as trace:
        connection = sqlite3.connect(":memory:")
        loop(connection.cursor(), "?")
        assert [row[0] for row in connection.execute("SELECT 1 UNION SELECT 2")] == [1, 2]
        connection.execute("CREATE TABLE t (a)")
        connection.executemany("INSERT INTO t VALUES (?)", [(n,) for n in range(3)])
        connection.executescript("SELECT 1; SELECT 2;")
        connection.cursor().executescript("SELECT 3")
    connection.execute("SELECT 1")
    assert sqlite3.connect is before
    assert [(s.rows, s.executions) for s in trace.statements] == [
        (3, 1), (1, 1), (1, 1), (1, 1), (2, 1), (None, 1), (3, 3), (None, 1), (None, 1),
    ]  # fmt: skip
    assert all(s.call_site and s.call_site.file == __file__ for s in trace.statements)


def test_sqlite3_an_open_connection() -> None:
    connection = sqlite3.connect(":memory:")
    with advisor.capture(connection) as trace:
        loop(connection.cursor(), "?")
    connection.execute("SELECT 1")
    assert trace.count == 4
    assert len({s.fingerprint for s in trace.statements[1:]}) == 1
    assert len({s.literals for s in trace.statements[1:]}) == 3
    assert all(s.rows is None for s in trace.statements)


def test_a_connection_class_of_the_program_stays() -> None:
    class Own(sqlite3.Connection):
        def greet(self) -> str:
            return "hello"

    with advisor.capture(sqlite3) as trace:
        connection = sqlite3.connect(":memory:", factory=Own)
        assert connection.greet() == "hello"
        connection.row_factory = sqlite3.Row
        assert connection.execute("SELECT 1 AS one").fetchone()["one"] == 1
    assert trace.count == 1


@pytest.mark.server
def test_asyncpg(postgresql_database: str) -> None:
    import asyncpg

    async def page(connection: Any) -> None:
        await connection.execute("CREATE TEMP TABLE authors (id int primary key, name text)")
        await connection.executemany("INSERT INTO authors VALUES ($1, 'x')", [(n,) for n in range(4)])
        for row in await connection.fetch("SELECT id AS author_id FROM authors"):
            await connection.fetchval("SELECT name FROM authors WHERE id = $1", row["author_id"])
        prepared = await connection.prepare("SELECT name FROM authors WHERE id > $1")
        assert len(await prepared.fetch(1)) == 2
        with pytest.raises(asyncpg.PostgresError):
            await connection.fetchrow("SELECT nothing FROM authors")

    async def run() -> list[advisor.recording.Trace]:
        before = asyncpg.Connection.fetch
        async with (
            asyncpg.create_pool(host="127.0.0.1", user="postgres", database=postgresql_database, min_size=1) as pool,
            pool.acquire() as lent,
            pool.acquire() as other,
        ):
            with advisor.capture(asyncpg) as every, advisor.capture(lent) as one:
                await page(lent)
                await other.execute("SELECT 1")
        assert asyncpg.Connection.fetch is before
        return [every, one]

    every, one = asyncio.run(run())
    assert (every.count, one.count) == (10, 9)
    assert [(s.rows, s.executions, s.failed) for s in one.statements] == [
        (None, 1, False), (None, 4, False), (4, 1, False), *[(1, 1, False)] * 4, (2, 1, False), (None, 1, True),
    ]  # fmt: skip
    (found,) = one.n_plus_ones()
    assert found.site.function.endswith(".page")
