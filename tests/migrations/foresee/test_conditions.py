"""A condition's outcome for one value, against SQLite's; and what cannot be told stays untold."""

from __future__ import annotations

import sqlite3
from datetime import datetime
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.graphs.graph import NotAnalysed
from advisor.migrations.foresee.conditions import Condition
from advisor.migrations.foresee.values import UNCLEAR, Token, Value, read

_NUMBERS = st.integers(-4, 4)
_ATOMS = st.one_of(
    st.builds("a {} {}".format, st.sampled_from(["=", "<>", "<", "<=", ">", ">="]), _NUMBERS),
    st.builds("{} {} a".format, _NUMBERS, st.sampled_from(["=", "<>", "<", ">="])),
    st.builds("a BETWEEN {} AND {}".format, _NUMBERS, _NUMBERS),
    st.builds("a NOT BETWEEN {} AND {}".format, _NUMBERS, _NUMBERS),
    st.builds("a IN ({}, {})".format, _NUMBERS, _NUMBERS),
    st.builds("a NOT IN ({}, {})".format, _NUMBERS, _NUMBERS),
    st.sampled_from(["a IS NULL", "a IS NOT NULL", "NOT a IS NULL", "a = NULL", "a IN (1, NULL)"]),
)
_CONDITIONS = st.recursive(
    _ATOMS,
    lambda inner: st.one_of(
        st.builds("({} AND {})".format, inner, inner),
        st.builds("({} OR {})".format, inner, inner),
        st.builds("NOT ({})".format, inner),
    ),
    max_leaves=5,
)


@settings(deadline=None)
@given(_CONDITIONS, st.one_of(st.none(), _NUMBERS))
def test_three_valued_logic_is_that_of_sql(text: str, value: int | None) -> None:
    with sqlite3.connect(":memory:") as connection:
        (expected,) = connection.execute(f"SELECT {text} FROM (SELECT ? AS a)", [value]).fetchone()
    found = Condition(text, "postgresql").holds("a", None if value is None else Decimal(value))
    assert found == (None if expected is None else bool(expected))


@pytest.mark.parametrize(
    ("text", "value", "expected"),
    [
        ("a = 'x'", "x", True),
        ("a = 'x'", "X", False),
        ("a < 'x'", "b", UNCLEAR),
        ("a = 'x' AND b > 5", "y", False),
        ("a = 'x' AND b > 5", "x", UNCLEAR),
        ("a = 'y' OR b > 5", "y", True),
        ("a = ANY (ARRAY['x'::text, 'y'::text])", "z", False),
        ("(a)::text = ANY ((ARRAY['x'::character varying])::text[])", "x", True),
        ("length(a) < 3", "abc", False),
        ("lower(a) = 'x'", "x", UNCLEAR),
        ("a LIKE 'x%'", "y", UNCLEAR),
        ("a > b", Decimal(1), UNCLEAR),
        ("a >= '2024-01-01'", datetime(2023, 5, 1), False),
        ("a >= DATE '2024-01-01'", datetime(2024, 1, 1), True),
        ("a < now()", datetime(2023, 5, 1), UNCLEAR),
        ("a = 1", True, UNCLEAR),
        ("a", False, False),
        ("a IN (SELECT 1)", Decimal(2), UNCLEAR),
        ("a = 'x'", Token("t1"), False),
        ("a <> 'x'", Token("t1"), True),
        ("a < 'x'", Token("t1"), UNCLEAR),
    ],
)
def test_what_cannot_be_told_stays_untold(text: str, value: Value, expected: object) -> None:
    assert Condition(text, "postgresql").holds("a", value) == expected


def test_a_token_is_that_of_its_literal() -> None:
    condition = Condition("a IN ('x', 'y')", "postgresql")
    assert condition.holds("a", Token("t1"), {"y": "t1"}.get) is True
    assert condition.holds("a", Token("t2"), {"y": "t1"}.get) is False


def test_collations_of_mysql_make_texts_equal() -> None:
    condition = Condition("a <> 'X'", "mysql")
    assert condition.holds("a", "x") is UNCLEAR
    assert condition.holds("a", "X ") is UNCLEAR
    assert condition.holds("a", "y") is True
    assert condition.holds("a", "é") is UNCLEAR


@pytest.mark.parametrize("text", ["a = ", "1); DROP TABLE t; SELECT (1", "a IN (", "", "(" * 5000 + "a" + ")" * 5000])
def test_what_cannot_be_read_is_refused(text: str) -> None:
    with pytest.raises(NotAnalysed):
        Condition(text, "postgresql")


@pytest.mark.parametrize(
    ("text", "family"),
    [
        ("NaN", "decimal"),
        ("infinity", "temporal"),
        ("0044-03-15 BC", "temporal"),
        ("{1}", "array"),
        ("9" * 500, "integer"),
    ],
)
def test_values_of_no_order_are_not_read(text: str, family: object) -> None:
    assert read(text, family) is UNCLEAR  # type: ignore[arg-type]
