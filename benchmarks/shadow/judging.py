"""What one judgement costs: a query planned with some hypothetical indexes in sight and many prepared.

    python -m benchmarks.shadow.judging DSN DIRECTORY [--shown 0,8,48] [--prepared 500] [--calls 200] [--hypopg]

DSN is of a loaded PostgreSQL, DIRECTORY holds one query a file. Candidates are pairs of columns, drawn at random. CPU
seconds are this process's and the backend's (/proc); each configuration has one query, as a search asks, or all.
"""

from __future__ import annotations

import argparse
import itertools
import os
import random
import time
from collections.abc import Callable, Sequence
from pathlib import Path

import psycopg

from advisor.catalog.snapshot import capture
from advisor.model.planning import Configuration, Query
from advisor.planners.postgresql.planner import ShadowPlanner

_COLUMNS = """
SELECT c.relname, array_agg(a.attname ORDER BY a.attnum) FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid
WHERE c.relkind = 'r' AND c.relnamespace = 'public'::regnamespace AND a.attnum > 0 AND NOT a.attisdropped
  AND a.attname !~ 'comment' GROUP BY c.relname
"""


def candidates(dsn: str, most: int, seed: int = 5) -> list[str]:
    """Pairs of columns."""
    with psycopg.connect(dsn) as connection:
        tables = connection.execute(_COLUMNS).fetchall()
    found = [f"ON {table} ({a}, {b})" for table, columns in tables for a, b in itertools.permutations(columns, 2)]
    random.Random(seed).shuffle(found)
    return found[:most]


def backend_seconds(pid: int) -> float:
    """CPU of a process until now."""
    fields = Path(f"/proc/{pid}/stat").read_text("utf-8").rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def asked(
    judge: Callable[[Sequence[str], Sequence[str]], int],
    pid: int,
    queries: Sequence[str],
    indexes: Sequence[str],
    shown: int,
    calls: int,
    together: bool,
) -> str:
    """Milliseconds a judgement: wall, client's CPU, backend's CPU."""
    chance = random.Random(7)
    began, mine, server, done = time.perf_counter(), time.process_time(), backend_seconds(pid), 0
    for number in itertools.count():
        if done >= calls:
            break
        some = queries if together else [queries[number % len(queries)]]
        words = " ".join(some).lower()
        fitting = [index for index in indexes if index.split()[1] in words]
        done += judge(some, chance.sample(fitting, min(shown, len(fitting))))
    passed = (time.perf_counter() - began, time.process_time() - mine, backend_seconds(pid) - server)
    return " | ".join(f"{1000 * each / done:.2f}" for each in passed)


def hypopg(connection: psycopg.Connection) -> Callable[[Sequence[str], Sequence[str]], int]:
    """The same asked of HypoPG, as its users do: indexes made and reset for each configuration."""

    def judge(queries: Sequence[str], indexes: Sequence[str]) -> int:
        connection.execute("SELECT hypopg_reset()")
        connection.execute(
            "SELECT count(*) FROM unnest(%s::text[]) t, hypopg_create_index(t)",
            [[f"CREATE INDEX {i}" for i in indexes]],
        )
        for query in queries:
            connection.execute(f"EXPLAIN (FORMAT JSON) {query}".encode()).fetchall()
        return len(queries)

    return judge


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shadow.judging")
    parser.add_argument("dsn")
    parser.add_argument("directory", type=Path)
    parser.add_argument("--shown", default="0,8,48")
    parser.add_argument("--prepared", type=int, default=500)
    parser.add_argument("--calls", type=int, default=200)
    parser.add_argument("--hypopg", action="store_true", help="the database has the extension")
    given = parser.parse_args()
    queries = [path.read_text("utf-8").strip().rstrip(";") for path in sorted(given.directory.glob("*.sql"))]
    indexes = candidates(given.dsn, given.prepared)
    print(f"{len(queries)} queries, {len(indexes)} candidates\n")
    print(
        "| planner | shown | queries a configuration | wall ms | client CPU ms | backend CPU ms |\n|---|---|---|---|---|---|"
    )
    ways = [(int(shown), together) for shown in given.shown.split(",") for together in (False, True)]
    with ShadowPlanner.open(capture(given.dsn, values="present")) as planner:
        planner.prepare(indexes)

        def judge(some: Sequence[str], add: Sequence[str]) -> int:
            planner._judged.clear()
            return len(planner.judge([Query(sql) for sql in some], Configuration(add=tuple(add))))

        judge(queries, ())
        pid = planner.connection.info.backend_pid
        for shown, together in ways:
            row = asked(judge, pid, queries, indexes, shown, given.calls, together)
            print(f"| shadow | {shown} | {len(queries) if together else 1} | {row} |", flush=True)
    if given.hypopg:
        with psycopg.connect(given.dsn, autocommit=True) as connection:
            pid = connection.info.backend_pid
            for shown, together in ways:
                row = asked(hypopg(connection), pid, queries, indexes, shown, given.calls, together)
                print(f"| HypoPG | {shown} | {len(queries) if together else 1} | {row} |", flush=True)


if __name__ == "__main__":
    main()
