"""ALTER TABLE and ALTER INDEX."""

from __future__ import annotations

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.operations import Action, AlterIndex, AlterTable, Name

_ROW_SECURITY = ("ROW", "LEVEL", "SECURITY")


def alter_table(c: Cursor, columns: Columns) -> AlterTable:
    """The actions of an ALTER TABLE. A clause that changes nothing in a catalog is an ``other``."""
    c.accept("IF", "EXISTS")
    only = c.accept("ONLY")
    table = c.name()
    c.accept("*")
    actions: list[Action] = []
    while not c.done:
        actions.extend(_action(c, columns, table))
        if not c.accept(","):
            break
    if not c.done:
        actions.append(Action("other", value=c.rest()))
    return AlterTable(table, tuple(actions), only)


def alter_index(c: Cursor) -> AlterIndex:
    """ALTER INDEX."""
    c.accept("IF", "EXISTS")
    index = c.name()
    if c.accept("RENAME", "TO"):
        return AlterIndex(index, Action("rename_index", new_name=c.identifier()))
    if c.accept("ATTACH", "PARTITION"):
        return AlterIndex(index, Action("attach_partition", name=c.name()))
    return AlterIndex(index, Action("other", value=c.rest()))


def _action(c: Cursor, columns: Columns, table: Name) -> list[Action]:
    if c.accept("ADD"):
        return _add(c, columns)
    if c.accept("DROP"):
        return [_drop(c)]
    if c.accept("ALTER"):
        return [_alter(c, columns)]
    if columns.mysql and c.accept("MODIFY"):
        c.accept("COLUMN")
        c.accept("IF", "EXISTS")
        new = columns.column()
        return [Action("change_column", column=new.column.name, new=new)]
    if columns.mysql and c.accept("CHANGE"):
        c.accept("COLUMN")
        c.accept("IF", "EXISTS")
        old = c.identifier()
        return [Action("change_column", column=old, new=columns.column())]
    if c.accept("RENAME"):
        return [_rename(c)]
    if c.accept("ENABLE", *_ROW_SECURITY):
        return [Action("row_security", value="enable")]
    if c.accept("DISABLE", *_ROW_SECURITY):
        return [Action("row_security", value="disable")]
    if c.accept("VALIDATE", "CONSTRAINT"):
        return [Action("validate_constraint", column=None, new_name=c.identifier())]
    if c.accept("ATTACH", "PARTITION"):
        name = c.name()
        return [Action("attach_partition", name=name, value=c.rest().upper() if c.sees("DEFAULT") else c.rest())]
    if c.accept("SET", "SCHEMA"):
        return [Action("set_schema", new_name=c.identifier())]
    if c.accept("CLUSTER", "ON"):
        return [Action("cluster_on", new_name=c.identifier())]
    if c.accept("SET", "LOGGED") or c.accept("SET", "UNLOGGED"):
        return [Action("set_persistence", value=c.ahead(-1).upper)]
    if c.accept("SET", "WITHOUT", "CLUSTER"):
        return [Action("cluster_on")]
    if c.accept("REPLICA", "IDENTITY"):
        if c.accept("USING", "INDEX"):
            return [Action("replica_identity", new_name=c.identifier())]
        c.until(",")
        return [Action("replica_identity")]
    if c.accept("INHERIT"):
        return [Action("inherit", name=c.name())]
    if columns.mysql and c.accept("ENGINE"):
        c.accept("=")
        return [Action("storage_engine", value=c.identifier())]
    if columns.mysql and c.sees("PARTITION", "BY"):
        c.at += 2
        start = c.at
        c.next()
        c.accept("COLUMNS")
        c.skip_parenthesised()
        key = c.source(start, c.at)
        c.rest()
        return [Action("partition_by", value=key)]
    return [Action("other", value=c.until(","))]


