"""CREATE, DROP, ALTER INDEX and REINDEX."""

from __future__ import annotations

import msgspec

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.operations import Name
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.migrations.static.postgresql import modes, naming
from advisor.migrations.static.postgresql.implied import key_columns
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.world import Relation
from advisor.model.catalog import Index


def create(c: Cursor, run: Run, unique: bool) -> None:
    """CREATE INDEX, from after these words."""
    concurrently = c.accept("CONCURRENTLY")
    conditional = c.accept("IF", "NOT", "EXISTS")
    own = None if c.sees("ON") else c.name().name
    c.expect("ON")
    only = c.accept("ONLY")
    table = run.table(c.name())
    assert table is not None
    if only and table.guessed:
        table.kind = "partitioned"  # nobody writes ONLY for another table
    if table.kind in ("view", "foreign") and not table.guessed and not run.maybe:
        raise Fails(f'cannot create index on relation "{table.bare}"', "42809")
    method = c.identifier().lower() if c.accept("USING") else "btree"
    keys = Columns(c, "postgresql").index_keys()
    include, distinct, where = _tail(c)
    columns = tuple(key.column or f"({key.expression})" for key in keys)
    if concurrently:
        run.outside_transaction("CREATE INDEX CONCURRENTLY")
    _checked(run, table, keys)
    if own is not None and own in naming.names_in_schema(run.world, table.schema):
        if not conditional:
            run.exists(f'relation "{own}" already exists', "42P07")
        run.change(
            "create_index", table, name=own, columns=columns, unique=unique, method=method, expression=where,
            concurrently=concurrently, only=only, conditional=True, no_op=True,
        )  # fmt: skip
        # The name is looked at when the table is open already.
        run.lock(table, modes.SHARE_UPDATE_EXCLUSIVE if concurrently else modes.SHARE)
        return
    partitioned_by = {one for one in key_columns(table.partition_key) if one}
    if unique and not partitioned_by <= set(columns) and not run.maybe:
        raise Fails("unique constraint on partitioned table must include all partitioning columns", "0A000")
    if concurrently and table.kind == "partitioned" and not run.maybe and not only:
        raise Fails(f'cannot create index on partitioned table "{table.bare}" concurrently', "0A000")
    taken = naming.names_in_schema(run.world, table.schema)
    first = None
    for one in [table] if only or table.kind != "partitioned" else list(run.world.family(table)):
        name = own if one is table and own else naming.free(naming.of_keys(one, keys, "idx"), taken)
        taken.add(name)
        first = first or name
        run.lock(one, modes.SHARE_UPDATE_EXCLUSIVE if concurrently else modes.SHARE)
        one.indexes[name] = Index(
            name=name, keys=keys, unique=unique, method=method, include=include, where=where,
            nulls_not_distinct=distinct, valid=not (only and table.kind == "partitioned"),
            attached_to=table.qualified(first) if one is not table else None,
        )  # fmt: skip
        run.created.append(one.qualified(name))
        if one.kind != "partitioned" or (not run.world.complete and not only):
            run.work("build", one, index=one.qualified(name), online=concurrently)
    run.waits = run.waits or concurrently
    run.change(
        "create_index", table, name=first, columns=columns, unique=unique, method=method, expression=where,
        concurrently=concurrently, only=only, conditional=conditional,
    )  # fmt: skip


def _tail(c: Cursor) -> tuple[tuple[str, ...], bool, str | None]:
    include: tuple[str, ...] = ()
    distinct, where = False, None
    while not c.done:
        if c.accept("INCLUDE"):
            include = c.names()
        elif c.accept("NULLS", "NOT", "DISTINCT"):
            distinct = True
        elif c.accept("WHERE"):
            where = strip_parentheses(c.rest())
        elif c.accept("WITH"):
            c.skip_parenthesised()
        else:
            c.next()
    return include, distinct, where


def _checked(run: Run, table: Relation, keys: tuple[object, ...]) -> None:
    from advisor.model.catalog import IndexKey

    if table.guessed or not table.columns or run.maybe or table.kind in ("view", "materialized_view"):
        return
    for key in keys:
        assert isinstance(key, IndexKey)
        if key.column is not None and key.column not in table.columns and not run.world.is_system_column(key.column):
            raise Fails(f'column "{key.column}" does not exist', "42703")


def drop(c: Cursor, run: Run) -> None:
    """DROP INDEX, from after these words."""
    concurrently = c.accept("CONCURRENTLY")
    conditional = c.accept("IF", "EXISTS")
    names = [c.name()]
    while c.accept(","):
        names.append(c.name())
    cascade = c.accept_any("CASCADE", "RESTRICT") == "CASCADE"
    if concurrently:
        run.outside_transaction("DROP INDEX CONCURRENTLY")
    for name in names:
        _drop_one(run, name, concurrently, conditional, cascade)


