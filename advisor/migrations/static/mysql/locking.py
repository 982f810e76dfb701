"""LOCK TABLES, UNLOCK TABLES and FLUSH."""

from __future__ import annotations

from advisor.catalog.ddl.cursor import Cursor
from advisor.migrations.static.mysql.known import Known
from advisor.migrations.static.mysql.told import Told
from advisor.model.migration import Change, Failure, Lock


def locked(known: Known, c: Cursor, verb: str, line: int) -> Told:
    """``line``: where the statement stands, which later ones name as the beginning of its locks."""
    c.next()
    if verb == "UNLOCK":
        known.session.unlock()
        return Told(changes=(Change(action="lock_table", name="unlock"),))
    if verb == "FLUSH" and not (c.accept("TABLES") or c.accept("TABLE")):
        return Told(changes=(Change(action="other"),))
    if verb == "LOCK" and not (c.accept("TABLES") or c.accept("TABLE")):
        return Told(changes=(Change(action="other"),))
    if c.done:
        return Told(changes=(Change(action="other"),))
    if c.sees("WITH"):
        return Told(uncertain="FLUSH TABLES WITH READ LOCK locks every table", changes=(Change(action="lock_table"),))
    known.session.unlock()
    taken: list[Lock] = []
    failure: Failure | None = None
    while True:
        name = c.name()
        table, _ = known.table(name)
        failure = failure or known.missing(name)
        text = c.until(",").upper()
        mode = "WRITE" if "WRITE" in text else "READ"
        taken.append(
            Lock(relation=table.name, mode=mode, blocks_reads=mode == "WRITE", blocks_writes=True,
                 preexisting=table.preexisting)
        )  # fmt: skip
        if not c.accept(","):
            break
    for one in taken:
        known.session.locked[one.relation] = Lock(
            relation=one.relation, mode=one.mode, blocks_reads=one.blocks_reads, blocks_writes=one.blocks_writes,
            preexisting=one.preexisting, held_since_line=line,
        )  # fmt: skip
    done = tuple(Change(action="lock_table", table=one.relation) for one in taken)
    return Told(tuple(taken), changes=done, failure=failure)
