"""A log that a scenario writes statement by statement, printed as PostgreSQL's or MySQL's own."""

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

START = datetime(2026, 11, 2, 10, 0, 0, tzinfo=UTC)
MYSQL_HEAD = (
    "/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:\n"
    "Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock\nTime                 Id Command    Argument\n"
)


@dataclass(frozen=True)
class Entry:
    """One statement (or, with `line`, one line of PostgreSQL's log): times in seconds from the start of the log."""

    start: float
    session: int
    ms: float
    sql: str
    user: str
    rows: int
    values: tuple[object, ...] = ()
    line: bool = False

    @property
    def end(self) -> float:
        """When the server writes it down."""
        return self.start + self.ms / 1000


@dataclass
class Log:
    """What a made-up application does; `random` is its only source of chance."""

    random: random.Random
    entries: list[Entry] = field(default_factory=list)

    def run(
        self, at: float, session: int, ms: float, sql: str, *values: object, user: str = "app", rows: int = 1
    ) -> float:
        """Run a statement at `at` (seconds) for `ms`; `{}` in it are its values. When it ends."""
        self.entries.append(Entry(at, session, ms, sql, user, rows, values))
        return at + ms / 1000

    def say(self, at: float, session: int, text: str, user: str = "app") -> None:
        """A line of PostgreSQL's log that is no statement."""
        self.entries.append(Entry(at, session, 0, text, user, 0, (), True))

    def around(self, ms: float, spread: float = 0.25) -> float:
        """A duration that is `ms` in the middle, with the long tail that durations have."""
        return ms * self.random.lognormvariate(0, spread)

    def arrivals(self, per_second: float, seconds: float, start: float = 0.0) -> list[float]:
        """Times of a Poisson process."""
        times: list[float] = []
        at = start
        while True:
            at += self.random.expovariate(per_second)
            if at >= start + seconds:
                return times
            times.append(at)

    def traffic(
        self,
        seconds: float,
        per_second: float = 4.0,
        ms: float = 2.0,
        slow: tuple[tuple[float, float, float], ...] = (),
    ) -> None:
        """What every application does beside: lookups of ever other rows, now and then a visit written down.

        `slow` are (from, to, factor): spans of time in which all of it takes so many times as long.
        """
        for at in self.arrivals(per_second, seconds):
            session = 100 + self.random.randrange(12)
            factor = max((by for since, until, by in slow if since <= at < until), default=1.0)
            which = self.random.random()
            if which < 0.5:
                self.run(
                    at,
                    session,
                    self.around(ms) * factor,
                    "SELECT * FROM product WHERE id = {}",
                    self.random.randrange(10**6),
                )
            elif which < 0.8:
                self.run(
                    at,
                    session,
                    self.around(ms) * factor,
                    "SELECT name, mail FROM customer WHERE id = {}",
                    self.random.randrange(10**6),
                )
            else:
                self.run(
                    at,
                    session,
                    self.around(ms) * factor,
                    "INSERT INTO visit (page, at) VALUES ({}, now())",
                    self.random.randrange(10**6),
                    rows=0,
                )

    def postgresql(self, bound: bool = False) -> str:
        """The stderr log; `bound` prints values as parameters of the extended protocol."""
        lines = []
        for entry in sorted(self.entries, key=lambda entry: entry.end):
            stamp = f"{START + timedelta(seconds=entry.end):%Y-%m-%d %H:%M:%S.%f}"[:-3]
            prefix = f"{stamp} UTC [{entry.session}] {entry.user}@shop LOG:  "
            if entry.line:
                lines.append(prefix + entry.sql)
            elif bound and entry.values:
                sql = entry.sql.format(*(f"${number}" for number in range(1, len(entry.values) + 1)))
                lines.append(f"{prefix}duration: {entry.ms:.3f} ms  execute <unnamed>: {sql}")
                given = ", ".join(f"${number} = '{value}'" for number, value in enumerate(entry.values, 1))
                lines.append(prefix.replace("LOG:", "DETAIL:") + "parameters: " + given)
            else:
                lines.append(f"{prefix}duration: {entry.ms:.3f} ms  statement: {literal(entry)}")
        return "\n".join(lines) + "\n"

    def mysql(self) -> str:
        """The slow log of MySQL 8 with long_query_time = 0."""
        blocks = [MYSQL_HEAD]
        for entry in sorted(self.entries, key=lambda entry: entry.end):
            at = START + timedelta(seconds=entry.end)
            blocks.append(
                f"# Time: {at:%Y-%m-%dT%H:%M:%S.%f}Z\n# User@Host: {entry.user}[{entry.user}] @ web [10.0.0.5]  Id: {entry.session:5}\n"
                f"# Query_time: {entry.ms / 1000:.6f}  Lock_time: 0.000002 Rows_sent: {entry.rows}  Rows_examined: {entry.rows}\n"
                f"use shop;\nSET timestamp={int((START + timedelta(seconds=entry.start)).timestamp())};\n{literal(entry)};\n"
            )
        return "".join(blocks)


def literal(entry: Entry) -> str:
    """The statement with its values in it."""
    return entry.sql.format(*(f"'{value}'" if isinstance(value, str) else value for value in entry.values))
