"""`explain --sql`: what the real optimizer would do with a statement, in the world as captured and in others."""

from __future__ import annotations

import contextlib
import functools
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from advisor.api.statements import Statement, of_workload, written
from advisor.api.worlds import World, worlds
from advisor.model.errors import UserError
from advisor.model.explained import (
    Comparison,
    Explanation,
    GrownColumn,
    GrownTable,
    GrowthReport,
    Planning,
    Unplanned,
    Why,
)
from advisor.model.planning import Answer, Configuration, Query, Scale

if TYPE_CHECKING:
    from advisor.digest.digest import Digest
    from advisor.model.catalog import Catalog
    from advisor.model.engine import EngineName
    from advisor.model.plan import Plan
    from advisor.model.snapshot import Snapshot
    from advisor.planners.choice import Choice
    from advisor.planners.flips import Crossing
    from advisor.planners.planner import Planner
    from advisor.planners.seen_rows import Seen
    from advisor.sources.options import ReadOptions


@dataclass(frozen=True, slots=True)
class Wishes:
    """What `explain --sql` was asked for."""

    sql: Sequence[str] = ()
    workload: Sequence[str] = ()
    """Logs or digests, whose heaviest statements are planned."""
    parameters: Sequence[str] = ()
    generic: bool = False
    with_index: Sequence[str] = ()
    without_index: Sequence[str] = ()
    settings: Sequence[tuple[str, str]] = ()
    scale: Sequence[Scale] = ()
    days: float | None = None
    crossing: bool = False
    """Find out at which size a plan changes."""
    planner: Choice = "auto"
    rows: Mapping[str, int] = field(default_factory=dict)
    """Row counts by table, for a schema file."""
    top: int = 20
    """Statements of a workload."""
    reading: ReadOptions | None = None
    """How its logs are to be read."""


@dataclass(slots=True)
class Asked:
    """Everything that a planner answered."""

    answers: list[tuple[Statement, World, Answer]] = field(default_factory=list)
    notices: list[str] = field(default_factory=list)
    crossings: dict[tuple[int, str], Crossing] = field(default_factory=dict)
    """By shape and values: at which size growth changes the plan."""


def ask(
    wishes: Wishes, *, catalog: Sequence[str], rules: Sequence[str], engine: EngineName | None, show_literals: bool
) -> tuple[Explanation, list[Plan]]:
    """Plan statements against a catalog; the report and its plans. Raises UserError for what the user can mend."""
    from advisor.planners.choice import open_planner

    if len(catalog) != 1:
        raise UserError(
            "--sql asks a planner, and needs one --catalog: a snapshot, a schema file or a DSN"
            if not catalog
            else f"--sql asks one planner, and {len(catalog)} catalogs are given: name one"
        )
    notices: list[str] = []
    statements = written(wishes.sql, wishes.parameters, generic=wishes.generic)
    log: Digest | None = None
    if wishes.workload:
        from advisor.api.analysis import digest

        log = digest(wishes.workload, reading=wishes.reading)
        heavy, notices = of_workload(log, wishes.top, len(wishes.sql))
        statements += heavy
    asked = worlds(
        with_index=wishes.with_index,
        without_index=wishes.without_index,
        settings=wishes.settings,
        scale=wishes.scale,
        days=wishes.days,
    )
    what_if = bool(wishes.with_index or wishes.without_index or wishes.scale)
    with open_planner(
        catalog[0],
        engine=engine,
        wanted=wishes.planner,
        what_if=what_if,
        rows=wishes.rows,
        seen=None if log is None else functools.partial(_seen_in, log),
    ) as planner:
        result = plan(statements, planner, asked)
        growth = None
        if wishes.scale:
            growth = _growth_report(planner, wishes)
            if wishes.crossing:
                _find_crossings(result, planner)
        known = _catalog(planner, catalog[0], engine)
    result.notices += notices
    return explanation(result, catalogs=[known], rules=rules, show_literals=show_literals, growth=growth)


def _seen_in(log: Digest) -> Mapping[str, Seen]:
    """Rows of tables as the plans of a log show them."""
    from advisor.planners.seen_rows import seen_rows
    from advisor.plans.errors import PlanError
    from advisor.plans.logged import read_logged

    plans = []
    for shape in log.shapes():
        for sample in shape.plans:
            with contextlib.suppress(PlanError):  # counted where the plans themselves are asked for
                plans.append(read_logged(sample, shape.engine, shape.sql))
    return seen_rows(plans)


def _snapshot_of(planner: Planner) -> Snapshot | None:
    """What the planner plans from, where that is a snapshot."""
    from advisor.model.snapshot import Snapshot

    snapshot = getattr(planner, "snapshot", None)
    return snapshot if isinstance(snapshot, Snapshot) else None


def _catalog(planner: Planner, source: str, engine: EngineName | None) -> Catalog:
    """The schema for the rules: of the snapshot file that the planner holds already, else read."""
    from advisor.catalog.source import holds_snapshot, load

    snapshot = _snapshot_of(planner)
    if snapshot is None or not holds_snapshot(source):
        return load(source, engine)
    from advisor.catalog.snapshot.describe import catalog_of

    return catalog_of(snapshot)


