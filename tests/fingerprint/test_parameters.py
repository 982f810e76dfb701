"""Bound parameters."""

from hypothesis import given
from hypothesis import strategies as st

from advisor.fingerprint import Truncated, join_parameters, parse_parameters

VALUES = st.lists(st.one_of(st.none(), st.text(max_size=12).filter(lambda text: not text.endswith("..."))), max_size=6)


def listed(values):
    return ", ".join(
        f"${n} = NULL" if value is None else "${} = '{}'".format(n, value.replace("'", "''"))
        for n, value in enumerate(values, 1)
    )


@given(VALUES)
def test_values_come_back(values):
    assert parse_parameters(listed(values)) == values


def test_what_postgresql_prints():
    assert parse_parameters("$1 = 'it''s', $2 = NULL, $3 = 'a\nb, $9 = ''x''', $4 = ''") == [
        "it's",
        None,
        "a\nb, $9 = 'x'",
        "",
    ]
    assert parse_parameters("Parameters: $1 = '7'") == ["7"]
    assert parse_parameters("") == parse_parameters("nonsense") == []


def test_cut_values_are_marked():
    whole, cut = parse_parameters("$1 = 'abc', $2 = 'abc...'")
    assert not isinstance(whole, Truncated)
    assert isinstance(cut, Truncated)
    assert cut == "abc"
    (open_end,) = parse_parameters("$1 = 'abc")
    assert isinstance(open_end, Truncated)


def test_joining_knows_strings_comments_and_names():
    sql = """select $1, '$1', "$1", $$ $1 $$, a$1, $2 -- $1"""
    joined = join_parameters(sql, "$1 = 'it''s', $2 = NULL", "postgresql")
    assert joined == """select 'it''s', '$1', "$1", $$ $1 $$, a$1, NULL -- $1"""


def test_what_is_not_known_stays():
    assert join_parameters("select $1, $2, $3", "$1 = 'x...', $3 = 'c'", "postgresql") == "select $1, $2, 'c'"
    assert join_parameters("select $99999999999, $0", "$1 = 'a'", "postgresql") == "select $99999999999, $0"


def test_a_parameter_cannot_break_out():
    joined = join_parameters("select $1, $2", "$1 = '$2'' or 1=1 --', $2 = '\\'", "postgresql")
    assert joined == "select '$2'' or 1=1 --', '\\'"
