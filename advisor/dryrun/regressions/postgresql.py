"""PostgreSQL: the migration runs on an empty copy, and plans are made with production's statistics, before and after.

Where only indexes come and go, one shadow is enough: they are made there, sized as production's would be, or hidden.
Otherwise a second shadow is opened, of the copy's schema and production's statistics by table and column.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import ExitStack, nullcontext, suppress
from typing import TYPE_CHECKING

from msgspec.structs import replace

from advisor.dryrun.regressions import references, written
from advisor.dryrun.regressions.asking import Compared, Pair, World, compare, risen
from advisor.dryrun.regressions.blame import Blamer
from advisor.dryrun.regressions.carrying import Carried, carried
from advisor.dryrun.regressions.changes import Changes, words
from advisor.dryrun.regressions.effects import Ran, run
from advisor.dryrun.regressions.indexes import Fresh
from advisor.dryrun.regressions.made import new_indexes
from advisor.dryrun.regressions.replanning import Replanned, Unplanned, location, statements_of
from advisor.dryrun.regressions.reporting import reported
from advisor.dryrun.regressions.revalued import revaluings
from advisor.dryrun.regressions.state import Relation, State
from advisor.dryrun.regressions.steps import Course, Step
from advisor.model.migration import Script
from advisor.model.planning import Configuration
from advisor.model.snapshot import Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.planner import ShadowPlanner
from advisor.recommend.workload import Statement

if TYPE_CHECKING:
    from advisor.dryrun.postgresql.copy import Copy


def replanned(
    scripts: Sequence[Script], snapshot: Snapshot, workload: Sequence[Statement], copy: Copy | None
) -> Replanned:
    """See `advisor.dryrun.regressions.replanning`. Raises PlannerError where no server can run here."""
    statements = statements_of(scripts)
    if not statements:
        return Replanned()
    with ExitStack() as stack:
        pool = stack.enter_context(ThreadPoolExecutor(1))
        opening = pool.submit(ShadowPlanner.open, snapshot)
        stack.callback(_close, opening)
        ran, after_schema = followed(scripts, snapshot, copy)
        planner = opening.result()
        before = World(planner)
        course = _course(ran)
        after: World | None = None
        notes = [*ran.notes]
        shift: Carried | None = None
        rows = written.rows(statements, before)
        grown = written.anew(statements, rows, snapshot)
        if not grown and not _structural(ran) and not (ran.effects and written.missing(statements, rows)):
            try:
                after = World(planner, course.until()[0])
                after.judge([])
                planner.sizes(after.configuration.add)
            except PlannerError:
                after = None
        if after is None:
            values = revaluings(statements, rows, snapshot)
            shift = carried(snapshot, ran, after_schema, written.texts(statements), grown, fresh_in(planner), values)
            notes += shift.notes
            second = stack.enter_context(ShadowPlanner.open(shift.snapshot, cache=False))
            after = World(second, _configuration(second, shift, notes))
            rows |= written.rows(statements, after, written.missing(statements, rows))
        found = compare(workload, before, after)
        if shift is not None:
            _known(found, workload, shift)
        added = _added(course, shift, after)
        names = _names(after, added)
        blamer = Blamer(course if shift is None else _possible(course, before), before)
        changes = Changes(ran, written.updates(grown))
        causes = {
            number: _cause(blamer, changes, pair, workload[number], after) for number, pair in found.worst.items()
        }
        failing = {number: changes.failing(workload[number], pair) for number, (pair, _) in found.failing.items()}
        where = [location(statements, position) for position in range(len(statements))]
        return Replanned(
            regressions=reported(workload, found.worst, causes, where, before, after, names),
            failing=reported(
                workload,
                {number: pair for number, (pair, _) in found.failing.items()},
                failing,
                where,
                before,
                after,
                names,
                {number: why for number, (_, why) in found.failing.items()},
            ),
            planned=len(found.planned),
            unplanned=tuple(found.unplanned),
            indexes=new_indexes(found, added, ran.after, where),
            references=references.unindexed(ran, workload, where),
            written_rows=dict(sorted(rows.items())),
            notes=tuple(dict.fromkeys(notes)),
        )


def fresh_in(planner: ShadowPlanner) -> Fresh:
    """How large an index of the snapshot would be, made now."""

    def pages(text: str) -> int | None:
        try:
            (size,) = planner.sizes([text.replace(" ON ONLY ", " ON ", 1)])
        except PlannerError:
            return None
        return size.pages if size.modelled is None else None

    return pages


def _close(opening: Future[ShadowPlanner]) -> None:
    if opening.exception() is None:
        opening.result().close()


def followed(scripts: Sequence[Script], snapshot: Snapshot, copy: Copy | None) -> tuple[Ran, Snapshot]:
    """The migration run on a copy, and the copy's schema afterwards."""
    from advisor.dryrun.postgresql.copy import open_copy

    with open_copy(snapshot) if copy is None else nullcontext(copy) as opened:
        connection = opened.connect()
        try:
            ran = run(scripts, opened.cluster, connection)
        finally:
            connection.close()
        if not _structural(ran) and not ran.effects:
            return ran, snapshot
        return ran, _captured(opened)


