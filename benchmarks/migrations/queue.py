"""The queue model against real pile-ups: `python -m benchmarks.migrations.queue` prints a table.

Private servers of PostgreSQL and MariaDB. Clients send statements at a steady pace or at random (Poisson), the server
logs them, and what the log and the snapshot tell predicts the pile-up behind each DDL statement. Then it is run, begun
as soon as the longest statement of the log runs again: the worst moment, which the model is about.
"""

from __future__ import annotations

import argparse
import bisect
import contextlib
import math
import queue
import random
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from advisor.api.check.workload import met
from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.migrations.impact import pace_of, sizes_of, traffic_of, weigh
from advisor.model.check import Queue, Seconds
from advisor.model.migration import Lock, MigrationStatement, Outcome, Work
from advisor.model.migration_limits import MIGRATION
from tests import servers

_CLIENTS = 300
_LEARNING = 36.0
#: Latency of an undisturbed statement stays below this, also on a busy machine.
_DELAYED = 0.04
#: Pile-ups of each scenario: their mean is compared, for arrivals at random differ from one to the next.
_REPEATS = 3


@dataclass(frozen=True)
class Stream:
    """Statements of one form, so many a second."""

    table: str
    sql: str
    per_second: float
    write: bool = False


@dataclass
class Done:
    """One statement of a client."""

    stream: Stream
    start: float
    end: float


@dataclass(frozen=True)
class Scenario:
    """One pile-up."""

    name: str
    table: str
    statements: tuple[str, ...]
    locks: tuple[tuple[Lock, ...], ...]
    """Of each statement."""
    work: tuple[tuple[Work, ...], ...] = ()
    poisson: bool = True
    behind: str | None = None
    """The long statement that runs when it begins."""
    timeout: float | None = None
    retries: int = 0
    before: tuple[str, ...] = ()
    undo: tuple[str, ...] = ()


@dataclass
class Row:
    """Predicted and measured."""

    name: str
    engine: str
    predicted: tuple[float, float, float]
    measured: tuple[float, float, float]
    errors: tuple[float, ...] = field(default=())


class Clients:
    """Workers with a connection each; statements go to whoever is idle, so that nobody waits for a client."""

    def __init__(self, connect: Callable[[], Any]) -> None:
        self.jobs: queue.SimpleQueue[tuple[Stream, float] | None] = queue.SimpleQueue()
        self.done: list[Done] = []
        self.connections = [connect() for _ in range(_CLIENTS)]
        self.threads = [threading.Thread(target=self._work, args=(one,), daemon=True) for one in self.connections]
        for thread in self.threads:
            thread.start()

    def _work(self, connection: Any) -> None:
        cursor = connection.cursor()
        while (job := self.jobs.get()) is not None:
            stream, due = job
            cursor.execute(stream.sql.replace("%s", str(random.randint(1, 20_000))))
            if cursor.description:
                cursor.fetchall()
            self.done.append(Done(stream, due, time.monotonic()))

    def close(self) -> None:
        for _ in self.threads:
            self.jobs.put(None)
        for thread in self.threads:
            thread.join(10)
        for one in self.connections:
            with contextlib.suppress(Exception):
                one.close()

    @contextlib.contextmanager
    def sending(self, streams: Sequence[Stream], poisson: bool) -> Iterator[None]:
        """Sends them until it ends."""
        stop = threading.Event()
        draw = random.Random()

        def send() -> None:
            start = time.monotonic()
            due = [(start + draw.random() / one.per_second, n) for n, one in enumerate(streams)]
            due.sort()
            while not stop.is_set():
                at, number = due.pop(0)
                pause = at - time.monotonic()
                if pause > 0 and stop.wait(pause):
                    return
                one = streams[number]
                self.jobs.put((one, time.monotonic()))
                each = draw.expovariate(one.per_second) if poisson else 1 / one.per_second
                bisect.insort(due, (at + each, number))

        thread = threading.Thread(target=send, daemon=True)
        thread.start()
        try:
            yield
        finally:
            stop.set()
            thread.join()


