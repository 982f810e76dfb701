"""Types and domains."""

from __future__ import annotations

import itertools

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.cursor import Cursor
from advisor.migrations.static.postgresql import modes
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.type_changes import parts
from advisor.migrations.static.postgresql.world import Relation


def create_type(c: Cursor, run: Run) -> None:
    """CREATE TYPE."""
    name = c.name()
    key = run.world.canonical(name)
    if key in run.world.types:
        run.exists(f'type "{name.name}" already exists', "42710")
    kind = "composite"
    if c.accept("AS", "ENUM"):
        kind = "enum"
    elif c.accept("AS", "RANGE"):
        kind = "range"
    run.world.types[key] = run.world.types[name.name] = kind
    run.world.new_types.add(key)
    run.change("create_type", name=key)


def create_domain(c: Cursor, run: Run) -> None:
    """CREATE DOMAIN."""
    name = c.name()
    key = run.world.canonical(name)
    if key in run.world.types:
        run.exists(f'type "{name.name}" already exists', "42710")
    c.accept("AS")
    base, _, _ = Columns(c, "postgresql").type_name()
    words = [token.upper for token in c.tokens[c.at :]]
    run.world.types[key] = run.world.types[name.name] = base
    run.world.new_types.add(key)
    not_null = any(a == "NOT" and b == "NULL" for a, b in itertools.pairwise(words))
    if not_null or "CHECK" in words:
        run.world.constrained.update({key, name.name})
    run.change("create_domain", name=key, new_type=base)


def alter_domain(c: Cursor, run: Run) -> None:
    """ALTER DOMAIN: a new rule is checked in every table that uses it, which nobody may write meanwhile."""
    name = c.name()
    key = run.world.canonical(name)
    if c.accept("ADD") or c.sees("SET", "NOT", "NULL"):
        not_null = c.accept("SET", "NOT", "NULL")
        label = c.identifier() if c.accept("CONSTRAINT") and not c.sees("CHECK") else None
        text = c.rest()
        not_valid = text.upper().endswith("NOT VALID")
        run.world.constrained.update({key, name.name})
        if not not_valid:
            _check(run, name.name, key)
        run.change(
            "alter_domain_not_null" if not_null else "alter_domain_check", None, name=key, new_name=label,
            expression=text or None, not_valid=not_valid,
        )  # fmt: skip
    elif c.accept("VALIDATE", "CONSTRAINT"):
        label = c.identifier()
        _check(run, name.name, key)
        run.change("validate_constraint", None, name=label)
    else:
        run.change("alter_type_other", name=key, expression=c.rest())


def _check(run: Run, name: str, key: str) -> None:
    users = users_of(run, name, key)
    if not users and not run.world.complete and key not in run.world.new_types:
        run.doubt(f"which tables use domain {name} is not known: each is read while nobody may write to it")
        users = [Relation(f"(the tables that use {name})", None, guessed=True)]
    run.lock(users, modes.SHARE)
    for one in users:
        run.work("scan", one)


def users_of(run: Run, name: str, key: str) -> list[Relation]:
    """Tables with a column of a type."""
    wanted = {name, key}
    return [
        one
        for one in run.world.relations.values()
        if one.kind in ("table", "materialized_view")
        and any(parts(column.type).name in wanted for column in one.columns.values())
    ]


def alter_type(c: Cursor, run: Run) -> None:
    """ALTER TYPE."""
    name = c.name()
    key = run.world.canonical(name)
    if c.accept("ADD", "VALUE"):
        conditional = c.accept("IF", "NOT", "EXISTS")
        value = c.next().text
        if run.in_transaction and run.version < 12 and key not in run.world.new_types:
            raise Fails("ALTER TYPE ... ADD cannot run inside a transaction block", "25001")
        if run.in_transaction and key not in run.world.new_types:
            run.world.unsafe_values.setdefault(key, set()).add(value)
        run.change("add_enum_value", name=key, expression=value, conditional=conditional)
    elif c.accept("RENAME", "TO"):
        new = c.identifier()
        for old in {key, name.name}:
            if old in run.world.types:
                run.world.types[new] = run.world.types.pop(old)
        run.change("alter_type_other", name=key, new_name=new)
    else:
        users = users_of(run, name.name, key) if c.sees("ALTER", "ATTRIBUTE") else []
        if users and not run.maybe:
            raise Fails(f'cannot alter type "{name.name}" because a column uses it', "0A000")
        run.change("alter_type_other", name=key, expression=c.rest())
