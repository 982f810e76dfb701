"""Simulated scenarios: what an application runs, and which statements of it are repeated needlessly."""

from __future__ import annotations

import random
from collections.abc import Callable
from dataclasses import dataclass

from tests.stream.simulated import Client, Log

AUTHOR = "SELECT id, name, country_id FROM authors WHERE id = {}"
BOOK = "SELECT id, author_id, title, price, body FROM books WHERE id = {}"
PAGE = "SELECT id, author_id, title, price, body FROM books ORDER BY id LIMIT 12 OFFSET {}"
REVIEWS = "SELECT id, rating FROM reviews WHERE book_id = {}"
COUNTRY = "SELECT id, name FROM countries WHERE id = {}"
SETTING = "SELECT value FROM settings WHERE name = 'vat'"
SERVERS = ("postgresql", "mariadb", "general")


@dataclass(frozen=True)
class World:
    """``repeated``: beginnings of the statements that must be reported; of others none may be."""

    play: Callable[[Log, random.Random], None]
    repeated: tuple[str, ...] = ()
    servers: tuple[str, ...] = SERVERS


WORLDS: dict[str, World] = {}


def world(*repeated: str, servers: tuple[str, ...] = SERVERS) -> Callable[..., None]:
    """Register a scenario."""

    def register(play: Callable[[Log, random.Random], None]) -> None:
        WORLDS[play.__name__] = World(play, repeated, servers)

    return register


def books(c: Client, r: random.Random, n: int = 12, limit: bool = True) -> None:
    """A list of books."""
    c.run(
        f"SELECT id, author_id, title FROM books WHERE price > {r.randint(1, 50)} ORDER BY id" + f" LIMIT {n}" * limit,
        n,
    )


def signed_in(c: Client, r: random.Random) -> int:
    """What begins the requests of a signed-in user."""
    user = r.randint(1, 400)
    c.run(f"SELECT session_data FROM web_session WHERE session_key = 'k{user}'")
    c.run(f"SELECT id, name FROM users WHERE id = {user + 1000}")
    return user + 1000


def number(r: random.Random, most: int = 900) -> int:
    """A key."""
    return r.randint(1, most)


