"""TPC-H with its primary keys: data by tpchgen-cli, the 22 queries with the validation parameters of the standard."""

from __future__ import annotations

import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import psycopg

from benchmarks.indexes.data import database
from benchmarks.indexes.data.database import DataSet, Named

TABLES = ("region", "nation", "part", "supplier", "partsupp", "customer", "orders", "lineitem")


def queries(scale: float) -> list[Named]:
    """The 22; the fraction of Q11 depends on the scale (TPC-H 2.4.11.3)."""
    return [Named(q.name, q.sql.replace(":fraction", f"{0.0001 / scale:.10f}")) for q in database.read("tpch.sql")[1]]


#: What the literature leaves out (Kossmann et al., VLDB 2020): without an index these three are most of the whole cost.
HEAVY = ("q2", "q17", "q20")


def load(dsn: str, name: str, scale: float, heavy: bool = True) -> DataSet:
    """Generates and loads, unless it is there. ``heavy``: with the three queries that are all decided by one index."""
    told = f"TPC-H SF {scale:g}, primary keys, tpchgen-cli"
    if not database.exists(dsn, name):
        found = database.create(dsn, name)
        with tempfile.TemporaryDirectory(prefix="advisor-") as directory:
            program = shutil.which("tpchgen-cli", path=str(Path(sys.executable).parent)) or shutil.which("tpchgen-cli")
            if program is None:
                raise RuntimeError("tpchgen-cli is not installed: pip install tpchgen-cli")
            subprocess.run([program, "-s", str(scale), f"--output-dir={directory}"], check=True, capture_output=True)
            with psycopg.connect(found) as connection:
                for statement in database.read("tpch.sql")[0]:
                    connection.execute(statement.encode())
                for table in TABLES:
                    # A line of the generator ends with the delimiter, which COPY takes for one more column.
                    lines = (line[:-2] + b"\n" for line in (Path(directory) / f"{table}.tbl").open("rb"))
                    database.copy(connection, table, lines, "DELIMITER '|'")
        database.finish(found, name, told)
    found = database.address(dsn, name)
    size = database.table_bytes(found)
    if heavy:
        return DataSet("tpch", found, queries(scale), told, table_bytes=size)
    kept = [query for query in queries(scale) if query.name not in HEAVY]
    return DataSet("tpch19", found, kept, f"{told}, without {', '.join(HEAVY)}", table_bytes=size)
