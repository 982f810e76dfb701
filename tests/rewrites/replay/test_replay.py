"""Replays on the real PostgreSQL and MariaDB; what must not run is refused, and nothing is ever written."""

from __future__ import annotations

import random
from collections.abc import Iterator
from typing import Any, NamedTuple

import msgspec
import psycopg
import pymysql
import pytest

from advisor.model.engine import EngineName
from advisor.model.stream import Repetition
from advisor.rewrites.replay import replay
from tests.conftest import StartServer
from tests.rewrites.corpus import TO_AUTHOR, TO_BOOKS
from tests.rewrites.test_wording import repetition

pytestmark = pytest.mark.server

PARENT = "SELECT id, author_id, title FROM book WHERE stock > 0 ORDER BY id LIMIT 20"
CHILD = "SELECT id, name FROM author WHERE id = {}"


class Shop(NamedTuple):
    engine: EngineName
    dsn: str
    connection: Any
    authors: list[int]

    def run(self, sql: str) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql)
            return list(cursor.fetchall()) if cursor.description is not None else []

    def loop(self, **changes: Any) -> Repetition:
        found = repetition(changes.pop("kind", "n_plus_one"), changes.pop("link", TO_AUTHOR))
        return msgspec.structs.replace(found, engine=self.engine, **changes)

    def page(self) -> list[int]:
        return [row[1] for row in self.run(PARENT)]


@pytest.fixture(scope="module", params=["postgresql", "mariadb"])
def shop(request: pytest.FixtureRequest) -> Iterator[Shop]:
    start: StartServer = request.getfixturevalue(f"{request.param}_with")
    where = start({})
    connection: Any
    if request.param == "postgresql":
        connection = psycopg.connect(where.dsn, autocommit=True)
        connection.execute("CREATE DATABASE adv_rewrites_replay")
        connection.close()
        dsn = where.dsn.removesuffix("/postgres") + "/adv_rewrites_replay"
        connection = psycopg.connect(dsn, autocommit=True)
    else:
        connection = pymysql.connect(host=where.host, port=where.port, user=where.user, autocommit=True)
        with connection.cursor() as cursor:
            cursor.execute("CREATE DATABASE adv_rewrites_replay")
            cursor.execute("USE adv_rewrites_replay")
        dsn = f"mariadb://{where.user}@{where.host}:{where.port}/adv_rewrites_replay"
    draw = random.Random(3)
    authors = sorted(draw.sample(range(1000, 90_000), 400))
    here = Shop("postgresql" if request.param == "postgresql" else "mariadb", dsn, connection, authors)
    here.run("CREATE TABLE author (id integer PRIMARY KEY, name varchar(40))")
    here.run(
        "CREATE TABLE book (id integer PRIMARY KEY, author_id integer, title varchar(40), price integer, stock integer)"
    )
    here.run("INSERT INTO author VALUES " + ", ".join(f"({a}, 'n{a}')" for a in authors))
    rows = (f"({n}, {draw.choice(authors)}, 't{n % 7}', {n % 5}, {n % 3})" for n in range(1, 600))
    here.run("INSERT INTO book VALUES " + ", ".join(rows))
    here.run("CREATE INDEX book_author ON book (author_id)")
    yield here
    connection.close()


def test_keys_that_come_from_the_parent_are_confirmed(shop: Shop) -> None:
    page = shop.page()
    found = replay(shop.dsn, shop.loop(), [PARENT], [CHILD.format(page[n]) for n in (1, 4, 9)])
    assert found.refused is None
    assert found.claim == "confirmed"
    assert found.provenance is not None
    assert (found.provenance.column, found.provenance.position, found.provenance.coverage) == ("author_id", 1, 1.0)
    assert found.provenance.chance < 0.001
    assert found.same_rows is True, found.difference
    assert (found.parent_rows, found.keys) == (20, len(set(page)))
    assert found.children_us is not None
    assert found.batch_us is not None
    assert found.saved_us is not None
    assert found.children_us > found.batch_us
    assert str(page[1]) not in str(msgspec.structs.replace(found, children_us=None, batch_us=None))


def test_keys_of_elsewhere_are_not_confirmed(shop: Shop) -> None:
    elsewhere = [a for a in shop.authors if a not in shop.page()]
    found = replay(shop.dsn, shop.loop(), [PARENT], [CHILD.format(a) for a in elsewhere[:3]])
    assert found.claim == "consistent"
    assert found.same_rows is True
    assert any("prove no column" in note for note in found.notes)
    unnamed = replay(shop.dsn, shop.loop(link=None), [PARENT], [CHILD.format(a) for a in elsewhere[:3]])
    assert (unnamed.claim, unnamed.provenance, unnamed.keys) == ("unknown", None, 0)


