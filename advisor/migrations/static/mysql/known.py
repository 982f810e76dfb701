"""The schema, the session and the server that a statement meets."""

from __future__ import annotations

from dataclasses import replace

from advisor.catalog.ddl.operations import Name, NewColumn
from advisor.migrations.static.mysql import failing
from advisor.migrations.static.mysql.alter import Alter
from advisor.migrations.static.mysql.asked import Asked
from advisor.migrations.static.mysql.operations import known_series, version_of
from advisor.migrations.static.mysql.session import Session
from advisor.migrations.static.mysql.state import State
from advisor.migrations.static.mysql.tables import MTable
from advisor.model.catalog import Catalog
from advisor.model.engine import Engine
from advisor.model.migration import Failure, Lock, MigrationStatement


class Known:
    """What is known as a statement begins: the schema after those before it, the session, the version."""

    def __init__(self, catalog: Catalog | None, engine: Engine) -> None:
        self.engine = engine
        self.mariadb = engine.name == "mariadb"
        self.version = version_of(engine.name, engine.version)
        self.catalog = catalog
        self.state = State(catalog)
        self.session = Session()
        self.triggers = {
            trigger.lower(): name
            for name, one in (catalog.tables if catalog else {}).items()
            for trigger in one.triggers
        }
        self.notes: list[str] = []
        self.behind = False
        self.opaque: MigrationStatement | None = None
        """The last statement that may have made or dropped anything."""
        """A statement before may have made or dropped tables that nobody saw."""
        if engine.version is None or not engine.version[:1].isdigit():
            shown = ".".join(str(part) for part in self.version)
            product = "MariaDB" if self.mariadb else "MySQL"
            self.notes.append(f"the server's version is not known: {product} {shown} is assumed")
        elif not known_series(engine.name, self.version):
            known = "MariaDB 10.0 to 12" if self.mariadb else "MySQL 5.6 to 9"
            self.notes.append(f"the rules are those of {known}: {engine.version} is told by the nearest of them")

    def table(self, name: Name) -> tuple[MTable, str | None]:
        """The table of a name, or an empty one; and why its columns are not known, where they are not."""
        table = self.state.find(name)
        if table is not None:
            return table, f"columns of {table.name} are not known" if table.guessed else None
        shown = self.state.canonical(name)
        return MTable(shown), f"the schema has no table {shown}: its columns and indexes are not known"

    def whole(self) -> bool:
        """Would the schema tell of a table if it were there?"""
        known = self.catalog is not None and bool(self.catalog.tables) and not self.catalog.unread
        return known and self.state.schema is None and not self.behind

    def missing(self, name: Name, *, dropped: bool = False) -> Failure | None:
        """A table that is certainly not there."""
        here = name.schema in (None, self.state.default) and self.state.find(name) is None
        if not here or not self.whole():
            return None
        return failing.missing(self.state.canonical(name), dropped=dropped)

    def asked(self) -> Asked:
        """Under what failures are told."""
        return Asked(self.state, self.mariadb, self.session.switches.foreign_key_checks, self.whole())

    def heed(self, alter: Alter) -> None:
        """Takes from new columns what the server would not heed."""
        for clause in alter.clauses:
            if clause.new is not None:
                clause.new = self.heeded(clause.new)

    def heeded(self, new: NewColumn) -> NewColumn:
        """REFERENCES beside a column is read and forgotten before MySQL 9.0 and MariaDB 10.5."""
        if self.version >= ((10, 5) if self.mariadb else (9, 0)):
            return new
        return replace(new, constraints=tuple(one for one in new.constraints if one.kind != "foreign_key"))

    def parents(self, table: MTable, alter: Alter) -> list[MTable]:
        """Tables that foreign keys name: those of the table, and those that the statement adds."""
        names = [key.parent for key in table.foreign_keys]
        found = [self.state.tables[name] for name in names if name in self.state.tables]
        for clause in alter.clauses:
            if clause.constraint is not None and clause.constraint.parent is not None:
                parent = self.state.find(clause.constraint.parent)
                if parent is not None:
                    found.append(parent)
        return list({one.name: one for one in found}.values())

    def rows_locked(self, sources: list[MTable]) -> list[Lock]:
        """InnoDB locks every row that CREATE TABLE ... SELECT and INSERT ... SELECT read, until they end
        (InnoDB, Locks Set by Different SQL Statements); not under READ COMMITTED. As with rows that an UPDATE locks,
        only who writes to those waits: the table stays open."""
        if self.session.read_committed:
            return []
        return [
            Lock(
                relation=one.name,
                mode="ROWS SHARED",
                blocks_reads=False,
                blocks_writes=False,
                preexisting=one.preexisting,
            )
            for one in sources
        ]
