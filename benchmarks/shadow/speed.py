"""How long a shadow takes, and what it answers in a second."""

from __future__ import annotations

import resource
from time import monotonic
from typing import Any

import psycopg

from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot.postgresql import capture
from advisor.model.planning import Configuration, Query
from advisor.model.snapshot import Snapshot
from advisor.planners.postgresql.shadow import Shadow
from benchmarks.shadow import filler, load
from benchmarks.shadow.fidelity import shadow
from benchmarks.shadow.oscar import OVERRIDES, SCHEMA
from benchmarks.shadow.sources import Database, Source
from benchmarks.shadow.whatif import candidates

TABLES = 50
_PLANS = 2000


def fifty(source: Source) -> Snapshot:
    """A snapshot of fifty tables of the shop: those without which others could not be, then by name."""
    dsn = load.create(source.dsn, "fifty")
    load.run(dsn, SCHEMA)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET search_path = public")
        filler.fill(connection, {}, 200, OVERRIDES)
        kept = filler.order(connection)[:TABLES]
        for (table,) in connection.execute(
            "SELECT relname FROM pg_class WHERE relkind = 'r' AND relnamespace = 'public'::regnamespace"
        ).fetchall():
            if table not in kept:
                connection.execute(f"DROP TABLE {table} CASCADE")
    snapshot, _ = capture(address(dsn))
    return snapshot


def opening(snapshot: Snapshot, repeat: int = 3) -> dict[str, Any]:
    """Seconds from a snapshot in memory to the first connection: without anything cached, then with its shadow cached."""
    cold, warm = [], []
    for _ in range(repeat):
        began = monotonic()
        with Shadow.open(snapshot, cache=False) as opened:
            opened.connect().close()
            cold.append(monotonic() - began)
    Shadow.open(snapshot).close()
    for _ in range(repeat):
        began = monotonic()
        with Shadow.open(snapshot) as opened:
            opened.connect().close()
            warm.append(monotonic() - began)
    return {
        "tables": sum(relation.kind == "table" for relation in snapshot.relations),
        "indexes": sum(relation.kind == "index" for relation in snapshot.relations),
        "cold seconds": [round(seconds, 2) for seconds in cold],
        "warm seconds": [round(seconds, 2) for seconds in warm],
    }


def answering(database: Database, snapshot: Snapshot) -> dict[str, Any]:
    """EXPLAINs and configurations a second, none of them answered from memory."""
    plain = [one.query for one in database.queries if one.query.parameters is None and "$" not in one.query.sql]
    many = [_varied(plain[number % len(plain)], number) for number in range(_PLANS)]
    added = [candidate.sql for candidate in candidates() if candidate.database == database.name][:16]
    with shadow(snapshot) as planner:
        planner.explain(plain)
        began, cpu = monotonic(), _cpu()
        answers = planner.explain(many)
        seconds, ours = monotonic() - began, _cpu() - cpu
        planner.sizes(added)
        asked = [Query(query) for candidate in candidates() if candidate.sql in added for query in candidate.queries][
            :1
        ]
        pairs = [(a, b) for position, a in enumerate(added) for b in added[position + 1 :]]
        for a in added:
            planner.explain(asked, Configuration(add=(a,)))
        began = monotonic()
        for pair in pairs:
            planner.explain(asked, Configuration(add=pair))
        toggling = monotonic() - began
    return {
        "database": database.name,
        "explains": len(many),
        "without a plan": sum(answer.plan is None for answer in answers),
        "explains a second": round(len(many) / seconds),
        "own CPU ms an explain": round(ours / len(many) * 1000, 2),
        "configurations": len(pairs),
        "ms a configuration": round(toggling / max(1, len(pairs)) * 1000, 2),
    }


def _varied(query: Query, number: int) -> Query:
    """The same query in another text: answers that are remembered are not what is measured."""
    return Query(f"{query.sql} /* {number} */")


def _cpu() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime
