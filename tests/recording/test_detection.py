"""What is an N+1 in a capture and what is not, on a driver without a mapper: so that the rows and lines alone decide."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, select
from sqlalchemy.orm import Session, undefer

import advisor
from advisor.recording import NPlusOneError


@contextmanager
def shop(authors: list[int], books: int = 0) -> Iterator[tuple[Any, Any]]:
    """Books of given authors, and the trace of what is asked."""
    with advisor.capture(sqlite3) as trace:
        connection = sqlite3.connect(":memory:")
        connection.executescript(
            "CREATE TABLE authors (id INTEGER PRIMARY KEY, name); CREATE TABLE books (id INTEGER PRIMARY KEY, author_id, title)"
        )
        connection.executemany("INSERT INTO authors VALUES (?, 'x')", [(n,) for n in sorted(set(authors))])
        connection.executemany("INSERT INTO books (author_id, title) VALUES (?, 't')", [(n,) for n in authors])
        yield connection, trace
    connection.close()


def listed(connection: Any) -> list[Any]:
    return connection.execute("SELECT id, author_id FROM books").fetchall()


def name(connection: Any, author: int) -> Any:
    return connection.execute("SELECT name FROM authors WHERE id = ?", (author,)).fetchone()


@settings(deadline=None, max_examples=40)  # the first example loads what reads SQL
@given(st.lists(st.integers(1, 50), min_size=1, max_size=25))
def test_a_loop_over_rows_is_found_from_two_different_keys_on(authors: list[int]) -> None:
    with shop(authors) as (connection, trace):
        for _, author in listed(connection):
            name(connection, author)
    found = trace.n_plus_ones()
    expected = len(set(authors)) >= 2
    assert bool(found) == expected
    if expected:
        assert (found[0].kind, found[0].n, found[0].parent_rows) == ("n_plus_one", len(authors), len(authors))
        assert found[0].site.function == "name"
        assert found[0].parent_site.function == "listed"
        assert (found[0].site.file, found[0].parent_site.file) == (__file__, __file__)


@settings(deadline=None, max_examples=40)  # the first example loads what reads SQL
@given(st.lists(st.integers(1, 50), min_size=1, max_size=25), st.integers(1, 4))
def test_the_same_answer_asked_for_at_once_is_never_found(authors: list[int], size: int) -> None:
    with shop(authors) as (connection, trace):
        keys = [author for _, author in listed(connection)]
        for start in range(0, len(keys), size + 1):
            portion = keys[start : start + size + 1]
            marks = ", ".join("?" * len(portion))
            connection.execute(f"SELECT id, name FROM authors WHERE id IN ({marks})", portion).fetchall()
    assert trace.n_plus_ones() == []


@settings(deadline=None, max_examples=40)  # the first example loads what reads SQL
@given(st.integers(2, 12), st.integers(0, 5))
def test_what_else_the_loop_does_hides_nothing(rows: int, noise: int) -> None:
    with shop(list(range(rows))) as (connection, trace):
        for _, author in listed(connection):
            name(connection, author)
            for _ in range(noise):
                connection.execute("SELECT 1").fetchone()
    assert [(r.kind, r.n) for r in trace.n_plus_ones()] == [("n_plus_one", rows)]


def test_straight_code_is_no_loop() -> None:
    with shop([1, 2, 3]) as (connection, trace):
        listed(connection)
        name(connection, 1)
        name(connection, 2)
        name(connection, 3)
    assert trace.n_plus_ones() == []


def test_a_loop_that_walks_no_rows_is_only_possible() -> None:
    with shop([1, 2, 3]) as (connection, trace):
        for key in (1, 2, 3):
            name(connection, key)
    assert [(r.kind, r.tier) for r in trace.repetitions] == [("loop", "possible")]
    trace.assert_no_n_plus_one()
    assert "no statement before it gave rows that it could walk" in trace.repetitions[0].reasons
    assert "no assertion fails for it" in trace.report()


def test_rows_that_have_nothing_to_do_with_it_are_no_parent() -> None:
    with shop([1, 2, 3]) as (connection, trace):
        connection.execute("CREATE TABLE settings (label, value)")
        connection.executemany("INSERT INTO settings VALUES (?, ?)", [("a", 1), ("b", 2), ("c", 3)])
        connection.execute("SELECT label, value FROM settings").fetchall()
        for key in (1, 2, 3):
            name(connection, key)
    assert trace.n_plus_ones() == []


def test_a_single_row_is_no_parent() -> None:
    with shop([1, 2, 3]) as (connection, trace):
        connection.execute("SELECT id, author_id FROM books WHERE id = 1").fetchall()
        for key in (1, 2, 3):
            name(connection, key)
    assert trace.n_plus_ones() == []


def test_the_same_question_again_is_redundant_and_fails_nothing() -> None:
    with shop([1, 2, 3]) as (connection, trace):
        for _ in listed(connection):
            name(connection, 1)
    assert [(r.kind, r.n) for r in trace.repetitions] == [("redundant", 3)]
    trace.assert_no_n_plus_one()


def test_reading_page_by_page() -> None:
    with shop([1] * 20) as (connection, trace):
        listed(connection)
        last = 0
        while rows := connection.execute("SELECT id FROM books WHERE id > ? ORDER BY id LIMIT 5", (last,)).fetchall():
            last = rows[-1][0]
    assert trace.n_plus_ones() == []


def test_asking_for_names_until_one_is_free() -> None:
    """One row each but for the last, as a walk over a tree; but no row holds the next key."""
    with shop([1, 2, 3]) as (connection, trace):
        for number in range(5):
            if not connection.execute("SELECT title FROM books WHERE id = ?", (number + 1,)).fetchone():
                break
    assert trace.n_plus_ones() == []


def test_a_walk_over_a_tree_without_recursion() -> None:
    with shop([1]) as (connection, trace):
        connection.execute("CREATE TABLE nodes (id INTEGER PRIMARY KEY, parent_id INTEGER)")
        connection.executemany("INSERT INTO nodes VALUES (?, ?)", [(1, 0), (2, 1), (3, 1), (4, 2)])
        waiting = [0]
        while waiting:
            rows = connection.execute("SELECT id FROM nodes WHERE parent_id = ?", (waiting.pop(),)).fetchall()
            waiting += [key for (key,) in rows]
    assert [(r.kind, r.tier) for r in trace.n_plus_ones()] == [("n_plus_one", "likely")]


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("SELECT count(*) FROM books WHERE author_id = ?", "count_per_row"),
        ("SELECT sum(id) FROM books WHERE author_id = ?", "aggregate_per_row"),
        ("SELECT EXISTS (SELECT 1 FROM books WHERE author_id = ?)", "exists_per_row"),
        ("SELECT id FROM books WHERE author_id IN (?)", "n_plus_one"),
        ("UPDATE authors SET name = 'y' WHERE id = ?", "update_per_row"),
        ("DELETE FROM authors WHERE id = ?", "delete_per_row"),
        ("INSERT INTO books (author_id) VALUES (?)", "insert_per_row"),
    ],
)
def test_kinds(statement: str, kind: str) -> None:
    with shop([1, 2, 3]) as (connection, trace):
        for (key,) in connection.execute("SELECT id FROM authors").fetchall():
            connection.execute(statement, (key,)).fetchall()
    assert [r.kind for r in trace.n_plus_ones()] == [kind]
    assert trace.n_plus_ones()[0].batched_sql


def test_values_in_the_text_are_values() -> None:
    with shop([1, 2, 3]) as (connection, trace):
        for _, author in listed(connection):
            connection.execute(f"SELECT name FROM authors WHERE id = {author}").fetchone()
    assert [(r.kind, r.n, r.child_sql) for r in trace.n_plus_ones()] == [
        ("n_plus_one", 3, "select name from authors where id = ?")
    ]


def test_a_threshold_of_ones_own() -> None:
    with advisor.capture(sqlite3, repeats=4) as trace:
        connection = sqlite3.connect(":memory:")
        for (key,) in connection.execute("SELECT 1 AS author_id UNION SELECT 2 UNION SELECT 3").fetchall():
            connection.execute("SELECT ?", (key,)).fetchall()
    assert trace.repetitions == []


def test_nothing_that_reads_sql_is_loaded_for_the_ordinary_test() -> None:
    import subprocess
    import sys

    program = (
        "import sqlite3, sys, advisor\n"
        "with advisor.capture(sqlite3) as trace:\n"
        "    sqlite3.connect(':memory:').execute('SELECT 1').fetchall()\n"
        "trace.assert_no_n_plus_one(); trace.assert_max_queries(1); assert trace.count == 1\n"
        "assert 'sqlglot' not in sys.modules, 'sqlglot'\n"
        "assert 'networkx' not in sys.modules, 'networkx'\n"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


# What SQLAlchemy was loading is read from its own functions.


@pytest.mark.parametrize(
    ("service", "kind", "fix", "lazy"),
    [
        ("titles_with_authors", "n_plus_one", "joinedload(Book.author)", "Book.author"),
        ("authors_with_books", "n_plus_one", "selectinload(Author.books)", "Author.books"),
        ("counts", "count_per_row", "select(func.count())", None),
        ("get_each", "n_plus_one", "selectinload", None),
        ("restock", "update_per_row", "update(Book)", None),
    ],
)
def test_words_for_the_fix(
    engine: Engine, shop_module: Any, service: str, kind: str, fix: str, lazy: str | None
) -> None:
    with Session(engine) as session, advisor.capture(engine) as trace:
        getattr(shop_module, service)(session)
    (found,) = [r for r in trace.n_plus_ones() if r.kind == kind]
    assert fix in found.fix
    assert (f"{found.lazy.owner}.{found.lazy.attribute}" if found.lazy else None) == lazy
    with pytest.raises(NPlusOneError) as failure:
        trace.assert_no_n_plus_one()
    message = str(failure.value)
    assert f"shop.py:{found.site.line} in {service}" in message
    assert f"shop.py:{found.parent_site.line} in {service}" in message
    assert f"ran {found.n} times" in message
    assert found.fix.split()[0] in message


def test_objects_that_a_commit_made_stale(engine: Engine, shop_module: Any) -> None:
    with Session(engine) as session:
        books = session.scalars(select(shop_module.Book)).all()
        session.commit()
        with advisor.capture(engine) as trace:
            assert all(book.title for book in books)
    (found,) = trace.n_plus_ones()
    assert "expire_on_commit=False" in found.fix
    assert found.parent_sql is None
    assert "the objects were loaded before" in trace.report()


def test_columns_left_out(engine: Engine, shop_module: Any) -> None:
    from sqlalchemy.orm import defer

    with Session(engine) as session, advisor.capture(engine) as trace:
        for book in session.scalars(select(shop_module.Book).options(defer(shop_module.Book.title))):
            assert book.title
    (found,) = trace.n_plus_ones()
    assert "undefer(Book.title)" in found.fix
    with Session(engine) as session, advisor.capture(engine) as trace:
        assert session.scalars(select(shop_module.Book).options(undefer(shop_module.Book.title))).all()
    assert trace.n_plus_ones() == []


@pytest.mark.parametrize(
    "pattern",
    ["authors", "Book.author", "Book.*", "titles_with_authors", "shop.py", "sqlalchemy_shop/shop.py", "*/apps/*"],
)
def test_allowed(engine: Engine, shop_module: Any, pattern: str) -> None:
    with Session(engine) as session, advisor.capture(engine) as trace:
        list(shop_module.titles_with_authors(session))
    trace.assert_no_n_plus_one(allow=[pattern])
    with pytest.raises(NPlusOneError):
        trace.assert_no_n_plus_one(allow=["other", "Author.books", "shop.py:1"])


@pytest.fixture
def shop_module(request: pytest.FixtureRequest) -> Any:
    return request.getfixturevalue("shop")


def test_what_is_alike_in_two_engines_is_told_apart(engine: Engine) -> None:
    with shop([1, 2]) as (connection, trace):
        for _, author in listed(connection):
            name(connection, author)
    assert trace.repetitions[0].engine == "sqlite"
    assert trace.repetitions[0].boundary == "capture"
    assert trace.repetitions[0].call_site == str(trace.repetitions[0].site)
