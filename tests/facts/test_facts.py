"""From schema and queries to relations: what a page's Detect would see."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable
from typing import Any

import msgspec
import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.facts import Facts, describe
from advisor.facts.catalog_rows import bare_call
from advisor.facts.examples import facts_from_texts, shape_of
from advisor.facts.redaction import redact_text
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName

SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, email varchar(200) NOT NULL, name text COLLATE "C", plan text, deleted_at timestamptz, meta jsonb);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL REFERENCES customers (id), status text, total numeric(10,2), at timestamp);
CREATE INDEX orders_customer_status ON orders (customer_id, status, at DESC) INCLUDE (total);
CREATE INDEX orders_open ON orders (at) WHERE status = 'open';
CREATE UNIQUE INDEX customers_email ON customers (lower((email)::text));
CREATE INDEX customers_live ON customers (plan) WHERE deleted_at IS NULL;
CREATE INDEX customers_name ON customers (name);
CREATE INDEX customers_meta ON customers USING gin (meta jsonb_path_ops);
CREATE INDEX orders_total_hash ON orders USING hash (total);
"""


def rows(facts: Facts, sql: str, *values: Any) -> list[tuple[Any, ...]]:
    return facts.connection.execute(sql, values).fetchall()


def served(
    condition: str, engine: EngineName = "postgresql", schema: str = SCHEMA, table: str = "orders"
) -> set[tuple[str, int]]:
    facts = facts_from_texts(schema, [f"SELECT 1 FROM {table} WHERE {condition}"], engine)
    assert facts.not_analysed == {}
    return {(name, position) for name, position in rows(facts, "SELECT index_name, position FROM index_serves")}


def test_schema_and_views_load_and_are_what_is_described():
    facts = Facts()
    assert facts.version == "facts/1"
    connection = sqlite3.connect(":memory:")
    connection.create_function("canonical_sql", 2, lambda sql, _: sql, deterministic=True)
    connection.create_function("predicate_implied", 3, lambda *_: 0, deterministic=True)
    connection.executescript(describe())
    query = "SELECT name FROM sqlite_master WHERE type IN ('table', 'view') ORDER BY name"
    assert rows(facts, query) == connection.execute(query).fetchall()
    for (name,) in rows(facts, query):
        facts.connection.execute(f"SELECT * FROM {name}").fetchall()


def test_the_catalog_as_relations():
    facts = facts_from_texts(SCHEMA, [])
    assert rows(facts, "SELECT base_type, family, length, nullable FROM column_def WHERE column_name = 'email'") == [
        ("varchar", "string", 200, 0)
    ]
    assert rows(
        facts,
        "SELECT columns, leading_column, is_unique, predicate FROM index_def WHERE index_name = 'orders_customer_status'",
    ) == [("customer_id, status, at DESC", "customer_id", 0, None)]
    assert rows(facts, "SELECT column_name FROM index_include") == [("total",)]
    assert rows(facts, "SELECT table_name, column_name, key_columns, not_null FROM unique_key ORDER BY 1") == [
        ("customers", "id", 1, 1),
        ("orders", "id", 1, 1),
    ]
    assert rows(facts, "SELECT column_name, parent_table, parent_column, is_valid FROM foreign_key") == [
        ("customer_id", "customers", "id", 1)
    ]


def test_shapes_and_their_cost():
    facts = facts_from_texts(None, ["SELECT 1 FROM a", "SELECT 2 FROM b", "FROBNICATE"], calls=4, total_us=2_000_000)
    found = rows(
        facts,
        "SELECT analysed, calls, total_us, mean_us, round(share, 3), seconds_per_hour FROM shape ORDER BY analysed",
    )
    assert found == [(0, 4, 2_000_000, 500_000.0, 0.333, 2.0)] + [(1, 4, 2_000_000, 500_000.0, 0.333, 2.0)] * 2
    assert next(iter(facts.not_analysed.values()))
    assert ("*", "text") not in rows(facts, "SELECT * FROM known")


