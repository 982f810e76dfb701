"""Index DDL that runs as printed."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.handbook.ddl import create_index, drop_index, parts, quoted, quoted_table


def test_postgresql():
    keys = parts('["customer_id", {"column": "created_at", "descending": 1}]')
    made = create_index("postgresql", "sales.orders", keys, include=["total"], where="state = 'open'")
    assert made.sql == (
        "CREATE INDEX CONCURRENTLY orders_customer_id_created_at_idx ON sales.orders (customer_id, created_at DESC) "
        "INCLUDE (total) WHERE state = 'open';"
    )
    assert made.rollback == "DROP INDEX CONCURRENTLY IF EXISTS sales.orders_customer_id_created_at_idx;"


def test_a_partitioned_table_takes_no_concurrently():
    made = create_index("postgresql", "orders", parts("customer_id"), partitioned=True)
    assert made.sql == "CREATE INDEX orders_customer_id_idx ON orders (customer_id);"


def test_mysql():
    made = create_index("mysql", "Orders", parts('[{"column": "note", "prefix": 64}, {"expression": "lower(a)"}]'))
    assert (
        made.sql
        == "ALTER TABLE Orders ADD INDEX Orders_note_lower_a_idx (note(64), (lower(a))), ALGORITHM=INPLACE, LOCK=NONE;"
    )
    assert made.rollback == "DROP INDEX Orders_note_lower_a_idx ON Orders;"


def test_sqlite():
    made = create_index("sqlite", "t", parts("a"))
    assert (made.sql, made.rollback) == ("CREATE INDEX t_a_idx ON t (a);", "DROP INDEX IF EXISTS t_a_idx;")


def test_a_name_that_is_taken_is_not_used_again():
    made = create_index("postgresql", "t", parts("a"), taken={"T_a_idx", "t_a_idx2"})
    assert made.name == "t_a_idx3"


def test_long_names_fit():
    made = create_index("postgresql", "t" * 50, parts('["' + "ä" * 40 + '"]'))
    assert len(made.name.encode()) <= 63


def test_drop():
    assert drop_index("postgresql", "s.t", "t_a", "CREATE ...").sql == "DROP INDEX CONCURRENTLY IF EXISTS s.t_a;"
    assert drop_index("mysql", "t", "k", "x").sql == "ALTER TABLE t DROP INDEX k, ALGORITHM=INPLACE, LOCK=NONE;"


@pytest.mark.parametrize("value", ["", "[]", "[1]", '[{"column": "a", "expression": "b"}]', "[{}]", None, 7])
def test_what_are_no_index_columns(value):
    with pytest.raises(ValueError, match="index_columns"):
        parts(value or "[")


@pytest.mark.parametrize(
    ("name", "engine", "text"),
    [
        ("plain", "postgresql", "plain"),
        ("Mixed", "postgresql", '"Mixed"'),
        ("Mixed", "mysql", "Mixed"),
        ("order", "postgresql", '"order"'),
        ("order", "mysql", "`order`"),
        ('a"b', "postgresql", '"a""b"'),
        ("a`b", "mysql", "`a``b`"),
        ("1st", "mysql", "`1st`"),
    ],
)
def test_identifiers(name, engine, text):
    assert quoted(name, engine) == text


@settings(max_examples=100, deadline=None)
@given(st.text(st.characters(exclude_characters="\x00.", exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_a_quoted_name_is_one_identifier(name):
    """SQLite reads the PostgreSQL form back as the same name."""
    import sqlite3

    connection = sqlite3.connect(":memory:")
    connection.execute(f"CREATE TABLE {quoted_table(name, 'sqlite')} (a)")
    assert connection.execute("SELECT name FROM sqlite_master").fetchone() == (name,)


def test_a_column_whose_name_looks_like_json():
    (odd, plain) = parts('["{tenant}", "{\\"column\\": \\"id\\"}"]')
    assert (odd.column, plain.column) == ("{tenant}", "id")
