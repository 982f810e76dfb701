"""INSERT, REPLACE, UPDATE, DELETE and LOAD: rows that are written, and locks of the tables that they are read from."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor
from advisor.migrations.static.mysql import rows
from advisor.migrations.static.mysql.known import Known
from advisor.migrations.static.mysql.targets import target
from advisor.migrations.static.mysql.told import Told
from advisor.model.migration import Lock, Work
from advisor.model.migration_limits import MIGRATION


def written(known: Known, c: Cursor) -> Told:
    """A statement that changes rows."""
    start = c.at
    name, failure = target(c, known.asked())
    if name is not None:
        failure = failure or known.missing(name)
    c.at = start
    done, work, sources = rows.written(c, known.state)
    locks: list[Lock] = []
    for each in work:
        table = known.state.tables.get(each.relation)
        few = each.rows is not None and each.rows <= MIGRATION.few_rows
        if table is not None and not table.engine.startswith("innodb") and not few:
            # MyISAM, Aria and MEMORY lock the table for a writer.
            locks.append(
                Lock(relation=table.name, mode="WRITE", blocks_reads=True, blocks_writes=True,
                     preexisting=table.preexisting)
            )  # fmt: skip
    if sources:
        locks += known.rows_locked(sources)
        work += [Work(kind="scan", relation=one.name, preexisting=one.preexisting, online=True) for one in sources]
    return Told(tuple(locks), tuple(work), tuple(done), failure=failure)
