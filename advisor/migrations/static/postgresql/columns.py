"""ADD, DROP, RENAME and ALTER COLUMN."""

from __future__ import annotations

import msgspec

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.lexer import single
from advisor.catalog.ddl.operations import NewColumn
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.migrations.static.postgresql import assumed, constraints, modes, not_null, retyping, unique_keys
from advisor.migrations.static.postgresql.altering import Altering
from advisor.migrations.static.postgresql.dependents import all_views_of, views_of
from advisor.migrations.static.postgresql.implied import mentions
from advisor.migrations.static.postgresql.run import Fails
from advisor.migrations.static.postgresql.type_changes import base_of, parts
from advisor.migrations.static.postgresql.volatility import volatility
from advisor.migrations.static.postgresql.world import Relation
from advisor.model.catalog import Column


def add(alter: Altering, columns: Columns, conditional: bool) -> None:
    """ADD COLUMN: a value that is the same for all rows costs nothing from 11 on (ALTER TABLE, Notes)."""
    run, table = alter.run, alter.table
    raw = _written_type(columns.cursor)
    new = columns.column()
    column = new.column
    kind = default_kind(alter, new)
    fields = {
        "column": column.name, "new_type": column.type, "expression": column.default or column.generated,
        "default_kind": kind, "nullable": column.nullable, "conditional": conditional,
    }  # fmt: skip
    alter.need(modes.ACCESS_EXCLUSIVE, recurses=True)
    if column.name in table.columns:
        if not conditional:
            run.exists(f'column "{column.name}" of relation "{table.bare}" already exists', "42701")
        run.change("add_column", table, no_op=True, **fields)
        return
    if table.parent is not None and not run.maybe:
        raise Fails("cannot add column to a partition", "42809")
    if alter.only and run.world.children(table) and not run.maybe:
        raise Fails("column must be added to child tables too", "42P16")
    run.change("add_column", table, **fields)
    _new_enum_value(alter, column, column.default)
    _, constrained = base_of(column.type, run.world)
    taken = _unknown_type(alter, raw, column.default)
    if constrained or taken or _rewrites(alter, kind):
        alter.rewrite()
        alter.filled = True
    elif kind not in ("none", "virtual"):
        alter.filled = True
    if column.nullable is False and kind == "none" and not column.identity:
        alter.scan()
    for one in alter.family:
        one.columns[column.name] = column
    alter.fresh.add(column.name)
    for constraint in new.constraints:
        constraints.add(alter, constraint, new)


def _written_type(c: Cursor) -> str:
    return c.ahead(1).text.lower()


def _unknown_type(alter: Altering, raw: str, default: str | None) -> bool:
    """A type that no schema gives may be a domain with constraints; says whether it is taken for one."""
    from advisor.migrations.static.postgresql.known_types import is_known

    if is_known(raw, alter.run.world) or alter.run.world.complete:
        return False
    taken = assumed.is_domain(default)
    what = "by its default taken for" if taken else "taken for an enum or the like, not"
    alter.run.doubt(f"type {raw} is not in a schema: {what} a domain with constraints, which rewrites the table")
    return taken


def default_kind(alter: Altering, new: NewColumn) -> str:
    """What fills the new column in the rows that are there."""
    column = new.column
    if new.kind in ("serial", "identity"):
        return new.kind
    if column.generated is not None:
        return new.kind or ("virtual" if alter.run.version >= 18 else "stored")
    if column.default is None or strip_parentheses(column.default).split("::")[0].strip().upper() == "NULL":
        return "none"
    found, unknown = volatility(column.default, alter.run.world)
    if found == "unknown":
        alter.run.doubt(f"function {unknown} is not in the schema: taken for volatile, which rewrites the table")
        return "volatile"
    return found


def _rewrites(alter: Altering, kind: str) -> bool:
    if kind in ("none", "virtual"):
        return False
    return kind in ("volatile", "serial", "identity", "stored") or alter.run.version < 11


