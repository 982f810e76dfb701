"""Measure the truth: `python -m benchmarks.migrations.truth postgresql --major 15 [--only ID,...] [-o FILE]`.

With `--only`, the cases are put into the file beside those that are there.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.migrations import cases as suite
from benchmarks.migrations.verdicts import judged

PLACE = Path(os.environ.get("ADVISOR_SUITE_PLACE", "/tmp/j"))


def postgresql(major: int, only: set[str]) -> dict[str, Any]:
    """Of all cases that the major knows."""
    from benchmarks.migrations import postgresql as measured
    from benchmarks.migrations.servers import Postgresql

    found: dict[str, Any] = {}
    with Postgresql(major, PLACE / f"truth{major}") as server:
        runs = measured.Suite(server)
        kinds, filled = {}, {}
        for case in suite.load("postgresql", major=major):
            if only and case.id not in only:
                continue
            started = time.perf_counter()
            if case.base not in kinds:
                kinds[case.base], filled[case.base] = _relations(server, runs.template(case.base, measured.SIZES[0]))
            pairs = runs.measure(case)
            told = []
            for small, large in pairs:
                large.waited_on = bool(large.stalls)
                told.append(judged(small, large, kinds[case.base], filled[case.base]))
            found[case.id] = told
            words = " ".join(str(one["verdict"]) for one in told)
            doubts = " | ".join(doubt for one in told for doubt in one.get("disagreement", ()))
            print(f"{case.id:50s} {time.perf_counter() - started:5.1f}s {words} {doubts}", file=sys.stderr, flush=True)
        version = server.binaries.version
    return {
        "engine": {"name": "postgresql", "version": version}, "rows": list(measured.SIZES),
        "measured_at": time.strftime("%Y-%m-%d"), "cases": found,
    }  # fmt: skip


def _relations(server: Any, database: str) -> tuple[dict[str, str], set[str]]:
    """Kind of each relation, and which hold rows."""
    from benchmarks.migrations.postgresql import quoted

    with server.connect(database) as connection:
        rows = connection.execute(
            "SELECT CASE WHEN nspname = 'public' THEN '' ELSE nspname || '.' END || relname, relkind FROM pg_class "
            "JOIN pg_namespace AS n ON n.oid = relnamespace WHERE nspname <> 'information_schema' AND nspname NOT LIKE 'pg\\_%'"
        ).fetchall()
        kinds = dict(rows)
        filled = set()
        for name, kind in rows:
            if (
                kind in ("r", "p", "m")
                and connection.execute(f"SELECT EXISTS (SELECT 1 FROM {quoted(name)})").fetchone()[0]
            ):
                filled.add(name)
    return kinds, filled


def main() -> None:
    """Write the truth as JSON."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=["postgresql", "mariadb"])
    parser.add_argument("--major", type=int, default=15)
    parser.add_argument("--only", default="")
    parser.add_argument("-o", "--output", type=Path)
    given = parser.parse_args()
    only = set(filter(None, given.only.split(",")))
    if given.engine == "postgresql":
        truth = postgresql(given.major, only)
    else:
        from benchmarks.migrations.mariadb import truth as mariadb

        truth = mariadb(PLACE / "truth-mariadb", only)
    if only and given.output and given.output.exists():
        before = json.loads(given.output.read_text())
        truth["cases"] = {**before["cases"], **truth["cases"]}
    text = json.dumps(truth, indent=1, ensure_ascii=False)
    if given.output:
        given.output.write_text(text + "\n")
    else:
        print(text)


if __name__ == "__main__":
    main()
