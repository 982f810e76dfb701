"""Bloated B-trees: real ones, blown up by deletions, beside healthy ones of the same table."""

from __future__ import annotations

import psycopg
import pytest

from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.planners.choice import of_snapshot
from advisor.recommend.existing.activity import Activity
from advisor.recommend.existing.bloat import bloated
from advisor.recommend.existing.inventory import Inventory
from tests.conftest import StartServer

pytestmark = pytest.mark.server


def _judged(dsn: str) -> tuple[dict[str, int], list[str]]:
    snapshot = capture(dsn, values="present")
    inventory = Inventory(catalog_of(snapshot), snapshot)
    with of_snapshot(snapshot) as planner:
        found, notes = bloated(inventory, Activity(snapshot, inventory), planner, excess=1 << 20)
    return {one.index: one.evidence["expected_pages"] for one in found}, notes


def test_only_what_a_rebuild_makes_much_smaller_is_bloated(postgresql_with: StartServer):
    server = postgresql_with({"wal_level": "logical"})
    dsn = server.dsn.removesuffix("postgres") + "adv_e_bloat"
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE adv_e_bloat")
    with psycopg.connect(dsn, autocommit=True) as connection:
        for text in (
            "CREATE TABLE t (id bigint, a bigint, b bigint) WITH (autovacuum_enabled = off)",
            "SELECT setseed(0.3)",
            "CREATE INDEX t_random ON t (a)",
            "INSERT INTO t SELECT n, (random() * 1e12)::bigint, n FROM generate_series(1, 150000) n",
            "CREATE INDEX t_holes ON t (id)",
            "DELETE FROM t WHERE id % 5 <> 0",
            "VACUUM t",
            "CREATE INDEX t_new ON t (b)",
            "VACUUM FULL t",  # packs the table, and builds its indexes anew
            "REINDEX TABLE t",
            "INSERT INTO t SELECT n, (random() * 1e12)::bigint, n FROM generate_series(1, 150000) n",
            "DELETE FROM t WHERE id % 7 <> 0",
            "REINDEX INDEX t_new",
            "SELECT pg_stat_force_next_flush()",  # what ANALYZE counts is not to be changed by what comes late
            "VACUUM t",
            "ANALYZE t",
            "SELECT pg_stat_force_next_flush()",
        ):
            connection.execute(text.encode())
    found, notes = _judged(dsn)
    assert (found.keys(), notes) == ({"t_holes", "t_random"}, [])
    assert notes == []
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("REINDEX INDEX t_holes")
        row = connection.execute("SELECT pg_relation_size('t_holes') / 8192").fetchone()
        assert row is not None
        assert abs(row[0] - found["t_holes"]) <= 0.15 * row[0]
        connection.execute("INSERT INTO t SELECT n, n, n FROM generate_series(1, 150000) n")
        connection.execute("SELECT pg_stat_force_next_flush()")
    found, notes = _judged(dsn)
    assert found == {}
    assert notes == ["Bloat was not judged on tables whose statistics are old (run ANALYZE): t."]
