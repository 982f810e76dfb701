"""SQLite: what the text of a migration does to indexes, planned by SQLite."""

from __future__ import annotations

import sqlite3

import pytest

from advisor.catalog.snapshot import capture
from advisor.dryrun.regressions import replan
from advisor.migrations.reading import script_of
from advisor.model.engine import Engine
from advisor.model.migration import Change, Foretold, Outcome
from advisor.model.planning import Query
from advisor.recommend.workload import Statement


@pytest.fixture(scope="module")
def snapshot(tmp_path_factory):
    path = tmp_path_factory.mktemp("declared") / "a.db"
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "CREATE TABLE t (id INTEGER PRIMARY KEY, a INT, b TEXT); CREATE INDEX t_a ON t (a);"
            "WITH RECURSIVE n (i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 5000)"
            "INSERT INTO t SELECT i, i % 700, 'x' || i FROM n; ANALYZE;"
        )
    return capture(f"sqlite:///{path}", values="present")


def told(snapshot, *changes):
    script = script_of("SELECT 1;\n" * len(changes), "1.sql", engine="sqlite")
    outcomes = tuple(Outcome(evidence="text", changes=(one,)) for one in changes)
    workload = [
        Statement(fingerprint=name, engine="sqlite", kind="select", sql=sql, queries=(Query(sql),), weight=1.0)
        for name, sql in (("a", "SELECT b FROM t WHERE a = 5"), ("id", "SELECT b FROM t WHERE id = 5"))
    ]
    return replan([script], Foretold(engine=Engine("sqlite", "3"), outcomes=outcomes), snapshot, workload)


def test_a_dropped_index(snapshot):
    found = told(snapshot, Change(action="create_table", table="u"), Change(action="drop_index", table="t", name="t_a"))
    (one,) = found.regressions
    assert (one.fingerprint, one.cause.line, found.planned) == ("a", 2, 2)
    assert "t_a" in one.plan_before
    assert "SCAN" in one.plan_after


def test_one_that_takes_its_place(snapshot):
    found = told(
        snapshot,
        Change(action="create_index", table="t", name="t_ab", columns=("a", "b")),
        Change(action="drop_index", name="t_a"),
    )
    assert not found.regressions
    assert [(one.index, one.used) for one in found.indexes] == [("t_ab", True)]


def test_what_is_not_carried_over_is_said(snapshot):
    found = told(
        snapshot,
        Change(action="rename_column", table="t", column="a", new_name="c"),
        Change(action="drop_index", table="t", name="t_a"),
    )
    assert found.notes == ("rename column of t: not carried into the plans: of sqlite changes of indexes alone are",)


def test_without_outcomes_nothing_is_known(snapshot):
    script = script_of("SELECT 1;", "1.sql", engine="sqlite")
    workload = [Statement(fingerprint="a", engine="sqlite", kind="select", sql="", queries=(), weight=1.0)]
    found = replan([script], None, snapshot, workload)
    assert [one.why for one in found.unplanned] == ["what the migration does to indexes is not known"]
