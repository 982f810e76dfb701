"""Loops as ORMs and people write them, on tables of a shop, with what is known of their key."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.catalog.ddl.file import read_ddl
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName
from advisor.model.stream import KeyLink

SCHEMA = """
CREATE TABLE author (id integer PRIMARY KEY, name varchar(40) NOT NULL, country varchar(20));
CREATE TABLE book (id integer PRIMARY KEY, author_id integer REFERENCES author (id), title varchar(40) NOT NULL,
  price decimal(10,2), published timestamp NULL, stock integer NOT NULL, version integer NOT NULL);
CREATE TABLE tag (id integer PRIMARY KEY, name varchar(40) NOT NULL, UNIQUE (name));
CREATE TABLE book_tag (book_id integer NOT NULL, tag_id integer NOT NULL, PRIMARY KEY (book_id, tag_id));
CREATE TABLE audit (who integer, what varchar(40));
"""


def catalog(engine: EngineName) -> Catalog:
    return read_ddl(SCHEMA, "schema.sql", engine)


def link(child_table: str, child_column: str, *, to_one: bool, parent: tuple[str, str] | None = None) -> KeyLink:
    return KeyLink(
        parent="p",
        child="c",
        kind="foreign_key",
        parent_table=parent[0] if parent else None,
        parent_column=parent[1] if parent else None,
        child_table=child_table,
        child_column=child_column,
        to_one=to_one,
        parent_single=False,
    )


@dataclass(frozen=True)
class Loop:
    """A repeated statement, in words that every engine takes, and the form that its batch must have."""

    sql: str
    form: str
    link: KeyLink | None = None
    limit: int | None = None


TO_AUTHOR = link("author", "id", to_one=True, parent=("book", "author_id"))
TO_BOOKS = link("book", "author_id", to_one=False, parent=("author", "id"))
TO_TAGS = link("book_tag", "book_id", to_one=False, parent=("book", "id"))

READS = [
    Loop("SELECT id, name FROM author WHERE id = ?", "list"),
    Loop("SELECT author.id, author.name FROM author WHERE author.id = ? LIMIT 21", "list", TO_AUTHOR),
    Loop("SELECT author.* FROM author WHERE author.id = ? LIMIT ?", "list", TO_AUTHOR),
    Loop("SELECT name FROM author AS a1_0 WHERE a1_0.id = ?", "list"),
    Loop("SELECT * FROM book WHERE book.author_id = ? AND book.author_id IS NOT NULL", "list"),
    Loop("SELECT title, price FROM book WHERE author_id IN (?) ORDER BY title", "list"),
    Loop("SELECT b.title FROM book b WHERE b.author_id = ? AND b.stock > ? ORDER BY b.price DESC", "list", TO_BOOKS),
    Loop("SELECT t.id, t.name FROM tag t INNER JOIN book_tag bt ON t.id = bt.tag_id WHERE bt.book_id = ?", "list"),
    Loop("SELECT t.* FROM tag t JOIN book_tag bt ON t.id = bt.tag_id WHERE bt.book_id = ?", "list", TO_TAGS),
    Loop("SELECT a.name, b.title FROM author a LEFT JOIN book b ON b.author_id = a.id WHERE a.id = ?", "list"),
    Loop("SELECT DISTINCT stock FROM book WHERE author_id = ?", "list"),
    Loop(
        "SELECT title, (SELECT COUNT(*) FROM book_tag bt WHERE bt.book_id = book.id) AS tags FROM book WHERE id = ?",
        "list",
    ),
    Loop("SELECT id FROM book WHERE author_id = ? AND id NOT IN (SELECT book_id FROM book_tag)", "list", TO_BOOKS),
    Loop("SELECT title, RANK() OVER (ORDER BY stock) AS place FROM book WHERE author_id = ?", "list"),
    Loop("SELECT COUNT(*) FROM book WHERE author_id = ?", "group"),
    Loop("SELECT COUNT(*) AS total FROM book b WHERE b.author_id = ? AND b.price > ?", "group", TO_BOOKS),
    Loop("SELECT SUM(price), MIN(title), MAX(stock) FROM book WHERE author_id = ?", "group"),
    Loop("SELECT COALESCE(SUM(stock), 0) FROM book WHERE author_id = ? HAVING COUNT(*) > 1", "group"),
    Loop(
        "SELECT COUNT(DISTINCT bt.tag_id) FROM book b JOIN book_tag bt ON bt.book_id = b.id WHERE b.author_id = ?",
        "group",
    ),
    Loop("SELECT COUNT(*) FROM (SELECT DISTINCT title FROM book WHERE author_id = ?) subquery", "group"),
    Loop("SELECT stock, COUNT(*) FROM book WHERE author_id = ? GROUP BY stock", "group"),
    Loop("SELECT EXISTS(SELECT 1 FROM book WHERE author_id = ?) AS found", "distinct"),
    Loop("SELECT 1 AS one FROM book WHERE author_id = ? LIMIT 1", "distinct"),
    Loop("SELECT ? AS one FROM book WHERE author_id = ? LIMIT ?", "distinct", TO_BOOKS, 1),
    Loop("SELECT * FROM book WHERE author_id = ? ORDER BY published DESC LIMIT 1", "numbered"),
    Loop("SELECT id, title FROM book WHERE author_id = ? ORDER BY published DESC, id LIMIT 3", "numbered"),
    Loop("SELECT id, title AS t FROM book WHERE author_id = ? ORDER BY t LIMIT ?", "numbered", TO_BOOKS),
    Loop("SELECT id, title FROM book WHERE author_id = ? ORDER BY id LIMIT 2 OFFSET 1", "numbered"),
    Loop("SELECT id FROM book WHERE author_id = ? LIMIT 1", "numbered"),
    Loop("SELECT stock, COUNT(*) AS n FROM book WHERE author_id = ? GROUP BY stock ORDER BY stock LIMIT 2", "numbered"),
]
WRITES = [
    Loop("UPDATE book SET price = ? WHERE id = ?", "values"),
    Loop("UPDATE book SET stock = stock - ?, title = ? WHERE book.id = ?", "values"),
    Loop("UPDATE book SET price = ?, version = ? WHERE id = ? AND version = ?", "values"),
    Loop("UPDATE book SET stock = stock + 1 WHERE author_id = ?", "values"),
    Loop("UPDATE book SET published = NULL WHERE id = ? AND stock = 0", "list"),
    Loop("DELETE FROM book_tag WHERE book_id = ?", "list"),
    Loop("DELETE FROM book_tag WHERE book_id = ? AND tag_id = ?", "list"),
    Loop("DELETE FROM book WHERE author_id = ? AND price IS NULL", "list"),
    Loop("INSERT INTO audit (who, what) VALUES (?, ?)", "rows"),
    Loop("INSERT INTO audit (who, what) VALUES (?, 'seen')", "rows"),
]
