"""What a migration does to MariaDB, by instruments of its own: nothing of the product is used.

Each case runs three times, on fresh tables:

- on a few rows, ALGORITHM and LOCK asked for from the cheapest on: which is the first that the server accepts;
- on the smaller size, behind a transaction that has read the tables: does it wait for a metadata lock that excludes it;
- on the larger size (four times the rows), with a reader and a writer on each table it names, every few milliseconds:
  the longest piece of the statement that one of them waited for a table (by the state of its thread, so that row locks
  are told apart).

Time is processor time of its thread at both sizes.
"""

from __future__ import annotations

import itertools
import os
import pwd
import re
import shutil
import signal
import subprocess
import sys
import threading
import time
import tomllib
from pathlib import Path
from typing import Any

import pymysql

from benchmarks.migrations.cases import FIXTURES, Case, load, split

SIZES = (30_000, 120_000)
BASE = next((FIXTURES / "mariadb").glob("base-*.sql")).stem.removeprefix("base-")
_FEW = 200
#: Four times the rows: a rebuild has a constant part too (new files, the log), so less than half way.
_RATIO, _DIFFERENCE = 1.5, 8.0
#: From the cheapest on.
_CLAUSES = (
    ("INSTANT", None), ("NOCOPY", "NONE"), ("INPLACE", "NONE"), ("NOCOPY", "SHARED"), ("INPLACE", "SHARED"), ("COPY", "NONE"),
    ("COPY", "SHARED"), ("COPY", "EXCLUSIVE"),
)  # fmt: skip
_numbers = itertools.count(10_000_000)
_OPTIONS = (
    "--skip-networking", "--innodb-buffer-pool-size=512M", "--innodb-flush-log-at-trx-commit=0", "--innodb-log-file-size=1G",
    "--innodb-doublewrite=0", "--max-connections=60", "--innodb-stats-auto-recalc=0", "--skip-log-bin",
)  # fmt: skip
#: Waits of a client for a table, not for a row.
_TABLE_WAIT = re.compile(r"metadata lock|table level lock|table flush|backup lock", re.IGNORECASE)


class Mariadb:
    """A private server."""

    def __init__(self, place: Path) -> None:
        self.place = place
        self.process: subprocess.Popen[bytes] | None = None

    def __enter__(self) -> Mariadb:
        shutil.rmtree(self.place, ignore_errors=True)
        self.place.mkdir(parents=True)
        who = "mysql" if os.geteuid() == 0 else None
        if who:
            os.chown(self.place, pwd.getpwnam(who).pw_uid, pwd.getpwnam(who).pw_gid)
        data = self.place / "data"
        subprocess.run(
            ["mariadb-install-db", "--no-defaults", f"--datadir={data}", "--skip-test-db", "--auth-root-authentication-method=normal"],
            check=True, capture_output=True, user=who, cwd="/tmp",
        )  # fmt: skip
        self.process = subprocess.Popen(
            [shutil.which("mariadbd") or "/usr/sbin/mariadbd", "--no-defaults", f"--datadir={data}", f"--socket={self.place}/s",
             f"--pid-file={self.place}/pid", *_OPTIONS],
            user=who, cwd="/tmp", stdout=subprocess.DEVNULL, stderr=(self.place / "log").open("wb"),
        )  # fmt: skip
        for _ in range(300):
            try:
                self.connect().close()
                return self
            except pymysql.Error:
                time.sleep(0.1)
        raise SystemExit((self.place / "log").read_text()[-2000:])

    def __exit__(self, *_: object) -> None:
        if self.process is not None:
            self.process.send_signal(signal.SIGKILL)
            self.process.wait(30)
        shutil.rmtree(self.place, ignore_errors=True)

    @property
    def pid(self) -> int:
        assert self.process is not None
        return self.process.pid

    @property
    def dsn(self) -> str:
        return f"mariadb://root@localhost/?unix_socket={self.place}/s"

    def connect(self, database: str | None = None) -> pymysql.connections.Connection[Any]:
        return pymysql.connect(
            unix_socket=f"{self.place}/s", user="root", database=database, autocommit=True, charset="utf8mb4"
        )


