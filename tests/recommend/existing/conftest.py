"""A PostgreSQL database with every construct that the judgement of existing indexes knows, and its snapshot."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psycopg
import pytest

from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.model.catalog import Catalog
from advisor.model.indexing import IndexDefinition
from advisor.model.planning import Query
from advisor.model.snapshot import Snapshot
from advisor.planners.choice import of_snapshot
from advisor.planners.planner import Planner
from advisor.recommend.existing.judging import JudgedIndexes, judge_existing
from advisor.recommend.workload import Statement
from tests.conftest import StartServer

SCHEMA = """
CREATE EXTENSION btree_gist;
CREATE TABLE clients (id bigint PRIMARY KEY, email text NOT NULL, country text NOT NULL);
CREATE TABLE sales (id bigint PRIMARY KEY, client_id bigint NOT NULL REFERENCES clients (id), status text NOT NULL,
  placed_at timestamptz NOT NULL, total numeric NOT NULL, ref text NOT NULL, code integer NOT NULL, shop integer NOT NULL,
  agent integer REFERENCES clients (id));
INSERT INTO clients SELECT n, 'User' || n || '@example.com', (ARRAY['de', 'fr', 'us'])[1 + n % 3] FROM generate_series(1, 5000) n;
INSERT INTO sales SELECT n, 1 + (n * 7919) % 5000, (ARRAY['open', 'paid', 'sent'])[1 + n % 3],
  timestamptz '2026-01-01 00:00Z' + n * interval '1 minute', n % 500, 'r' || n, n % 1000, n % 50, 1 + n % 5000
  FROM generate_series(1, 60000) n;
CREATE INDEX sales_client ON sales (client_id);
CREATE INDEX sales_client_placed ON sales (client_id, placed_at);
CREATE INDEX sales_status_a ON sales (status);
CREATE INDEX sales_status_b ON sales (status);
CREATE INDEX sales_code ON sales (code);
CREATE INDEX sales_code_total ON sales (code) INCLUDE (total);
CREATE INDEX sales_placed ON sales (placed_at);
CREATE INDEX sales_placed_desc ON sales (placed_at DESC);
CREATE UNIQUE INDEX sales_ref ON sales (ref);
CREATE INDEX sales_ref_plain ON sales (ref);
CREATE INDEX sales_shop_status ON sales (shop, status);
CREATE INDEX sales_shop_total ON sales (shop, total);
CREATE INDEX sales_agent ON sales (agent);
CREATE INDEX clients_lower ON clients (lower(email));
CREATE INDEX clients_lower_country ON clients (lower(email), country);
CREATE UNIQUE INDEX clients_us ON clients (email) WHERE country = 'us';
CREATE INDEX clients_country ON clients (country);
CREATE INDEX clients_country_email ON clients (country, email);
ALTER TABLE clients CLUSTER ON clients_country;
CREATE TABLE audit (id bigint NOT NULL, at timestamptz NOT NULL);
CREATE UNIQUE INDEX audit_id ON audit (id);
ALTER TABLE audit REPLICA IDENTITY USING INDEX audit_id;
CREATE TABLE booking (room integer, during int4range, CONSTRAINT booking_once EXCLUDE USING gist (room WITH =, during WITH &&),
  slug text, CONSTRAINT booking_slug UNIQUE (slug));
CREATE TABLE events (id bigint NOT NULL, day date NOT NULL, kind integer NOT NULL) PARTITION BY RANGE (day);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2026-01-01') TO ('2026-02-01');
CREATE TABLE events_2 PARTITION OF events FOR VALUES FROM ('2026-02-01') TO ('2026-03-01');
CREATE INDEX events_kind ON events (kind);
CREATE INDEX events_kind_day ON events (kind, day);
CREATE INDEX events_waiting ON ONLY events (id);
INSERT INTO events SELECT n, date '2026-01-01' + n % 59, n % 300 FROM generate_series(1, 20000) n;
CREATE SCHEMA "Odd.One";
CREATE TABLE "Odd.One"."a.b" (x integer);
CREATE INDEX "i.1" ON "Odd.One"."a.b" (x);
CREATE INDEX "i""2" ON "Odd.One"."a.b" (x);
VACUUM ANALYZE;
"""


@dataclass
class World:
    """A database, captured."""

    dsn: str
    snapshot: Snapshot
    catalog: Catalog
    planner: Planner

    def judge(
        self,
        *texts: str,
        added: Sequence[IndexDefinition] = (),
        snapshot: Snapshot | None = None,
        planned: bool = True,
    ) -> JudgedIndexes:
        """The judgement beside these statements, named q1, q2..."""
        return judge_existing(
            catalog_of(snapshot) if snapshot else self.catalog,
            snapshot=snapshot or self.snapshot,
            statements=workload(*texts),
            planner=self.planner if planned else None,
            added=added,
        )


def workload(*texts: str, engine: str = "postgresql") -> list[Statement]:
    """Statements named q1, q2..., each with itself as its only sample."""
    return [
        Statement(f"q{number}", engine, text.split()[0].lower(), text, (Query(text),), 1.0)  # type: ignore[arg-type]
        for number, text in enumerate(texts, 1)
    ]


@pytest.fixture(scope="session")
def made(postgresql_with: StartServer) -> str:
    """The database of `SCHEMA`."""
    server = postgresql_with({"wal_level": "logical"})
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE adv_e_existing")
    dsn = server.dsn.removesuffix("postgres") + "adv_e_existing"
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in SCHEMA.split(";\n"):
            if statement.strip():
                connection.execute(statement)  # type: ignore[arg-type]
    return dsn


@pytest.fixture(scope="session")
def world(made: str) -> Iterator[World]:
    """Its snapshot, and a planner."""
    snapshot = capture(made, values="present")
    with of_snapshot(snapshot) as planner:
        yield World(made, snapshot, catalog_of(snapshot), planner)
