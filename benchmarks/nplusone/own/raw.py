"""Plain connections for the raw drivers: each sends SQL as written and tells the recorder."""

import contextlib
import functools
import itertools
import queue
import random
import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg
import psycopg2
import pymysql

from benchmarks.nplusone.own.recorder import Finding, Recorder, pause, scenario, serve
from benchmarks.nplusone.own.servers import MY_PORT, PG_DSN, PG_PORT

APPLICATIONS = itertools.count()


class Client:
    """One connection of one driver. `q` gives all rows; `tx` is a transaction."""

    def __init__(self, recorder: Recorder, driver: str, application: str = "web") -> None:
        self.recorder, self.driver = recorder, driver
        if driver == "psycopg":
            self.raw: Any = psycopg.connect(PG_DSN, autocommit=True, application_name=application)
        elif driver == "psycopg-client":
            self.raw = psycopg.connect(
                PG_DSN, autocommit=True, cursor_factory=psycopg.ClientCursor, application_name=application
            )
        elif driver == "psycopg2":
            self.raw = psycopg2.connect(PG_DSN, application_name=application)
            self.raw.autocommit = True
        else:
            self.raw = pymysql.connect(host="127.0.0.1", port=MY_PORT, user="app", database="worlds", autocommit=True)

    def q(self, text: str, *values: object) -> list[tuple]:
        """Send one statement and give its rows."""
        self.recorder.sent(text)
        with self.raw.cursor() as cursor:
            cursor.execute(text, values or None)
            return list(cursor.fetchall()) if cursor.description else []

    @contextlib.contextmanager
    def tx(self) -> Iterator[None]:
        """BEGIN, the body, COMMIT; ROLLBACK when it raises."""
        self.q("BEGIN")
        try:
            yield
        except BaseException:
            self.q("ROLLBACK")
            raise
        self.q("COMMIT")

    def close(self) -> None:
        self.raw.close()


class Pool:
    """Connections shared by requests: one is taken for the whole request, or per statement with `rotate`."""

    def __init__(self, recorder: Recorder, driver: str, size: int = 3) -> None:
        self.free: queue.Queue[Client] = queue.Queue()
        self.all = [Client(recorder, driver) for _ in range(size)]
        for client in self.all:
            self.free.put(client)

    @contextlib.contextmanager
    def take(self) -> Iterator[Client]:
        client = self.free.get()
        try:
            yield client
        finally:
            self.free.put(client)

    def q(self, text: str, *values: object) -> list[tuple]:
        """One statement on whichever connection is next: what a transaction pooler does to autocommit."""
        with self.take() as client:
            return client.q(text, *values)

    def close(self) -> None:
        for client in self.all:
            client.close()


@contextlib.contextmanager
def pooled(recorder: Recorder, driver: str, size: int = 3) -> Iterator[Pool]:
    """A pool closed at the end."""
    pool = Pool(recorder, driver, size)
    try:
        yield pool
    finally:
        pool.close()


def background(recorder: Recorder, engine: str, stop: threading.Event, seed: int) -> None:
    """Other people's requests on two more connections: sessions, single reads, a list, one write, health checks."""
    dice = random.Random(seed)
    driver = "pymysql" if engine == "my" else dice.choice(("psycopg2", "psycopg", "psycopg-client"))

    def session(c: Client) -> None:
        c.q("select member_id, seen from web_sessions where token = %s", f"tok{dice.randint(1, 500)}")
        c.q("select id, login, karma from members where id = %s", dice.randint(1, 500))

    def employee(c: Client) -> None:
        c.q("select name, salary from employees where id = %s", dice.randint(1, 400))

    def recent(c: Client) -> None:
        c.q("select id, actor_id, action from audit_trail order by id desc limit 20")

    def settings(c: Client) -> None:
        c.q("select value from app_settings where name = %s", f"setting{dice.randint(1, 30)}")
        c.q("insert into audit_trail (actor_id, action) values (%s, %s)", dice.randint(1, 500), "view")

    def health(c: Client) -> None:
        c.q("SELECT 1")

    kinds: list[Callable[[Client], None]] = dice.sample([session, employee, recent, settings, health], 3)

    def work() -> None:
        client = Client(recorder, driver, "other")
        while not stop.is_set():
            dice.choice(kinds)(client)
            pause(15, 70)
        client.close()

    threads = [threading.Thread(target=work) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def raw(
    name: str,
    driver: str,
    label: str,
    family: str,
    *findings: Finding,
    noise: bool = False,
    note: str = "",
    stack: str = "raw",
):
    """Declare a scenario on a raw driver."""
    return scenario(name, driver, "my" if driver == "pymysql" else "pg", label, family, findings, stack, note, noise)


@contextlib.contextmanager
def client(recorder: Recorder, driver: str, application: str = "web") -> Iterator[Client]:
    """One connection closed at the end."""
    made = Client(recorder, driver, application)
    try:
        yield made
    finally:
        made.close()


def requests(recorder: Recorder, driver: str, handlers: Iterable[tuple[str, Callable[[Client], None]]], workers: int = 3, tx: bool = False,
             between: tuple[float, float] = (2, 14)) -> None:  # fmt: skip
    """Serve requests with keep-alive connections: one is taken per request and given back after it."""
    with pooled(recorder, driver, workers) as pool:

        def one(route: str, handler: Callable[[Client], None]) -> None:
            with recorder.request(route), pool.take() as c:
                if tx:
                    with c.tx():
                        handler(c)
                else:
                    handler(c)

        serve([functools.partial(one, *h) for h in handlers], workers, between)


__all__ = [
    "PG_PORT",
    "Client",
    "Finding",
    "Pool",
    "Recorder",
    "background",
    "client",
    "pooled",
    "raw",
    "requests",
    "serve",
]
