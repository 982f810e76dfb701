"""ALTER and DROP: what they do to a table, and to others that refer to it."""

from __future__ import annotations

from dataclasses import replace

import msgspec

from advisor.catalog.ddl.constraints import add_column, add_constraint
from advisor.catalog.ddl.creating import attach
from advisor.catalog.ddl.cursor import Unexpected
from advisor.catalog.ddl.draft import Draft
from advisor.catalog.ddl.operations import Action, AlterIndex, AlterTable, Drop, NewColumn
from advisor.catalog.ddl.table import TableDraft


def alter_table(draft: Draft, operation: AlterTable) -> None:
    """Every action of an ALTER TABLE, on its partitions too. Raises Unexpected for a table that nobody made."""
    relevant = [a for a in operation.actions if a.kind != "other"]
    if not relevant:
        return
    table = draft.find(operation.table)
    if table is None:
        index = draft.index_named(operation.table.name)  # ALTER TABLE <index> RENAME is allowed
        if index is not None or all(a.kind in ("set_default", "set_identity") for a in relevant):
            return
        table = draft.required(operation.table)
    for action in relevant:
        _act(draft, table, action)
        if table.kind == "partitioned" and not operation.only and action.kind != "attach_partition":
            for child in [t for t in draft.tables.values() if t.partition_of == table.name]:
                _act(draft, child, _for_partition(action))


def _act(draft: Draft, table: TableDraft, action: Action) -> None:
    column = action.column or ""
    match action.kind:
        case "add_column" if action.new is not None:
            add_column(draft, table, action.new)
        case "drop_column":
            _drop_column(draft, table, column)
        case "change_column" if action.new is not None:
            _change_column(draft, table, column, action.new)
        case "alter_type":
            table.replace_column(column, type=action.type or "")
        case "set_not_null":
            table.replace_column(column, nullable=False)
        case "drop_not_null":
            table.replace_column(column, nullable=True)
        case "set_default":
            table.replace_column(column, default=action.value)
            if draft.engine == "postgresql" and (action.value or "").startswith("nextval("):
                table.replace_column(column, identity=True)
        case "drop_default":
            table.replace_column(column, default=None)
        case "set_identity":
            table.replace_column(column, identity=action.value is not None, identity_as=action.value)
        case "add_constraint" if action.constraint is not None:
            add_constraint(draft, table, action.constraint)
        case "drop_primary_key":
            table.indexes = [i for i in table.indexes if not i.primary]
        case "drop_constraint" | "drop_index":
            table.drop_named(action.new_name or "")
        case "rename_column":
            _rename_column(draft, table, column, action.new_name or "")
        case "rename_index":
            table.rename_index(column, action.new_name or "")
        case "rename_table" if action.name is not None:
            schema = action.name.schema or (table.schema if not draft.mysql else None)
            name = action.name.name
            draft.rename(table, name if schema in (None, draft.default_schema) else f"{schema}.{name}", schema)
        case "set_schema":
            schema, bare = action.new_name or "", table.name.rpartition(".")[2]
            draft.rename(table, bare if schema == draft.default_schema else f"{schema}.{bare}", schema)
        case "set_persistence":
            table.unlogged = action.value == "UNLOGGED"
        case "validate_constraint":
            table.not_valid.discard(action.new_name or "")
            table.foreign_keys = [
                msgspec.structs.replace(k, validated=True) if k.name == action.new_name else k
                for k in table.foreign_keys
            ]
        case "attach_partition" if action.name is not None:
            child = draft.required(action.name)
            attach(draft, child, table)
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


def _drop_column(draft: Draft, table: TableDraft, name: str) -> None:
    table.columns = [c for c in table.columns if c.name.lower() != name.lower()]
    keep = []
    for index in table.indexes:
        if not any((key.column or "").lower() == name.lower() for key in index.keys):
            keep.append(index)
        elif draft.mysql:  # MySQL takes the column out of the index; PostgreSQL drops the index
            keys = tuple(key for key in index.keys if (key.column or "").lower() != name.lower())
            if keys:
                keep.append(msgspec.structs.replace(index, keys=keys))
    table.indexes = keep
    table.foreign_keys = [k for k in table.foreign_keys if name not in k.columns]


def _change_column(draft: Draft, table: TableDraft, old: str, new: NewColumn) -> None:
    current = table.column(old)
    if current is None:
        return
    column = new.column
    if any(i.primary and any(k.column == current.name for k in i.keys) for i in table.indexes):
        column = msgspec.structs.replace(column, nullable=False)
    if column.name != current.name:
        _rename_column(draft, table, current.name, column.name)
    position = next(i for i, c in enumerate(table.columns) if c.name == column.name)
    table.columns[position] = column
    for constraint in new.constraints:
        add_constraint(draft, table, constraint)


def _rename_column(draft: Draft, table: TableDraft, old: str, new: str) -> None:
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
        msgspec.structs.replace(k, columns=tuple(new if c == old else c for c in k.columns)) for k in table.foreign_keys
    ]
    for other in draft.tables.values():
        other.foreign_keys = [
            msgspec.structs.replace(k, parent_columns=tuple(new if c == old else c for c in k.parent_columns))
            if k.parent == table.name
            else k
            for k in other.foreign_keys
        ]


def alter_index(draft: Draft, operation: AlterIndex) -> None:
    """An index's new name, or the parent's index that it belongs to. Raises Unexpected."""
    if operation.action.kind == "rename_index":
        found = draft.index_named(operation.index.name)
        if found is None:
            raise Unexpected(f"index {operation.index.name} is not in this file")
        found[0].rename_index(operation.index.name, operation.action.new_name or "")
    elif operation.action.kind == "attach_partition" and operation.action.name is not None:
        above, below = draft.owner_of(operation.index), draft.owner_of(operation.action.name)
        if above is not None and below is not None:
            attached = draft.qualified(above, next(i for i in above.indexes if i.name == operation.index.name))
            below.indexes = [
                msgspec.structs.replace(i, attached_to=attached) if i.name == operation.action.name.name else i
                for i in below.indexes
            ]


def drop(draft: Draft, operation: Drop) -> None:
    """Tables, views, indexes and schemas go; what is not there is passed over."""
    for name in operation.names:
        if operation.kind in ("table", "view"):
            table = draft.find(name)
            if table is not None:
                del draft.tables[table.name]
                for other in draft.tables.values():
                    other.foreign_keys = [k for k in other.foreign_keys if k.parent != table.name]
        elif operation.kind == "index":
            owner = draft.find(operation.table) if operation.table else None
            tables = [owner] if owner else list(draft.tables.values())
            for candidate in tables:
                candidate.indexes = [i for i in candidate.indexes if i.name != name.name]
        elif operation.kind == "schema":
            draft.tables = {k: t for k, t in draft.tables.items() if t.schema != name.name}


def _for_partition(action: Action) -> Action:
    """The same action on a partition: what it creates gets a name of its own."""
    constraint = action.constraint
    if constraint is None or constraint.kind in ("foreign_key", "check"):
        return action
    return replace(action, constraint=replace(constraint, name=None))