def _drop_one(run: Run, name: Name, concurrently: bool, conditional: bool, cascade: bool) -> None:
    found = run.world.find_index(name)
    canonical = run.world.canonical(name)
    if found is None:
        if run.sure(name):
            if not conditional:
                raise Fails(f'index "{name.name}" does not exist', "42704")
            run.change("drop_index", None, name=canonical, concurrently=concurrently, conditional=True, no_op=True)
            return
        mode = modes.SHARE_UPDATE_EXCLUSIVE if concurrently else modes.ACCESS_EXCLUSIVE
        run.lock_name(canonical, mode, True)
        run.waits = run.waits or concurrently
        run.change("drop_index", None, name=canonical, concurrently=concurrently, conditional=conditional)
        return
    table, index = found
    if (index.constraint or index.primary) and not run.maybe:
        raise Fails(
            f"cannot drop index {index.name} because constraint {index.name} on table {table.bare} requires it", "2BP01"
        )
    if index.attached_to is not None and not run.maybe:
        raise Fails(f"cannot drop index {index.name} because index {index.attached_to} requires it", "2BP01")
    if concurrently and table.kind == "partitioned" and not run.maybe:
        raise Fails(f'cannot drop partitioned index "{index.name}" concurrently', "0A000")
    mode = modes.SHARE_UPDATE_EXCLUSIVE if concurrently else modes.ACCESS_EXCLUSIVE
    if index.unique:
        from advisor.migrations.static.postgresql.unique_keys import drop_key

        drop_key(run, table, index, cascade)
    attached = table.qualified(index.name)
    for one in list(run.world.family(table)) if table.kind == "partitioned" else [table]:
        gone = [
            key
            for key, each in one.indexes.items()
            if (one is table and key == index.name) or each.attached_to == attached
        ]
        if gone or one is table:
            run.lock(one, mode)
        for key in gone:
            run.lock_index(one, key, mode)
            del one.indexes[key]
    run.waits = run.waits or concurrently
    columns = tuple(key.column or f"({key.expression})" for key in index.keys)
    run.change(
        "drop_index", table, name=table.qualified(index.name), columns=columns,
        unique=index.unique, method=index.method, concurrently=concurrently, conditional=conditional, cascade=cascade,
    )  # fmt: skip


def alter_index(c: Cursor, run: Run) -> None:
    """ALTER INDEX, from after these words."""
    if c.accept("ALL"):
        c.rest()
        run.change("set_tablespace")
        return
    conditional = c.accept("IF", "EXISTS")
    name = c.name()
    if run.world.find_index(name) is None and run.sure(name):
        if not conditional:
            raise Fails(f'relation "{name.name}" does not exist', "42P01")
        run.change("alter_index", None, name=run.world.canonical(name), conditional=True, no_op=True)
        return
    alter_index_of(c, run, name)


def alter_index_of(c: Cursor, run: Run, name: Name) -> None:
    """The clause of an ALTER INDEX, or of an ALTER TABLE that names an index."""
    found = run.world.find_index(name)
    table, index = found if found is not None else (None, None)
    canonical = table.qualified(name.name) if table is not None else run.world.canonical(name)
    there = table.preexisting if table is not None else True
    owner = table.name if table is not None else None
    if c.accept("RENAME", "TO"):
        new = c.identifier()
        run.lock_name(canonical, modes.SHARE_UPDATE_EXCLUSIVE if run.version >= 12 else modes.ACCESS_EXCLUSIVE, there)
        run.change("rename_index", owner, name=canonical, new_name=new)
        if table is not None and index is not None:
            table.indexes[new] = msgspec.structs.replace(table.indexes.pop(index.name), name=new)
    elif c.accept("SET", "TABLESPACE"):
        run.lock_name(canonical, modes.ACCESS_EXCLUSIVE, there)
        if table is not None:
            run.work("build", table, index=canonical)
        run.change("set_tablespace", owner, name=canonical, new_name=c.identifier())
    elif c.accept("ATTACH", "PARTITION"):
        part = c.name()
        below = run.world.find_index(part)
        run.lock_name(canonical, modes.SHARE_UPDATE_EXCLUSIVE, there)
        if below is not None:
            run.lock_index(below[0], part.name, modes.ACCESS_EXCLUSIVE)
            below[0].indexes[part.name] = msgspec.structs.replace(below[1], attached_to=canonical)
        if table is not None and index is not None:
            table.indexes[index.name] = msgspec.structs.replace(index, valid=True)
        run.change("attach_partition", owner, name=canonical, parent=run.world.canonical(part))
    elif c.accept("SET", "(") or c.accept("RESET", "("):
        c.at -= 1
        options = c.parenthesised()
        strong = any(word in options.lower() for word in ("fastupdate", "buffering"))
        run.lock_name(canonical, modes.ACCESS_EXCLUSIVE if strong else modes.SHARE_UPDATE_EXCLUSIVE, there)
        run.change("alter_index", owner, name=canonical, expression=options)
    elif c.accept("OWNER", "TO"):
        c.rest()
        run.lock_name(canonical, modes.ACCESS_EXCLUSIVE, there)
        run.change("owner", owner, name=canonical)
    else:
        statistics = "STATISTICS" in c.rest().upper()
        run.lock_name(canonical, modes.SHARE_UPDATE_EXCLUSIVE if statistics else modes.ACCESS_EXCLUSIVE, there)
        run.change("alter_index", owner, name=canonical)


