"""Generated databases as SQLite connections."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence

from advisor.catalog.types import Family
from advisor.rewrites.checking.rows import Row
from advisor.rewrites.checking.tables import MadeTable
from advisor.rewrites.checking.translating import add_functions
from advisor.rewrites.comparing import bag

_AFFINITY: dict[Family, str] = {
    "integer": "INTEGER",
    "boolean": "INTEGER",
    "decimal": "REAL",
    "float": "REAL",
    "binary": "BLOB",
}


def filled(tables: Sequence[MadeTable], content: Mapping[str, Sequence[Row]]) -> sqlite3.Connection:
    """A database in memory with these tables and rows, in autocommit mode."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    add_functions(connection)
    for table in tables:
        columns = [f"{quoted(c.name)} {_AFFINITY.get(c.family, 'TEXT')}" for c in table.columns.values()] or ["nothing"]
        keys = [
            f"UNIQUE ({', '.join(quoted(table.columns[name].name) for name in key)})"
            for key in table.unique
            if all(name in table.columns for name in key)
        ]
        connection.execute(f"CREATE TABLE {quoted(table.name)} ({', '.join([*columns, *keys])})")
        if table.columns and content[table.name]:
            marks = ", ".join("?" * len(table.columns))
            connection.executemany(f"INSERT INTO {quoted(table.name)} VALUES ({marks})", content[table.name])
    return connection


def contents(connection: sqlite3.Connection, tables: Sequence[MadeTable]) -> list[object]:
    """The rows of every table, as bags."""
    return [bag(connection.execute(f"SELECT * FROM {quoted(table.name)}").fetchall()) for table in tables]


def quoted(name: str) -> str:
    """A name as SQLite takes any."""
    return '"' + name.replace('"', '""') + '"'
