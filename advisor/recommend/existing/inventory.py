"""The indexes of a catalog by the names that planners give them, with their sizes."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from advisor.model.catalog import Catalog, Index, Table
from advisor.model.engine import EngineName
from advisor.model.indexing import IndexDefinition
from advisor.model.snapshot import Relation, Snapshot
from advisor.recommend.definition import of_existing

Key = tuple[str, str]
"""Canonical table and index name."""


@dataclass(frozen=True, slots=True)
class Existing:
    """One index of one table."""

    table: Table
    index: Index
    engine: EngineName
    schema: str | None
    """Of the table, the default one by its name."""

    @property
    def key(self) -> Key:
        """Its identity."""
        return self.table.name, self.index.name

    @property
    def bare_table(self) -> str:
        """The table's name without its schema."""
        return bare(self.table)

    @property
    def definition(self) -> IndexDefinition:
        """Without its name."""
        return of_existing(self.index, self.table, self.engine)

    @property
    def shown(self) -> str:
        """For a sentence: with the schema where that is not the default one, in MySQL with the table."""
        mysql = self.engine in ("mysql", "mariadb")
        owner = self.table.name if mysql else self.table.name.removesuffix(self.bare_table).rstrip(".")
        return f"{owner}.{self.index.name}" if owner else self.index.name

    @property
    def hidden(self) -> str:
        """As `Configuration.hide` takes it."""
        if self.engine != "postgresql":
            return f"{self.table.name}.{self.index.name}" if self.engine != "sqlite" else self.index.name
        parts = [part for part in (self.schema, self.index.name) if part]
        if any("." in part or '"' in part for part in parts):
            parts = ['"' + part.replace('"', '""') + '"' for part in parts]
        return ".".join(parts)

    @property
    def planned(self) -> str:
        """As `Judged.existing` names it, folded."""
        owner = self.schema if self.engine == "postgresql" else self.bare_table
        name = f"{owner}.{self.index.name}" if owner else self.index.name
        return name if self.engine == "postgresql" else name.lower()


class Inventory:
    """All indexes of a catalog."""

    def __init__(self, catalog: Catalog, snapshot: Snapshot | None = None) -> None:
        """``snapshot`` tells present sizes; without it those of the catalog count, where it has any."""
        self.catalog = catalog
        self.engine: EngineName = catalog.engine.name
        self.default_schema = catalog.default_schema or (None if snapshot is None else snapshot.header.database)
        """Of tables that have none in the catalog: MySQL's is the database that was captured."""
        self.all: list[Existing] = [
            Existing(table, index, self.engine, table.schema or self.default_schema)
            for table in catalog.tables.values()
            for index in table.indexes
        ]
        self.by_key = {one.key: one for one in self.all}
        self._above: dict[Key, Existing] = {}
        self._below: dict[Key, list[Existing]] = defaultdict(list)
        by_name = {self._canonical(one): one for one in self.all}
        for one in self.all:
            above = by_name.get(one.index.attached_to or "")
            if above is not None:
                self._above[one.key] = above
                self._below[above.key].append(one)
        self._by_plan = {one.planned: one for one in self.all}
        self._of_table: dict[str, list[Existing]] = defaultdict(list)
        for one in self.all:
            self._of_table[one.table.name].append(one)
        self._relations: dict[tuple[str | None, str | None, str], Relation] = {}
        self._block = 8192
        if snapshot is not None:
            self._block = snapshot.header.block_size
            for relation in snapshot.relations:
                if relation.kind in ("index", "partitioned_index"):
                    self._relations[relation.schema, relation.table, relation.name] = relation

    @property
    def roots(self) -> list[Existing]:
        """Without partitions' indexes that belong to one of the partitioned table."""
        return [one for one in self.all if one.index.attached_to is None]

    def of_table(self, table: str) -> list[Existing]:
        """A table's own indexes, in catalog order."""
        return self._of_table.get(table, [])

    def family(self, one: Existing) -> list[Existing]:
        """The index and, of a partitioned table, those of the partitions at every depth."""
        found = [one]
        for member in found:
            found += self._below.get(member.key, ())
        return found

    def root(self, one: Existing) -> Existing:
        """The index of the topmost partitioned table that this one is attached to, else itself."""
        while one.key in self._above:
            one = self._above[one.key]
        return one

    def used_in(self, names: Iterable[str]) -> set[Key]:
        """The indexes that a plan names (`Judged.existing`), a partition's by its root. Others are left out."""
        found = set()
        for name in names:
            one = self._by_plan.get(name if self.engine == "postgresql" else name.lower())
            if one is not None:
                found.add(self.root(one).key)
        return found

    def relation(self, one: Existing) -> Relation | None:
        """What the snapshot has of it."""
        for schema in (one.schema, "main" if self.engine == "sqlite" else None):
            found = self._relations.get((schema, one.bare_table, one.index.name))
            if found is not None:
                return found
        return None

    def pages(self, one: Existing) -> int | None:
        """Pages now, where somebody counted; else of the last VACUUM or ANALYZE."""
        relation = self.relation(one)
        if relation is None:
            return None if one.index.bytes is None else one.index.bytes // self._block
        return relation.pages if relation.blocks is None else relation.blocks

    def bytes(self, one: Existing) -> int | None:
        """With those of its partitions. None: not known."""
        counted = [self.pages(member) for member in self.family(one)]
        known = [pages for pages in counted if pages is not None]
        return sum(known) * self._block if known else None

    def appended(self, table: Table) -> tuple[str, ...]:
        """Columns that the engine appends to every B-tree's key: InnoDB's and SQLite's primary key (MySQL manual,
        "Clustered and Secondary Indexes"; SQLite's file format, section 2.5)."""
        primary = next((index for index in table.indexes if index.primary), None)
        if primary is None or any(key.column is None or key.prefix is not None for key in primary.keys):
            return ()
        columns = tuple(key.column for key in primary.keys if key.column is not None)
        if self.engine == "sqlite":
            return columns if primary.name == "rowid" or table.storage_engine == "without_rowid" else ()
        clustered = self.engine in ("mysql", "mariadb") and (table.storage_engine or "InnoDB").lower() == "innodb"
        return columns if clustered else ()

    def _canonical(self, one: Existing) -> str:
        schema = one.table.name.removesuffix(one.bare_table).rstrip(".")
        return f"{schema}.{one.index.name}" if schema else one.index.name


def bare(table: Table) -> str:
    """A table's name without its schema; both may hold dots."""
    if table.schema and table.name.startswith(f"{table.schema}."):
        return table.name[len(table.schema) + 1 :]
    return table.name if table.schema else table.name.rpartition(".")[2]
