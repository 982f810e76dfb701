"""A tenth of the database, grown ten times on its shadow, against the database that really is ten times as big."""

from __future__ import annotations

import statistics
from typing import Any

import psycopg

from advisor.model.snapshot import Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.growth.scale import scale
from benchmarks.shadow.compare import compare
from benchmarks.shadow.fidelity import shadow, true_plans
from benchmarks.shadow.sources import SMALL, Database

_ROWS = """
SELECT n.nspname || '.' || c.relname, pg_relation_size(c.oid)
FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
WHERE c.relkind IN ('r', 'm') AND n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
"""
#: A table that is at least this much bigger is one that grows.
_GROWS = 3.0


def factors(small: Database, big: Database) -> dict[str, float]:
    """The tables that grow, each by the same factor: what a user would say, not what was measured."""
    sizes = []
    for database in (small, big):
        with psycopg.connect(database.dsn) as connection:
            sizes.append(dict(connection.execute(_ROWS).fetchall()))
    before, after = sizes
    return {
        table: 1 / SMALL
        for table, size in after.items()
        if table in before and size >= _GROWS * max(before[table], 1) and before[table] > 0
    }


def measure(small: Database, big: Database, snapshot: Snapshot, days: float | None = None) -> dict[str, Any]:
    """Flips that came and flips that were foretold."""
    growing = factors(small, big)
    before, after = true_plans(small), true_plans(big)
    try:
        with shadow(scale(snapshot, growing, days)) as planner:
            answers = planner.explain([one.query for one in small.queries])
    except PlannerError as error:
        return {"database": big.name, "failed": str(error)}
    flips, flagged, right, false, equal = [], [], [], [], 0
    missed: dict[str, str] = {}
    errors: list[float] = []
    for one, answer in zip(small.queries, answers, strict=True):
        if answer.plan is None:
            missed[one.name] = answer.error or "no plan"
            continue
        real = not compare(one.name, before[one.name], after[one.name]).same_operations
        told = not compare(one.name, before[one.name], answer.plan).same_operations
        difference = compare(one.name, after[one.name], answer.plan)
        equal += difference.same_operations
        errors.append(difference.cost_error)
        if real:
            flips.append(one.name)
            if told:
                flagged.append(one.name)
            if difference.same_operations:
                right.append(one.name)
            elif not told:
                missed[one.name] = difference.told
        elif told:
            false.append(one.name)
    return {
        "database": big.name,
        "tables that grow": len(growing),
        "queries": len(small.queries),
        "real flips": len(flips),
        "flagged": len(flagged),
        "exactly right": len(right),
        "false alarms": len(false),
        "same plan as the real one": equal,
        "cost error p50": statistics.median(errors) if errors else None,
        "cost error p90": sorted(errors)[int(0.9 * (len(errors) - 1))] if errors else None,
        "missed": missed,
        "false": false,
    }
