"""Replays on the real PostgreSQL and MariaDB; what must not run is refused, and nothing is ever written."""

from __future__ import annotations

import random
import time
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


HOSTILE = {
    "postgresql": [
        "SELECT b.id, b.author_id, b.nosy FROM book b",
        "SELECT id, author_id, (book).nosy FROM book",
        'SELECT id, author_id, "Shout"(id) FROM book',
        "SELECT id, author_id, odd$touch(id) FROM book",
        "SELECT id FROM sly_view, (WITH sly_view AS (SELECT 1 AS one) SELECT one FROM sly_view) s",
        "WITH sly_view AS (SELECT 1) SELECT id, author_id FROM public.sly_view",
        "WITH gone AS (DELETE FROM book RETURNING id) SELECT id FROM gone",
        "SELECT id, author_id INTO stolen FROM book",
        "SELECT id, author_id FROM book FOR SHARE",
        "SELECT id, author_id FROM book FOR NO KEY UPDATE",
        "SELECT id, author_id, nextval('counter') FROM book",
        "SELECT id, author_id, setval('counter', 99) FROM book",
        "SELECT id, author_id, pg_advisory_lock(1) FROM book",
        "SELECT id, author_id, pg_read_file('/etc/passwd') FROM book",
        "SELECT id, author_id, lo_export(1, '/tmp/x') FROM book",
        "SELECT id, author_id, set_config('transaction_read_only', 'off', false) FROM book",
        "SELECT id, author_id, query_to_xml('delete from book', true, true, '') FROM book",
        "SELECT id, author_id, database_to_xml(true, true, '') FROM book",
        "SELECT id, author_id, pg_sleep/**/(1) FROM book",
        'SELECT id, author_id, U&"pg_sl\\0065ep"(1) FROM book',
        "SELECT id, author_id, repeat('x', 900000000) FROM book",
        "SELECT n AS id, n AS author_id FROM generate_series(1, 900000000) AS t(n)",
        "SELECT id, author_id FROM book /*+ Set(statement_timeout 0) */; COMMIT; DELETE FROM book",
        "COPY (SELECT id, author_id FROM book) TO PROGRAM 'id'",
        "EXPLAIN ANALYZE DELETE FROM book",
        "SELECT id, author_id FROM split",
    ],
    "mariadb": [
        "SELECT id, author_id FROM book INTO OUTFILE '/tmp/x'",
        "SELECT id, author_id INTO DUMPFILE '/tmp/x' FROM book",
        "SELECT id, author_id INTO @a, @b FROM book",
        "SELECT id, author_id, @a := 1 FROM book",
        "SELECT id, author_id, NEXT VALUE FOR counter FROM book",
        "SELECT id, author_id, NEXT/**/VALUE/**/FOR counter FROM book",
        "SELECT id, author_id, NEXTVAL(counter) FROM book",
        "SELECT id, author_id, LOAD_FILE('/etc/passwd') FROM book",
        "SELECT id, author_id, GET_LOCK('x', 10) FROM book",
        "SELECT id, author_id, BENCHMARK(1000000000, MD5('x')) FROM book",
        "SELECT id, author_id, `sleep` (1) FROM book",
        "SELECT id, author_id, sys_exec('id') FROM book",
        "SELECT id, author_id, REPEAT('x', 90000000) FROM book",
        "SELECT id, author_id /*!50000 , SLEEP(1) */ FROM book",
        "SELECT id, author_id /*M!100000 , SLEEP(1) */ FROM book",
        "SELECT id, author_id FROM book -- \n, SLEEP(1)",
        "SELECT id, author_id FROM book LOCK IN SHARE MODE",
        "SELECT id, author_id FROM book FOR UPDATE",
        "SELECT id, author_id FROM book PROCEDURE ANALYSE()",
        "SELECT /*+ MAX_EXECUTION_TIME(0) */ id, author_id, SLEEP(1) FROM book",
        "SELECT id FROM sly_view, (WITH sly_view AS (SELECT 1 AS one) SELECT one FROM sly_view) s",
        "SELECT id, author_id FROM book; DELETE FROM book",
        "SELECT seq AS id, seq AS author_id FROM seq_1_to_900000000",
        "SET STATEMENT max_statement_time = 0 FOR SELECT id, author_id FROM book",
    ],
}


