"""Does the replayed cache tell what a real one would have done?

A small web application runs against a private PostgreSQL: a pool, page views with skewed popularity, orders in
transactions (some rolled back), a job. Beside it run real caches, one for each TTL and size, which see every SELECT when
the application asks it and every write when it makes it. The server logs everything. Then the replay reads the log, and
both tell a hit ratio.

    python -m benchmarks.stream.cache_replay [SECONDS]
"""

from __future__ import annotations

import bisect
import random
import sys
import tempfile
import threading
import time
from collections import OrderedDict
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psycopg

from tests import servers

SCHEMA = """
CREATE TABLE category (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE item (id int PRIMARY KEY, category_id int NOT NULL REFERENCES category, name text NOT NULL, stock int NOT NULL);
CREATE TABLE purchase (id serial PRIMARY KEY, customer_id int NOT NULL, item_id int NOT NULL REFERENCES item, made timestamptz NOT NULL);
CREATE TABLE setting (name text PRIMARY KEY, value text NOT NULL);
INSERT INTO category SELECT i, 'category ' || i FROM generate_series(1, 30) i;
INSERT INTO item SELECT i, 1 + i % 30, 'item ' || i, 1000 FROM generate_series(1, 3000) i;
INSERT INTO setting VALUES ('currency', 'EUR'), ('banner', 'none'), ('tax', '19');
"""
TABLES = {
    "SELECT value FROM setting WHERE name = %s": ("setting",),
    "SELECT id, name FROM category ORDER BY name": ("category",),
    "SELECT id, name, stock FROM item WHERE id = %s": ("item",),
    "SELECT i.name, c.name FROM item i JOIN category c ON c.id = i.category_id WHERE c.id = %s ORDER BY i.id LIMIT 20": (
        "item",
        "category",
    ),
    "SELECT id, item_id FROM purchase WHERE customer_id = %s ORDER BY id DESC LIMIT 5": ("purchase",),
}
SETTING, CATEGORY, ITEM, LIST, PURCHASES = TABLES
CACHES = [(1.0, 10**9), (2.0, 10**9), (None, 10**9), (None, 50), (None, 500), (1.0, 200)]


@dataclass
class RealCache:
    """Least recently used, with a time to live and deletion by table."""

    ttl: float | None
    capacity: int
    hits: int = 0
    lookups: int = 0
    kept: OrderedDict[Any, float] = field(default_factory=OrderedDict)
    by_table: dict[str, set[Any]] = field(default_factory=dict)

    def ask(self, key: Any, now: float) -> bool:
        self.lookups += 1
        stored = self.kept.get(key)
        if stored is not None and (self.ttl is None or now - stored < self.ttl):
            self.kept.move_to_end(key)
            self.hits += 1
            return True
        return False

    def store(self, key: Any, now: float) -> None:
        self.kept[key] = now
        self.kept.move_to_end(key)
        for table in TABLES[key[0]]:
            self.by_table.setdefault(table, set()).add(key)
        if len(self.kept) > self.capacity:
            self.kept.popitem(last=False)

    def forget(self, table: str) -> None:
        for key in self.by_table.pop(table, ()):
            self.kept.pop(key, None)


class Application:
    """Requests on connections of a pool; every statement goes to the server, whatever the caches say."""

    def __init__(self, dsn: str, seed: int, caches: list[RealCache], lock: threading.Lock) -> None:
        self.connection = psycopg.connect(dsn, autocommit=True, application_name="web")
        self.random, self.caches, self.lock = random.Random(seed), caches, lock
        weights = [1 / (i + 1) ** 0.9 for i in range(3000)]
        total = 0.0
        self.popular = [total := total + w for w in weights]

    def item(self) -> int:
        return 1 + bisect.bisect(self.popular, self.random.random() * self.popular[-1]) % 3000

    def read(self, sql: str, *values: Any) -> None:
        key = (sql, values)
        with self.lock:
            now = time.monotonic()
            missed = [cache for cache in self.caches if not cache.ask(key, now)]
        self.connection.execute(sql, values).fetchall()
        with self.lock:
            now = time.monotonic()
            for cache in missed:
                cache.store(key, now)

    def wrote(self, *tables: str) -> None:
        with self.lock:
            for cache in self.caches:
                for table in tables:
                    cache.forget(table)

    def view(self) -> None:
        self.read(SETTING, self.random.choice(["currency", "banner", "tax"]))
        self.read(CATEGORY)
        for _ in range(self.random.randint(1, 4)):
            self.read(ITEM, self.item())
        if self.random.random() < 0.4:
            self.read(LIST, 1 + int(30 * self.random.random() ** 2))

    def order(self) -> None:
        customer, item, sold = self.random.randint(1, 200), self.item(), self.random.random() < 0.1
        self.read(PURCHASES, customer)
        try:
            with self.connection.transaction():
                self.connection.execute(
                    "INSERT INTO purchase (customer_id, item_id, made) VALUES (%s, %s, now())", (customer, item)
                )
                self.wrote("purchase")
                if self.random.random() < 0.15:
                    raise ValueError("the card was refused")
                if sold:
                    self.connection.execute("UPDATE item SET stock = stock - 1 WHERE id = %s", (item,))
                    self.wrote("item")
            self.wrote("purchase", *(["item"] if sold else []))
        except ValueError:
            pass


