"""Generate slow-query logs with a known truth.

    python -m benchmarks.generate stderr|csv|json|slow MEGABYTES FILE [--shapes N] [--seed N]

The statements are like an application's: point look-ups, joins, IN lists, inserts of several rows, updates, CTEs, with
literals of every kind (doubled quotes, E'' and $$ strings, exponents, JSON, comments with apostrophes, tag comments), a
Zipf distribution of shapes, log-normal durations, 64 sessions, 40 % server-side prepared with their parameters, and 3 %
other lines (errors, lock waits, temporary files, connections). FILE.truth.json holds events and total microseconds.
"""

from __future__ import annotations

import argparse
import bisect
import itertools
import json
import math
import random
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from time import gmtime, strftime

WORDS = ["alpha", "north", "mill", "stone", "river", "harbor", "it''s", "O''Brien", "-- no comment", "/* nor this */", "semi;colon",
         "100%", "ünïcödé", "日本語", "select 1 from t2", "$$", "?", "{}", "#7"]  # fmt: skip
TABLES = [
    "users",
    "orders",
    "order_items",
    "t1",
    "t10",
    "events_2023",
    "events_2024",
    "products",
    "audit_log",
    "shop.carts",
    "inv3ntory",
]
COLUMNS = [
    "id",
    "user_id",
    "created_at",
    "status",
    "col_2020",
    "price",
    "qty",
    "email",
    "name",
    "x1",
    "region_id",
    "payload",
    "sku",
]
POOL = 4096


def _pools(rng: random.Random, mysql: bool) -> dict[str, list[str]]:
    def text() -> str:
        body = " ".join(rng.choice(WORDS) for _ in range(rng.randint(1, 5)))
        return "'" + (body.replace("''", "\\'") if mysql else body) + "'"

    def number() -> str:
        return str(rng.randint(1, 10 ** rng.randint(1, 9)))

    def decimal() -> str:
        return rng.choice(
            [
                f"{rng.random() * 1000:.2f}",
                f"{rng.randint(1, 9)}.{rng.randint(1, 99)}e-{rng.randint(1, 9)}",
                f"-{rng.randint(1, 999)}",
            ]
        )

    def moment() -> str:
        return f"'2024-{rng.randint(1, 12):02d}-{rng.randint(1, 28):02d} {rng.randint(0, 23):02d}:{rng.randint(0, 59):02d}:00'"

    def uuid() -> str:
        h = f"{rng.getrandbits(128):032x}"
        return f"'{h[:8]}-{h[8:12]}-{h[12:16]}-{h[16:20]}-{h[20:]}'"

    def special() -> str:
        if mysql:
            return rng.choice(['"it\'s %d"', "'esc \\' %d'", "'C:\\\\dir%d\\\\'"]) % rng.randint(1, 999)
        return rng.choice(["E'it\\'s %d'", "$$body 'q' %d$$", "$f$ return %d; $f$"]) % rng.randint(1, 999)

    def ids() -> str:
        return ", ".join(str(rng.randint(1, 10**7)) for _ in range(min(200, 1 + int(rng.expovariate(1 / 8)))))

    def rows() -> str:
        return ", ".join(
            f"({number()}, {text()}, {decimal()}, {moment()})" for _ in range(1 + int(rng.expovariate(1 / 3)))
        )

    makers: dict[str, Callable[[], str]] = {
        "text": text, "number": number, "decimal": decimal, "moment": moment, "uuid": uuid, "special": special, "ids": ids, "rows": rows,
    }  # fmt: skip
    return {name: [make() for _ in range(POOL)] for name, make in makers.items()}


@dataclass
class Shape:
    text: str
    slots: list[str]
    prepared: bool
    mu: float
    sigma: float


