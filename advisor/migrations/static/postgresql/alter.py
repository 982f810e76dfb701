"""ALTER TABLE: its clauses, and the lock that each asks for (AlterTableGetLockLevel in tablecmds.c)."""

from __future__ import annotations

from itertools import pairwise

from advisor.catalog.ddl.columns import Columns
from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.operations import Name
from advisor.migrations.static.postgresql import columns as column_clauses
from advisor.migrations.static.postgresql import constraints, modes, partitions, storage
from advisor.migrations.static.postgresql.altering import Altering
from advisor.migrations.static.postgresql.run import Fails, Run
from advisor.migrations.static.postgresql.world import Relation

_ROW_SECURITY = ("ROW", "LEVEL", "SECURITY")


def alter_table(c: Cursor, run: Run) -> None:
    """ALTER TABLE, from after these words; of foreign tables and materialised views too."""
    if c.accept("ALL", "IN", "TABLESPACE"):
        c.rest()
        run.change("set_tablespace")
        run.doubt("which tables are in the tablespace is not known")
        return
    conditional = c.accept("IF", "EXISTS")
    only = c.accept("ONLY")
    name = c.name()
    c.accept("*")
    if run.world.find(name) is None and run.world.find_index(name) is not None:
        from advisor.migrations.static.postgresql.indexes import alter_index_of

        alter_index_of(c, run, name)
        return
    table = run.table(name, conditional=conditional)
    if table is None:
        run.change(_first_action(c), run.world.canonical(name), conditional=True, no_op=True)
        return
    if table.kind == "view" and not (c.sees("RENAME") or c.sees("OWNER") or c.sees("SET")):
        pass
    alter = Altering(run, table, only)
    parser = Columns(c, "postgresql")
    words = [token.upper for token in c.tokens]
    alter.no_inherit = any(pair == ("NO", "INHERIT") for pair in pairwise(words))
    _drops_first(alter, c)
    while not c.done:
        before = c.at
        _clause(alter, c, parser)
        if not c.accept(","):
            break
        if c.at == before:
            break
    if not c.done:
        run.doubt(f"a clause of ALTER TABLE is not known: {c.rest()[:60]}")
        alter.need(modes.ACCESS_EXCLUSIVE)
    alter.finish()


def _drops_first(alter: Altering, c: Cursor) -> None:
    """Whatever their order, clauses that drop run first (AT_PASS_DROP): what they drop proves nothing any more."""
    for at in range(c.at, len(c.tokens) - 2):
        if c.tokens[at].upper == "DROP" and c.tokens[at + 1].upper == "CONSTRAINT":
            for one in alter.family:
                for check in one.checks:
                    if check.name == c.fold(c.tokens[at + 2]):
                        check.valid = False


def _first_action(c: Cursor) -> str:
    words = (c.ahead(0).upper, c.ahead(1).upper)
    if words[0] == "ADD":
        return "add_check" if words[1] == "CONSTRAINT" else "add_column"
    if words[0] == "DROP":
        return "drop_constraint" if words[1] == "CONSTRAINT" else "drop_column"
    if words[0] == "RENAME":
        return "rename_table" if words[1] == "TO" else "rename_column"
    return "other"


def _clause(alter: Altering, c: Cursor, parser: Columns) -> None:
    run, table = alter.run, alter.table
    if c.accept("ADD"):
        if not c.sees("COLUMN") and parser.starts_constraint():
            constraints.add(alter, parser.constraint())
            return
        c.accept("COLUMN")
        column_clauses.add(alter, parser, c.accept("IF", "NOT", "EXISTS"))
    elif c.accept("DROP", "CONSTRAINT"):
        conditional = c.accept("IF", "EXISTS")
        name = c.identifier()
        constraints.drop(alter, name, conditional, c.accept_any("CASCADE", "RESTRICT") == "CASCADE")
    elif c.accept("DROP"):
        c.accept("COLUMN")
        column_clauses.drop(alter, c)
    elif c.accept("ALTER", "CONSTRAINT"):
        name = c.identifier()
        key = next((one for one in table.foreign_keys if one.name == name), None)
        words = c.until(",").upper()
        alter.need(modes.ACCESS_EXCLUSIVE)
        if key is not None and key.parent in run.world.relations and "ENFORCED" in words:
            run.lock(run.world.relations[key.parent], modes.SHARE_ROW_EXCLUSIVE)
        if "NOT" not in words.split() and "ENFORCED" in words:
            alter.scan()
        run.change("other", table, name=name)
    elif c.accept("ALTER"):
        c.accept("COLUMN")
        column_clauses.alter_column(alter, c, parser)
    elif c.accept("VALIDATE", "CONSTRAINT"):
        constraints.validate(alter, c.identifier())
    elif c.accept("RENAME"):
        _rename(alter, c)
    elif c.accept("SET", "SCHEMA"):
        schema = c.identifier()
        alter.need(modes.ACCESS_EXCLUSIVE)
        run.change("set_schema", table, new_name=schema)
        alter.finish()
        run.world.rename(table, table.bare, schema)
        alter.family = []
    elif c.accept("OWNER", "TO"):
        alter.need(modes.ACCESS_EXCLUSIVE)
        run.change("owner", table, new_name=c.next().text)
    elif c.accept("ATTACH", "PARTITION"):
        partitions.attach(alter, c)
    elif c.accept("DETACH", "PARTITION"):
        partitions.detach(alter, c)
    else:
        _switch(alter, c)


