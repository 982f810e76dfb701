"""Indexes that pages about plans propose are made on a server: the statement must then take them, and read far fewer blocks.

Blocks are counted, not time, so that a busy machine changes nothing. Statements are drawn by a fixed seed from conditions
of every selectivity, most of which deserve no index.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any

import pytest

from advisor.facts import Facts
from advisor.facts.plan_rows import PlanSeen
from advisor.handbook import judge, load
from advisor.model.finding import Finding
from advisor.plans.read import read
from tests import servers

PAGES = [page for page in load().pages if page.id in ("PLN020", "PLN021", "PLN022", "IDX005")]
STATEMENTS = 45
SETUP = """
CREATE TABLE customers (id bigint PRIMARY KEY, name text NOT NULL, country char(2) NOT NULL);
INSERT INTO customers SELECT i, 'Name ' || i, (ARRAY['DE','FR','US','IT'])[1 + i % 4] FROM generate_series(1, 10000) AS i;
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, status text NOT NULL, created_at timestamptz NOT NULL,
  total numeric(10,2) NOT NULL, paid_at timestamptz, note text);
INSERT INTO orders SELECT i, 1 + (i::bigint * 7919) % 10000,
  CASE WHEN i % 500 = 0 THEN 'open' WHEN i % 50 = 1 THEN 'paid' ELSE 'shipped' END, timestamptz '2026-01-01' + i * interval '4 seconds',
  (i::bigint * 31) % 1000 + 0.5, CASE WHEN i % 97 <> 0 THEN now() END, repeat('n', 40) FROM generate_series(1, 150000) AS i;
CREATE INDEX orders_customer ON orders (customer_id);
CREATE TABLE events (id bigint PRIMARY KEY, tenant_id int NOT NULL, kind text NOT NULL, happened_at timestamptz NOT NULL, payload text);
INSERT INTO events SELECT i, (i::bigint * 48271) % 200, (ARRAY['view','click','buy','back'])[1 + (i::bigint * 16807 / 7) % 4],
  timestamptz '2026-01-01' + ((i::bigint * 69621) % 8640000) * interval '1 second', repeat('x', 100) FROM generate_series(1, 150000) AS i;
CREATE INDEX events_tenant ON events (tenant_id);
CREATE INDEX events_happened ON events (happened_at);
VACUUM ANALYZE
"""


@pytest.fixture(scope="module")
def connection() -> Iterator[Any]:
    import psycopg

    settings = {"max_parallel_workers_per_gather": "0", "jit": "off", "autovacuum": "off"}
    with servers.postgresql(settings) as server, psycopg.connect(server.dsn, autocommit=True) as opened:
        for statement in SETUP.strip().split(";\n"):
            opened.execute(statement)
        yield opened


def _orders(draw: random.Random) -> list[str]:
    hour = draw.randint(0, 150)
    choices = [
        (0.6, f"status = '{draw.choice(['open', 'paid', 'shipped'])}'"),
        (0.4, f"created_at >= timestamptz '2026-01-01' + {hour} * interval '1 hour'"),
        (0.4, f"created_at < timestamptz '2026-01-01' + {hour + draw.choice([1, 6, 48])} * interval '1 hour'"),
        (0.4, f"total {draw.choice('=<>')} {draw.randint(0, 999)}.5"),
        (0.2, f"customer_id < {draw.randint(1, 600)}"),
        (0.15, "status <> 'shipped'"),
        (0.15, "paid_at IS NULL"),
        (0.15, "upper(status) = 'OPEN'"),
        (0.1, "note LIKE '%zz%'"),
    ]
    return [condition for share, condition in choices if draw.random() < share] or ["status = 'open'"]


def _statement(draw: random.Random) -> str:
    kind = draw.random()
    if kind < 0.4:
        return f"SELECT id, total FROM orders WHERE {' AND '.join(_orders(draw))}"
    if kind < 0.5:
        return f"UPDATE orders SET total = total + 1 WHERE {' AND '.join(_orders(draw))}"
    if kind < 0.6:
        return f"SELECT c.name, o.total FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.country = 'DE' AND {' AND '.join(_orders(draw))}"
    day = draw.randint(0, 80)
    conditions = [f"tenant_id = {draw.randint(0, 199)}"] if draw.random() < 0.7 else []
    conditions += [f"kind = '{draw.choice(['view', 'buy'])}'"] if draw.random() < 0.5 else []
    conditions += [
        f"happened_at BETWEEN date '2026-01-01' + {day} AND date '2026-01-01' + {day + draw.choice([1, 4, 15])}"
    ]
    return f"SELECT id, payload FROM events WHERE {' AND '.join(conditions)}"


def _plan(connection: Any, statement: str) -> str:
    with connection.transaction(force_rollback=True):
        return "\n".join(row[0] for row in connection.execute(f"EXPLAIN (ANALYZE, BUFFERS) {statement}"))


def _findings(text: str, statement: str) -> list[tuple[Finding, str]]:
    facts = Facts()
    # Counted as executed very often, so that what is quick on a small table is told as well.
    facts.add_plans(None, [PlanSeen(read(text).plans[0])], query=statement)
    facts.connection.execute(
        "UPDATE shape SET calls = 1000000, total_us = 1000000000, seconds_per_hour = 10000, share = 1"
    )
    facts.finish()
    judged = judge(PAGES, facts)
    assert judged.problems == []
    return [(j.finding, r.sql) for j in judged.judgements for r in j.remedies if r.kind == "create_index" and r.sql]


def _blocks(text: str, table: str) -> float:
    """Blocks of the nodes that read the table and its indexes (a write touches the same with any plan)."""
    plan = read(text).plans[0]
    facts = Facts()
    facts.add_plans(None, [PlanSeen(plan)])
    (blocks,) = facts.connection.execute(
        "SELECT SUM(blocks_self) FROM plan_node WHERE operator = 'bitmap_index_scan' OR (table_name = ? AND operator <> 'modify')",
        (table,),
    ).fetchone()
    return float(blocks)


@pytest.mark.server
def test_a_proposed_index_is_taken_and_saves_blocks(connection):
    draw = random.Random("advice")
    proved: dict[str, int] = {}
    for _ in range(STATEMENTS):
        statement = _statement(draw)
        before = _plan(connection, statement)
        for finding, sql in _findings(before, statement):
            with connection.transaction(force_rollback=True):
                connection.execute(sql.replace(" CONCURRENTLY", ""))
                connection.execute(f"ANALYZE {finding.tables[0]}")
                after = _plan(connection, statement)
            told = f"{finding.rule} {sql}\n{statement}\n{before}\n{after}"
            assert sql.split()[3] in after, f"not taken: {told}"
            assert _blocks(after, finding.tables[0]) <= 0.7 * _blocks(before, finding.tables[0]), (
                f"no fewer blocks: {told}"
            )
            proved[finding.rule] = proved.get(finding.rule, 0) + 1
    assert sum(proved.values()) >= 15, proved
    assert len(proved) >= 3, proved
