"""Messages of servers without the values that they quote."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.fingerprint import without_values


@pytest.mark.parametrize(
    ("message", "sql", "dialect", "shown"),
    [
        ('relation "orders" does not exist', "SELECT * FROM orders", "postgresql", None),
        ("column u.nope does not exist", "SELECT u.nope FROM u", "postgresql", None),
        ("Table 'shop.nope' doesn't exist", "SELECT * FROM nope", "mysql", "Table 'nope' doesn't exist"),
        ("Unknown column 'u.nope' in 'field list'", "SELECT u.nope FROM u", "mysql", None),
        ("canceling statement: not planned within 15 s", "SELECT 1", "postgresql", None),
        (
            'invalid input syntax for type integer: "a"b ann"',
            "SELECT 1 WHERE id = 'a\"b ann'",
            "postgresql",
            'invalid input syntax for type integer: "?"',
        ),
        (
            'value "4111111111111111" is out of range for type integer',
            "SELECT 4111111111111111::int",
            "postgresql",
            'value "?" is out of range for type integer',
        ),
        ("Duplicate entry 'ann@example.org' for key 'x'", "INSERT INTO t", "mysql", "Duplicate entry '?'"),
        (
            "You have an error in your SQL syntax; use near 'ann' AND b = 'it''s' at line 1",
            "SELECT",
            "mysql",
            "You have an error in your SQL syntax; use near ?",
        ),
        (
            "Incorrect integer value: 'ann' for column `db`.`t`.`id` at row 1",
            "UPDATE t SET id = 'ann'",
            "mysql",
            "Incorrect integer value: '?' for column `?` at row 1",
        ),
    ],
)
def test_names_stay_and_values_go(message: str, sql: str, dialect: str, shown: str | None):
    assert without_values(message, sql, dialect) == (message if shown is None else shown)  # type: ignore[arg-type]


@given(st.text(min_size=1, max_size=30).map(lambda text: "zq" + text + "qz"), st.sampled_from("\"'`"))
def test_a_quoted_value_never_shows(value: str, quote: str):
    told = without_values(f"bad value {quote}{value}{quote} for type x", "SELECT a FROM b", "postgresql")
    assert "zq" not in told
    assert "qz" not in told
