"""A small database and its shadow, for the tests that need a real planner."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg

from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot.postgresql import capture
from advisor.planners.postgresql.planner import ShadowPlanner
from tests import servers

SOURCE = """
CREATE TABLE account (id int PRIMARY KEY, email text NOT NULL, city int NOT NULL, note text);
INSERT INTO account SELECT i, 'u' || i || '@x.example', i % 200, repeat('n', 100) FROM generate_series(1, 20000) i;
CREATE TABLE purchase (id int PRIMARY KEY, account_id int NOT NULL, status text NOT NULL, made date NOT NULL, note text);
INSERT INTO purchase SELECT i, 1 + (hashint4(i) & 1048575) % 20000,
  CASE WHEN i % 400 = 0 THEN 'open' WHEN i % 3 = 0 THEN 'sent' ELSE 'done' END, date '2024-01-01' + i / 200,
  repeat('p', 150) FROM generate_series(1, 60000) i;
CREATE INDEX purchase_made ON purchase (made);
CREATE INDEX account_city ON account (city);
VACUUM ANALYZE
"""


@contextmanager
def opened() -> Iterator[tuple[psycopg.Connection, ShadowPlanner]]:
    """The server's connection, and the shadow of it with PostgreSQL's own constants."""
    with (
        servers.postgresql({"autovacuum": "off", "shared_buffers": "128MB"}) as server,
        psycopg.connect(server.dsn, autocommit=True) as source,
    ):
        for statement in SOURCE.split(";\n"):
            source.execute(statement.encode())
        snapshot, _ = capture(address(server.dsn))
        with ShadowPlanner.open(snapshot, cache=False) as planner:
            yield source, planner
