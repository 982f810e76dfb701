"""How long the whole curve takes on a wide schema, and how much memory.

    python -m benchmarks.indexes.scale [--shapes 200,2000] [--limit 600] [-o results.json]

Fifty tables with rows are loaded once (``--dsn``, ``--prefix``); each count of shapes is searched in a process of its own:
snapshot, shadow, candidates, selection at every size. Goal: 200 shapes in under 60 s on two cores, 2,000 in under 10 min.
"""

from __future__ import annotations

import argparse
import json
import os
import resource
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

from benchmarks.indexes.data import database, wide
from benchmarks.indexes.data.database import DataSet
from benchmarks.indexes.report import table

WORK = Path(__file__).parents[1] / ".work"


def one(dsn: str, shapes: int, limit: float) -> dict[str, Any]:
    """One search, in this process."""
    from benchmarks.indexes import ours

    began = time.monotonic()
    data = DataSet(
        "wide", dsn, wide.Writer().statements(shapes), f"{shapes} shapes", table_bytes=database.table_bytes(dsn)
    )
    written = time.monotonic()
    with ours.opened(data) as search:
        opened = time.monotonic()
        curve = search.curve(limit, None)
        ended = time.monotonic()
        shadow = largest_below()
        selected = search.selected
        assert selected is not None
    return {
        "shapes": len(data.queries),
        "tables": len(search.catalog.tables),
        "seconds to write the workload": round(written - began, 1),
        "seconds to open": round(opened - written, 1),
        "seconds to search": round(ended - opened, 1),
        "own CPU s": round(curve[-1].client_cpu, 1) if curve else None,
        "shadow's CPU s": round(curve[-1].server_cpu, 1) if curve else None,
        "planner calls": selected.planner_calls,
        "candidates": curve[-1].note if curve else "",
        "points": len(selected.points),
        "best": round(min(point.cost for point in selected.points) / selected.baseline, 4),
        "complete": selected.complete,
        "gap": selected.gap,
        "peak MB": round(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024),
        "shadow's largest process MB": round(shadow / 1e6),
        "notes": list(selected.notes),
    }


def largest_below() -> int:
    """Peak resident bytes of the largest process below this one."""
    most = 0
    mine = {os.getpid()}
    parents = {}
    for path in Path("/proc").iterdir():
        if path.name.isdigit():
            try:
                parents[int(path.name)] = int((path / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
    for _ in range(6):
        mine |= {process for process, parent in parents.items() if parent in mine}
    for process in mine - {os.getpid()}:
        try:
            text = Path(f"/proc/{process}/status").read_text()
        except OSError:
            continue
        peak = [line.split()[1] for line in text.splitlines() if line.startswith("VmHWM:")]
        most = max(most, int(peak[0]) * 1024 if peak else 0)
    return most


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.indexes.scale")
    parser.add_argument("--dsn", default="postgresql://postgres@127.0.0.1:5432/postgres")
    parser.add_argument("--prefix", default="advisor_bench_", help="of the database's name")
    parser.add_argument("--shapes", default="200,2000")
    parser.add_argument("--limit", type=float, default=600.0, help="seconds that one search may take")
    parser.add_argument("-o", "--output", type=Path, default=WORK / "indexes-scale.json")
    parser.add_argument("--one", type=int, help=argparse.SUPPRESS)
    given = parser.parse_args()
    dsn = wide.load(given.dsn, f"{given.prefix}wide")
    if given.one:
        print(json.dumps(one(dsn, given.one, given.limit)))
        return
    rows = []
    for shapes in map(int, given.shapes.split(",")):
        command = [sys.executable, "-m", "benchmarks.indexes.scale", "--one", str(shapes), "--limit", str(given.limit)]
        done = subprocess.run(
            [*command, "--dsn", given.dsn, "--prefix", given.prefix], stdout=subprocess.PIPE, text=True, check=True
        )
        rows.append(json.loads(done.stdout))
    given.output.parent.mkdir(parents=True, exist_ok=True)
    given.output.write_text(json.dumps(rows, indent=1))
    head = ("shapes", "candidates", *(name for name in rows[0] if name not in ("shapes", "candidates", "notes")))
    print("\n".join(table(head, [tuple(row[name] for name in head) for row in rows])))


if __name__ == "__main__":
    main()