def ask(connection: Any, sql: str) -> list[Any]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return list(cursor.fetchall())


class Client(threading.Thread):
    """Runs one statement every few milliseconds; whether it waits for a table is told by the state of its thread."""

    def __init__(self, server: Mariadb, database: str, label: str, sql: str) -> None:
        super().__init__(daemon=True)
        self.label, self.sql, self.connection, self.stop = label, sql, server.connect(database), False
        self.id = self.connection.thread_id()  # type: ignore[no-untyped-call]
        self.spans: list[tuple[float, float]] = []
        """In which it was seen to wait for a table."""

    def run(self) -> None:
        while not self.stop:
            try:
                ask(self.connection, self.sql.replace("{k}", str(next(_numbers))))
            except pymysql.OperationalError as error:
                if error.args[0] in (2006, 2013):
                    return
            except pymysql.Error:
                pass
            time.sleep(0.003)


class Watch(threading.Thread):
    """Looks at the states of threads every few milliseconds."""

    def __init__(self, server: Mariadb, clients: list[Client]) -> None:
        super().__init__(daemon=True)
        self.connection, self.clients, self.stop = server.connect(), clients, False

    def run(self) -> None:
        names = {client.id: client for client in self.clients}
        last = now = 0.0
        while not self.stop:
            last, now = now, time.perf_counter()
            for thread, state in ask(self.connection, "SELECT id, state FROM information_schema.processlist"):
                client = names.get(thread)
                if client is None or not _TABLE_WAIT.search(state or ""):
                    continue
                # Waits seen in two looks that follow each other are one.
                if client.spans and client.spans[-1][1] >= last:
                    client.spans[-1] = (client.spans[-1][0], now)
                else:
                    client.spans.append((now, now))
            time.sleep(0.004)
        self.connection.close()


