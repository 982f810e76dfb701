"""Constraints that an index keeps: PRIMARY KEY, UNIQUE, EXCLUDE."""

from __future__ import annotations

import msgspec

from advisor.catalog.ddl.operations import Constraint
from advisor.catalog.ddl.table import keys_id
from advisor.migrations.static.postgresql import modes, naming
from advisor.migrations.static.postgresql.altering import Altering
from advisor.migrations.static.postgresql.implied import key_columns
from advisor.migrations.static.postgresql.not_null import set_not_null
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.world import Relation
from advisor.model.catalog import Index


def add_unique_key(alter: Altering, constraint: Constraint) -> None:
    """ADD PRIMARY KEY, UNIQUE or EXCLUDE, with USING INDEX too."""
    run, table = alter.run, alter.table
    primary = constraint.kind == "primary_key"
    nullable = primary and any(
        (known := table.columns.get(key.column or "")) is None or known.nullable is not False for key in constraint.keys
    )
    whole = nullable or run.version >= 18
    alter.need(modes.ACCESS_EXCLUSIVE, recurses=whole)
    if not whole and table.kind == "partitioned":
        run.lock(alter.family[1:], modes.SHARE)
    if primary and table.primary is not None and not run.maybe:
        raise Fails(f'multiple primary keys for table "{table.bare}" are not allowed', "42P16")
    action = "add_primary_key" if primary else "add_exclusion" if constraint.kind == "exclude" else "add_unique"
    if constraint.using_index is not None:
        _use_index(alter, constraint, primary)
        return
    columns = tuple(key.column or f"({key.expression})" for key in constraint.keys)
    if table.kind == "partitioned" and not run.maybe:
        if constraint.kind == "exclude" and run.version < 17:
            raise Fails("exclusion constraints are not supported on partitioned tables", "0A000")
        partitioned_by = key_columns(table.partition_key)
        if constraint.kind != "exclude" and not {one for one in partitioned_by if one} <= set(columns):
            raise Fails("unique constraint on partitioned table must include all partitioning columns", "0A000")
    if primary:
        for key in constraint.keys:
            set_not_null(alter, key.column or "")
    suffix = {"primary_key": "pkey", "unique": "key"}.get(constraint.kind, "excl")
    taken = naming.names_in_schema(run.world, table.schema)
    if constraint.name is not None and constraint.name in taken and run.world.complete:
        run.exists(f'relation "{constraint.name}" already exists', "42P07")
    for one in alter.family if table.kind == "partitioned" else [table]:
        if one is not table and _has_index(one, constraint):
            continue
        own = constraint.name if one is table else None
        name = own or naming.free(naming.of_keys(one, constraint.keys, suffix), taken)
        taken.add(name)
        one.indexes[name] = as_index(constraint, name)
        if one.kind != "partitioned":
            alter.build(one, name)
        if one is table:
            first = name
    run.change(
        action, table, name=first, columns=columns, unique=constraint.kind != "exclude", method=constraint.method,
    )  # fmt: skip


def _has_index(partition: Relation, constraint: Constraint) -> bool:
    """Has it the constraint already? The parent's then takes its index over (DefineIndex)."""
    wanted = as_index(constraint, "")
    return any(
        one.constraint == wanted.constraint and one.primary == wanted.primary and keys_id(one) == keys_id(wanted)
        for one in partition.indexes.values()
    )


def as_index(constraint: Constraint, name: str) -> Index:
    """The index of a constraint."""
    return Index(
        name=name,
        keys=constraint.keys,
        unique=constraint.kind != "exclude",
        primary=constraint.kind == "primary_key",
        constraint=True,
        method=constraint.method or "btree",
        include=constraint.include,
        where=constraint.where,
        nulls_not_distinct=constraint.nulls_not_distinct,
    )


def _use_index(alter: Altering, constraint: Constraint, primary: bool) -> None:
    run, table = alter.run, alter.table
    index = table.indexes.get(constraint.using_index or "")
    if index is None and not table.guessed and run.world.complete and not run.maybe:
        raise Fails(f'index "{constraint.using_index}" does not exist', "42704")
    columns: tuple[str, ...] = ()
    if table.kind == "partitioned":
        raise Fails("ALTER TABLE / ADD CONSTRAINT USING INDEX is not supported on partitioned tables", "0A000")
    if index is not None:
        columns = tuple(key.column or f"({key.expression})" for key in index.keys)
        if not index.unique and not run.maybe:
            raise Fails(f'"{index.name}" is not a unique index', "42809")
        if primary:
            for key in index.keys:
                set_not_null(alter, key.column or "")
        name = constraint.name or index.name
        del table.indexes[index.name]
        table.indexes[name] = msgspec.structs.replace(index, name=name, constraint=True, primary=primary)
    elif primary:
        run.doubt(f"the columns of index {constraint.using_index} are not known: nullable ones make it read all rows")
    run.change(
        "add_primary_key" if primary else "add_unique", table, name=constraint.name or constraint.using_index,
        columns=columns, parent=table.qualified(constraint.using_index or ""), unique=True,
    )  # fmt: skip


def drop_key(run: Run, table: Relation, index: Index, cascade: bool) -> None:
    """Foreign keys that rest on a unique key: they go with CASCADE, and stand in its way without."""
    columns = {key.column for key in index.keys}
    for other, key in run.world.referencing(table):
        if set(key.parent_columns) != columns:
            continue
        same = [
            one
            for one in table.indexes.values()
            if one.unique and one.name != index.name and {part.column for part in one.keys} == columns
        ]
        if same:
            continue
        if not cascade:
            if not run.maybe:
                raise Fails(
                    f"cannot drop constraint {index.name} on table {table.bare} because other objects depend on it",
                    "2BP01",
                )
            continue
        run.lock(other, modes.ACCESS_EXCLUSIVE)
        other.foreign_keys = [one for one in other.foreign_keys if one is not key]