def test_ids_are_of_the_whole_input():
    facts = facts_from_texts(
        SCHEMA,
        ["SELECT 1 FROM orders WHERE id IN (SELECT customer_id FROM orders)"] * 1
        + ["SELECT 1 FROM customers c, orders o WHERE c.id = o.customer_id"],
    )
    assert rows(facts, "SELECT scope_id, parent_id FROM scope ORDER BY scope_id") == [(1, None), (2, 1), (3, None)]
    assert rows(facts, "SELECT count(*), count(DISTINCT ref_id) FROM table_ref") == [(4, 4)]
    assert rows(
        facts,
        "SELECT l.table_name, r.table_name FROM join_edge e JOIN table_ref l ON l.ref_id = e.left_ref JOIN table_ref r ON r.ref_id = e.right_ref",
    ) == [("customers", "orders")]
    assert rows(facts, "SELECT s.kind FROM predicate p JOIN scope s ON s.scope_id = p.subquery_scope_id") == [("in",)]


# ---------------------------------------------------------------- index_serves
@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("id = 5", {("orders_pkey", 1)}),
        ("id > 5", {("orders_pkey", 1)}),
        ("id IN (1, 2)", {("orders_pkey", 1)}),
        ("id IS NOT NULL", set()),
        ("id <> 5", set()),
        ("id + 1 = 5", set()),
        ("id = 1.5", set()),
        ("id = customer_id", set()),
        ("id = 5 OR total = 3", set()),
        ("status = 'x'", set()),
        ("customer_id = 1 AND status = 'x'", {("orders_customer_status", 1), ("orders_customer_status", 2)}),
        (
            "customer_id = 1 AND status IS NULL AND at > '2020-01-01'",
            {("orders_customer_status", n) for n in (1, 2, 3)},
        ),
        ("customer_id > 1 AND status = 'x'", {("orders_customer_status", 1)}),
        ("customer_id = 1 AND at > '2020-01-01'", {("orders_customer_status", 1)}),
        ("at > '2020-01-01'", set()),
        ("at > '2020-01-01' AND status = 'open'", {("orders_open", 1)}),
        ("at > '2020-01-01' AND status = $1", set()),
        ("at > '2020-01-01' AND NOT status = 'open'", set()),
        ("at > '2020-01-01' AND status <> 'open'", set()),
        ("at > '2020-01-01' AND status IN ('open')", {("orders_open", 1)}),
        ("at > '2020-01-01' AND (status = 'open' OR total = 1.5)", set()),
        ("total = 5", {("orders_total_hash", 1)}),
        ("total > 5", set()),
    ],
)
def test_index_serves(condition: str, expected: set[tuple[str, int]]):
    assert served(condition) == expected


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("lower(email) = 'x'", {("customers_email", 1)}),
        ("LOWER(customers.email) = 'x'", {("customers_email", 1)}),
        ("upper(email) = 'x'", set()),
        ("plan = 'x' AND deleted_at IS NULL", {("customers_live", 1)}),
        ("plan = 'x'", set()),
        ("name LIKE 'x%'", {("customers_name", 1)}),
        ("name LIKE '%x'", set()),
        ("name ILIKE 'x%'", set()),
        ("meta @> '{}'", {("customers_meta", 1)}),
        ("meta ? 'k'", set()),
        ("meta ->> 'k' = 'v'", set()),
    ],
)
def test_index_serves_expressions_and_operators(condition: str, expected: set[tuple[str, int]]):
    assert served(condition, table="customers") == expected


def test_an_outer_join_that_keeps_the_row_is_not_served():
    facts = facts_from_texts(
        SCHEMA,
        [
            "SELECT 1 FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND c.plan = 'x' AND c.deleted_at IS NULL"
        ],
    )
    assert {name for (name,) in rows(facts, "SELECT index_name FROM index_serves")} == {"orders_customer_status"}


