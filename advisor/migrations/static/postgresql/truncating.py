"""TRUNCATE, and the tables that it empties too."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.operations import Name
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.world import Relation


def truncate(c: Cursor, run: Run) -> None:
    """TRUNCATE: new empty files, whatever was in the old ones."""
    c.expect("TRUNCATE")
    c.accept("TABLE")
    targets: list[tuple[Name, bool]] = []
    while True:
        only = c.accept("ONLY")
        name = c.name()
        c.accept("*")
        targets.append((name, only))
        if not c.accept(","):
            break
    cascade = "CASCADE" in c.rest().upper()
    found: list[Relation] = []
    for name, only in targets:
        table = run.table(name)
        assert table is not None
        run.change("truncate", table, cascade=cascade, only=only)
        found.extend([table] if only else run.world.family(table))
    names = {one.name for one in found}
    queue = list(found)
    while queue:
        table = queue.pop(0)
        run.exclusive(table)
        if run.in_transaction and not run.maybe:
            run.world.emptied.add(table.name)
        for other, _ in run.world.referencing(table):
            if other.name in names:
                continue
            if not cascade:
                if run.maybe:
                    continue
                raise Fails("cannot truncate a table referenced in a foreign key constraint", "0A000")
            names.add(other.name)
            queue.append(other)
