"""Links do not depend on order, spelling, aliases or, where keys are declared, on names; what else Links tells."""

from __future__ import annotations

import itertools
import re
from collections.abc import Mapping, Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.catalog.ddl.file import read_ddl
from advisor.graphs import QueryGraph, build
from advisor.model.engine import EngineName
from advisor.stream.links import Links
from tests.stream.links_corpus import CASES, PG, SHOP, Case
from tests.stream.test_links_corpus import link

DECLARED = [case for case in CASES if case.schema == SHOP]
NAMED = [case for case in CASES if case.schema is None]
_NAME = re.compile(r"'[^']*'|\b[a-z_]+\b")
_COLUMNS = sorted(
    set(re.findall(r"(?:^|[(,]\s*)([a-z_]+) (?:bigint|text|int|boolean|char)", SHOP)) - {"status"},
    key=len,
    reverse=True,
)
_TABLES = re.findall(r"CREATE TABLE (\w+)", SHOP)


def graphs(texts: Mapping[str, str], engine: EngineName = "postgresql") -> dict[str, QueryGraph]:
    return {name: build(text, engine) for name, text in texts.items()}


def told(case: Case) -> tuple[object, ...] | None:
    """All that a link says, but its fingerprints."""
    found = link(case)
    return (
        None if found is None else (found.kind, *found_columns(case), found.to_one, found.parent_single, found.returned)
    )


def found_columns(case: Case) -> tuple[str | None, ...]:
    found = link(case)
    assert found is not None
    return found.parent_table, found.parent_column, found.child_table, found.child_column


def renamed(text: str, names: Mapping[str, str]) -> str:
    return _NAME.sub(lambda match: names.get(match[0], match[0]), text)


@pytest.mark.parametrize("case", DECLARED, ids=lambda case: case.name)
def test_declared_links_survive_new_names(case: Case) -> None:
    """Names of tables and columns mean nothing where keys are declared."""
    names = {name: f"x{number}q" for number, name in enumerate([*_TABLES, *_COLUMNS])}
    other = case._replace(
        schema=renamed(SHOP, names), parent=renamed(case.parent, names), child=renamed(case.child, names)
    )
    before, after = link(case), link(other)
    if before is None or before.kind == "shared_reference":
        return  # nothing is declared between them
    assert after is not None
    assert (after.kind, after.to_one, after.returned, after.same_filter) == (
        before.kind,
        before.to_one,
        before.returned,
        before.same_filter,
    )
    assert after.parent_column == names.get(before.parent_column or "")
    assert after.child_column == names[before.child_column]


@pytest.mark.parametrize("case", DECLARED, ids=lambda case: case.name)
def test_letter_case_and_quotes_change_nothing(case: Case) -> None:
    upper = _NAME.sub(lambda match: match[0] if match[0].startswith("'") else match[0].upper(), case.parent)
    quoted = renamed(case.child, {name: f'"{name}"' for name in (*_TABLES, *_COLUMNS)})
    assert told(case._replace(parent=upper)) == told(case)
    assert told(case._replace(child=quoted)) == told(case)


@pytest.mark.parametrize("case", [*DECLARED, *NAMED], ids=lambda case: case.name)
def test_comments_and_further_statements_change_nothing(case: Case) -> None:
    """A comment, and (for declared keys) the presence of other statements in any order."""
    tagged = case._replace(
        parent=f"/* route='x' */ {case.parent.rstrip(';')}", child=f"{case.child.rstrip(';')} /* y */"
    )
    assert told(tagged) == told(case)


def test_order_of_the_graphs_changes_nothing() -> None:
    cases = DECLARED[:6]
    catalogs = [read_ddl(SHOP, "schema.sql", "postgresql")]
    texts = {
        f"{number}{end}": text
        for number, case in enumerate(cases)
        for end, text in (("p", case.parent), ("c", case.child))
    }
    built = {name: build(text, "postgresql", catalogs) for name, text in texts.items()}

    def all_links(names: Sequence[str]) -> list[object]:
        links = Links({name: built[name] for name in names}, catalogs)
        return [links.of(one, other) for one, other in itertools.product(sorted(built), repeat=2)]

    assert all_links(sorted(built)) == all_links(sorted(built, reverse=True))


