"""How many rows the migration's own INSERT, UPDATE, DELETE and MERGE write, as the planner takes it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.dryrun.regressions import revalued
from advisor.dryrun.regressions.asking import World
from advisor.dryrun.regressions.backfills import conditions, fills_empty, picking, removed_from, target, unfiltered
from advisor.model.migration import MigrationStatement
from advisor.model.migration_limits import MIGRATION
from advisor.model.plan import Plan
from advisor.model.planning import Query
from advisor.model.snapshot import Snapshot

_WRITES = re.compile(r"\s*(?:insert|update|delete|merge|with)\b", re.IGNORECASE)
_MADE_FROM = re.compile(r"\s*(?:create\b.*?\bas\s+(?:select|with|table)\b|select\b.*?\binto\b|copy\b)", re.I | re.S)
#: Inside a function or a block nothing is planned; what such a text names counts as written all the same.
_BLOCKS = re.compile(r"\s*(?:do|call)\b", re.IGNORECASE)
_MOST = 200
"""Statements of a run that are planned: seed data come as thousands of INSERTs."""


def texts(statements: Sequence[MigrationStatement]) -> list[str]:
    """Statements that write rows."""
    return [
        one.sql for one in statements if _WRITES.match(one.sql) or _MADE_FROM.match(one.sql) or _BLOCKS.match(one.sql)
    ]


def rows(
    statements: Sequence[MigrationStatement], world: World, positions: Sequence[int] | None = None
) -> dict[int, float]:
    """By position, of those that can be planned there. ``positions``: of these alone."""
    found: dict[int, float] = {}
    for number in _writing(statements) if positions is None else positions:
        sql = statements[number].sql
        plan = world.explain(Query(sql)).plan
        count = None if plan is None else _written(plan)
        chosen = picking(sql) if plan is None else None
        if chosen is not None:  # it writes a column that is not there yet
            plan = world.explain(Query(chosen)).plan
            count = plan.nodes[0].rows_estimated if plan is not None else None
        if count is not None:
            found[number] = count
    return found


def missing(statements: Sequence[MigrationStatement], known: Mapping[int, float]) -> list[int]:
    """Those of which nothing is known: an UPDATE of a column that the migration adds."""
    return [number for number in _writing(statements) if number not in known]


@dataclass(frozen=True, slots=True)
class Rewriting:
    """An UPDATE or a DELETE."""

    position: int
    rows: float
    conditions: frozenset[str]
    """What its conditions name, in lower case."""
    removes: bool = False
    sets: frozenset[str] = frozenset()
    """Columns that it writes."""


def anew(
    statements: Sequence[MigrationStatement], known: Mapping[int, float], snapshot: Snapshot
) -> dict[str, list[Rewriting]]:
    """Rows that UPDATE writes and DELETE removes, by table as they name it; of those tables where plans may tell."""
    tuples = {one.name: one.tuples for one in snapshot.relations if one.tuples > 0}
    found: dict[str, list[Rewriting]] = {}
    for number in _writing(statements):
        sql = statements[number].sql
        removes = removed_from(sql)
        table = removes or target(sql)
        if table is None:
            continue
        # A column that cannot be planned with is new: NULL in every row.
        every = tuples.get(table, 0.0) if unfiltered(sql) or fills_empty(sql) else 0.0
        named = frozenset(re.findall(r"[\w$]+", conditions(sql).lower()))
        one = revalued.read(sql)
        sets = frozenset[str]() if one is None else one.unclear | one.sets.keys()
        count = known.get(number, every)
        found.setdefault(table, []).append(Rewriting(number, count, named, removes is not None, sets))
    return {
        table: some
        for table, some in found.items()
        if table not in tuples or sum(one.rows for one in some) >= MIGRATION.replan_anew_share * tuples[table]
    }


def updates(grown: Mapping[str, Sequence[Rewriting]]) -> dict[str, int]:
    """The first UPDATE of each of these tables, by its position."""
    return {table: some[0].position for table, some in grown.items()}


def _writing(statements: Sequence[MigrationStatement]) -> list[int]:
    return [number for number, one in enumerate(statements) if _WRITES.match(one.sql)][:_MOST]


def _written(plan: Plan) -> float | None:
    """Rows that reach the operators that write: those print none of their own."""
    count = None
    for node in plan.nodes:
        if node.operator != "modify":
            continue
        below = [
            child.rows_estimated or 0.0
            for child in plan.nodes
            if child.parent == node.id and child.relationship in ("outer", "member", "inner")
        ]
        if below:
            count = (count or 0.0) + sum(below)
    return count
