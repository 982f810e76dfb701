"""Two indexes that one can replace: proven by planning, and on the server with the indexes really exchanged."""

from __future__ import annotations

import json

import psycopg
import pytest

from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.planners.choice import of_snapshot
from advisor.recommend.definition import on_text
from advisor.recommend.existing.judging import JudgedIndexes, judge_existing
from tests.conftest import StartServer
from tests.recommend.existing.conftest import workload

pytestmark = pytest.mark.server

SCHEMA = (
    "CREATE TABLE visits (id bigint, tenant int, day int, kind int, note text)",
    "INSERT INTO visits SELECT n, (n * 7919) % 2000, n % 365, (n * 31) % 977, repeat('x', 100) FROM generate_series(1, 100000) n",
    "CREATE INDEX visits_day ON visits (tenant, day)",
    "CREATE INDEX visits_kind ON visits (tenant, kind)",
    "CREATE INDEX visits_id ON visits (id)",
    "VACUUM ANALYZE visits",
)
STATEMENTS = (
    "SELECT * FROM visits WHERE tenant = 17 AND day = 3",
    "SELECT sum(kind) FROM visits WHERE tenant = 17",
    "SELECT * FROM visits WHERE id = 5",
)


@pytest.fixture(scope="module")
def dsn(postgresql_with: StartServer) -> str:
    """A table whose two indexes begin alike."""
    server = postgresql_with({"wal_level": "logical"})
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE adv_e_merge")
    made = server.dsn.removesuffix("postgres") + "adv_e_merge"
    with psycopg.connect(made, autocommit=True) as connection:
        for text in SCHEMA:
            connection.execute(text.encode())
    return made


def _judged(dsn: str, *texts: str) -> JudgedIndexes:
    snapshot = capture(dsn, values="present")
    with of_snapshot(snapshot) as planner:
        return judge_existing(catalog_of(snapshot), snapshot=snapshot, statements=workload(*texts), planner=planner)


def test_a_merge_keeps_the_cost_of_every_statement_on_the_server(dsn: str):
    judged = _judged(dsn, *STATEMENTS)
    assert judged.drops == []
    (merge,) = judged.merges
    assert {one.index for one in merge.drops} == {"visits_day", "visits_kind"}
    assert {one.proof for one in merge.drops} == {"planned"}
    assert merge.create.keys[0].column == "tenant"

    def costs(connection: psycopg.Connection[tuple[object, ...]]) -> list[float]:
        found = []
        for text in STATEMENTS:
            (row,) = connection.execute(f"EXPLAIN (FORMAT JSON) {text}".encode()).fetchall()
            plan = row[0] if isinstance(row[0], list) else json.loads(str(row[0]))
            found.append(plan[0]["Plan"]["Total Cost"])
        return found

    with psycopg.connect(dsn) as connection:
        before = costs(connection)
        size = connection.execute("SELECT pg_relation_size('visits_day') + pg_relation_size('visits_kind')").fetchone()
        connection.execute(f"CREATE INDEX merged {on_text(merge.create)}".encode())
        for one in merge.drops:
            connection.execute(f"DROP INDEX {one.index}".encode())
        after = costs(connection)
        new = connection.execute("SELECT pg_relation_size('merged')").fetchone()
        connection.rollback()
    assert all(late <= early * 1.03 for early, late in zip(before, after, strict=True))
    assert size is not None
    assert new is not None
    assert new[0] < size[0]
    assert abs(merge.create_bytes - new[0]) <= 0.2 * new[0]


def test_no_merge_where_a_statement_reads_one_of_them_alone(dsn: str):
    judged = _judged(
        dsn, *STATEMENTS, "SELECT tenant, kind FROM visits WHERE kind = 1 ORDER BY tenant, kind LIMIT 5000"
    )
    assert judged.merges == []


def test_no_merge_of_an_index_that_a_hint_names(dsn: str):
    assert (
        _judged(dsn, *STATEMENTS, "/*+ IndexScan(visits visits_day) */ SELECT * FROM visits WHERE tenant = 3").merges
        == []
    )


def test_no_merge_of_what_the_workload_does_not_use(dsn: str):
    assert _judged(dsn, STATEMENTS[0], STATEMENTS[2]).merges == []
