"""Schemas, sequences, extensions, and all other objects that are no tables."""

from __future__ import annotations

import re
from itertools import pairwise

import msgspec

from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.lexer import single
from advisor.migrations.static.postgresql import modes
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.texts import quoted
from advisor.migrations.static.postgresql.type_changes import parts
from advisor.model.migration import ChangeAction

#: Statements on these cannot run in a transaction (each one's manual page, Notes).
_ALONE = frozenset({"DATABASE", "TABLESPACE"})


def create(c: Cursor, run: Run) -> None:
    """CREATE of anything else."""
    word = c.next().upper
    _outside(run, "CREATE", word)
    conditional = c.accept("IF", "NOT", "EXISTS")
    if word == "SCHEMA":
        c.accept("AUTHORIZATION")  # named after its owner
    name = c.name() if c.token.kind in ("word", "quoted") else None
    shown = run.world.canonical(name) if name is not None else None
    actions: dict[str, ChangeAction] = {
        "SEQUENCE": "create_sequence", "EXTENSION": "create_extension", "SCHEMA": "create_schema",
        "AGGREGATE": "create_function",
    }  # fmt: skip
    bare = name.name if name is not None else None
    known = word in ("SCHEMA", "EXTENSION")
    run.change(actions.get(word, "other"), name=bare if known else shown, conditional=conditional)
    if word == "SEQUENCE" and shown is not None:
        run.world.new_sequences.add(shown)
    if word == "SCHEMA":
        if run.world.schemas is not None and bare is not None:
            run.world.schemas.add(bare)
        _elements(c, run)


def _elements(c: Cursor, run: Run) -> None:
    if any(token.upper == "CREATE" for token in c.tokens[c.at :]):
        run.doubt("objects made inside CREATE SCHEMA are not read")


def _outside(run: Run, verb: str, word: str) -> None:
    if word in _ALONE:
        run.outside_transaction(f"{verb} {word}")


def alter(c: Cursor, run: Run) -> None:
    """ALTER of anything else."""
    word = c.next().upper
    if word == "SYSTEM":
        run.outside_transaction("ALTER SYSTEM")
    if word == "SEQUENCE":
        c.accept("IF", "EXISTS")
        name = run.world.canonical(c.name())
        # nextval takes ROW EXCLUSIVE: writers with a default of it wait (sequence.c, AlterSequence).
        moved = c.sees("RENAME") or c.sees("OWNER", "TO") or c.sees("SET", "SCHEMA")
        mode = modes.ACCESS_EXCLUSIVE if moved else modes.SHARE_ROW_EXCLUSIVE
        run.lock_name(name, mode, name not in run.world.new_sequences)
        run.change("alter_sequence", name=name, expression=c.rest())
    elif word == "SCHEMA" and c.ahead(1).upper == "RENAME":
        old = c.identifier()
        c.expect("RENAME", "TO")
        new = c.identifier()
        for one in [one for one in run.world.relations.values() if one.schema == old]:
            run.world.rename(one, one.bare, new)
        for one in run.world.relations.values():
            one.definition = _moved(one.definition, old, new)
        if run.world.schemas is not None:
            run.world.schemas.add(new)
        run.change("other", name=old, new_name=new)
    else:
        owner = any(token.upper == "OWNER" for token in c.tokens[c.at :])
        run.change("owner" if owner else "other", expression=c.rest()[:200])


def _moved(definition: str | None, old: str, new: str) -> str | None:
    """A view's query after a schema got another name: views know tables, not names."""
    if definition is None or old not in definition:
        return definition
    tokens = single(definition, "postgresql").tokens
    found, end = "", 0
    for token, after in pairwise(tokens):
        named = token.text == old if token.kind == "quoted" else token.kind == "word" and token.text.lower() == old
        if named and after.text == ".":
            found += definition[end : token.start] + quoted(new)
            end = token.end
    return found + definition[end:]


def drop(c: Cursor, run: Run) -> None:
    """DROP of anything else."""
    word = c.next().upper
    _outside(run, "DROP", word)
    conditional = c.accept("IF", "EXISTS")
    names = [c.name()] if c.token.kind in ("word", "quoted") else []
    c.skip_parenthesised()
    while names and c.accept(","):
        names.append(c.name())
        c.skip_parenthesised()
    cascade = c.accept_any("CASCADE", "RESTRICT") == "CASCADE"
    for name in names:
        canonical = run.world.canonical(name)
        if word == "SCHEMA":
            _drop_schema(run, name.name, cascade, conditional)
        elif word in ("TYPE", "DOMAIN"):
            _drop_type(run, name.name, canonical, cascade, conditional)
        else:
            run.change("drop_other", name=canonical, conditional=conditional, cascade=cascade)
            if word == "SEQUENCE":
                _drop_sequence(run, name.name, canonical, cascade)
            elif cascade and word in ("FUNCTION", "PROCEDURE", "ROUTINE", "EXTENSION", "OPERATOR", "COLLATION"):
                run.doubt(f"what else goes with {name.name} is not known: only running it tells")
    if not names:
        run.change("drop_other", conditional=conditional, cascade=cascade)


def _drop_schema(run: Run, schema: str, cascade: bool, conditional: bool) -> None:
    inside = [one for one in run.world.relations.values() if one.schema == schema]
    if inside and not cascade and not run.maybe:
        raise Fails(f"cannot drop schema {schema} because other objects depend on it", "2BP01")
    for one in inside:
        run.exclusive(one)
        run.world.remove(one)
    run.change("drop_schema", name=schema, conditional=conditional, cascade=cascade)


def _drop_sequence(run: Run, name: str, canonical: str, cascade: bool) -> None:
    """Defaults that use it go with it."""
    used = re.compile(rf"(?<![\w$]){re.escape(name)}(?![\w$])")
    for table in list(run.world.relations.values()):
        for column in list(table.columns.values()):
            own = name == f"{table.bare}_{column.name}_seq" and column.default in (None, "nextval")
            own = own and column.name not in table.undefaulted  # ALTER COLUMN ... DROP DEFAULT let it go
            serial = own and (column.identity or column.default is not None)
            if not serial and (column.default is None or not used.search(column.default)):
                continue
            if not cascade and not run.maybe:
                raise Fails(f"cannot drop sequence {name} because other objects depend on it", "2BP01")
            run.exclusive(table)
            table.columns[column.name] = msgspec.structs.replace(column, default=None)
    run.world.new_sequences.discard(canonical)


def _drop_type(run: Run, name: str, canonical: str, cascade: bool, conditional: bool) -> None:
    users = [
        (one, column.name)
        for one in run.world.relations.values()
        if one.kind in ("table", "partitioned")
        for column in one.columns.values()
        if parts(column.type).name in (name, canonical)
    ]
    if users and not cascade and not run.maybe:
        raise Fails(f"cannot drop type {name} because other objects depend on it", "2BP01")
    for table, column in users:
        run.exclusive(table)
        table.columns.pop(column, None)
    run.world.types.pop(canonical, None)
    run.world.types.pop(name, None)
    run.change("drop_other", name=canonical, conditional=conditional, cascade=cascade)
