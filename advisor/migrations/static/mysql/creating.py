"""CREATE of a table, a view, a trigger."""

from __future__ import annotations

from dataclasses import replace

from advisor.catalog.ddl.cursor import Cursor, Unexpected
from advisor.catalog.ddl.lexer import Statement
from advisor.catalog.ddl.operations import CreateTable
from advisor.catalog.ddl.parse import parse
from advisor.migrations.static.mysql import failing, rows
from advisor.migrations.static.mysql.changes import created
from advisor.migrations.static.mysql.effects import metadata
from advisor.migrations.static.mysql.known import Known
from advisor.migrations.static.mysql.tables import MTable
from advisor.migrations.static.mysql.told import Told
from advisor.model.migration import Change, Failure, Lock, Work


def create_table(known: Known, statement: Statement, replaces: bool) -> Told:
    """CREATE TABLE, CREATE OR REPLACE TABLE; ``replaces``: an older table of the name goes."""
    operation = parse(statement, known.engine.name)
    if not isinstance(operation, CreateTable):
        return Told(changes=(Change(action="other"),))
    operation = replace(operation, columns=tuple(known.heeded(one) for one in operation.columns))
    old = known.state.find(operation.table)
    locks: list[Lock] = []
    work: list[Work] = []
    if old is not None and not operation.temporary:
        if operation.if_not_exists:
            done = created(operation, old, known.state, True)
            return Told(changes=tuple(done))
        if not replaces:
            message = f"Table '{old.name}' already exists"
            return Told(changes=tuple(created(operation, old, known.state, True)),
                         failure=Failure(message=message, code="1050"))  # fmt: skip
        locks.append(metadata(old.name, old.preexisting))
    sources = _read_for(known, statement) if operation.query is not None else []
    failure = known.missing(operation.like[0]) if operation.like else None
    table = known.state.create(operation)
    failure = failure or failing.made(operation, table, known.asked())
    if operation.query is not None:
        work.append(Work(kind="write", relation=table.name, preexisting=False))
        locks += known.rows_locked(sources)
        work += [Work(kind="scan", relation=one.name, preexisting=one.preexisting, online=True) for one in sources]
    done = created(operation, table, known.state, False)
    made = () if operation.temporary else (table.name,)
    return Told(tuple(locks), tuple(work), tuple(done), made, failure)


def _read_for(known: Known, statement: Statement) -> list[MTable]:
    return rows.sources_of(Cursor(statement, "mysql"), known.state)


def create_view(known: Known, statement: Statement) -> Told:
    """CREATE VIEW, ALTER VIEW."""
    name = None
    try:
        operation = parse(statement, known.engine.name)
        view = getattr(operation, "view", None)
        if view is not None:
            name = known.state.canonical(view)
            known.state.tables[name] = MTable(name, view=True, preexisting=False)
    except Unexpected:
        pass
    return Told(changes=(Change(action="create_view", table=name),), created=(name,) if name else ())


def create_trigger(known: Known, c: Cursor) -> Told:
    """CREATE TRIGGER."""
    c.until("TRIGGER")
    c.next()
    c.accept("IF", "NOT", "EXISTS")
    name = c.name().name
    c.until("ON")
    c.expect("ON")
    on = c.name()
    table, _ = known.table(on)
    known.triggers[name.lower()] = table.name
    done = (Change(action="create_trigger", table=table.name, name=name),)
    return Told((metadata(table.name, table.preexisting),), changes=done, failure=known.missing(on))
