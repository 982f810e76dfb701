"""The dry run's words against loaded tables: who waits while the statement runs for real."""

from __future__ import annotations

import contextlib
import random
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass

import pymysql
import pytest

from advisor.dryrun.mariadb import run
from advisor.migrations.reading import script_of
from advisor.migrations.verdict import Unknown, verdict
from advisor.model.engine import Engine
from advisor.planners.mariadb.binaries import find
from advisor.planners.mariadb.server import MariadbServer

pytestmark = [pytest.mark.server, pytest.mark.long, pytest.mark.timeout(900)]
_ROWS = 100_000
#: Shorter than this, a wait tells nothing apart.
_SHORT = 0.12
_COLUMNS = """id INT NOT NULL AUTO_INCREMENT PRIMARY KEY, a INT, b VARCHAR(50) CHARACTER SET utf8mb4,
    c VARCHAR(200) CHARACTER SET utf8mb4, l VARCHAR(20) CHARACTER SET latin1, n INT NOT NULL DEFAULT 0,
    txt TEXT CHARACTER SET utf8mb4, p INT, w INT DEFAULT 0, KEY ka (a)"""
_PLAIN = f"CREATE TABLE t ({_COLUMNS}) ENGINE=InnoDB"
_RANGES = f"""{_PLAIN} PARTITION BY RANGE (id) (PARTITION p0 VALUES LESS THAN (30000), PARTITION p1 VALUES LESS THAN (80000),
    PARTITION p2 VALUES LESS THAN (200000))"""
_HASHED = f"{_PLAIN} PARTITION BY HASH (id) PARTITIONS 4"
_VIRTUAL = f"CREATE TABLE t ({_COLUMNS}, g INT AS (a + 1) VIRTUAL) ENGINE=InnoDB"
_ARIA = f"CREATE TABLE t ({_COLUMNS}) ENGINE=Aria"
_CASES = (
    (_PLAIN, "ALTER TABLE t ADD COLUMN z INT FIRST"),
    (_PLAIN, "ALTER TABLE t MODIFY a BIGINT"),
    (_PLAIN, "CREATE INDEX z ON t (n, b)"),
    (_PLAIN, "ALTER TABLE t FORCE"),
    (_PLAIN, "OPTIMIZE TABLE t"),
    (_PLAIN, "ALTER TABLE t ADD FULLTEXT INDEX z (txt)"),
    (_PLAIN, "ALTER TABLE t ADD CHECK (a > -1)"),
    (_PLAIN, "ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES par (id)"),
    (_PLAIN, "SET foreign_key_checks = 0; ALTER TABLE t ADD FOREIGN KEY (a) REFERENCES par (id)"),
    (_PLAIN, "ALTER TABLE t MODIFY n INT NULL"),
    (_PLAIN, "ALTER TABLE t MODIFY b VARCHAR(100) CHARACTER SET utf8mb4"),
    (_PLAIN, "ALTER TABLE t MODIFY b VARCHAR(60) CHARACTER SET utf8mb4"),
    (_PLAIN, "ALTER TABLE t DROP PRIMARY KEY, ADD PRIMARY KEY (id, n)"),
    (_PLAIN, "ALTER TABLE t ROW_FORMAT=COMPRESSED"),
    (_PLAIN, "ALTER TABLE t ENGINE=Aria"),
    (_PLAIN, "ALTER TABLE t ORDER BY p"),
    (_PLAIN, "ALTER TABLE t CONVERT TO CHARACTER SET utf8mb4"),
    (_PLAIN, "ALTER TABLE t ADD COLUMN z INT AS (a + 1) STORED"),
    (_PLAIN, "ALTER TABLE t ADD COLUMN z INT, ADD INDEX (n)"),
    (_PLAIN, "ALTER TABLE t PARTITION BY HASH (id) PARTITIONS 4"),
    (_PLAIN, "DROP INDEX ka ON t"),
    (_VIRTUAL, "ALTER TABLE t ADD COLUMN z INT FIRST"),
    (_RANGES, "ALTER TABLE t DROP PARTITION p1"),
    (
        _RANGES,
        "ALTER TABLE t REORGANIZE PARTITION p1 INTO (PARTITION pa VALUES LESS THAN (50000),"
        " PARTITION pb VALUES LESS THAN (80000))",
    ),
    (_RANGES, "ALTER TABLE t REMOVE PARTITIONING"),
    (_RANGES, "ALTER TABLE t OPTIMIZE PARTITION p1"),
    (_HASHED, "ALTER TABLE t ADD PARTITION PARTITIONS 2"),
    (_HASHED, "ALTER TABLE t COALESCE PARTITION 2"),
    (_ARIA, "ALTER TABLE t ADD INDEX z (n, b)"),
)


