"""The views that pages rest on: what an index should have, how a table is reached, what cannot repeat."""

from __future__ import annotations

import json

import pytest

from advisor.facts.examples import facts_from_texts

SCHEMA = """
CREATE TABLE customers (id bigint PRIMARY KEY, email text UNIQUE, country text, active boolean NOT NULL);
CREATE TABLE orders (id bigint PRIMARY KEY, customer_id bigint NOT NULL, state text, placed_at timestamp, total numeric, note jsonb);
CREATE INDEX orders_customer ON orders (customer_id);
"""


def wishes(sql: str) -> list[list[str]]:
    facts = facts_from_texts(SCHEMA, [sql])
    return [
        json.loads(row[0])
        for row in facts.connection.execute("SELECT index_columns FROM index_wish ORDER BY table_name")
    ]


@pytest.mark.parametrize(
    ("where", "columns"),
    [
        ("state = 'x'", ["state"]),
        ("placed_at > now() AND state = 'x'", ["state", "placed_at"]),
        ("total > 5 AND placed_at > now() AND state = 'x'", ["state", "placed_at"]),
        ("state IN ('x', 'y') AND total = 3", ["total", "state"]),
        ("state = 'x' ORDER BY placed_at DESC LIMIT 10", ["state", "placed_at"]),
        ("state = 'x' ORDER BY placed_at DESC", ["state"]),
        ("state > 'x' ORDER BY placed_at LIMIT 10", ["state"]),
        ("state = 'x' AND lower(note::text) = 'y'", ["state"]),
    ],
)
def test_equalities_then_one_range_or_the_order(where, columns):
    assert wishes(f"SELECT id FROM orders WHERE {where}") == [columns]


@pytest.mark.parametrize(
    "where",
    [
        "id = 5 AND state = 'x'",
        "customer_id = 5 AND state = 'x'",
        "state <> 'x'",
        "state = 'x' OR total = 5",
        "NOT (state = 'x')",
        "note = '{}'",
        "state IS NULL",
        "1 = 1",
    ],
)
def test_where_no_index_is_wanted(where):
    assert wishes(f"SELECT id FROM orders WHERE {where}") == []


def test_a_boolean_alone_is_no_index():
    assert wishes("SELECT id FROM customers WHERE active = true") == []


def test_a_join_that_can_start_elsewhere_is_a_way_in():
    join = "SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.state = 'x'"
    assert wishes(join) == [["state"]]
    assert wishes(f"{join} AND c.email = 'y'") == []
    assert wishes(f"{join} AND c.country = 'y'") == [["country"], ["state"]]


@pytest.mark.parametrize(
    ("sql", "free"),
    [
        ("SELECT id FROM orders", True),
        ("SELECT * FROM orders", True),
        ("SELECT state FROM orders", False),
        ("SELECT email FROM customers", False),
        ("SELECT o.id FROM orders o JOIN customers c ON c.id = o.customer_id", True),
        ("SELECT c.id FROM orders o JOIN customers c ON c.id = o.customer_id", False),
        ("SELECT c.* FROM orders o JOIN customers c ON c.id = o.customer_id", False),
        ("SELECT o.* FROM orders o LEFT JOIN customers c ON c.id = o.customer_id", True),
        ("SELECT c.id FROM orders o LEFT JOIN customers c ON c.id = o.customer_id", False),
        ("SELECT o.id FROM orders o, customers c WHERE c.id = 5", True),
        ("SELECT id, unnest(ARRAY[1, 2]) FROM orders", False),
        ("SELECT max(id) FROM orders GROUP BY id", False),
    ],
)
def test_what_cannot_repeat(sql, free):
    facts = facts_from_texts(SCHEMA, [sql])
    found = facts.connection.execute(
        "SELECT 1 FROM duplicate_free JOIN scope USING (scope_id) WHERE parent_id IS NULL"
    ).fetchone()
    assert (found is not None) == free
