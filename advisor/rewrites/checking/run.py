"""Generated databases as SQLite connections."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from typing import Any

from advisor.catalog.types import Family
from advisor.rewrites.checking.rows import Row
from advisor.rewrites.checking.tables import MadeTable
from advisor.rewrites.checking.translating import NotRun, add_functions
from advisor.rewrites.comparing import bag

_AFFINITY: dict[Family, str] = {
    "integer": "INTEGER",
    "boolean": "INTEGER",
    "decimal": "REAL",
    "float": "REAL",
    "binary": "BLOB",
}


#: SQLite instructions that one check may take. Usual ones take some ten thousand; joins of many tables without a
#: condition take them by the hundred million. A count, not a time: the same check ends the same way everywhere.
STEPS = 4_000_000
_LOOK = 10_000  # instructions between two looks
#: Bytes of a value or a row, and rows of an answer: tables of a few rows and short values give nothing like it.
LENGTH, ROWS = 10_000, 20_000
_LIMITS = {
    sqlite3.SQLITE_LIMIT_LENGTH: LENGTH,
    sqlite3.SQLITE_LIMIT_ATTACHED: 0,
    sqlite3.SQLITE_LIMIT_LIKE_PATTERN_LENGTH: 200,
}
_ALLOWED = frozenset(
    {
        sqlite3.SQLITE_SELECT,
        sqlite3.SQLITE_READ,
        sqlite3.SQLITE_INSERT,
        sqlite3.SQLITE_UPDATE,
        sqlite3.SQLITE_DELETE,
        sqlite3.SQLITE_FUNCTION,
        sqlite3.SQLITE_RECURSIVE,
    }
)
#: Functions that make long values out of nothing, or reach out of the database.
_REFUSED = frozenset({"printf", "format", "zeroblob", "randomblob", "load_extension", "fts3_tokenizer"})


class Stage:
    """A database in memory, in autocommit mode, that is filled again and again: its tables are made once, and a
    statement that is run on every content is prepared once."""

    def __init__(self, tables: Sequence[MadeTable]) -> None:
        self.connection = sqlite3.connect(":memory:", isolation_level=None)
        add_functions(self.connection)
        self._looks = 0
        self.connection.set_progress_handler(self._look, _LOOK)
        self._emptied = [f"DELETE FROM {quoted(table.name)}" for table in tables]
        self._inserts: dict[str, str] = {}
        for table in tables:
            columns = [f"{quoted(c.name)} {_AFFINITY.get(c.family, 'TEXT')}" for c in table.columns.values()]
            keys = [
                f"UNIQUE ({', '.join(quoted(table.columns[name].name) for name in key)})"
                for key in table.unique
                if all(name in table.columns for name in key)
            ]
            made = ", ".join([*(columns or ['"nothing"']), *keys])
            self.connection.execute(f"CREATE TABLE {quoted(table.name)} ({made})")
            if table.columns:
                marks = ", ".join("?" * len(table.columns))
                self._inserts[table.name] = f"INSERT INTO {quoted(table.name)} VALUES ({marks})"
        for limit, most in _LIMITS.items():
            self.connection.setlimit(limit, most)
        self.connection.set_authorizer(_authorized)

    def fill(self, content: Mapping[str, Sequence[Row]]) -> sqlite3.Connection:
        """The connection, with these rows in place of those that were there."""
        for statement in self._emptied:
            self.connection.execute(statement)
        for name, statement in self._inserts.items():
            if content[name]:
                self.connection.executemany(statement, content[name])
        return self.connection

    def _look(self) -> int:
        self._looks += 1
        return int(self._looks * _LOOK > STEPS)

    def close(self) -> None:
        """Gives its memory back."""
        self.connection.close()


def _authorized(action: int, first: str | None, second: str | None, *_: str | None) -> int:
    """The statements come from a log: they may read and write the rows that were made for them, and nothing else."""
    harmless = action in _ALLOWED and not (action == sqlite3.SQLITE_FUNCTION and (second or "").lower() in _REFUSED)
    return sqlite3.SQLITE_OK if harmless and not (first or "").lower().startswith("sqlite_") else sqlite3.SQLITE_DENY


def rows_of(cursor: sqlite3.Cursor) -> list[tuple[Any, ...]]:
    """All rows of an answer. Raises NotRun for more than `ROWS`."""
    rows = cursor.fetchmany(ROWS + 1)
    if len(rows) > ROWS:
        raise NotRun(f"it gives more than {ROWS:,} rows on tables of a few rows")
    return rows


def not_run(error: sqlite3.Error) -> str:
    """Why there was no check, in words."""
    if str(error) == "interrupted":
        return f"SQLite takes more than {STEPS:,} steps for it on tables of a few rows"
    return f"SQLite cannot run it ({str(error)[:120]})"


def contents(connection: sqlite3.Connection, tables: Sequence[MadeTable]) -> list[object]:
    """The rows of every table, as bags."""
    return [bag(connection.execute(f"SELECT * FROM {quoted(table.name)}").fetchall()) for table in tables]


def quoted(name: str) -> str:
    """A name as SQLite takes any."""
    return '"' + name.replace('"', '""') + '"'
