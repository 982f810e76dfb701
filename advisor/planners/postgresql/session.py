"""Statements on somebody's running PostgreSQL: read-only, bounded in time, one a message, nothing left behind.

Every question is a transaction of its own, with its settings inside it: that holds behind a pooler that hands out
another connection after each, and no lock outlives one EXPLAIN. Statements go by the extended protocol and unnamed: a
second statement in the text is a syntax error to the server, and nothing stays prepared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from advisor.catalog.live.dsn import Address
from advisor.catalog.live.postgresql_connection import connect
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import protocol

if TYPE_CHECKING:
    import psycopg

#: For one EXPLAIN: joins of many tables take seconds to plan, and production has other work.
EXPLAIN_SECONDS = 15
#: An EXPLAIN needs AccessShareLock on its tables: behind a waiting ALTER TABLE it would stand in everybody's way.
LOCK_SECONDS = 2
#: A client that died leaves no transaction open for longer.
IDLE_SECONDS = 30

_BOUNDS = {
    "statement_timeout": f"{EXPLAIN_SECONDS}s",
    "lock_timeout": f"{LOCK_SECONDS}s",
    "idle_in_transaction_session_timeout": f"{IDLE_SECONDS}s",
    "application_name": "advisor",
}


class Session:
    """A connection that is only asked."""

    def __init__(self, where: Address) -> None:
        """Connects. Raises PlannerError."""
        import psycopg

        self.where = where
        try:
            self.connection = connect(where, prepare_threshold=None)
        except (psycopg.Error, UnicodeError) as error:
            raise self.failed(error) from None
        self.version_number = self.connection.info.server_version
        self.version = self.connection.info.parameter_status("server_version") or str(self.version_number)

    def failed(self, error: Exception) -> PlannerError:
        """A driver's error in one line, without the password."""
        return PlannerError(f"planner {self.where.safe}: {self.where.clean(str(error))}")

    @contextmanager
    def transaction(self, settings: Mapping[str, str] | None = None) -> Iterator[None]:
        """One read-only transaction, rolled back at its end. ``settings`` hold within it."""
        import psycopg

        self.control("BEGIN TRANSACTION READ ONLY")
        try:
            for given in (_BOUNDS, settings or {}):
                if given:
                    calls = (f"set_config(${2 * number + 1}, ${2 * number + 2}, true)" for number in range(len(given)))
                    self.rows(f"SELECT {', '.join(calls)}", [word for pair in given.items() for word in pair])
            yield
        finally:
            if not self.connection.closed:
                try:
                    self.control("ROLLBACK")
                except psycopg.Error:
                    self.connection.close()

    def control(self, sql: str) -> None:
        """One of our own words that begin, mark and end a transaction."""
        self.connection.execute(sql.encode())

    @contextmanager
    def savepoint(self) -> Iterator[None]:
        """What is in it may fail without ending the transaction."""
        self.control("SAVEPOINT advisor")
        try:
            yield
        except Exception:
            if not self.connection.closed:
                self.control("ROLLBACK TO SAVEPOINT advisor")
            raise
        finally:
            if not self.connection.closed:
                self.control("RELEASE SAVEPOINT advisor")

    @contextmanager
    def undone(self) -> Iterator[None]:
        """What is in it leaves nothing behind in the transaction, and no lock."""
        self.control("SAVEPOINT advisor_undone")
        try:
            yield
        finally:
            if not self.connection.closed:
                self.control("ROLLBACK TO SAVEPOINT advisor_undone")
                self.control("RELEASE SAVEPOINT advisor_undone")

    def rows(self, sql: str, parameters: Sequence[Any] = ()) -> list[tuple[Any, ...]]:
        """The rows of one statement with ``$1`` parameters. Raises psycopg.Error."""
        return protocol.rows(self.connection, sql, *parameters)

    def row(self, sql: str, parameters: Sequence[Any] = ()) -> tuple[Any, ...]:
        """The only row of one statement. Raises psycopg.Error, and PlannerError where there are more or none."""
        return protocol.row(self.connection, sql, *parameters)

    def text(self, sql: str, parameters: Sequence[bytes | None] = ()) -> str:
        """The only value of one statement, as the server printed it. Parameters are of whatever type it finds."""
        import psycopg

        texts = [None if value is None else value.decode("utf-8") for value in parameters]
        with psycopg.RawCursor(self.connection) as cursor:
            cursor.execute(sql.encode(), texts or None, prepare=False, binary=True)
            result = cursor.pgresult
            value = result.get_value(0, 0) if result is not None and result.ntuples else None
            return "" if value is None else bytes(value).decode("utf-8", "replace")

    @property
    def lost(self) -> bool:
        """The connection is gone."""
        return self.connection.closed or self.connection.broken

    def close(self) -> None:
        """Ends it."""
        self.connection.close()


def message(where: Address, error: psycopg.Error) -> str:
    """What the server said of a statement, in one line; of a cancelled one also why."""
    said = error.diag.message_primary or where.clean(str(error)) or type(error).__name__
    text = where.clean(said)
    if error.sqlstate == "55P03":
        return f"{text}: another session holds a lock on one of its tables; asked again later it is answered"
    if error.sqlstate == "57014":
        return f"{text}: not planned within {EXPLAIN_SECONDS} s"
    return text
