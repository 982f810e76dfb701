"""A schema in the making: DDL operations are applied to it in the order of the file.

So a migration history reads as well as a dump: a table created, altered and renamed ends as it would in the server.
"""

from __future__ import annotations

import itertools
from dataclasses import replace

import msgspec

from advisor.catalog.ddl.columns import strip_parentheses
from advisor.catalog.ddl.cursor import Unexpected
from advisor.catalog.ddl.operations import (
    VOLATILITIES,
    Action,
    AlterIndex,
    AlterTable,
    Constraint,
    CreateFunction,
    CreateIndex,
    CreatePolicy,
    CreateTable,
    CreateTrigger,
    CreateType,
    CreateView,
    Drop,
    Irrelevant,
    Name,
    NewColumn,
    Operation,
    RenameTables,
    SetPath,
    Truncate,
)
from advisor.catalog.ddl.table import TableDraft, default_name, inherited, keys_id, leads
from advisor.model.catalog import ForeignKey, Index, IndexKey, Table
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

    # ------------------------------------------------------------------ names
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

    def _required(self, name: Name) -> TableDraft:
        table = self.find(name)
        if table is None:
            raise Unexpected(f"table {name.name} is not in this file")
        return table

    def freeze(self) -> dict[str, Table]:
        """The finished tables, by canonical name."""
        for table in self.tables.values():
            self._finish(table)
        return {key: table.freeze() for key, table in self.tables.items()}

    # ------------------------------------------------------------------ operations
    def apply(self, operation: Operation, line: int) -> None:
        """Applies one operation; raises Unexpected when it cannot be."""
        match operation:
            case Irrelevant() | Truncate():
                return
            case CreateTable():
                self._create_table(operation, line)
            case CreateIndex():
                self._create_index(operation)
            case CreateView():
                self._create_view(operation, line)
            case AlterTable():
                self._alter_table(operation)
            case AlterIndex():
                self._alter_index(operation)
            case Drop():
                self._drop(operation)
            case CreatePolicy():
                self._required(operation.table).policies.append(operation.policy)
            case CreateTrigger():
                self._required(operation.table).triggers.append(operation.trigger)
            case CreateType():
                for key in {operation.type.name, self.canonical(operation.type)}:
                    self.types[key] = operation.base
                    if operation.not_null or operation.check is not None:
                        self.constrained.add(key)
            case CreateFunction():
                for key in {operation.function.name, self.canonical(operation.function)}:
                    if operation.body is not None:
                        self.bodies[key] = operation.body
                    known = self.functions.get(key, "immutable")
                    self.functions[key] = max(known, operation.volatility, key=VOLATILITIES.index)
            case SetPath():
                self._set_path(operation)
            case RenameTables():
                for old, new in operation.renames:
                    self._rename(self._required(old), self.canonical(new), new.schema)

    def _set_path(self, operation: SetPath) -> None:
        if self.mysql:
            if self.default_schema is None:
                self.default_schema = operation.schemas[0]
            self.path = operation.schemas
        else:
            self.path = operation.schemas

    def _schema_of(self, name: Name) -> str | None:
        key = self.canonical(name)
        return self.default_schema if key == name.name else key.removesuffix(f".{name.name}")

    def _create_table(self, operation: CreateTable, line: int) -> None:
        key = self.canonical(operation.table)
        if operation.temporary or (operation.if_not_exists and key in self.tables):
            return
        table = TableDraft(key, self._schema_of(operation.table), line)
        table.storage_engine = operation.storage_engine or ("InnoDB" if self.mysql else None)
        table.partition_key = operation.partition_key
        table.charset = operation.charset or (operation.collation or "").partition("_")[0] or None
        table.collation, table.row_format = operation.collation, operation.row_format
        table.versioned = operation.versioned
        table.kind = "foreign" if operation.foreign else "table"
        if operation.partition_key is not None and not self.mysql:
            table.kind = "partitioned"
        options = itertools.chain(itertools.repeat("", len(operation.inherits)), operation.like_options)
        for source, including in itertools.zip_longest((*operation.inherits, *operation.like), options, fillvalue=""):
            parent = self.find(source) if isinstance(source, Name) else None
            if parent is not None:
                known = {column.name for column in table.columns}
                copied = (column for column in parent.columns if column.name not in known)
                if including and not self.mysql:
                    self._like(table, parent, including)
                table.columns.extend(copied)
                if self.mysql:
                    table.indexes.extend(parent.indexes)
                if source in operation.inherits:
                    table.checks.update(parent.checks)
        if operation.partition_of is not None:
            self._attach(table, self._required(operation.partition_of))
        for new in operation.columns:
            self._add_column(table, new, operation.charset, operation.collation)
        for constraint in operation.constraints:
            self._add_constraint(table, constraint)
        if operation.without_rowid:
            table.storage_engine = "without_rowid"
        table.definition = operation.query
        table.partition_bound = operation.partition_bound
        parents = (self.find(source) or self.canonical(source) for source in operation.inherits)
        table.inherits = tuple(one if isinstance(one, str) else one.name for one in parents)
        self.tables[key] = table

    def _like(self, table: TableDraft, source: TableDraft, options: str) -> None:
        """What LIKE ... INCLUDING takes over beside the columns."""

        def has(what: str) -> bool:
            every = "INCLUDING ALL" in options and f"EXCLUDING {what}" not in options
            return every or f"INCLUDING {what}" in options

        if has("CONSTRAINTS"):
            table.checks.update(source.checks)
        if has("INDEXES"):
            for index in source.indexes:
                suffix = "pkey" if index.primary else "key" if index.constraint else "idx"
                name = table.free_name(default_name(table.name, index.keys, suffix))
                table.indexes.append(msgspec.structs.replace(index, name=name, ddl=None, attached_to=None))

    def _attach(self, child: TableDraft, parent: TableDraft) -> None:
        child.partition_of = parent.name
        if child.kind == "table":
            child.kind = "partition"
        if not child.columns:
            child.columns = list(parent.columns)
        have = {keys_id(index) for index in child.indexes}
        for index in parent.indexes:
            if keys_id(index) not in have:
                name = child.free_name(default_name(child.name, index.keys, "pkey" if index.primary else "idx"))
                attached = self._qualified(parent, index)
                child.indexes.append(inherited(index, name, attached))
        have_keys = {(key.columns, key.parent) for key in child.foreign_keys}
        child.foreign_keys.extend(key for key in parent.foreign_keys if (key.columns, key.parent) not in have_keys)

    def _add_column(
        self, table: TableDraft, new: NewColumn, charset: str | None = None, collation: str | None = None
    ) -> None:
        column = new.column
        at = next((n for n, c in enumerate(table.columns) if c.name.lower() == column.name.lower()), None)
        if at is not None and table.columns.pop(at).nullable is False:  # merged with the one that is inherited
            column = msgspec.structs.replace(column, nullable=False)
        if self.mysql and _is_text(column.type) and column.charset is None and (charset or collation):
            column = msgspec.structs.replace(
                column,
                charset=(column.collation or "").partition("_")[0] or charset or (collation or "").partition("_")[0],
                collation=column.collation or collation,
            )
        table.columns.insert(len(table.columns) if at is None else at, column)
        for constraint in new.constraints:
            self._add_constraint(table, constraint)

    def _add_constraint(self, table: TableDraft, constraint: Constraint) -> None:
        kind = constraint.kind
        if kind == "check":
            name = constraint.name or f"{table.name}_check{len(table.checks) or ''}"
            table.checks[name] = strip_parentheses(constraint.expression or "")
            if constraint.not_valid:
                table.not_valid.add(name)
        elif kind == "not_null":
            table.replace_column(constraint.keys[0].column or "", nullable=False)
        elif kind == "foreign_key":
            self._add_foreign_key(table, constraint)
        elif constraint.using_index is not None:
            self._promote(table, constraint)
        else:
            self._add_index_constraint(table, constraint)

    def _add_index_constraint(self, table: TableDraft, constraint: Constraint) -> None:
        kind = constraint.kind
        primary = kind == "primary_key"
        keys = tuple(self._as_stored(table, key) for key in constraint.keys)
        if primary:
            for key in keys:
                if key.column is not None and not (self.engine == "sqlite" and not self._rowid_alias(table, keys)):
                    table.replace_column(key.column, nullable=False)
        name = constraint.name or self._constraint_name(table, kind, keys)
        table.indexes.append(
            Index(
                name=name,
                keys=keys,
                unique=kind in ("primary_key", "unique"),
                primary=primary,
                constraint=kind in ("primary_key", "unique", "exclude"),
                method=constraint.method or "btree",
                include=constraint.include,
                where=constraint.where,
                visible=constraint.visible,
                nulls_not_distinct=constraint.nulls_not_distinct,
            )
        )

    def _as_stored(self, table: TableDraft, key: IndexKey) -> IndexKey:
        if self.engine == "postgresql" and key.nulls_first is None:
            key = msgspec.structs.replace(key, nulls_first=key.descending)
        if key.column is None:
            return key
        column = table.column(key.column)
        return (
            msgspec.structs.replace(key, column=column.name)
            if column is not None and column.name != key.column
            else key
        )

    def _rowid_alias(self, table: TableDraft, keys: tuple[IndexKey, ...]) -> bool:
        column = table.column(keys[0].column or "") if len(keys) == 1 else None
        return column is not None and column.type == "integer"

    def _constraint_name(self, table: TableDraft, kind: str, keys: tuple[IndexKey, ...]) -> str:
        if self.mysql:
            first = keys[0].column or "functional_index"
            return "PRIMARY" if kind == "primary_key" else table.free_name(first, "_", 2)
        if self.engine == "sqlite":
            if kind == "primary_key" and self._rowid_alias(table, keys):
                return "rowid"  # the table's own tree
            automatic = sum(index.name.startswith("sqlite_autoindex_") for index in table.indexes)
            return f"sqlite_autoindex_{table.name}_{automatic + 1}"
        bare = table.name.rpartition(".")[2]
        if kind == "primary_key":
            return f"{bare}_pkey"
        return table.free_name(default_name(bare, keys, {"unique": "key", "exclude": "excl"}.get(kind, "idx")))

    def _promote(self, table: TableDraft, constraint: Constraint) -> None:
        for i, index in enumerate(table.indexes):
            if index.name == constraint.using_index:
                primary = constraint.kind == "primary_key"
                table.indexes[i] = msgspec.structs.replace(
                    index, name=constraint.name or index.name, primary=primary, unique=True, constraint=True
                )
                if primary:
                    for key in index.keys:
                        table.replace_column(key.column or "", nullable=False)
                return
        raise Unexpected(f"index {constraint.using_index} is not in this file")

    def _add_foreign_key(self, table: TableDraft, constraint: Constraint) -> None:
        assert constraint.parent is not None
        columns = tuple(self._as_stored(table, key).column or "" for key in constraint.keys)
        parent = self.find(constraint.parent)
        parent_name = parent.name if parent else self.canonical(constraint.parent)
        name = constraint.name
        if name is None and self.engine == "postgresql":
            name = f"{table.name.rpartition('.')[2]}_{'_'.join(columns)}_fkey"
        elif name is None and self.mysql:
            name = f"{table.name.rpartition('.')[2]}_ibfk_{len(table.foreign_keys) + 1}"
        table.foreign_keys.append(
            ForeignKey(
                name=name,
                columns=columns,
                parent=parent_name,
                parent_columns=constraint.parent_columns,
                validated=not constraint.not_valid,
                on_delete=constraint.on_delete,
                on_update=constraint.on_update,
            )
        )

    def _create_index(self, operation: CreateIndex) -> None:
        table = self._required(operation.table)
        index = operation.index
        keys = tuple(self._as_stored(table, key) for key in index.keys)
        bare = table.name.rpartition(".")[2]
        name = index.name or table.free_name(default_name(bare, keys, "idx"))
        if operation.if_not_exists and any(i.name == name for i in table.indexes):
            return
        table.indexes.append(msgspec.structs.replace(index, name=name, keys=keys))
        for child in [t for t in self.tables.values() if t.partition_of == table.name and not operation.only]:
            if keys_id(index) not in {keys_id(i) for i in child.indexes}:
                own = child.free_name(default_name(child.name.rpartition(".")[2], keys, "idx"))
                attached = self._qualified(table, msgspec.structs.replace(index, name=name))
                child.indexes.append(inherited(msgspec.structs.replace(index, keys=keys), own, attached))

    def _create_view(self, operation: CreateView, line: int) -> None:
        key = self.canonical(operation.view)
        current = self.tables.get(key)
        if current is not None and current.kind not in ("view", "materialized_view", "table"):
            return
        table = TableDraft(key, self._schema_of(operation.view), line)
        table.kind = "materialized_view" if operation.materialized else "view"
        table.definition = operation.query
        self.tables[key] = table

    # ------------------------------------------------------------------ ALTER, DROP, RENAME
    def _alter_table(self, operation: AlterTable) -> None:
        relevant = [a for a in operation.actions if a.kind != "other"]
        if not relevant:
            return
        table = self.find(operation.table)
        if table is None:
            index = self._index_named(operation.table.name)  # ALTER TABLE <index> RENAME is allowed
            if index is not None or all(a.kind in ("set_default", "set_identity") for a in relevant):
                return
            table = self._required(operation.table)
        for action in relevant:
            self._act(table, action)
            if table.kind == "partitioned" and not operation.only and action.kind != "attach_partition":
                for child in [t for t in self.tables.values() if t.partition_of == table.name]:
                    self._act(child, _for_partition(action))

    def _act(self, table: TableDraft, action: Action) -> None:
        column = action.column or ""
        match action.kind:
            case "add_column" if action.new is not None:
                self._add_column(table, action.new)
            case "drop_column":
                self._drop_column(table, column)
            case "change_column" if action.new is not None:
                self._change_column(table, column, action.new)
            case "alter_type":
                table.replace_column(column, type=action.type or "")
            case "set_not_null":
                table.replace_column(column, nullable=False)
            case "drop_not_null":
                table.replace_column(column, nullable=True)
            case "set_default":
                table.replace_column(column, default=action.value)
                if self.engine == "postgresql" and (action.value or "").startswith("nextval("):
                    table.replace_column(column, identity=True)
            case "drop_default":
                table.replace_column(column, default=None)
            case "set_identity":
                table.replace_column(column, identity=action.value is not None)
            case "add_constraint" if action.constraint is not None:
                self._add_constraint(table, action.constraint)
            case "drop_primary_key":
                table.indexes = [i for i in table.indexes if not i.primary]
            case "drop_constraint" | "drop_index":
                table.drop_named(action.new_name or "")
            case "rename_column":
                self._rename_column(table, column, action.new_name or "")
            case "rename_index":
                table.rename_index(column, action.new_name or "")
            case "rename_table" if action.name is not None:
                schema = action.name.schema or (table.schema if not self.mysql else None)
                name = action.name.name
                self._rename(table, name if schema in (None, self.default_schema) else f"{schema}.{name}", schema)
            case "set_schema":
                schema, bare = action.new_name or "", table.name.rpartition(".")[2]
                self._rename(table, bare if schema == self.default_schema else f"{schema}.{bare}", schema)
            case "validate_constraint":
                table.not_valid.discard(action.new_name or "")
                table.foreign_keys = [
                    msgspec.structs.replace(k, validated=True) if k.name == action.new_name else k
                    for k in table.foreign_keys
                ]
            case "attach_partition" if action.name is not None:
                child = self._required(action.name)
                self._attach(child, table)
                child.partition_bound = action.value
            case "row_security":
                table.rls_enabled = action.value == "enable"
            case "inherit" if action.name is not None:
                return
            case "cluster_on":
                table.indexes = [msgspec.structs.replace(i, clustered=i.name == action.new_name) for i in table.indexes]
            case "replica_identity":
                table.indexes = [
                    msgspec.structs.replace(i, replica_identity=i.name == action.new_name) for i in table.indexes
                ]
            case "partition_by":
                table.partition_key = action.value
            case "storage_engine":
                table.storage_engine = action.value
            case "index_visibility":
                table.indexes = [
                    msgspec.structs.replace(i, visible=action.value == "on") if i.name == action.new_name else i
                    for i in table.indexes
                ]
            case _:
                return

    def _drop_column(self, table: TableDraft, name: str) -> None:
        table.columns = [c for c in table.columns if c.name.lower() != name.lower()]
        keep = []
        for index in table.indexes:
            if not any((key.column or "").lower() == name.lower() for key in index.keys):
                keep.append(index)
            elif self.mysql:  # MySQL takes the column out of the index; PostgreSQL drops the index
                keys = tuple(key for key in index.keys if (key.column or "").lower() != name.lower())
                if keys:
                    keep.append(msgspec.structs.replace(index, keys=keys))
        table.indexes = keep
        table.foreign_keys = [k for k in table.foreign_keys if name not in k.columns]

    def _change_column(self, table: TableDraft, old: str, new: NewColumn) -> None:
        current = table.column(old)
        if current is None:
            return
        column = new.column
        if any(i.primary and any(k.column == current.name for k in i.keys) for i in table.indexes):
            column = msgspec.structs.replace(column, nullable=False)
        if column.name != current.name:
            self._rename_column(table, current.name, column.name)
        position = next(i for i, c in enumerate(table.columns) if c.name == column.name)
        table.columns[position] = column
        for constraint in new.constraints:
            self._add_constraint(table, constraint)

    def _rename_column(self, table: TableDraft, old: str, new: str) -> None:
        table.replace_column(old, name=new)
        table.indexes = [
            msgspec.structs.replace(
                index,
                keys=tuple(msgspec.structs.replace(k, column=new) if k.column == old else k for k in index.keys),
                include=tuple(new if c == old else c for c in index.include),
            )
            for index in table.indexes
        ]
        table.foreign_keys = [
            msgspec.structs.replace(k, columns=tuple(new if c == old else c for c in k.columns))
            for k in table.foreign_keys
        ]
        for other in self.tables.values():
            other.foreign_keys = [
                msgspec.structs.replace(k, parent_columns=tuple(new if c == old else c for c in k.parent_columns))
                if k.parent == table.name
                else k
                for k in other.foreign_keys
            ]

    def _rename(self, table: TableDraft, key: str, schema: str | None) -> None:
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

    def _index_named(self, name: str) -> tuple[TableDraft, Index] | None:
        for table in self.tables.values():
            for index in table.indexes:
                if index.name == name:
                    return table, index
        return None

    def _alter_index(self, operation: AlterIndex) -> None:
        if operation.action.kind == "rename_index":
            found = self._index_named(operation.index.name)
            if found is None:
                raise Unexpected(f"index {operation.index.name} is not in this file")
            found[0].rename_index(operation.index.name, operation.action.new_name or "")
        elif operation.action.kind == "attach_partition" and operation.action.name is not None:
            above, below = self._owner(operation.index), self._owner(operation.action.name)
            if above is not None and below is not None:
                attached = self._qualified(above, next(i for i in above.indexes if i.name == operation.index.name))
                below.indexes = [
                    msgspec.structs.replace(i, attached_to=attached) if i.name == operation.action.name.name else i
                    for i in below.indexes
                ]

    def _owner(self, index: Name) -> TableDraft | None:
        """The table of an index; an index without a schema is in the first table that has one of its name."""
        schema = index.schema or next((part for part in self.path if part != "$user"), None)
        having = [table for table in self.tables.values() if any(i.name == index.name for i in table.indexes)]
        return next((t for t in having if t.schema == schema), having[0] if having and not index.schema else None)

    def _qualified(self, table: TableDraft, index: Index) -> str:
        """An index's canonical name: it is in its table's schema."""
        schema = table.schema if table.schema and table.name.startswith(f"{table.schema}.") else None
        return f"{schema}.{index.name}" if schema else index.name

    def _drop(self, operation: Drop) -> None:
        for name in operation.names:
            if operation.kind in ("table", "view"):
                table = self.find(name)
                if table is not None:
                    del self.tables[table.name]
                    for other in self.tables.values():
                        other.foreign_keys = [k for k in other.foreign_keys if k.parent != table.name]
            elif operation.kind == "index":
                owner = self.find(operation.table) if operation.table else None
                tables = [owner] if owner else list(self.tables.values())
                for candidate in tables:
                    candidate.indexes = [i for i in candidate.indexes if i.name != name.name]
            elif operation.kind == "schema":
                self.tables = {k: t for k, t in self.tables.items() if t.schema != name.name}

    # ------------------------------------------------------------------ what the server adds by itself
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


def _for_partition(action: Action) -> Action:
    """The same action on a partition: what it creates gets a name of its own."""
    constraint = action.constraint
    if constraint is None or constraint.kind in ("foreign_key", "check"):
        return action
    return replace(action, constraint=replace(constraint, name=None))


def _is_text(type_text: str) -> bool:
    return type_text.startswith(("varchar", "char", "text", "tinytext", "mediumtext", "longtext", "enum", "set"))
