"""CREATE: a table with what it takes over from others, an index with those of the partitions, a view."""

from __future__ import annotations

import itertools

import msgspec

from advisor.catalog.ddl.constraints import add_column, add_constraint, as_stored
from advisor.catalog.ddl.draft import Draft
from advisor.catalog.ddl.operations import CreateIndex, CreateTable, CreateView, Name
from advisor.catalog.ddl.table import TableDraft, default_name, inherited, keys_id


def create_table(draft: Draft, operation: CreateTable, line: int) -> None:
    """Its columns, constraints and options, with what LIKE, INHERITS and PARTITION OF take over."""
    key = draft.canonical(operation.table)
    if operation.temporary or (operation.if_not_exists and key in draft.tables):
        return
    table = TableDraft(key, draft.schema_of(operation.table), line)
    table.storage_engine = operation.storage_engine or ("InnoDB" if draft.mysql else None)
    table.partition_key = operation.partition_key
    table.charset = operation.charset or (operation.collation or "").partition("_")[0] or None
    table.collation, table.row_format = operation.collation, operation.row_format
    table.versioned = operation.versioned
    table.unlogged = operation.unlogged if draft.engine == "postgresql" else None
    table.kind = "foreign" if operation.foreign else "table"
    if operation.partition_key is not None and not draft.mysql:
        table.kind = "partitioned"
    options = itertools.chain(itertools.repeat("", len(operation.inherits)), operation.like_options)
    for source, including in itertools.zip_longest((*operation.inherits, *operation.like), options, fillvalue=""):
        parent = draft.find(source) if isinstance(source, Name) else None
        if parent is not None:
            known = {column.name for column in table.columns}
            copied = (column for column in parent.columns if column.name not in known)
            if including and not draft.mysql:
                _like(table, parent, including)
            table.columns.extend(copied)
            if draft.mysql:
                table.indexes.extend(parent.indexes)
            if source in operation.inherits:
                table.checks.update(parent.checks)
    if operation.partition_of is not None:
        attach(draft, table, draft.required(operation.partition_of))
    for new in operation.columns:
        add_column(draft, table, new, operation.charset, operation.collation)
    for constraint in operation.constraints:
        add_constraint(draft, table, constraint)
    if operation.without_rowid:
        table.storage_engine = "without_rowid"
    table.definition = operation.query
    table.partition_bound = operation.partition_bound
    parents = (draft.find(source) or draft.canonical(source) for source in operation.inherits)
    table.inherits = tuple(one if isinstance(one, str) else one.name for one in parents)
    draft.tables[key] = table


def _like(table: TableDraft, source: TableDraft, options: str) -> None:
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


def attach(draft: Draft, child: TableDraft, parent: TableDraft) -> None:
    """A partition takes over its parent's indexes and foreign keys."""
    child.partition_of = parent.name
    if child.kind == "table":
        child.kind = "partition"
    if not child.columns:
        child.columns = list(parent.columns)
    have = {keys_id(index) for index in child.indexes}
    for index in parent.indexes:
        if keys_id(index) not in have:
            name = child.free_name(default_name(child.name, index.keys, "pkey" if index.primary else "idx"))
            attached = draft.qualified(parent, index)
            child.indexes.append(inherited(index, name, attached))
    have_keys = {(key.columns, key.parent) for key in child.foreign_keys}
    child.foreign_keys.extend(key for key in parent.foreign_keys if (key.columns, key.parent) not in have_keys)


def create_index(draft: Draft, operation: CreateIndex) -> None:
    """On a table, and on the partitions that it has. Raises Unexpected for a table that nobody made."""
    table = draft.required(operation.table)
    index = operation.index
    keys = tuple(as_stored(draft, table, key) for key in index.keys)
    bare = table.name.rpartition(".")[2]
    name = index.name or table.free_name(default_name(bare, keys, "idx"))
    if operation.if_not_exists and any(i.name == name for i in table.indexes):
        return
    table.indexes.append(msgspec.structs.replace(index, name=name, keys=keys))
    for child in [t for t in draft.tables.values() if t.partition_of == table.name and not operation.only]:
        if keys_id(index) not in {keys_id(i) for i in child.indexes}:
            own = child.free_name(default_name(child.name.rpartition(".")[2], keys, "idx"))
            attached = draft.qualified(table, msgspec.structs.replace(index, name=name))
            child.indexes.append(inherited(msgspec.structs.replace(index, keys=keys), own, attached))


def create_view(draft: Draft, operation: CreateView, line: int) -> None:
    """A view or materialised view; one that was there is replaced."""
    key = draft.canonical(operation.view)
    current = draft.tables.get(key)
    if current is not None and current.kind not in ("view", "materialized_view", "table"):
        return
    table = TableDraft(key, draft.schema_of(operation.view), line)
    table.kind = "materialized_view" if operation.materialized else "view"
    table.definition = operation.query
    draft.tables[key] = table
