"""Columns with keys, sequences and indexes that change their types: schema, rows, what comes next, and who writes."""

from __future__ import annotations

import threading
import time
from collections.abc import Iterator

import psycopg
import pytest

from tests.alternatives.copies import Copies, rows, run, shape
from tests.alternatives.retyped_keys import KEYS, SCHEMA, WRITTEN

pytestmark = [pytest.mark.server, pytest.mark.long]

#: Rows that come afterwards: numbered on, checked by the keys, changed with them.
NEXT = (
    "INSERT INTO customer (name, code) VALUES ('new', 'new')",
    "INSERT INTO orders (customer_id, customer_code, n) VALUES (41, 'new', 99)",
    "INSERT INTO tree (up, v) VALUES (20, 99)",
    "UPDATE customer SET id = 1000 WHERE id = 3",
    "UPDATE orders SET customer_code = NULL WHERE customer_id = 4",
    "DELETE FROM customer WHERE id = 4",
    "DELETE FROM tree WHERE id = 5",
)
REFUSED = (
    "INSERT INTO orders (customer_id, n) VALUES (7777, 1)",
    "INSERT INTO tree (up) VALUES (7777)",
    "INSERT INTO of_pair VALUES (7777, 1)",
    "INSERT INTO pair (a, b) VALUES (2, 3)",
)


@pytest.fixture(scope="module", params=[14, 15, 16, 17, 18])
def copies(request: pytest.FixtureRequest) -> Iterator[Copies]:
    made = Copies(request.param, SCHEMA)
    yield made
    made.close()


@pytest.mark.parametrize("sql", KEYS)
def test_same(copies: Copies, sql: str) -> None:
    found = copies.instead(sql)
    assert found is not None
    assert {text: word for text, word in copies.words(found).items() if word in ("blocking", "fails", "unknown")} == {}
    (first, straight), (second, stepped) = copies.fresh(), copies.fresh()
    try:
        straight.execute(sql.encode())
        run(stepped, found)
        ours, theirs = shape(stepped), shape(straight)
        for part in theirs:
            assert [x for x in ours[part] if x not in theirs[part]] == [], part
            assert [x for x in theirs[part] if x not in ours[part]] == [], part
        assert rows(stepped) == rows(straight)
        for text in NEXT:
            straight.execute(text.encode())
            stepped.execute(text.encode())
        for text in REFUSED:
            for one in (straight, stepped):
                with pytest.raises(psycopg.errors.IntegrityError):
                    one.execute(text.encode())
        assert rows(stepped) == rows(straight)
    finally:
        copies.drop(first, straight)
        copies.drop(second, stepped)


@pytest.mark.parametrize("sql", WRITTEN)
def test_nothing_is_lost_beside_writers(copies: Copies, sql: str) -> None:
    """Two insert, change and delete rows while the steps run: what they wrote in the end is what is there."""
    table, insert, update, delete, check = WRITTEN[sql]
    found = copies.instead(sql)
    assert found is not None
    name, work = copies.fresh()
    ended = threading.Event()
    faults: list[str] = []
    done: dict[int, int | None] = {}

    def writer(offset: int) -> None:
        with copies.cluster.connect("owner", name) as own:
            number = offset
            while not ended.is_set():
                number += 1
                try:
                    own.execute(insert.format(number).encode())
                    done[number] = number
                    if number % 3 == 0:
                        own.execute(update.format(number).encode())
                        done[number] = -number
                    if number % 7 == 0:
                        own.execute(delete.format(number).encode())
                        done[number] = None
                except psycopg.Error as error:
                    faults.append(str(error))
                time.sleep(0.002)

    threads = [threading.Thread(target=writer, args=(offset,)) for offset in (1_000_000, 2_000_000)]
    for thread in threads:
        thread.start()
    try:
        time.sleep(0.1)
        run(work, found)
        time.sleep(0.1)
        ended.set()
        for thread in threads:
            thread.join()
        assert faults == []
        assert len(done) > 20
        found_rows = dict(work.execute(check.encode()).fetchall())
        assert found_rows == {number: value for number, value in done.items() if value is not None}
        assert work.execute(f"SELECT count(*) FROM {table}".encode()).fetchone() is not None
    finally:
        ended.set()
        for thread in threads:
            thread.join()
        copies.drop(name, work)
