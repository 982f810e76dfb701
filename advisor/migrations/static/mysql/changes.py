"""What the clauses of an ALTER TABLE are, in the words that every engine shares."""

from __future__ import annotations

from typing import Literal

from advisor.catalog.ddl.operations import Constraint, CreateTable, NewColumn
from advisor.migrations.static.mysql.alter import Alter
from advisor.migrations.static.mysql.clauses import Clause
from advisor.migrations.static.mysql.defaults import varies
from advisor.migrations.static.mysql.state import State
from advisor.migrations.static.mysql.tables import MTable, column_of
from advisor.model.migration import Change, ChangeAction

_PARTITION: dict[str, ChangeAction] = {
    "ADD": "create_partition",
    "DROP": "drop_partition",
    "TRUNCATE": "truncate_partition",
    "REORGANIZE": "reorganize_partition",
    "COALESCE": "reorganize_partition",
    "REBUILD": "rebuild",
    "OPTIMIZE": "rebuild",
    "ANALYZE": "analyze",
    "EXCHANGE": "exchange_partition",
    "CONVERT": "detach_partition",
    "CONVERT TABLE": "attach_partition",
}
Filled = Literal["none", "constant", "stable", "volatile", "serial", "identity", "stored", "virtual"]


def changes(alter: Alter, table: MTable, state: State) -> list[Change]:
    """One or more a clause, by the schema before it."""
    found: list[Change] = []
    for clause in alter.clauses:
        found.extend(_of(clause, table, state))
    return found


def _of(clause: Clause, table: MTable, state: State) -> list[Change]:
    name = table.name
    match clause.kind:
        case "add_column" if clause.new is not None:
            exists = clause.conditional and table.column(clause.column) is not None
            return [added(clause.new, table, exists, clause.conditional), *_own(clause.new, table, state)]
        case "drop_column":
            old = table.column(clause.column)
            missing = clause.conditional and old is None and bool(table.columns)
            return [
                Change(action="drop_column", table=name, column=old.name if old else clause.column,
                       old_type=old.type if old else None, conditional=clause.conditional, no_op=missing)
            ]  # fmt: skip
        case "change_column" if clause.new is not None:
            return _changed(clause, table, state)
        case "rename_column":
            return [Change(action="rename_column", table=name, column=clause.column, new_name=clause.new_name)]
        case "set_default":
            action: ChangeAction = "set_default" if clause.value is not None else "drop_default"
            return [Change(action=action, table=name, column=clause.column, expression=clause.value)]
        case "add_constraint" if clause.constraint is not None:
            return [constrained(clause.constraint, table, state, clause.conditional)]
        case "drop_primary_key":
            return [Change(action="drop_constraint", table=name, name="PRIMARY")]
        case "drop_index":
            return [_index(clause, table)]
        case "drop_foreign_key" | "drop_check" | "drop_constraint":
            if clause.kind == "drop_constraint" and table.index(clause.name) is not None:
                return [_index(clause, table)]
            return [Change(action="drop_constraint", table=name, name=clause.name, conditional=clause.conditional)]
        case "rename_index":
            return [Change(action="rename_index", table=name, name=clause.name, new_name=clause.new_name)]
        case "index_visibility":
            return [Change(action="alter_index", table=name, name=clause.name, expression=clause.value)]
        case "rename_table" if clause.table is not None:
            return [Change(action="rename_table", table=name, new_name=state.canonical(clause.table))]
        case "convert_charset":
            return [Change(action="convert_charset", table=name, name=clause.name, expression=clause.value)]
        case "force" | "order_by":
            return [Change(action="rebuild", table=name)]
        case "option":
            return [_option(clause, name)]
        case "partition_by":
            return [Change(action="partition_by", table=name, expression=clause.value)]
        case "remove_partitioning":
            return [Change(action="partition_by", table=name, expression="none")]
        case "partition":
            other = state.canonical(clause.table) if clause.table is not None else None
            action = _PARTITION.get(clause.name or "", "other")
            return [Change(action=action, table=name, name=", ".join(clause.partitions) or None, parent=other)]
        case _:
            return [Change(action="other", table=name, name=clause.kind)]


def _index(clause: Clause, table: MTable) -> Change:
    old = table.index(clause.name)
    missing = clause.conditional and old is None and bool(table.columns)
    return Change(
        action="drop_index",
        table=table.name,
        name=old.name if old else clause.name,
        columns=old.columns if old else (),
        unique=old.unique if old else False,
        conditional=clause.conditional,
        no_op=missing,
    )