@settings(max_examples=60, deadline=None)
@given(st.permutations(["a", "b", "c", "d"]), st.integers(1, 500), st.integers(1, 9))
def test_shapes_of_one_question_are_a_family(order: list[str], limit: int, length: int) -> None:
    texts = {
        "a": "SELECT id, name FROM t WHERE k IN (1) AND s = 'x' ORDER BY id",
        "b": f"SELECT id, name FROM t WHERE k IN ({', '.join('?' * length)}) AND s = ? ORDER BY id LIMIT {limit}",
        "c": f"/* page */ SELECT id, name FROM t WHERE k IN (?, ?) AND s = ? ORDER BY id LIMIT 5 OFFSET {limit}",
        "d": "SELECT id FROM t WHERE k IN (1) AND s = 'x' ORDER BY id",
    }
    links = Links(graphs({name: texts[name] for name in order}))
    assert links.family("a") == links.family("b") == links.family("c") != links.family("d")
    assert len(links.family("a")) == 16
    assert links.family("unknown") == "unknown"


@pytest.mark.parametrize(
    ("text", "kind", "single"),
    [
        ("SELECT count(*) FROM books WHERE author_id = ?", "count", True),
        ("SELECT count(*) > 0 FROM books WHERE author_id = ?", "count", True),
        ("SELECT count(*) FROM (SELECT 1 FROM books WHERE author_id = ?) x", "count", True),
        ("SELECT author_id, count(*) FROM books GROUP BY author_id", "select", None),
        ("SELECT author_id, count(*) FROM books WHERE author_id = ? GROUP BY author_id", "count", None),
        ("SELECT max(price), count(*) FROM books", "aggregate", True),
        ("SELECT EXISTS (SELECT 1 FROM books WHERE author_id = ?)", "exists", True),
        ("SELECT CASE WHEN EXISTS (SELECT 1 FROM books WHERE author_id = ?) THEN 1 ELSE 0 END", "exists", True),
        ("SELECT 1 AS one FROM books WHERE author_id = ? LIMIT ?", "exists", True),
        ("SELECT * FROM books WHERE id = ?", "select", True),
        ("SELECT * FROM books WHERE id IN (?)", "select", None),
        ("SELECT * FROM books WHERE title = ? LIMIT 1", "select", True),
        ("SELECT * FROM books ORDER BY id LIMIT 10", "select", None),
        ("INSERT INTO books (id) VALUES (?)", "insert", None),
        ("UPDATE books SET title = ? WHERE id = ?", "update", None),
        ("DELETE FROM books WHERE id = ?", "delete", None),
        ("BEGIN", None, None),
        ("CREATE TABLE x (id int)", None, None),
    ],
)
def test_kind_and_single(text: str, kind: str | None, single: bool | None) -> None:
    links = Links(graphs({"x": text}))
    assert links.kind("x") == kind
    assert links.single("x") is single


def test_single_by_declared_keys() -> None:
    catalogs = [read_ddl(SHOP, "schema.sql", "postgresql")]
    texts = {
        "by key": "SELECT * FROM purchase_lines WHERE purchase_no = ? AND line = ?",
        "by part": "SELECT * FROM purchase_lines WHERE purchase_no = ?",
        "by unique": "SELECT * FROM people WHERE email = ?",
        "joined": "SELECT * FROM books b JOIN authors a ON a.id = b.author_id WHERE b.id = ?",
        "fanned out": "SELECT * FROM books b JOIN reviews r ON r.book_id = b.id WHERE b.id = ?",
    }
    links = Links({name: build(text, "postgresql", catalogs) for name, text in texts.items()}, catalogs)
    assert {name: links.single(name) for name in texts} == {
        "by key": True,
        "by part": False,
        "by unique": True,
        "joined": True,
        "fanned out": False,
    }


@pytest.mark.parametrize(
    ("text", "engine", "noise"),
    [
        ("SELECT 1", "postgresql", True),
        ("SELECT ?", "postgresql", True),
        ("BEGIN", "postgresql", True),
        ("SET search_path = x", "postgresql", True),
        ("SHOW transaction isolation level", "postgresql", True),
        ("SELECT pg_catalog.set_config('search_path', '', false)", "postgresql", True),
        ("SELECT oid, typname FROM pg_type WHERE typname = ?", "postgresql", True),
        ("SELECT c.relname FROM pg_catalog.pg_class c", "postgresql", True),
        ("SELECT table_name FROM information_schema.tables", "postgresql", True),
        ("SELECT current_schema()", "postgresql", True),
        ("SELECT version()", "mysql", True),
        ("SELECT @@tx_isolation", "mysql", True),
        ("SELECT DATABASE()", "mysql", True),
        ("SELECT LAST_INSERT_ID()", "mysql", True),
        ("SELECT price_of(?)", "postgresql", False),
        ("SELECT nextval('orders_id_seq')", "postgresql", False),
        ("SELECT * FROM pages", "postgresql", False),
        ("SELECT * FROM books b JOIN pg_class c ON c.oid = b.id", "postgresql", False),
    ],
)
def test_noise(text: str, engine: EngineName, noise: bool) -> None:
    assert Links(graphs({"x": text}, engine)).noise("x") is noise


