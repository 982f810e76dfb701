"""What recipes need to know of the schema around a statement."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.handbook.ddl import quoted, quoted_table
from advisor.model.catalog import Catalog, Column, Index, Table
from advisor.model.check import Step
from advisor.model.engine import Engine
from advisor.model.migration import Change

#: Rows of a batch: some tens of milliseconds, and what a replica takes in without falling behind.
BATCH = 1000
LOCK_TIMEOUT = "SET lock_timeout = '2s'"


@dataclass(frozen=True, slots=True)
class Ground:
    """The schema before the statement, and whose it is."""

    engine: Engine
    catalog: Catalog | None
    before: tuple[Change, ...] = ()
    """What earlier statements of the run change: ``catalog`` is older than they."""
    defaults: Mapping[str, str | None] = field(default_factory=dict)
    """That other clauses of the statement give its columns; None: they take it away."""

    @property
    def major(self) -> int:
        """Of PostgreSQL; the newest known where the version is not."""
        text = (self.engine.version or "").split(".")[0]
        return int(text) if text.isdigit() else 18

    def table(self, name: str | None) -> Table | None:
        """As the catalog has it."""
        return self.catalog.tables.get(name) if self.catalog is not None and name is not None else None

    def column(self, table: str | None, name: str | None) -> Column | None:
        """A column of it."""
        known = self.table(table)
        return next((one for one in known.columns if one.name == name), None) if known is not None else None

    def primary(self, table: str | None) -> Index | None:
        """The index of its primary key."""
        known = self.table(table)
        return next((one for one in known.indexes if one.primary), None) if known is not None else None

    def partitions(self, table: str | None) -> list[str]:
        """Those directly below a partitioned table."""
        if self.catalog is None:
            return []
        return sorted(one.name for one in self.catalog.tables.values() if one.partition_of == table)

    def sql(self, name: str) -> str:
        """An identifier."""
        return quoted(name, self.engine.name)

    def sql_table(self, name: str) -> str:
        """A table's canonical name."""
        return quoted_table(name, self.engine.name)

    def children(self, table: str | None) -> list[str]:
        """Tables directly below, by PARTITION OF or INHERITS."""
        if self.catalog is None:
            return []
        return sorted(
            one.name for one in self.catalog.tables.values() if one.partition_of == table or table in one.inherits
        )

    def beside(self, table: str, name: str) -> str:
        """A name (as it is, not yet quoted) in the table's schema, as SQL."""
        schema = table.rpartition(".")[0]
        return f"{self.sql(schema)}.{self.sql(name)}" if schema else self.sql(name)

    def key(self, table: str | None) -> str:
        """Columns that tell rows apart, as SQL: the primary key, else PostgreSQL's ctid (of one file of a family)."""
        primary = self.primary(table)
        names = [key.column for key in primary.keys if key.column] if primary is not None else []
        apart = "tableoid, ctid" if self.children(table) else "ctid"
        if names and self.children(table) and (known := self.table(table)) is not None and known.kind != "partitioned":
            return apart  # a key of the parent by INHERITS says nothing of its children
        return ", ".join(self.sql(name) for name in names) or apart

    def free(self, table: str, *columns: str, suffix: str, base: str | None = None) -> str:
        """``table_columns_suffix`` as the server would make it: of 63 bytes at most, and not taken.

        ``base`` stands there instead of the table's name.
        """
        first, taken = base or short(table), self._taken(table)
        name, number = made(first, *columns, suffix=suffix), 1
        while name in taken:
            name, number = made(first, *columns, suffix=f"{suffix}{number}"), number + 1
        return name

    def _taken(self, table: str) -> set[str]:
        """Names of the relations and indexes of a schema, and of the table's constraints."""
        schema = table.rpartition(".")[0]
        tables = self.catalog.tables.values() if self.catalog is not None else ()
        found = set()
        for one in tables:
            if one.name.rpartition(".")[0] == schema:
                found |= {short(one.name), *(index.name for index in one.indexes)}
        known = self.table(table)
        if known is not None:
            found |= {*known.check_names, *(key.name for key in known.foreign_keys if key.name)}
        return found


def short(name: str) -> str:
    """The name without its schema."""
    return name.rpartition(".")[2]


def made(first: str, *others: str, suffix: str) -> str:
    """A name out of parts, of 63 bytes at most: the longer of table and columns gives way (makeObjectName)."""
    middle = "_".join(others)
    while len(f"{first}_{middle}_{suffix}".encode()) > 63 + (0 if middle else 1):
        if len(first.encode()) > len(middle.encode()):
            first = first[:-1]
        else:
            middle = middle[:-1]
    return f"{first}_{middle}_{suffix}" if middle else f"{first}_{suffix}"


def alone(*sql: str, note: str = "") -> Step:
    """Statements that commit each by itself."""
    return Step(sql=sql, transaction=False, note=note)


def locked(*sql: str, note: str = "") -> Step:
    """One short transaction that gives up rather than queue."""
    return Step(sql=(LOCK_TIMEOUT, *sql), transaction=False, note=note)


def together(*sql: str, note: str = "") -> Step:
    """One short transaction of several statements that gives up rather than queue."""
    return Step(sql=("SET LOCAL lock_timeout = '2s'", *sql), transaction=True, note=note)
