"""How exact the shadow planner is.

    python -m benchmarks.shadow [--majors 15,18] [--scale 0.3] [--parts fidelity,whatif,growth,speed] [-o results.json]

Loads a parcel carrier (sql/freight.sql) and a shop (django-oscar's schema, oscar.py) on a throwaway server of each major,
takes their snapshots as a role that has pg_read_all_data and nothing else, and compares what the loaded server plans with
what the shadow plans; then hypothetical indexes with built ones, and a grown tenth with the whole. Prints tables as
Markdown and writes everything, each difference by name, as JSON.
"""

from __future__ import annotations

import argparse
import json
from pathlib import Path
from typing import Any

from benchmarks.shadow import fidelity, growth, speed, whatif
from benchmarks.shadow.report import report
from benchmarks.shadow.sources import Database, Source, server

WORK = Path(__file__).parents[1] / ".work"
PARTS = ("fidelity", "whatif", "growth", "speed")
KINDS = ("freight", "oscar")


def measure(source: Source, scale: float, parts: list[str], foreign: list[int], told: Any) -> dict[str, Any]:
    """Everything about one major."""
    databases = {kind: source.load(kind, scale) for kind in KINDS}
    told(f"PostgreSQL {source.major}: loaded {source.told}")
    found: dict[str, Any] = {"major": source.major, "snapshots": {}}
    present = {}
    true = {}
    for kind, database in databases.items():
        modes, found["snapshots"][kind] = fidelity.snapshots(database)
        present[kind] = modes["present"]
        if "fidelity" in parts:
            true[kind] = fidelity.true_plans(database)
            for mode, snapshot in modes.items():
                row = {"mode": mode, "planner": source.major, **fidelity.measure(database, snapshot, true[kind])}
                found.setdefault("fidelity", []).append(row)
            for other in foreign:
                row = {
                    "mode": "present",
                    "planner": other,
                    **fidelity.measure(database, modes["present"], true[kind], other),
                }
                found["fidelity"].append(row)
        told(f"PostgreSQL {source.major}: {kind} compared")
    if "speed" in parts:
        found["opening"] = [
            speed.opening(speed.fifty(source)),
            *(speed.opening(snapshot) for snapshot in present.values()),
        ]
        found["answering"] = [speed.answering(databases[kind], present[kind]) for kind in KINDS]
        told(f"PostgreSQL {source.major}: speed measured")
    if "growth" in parts:
        found["growth"] = [
            grown(source, scale, databases[kind], size) for size in ("longer", "denser") for kind in KINDS
        ]
        told(f"PostgreSQL {source.major}: growth compared")
    if "whatif" in parts:
        # Last: before PostgreSQL 18 building an index leaves row counts behind.
        both = {kind: (databases[kind], present[kind]) for kind in KINDS}
        found["whatif"] = whatif.measure(both, hypopg=_has_hypopg(databases["freight"]))
        told(f"PostgreSQL {source.major}: indexes built")
    found["sources"] = source.told
    return found


def grown(source: Source, scale: float, big: Database, size: str) -> dict[str, Any]:
    """The growth of one database from a tenth that is loaded for it."""
    small = source.load(big.name, scale, size)
    modes, _ = fidelity.snapshots(small)
    result = {"growth": size, **growth.measure(small, big, modes["present"])}
    source.drop(small)
    return result


def _has_hypopg(database: Database) -> bool:
    with database.connect() as connection:
        found = connection.execute("SELECT 1 FROM pg_available_extensions WHERE name = 'hypopg'").fetchone()
    return found is not None


def main() -> None:
    """The command line."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.shadow")
    parser.add_argument(
        "--majors", default="15,18", help="of the loaded servers; shadows are of the same, and 15's also of 18"
    )
    parser.add_argument("--scale", type=float, default=0.3)
    parser.add_argument("--parts", default=",".join(PARTS))
    parser.add_argument("-o", "--output", type=Path, default=WORK / "shadow.json")
    given = parser.parse_args()
    majors = [int(major) for major in given.majors.split(",")]
    results: dict[str, Any] = {"scale": given.scale, "majors": []}
    given.output.parent.mkdir(parents=True, exist_ok=True)
    for major in majors:
        with server(major) as source:
            foreign = [other for other in majors[-1:] if other > major]
            told = lambda text: print(f"<!-- {text} -->", flush=True)  # noqa: E731
            results["majors"].append(measure(source, given.scale, given.parts.split(","), foreign, told))
        given.output.write_text(json.dumps(results, indent=1, default=str))
    print(report(results))


if __name__ == "__main__":
    main()