def _add(c: Cursor, columns: Columns) -> list[Action]:
    if not c.sees("COLUMN") and columns.starts_constraint():
        if c.ahead(1).upper == "IF":  # MariaDB: ADD INDEX IF NOT EXISTS
            c.tokens[c.at + 1 : c.at + 4] = []
        return [Action("add_constraint", constraint=columns.constraint())]
    if c.sees("PARTITION") and columns.mysql:
        return [Action("other", value=c.until(","))]
    c.accept("COLUMN")
    c.accept("IF", "NOT", "EXISTS")
    if columns.mysql and c.accept("("):
        added: list[Action] = []
        while True:
            if columns.starts_constraint():
                added.append(Action("add_constraint", constraint=columns.constraint()))
            else:
                new = columns.column()
                added.append(Action("add_column", column=new.column.name, new=new))
            if not c.accept(","):
                break
        c.expect(")")
        return added
    new = columns.column()
    return [Action("add_column", column=new.column.name, new=new)]


def _drop(c: Cursor) -> Action:
    if c.accept("PRIMARY", "KEY"):
        return Action("drop_primary_key")
    if c.accept_any("INDEX", "KEY"):
        c.accept("IF", "EXISTS")
        return Action("drop_index", new_name=c.identifier())
    if c.accept("CONSTRAINT") or c.accept("FOREIGN", "KEY") or c.accept("CHECK"):
        c.accept("IF", "EXISTS")
        action = Action("drop_constraint", new_name=c.identifier())
        c.accept_any("CASCADE", "RESTRICT")
        return action
    if c.accept("PARTITION"):
        return Action("other", value=c.until(","))
    c.accept("COLUMN")
    c.accept("IF", "EXISTS")
    action = Action("drop_column", column=c.identifier())
    c.accept_any("CASCADE", "RESTRICT")
    return action


def _alter(c: Cursor, columns: Columns) -> Action:
    if c.accept("INDEX"):
        name = c.identifier()
        visible = c.accept_any("VISIBLE", "INVISIBLE", "IGNORED", "NOT")
        c.accept("IGNORED")
        return Action("index_visibility", new_name=name, value="on" if visible in ("VISIBLE", "NOT") else "off")
    if c.accept("CONSTRAINT") or c.accept("CHECK"):
        return Action("other", value=c.until(","))
    c.accept("COLUMN")
    column = c.identifier()
    if c.accept("SET", "DATA", "TYPE") or c.accept("TYPE"):
        type_text, _, _ = columns.type_name()
        rest = c.until(",")
        collation = rest.split()[1].strip('"') if rest.upper().startswith("COLLATE ") else None
        return Action("alter_type", column=column, type=type_text, value=collation)
    if c.accept("SET", "NOT", "NULL"):
        return Action("set_not_null", column=column)
    if c.accept("DROP", "NOT", "NULL"):
        return Action("drop_not_null", column=column)
    if c.accept("SET", "DEFAULT"):
        return Action("set_default", column=column, value=c.until(","))
    if c.accept("DROP", "DEFAULT"):
        return Action("drop_default", column=column)
    if c.accept("ADD", "GENERATED"):
        return Action("set_identity", column=column, value=f"GENERATED {c.until(',')}")
    if c.accept("DROP", "IDENTITY"):
        c.accept("IF", "EXISTS")
        return Action("set_identity", column=column)
    return Action("other", column=column, value=c.until(","))


def _rename(c: Cursor) -> Action:
    if c.accept("TO") or c.accept("AS"):
        return Action("rename_table", name=c.name())
    if c.accept_any("INDEX", "KEY"):
        old = c.identifier()
        c.expect("TO")
        return Action("rename_index", column=old, new_name=c.identifier())
    if c.accept("CONSTRAINT"):
        old = c.identifier()
        c.expect("TO")
        return Action("rename_index", column=old, new_name=c.identifier())
    if c.accept("COLUMN") or c.ahead(1).upper == "TO":
        c.accept("IF", "EXISTS")
        old = c.identifier()
        c.expect("TO")
        return Action("rename_column", column=old, new_name=c.identifier())
    return Action("rename_table", name=c.name())