def test_mysql_kinds_of_index():
    schema = "CREATE TABLE t (id int PRIMARY KEY, a varchar(20), b text, c int, KEY a (a), FULLTEXT KEY b (b), KEY hidden (c) IGNORED) ENGINE=InnoDB"
    assert served("a = 'x'", "mariadb", schema, "t") == {("a", 1)}
    assert served("a LIKE 'x%'", "mariadb", schema, "t") == {("a", 1)}
    assert served("a = 5", "mariadb", schema, "t") == set()
    assert served("MATCH(b) AGAINST ('x')", "mariadb", schema, "t") == {("b", 1)}
    assert served("c = 5", "mariadb", schema, "t") == set()


# ---------------------------------------------------------------- ignorance
def known(facts: Facts) -> set[tuple[str, str]]:
    return set(rows(facts, "SELECT subject, aspect FROM known"))


def test_what_is_known_is_said_for_each_subject():
    facts = facts_from_texts("CREATE TABLE t (a int)", ["SELECT a FROM t", "SELECT a FROM elsewhere"])
    seen, unseen = (shape_of(q, "postgresql").fingerprint for q in ("SELECT a FROM t", "SELECT a FROM elsewhere"))
    found = known(facts)
    assert {
        ("t", "columns"),
        ("t", "keys"),
        ("t", "indexes"),
        (seen, "columns"),
        (seen, "text"),
        (unseen, "text"),
    } <= found
    assert (unseen, "columns") not in found
    assert ("*", "columns") not in found
    assert ("t", "sizes") not in found
    assert ("t", "statistics") not in found


def test_without_a_catalog_nothing_of_tables_is_known():
    facts = facts_from_texts(None, ["SELECT a FROM t"])
    assert {aspect for _, aspect in known(facts)} == {"text"}


def test_sizes_are_known_where_they_were_seen():
    catalog = read_ddl("CREATE TABLE t (a int); CREATE TABLE u (a int)", "x", "postgresql")
    catalog.tables["t"] = msgspec.structs.replace(catalog.tables["t"], rows=10)
    catalog.known = catalog.known | {"sizes"}
    found = known(Facts(catalogs=[catalog]))
    assert ("t", "sizes") in found
    assert ("u", "sizes") not in found


# ---------------------------------------------------------------- several engines
def test_tables_of_two_engines_do_not_mix():
    catalogs: list[Catalog] = [
        read_ddl("CREATE TABLE t (id int PRIMARY KEY, a int)", "p", "postgresql"),
        read_ddl("CREATE TABLE t (id int, a int, KEY i (a)) ENGINE=InnoDB", "m", "mysql"),
    ]
    shapes = [shape_of("SELECT 1 FROM t WHERE a = 1", engine) for engine in ("postgresql", "mysql", "mariadb")]
    facts = Facts(shapes=shapes, catalogs=catalogs)
    assert {name for (name,) in rows(facts, "SELECT table_name FROM table_def")} == {"t", "mysql:t"}
    assert rows(
        facts, "SELECT s.engine, x.index_name FROM index_serves x JOIN shape s USING (fingerprint) ORDER BY 1"
    ) == [
        ("mariadb", "i"),
        ("mysql", "i"),
    ]
    assert len({name for (name,) in rows(facts, "SELECT fingerprint FROM shape")}) == 3


# ---------------------------------------------------------------- what the digest gives
def test_log_relations_take_tuples_mappings_and_objects():
    facts = Facts(
        log={
            "temp_file": [("f", 2, 300, 200)],
            "lock_wait": [{"fingerprint": "f", "waits": 1, "wait_us": 5, "max_us": 5, "lock_mode": "ShareLock"}],
            "setting": [("work_mem", "4MB"), ("work_mem", "8MB")],
        },
        known=[("*", "stream")],
    )
    assert rows(facts, "SELECT * FROM temp_file") == [("f", 2, 300, 200)]
    assert rows(facts, "SELECT lock_mode, object FROM lock_wait") == [("ShareLock", None)]
    assert rows(facts, "SELECT value FROM setting") == [("4MB",)]
    assert ("*", "stream") in known(facts)


