"""Clauses of ALTER TABLE about how and where a table is stored."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor
from advisor.migrations.static.postgresql import modes
from advisor.migrations.static.postgresql.altering import Altering
from advisor.migrations.static.postgresql.run import Fails

#: Storage parameters whose change needs more than SHARE UPDATE EXCLUSIVE (reloptions.c).
_EXCLUSIVE = frozenset(
    {"user_catalog_table", "security_barrier", "check_option", "fastupdate", "buffering", "security_invoker"}
)


def set_(alter: Altering, c: Cursor) -> bool:
    """SET, RESET, CLUSTER ON; False: none of them comes next."""
    run, table = alter.run, alter.table
    if c.accept("SET", "LOGGED") or c.accept("SET", "UNLOGGED"):
        unlogged = c.ahead(-1).upper == "UNLOGGED"
        alter.need(modes.ACCESS_EXCLUSIVE)
        same = table.unlogged is unlogged
        if not run.maybe:
            _keys_agree(alter, unlogged)
        if table.kind != "partitioned" and not same:
            alter.rewrite(family=False)
        table.unlogged = unlogged
        run.change("set_unlogged" if unlogged else "set_logged", table, no_op=same)
    elif c.accept("SET", "TABLESPACE"):
        alter.need(modes.ACCESS_EXCLUSIVE)
        name = c.identifier()
        if name == "pg_default":
            run.doubt("copied only if it is in another tablespace now, which no schema tells")
        elif table.kind != "partitioned":
            alter.rewrite(family=False)
        run.change("set_tablespace", table, new_name=name)
    elif c.accept("SET", "ACCESS", "METHOD"):
        if run.version < 15:
            raise Fails('syntax error at or near "ACCESS"', "42601")
        alter.need(modes.ACCESS_EXCLUSIVE)
        method = c.identifier()
        if table.kind == "partitioned" and run.version < 17 and not run.maybe:
            raise Fails("cannot change access method of a partitioned table", "42809")
        same = method.lower() in ("heap", "default")  # only extensions bring others
        if table.kind != "partitioned" and not same:
            alter.rewrite(family=False)
        run.change("set_access_method", table, new_name=method, no_op=same)
    elif c.accept("SET", "WITHOUT", "CLUSTER"):
        alter.need(modes.SHARE_UPDATE_EXCLUSIVE)
        run.change("set_options", table, name="cluster")
    elif c.accept("SET", "WITHOUT", "OIDS"):
        alter.need(modes.ACCESS_EXCLUSIVE)
        run.change("set_options", table, name="oids", no_op=run.version >= 12)
    elif c.accept("CLUSTER", "ON"):
        alter.need(modes.SHARE_UPDATE_EXCLUSIVE)
        index = c.identifier()
        run.change("set_options", table, name="cluster", expression=index)
        if index not in table.indexes and not table.guessed and run.world.complete and not run.maybe:
            raise Fails(f'index "{index}" for table "{table.bare}" does not exist', "42704")
    elif c.sees("SET", "(") or c.sees("RESET", "("):
        setting = c.next().upper == "SET"
        options = c.parenthesised()
        if setting and table.kind == "partitioned" and not table.guessed and not run.maybe:
            raise Fails("cannot specify storage parameters for a partitioned table", "42809")
        names = {part.split("=")[0].strip().lower() for part in options.split(",")}
        strong = bool(names & _EXCLUSIVE)
        alter.need(modes.ACCESS_EXCLUSIVE if strong else modes.SHARE_UPDATE_EXCLUSIVE)
        run.change("set_options", table, expression=options)
    else:
        return False
    return True


def _keys_agree(alter: Altering, unlogged: bool) -> None:
    """A table that survives a crash must not refer to one that does not. Raises Fails."""
    run, table = alter.run, alter.table
    if unlogged:
        if any(not one.unlogged and one is not table for one, _ in run.world.referencing(table)):
            raise Fails(f'could not change table "{table.bare}" to unlogged because it is referenced', "42P16")
        return
    for key in table.foreign_keys:
        parent = run.world.relations.get(key.parent)
        if parent is not None and parent is not table and parent.unlogged:
            raise Fails(
                f'could not change table "{table.bare}" to logged because it references "{parent.bare}"', "42P16"
            )
