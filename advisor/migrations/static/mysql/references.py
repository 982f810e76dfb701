"""What no server accepts of foreign keys: what a new one lacks, and what those that are there still need."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from advisor.catalog.ddl.constraints import textual
from advisor.catalog.ddl.operations import Constraint
from advisor.migrations.static.mysql.after import DROPS_INDEX, indexes_after
from advisor.migrations.static.mysql.alter import Alter
from advisor.migrations.static.mysql.asked import Asked
from advisor.migrations.static.mysql.clauses import Clause
from advisor.migrations.static.mysql.column_types import plain, same_type
from advisor.migrations.static.mysql.tables import MColumn, MTable, leads
from advisor.model.migration import Failure

_INTEGERS = frozenset({"tinyint", "smallint", "mediumint", "int", "bigint"})
_ALIASES = {"integer": "int", "bool": "tinyint", "boolean": "tinyint", "dec": "decimal", "numeric": "decimal",
            "fixed": "decimal", "real": "double", "int4": "int", "int8": "bigint"}  # fmt: skip
_CLASSES = {"datetime": "time", "timestamp": "time", "date": "date", "decimal": "decimal", "float": "float",
            "double": "double", "year": "year", "json": "json"}  # fmt: skip


def unmatched(constraint: Constraint, table: MTable, asked: Asked) -> Failure | None:
    """What its parent lacks. MyISAM and others take the words and keep no key."""
    if constraint.parent is None or table.engine != "innodb":
        return None
    if table.partition_key is not None:
        return Failure(message="Partitioned tables do not support FOREIGN KEY", code="1506")
    code = "1005" if asked.mariadb else "1215"
    parent = asked.state.find(constraint.parent)
    if parent is None:
        name = asked.state.canonical(constraint.parent)
        own = (
            name == table.name
            or not asked.whole
            or not asked.foreign_key_checks
            or constraint.parent.schema not in (None, asked.state.default)
        )
        return None if own else Failure(message=f"the foreign key's parent {name} does not exist", code=code)
    if parent.view or parent.guessed or not parent.columns or parent is table or parent.name == table.name:
        return None
    if parent.partition_key is not None or not parent.engine.startswith("innodb"):
        if not asked.foreign_key_checks:
            return None
        said = f"{parent.name} is partitioned or not InnoDB's: no foreign key can refer to it"
        return Failure(message=said, code=code)
    wanted = tuple(one.lower() for one in constraint.parent_columns)
    for name in wanted:
        if parent.column(name) is None:
            return Failure(message=f"the foreign key's parent {parent.name} has no column {name}", code=code)
    if wanted and not leads(parent, wanted):
        said = f"no index of {parent.name} starts with ({', '.join(wanted)}), which a foreign key refers to"
        return Failure(message=said, code=code)
    for key, name in zip(constraint.keys, wanted, strict=False):
        child, other = table.column(key.column), parent.column(name)
        if child is not None and other is not None and _unlike(child, table, other, parent):
            said = f"{child.name} ({child.type}) and {parent.name}.{other.name} ({other.type}) are of different types"
            return Failure(message=f"a foreign key's columns must be alike: {said}", code=code)
    return None


def _unlike(child: MColumn, table: MTable, other: MColumn, parent: MTable) -> bool:
    """Are they certainly stored differently? Sizes and signs of integers count; lengths of texts do not."""
    one, two = _base(child.type), _base(other.type)
    if one is None or two is None:
        return False
    if one != two:
        return True
    if one == "text":
        first, second = child.charset or table.charset, other.charset or parent.charset
        first, second = ("utf8mb3" if each == "utf8" else each for each in (first, second))
        return first is not None and second is not None and first.lower() != second.lower()
    return False


def _base(kind: str) -> str | None:
    """What must be the same in both; None: it is not told."""
    words = plain(kind).split()
    if not words:
        return None
    word = _ALIASES.get(words[0].partition("(")[0], words[0].partition("(")[0])
    if word in _INTEGERS:
        return f"{word} {'unsigned' if 'unsigned' in words or 'zerofill' in words else 'signed'}"
    if word in ("char", "varchar") and textual(kind):
        return "text"
    return _CLASSES.get(word)


def retyped(clause: Clause, table: MTable, asked: Asked) -> Failure | None:
    """A column of a foreign key keeps its type while foreign keys are checked."""
    old = table.column(clause.column)
    if clause.kind != "change_column" or clause.new is None or old is None or not asked.foreign_key_checks:
        return None
    if same_type(old.type, clause.new.column.type):
        return None
    lowered = old.name.lower()
    for key in table.foreign_keys:
        if lowered in key.columns:
            said = f"Cannot change column '{old.name}': used in a foreign key constraint '{key.name}'"
            return Failure(message=said, code="1832")
    for other in asked.state.tables.values():
        for key in other.foreign_keys:
            if key.parent == table.name and lowered in {one.lower() for one in key.parent_columns}:
                said = f"Cannot change column '{old.name}': used in a foreign key constraint of '{other.name}'"
                return Failure(message=said, code="1833")
    return None


def bare_child(alter: Alter, table: MTable, asked: Asked) -> Failure | None:
    """A foreign key that stays needs its columns, and an index that starts with them."""
    gone = {(one.name or "").lower() for one in alter.clauses if one.kind in ("drop_foreign_key", "drop_constraint")}
    dropped = {(one.column or "").lower() for one in alter.clauses if one.kind == "drop_column"}
    if not dropped and not any(one.kind in (*DROPS_INDEX, "drop_primary_key") for one in alter.clauses):
        return None
    left = replace(table, indexes=indexes_after(alter, table))
    for key in table.foreign_keys:
        if (key.name or "").lower() in gone:
            continue
        if dropped & set(key.columns):
            return Failure(message=f"a column is needed in the foreign key {key.name} of {table.name}", code="1553")
        if asked.foreign_key_checks and leads(table, key.columns) and not leads(left, _renamed(alter, key.columns)):
            return Failure(message=f"an index is needed in the foreign key {key.name} of {table.name}", code="1553")
    return None


def bare_parent(alter: Alter, table: MTable, asked: Asked) -> Failure | None:
    """The parent of a foreign key that stays needs its columns, and an index that starts with them."""
    dropped = {(one.column or "").lower() for one in alter.clauses if one.kind == "drop_column"}
    if not dropped and not any(one.kind in (*DROPS_INDEX, "drop_primary_key") for one in alter.clauses):
        return None
    left = replace(table, indexes=indexes_after(alter, table))
    for other in asked.state.tables.values():
        for key in other.foreign_keys:
            if key.parent != table.name or other.name == table.name:
                continue
            wanted = tuple(one.lower() for one in key.parent_columns)
            if dropped & set(wanted):
                said = f"Cannot drop column: needed in a foreign key constraint '{key.name}' of table {other.name}"
                return Failure(message=said, code="1829")
            if asked.foreign_key_checks and leads(table, wanted) and not leads(left, _renamed(alter, wanted)):
                said = f"an index of {table.name} is needed in the foreign key {key.name} of {other.name}"
                return Failure(message=said, code="1553")
    return None


def _renamed(alter: Alter, columns: Iterable[str]) -> tuple[str, ...]:
    names = {
        (one.column or "").lower(): (one.new.column.name if one.new is not None else one.new_name or "").lower()
        for one in alter.clauses
        if one.kind in ("change_column", "rename_column")
    }
    return tuple(names.get(one, one) for one in columns)
