"""Trees walked node by node without a transaction, loops within loops, lookups that create."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from tests.stream.reading import detected, said, schema, written
from tests.stream.simulated import Log
from tests.stream.worlds import WORLDS

CHILDREN = "SELECT id, name FROM categories WHERE parent_id = {}"


def walk(log: Log, depth: int, session: int) -> None:
    client = log.client(session)
    client.run("SELECT id, name FROM categories WHERE id = 1")
    level = [1]
    for step in range(depth + 1):
        below = [3 * node + i for node in level for i in (-1, 0, 1)]
        for node in level:
            client.run(CHILDREN.format(node), 3 if step < depth else 0)
        level = below


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_walks(server: str, tmp_path: Path) -> None:
    log = Log(1)
    for session in (1, 2, 3):
        walk(log, 3, session)
    report = detected(
        whole := written(log, server, tmp_path), schema("postgresql" if server == "postgresql" else "mariadb")
    )
    assert said(whole, report) == {"select id, name from categories where parent_id = ?"}
    tree = next(one for one in report.repetitions if one.tier != "possible")
    assert tree.parent == tree.child
    assert tree.n_median == 40


@pytest.mark.parametrize("server", ["postgresql", "mariadb"])
def test_visitors_who_open_one_node_each(server: str, tmp_path: Path) -> None:
    log, r = Log(2), random.Random(2)
    for session in (1, 2, 3):
        client = log.client(session)
        for _ in range(40):
            node = r.randint(1, 40)
            client.run(CHILDREN.format(node), 3 if node < 14 else 0)
    whole = written(log, server, tmp_path)
    assert said(whole, detected(whole, schema("postgresql" if server == "postgresql" else "mariadb"))) == set()


def test_posts_of_threads_with_loops_within(tmp_path: Path) -> None:
    """Between two rounds of the outer loop stand the rounds of the inner one."""
    log = Log(3)
    client = log.client(1)
    for page in range(8):
        client.run(f"SELECT id, title FROM books ORDER BY title LIMIT 4 OFFSET {4 * page}", 4)
        for book in range(4):
            client.run(f"SELECT id, user_id, rating FROM reviews WHERE book_id = {4 * page + book}", 8)
            for review in range(8):
                user = log.random.randint(1, 500)
                client.run(f"SELECT id, name FROM users WHERE id = {user}")
                client.run(f"SELECT count(*) FROM orders WHERE user_id = {user + review}")
    whole = written(log, "postgresql", tmp_path)
    report = detected(whole, schema("postgresql"))
    assert "select id, user_id, rating from reviews where book_id = ?" in said(whole, report)
    texts = {shape.fingerprint: shape.sql for shape in whole.shapes()}
    reviews = next(one for one in report.repetitions if texts[one.child].startswith("select id, user_id"))
    assert (reviews.n_median, reviews.instances) == (4, 8)


def test_a_get_or_create_names_its_insert(tmp_path: Path) -> None:
    log = Log(4)
    WORLDS["get_or_create"].play(log, log.random)
    whole = written(log, "postgresql", tmp_path)
    one = next(r for r in detected(whole, schema("postgresql")).repetitions if r.kind == "get_or_create")
    texts = {shape.fingerprint: shape.sql for shape in whole.shapes()}
    assert one.insert is not None
    assert texts[one.insert].startswith("insert into users")
