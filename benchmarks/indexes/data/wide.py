"""A schema of fifty tables with rows, and as many different statements over it as are wanted."""

from __future__ import annotations

import random
from dataclasses import dataclass, field

import psycopg

from benchmarks.indexes.data import database
from benchmarks.indexes.data.database import Named

SEED = 50
_NOUNS = [
    "account",
    "address",
    "agent",
    "asset",
    "audit",
    "basket",
    "batch",
    "bill",
    "branch",
    "budget",
    "campaign",
    "carrier",
    "cart",
    "claim",
    "client",
    "contract",
    "coupon",
    "course",
    "delivery",
    "device",
    "document",
    "driver",
    "employee",
    "event",
    "expense",
    "facility",
    "fleet",
    "guest",
    "invoice",
    "item",
    "journey",
    "lead",
    "ledger",
    "location",
    "machine",
    "member",
    "message",
    "movement",
    "offer",
    "operator",
    "parcel",
    "partner",
    "permit",
    "plan",
    "policy",
    "project",
    "quote",
    "reading",
    "region",
    "request",
]
STATES = ("open", "waiting", "done", "failed")
KINDS = 12
#: Rows of a table: a few large ones, many small ones.
_SIZES = (40000, 20000, 10000, 4000, 1000)


@dataclass
class Made:
    """One table."""

    name: str
    rows: int
    parents: list[str] = field(default_factory=list)


def tables(count: int = 50) -> list[Made]:
    """Each refers to up to three of those before it."""
    draw = random.Random(SEED)
    found: list[Made] = []
    for number in range(count):
        parents = draw.sample([one.name for one in found[-15:]], min(len(found), draw.choice((0, 1, 1, 2, 2, 3))))
        name = _NOUNS[number % len(_NOUNS)] + ("" if number < len(_NOUNS) else str(number))
        found.append(Made(name, draw.choices(_SIZES, (1, 2, 3, 4, 5))[0], parents))
    return found


def load(dsn: str, name: str, count: int = 50) -> str:
    """The database, loaded unless it is there; its DSN."""
    if not database.exists(dsn, name):
        found = database.create(dsn, name)
        draw = random.Random(SEED + 1)
        rows = {one.name: one.rows for one in tables(count)}
        with psycopg.connect(found) as connection:
            for one in tables(count):
                keys = "".join(f", {parent}_id bigint" for parent in one.parents)
                connection.execute(
                    f"CREATE TABLE {one.name} (id bigint PRIMARY KEY, code varchar(16) NOT NULL, name text NOT NULL, state varchar(10) NOT NULL, "
                    f"kind smallint NOT NULL, amount numeric(12,2) NOT NULL, score integer, active boolean NOT NULL, "
                    f"created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, owner integer NOT NULL, note text{keys})".encode()
                )
                values = "".join(f", 1 + floor(random() ^ 2 * {rows[parent] - 1})" for parent in one.parents)
                connection.execute(
                    f"INSERT INTO {one.name} SELECT g, 'C' || g, initcap(md5(g::text)), "
                    "CASE WHEN random() < 0.02 THEN 'open' WHEN random() < 0.05 THEN 'waiting' WHEN random() < 0.97 THEN 'done' ELSE 'failed' END, "
                    f"floor(random() ^ 2 * {KINDS}), round((random() ^ 3 * 9000)::numeric, 2), CASE WHEN random() < 0.8 THEN floor(random() * 100)::int END, "
                    f"random() < 0.9, timestamptz '2024-01-01' + g * (interval '500 days' / {one.rows}), "
                    f"timestamptz '2025-05-15' - random() ^ 3 * interval '490 days', floor(random() ^ 2 * 300), "
                    f"CASE WHEN random() < 0.2 THEN repeat('note ', 5) END{values} FROM generate_series(1, {one.rows}) g".encode()
                )
                for parent in one.parents:
                    if draw.random() < 0.4:
                        connection.execute(f"CREATE INDEX {one.name}_{parent} ON {one.name} ({parent}_id)".encode())
                if draw.random() < 0.3:
                    connection.execute(f"CREATE UNIQUE INDEX {one.name}_code ON {one.name} (code)".encode())
        database.finish(found, name, f"{count} tables")
    return database.address(dsn, name)


