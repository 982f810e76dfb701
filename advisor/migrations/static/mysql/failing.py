"""What no server accepts, whatever the rows are: names that are missing or taken, keys that foreign keys need.

Only what the schema proves is told; where a version or a type leaves it open, nothing is.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace

from advisor.catalog.ddl.operations import Constraint, CreateTable
from advisor.migrations.static.mysql.after import DROPS_INDEX, columns_after, indexes_after
from advisor.migrations.static.mysql.alter import Alter
from advisor.migrations.static.mysql.asked import Asked
from advisor.migrations.static.mysql.clauses import Clause
from advisor.migrations.static.mysql.references import bare_child, bare_parent, retyped, unmatched
from advisor.migrations.static.mysql.tables import MColumn, MIndex, MTable
from advisor.model.migration import Failure


def altered(alter: Alter, table: MTable, asked: Asked) -> Failure | None:
    """Of ALTER TABLE, CREATE INDEX and DROP INDEX on a table whose columns are known."""
    if table.view or not table.columns or table.guessed:
        return None
    names = {one.name.lower() for one in table.columns}
    for clause in alter.clauses:
        failure = None if clause.conditional else _column(clause, names, table)
        _follow(names, clause)
        failure = failure or _clause(clause, table, alter, asked)
        if failure is not None:
            return failure
    for constraint in _added(alter.clauses):
        failure = _taken(constraint, alter, table) or _constraint(constraint, names, table, asked)
        if failure is not None:
            return failure
    failure = bare_child(alter, table, asked) or bare_parent(alter, table, asked)
    if failure is not None:
        return failure
    if not names:
        return Failure(message="You can't delete all columns with ALTER TABLE; use DROP TABLE instead", code="1090")
    return _counter(columns_after(alter, table), indexes_after(alter, table), table)


def made(operation: CreateTable, table: MTable, asked: Asked) -> Failure | None:
    """Of CREATE TABLE; ``table`` is what it makes."""
    if table.guessed or not operation.columns:
        return None
    names: set[str] = set()
    for new in operation.columns:
        if new.column.name.lower() in names:
            return Failure(message=f"Duplicate column name '{new.column.name}'", code="1060")
        names.add(new.column.name.lower())
    own = [one for new in operation.columns for one in new.constraints]
    bare = replace(table, indexes=[], foreign_keys=[])
    keys = [one for one in (*own, *operation.constraints) if one.kind == "primary_key"]
    if len(keys) > 1:
        return Failure(message="Multiple primary key defined", code="1068")
    for constraint in (*own, *operation.constraints):
        failure = _constraint(constraint, names, bare, asked)
        if failure is not None:
            return failure
    return _counter(table.columns, table.indexes, table)


def missing(name: str, *, dropped: bool = False) -> Failure:
    """A table that is not there."""
    if dropped:
        return Failure(message=f"Unknown table '{name}'", code="1051")
    return Failure(message=f"Table '{name}' doesn't exist", code="1146")


def _column(clause: Clause, names: set[str], table: MTable) -> Failure | None:
    lowered = (clause.column or "").lower()
    if clause.kind == "add_column" and lowered in names:
        return Failure(message=f"Duplicate column name '{clause.column}'", code="1060")
    if clause.kind == "drop_column" and lowered not in names:
        return Failure(message=f"Can't DROP COLUMN `{clause.column}`; check that it exists", code="1091")
    if clause.kind in ("change_column", "rename_column", "set_default") and lowered not in names:
        return Failure(message=f"Unknown column '{clause.column}' in '{table.name}'", code="1054")
    new = clause.new.column.name if clause.new is not None else clause.new_name
    if clause.kind in ("change_column", "rename_column") and new and new.lower() != lowered and new.lower() in names:
        return Failure(message=f"Duplicate column name '{new}'", code="1060")
    after = (clause.after or "").lower()
    if clause.kind in ("add_column", "change_column") and after and after not in names:
        return Failure(message=f"Unknown column '{clause.after}' in '{table.name}'", code="1054")
    return None


def _follow(names: set[str], clause: Clause) -> None:
    """Names of columns as later clauses of the same statement find them."""
    lowered = (clause.column or "").lower()
    if clause.kind == "add_column":
        names.add(lowered)
    elif clause.kind == "drop_column":
        names.discard(lowered)
    elif clause.kind in ("change_column", "rename_column"):
        new = clause.new.column.name if clause.new is not None else clause.new_name or ""
        names.discard(lowered)
        names.add(new.lower())


def _clause(clause: Clause, table: MTable, alter: Alter, asked: Asked) -> Failure | None:
    managed = clause.kind == "partition" and clause.name not in ("CONVERT TABLE", "EXCHANGE")
    if (managed or clause.kind == "remove_partitioning") and table.partition_key is None:
        return Failure(message="Partition management on a not partitioned table is not possible", code="1505")
    if clause.kind == "drop_column" and (user := _computed_from(clause, alter, table)) is not None:
        if asked.mariadb:
            return Failure(message=f"Unknown column '{clause.column}' in 'GENERATED ALWAYS AS'", code="1054")
        return Failure(message=f"Column '{clause.column}' has a generated column dependency: {user}", code="3108")
    if clause.kind == "rename_table" and clause.table is not None:
        other = asked.state.find(clause.table)
        if other is not None and other.name != table.name:
            return Failure(message=f"Table '{other.name}' already exists", code="1050")
    if clause.conditional:
        return None
    if clause.kind in ("drop_index", "rename_index", "index_visibility"):
        if table.index(clause.name) is None:
            return Failure(message=f"index {clause.name} of {table.name} does not exist", code="1091")
    elif clause.kind == "drop_primary_key":
        if table.primary is None:
            return Failure(message=f"Can't DROP INDEX `PRIMARY`; {table.name} has no primary key", code="1091")
    elif clause.kind == "drop_foreign_key" and not _keyed(clause.name, table):
        return Failure(message=f"Can't DROP FOREIGN KEY `{clause.name}`; check that it exists", code="1091")
    return retyped(clause, table, asked)


def _computed_from(clause: Clause, alter: Alter, table: MTable) -> str | None:
    """A generated column that is computed from a dropped one and stays as it is."""
    changed = {(one.column or "").lower() for one in alter.clauses}
    word = re.compile(rf"(?<![\w$]){re.escape(clause.column or '')}(?![\w$])", re.IGNORECASE)
    for one in table.columns:
        if one.generated is not None and one.expression and one.name.lower() not in changed:
            outside = re.sub(r"'(?:[^'\\]|''|\\.)*'", "''", one.expression)
            if clause.column and word.search(outside):
                return one.name
    return None


def _keyed(name: str | None, table: MTable) -> bool:
    known = {(one.name or "").lower() for one in table.foreign_keys}
    return (name or "").lower() in known or table.engine != "innodb"


def _added(clauses: Sequence[Clause]) -> list[Constraint]:
    found: list[Constraint] = []
    for clause in clauses:
        if clause.constraint is not None and not clause.conditional:
            found.append(clause.constraint)
        if clause.new is not None and clause.kind == "add_column" and not clause.conditional:
            found += clause.new.constraints
    return found


def _taken(constraint: Constraint, alter: Alter, table: MTable) -> Failure | None:
    """A name or a primary key that another has, and keeps."""
    gone = {(one.name or "").lower() for one in alter.clauses if one.kind in (*DROPS_INDEX, "drop_foreign_key")}
    bare = any(one.kind == "drop_primary_key" for one in alter.clauses) or "primary" in gone
    if constraint.kind == "primary_key" and table.primary is not None and not bare:
        return Failure(message="Multiple primary key defined", code="1068")
    renamed = {(one.name or "").lower() for one in alter.clauses if one.kind == "rename_index"}
    name = (constraint.name or "").lower()
    if constraint.kind in ("index", "unique") and name and name not in gone | renamed and table.index(name) is not None:
        return Failure(message=f"Duplicate key name '{constraint.name}'", code="1061")
    keys = {(one.name or "").lower() for one in table.foreign_keys}
    if constraint.kind == "foreign_key" and name and name in keys - gone:
        return Failure(message=f"Duplicate foreign key constraint name '{constraint.name}'", code="1826")
    return None


def _constraint(constraint: Constraint, names: set[str], table: MTable, asked: Asked) -> Failure | None:
    columns = [key.column for key in constraint.keys if key.column]
    for column in columns:
        if column.lower() not in names:
            return Failure(message=f"Key column '{column}' doesn't exist in table", code="1072")
    if constraint.kind == "foreign_key":
        return unmatched(constraint, table, asked)
    if constraint.kind in ("unique", "primary_key") and table.partition_key is not None:
        inside = table.partition_key.partition("(")[2].lower()
        used = {one for one in re.findall(r"[\w$]+", inside) if table.column(one) is not None}
        if used - {one.lower() for one in columns}:
            said = f"a unique key of {table.name} must include all columns that it is partitioned by"
            return Failure(message=said, code="1503")
    return None


def _counter(columns: Sequence[MColumn], indexes: Sequence[MIndex], table: MTable) -> Failure | None:
    """At most one AUTO_INCREMENT, first in a key of InnoDB."""
    counters = [one for one in columns if one.auto_increment]
    keyed = all(any(index.columns[0] == one.name.lower() for index in indexes) for one in counters)
    if len(counters) > 1 or (not keyed and table.engine == "innodb"):
        said = "Incorrect table definition; there can be only one auto column and it must be defined as a key"
        return Failure(message=said, code="1075")
    return None