def lock(table: str, mode: str, *, reads: bool = False, writes: bool = True) -> Lock:
    return Lock(relation=table, mode=mode, blocks_reads=reads, blocks_writes=writes, preexisting=True)


def exclusive(table: str) -> Lock:
    return lock(table, "ACCESS EXCLUSIVE", reads=True)


class Place:
    """A server with its traffic, and what its log and snapshot tell."""

    def __init__(self, engine: str, server: servers.Server, log: Path, connect: Callable[[], Any]) -> None:
        self.engine, self.server, self.log, self.connect = engine, server, log, connect
        self.clients: Clients | None = None
        self.streams: list[Stream] = []

    def run(self, *statements: str) -> None:
        connection = self.connect()
        with contextlib.closing(connection):
            for one in statements:
                connection.cursor().execute(one)

    def background(self, sql: str) -> threading.Thread:
        thread = threading.Thread(target=self.run, args=(sql,), daemon=True)
        thread.start()
        return thread

    def logged(self, directory: Path, name: str, work: Callable[[], None]) -> Path:
        """The part of the server's log that some work made."""
        before = self.log.stat().st_size
        work()
        time.sleep(0.5)
        with self.log.open("rb") as file:
            file.seek(before)
            text = file.read()
        part = directory / name
        head = b"" if self.engine == "postgresql" else b"# advisor\n"
        part.write_bytes(text if text.startswith((b"20", b"#")) else head + text)
        return part

    def learn(self, directory: Path, ddl: Sequence[str], long: Sequence[str], dsn: str) -> None:
        """Clients work for a while, beside the long statements; DDL ran before."""
        assert self.clients is not None
        busy = self.clients

        def before() -> None:
            # As it is in the log of a day: beside the traffic of other tables.
            with busy.sending([one for one in self.streams if one.table != "events"], poisson=True):
                self.run(*ddl)

        past = self.logged(directory, "ddl.log", before)

        def work() -> None:
            with busy.sending(self.streams, poisson=True):
                for _ in range(2):
                    threads = [self.background(one) for one in long]
                    time.sleep(_LEARNING / 2)
                    for thread in threads:
                        thread.join()

        usual = self.logged(directory, "usual.log", work)
        snapshot = capture(dsn)
        catalog = catalog_of(snapshot)
        engine: Any = self.engine
        load = met([str(usual)], [catalog], engine)
        self.sizes = sizes_of(catalog, snapshot)
        self.traffic = traffic_of(load.shapes, load.graphs, load.seconds, [catalog], load.capture)
        self.pace = pace_of(met([str(past)], [catalog], engine).shapes, self.sizes, None, catalog)

    def predicted(self, one: Scenario) -> tuple[float, float, float]:
        """Peak, longest wait, delayed."""
        together = 1 if len(one.statements) > 1 else None
        statements = [
            MigrationStatement(file="m.sql", line=n + 1, end_line=n + 1, sql=sql, transaction=together)
            for n, sql in enumerate(one.statements)
        ]
        work = one.work or ((),) * len(one.statements)
        milliseconds = one.timeout * 1000 if one.timeout else None
        outcomes = [
            Outcome(evidence="executed", locks=locks, work=each, lock_timeout_ms=milliseconds)
            for locks, each in zip(one.locks, work, strict=True)
        ]
        weights = weigh(statements, outcomes, self.sizes, self.traffic, self.pace)
        found: Queue = next(q for q in weights[0].queues if q.relation == one.table)
        # The wait in full, and the middle of how long the lock is held, whose range is wide where little is known.
        moment = MIGRATION.moment_seconds
        ranges = [(each.seconds or Seconds(0.0, 0.0)) for each in weights]
        holds = [(each.low + moment[0], each.high + moment[1]) for each in ranges]
        stall = found.stall.high + sum(math.sqrt(low * high) - high for low, high in holds)
        rate = found.statements_per_second
        return rate * stall, stall, rate * stall * (1 + one.retries)

    def measured(self, one: Scenario) -> tuple[float, float, float]:
        """The same, as it happens."""
        assert self.clients is not None
        uses = {held.mode for held in (h for locks in one.locks for h in locks) if held.relation == one.table}
        writers = not any(
            held.blocks_reads for locks in one.locks for held in locks if held.relation == one.table
        ) and bool(uses)
        self.run(*one.before)
        self.clients.done = []
        with self.clients.sending(self.streams, one.poisson):
            time.sleep(0.5)
            long = self.background(one.behind) if one.behind else None
            time.sleep(0.05 if long else 0.0)
            self._attempts(one)
            if long is not None:
                long.join()
            time.sleep(0.4)
        while self.clients.jobs.qsize():
            time.sleep(0.05)
        time.sleep(0.5)
        self.run(*one.undo)
        own = [d for d in self.clients.done if d.stream.table == one.table and (d.stream.write or not writers)]
        waits = [d for d in own if d.end - d.start > _DELAYED]
        edges = sorted([(d.start, 1) for d in waits] + [(d.end, -1) for d in waits])
        peak = now = 0
        for _, step in edges:
            now += step
            peak = max(peak, now)
        return float(peak), max((d.end - d.start for d in own), default=0.0), float(len(waits))

    def _attempts(self, one: Scenario) -> None:
        for attempt in range(one.retries + 1):
            connection = self.connect()
            with contextlib.closing(connection):
                cursor = connection.cursor()
                if one.timeout and self.engine == "postgresql":
                    cursor.execute(f"SET lock_timeout = '{int(one.timeout * 1000)}ms'")
                elif one.timeout:
                    cursor.execute(f"SET lock_wait_timeout = {int(one.timeout)}")
                with contextlib.suppress(Exception):
                    if len(one.statements) > 1:
                        cursor.execute("BEGIN")
                    for sql in one.statements:
                        cursor.execute(sql)
                    if len(one.statements) > 1:
                        cursor.execute("COMMIT")
                    return
            if attempt < one.retries:
                time.sleep(0.7)