def _shapes(rng: random.Random, count: int, mysql: bool) -> list[Shape]:
    scalar = ["number"] * 8 + ["text"] * 3 + ["uuid"] * 2 + ["moment"] * 3 + ["decimal"] * 2 + ["special"]

    def predicate(prefix: str = "") -> tuple[str, list[str]]:
        column, kind = prefix + rng.choice(COLUMNS), rng.random()
        if kind < 0.6:
            return f"{column} {rng.choice(['=', '=', '=', '>', '<', '>='])} %s", [rng.choice(scalar)]
        if kind < 0.72:
            return f"{column} IN (%s)", ["ids"]
        if kind < 0.82:
            return f"{column} BETWEEN %s AND %s", ["moment", "moment"]
        if kind < 0.9:
            return f"{column} LIKE %s", ["text"]
        if kind < 0.95:
            return f"{column} IS NOT NULL", []
        return f"lower({column}) = %s", ["text"]

    def where(n: int, prefix: str = "", glue: str = " AND ") -> tuple[str, list[str]]:
        parts = [predicate(prefix) for _ in range(n)]
        return glue.join(p for p, _ in parts), [s for _, ss in parts for s in ss]

    def columns(n: int) -> str:
        return ", ".join(rng.sample(COLUMNS, n))

    def one(number: int) -> tuple[str, list[str]]:
        kind, table = rng.random(), rng.choice(TABLES)
        if kind < 0.4:
            w, slots = where(rng.randint(1, 3))
            tail = rng.choice(["", "", " ORDER BY created_at DESC LIMIT %s", " LIMIT %s"])
            return f"SELECT {columns(rng.randint(1, 6))} FROM {table} WHERE {w}{tail}", slots + ["number"] * tail.count(
                "%s"
            )
        if kind < 0.62:
            w, slots = where(rng.randint(2, 4), "a.", "\n  AND ")
            return (
                f"SELECT a.id,\n       {columns(rng.randint(2, 8))},\n       count(*) AS n_{number % 7}\nFROM {table} a\n"
                f"JOIN {rng.choice(TABLES)} b ON b.user_id = a.id\nWHERE {w}\nGROUP BY 1, 2\nORDER BY 3 DESC\nLIMIT %s",
                [*slots, "number"],
            )
        if kind < 0.72:
            if rng.random() < 0.5:
                return f"INSERT INTO {table} (id, name, price, created_at) VALUES %s", ["rows"]
            return f"INSERT INTO {table} ({columns(4)}) VALUES (%s, %s, %s, %s)", [rng.choice(scalar) for _ in range(4)]
        w, slots = where(rng.randint(1, 2))
        if kind < 0.85:
            return f"UPDATE {table} SET {rng.choice(COLUMNS)} = %s, qty = qty - 1 WHERE {w}", [
                rng.choice(scalar),
                *slots,
            ]
        if kind < 0.9:
            return f"DELETE FROM {table} WHERE {w}", slots
        if kind < 0.95:
            return (
                f"WITH recent AS (\n  SELECT {columns(3)}\n  FROM {table}\n  WHERE {w}\n)\nSELECT count(*), sum(price * 1.2) FROM recent",
                slots,
            )
        return (
            f"select {columns(2)} from {table} where exists (select 1 from {rng.choice(TABLES)} z where z.id = {table}.id and {w})",
            slots,
        )

    shapes: list[Shape] = []
    seen: set[str] = set()
    while len(shapes) < count:
        text, slots = one(len(shapes))
        if text in seen:
            continue
        seen.add(text)
        if rng.random() < 0.2:
            text += f" /*action='show_{len(shapes) % 97}',controller='{rng.choice(TABLES)}'*/"
        elif rng.random() < 0.05:
            text = "-- it's fine\n" + text
        plain = not {"ids", "rows"} & set(slots)
        prepared = not mysql and plain and rng.random() < 0.4
        shapes.append(Shape(text, slots, prepared, math.log(10 ** rng.uniform(-1.5, 2.5)), rng.uniform(0.3, 1.2)))
    return shapes


def _quoted(value: str) -> str:
    return value if value.startswith("'") else "'" + value.replace("'", "''") + "'"


class Writer:
    """Writes records of one format."""

    def __init__(self, kind: str, path: Path) -> None:
        self.kind, self.file, self.size = kind, path.open("w", encoding="utf-8", newline=""), 0
        self.second, self.date = -1, ""
        self.lines: dict[int, int] = {}

    def put(self, text: str) -> None:
        self.size += len(text) if text.isascii() else len(text.encode())
        self.file.write(text)

    def stamp(self, us: int) -> str:
        if us // 1_000_000 != self.second:
            self.second = us // 1_000_000
            self.date = strftime("%Y-%m-%d %H:%M:%S", gmtime(self.second))
        return self.date

    def postgresql(
        self, us: int, who: tuple[int, str, str], severity: str, message: str, detail: str = "", statement: str = ""
    ) -> None:
        pid, user, database = who
        stamp = f"{self.stamp(us)}.{us // 1000 % 1000:03d} UTC"
        if self.kind == "stderr":
            head = f"{stamp} [{pid}] {user}@{database} "
            text = f"{head}{severity}:  " + message.replace("\n", "\n\t") + "\n"
            if detail:
                text += f"{head}DETAIL:  " + detail.replace("\n", "\n\t") + "\n"
            if statement:
                text += f"{head}STATEMENT:  " + statement.replace("\n", "\n\t") + "\n"
            self.put(text)
            return
        number = self.lines[pid] = self.lines.get(pid, 0) + 1
        session, code = f"65e1a1b0.{pid:x}", "42P01" if severity == "ERROR" else "00000"
        if self.kind == "csv":

            def field(text: str) -> str:
                return '"' + text.replace('"', '""') + '"' if text else ""

            self.put(
                f'{stamp},"{user}","{database}",{pid},"10.0.0.{pid % 250}:5{pid % 10000:04d}",{session},{number},"SELECT",2024-03-01 08:00:00 UTC,'
                f'{pid % 9}/{number},0,{severity},{code},{field(message)},{field(detail)},,,,,{field(statement)},,,"web","client backend",,{pid * 7919}\n'
            )
            return
        record: dict[str, object] = {
            "timestamp": stamp, "user": user, "dbname": database, "pid": pid, "remote_host": f"10.0.0.{pid % 250}", "remote_port": 50000 + pid % 10000,
            "session_id": session, "line_num": number, "ps": "SELECT", "session_start": "2024-03-01 08:00:00 UTC", "vxid": f"{pid % 9}/{number}",
            "txid": 0, "error_severity": severity,
        }  # fmt: skip
        if severity == "ERROR":
            record["state_code"] = code
        record["message"] = message
        if detail:
            record["detail"] = detail
        if statement:
            record["statement"] = statement
        record |= {"application_name": "web", "backend_type": "client backend", "query_id": pid * 7919}
        self.put(json.dumps(record, separators=(",", ":"), ensure_ascii=False) + "\n")

    def mysql(self, us: int, who: tuple[int, str, str], duration: int, rng: random.Random, text: str) -> None:
        pid, user, database = who
        use = f"use {database};\n" if rng.random() < 0.1 else ""
        stamp = self.stamp(us).replace(" ", "T")
        self.put(
            f"# Time: {stamp}.{us % 1_000_000:06d}Z\n# User@Host: {user}[{user}] @ web{pid % 7} [10.0.0.{pid % 250}]  Id: {pid}\n"
            f"# Query_time: {duration // 1_000_000}.{duration % 1_000_000:06d}  Lock_time: 0.000{rng.randint(0, 99):03d} "
            f"Rows_sent: {rng.randint(0, 99)}  Rows_examined: {rng.randint(100, 9999)}\n{use}SET timestamp={us // 1_000_000};\n{text};\n"
        )


