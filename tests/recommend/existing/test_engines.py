"""Drops in SQLite and MariaDB, proven by their planners and made for real; and what is said of a real application."""

from __future__ import annotations

import sqlite3
from pathlib import Path

import psycopg
import pytest

from advisor.catalog.live.dsn import address
from advisor.catalog.live.mysql_connection import connect
from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.planners.choice import of_snapshot
from advisor.recommend.existing.judging import judge_existing
from tests.conftest import StartServer
from tests.recommend.existing.conftest import workload

OSCAR = Path(__file__).parents[3] / "fixtures" / "oscar" / "schema.sql"


def test_sqlite_plans_the_same_searches_without_them(tmp_path: Path):
    path = tmp_path / "x.db"
    connection = sqlite3.connect(path)
    connection.executescript(
        "CREATE TABLE o (id INTEGER PRIMARY KEY, c INT NOT NULL, s INT, t INT);"
        "CREATE INDEX o_c ON o (c); CREATE INDEX o_c_s ON o (c, s); CREATE INDEX o_id ON o (id);"
        "CREATE INDEX o_t ON o (t); CREATE INDEX o_t_id ON o (t, id);"
        "WITH RECURSIVE g (n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM g WHERE n < 20000)"
        " INSERT INTO o SELECT n, n % 5000, n % 5, n % 300 FROM g; ANALYZE;"
    )
    texts = (
        "SELECT * FROM o WHERE c = 17",
        "SELECT * FROM o WHERE c = 17 AND s = 2",
        "SELECT * FROM o WHERE t = 4 ORDER BY id",
        "SELECT * FROM o WHERE id = 4",
    )
    snapshot = capture(f"sqlite:///{path}", values="present")
    with of_snapshot(snapshot) as planner:
        statements = workload(*texts, engine="sqlite")
        judged = judge_existing(catalog_of(snapshot), snapshot=snapshot, statements=statements, planner=planner)
    drops = {one.index for one in judged.drops}
    assert len(drops & {"o_t", "o_t_id"}) == 1
    assert drops - {"o_t", "o_t_id"} == {"o_c", "o_id"}
    assert {one.proof for one in judged.drops} == {"planned"}
    assert any("ordered by its rowid" in one.why for one in judged.drops)
    assert judged.report.used == len({index for _, index in judged.used or ()})
    for name in drops:
        connection.execute(f"DROP INDEX {name}")
    for text in texts:
        (row, *more) = connection.execute(f"EXPLAIN QUERY PLAN {text}").fetchall()
        assert row[3].startswith("SEARCH")
        assert more == []
    connection.close()


@pytest.mark.server
def test_mariadb_reads_as_few_rows_without_them(mariadb_with: StartServer):
    server = mariadb_with({"userstat": "ON"})
    texts = ("SELECT * FROM o WHERE c = 17", "SELECT c, s FROM o WHERE c = 17 AND s = 2", "SELECT * FROM o WHERE t = 4")
    with connect(address(server.dsn + "mysql"), read_seconds=60) as connection, connection.cursor() as cursor:
        for text in (
            "CREATE DATABASE adv_e_drops",
            "USE adv_e_drops",
            "CREATE TABLE o (id int PRIMARY KEY, c int NOT NULL, s int, t int, pad char(50) DEFAULT 'x', KEY c (c),"
            " KEY c_s (c, s), KEY t (t), KEY t_id (t, id))",
            "INSERT INTO o (id, c, s, t) SELECT seq, seq % 2000, seq % 5, seq % 300 FROM seq_1_to_20000",
            "COMMIT",
            "ANALYZE TABLE o",
        ):
            cursor.execute(text)
        snapshot = capture(server.dsn.rstrip("/") + "/adv_e_drops", values="present")
        with of_snapshot(snapshot, "shadow") as planner:
            statements = workload(*texts, engine="mariadb")
            judged = judge_existing(catalog_of(snapshot), snapshot=snapshot, statements=statements, planner=planner)
        drops = {one.index for one in judged.drops}
        # Rows that the shadow made up may make it keep one; it never drops what does another's work.
        assert drops
        assert drops <= {"c", "t", "t_id"}
        assert not drops >= {"t", "t_id"}
        assert {one.proof for one in judged.drops} == {"planned"}

        def examined() -> list[int]:
            found = []
            for text in (texts[0], *texts):  # the first one opens the table, and reads its statistics
                cursor.execute("FLUSH STATUS")
                cursor.execute(text)
                cursor.fetchall()
                cursor.execute("SHOW STATUS LIKE 'Handler_read%'")
                found.append(sum(int(row[1]) for row in cursor.fetchall()))
            return found[1:]

        before = examined()
        for name in drops:
            cursor.execute(f"ALTER TABLE o DROP INDEX {name}")
        assert examined() == before


@pytest.mark.server
def test_a_real_schema_keeps_every_constraint_and_every_foreign_keys_index(postgresql_with: StartServer):
    """django-oscar: 93 tables. What goes is the index of a foreign key that a UNIQUE of several columns begins with."""
    server = postgresql_with({"wal_level": "logical"})
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE adv_e_oscar")
    dsn = server.dsn.removesuffix("postgres") + "adv_e_oscar"
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(OSCAR.read_bytes())
        snapshot = capture(dsn, values="present")
        judged = judge_existing(catalog_of(snapshot), snapshot=snapshot)
        assert len(judged.drops) == 32
        assert {one.kinds for one in judged.drops} == {("prefix",)}
        assert all(one.evidence["covered_by"][0].endswith("_uniq") for one in judged.drops)
        assert judged.kept == []
        assert judged.foreign_keys == []
        for one in judged.drops:
            connection.execute(psycopg.sql.SQL("DROP INDEX {}").format(psycopg.sql.Identifier(one.index)))
        bare = connection.execute(
            "SELECT count(*) FROM pg_constraint k WHERE k.contype = 'f' AND NOT EXISTS (SELECT FROM pg_index i"
            " WHERE i.indrelid = k.conrelid AND i.indkey[0] = k.conkey[1])"
        ).fetchone()
        assert bare == (0,)
