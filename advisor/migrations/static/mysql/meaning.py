"""The operation that a clause is on a table, by which the manual tells how it runs."""

from __future__ import annotations

from dataclasses import replace

from advisor.catalog.ddl.constraints import textual
from advisor.migrations.static.mysql.alter import Alter
from advisor.migrations.static.mysql.clauses import Clause
from advisor.migrations.static.mysql.column_types import canonical_charset, retyped
from advisor.migrations.static.mysql.defaults import varies
from advisor.migrations.static.mysql.operations import Meant
from advisor.migrations.static.mysql.tables import MTable, column_of, leads
from advisor.migrations.static.mysql.way import Switches

#: Options for which every row is written anew.
_REBUILDING = frozenset({"ROW_FORMAT", "KEY_BLOCK_SIZE", "PAGE_COMPRESSED", "PAGE_COMPRESSION_LEVEL"})
_ENCRYPTION = frozenset({"ENCRYPTION", "ENCRYPTED", "ENCRYPTION_KEY_ID"})


def meant_by(clause: Clause, table: MTable, alter: Alter, engine: str, switches: Switches) -> list[Meant]:
    """The operations of one clause, by the table before the statement; none where it changes nothing."""
    match clause.kind:
        case "add_column" if clause.new is not None:
            if clause.conditional and table.column(clause.column) is not None:
                return []
            return _added(clause, table, engine, switches)
        case "drop_column":
            return _dropped(clause, table)
        case "change_column" if clause.new is not None:
            return _changed(clause, table, engine, switches)
        case "rename_column":
            return [Meant("rename_column")]
        case "set_default":
            return [Meant("set_default")]
        case "add_constraint" if clause.constraint is not None:
            return _constrained(clause, table, alter, switches)
        case "drop_primary_key":
            if any(_adds_primary(one) for one in alter.clauses):
                return [Meant("replace_primary_key")]
            unique = [i for i in table.indexes if i.unique and not i.primary and i.columns and not any(i.prefixes)]
            if engine == "mariadb" and any(all(_not_null(table, c) for c in i.columns) for i in unique):
                return [Meant("replace_primary_key")]  # the unique key takes its place
            return [Meant("drop_primary_key")]
        case "drop_index":
            if clause.conditional and table.columns and table.index(clause.name) is None:
                return []
            return [Meant("drop_index")]
        case "drop_foreign_key":
            return [Meant("drop_foreign_key")]
        case "drop_constraint":
            if table.index(clause.name) is not None:
                return [Meant("drop_index")]
            keyed = any((one.name or "").lower() == (clause.name or "").lower() for one in table.foreign_keys)
            return [Meant("drop_foreign_key" if keyed else "drop_check")]
        case "drop_check":
            return [Meant("drop_check")]
        case "alter_check":
            return [Meant("check_enforce" if clause.value == "on" else "drop_check")]
        case "rename_index":
            return [Meant("rename_index")]
        case "index_visibility":
            return [Meant("index_visibility")]
        case "rename_table":
            return [Meant("rename_table")]
        case "convert_charset":
            return _converted(clause, table, engine)
        case "force":
            return [Meant("force_fulltext" if _fulltext(table) and engine == "mysql" else "force")]
        case "order_by":
            primary = table.primary is not None and table.engine == "innodb" and engine == "mysql"
            return [Meant("table_metadata" if primary else "order_by")]
        case "versioning":
            return [Meant(f"versioning_{clause.value}")]
        case "period":
            return [Meant("modify_type")]
        case "partition_by" | "remove_partitioning" | "tablespace":
            return [Meant(clause.kind)]
        case "option":
            return _option(clause, table, engine)
        case _:
            return []


def _converted(clause: Clause, table: MTable, engine: str) -> list[Meant]:
    """CONVERT TO CHARACTER SET is the change of every column of text; TEXT may become MEDIUMTEXT by it."""
    if not table.columns or engine == "mysql":
        return [Meant("convert_charset")]
    found: list[Meant] = []
    for column in table.columns:
        if not textual(column.type) or (column.charset is None and canonical_charset(clause.name) is None):
            continue
        if column.charset is None and table.charset is None:
            return [Meant("convert_charset")]
        old = replace(column, charset=column.charset or table.charset, collation=column.collation or table.collation)
        new = replace(column, charset=clause.name, collation=clause.value)
        texts = "text" in column.type and canonical_charset(old.charset) != canonical_charset(new.charset)
        change = Meant("convert_charset") if texts else retyped(old, new, table, engine)
        if change is not None:
            found.append(change)
    return found or [Meant("table_metadata")]


def _fulltext(table: MTable) -> bool:
    return any(one.method == "fulltext" for one in table.indexes)


def _not_null(table: MTable, name: str) -> bool:
    column = table.column(name)
    return column is not None and not column.nullable


def _adds_primary(clause: Clause) -> bool:
    if clause.constraint is not None and clause.constraint.kind == "primary_key":
        return True
    return clause.new is not None and any(one.kind == "primary_key" for one in clause.new.constraints)


def _option(clause: Clause, table: MTable, engine: str) -> list[Meant]:
    name, value = clause.name or "", (clause.value or "").lower()
    if name == "ENGINE":
        if value != table.engine:
            return [Meant("engine")]
        return [Meant("force_fulltext" if _fulltext(table) and engine == "mysql" else "force")]
    if name in _REBUILDING:
        return [Meant("row_format")]
    if name == "TABLESPACE" and engine == "mysql":
        return [Meant("row_format")]
    if name in _ENCRYPTION:
        return [Meant("encryption")]
    if name in ("CHARSET", "COLLATE"):
        return [Meant("default_charset")]
    if name in ("CHECKSUM", "TABLE_CHECKSUM", "AUTO_INCREMENT") and not table.engine.startswith("innodb"):
        return [Meant("modify_type")]
    return [Meant("table_metadata")]