def test_limit_and_tables() -> None:
    links = Links(graphs({"x": "SELECT * FROM b JOIN a ON a.id = b.a LIMIT 7", "y": "SELECT * FROM b LIMIT ?"}))
    assert (links.limit("x"), links.limit("y"), links.limit("z")) == (7, None, None)
    assert (links.tables("x"), links.tables("z")) == (("b", "a"), ())


def test_what_was_not_analysed_has_no_link() -> None:
    links = Links(graphs({"x": "SELECT id FROM a"}))
    assert links.of("x", "unknown") is None
    assert links.of("unknown", "x") is None
    assert links.kind("unknown") is None
    assert links.noise("unknown") is False
    assert links.single("unknown") is None


def test_types_that_share_no_value_are_no_link() -> None:
    schema = "CREATE TABLE owners (id uuid PRIMARY KEY); CREATE TABLE pets (id int PRIMARY KEY, owner_id int);"
    case = Case("", PG, schema, "SELECT id FROM owners", "SELECT * FROM pets WHERE owner_id = ?", None)
    assert link(case) is None
    found = link(case._replace(schema=schema.replace("uuid", "bigint")))
    assert found is not None
    assert found.kind == "name"


@settings(max_examples=80, deadline=None)
@given(
    st.lists(
        st.text(st.characters(codec="utf-8", exclude_characters='"\x00'), min_size=1, max_size=20),
        min_size=4,
        max_size=4,
    )
)
def test_any_name_is_read(names: list[str]) -> None:
    """Names are whatever somebody quoted."""
    a, b, c, d = names
    texts = {
        "p": f'SELECT "{b}", "{c}" FROM "{a}"',
        "c": f'SELECT * FROM "{c}" WHERE "{d}" = ? AND "{b}" = ?',
        "i": f'INSERT INTO "{a}" ("{b}", "{d}") VALUES (?, ?)',
    }
    links = Links(graphs(texts))
    for one, other in itertools.product(texts, repeat=2):
        found = links.of(one, other)
        assert found is None or found.child_column in names


@pytest.mark.parametrize(
    "child",
    [
        "SELECT EXISTS (SELECT * FROM payment WHERE invoice_id = ?)",
        "SELECT (SELECT count(*) FROM payment WHERE invoice_id = ?)",
    ],
)
def test_a_question_asked_by_a_subquery_alone_has_its_key(child: str) -> None:
    links = Links(graphs({"list": "SELECT id, total FROM invoice WHERE total > ?", "child": child}))
    link = links.of("list", "child")
    assert links.keyed("child")
    assert link is not None
    assert (link.child_column, link.parent_column) == ("invoice_id", "id")


def test_a_key_within_a_filter_is_not_the_question() -> None:
    sql = "SELECT * FROM orders WHERE EXISTS (SELECT 1 FROM payment WHERE invoice_id = ?)"
    assert not Links(graphs({"one": sql})).keyed("one")


def test_what_is_joined_to_a_row_is_no_page_of_it() -> None:
    texts = {
        "list": "SELECT id, status, patient_id FROM visits WHERE id > ?",
        "lazy": "SELECT p.id, p.name FROM patients p JOIN visits v ON v.patient_id = p.id WHERE v.id = ?",
        "page": "SELECT v.id, v.status, p.name FROM patients p JOIN visits v ON v.patient_id = p.id WHERE v.id = ?",
    }
    links = Links(graphs(texts))
    assert links.completes("list", "lazy")
    assert not links.completes("list", "page")


def test_a_natural_key_links_tables_without_a_reference() -> None:
    ddl = "CREATE TABLE borrowers (email text PRIMARY KEY, name text); CREATE TABLE loans (id int, borrower_email text)"
    texts = {"list": "SELECT id, borrower_email FROM loans", "one": "SELECT name FROM borrowers WHERE email = ?"}
    found = Links(graphs(texts), [read_ddl(ddl, "schema.sql", PG)]).of("list", "one")
    assert found is not None
    assert (found.kind, found.parent_column) == ("name", "borrower_email")