def _streams(tables: dict[str, tuple[float, float]]) -> list[Stream]:
    found = []
    for name, (reads, writes) in tables.items():
        if reads:
            found.append(Stream(name, f"SELECT v FROM {name} WHERE id = %s", reads))
        if writes:
            found.append(Stream(name, f"UPDATE {name} SET v = v + 1 WHERE id = %s", writes, write=True))
    return found


def postgresql(directory: Path) -> list[Row]:
    """Scenarios of PostgreSQL."""
    import psycopg

    settings = {
        "max_connections": str(_CLIENTS + 30), "log_min_duration_statement": "0", "log_line_prefix": "%m [%p] %u@%d ",
        "autovacuum": "off", "max_parallel_maintenance_workers": "0", "shared_buffers": "256MB",
    }  # fmt: skip
    with servers.postgresql(settings) as server:
        place = Place("postgresql", server, server.log, lambda: psycopg.connect(server.dsn, autocommit=True))
        for name, rows in (("a", 20_000), ("b", 20_000), ("c", 20_000), ("d", 20_000)):
            place.run(
                f"CREATE TABLE {name} (id int PRIMARY KEY, v int, w int, t text)",
                f"INSERT INTO {name} SELECT n, n % 100, (n * 7919::bigint) % 1000003, 'text ' || n "
                f"FROM generate_series(1, {rows}) AS n",
            )
        # Work that takes its time whatever else the machine does: an index whose expression sleeps for each row.
        place.run(
            "CREATE FUNCTION slow(x int) RETURNS int IMMUTABLE LANGUAGE plpgsql AS "
            "'BEGIN PERFORM pg_sleep(0.01); RETURN x; END'",
            "CREATE TABLE events (id int PRIMARY KEY, v int, w int, t text)",
            "ALTER TABLE events ALTER t SET STORAGE EXTERNAL",
            "INSERT INTO events SELECT n, n, n, repeat('x', 60000) FROM generate_series(1, 200) AS n",
            "VACUUM ANALYZE",
        )
        place.clients = Clients(place.connect)
        place.streams = _streams({"a": (40, 10), "b": (45, 15), "c": (40, 0), "d": (10, 30), "events": (15, 30)})
        read = "SELECT pg_sleep({}), count(*) FROM {}"
        write = "UPDATE d SET v = v + 1 WHERE id = 1 AND (SELECT pg_sleep(3)) IS NOT NULL"
        building = (
            "CREATE INDEX i1 ON events (slow(w))",
            "DROP INDEX i1",
            "CREATE INDEX i2 ON events (slow(w))",
            "DROP INDEX i2",
        )
        vacuums = ("CREATE INDEX kept ON events (slow(w))", "VACUUM FULL events", "DROP INDEX kept")
        longs = [read.format(2, "a"), read.format(4, "b"), write]
        place.learn(directory, (*building, *vacuums), longs, server.dsn)
        add = "ALTER TABLE {} ADD COLUMN x int"
        drop = "ALTER TABLE {} DROP COLUMN IF EXISTS x"
        build = Work(kind="build", relation="events", index="i", preexisting=True)
        share = lock("events", "SHARE")

        def brief(name: str, table: str, behind: str | None, **more: Any) -> Scenario:
            locks = ((exclusive(table),),)
            undo = (drop.format(table),)
            return Scenario(name, table, (add.format(table),), locks, behind=behind, undo=undo, **more)

        scenarios = [
            brief("moment's lock behind a read of 2 s, steady", "a", longs[0], poisson=False),
            brief("moment's lock behind a read of 2 s, Poisson", "a", longs[0]),
            brief("moment's lock behind a read of 4 s, steady", "b", longs[1], poisson=False),
            brief("moment's lock behind a read of 4 s, Poisson", "b", longs[1]),
            brief("... with lock_timeout 1 s", "b", longs[1], timeout=1.0),
            brief("... with lock_timeout 2 s, steady", "b", longs[1], timeout=2.0, poisson=False),
            brief("... with lock_timeout 0.8 s, one retry", "b", longs[1], timeout=0.8, retries=1),
            brief("moment's lock behind a write of 3 s", "d", write),
            Scenario(
                "SHARE ROW EXCLUSIVE behind a write of 3 s",
                "d",
                (
                    "CREATE TRIGGER x BEFORE UPDATE ON d FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()",
                ),
                ((lock("d", "SHARE ROW EXCLUSIVE"),),),
                behind=write,
                undo=("DROP TRIGGER IF EXISTS x ON d",),
            ),
            Scenario(
                "CREATE INDEX, Poisson (writers only)",
                "events",
                ("CREATE INDEX i ON events (slow(w))",),
                ((share,),),
                ((build,),),
                undo=("DROP INDEX i",),
            ),
            Scenario(
                "CREATE INDEX, steady (writers only)",
                "events",
                ("CREATE INDEX i ON events (slow(w))",),
                ((share,),),
                ((build,),),
                poisson=False,
                undo=("DROP INDEX i",),
            ),
            Scenario(
                "VACUUM FULL",
                "events",
                ("VACUUM FULL events",),
                ((exclusive("events"),),),
                ((Work(kind="rewrite", relation="events", preexisting=True),),),
                before=("CREATE INDEX kept ON events (slow(w))",),
                undo=("DROP INDEX kept",),
            ),
            Scenario(
                "a lock of ADD COLUMN, held during CREATE INDEX of another table",
                "c",
                (add.format("c"), "CREATE INDEX i ON events (slow(w))"),
                ((exclusive("c"),), (share,)),
                ((), (build,)),
                undo=(drop.format("c"), "DROP INDEX i"),
            ),
        ]
        found = [_row(place, one) for one in scenarios]
        place.clients.close()
        return found


