"""Hypothetical indexes on the shadow, and with HypoPG, against the same indexes really built on the source."""

from __future__ import annotations

import re
import statistics
from dataclasses import dataclass, field
from typing import Any

import psycopg

from advisor.model.plan import Plan
from advisor.model.planning import Configuration, Query
from advisor.model.snapshot import Snapshot
from advisor.planners.errors import PlannerError
from benchmarks.shadow.compare import compare
from benchmarks.shadow.fidelity import shadow
from benchmarks.shadow.queries import SQL, planned
from benchmarks.shadow.sources import Database

_HEAD = re.compile(r"-- index: (?P<database>\w+) (?P<kind>\w+) (?P<sql>CREATE .*)")
_NAMES = "SELECT c.relname FROM pg_class c WHERE c.relkind IN ('i', 'I')"
#: What CREATE INDEX leaves behind even when rolled back, before PostgreSQL 18.
_COUNTS = """
SELECT c.oid, c.relpages, c.reltuples, c.relallvisible FROM pg_class c
WHERE c.relkind IN ('r', 'm', 'p') AND c.relnamespace NOT IN ('pg_catalog'::regnamespace, 'information_schema'::regnamespace)
"""
_NEW = """
SELECT c.oid::bigint, coalesce(pg_relation_size(c.oid), 0) FROM pg_class c
WHERE c.relkind IN ('i', 'I') AND NOT c.oid = ANY (%s::oid[]) AND c.relnamespace <> 'pg_toast'::regnamespace
"""


@dataclass(frozen=True)
class Candidate:
    """An index that does not exist, and queries it is for."""

    database: str
    kind: str
    sql: str
    queries: tuple[str, ...]


@dataclass
class Built:
    """What really building it brought."""

    bytes: int = 0
    seconds: float = 0.0
    plans: dict[str, Plan] = field(default_factory=dict)
    hypo: dict[str, Plan] = field(default_factory=dict)
    hypo_bytes: int | None = None
    hypo_error: str | None = None


def candidates() -> list[Candidate]:
    """Those of sql/candidates.sql: ``-- index: database kind CREATE INDEX ...``, then queries, each ended by a semicolon."""
    found = []
    for block in re.split(r"^(?=-- index: )", (SQL / "candidates.sql").read_text("utf-8"), flags=re.MULTILINE):
        head, _, queries = block.partition("\n")
        if matched := _HEAD.match(head):
            each = tuple(query.strip() for query in re.split(r";\s*\n", queries) if query.strip())
            found.append(Candidate(matched["database"], matched["kind"], matched["sql"], each))
    return found


def build(database: Database, candidate: Candidate, hypopg: bool) -> Built:
    """Really builds the index, plans, and takes it back."""
    built = Built()
    with database.connect() as connection:
        if hypopg:
            _hypothetical(connection, candidate, built)
        before = connection.execute(_COUNTS).fetchall()
        known = [oid for (oid,) in connection.execute("SELECT oid::bigint FROM pg_class").fetchall()]
        with connection.transaction(force_rollback=True):
            connection.execute(candidate.sql.encode())
            built.bytes = sum(size for _, size in connection.execute(_NEW, (known,)).fetchall())
            built.plans = {query: planned(connection, Query(query)) for query in candidate.queries}
        for row in before:
            connection.execute(
                "UPDATE pg_class SET relpages = %s, reltuples = %s, relallvisible = %s "
                "WHERE oid = %s AND (relpages, reltuples, relallvisible) <> (%s, %s, %s)",
                (*row[1:], row[0], *row[1:]),
            )
    return built


def _hypothetical(connection: psycopg.Connection, candidate: Candidate, built: Built) -> None:
    connection.execute("CREATE SCHEMA IF NOT EXISTS hypo")
    connection.execute("CREATE EXTENSION IF NOT EXISTS hypopg SCHEMA hypo")
    try:
        row = connection.execute(
            "SELECT hypo.hypopg_relation_size(indexrelid) FROM hypo.hypopg_create_index(%s)", (candidate.sql,)
        ).fetchone()
        built.hypo_bytes = row[0] if row else None
        built.hypo = {query: planned(connection, Query(query)) for query in candidate.queries}
    except psycopg.Error as error:
        built.hypo_error = str(error).partition("\n")[0]
    finally:
        connection.execute("SELECT hypo.hypopg_reset()")
    connection.execute("DROP EXTENSION hypopg")
    connection.execute("DROP SCHEMA hypo")


