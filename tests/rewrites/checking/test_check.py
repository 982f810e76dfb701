"""The checker is asked about batches that are wrong on purpose: it has to catch each, and to let the right ones pass."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace

import pytest
from sqlglot import exp, parse_one

from advisor.model.stream import KeyLink
from advisor.rewrites.batch import Batch, NotBatched, Values
from advisor.rewrites.batching import batch_of
from advisor.rewrites.checking.check import check
from advisor.rewrites.checking.joins import check_join
from advisor.rewrites.joining import joined
from advisor.rewrites.statement import Node, read
from tests.rewrites.corpus import TO_AUTHOR, TO_BOOKS, catalog

CATALOGS = [catalog("mysql")]
Wrong = Callable[[Node], Node]


def wrong(sql: str, damage: Wrong, link: KeyLink | None = None) -> Batch:
    batch = batch_of(sql, link, "mysql", CATALOGS)
    assert check(batch, CATALOGS, link).status == "same"

    def make(values: Values) -> Node:
        return damage(batch.make(values))

    return replace(batch, make=make)


def without(part: str) -> Wrong:
    def damage(tree: Node) -> Node:
        tree.set(part, None)
        return tree

    return damage


def changed(before: str, after: str) -> Wrong:
    """Takes a piece of the text for another."""

    def damage(tree: Node) -> Node:
        text = tree.sql(dialect="mysql")
        assert before in text, text
        return parse_one(text.replace(before, after, 1), read="mysql")

    return damage


def first_key_only(tree: Node) -> Node:
    found = tree.find(exp.In)
    found.set("expressions", found.expressions[:1])
    return tree


def extra_condition(text: str) -> Wrong:
    return lambda tree: tree.where(text, copy=False, dialect="mysql")


MUTATIONS: list[tuple[str, str, Wrong]] = [
    ("keys left out", "SELECT id, name FROM author WHERE id = ?", first_key_only),
    ("all keys", "SELECT id, name FROM author WHERE id = ?", without("where")),
    ("a condition lost", "SELECT id FROM book WHERE author_id = ? AND stock > 1", changed(" AND stock > :v1", "")),
    ("a condition turned", "SELECT id FROM book WHERE author_id = ? AND stock > 1", changed("stock >", "stock >=")),
    ("NULLs lost", "SELECT price FROM book WHERE author_id = ?", extra_condition("price IS NOT NULL")),
    ("duplicates lost", "SELECT stock FROM book WHERE author_id = ?", changed("SELECT ", "SELECT DISTINCT ")),
    ("duplicates kept", "SELECT DISTINCT stock FROM book WHERE author_id = ?", without("distinct")),
    ("LIMIT over all", "SELECT id FROM book WHERE author_id = ? ORDER BY id", lambda t: t.limit(2)),
    ("order lost", "SELECT id FROM book WHERE author_id = ? ORDER BY id DESC", without("order")),
    ("order turned", "SELECT id FROM book WHERE author_id = ? ORDER BY id DESC", changed(" DESC", "")),
    ("not by key", "SELECT COUNT(*) FROM book WHERE author_id = ?", changed("GROUP BY author_id", "GROUP BY stock")),
    ("NULL for 0", "SELECT COUNT(*) FROM book WHERE author_id = ?", changed("COUNT(*)", "NULLIF(COUNT(*), 1)")),
    ("counts NULLs not", "SELECT COUNT(*) FROM book WHERE author_id = ?", changed("COUNT(*)", "COUNT(price)")),
    ("counts twice", "SELECT COUNT(DISTINCT title) FROM book WHERE author_id = ?", changed("COUNT(DISTINCT title)", "COUNT(title)")),
    ("group lost", "SELECT stock, COUNT(*) FROM book WHERE author_id = ? GROUP BY stock", changed("GROUP BY author_id, stock", "GROUP BY author_id")),
    ("inner join", "SELECT a.name, b.title FROM author a LEFT JOIN book b ON b.author_id = a.id WHERE a.id = ?", changed("LEFT JOIN", "JOIN")),
    ("exists of others", "SELECT EXISTS(SELECT 1 FROM book WHERE author_id = ?)", extra_condition("stock > 1")),
    ("one row too many", "SELECT id FROM book WHERE author_id = ? ORDER BY id LIMIT 2", changed("<= 2", "<= 3")),
    ("the last for the first", "SELECT id FROM book WHERE author_id = ? ORDER BY id LIMIT 1", changed("ORDER BY id", "ORDER BY id DESC")),
    ("numbered over all", "SELECT id FROM book WHERE author_id = ? ORDER BY id LIMIT 2", changed("PARTITION BY author_id ", "")),
    ("not the offset", "SELECT id FROM book WHERE author_id = ? ORDER BY id LIMIT 2 OFFSET 1", changed("numbered.row_in_key > 1", "numbered.row_in_key > 0")),
    ("any limit", "SELECT id FROM book WHERE author_id = ? LIMIT 2", changed("<= 2", "<= 1")),
    ("window over all", "SELECT id, RANK() OVER (ORDER BY stock) FROM book WHERE author_id = ?", changed("PARTITION BY author_id ", "")),
    ("written to all", "UPDATE book SET price = ? WHERE id = ?", changed("ON book.id = turn.id", "ON TRUE")),
    ("the old value", "UPDATE book SET stock = stock + ? WHERE id = ?", changed("book.stock + turn.new_stock", "turn.new_stock")),
    ("unlocked", "UPDATE book SET price = ?, version = ? WHERE id = ? AND version = ?", changed(" AND book.version = turn.old_version", "")),
    ("values crossed", "UPDATE book SET stock = ?, version = ? WHERE id = ?", changed("SET book.stock = turn.new_stock", "SET book.stock = turn.new_version")),
    ("deleted across", "DELETE FROM book_tag WHERE book_id = ? AND tag_id = ?", lambda t: parse_one(f"DELETE FROM book_tag WHERE book_id IN ({', '.join(f':t{n}_a0' for n in range(6))})", read="mysql")),
    ("a row lost", "INSERT INTO audit (who, what) VALUES (?, ?)", lambda t: (t.expression.set("expressions", t.expression.expressions[1:]), t)[1]),
    ("columns crossed", "INSERT INTO audit (who, what) VALUES (?, ?)", changed("(who, what)", "(what, who)")),
]  # fmt: skip


@pytest.mark.parametrize(("sql", "damage"), [m[1:] for m in MUTATIONS], ids=[m[0] for m in MUTATIONS])
def test_a_wrong_batch_is_caught(sql: str, damage: Wrong) -> None:
    outcome = check(wrong(sql, damage), CATALOGS)
    assert outcome.status == "different"
    assert outcome.words.startswith("not the same")


def test_a_wrong_batch_is_withheld(monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.rewrites import batching

    broken = wrong("SELECT id FROM author WHERE id = ?", without("where"))
    monkeypatch.setattr(batching, "batch_of", lambda *_, **__: broken)
    told = batching.batched("SELECT id FROM author WHERE id = ?", None, None, "mysql", CATALOGS)
    assert (told.sql, told.join_sql, told.verified) == (None, None, False)
    assert "not the same" in (told.why_not or "")


JOINS: list[tuple[str, str, str, KeyLink, Wrong]] = [
    ("inner", "SELECT name FROM author WHERE id = ?", "SELECT id, author_id FROM book", TO_AUTHOR, changed("LEFT JOIN", "JOIN")),
    ("limit outside", "SELECT title FROM book WHERE author_id = ?", "SELECT id FROM author ORDER BY id LIMIT 2", TO_BOOKS, lambda t: parse_one(t.sql("mysql").replace(" ORDER BY id LIMIT 2)", ")") + " LIMIT 2", read="mysql")),
    ("another column", "SELECT name FROM author WHERE id = ?", "SELECT id, author_id FROM book", TO_AUTHOR, changed("parent_rows.author_id", "parent_rows.id")),
    ("counts nothing", "SELECT COUNT(*) FROM book WHERE author_id = ?", "SELECT id FROM author", TO_BOOKS, changed("COUNT(*)", "SUM(1)")),
    ("exists always", "SELECT EXISTS(SELECT 1 FROM book WHERE author_id = ?)", "SELECT id FROM author", TO_BOOKS, changed("author_id = parent_rows.id", "TRUE")),
    ("some keys", "SELECT * FROM book WHERE author_id = ? ORDER BY id LIMIT 1", "SELECT id FROM author", TO_BOOKS, changed("FROM author)", "FROM author WHERE id > 1)")),
]  # fmt: skip


@pytest.mark.parametrize(("child", "parent", "link", "damage"), [j[1:] for j in JOINS], ids=[j[0] for j in JOINS])
def test_a_wrong_join_is_caught(child: str, parent: str, link: KeyLink, damage: Wrong) -> None:
    batch = batch_of(child, link, "mysql", CATALOGS)
    join = joined(batch, read(parent, "mysql"), link)
    assert check_join(batch, join, CATALOGS, link).status == "same"
    assert check_join(batch, replace(join, tree=damage(join.tree.copy())), CATALOGS, link).status == "different"


def test_what_sqlite_cannot_run_is_not_checked() -> None:
    batch = batch_of("SELECT id, ST_Distance(place, home) FROM author WHERE id = ?", None, "mysql")
    outcome = check(batch)
    assert outcome.status == "not checked"
    assert "SQLite cannot run it" in outcome.words


@pytest.mark.parametrize(
    "part",
    [
        "PRINTF('%.*c', 900000000, 'x')",
        "HEX(ZEROBLOB(900000000))",
        "RANDOMBLOB(900000000)",
        "LOAD_EXTENSION('x')",
        "(SELECT COUNT(*) FROM sqlite_master)",
        "(SELECT COUNT(*) FROM author a, author b, author c, author d, author e, author f, author g, author h)",
        "(WITH RECURSIVE t AS (SELECT 1 AS n UNION ALL SELECT n + 1 FROM t) SELECT MAX(n) FROM t)",
    ],
)
def test_a_hostile_statement_is_stopped(part: str) -> None:
    started = time.perf_counter()
    try:
        outcome = check(batch_of(f"SELECT id, {part} FROM author WHERE id = ?", None, "mysql"))
    except NotBatched:
        return
    assert outcome.status == "not checked", outcome.words
    assert time.perf_counter() - started < 10


def test_a_loop_that_never_finds_anything_proves_nothing() -> None:
    batch = batch_of("SELECT id FROM author WHERE id = ? AND 1 = 0", None, "mysql")
    assert check(batch).status == "not checked"