def mariadb(directory: Path) -> list[Row]:
    """Scenarios of MariaDB."""
    import pymysql

    log = Path(tempfile.gettempdir()) / f"advisor-queue-{time.time_ns()}.log"
    settings = {
        "max-connections": str(_CLIENTS + 30), "slow-query-log": "1", "long-query-time": "0",
        "slow-query-log-file": str(log), "innodb-buffer-pool-size": "256M",
    }  # fmt: skip
    with servers.mariadb(settings) as server:
        log.touch()

        def connect() -> Any:
            return pymysql.connect(host=server.host, port=server.port, user=server.user, database="q", autocommit=True)

        first = pymysql.connect(host=server.host, port=server.port, user=server.user)
        first.cursor().execute("CREATE DATABASE q")
        first.close()
        place = Place("mariadb", server, log, connect)
        for name, rows in (("a", 20_000), ("b", 20_000), ("events", 1_000_000)):
            place.run(
                f"CREATE TABLE {name} (id int PRIMARY KEY, v int, w int, t varchar(40))",
                f"INSERT INTO {name} SELECT seq, seq % 100, (seq * 7919) % 1000003, concat('text ', seq) "
                f"FROM seq_1_to_{rows}",
                f"ANALYZE TABLE {name} PERSISTENT FOR ALL",
            )
        place.clients = Clients(connect)
        place.streams = _streams({"a": (40, 10), "b": (40, 20), "events": (10, 40)})
        reads = ["SELECT sleep(2), count(*) FROM a", "SELECT sleep(3), count(*) FROM b"]
        copy = "ALTER TABLE events FORCE, ALGORITHM=COPY, LOCK=SHARED"
        place.learn(directory, (copy, copy), reads, server.dsn + "q")
        add = "ALTER TABLE {} ADD COLUMN x int, ALGORITHM=INSTANT"

        def brief(name: str, table: str, behind: str, **more: Any) -> Scenario:
            locks = ((lock(table, "METADATA", reads=True),),)
            undo = (f"ALTER TABLE {table} DROP COLUMN IF EXISTS x",)
            return Scenario(name, table, (add.format(table),), locks, behind=behind, undo=undo, **more)

        scenarios = [
            brief("INSTANT behind a read of 2 s, steady", "a", reads[0], poisson=False),
            brief("INSTANT behind a read of 2 s, Poisson", "a", reads[0]),
            brief("INSTANT behind a read of 3 s, Poisson", "b", reads[1]),
            brief("... with lock_wait_timeout 1 s", "b", reads[1], timeout=1.0),
            Scenario(
                "COPY, LOCK=SHARED (writers only)",
                "events",
                (copy,),
                ((lock("events", "SHARED"),),),
                ((Work(kind="rewrite", relation="events", preexisting=True),),),
            ),
        ]
        found = [_row(place, one) for one in scenarios]
        place.clients.close()
    log.unlink(missing_ok=True)
    return found


