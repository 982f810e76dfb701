"""Statistics of ranges of which ANALYZE saw fewer than two that were not empty."""

from __future__ import annotations

import psycopg
import pytest

from advisor.catalog.snapshot import capture
from advisor.model.planning import Query
from advisor.planners.postgresql.binaries import find
from advisor.planners.postgresql.planner import ShadowPlanner
from tests import servers

pytestmark = pytest.mark.server
QUERIES = [f"SELECT * FROM t WHERE {c} {o} '[1,9)'" for c in ("void", "one", "usual") for o in ("&&", "<<", "<@", "=")]


@pytest.mark.parametrize("major", [14, 18])
def test_empty_ranges_are_counted(major):
    with servers.postgresql(major=major) as server, psycopg.connect(server.dsn, autocommit=True) as source:
        source.execute("CREATE TABLE t (void int4range, one int4range, usual int4range)")
        source.execute(
            "INSERT INTO t SELECT CASE WHEN n % 3 = 0 THEN 'empty'::int4range END, CASE n % 7 WHEN 0 THEN 'empty'::int4range "
            "END, int4range(n, n + 5) FROM generate_series(1, 3000) n UNION ALL SELECT NULL, '[2,4)', 'empty'"
        )
        source.execute("ANALYZE t")
        snapshot = capture(server.dsn, values="present")
        assert [c.range_empty_frac for c in snapshot.columns if c.range_length_histogram is None] == [
            1.0,
            pytest.approx(1, abs=0.01),
        ]
        with ShadowPlanner.open(snapshot, binaries=find(major), cache=False) as planner:
            assert not planner.planned_by.notes
            for answer in planner.explain([Query(sql) for sql in QUERIES]):
                (plan,) = source.execute(b"EXPLAIN (FORMAT JSON) " + answer.query.sql.encode()).fetchone()[0]
                assert (answer.cost, answer.rows) == (plan["Plan"]["Total Cost"], plan["Plan"]["Plan Rows"]), (
                    answer.query.sql
                )
