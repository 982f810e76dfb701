"""The loaded servers: a carrier and a shop on one server of each major."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from time import monotonic
from typing import Any

import psycopg

from benchmarks.shadow import load, oscar
from benchmarks.shadow.queries import SQL, Named, named
from tests import servers

#: The server as a production server is, but for what would only cost time while loading.
_SERVER = {
    "autovacuum": "off",
    "max_wal_size": "4GB",
    "shared_buffers": "256MB",
    "wal_level": "minimal",
    "max_wal_senders": "0",
    "full_page_writes": "off",
    "maintenance_work_mem": "256MB",
}
#: What grows, as a share of what it grows to.
SMALL = 0.1


@dataclass(frozen=True)
class Database:
    """One loaded database."""

    name: str
    dsn: str
    queries: list[Named]

    @property
    def limited(self) -> str:
        """The DSN as the role that may only read."""
        return load.address(self.dsn, self.name, load.LIMITED)

    def connect(self) -> psycopg.Connection:
        """As a superuser."""
        return psycopg.connect(self.dsn, autocommit=True)


@dataclass
class Source:
    """One server."""

    major: int
    dsn: str
    databases: dict[str, Database] = field(default_factory=dict)
    told: dict[str, Any] = field(default_factory=dict)
    """Sizes and seconds of loading."""

    def load(self, kind: str, scale: float, size: str = "") -> Database:
        """Loads a database: ``size`` is "" for all of it, "denser" for a tenth of its rows over the same time, "longer"
        for the last tenth of its time."""
        began = monotonic()
        name = f"{kind}_{size}" if size else kind
        share = SMALL if size else 1.0
        days = round(load.DAYS * SMALL) if size == "longer" else load.DAYS
        dsn = load.create(self.dsn, name)
        if kind == "freight":
            load.run(dsn, SQL / "freight.sql", scale * share, days)
        else:
            oscar.make(dsn, scale * share, days)
        found = Database(name, dsn, named(SQL / f"{kind}_queries.sql"))
        self.databases[name] = found
        self.told[name] = {"MB": load.megabytes(dsn), "seconds to load": round(monotonic() - began)}
        return found

    def drop(self, database: Database) -> None:
        """Removes it."""
        with psycopg.connect(self.dsn, autocommit=True) as connection:
            connection.execute(f"DROP DATABASE {database.name}")


@contextmanager
def server(major: int) -> Iterator[Source]:
    """A throwaway server without databases."""
    with servers.postgresql(_SERVER, major=major) as running:
        yield Source(major, running.dsn)
