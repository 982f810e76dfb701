"""What a migration does to PostgreSQL, by instruments of its own: nothing of the product is used.

Each case runs at two sizes, the larger four times the smaller. Witnesses:

- locks: pg_locks of the session, read by another session before it commits; what runs without a transaction is read
  every few milliseconds while it runs;
- files: relfilenodes before and after, of tables and of indexes;
- counters: rows read and written, pg_stat_xact_user_tables of the session;
- time: processor time of the backend (/proc/PID/schedstat: load of the machine does not matter) at both sizes;
- clients: a reader and a writer on the tables that it locks, every few milliseconds: who waits behind it by
  pg_blocking_pids, for a table or for a row, and which share of the statement one of them stood still.
"""

from __future__ import annotations

import itertools
import re
import threading
import time
import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.migrations.cases import FIXTURES, Case
from benchmarks.migrations.servers import Postgresql

SIZES = (50_000, 200_000)
BASES = tuple(sorted(file.stem.removeprefix("base-") for file in (FIXTURES / "postgresql").glob("base-*.sql")))
#: From here on writes wait (SHARE), reads wait (ACCESS EXCLUSIVE).
_STRENGTH = {
    "AccessShareLock": 1, "RowShareLock": 2, "RowExclusiveLock": 3, "ShareUpdateExclusiveLock": 4, "ShareLock": 5,
    "ShareRowExclusiveLock": 6, "ExclusiveLock": 7, "AccessExclusiveLock": 8,
}  # fmt: skip
_NAMES = {
    "AccessShareLock": "ACCESS SHARE", "RowShareLock": "ROW SHARE", "RowExclusiveLock": "ROW EXCLUSIVE",
    "ShareUpdateExclusiveLock": "SHARE UPDATE EXCLUSIVE", "ShareLock": "SHARE",
    "ShareRowExclusiveLock": "SHARE ROW EXCLUSIVE", "ExclusiveLock": "EXCLUSIVE",
    "AccessExclusiveLock": "ACCESS EXCLUSIVE",
}  # fmt: skip
_RANK = {name: _STRENGTH[mode] for mode, name in _NAMES.items()}
_RELATIONS = """
SELECT c.oid, CASE WHEN n.nspname = 'public' THEN '' ELSE n.nspname || '.' END || c.relname, c.relkind,
       pg_relation_filenode(c.oid), CASE WHEN c.relkind IN ('r', 'm', 'i', 'S') THEN pg_relation_size(c.oid) / 8192 ELSE 0 END,
       i.indrelid
FROM pg_class AS c JOIN pg_namespace AS n ON n.oid = c.relnamespace LEFT JOIN pg_index AS i ON i.indexrelid = c.oid
WHERE n.nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND n.nspname NOT LIKE 'pg_temp%'
  AND c.relkind IN ('r', 'p', 'm', 'v', 'S', 'i', 'I', 'f')"""
_COUNTERS = """
SELECT relid, seq_tup_read + coalesce(idx_tup_fetch, 0), n_tup_ins + n_tup_upd + n_tup_del FROM pg_stat_xact_all_tables
WHERE schemaname NOT IN ('pg_catalog', 'information_schema', 'pg_toast') AND schemaname NOT LIKE 'pg_temp%'"""
_LOCKS = """
SELECT relation, mode FROM pg_locks
WHERE locktype = 'relation' AND pid = %s AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"""
_WAITING = """
SELECT pid, wait_event FROM pg_stat_activity WHERE pid = ANY (%s) AND wait_event_type = 'Lock' AND %s = ANY (pg_blocking_pids(pid))"""
_BARE = re.compile(r"^\s*(LOCK\b|VACUUM\b|(CREATE|DROP)\s+(UNIQUE\s+)?INDEX\s+CONCURRENTLY)", re.IGNORECASE)
_numbers = itertools.count(1)


@dataclass
class Seen:
    """What was measured of one statement at one size."""

    line: int
    sql: str
    error: tuple[str, str] | None = None
    ran: bool = True
    ms: float = 0.0
    cpu_ms: float = 0.0
    wal: int = 0
    locks: dict[str, str] = field(default_factory=dict)
    rewritten: list[str] = field(default_factory=list)
    built: list[str] = field(default_factory=list)
    rows_read: dict[str, int] = field(default_factory=dict)
    rows_written: dict[str, int] = field(default_factory=dict)
    bare: bool = False
    waited: dict[str, str] = field(default_factory=dict)
    """``reader orders``: ``relation`` (a table lock) or ``row``."""
    waited_on: bool = False
    """Clients ran."""
    stalls: dict[str, float] = field(default_factory=dict)
    """Share of the statement that the client stood still in one piece."""


