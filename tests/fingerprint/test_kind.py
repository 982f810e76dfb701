"""Kinds of statements."""

import pytest

from advisor.fingerprint import identify


@pytest.mark.parametrize(
    ("sql", "kind"),
    [
        ("select 1", "select"),
        ("(select 1) union (select 2)", "select"),
        ("values (1)", "select"),
        ("with x as (select 1) select * from x", "select"),
        ("with recursive x(a) as (delete from t returning a) insert into u select * from x", "insert"),
        ('with "select" as (select 1), y as materialized (select 2) update t set a = 1', "update"),
        ("insert into t values (1)", "insert"),
        ("replace into t values (1)", "insert"),
        ("update t set a = 1", "update"),
        ("delete from t", "delete"),
        ("merge into t using u on true when matched then delete", "merge"),
        ("create index i on t(a)", "ddl"),
        ("truncate t", "ddl"),
        ("begin", "transaction"),
        ("commit prepared 'x'", "transaction"),
        ("begin; update t set a = 1", "update"),
        ("begin; commit", "transaction"),
        ("explain analyze select 1", "utility"),
        ("vacuum t", "utility"),
        ("set x = 1; select 1", "select"),
        ("fetch 5 from c", "utility"),
        ("call p(1)", "call"),
        ("do $$ begin end $$", "call"),
        ("", "other"),
        ("frobnicate", "other"),
        ("'x", "other"),
    ],
)
def test_kind(sql, kind):
    assert identify(sql, "postgresql").kind == kind
