"""`python -m benchmarks.migrations.snapshots`: snapshots of the loaded bases, as `advisor snapshot` takes them.

They stand in fixtures/migrations, so that scoring needs no loaded server.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
from pathlib import Path

from benchmarks.migrations import mariadb, postgresql
from benchmarks.migrations.cases import FIXTURES
from benchmarks.migrations.servers import Postgresql

PLACE = os.environ.get("ADVISOR_SUITE_PLACE", "/tmp/j")


def path(engine: str, base: str, major: int) -> Path:
    """Where the snapshot of a base stands."""
    return FIXTURES / engine / "snapshots" / (f"{base}-{major}.json" if engine == "postgresql" else f"{base}.json")


def _take(dsn: str, target: Path) -> None:
    target.parent.mkdir(parents=True, exist_ok=True)
    subprocess.run([str(Path(sys.executable).parent / "advisor"), "snapshot", dsn, "-q", "-o", str(target)], check=True)
    print(target, target.stat().st_size)


def main() -> None:
    """Load and capture."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engine", choices=["postgresql", "mariadb"])
    parser.add_argument("--major", type=int, default=15)
    given = parser.parse_args()
    if given.engine == "postgresql":
        with Postgresql(given.major, Path(f"{PLACE}/snapshots{given.major}")) as server:
            suite = postgresql.Suite(server)
            for base in postgresql.BASES:
                _take(server.dsn(suite.template(base, postgresql.SIZES[1])), path("postgresql", base, given.major))
    else:
        with mariadb.Mariadb(Path(f"{PLACE}/snapshots-mariadb")) as server:
            mariadb.Suite(server)
            _take(
                f"mariadb://root@localhost/pristine_{mariadb.SIZES[1]}?unix_socket={server.place}/s",
                path("mariadb", mariadb.BASE, 10),
            )


if __name__ == "__main__":
    main()
