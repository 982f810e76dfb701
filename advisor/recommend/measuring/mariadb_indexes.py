"""Indexes of a measurement on MariaDB: found by their comments, dropped, and what a foreign key had is put back.

InnoDB makes an index for a foreign key that has none, and drops that one in silence as soon as another index can serve
(https://mariadb.com/kb/en/foreign-keys/): without care, a measurement would change the state that it compares with, and
its own index could not be dropped any more (error 1553).
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from advisor.handbook.ddl import quoted
from advisor.recommend.measuring import leftovers
from advisor.recommend.measuring.staging import PREFIX

_KEYS = """
SELECT constraint_name, column_name FROM information_schema.key_column_usage
WHERE table_schema = %s AND table_name = %s AND referenced_table_name IS NOT NULL
ORDER BY constraint_name, ordinal_position
"""
_COLUMNS = """
SELECT index_name, index_comment, column_name, sub_part FROM information_schema.statistics
WHERE table_schema = %s AND table_name = %s ORDER BY index_name, seq_in_index
"""


def rows(connection: Any, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    """The rows of one statement."""
    with connection.cursor() as cursor:
        cursor.execute(sql, values or None)
        return list(cursor.fetchall())


def table_sql(name: str) -> str:
    """A canonical table name as SQL."""
    return ".".join(quoted(part, "mariadb") for part in name.split(".", 1))


def needed(connection: Any, schema: str, table: str) -> list[str]:
    """What ALTER TABLE must add for every foreign key to have an index that is none of ours."""
    keys: dict[str, list[str]] = defaultdict(list)
    for name, column in rows(connection, _KEYS, schema, table):
        keys[str(name)].append(str(column))
    standing: dict[str, list[str | None]] = defaultdict(list)
    for name, text, column, part in rows(connection, _COLUMNS, schema, table):
        if leftovers.run_of(text) is None:
            standing[str(name)].append(str(column) if part is None else None)
    found: list[str] = []
    for name, columns in keys.items():
        if not any(there[: len(columns)] == columns for there in standing.values()):
            told = ", ".join(quoted(column, "mariadb") for column in columns)
            found.append(f"ADD INDEX IF NOT EXISTS {quoted(name, 'mariadb')} ({told})")
    return found


def found(connection: Any) -> list[tuple[str, str, str, str]]:
    """Schema, table, name and run of every index of ours."""
    listed = rows(
        connection,
        "SELECT DISTINCT table_schema, table_name, index_name, index_comment FROM information_schema.statistics "
        "WHERE LEFT(index_name, %s) = %s",
        len(PREFIX),
        PREFIX,
    )
    return [
        (schema, table, name, run)
        for schema, table, name, text in listed
        if (run := leftovers.run_of(text)) is not None
    ]


def clear(connection: Any) -> list[str]:
    """Drops the indexes of runs that are over; what there is to say about it."""
    notes: list[str] = []
    for run in sorted({run for *_, run in found(connection)}):
        if rows(connection, "SELECT GET_LOCK(%s, 0)", leftovers.lock_name(run))[0][0] != 1:
            notes.append(f"another measurement is going on here (run {run}): times disturb each other")
            continue
        try:
            gone = drop(connection, run)
            notes.append(f"dropped {gone} index(es) that run {run} had left behind when it was ended")
        finally:
            rows(connection, "SELECT RELEASE_LOCK(%s)", leftovers.lock_name(run))
    return notes


def drop(connection: Any, run: str) -> int:
    """Drops what one run built, and nothing else; gives how many."""
    mine = [(schema, table, name) for schema, table, name, owner in found(connection) if owner == run]
    for schema, table in sorted({(schema, table) for schema, table, _ in mine}):
        on = f"{quoted(schema, 'mariadb')}.{quoted(table, 'mariadb')}"
        gone = [
            f"DROP INDEX IF EXISTS {quoted(name, 'mariadb')}"
            for where, of, name in mine
            if (where, of) == (schema, table)
        ]
        rows(connection, f"ALTER TABLE {on} {', '.join([*gone, *needed(connection, schema, table)])}")
    return len(mine)
