"""Indexes that nothing can use, made by the failures that leave them."""

from __future__ import annotations

import psycopg
import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.recommend.existing.judging import judge_existing
from tests.conftest import StartServer
from tests.recommend.existing.conftest import World

pytestmark = pytest.mark.server


def test_what_a_failed_concurrent_build_leaves(postgresql_with: StartServer):
    server = postgresql_with({"wal_level": "logical"})
    dsn = server.dsn.removesuffix("postgres") + "adv_e_invalid"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE adv_e_invalid")
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE TABLE t (a int, b int)")
        connection.execute("INSERT INTO t SELECT n % 3, n FROM generate_series(1, 10) n")
        connection.execute("CREATE INDEX t_b ON t (b)")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute("CREATE UNIQUE INDEX CONCURRENTLY t_a ON t (a)")
        # REINDEX CONCURRENTLY that was cancelled leaves this, as the manual shows it.
        connection.execute("CREATE INDEX t_b_ccnew ON t (b)")
        connection.execute("UPDATE pg_index SET indisvalid = false WHERE indexrelid = 't_b_ccnew'::regclass")
    snapshot = capture(dsn, values="present")
    judged = judge_existing(catalog_of(snapshot), snapshot=snapshot)
    found = {one.index: one for one in judged.verdicts}
    assert found.keys() == {"t_a", "t_b_ccnew"}
    assert found["t_a"].evidence["remedy"] == "reindex"
    assert "CREATE UNIQUE INDEX CONCURRENTLY that failed" in found["t_a"].why
    assert "REINDEX CONCURRENTLY of t_b that did not end" in found["t_b_ccnew"].why
    assert [one.index for one in judged.drops] == ["t_b_ccnew"]
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("DROP INDEX CONCURRENTLY t_b_ccnew")


def test_an_index_on_the_partitioned_table_alone_waits_for_those_of_the_partitions(world: World):
    (one,) = [one for one in world.judge(planned=False).verdicts if one.kind == "invalid"]
    assert one.index == "events_waiting"
    assert one.evidence == {"remedy": "attach", "partitions_without": ["events_1", "events_2"]}
    assert "events_waiting" not in {drop.index for drop in world.judge(planned=False).drops}


def test_a_hidden_index_of_mysql_is_on_its_way_out():
    ddl = "CREATE TABLE t (id int PRIMARY KEY, a int, b int, KEY x (a) /*!80000 INVISIBLE */, UNIQUE KEY y (b));"
    catalog = read_ddl(ddl.replace("/*!80000 INVISIBLE */", "INVISIBLE"), "x", "mysql")
    judged = judge_existing(catalog)
    assert [(one.kind, one.index) for one in judged.verdicts] == [("invisible", "x")]
    assert [one.index for one in judged.drops] == ["x"]
