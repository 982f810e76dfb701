"""Locks of a statement that runs in no transaction: it is made to wait, so that there is time to read them.

CREATE INDEX CONCURRENTLY, VACUUM, DETACH PARTITION CONCURRENTLY and the like take locks, commit and let go by
themselves. While they run, another session holds ROW EXCLUSIVE on every table, as writers of production do. A statement
that waits for it, for the lock of a table or for its transaction, shows what it holds and what it wants; then the
tables in question are let go. What never waits takes no lock that keeps writers out.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from advisor.dryrun.postgresql.modes import MODES

if TYPE_CHECKING:
    import psycopg

    from advisor.dryrun.postgresql.relations import Relation
    from advisor.dryrun.postgresql.session import Session

_MOST = 1500
"""Tables that can be locked at a time: the server's table of locks is bounded."""
_LOCKS = """
    SELECT locktype, relation::int8, mode, granted FROM pg_locks
    WHERE pid = %s AND (locktype = 'relation' AND relation >= 16384 OR NOT granted)
"""


class Parking:
    """Watches one statement. Use it as a context; its `watch` is called while the statement runs."""

    def __init__(self, session: Session, relations: Mapping[int, Relation], statement: str) -> None:
        self.session = session
        self.taken: set[tuple[int, str]] = set()
        """Relation and mode of every lock that was seen."""
        self.waits_for_transactions = False
        tables = {oid: one for oid, one in relations.items() if one.kind in ("r", "p") and one.persistence != "t"}
        if len(tables) > _MOST:
            tables = {oid: one for oid, one in tables.items() if one.name in statement}
        self._tables = dict(list(tables.items())[:_MOST])
        self._statement = statement
        self._free: set[int] = set()
        self._parked: list[psycopg.Connection[tuple[Any, ...]]] = []
        self._at = 0

    def __enter__(self) -> Parking:
        # Two sessions: one lets go only when the other has locked what is to stay locked.
        for _ in range(2):
            connection = self.session.cluster.connect("owner")
            self._parked.append(connection)
            connection.execute("SET lock_timeout = '1s'")
            self._park(connection)
        return self

    def __exit__(self, *_: object) -> None:
        for connection in self._parked:
            with contextlib.suppress(Exception):
                connection.close()

    def watch(self) -> None:
        """Reads the locks; lets a statement that waits for us go on."""
        waiting, held = False, set()
        for kind, oid, mode, granted in self.session.admin.execute(_LOCKS, [self.session.pid]).fetchall():
            if kind == "relation":
                self.taken.add((oid, MODES.get(mode, mode)))
                held.add(oid)
            elif kind == "virtualxid":
                self.waits_for_transactions = True
            waiting = waiting or not granted
        if not waiting:
            return
        if held <= self._free:  # it let its own locks go and waits for those who use a table that it does not tell
            held = next((some for some in self._guesses() if not some <= self._free), set())
        if held:
            self._free |= held
            first, second = self._parked[self._at], self._parked[1 - self._at]
            for connection in (second, first):
                self._park(connection)
            self._at = 1 - self._at

    def _guesses(self) -> Iterator[set[int]]:
        named = {oid: one for oid, one in self._tables.items() if one.name in self._statement}
        yield {oid for oid, one in named.items() if one.kind == "p"}
        yield set(named)
        yield set(self._tables)

    def _park(self, connection: psycopg.Connection[tuple[Any, ...]]) -> None:
        import psycopg
        from psycopg import sql

        connection.execute("ROLLBACK")
        names = [sql.Identifier(one.schema, one.name) for oid, one in self._tables.items() if oid not in self._free]
        if not names:
            return
        listed = sql.SQL(", ").join(sql.SQL("ONLY {}").format(name) for name in names)
        connection.execute("BEGIN")
        with contextlib.suppress(psycopg.Error):
            connection.execute(sql.SQL("LOCK TABLE {} IN ROW EXCLUSIVE MODE").format(listed))
