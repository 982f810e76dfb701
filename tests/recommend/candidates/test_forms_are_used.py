"""The forms that are proposed are those that the optimizers use: each made on a real engine and found in the plan."""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from typing import Any

import pytest

from advisor.model.engine import EngineName
from advisor.model.snapshot import Extension, Header, Snapshot
from advisor.recommend.candidates import CandidateLimits, candidates
from tests.recommend.candidates.shapes import catalog, statement, texts

DATABASE = f"adv_a_used_{os.getpid()}"
POSTGRESQL = """
CREATE TABLE t (id bigint PRIMARY KEY, a integer, b integer, email varchar(100), note text, made timestamp, doc jsonb,
  tags text[], words tsvector, span tsrange, active boolean NOT NULL, gone timestamp, code char(8));
"""
SQLITE = """
CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b INT, email TEXT, note TEXT, made TIMESTAMP, doc TEXT, active BOOLEAN NOT NULL,
  gone TEXT);
"""


def _proposed(engine: EngineName, ddl: str, sql: str, constants: dict[tuple[str, str], str]) -> list[str]:
    schema = catalog(ddl, engine, None)
    snapshot = Snapshot(header=Header(engine=schema.engine, values="present"), extensions=[Extension(name="pg_trgm")])
    statistics = snapshot if engine == "postgresql" else None
    one = statement(sql, schema, constants=constants)
    return texts(candidates([one], schema, statistics, CandidateLimits(pairs=False)))


@pytest.fixture(scope="module")
def postgresql() -> Iterator[Any]:
    psycopg = pytest.importorskip("psycopg")
    where = {"host": "127.0.0.1", "port": int(os.environ.get("PGPORT", "5432")), "user": "postgres"}
    with psycopg.connect(**where, dbname="postgres", autocommit=True, connect_timeout=5) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {DATABASE}")
        admin.execute(f"CREATE DATABASE {DATABASE} TEMPLATE template0 LC_COLLATE 'C.UTF-8' LC_CTYPE 'C.UTF-8'")
        try:
            with psycopg.connect(**where, dbname=DATABASE, autocommit=True) as connection:
                connection.execute("CREATE EXTENSION pg_trgm")
                connection.execute(POSTGRESQL)
                connection.execute(
                    "INSERT INTO t SELECT i, i % 100, i % 7, 'U' || i, 'note ' || i, timestamp '2025-01-01' + i * '1 min'"
                    "::interval, jsonb_build_object('k', i::text, 'n', i), ARRAY['t' || i % 50], to_tsvector('w' || i),"
                    " tsrange(timestamp '2025-01-01' + i * '1 min'::interval, NULL), i % 3 = 0, NULL, 'c' || i"
                    " FROM generate_series(1, 5000) i"
                )
                for more in ("VACUUM ANALYZE t", "SET enable_seqscan = off", "SET enable_sort = off"):
                    connection.execute(more.encode())
                yield connection
        finally:
            admin.execute(f"DROP DATABASE {DATABASE} WITH (FORCE)")