def _option(clause: Clause, table: str) -> Change:
    match clause.name:
        case "ENGINE":
            return Change(action="set_engine", table=table, expression=clause.value)
        case "ROW_FORMAT" | "KEY_BLOCK_SIZE":
            return Change(action="row_format", table=table, expression=clause.value)
        case "COMMENT":
            return Change(action="comment", table=table)
        case _:
            return Change(action="set_options", table=table, name=(clause.name or "").lower(), expression=clause.value)


def added(new: NewColumn, table: MTable, exists: bool = False, conditional: bool = False) -> Change:
    """A new column."""
    column = column_of(new, table)
    kind: Filled = "none"
    if column.generated is not None:
        kind = "virtual" if column.generated == "virtual" else "stored"
    elif column.auto_increment:
        kind = "identity"
    elif column.default is not None:
        kind = "volatile" if varies(column.default) else "constant"
    return Change(
        action="add_column",
        table=table.name,
        column=column.name,
        new_type=column.type,
        expression=column.expression or column.default,
        default_kind=kind,
        nullable=column.nullable,
        conditional=conditional,
        no_op=exists,
    )


def _own(new: NewColumn, table: MTable, state: State) -> list[Change]:
    return [constrained(one, table, state) for one in new.constraints]


def _changed(clause: Clause, table: MTable, state: State) -> list[Change]:
    assert clause.new is not None
    old, new = table.column(clause.column), column_of(clause.new, table)
    found: list[Change] = []
    label = old.name if old else clause.column
    if new.name.lower() != (label or "").lower():
        found.append(Change(action="rename_column", table=table.name, column=label, new_name=new.name))
    if old is None or old.type != new.type or (old.charset or new.charset) != (new.charset or old.charset):
        found.append(
            Change(
                action="alter_column_type",
                table=table.name,
                column=label,
                old_type=_typed(old),
                new_type=_typed(new),
                nullable=new.nullable,
            )
        )
    if old is not None and old.nullable != new.nullable:
        action: ChangeAction = "drop_not_null" if new.nullable else "set_not_null"
        found.append(Change(action=action, table=table.name, column=label, nullable=new.nullable))
    if old is not None and old.default != new.default:
        action = "drop_default" if new.default is None else "set_default"
        found.append(Change(action=action, table=table.name, column=label, expression=new.default))
    found.extend(_own(clause.new, table, state))
    if not found:
        found.append(Change(action="other", table=table.name, column=label, name="column options"))
    return found


def _typed(column: object) -> str | None:
    kind, charset = getattr(column, "type", None), getattr(column, "charset", None)
    return f"{kind} character set {charset}" if kind and charset else kind


def constrained(constraint: Constraint, table: MTable, state: State, conditional: bool = False) -> Change:
    """A key, an index, a check, a foreign key."""
    columns = tuple(key.column or f"({key.expression})" for key in constraint.keys)
    actions: dict[str, ChangeAction] = {
        "primary_key": "add_primary_key",
        "unique": "add_unique",
        "foreign_key": "add_foreign_key",
        "check": "add_check",
        "not_null": "add_not_null",
    }
    parent = None
    if constraint.parent is not None:
        known = state.find(constraint.parent)
        parent = known.name if known is not None else state.canonical(constraint.parent)
    return Change(
        action=actions.get(constraint.kind, "create_index"),
        table=table.name,
        columns=columns,
        name=constraint.name,
        parent=parent,
        parent_columns=constraint.parent_columns,
        unique=constraint.kind in ("unique", "primary_key"),
        method=constraint.method,
        expression=constraint.expression,
        conditional=conditional,
        no_op=conditional and table.index(constraint.name) is not None,
    )


def created(operation: CreateTable, table: MTable, state: State, exists: bool) -> list[Change]:
    """CREATE TABLE: the table, then its keys."""
    action: ChangeAction = "create_table_as" if operation.query is not None else "create_table"
    found = [
        Change(action=action, table=table.name, conditional=operation.if_not_exists, no_op=exists, method=table.engine)
    ]
    if not exists:
        for one in (*(own for new in operation.columns for own in new.constraints), *operation.constraints):
            if one.kind == "foreign_key":
                found.append(constrained(one, table, state))
    return found
