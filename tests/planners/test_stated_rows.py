"""Row counts of advisor.toml."""

import tomllib

import pytest

from advisor.model.errors import UserError
from advisor.planners.stated_rows import stated_rows


def test_rows_by_table():
    text = '[tables.orders]\nrows = 12000000\n[tables."sales.order lines"]\nrows = 5e7\n[tables.empty]\n'
    assert stated_rows(tomllib.loads(text)["tables"], "advisor.toml") == {
        "orders": 12_000_000,
        "sales.order lines": 50_000_000,
    }


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (7, "tables must be a table"),
        ({"orders": 7}, "tables.orders must be a table"),
        ({"orders": {"row": 7}}, "unknown key 'row'"),
        ({"orders": {"rows": -1}}, "0 or more"),
        ({"orders": {"rows": 1.5}}, "whole number"),
        ({"orders": {"rows": True}}, "whole number"),
        ({"orders": {"rows": "many"}}, "whole number"),
        ({"orders": {"rows": float("inf")}}, "whole number"),
    ],
)
def test_what_is_wrong_is_named(given, words):
    with pytest.raises(UserError, match=words) as told:
        stated_rows(given, "advisor.toml")
    assert "advisor.toml" in str(told.value)