def test_trees_name_the_scope_of_each_query():
    facts = facts_from_texts(None, ["SELECT 1", "SELECT a FROM t WHERE a IN (SELECT b FROM u)"])
    found = list(facts.trees())
    assert len(found) == 2
    assert set(found[1][2].values()) == {2, 3}
    assert found[1][2][id(found[1][1])] == 2


def test_a_sample_that_was_cut_is_not_used():
    shape = shape_of("SELECT a FROM t WHERE a = 1", "postgresql")
    assert shape.typical is not None
    cut = msgspec.structs.replace(shape.typical, sql="SELECT a FROM t WHERE a IN (1, 2,", cut=True)
    facts = Facts(shapes=[msgspec.structs.replace(shape, typical=cut)])
    assert rows(facts, "SELECT analysed FROM shape") == [(1,)]
    broken = msgspec.structs.replace(cut, cut=False)
    assert rows(Facts(shapes=[msgspec.structs.replace(shape, typical=broken)]), "SELECT analysed FROM shape") == [(1,)]


# ---------------------------------------------------------------- privacy
def texts(facts: Facts) -> Iterable[str]:
    for (table,) in rows(facts, "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE 'sqlite_%'"):
        for row in rows(facts, f"SELECT * FROM {table}"):
            yield from (value for value in row if isinstance(value, str))


def test_without_literals_no_value_of_the_input_is_in_the_facts():
    shape = shape_of(
        "SELECT a FROM t WHERE email = 'secret@x' AND pin = 987654 AND n IN ('hush', 'quiet') HAVING max(a) > 'whisper'",
        "postgresql",
    )
    shape = msgspec.structs.replace(
        shape, sql="SELECT a FROM t WHERE email = ? AND pin = ? AND n IN (?) HAVING max(a) > ?"
    )
    catalog = read_ddl(
        "CREATE TABLE t (a text, email text, pin int, n text); CREATE INDEX i ON t (pin) WHERE email = 'secret@x'",
        "x",
        "postgresql",
    )
    open_facts = Facts(shapes=[shape], catalogs=[catalog])
    assert any("hush" in text for text in texts(open_facts))
    closed = Facts(shapes=[shape], catalogs=[msgspec.structs.replace(catalog, tables=catalog.tables)], literals=False)
    seen = [
        text for text in texts(closed) if any(word in text for word in ("secret", "987654", "hush", "quiet", "whisper"))
    ]
    assert seen == ["email = 'secret@x'"]  # the schema's own text
    assert rows(closed, "SELECT index_name FROM index_serves") == [("i",)]  # judged before it was taken out
    assert all("hush" not in tree.sql() for _, tree, _ in closed.trees())


def test_redaction_keeps_what_an_index_would_need():
    assert redact_text("date_trunc('day', at) = '2020-01-01'", "date_trunc('day', at)") == "date_trunc('day', at) = ?"
    assert redact_text('count(*) > 0 AND x2 = 15 AND "a\'b" = 1.5e3') == 'count(*) > 0 AND x2 = ? AND "a\'b" = ?'
    assert redact_text("a = 'it''s' AND $1 = 0x1F") == "a = ? AND $1 = ?"


@pytest.mark.parametrize(
    ("policy", "call"),
    [
        ("user_id = auth.uid()", "auth.uid()"),
        ("user_id = (select auth.uid())", None),
        ("user_id = ( SELECT auth.uid() AS uid)", None),
        ("id = current_setting('app.user'::text)::bigint", "current_setting('app.user'::text)"),
        ("a = (select auth.uid()) OR b = auth.role()", "auth.role()"),
        ("true", None),
    ],
)
def test_policies_that_call_for_every_row(policy: str, call: str | None):
    assert bare_call(policy) == call
