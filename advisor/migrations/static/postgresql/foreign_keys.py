"""ADD FOREIGN KEY: what it refers to, what it locks there, and the rows that it reads."""

from __future__ import annotations

import msgspec

from advisor.catalog.ddl.operations import Constraint, NewColumn
from advisor.migrations.static.postgresql import modes, naming
from advisor.migrations.static.postgresql.altering import Altering
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.type_changes import apart
from advisor.migrations.static.postgresql.world import Relation
from advisor.model.catalog import ForeignKey


def add_foreign_key(alter: Altering, constraint: Constraint, new: NewColumn | None) -> None:
    """ADD FOREIGN KEY; ``new``: the column whose clause it stands in."""
    run, table = alter.run, alter.table
    assert constraint.parent is not None
    parent = run.table(constraint.parent)
    assert parent is not None
    if constraint.not_valid and table.kind == "partitioned" and run.version < 18:
        raise Fails(f'cannot add NOT VALID foreign key on partitioned table "{table.bare}"', "42809")
    columns = tuple(key.column or "" for key in constraint.keys)
    name = constraint.name or naming.free(naming.of_keys(table, columns, "fkey"), naming.constraint_names(table))
    parent_columns = constraint.parent_columns
    if not parent_columns and parent.primary is not None:
        parent_columns = tuple(key.column or "" for key in parent.primary.keys)
    referable(run, parent, parent_columns, columns)
    comparable(run, table, columns, parent, parent_columns, name)
    alter.need(
        modes.ACCESS_EXCLUSIVE if new is not None else modes.SHARE_ROW_EXCLUSIVE, recurses=table.kind == "partitioned"
    )
    for one in run.world.family(parent) if parent.kind == "partitioned" else (parent,):
        if one.name != table.name:
            run.lock(one, modes.SHARE_ROW_EXCLUSIVE)
    empty = new is not None and new.column.default is None and new.kind in (None, "virtual") and not alter.filled
    key = ForeignKey(
        name, columns, parent.name, parent_columns, validated=not constraint.not_valid,
        on_delete=constraint.on_delete, on_update=constraint.on_update,
    )  # fmt: skip
    family = alter.family if table.kind == "partitioned" else [table]
    proven = [one for one in family if run.version >= 12 and one is not table and _has_key(one, key)]
    if (
        not constraint.not_valid
        and not empty
        and any(one.kind != "partitioned" and one not in proven for one in family)
    ):
        alter.scan(family=table.kind == "partitioned")
    for one in family:
        if one not in proven:
            one.foreign_keys.append(key)
    run.change(
        "add_foreign_key", table, name=name, columns=columns, parent=parent.name, parent_columns=parent_columns,
        not_valid=constraint.not_valid,
    )  # fmt: skip


def _has_key(partition: Relation, key: ForeignKey) -> bool:
    """Has it this very key, validated? The parent's then takes it over (tryAttachPartitionForeignKey)."""
    return any(msgspec.structs.replace(one, name=key.name) == key for one in partition.foreign_keys)


def referable(run: Run, parent: Relation, parent_columns: tuple[str, ...], columns: tuple[str, ...]) -> None:
    """Raises Fails where the referenced table is known to have no unique key of these columns."""
    if parent.guessed or not parent.columns or run.maybe or parent.kind in ("view", "materialized_view", "foreign"):
        return
    if not parent_columns:
        raise Fails(f'there is no primary key for referenced table "{parent.bare}"', "42704")
    if len(parent_columns) != len(columns):
        raise Fails("number of referencing and referenced columns for foreign key disagree", "42830")
    for index in parent.indexes.values():
        if index.unique and index.where is None and {key.column for key in index.keys} == set(parent_columns):
            return
    raise Fails(f'there is no unique constraint matching given keys for referenced table "{parent.bare}"', "42830")


def comparable(
    run: Run, table: Relation, columns: tuple[str, ...], parent: Relation, parent_columns: tuple[str, ...], name: str
) -> None:
    """Raises Fails where a column and the one that it refers to are of types that nothing compares."""
    for one, other in zip(columns, parent_columns, strict=False) if not run.maybe else ():
        mine, theirs = table.columns.get(one), parent.columns.get(other)
        if mine is not None and theirs is not None and apart(mine.type, theirs.type, run.world):
            raise Fails(f'foreign key constraint "{name}" cannot be implemented', "42804")