class Writer:
    """Writes statements of a line-of-business application: half of them lists and look-ups, some reports, some writes."""

    def __init__(self, count: int = 50) -> None:
        self.draw = random.Random(SEED + 2)
        self.tables = tables(count)
        self.named = {one.name: one for one in self.tables}

    def statements(self, shapes: int) -> list[Named]:
        """So many different shapes, with calls that fall off as in any log."""
        from advisor.fingerprint.identity import identify

        kinds = (
            (4, self.one), (12, self.listing), (6, self.queue), (6, self.look_up), (5, self.page), (8, self.children), (7, self.joined),
            (5, self.report), (3, self.monthly), (3, self.without), (3, self.top), (3, self.prefix), (6, self.change), (4, self.changed),
            (3, self.insert), (1, self.expire),
        )  # fmt: skip
        found: dict[str, Named] = {}
        tries = 0
        while len(found) < shapes and tries < shapes * 200:
            tries += 1
            sql = self.draw.choices([make for _, make in kinds], [weight for weight, _ in kinds])[0]()
            fingerprint = identify(sql, "postgresql").fingerprint
            found.setdefault(fingerprint, Named(fingerprint, sql, round(20000 / (1 + len(found)) ** 0.9 + 1)))
        return list(found.values())

    # ------------------------------------------------------------------ parts
    def table(self) -> Made:
        return self.draw.choices(self.tables, [one.rows**0.5 for one in self.tables])[0]

    def child(self) -> tuple[Made, Made]:
        while True:
            one = self.table()
            if one.parents:
                return one, self.named[self.draw.choice(one.parents)]

    def number(self, one: Made) -> int:
        return self.draw.randint(1, one.rows)

    def filters(self, one: Made, most: int, alias: str = "") -> str:
        """One to ``most`` conditions on different columns."""
        days = self.draw.randint(1, 300)
        made = [
            f"{alias}state = '{self.draw.choice(STATES)}'",
            f"{alias}kind = {self.draw.randrange(KINDS)}",
            f"{alias}owner = {self.draw.randrange(300)}",
            f"{alias}active",
            f"{alias}created_at >= timestamptz '2025-05-15' - interval '{days} days'",
            f"{alias}updated_at < '2024-{1 + days % 12:02d}-01'",
            f"{alias}amount > {self.draw.randrange(100, 8000)}",
            f"{alias}score BETWEEN {days % 50} AND {50 + days % 50}",
            f"{alias}kind IN ({self.draw.randrange(4)}, {4 + self.draw.randrange(4)})",
            *(f"{alias}{parent}_id = {self.number(self.named[parent])}" for parent in one.parents for _ in (1, 2)),
        ]
        chosen: dict[str, str] = {}
        for text in self.draw.sample(made, len(made)):
            chosen.setdefault(text.split()[0], text)
        return " AND ".join(list(chosen.values())[: self.draw.randint(1, most)])

    def order(self, alias: str = "") -> str:
        return alias + self.draw.choice(
            ("created_at DESC", "updated_at DESC", "amount DESC", "created_at", "name", "score DESC NULLS LAST")
        )

    # ------------------------------------------------------------------ reads
    def one(self) -> str:
        one = self.table()
        return f"SELECT * FROM {one.name} WHERE id = {self.number(one)}"

    def look_up(self) -> str:
        one = self.table()
        return f"SELECT id, name, state FROM {one.name} WHERE code = 'C{self.number(one)}'" + self.draw.choice(
            ("", " AND active")
        )

    def listing(self) -> str:
        one = self.table()
        return f"SELECT id, code, name, amount FROM {one.name} WHERE {self.filters(one, 3)} ORDER BY {self.order()} LIMIT 20"

    def queue(self) -> str:
        one = self.table()
        return f"SELECT id, owner, created_at FROM {one.name} WHERE state = 'open' AND {self.filters(one, 1)} ORDER BY created_at LIMIT 50"

    def page(self) -> str:
        one = self.table()
        return (
            f"SELECT id, name, created_at FROM {one.name} WHERE {self.filters(one, 1)} AND (created_at, id) < "
            f"('2025-0{self.draw.randint(1, 4)}-01', {self.number(one)}) ORDER BY created_at DESC, id DESC LIMIT 25"
        )

    def children(self) -> str:
        one, parent = self.child()
        columns = self.draw.choice(("*", "id, state, amount", "count(*)"))
        order = "" if columns == "count(*)" else f" ORDER BY {self.order()}"
        return f"SELECT {columns} FROM {one.name} WHERE {parent.name}_id = {self.number(parent)} AND {self.filters(one, 1)}{order}"

    def joined(self) -> str:
        one, parent = self.child()
        return (
            f"SELECT c.id, c.state, p.name FROM {one.name} c JOIN {parent.name} p ON p.id = c.{parent.name}_id "
            f"WHERE {self.filters(parent, 2, 'p.')} AND {self.filters(one, 1, 'c.')} ORDER BY {self.order('c.')} LIMIT 40"
        )

    def report(self) -> str:
        one, parent = self.child()
        return (
            f"SELECT p.kind, c.state, count(*), sum(c.amount) FROM {one.name} c JOIN {parent.name} p ON p.id = c.{parent.name}_id "
            f"WHERE {self.filters(one, 2, 'c.')} GROUP BY p.kind, c.state ORDER BY 4 DESC"
        )

    def monthly(self) -> str:
        one = self.table()
        return (
            f"SELECT date_trunc('month', created_at), {self.draw.choice(('kind', 'state', 'owner'))}, sum(amount) FROM {one.name} "
            f"WHERE {self.filters(one, 2)} GROUP BY 1, 2 ORDER BY 1"
        )

    def without(self) -> str:
        one, parent = self.child()
        return (
            f"SELECT p.id, p.name FROM {parent.name} p WHERE {self.filters(parent, 2, 'p.')} AND NOT EXISTS "
            f"(SELECT 1 FROM {one.name} c WHERE c.{parent.name}_id = p.id AND {self.filters(one, 1, 'c.')}) LIMIT 100"
        )

    def top(self) -> str:
        one = self.table()
        return f"SELECT owner, max(amount), count(*) FROM {one.name} WHERE {self.filters(one, 2)} GROUP BY owner ORDER BY 2 DESC LIMIT 10"

    def prefix(self) -> str:
        one = self.table()
        return f"SELECT id, name FROM {one.name} WHERE name LIKE 'A{self.draw.randrange(10)}%' AND {self.filters(one, 2)} LIMIT 15"

    # ------------------------------------------------------------------ writes
    def change(self) -> str:
        one = self.table()
        what = self.draw.choice(
            ("state = 'done'", "amount = amount + 1", "owner = 7, active = true", "note = 'x'", "score = 5")
        )
        return f"UPDATE {one.name} SET {what}, updated_at = now() WHERE id = {self.number(one)}"

    def changed(self) -> str:
        one = self.table()
        return f"UPDATE {one.name} SET state = 'failed' WHERE state = 'waiting' AND {self.filters(one, 2)}"

    def insert(self) -> str:
        one = self.table()
        return (
            f"INSERT INTO {one.name} (id, code, name, state, kind, amount, active, created_at, updated_at, owner) "
            f"VALUES ({9_000_000 + self.draw.randrange(99999)}, 'N{self.draw.randrange(99999)}', 'New', 'open', 1, 5, true, now(), now(), 3)"
        )

    def expire(self) -> str:
        one = self.table()
        return f"DELETE FROM {one.name} WHERE {self.filters(one, 1)} AND updated_at < '2024-02-01'"