def _captured(copy: Copy) -> Snapshot:
    """The copy's schema, read as any database's."""
    from advisor.catalog.errors import CatalogError
    from advisor.catalog.live.dsn import Address
    from advisor.catalog.snapshot.postgresql import capture
    from advisor.planners.postgresql.cluster import DATABASE

    quiet = {"sslmode": "disable", "gssencmode": "disable", "channel_binding": "disable"}
    where = Address("postgresql", str(copy.cluster.sockets), 5432, "advisor_owner", None, DATABASE, quiet)
    try:
        found, _ = capture(where, probes=False)
    except CatalogError as error:
        raise PlannerError(f"the schema after the migration could not be read: {error}") from None
    found.objects = [one for one in found.objects if "advisor_shadow" not in (one.schema, one.name)]
    return found


def _structural(ran: Ran) -> bool:
    """Something else than indexes changed: plans then need a schema of their own."""
    return any(effect.touched or effect.others for effect in ran.effects)


def _course(ran: Ran) -> Course:
    """Indexes of tables that were there. One that a statement makes anew under its old name is the same index."""
    steps: list[Step] = []
    before, after = ran.before, ran.after
    for effect in ran.effects:
        again = {(one.table, one.name) for one in effect.created} & {(one.table, one.name) for one in effect.dropped}
        parents = {one.oid for one in (*effect.created, *effect.dropped)}
        for one in effect.dropped:
            if (one.table, one.name) in again or one.parent in parents:
                continue
            old = before.relations.get(one.oid) or one
            position = ran.stands_in(one.table or 0)
            place = effect.position if position is None else position
            steps.append(Step(place, str(one.oid), _full(old), _table(before, one.table), None))
        for one in effect.created:
            if (one.table, one.name) in again or one.parent in parents or one.table not in before.relations:
                continue
            last = after.relations.get(one.oid) or one
            text = (last.definition or "").replace(" ON ONLY ", " ON ", 1)
            steps.append(
                Step(effect.position, str(one.oid), _full(last), _table(after, one.table), text, last.constraint)
            )
    return Course(tuple(sorted(steps, key=lambda one: one.position)))


def _full(one: Relation) -> str:
    return f"{one.schema}.{one.name}"


def _table(state: State, oid: int | None) -> str:
    one = state.relations.get(oid or 0)
    return "" if one is None else one.name if one.schema == "public" else f"{one.schema}.{one.name}"


def _configuration(planner: ShadowPlanner, shift: Carried, notes: list[str]) -> Configuration:
    """The new indexes, sized; those that cannot be modelled are left as they are and named."""
    texts: list[str] = []
    hide = list(shift.hide)
    for one, text in shift.add:
        try:
            planner.sizes([text])
        except PlannerError as error:
            notes.append(f"index {one.name}: not in the plans after the migration: {error}")
        else:
            texts.append(text)
    return Configuration(tuple(texts), tuple(hide))


def _added(course: Course, shift: Carried | None, after: World) -> list[Step | None]:
    """The step behind each index of the configuration after; None: made anew by a rewrite."""
    if shift is None:
        return list(course.until()[1])
    steps = {one.key: one for one in course.steps if one.definition is not None}
    by_text = {text: steps.get(str(one.oid)) for one, text in shift.add}
    return [by_text.get(text) for text in after.configuration.add]


def _names(after: World, added: Sequence[Step | None]) -> dict[str, str]:
    """How plans of the world after call an index that is made, where it is not its name."""
    sizes = after.planner.sizes(after.configuration.add)
    pairs = zip(sizes, added, strict=True)
    return {
        size.name: step.name.partition(".")[2]
        for size, step in pairs
        if step is not None and size.name != step.name.partition(".")[2]
    }


def _possible(course: Course, before: World) -> Course:
    """Without indexes over what the migration itself adds: they cannot be tried before."""

    def can(step: Step) -> bool:
        try:
            before.planner.sizes([step.definition or ""])
        except PlannerError:
            return False
        return True

    return Course(tuple(one for one in course.steps if one.definition is None or can(one)))


def _cause(blamer: Blamer, changes: Changes, pair: Pair, statement: Statement, after: World) -> int:
    """Of indexes, where they alone make it dearer, and by more than what changed its tables before; else that."""
    found = None
    if blamer.course.steps:
        with suppress(PlannerError):
            found = blamer.blame(pair)
    if found is not None and not changes.any:
        return found
    tables = changes.dearer(statement, pair, risen(blamer.before, after, pair.asked.query))
    if found is None:
        return tables
    with suppress(PlannerError):
        return tables if tables < found and _dearer_without(blamer, changes.ran, pair, after) else found
    return found


def _dearer_without(blamer: Blamer, ran: Ran, pair: Pair, after: World) -> bool:
    """Does more than half of the rise stay with the indexes that the plan used back in place?"""
    dropped = {one.name for one in blamer.course.steps if one.definition is None} & pair.before.existing
    texts = [
        one.definition.replace(" ON ONLY ", " ON ", 1)
        for one in ran.before.indexes.values()
        if one.definition is not None and _full(one) in dropped
    ]
    blamer.left -= 1
    if not texts or pair.after is None or blamer.left <= 0:
        return False
    back = replace(after.configuration, add=(*after.configuration.add, *texts))
    one = after.planner.judge([pair.asked.query], back)[0]
    return one is not None and one.cost - pair.before.cost > (pair.after.cost - pair.before.cost) / 2


def _known(found: Compared, workload: Sequence[Statement], shift: Carried) -> None:
    """Takes out what gets worse only by what is not known: shapes that name a column that the migration fills."""
    for number in list(found.worst):
        named = words(workload[number], found.worst[number])
        for table, column in shift.unknown:
            if table.lower() in named and column.lower() in named:
                del found.worst[number]
                why = f"what the migration writes into {table}.{column} is not known"
                found.unplanned.append(Unplanned(fingerprint=workload[number].fingerprint, why=why))
                break
