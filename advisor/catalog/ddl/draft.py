"""A schema in the making: tables by name as a file's statements leave them, and what a server adds at the end."""

from __future__ import annotations

import msgspec

from advisor.catalog.ddl.cursor import Unexpected
from advisor.catalog.ddl.operations import Name
from advisor.catalog.ddl.table import TableDraft, leads
from advisor.model.catalog import Index, IndexKey, Table
from advisor.model.engine import EngineName


class Draft:
    """All tables of a schema file so far."""

    def __init__(self, engine: EngineName, default_schema: str | None = None) -> None:
        self.engine = engine
        self.mysql = engine in ("mysql", "mariadb")
        self.default_schema = default_schema or {"postgresql": "public", "sqlite": "main"}.get(engine)
        self.path: tuple[str, ...] = ()
        self.tables: dict[str, TableDraft] = {}
        self.types: dict[str, str] = {}
        self.constrained: set[str] = set()
        self.functions: dict[str, str] = {}
        self.bodies: dict[str, str] = {}
        self.parameters: dict[str, str | None] = {}

    def canonical(self, name: Name) -> str:
        """``schema.table``, without the default schema."""
        schema = name.schema
        if schema is None and self.path:
            first = next((part for part in self.path if part not in ("$user", "pg_catalog", "")), None)
            schema = first
        if schema is None or schema == self.default_schema:
            return name.name
        return f"{schema}.{name.name}"

    def find(self, name: Name) -> TableDraft | None:
        """The table a name means: by the search path, then by any schema when only one fits."""
        table = self.tables.get(self.canonical(name))
        if table is not None:
            return table
        if name.schema is None:
            for schema in self.path:
                table = self.tables.get(name.name if schema == self.default_schema else f"{schema}.{name.name}")
                if table is not None:
                    return table
        wanted = self.canonical(name).lower()
        hits = [t for key, t in self.tables.items() if key.lower() == wanted]
        return hits[0] if len(hits) == 1 else None

    def required(self, name: Name) -> TableDraft:
        """The table a name means. Raises Unexpected where the file has none."""
        table = self.find(name)
        if table is None:
            raise Unexpected(f"table {name.name} is not in this file")
        return table

    def schema_of(self, name: Name) -> str | None:
        """Of a table that a name would make."""
        key = self.canonical(name)
        return self.default_schema if key == name.name else key.removesuffix(f".{name.name}")

    def rename(self, table: TableDraft, key: str, schema: str | None) -> None:
        """A table gets another name, in every reference to it too."""
        old = table.name
        self.tables = {(key if k == old else k): t for k, t in self.tables.items()}
        table.name = key
        table.schema = schema or table.schema
        for other in self.tables.values():
            other.foreign_keys = [
                msgspec.structs.replace(k, parent=key) if k.parent == old else k for k in other.foreign_keys
            ]
            if other.partition_of == old:
                other.partition_of = key
            other.inherits = tuple(key if parent == old else parent for parent in other.inherits)

    def index_named(self, name: str) -> tuple[TableDraft, Index] | None:
        """The first index of a name, with its table."""
        for table in self.tables.values():
            for index in table.indexes:
                if index.name == name:
                    return table, index
        return None

    def owner_of(self, index: Name) -> TableDraft | None:
        """The table of an index; an index without a schema is in the first table that has one of its name."""
        schema = index.schema or next((part for part in self.path if part != "$user"), None)
        having = [table for table in self.tables.values() if any(i.name == index.name for i in table.indexes)]
        return next((t for t in having if t.schema == schema), having[0] if having and not index.schema else None)

    def qualified(self, table: TableDraft, index: Index) -> str:
        """An index's canonical name: it is in its table's schema."""
        schema = table.schema if table.schema and table.name.startswith(f"{table.schema}.") else None
        return f"{schema}.{index.name}" if schema else index.name

    def freeze(self) -> dict[str, Table]:
        """The finished tables, by canonical name."""
        for table in self.tables.values():
            self._finish(table)
        return {key: table.freeze() for key, table in self.tables.items()}

    def _finish(self, table: TableDraft) -> None:
        """Completes what a server derives: referenced columns, InnoDB's foreign-key indexes."""
        resolved = []
        for key in table.foreign_keys:
            parent = self.tables.get(key.parent)
            columns = key.parent_columns
            if parent is not None and not columns:
                primary = next((i for i in parent.indexes if i.primary), None)
                columns = tuple(k.column or "" for k in primary.keys) if primary else ()
            resolved.append(msgspec.structs.replace(key, parent_columns=columns))
        table.foreign_keys = resolved
        if self.mysql and (table.storage_engine or "").lower() == "innodb":
            for key in table.foreign_keys:
                if not any(leads(index, key.columns) for index in table.indexes):
                    name = table.free_name(key.name or key.columns[0])
                    table.indexes.append(
                        Index(name=name, keys=tuple(IndexKey(column=c) for c in key.columns), constraint=False)
                    )
