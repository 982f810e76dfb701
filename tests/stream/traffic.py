"""Requests of a shop's web application without any loop: whatever is said of them is wrong."""

from __future__ import annotations

import random
from collections.abc import Callable

from tests.stream.simulated import Client, Log

Endpoint = Callable[[Client, random.Random], None]


def _key(r: random.Random, most: int = 400) -> int:
    """Popular rows are asked for more often."""
    return min(most, int(r.paretovariate(0.7)))


def _list(c: Client, r: random.Random) -> None:
    rows = r.choice([10, 20, 20, 50])
    c.run(f"SELECT id, author_id, title FROM books ORDER BY id LIMIT {rows} OFFSET {rows * r.randint(0, 5)}", rows)


def _list_in_two(c: Client, r: random.Random) -> None:
    _list(c, r)
    keys = ", ".join(str(_key(r)) for _ in range(r.randint(2, 12)))
    c.run(f"SELECT id, name FROM authors WHERE id IN ({keys})", 8)


def _detail(c: Client, r: random.Random) -> None:
    book, author = _key(r), _key(r)
    c.run(f"SELECT id, author_id, title, price, body FROM books WHERE id = {book}")
    if r.random() < 0.8:
        c.run(f"SELECT id, name, country_id FROM authors WHERE id = {author}")
    if r.random() < 0.5:
        c.run(f"SELECT id, rating FROM reviews WHERE book_id = {book}", r.randint(0, 9))
    if r.random() < 0.3:
        c.run(f"SELECT count(*) FROM reviews WHERE book_id = {book}")


def _orders(c: Client, r: random.Random) -> None:
    c.run(f"SELECT id, status FROM orders WHERE user_id = {_key(r)} ORDER BY id DESC LIMIT 10", r.randint(0, 10))


def _buy(c: Client, r: random.Random) -> None:
    order = r.randint(1, 10**8)
    c.run(f"INSERT INTO orders (id, user_id, status) VALUES ({order}, {_key(r)}, 'new')")
    for _ in range(r.choice([1, 1, 1, 2])):
        c.run(
            f"INSERT INTO order_items (id, order_id, book_id, qty) VALUES ({r.randint(1, 10**9)}, {order}, {_key(r)}, 1)"
        )


def _save(c: Client, r: random.Random) -> None:
    book = _key(r)
    c.run(f"SELECT id, price FROM books WHERE id = {book} FOR UPDATE").run(
        f"UPDATE books SET price = {r.randint(1, 99)} WHERE id = {book}"
    )


def _track(c: Client, r: random.Random) -> None:
    c.run(f"INSERT INTO events (kind, payload) VALUES ('view', 'p{r.random()}')")


def _register(c: Client, r: random.Random) -> None:
    mail = f"m{r.randint(1, 3000)}@example.org"
    c.run(f"SELECT id FROM users WHERE email = '{mail}'", 0)
    if r.random() < 0.6:
        c.run(f"INSERT INTO users (id, name, email) VALUES ({r.randint(1, 10**9)}, 'n', '{mail}')")


def _tree(c: Client, r: random.Random) -> None:
    c.run(f"SELECT id, name FROM categories WHERE parent_id = {_key(r, 60)}", r.randint(0, 6))


def _exists(c: Client, r: random.Random) -> None:
    c.run(f"SELECT EXISTS (SELECT 1 FROM orders WHERE user_id = {_key(r)})")


ENDPOINTS: list[Endpoint] = [
    _list,
    _list_in_two,
    _detail,
    _detail,
    _orders,
    _buy,
    _save,
    _track,
    _register,
    _tree,
    _exists,
]


def traffic(seed: int, requests: int) -> Log:
    """A log of so many requests. The seed draws the application too: its endpoints and how often each is asked for, who
    signs in and how, its transactions, its pool, how busy it is."""
    log = Log(seed)
    r = log.random
    endpoints = r.sample(ENDPOINTS, r.randint(2, len(ENDPOINTS)))
    weights = [r.paretovariate(1) for _ in endpoints]
    auth = r.choice(["none", "token", "session", "both"])
    boxed = r.choice([0.0, 0.0, 0.5, 1.0])
    pool = [log.client(i, r.choice([300.0, 800.0, 2500.0])) for i in range(1, r.choice([1, 2, 4, 12]) + 1)]
    wait = r.choice([500.0, 5e3, 4e4, 6e5])
    for _ in range(requests):
        c = r.choice(pool).pause(r.expovariate(1 / wait))
        if auth in ("session", "both"):
            c.run(f"SELECT session_data FROM web_session WHERE session_key = 's{_key(r, 3000)}'")
        if auth in ("token", "both"):
            c.run(f"SELECT id, name FROM users WHERE id = {_key(r, 3000)}")
        inside = r.random() < boxed
        if inside:
            c.run("BEGIN")
        r.choices(endpoints, weights)[0](c, r)
        if inside:
            c.run("COMMIT")
    return log
