"""DROP of tables and views, and what goes with them or stands in the way."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor
from advisor.migrations.static.postgresql.dependents import all_views_of
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.world import Relation


def drop(c: Cursor, run: Run, action: str) -> None:
    """DROP TABLE, VIEW, MATERIALIZED VIEW, FOREIGN TABLE, from after these words."""
    conditional = c.accept("IF", "EXISTS")
    names = [c.name()]
    while c.accept(","):
        names.append(c.name())
    cascade = c.accept_any("CASCADE", "RESTRICT") == "CASCADE"
    gone: list[Relation] = []
    for name in names:
        table = run.table(name, conditional=conditional, what="table" if action == "drop_table" else "view")
        if table is None:
            run.change(action, run.world.canonical(name), conditional=True, cascade=cascade, no_op=True)
            continue
        gone.append(table)
        run.change(action, table, conditional=conditional, cascade=cascade)
    if not run.world.related():
        for table in gone:
            run.exclusive(table)
            run.world.forget(table)
        return
    leaving = {one.name for table in gone for one in _leaving(run, table)}
    for table in gone:
        _drop_one(run, table, cascade, leaving)


def _leaving(run: Run, table: Relation) -> list[Relation]:
    """A partitioned table goes with its partitions; children of INHERITS stand in the way."""
    if table.kind == "partitioned":
        return list(run.world.family(table))
    return [table]


def _drop_one(run: Run, table: Relation, cascade: bool, leaving: set[str]) -> None:
    obstacles: list[Relation] = [one for one in all_views_of(run.world, table) if one.name not in leaving]
    children = [one for one in run.world.children(table) if one.name not in leaving]
    obstacles.extend(children)
    referring = [(one, key) for one, key in run.world.referencing(table) if one.name not in leaving]
    if (obstacles or referring) and not cascade and not run.maybe:
        kind = "view" if table.kind == "view" else "table"
        raise Fails(f"cannot drop {kind} {table.bare} because other objects depend on it", "2BP01")
    for one in _leaving(run, table):
        run.exclusive(one)
        if one.parent is not None and one.parent not in leaving:
            parent = run.world.relations.get(one.parent)
            if parent is not None:
                run.exclusive(parent)
                default = run.world.default_partition(parent)
                if default is not None and default is not one:
                    run.exclusive(default)
        for key in one.foreign_keys if one.parent is None else ():
            other = run.world.relations.get(key.parent)
            if other is not None and other.name not in leaving:
                run.exclusive(other)
    for one in obstacles:
        run.exclusive(one)
    for one, _ in referring:
        run.exclusive(one)
    for one in (*_leaving(run, table), *obstacles):
        run.world.remove(one)
