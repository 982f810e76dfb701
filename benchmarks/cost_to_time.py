"""How near predicted times are to the times that statements take once the index is built.

    python -m benchmarks.cost_to_time postgresql://.../database [--scale 1] [--made NAME] [-o out.json]

The freight data and its candidates (benchmarks/shadow/sql): each query is timed as it is; a shadow of the snapshot gives
its costs now and with the index; the time with the index is predicted from the log of all queries; then the index is
built, the query timed again, and the index dropped. Times are the backend's CPU, the least of several runs, so that a
busy machine counts little. Three predictions are compared by their factor of error, over queries whose cost changes:

- proportion: time times cost after over cost before;
- calibrated: `recommend.calibration`, costs as the planner prints them;
- in memory: the same, pages charged as memory does (`CachedPlanner`).

``--made`` loads the data into a database of that name first (replacing it); else it is there already. Parallel plans and
JIT are off on both sides: their CPU is not the backend's.
"""

from __future__ import annotations

import argparse
import json
import math
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import perf_counter
from typing import Any

import psycopg

from advisor.catalog.snapshot import capture
from advisor.model.planning import Configuration, Query
from advisor.planners.choice import of_snapshot
from advisor.planners.planner import Planner
from advisor.recommend.calibration import CachedPlanner, calibrate, page_costs
from advisor.recommend.workload import Statement
from benchmarks.shadow.load import address, run
from benchmarks.shadow.queries import SQL
from benchmarks.shadow.whatif import Candidate, candidates

_REPEATS = 5
_ENOUGH = 2.0
"""Seconds for one query: a slow one is run less often."""
_CHANGED = 0.05
"""Of ln(cost): costs that changed."""


@dataclass(frozen=True)
class Case:
    """One query and one index."""

    index: str
    sql: str
    ms_before: float
    ms_after: float
    cost_before: float
    cost_after: float
    proportion: float
    calibrated: float
    low: float
    high: float
    memory: float


def make(dsn: str, name: str, scale: float) -> str:
    """Loads the freight data; the DSN of its database."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f'DROP DATABASE IF EXISTS "{name}"'.encode())
        connection.execute(f'CREATE DATABASE "{name}"'.encode())
        connection.execute(f'ALTER DATABASE "{name}" SET search_path = freight, public'.encode())
    made = address(dsn, name)
    run(made, SQL / "freight.sql", scale)
    with psycopg.connect(made, autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")
    return made


def clock(backend: int) -> float:
    """CPU milliseconds of a backend so far; where it is not on this machine, the wall clock."""
    counted = Path(f"/proc/{backend}/schedstat")
    return int(counted.read_text().split()[0]) / 1e6 if counted.exists() else perf_counter() * 1000


def timed(connection: psycopg.Connection[Any], sql: str) -> float:
    """The least milliseconds of some executions. What they write is undone."""
    backend, found, began = connection.info.backend_pid, [], perf_counter()
    for _ in range(_REPEATS):
        with connection.transaction(force_rollback=True):
            before = clock(backend)
            cursor = connection.execute(sql.encode())
            if cursor.description:
                cursor.fetchall()
            found.append(clock(backend) - before)
        if perf_counter() - began > _ENOUGH:
            break
    return min(found)


def connected(dsn: str) -> psycopg.Connection[Any]:
    """A session as the snapshot's plans assume it."""
    connection = psycopg.connect(dsn, autocommit=True, prepare_threshold=None)
    connection.execute("SET jit = off")
    connection.execute("SET max_parallel_workers_per_gather = 0")
    connection.execute("SET statement_timeout = '30s'")
    return connection


def predicted(
    planner: Planner, asked: Sequence[tuple[Candidate, str]], before: Sequence[float]
) -> list[tuple[float, float, tuple[float, float, float]] | None]:
    """Of each query: cost now, cost with its index, predicted time with its bounds. All queries are the log."""
    world = (("jit", "off"), ("max_parallel_workers_per_gather", "0"))
    now = planner.judge([Query(sql) for _, sql in asked], Configuration(settings=world))
    log = [
        Statement(f"{n:016x}", "postgresql", "select", sql, (Query(sql),), 1.0, mean_ms=ms)
        for n, ((_, sql), ms) in enumerate(zip(asked, before, strict=True))
    ]
    calibration = calibrate(log, now)
    found: list[tuple[float, float, tuple[float, float, float]] | None] = []
    for (candidate, sql), statement, one in zip(asked, log, now, strict=True):
        (then,) = planner.judge([Query(sql)], Configuration((candidate.sql,), settings=world))
        told = None if one is None or then is None else calibration.milliseconds(statement, one.cost, then.cost)
        found.append(None if one is None or then is None or told is None else (one.cost, then.cost, tuple(told)))
    return found


def cases(dsn: str) -> list[Case]:
    """Every query with its index, predicted and then measured."""
    asked = [(each, sql.rstrip("; \n")) for each in candidates() if each.database == "freight" for sql in each.queries]
    with connected(dsn) as connection:
        before = [timed(connection, sql) for _, sql in asked]
    snapshot = capture(dsn, values="present")
    with of_snapshot(snapshot, "shadow") as planner:
        plain = predicted(planner, asked, before)
        memory = predicted(CachedPlanner(planner, page_costs(snapshot)), asked, before)
    found: list[Case] = []
    for (candidate, sql), ms, one, other in zip(asked, before, plain, memory, strict=True):
        if one is None or other is None or abs(math.log(one[1] / one[0])) < _CHANGED:
            continue
        with connected(dsn) as connection:
            after = built(connection, candidate, sql)
        cost, then, (told, low, high) = one
        found.append(Case(candidate.sql, sql, ms, after, cost, then, ms * then / cost, told, low, high, other[2][0]))
    return found


def built(connection: psycopg.Connection[Any], candidate: Candidate, sql: str) -> float:
    """Milliseconds with the index, which is gone afterwards."""
    with connection.transaction(force_rollback=True):
        connection.execute(candidate.sql.encode())
        return timed(connection, sql)


def report(found: Sequence[Case]) -> str:
    """The factors of error, and how often the bounds hold."""
    lines = [
        f"{len(found)} queries whose cost changes",
        "",
        "| prediction | half within | nine in ten within |",
        "|---|---|---|",
    ]
    for name in ("proportion", "calibrated", "memory"):
        off = sorted(abs(math.log(getattr(case, name) / case.ms_after)) for case in found)
        ninth = off[min(len(off) - 1, math.ceil(0.9 * len(off)) - 1)]
        lines.append(f"| {name} | {math.exp(statistics.median(off)):.2f} | {math.exp(ninth):.2f} |")
    held = sum(case.low <= case.ms_after <= case.high for case in found)
    lines += ["", f"Bounds of the calibrated prediction hold the measured time in {held} of {len(found)}."]
    return "\n".join(lines)


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("dsn")
    parser.add_argument("--made", metavar="NAME")
    parser.add_argument("--scale", type=float, default=1.0)
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    found = cases(make(given.dsn, given.made, given.scale) if given.made else given.dsn)
    if given.output:
        given.output.write_text(json.dumps([asdict(case) for case in found], indent=1), "utf-8")
    print(report(found))


if __name__ == "__main__":
    main()