def drop(alter: Altering, c: Cursor) -> None:
    """DROP COLUMN: the catalog alone, and all that rests on the column."""
    run, table = alter.run, alter.table
    conditional = c.accept("IF", "EXISTS")
    name = c.identifier()
    cascade = c.accept_any("CASCADE", "RESTRICT") == "CASCADE"
    alter.need(modes.ACCESS_EXCLUSIVE, recurses=True)
    if name not in table.columns and _complete(alter):
        if not conditional:
            run.exists(f'column "{name}" of relation "{table.bare}" does not exist', "42703")
        run.change("drop_column", table, column=name, conditional=conditional, cascade=cascade, no_op=True)
        return
    run.change("drop_column", table, column=name, conditional=conditional, cascade=cascade)
    if mentions(table.partition_key, name) and not run.maybe:
        raise Fails(f'cannot drop column "{name}" because it is part of the partition key', "42P16")
    if inherited(alter, name):
        raise Fails(f'cannot drop inherited column "{name}"', "42P16")
    for view in views_of(run.world, table, name):
        if not cascade:
            _depends(alter, name, view)
            continue
        for one in (view, *all_views_of(run.world, view)):
            run.exclusive(one)
            run.world.remove(one)
    if not run.maybe and not cascade:
        if any(mentions(text, name) for text in table.policy_texts):
            raise Fails(f"cannot drop column {name} of table {table.bare} because other objects depend on it", "2BP01")
        for other in table.columns.values() if run.version >= 15 else ():
            if other.generated and other.name != name and mentions(other.generated, name):
                raise Fails(
                    f"cannot drop column {name} of table {table.bare} because other objects depend on it", "2BP01"
                )
    for key in table.foreign_keys:
        parent = run.world.relations.get(key.parent)
        if name in key.columns and parent is not None and parent is not table:
            run.exclusive(parent)
    for index in list(table.indexes.values()):
        if uses(index, name):
            if index.unique:
                unique_keys.drop_key(run, table, index, cascade)
            run.lock_index(table, index.name, modes.ACCESS_EXCLUSIVE)
    for one in alter.family:
        one.columns.pop(name, None)
        one.indexes = {key: index for key, index in one.indexes.items() if not uses(index, name)}
        one.foreign_keys = [key for key in one.foreign_keys if name not in key.columns]
        one.checks = [check for check in one.checks if not mentions(check.expression, name)]


def uses(index: object, column: str) -> bool:
    """Does an index rest on a column: as key, in INCLUDE, an expression or its predicate?"""
    from advisor.model.catalog import Index

    assert isinstance(index, Index)
    return (
        any(key.column == column or mentions(key.expression, column) for key in index.keys)
        or column in index.include
        or mentions(index.where, column)
    )


def _depends(alter: Altering, column: str, view: Relation) -> None:
    if not alter.run.maybe:
        raise Fails(
            f"cannot drop column {column} of table {alter.table.bare} because other objects depend on it: "
            f"view {view.name}",
            "2BP01",
        )


def _complete(alter: Altering) -> bool:
    return bool(alter.table.columns) and not alter.table.guessed and not alter.run.maybe


def _known(alter: Altering, column: str) -> None:
    if column not in alter.table.columns and _complete(alter) and not column.isdigit():
        raise Fails(f'column "{column}" of relation "{alter.table.bare}" does not exist', "42703")


def _new_enum_value(alter: Altering, column: Column | None, default: str | None) -> None:
    """Raises Fails where a default is a value that the same transaction added to an enum (ALTER TYPE, Notes)."""
    run = alter.run
    if column is None or default is None or run.maybe:
        return
    tokens = single(default, "postgresql").tokens
    name = parts(column.type).name
    values = run.world.unsafe_values.get(name, set()) | run.world.unsafe_values.get(name.rpartition(".")[2], set())
    if tokens and tokens[0].kind == "string" and tokens[0].text in values:
        raise Fails(f'unsafe use of new value "{tokens[0].text}" of enum type {name}', "55P04")


def inherited(alter: Altering, column: str) -> bool:
    """Does a table above have the column? There alone it can be changed."""
    table, world = alter.table, alter.run.world
    above = (*((table.parent,) if table.parent else ()), *table.inherits)
    return not alter.run.maybe and any(
        (one := world.relations.get(name)) is not None and column in one.columns for name in above
    )


def rename(alter: Altering, old: str, new: str) -> None:
    """RENAME COLUMN."""
    run, table = alter.run, alter.table
    if inherited(alter, old):
        raise Fails(f'cannot rename inherited column "{old}"', "42P16")
    alter.need(modes.ACCESS_EXCLUSIVE, recurses=True)
    _known(alter, old)
    if new in table.columns:
        run.exists(f'column "{new}" of relation "{table.bare}" already exists', "42701")
    run.change("rename_column", table, column=old, new_name=new)
    for one in alter.family:
        if old in one.columns:
            one.columns = {
                (new if key == old else key): msgspec.structs.replace(value, name=new) if key == old else value
                for key, value in one.columns.items()
            }
        one.indexes = {
            name: msgspec.structs.replace(
                index,
                keys=tuple(msgspec.structs.replace(k, column=new) if k.column == old else k for k in index.keys),
                include=tuple(new if part == old else part for part in index.include),
            )
            for name, index in one.indexes.items()
        }
        one.foreign_keys = [
            msgspec.structs.replace(key, columns=tuple(new if part == old else part for part in key.columns))
            for key in one.foreign_keys
        ]
        for check in one.checks:
            if mentions(check.expression, old):
                check.expression = renamed(check.expression, old, new)
    for other, key in run.world.referencing(table):
        other.foreign_keys[other.foreign_keys.index(key)] = msgspec.structs.replace(
            key, parent_columns=tuple(new if part == old else part for part in key.parent_columns)
        )


