"""supabase/index_advisor: one query at a time; the union of what it says is the answer."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import psycopg

from benchmarks.indexes.data.database import DataSet
from benchmarks.indexes.peers.answer import Answer, NotRun, cpu_of


def ask(data: DataSet, directory: Path | None, limit: float) -> Iterator[Answer | NotRun]:
    """One answer: it has no budget."""
    if directory is None:
        yield NotRun("index_advisor", "give --supabase DIR: a clone of supabase/index_advisor")
        return
    script = max(directory.glob("index_advisor--*.sql"), key=lambda path: ("--" not in path.stem[15:], path.name))
    union: dict[str, None] = {}
    errors = 0
    with psycopg.connect(data.dsn, autocommit=True, prepare_threshold=None) as connection:
        connection.execute("SET search_path = pg_temp, public, hypo")
        connection.execute(f"SET statement_timeout = '{limit:.0f}s'")
        # Made where it is gone with the connection.
        text = script.read_text("utf-8").replace("function index_advisor(", "function pg_temp.index_advisor(", 1)
        connection.execute(text.encode())
        before, began = cpu_of(connection.info.backend_pid), time.process_time()
        for query in data.workload:
            row = connection.execute(
                "SELECT index_statements, errors FROM pg_temp.index_advisor(%s)", (query.sql,)
            ).fetchone()
            statements, failed = row or ([], [])
            errors += bool(failed)
            union |= dict.fromkeys(statements)
        spent = cpu_of(connection.info.backend_pid) - before
        client = time.process_time() - began
    indexes = tuple(statement[statement.index(" ON ") + 1 :].rstrip(";") for statement in union)
    note = f"{errors} statements refused" if errors else ""
    yield Answer("index_advisor", "", indexes, 2 * (len(data.workload) - errors), client, spent, note=note)