def _row(place: Place, one: Scenario) -> Row:
    predicted = place.predicted(one)
    peaks, longest, delayed = zip(*(place.measured(one) for _ in range(_REPEATS)), strict=True)
    measured = (mean(peaks), mean(longest), mean(delayed))
    errors = tuple(abs(p - m) / m if m else float(p > 1) for p, m in zip(predicted, measured, strict=True))
    row = Row(one.name, place.engine, predicted, measured, errors)
    print(_line(row), flush=True)
    return row


def _line(row: Row) -> str:
    (peak, longest, delayed), (real_peak, real_longest, real_delayed) = row.predicted, row.measured
    worst = max(row.errors)
    return (
        f"| {row.engine} | {row.name} | {peak:.0f} / {real_peak:.0f} | {longest:.2f} / {real_longest:.2f} s | "
        f"{delayed:.0f} / {real_delayed:.0f} | {worst:.0%} |"
    )


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--engine", choices=["postgresql", "mariadb"])
    given = parser.parse_args()
    print("| engine | scenario | waiting at the peak: predicted / measured | longest wait | delayed | worst error |")
    print("|---|---|---:|---:|---:|---:|")
    rows: list[Row] = []
    for engine, run in (("postgresql", postgresql), ("mariadb", mariadb)):
        if given.engine in (None, engine):
            with tempfile.TemporaryDirectory(prefix="advisor-queue-") as place:
                rows += run(Path(place))
    within = sum(max(one.errors) <= 0.25 for one in rows)
    print(f"\n{within} of {len(rows)} scenarios within 25 % in all three figures")
    return 0 if within == len(rows) else 1


if __name__ == "__main__":
    sys.exit(main())
