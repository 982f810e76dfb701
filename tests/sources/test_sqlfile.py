"""SQL files: a statement is an event; the engine is told by the text."""

from __future__ import annotations

from pathlib import Path

import pytest

from advisor.fingerprint import key
from advisor.model.batch import NO_TIME, UNKNOWN
from advisor.sources.read import Reading, ReadOptions
from advisor.sources.sqlfile import guess_engine, matches


def test_statements_are_events(tmp_path: Path) -> None:
    path = tmp_path / "queries.sql"
    path.write_text("-- all of it\nselect *\nfrom t where a::int = 1;\n\nCREATE TABLE t (a int);\nselect 2 -- no end")
    reading = Reading([str(path)])
    (batch,) = list(reading)
    assert batch.engine.name == "postgresql"
    assert batch.line.tolist() == [2, 5, 6]
    assert [batch.texts.sql(n) for n in range(3)] == [
        "select *\nfrom t where a::int = 1",
        "CREATE TABLE t (a int)",
        "select 2 -- no end",
    ]
    assert set(batch.time_us.tolist()) == {NO_TIME}
    assert set(batch.duration_us.tolist()) == {UNKNOWN}
    assert batch.calls is None
    assert batch.shape_key[0] == key(b"select * from t where a::int = 9", "postgresql").key
    (summary,) = reading.summaries
    assert (summary.format, summary.events, summary.lines, summary.understood_lines) == ("sql", 3, 6, 6)


def test_many_statements_come_in_several_batches_in_order(tmp_path: Path) -> None:
    path = tmp_path / "queries.sql"
    path.write_text("".join(f"select {n} from t;\n" for n in range(5000)))
    batches = list(Reading([str(path)]))
    assert [len(batch) for batch in batches] == [2000, 2000, 1000]
    assert [line for batch in batches for line in batch.line.tolist()] == list(range(1, 5001))


def test_passwords_are_not_kept(tmp_path: Path) -> None:
    path = tmp_path / "users.sql"
    path.write_text("create role joe login password 'hush-hush';")
    (batch,) = list(Reading([str(path)]))
    assert "hush" not in batch.texts.sql(0)
    assert batch.texts.sql(0).startswith("create role joe")


def test_tags_are_kept(tmp_path: Path) -> None:
    path = tmp_path / "queries.sql"
    path.write_text("select 1 /*controller='orders'*/;\nselect 2;\n")
    (batch,) = list(Reading([str(path)]))
    assert [batch.tags[tag] if tag >= 0 else None for tag in batch.tag] == ["controller='orders'", None]


@pytest.mark.parametrize(
    ("text", "engine"),
    [
        ("select `a` from `t`", "mysql"),
        ("create table t (id int auto_increment) engine=InnoDB", "mysql"),
        ("-- MariaDB dump 10.19\ncreate table `t` (id int)", "mariadb"),
        ("select a::text from t where b ->> 'k' = $1", "postgresql"),
        ("create table t (id bigserial, j jsonb)", "postgresql"),
        ("-- PostgreSQL database dump\nselect 1", "postgresql"),
        ("create table t (id integer primary key autoincrement)", "sqlite"),
        ("select 1", None),
        ("select a from t -- where `b` = 1", None),
    ],
)
def test_the_engine_is_told_by_the_text(text: str, engine: str | None) -> None:
    assert guess_engine(text) == engine


def test_an_engine_that_is_not_told_is_assumed_and_said_or_given(tmp_path: Path) -> None:
    path = tmp_path / "q.sql"
    path.write_text("select 1 from t;")
    reading = Reading([str(path)])
    assert [batch.engine.name for batch in reading] == ["postgresql"]
    assert "--engine" in reading.summaries[0].notes[0]
    reading = Reading([str(path)], ReadOptions(engine="sqlite"))
    assert [batch.engine.name for batch in reading] == ["sqlite"]
    assert reading.summaries[0].notes == []


@pytest.mark.parametrize(
    "text",
    [
        "SELECT 1",
        "  with x as (select 1) select * from x",
        "insert into t values (1)",
        "UPDATE only t SET a = 1",
        "delete from t",
        "\\connect shop\nselect 1;",
        "/*!40101 SET NAMES utf8 */;",
        "/*M!999999\\- enable the sandbox mode */ \nCREATE TABLE t (a int);",
        "pragma foreign_keys = on;",
        "create unique index concurrently i on t (a)",
        "SET statement_timeout = 0;",
        "BEGIN;",
        "(select 1) union (select 2)",
        "explain select 1",
    ],
)
def test_sql_is_recognised(text: str) -> None:
    assert matches(text.encode()) > 0


@pytest.mark.parametrize("text", ["update your system", "Select a file", "with love", "begin at the beginning", "set"])
def test_prose_is_not_sql(text: str) -> None:
    assert matches(text.encode()) == (0.6 if text.startswith("Select") else 0)