def generate(kind: str, megabytes: float, path: Path, *, shapes: int = 800, seed: int = 7) -> dict[str, int]:
    """Write the log and its truth; returns the truth."""
    rng = random.Random(seed)
    mysql = kind == "slow"
    pools = _pools(rng, mysql)
    made = _shapes(rng, shapes, mysql)
    cumulative = list(itertools.accumulate(1 / (rank + 1) ** 1.05 for rank in range(len(made))))
    sessions = [
        (20_000 + 37 * i, ["app", "worker", "report"][i % 3], ["shop", "billing"][i // 3 % 2]) for i in range(64)
    ]
    templates = [shape.text.replace("%%", "%") for shape in made]
    out = Writer(kind, path)
    if mysql:
        out.put("/usr/sbin/mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:\n"
                "Tcp port: 3306  Unix socket: /var/run/mysqld/mysqld.sock\nTime                 Id Command    Argument\n")  # fmt: skip
    us, events, total, others = 1_709_280_000_000_000, 0, 0, 0
    while out.size < megabytes * 1e6:
        index = bisect.bisect_left(cumulative, rng.random() * cumulative[-1])
        shape, who = made[index], sessions[int(rng.random() * 64)]
        values = tuple(pools[slot][int(rng.random() * POOL)] for slot in shape.slots)
        duration = max(1, int(math.exp(shape.mu + shape.sigma * rng.gauss(0, 1)) * 1000))
        us += int(rng.random() * 4000)
        events += 1
        total += duration
        if mysql:
            out.mysql(us, who, duration, rng, templates[index] % values)
            continue
        ms = f"{duration // 1000}.{duration % 1000:03d}"
        if shape.prepared:
            text = templates[index] % tuple(f"${n}" for n in range(1, len(values) + 1))
            detail = (
                "parameters: " + ", ".join(f"${n} = {_quoted(v)}" for n, v in enumerate(values, 1)) if values else ""
            )
            out.postgresql(us, who, "LOG", f"duration: {ms} ms  execute S_{index % 40}: {text}", detail)
        else:
            text = templates[index] % values
            out.postgresql(us, who, "LOG", f"duration: {ms} ms  statement: {text}")
        kind_of_line = rng.random()
        if kind_of_line < 0.03:
            others += 1
            if kind_of_line < 0.01:
                out.postgresql(
                    us, who, "LOG", f"connection authorized: user={who[1]} database={who[2]} application_name=web"
                )
            elif kind_of_line < 0.015:
                out.postgresql(
                    us,
                    who,
                    "ERROR",
                    f'relation "nope_{events % 50}" does not exist at character 15',
                    "",
                    f"SELECT * FROM nope_{events % 50}",
                )
            elif kind_of_line < 0.022:
                out.postgresql(
                    us,
                    who,
                    "LOG",
                    f'temporary file: path "base/pgsql_tmp/pgsql_tmp{who[0]}.{events}", size {rng.randint(1, 10**8)}',
                    "",
                    text,
                )
            else:
                out.postgresql(
                    us,
                    who,
                    "LOG",
                    f"process {who[0]} still waiting for ShareLock on transaction {events} after 1000.{events % 999:03d} ms",
                    "",
                    text,
                )
    out.file.close()
    truth = {"events": events, "total_us": total, "others": others, "bytes": out.size}
    Path(f"{path}.truth.json").write_text(json.dumps(truth))
    return truth


if __name__ == "__main__":
    options = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    options.add_argument("kind", choices=["stderr", "csv", "json", "slow"])
    options.add_argument("megabytes", type=float)
    options.add_argument("file", type=Path)
    options.add_argument("--shapes", type=int, default=800)
    options.add_argument("--seed", type=int, default=7)
    o = options.parse_args()
    print(generate(o.kind, o.megabytes, o.file, shapes=o.shapes, seed=o.seed))
