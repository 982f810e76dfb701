"""The DDL that pages give runs on real servers, and its rollback takes it back."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import Any

import pytest

from advisor.handbook import load
from advisor.handbook.examples import examples
from advisor.handbook.page import Example, Page
from advisor.model.remedy import Remedy

PAGES = [page for page in load().pages if page.remedy in ("create_index", "drop_index")]
DATABASE = "advisor_remedies_test"


def _cases(*engines: str) -> list[tuple[Page, Example, Remedy]]:
    cases = []
    for page in PAGES:
        asked = [example for example in page.examples if example.verdict != "refute"]
        for example, result in zip(asked, examples(page), strict=True):
            if example.verdict == "bad" and example.engine in engines:
                cases += [(page, example, r) for j in result.judgements for r in j.remedies if r.sql]
    return cases


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Any]:
    psycopg = pytest.importorskip("psycopg")
    where = {"host": "127.0.0.1", "port": int(os.environ.get("PGPORT", "5432")), "user": "postgres"}
    with psycopg.connect(**where, dbname="postgres", autocommit=True, connect_timeout=5) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        admin.execute(f"CREATE DATABASE {DATABASE}")
        try:
            with psycopg.connect(**where, dbname=DATABASE, autocommit=True) as connection:
                yield connection
        finally:
            admin.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.mark.server
def test_on_postgresql(postgresql):
    trigrams = postgresql.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'pg_trgm'").fetchone()
    if trigrams:
        postgresql.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
    ran = 0
    for page, example, remedy in _cases("postgresql"):
        if "gin_trgm_ops" in (remedy.sql or "") and not trigrams:
            continue
        postgresql.execute("DROP SCHEMA public CASCADE; CREATE SCHEMA public")
        if trigrams:
            postgresql.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm SCHEMA public")
        for block in example.schema:
            postgresql.execute(block.text)
        before = _indexes(postgresql)
        postgresql.execute(remedy.sql)
        assert _indexes(postgresql) != before, f"{page.id}: {remedy.sql}"
        postgresql.execute(remedy.rollback)
        assert _indexes(postgresql) == before, f"{page.id}: {remedy.rollback}"
        ran += 1
    assert ran >= 12


def _indexes(connection: Any) -> list[Any]:
    return connection.execute("SELECT indexdef FROM pg_indexes WHERE schemaname = 'public' ORDER BY 1").fetchall()


@pytest.mark.server
def test_on_mariadb():
    pymysql = pytest.importorskip("pymysql")
    port = int(os.environ.get("MYSQL_TCP_PORT", "3306"))
    connection = pymysql.connect(
        host="127.0.0.1", port=port, user="root", password="", autocommit=True, connect_timeout=5
    )
    with connection, connection.cursor() as cursor:
        ran = 0
        try:
            for page, example, remedy in _cases("mysql", "mariadb"):
                cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
                cursor.execute(f"CREATE DATABASE {DATABASE}")
                cursor.execute(f"USE {DATABASE}")
                for block in example.schema:
                    for statement in block.text.split(";"):
                        if statement.strip():
                            cursor.execute(statement)
                for statement in (remedy.sql, remedy.rollback):
                    assert statement is not None
                    cursor.execute(statement)
                ran += 1
                assert page
        finally:
            cursor.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        assert ran >= 4


def test_on_sqlite():
    import sqlite3

    ran = 0
    for page, example, remedy in _cases("sqlite"):
        connection = sqlite3.connect(":memory:")
        for block in example.schema:
            connection.executescript(block.text)
        assert remedy.sql is not None
        assert remedy.rollback is not None
        connection.execute(remedy.sql)
        assert connection.execute("SELECT COUNT(*) FROM sqlite_master WHERE name = ?", (remedy.name,)).fetchone() == (
            1,
        )
        connection.execute(remedy.rollback)
        assert page
        ran += 1
    assert ran >= 1