@pytest.mark.parametrize(
    "child",
    [
        "SELECT COUNT(*) FROM book WHERE author_id = {}",
        "SELECT SUM(price), MAX(title) FROM book WHERE author_id = {} AND stock > 0",
        "SELECT EXISTS(SELECT 1 FROM book WHERE author_id = {})",
        "SELECT * FROM book WHERE author_id = {} ORDER BY title",
        "SELECT id, title FROM book WHERE author_id = {} ORDER BY title DESC LIMIT 1",
        "SELECT id FROM book WHERE author_id = {} LIMIT 2",
    ],
)
def test_other_children(child: str, shop: Shop) -> None:
    parent = "SELECT id, name FROM author ORDER BY id LIMIT 30"
    found = replay(shop.dsn, shop.loop(link=TO_BOOKS), [parent], [child.format(a) for a in shop.authors[2:5]], rounds=1)
    assert found.refused is None
    assert (found.claim, found.same_rows) == ("confirmed", True), found


def test_what_writes_or_may_do_something_is_refused(shop: Shop) -> None:
    before = shop.run("SELECT COUNT(*), SUM(stock) FROM book")
    author = shop.authors[0]
    pause = "pg_sleep(1)" if shop.engine == "postgresql" else "sleep(1)"
    shop.run("CREATE OR REPLACE VIEW author_view AS SELECT * FROM author")
    children = {
        f"UPDATE book SET stock = 0 WHERE author_id = {author}": "only a SELECT",
        f"SELECT {pause} FROM author WHERE id = {author}": "calls",
        f"SELECT id FROM author WHERE id = {author} FOR UPDATE": "locks",
        f"SELECT id FROM author_view WHERE id = {author}": "view",
        f"SELECT id FROM nowhere WHERE id = {author}": "not there",
        "SELECT id FROM author WHERE id = ? AND name = ?": "not logged",
        f"SELECT id FROM author WHERE id = {author}; DELETE FROM book": "several statements",
    }
    for child, reason in children.items():
        found = replay(shop.dsn, shop.loop(), [PARENT], [child])
        assert reason in (found.refused or ""), (child, found.refused)
    for parent in ("DELETE FROM book", f"SELECT id, author_id, {pause} FROM book", "SELECT * FROM book WHERE id = $1"):
        assert replay(shop.dsn, shop.loop(), [parent], [CHILD.format(author)]).refused
    assert replay(shop.dsn, shop.loop(kind="update_per_row"), [PARENT], [CHILD.format(author)]).refused
    assert shop.run("SELECT COUNT(*), SUM(stock) FROM book") == before


def test_a_function_of_the_users_own_is_refused(shop: Shop) -> None:
    if shop.engine == "postgresql":
        shop.run("CREATE OR REPLACE FUNCTION touch(integer) RETURNS integer LANGUAGE sql VOLATILE AS 'SELECT $1'")
    else:
        shop.run("CREATE OR REPLACE FUNCTION touch(a integer) RETURNS integer RETURN a")
    found = replay(shop.dsn, shop.loop(), [PARENT], [f"SELECT touch(id) FROM author WHERE id = {shop.authors[0]}"])
    assert "touch" in (found.refused or "")


def test_a_slow_statement_is_stopped(shop: Shop) -> None:
    slow = "SELECT a.id, a.author_id, a.title FROM book a, book b, book c, book d WHERE a.stock + b.stock + c.stock + d.stock = 99"
    found = replay(shop.dsn, shop.loop(), [slow], [CHILD.format(shop.authors[0])], seconds=0.5)
    assert "the server said" in (found.refused or "")


def test_what_the_server_quotes_is_not_shown(shop: Shop) -> None:
    child = "SELECT id FROM author WHERE id = 'secret' AND name LIKE CAST('secret' AS DATE)"
    found = replay(shop.dsn, shop.loop(), [PARENT], [child])
    assert "secret" not in str(found)


@pytest.mark.parametrize(
    ("dsn", "reason"),
    [
        ("postgresql://nobody:geheim@127.0.0.1:1/x", ""),
        ("mariadb://nobody:geheim@127.0.0.1:1/x", ""),
        ("sqlite:///x", "the address is of sqlite"),
        ("nonsense", "the address is of"),
    ],
)
def test_addresses_that_cannot_be_used(dsn: str, reason: str, shop: Shop) -> None:
    found = replay(dsn, shop.loop(), [PARENT], [CHILD.format(1)])
    assert found.refused
    assert reason in found.refused
    assert "geheim" not in found.refused