@pytest.fixture(scope="module")
def server() -> Iterator[MariadbServer]:
    options = {"innodb-buffer-pool-size": "256M", "loose-innodb-buffer-pool-size-max": "256M"}
    with MariadbServer(find(), options) as server:
        server.start()
        with server.connect("admin") as admin, admin.cursor() as cursor:
            cursor.execute("CREATE DATABASE w")
            cursor.execute("CREATE TABLE w.par (id INT PRIMARY KEY) ENGINE=InnoDB")
            cursor.execute("INSERT INTO w.par SELECT seq FROM w.seq_0_to_1000")
        yield server


@dataclass
class _Waits:
    longest: float = 0.0


def _write(server: MariadbServer, stop: threading.Event, waits: _Waits) -> None:
    """Updates by key, as an application sends them."""
    with server.connect("admin", "w") as connection, connection.cursor() as cursor:
        while not stop.is_set():
            began = time.monotonic()
            with contextlib.suppress(pymysql.Error):
                cursor.execute("UPDATE t SET w = w + 1 WHERE id = %s", (random.randint(1, _ROWS),))
            waits.longest = max(waits.longest, time.monotonic() - began)
            time.sleep(0.002)


def _measured(server: MariadbServer, makes: str, sql: str) -> tuple[float, float]:
    """Seconds of the statement, and of the longest wait of a writer meanwhile."""
    with server.connect("admin", "w") as admin, admin.cursor() as cursor:
        cursor.execute("DROP TABLE IF EXISTS t, x")
        cursor.execute(makes)
        cursor.execute(
            "INSERT INTO t (a, b, c, l, n, txt, p) SELECT seq MOD 1000, 'x', REPEAT('y', 100), 'l', seq,"
            f" CONCAT('word', seq), seq FROM seq_1_to_{_ROWS}"
        )
        stop, waits = threading.Event(), _Waits()
        writer = threading.Thread(target=_write, args=(server, stop, waits))
        writer.start()
        try:
            time.sleep(0.15)
            waits.longest = 0.0
            began = time.monotonic()
            for one in sql.split("; "):
                cursor.execute(one)
            seconds = time.monotonic() - began
            time.sleep(0.05)
        finally:
            stop.set()
            writer.join()
    return seconds, waits.longest


def test_the_dry_run_tells_who_waits(server: MariadbServer) -> None:
    wrong: list[str] = []
    for makes, sql in _CASES:
        base = [script_of(f"CREATE TABLE par (id INT PRIMARY KEY);\n{makes};", "base.sql", engine="mariadb")]
        scripts = [script_of(f"{sql};", "m.sql", engine="mariadb")]
        told = run(scripts, snapshot=None, base=base, engine=Engine("mariadb", find().version))
        outcome = told.outcomes[-1]
        word = verdict(outcome, Unknown())
        seconds, longest = _measured(server, makes, sql)
        seen = "short" if seconds < _SHORT else "blocking" if longest > 0.5 * seconds else "online"
        print(f"{word:10} {seen:8} {seconds:6.2f} s, a writer waited {longest:5.2f} s: {sql}")
        agrees = word == seen if seen != "short" else word in ("brief_lock", "safe", "online")
        if not agrees or outcome.why_not is not None:
            wrong.append(f"{sql}: told {word}, seen {seen} ({seconds:.2f} s, {longest:.2f} s), {outcome.why_not}")
    assert not wrong, wrong