def record(folder: Path, seconds: float, threads: int = 4) -> tuple[Path, list[RealCache]]:
    """Run the application; gives the server's log, and the caches with what they counted."""
    settings = {
        "logging_collector": "on",
        "log_destination": "csvlog",
        "log_directory": "log",
        "log_filename": "web",
        "log_min_duration_statement": "0",
        "log_file_mode": "0644",
    }
    lock, caches = threading.Lock(), [RealCache(ttl, capacity) for ttl, capacity in CACHES]
    with servers.postgresql(settings) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(SCHEMA)
        until = time.monotonic() + seconds

        def work(number: int) -> None:
            application = Application(server.dsn, number, caches, lock)
            while time.monotonic() < until:
                (application.order if application.random.random() < 0.06 else application.view)()
                time.sleep(application.random.expovariate(1 / 0.004))
            application.connection.close()

        running = [threading.Thread(target=work, args=(n,)) for n in range(threads)]
        for thread in running:
            thread.start()
        with psycopg.connect(server.dsn, autocommit=True, application_name="job") as job:
            while time.monotonic() < until:
                time.sleep(min(1.5, max(until - time.monotonic(), 0.01)))
                job.execute("UPDATE setting SET value = 'sale' WHERE name = 'banner'")
                with lock:
                    for cache in caches:
                        cache.forget("setting")
        for thread in running:
            thread.join()
        time.sleep(0.5)
        (found,) = server.directory.glob("log/*.csv")
        copy = folder / "web.csv"
        copy.write_bytes(found.read_bytes())
    return copy, caches


def compared(log: Path, caches: list[RealCache]) -> list[tuple[RealCache, float, float]]:
    """Each cache with its own hit ratio and the replayed one."""
    import numpy as np

    from advisor.api.analysis import digest
    from advisor.digest.hashing import mix_pair
    from advisor.graphs import NotAnalysed, build
    from advisor.stream.insights.replay import simulate, stored_at
    from advisor.stream.material import material_of

    whole = digest([str(log)])
    graphs = {}
    for shape in whole.shapes():
        sample = shape.typical
        try:
            graphs[shape.fingerprint] = build(sample.sql if sample else shape.sql, shape.engine.name)
        except NotAnalysed:
            continue
    material = material_of(whole, graphs)
    each = material.accesses
    wanted = {"setting", "category", "item", "purchase"}
    mine = np.array([(material.effects[name].reads or set()) <= wanted for name in material.fingerprints])[each.code]
    _, entry = np.unique(mix_pair(each.key, each.epoch.astype(np.uint64)), return_inverse=True)
    entry, stamp = entry[mine], each.stamp[mine]
    found = []
    for cache in caches:
        ttl = None if cache.ttl is None else round(cache.ttl * 1e6)
        if cache.capacity >= 10**9:
            ratio = float((stored_at(entry, stamp, ttl) != np.arange(len(entry))).mean())
        else:
            ratio = float(np.mean(simulate(entry.tolist(), stamp.tolist(), capacity=cache.capacity, ttl_us=ttl)))
        found.append((cache, cache.hits / cache.lookups, ratio))
    return found


def main() -> None:
    seconds = float(sys.argv[1]) if len(sys.argv) > 1 else 20.0
    with tempfile.TemporaryDirectory() as folder:
        log, caches = record(Path(folder), seconds)
        print(
            "| TTL, s | entries | lookups | real hit ratio | replayed | difference, points |\n|---|---|---|---|---|---|"
        )
        for cache, real, replayed in compared(log, caches):
            size = "unbounded" if cache.capacity >= 10**9 else str(cache.capacity)
            print(
                f"| {cache.ttl or 'none'} | {size} | {cache.lookups} | {real:.4f} | {replayed:.4f} | {100 * (replayed - real):+.2f} |"
            )


if __name__ == "__main__":
    main()
