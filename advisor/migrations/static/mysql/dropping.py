"""DROP TABLE, DROP DATABASE and TRUNCATE, and the foreign keys that forbid them."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor
from advisor.migrations.static.mysql.effects import metadata
from advisor.migrations.static.mysql.known import Known
from advisor.migrations.static.mysql.tables import MTable
from advisor.migrations.static.mysql.told import Told
from advisor.model.migration import Change, Failure, Lock


def drop_table(known: Known, c: Cursor) -> Told:
    """DROP TABLE; it stays in the schema where a foreign key forbids it."""
    c.next()
    temporary = c.accept("TEMPORARY")
    c.accept("TABLE") or c.accept("TABLES")
    conditional = c.accept("IF", "EXISTS")
    locks: list[Lock] = []
    done: list[Change] = []
    before = dict(known.state.tables)
    lost: Failure | None = None
    checks = known.session.switches.foreign_key_checks
    while True:
        name = c.name()
        table = known.state.find(name)
        shown = table.name if table is not None else known.state.canonical(name)
        missing = table is None and conditional and bool(known.state.tables)
        if not temporary:
            if not missing:
                locks.append(metadata(shown, table.preexisting if table is not None else True))
            done.append(Change(action="drop_table", table=shown, conditional=conditional, no_op=missing))
        if table is None and not conditional and not temporary:
            lost = lost or known.missing(name, dropped=True)
        if table is not None and known.mariadb and checks:
            # One after the other; MySQL 8 looks at all of them together.
            lost = lost or _still_named(known, table)
        if table is not None:
            if not table.temporary:
                locks += [
                    metadata(
                        known.state.tables[key.parent].name, known.state.tables[key.parent].preexisting, reads=False
                    )
                    for key in table.foreign_keys
                    if key.parent in known.state.tables and known.state.tables[key.parent] is not table
                ]
            known.state.drop(name)
        if not c.accept(","):
            break
    kept = _still_referenced(known, before) if checks else None
    if kept is not None:
        known.state.tables = before
    return Told(tuple(locks), changes=tuple(done), failure=kept or lost)


def _still_named(known: Known, table: MTable) -> Failure | None:
    for other in known.state.tables.values():
        for key in other.foreign_keys:
            if key.parent == table.name and other is not table and not other.temporary:
                said = f"Cannot drop table '{table.name}': referenced by the foreign key {key.name} of '{other.name}'"
                return Failure(message=said, code="1451")
    return None


def _still_referenced(known: Known, before: dict[str, MTable]) -> Failure | None:
    """A table that another's foreign key names stays."""
    gone = set(before) - set(known.state.tables)
    for other in known.state.tables.values():
        for key in other.foreign_keys:
            if key.parent in gone and not other.temporary:
                said = f"Cannot drop table '{key.parent}': referenced by the foreign key {key.name} of '{other.name}'"
                return Failure(message=said, code="3730" if not known.mariadb else "1451")
    return None


def drop_database(known: Known, c: Cursor) -> Told:
    """DROP DATABASE, with all tables in it."""
    c.next()
    c.next()
    c.accept("IF", "EXISTS")
    name = c.identifier()
    inside = [
        key for key, one in known.state.tables.items()
        if key.rpartition(".")[0] == name or ("." not in key and known.state.default == name)
    ]  # fmt: skip
    locks = tuple(metadata(key, known.state.tables[key].preexisting) for key in inside)
    for key in inside:
        del known.state.tables[key]
    return Told(locks, changes=(Change(action="drop_schema", name=name),))


def truncate(known: Known, c: Cursor) -> Told:
    """TRUNCATE TABLE."""
    c.next()
    c.accept("TABLE")
    name = c.name()
    table, unknown = known.table(name)
    done = (Change(action="truncate", table=table.name),)
    failure = known.missing(name) or _named(known, table)
    locks = (metadata(table.name, table.preexisting),)
    return Told(locks, changes=done, failure=failure, unknown=unknown is not None)


def _named(known: Known, table: MTable) -> Failure | None:
    """TRUNCATE of a table that another's foreign key names."""
    if not known.session.switches.foreign_key_checks:
        return None
    for other in known.state.tables.values():
        for key in other.foreign_keys:
            if key.parent == table.name and other.name != table.name:
                said = f"Cannot truncate a table referenced in a foreign key constraint ({key.name} of {other.name})"
                return Failure(message=said, code="1701")
    return None