@world("select id, name, country_id from authors")
def lists_in_autocommit(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(6):
        books(c.pause(r.uniform(1e3, 2e5)), r)
        for _ in range(12):
            c.run(AUTHOR.format(number(r)))


@world("select id, name, country_id from authors")
def lists_of_signed_in_users(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for i in range(8):
        signed_in(c.pause(r.uniform(1e3, 5e4)), r)
        if i % 2:
            c.run(BOOK.format(number(r))).run(REVIEWS.format(number(r)))
            continue
        books(c, r)
        for _ in range(12):
            c.run(AUTHOR.format(number(r)))


@world("select id, name, country_id from authors", "select id, name from countries")
def countries_of_authors(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(5):
        books(c.pause(1e4), r)
        for _ in range(12):
            c.run(AUTHOR.format(number(r))).run(COUNTRY.format(number(r)))


@world("select id, name, country_id from authors", "select id, rating from reviews")
def some_from_the_identity_map(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(5):
        books(c.pause(1e4), r)
        for i in range(12):
            if i % 3:
                c.run(AUTHOR.format(number(r)))
            c.run(REVIEWS.format(number(r)))


@world("select id, name, country_id from authors")
def pool_that_resets_after_each_statement(log: Log, r: random.Random) -> None:
    c = log.client(1)

    def run(sql: str, rows: int = 1) -> None:
        c.run(sql, rows).run("RESET ALL", after=100)

    for _ in range(6):
        c.pause(1e4)
        run(f"SELECT id, author_id, title FROM books WHERE price > {number(r, 50)} LIMIT 15", 15)
        for _ in range(15):
            run(AUTHOR.format(number(r)))


@world("select id, name, country_id from authors")
def all_at_once_over_a_pool(log: Log, r: random.Random) -> None:
    pool = [log.client(i) for i in range(1, 11)]
    for _ in range(8):
        c = r.choice(pool)
        c.clock = log.now + r.uniform(5e3, 5e4)
        books(c, r, 10)
        begins = c.clock
        for other in pool:
            other.clock = begins
            other.run(AUTHOR.format(number(r)), after=300)


@world("update books set price")
def saves_in_autocommit(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(4):
        books(c.pause(1e4), r)
        for _ in range(12):
            c.run(f"UPDATE books SET price = {number(r)} WHERE id = {number(r)}")


@world("delete from order_items", "delete from orders")
def deletes_that_commit_each(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(4):
        c.pause(1e4).run(f"SELECT id, user_id FROM orders WHERE status = 's{number(r)}'", 9)
        for _ in range(9):
            key = number(r)
            c.run("BEGIN").run(f"DELETE FROM order_items WHERE order_id IN ({key})")
            c.run(f"DELETE FROM orders WHERE id IN ({key})").run("COMMIT")


@world("select id, name from users where email", "insert into users")
def get_or_create(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(3):
        c.run("BEGIN")
        for _ in range(15):
            key = number(r, 90000)
            c.run(f"SELECT id, name FROM users WHERE email = 'e{key}'", 0)
            c.run(f"INSERT INTO users (name, email) VALUES ('n', 'e{key}')")
        c.run("COMMIT").pause(5e4)


@world("select value from settings")
def one_question_in_a_transaction(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(3):
        books(c.run("BEGIN"), r)
        for _ in range(12):
            c.run(SETTING)
        c.run("COMMIT").pause(5e4)


# neither a clock nor rows: a general log cannot tell it from waiting for a change
@world("select value from settings", servers=("postgresql", "mariadb"))
def one_question_in_autocommit(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(5):
        books(c.pause(r.uniform(5e3, 5e4)), r)
        for _ in range(12):
            c.run(SETTING)


@world("select id, body from books")
def deferred_columns(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(4):
        books(c.pause(2e4), r)
        for _ in range(12):
            c.run(f"SELECT id, body FROM books WHERE id = {number(r)}")


@world("select id, rating from reviews")
def lists_of_one_key(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(4):
        books(c.pause(2e4), r)
        for _ in range(12):
            c.run(f"SELECT id, rating FROM reviews WHERE book_id IN ({number(r)})")


@world("insert into order_items")
def lines_of_an_order(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(5):
        signed_in(c.pause(2e4), r)
        order = number(r, 90000)
        c.run(f"INSERT INTO orders (user_id, status) VALUES ({number(r)}, 'new')")
        for _ in range(r.randint(6, 12)):
            c.run(f"INSERT INTO order_items (order_id, book_id, qty) VALUES ({order}, {number(r)}, 1)")


@world("select id, name, country_id from authors", servers=("postgresql",))
def rows_of_a_cursor(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for i in range(5):
        c.pause(1e4).run(
            f'DECLARE "_curs_{i}" NO SCROLL CURSOR WITH HOLD FOR SELECT id, author_id FROM books WHERE price > {number(r)}'
        )
        c.run(f'FETCH FORWARD 2000 FROM "_curs_{i}"', 15)
        for _ in range(15):
            c.run(AUTHOR.format(number(r)))


@world("select id, parent_id, name from categories")
def tree_walked_node_by_node(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(4):
        c.run("BEGIN").run("SELECT id, parent_id, name FROM categories WHERE parent_id IS NULL", 4)
        for _ in range(14):
            c.run(f"SELECT id, parent_id, name FROM categories WHERE parent_id = {number(r)}", 2)
        c.run("COMMIT").pause(2e4)


# ------------------------------------------------------------------ nothing is repeated needlessly
@world()
def one_insert_a_request(log: Log, r: random.Random) -> None:
    pool = [log.client(i, 3000) for i in range(1, 4)]
    for _ in range(300):
        r.choice(pool).run(f"INSERT INTO events (kind, payload) VALUES ('x', 'p{r.random()}')")


@world()
def one_sign_up_a_request(log: Log, r: random.Random) -> None:
    c = log.client(1, 2500)
    for _ in range(150):
        key = r.random()
        c.run(f"SELECT id, name FROM users WHERE email = 'e{key}'", 0)
        c.run(f"INSERT INTO users (name, email) VALUES ('n', 'e{key}')")


def _browse(log: Log, r: random.Random, sessions: int, auth: bool) -> None:
    pool = [log.client(i) for i in range(1, sessions + 1)]
    for _ in range(80 * sessions):
        c = r.choice(pool).pause(r.uniform(1e3, 3e4))
        if auth:
            signed_in(c, r)
        if r.random() < 0.3:
            c.run(PAGE.format(12 * r.randint(0, 5)), 12)
        else:
            key = number(r, 60)
            c.run(BOOK.format(key)).run(REVIEWS.format(key), r.randint(0, 9))


@world()
def browsing(log: Log, r: random.Random) -> None:
    _browse(log, r, 1, False)


@world()
def browsing_over_a_pool(log: Log, r: random.Random) -> None:
    _browse(log, r, 4, False)


@world()
def browsing_signed_in(log: Log, r: random.Random) -> None:
    _browse(log, r, 1, True)


@world()
def books_of_authors_by_choice(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(120):
        signed_in(c.pause(r.uniform(1e3, 3e4)), r)
        if r.random() < 0.2:
            c.run(f"SELECT id, name FROM authors ORDER BY name LIMIT 20 OFFSET {20 * r.randint(0, 3)}", 20)
        else:
            c.run(f"SELECT id, title FROM books WHERE author_id = {number(r, 80)}", 4)


@world()
def crawler(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for page in range(6):
        c.pause(r.uniform(1e3, 3e4)).run(PAGE.format(12 * page), 12)
        for i in range(12):
            c.pause(r.uniform(1e3, 1e4)).run(BOOK.format(12 * page + i))


@world()
def sessions_shared_by_statement(log: Log, r: random.Random) -> None:
    pool = [log.client(i) for i in range(4)]
    clock = 0.0
    texts = [BOOK, AUTHOR, REVIEWS, "SELECT id, author_id FROM books WHERE price > {} LIMIT 5"]
    for _ in range(800):
        clock += r.uniform(10, 1500)
        c = r.choice(pool)
        c.clock = clock
        c.run(r.choice(texts).format(number(r, 80)), 5, after=10)


@world()
def worker_of_a_queue(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(60):
        key = number(r)
        c.run("BEGIN").run("SELECT id, user_id FROM jobs WHERE status = 'q' ORDER BY id LIMIT 1 FOR UPDATE SKIP LOCKED")
        c.run(f"UPDATE jobs SET status = 'run' WHERE id = {key}").run("COMMIT")
        c.run(f"SELECT id, name FROM users WHERE id = {number(r)}")
        c.run(f"UPDATE jobs SET status = 'done' WHERE id = {key}")


@world()
def waiting_for_a_change(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(60):
        c.run("SELECT count(*) FROM jobs WHERE status = 'q'", after=5e4)


@world()
def eager_loading_of_one(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(60):
        books(c.pause(5e3), r, 1)
        c.run(f"SELECT id, name FROM authors WHERE id IN ({number(r)})")


@world(servers=("postgresql",))
def rows_sent_in_a_pipeline(log: Log, r: random.Random) -> None:
    c = log.client(1).run("BEGIN")
    for i in range(200):
        c.run(f"INSERT INTO events (kind, payload) VALUES ('x', 'p{i}')", after=20)
    c.run("COMMIT")


@world()
def orders_of_one_user_by_status(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(10):
        user = number(r)
        c.run("BEGIN").run(f"SELECT id, name FROM users WHERE email = 'e{user}' LIMIT 1")
        for status in ("new", "paid", "sent", "back", "lost"):
            c.run(f"SELECT id, status FROM orders WHERE user_id = {user} AND status = '{status}'", 3)
        c.run("COMMIT").pause(2e4)


@world()
def reviews_of_one_user_by_rating(log: Log, r: random.Random) -> None:
    c = log.client(1)
    for _ in range(10):
        user = number(r)
        c.run("BEGIN").run(f"SELECT id, user_id, status FROM orders WHERE user_id = {user}", 7)
        for rating in range(1, 6):
            c.run(f"SELECT id, user_id FROM reviews WHERE user_id = {user} AND rating = {rating}", 3)
        c.run("COMMIT").pause(2e4)


@world()
def browsing_in_a_transaction_that_nobody_ends(log: Log, r: random.Random) -> None:
    c = log.client(1).run("BEGIN")
    for _ in range(40):
        c.run(PAGE.format(12 * r.randint(0, 5)), 12)
        for _ in range(r.randint(1, 8)):
            key = number(r, 60)
            c.pause(r.uniform(1e3, 3e4)).run(BOOK.format(key)).run(REVIEWS.format(key), 3)
