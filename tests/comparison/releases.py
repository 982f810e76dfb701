"""A small shop on a real PostgreSQL server, run for some seconds before a release and after it."""

from __future__ import annotations

import random
import time
from pathlib import Path

import psycopg

from tests import servers

SETTINGS = {
    "shared_preload_libraries": "auto_explain",
    "log_min_duration_statement": "0",
    "auto_explain.log_min_duration": "0",
    "auto_explain.sample_rate": "0.2",
    "log_line_prefix": "%m [%p] %u@%d %a ",
    "autovacuum": "off",
    "jit": "off",
    "max_parallel_workers_per_gather": "0",
}
SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL REFERENCES customers, total int NOT NULL);
CREATE TABLE items (id int PRIMARY KEY, order_id int NOT NULL, product int NOT NULL, qty int NOT NULL);
INSERT INTO customers SELECT i, 'c' || i FROM generate_series(1, 500) AS i;
INSERT INTO orders SELECT i, 1 + i % 500, i % 97 FROM generate_series(1, 20000) AS i;
INSERT INTO items SELECT i, 1 + i % 20000, i % 300, 1 FROM generate_series(1, 40000) AS i;
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX items_order ON items (order_id);
CREATE INDEX items_product ON items (product);
CREATE FUNCTION price(n int) RETURNS bigint LANGUAGE sql AS 'SELECT sum(i) FROM generate_series(1, 2000) AS i';
ANALYZE;
"""
#: The release: an index is lost, a function does more, a list page loads its customers one by one, a report is new.
RELEASE = """
DROP INDEX orders_customer;
CREATE OR REPLACE FUNCTION price(n int) RETURNS bigint LANGUAGE sql
    AS 'SELECT sum(i) FROM generate_series(1, 20000) AS i';
"""
#: What it changes: rule -> a piece of the statement.
PLANTED = {
    "CMP001": "select price(",
    "CMP002": "group by product",
    "CMP003": "from customers where id",
    "CMP004": "from orders where customer_id",
}


def _page(connection: psycopg.Connection, chance: random.Random, released: bool) -> None:
    run = connection.execute
    kind = chance.randrange(6)
    if kind == 0:
        first = chance.randrange(1, 19000)
        rows = run("SELECT id, customer_id FROM orders WHERE id >= %s ORDER BY id LIMIT 12", (first,)).fetchall()
        if released:
            for _, customer in rows:
                run("SELECT name FROM customers WHERE id = %s", (customer,))
    elif kind == 1:
        customer = chance.randrange(1, 500)
        run("SELECT name FROM customers WHERE id = %s", (customer,))
        run("SELECT id, total FROM orders WHERE customer_id = %s", (customer,))
    elif kind == 2:
        run("SELECT price(%s)", (chance.randrange(100),))
    elif kind == 3:
        order = chance.randrange(1, 20000)
        run("SELECT id, product, qty FROM items WHERE order_id = %s", (order,))
        run("UPDATE items SET qty = qty + 1 WHERE id = %s", (order,))
    elif kind == 4:
        run("SELECT count(*) FROM items WHERE product = %s", (chance.randrange(300),))
    else:
        run("SELECT total FROM orders WHERE id = %s", (chance.randrange(1, 20000),))
        if released and chance.random() < 0.2:
            run("SELECT product, sum(qty) FROM items GROUP BY product ORDER BY 2 DESC LIMIT 5")


def _run(dsn: str, seconds: float, seed: int, *, released: bool) -> None:
    chance = random.Random(seed)
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as connection:
            for _ in range(100):
                _page(connection, chance, released)
                time.sleep(0.0005)
                if time.monotonic() > end:
                    break


def recorded(folder: Path, seconds: float) -> tuple[Path, Path, Path]:
    """Logs of two windows of the unchanged shop, and of one after the release."""
    pieces = []
    with servers.postgresql(SETTINGS) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(SCHEMA)
        _run(server.dsn, 1.0, 1, released=False)  # warm caches
        for number, released in enumerate((False, False, True)):
            if released:
                with psycopg.connect(server.dsn, autocommit=True) as connection:
                    connection.execute(RELEASE)
            start = server.log.stat().st_size
            _run(server.dsn, seconds, 10 + number, released=released)
            time.sleep(0.2)
            piece = folder / f"window{number}.log"
            with server.log.open("rb") as log:
                log.seek(start)
                piece.write_bytes(log.read())
            pieces.append(piece)
    return pieces[0], pieces[1], pieces[2]
