"""CREATE, ALTER, DROP, RENAME and TRUNCATE of whatever stands in a schema."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor
from advisor.catalog.ddl.lexer import Statement
from advisor.migrations.static.mysql.creating import create_table, create_trigger, create_view
from advisor.migrations.static.mysql.dropping import drop_database, drop_table, truncate
from advisor.migrations.static.mysql.effects import metadata
from advisor.migrations.static.mysql.known import Known
from advisor.migrations.static.mysql.told import Told
from advisor.model.migration import Change, ChangeAction, Failure, Lock

#: CREATE, ALTER and DROP of these touch no table.
_OTHERS: dict[str, ChangeAction] = {
    "VIEW": "create_view",
    "PROCEDURE": "create_function",
    "FUNCTION": "create_function",
    "EVENT": "other",
    "SEQUENCE": "create_sequence",
    "USER": "privileges",
    "ROLE": "privileges",
    "SERVER": "other",
    "PACKAGE": "create_function",
    "DATABASE": "create_schema",
    "SCHEMA": "create_schema",
    "TABLESPACE": "other",
    "LOGFILE": "other",
    "SPATIAL": "other",
    "RESOURCE": "other",
}


def defined(known: Known, statement: Statement, c: Cursor, verb: str) -> Told:
    """CREATE, ALTER, DROP, RENAME and TRUNCATE, but for what ``altering`` tells."""
    words = [token.upper for token in c.tokens[:12]]
    if verb == "CREATE" and "TRIGGER" in words[:8]:
        return create_trigger(known, c)
    if verb == "DROP" and words[1:2] == ["TRIGGER"]:
        name = next(token.text for token in reversed(c.tokens)).lower()
        owner = known.triggers.pop(name, None)
        table = known.state.tables.get(owner or "")
        done = (Change(action="drop_trigger", table=owner, name=name),)
        return Told((metadata(table.name, table.preexisting),) if table else (), changes=done)
    kind = next((word for word in words[1:9] if word in ("TABLE", "TABLES", *_OTHERS)), None)
    if kind in ("TABLE", "TABLES") or verb in ("TRUNCATE", "RENAME"):
        if verb == "CREATE":
            return create_table(known, statement, "REPLACE" in words[:3])
        if verb == "DROP":
            return drop_table(known, c)
        if verb == "TRUNCATE":
            return truncate(known, c)
        if verb == "RENAME":
            return _rename(known, c) if kind else Told(changes=(Change(action="privileges"),))
    if kind is None or verb in ("TRUNCATE", "RENAME"):
        return Told(changes=(Change(action="other"),))
    if verb == "DROP" and kind in ("DATABASE", "SCHEMA"):
        return drop_database(known, c)
    action = _OTHERS[kind]
    # A sequence can be named as a table is, and no schema here lists any.
    known.behind = known.behind or kind == "SEQUENCE"
    if verb == "DROP":
        action = "drop_view" if kind == "VIEW" else "privileges" if action == "privileges" else "drop_other"
    elif verb == "ALTER" and kind == "SEQUENCE":
        action = "alter_sequence"
    elif kind == "VIEW":
        return create_view(known, statement)
    return Told(changes=(Change(action=action),))


def _rename(known: Known, c: Cursor) -> Told:
    c.at += 2
    conditional = c.accept("IF", "EXISTS")
    failure: Failure | None = None
    locks: list[Lock] = []
    done: list[Change] = []
    while True:
        old = c.name()
        if not c.accept("NOWAIT") and c.accept("WAIT"):
            c.next()
        c.expect("TO")
        new = c.name()
        table, _ = known.table(old)
        taken = known.state.find(new)
        if taken is not None and taken is not table:
            failure = failure or Failure(message=f"Table '{taken.name}' already exists", code="1050")
        elif not conditional:
            failure = failure or known.missing(old)
        locks.append(metadata(table.name, table.preexisting))
        done.append(Change(action="rename_table", table=table.name, new_name=known.state.canonical(new)))
        if known.state.find(old) is not None:
            known.state.rename(table, new)
        if not c.accept(","):
            return Told(tuple(locks), changes=tuple(done), failure=failure)