def measure(databases: dict[str, tuple[Database, Snapshot]], hypopg: bool) -> dict[str, Any]:
    """Every candidate: plans, costs and sizes, by kind."""
    rows: list[dict[str, Any]] = []
    for name, (database, snapshot) in databases.items():
        with database.connect() as connection:
            existing = {index for (index,) in connection.execute(_NAMES).fetchall()}
        mine = [candidate for candidate in candidates() if candidate.database == name]
        built = [build(database, candidate, hypopg) for candidate in mine]
        with shadow(snapshot) as planner:
            for candidate, real in zip(mine, built, strict=True):
                rows += _asked(planner, candidate, real, existing, hypopg)
    return {
        "candidates": len({row["index"] for row in rows}),
        **_summary(rows, ""),
        "hypopg": _summary(rows, "hypopg ") if hypopg else None,
        "rows": rows,
    }


def _asked(planner: Any, candidate: Candidate, real: Built, existing: set[str], hypopg: bool) -> list[dict[str, Any]]:
    rows: list[dict[str, Any]] = []
    try:
        answers = planner.explain([Query(q) for q in candidate.queries], Configuration(add=(candidate.sql,)))
        (size,) = planner.sizes([candidate.sql])
        error = None
    except PlannerError as failed:
        answers, size, error = [], None, str(failed)
    for position, (query, true) in enumerate(real.plans.items()):
        row: dict[str, Any] = {
            "index": f"{candidate.database}: {candidate.sql}",
            "kind": candidate.kind,
            "query": query,
        }
        row["used"] = any(node.index and node.index not in existing for node in true.nodes)
        row["real bytes"] = real.bytes
        plan = answers[position].plan if answers else None
        row["bytes"] = size.bytes if size else None
        row["modelled"] = size.modelled if size else None
        row |= _against(true, plan, existing, "", error or (answers[position].error if answers else None))
        if hypopg:
            row["hypopg bytes"] = real.hypo_bytes
            row |= _against(true, real.hypo.get(query), existing, "hypopg ", real.hypo_error)
        rows.append(row)
    return rows


def _against(true: Plan, claimed: Plan | None, existing: set[str], who: str, error: str | None) -> dict[str, Any]:
    if claimed is None:
        return {f"{who}same": False, f"{who}cost error": None, f"{who}told": f"no plan: {error}"}
    difference = compare("", _unnamed(true, existing), _unnamed(claimed, existing))
    return {
        f"{who}same": difference.same_operations,
        f"{who}identical": difference.same_tree,
        f"{who}tie": difference.tie,
        f"{who}cost error": difference.cost_error,
        f"{who}told": "" if difference.same_operations else f"{difference.kind}: {difference.told}",
    }


def _unnamed(plan: Plan, existing: set[str]) -> Plan:
    """The plan in which every index that the source does not have is called the same."""
    for node in plan.nodes:
        if node.index and node.index not in existing:
            node.index = "new"
    return plan


def _summary(rows: list[dict[str, Any]], who: str) -> dict[str, Any]:
    errors = sorted(row[f"{who}cost error"] for row in rows if row[f"{who}cost error"] is not None)
    sizes: dict[str, list[float]] = {}
    for index, kind, claimed, real in {(r["index"], r["kind"], r[f"{who}bytes"], r["real bytes"]) for r in rows}:
        if claimed is not None:
            sizes.setdefault(kind, []).append(claimed / max(real, 1) - 1)
        assert index
    return {
        "queries": len(rows),
        "same plan": sum(row[f"{who}same"] for row in rows),
        "ties": sum(bool(row.get(f"{who}tie")) and not row[f"{who}same"] for row in rows),
        "without a plan": sum(row[f"{who}cost error"] is None for row in rows),
        "used by the real plan": sum(row["used"] for row in rows),
        "same plan where used": sum(row[f"{who}same"] for row in rows if row["used"]),
        "cost error p50": statistics.median(errors) if errors else None,
        "cost error p90": errors[int(0.9 * (len(errors) - 1))] if errors else None,
        "cost error max": errors[-1] if errors else None,
        "size error": {
            kind: {
                "indexes": len(found),
                "within 10 %": sum(abs(error) <= 0.1 for error in found),
                "median": round(statistics.median(map(abs, found)), 4),
                "worst": round(max(found, key=abs), 3),
            }
            for kind, found in sorted(sizes.items())
        },
    }
