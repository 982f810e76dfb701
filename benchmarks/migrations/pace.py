"""What a row costs in a scan, a rewrite and a write: `python -m benchmarks.migrations.pace` prints microseconds.

The figures behind `MIGRATION.work_scan_us`, `work_rewrite_us` and `work_write_us`: private servers, a table in memory.
Time at 2e9 bytes a second, which the model adds for the table itself, is taken off nothing: it is small beside these.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from typing import Any

from tests import servers

_POSTGRESQL = [
    ("scan: ADD CHECK", "ALTER TABLE t ADD CHECK (v >= 0)"),
    ("scan: ADD CHECK with LIKE", "ALTER TABLE t ADD CHECK (b NOT LIKE '%zzz%')"),
    ("scan: SET NOT NULL", "ALTER TABLE t ALTER v SET NOT NULL"),
    ("scan: ADD FOREIGN KEY", "ALTER TABLE t ADD FOREIGN KEY (p) REFERENCES parents (id)"),
    ("rewrite: no index but the key, ALTER TYPE", "ALTER TABLE t ALTER v TYPE bigint"),
    ("rewrite: VACUUM FULL", "VACUUM FULL t"),
    ("rewrite: ADD COLUMN with a volatile default", "ALTER TABLE t ADD x float DEFAULT random()"),
    ("write: UPDATE of every row", "UPDATE t SET v = v + 1"),
    ("write: INSERT ... SELECT", "INSERT INTO t SELECT id + 10000000, p, v, b, x FROM t WHERE id <= {rows}"),
    ("write: UPDATE of every row, two more indexes", "CREATE INDEX ON t (v); CREATE INDEX ON t (b)"),
    ("write: UPDATE of every row, two more indexes", "UPDATE t SET v = v + 1 WHERE id <= {rows}"),
    ("write: DELETE of every row", "DELETE FROM t WHERE id <= {rows}"),
]
_MARIADB = [
    ("rewrite: COPY", "ALTER TABLE t FORCE, ALGORITHM=COPY"),
    ("rewrite: INPLACE", "ALTER TABLE t FORCE, ALGORITHM=INPLACE"),
    ("write: UPDATE of every row", "UPDATE t SET v = v + 1"),
    ("write: DELETE of every row", "DELETE FROM t"),
]


def _timed(name: str, sql: str, rows: int, run: Callable[[str], Any]) -> None:
    start = time.monotonic()
    run(sql.format(rows=rows))
    if "CREATE INDEX" not in sql:
        print(f"| {name} | {(time.monotonic() - start) * 1e6 / rows:.2f} |", flush=True)


def postgresql(rows: int) -> None:
    """On PostgreSQL."""
    import psycopg

    settings = {"autovacuum": "off", "shared_buffers": "512MB", "max_wal_size": "4GB", "max_parallel_workers": "0"}
    with (
        servers.postgresql(settings) as server,
        psycopg.connect(server.dsn, autocommit=True) as connection,
    ):
        connection.execute("CREATE TABLE parents (id int PRIMARY KEY)")
        connection.execute("INSERT INTO parents SELECT generate_series(0, 9999)")
        connection.execute("CREATE TABLE t (id int PRIMARY KEY, p int, v int, b text)")
        connection.execute(
            f"INSERT INTO t SELECT n, n % 10000, n % 1000, 'text of row ' || n FROM generate_series(1, {rows}) AS n"
        )
        connection.execute("VACUUM ANALYZE")
        version = connection.execute("SHOW server_version").fetchone()
        print(f"| PostgreSQL {version[0] if version else ''}, {rows:,} rows | us a row |\n|---|---:|")
        for name, sql in _POSTGRESQL:
            _timed(name, sql, rows, lambda text: connection.execute(text.encode()))


def mariadb(rows: int) -> None:
    """On MariaDB."""
    import pymysql

    with servers.mariadb({"innodb-buffer-pool-size": "512M", "innodb-log-file-size": "512M"}) as server:
        connection = pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True)
        cursor = connection.cursor()
        cursor.execute("CREATE DATABASE pace")
        cursor.execute("USE pace")
        cursor.execute("CREATE TABLE t (id int PRIMARY KEY, p int, v int, b varchar(60))")
        cursor.execute(
            f"INSERT INTO t SELECT seq, seq % 10000, seq % 1000, concat('text of row ', seq) FROM seq_1_to_{rows}"
        )
        print(f"| MariaDB, {rows:,} rows | us a row |\n|---|---:|")
        for name, sql in _MARIADB:
            _timed(name, sql, rows, cursor.execute)
        connection.close()


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    given = parser.parse_args()
    postgresql(given.rows)
    mariadb(given.rows)
