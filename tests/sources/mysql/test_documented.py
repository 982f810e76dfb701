"""Layouts of servers that were not at hand, as their documentation shows them."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from advisor.model.batch import Batch
from advisor.model.engine import Engine
from advisor.sources.framed import Block
from advisor.sources.mysql import general, general_pairing, pairing, slowlog

HERE = Path(__file__).parents[3] / "fixtures/mysql/documented"

#: File: engine, [(start, seconds, database, user, host, sent, examined, affected, temp bytes, statement's start)], incidents
SLOW: dict[str, tuple[Engine, list[tuple[Any, ...]], list[str]]] = {
    "mysql-5.6": (
        Engine("mysql", "5.6.51"),
        [
            ("2020-03-01T09:05:04.750000", 2.25, "shop", "shop", "web1", 10, 52000, -1, -1, "SELECT id, total"),
            ("2020-03-01T09:05:06", 1.0, "shop", "shop", "web2", 0, 1, -1, -1, "INSERT INTO orders"),
            ("2020-03-01T09:05:06", 4.0, "shop", "SQL_SLAVE", None, 0, 9000, -1, -1, "UPDATE orders"),
        ],
        ["restart", "admin"],
    ),
    "mysql-5.7": (
        Engine("mysql", "5.7.44"),
        [
            ("2020-03-01T09:05:05.250000", 2.25, "shop", "shop", "web1", 10, 52000, -1, -1, "SELECT id, total"),
            ("2020-03-01T09:05:07.500000", 0.1, "shop", "shop", "web1", 1, 1, -1, -1, "SELECT name"),
        ],
        ["restart", "admin"],
    ),
    "mysql-8.0": (
        Engine("mysql", "8.0.36"),
        [
            ("2024-03-01T10:00:00", 3.00025, "shop", "shop", "10.0.0.7", 3, 40000, -1, -1, "SELECT /*+"),
            ("2024-03-01T10:00:05", None, "shop", "shop", "10.0.0.7", 1, 1, -1, -1, "SELECT 1"),
        ],
        ["restart", "other"],
    ),
    "mysql-8.4-extra": (
        Engine("mysql", "8.4.2"),
        [
            ("2024-03-01T10:00:00", 3.00025, "shop", "shop", "web1", 3, 40000, -1, -1, "SELECT id"),
            ("2024-03-01T10:00:05.100000", 2.0, "shop", "shop", "web1", 0, 400, -1, -1, "SELECT COUNT"),
        ],
        ["restart", "cancelled"],
    ),
    "mysql-9.1": (
        Engine("mysql", "9.1.0"),
        [("2024-11-01T10:00:03", 0.00025, None, "shop", "web1", 3, 40, -1, -1, "# a remark first\nSELECT 1")],
        ["restart"],
    ),
    "percona-5.5": (
        Engine("mysql"),
        [
            ("2013-06-01T08:00:59", 7.0, "imdb", "shop", "localhost", 4, 1543720, 0, 0, "SELECT id, title"),
            ("2013-06-01T08:01:06", 1.0, "imdb", "shop", "localhost", 4318, 4318, 0, -1, "SELECT * FROM kind_type"),
        ],
        [],
    ),
    "percona-8.0": (
        Engine("mysql"),
        [
            ("2024-05-10T17:46:18.595386", 2.0, "imdb", "shop", "localhost", 0, 9000, 0, -1, "SELECT DISTINCT"),
            ("2024-05-10T17:46:20.500000", 0.5, "imdb", "shop", "localhost", 1, 100, 7, -1, "UPDATE title"),
        ],
        ["cancelled"],
    ),
    "mariadb-11": (
        Engine("mariadb", "11.4.2-MariaDB"),
        [("2024-03-01T10:00:00", 1.758839, "shop", "shop", "web1", 100, 1469738, 0, 8192, "SELECT customer")],
        ["restart", "plan"],
    ),
}


def described(batch: Batch) -> list[tuple[Any, ...]]:
    rows = []
    for row in range(len(batch)):
        who = batch.contexts[batch.context[row]]
        micros = int(batch.duration_us[row])
        time = (datetime(1970, 1, 1) + timedelta(microseconds=int(batch.time_us[row]))).isoformat()
        counts = (batch.rows_sent, batch.rows_examined, batch.rows_affected, batch.temp_bytes)
        rows.append(
            (
                *(time, None if micros < 0 else micros / 1e6, who.database, who.user, who.host),
                *(int(column[row]) for column in counts),
                batch.texts.sql(row),
            )
        )
    return rows


@pytest.mark.parametrize("name", SLOW)
def test_slow_log(name: str) -> None:
    data = (HERE / f"{name}.log").read_bytes()
    engine, expected, kinds = SLOW[name]
    assert slowlog.matches(data) == 1.0
    assert general.matches(data) < 0.3
    framer = slowlog.make(data)
    joined = pairing.Pairing(0, framer)
    framed = framer.frame(Block(data, 0, 1), final=True)
    batch = joined.feed(framed)
    assert batch is not None
    assert framed.unreadable == joined.unreadable == []
    assert batch.engine == engine
    found = described(batch)
    assert [row[:-1] for row in found] == [row[:-1] for row in expected]
    for (*_, sql), (*_, start) in zip(found, expected, strict=True):
        assert sql.startswith(start)
        assert not sql.endswith(";")
    assert [incident.kind for incident in batch.incidents] == kinds


def test_percona_says_that_it_sampled() -> None:
    data = (HERE / "percona-8.0.log").read_bytes()
    framer = slowlog.make(data)
    joined = pairing.Pairing(0, framer)
    joined.feed(framer.frame(Block(data, 0, 1), final=True))
    verdict = joined.capture.verdict()
    assert verdict.complete is False
    assert verdict.sample_rate == 0.01


@pytest.mark.parametrize(
    ("name", "zoned", "expected"),
    [
        (
            "general-5.6",
            False,
            [
                ("2020-03-01T09:05:07", "shop", "SELECT @@version_comment LIMIT 1"),
                ("2020-03-01T09:05:09", "shop", "INSERT INTO orders (note) VALUES ('first line\nsecond line')"),
                ("2020-03-01T09:05:09", "shop", "SELECT * FROM orders WHERE id = 7"),
            ],
        ),
        (
            "general-8.0",
            True,
            [("2024-03-01T10:00:00.000002", "shop", "SELECT 1"), ("2024-03-01T10:00:00.000005", "stats", "SELECT 2")],
        ),
    ],
)
def test_general_log(name: str, zoned: bool, expected: list[tuple[str, str, str]]) -> None:
    data = (HERE / f"{name}.log").read_bytes()
    assert general.matches(data) > 0.9
    assert slowlog.matches(data) < 0.5
    framer = general.make(data)
    joined = general_pairing.Pairing(0, framer)
    framed = framer.frame(Block(data, 0, 1), final=True)
    batch = joined.feed(framed)
    assert batch is not None
    assert framed.unreadable == joined.unreadable == []
    assert batch.zoned is zoned
    assert [(row[0], row[2], row[-1]) for row in described(batch)] == expected
