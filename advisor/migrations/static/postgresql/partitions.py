"""ATTACH and DETACH PARTITION, and new partitions (ALTER TABLE, Notes; CREATE TABLE, PARTITION OF)."""

from __future__ import annotations

import msgspec

from advisor.catalog.ddl.create_table import bound_of
from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.table import keys_id
from advisor.migrations.static.postgresql import modes, naming
from advisor.migrations.static.postgresql.altering import Altering
from advisor.migrations.static.postgresql.implied import excludes, overlap, proves_bound
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.world import Relation


def attach(alter: Altering, c: Cursor) -> None:
    """ATTACH PARTITION: reads the new partition unless its CHECKs prove the bound, and the DEFAULT one likewise."""
    run, parent = alter.run, alter.table
    child = run.table(c.name())
    assert child is not None
    bound = "DEFAULT" if c.accept("DEFAULT") else bound_of(c)
    alter.need(modes.SHARE_UPDATE_EXCLUSIVE if run.version >= 12 else modes.ACCESS_EXCLUSIVE)
    if not parent.guessed and parent.kind != "partitioned" and not run.maybe:
        raise Fails(f'table "{parent.bare}" is not partitioned', "42P16")
    if child.parent is not None and not run.maybe:
        raise Fails(f'"{child.bare}" is already a partition', "42809")
    run.change("attach_partition", child, parent=parent.name, expression=bound)
    family = run.lock_family(child, modes.ACCESS_EXCLUSIVE)
    _overlaps(run, parent, child, bound)
    if bound == "DEFAULT":
        others = [one for one in run.world.children(parent) if one is not child]
        proved = all(one.bound is not None and excludes(child, parent.partition_key, one.bound) for one in others)
        if not proved or not run.world.complete:
            _scan(run, child)
    elif parent.partition_key is None and not run.world.complete and _checked(child):
        run.doubt("the partition key is not known: taken to be proved by its constraint; else rows are read")
    elif not proves_bound(
        child,
        parent.partition_key,
        bound,
        nullable=_takes_null(bound),
        zone=run.session.get("timezone") or run.world.zone,
    ):
        _scan(run, child)
    _default(run, parent, bound)
    for one in family:
        _indexes(run, parent, one)
    _keys(run, parent, child)
    child.parent, child.bound = parent.name, bound


def _checked(child: Relation) -> bool:
    """Has it a constraint that holds for all its rows, made or validated by the migration?"""
    return bool(child.validated) or any(one.valid for one in child.checks)


def _scan(run: Run, relation: Relation) -> None:
    run.work("scan", relation)


def _overlaps(run: Run, parent: Relation, child: Relation, bound: str) -> None:
    """Raises Fails where another partition has a value of the bound for certain."""
    for other in run.world.children(parent) if not run.maybe else ():
        if other is not child and other.bound is not None and overlap(bound, other.bound):
            raise Fails(f'partition "{child.bare}" would overlap partition "{other.bare}"', "42P17")


def _takes_null(bound: str) -> bool:
    return "NULL" in bound.upper().replace("(", " ").replace(")", " ").replace(",", " ").split()


def _default(run: Run, parent: Relation, bound: str) -> None:
    """The DEFAULT partition must hold no row of the new one."""
    default = run.world.default_partition(parent)
    if default is None or bound == "DEFAULT":
        return
    run.lock_family(default, modes.ACCESS_EXCLUSIVE)
    if not excludes(default, parent.partition_key, bound):
        _scan(run, default)


def _indexes(run: Run, parent: Relation, child: Relation) -> None:
    """Indexes of the parent that the partition has not are built on it."""
    have = {keys_id(index) for index in child.indexes.values()}
    taken = naming.names_in_schema(run.world, child.schema)
    for index in parent.indexes.values():
        if keys_id(index) in have or any(_alike(index, one) for one in child.indexes.values()):
            continue
        name = naming.free(naming.of_keys(child, index.keys, "pkey" if index.primary else "idx"), taken)
        taken.add(name)
        child.indexes[name] = msgspec.structs.replace(index, name=name, attached_to=parent.qualified(index.name))
        if child.kind != "partitioned":
            run.work("build", child, index=child.qualified(name))


