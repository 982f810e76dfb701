"""Read-only sessions on a running server: one transaction on one snapshot, bounded in time and in rows."""

from __future__ import annotations

import re
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, Protocol

from advisor.catalog.live.dsn import Address, address
from advisor.model.engine import EngineName, dialect_of, engine_of_scheme

if TYPE_CHECKING:
    import psycopg
    import pymysql

LOCK_SECONDS = 2
"""A SELECT waits behind an ALTER TABLE that waits: longer, and it would stand in everybody's way."""
TOTAL = 6.0
"""A whole replay may take this many times what one statement may: hundreds of slow children are nobody's proof."""
#: What an error message quotes may be a value of the log.
_QUOTED = re.compile(r"'[^']*'|\"[^\"]*\"")


class Refused(Exception):  # noqa: N818 - told to the user as a fact
    """It is not run; the message says why."""


class Session(Protocol):
    """What a replay needs of a server."""

    engine: EngineName

    def rows(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """Names of the columns and at most the capped number of rows."""

    def literal(self, value: Any) -> str:
        """A value as SQL."""


@contextmanager
def opened(dsn: str, engine: EngineName, seconds: float, rows: int) -> Iterator[Session]:
    """A read-only transaction on one snapshot, rolled back at its end.

    ``seconds`` bounds each statement, ``rows`` what is fetched of each. Raises Refused.
    """
    try:
        where = address(dsn)
    except ValueError as error:
        raise Refused(str(error)) from None
    scheme = engine_of_scheme(where.scheme)
    if scheme is None or dialect_of(scheme) != dialect_of(engine):
        raise Refused(f"the statements are {engine}'s, the address is of {scheme or where.scheme or 'nothing known'}")
    if engine == "sqlite":
        raise Refused("a replay needs a server: SQLite has no round trips to save")
    session = _postgresql(where, seconds, rows) if engine == "postgresql" else _mysql(where, engine, seconds, rows)
    with session as ready:
        yield ready


class PostgreSQL:
    """A transaction on PostgreSQL."""

    engine: EngineName = "postgresql"

    def __init__(self, connection: psycopg.Connection[Any], rows: int, seconds: float) -> None:
        self.connection, self.most = connection, rows
        self._clock = Clock(seconds * TOTAL)

    def rows(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """By the extended protocol: a second statement in the text is refused by the server. As a subquery: the
        server sends no more rows than are wanted, and takes nothing there that writes or locks."""
        import psycopg

        self._clock.look()
        whole = f"SELECT * FROM (\n{sql}\n) AS replayed LIMIT {self.most}"
        with psycopg.RawCursor(self.connection) as cursor:
            cursor.execute(whole.encode(), prepare=False, binary=True)
            if cursor.description is None:
                raise Refused("it gives no rows")
            return [column.name for column in cursor.description], cursor.fetchmany(self.most)

    def literal(self, value: Any) -> str:
        from psycopg import sql

        return sql.Literal(value).as_string(self.connection)


class Clock:
    """How long a replay may go on."""

    def __init__(self, seconds: float) -> None:
        self._seconds, self._until = seconds, time.monotonic() + seconds

    def look(self) -> None:
        """Raises Refused when the time is over."""
        if time.monotonic() > self._until:
            raise Refused(f"it takes more than {self._seconds:g} seconds in all")


@contextmanager
def _postgresql(where: Address, seconds: float, rows: int) -> Iterator[Session]:
    import psycopg

    from advisor.catalog.live.postgresql_connection import connect

    try:
        connection = connect(where, prepare_threshold=None)
    except (psycopg.Error, UnicodeError) as error:
        raise Refused(where.clean(str(error))) from None
    try:
        connection.execute("BEGIN TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
        for name, value in (
            ("statement_timeout", f"{int(seconds * 1000)}ms"),
            ("lock_timeout", f"{LOCK_SECONDS}s"),
            ("idle_in_transaction_session_timeout", f"{int(seconds * 1000) + 30_000}ms"),
        ):
            connection.execute("SELECT set_config(%s, %s, true)", (name, value))
        yield PostgreSQL(connection, rows, seconds)
    except psycopg.Error as error:
        raise Refused(_said(where, error.diag.message_primary or str(error))) from None
    finally:
        if not connection.closed:
            with suppress(psycopg.Error):
                connection.execute("ROLLBACK")
            connection.close()


class MySQL:
    """A transaction on MySQL or MariaDB."""

    def __init__(self, connection: pymysql.Connection[Any], engine: EngineName, rows: int, seconds: float) -> None:
        self.connection, self.engine, self.most = connection, engine, rows
        self._clock = Clock(seconds * TOTAL)

    def rows(self, sql: str) -> tuple[list[str], list[tuple[Any, ...]]]:
        """The driver sends one statement. The session's sql_select_limit caps its rows, but not those of a statement
        with a LIMIT of its own: they are not kept here."""
        from pymysql.cursors import SSCursor

        self._clock.look()
        with self.connection.cursor(SSCursor) as cursor:
            cursor.execute(sql)
            if cursor.description is None:
                raise Refused("it gives no rows")
            return [column[0] for column in cursor.description], list(cursor.fetchmany(self.most))

    def literal(self, value: Any) -> str:
        return str(self.connection.escape(value))


@contextmanager
def _mysql(where: Address, engine: EngineName, seconds: float, rows: int) -> Iterator[Session]:
    import pymysql

    from advisor.catalog.live.mysql_connection import connect, message

    try:
        connection = connect(where, read_seconds=seconds * 2 + LOCK_SECONDS, autocommit=True)
    except (pymysql.Error, OSError, RuntimeError) as error:
        raise Refused(where.clean(message(error))) from None
    try:
        with connection.cursor() as cursor:
            # The comments are read by one engine each: the limits have different names and units.
            cursor.execute(
                f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}, SESSION sql_select_limit = {int(rows)}"
                f" /*!50708 , SESSION max_execution_time = {int(seconds * 1000)} */"
                f" /*M!100101 , SESSION max_statement_time = {float(seconds)} */"
            )
            cursor.execute("SET SESSION TRANSACTION ISOLATION LEVEL REPEATABLE READ")
            cursor.execute("START TRANSACTION WITH CONSISTENT SNAPSHOT, READ ONLY")
        yield MySQL(connection, engine, rows, seconds)
    except (pymysql.Error, OSError) as error:
        raise Refused(_said(where, message(error))) from None
    finally:
        with suppress(pymysql.Error, OSError):
            connection.rollback()
        connection.close()


def _said(where: Address, text: str) -> str:
    """A server's words without what they quote."""
    return f"the server said: {_QUOTED.sub('(a value)', where.clean(text))[:200]}"
