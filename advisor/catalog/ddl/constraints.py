"""A column or a constraint joins a table: the index it brings, and the names a server would give."""

from __future__ import annotations

import msgspec

from advisor.catalog.ddl.cursor import Unexpected
from advisor.catalog.ddl.draft import Draft
from advisor.catalog.ddl.operations import Constraint, NewColumn
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.catalog.ddl.table import TableDraft, default_name
from advisor.model.catalog import ForeignKey, Index, IndexKey


def add_column(
    draft: Draft, table: TableDraft, new: NewColumn, charset: str | None = None, collation: str | None = None
) -> None:
    """At the end, or merged with an inherited one of its name. ``charset``, ``collation``: of the table, for MySQL."""
    column = new.column
    at = next((n for n, c in enumerate(table.columns) if c.name.lower() == column.name.lower()), None)
    if at is not None and table.columns.pop(at).nullable is False:  # merged with the one that is inherited
        column = msgspec.structs.replace(column, nullable=False)
    if draft.mysql and textual(column.type) and column.charset is None and (charset or collation):
        column = msgspec.structs.replace(
            column,
            charset=(column.collation or "").partition("_")[0] or charset or (collation or "").partition("_")[0],
            collation=column.collation or collation,
        )
    table.columns.insert(len(table.columns) if at is None else at, column)
    for constraint in new.constraints:
        add_constraint(draft, table, constraint)


def add_constraint(draft: Draft, table: TableDraft, constraint: Constraint) -> None:
    """With the index it brings, and the NOT NULL of a primary key. Raises Unexpected for an index that is not there."""
    kind = constraint.kind
    if kind == "check":
        name = constraint.name or f"{table.name}_check{len(table.checks) or ''}"
        table.checks[name] = strip_parentheses(constraint.expression or "")
        if constraint.not_valid:
            table.not_valid.add(name)
    elif kind == "not_null":
        table.replace_column(constraint.keys[0].column or "", nullable=False)
    elif kind == "foreign_key":
        _add_foreign_key(draft, table, constraint)
    elif constraint.using_index is not None:
        _promote(draft, table, constraint)
    else:
        _add_index_constraint(draft, table, constraint)


def _add_index_constraint(draft: Draft, table: TableDraft, constraint: Constraint) -> None:
    kind = constraint.kind
    primary = kind == "primary_key"
    keys = tuple(as_stored(draft, table, key) for key in constraint.keys)
    if primary:
        for key in keys:
            if key.column is not None and not (draft.engine == "sqlite" and not _rowid_alias(draft, table, keys)):
                table.replace_column(key.column, nullable=False)
    name = constraint.name or _constraint_name(draft, table, kind, keys)
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
            timing=constraint.clauses,
        )
    )


def as_stored(draft: Draft, table: TableDraft, key: IndexKey) -> IndexKey:
    """A key as a server's catalog tells it: the column as it was declared, PostgreSQL's order of NULLs."""
    if draft.engine == "postgresql" and key.nulls_first is None:
        key = msgspec.structs.replace(key, nulls_first=key.descending)
    if key.column is None:
        return key
    column = table.column(key.column)
    return msgspec.structs.replace(key, column=column.name) if column is not None and column.name != key.column else key


def _rowid_alias(draft: Draft, table: TableDraft, keys: tuple[IndexKey, ...]) -> bool:
    column = table.column(keys[0].column or "") if len(keys) == 1 else None
    return column is not None and column.type == "integer"


def _constraint_name(draft: Draft, table: TableDraft, kind: str, keys: tuple[IndexKey, ...]) -> str:
    if draft.mysql:
        first = keys[0].column or "functional_index"
        return "PRIMARY" if kind == "primary_key" else table.free_name(first, "_", 2)
    if draft.engine == "sqlite":
        if kind == "primary_key" and _rowid_alias(draft, table, keys):
            return "rowid"  # the table's own tree
        automatic = sum(index.name.startswith("sqlite_autoindex_") for index in table.indexes)
        return f"sqlite_autoindex_{table.name}_{automatic + 1}"
    bare = table.name.rpartition(".")[2]
    if kind == "primary_key":
        return f"{bare}_pkey"
    return table.free_name(default_name(bare, keys, {"unique": "key", "exclude": "excl"}.get(kind, "idx")))


def _promote(draft: Draft, table: TableDraft, constraint: Constraint) -> None:
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


def _add_foreign_key(draft: Draft, table: TableDraft, constraint: Constraint) -> None:
    assert constraint.parent is not None
    columns = tuple(as_stored(draft, table, key).column or "" for key in constraint.keys)
    parent = draft.find(constraint.parent)
    parent_name = parent.name if parent else draft.canonical(constraint.parent)
    name = constraint.name
    if name is None and draft.engine == "postgresql":
        name = f"{table.name.rpartition('.')[2]}_{'_'.join(columns)}_fkey"
    elif name is None and draft.mysql:
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
            clauses=constraint.clauses,
        )
    )


def textual(type_text: str) -> bool:
    """Has a type of MySQL a character set?"""
    return type_text.startswith(("varchar", "char", "text", "tinytext", "mediumtext", "longtext", "enum", "set"))