def _alike(first: object, second: object) -> bool:
    from advisor.model.catalog import Index

    assert isinstance(first, Index)
    assert isinstance(second, Index)
    return (
        [key.column or key.expression for key in first.keys] == [key.column or key.expression for key in second.keys]
        and first.unique == second.unique
        and first.method == second.method
        and (first.where is None) == (second.where is None)
    )


def _keys(run: Run, parent: Relation, child: Relation) -> None:
    """Foreign keys of the parent are made on the partition, and checked."""
    for key in parent.foreign_keys:
        if any(one.columns == key.columns and one.parent == key.parent for one in child.foreign_keys):
            continue
        other = run.world.relations.get(key.parent)
        if other is not None:
            run.lock(other, modes.SHARE_ROW_EXCLUSIVE)
        run.work("scan", child)
        child.foreign_keys.append(key)


def detach(alter: Altering, c: Cursor) -> None:
    """DETACH PARTITION [CONCURRENTLY | FINALIZE]."""
    run, parent = alter.run, alter.table
    child = run.table(c.name())
    assert child is not None
    word = c.accept_any("CONCURRENTLY", "FINALIZE")
    if word is not None and run.version < 14:
        raise Fails(f'syntax error at or near "{word}"', "42601")
    if not child.guessed and child.parent not in (None, parent.name) and not run.maybe:
        raise Fails(f'relation "{child.bare}" is not a partition of relation "{parent.bare}"', "42P01")
    default = run.world.default_partition(parent)
    run.change("detach_partition", child, parent=parent.name, concurrently=word == "CONCURRENTLY")
    if word == "CONCURRENTLY":
        run.outside_transaction("ALTER TABLE ... DETACH CONCURRENTLY")
        if default is not None and not run.maybe:
            raise Fails("cannot detach partitions concurrently when a default partition exists", "55000")
        alter.need(modes.SHARE_UPDATE_EXCLUSIVE)
        run.lock(child, modes.ACCESS_EXCLUSIVE)
        run.waits = True
    else:
        alter.need(modes.SHARE_UPDATE_EXCLUSIVE if word == "FINALIZE" else modes.ACCESS_EXCLUSIVE)
        run.lock(child, modes.ACCESS_EXCLUSIVE)
        if default is not None and default is not child:
            run.lock(default, modes.ACCESS_EXCLUSIVE)
    for key in parent.foreign_keys:
        other = run.world.relations.get(key.parent)
        if other is not None:
            run.lock(other, modes.SHARE_ROW_EXCLUSIVE)
    for other, _ in run.world.referencing(parent):
        if other is not parent:
            run.lock(other, modes.SHARE_ROW_EXCLUSIVE)
    child.parent = child.bound = None
    for name, index in child.indexes.items():
        child.indexes[name] = msgspec.structs.replace(index, attached_to=None)


def created(run: Run, parent: Relation, child: Relation, bound: str | None) -> None:
    """CREATE TABLE ... PARTITION OF: its parent is locked whole, and the DEFAULT partition is read."""
    if not parent.guessed and parent.kind != "partitioned" and not run.maybe:
        raise Fails(f'"{parent.bare}" is not partitioned', "42P16")
    run.exclusive(parent)
    if bound is not None:
        _overlaps(run, parent, child, bound)
        _default(run, parent, bound)
    child.parent, child.bound = parent.name, bound
    child.columns = {**parent.columns, **child.columns}
    for key in parent.foreign_keys:
        other = run.world.relations.get(key.parent)
        if other is not None:
            run.lock(other, modes.SHARE_ROW_EXCLUSIVE)
        child.foreign_keys.append(key)
    taken = naming.names_in_schema(run.world, child.schema)
    for index in parent.indexes.values():
        name = naming.free(naming.of_keys(child, index.keys, "pkey" if index.primary else "idx"), taken)
        taken.add(name)
        child.indexes[name] = msgspec.structs.replace(index, name=name, attached_to=parent.qualified(index.name))
    child.checks.extend(parent.checks)