def reindex(c: Cursor, run: Run) -> None:
    """REINDEX: blocks writes to the table, and all use of each index while it is made."""
    c.expect("REINDEX")
    concurrently = "CONCURRENTLY" in c.parenthesised().upper() if c.sees("(") else False
    what = c.next().upper
    concurrently = c.accept("CONCURRENTLY") or concurrently
    if concurrently:
        if run.version < 12:
            raise Fails('syntax error at or near "CONCURRENTLY"', "42601")
        run.outside_transaction("REINDEX CONCURRENTLY")
        run.waits = True
    mode = modes.SHARE_UPDATE_EXCLUSIVE if concurrently else modes.SHARE
    if what in ("SCHEMA", "DATABASE", "SYSTEM"):
        run.outside_transaction(f"REINDEX {what}")
        schema = c.identifier() if what == "SCHEMA" else None
        run.change("reindex", None, name=schema, concurrently=concurrently)
        if what == "SYSTEM":
            if concurrently:
                raise Fails("cannot reindex system catalogs concurrently", "0A000")
            # Every statement looks into some of them, whatever the table.
            run.lock_name("(the system catalogs)", modes.ACCESS_EXCLUSIVE, True)
            run.work("build", Relation("(the system catalogs)", None, guessed=True))
            return
        if not run.world.complete:
            guessed = Relation(f"(the tables of {schema or 'the database'})", None, guessed=True)
            _rebuild(run, guessed, [], mode, concurrently)
        for one in list(run.world.relations.values()):
            if one.kind in ("table", "materialized_view") and schema in (None, one.schema):
                _rebuild(run, one, list(one.indexes), mode, concurrently)
        return
    name = c.name()
    if what == "INDEX":
        found = run.world.find_index(name)
        if found is None:
            if run.sure(name):
                raise Fails(f'relation "{name.name}" does not exist', "42P01")
            canonical = run.world.canonical(name)
            guessed = Relation(f"(the table of {canonical})", None, guessed=True)
            run.lock(guessed, mode)
            run.lock_name(canonical, mode if concurrently else modes.ACCESS_EXCLUSIVE, True)
            run.work("build", guessed, index=canonical, online=concurrently)
            run.change("reindex", None, name=canonical, concurrently=concurrently)
            return
        run.change("reindex", found[0], name=found[0].qualified(name.name), concurrently=concurrently)
        _partitioned(run) if found[0].kind == "partitioned" else None
        for one in run.world.family(found[0]):
            names = (
                [name.name]
                if one is found[0]
                else [key for key, index in one.indexes.items() if index.attached_to == found[0].qualified(name.name)]
            )
            _rebuild(run, one, names, mode, concurrently)
        return
    table = run.table(name)
    assert table is not None
    run.change("reindex", table, concurrently=concurrently)
    if table.kind == "partitioned":
        _partitioned(run)
    for one in run.world.family(table) if table.kind == "partitioned" else (table,):
        _rebuild(run, one, list(one.indexes), mode, concurrently)


def _partitioned(run: Run) -> None:
    if run.version >= 14:
        run.outside_transaction("REINDEX of a partitioned table or index")


def _rebuild(run: Run, table: Relation, names: list[str], mode: str, concurrently: bool) -> None:
    if table.kind == "partitioned":
        return
    run.lock(table, mode)
    for name in names:
        run.lock_index(table, name, modes.SHARE_UPDATE_EXCLUSIVE if concurrently else modes.ACCESS_EXCLUSIVE)
        run.work("build", table, index=table.qualified(name), online=concurrently)
    if table.guessed:
        run.work("build", table, online=concurrently)
