"""What an index costs writers, and what building it costs: processor time of the server's session, everything in memory.

    python -m benchmarks.index_writes postgresql://... mariadb://... [--rows 100000,1000000] [--written 30000]

Rows are inserted into (and updated in) a table of one column a kind of key, without an index and with three alike on that
column; a third of the difference, by row, is an index entry. Times are CPU seconds of the server's process or thread
(/proc/.../schedstat, so it must run on this machine): what other work does here does not disturb them, and waiting for
disks is not in them. Then each index is built, and the seconds a million rows are told. Prints Markdown.
"""

from __future__ import annotations

import argparse
import statistics
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import psycopg
import pymysql

ALIKE = 3
REPEATS = 3
#: Columns of the table by the way their values arrive.
KEYS = {
    "integer, ascending": "a",
    "integer, random": "i",
    "timestamp, ascending": "t",
    "uuid, random": "u",
    "text of 20, random": "s",
    "integer, 100 values": "f",
}
_POSTGRESQL = (
    "CREATE TABLE advisor_w (a bigint, i int, t timestamp, u uuid, s varchar(40), f int, pad char(40))",
    "INSERT INTO advisor_w SELECT n, hashint8(n), '2024-01-01'::timestamp + n * interval '1 s', md5(n::text)::uuid,"
    " left(md5((n * 7)::text), 20), abs(hashint8(n)) % 100, 'x' FROM generate_series({low}::bigint, {high}) n",
)
_MARIADB = (
    "CREATE TABLE advisor_w (k int auto_increment primary key, a bigint, i int, t datetime, u binary(16), s varchar(40), f int,"
    " pad char(40)) ENGINE=InnoDB",
    "INSERT INTO advisor_w (a, i, t, u, s, f, pad) SELECT seq, CAST(crc32(seq) AS SIGNED) - 2147483648, '2024-01-01' + INTERVAL seq SECOND,"
    " unhex(md5(seq)), left(md5(seq * 7), 20), crc32(seq) % 100, 'x' FROM seq_{low}_to_{high}",
)


@dataclass
class Server:
    """One session, and where its CPU time is told."""

    name: str
    run: Callable[[str], Any]
    path: Path
    make: tuple[str, str]

    def cpu(self, sql: str) -> float:
        """CPU seconds of a statement."""
        before = int(self.path.read_text().split()[0])
        self.run(sql)
        return (int(self.path.read_text().split()[0]) - before) / 1e9


def connect(dsn: str) -> Server:
    """The server of a DSN."""
    if dsn.startswith("postgresql"):
        postgresql = psycopg.connect(dsn, autocommit=True)
        postgresql.execute("SET max_parallel_maintenance_workers = 0")
        pid = postgresql.info.backend_pid
        return Server(
            "PostgreSQL", lambda sql: postgresql.execute(sql.encode()), Path(f"/proc/{pid}/schedstat"), _POSTGRESQL
        )
    parts = urlsplit(dsn)
    mariadb = pymysql.connect(
        host=parts.hostname,
        port=parts.port or 3306,
        user=parts.username or "root",
        database=parts.path.strip("/"),
        autocommit=True,
    )
    cursor = mariadb.cursor()
    cursor.execute("SELECT tid FROM information_schema.processlist WHERE id = connection_id()")
    (thread,) = cursor.fetchone() or (0,)
    (process,) = Path("/proc").glob(f"[0-9]*/task/{thread}")
    return Server("MariaDB", cursor.execute, process / "schedstat", _MARIADB)


def measure(server: Server, rows: int, written: int) -> list[str]:
    """Lines of the table: microseconds an entry of an insert and of an update, seconds a million rows of a build."""
    create, insert = server.make
    server.run("DROP TABLE IF EXISTS advisor_w")
    server.run(create)
    server.run(insert.format(low=1, high=rows))
    if server.name == "PostgreSQL":
        server.run("VACUUM ANALYZE advisor_w")
    lines = []
    high = rows
    plain: list[float] = []
    updated: list[float] = []
    for _ in range(REPEATS):
        plain.append(server.cpu(insert.format(low=high + 1, high=high + written)))
        updated.append(server.cpu(_update(server, "a", high, written)))
        high += written
    for key, column in KEYS.items():
        built = server.cpu(f"CREATE INDEX advisor_w0 ON advisor_w ({column})")
        for number in range(1, ALIKE):
            server.run(f"CREATE INDEX advisor_w{number} ON advisor_w ({column})")
        entries, changes = [], []
        for _ in range(REPEATS):
            entries.append(server.cpu(insert.format(low=high + 1, high=high + written)))
            changes.append(server.cpu(_update(server, column, high, written)))
            high += written
        for number in range(ALIKE):
            on = " ON advisor_w" if server.name == "MariaDB" else ""
            server.run(f"DROP INDEX advisor_w{number}{on}")
        entry = [(each - statistics.median(plain)) / ALIKE / written * 1e6 for each in entries]
        change = [(each - statistics.median(updated)) / ALIKE / written * 1e6 for each in changes]
        lines.append(
            f"| {server.name} | {rows:,} | {key} | {statistics.median(entry):.1f} ({min(entry):.1f}-{max(entry):.1f}) | "
            f"{statistics.median(change):.1f} ({min(change):.1f}-{max(change):.1f}) | {built / high * 1e6:.2f} |"
        )
    server.run("DROP TABLE advisor_w")
    return lines


def _update(server: Server, column: str, high: int, written: int) -> str:
    """Changes a column of the rows inserted last; without an index on it PostgreSQL still writes new versions."""
    value = {
        "a": "a + 1000000000", "i": "-i - 1", "t": "t + INTERVAL '1' YEAR", "f": "(f + 17) % 100",
        "u": "md5(s)::uuid" if server.name == "PostgreSQL" else "unhex(md5(s))", "s": "reverse(s)",
    }[column]  # fmt: skip
    # By place in the table, so that no index is needed to find them.
    if server.name == "MariaDB":
        return f"UPDATE advisor_w SET {column} = {value} ORDER BY k DESC LIMIT {written}"
    return (
        f"UPDATE advisor_w SET {column} = {value} WHERE ctid >= (SELECT format('(%s,0)', greatest(0, "
        f"pg_relation_size('advisor_w') / 8192 - {written} / 45))::tid)"
    )


def main() -> None:
    """Measures the servers named on the command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dsn", nargs="+")
    parser.add_argument("--rows", default="100000,1000000")
    parser.add_argument("--written", type=int, default=30_000)
    arguments = parser.parse_args()
    print("| server | rows | key | µs an entry, inserted | µs an entry, updated | build, CPU s a million rows |")
    print("|---|--:|---|--:|--:|--:|")
    for dsn in arguments.dsn:
        for rows in map(int, arguments.rows.split(",")):
            for line in measure(connect(dsn), rows, arguments.written):
                print(line, flush=True)


if __name__ == "__main__":
    main()
