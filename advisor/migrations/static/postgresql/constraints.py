"""ADD, VALIDATE, ALTER and DROP CONSTRAINT."""

from __future__ import annotations

import msgspec

from advisor.catalog.ddl.operations import Constraint, NewColumn
from advisor.catalog.ddl.parentheses import strip_parentheses
from advisor.migrations.static.postgresql import modes, naming
from advisor.migrations.static.postgresql.altering import Altering
from advisor.migrations.static.postgresql.foreign_keys import add_foreign_key
from advisor.migrations.static.postgresql.not_null import add_not_null
from advisor.migrations.static.postgresql.run import Fails
from advisor.migrations.static.postgresql.unique_keys import add_unique_key, drop_key
from advisor.migrations.static.postgresql.world import Check, Relation


def add(alter: Altering, constraint: Constraint, new: NewColumn | None = None) -> None:
    """ADD CONSTRAINT; ``new``: the column whose clause it stands in."""
    table = alter.table
    if constraint.name is not None and constraint.name in naming.constraint_names(table):
        alter.run.exists(f'constraint "{constraint.name}" for relation "{table.bare}" already exists', "42710")
    _columns_known(alter, constraint)
    match constraint.kind:
        case "check":
            _add_check(alter, constraint)
        case "not_null":
            add_not_null(alter, constraint)
        case "foreign_key":
            add_foreign_key(alter, constraint, new)
        case _:
            add_unique_key(alter, constraint)


def _columns_known(alter: Altering, constraint: Constraint) -> None:
    table = alter.table
    if table.guessed or not table.columns or alter.run.maybe:
        return
    for key in constraint.keys:
        if (
            key.column is not None
            and key.column not in table.columns
            and not alter.run.world.is_system_column(key.column)
        ):
            raise Fails(f'column "{key.column}" does not exist', "42703")


def _add_check(alter: Altering, constraint: Constraint) -> None:
    expression = strip_parentheses(constraint.expression or "")
    named = tuple(constraint_columns(alter.table, expression))
    name = constraint.name or naming.free(
        naming.of_keys(alter.table, named if len(named) == 1 else (), "check"),
        naming.constraint_names(alter.table),
    )
    alter.need(modes.ACCESS_EXCLUSIVE, recurses=True)
    if alter.no_inherit and alter.table.kind == "partitioned" and not alter.table.guessed and not alter.run.maybe:
        raise Fails(f'cannot add NO INHERIT constraint to partitioned table "{alter.table.bare}"', "42P16")
    if alter.only and not alter.no_inherit and alter.run.world.children(alter.table) and not alter.run.maybe:
        raise Fails("constraint must be added to child tables too", "42P16")
    if not constraint.not_valid:
        alter.scan()
    for one in alter.family:
        one.checks.append(Check(name, expression, not constraint.not_valid))
    alter.run.change(
        "add_check", alter.table, name=name, expression=expression, not_valid=constraint.not_valid,
        columns=tuple(constraint_columns(alter.table, expression)),
    )  # fmt: skip


def constraint_columns(table: Relation, expression: str) -> list[str]:
    """Columns of the table that an expression names, in order."""
    from advisor.catalog.ddl.lexer import single

    found: list[str] = []
    for token in single(expression, "postgresql").tokens:
        name = token.text.lower() if token.kind == "word" else token.text if token.kind == "quoted" else None
        if name is not None and name in table.columns and name not in found:
            found.append(name)
    return found


def validate(alter: Altering, name: str) -> None:
    """VALIDATE CONSTRAINT: reads the rows under a lock that lets everybody work."""
    run, table = alter.run, alter.table
    alter.need(modes.SHARE_UPDATE_EXCLUSIVE, recurses=True)
    table.validated.add(name)
    key = next((key for key in table.foreign_keys if key.name == name), None)
    check = next((check for check in table.checks if check.name == name), None)
    known = any(not one.name.startswith("?") for one in table.checks) or not table.checks
    sure = not table.guessed and known and run.world.complete and not run.maybe and bool(table.columns)
    if key is None and check is None and sure and name not in table.indexes and not table.unproved:
        raise Fails(f'constraint "{name}" of relation "{table.bare}" does not exist', "42704")
    done = (key is not None and key.validated) or (check is not None and check.valid)
    if key is not None:
        parent = run.world.relations.get(key.parent)
        if parent is not None and not key.validated:
            run.lock(parent, modes.ROW_SHARE)
    if not done:
        alter.scan(family=key is None or table.kind == "partitioned")
    for one in alter.family:
        one.foreign_keys = [
            msgspec.structs.replace(each, validated=True) if each.name == name else each for each in one.foreign_keys
        ]
        for each in one.checks:
            if each.name == name:
                each.valid = True
                for column in list(one.unproved):
                    if each.expression == f"{column} IS NOT NULL":
                        one.unproved.discard(column)
    run.change("validate_constraint", table, name=name, no_op=done)


def drop(alter: Altering, name: str, conditional: bool, cascade: bool) -> None:
    """DROP CONSTRAINT. The triggers of a foreign key on the other table go too, under the same lock."""
    run, table = alter.run, alter.table
    alter.need(modes.ACCESS_EXCLUSIVE, recurses=True)
    key = next((key for key in table.foreign_keys if key.name == name), None)
    index = table.indexes.get(name)
    known = key is not None or index is not None or any(check.name == name for check in table.checks)
    sure = not table.guessed and run.world.complete and not any(one.name.startswith("?") for one in table.checks)
    unnamed_not_null = run.version >= 18 and name.endswith("_not_null")
    if not known and sure and table.columns and not unnamed_not_null:
        if not conditional:
            run.exists(f'constraint "{name}" of relation "{table.bare}" does not exist', "42704")
        run.change("drop_constraint", table, name=name, conditional=conditional, no_op=True, cascade=cascade)
        return
    if key is not None:
        parent = run.world.relations.get(key.parent)
        if parent is not None and parent is not table:
            run.lock(run.world.family(parent) if parent.kind == "partitioned" else parent, modes.ACCESS_EXCLUSIVE)
    if index is not None:
        drop_key(run, table, index, cascade)
        run.lock_index(table, name, modes.ACCESS_EXCLUSIVE)
    for one in alter.family:
        one.foreign_keys = [each for each in one.foreign_keys if each.name != name]
        one.checks = [each for each in one.checks if each.name != name]
        removed = one.indexes.pop(name, None)
        if removed is not None and one is not table:
            one.indexes.pop(removed.name, None)
    run.change("drop_constraint", table, name=name, conditional=conditional, cascade=cascade)
