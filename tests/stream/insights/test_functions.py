from __future__ import annotations

import pytest

from advisor.graphs import build
from advisor.stream.insights.functions import nature, natures


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("NEXTVAL", "primary"), ("pg_try_advisory_lock", "primary"), ("get_lock", "primary"), ("last_insert_id", "primary"),
        ("clock_timestamp", "clock"), ("current_setting", "session"), ("pg_is_in_recovery", "session"),
        ("gen_random_uuid", "random"), ("jsonb_build_object", "pure"), ("plainto_tsquery", "pure"), ("charge_card", "unknown"),
    ],
)  # fmt: skip
def test_natures_of_names(name, expected):
    assert nature(name) == expected


@pytest.mark.parametrize(
    ("engine", "sql", "expected"),
    [
        ("postgresql", "SELECT count(*), coalesce(sum(a), 0), lower(b) FROM t WHERE a BETWEEN 1 AND 2", set()),
        ("postgresql", "SELECT now()", {"clock"}),
        ("postgresql", "SELECT a FROM t WHERE b < CURRENT_DATE", {"clock"}),
        ("postgresql", "SELECT random(), nextval('s'), my_own(1)", {"random", "primary", "unknown"}),
        ("mariadb", "SELECT NOW(), UUID(), f(1)", {"clock", "random", "unknown"}),
        ("mariadb", "SELECT DATABASE(), CURRENT_USER()", {"session"}),
        ("mariadb", "SELECT CONCAT(a, b), IFNULL(c, 0), DATE_FORMAT(d, '%Y'), GROUP_CONCAT(a) FROM t", set()),
    ],
)
def test_natures_of_statements(engine, sql, expected):
    assert set(natures(build(sql, engine).tree)) == expected
