"""Loads a source database from a script, statement by statement."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

_ROWS = re.compile(r":n\((\d+)\)")
_CONSTANT = re.compile(r":c\((\d+)\)")
#: Length of the recorded time.
DAYS = 400
#: Who takes the snapshot: a login that may read and nothing else.
LIMITED = "limited"
#: Planner settings of the source, none of them PostgreSQL's own.
SETTINGS = {
    "random_page_cost": "1.4",
    "effective_cache_size": "3GB",
    "work_mem": "12MB",
    "hash_mem_multiplier": "1.5",
    "max_parallel_workers_per_gather": "3",
    "from_collapse_limit": "10",
    "join_collapse_limit": "10",
    "cpu_tuple_cost": "0.011",
    "jit": "off",
}


def statements(script: Path, scale: float, days: int) -> Iterator[str]:
    """The statements of a script; one ends with a semicolon at a line's end."""
    text = _ROWS.sub(lambda found: str(max(1, round(int(found[1]) * scale))), script.read_text("utf-8"))
    text = _CONSTANT.sub(r"\1", text).replace(":days", str(days))
    kept = "\n".join(line for line in text.splitlines() if not line.startswith("--"))
    for statement in re.split(r";[ \t]*(?:\n|$)", kept):
        if statement.strip():
            yield statement.strip()


def address(dsn: str, database: str, user: str | None = None) -> str:
    """The DSN of another database of the same server, as another user."""
    parts = urlsplit(dsn)
    host = f"{user}@{parts.hostname}:{parts.port}" if user else parts.netloc
    return urlunsplit(parts._replace(netloc=host, path=f"/{database}"))


def create(dsn: str, database: str) -> str:
    """An empty database with the planner settings of the benchmark and the limited role; its DSN."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {database}")
        connection.execute(f"CREATE DATABASE {database}")
        for name, value in SETTINGS.items():
            connection.execute(f"ALTER DATABASE {database} SET {name} = '{value}'")
        connection.execute(f"ALTER DATABASE {database} SET search_path = freight, public")
        if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", (LIMITED,)).fetchone():
            connection.execute(f"CREATE ROLE {LIMITED} LOGIN")
            connection.execute(f"GRANT pg_read_all_data TO {LIMITED}")
    return address(dsn, database)


def run(dsn: str, script: Path, scale: float = 1.0, days: int = DAYS, told: Callable[[str], None] = str) -> None:
    """Runs a script."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in statements(script, scale, days):
            try:
                connection.execute(statement.encode())
            except psycopg.Error as error:
                raise RuntimeError(f"{script.name}: {statement[:200]}: {error}") from error
            told(statement)


def megabytes(dsn: str) -> float:
    """Size of the database."""
    with psycopg.connect(dsn) as connection:
        found = connection.execute("SELECT pg_database_size(current_database()) / 1e6").fetchone()
    return round(float(found[0]), 1) if found else 0.0
