"""Makes a database, and says what a workload is."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

import psycopg

SQL = Path(__file__).parents[1] / "sql"
#: No parallel workers: all work of a statement is then in one process, whose CPU time the operating system knows to the
#: nanosecond. No JIT: its threshold would turn an index's small gain in cost into a leap of time.
SETTINGS = {
    "max_parallel_workers_per_gather": "0",
    "jit": "off",
    "work_mem": "32MB",
    "effective_cache_size": "4GB",
    "random_page_cost": "4",
    "search_path": "public, hypo",
}
#: Where HypoPG is put: out of the way of the tables.
EXTENSION = "CREATE SCHEMA IF NOT EXISTS hypo; CREATE EXTENSION IF NOT EXISTS hypopg SCHEMA hypo"


@dataclass(frozen=True)
class Named:
    """One statement of a workload, and how often it is run in the time that the workload stands for."""

    name: str
    sql: str
    weight: float = 1.0

    @property
    def writes(self) -> bool:
        """Whether running it must be undone."""
        return not re.match(r"\s*(select|with)\b", self.sql, re.IGNORECASE)


@dataclass
class DataSet:
    """A loaded database with its workload."""

    name: str
    dsn: str
    queries: list[Named]
    told: str
    """What the data is, for the report."""
    asked: list[Named] = field(default_factory=list)
    """What is chosen for, where it is not all that is timed: each shape once, with all its weight."""
    log: Path | None = None
    """The server's own log, where the workload was recorded from one."""
    skipped: dict[str, str] = field(default_factory=dict)
    """Statements that are not measured, with the reason."""
    table_bytes: int = 0
    """Of all heaps with their TOAST: what budgets are a share of."""

    @property
    def workload(self) -> list[Named]:
        """What contestants are given."""
        return self.asked or self.queries


def address(dsn: str, database: str) -> str:
    """The DSN of another database of the same server."""
    return urlunsplit(urlsplit(dsn)._replace(path=f"/{database}"))


def create(dsn: str, database: str) -> str:
    """An empty database with the settings above; its DSN. One of that name is dropped first."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        connection.execute(f"CREATE DATABASE {database}")
        settle(connection, database)
    found = address(dsn, database)
    with psycopg.connect(found, autocommit=True) as connection:
        for statement in EXTENSION.split(";"):
            connection.execute(statement)
    return found


def settle(connection: psycopg.Connection, database: str) -> None:
    """The settings above, for every session of a database."""
    for name, value in SETTINGS.items():
        written = value if name == "search_path" else f"'{value}'"
        connection.execute(f"ALTER DATABASE {database} SET {name} = {written}".encode())


def exists(dsn: str, database: str) -> bool:
    """Whether there is a database of that name with loading finished."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        found = connection.execute(
            "SELECT shobj_description(oid, 'pg_database') FROM pg_database WHERE datname = %s", (database,)
        ).fetchone()
    return bool(found) and found[0] is not None


def finish(dsn: str, database: str, told: str) -> None:
    """Vacuumed, analysed once, and marked as complete."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("VACUUM (ANALYZE, FREEZE)")
        for (table,) in connection.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'").fetchall():
            # Nothing may change the statistics between one contestant and the next.
            connection.execute(f'ALTER TABLE "{table}" SET (autovacuum_enabled = off)')
        connection.execute(f"COMMENT ON DATABASE {database} IS '{told.replace(chr(39), chr(39) * 2)}'")


def table_bytes(dsn: str) -> int:
    """Of all tables, without indexes."""
    with psycopg.connect(dsn) as connection:
        row = connection.execute(
            "SELECT sum(pg_table_size(c.oid)) FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace "
            "WHERE c.relkind = 'r' AND n.nspname = 'public'"
        ).fetchone()
    return int(row[0]) if row else 0


def copy(connection: psycopg.Connection, table: str, chunks: Iterable[bytes], options: str) -> None:
    """COPY bytes into a table."""
    with connection.cursor() as cursor, cursor.copy(f'COPY "{table}" FROM STDIN ({options})') as target:
        for chunk in chunks:
            target.write(chunk)


def pieces(path: Path, size: int = 1 << 20) -> Iterable[bytes]:
    """A file in blocks."""
    with path.open("rb") as file:
        while block := file.read(size):
            yield block


def read(name: str) -> tuple[list[str], list[Named]]:
    """The schema's statements and the queries of a file of sql/: ``-- schema``, then ``-- query: name`` heads."""
    head, *rest = re.split(r"^-- query: ", (SQL / name).read_text("utf-8"), flags=re.MULTILINE)
    schema = [part.strip() for part in head.replace("-- schema", "").split(";") if part.strip()]
    queries = []
    for block in rest:
        title, _, sql = block.partition("\n")
        queries.append(Named(title.strip(), sql.strip().rstrip(";")))
    return schema, queries
