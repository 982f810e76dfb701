"""Names that PostgreSQL gave, on a server of 16, to indexes without one."""

from __future__ import annotations

import pytest

from advisor.catalog.ddl.table import default_name, joined
from advisor.model.catalog import IndexKey


@pytest.mark.parametrize(
    ("keys", "name"),
    [
        (["lower(a)"], "ttt_lower_idx"),
        (["(lower(a::text))"], "ttt_lower_idx"),
        (["pg_catalog.lower(a)"], "ttt_lower_idx"),
        (['(lower(a)) collate "C"'], "ttt_lower_idx"),
        (["(a || b)"], "ttt_expr_idx"),
        (["a || b", "b || a"], "ttt_expr_expr1_idx"),
        (["upper(a)", "lower(a)"], "ttt_upper_lower_idx"),
        (["(n::text)"], "ttt_n_idx"),
        (["cast(n as text)"], "ttt_n_idx"),
        (["(md5(a)::uuid)"], "ttt_md5_idx"),
        (["(n + 1)::bigint"], "ttt_int8_idx"),
        (["((j->>'x')::int)"], "ttt_int4_idx"),
        (["(j->>'x')"], "ttt_expr_idx"),
        (["t at time zone 'utc'"], "ttt_timezone_idx"),
        (["CASE WHEN n > 1 THEN 1 ELSE n END"], "ttt_n_idx"),
        (["CASE WHEN n > 1 THEN a END"], "ttt_case_idx"),
        (["(array[n])"], "ttt_array_idx"),
        (["coalesce(a, b)"], "ttt_coalesce_idx"),
        (["(lower(a) = lower(b))"], "ttt_expr_idx"),
        (["not (n > 1)"], "ttt_expr_idx"),
        (["trim(a)"], "ttt_btrim_idx"),
        (["(" * 5000 + "a" + ")" * 5000], "ttt_expr_idx"),
        (["a" + "::text" * 300], "ttt_text_idx"),
    ],
)
def test_expressions(keys: list[str], name: str) -> None:
    made = tuple(IndexKey(column=None, expression=one) for one in keys)
    assert default_name("ttt", made, "idx") == name


def test_long_names_keep_their_ends() -> None:
    long = "a_very_long_column_name_of_this_table_that_goes_on"
    keys = (IndexKey(column=long), IndexKey(column="another_one_of_length"))
    assert default_name("ttt", keys, "idx") == f"ttt_{long}_anot_idx"
    assert len(joined("ä" * 40, "b" * 40, "idx").encode()) <= 63
