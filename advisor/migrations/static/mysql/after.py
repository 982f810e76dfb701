"""Columns and indexes of a table as an ALTER TABLE would leave them."""

from __future__ import annotations

from dataclasses import replace

from advisor.migrations.static.mysql.alter import Alter
from advisor.migrations.static.mysql.tables import MColumn, MIndex, MTable, column_of

#: Kinds of clauses by which an index may go.
DROPS_INDEX = ("drop_index", "drop_constraint")


def columns_after(alter: Alter, table: MTable) -> list[MColumn]:
    """In no order that counts."""
    gone = {(one.column or "").lower() for one in alter.clauses if one.kind in ("drop_column", "change_column")}
    kept = [one for one in table.columns if one.name.lower() not in gone]
    new = [one.new for one in alter.clauses if one.new is not None and one.kind in ("add_column", "change_column")]
    return [*kept, *(column_of(one, table) for one in new)]


def indexes_after(alter: Alter, table: MTable) -> list[MIndex]:
    """With those that the server makes for new foreign keys; columns by their new names."""
    gone = {(one.name or "").lower() for one in alter.clauses if one.kind in DROPS_INDEX}
    dropped = {(one.column or "").lower() for one in alter.clauses if one.kind == "drop_column"}
    bare = any(one.kind == "drop_primary_key" for one in alter.clauses)
    renamed = {
        (one.column or "").lower(): (one.new.column.name if one.new is not None else one.new_name or "").lower()
        for one in alter.clauses
        if one.kind in ("change_column", "rename_column")
    }
    kept = [
        replace(one, columns=tuple(renamed.get(name, name) for name in one.columns if name not in dropped))
        for one in table.indexes
        if one.name.lower() not in gone and not (one.primary and bare)
    ]
    own = [
        replace(each, keys=each.keys) for one in alter.clauses if one.new is not None for each in one.new.constraints
    ]
    new = [one.constraint for one in alter.clauses if one.constraint is not None]
    made_ = [
        MIndex(
            one.name or "",
            tuple((key.column or "").lower() for key in one.keys),
            method=(one.method or "btree").lower(),
            prefixes=tuple(key.prefix for key in one.keys),
        )
        for one in (*own, *new)
        if one.kind in ("index", "unique", "primary_key", "foreign_key")
    ]
    return [one for one in (*kept, *made_) if one.columns]