@pytest.fixture
def traps(shop: Shop) -> None:
    """What a hostile statement would want to find."""
    shop.run("DROP VIEW IF EXISTS sly_view")
    shop.run("DROP SEQUENCE IF EXISTS counter")
    shop.run("CREATE SEQUENCE counter")
    shop.run("CREATE VIEW sly_view AS SELECT id, author_id FROM book")
    if shop.engine == "postgresql":
        shop.run("CREATE EXTENSION IF NOT EXISTS postgres_fdw")
        for name, argument in (("nosy", "book"), ('"Shout"', "integer"), ("odd$touch", "integer")):
            shop.run(
                f"CREATE OR REPLACE FUNCTION {name}({argument}) RETURNS bigint LANGUAGE sql VOLATILE"
                " AS $$ SELECT nextval('counter') $$"
            )
        shop.run("CREATE TABLE IF NOT EXISTS split (id integer, author_id integer) PARTITION BY LIST (id)")
        shop.run("CREATE SERVER IF NOT EXISTS away FOREIGN DATA WRAPPER postgres_fdw")
        shop.run("CREATE FOREIGN TABLE IF NOT EXISTS split_away PARTITION OF split DEFAULT SERVER away")


@pytest.mark.usefixtures("traps")
def test_hostile_texts_do_nothing(shop: Shop) -> None:
    before = shop.run("SELECT COUNT(*), SUM(stock) FROM book")
    author = shop.page()[0]
    for text in HOSTILE[shop.engine]:
        started = time.perf_counter()
        found = replay(shop.dsn, shop.loop(), [text], [CHILD.format(author)], rounds=1, seconds=5.0)
        assert found.refused, text
        child = f"{text} WHERE id = {author}" if text.endswith("FROM book") else text
        assert replay(shop.dsn, shop.loop(), [PARENT], [child], rounds=1, seconds=5.0).refused, child
        assert time.perf_counter() - started < 4, text
    assert shop.run("SELECT COUNT(*), SUM(stock) FROM book") == before
    assert shop.run("SELECT last_value FROM counter" if shop.engine == "postgresql" else "SELECT NEXTVAL(counter)") == [
        (1,)
    ]


@pytest.mark.usefixtures("traps")
def test_with_queries_and_the_engines_own_functions_are_run(shop: Shop) -> None:
    texts = [
        "WITH recent AS (SELECT id, author_id FROM book ORDER BY id LIMIT 20) SELECT id, author_id FROM recent",
        "SELECT id, author_id, COALESCE(title, ''), UPPER(title), COUNT(*) OVER () FROM book ORDER BY id LIMIT 20",
    ]
    if shop.engine == "mariadb":
        texts.append(
            "SELECT id, author_id, FIELD(id, 3, 1), JSON_EXTRACT('[1]', '$[0]') FROM book ORDER BY id LIMIT 20"
        )
    for text in texts:
        found = replay(shop.dsn, shop.loop(), [text], [CHILD.format(shop.page()[0])], rounds=1)
        assert found.refused is None, (text, found.refused)


def test_more_rows_than_are_wanted_are_not_fetched(shop: Shop) -> None:
    text = "SELECT a.id, a.author_id FROM book a, book b LIMIT 300000"
    found = replay(shop.dsn, shop.loop(), [text], [CHILD.format(shop.page()[0])], rounds=1)
    assert found.parent_rows == 2000


def test_a_replay_ends(shop: Shop, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("advisor.rewrites.replay.sessions.TOTAL", 0.001)
    found = replay(shop.dsn, shop.loop(), [PARENT], [CHILD.format(shop.page()[0])], rounds=50)
    assert "seconds in all" in (found.refused or "")


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
