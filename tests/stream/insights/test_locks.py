"""Who waits for whose lock: made-up waits, and those that real transactions wait on a real server."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg
import pymysql
import pytest

from advisor.digest.digest import Digest
from advisor.digest.file import decode
from advisor.model.incident import Incident
from advisor.stream.insights.deadlocks import deadlock_cycles, lock_orders
from advisor.stream.insights.locks import lock_blockers
from advisor.stream.material import Material
from tests.conftest import StartServer
from tests.digest.events import Event, batch
from tests.stream.insights.made import HOUR, SECOND, made, of, read, sql_of

TAKE = "UPDATE stock SET amount = 0 WHERE id = 7"
WANT = "UPDATE stock SET amount = amount - 1 WHERE id = 7"
CONTEXT = 'while updating tuple (0,1) in relation "stock"'


def wait(holder: int, began: float, seconds: float, waiter: int = 2) -> Incident:
    return Incident(
        "lock_wait",
        HOUR + int((began + 1) * SECOND),
        3,
        3,
        waiter,
        WANT,
        "ShareLock on transaction 777",
        CONTEXT,
        duration_us=int(seconds * SECOND),
        processes=((20, waiter), (10, holder)),
        began_us=HOUR + int(began * SECOND),
    )


def holding(busy: float = 0.0) -> list[Event]:
    """A transaction that takes the lock in second 0 and ends in second 10; from second 2 on it is busy for a while."""
    events = [Event("BEGIN", 10, HOUR, 1), Event(TAKE, 500, HOUR + 1000, 1)]
    if busy:
        events.append(Event("SELECT sum(total) FROM orders", int(busy * SECOND), HOUR + 2 * SECOND, 1))
    return [*events, Event("COMMIT", 10, HOUR + 10 * SECOND, 1)]


def test_the_statement_that_took_the_lock_and_how_long_its_session_stood_idle() -> None:
    for busy, idle in ((0.0, 8.0), (3.0, 5.0)):
        found = made(holding(busy), incidents=[wait(1, 2, 8)])
        (blocker,) = lock_blockers(found)
        assert sql_of(found, blocker.other_fingerprint) == "update stock set amount = ? where id = ?"
        assert (blocker.waits, blocker.wait_us, blocker.table_name) == (1, 8 * SECOND, "stock")
        assert blocker.idle_us == pytest.approx(idle * SECOND, abs=2000)
        assert not blocker.mutual


def test_a_holder_that_the_log_does_not_identify_is_not_guessed() -> None:
    for holder in (0, 99):
        (blocker,) = lock_blockers(made(holding(), incidents=[wait(holder, 2, 8)]))
        assert (blocker.other_fingerprint, blocker.idle_us, blocker.waits) == (None, None, 1)


def test_equal_waits_add_up() -> None:
    found = made(holding(), incidents=[wait(1, 2, 3), Incident(**{**fields(wait(1, 4, 2, 3)), "offset": 4})])
    (blocker,) = lock_blockers(found)
    assert (blocker.waits, blocker.wait_us, blocker.max_us) == (2, 5 * SECOND, 3 * SECOND)


def fields(incident: Incident) -> dict[str, object]:
    return {name: getattr(incident, name) for name in Incident.__struct_fields__}


def test_waits_survive_the_file_and_merging() -> None:
    parts = []
    for number, incident in enumerate([wait(1, 2, 3), wait(1, 4, 2, 3)]):
        digest = Digest()
        incident = Incident(**{**fields(incident), "offset": number + 50})
        digest.add(batch(holding() if number == 0 else [Event("SELECT 1", offset=900)], incidents=[incident]))
        parts.append(digest)
    one, other = (Digest().merge(a).merge(b) for a, b in (parts, parts[::-1]))
    assert one.to_bytes() == other.to_bytes()
    loaded = decode(one.to_bytes(), "made", 100)
    assert lock_blockers(of(loaded)) == lock_blockers(of(one))
    assert len(of(one).observations.waits) == 2
    hidden = decode(one.to_bytes(redact=True), "made", 100)
    assert lock_blockers(of(hidden))[0].wait_us == lock_blockers(of(one))[0].wait_us


SETTINGS = {
    "log_min_duration_statement": "0",
    "log_lock_waits": "on",
    "deadlock_timeout": "50ms",
    "logging_collector": "on",
    "log_destination": "stderr,csvlog,jsonlog",
    "log_directory": "log",
    "log_filename": "server.log",
    "log_line_prefix": "%m [%c] %q%u@%d ",
}
MOVE = ("UPDATE account SET balance = balance - 1 WHERE id = %s", "UPDATE stock SET amount = amount - 1 WHERE id = %s")
BACK = ("UPDATE stock SET amount = amount + 1 WHERE id = %s", "UPDATE account SET balance = balance + 1 WHERE id = %s")
ROWS = ("UPDATE account SET balance = balance + 5 WHERE id = %s",) * 2


@pytest.fixture(scope="module")
def logs(postgresql_with: StartServer) -> Path:
    """What a server logs of two deadlocks on tables, one on rows, a wait for an idle transaction, and usual work."""
    server = postgresql_with(SETTINGS)
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        for table, column in (("account", "balance"), ("stock", "amount")):
            connection.execute(f"CREATE TABLE {table} (id int PRIMARY KEY, {column} int NOT NULL)")
            connection.execute(f"INSERT INTO {table} SELECT g, 100 FROM generate_series(1, 20) AS g")

    def run(steps: tuple[str, ...], keys: tuple[int, int], meet: Callable[[], object]) -> None:
        with psycopg.connect(server.dsn) as connection:
            try:
                for number, (sql, key) in enumerate(zip(steps, keys, strict=True)):
                    connection.execute(sql, (key,))
                    if number == 0:
                        meet()
            except psycopg.errors.DeadlockDetected:
                connection.rollback()

    def both(one: tuple[str, ...], ones: tuple[int, int], other: tuple[str, ...], others: tuple[int, int]) -> None:
        barrier = threading.Barrier(2)
        threads = [
            threading.Thread(target=run, args=(one, ones, barrier.wait)),
            threading.Thread(target=run, args=(other, others, barrier.wait)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    for key in (1, 2):
        both(MOVE, (key, key), BACK, (key, key))
    both(ROWS, (7, 8), ROWS, (8, 7))
    for key in range(10):
        run(MOVE, (key, key), lambda: None)
    holder = psycopg.connect(server.dsn)
    holder.execute("UPDATE stock SET amount = 0 WHERE id = 3")
    waiting = threading.Thread(target=run, args=(BACK, (3, 3), lambda: None))
    waiting.start()
    time.sleep(0.4)
    holder.commit()
    waiting.join()
    holder.close()
    time.sleep(0.3)
    return server.directory / "log"


def sql(material: Material, fingerprint: str | None) -> str:
    return str(sql_of(material, fingerprint))


@pytest.mark.server
@pytest.mark.parametrize("ending", ["log", "csv", "json"])
def test_real_waits_and_deadlocks(logs: Path, ending: str) -> None:
    found = read(logs / f"server.{ending}")
    tables, rows = deadlock_cycles(found)
    assert (tables.kind, tables.deadlocks, tables.lock_order) == ("tables", 2, "account, stock")
    assert sql(found, tables.holding_fingerprint).startswith("update stock set amount = amount + ?")
    assert (rows.kind, rows.deadlocks, rows.tables) == ("rows", 1, "account")
    orders = lock_orders(found)
    assert [(order.kind, order.deadlocks) for order in orders] == [("tables", 2), ("rows", 1)]
    assert orders[0].along > orders[0].against
    longest = lock_blockers(found)[0]
    assert sql(found, longest.fingerprint).startswith("update stock set amount = amount + ?")
    assert sql(found, longest.other_fingerprint) == "update stock set amount = ? where id = ?"
    assert longest.wait_us > 250_000
    assert (longest.idle_us or 0) > 0.9 * longest.wait_us
    assert all(blocker.other_fingerprint is not None for blocker in lock_blockers(found))


INNODB = {"innodb-print-all-deadlocks": "ON", "slow-query-log": "ON", "long-query-time": "0"}


@pytest.mark.server
def test_deadlocks_of_a_real_mariadb(mariadb_with: StartServer) -> None:
    """The error log tells the deadlocks, the slow log which order is the usual one."""
    server = mariadb_with(INNODB)

    def connect() -> pymysql.Connection[Any]:
        return pymysql.connect(host=server.host, port=server.port, user=server.user)

    def run(steps: tuple[str, ...], keys: tuple[int, int], meet: Callable[[], object]) -> None:
        with connect() as connection, connection.cursor() as cursor:
            cursor.execute("USE lock_order")
            try:
                for number, (statement, key) in enumerate(zip(steps, keys, strict=True)):
                    cursor.execute(statement, (key,))
                    if number == 0:
                        meet()
                connection.commit()
            except pymysql.err.OperationalError:
                connection.rollback()

    with connect() as connection, connection.cursor() as cursor:
        cursor.execute("CREATE DATABASE lock_order")
        for table, column in (("account", "balance"), ("stock", "amount")):
            cursor.execute(f"CREATE TABLE lock_order.{table} (id int PRIMARY KEY, {column} int NOT NULL)")
            rows = ", ".join(f"({n}, 100)" for n in range(1, 21))
            cursor.execute(f"INSERT INTO lock_order.{table} VALUES {rows}")
        connection.commit()
    for one, ones, other, others in ((MOVE, (1, 1), BACK, (1, 1)), (ROWS, (7, 8), ROWS, (8, 7))):
        barrier = threading.Barrier(2)
        threads = [
            threading.Thread(target=run, args=(one, ones, barrier.wait)),
            threading.Thread(target=run, args=(other, others, barrier.wait)),
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    for key in range(1, 6):
        run(MOVE, (key, key), lambda: None)
    (slow,) = server.directory.glob("*slow.log")
    alone, both = read(server.log), read(server.log, slow)
    assert sorted((c.kind, c.deadlocks) for c in deadlock_cycles(alone)) == [("rows", 1), ("tables", 1)]
    tables = next(cycle for cycle in deadlock_cycles(both) if cycle.kind == "tables")
    assert tables.lock_order == "account, stock"
    order = next(order for order in lock_orders(both) if order.kind == "tables")
    assert (order.deadlocks, order.along > order.against) == (1, True)
