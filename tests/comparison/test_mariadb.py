"""A real MariaDB server before and after a release, by its slow log (times of whole seconds, plans in comments)."""

from __future__ import annotations

import random
import time

import pymysql
import pytest

from advisor.api.comparing import compare
from tests import servers

pytestmark = [
    pytest.mark.server,
    pytest.mark.long,
]  # three windows of nine seconds: the clock of the log ticks once a second

SETTINGS = {
    "slow-query-log": "1",
    "slow-query-log-file": "slow.log",
    "long-query-time": "0",
    "log-slow-verbosity": "query_plan,explain",
}
SCHEMA = (
    "CREATE DATABASE shop",
    "USE shop",
    "CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL)",
    "CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, total int NOT NULL, KEY by_customer (customer_id))",
    "INSERT INTO customers SELECT seq, concat('c', seq) FROM seq_1_to_500",
    "INSERT INTO orders SELECT seq, 1 + seq % 500, seq % 97 FROM seq_1_to_20000",
    "ANALYZE TABLE orders, customers",
)
SECONDS = 9.0
ORDERS = "SELECT id, total FROM orders WHERE customer_id = %s"


def page(cursor, chance: random.Random, *, released: bool) -> None:
    kind = chance.randrange(4)
    if kind == 0:
        first = chance.randrange(1, 19000)
        cursor.execute("SELECT id, customer_id FROM orders WHERE id >= %s ORDER BY id LIMIT 12", (first,))
        for _, customer in cursor.fetchall() if released else ():
            cursor.execute("SELECT name FROM customers WHERE id = %s", (customer,))
    elif kind == 1:
        cursor.execute("SELECT name FROM customers WHERE id = %s", (chance.randrange(1, 500),))
        cursor.execute(ORDERS, (chance.randrange(1, 500),))
    elif kind == 2:
        cursor.execute("SELECT total FROM orders WHERE id = %s", (chance.randrange(1, 20000),))
    else:
        cursor.execute("UPDATE orders SET total = total + 1 WHERE id = %s", (chance.randrange(1, 20000),))


def shop(server: servers.Server, seed: int, *, released: bool) -> None:
    chance = random.Random(seed)
    end = time.monotonic() + SECONDS
    while time.monotonic() < end:
        with pymysql.connect(
            host=server.host, port=server.port, user=server.user, database="shop", autocommit=True
        ) as one:
            for _ in range(60):
                page(one.cursor(), chance, released=released)
                time.sleep(0.004)


@pytest.fixture(scope="module")
def windows(tmp_path_factory):
    """Logs of two windows of the unchanged shop, and of one after an index was dropped and a list asks row by row."""
    folder, pieces = tmp_path_factory.mktemp("release"), []
    with servers.mariadb(SETTINGS) as server:
        with pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True) as one:
            for statement in SCHEMA:
                one.cursor().execute(statement)
        for number, released in enumerate((False, False, True)):
            if released:
                with pymysql.connect(host=server.host, port=server.port, user=server.user, autocommit=True) as one:
                    one.cursor().execute("DROP INDEX by_customer ON shop.orders")
            log = server.directory / "slow.log"
            start = log.stat().st_size
            shop(server, 10 + number, released=released)
            with log.open("rb") as whole:
                whole.seek(start)
                (folder / f"{number}.log").write_bytes(whole.read())
            pieces.append(folder / f"{number}.log")
    return pieces


def test_nothing_is_reported_of_an_unchanged_shop(windows):
    result = compare(windows[0], windows[1])
    assert [(one.rule, one.title) for one in result.findings if one.confidence != "possible"] == []
    assert result.n_jumps == result.plan_flips == ()


def test_what_was_planted_is_reported(windows):
    result = compare(windows[1], windows[2])
    texts = {shape.fingerprint: shape.sql for shape in result.shapes}
    found = {one.rule: texts[one.fingerprints[-1].fingerprint] for one in result.findings}
    assert "from orders where customer_id" in found["CMP004"]
    assert "from customers where id" in found["CMP003"]
    slow = next(shape for shape in result.shapes if "orders where customer_id" in shape.sql)
    assert slow.status == "slower"
    assert slow.plan_changed is True
    others = [shape for shape in result.shapes if shape.plan_changed and shape is not slow]
    assert others == []