class Client(threading.Thread):
    """Runs one statement every few milliseconds."""

    def __init__(self, server: Postgresql, database: str, name: str, sql: str) -> None:
        super().__init__(daemon=True)
        self.label, self.sql, self.connection = name, sql, server.connect(database)
        self.pid = self.connection.info.backend_pid
        self.went: list[tuple[float, float]] = []
        self.since: float | None = None
        self.stop = False

    def run(self) -> None:
        while not self.stop:
            self.since = time.perf_counter()
            try:
                self.connection.execute(self.sql.replace("{k}", str(next(_numbers) + 1_000_000)))
            except psycopg.Error:
                if self.connection.closed:
                    return
            self.went.append((self.since, time.perf_counter()))
            self.since = None
            time.sleep(0.004)

    def stood(self, start: float, end: float) -> float:
        """Longest piece of [start, end] in which it waited, as a share of it."""
        spans = [*self.went, *([(self.since, time.perf_counter())] if self.since else [])]
        longest = max((min(end, b) - max(start, a) for a, b in spans), default=0.0)
        return max(0.0, longest) / max(end - start, 1e-9)


class Watch(threading.Thread):
    """Reads the locks of a session, and who waits behind it, while it runs."""

    def __init__(self, connection: psycopg.Connection[Any], pid: int, clients: list[Client]) -> None:
        super().__init__(daemon=True)
        self.connection, self.pid, self.clients = connection, pid, clients
        self.locks: dict[int, str] = {}
        self.waited: dict[str, str] = {}
        self.stop = False

    def look(self) -> None:
        for relation, mode in self.connection.execute(_LOCKS, (self.pid,)):
            if _STRENGTH[mode] > _STRENGTH.get(self.locks.get(relation, ""), 0):
                self.locks[relation] = mode
        if self.clients:
            names = {client.pid: client.label for client in self.clients}
            for pid, event in self.connection.execute(_WAITING, (list(names), self.pid)):
                self.waited.setdefault(names[pid], "relation" if event == "relation" else "row")

    def run(self) -> None:
        while not self.stop:
            self.look()
            time.sleep(0.003)


def quoted(name: str) -> str:
    """A name as `_RELATIONS` gives it, for SQL."""
    return ".".join(f'"{part}"' for part in name.split("."))


def _position(session: psycopg.Connection[Any]) -> int:
    """Bytes of WAL since the cluster was made."""
    return int(next(session.execute("SELECT pg_current_wal_insert_lsn() - '0/0'"))[0])


def _cpu(pid: int) -> float:
    """Milliseconds of processor time."""
    return int(Path(f"/proc/{pid}/schedstat").read_text().split()[0]) / 1e6


