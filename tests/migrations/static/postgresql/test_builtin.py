"""Which functions are the server's own."""

from __future__ import annotations

import pytest

from advisor.migrations.static.postgresql.volatility import is_builtin


@pytest.mark.parametrize("name", ["make_interval", "jsonb_agg", "pg_sleep", "lower", "date_bin", "to_regclass", "st_x"])
def test_of_the_catalog(name: str) -> None:
    assert is_builtin(name)


@pytest.mark.parametrize("name", ["make_partitions", "json_fix", "date_fill", "array_rebuild", "number_orders", "pg_x"])
def test_a_family_name_makes_none(name: str) -> None:
    assert not is_builtin(name)