def renamed(expression: str, old: str, new: str) -> str:
    """An expression with another name for a column."""
    from advisor.catalog.ddl.lexer import single

    found, last = [], 0
    for token in single(expression, "postgresql").tokens:
        if (token.kind == "word" and token.text.lower() == old) or (token.kind == "quoted" and token.text == old):
            found.append(expression[last : token.start])
            found.append(new if new.isidentifier() and new.islower() else '"' + new.replace('"', '""') + '"')
            last = token.end
    return "".join(found) + expression[last:]


def alter_column(alter: Altering, c: Cursor, columns: Columns) -> None:
    """ALTER COLUMN."""
    run, table = alter.run, alter.table
    column = c.identifier() if c.token.kind != "number" else c.next().text
    if c.accept("SET", "DATA", "TYPE") or c.accept("TYPE"):
        _known(alter, column)
        retyping.retype(alter, column, c, columns)
        return
    if c.accept("SET", "STATISTICS"):
        alter.need(modes.SHARE_UPDATE_EXCLUSIVE, recurses=True)
        run.change("set_statistics", table, column=column, expression=c.until(","))
        return
    if c.accept("SET", "(") or c.accept("RESET", "("):
        c.at -= 1
        alter.need(modes.SHARE_UPDATE_EXCLUSIVE)
        run.change("set_options", table, column=column, expression=c.parenthesised())
        return
    _known(alter, column)
    known = table.columns.get(column)
    alter.need(modes.ACCESS_EXCLUSIVE, recurses=True)
    if c.accept("SET", "NOT", "NULL"):
        done = known is not None and known.nullable is False and column not in table.unproved
        if not done:
            not_null.refuse_only(alter, column)
        not_null.set_not_null(alter, column)
        run.change("set_not_null", table, column=column, no_op=done)
    elif c.accept("DROP", "NOT", "NULL"):
        if table.primary is not None and any(key.column == column for key in table.primary.keys) and not run.maybe:
            raise Fails(f'column "{column}" is in a primary key', "42P16")
        _replace(alter, column, nullable=True)
        run.change("drop_not_null", table, column=column, no_op=known is not None and known.nullable is True)
    elif c.accept("SET", "DEFAULT"):
        value = c.until(",")
        _new_enum_value(alter, known, value)
        _replace(alter, column, default=value)
        run.change("set_default", table, column=column, expression=value)
    elif c.accept("DROP", "DEFAULT"):
        _replace(alter, column, default=None)
        table.undefaulted.add(column)
        run.change("drop_default", table, column=column, no_op=known is not None and known.default is None)
    elif c.accept("ADD", "GENERATED"):
        c.until(",")
        if known is not None and known.nullable is True and not run.maybe:
            raise Fails(
                f'column "{column}" of relation "{table.bare}" must be declared NOT NULL before identity can be added',
                "55000",
            )
        _replace(alter, column, identity=True)
        run.change("add_identity", table, column=column)
    elif c.accept("SET", "STORAGE"):
        run.change("set_storage", table, column=column, expression=c.until(","))
    elif c.accept("SET", "COMPRESSION"):
        run.change("set_compression", table, column=column, expression=c.until(","))
    elif c.accept("SET", "EXPRESSION"):
        text = c.until(",")
        stored = known is None or known.generated is not None
        if stored:
            alter.rewrite()
        run.change("other", table, column=column, expression=text)
    elif c.accept("DROP", "EXPRESSION"):
        c.accept("IF", "EXISTS")
        _replace(alter, column, generated=None)
        run.change("other", table, column=column)
    elif c.accept("DROP", "IDENTITY"):
        c.accept("IF", "EXISTS")
        _replace(alter, column, identity=False)
        run.change("other", table, column=column)
    else:
        run.change("other", table, column=column, expression=c.until(","))


def _replace(alter: Altering, column: str, **fields: object) -> None:
    for one in alter.family:
        known = one.columns.get(column)
        if known is not None:
            one.columns[column] = msgspec.structs.replace(known, **fields)