def _added(clause: Clause, table: MTable, engine: str, switches: Switches) -> list[Meant]:
    assert clause.new is not None
    column = clause.new.column
    found: list[Meant] = []
    if column.generated is not None:
        virtual = not column.stored
        word = "add_column_virtual" if virtual else "add_column_stored"
        found.append(Meant(word + ("_partitioned" if virtual and table.partition_key else "")))
    elif column.identity:
        found.append(Meant("add_column_auto_increment"))
    elif varies(column.default):
        found.append(Meant("add_column_expression"))
    else:
        last = table.columns[-1].name.lower() if table.columns else None
        placed = clause.moved and (clause.after is None or clause.after.lower() != last)
        found.append(Meant("add_column_placed" if placed else "add_column"))
    for constraint in clause.new.constraints:
        if constraint.kind == "check":
            if engine == "mysql":
                found.append(Meant("add_check"))
        elif constraint.kind == "primary_key":
            found.append(Meant("add_primary_key", "PRIMARY"))
        elif constraint.kind == "foreign_key":
            found.extend(_foreign(table, (column.name.lower(),), constraint.name, switches))
        elif constraint.kind == "unique":
            found.append(Meant("add_index", constraint.name or column.name))
    return found


def _dropped(clause: Clause, table: MTable) -> list[Meant]:
    column = table.column(clause.column)
    if column is None:
        return [] if clause.conditional and table.columns else [Meant("drop_column")]
    if column.generated == "virtual":
        return [Meant("drop_column_virtual"), *([Meant("drop_index")] if table.indexed(column.name) else [])]
    if column.generated == "stored":
        return [Meant("drop_column_stored")]
    return [Meant("drop_column_indexed" if table.indexed(column.name) else "drop_column")]


def _constrained(clause: Clause, table: MTable, alter: Alter, switches: Switches) -> list[Meant]:
    constraint = clause.constraint
    assert constraint is not None
    columns = tuple((key.column or "").lower() for key in constraint.keys)
    if clause.conditional and table.index(constraint.name) is not None:
        return []
    if constraint.kind == "check":
        return [Meant("add_check")]
    if constraint.kind == "foreign_key":
        added = {
            tuple((key.column or "").lower() for key in one.constraint.keys)[: len(columns)]
            for one in alter.clauses
            if one.constraint is not None and one.constraint.kind in ("index", "unique", "primary_key")
        }
        return _foreign(table, columns, constraint.name, switches, columns in added)
    if constraint.kind == "primary_key":
        if any(one.kind == "drop_primary_key" for one in alter.clauses):
            return []
        return [Meant("add_primary_key", "PRIMARY")]
    name = constraint.name or (columns[0] if columns and columns[0] else "functional_index")
    if constraint.method == "fulltext":
        again = _fulltext(table) or table.column("FTS_DOC_ID") is not None
        return [Meant("add_fulltext" if again else "add_fulltext_first", name)]
    if constraint.method in ("spatial", "rtree"):
        return [Meant("add_spatial", name)]
    new_virtual = any(
        one.new is not None and one.kind == "add_column" and one.new.column.generated is not None
        and not one.new.column.stored and one.new.column.name.lower() in columns
        for one in alter.clauses
    )  # fmt: skip
    return [Meant("add_index_new_virtual" if new_virtual else "add_index", name)]


def _foreign(
    table: MTable, columns: tuple[str, ...], name: str | None, switches: Switches, indexed: bool = False
) -> list[Meant]:
    if switches.foreign_key_checks:
        return [Meant("add_foreign_key_checked")]
    if indexed or leads(table, columns):
        return [Meant("add_foreign_key")]
    return [Meant("add_foreign_key_index", name or (columns[0] if columns else None))]


def _changed(clause: Clause, table: MTable, engine: str, switches: Switches) -> list[Meant]:
    assert clause.new is not None
    old = table.column(clause.column)
    if old is None:
        if table.columns and clause.conditional:
            return []
        why = f"the schema has no column {clause.column} of {table.name}: whether its type changes is not known"
        return [Meant("modify_type", uncertain=why)]
    new = column_of(clause.new, table)
    in_key = table.primary is not None and old.name.lower() in table.primary.columns
    found: list[Meant] = []
    typed = retyped(old, new, table, engine)
    if typed is not None:
        found.append(typed)
    if new.auto_increment != old.auto_increment and new.auto_increment:
        found.append(Meant("modify_type"))
    becomes_key = any(one.kind == "primary_key" for one in clause.new.constraints)
    if old.nullable and not new.nullable and not becomes_key:
        found.append(Meant("set_not_null" if switches.strict or engine == "mariadb" else "modify_type"))
    elif not old.nullable and new.nullable and not in_key and not new.auto_increment:
        redundant = table.row_format == "redundant"
        found.append(Meant("drop_not_null_redundant" if redundant and engine == "mariadb" else "drop_not_null"))
    if new.name.lower() != old.name.lower():
        found.append(Meant("rename_column"))
    if clause.moved:
        generated = old.generated is not None
        found.append(Meant("reorder_virtual" if generated else "reorder"))
    for constraint in clause.new.constraints:
        if constraint.kind == "primary_key" and not in_key:
            found.append(Meant("add_primary_key", "PRIMARY"))
        elif constraint.kind == "unique":
            found.append(Meant("add_index", constraint.name or new.name))
        elif constraint.kind == "check":
            found.append(Meant("add_check" if engine == "mysql" else "modify_type"))
    return found or [Meant("column_metadata")]
