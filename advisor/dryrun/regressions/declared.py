"""SQLite and MariaDB: what migrations do to indexes, as their text tells it, planned by the engine's own planner."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.catalog.snapshot.describe import catalog_of
from advisor.dryrun.regressions import written
from advisor.dryrun.regressions.asking import World, compare
from advisor.dryrun.regressions.blame import Blamer
from advisor.dryrun.regressions.made import new_indexes
from advisor.dryrun.regressions.replanning import Replanned, Unplanned, location, statements_of
from advisor.dryrun.regressions.reporting import reported
from advisor.dryrun.regressions.steps import Course, Step
from advisor.handbook.ddl import quoted, quoted_table
from advisor.model.catalog import Catalog, Table
from advisor.model.engine import EngineName
from advisor.model.migration import Change, Foretold, Outcome, Script
from advisor.model.snapshot import Snapshot
from advisor.planners.choice import of_snapshot
from advisor.planners.errors import PlannerError
from advisor.recommend.workload import Statement

_MAKES = frozenset({"create_index", "add_unique"})
_DROPS = frozenset({"drop_index", "drop_constraint"})
#: Changes after which plans stay what they were.
_NEUTRAL = frozenset(
    {
        "create_table", "create_table_as", "create_view", "create_trigger", "drop_trigger", "create_function",
        "create_sequence", "create_type", "create_schema", "comment", "privileges", "owner", "set", "select", "insert",
        "update", "delete", "merge", "copy", "add_column", "set_default", "drop_default", "add_foreign_key", "analyze",
        "lock_table", "add_check", "rename_constraint",
    }
)  # fmt: skip


def replanned(
    scripts: Sequence[Script], foretold: Foretold | None, snapshot: Snapshot, workload: Sequence[Statement]
) -> Replanned:
    """See `advisor.dryrun.regressions.replanning`. Raises PlannerError where no planner can run here."""
    statements = statements_of(scripts)
    outcomes = foretold.outcomes if foretold is not None else ()
    if not statements or len(outcomes) != len(statements):
        why = "what the migration does to indexes is not known"
        return Replanned(
            unplanned=tuple(Unplanned(fingerprint=one.fingerprint, why=why) for one in workload) if statements else ()
        )
    catalog = catalog_of(snapshot)
    course, notes = _course(outcomes, catalog)
    writes = written.texts(statements)
    if not course.steps and not writes:
        return Replanned(notes=tuple(notes))
    with of_snapshot(snapshot, "shadow") as planner:
        before = World(planner)
        where = [location(statements, position) for position in range(len(statements))]
        rows = written.rows(statements, before)
        if not course.steps:
            return Replanned(written_rows=rows, notes=tuple(notes))
        configuration, added = course.until()
        after = World(planner, configuration)
        found = compare(workload, before, after)
        blamer = Blamer(course, before)
        causes = {number: _cause(blamer, course, number, found.worst) for number in found.worst}
        sizes = planner.sizes(configuration.add)
        names = {
            size.name: step.name.rpartition(".")[2]
            for size, step in zip(sizes, added, strict=True)
            if size.name != step.name.rpartition(".")[2]
        }
        return Replanned(
            regressions=reported(workload, found.worst, causes, where, before, after, names),
            planned=len(found.planned),
            unplanned=tuple(found.unplanned),
            indexes=new_indexes(found, added, None, where),
            written_rows=rows,
            notes=tuple(notes),
        )


def _cause(blamer: Blamer, course: Course, number: int, worst: object) -> int:
    try:
        found = blamer.blame(worst[number])  # type: ignore[index]
    except PlannerError:
        found = None
    return course.positions[-1] if found is None else found


def _course(outcomes: Sequence[Outcome], catalog: Catalog) -> tuple[Course, list[str]]:
    steps: list[Step] = []
    notes: dict[str, None] = {}
    made: dict[str, int] = {}
    for position, outcome in enumerate(outcomes):
        if outcome.uncertain is not None:
            notes[f"not carried into the plans: {outcome.uncertain}"] = None
        if outcome.failure is not None and outcome.failure.certain:
            continue
        for change in outcome.changes:
            if change.no_op or change.action in _NEUTRAL:
                continue
            step = _step(position, change, catalog, made)
            if step is not None:
                steps.append(step)
            elif change.action not in _DROPS:
                words = change.action.replace("_", " ")
                notes[
                    f"{words}{f' of {change.table}' if change.table else ''}: not carried into the plans: "
                    f"of {catalog.engine.name} changes of indexes alone are"
                ] = None
    return Course(tuple(steps)), list(notes)


def _step(position: int, change: Change, catalog: Catalog, made: dict[str, int]) -> Step | None:
    table = catalog.find(change.table) if change.table else _table_of(change.name, catalog)
    if table is None or change.name is None:
        return None
    name = f"{table.name}.{change.name}"
    if change.action in _DROPS:
        key = f"{name}#{made[name]}" if name in made else name
        if name not in made and not any(one.name.lower() == change.name.lower() for one in table.indexes):
            return None
        made.pop(name, None)
        hide = change.name if catalog.engine.name == "sqlite" else None
        return Step(position, key, name, table.name, None, hide=hide)
    if change.action in _MAKES and change.columns:
        made[name] = position
        text = _text(change, table, catalog.engine.name)
        return Step(position, f"{name}#{position}", name, table.name, text, change.action != "create_index")
    return None


def _table_of(index: str | None, catalog: Catalog) -> Table | None:
    """SQLite names an index without its table."""
    found = [
        table
        for table in catalog.tables.values()
        for one in table.indexes
        if index and one.name.lower() == index.lower()
    ]
    return found[0] if len(found) == 1 else None


def _text(change: Change, table: Table, engine: EngineName) -> str:
    """CREATE INDEX as far as a change tells it: keys that are no columns are expressions as written."""
    columns = {one.name.lower() for one in table.columns}
    keys = [quoted(one, engine) if one.lower() in columns else one for one in change.columns]
    unique = "UNIQUE " if change.unique or change.action == "add_unique" else ""
    where = f" WHERE {change.expression}" if change.expression else ""
    name = quoted(change.name or "", engine)
    return f"CREATE {unique}INDEX {name} ON {quoted_table(table.name, engine)} ({', '.join(keys)}){where}"
