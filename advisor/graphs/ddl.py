"""What a DDL statement of the workload or a migration does, through the parser that reads schema files."""

from __future__ import annotations

import re

from advisor.catalog.ddl.cursor import Unexpected
from advisor.catalog.ddl.lexer import statements
from advisor.catalog.ddl.operations import (
    Action,
    AlterIndex,
    AlterTable,
    CreateIndex,
    CreateTable,
    CreateView,
    Drop,
    Irrelevant,
    Name,
    NewColumn,
    RenameTables,
    Truncate,
)
from advisor.catalog.ddl.parse import parse
from advisor.graphs.graph import DdlAction, NotAnalysed
from advisor.model.engine import EngineName, dialect_of

_DDL = re.compile(
    r"\s*+(?>(?:/\*(?>(?:[^*]|\*(?!/))*)\*/\s*+|--[^\n]*+\n\s*+)*)(?:CREATE|ALTER|DROP|TRUNCATE|RENAME\s+TABLE|REINDEX|GRANT|REVOKE|COMMENT\s+ON)\b",
    re.IGNORECASE,
)
_QUERY = re.compile(r"\bSELECT\b", re.IGNORECASE)
_AS_QUERY = re.compile(r"\s*+CREATE\s.{0,2000}?\bAS\s*+\(?\s*+(?:SELECT|WITH)\b", re.IGNORECASE | re.DOTALL)
#: PostgreSQL functions whose DEFAULT makes ADD COLUMN rewrite the table (volatile).
_VOLATILE = re.compile(
    r"\b(?:random|gen_random_uuid|uuid_generate_v\d\w*|clock_timestamp|timeofday|nextval|uuidv[47]|gen_random_bytes)\s*+\(",
    re.IGNORECASE,
)
_ACTIONS = {
    "add_column": "add_column",
    "drop_column": "drop_column",
    "change_column": "alter_type",
    "alter_type": "alter_type",
    "set_not_null": "set_not_null",
    "add_constraint": "add_constraint",
    "rename_column": "rename",
    "rename_index": "rename",
    "rename_table": "rename",
    "set_schema": "rename",
    "drop_index": "drop_index",
}


def has_query(sql: str) -> bool:
    """True for CREATE TABLE/VIEW ... AS SELECT: the query inside is read as well."""
    return _QUERY.search(sql) is not None and _AS_QUERY.match(sql) is not None


def read(sql: str, engine: EngineName) -> list[DdlAction] | None:
    """The actions of a DDL statement; None when it is not DDL. Raises NotAnalysed when it is DDL of an unknown form."""
    if _DDL.match(sql) is None:
        return None
    found = list(statements(sql, dialect_of(engine)))
    if len(found) != 1 or found[0].note is not None:
        raise NotAnalysed(found[0].note or "several statements in one text" if found else "no statement in the text")
    try:
        operation = parse(found[0], engine)
    except Unexpected as reason:
        raise NotAnalysed(f"DDL of an unknown form: {reason}") from reason
    text = " ".join(sql.split())
    match operation:
        case CreateTable():
            return [DdlAction("create_table", _name(operation.table), sql=text)]
        case CreateIndex():
            return [
                DdlAction(
                    "create_index",
                    _name(operation.table),
                    operation.index.keys[0].column,
                    operation.index.name or None,
                    concurrently=operation.concurrently,
                    is_unique=operation.index.unique,
                    sql=text,
                )
            ]
        case Drop():
            return [_drop(operation, name, text) for name in operation.names]
        case Truncate():
            return [DdlAction("truncate", _name(name), sql=text) for name in operation.tables]
        case AlterTable():
            return [_alter(operation.table, action, text) for action in operation.actions]
        case RenameTables():
            return [DdlAction("rename", _name(old), object_name=_name(new), sql=text) for old, new in operation.renames]
        case CreateView():
            return [DdlAction("other", None, object_name=_name(operation.view), sql=text)]
        case AlterIndex():
            return [
                DdlAction(
                    "rename" if operation.action.kind == "rename_index" else "other",
                    None,
                    object_name=_name(operation.index),
                    sql=text,
                )
            ]
        case Irrelevant():
            return [DdlAction("other", None, sql=text)]
        case _:
            return [DdlAction("other", None, sql=text)]


def _name(name: Name) -> str:
    return name.name if name.schema in (None, "public", "main") else f"{name.schema}.{name.name}"


def _drop(operation: Drop, name: Name, text: str) -> DdlAction:
    if operation.kind == "index":
        table = _name(operation.table) if operation.table is not None else None
        return DdlAction("drop_index", table, object_name=name.name, concurrently=operation.concurrently, sql=text)
    if operation.kind == "table":
        return DdlAction("drop_table", _name(name), sql=text)
    return DdlAction("other", None, object_name=_name(name), sql=text)


def _alter(table: Name, action: Action, text: str) -> DdlAction:
    row = DdlAction(_ACTIONS.get(action.kind, "other"), _name(table), action.column, action.new_name, sql=text)
    if action.new is not None:
        _new_column(row, action.new)
    if action.type is not None:
        row.new_type = action.type
    constraint = action.constraint
    if constraint is not None:
        row.object_name = constraint.name
        row.column_name = constraint.keys[0].column if constraint.keys else None
        row.constraint_kind = constraint.kind
        row.not_valid = constraint.not_valid
        row.is_unique = constraint.kind in ("unique", "primary_key")
        if constraint.kind == "index":
            row.action, row.constraint_kind = "create_index", None
        elif constraint.using_index is not None:
            row.object_name = constraint.using_index
    return row


def _new_column(row: DdlAction, new: NewColumn) -> None:
    default = new.column.default
    row.new_type = new.column.type
    row.has_default = default is not None or new.column.generated is not None
    row.volatile_default = bool(default is not None and _VOLATILE.search(default)) or default == "nextval"
    if new.constraints:
        row.constraint_kind = new.constraints[0].kind
