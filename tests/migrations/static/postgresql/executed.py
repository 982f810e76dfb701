"""What a server does with a statement: its locks, new files, indexes and scans, in a transaction that is rolled back."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import psycopg

from advisor.planners.postgresql import binaries
from advisor.planners.postgresql.cluster import DATABASE, Cluster

_RELATIONS = """
SELECT c.oid, CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname, c.relkind::text,
       pg_relation_filenode(c.oid), i.indrelid
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
WHERE n.nspname NOT LIKE 'pg\\_%' AND n.nspname <> 'information_schema' AND c.relkind IN ('r', 'p', 'm', 'v', 'i', 'I', 'f')
"""
_SCANS = "SELECT relid, seq_scan FROM pg_stat_xact_all_tables"
_LOCKS = """
SELECT relation, mode FROM pg_locks
WHERE locktype = 'relation' AND pid = %s AND mode <> 'AccessShareLock'
  AND database = (SELECT oid FROM pg_database WHERE datname = %s)
"""


@dataclass
class Done:
    """Of relations that were there before, by name."""

    error: str | None = None
    locks: set[tuple[str, str]] = field(default_factory=set)
    rewritten: set[str] = field(default_factory=set)
    built: set[str] = field(default_factory=set)
    scanned: set[str] = field(default_factory=set)


class Server:
    """A server with the schema of the tests."""

    def __init__(self, major: int, schema: str) -> None:
        self.cluster = Cluster.create(binaries.find(major))
        self.cluster.start()
        self.watch = self.cluster.connect("admin")
        self.work = self.cluster.connect("owner")
        self.work.execute(schema.encode())

    def close(self) -> None:
        self.cluster.close()

    def run(self, setup: list[str], statement: str) -> Done:
        self.work.execute("BEGIN")
        try:
            for one in setup:
                self.work.execute(one.encode())
            before, scans = self._relations(), dict(self._rows(_SCANS))
            try:
                self.work.execute(statement.encode())
            except psycopg.Error as error:
                return Done(error=f"{error.sqlstate} {str(error).splitlines()[0]}")
            after, now = self._relations(), dict(self._rows(_SCANS))
            locks = self.watch.execute(_LOCKS, (self.work.info.backend_pid, DATABASE)).fetchall()
        finally:
            self.work.execute("ROLLBACK")
        files = {row[2] for row in before.values() if row[1] == "i"}
        return Done(
            locks={
                (before[oid][0], _mode(mode)) for oid, mode in locks if oid in before and before[oid][1] not in "iI"
            },
            rewritten={
                row[0] for oid, row in before.items() if row[1] in "rm" and oid in after and after[oid][2] != row[2]
            },
            built={row[0] for row in after.values() if row[1] == "i" and row[2] not in files and row[3] in before},
            scanned={before[oid][0] for oid, count in now.items() if oid in before and count > scans.get(oid, 0)},
        )

    def _rows(self, query: str) -> list[Any]:
        return self.work.execute(query.encode()).fetchall()

    def _relations(self) -> dict[int, tuple[Any, ...]]:
        return {row[0]: row[1:] for row in self._rows(_RELATIONS)}


def _mode(name: str) -> str:
    return "".join(" " + char if char.isupper() else char for char in name.removesuffix("Lock")).strip().upper()