@pytest.mark.server
@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM t WHERE lower(email) = 'u7'", "((lower(email)))"),
        ("SELECT * FROM t WHERE made::date = '2025-01-02'", "((CAST(made AS DATE)))"),
        ("SELECT * FROM t WHERE date(made) = '2025-01-02'", "((date(made)))"),
        ("SELECT * FROM t WHERE date_trunc('day', made) = '2025-01-02'", "((date_trunc('day', made)))"),
        ("SELECT * FROM t WHERE extract(year FROM made) = 2025", "((EXTRACT(YEAR FROM made)))"),
        ("SELECT * FROM t WHERE doc ->> 'k' = '7'", "((doc ->> 'k'))"),
        ("SELECT * FROM t WHERE a::bigint = 7", "((CAST(a AS BIGINT)))"),
        ("SELECT * FROM t WHERE a % 10 = 7", "((a % 10))"),
        ("SELECT * FROM t WHERE coalesce(note, '') = 'x'", "((coalesce(note, '')))"),
        ("SELECT * FROM t WHERE a + b = 7", "((a + b))"),
        ("SELECT * FROM t WHERE left(note, 3) = 'x'", "((left(note, 3)))"),
        ("SELECT * FROM t WHERE substring(note from 1 for 3) = 'x'", "((SUBSTRING(note FROM 1 FOR 3)))"),
        ("SELECT * FROM t WHERE note || 'x' = 'yx'", "((note || 'x'))"),
        ("SELECT * FROM t WHERE trim(note) = 'x'", "((trim(note)))"),
        ("SELECT * FROM t WHERE upper(note) LIKE 'NOTE 7%'", "((upper(note)) text_pattern_ops)"),
        ("SELECT * FROM t WHERE email LIKE 'U7%'", "(email varchar_pattern_ops)"),
        ("SELECT * FROM t WHERE code LIKE 'c7%'", "(code bpchar_pattern_ops)"),
        ("SELECT * FROM t WHERE note ILIKE '%note 77%'", "USING gin (note gin_trgm_ops)"),
        ("SELECT * FROM t WHERE doc @> '{\"n\": 7}'", "USING gin (doc jsonb_path_ops)"),
        ("SELECT * FROM t WHERE doc ? 'q'", "USING gin (doc)"),
        ("SELECT * FROM t WHERE tags && ARRAY['t7']", "USING gin (tags)"),
        ("SELECT * FROM t WHERE words @@ to_tsquery('w7')", "USING gin (words)"),
        ("SELECT * FROM t WHERE to_tsvector('english', note) @@ to_tsquery('english', 'x')",
         "USING gin ((to_tsvector('english', note)))"),
        ("SELECT * FROM t WHERE span && tsrange('2024-01-01', '2025-01-01 01:00')", "USING gist (span)"),
        ("SELECT * FROM t WHERE a = 7 AND active", "(a) WHERE active"),
        ("SELECT * FROM t WHERE a = 7 AND NOT active", "(a) WHERE NOT active"),
        ("SELECT * FROM t WHERE a = 7 AND gone IS NULL", "(a) WHERE gone IS NULL"),
        ("SELECT * FROM t WHERE a = 7 AND note = 'open'", "(a) WHERE note = 'open'"),
        ("SELECT * FROM t ORDER BY a DESC, b LIMIT 5", "(a, b DESC)"),
        ("SELECT * FROM t ORDER BY a NULLS FIRST LIMIT 5", "(a DESC NULLS LAST)"),
        ("SELECT * FROM t ORDER BY a DESC, b DESC LIMIT 5", "(a, b)"),
        ("SELECT b FROM t WHERE a = 7 AND made > '2025-01-01'", "(a, made) INCLUDE (b)"),
    ],
)  # fmt: skip
def test_on_postgresql(postgresql: Any, sql: str, expected: str) -> None:
    found = _proposed("postgresql", POSTGRESQL, sql, {("t", "note"): "'open'"})
    assert f"ON t {expected}" in found
    with postgresql.transaction(force_rollback=True):
        postgresql.execute(f"CREATE INDEX chosen ON t {expected}".encode())
        plan = "\n".join(line for (line,) in postgresql.execute(f"EXPLAIN {sql}".encode()))
    assert "chosen" in plan
    assert "Sort" not in plan
    assert "INCLUDE" not in expected or "Index Only Scan" in plan


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM t WHERE lower(email) = 'u7'", "((lower(email)))"),
        ("SELECT * FROM t WHERE date(made) = '2025-01-02'", "((date(made)))"),
        ("SELECT * FROM t WHERE doc ->> '$.k' = '7'", "((doc ->> '$.k'))"),
        ("SELECT * FROM t WHERE json_extract(doc, '$.k') = '7'", "((json_extract(doc, '$.k')))"),
        ("SELECT * FROM t WHERE note LIKE 'x%'", '(note COLLATE "NOCASE")'),
        ("SELECT * FROM t WHERE note GLOB 'x*'", "(note)"),
        ("SELECT * FROM t WHERE a = 7 AND active", "(a) WHERE active"),
        ("SELECT * FROM t WHERE a = 7 AND gone IS NULL", "(a) WHERE gone IS NULL"),
        ("SELECT * FROM t WHERE a = 7 AND note = 'open'", "(a) WHERE note = 'open'"),
        ("SELECT * FROM t ORDER BY a DESC, b LIMIT 5", "(a, b DESC)"),
        ("SELECT * FROM t WHERE a = 7 ORDER BY b, id LIMIT 5", "(a, b)"),
        ("SELECT b FROM t WHERE a = 7 AND made > 'x'", "(a, made, b)"),
    ],
)
def test_on_sqlite(sql: str, expected: str) -> None:
    assert f"ON t {expected}" in _proposed("sqlite", SQLITE, sql, {("t", "note"): "'open'"})
    connection = sqlite3.connect(":memory:")
    connection.executescript(f"{SQLITE} CREATE INDEX chosen ON t {expected};")
    plan = " ".join(row[3] for row in connection.execute(f"EXPLAIN QUERY PLAN {sql}"))
    connection.close()
    assert "chosen" in plan
    assert "TEMP B-TREE" not in plan
