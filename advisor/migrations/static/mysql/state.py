"""All tables as a migration leaves them, statement after statement."""

from __future__ import annotations

from advisor.catalog.ddl.constraints import textual
from advisor.catalog.ddl.operations import Constraint, CreateTable, Name, NewColumn
from advisor.migrations.static.mysql.alter import Alter
from advisor.migrations.static.mysql.clauses import Clause
from advisor.migrations.static.mysql.tables import (
    MForeignKey,
    MIndex,
    MTable,
    cascades,
    column_of,
    leads,
    of_catalog,
)
from advisor.model.catalog import Catalog


class State:
    """All tables of a catalog, and of the statements after it."""

    def __init__(self, catalog: Catalog | None) -> None:
        self.tables: dict[str, MTable] = {}
        self.default = catalog.default_schema if catalog is not None else None
        self.schema: str | None = None
        """That of USE; None: the default one."""
        for name, table in (catalog.tables if catalog is not None else {}).items():
            self.tables[name] = of_catalog(table)

    def canonical(self, name: Name) -> str:
        """``schema.table``, bare in the default schema."""
        schema = name.schema or self.schema
        return name.name if schema is None or schema == self.default else f"{schema}.{name.name}"

    def find(self, name: Name) -> MTable | None:
        """The table of that name."""
        wanted = self.canonical(name)
        found = self.tables.get(wanted)
        if found is None:
            hits = [one for key, one in self.tables.items() if key.lower() == wanted.lower()]
            if not hits and name.schema is None and self.schema is None and self.default is None:
                hits = [one for key, one in self.tables.items() if key.lower().rpartition(".")[2] == wanted.lower()]
            found = hits[0] if len(hits) == 1 else None
        return found

    def settle(self) -> None:
        """What is there now was there before what follows."""
        for table in self.tables.values():
            table.preexisting = True

    # ------------------------------------------------------------------ CREATE, DROP, RENAME
    def create(self, operation: CreateTable) -> MTable:
        """CREATE TABLE; the new table."""
        name = self.canonical(operation.table)
        like = self.find(operation.like[0]) if operation.like else None
        table = like.copy(name) if like is not None else MTable(name)
        table.preexisting = False
        table.temporary = operation.temporary
        table.guessed = operation.query is not None or (bool(operation.like) and like is None)
        if like is None:
            table.engine = (operation.storage_engine or "InnoDB").lower()
            table.charset = operation.charset or ((operation.collation or "").partition("_")[0] or None)
            table.collation = operation.collation
            table.partition_key = operation.partition_key
            table.row_format, table.versioned = operation.row_format, operation.versioned
        for new in operation.columns:
            self.add_column(table, new)
        for constraint in operation.constraints:
            self.add_constraint(table, constraint)
        self.tables[name] = table
        return table

    def drop(self, name: Name) -> MTable | None:
        """DROP TABLE; the table that was there."""
        table = self.find(name)
        if table is not None:
            self.tables = {key: one for key, one in self.tables.items() if one is not table}
        return table

    def rename(self, table: MTable, new: Name) -> None:
        """RENAME."""
        old, name = table.name, self.canonical(new)
        self.tables = {(name if one is table else key): one for key, one in self.tables.items()}
        table.name = name
        for other in self.tables.values():
            for key in other.foreign_keys:
                if key.parent == old:
                    key.parent = name

    # ------------------------------------------------------------------ ALTER
    def alter(self, table: MTable, alter: Alter) -> None:
        """All clauses of an ALTER TABLE."""
        for clause in alter.clauses:
            self._clause(table, clause)

    def _clause(self, table: MTable, clause: Clause) -> None:
        match clause.kind:
            case "add_column" if clause.new is not None:
                if table.column(clause.column) is None:
                    self.add_column(table, clause.new)
            case "drop_column":
                self._drop_column(table, clause.column or "")
            case "change_column" if clause.new is not None:
                self._change(table, clause.column or "", clause.new)
            case "rename_column":
                self._rename_column(table, clause.column or "", clause.new_name or "")
            case "set_default":
                column = table.column(clause.column)
                if column is not None and clause.name is None:
                    column.default = clause.value
            case "add_constraint" if clause.constraint is not None:
                self.add_constraint(table, clause.constraint)
            case "drop_primary_key":
                table.indexes = [one for one in table.indexes if not one.primary]
            case "drop_index" | "drop_foreign_key" | "drop_constraint" | "drop_check":
                self._drop_named(table, clause)
            case "rename_index":
                index = table.index(clause.name)
                if index is not None:
                    index.name = clause.new_name or ""
            case "convert_charset":
                table.charset, table.collation = clause.name, clause.value
                for column in table.columns:
                    if textual(column.type):
                        column.charset, column.collation = clause.name, clause.value
            case "option":
                self._option(table, clause)
            case "versioning":
                table.versioned = clause.value == "add"
            case "partition_by":
                table.partition_key = clause.value
            case "remove_partitioning":
                table.partition_key = None
            case "rename_table" if clause.table is not None:
                self.rename(table, clause.table)
            case "partition" if clause.table is not None and clause.name == "CONVERT":
                new = table.copy(self.canonical(clause.table))
                new.partition_key, new.preexisting = None, table.preexisting
                self.tables[new.name] = new
            case "partition" if clause.table is not None and clause.name == "CONVERT TABLE":
                self.drop(clause.table)
            case _:
                return

    def _option(self, table: MTable, clause: Clause) -> None:
        value = (clause.value or "").lower()
        if clause.name == "ENGINE":
            table.engine = value
        elif clause.name == "ROW_FORMAT":
            table.row_format = value
        elif clause.name == "CHARSET":
            table.charset, table.collation = value, None
        elif clause.name == "COLLATE":
            table.charset, table.collation = value.partition("_")[0], value

    def _drop_named(self, table: MTable, clause: Clause) -> None:
        name = (clause.name or "").lower()
        if clause.kind in ("drop_index", "drop_constraint"):
            table.indexes = [one for one in table.indexes if one.name.lower() != name]
        if clause.kind in ("drop_foreign_key", "drop_constraint"):
            table.foreign_keys = [one for one in table.foreign_keys if (one.name or "").lower() != name]
        if clause.kind in ("drop_check", "drop_constraint") and name in table.check_names:
            table.check_names.discard(name)
            table.checks -= 1

    def add_column(self, table: MTable, new: NewColumn) -> None:
        """At the end: the order of columns decides nothing here."""
        table.columns.append(column_of(new, table))
        for constraint in new.constraints:
            self.add_constraint(table, constraint)

    def add_constraint(self, table: MTable, constraint: Constraint) -> None:
        """A key, an index, a check, a foreign key."""
        columns = tuple((key.column or "").lower() for key in constraint.keys)
        if constraint.kind == "check":
            table.checks += 1
            table.check_names.add((constraint.name or f"constraint_{table.checks}").lower())
        elif constraint.kind == "foreign_key" and constraint.parent is not None:
            parent = self.find(constraint.parent)
            name = parent.name if parent is not None else self.canonical(constraint.parent)
            label = constraint.name or f"{table.name.rpartition('.')[2]}_ibfk_{len(table.foreign_keys) + 1}"
            follows = cascades(constraint.on_delete) or cascades(constraint.on_update)
            table.foreign_keys.append(MForeignKey(label, columns, name, constraint.parent_columns, follows))
            if not leads(table, columns):
                table.indexes.append(MIndex(self._free(table, constraint.name or columns[0]), columns))
        else:
            primary = constraint.kind == "primary_key"
            name = "PRIMARY" if primary else constraint.name or self._free(table, columns[0] or "functional_index")
            table.indexes.append(
                MIndex(
                    name,
                    columns,
                    unique=constraint.kind in ("primary_key", "unique"),
                    primary=primary,
                    method=(constraint.method or "btree").lower(),
                    prefixes=tuple(key.prefix for key in constraint.keys),
                )
            )
            for column in (table.column(one) for one in columns if primary):
                if column is not None:
                    column.nullable = False

    def _free(self, table: MTable, base: str) -> str:
        name, number = base, 2
        while table.index(name) is not None:
            name, number = f"{base}_{number}", number + 1
        return name

    def _drop_column(self, table: MTable, name: str) -> None:
        lowered = name.lower()
        table.columns = [one for one in table.columns if one.name.lower() != lowered]
        for index in table.indexes:
            index.columns = tuple(one for one in index.columns if one != lowered)
        table.indexes = [one for one in table.indexes if one.columns]

    def _rename_column(self, table: MTable, old: str, new: str) -> None:
        column = table.column(old)
        if column is None:
            return
        column.name = new
        for index in table.indexes:
            index.columns = tuple(new.lower() if one == old.lower() else one for one in index.columns)
        for key in table.foreign_keys:
            key.columns = tuple(new.lower() if one == old.lower() else one for one in key.columns)
        for other in self.tables.values():
            for key in other.foreign_keys:
                if key.parent == table.name:
                    key.parent_columns = tuple(new if one.lower() == old.lower() else one for one in key.parent_columns)

    def _change(self, table: MTable, old: str, new: NewColumn) -> None:
        column = table.column(old)
        if column is None:
            return
        made = column_of(new, table)
        if made.name.lower() != column.name.lower():
            self._rename_column(table, column.name, made.name)
        if table.primary is not None and made.name.lower() in table.primary.columns:
            made.nullable = False
        table.columns[table.columns.index(column)] = made
        for constraint in new.constraints:
            self.add_constraint(table, constraint)
