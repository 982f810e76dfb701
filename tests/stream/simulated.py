"""Clients of an application, simulated: what they run is written as the server would log it."""

from __future__ import annotations

import random
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

_BEGIN = 1_767_000_000_000_000
SCHEMA = """
CREATE TABLE authors (id int PRIMARY KEY, name text, country_id int);
CREATE TABLE countries (id int PRIMARY KEY, name text);
CREATE TABLE publishers (id int PRIMARY KEY, name text);
CREATE TABLE books (id int PRIMARY KEY, author_id int REFERENCES authors(id), publisher_id int REFERENCES publishers(id),
  title text, price int, body text);
CREATE TABLE reviews (id int PRIMARY KEY, book_id int REFERENCES books(id), user_id int, rating int);
CREATE TABLE users (id int PRIMARY KEY, name text, email text UNIQUE);
CREATE TABLE web_session (session_key text PRIMARY KEY, session_data text);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users(id), status text);
CREATE TABLE order_items (id int PRIMARY KEY, order_id int REFERENCES orders(id), book_id int REFERENCES books(id), qty int);
CREATE TABLE events (id serial PRIMARY KEY, kind text, payload text);
CREATE TABLE jobs (id serial PRIMARY KEY, status text, payload text, user_id int);
CREATE TABLE categories (id int PRIMARY KEY, parent_id int REFERENCES categories(id), name text);
CREATE TABLE settings (name text PRIMARY KEY, value text);
"""


@dataclass
class Log:
    """Statements of all sessions, with their times in microseconds from the beginning."""

    seed: int = 1
    now: float = 0.0
    events: list[tuple[float, int, int, str, int]] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.random = random.Random(self.seed)

    def client(self, session: int, idle: float = 800.0) -> Client:
        """A connection that waits ``idle`` microseconds on average between two statements."""
        return Client(self, session, idle)

    def postgresql(self, folder: Path) -> Path:
        """As PostgreSQL's stderr log with a clock of milliseconds."""
        lines = ["2025-12-29 09:00:00.000 UTC [1] LOG:  starting PostgreSQL 15.5 on x86_64-pc-linux-gnu, 64-bit\n"]
        for start, session, duration, sql, _ in sorted(self.events, key=lambda e: e[0] + e[2]):
            end = datetime.fromtimestamp((_BEGIN + int(start) + duration) // 1000 / 1000, UTC)
            lines.append(
                f"{end:%Y-%m-%d %H:%M:%S}.{end.microsecond // 1000:03d} UTC [{session}] app@shop LOG:  "
                f"duration: {duration / 1000:.3f} ms  statement: {sql}\n"
            )
        path = folder / "postgresql.log"
        path.write_text("".join(lines))
        return path

    def general(self, folder: Path) -> Path:
        """As MariaDB's general log: no durations, no rows, a clock of seconds."""
        lines = [
            "/usr/sbin/mariadbd, Version: 10.11.6-MariaDB-log. started with:\n"
            "Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock\nTime\t\t    Id Command\tArgument\n"
        ]
        last = ""
        for start, session, _, sql, _ in sorted(self.events):
            moment = datetime.fromtimestamp((_BEGIN + int(start)) // 1_000_000, UTC)
            stamp = f"{moment:%y%m%d %H:%M:%S}"
            lines.append(f"{chr(9) if stamp == last else stamp}\t{session:6d} Query\t{sql}\n")
            last = stamp
        path = folder / "general.log"
        path.write_text("".join(lines))
        return path

    def slow(self, folder: Path) -> Path:
        """As MariaDB's slow log, whose clock has seconds, with rows sent."""
        lines = [
            "/usr/sbin/mariadbd, Version: 10.11.6-MariaDB-log. started with:\n"
            "Tcp port: 3306  Unix socket: /run/mysqld/mysqld.sock\nTime\t\t    Id Command\tArgument\n"
        ]
        last = ""
        for start, session, duration, sql, rows in sorted(self.events, key=lambda e: e[0] + e[2]):
            end = datetime.fromtimestamp((_BEGIN + int(start) + duration) // 1_000_000, UTC)
            stamp = f"# Time: {end:%y%m%d %H:%M:%S}\n"
            lines.append("" if stamp == last else stamp)
            last = stamp
            lines.append(
                f"# User@Host: app[app] @ localhost []\n# Thread_id: {session}  Schema: shop  QC_hit: No\n"
                f"# Query_time: {duration / 1e6:.6f}  Lock_time: 0.000020  Rows_sent: {rows}  Rows_examined: {rows}\n"
                f"# Rows_affected: 0  Bytes_sent: 100\nSET timestamp={int(end.timestamp())};\n{sql};\n"
            )
        path = folder / "slow.log"
        path.write_text("".join(lines))
        return path


@dataclass
class Client:
    """One connection. Each has its own clock, so that several run at the same time."""

    log: Log
    session: int
    idle: float
    clock: float | None = None

    def run(self, sql: str, rows: int = 1, after: float | None = None) -> Client:
        """Run a statement ``after`` so many microseconds of the client's own work."""
        if self.clock is None:
            self.clock = self.log.now
        draw = self.log.random
        wait = draw.uniform(0.4, 1.6) * (self.idle if after is None else after)
        start = self.clock + wait
        duration = int(draw.uniform(120, 400))
        self.log.events.append((start, self.session, duration, sql, rows))
        self.clock = start + duration
        self.log.now = max(self.log.now, self.clock)
        return self

    def pause(self, microseconds: float) -> Client:
        """Do nothing for a time, a request's end perhaps."""
        base = self.log.now if self.clock is None else self.clock
        self.clock = base + microseconds
        return self