def _growth_report(planner: Planner, wishes: Wishes) -> GrowthReport | None:
    """What was taken to happen to each column, where the planner has a snapshot to grow."""
    from advisor.planners.growth.scale import grow

    snapshot = _snapshot_of(planner)
    if snapshot is None:
        return None
    growth = grow(snapshot, {one.table: one.factor for one in wishes.scale}, wishes.days)
    return GrowthReport(
        tables=tuple(
            GrownTable(table=one.table, factor=one.factor, rows_before=one.rows_before, rows_after=one.rows_after)
            for one in growth.tables
        ),
        columns=tuple(
            GrownColumn(
                table=one.table,
                column=one.column,
                decision=one.decision,
                factor=one.factor,
                days=one.days,
                because=one.because,
            )
            for one in growth.policies
        ),
        notes=growth.notes,
    )


def _find_crossings(result: Asked, planner: Planner) -> None:
    from advisor.planners.flips import compared, crossings

    before = {(one.shape, one.values): answer for one, world, answer in result.answers if world.against is None}
    for one, world, answer in result.answers:
        if world.why != "growth" or world.against is None:
            continue
        flips = compared([before[one.shape, one.values]], [answer]).flips
        for flip in crossings(planner, flips):
            if flip.crossing is not None:
                result.crossings[one.shape, one.values] = flip.crossing


def plan(statements: Sequence[Statement], planner: Planner, asked: Sequence[World]) -> Asked:
    """Every statement in every world: world by world, so that each is set up once.

    Raises PlannerError for a world that cannot be had.
    """
    result = Asked()
    for world in asked:
        answers = planner.explain([one.query for one in statements], world.configuration)
        result.answers += [(one, world, answer) for one, answer in zip(statements, answers, strict=True)]
    return result


def explanation(
    result: Asked,
    *,
    catalogs: Sequence[Catalog],
    rules: Sequence[str],
    show_literals: bool,
    growth: GrowthReport | None = None,
) -> tuple[Explanation, list[Plan]]:
    """The answers as `explain` reports them, and the plans in the same order.

    The world as captured is judged by the rules: plans of other worlds are what remedies would make of it.
    """
    from advisor.api.explanation import Reading, judged
    from advisor.plans.diff import compare
    from advisor.reports.plan.document import diff_report, veil

    plans: list[Plan] = []
    about: list[Planning] = []
    places: dict[tuple[int, str, int], int] = {}
    unplanned: list[Unplanned] = []
    order = {id(world): number for number, world in enumerate({id(w): w for _, w, _ in result.answers}.values())}
    comparisons: list[tuple[int, int, Why]] = []
    keys: list[tuple[int, str]] = []
    for one, world, answer in result.answers:
        shown = veil(answer.planned_by.engine, show_literals)
        if answer.plan is None:
            unplanned.append(
                Unplanned(
                    query=shown(one.query.sql),
                    label=world.label,
                    values=one.values,
                    error=answer.error or "" if show_literals else _veiled(answer.error or "", one.query, shown),
                )
            )
            continue
        number = len(plans)
        places[one.shape, one.values, order[id(world)]] = number
        plan = answer.plan
        plan.query, plan.source = one.query.sql, world.label
        plans.append(plan)
        keys.append((one.shape, one.values))
        about.append(
            Planning(
                planned_by=answer.planned_by,
                proof="static" if answer.planned_by.statistics == "default" else "planned",
                configuration=world.configuration,
                label=world.label,
                values=one.values,
                indexes=answer.indexes,
                calls=one.calls,
                notes=answer.notes,
            )
        )
        before = None if world.against is None else places.get((one.shape, one.values, world.against))
        if before is not None:
            comparisons.append((before, number, world.why))
        elif world.against is None:
            comparisons += _values(places, one, order[id(world)], number)
    if not plans:
        first = unplanned[0] if unplanned else None
        raise UserError(f"no statement could be planned: {first.error}" if first else "no statement to plan is given")
    judging = sum(1 for one in about if one.configuration == Configuration())
    reading = Reading(plans, list(result.notices), pair=False, engine=plans[0].engine.name)
    out = judged(reading, catalog=catalogs, rules=rules, show_literals=show_literals, judging=judging)
    shown = veil(plans[0].engine.name, show_literals)
    compared = tuple(
        Comparison(
            before=a,
            after=b,
            why=why,
            diff=diff_report(compare(plans[a], plans[b]), shown),
            flips_below=crossing.below if crossing is not None else (),
            flips_above=crossing.above if crossing is not None else (),
        )
        for a, b, why in comparisons
        for crossing in [result.crossings.get(keys[b]) if why == "growth" else None]
    )
    return msgspec.structs.replace(
        out,
        plans=tuple(
            msgspec.structs.replace(report, planning=planning)
            for report, planning in zip(out.plans, about, strict=True)
        ),
        comparisons=compared,
        diff=compared[0].diff if len(compared) == 1 else None,
        unplanned=tuple(unplanned),
        growth=growth,
    ), plans


def _values(
    places: dict[tuple[int, str, int], int], one: Statement, world: int, number: int
) -> list[tuple[int, int, Why]]:
    """The plan of other values of the same shape against the first."""
    for values in ("written", "typical", "slowest"):
        first = places.get((one.shape, values, world))
        if first is not None and first != number:
            return [(first, number, "values")]
    return []


def _veiled(error: str, query: Query, shown: Callable[[str], str]) -> str:
    """A server's words without the query's values, which it quotes as it quotes names: only what is a value."""
    visible, whole = shown(query.sql), "\n".join([query.sql, *(value or "" for value in query.parameters or ())])
    return re.sub(
        r'"([^"]+)"', lambda part: part[0] if part[1] in visible or part[1] not in whole else '"?"', shown(error)
    )
