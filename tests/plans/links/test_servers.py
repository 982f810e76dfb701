"""Every span against the truth: random queries whose conditions carry constants of their own."""

from __future__ import annotations

import json
import random
from collections import Counter
from collections.abc import Iterator

import psycopg
import pymysql
import pytest

from advisor.plans.read import read
from tests.conftest import StartServer
from tests.plans.links import schema
from tests.plans.links.generator import Generator
from tests.plans.links.oracle import check, masked

pytestmark = pytest.mark.server

_SWITCHES = ("hashjoin", "mergejoin", "nestloop", "seqscan", "bitmapscan", "indexscan", "hashagg")


@pytest.fixture(scope="module")
def postgresql(postgresql_with: StartServer) -> Iterator[psycopg.Connection]:
    with psycopg.connect(postgresql_with({}).dsn, autocommit=True) as connection:
        connection.execute("DROP SCHEMA IF EXISTS links CASCADE")
        connection.execute("CREATE SCHEMA links")
        connection.execute("SET search_path = links")
        connection.execute(schema.POSTGRESQL)
        yield connection
        connection.execute("DROP SCHEMA links CASCADE")


@pytest.fixture(scope="module")
def mariadb(mariadb_with: StartServer) -> Iterator[pymysql.cursors.Cursor]:
    server = mariadb_with({})
    connection = pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True)
    cursor = connection.cursor()
    cursor.execute("CREATE DATABASE links CHARACTER SET utf8mb4")
    cursor.execute("USE links")
    for statement in schema.MARIADB.split(";\n"):
        if statement.strip():
            cursor.execute(statement)
    yield cursor
    cursor.execute("DROP DATABASE links")
    connection.close()


@pytest.mark.parametrize("form", ["FORMAT JSON", "FORMAT JSON, VERBOSE", "FORMAT TEXT", "FORMAT TEXT, VERBOSE"])
def test_postgresql_spans_stand_where_the_condition_does(postgresql: psycopg.Connection, form: str) -> None:
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for seed in range(45):
        query = Generator(seed, "postgresql").query()
        choose = random.Random(f"{seed}{form}")
        for switch in _SWITCHES:
            postgresql.execute(f"SET enable_{switch} = {'off' if choose.random() < 0.25 else 'on'}")
        rows = postgresql.execute(f"EXPLAIN ({form}) {query.text}").fetchall()
        text = "\n".join(row[0] if isinstance(row[0], str) else json.dumps(row[0]) for row in rows)
        plan = read(text, engine="postgresql").plans[0]
        wrong += check(query, plan, counts)
        wrong += check(query, plan, Counter(), masked(query.text))
    assert not wrong, "\n".join(wrong[:5])
    assert counts["conjuncts"] > 200
    assert counts["placed"] >= 0.93 * counts["conjuncts"], counts
    assert counts["resolved"] >= 0.95 * counts["columns"], counts


def test_mariadb_spans_stand_where_the_condition_does(mariadb: pymysql.cursors.Cursor) -> None:
    counts: Counter[str] = Counter()
    wrong: list[str] = []
    for seed in range(90):
        query = Generator(seed, "mariadb").query()
        form = "ANALYZE" if seed % 3 == 0 and query.text.startswith(("SELECT", "WITH")) else "EXPLAIN"
        cursor = mariadb
        cursor.execute(f"{form} FORMAT=JSON {query.text}")
        plan = read(str(cursor.fetchall()[0][0]), engine="mariadb").plans[0]
        wrong += check(query, plan, counts)
        wrong += check(query, plan, Counter(), masked(query.text))
    assert not wrong, "\n".join(wrong[:5])
    assert counts["conjuncts"] > 200
    assert counts["placed"] >= 0.93 * counts["conjuncts"], counts
    assert counts["resolved"] >= 0.95 * counts["columns"], counts