class Suite:
    """The server, the bases loaded once at each size, and fresh copies."""

    def __init__(self, server: Mariadb) -> None:
        self.server = server
        self.text = (FIXTURES / "mariadb" / f"base-{BASE}.sql").read_text()
        self.writers = tomllib.loads((FIXTURES / "mariadb" / "clients.toml").read_text())
        self.tables = {
            match[1]: match[0] for match in re.finditer(r"CREATE TABLE `?(\w+)`? \(.*?;\n", self.text, re.DOTALL)
        }
        for size in (_FEW, *SIZES):
            with server.connect() as connection:
                ask(connection, f"CREATE DATABASE pristine_{size}")
                ask(connection, f"USE pristine_{size}")
                for _, sql in split(self.text.replace(":n", str(size))):
                    ask(connection, sql)
                for table in self.tables:
                    ask(connection, f"ANALYZE TABLE `{table}`")

    def fresh(self, case: Case, size: int) -> list[str]:
        """Database `work` with the tables that the case names, as loaded."""
        words = set(re.findall(r"\w+", case.sql))
        views = [sql for _, sql in split(self.text) if sql.startswith("CREATE VIEW") and sql.split()[2] in words]
        words.update(word for view in views for word in re.findall(r"\w+", view))
        for _ in self.tables:  # with what refers to them, and what they refer to
            for table, text in self.tables.items():
                family = {table, *re.findall(r"REFERENCES `?(\w+)", text)}
                words |= family if words & family and len(family) > 1 else set()
        named = [table for table in self.tables if table in words]
        with self.server.connect() as connection:
            ask(connection, "SET foreign_key_checks = 0")
            ask(connection, "DROP DATABASE IF EXISTS work")
            ask(connection, "CREATE DATABASE work")
            ask(connection, "USE work")
            for table in named:
                ask(connection, self.tables[table])
                columns = ", ".join(
                    f"`{name}`" for (name,) in ask(connection, "SELECT column_name FROM information_schema.columns WHERE "
                    f"table_schema = 'work' AND table_name = '{table}' AND generation_expression IS NULL ORDER BY ordinal_position")
                )  # fmt: skip
                ask(connection, f"INSERT INTO `{table}` ({columns}) SELECT {columns} FROM pristine_{size}.`{table}`")
                ask(connection, f"ANALYZE TABLE `{table}`")
            for view in views:
                ask(connection, view)
        return named

    def measure(self, case: Case) -> list[dict[str, Any]]:
        """What is written down of each statement."""
        algorithms = self._algorithms(case)
        small = self._run(case, SIZES[0], behind=True)
        large = self._run(case, SIZES[1], behind=False)
        return [
            self._judged(line, sql, algorithms[at], small[at], large[at])
            for at, (line, sql) in enumerate(case.statements)
        ]

    def _algorithms(self, case: Case) -> list[str | None]:
        self.fresh(case, _FEW)
        told: list[str | None] = []
        with self.server.connect("work") as connection:
            for _, sql in case.statements:
                accepted = None
                if re.match(r"(ALTER\s+TABLE|CREATE\s+(UNIQUE\s+)?INDEX|DROP\s+INDEX)\b", sql, re.I) and not re.search(
                    r"\b(ALGORITHM|LOCK)\s*=|PARTITION", sql, re.I
                ):
                    comma = "," if sql[:5].upper() == "ALTER" else ""
                    for algorithm, lock in _CLAUSES:
                        asked = f"{sql}{comma} ALGORITHM={algorithm}" + (f"{comma} LOCK={lock}" if lock else "")
                        try:
                            ask(connection, asked)
                        except pymysql.Error:
                            continue
                        accepted = algorithm + (f" {lock}" if lock else "")
                        break
                if accepted is None:
                    try:
                        ask(connection, sql)
                    except pymysql.Error:
                        told += [None] * (len(case.statements) - len(told))
                        break
                told.append(accepted)
        return told

    def _run(self, case: Case, size: int, *, behind: bool) -> list[dict[str, Any]]:
        tables = self.fresh(case, size)
        session, other = self.server.connect("work"), self.server.connect("work")
        ask(session, "SET max_statement_time = 120")
        thread = session.thread_id()  # type: ignore[no-untyped-call]
        tid = ask(other, f"SELECT tid FROM information_schema.processlist WHERE id = {thread}")[0][0]
        clock = Path(f"/proc/{self.server.pid}/task/{tid}/schedstat")
        clients: list[Client] = []
        if not behind:
            for table in tables:
                clients.append(Client(self.server, "work", f"reader {table}", f"SELECT 1 FROM `{table}` LIMIT 1"))
                wrote = self.writers.get(table, f"DELETE FROM `{table}` WHERE 1 = 0")
                clients.append(Client(self.server, "work", f"writer {table}", wrote))
            for client in clients:
                client.start()
        found: list[dict[str, Any]] = []
        broken = False
        for _, sql in case.statements:
            told: dict[str, Any] = {"ran": not broken}
            found.append(told)
            if broken:
                continue
            reader = self.server.connect("work")
            if behind:
                ask(reader, "START TRANSACTION")
                for table in tables:
                    try:
                        ask(reader, f"SELECT 1 FROM `{table}` LIMIT 1")
                    except pymysql.Error:
                        continue
            watch = Watch(self.server, clients)
            watch.start()
            time.sleep(0.02)
            done = threading.Event()

            def work(sql: str = sql, told: dict[str, Any] = told, done: threading.Event = done) -> None:
                told["from"], cpu = time.perf_counter(), int(clock.read_text().split()[0])
                try:
                    ask(session, sql)
                except pymysql.Error as error:
                    told["error"] = [str(error.args[0]), str(error.args[1])[:200]]
                told["to"] = time.perf_counter()
                told["cpu_ms"] = round((int(clock.read_text().split()[0]) - cpu) / 1e6, 2)
                done.set()

            runner = threading.Thread(target=work, daemon=True)
            runner.start()
            if behind:
                told["excludes"] = False
                until = time.perf_counter() + 30
                while not done.wait(0.004) and time.perf_counter() < until:
                    state = ask(other, f"SELECT state FROM information_schema.processlist WHERE id = {thread}")
                    if state and _TABLE_WAIT.search(state[0][0] or ""):
                        told["excludes"] = True
                        break
                reader.rollback()
            runner.join(150)
            watch.stop = True
            watch.join()
            reader.close()
            start, end = told["from"], told["to"]
            told["ms"] = round(1000 * (end - start), 2)
            told["stalls"] = {
                client.label: round(
                    max((min(end, b) - max(start, a) for a, b in client.spans if b > start), default=0.0) / max(end - start, 1e-9), 2
                )
                for client in clients
            }  # fmt: skip
            broken = "error" in told
        for client in clients:
            client.stop = True
        session.close()
        for client in clients:
            client.join(10)
        other.close()
        return found

    def _judged(
        self, line: int, sql: str, algorithm: str | None, small: dict[str, Any], large: dict[str, Any]
    ) -> dict[str, Any]:
        told: dict[str, Any] = {"line": line, "sql": sql.splitlines()[0][:100]}
        if algorithm:
            told["accepted"] = algorithm
        if not (small["ran"] and large["ran"]):
            return {**told, "verdict": None, "note": "not reached: an earlier statement failed"}
        told |= {
            "cpu_ms": [small["cpu_ms"], large["cpu_ms"]],
            "ms": [small["ms"], large["ms"]],
            "excludes": small["excludes"],
        }
        stalls = {who: share for who, share in large["stalls"].items() if share >= 0.1 and large["ms"] >= 20}
        if stalls:
            told["stalls"] = stalls
        error = large.get("error") or small.get("error")
        if error:
            doubts = ["fails at one size"] if ("error" in large) != ("error" in small) else []
            return {**told, "verdict": "fails", "error": error, **({"disagreement": doubts} if doubts else {})}
        grows = large["cpu_ms"] >= _RATIO * small["cpu_ms"] and large["cpu_ms"] - small["cpu_ms"] >= _DIFFERENCE
        stood = max(large["stalls"].values(), default=0.0)
        if grows:
            verdict = "blocking" if stood >= 0.5 else "online"
        else:
            verdict = "brief_lock" if small["excludes"] else "safe"
        told["verdict"] = verdict
        doubts = []
        if algorithm:
            said = "brief_lock" if algorithm == "INSTANT" else "online" if algorithm.endswith("NONE") else "blocking"
            if said != verdict:
                doubts.append(f"the server accepts {algorithm}, which says {said}")
        if grows and 0.2 <= stood < 0.6:
            doubts.append("a client stood still for a middling share")
        return {**told, **({"disagreement": doubts} if doubts else {})}


def truth(place: Path, only: set[str]) -> dict[str, Any]:
    """Of all cases."""
    found = {}
    with Mariadb(place) as server:
        runs = Suite(server)
        for case in load("mariadb"):
            if only and case.id not in only:
                continue
            started = time.perf_counter()
            told = found[case.id] = runs.measure(case)
            words = " ".join(str(one["verdict"]) for one in told)
            doubts = " | ".join(doubt for one in told for doubt in one.get("disagreement", ()))
            print(f"{case.id:45s} {time.perf_counter() - started:5.1f}s {words} {doubts}", file=sys.stderr, flush=True)
        with server.connect() as connection:
            version = ask(connection, "SELECT version()")[0][0].split("-")[0]
    return {
        "engine": {"name": "mariadb", "version": version}, "rows": list(SIZES),
        "measured_at": time.strftime("%Y-%m-%d"), "cases": found,
    }  # fmt: skip
