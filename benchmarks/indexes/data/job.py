"""The Join Order Benchmark: its schema and queries out of a clone that the user names, over synthetic rows.

The rows of the original are those of IMDB, which may not be had here. Ours are made up: skewed keys and the words that the
queries look for, a fortieth of the size. Figures are not comparable with anybody else's.
"""

from __future__ import annotations

import re
from pathlib import Path

import psycopg

from benchmarks.indexes.data import database
from benchmarks.indexes.data.database import DataSet, Named

_ROWS = re.compile(r":n\((\d+)\)")


def load(dsn: str, name: str, scale: float, directory: Path | None = None) -> DataSet:
    """Loads, unless it is there. Raises RuntimeError where no clone of gregrahn/join-order-benchmark is named."""
    if directory is None:
        raise RuntimeError("give --job DIR: a clone of gregrahn/join-order-benchmark")
    told = f"Join Order Benchmark, synthetic rows, scale {scale:g}, primary keys"
    if not database.exists(dsn, name):
        found = database.create(dsn, name)
        text = _ROWS.sub(
            lambda rows: str(round(int(rows[1]) * scale)), (database.SQL / "movies.sql").read_text("utf-8")
        )
        kept = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
        with psycopg.connect(found) as connection:
            connection.execute((directory / "schema.sql").read_bytes())
            for statement in re.split(r";[ \t]*(?:\n|$)", kept):
                if statement.strip():
                    connection.execute(statement.encode())
        database.finish(found, name, told)
    found = database.address(dsn, name)
    paths = sorted(directory.glob("[0-9]*.sql"), key=lambda path: (int(path.stem[:-1]), path.stem))
    queries = [Named(path.stem, re.sub(r"\s+", " ", path.read_text("utf-8")).strip().rstrip(";")) for path in paths]
    return DataSet("job", found, queries, told, table_bytes=database.table_bytes(found))
