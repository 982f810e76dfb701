"""Which B-trees a PostgreSQL statement speaks for."""

from __future__ import annotations

import pytest

from tests.recommend.candidates.shapes import catalog, proposed

SCHEMA = catalog(
    """
    CREATE TABLE orders (id bigint PRIMARY KEY, customer_id integer NOT NULL, status text, kind integer, region text,
      created_at timestamptz NOT NULL, made timestamp, day date, total numeric, email varchar(100), js json, doc jsonb);
    CREATE TABLE customers (id integer PRIMARY KEY, name text, country char(2));
    CREATE TABLE lines (order_id bigint, no integer, sku text, PRIMARY KEY (order_id, no));
    CREATE VIEW recent AS SELECT * FROM orders WHERE created_at > '2025-01-01';
    CREATE TABLE events (at timestamptz NOT NULL, kind integer) PARTITION BY RANGE (at);
    CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
    CREATE FOREIGN TABLE far (id integer, kind integer) SERVER s;
    """
)


@pytest.mark.parametrize(
    ("sql", "expected"),
    [
        ("SELECT * FROM orders WHERE status = 'x' AND kind = 4", "(status, kind)"),
        ("SELECT * FROM orders WHERE status = 'x' AND kind = 4", "(kind, status)"),
        ("SELECT * FROM orders WHERE created_at > now() AND status = 'x'", "(status, created_at)"),
        ("SELECT * FROM orders WHERE total BETWEEN 1 AND 2", "(total)"),
        ("SELECT * FROM orders WHERE kind IN (1, 2) AND status = 'x'", "(status, kind)"),
        ("SELECT * FROM orders WHERE kind = ANY($1) ORDER BY total", "(kind, total)"),
        # Orders: read backward where all keys turn, mixed where they do not, NULLs where they are asked for.
        ("SELECT * FROM orders WHERE status = 'x' ORDER BY total DESC LIMIT 5", "(status, total)"),
        ("SELECT * FROM orders ORDER BY kind DESC, total DESC LIMIT 5", "(kind, total)"),
        ("SELECT * FROM orders ORDER BY kind, total DESC LIMIT 5", "(kind, total DESC)"),
        ("SELECT * FROM orders ORDER BY kind DESC, total LIMIT 5", "(kind, total DESC)"),
        ("SELECT * FROM orders ORDER BY total DESC NULLS LAST LIMIT 5", "(total DESC NULLS LAST)"),
        ("SELECT * FROM orders ORDER BY total NULLS FIRST LIMIT 5", "(total DESC NULLS LAST)"),
        ("SELECT * FROM orders WHERE kind = 4 ORDER BY kind, total LIMIT 5", "(kind, total)"),
        ("SELECT * FROM orders WHERE (created_at, id) < ($1, $2) ORDER BY created_at DESC, id DESC LIMIT 5", "(created_at, id)"),
        ("SELECT DISTINCT ON (kind) * FROM orders ORDER BY kind, total DESC", "(kind, total DESC)"),
        ("SELECT * FROM (SELECT * FROM orders) o WHERE o.kind = 4 ORDER BY o.total LIMIT 4", "(kind, total)"),
        ("SELECT row_number() OVER (PARTITION BY kind ORDER BY total) FROM orders", "(kind, total)"),
        # Groups and extremes.
        ("SELECT kind, count(*) FROM orders WHERE status = 'x' GROUP BY kind", "(status, kind)"),
        ("SELECT DISTINCT region FROM orders", "(region)"),
        ("SELECT count(DISTINCT region) FROM orders", "(region)"),
        ("SELECT max(total) FROM orders WHERE customer_id = 4", "(customer_id, total)"),
        ("SELECT min(total) FROM orders", "(total)"),
        ("SELECT kind, max(total) FROM orders GROUP BY kind", "(kind, total)"),
        # Joins, from both sides, and with the filter on either end.
        ("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.status = 'x'", "(customer_id, status)"),
        ("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE o.status = 'x'", "(status, customer_id)"),
        ("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.name = 'x'", "(customer_id)"),
        ("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id WHERE c.name = 'x'", "(name)"),
        ("SELECT * FROM orders a JOIN orders b ON a.region = b.region AND a.kind = b.kind", "(region, kind)"),
        ("SELECT * FROM customers c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)", "(customer_id)"),
        ("SELECT * FROM customers c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)", "(customer_id)"),
        ("SELECT * FROM customers WHERE id IN (SELECT customer_id FROM orders WHERE kind = 4)", "(kind, customer_id)"),
        ("SELECT (SELECT max(total) FROM orders o WHERE o.customer_id = c.id) FROM customers c", "(customer_id, total)"),
        ("WITH o AS (SELECT customer_id AS who FROM orders) SELECT * FROM customers c JOIN o ON o.who = c.id", "(customer_id)"),
        ("SELECT * FROM orders o JOIN lines l ON l.order_id = o.id WHERE o.id = o.kind AND l.sku = 'x'", "(sku)"),
        # OR: an index for each arm.
        ("SELECT * FROM orders WHERE email = 'x' OR region = 'y'", "(email)"),
        ("SELECT * FROM orders WHERE email = 'x' OR region = 'y'", "(region)"),
        ("SELECT * FROM orders WHERE kind = 1 AND (email = 'x' OR region = 'y')", "(kind, email)"),
        # Writes.
        ("UPDATE orders SET total = 0 WHERE region = 'x'", "(region)"),
        ("DELETE FROM orders WHERE created_at < now()", "(created_at)"),
        ("DELETE FROM orders USING customers c WHERE c.id = orders.customer_id AND c.name = 'x'", "(customer_id)"),
        ("INSERT INTO lines SELECT id, 1, 'x' FROM orders WHERE region = 'x'", "(region)"),
        # Covering.
        ("SELECT total FROM orders WHERE customer_id = 4 AND day > '2025-01-01'", "(customer_id, day) INCLUDE (total)"),
        # Expressions.
        ("SELECT * FROM orders o WHERE lower(o.email) = 'x'", "((lower(email)))"),
        ("SELECT * FROM orders WHERE made::date = '2025-01-01'", "((CAST(made AS DATE)))"),
        ("SELECT * FROM orders WHERE date_trunc('month', made) = '2025-01-01'", "((date_trunc('month', made)))"),
        ("SELECT * FROM orders WHERE doc ->> 'k' = 'v'", "((doc ->> 'k'))"),
        ("SELECT * FROM orders WHERE js ->> 'k' = 'v'", "((js ->> 'k'))"),
        ("SELECT * FROM orders ORDER BY lower(email) LIMIT 4", "((lower(email)))"),
        # LIKE, under a collation that is not known to be C.
        ("SELECT * FROM orders WHERE region LIKE 'abc%'", "(region text_pattern_ops)"),
        ("SELECT * FROM orders WHERE kind = 4 AND email LIKE 'abc%'", "(kind, email varchar_pattern_ops)"),
        ("SELECT * FROM orders WHERE upper(email) LIKE 'ABC%'", "((upper(email)) text_pattern_ops)"),
    ],
)  # fmt: skip
def test_proposed(sql: str, expected: str) -> None:
    assert expected in [text.split(" ", 2)[2] for text in proposed(sql, SCHEMA)], proposed(sql, SCHEMA)


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT * FROM orders WHERE id = 4 AND status = 'x'",
        "SELECT * FROM orders WHERE id IN (1, 2) AND status = 'x'",
        "SELECT * FROM lines WHERE order_id = 4",
        "SELECT * FROM lines WHERE order_id = 4 AND no = 5 AND sku = 'x'",
        "SELECT * FROM lines WHERE order_id = 4 ORDER BY no DESC",
        "SELECT * FROM orders WHERE kind <> 4 AND status NOT IN ('a', 'b')",
        "SELECT * FROM orders WHERE kind = total",
        "SELECT * FROM orders WHERE kind = 1.5",
        "SELECT * FROM orders WHERE kind = 4 OR id IN (SELECT 4)",
        "SELECT * FROM orders WHERE region LIKE '%x%' AND email ILIKE 'x%'",
        "SELECT * FROM orders WHERE js::text = 'x' AND doc = '{}'",
        # Not immutable: they depend on the session's time zone, date style or the clock.
        "SELECT * FROM orders WHERE created_at::date = '2025-01-01'",
        "SELECT * FROM orders WHERE date(created_at) = '2025-01-01'",
        "SELECT * FROM orders WHERE date_trunc('day', created_at) = '2025-01-01'",
        "SELECT * FROM orders WHERE to_char(made, 'YYYY') = '2025'",
        "SELECT * FROM orders WHERE made::text = '2025'",
        "SELECT * FROM orders WHERE (doc ->> 'at')::timestamptz > now()",
        # A row with another text could no longer be inserted.
        "SELECT * FROM orders WHERE (doc ->> 'k')::int = 4",
        "SELECT * FROM orders WHERE email::bigint = 4",
        "SELECT * FROM orders WHERE kind * customer_id = 4",
        "SELECT * FROM orders WHERE kind % customer_id = 4",
        "SELECT * FROM orders WHERE age(made) > '1 day'",
        "SELECT * FROM orders WHERE concat(email, region) = 'x'",
        "SELECT * FROM recent",
        "SELECT * FROM far WHERE kind = 4",
        "SELECT count(*) FROM orders",
        "INSERT INTO orders (id, customer_id, created_at) VALUES (1, 2, now())",
        "SELECT relname FROM pg_catalog.pg_class WHERE relkind = 'r'",
    ],
)
def test_nothing_to_propose(sql: str) -> None:
    assert proposed(sql, SCHEMA) == []


def test_a_partition_is_indexed_through_its_parent():
    for table in ("events", "events_1"):
        assert proposed(f"SELECT * FROM {table} WHERE kind = 4", SCHEMA) == ["ON events (kind)"]


def test_no_covering_index_for_a_star_a_lock_or_a_write():
    for sql in (
        "SELECT * FROM orders WHERE customer_id = 4",
        "SELECT total FROM orders WHERE customer_id = 4 FOR UPDATE",
        "UPDATE orders SET total = 0 WHERE customer_id = 4",
    ):
        assert not any("INCLUDE" in text for text in proposed(sql, SCHEMA))


def test_an_outer_join_keeps_its_rows_whatever_its_on_says_of_them():
    found = proposed(
        "SELECT * FROM customers c LEFT JOIN orders o ON o.customer_id = c.id AND c.country = 'DE'", SCHEMA
    )
    assert "ON customers (country)" not in found
    assert "ON orders (customer_id)" in found


def test_what_follows_a_unique_key_in_an_order_is_left_out():
    found = proposed("SELECT * FROM orders WHERE region = 'x' ORDER BY created_at, id, total LIMIT 5", SCHEMA)
    assert "ON orders (region, created_at, id)" in found
    assert not any("id, total" in text for text in found)
