"""What the server refuses whatever rows there are: seen without a server, and only then."""

from __future__ import annotations

import msgspec
import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.migrations.reading import script_of
from advisor.migrations.static import foretell
from advisor.model.catalog import Column
from advisor.model.engine import Engine
from advisor.model.migration import Outcome

BASE = """
create type tier as enum ('a', 'b');
create type other as enum ('a');
create table p (id int not null, k int not null, n int, c int not null) partition by range (k);
create table p1 partition of p for values from (1) to (9);
create table h (id int not null) partition by hash (id);
create table h0 partition of h for values with (modulus 2, remainder 0);
create table up (id int, wheels int);
create table down () inherits (up);
create table wide (id int, wheels int, extra int);
create table narrow (id int);
create table odd (id bigint, wheels int);
create table accounts (id int, plan tier not null default 'a', note text default 'x', free tier, number text default '1');
create view v as select id, plan from accounts;
alter table accounts add column later int;
create schema s;
create table s.t (id int, k int);
create view s.w as select t.id from s.t as t where t.k > 0;
"""


def outcomes(sql: str, version: str = "16") -> tuple[Outcome, ...]:
    catalog = read_ddl(BASE, "base.sql", "postgresql")
    # A schema file leaves a view's columns out; a server and a snapshot name them
    view = msgspec.structs.replace(catalog.tables["v"], columns=(Column("id", "integer"), Column("plan", "tier")))
    catalog.tables["v"] = view
    script = script_of(sql, "1.sql", engine="postgresql")
    return foretell([script], catalog, Engine("postgresql", version)).outcomes


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("alter table only p add column z int", "42P16"),
        ("alter table p add column z int", None),
        ("alter table only p alter column n set not null", "42P16"),
        ("alter table only p alter column c set not null", None),
        ("alter table only p add constraint small check (n < 5) no inherit", "42P16"),
        ("alter table up add constraint small check (wheels < 5) no inherit", None),
        ("alter table only up alter column wheels type bigint", "42P16"),
        ("alter table up alter column wheels type bigint", None),
        ("alter table narrow inherit up", "42804"),
        ("alter table odd inherit up", "42804"),
        ("alter table wide inherit up", None),
        ("create index on v (id)", "42809"),
        ("create table h1 partition of h for values with (modulus 4, remainder 2)", "42P17"),
        ("create table h1 partition of h for values with (modulus 4, remainder 3)", None),
        ("drop view v; alter table accounts alter column plan type other using plan::text::other", "42804"),
        ("alter table accounts alter column free type other using free::text::other", None),
        ("drop view v; alter table accounts alter column plan drop default, alter column plan type other using 'a'::other", None),
        ("alter table accounts alter column note type tier using note::tier", "42804"),
        ("alter table accounts alter column note type tier using note::tier, alter column note drop default", None),
        ("create or replace view v as select id from accounts", "42P16"),
        ("create or replace view v as select id, plan as level from accounts", "42P16"),
        ("create or replace view v as select id, plan, note from accounts", None),
        ("create or replace view v as select * from accounts", None),
        ("begin; alter type tier add value 'c'; alter table accounts alter column free set default 'c'; commit", "55P04"),
        ("begin; alter type tier add value 'c'; alter table accounts add column b tier default 'c'; commit", "55P04"),
        ("begin; alter type tier add value 'c'; alter table accounts alter column free set default 'b'; commit", None),
        ("alter type tier add value 'c'; alter table accounts alter column free set default 'c'", None),
        ("alter schema s rename to r; alter table r.t alter column k type bigint", "0A000"),
        ("reindex system concurrently", "0A000"),
    ],
)  # fmt: skip
def test_refused(sql: str, code: str | None) -> None:
    failures = [one.failure.code for one in outcomes(sql) if one.failure is not None]
    assert failures == ([code] if code else [])


def test_the_systems_own_tables_are_locked() -> None:
    (found,) = outcomes("reindex system d")
    assert [one.mode for one in found.locks] == ["ACCESS EXCLUSIVE"]
    assert [one.kind for one in found.work] == ["build"]


@pytest.mark.parametrize(
    ("zone", "check", "scanned"),
    [
        ("UTC", "at >= '2027-01-01 00:00:00+00' and at < '2028-01-01 00:00:00+00'", False),
        ("Europe/Berlin", "at >= '2026-12-31 23:00:00+00' and at < '2027-12-31 23:00:00+00'", False),
        ("Europe/Berlin", "at >= '2027-01-01 00:00:00+00' and at < '2028-01-01 00:00:00+00'", True),
        (None, "at >= '2027-01-01 00:00:00+00' and at < '2028-01-01 00:00:00+00'", True),
    ],
)
def test_a_bound_proved_across_offsets(zone: str | None, check: str, scanned: bool) -> None:
    ddl = (
        "create table r (id int, at timestamptz not null) partition by range (at);"
        f"create table r27 (id int, at timestamptz not null, check ({check}));"
    )
    catalog = read_ddl(ddl, "base.sql", "postgresql")
    if zone is not None:
        catalog.settings = {"TimeZone": zone}
    sql = "alter table r attach partition r27 for values from ('2027-01-01') to ('2028-01-01')"
    found = foretell([script_of(sql, "1.sql", engine="postgresql")], catalog, Engine("postgresql", "16")).outcomes[0]
    assert bool(found.work) is scanned
