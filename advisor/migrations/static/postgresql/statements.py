"""From a statement's first words to what reads it."""

from __future__ import annotations

from collections.abc import Callable

from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.lexer import Statement
from advisor.migrations.static.postgresql import (
    dropping,
    indexes,
    maintenance,
    modes,
    routines,
    rows,
    schemas,
    settings,
    tables,
    truncating,
    views,
)
from advisor.migrations.static.postgresql import types as types_
from advisor.migrations.static.postgresql.alter import alter_table
from advisor.migrations.static.postgresql.run import Run

_Handler = Callable[[Cursor, Run], None]

_VERBS: dict[str, _Handler] = {
    "INSERT": rows.insert,
    "UPDATE": rows.update,
    "DELETE": rows.delete,
    "MERGE": rows.merge,
    "COPY": rows.copy,
    "SELECT": rows.select,
    "VALUES": rows.select,
    "TABLE": rows.select,
    "WITH": rows.with_query,
    "LOCK": rows.lock_table,
    "TRUNCATE": truncating.truncate,
    "REINDEX": indexes.reindex,
    "REFRESH": views.refresh,
    "VACUUM": maintenance.vacuum,
    "ANALYZE": maintenance.analyze,
    "ANALYSE": maintenance.analyze,
    "CLUSTER": maintenance.cluster,
    "COMMENT": maintenance.comment,
    "DO": routines.do_block,
    "CALL": routines.call,
    "SET": settings.set_,
    "RESET": settings.reset,
}
#: Statements that touch no table.
_QUIET = frozenset(
    """
    GRANT REVOKE BEGIN START COMMIT ROLLBACK END SAVEPOINT RELEASE ABORT SHOW EXPLAIN NOTIFY LISTEN UNLISTEN DISCARD
    CHECKPOINT LOAD PREPARE DEALLOCATE DECLARE FETCH MOVE CLOSE REASSIGN SECURITY IMPORT
    """.split()  # noqa: SIM905
)


def read(statement: Statement, run: Run) -> None:
    """Everything that one statement does. Raises Fails; what it cannot read is a doubt."""
    c = Cursor(statement, "postgresql")
    try:
        _read(c, run)
    except (Unexpected, ValueError, AssertionError, IndexError, RecursionError) as reason:
        run.doubt(f"the statement has a form that is not known: {str(reason)[:120]}")
        if not run.changes:
            run.change("other")


def _read(c: Cursor, run: Run) -> None:
    verb = c.token.upper
    if c.accept("CREATE"):
        _create(c, run)
    elif c.accept("ALTER"):
        _alter(c, run)
    elif c.accept("DROP"):
        _drop(c, run)
    elif verb in _VERBS:
        _VERBS[verb](c, run)
    elif c.sees("("):
        rows.select(c, run)
    elif verb in ("GRANT", "REVOKE"):
        run.change("privileges")
    elif verb in _QUIET:
        run.change("other")
    elif verb == "EXECUTE":
        run.change("other")
        run.hide("a prepared statement")
    else:
        raise Unexpected(f"unknown statement {c.token.text[:40]!r}")


def _create(c: Cursor, run: Run) -> None:
    replace = c.accept("OR", "REPLACE")
    temporary = unlogged = foreign = False
    while True:
        if c.accept_any("TEMPORARY", "TEMP"):
            temporary = True
        elif c.accept("UNLOGGED"):
            unlogged = True
        elif c.sees("FOREIGN", "TABLE"):
            c.next()
            foreign = True
        elif not c.accept_any("GLOBAL", "LOCAL", "RECURSIVE"):
            break
    if c.accept("TABLE"):
        tables.create(c, run, temporary=temporary, unlogged=unlogged, foreign=foreign)
    elif c.accept("UNIQUE", "INDEX") or c.accept("INDEX"):
        indexes.create(c, run, c.ahead(-2).upper == "UNIQUE")
    elif c.accept("VIEW"):
        views.create_view(c, run, replace=replace, temporary=temporary)
    elif c.accept("MATERIALIZED", "VIEW"):
        views.create_materialized_view(c, run)
    elif c.accept("CONSTRAINT", "TRIGGER") or c.accept("TRIGGER"):
        views.create_trigger(c, run)
    elif c.accept("POLICY"):
        views.policy(c, run)
    elif c.accept("RULE"):
        views.create_rule(c, run)
    elif c.accept("TYPE"):
        types_.create_type(c, run)
    elif c.accept("DOMAIN"):
        types_.create_domain(c, run)
    elif c.accept("FUNCTION") or c.accept("PROCEDURE"):
        routines.create_routine(c, run)
    elif c.accept("STATISTICS"):
        maintenance.create_statistics(c, run)
    else:
        schemas.create(c, run)


def _alter(c: Cursor, run: Run) -> None:
    if c.accept("TABLE") or c.accept("FOREIGN", "TABLE") or c.accept("MATERIALIZED", "VIEW") or c.accept("VIEW"):
        alter_table(c, run)
    elif c.accept("INDEX"):
        indexes.alter_index(c, run)
    elif c.accept("TYPE"):
        types_.alter_type(c, run)
    elif c.accept("DOMAIN"):
        types_.alter_domain(c, run)
    elif c.accept("POLICY"):
        views.policy(c, run)
    elif c.accept("TRIGGER"):
        name = c.identifier()
        c.expect("ON")
        table = run.table(c.name())
        assert table is not None
        run.lock(table, modes.ACCESS_EXCLUSIVE)
        run.change("other", table, name=name)
    elif c.accept("STATISTICS"):
        run.change("other", name=c.name().name)
    else:
        schemas.alter(c, run)


def _drop(c: Cursor, run: Run) -> None:
    if c.accept("TABLE") or c.accept("FOREIGN", "TABLE"):
        dropping.drop(c, run, "drop_table")
    elif c.accept("VIEW") or c.accept("MATERIALIZED", "VIEW"):
        dropping.drop(c, run, "drop_view")
    elif c.accept("INDEX"):
        indexes.drop(c, run)
    elif (word := c.token.upper) in ("TRIGGER", "POLICY", "RULE"):
        c.next()
        views.drop_on(c, run, word)
    else:
        schemas.drop(c, run)
