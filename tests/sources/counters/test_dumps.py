"""Dumps of pg_stat_statements and of performance_schema's digests, from detection to batches."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path
from typing import Any

import pytest

from advisor.fingerprint import key
from advisor.model.batch import UNKNOWN
from advisor.sources.counters.digests import as_sql
from advisor.sources.errors import InputError
from advisor.sources.read import Reading, ReadOptions

NEW = {
    "userid": 10,
    "dbid": 5,
    "toplevel": "t",
    "queryid": -7391283746123,
    "query": "SELECT * FROM orders WHERE id = $1",
    "plans": 4,
    "total_plan_time": 0.5,
    "calls": 4,
    "total_exec_time": 12.25,
    "rows": 9,
    "temp_blks_written": 2,
    "datname": "shop",
    "rolname": "app",
    "stats_since": "2024-05-01 10:00:00+00",
}
OLD = {"query": "UPDATE t SET a = $1", "calls": "3", "total_time": "0.001", "rows": "3", "queryid": "12"}


def dump(path: Path, rows: list[dict[str, Any]], form: str) -> str:
    if form == "csv":
        buffer = io.StringIO()
        writer = csv.DictWriter(buffer, list(rows[0]))
        writer.writeheader()
        writer.writerows(rows)
        path.write_text(buffer.getvalue())
    elif form == "jsonl":
        path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    elif form == "tsv":
        lines = ["\t".join("NULL" if value is None else str(value) for value in row.values()) for row in rows]
        path.write_text("\n".join(["\t".join(rows[0]), *lines]) + "\n")
    else:
        path.write_text(json.dumps(rows, indent=1))
    return str(path)


@pytest.mark.parametrize("form", ["csv", "json", "jsonl", "tsv"])
def test_pg_stat_statements(tmp_path: Path, form: str) -> None:
    reading = Reading([dump(tmp_path / "dump.txt", [NEW], form)])
    (batch,) = list(reading)
    assert batch.calls is not None
    assert batch.query_ids is not None
    assert (batch.calls[0], batch.duration_us[0], batch.rows_sent[0]) == (4, 12_750, 9)
    assert (batch.rows_affected[0], batch.temp_bytes[0], batch.query_ids[0]) == (UNKNOWN, 16384, -7391283746123)
    assert batch.shape_key[0] == key(b"select * from orders where id = 7", "postgresql").key
    context = batch.contexts[batch.context[0]]
    assert (context.database, context.user) == ("shop", "app")
    (summary,) = reading.summaries
    assert (summary.format, summary.events, summary.unreadable_lines) == ("pg-stat-statements", 4, 0)
    assert summary.since_us == 1_714_557_600_000_000


def test_versions_before_1_8(tmp_path: Path) -> None:
    (batch,) = list(Reading([dump(tmp_path / "dump.csv", [OLD], "csv")]))
    assert (batch.duration_us[0], batch.rows_affected[0], batch.rows_sent[0]) == (1, 3, UNKNOWN)


def test_hidden_and_textless_rows_are_said(tmp_path: Path) -> None:
    rows = [NEW, {**NEW, "query": "<insufficient privilege>"}, {**NEW, "query": ""}, {**NEW, "calls": "many"}]
    reading = Reading([dump(tmp_path / "dump.csv", rows, "csv")])
    (batch,) = list(reading)
    assert len(batch) == 1
    (summary,) = reading.summaries
    assert summary.unreadable_lines == 3
    assert any("pg_read_all_stats" in note for note in summary.notes)


def test_a_dump_of_hidden_rows_only_is_an_error(tmp_path: Path) -> None:
    path = dump(tmp_path / "dump.csv", [{**NEW, "query": "<insufficient privilege>"}], "csv")
    with pytest.raises(InputError, match="hidden"):
        list(Reading([path]))


DIGEST = {
    "SCHEMA_NAME": "shop",
    "DIGEST": "e13765d9d340d2acd7b15b498edb1b6a",
    "DIGEST_TEXT": "SELECT * FROM `orders` WHERE `id` IN (...) AND `key` = ? LIMIT ?, ... ",
    "COUNT_STAR": 7,
    "SUM_TIMER_WAIT": 159_800_000_000,
    "SUM_LOCK_TIME": 3_000_000,
    "SUM_ROWS_AFFECTED": 0,
    "SUM_ROWS_SENT": 70,
    "SUM_ROWS_EXAMINED": 7000,
}
OVERFLOW = {**DIGEST, "SCHEMA_NAME": None, "DIGEST": None, "DIGEST_TEXT": None, "COUNT_STAR": 1000}


@pytest.mark.parametrize("form", ["json", "jsonl", "tsv"])
def test_digests(tmp_path: Path, form: str) -> None:
    reading = Reading([dump(tmp_path / "dump.txt", [DIGEST, OVERFLOW], form)])
    (batch,) = list(reading)
    assert batch.calls is not None
    assert batch.engine.name == "mariadb"
    assert (len(batch), batch.calls[0], batch.duration_us[0], batch.lock_us[0]) == (1, 7, 159_800, 3)
    assert (batch.rows_sent[0], batch.rows_examined[0]) == (70, 7000)
    log = b"select * from orders where id in (1, 2, 3) and `key` = 'x' limit 5"
    assert batch.shape_key[0] == key(log, "mysql").key
    (summary,) = reading.summaries
    assert summary.format == "mysql-digests"
    assert any("table was full: 1,000 executions" in note for note in summary.notes)


def test_mysql_8_samples_give_the_shape(tmp_path: Path) -> None:
    sample = {**DIGEST, "DIGEST": "a" * 64, "QUERY_SAMPLE_TEXT": "select `id` from orders where note = 'x'"}
    cut = {**sample, "QUERY_SAMPLE_TEXT": "select something very lo..."}
    (batch,) = list(Reading([dump(tmp_path / "dump.json", [sample, cut], "json")]))
    assert batch.engine.name == "mysql"
    assert batch.texts.sql(0) == "select `id` from orders where note = 'x'"
    assert batch.texts.sql(1).startswith("select * from orders")


@pytest.mark.parametrize(
    ("digest", "sql"),
    [
        ("INSERT INTO `t` VALUES (...) /* , ... */ ", "insert into t values (?)"),
        ("SELECT `a` . `b` FROM `Order` , `order` , `my table`", "select a . b from `Order` , `order` , `my table`"),
        ("SELECT ? , ... FROM `t` LIMIT ?, ...", "select ? from t limit ?"),
        ("SELECT MAX ( SQL_TSI_DAY ) FROM `t` WHERE `a` IN (...) ", "select max ( day ) from t where a in (?, ?)"),
    ],
)
def test_digest_text_as_sql(digest: str, sql: str) -> None:
    assert as_sql(digest) == sql


def test_the_engine_can_be_given(tmp_path: Path) -> None:
    path = dump(tmp_path / "dump.json", [DIGEST], "json")
    (batch,) = list(Reading([path], ReadOptions(engine="mysql")))
    assert batch.engine.name == "mysql"


def test_columns_renamed_by_a_select_of_ones_own(tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    dump.write_text(
        '[{"query": "SELECT `a` FROM `t` WHERE `id` = ? ", "calls": 3, "rows": 5, "total_ps": 4500000},\n'
        ' {"query": "COMMIT ", "calls": 2, "rows": 0, "total_ps": 2000000}]'
    )
    (batch,) = Reading([str(dump)], ReadOptions(engine="mariadb"))
    assert batch.calls is not None
    assert batch.calls.tolist() == [3, 2]
    assert batch.duration_us.tolist() == [4, 2]
    assert batch.rows_sent.tolist() == [5, 0]
    assert batch.engine.name == "mariadb"


def test_rows_and_times_under_other_names(tmp_path: Path) -> None:
    dump = tmp_path / "dump.json"
    dump.write_text(
        '[{"query": "UPDATE `t` SET `a` = ? WHERE `id` = ? ", "calls": 3, "rows_sent": 0, "rows_examined": 9,'
        ' "rows_affected": 2, "total_ms": 1.5}, {"query": "COMMIT", "calls": 2, "rows_sent": 0, "total_ms": "x"}]'
    )
    (batch,) = Reading([str(dump)])
    assert batch.engine.name == "mysql"
    assert batch.duration_us.tolist() == [1500, -1]
    assert (batch.rows_examined[0], batch.rows_affected[0]) == (9, 2)


def test_a_list_that_postgresql_18_cut_short_is_no_list_of_one(tmp_path: Path) -> None:
    rows = [
        {
            "query": "SELECT a FROM t WHERE id IN ($1 /*, ... */) AND b = $2",
            "calls": 3,
            "rows": 5,
            "total_exec_time": 4.5,
        },
        {"query": "SELECT a FROM t WHERE id IN ($1) AND b = $2", "calls": 3, "rows": 5, "total_exec_time": 4.5},
    ]
    (batch,) = Reading([dump(tmp_path / "dump.json", rows, "json")])
    assert batch.shape_key[0] == batch.shape_key[1]
    assert batch.in_count is not None
    assert batch.in_count.tolist() == [2, 1]
