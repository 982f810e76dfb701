"""Statement digests of a running MySQL or MariaDB."""

from __future__ import annotations

import contextlib
import hashlib
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

from advisor.model.batch import Batch
from advisor.model.engine import Engine
from advisor.sources.capture import CaptureEvidence, Observed
from advisor.sources.counters.digests import Collector
from advisor.sources.counters.live import CONNECT_SECONDS, FETCH, LOCK_SECONDS, STATEMENT_SECONDS
from advisor.sources.dsn import Dsn
from advisor.sources.errors import InputError
from advisor.sources.interrupt import Interrupt
from advisor.sources.ledger import Ledger

_FORMAT = "mysql-digests"
_TABLE = "performance_schema.events_statements_summary_by_digest"
#: Access denied: for the user, the database, a command, a table.
_DENIED = frozenset((1044, 1045, 1142, 1143, 1227, 1698))


def read(dsn: Dsn, source: int, ledger: Ledger, interrupt: Interrupt, capture: CaptureEvidence) -> Iterator[Batch]:
    """The rows of the digest table. Raises InputError."""
    import pymysql
    from pymysql.cursors import SSDictCursor

    ledger.summary.format = _FORMAT
    ledger.summary.identity = hashlib.blake2b(dsn.safe.encode(), digest_size=8).hexdigest()
    try:
        with contextlib.closing(_connect(dsn)) as connection:
            engine = _prepare(connection, dsn)
            ledger.summary.until_us = _now(connection)
            observed = _evidence(connection)
            capture.put(engine.name, ledger.summary.identity, observed)
            collector = Collector(source, engine, ledger)
            first: datetime | None = None
            number = 0
            with connection.cursor(SSDictCursor) as cursor:
                cursor.execute(f"SELECT * FROM {_TABLE}")
                while rows := interrupt.wait(lambda: cursor.fetchmany(FETCH), ()):
                    for raw in rows:
                        row = {name.lower(): value for name, value in raw.items()}
                        seen = row.get("first_seen")
                        if isinstance(seen, datetime) and seen.year > 1970 and (first is None or seen < first):
                            first = seen
                        number += 1
                        ledger.lines(1)
                        yield from collector.add(row, number, number)
            yield from collector.finish()
            if first is not None:
                ledger.summary.since_us = _microseconds(first)
    except pymysql.MySQLError as error:
        raise InputError(dsn.redact(_message(error)), dsn.safe, _todo(error)) from None


def _connect(dsn: Dsn) -> Any:
    import pymysql

    options = dict(dsn.options)
    given: dict[str, Any] = {
        "host": dsn.host or "localhost",
        "port": dsn.port or 3306,
        "user": dsn.user,
        "password": dsn.password or "",
        "database": dsn.database,
        "unix_socket": options.get("unix_socket") or options.get("socket"),
        "ssl_ca": options.get("ssl_ca"),
        "ssl_cert": options.get("ssl_cert"),
        "ssl_key": options.get("ssl_key"),
        "connect_timeout": CONNECT_SECONDS,
        "read_timeout": STATEMENT_SECONDS,
        "write_timeout": STATEMENT_SECONDS,
        "program_name": "advisor",
        "charset": "utf8mb4",
    }
    return pymysql.connect(**{name: value for name, value in given.items() if value is not None})


def _prepare(connection: Any, dsn: Dsn) -> Engine:
    """Start the read-only transaction and make sure that the table is being filled."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT VERSION()")
        version = cursor.fetchone()[0]
        maria = "mariadb" in version.lower()
        cursor.execute("SET SESSION time_zone = '+00:00'")
        cursor.execute(f"SET SESSION lock_wait_timeout = {LOCK_SECONDS}")
        limit = (
            f"max_statement_time = {STATEMENT_SECONDS}" if maria else f"max_execution_time = {STATEMENT_SECONDS * 1000}"
        )
        cursor.execute(f"SET SESSION {limit}")
        cursor.execute("START TRANSACTION READ ONLY")
        cursor.execute("SELECT @@performance_schema")
        if not cursor.fetchone()[0]:
            raise InputError(
                "performance_schema is off",
                dsn.safe,
                "start the server with performance_schema=ON, or give its slow query log",
            )
        if not _consumed(cursor):
            raise InputError(
                "statement digests are switched off",
                dsn.safe,
                "UPDATE performance_schema.setup_consumers SET enabled = 'YES' WHERE name = 'statements_digest'",
            )
    return Engine("mariadb" if maria else "mysql", version)


def _consumed(cursor: Any) -> bool:
    """Whether the server fills the table; taken for granted from a user who may read the table but not the settings."""
    import pymysql

    try:
        cursor.execute("SELECT enabled FROM performance_schema.setup_consumers WHERE name = 'statements_digest'")
    except pymysql.MySQLError as error:
        if error.args and error.args[0] in _DENIED:
            return True
        raise
    row = cursor.fetchone()
    return row is None or row[0] == "YES"


def _now(connection: Any) -> int:
    with connection.cursor() as cursor:
        cursor.execute("SELECT UTC_TIMESTAMP(6)")
        return _microseconds(cursor.fetchone()[0])


def _evidence(connection: Any) -> Observed:
    observed = Observed()
    with connection.cursor() as cursor:
        cursor.execute(
            "SHOW GLOBAL VARIABLES WHERE Variable_name IN "
            "('performance_schema_digests_size', 'performance_schema_max_digest_length')"
        )
        for name, value in cursor.fetchall():
            observed.setting(name, value)
    return observed


def _microseconds(when: datetime) -> int:
    return (when.replace(tzinfo=UTC) - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)


def _message(error: Exception) -> str:
    return str(error.args[1]) if len(error.args) > 1 else str(error) or type(error).__name__


def _todo(error: Exception) -> str:
    code = error.args[0] if error.args else 0
    if code in _DENIED:
        return f"check the name and password, and GRANT SELECT ON {_TABLE} to this user"
    return "check that the server runs there"