def _rename(alter: Altering, c: Cursor) -> None:
    run, table = alter.run, alter.table
    if c.accept("TO"):
        new = c.identifier()
        alter.need(modes.ACCESS_EXCLUSIVE)
        if run.world.find(Name(new, table.schema)) is not None:
            run.exists(f'relation "{new}" already exists', "42P07")
        run.change("rename_table", table, new_name=new)
        alter.finish()
        run.world.rename(table, new, table.schema)
        alter.family = []
    elif c.accept("CONSTRAINT"):
        old = c.identifier()
        c.expect("TO")
        new = c.identifier()
        alter.need(modes.ACCESS_EXCLUSIVE, recurses=True)
        run.change("rename_constraint", table, name=old, new_name=new)
        _rename_constraint(alter, old, new)
    else:
        c.accept("COLUMN")
        old = c.identifier()
        c.expect("TO")
        column_clauses.rename(alter, old, c.identifier())


def _rename_constraint(alter: Altering, old: str, new: str) -> None:
    import msgspec

    for one in alter.family:
        for check in one.checks:
            check.name = new if check.name == old else check.name
        one.foreign_keys = [
            msgspec.structs.replace(key, name=new) if key.name == old else key for key in one.foreign_keys
        ]
        if old in one.indexes:
            one.indexes[new] = msgspec.structs.replace(one.indexes.pop(old), name=new)


def _switch(alter: Altering, c: Cursor) -> None:
    """The clauses that set something of the whole table."""
    run, table = alter.run, alter.table
    word = "ENABLE" if c.sees("ENABLE") else "DISABLE" if c.sees("DISABLE") else None
    if word is not None:
        c.next()
        c.accept_any("ALWAYS", "REPLICA")
        if c.accept("TRIGGER"):
            alter.need(modes.SHARE_ROW_EXCLUSIVE, recurses=run.version >= 15)
            run.change("switch_trigger", table, name=c.identifier(), expression=word.lower())
        elif c.accept("RULE"):
            alter.need(modes.ACCESS_EXCLUSIVE)
            run.change("rule", table, name=c.identifier(), expression=word.lower())
        elif c.accept(*_ROW_SECURITY):
            alter.need(modes.ACCESS_EXCLUSIVE)
            run.change("row_security", table, expression=word.lower())
        else:
            alter.need(modes.ACCESS_EXCLUSIVE)
            run.change("other", table, expression=c.until(","))
    elif c.accept("FORCE", *_ROW_SECURITY) or c.accept("NO", "FORCE", *_ROW_SECURITY):
        alter.need(modes.ACCESS_EXCLUSIVE)
        run.change("row_security", table, expression="force")
    elif c.accept("INHERIT") or c.accept("NO", "INHERIT"):
        _inherit(alter, c)
    elif c.accept("REPLICA", "IDENTITY"):
        alter.need(modes.ACCESS_EXCLUSIVE)
        run.change("set_options", table, name="replica identity", expression=c.until(","))
    elif not storage.set_(alter, c):
        alter.need(modes.ACCESS_EXCLUSIVE)
        run.doubt(f"a clause of ALTER TABLE is not known: {c.token.text[:40]}")
        run.change("other", table, expression=c.until(","))


def _inherit(alter: Altering, c: Cursor) -> None:
    run, table = alter.run, alter.table
    leaves = c.ahead(-2).upper == "NO"
    parent = run.table(c.name())
    assert parent is not None
    alter.need(modes.ACCESS_EXCLUSIVE)
    if leaves:
        table.inherits = [one for one in table.inherits if one != parent.name]
    else:
        run.lock(parent, modes.SHARE_UPDATE_EXCLUSIVE)
        if table in list(run.world.family(parent)) and parent.name in table.inherits and not run.maybe:
            raise Fails(f'relation "{parent.bare}" would be inherited from more than once', "42P07")
        _like_its_parent(alter, parent)
        table.inherits.append(parent.name)
    run.change("inherit", table, parent=parent.name)


def _like_its_parent(alter: Altering, parent: Relation) -> None:
    """Raises Fails where the parent has a column that the table lacks, or has of another type (INHERIT)."""
    table = alter.table
    if table.guessed or parent.guessed or not alter.run.world.complete or alter.run.maybe:
        return
    for column in parent.columns.values():
        own = table.columns.get(column.name)
        if own is None:
            raise Fails(f'child table is missing column "{column.name}"', "42804")
        if own.type != column.type:
            raise Fails(f'child table "{table.bare}" has different type for column "{column.name}"', "42804")
