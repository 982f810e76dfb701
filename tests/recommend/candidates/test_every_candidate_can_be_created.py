"""Whatever is proposed for random statements over nasty schemas: the server takes each of them."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from advisor.model.engine import EngineName
from advisor.model.indexing import Candidate
from advisor.model.snapshot import Extension, Header, Snapshot
from advisor.recommend.candidates import Variants, candidates
from tests.recommend.candidates.shapes import WORLDS, catalog, queries, statement, texts

DATABASE = f"adv_a_candidates_{os.getpid()}"
_MORE = settings(deadline=None, suppress_health_check=list(HealthCheck))


def found(engine: EngineName, sqls: list[str], **constants: str) -> list[Candidate]:
    """Candidates and their variants; every column must exist and none may come twice."""
    ddl, version, _ = WORLDS[engine]
    schema = catalog(ddl, engine, version)
    snapshot = Snapshot(header=Header(engine=schema.engine, values="present"), extensions=[Extension(name="pg_trgm")])
    statistics = snapshot if engine == "postgresql" else None
    known = {("Order", column): value for column, value in constants.items()}
    statements = [statement(sql, schema, fingerprint=f"f{number}", constants=known) for number, sql in enumerate(sqls)]
    made = candidates(statements, schema, statistics)
    assert made == candidates(statements, schema, statistics)
    assert len({one.index for one in made}) == len(made)
    around = Variants(statements, schema, statistics)([one.index for one in made[:8]])
    for one in (*made, *around):
        names = {column.name for column in schema.tables[one.index.table].columns}
        used = [key.column for key in one.index.keys if key.column is not None]
        assert {*used, *one.index.include} <= names
        assert len(set(used)) == len(used)
        assert not set(used) & set(one.index.include)
        assert one.reasons
        assert schema.tables[one.index.table].kind in ("table", "partitioned")
    return [*made, *around]


def _some(engine: EngineName) -> Any:
    return st.lists(queries(engine), min_size=1, max_size=4)


# ---------------------------------------------------------------------- PostgreSQL
@pytest.fixture(scope="module")
def postgresql() -> Iterator[Any]:
    psycopg = pytest.importorskip("psycopg")
    where = {"host": "127.0.0.1", "port": int(os.environ.get("PGPORT", "5432")), "user": "postgres"}
    with psycopg.connect(**where, dbname="postgres", autocommit=True, connect_timeout=5) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        admin.execute(f"CREATE DATABASE {DATABASE}")
        try:
            with psycopg.connect(**where, dbname=DATABASE, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION pg_trgm")
                connection.execute(WORLDS["postgresql"][0])
                yield connection
        finally:
            admin.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.mark.server
@given(_some("postgresql"))
@settings(_MORE, max_examples=60)
def test_on_postgresql(postgresql: Any, sqls: list[str]) -> None:
    made = texts(found("postgresql", sqls, status="'it''s'", price="5", active="true"))
    with postgresql.transaction(force_rollback=True):
        for text in dict.fromkeys(made):
            postgresql.execute(f"CREATE INDEX {text}".encode())


# ---------------------------------------------------------------------- MariaDB
@pytest.fixture(scope="module")
def mariadb() -> Iterator[Any]:
    pymysql = pytest.importorskip("pymysql")
    port = int(os.environ.get("MYSQL_TCP_PORT", "3306"))
    connection = pymysql.connect(host="127.0.0.1", port=port, user="root", password="", autocommit=True)
    with connection, connection.cursor() as cursor:
        try:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
            cursor.execute(f"CREATE DATABASE {DATABASE}")
            cursor.execute(f"USE {DATABASE}")
            for one in WORLDS["mariadb"][0].split(";"):
                if one.strip():
                    cursor.execute(one)
            yield cursor
        finally:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")


@pytest.mark.server
@given(_some("mariadb"))
@settings(_MORE, max_examples=12)
def test_on_mariadb(mariadb: Any, sqls: list[str]) -> None:
    for text in dict.fromkeys(texts(found("mariadb", sqls))):
        name, _, _ = text.removeprefix("ON ").partition(" ")
        if text in _CREATED:
            continue
        mariadb.execute(f"CREATE INDEX one {text}")
        mariadb.execute(f"DROP INDEX one ON {name}")
        _CREATED.add(text)


_CREATED: set[str] = set()


# ---------------------------------------------------------------------- SQLite
@given(_some("sqlite"))
@settings(_MORE, max_examples=60)
def test_on_sqlite(sqls: list[str]) -> None:
    connection = sqlite3.connect(":memory:")
    connection.executescript(WORLDS["sqlite"][0])
    for number, text in enumerate(texts(found("sqlite", sqls, status="'it''s'", price="5"))):
        connection.execute(f"CREATE INDEX i{number} {text}")
    connection.close()