class Suite:
    """A server with the loaded bases, and databases to work in."""

    def __init__(self, server: Postgresql) -> None:
        self.server = server
        self.ready: set[str] = set()
        self.clients = tomllib.loads((FIXTURES / "postgresql" / "clients.toml").read_text())

    def template(self, base: str, size: int) -> str:
        """A database with the base loaded."""
        name = f"t_{base}_{size}"
        if name not in self.ready:
            with self.server.connect("postgres") as root:
                root.execute(f"CREATE DATABASE {name}")
            text = (FIXTURES / "postgresql" / f"base-{base}.sql").read_text().replace(":n", str(size))
            with self.server.connect(name) as connection:
                connection.execute(text)
                connection.execute("VACUUM ANALYZE")
                connection.execute("CHECKPOINT")
            self.ready.add(name)
        return name

    def _clients(self, base: str) -> dict[str, list[str]]:
        """Of a base for which nobody wrote any: statements that take the locks of a reader and of a writer, on no row."""
        with self.server.connect(self.template(base, SIZES[0])) as connection:
            rows = connection.execute(_RELATIONS).fetchall()
        found = {
            name: [
                f"SELECT count(*) FROM (SELECT 1 FROM ONLY {quoted(name)} LIMIT 1) AS one",
                f"DELETE FROM ONLY {quoted(name)} WHERE false" if kind != "m" else "",
            ]
            for _, name, kind, *_ in rows
            if kind in ("r", "p", "m")
        }
        self.clients[base] = found
        return found

    def database(self, base: str, size: int) -> str:
        """A copy to work in, kept until `spoilt`."""
        name, template = f"w_{base}_{size}", self.template(base, size)
        if name not in self.ready:
            strategy = " STRATEGY file_copy" if self.server.major >= 15 else ""
            with self.server.connect("postgres") as root:
                root.execute(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")
                root.execute(f"CREATE DATABASE {name} TEMPLATE {template}{strategy}")
            self.ready.add(name)
        return name

    def spoilt(self, base: str, size: int) -> None:
        self.ready.discard(f"w_{base}_{size}")

    def measure(self, case: Case) -> list[tuple[Seen, Seen]]:
        """Of each statement: at the smaller size, at the larger."""
        small = self._run(case, SIZES[0], [])
        locked = [(_RANK[mode], name) for one in small for name, mode in one.locks.items()]
        known = self.clients.get(case.base) or self._clients(case.base)
        tables: list[str] = []
        for _, name in sorted(locked, reverse=True):
            if name in known and name not in tables:
                tables.append(name)
        large = self._run(case, SIZES[1], tables[:3])
        return list(zip(small, large, strict=True))

    def _run(self, case: Case, size: int, tables: list[str]) -> list[Seen]:
        database = self.database(case.base, size)
        clients: list[Client] = []
        for table in tables:
            for kind, sql in zip(("reader", "writer"), self.clients[case.base][table], strict=True):
                if sql:
                    clients.append(Client(self.server, database, f"{kind} {table}", sql))
        session, other = self.server.connect(database), self.server.connect(database)
        session.execute("SET statement_timeout = '120s'")
        for client in clients:
            client.start()
        if clients:
            time.sleep(0.05)
        seen: list[Seen] = []
        reusable = False
        try:
            reusable = self._statements(case, session, other, clients, seen)
        finally:
            for client in clients:
                client.stop = True
            session.close()
            for client in clients:
                client.join(10)
                client.connection.close()
            other.close()
            if not reusable:
                self.spoilt(case.base, size)
        return seen

    def _statements(
        self,
        case: Case,
        session: psycopg.Connection[Any],
        other: psycopg.Connection[Any],
        clients: list[Client],
        seen: list[Seen],
    ) -> bool:
        """Run them; True: all was rolled back, the database is as it was."""
        statements = case.statements
        before = {row[0]: row for row in session.execute(_RELATIONS)}
        known = dict(before)
        names = {oid: row[1] for oid, row in before.items()}
        inside = False
        broken = clean = False
        for number, (line, sql) in enumerate(statements):
            one = Seen(line, sql[:400])
            seen.append(one)
            if broken:
                one.ran = False
                continue
            last = number == len(statements) - 1
            one.bare = not case.transaction and bool(_BARE.match(sql))
            if not one.bare and not inside:
                session.execute("BEGIN")
                inside = True
            self._statement(one, sql, session, other, clients, before, names, known, inside)
            if one.error and one.error[0] in ("25001", "2D000") and not case.transaction:
                session.execute("ROLLBACK")
                inside, one.error, one.bare = False, None, True
                self._statement(one, sql, session, other, clients, before, names, known, inside)
            broken = one.error is not None
            if inside and (broken or last or not case.transaction):
                single = number == 0 or case.transaction
                clean = last and single and sum(one.rows_written.values()) < 2000 and not one.bare
                session.execute("ROLLBACK" if broken or clean else "COMMIT")
                inside = False
        first_failed = seen[0].error is not None and not seen[0].bare and sum(seen[0].rows_written.values()) == 0
        heavy = any(sum(one.rows_written.values()) >= 2000 for one in seen)
        return (clean and not heavy) or first_failed

    def _statement(
        self, one: Seen, sql: str, session: psycopg.Connection[Any], other: psycopg.Connection[Any], clients: list[Client],
        before: dict[int, Any], names: dict[int, str], known: dict[int, Any], inside: bool,
    ) -> None:  # fmt: skip
        pid = session.info.backend_pid
        counted = {row[0]: row for row in session.execute(_COUNTERS)} if inside else {}
        watch = Watch(other, pid, clients)
        if one.bare:
            watch.start()
        wal = _position(session)
        cpu, start = _cpu(pid), time.perf_counter()
        try:
            session.execute(sql)
        except psycopg.Error as error:
            said = (error.diag.message_primary or str(error)).splitlines()[0][:200]
            one.error = (error.sqlstate or "?????", re.sub(r'"/[^"]*/', '"', said))  # no path of this machine
        end = time.perf_counter()
        one.ms, one.cpu_ms = round(1000 * (end - start), 2), round(_cpu(pid) - cpu, 2)
        if clients and not one.bare:
            time.sleep(0.03)
        if one.bare:
            watch.stop = True
            watch.join()
        else:
            watch.look()
        one.waited = dict(watch.waited)
        one.stalls = {client.label: round(client.stood(start, end), 2) for client in clients}
        one.locks = {names[oid]: _NAMES[mode] for oid, mode in sorted(watch.locks.items()) if oid in names}
        one.locks = {name: mode for name, mode in one.locks.items() if mode != "ACCESS SHARE"}
        if one.error:
            return
        one.wal = int(_position(session) - wal)
        files = {row[3] for row in known.values()}
        after = {row[0]: row for row in session.execute(_RELATIONS)}
        for oid, (_, name, kind, filenode, pages, table) in after.items():
            # An index that keeps its file through ALTER TYPE has a new oid.
            if filenode in files or pages <= 10 or kind not in "rmi":
                continue
            if kind == "i":
                if table in before:
                    one.built.append(name)
            elif oid in before:
                one.rewritten.append(name)
        if inside:
            for relid, read, written in session.execute(_COUNTERS):
                was = counted.get(relid, (relid, 0, 0))
                name = names.get(relid)
                if name is None:
                    continue
                if read - was[1] > 0:
                    one.rows_read[name] = read - was[1]
                if written - was[2] > 0:
                    one.rows_written[name] = written - was[2]
        known.clear()
        known.update(after)
