"""Rows that an UPDATE or DELETE writes, by the statistics."""

from __future__ import annotations

from typing import Any

import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.migrations.foresee import Statistics, statistics_of
from advisor.migrations.impact.written import selectivity, with_rows
from advisor.model.engine import Engine
from advisor.model.migration import Change, MigrationStatement, Outcome, Work
from advisor.model.snapshot import ColumnStatistics, Header, Relation, Snapshot


def _statistics() -> Statistics:
    catalog = read_ddl("CREATE TABLE t (id int PRIMARY KEY, a int, b text, n int)", "s.sql", "postgresql")
    at: dict[str, Any] = {"schema": "public", "table": "t"}
    bounds = "{" + ",".join(str(n) for n in range(0, 1001, 10)) + "}"
    snapshot = Snapshot(
        header=Header(engine=Engine("postgresql", "16"), values="present"),
        relations=[Relation(schema="public", name="t", kind="table", pages=1000, tuples=1e5, blocks=1000)],
        columns=[
            ColumnStatistics(**at, column="a", type="integer", histogram_bounds=bounds, n_distinct=1000),
            ColumnStatistics(
                **at,
                column="b",
                type="text",
                null_frac=0.25,
                n_distinct=3,
                most_common_vals="{new,paid,sent}",
                most_common_freqs=(0.5, 0.2, 0.05),
            ),
            ColumnStatistics(**at, column="n", type="integer", null_frac=0.9, n_distinct=-0.1),
        ],
    )
    found = statistics_of(catalog, snapshot)
    assert found is not None
    return found


@pytest.mark.parametrize(
    ("where", "share"),
    [
        ("id = 5", 1e-5),
        ("b = 'new'", 0.5),
        ("b IN ('new', 'sent')", 0.55),
        ("b <> 'new'", 0.25),
        ("b IS NULL", 0.25),
        ("b IS NOT NULL", 0.75),
        ("n IS NULL", 0.9),
        ("a < 500", 0.5),
        ("a >= 250 AND b = 'paid'", 0.15),
        ("a = 7", 0.001),
        ("lower(b) = 'new'", None),
        ("id = 5 AND lower(b) = 'x'", 1e-5),
        ("b = 'new' AND id IN (SELECT 1)", None),
        ("a = b", None),
    ],
)
def test_selectivity(where: str, share: float | None) -> None:
    for sql in (f"UPDATE t SET a = 1 WHERE {where}", f"DELETE FROM t WHERE {where}"):
        found = selectivity(sql, "t", _statistics())
        assert found == (None if share is None else pytest.approx(share, rel=0.05))


def test_a_join_is_not_known() -> None:
    assert selectivity("UPDATE t SET a = 1 FROM u WHERE b = 'new'", "t", _statistics()) is None
    assert selectivity("DELETE FROM t USING u WHERE b = 'new'", "t", _statistics()) is None


@pytest.mark.parametrize(("unfiltered", "rows"), [(True, 1e5), (False, 5e4)])
def test_every_row_where_nothing_filters(unfiltered: bool, rows: float) -> None:
    sql = "UPDATE t SET a = 1" + ("" if unfiltered else " WHERE b = 'new'")
    statement = MigrationStatement(file="m", line=1, end_line=1, sql=sql, transaction=None)
    outcome = Outcome(
        evidence="text",
        work=(Work(kind="write", relation="t", preexisting=True),),
        changes=(Change(action="update", table="t", unfiltered=unfiltered),),
    )
    (found,) = with_rows([statement], [outcome], _statistics())
    assert found.work[0].rows == pytest.approx(rows, rel=0.05)
    assert with_rows([statement], [outcome], None) == [outcome]
