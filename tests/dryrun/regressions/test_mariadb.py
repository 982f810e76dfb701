"""MariaDB: what the text of a migration does to indexes, planned by MariaDB over synthetic rows."""

from __future__ import annotations

import pymysql
import pytest

from advisor.catalog.snapshot import capture
from advisor.dryrun.regressions import replan
from advisor.migrations.reading import script_of
from advisor.model.engine import Engine
from advisor.model.migration import Change, Foretold, Outcome
from advisor.model.planning import Query
from advisor.recommend.workload import Statement

pytestmark = [pytest.mark.server, pytest.mark.long]


def test_a_dropped_index(mariadb_with):
    server = mariadb_with({})
    with pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True) as connection:
        cursor = connection.cursor()
        for statement in (
            "CREATE DATABASE replanned",
            "USE replanned",
            "CREATE TABLE t (id INT PRIMARY KEY, a INT, b INT, KEY t_a (a), KEY t_b (b))",
            "INSERT INTO t SELECT seq, seq % 700, seq % 30 FROM seq_1_to_20000",
            "ANALYZE TABLE t PERSISTENT FOR ALL",
        ):
            cursor.execute(statement)
    snapshot = capture(f"mariadb://{server.user}@{server.host}:{server.port}/replanned", values="present")
    workload = [
        Statement(fingerprint=name, engine="mariadb", kind="select", sql=sql, queries=(Query(sql),), weight=1.0)
        for name, sql in (("a", "SELECT * FROM t WHERE a = 5"), ("id", "SELECT * FROM t WHERE id = 5"))
    ]
    changes = (
        Change(action="create_index", table="t", name="t_ab", columns=("a", "b")),
        Change(action="drop_index", table="t", name="t_a"),
        Change(action="drop_index", table="t", name="t_ab"),
        Change(action="drop_index", table="t", name="t_b"),
    )
    outcomes = tuple(Outcome(evidence="text", changes=(one,)) for one in changes)
    script = script_of("SELECT 1;\n" * 4, "1.sql", engine="mariadb")
    foretold = Foretold(engine=Engine("mariadb", "10.11"), outcomes=outcomes)
    found = replan([script], foretold, snapshot, workload)
    (one,) = found.regressions
    assert (one.fingerprint, one.cause.line, found.planned) == ("a", 3, 2)
    assert one.cost_after > 3 * one.cost_before
