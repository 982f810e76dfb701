"""pg_stat_statements of a running PostgreSQL."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from advisor.model.batch import Batch
from advisor.model.engine import Engine
from advisor.sources.capture import CaptureEvidence, Observed
from advisor.sources.counters.live import CONNECT_SECONDS, FETCH, LOCK_SECONDS, STATEMENT_SECONDS
from advisor.sources.counters.number import instant
from advisor.sources.counters.statements import Collector
from advisor.sources.dsn import Dsn
from advisor.sources.errors import InputError
from advisor.sources.interrupt import Interrupt
from advisor.sources.ledger import Ledger

_FORMAT = "pg-stat-statements"
_NOT_LOADED = "55000"  # object_not_in_prerequisite_state


def read(dsn: Dsn, source: int, ledger: Ledger, interrupt: Interrupt, capture: CaptureEvidence) -> Iterator[Batch]:
    """The rows of the view in the order of their total time. Raises InputError."""
    import psycopg
    from psycopg.rows import dict_row

    ledger.summary.format = _FORMAT
    ledger.summary.identity = hashlib.blake2b(dsn.safe.encode(), digest_size=8).hexdigest()
    given = {
        "host": dsn.host,
        "port": dsn.port,
        "user": dsn.user,
        "password": dsn.password,
        "dbname": dsn.database,
        "application_name": "advisor",
        "connect_timeout": CONNECT_SECONDS,
        **dsn.options,
    }
    try:
        with psycopg.connect(**{name: value for name, value in given.items() if value is not None}) as connection:  # type: ignore[arg-type]
            connection.read_only = True
            connection.execute(f"SET LOCAL statement_timeout = '{STATEMENT_SECONDS}s'")
            connection.execute(f"SET LOCAL lock_timeout = '{LOCK_SECONDS}s'")
            server = _server(connection, dsn)
            view = _view(connection, dsn)
            observed = _evidence(connection, view, ledger)
            capture.put("postgresql", ledger.summary.identity, observed)
            engine = Engine("postgresql", server["version"])
            collector = Collector(source, engine, ledger, block_bytes=server["block_bytes"])
            ledger.summary.until_us = instant(server["now"])
            with connection.cursor(name="advisor", row_factory=dict_row) as cursor:
                cursor.execute(
                    f"SELECT s.*, d.datname, pg_get_userbyid(s.userid) AS rolname FROM {view} s "
                    "LEFT JOIN pg_catalog.pg_database d ON d.oid = s.dbid ORDER BY s.calls DESC, s.queryid"
                )
                number = 0
                none: list[dict[str, Any]] = []
                while rows := interrupt.wait(lambda: cursor.fetchmany(FETCH), none):
                    for row in rows:
                        number += 1
                        ledger.lines(1)
                        yield from collector.add(row, number, number)
            yield from collector.finish()
            connection.rollback()
    except psycopg.Error as error:
        if error.sqlstate == _NOT_LOADED:
            raise InputError(
                "pg_stat_statements is installed but not loaded",
                dsn.safe,
                "add it to shared_preload_libraries and restart the server",
            ) from None
        raise InputError(dsn.redact(str(error)) or type(error).__name__, dsn.safe, _todo(error)) from None


def _server(connection: Any, dsn: Dsn) -> dict[str, Any]:
    row = connection.execute(
        "SELECT current_setting('server_version'), current_setting('block_size')::int, now(), "
        "current_setting('server_version_num')::int"
    ).fetchone()
    if row[3] < 100_000:
        raise InputError(f"PostgreSQL {row[0]} is too old", dsn.safe, "PostgreSQL 10 and later are read")
    return {"version": row[0].split()[0], "block_bytes": row[1], "now": row[2]}


def _view(connection: Any, dsn: Dsn) -> str:
    """The view's qualified, quoted name."""
    row = connection.execute(
        "SELECT quote_ident(n.nspname) FROM pg_catalog.pg_extension e "
        "JOIN pg_catalog.pg_namespace n ON n.oid = e.extnamespace WHERE e.extname = 'pg_stat_statements'"
    ).fetchone()
    if row is None:
        raise InputError(
            "the extension pg_stat_statements is not installed in this database",
            dsn.safe,
            "run CREATE EXTENSION pg_stat_statements there, name a database that has it, or give the server's log",
        )
    return f"{row[0]}.pg_stat_statements"


def _evidence(connection: Any, view: str, ledger: Ledger) -> Observed:
    """Since when the counters count, and what they have lost."""
    observed = Observed()
    settings = connection.execute(
        "SELECT name, setting FROM pg_catalog.pg_settings "
        "WHERE name IN ('pg_stat_statements.max', 'pg_stat_statements.track')"
    ).fetchall()
    for name, value in settings:
        observed.setting(name, value)
    if connection.execute("SELECT to_regclass(%s)", (f"{view}_info",)).fetchone()[0] is not None:
        evicted, reset = connection.execute(f"SELECT dealloc, stats_reset FROM {view}_info").fetchone()
        observed.setting("pg_stat_statements.dealloc", str(evicted))
        if isinstance(reset, datetime):
            ledger.summary.since_us = instant(reset)
        if evicted:
            ledger.note(
                f"the server dropped its least used statements {evicted:,} times: rare ones are missing; "
                "raise pg_stat_statements.max"
            )
    return observed


def _todo(error: Any) -> str:
    if error.sqlstate == "42501":  # insufficient_privilege
        return "GRANT pg_read_all_stats to this user"
    if error.sqlstate is None:
        return "check that the server runs there and that the name and password are right"
    return "check the server's log, or give the server's statement log instead"
