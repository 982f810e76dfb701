"""Counters from running servers, and what is said when they cannot be had."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import psycopg
import pymysql
import pytest

from advisor.fingerprint import key
from advisor.sources.errors import InputError
from advisor.sources.read import Reading
from tests.servers import Server

StartServer = Callable[[Mapping[str, str]], Server]
PRELOADED = {"shared_preload_libraries": "pg_stat_statements"}


@pytest.fixture(scope="module")
def postgresql(postgresql_with: StartServer) -> Server:
    server = postgresql_with(PRELOADED)
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
        connection.execute("CREATE TABLE IF NOT EXISTS orders (id int, note text)")
        connection.execute("CREATE ROLE reader LOGIN PASSWORD 'hush-hush'")
        connection.execute("CREATE DATABASE bare")
        connection.execute("SELECT pg_stat_statements_reset()")
        for number in range(5):
            connection.execute(f"INSERT INTO orders VALUES ({number}, 'x')")
            connection.execute(f"SELECT * FROM orders WHERE id < {number}")
    return server


@pytest.mark.server
def test_pg_stat_statements(postgresql: Server) -> None:
    reading = Reading([postgresql.dsn])
    found = {}
    for batch in reading:
        assert batch.calls is not None
        for n in range(len(batch)):
            found[int(batch.shape_key[n])] = (
                int(batch.calls[n]),
                int(batch.rows_sent[n]),
                int(batch.rows_affected[n]),
                batch.contexts[batch.context[n]].database,
                batch.duration_us[n] >= 0,
            )
    assert found[key(b"select * from orders where id < 9", "postgresql").key] == (5, 10, -1, "postgres", True)
    assert found[key(b"insert into orders values (1, 'y')", "postgresql").key] == (5, -1, 5, "postgres", True)
    (summary,) = reading.summaries
    assert summary.engine is not None
    assert summary.engine.name == "postgresql"
    assert summary.engine.version
    assert summary.since_us is not None
    assert summary.until_us is not None
    assert summary.until_us >= summary.since_us
    assert reading.capture.observed


@pytest.mark.server
def test_a_user_without_rights_sees_hidden_rows(postgresql: Server) -> None:
    dsn = f"postgresql://reader:hush-hush@127.0.0.1:{postgresql.port}/postgres"
    reading = Reading([dsn])
    shown = sum(len(batch) for batch in reading)  # what the user ran: the statements that read the view
    (summary,) = reading.summaries
    assert summary.path == f"postgresql://reader@127.0.0.1:{postgresql.port}/postgres"
    assert any("pg_read_all_stats" in note for note in summary.notes)
    assert summary.unreadable_lines > 0
    assert summary.understood_lines >= shown > 0


@pytest.mark.server
def test_a_database_without_the_extension(postgresql: Server) -> None:
    with pytest.raises(InputError, match="CREATE EXTENSION"):
        list(Reading([f"postgresql://postgres@127.0.0.1:{postgresql.port}/bare"]))


@pytest.mark.server
def test_nothing_is_written_and_long_waits_end(postgresql: Server) -> None:
    with psycopg.connect(postgresql.dsn) as blocker:
        blocker.execute("LOCK TABLE pg_catalog.pg_extension IN ACCESS EXCLUSIVE MODE")
        with pytest.raises(InputError, match="lock timeout"):
            list(Reading([postgresql.dsn]))


@pytest.mark.server
def test_an_extension_that_is_not_loaded(postgresql_with: StartServer) -> None:
    server = postgresql_with({})
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE EXTENSION IF NOT EXISTS pg_stat_statements")
    with pytest.raises(InputError, match="shared_preload_libraries"):
        list(Reading([server.dsn]))


@pytest.mark.parametrize("scheme", ["postgresql", "mysql"])
def test_a_server_that_is_not_there_is_told_without_the_password(scheme: str) -> None:
    with pytest.raises(InputError) as caught:
        list(Reading([f"{scheme}://someone:hush-hush@127.0.0.1:1/db"]))
    assert "hush-hush" not in str(caught.value)
    assert "127.0.0.1:1" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_sqlite_has_no_counters() -> None:
    with pytest.raises(InputError, match=r"\.sql file"):
        list(Reading(["sqlite:///app.db"]))


@pytest.fixture(scope="module")
def mariadb(mariadb_with: StartServer) -> Server:
    server = mariadb_with({"performance-schema": "ON"})
    connection = pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True)
    with connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE shop")
        cursor.execute("USE shop")
        cursor.execute("CREATE TABLE orders (id int, `order` text)")
        cursor.execute("CREATE USER reader@'%' IDENTIFIED BY 'hush-hush'")
        for number in range(5):
            cursor.execute(f"INSERT INTO orders VALUES ({number}, 'x'), ({number}, 'y')")
            cursor.execute(f"SELECT * FROM orders WHERE id IN ({number}, 7) AND `order` != 'z'")
    return server


@pytest.mark.server
def test_digests(mariadb: Server) -> None:
    reading = Reading([mariadb.dsn])
    found = {}
    for batch in reading:
        assert batch.calls is not None
        for n in range(len(batch)):
            found[int(batch.shape_key[n])] = (
                int(batch.calls[n]),
                int(batch.rows_sent[n]),
                int(batch.rows_affected[n]),
                batch.contexts[batch.context[n]].database,
            )
    assert found[key(b"select * from orders where id in (1) and `order` != 'q'", "mysql").key] == (5, 10, 0, "shop")
    assert found[key(b"insert into orders values (1)", "mysql").key] == (5, 0, 10, "shop")
    (summary,) = reading.summaries
    assert summary.engine is not None
    assert summary.engine.name == "mariadb"
    assert summary.since_us is not None
    assert summary.until_us is not None
    assert summary.until_us >= summary.since_us


@pytest.mark.server
def test_a_user_without_rights_is_told(mariadb: Server) -> None:
    with pytest.raises(InputError) as caught:
        list(Reading([f"mariadb://reader:hush-hush@127.0.0.1:{mariadb.port}/"]))
    assert "GRANT SELECT" in str(caught.value)
    assert "hush-hush" not in str(caught.value)
    connection = pymysql.connect(host=mariadb.host, port=mariadb.port, user=mariadb.user, autocommit=True)
    with connection, connection.cursor() as cursor:  # what we tell to grant is enough
        cursor.execute("GRANT SELECT ON performance_schema.events_statements_summary_by_digest TO reader@'%'")
    assert sum(len(batch) for batch in Reading([f"mariadb://reader:hush-hush@127.0.0.1:{mariadb.port}/"])) > 2


@pytest.mark.server
def test_a_server_without_performance_schema(mariadb_with: StartServer) -> None:
    server = mariadb_with({})
    with pytest.raises(InputError, match="performance_schema=ON"):
        list(Reading([server.dsn]))
