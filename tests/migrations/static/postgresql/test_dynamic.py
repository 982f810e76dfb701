"""Statements that a block puts together as text: read where the text and the schema tell all of it, else `unknown`."""

from __future__ import annotations

import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.migrations.reading import script_of
from advisor.migrations.static import foretell
from advisor.model.engine import Engine
from advisor.model.migration import Outcome

BASE = """
create table tickets (id bigint primary key, number int, body text);
create table comments (id bigint, body text);
create table "Audit Log" (id bigint);
create schema s;
create table s.x_1 (id int);
create table s.x_2 (id int);
create table s.y (id int);
create table r (id int, at timestamptz not null) partition by range (at);
create table r1 partition of r for values from ('2024-01-01') to ('2025-01-01');
create view v as select 1 as id;
create function widen(tbl text, col text) returns void language plpgsql as $$
begin execute format('alter table %I alter column %I type bigint', tbl, col); end $$;
create function index_all(tbls text[]) returns void language plpgsql as $$
declare t text; begin foreach t in array tbls loop execute 'create index on ' || quote_ident(t) || ' (id)'; end loop; end $$;
create function twice(a text) returns void language plpgsql as $$ begin execute 'drop table ' || a; end $$;
create function twice(a text, b text) returns void language plpgsql as $$ begin execute 'drop table ' || b; end $$;
create procedure numbered(tbl regclass, n int default 3) language plpgsql as $$
begin execute format('create index i_%s on %s (id)', n, tbl); end $$;
"""


def outcome(sql: str) -> Outcome:
    catalog = read_ddl(BASE, "base.sql", "postgresql")
    script = script_of(sql, "1.sql", engine="postgresql")
    return foretell([script], catalog, Engine("postgresql", "16")).outcomes[-1]


def loop(header: str, statement: str, declared: str = "t text;") -> str:
    return f"do $$ declare {declared} begin {header} loop execute {statement}; end loop; end $$"


INDEX = "format('create index on %I (id)', t)"


@pytest.mark.parametrize(
    ("sql", "locked"),
    [
        (loop("foreach t in array array['tickets', 'Audit Log']", INDEX), {"tickets", "Audit Log"}),
        (loop("foreach t in array string_to_array('tickets,comments', ',')", INDEX), {"tickets", "comments"}),
        (loop("foreach t in array list", INDEX, "t text; list text[] := '{tickets,comments}';"), {"tickets", "comments"}),
        (loop("for t in values ('tickets'), ('comments')", INDEX), {"tickets", "comments"}),
        (loop("for t in select unnest(array['tickets', 'comments'])", INDEX), {"tickets", "comments"}),
        (loop("for t in select x from unnest('{tickets}'::text[]) as x", INDEX), {"tickets"}),
        (loop("for t in select tablename from pg_tables where schemaname = 'public' and tablename not like 'r%'", INDEX),
         {"tickets", "comments", "Audit Log"}),
        (loop("for q in select n.nspname as a, c.relname as b from pg_class c join pg_namespace n on n.oid = c.relnamespace "
              "where c.relkind = 'r' and c.relname ~ '^x_[0-9]+$'", "format('create index on %I.%I (id)', q.a, q.b)", "q record;"),
         {"s.x_1", "s.x_2"}),
        (loop("for q in select table_schema, table_name from information_schema.tables where table_schema = 's' "
              r"and table_name like 'x\_%'", "'create index on ' || q.table_schema || '.' || q.table_name || ' (id)'", "q record;"),
         {"s.x_1", "s.x_2"}),
        (loop("for t in select table_name from information_schema.columns where column_name = 'body'", INDEX),
         {"tickets", "comments"}),
        (loop("for t in select inhrelid::regclass from pg_inherits where inhparent = 'r'::regclass",
              "format('create index on %s (id)', t)", "t regclass;"), {"r1"}),
        (loop("for n in 1..1", "'create index on r' || n || ' (id)'", ""), {"r1"}),
        ("do $$ declare t text := 'tickets'; begin execute 'create index on ' || t || ' (id)'; end $$", {"tickets"}),
        ("select widen('tickets', 'number')", {"tickets"}),
        ("select index_all(array['tickets', 'comments'])", {"tickets", "comments"}),
        ("call numbered('comments', 4)", {"comments"}),
        ("do $$ begin perform widen('tickets', 'number'); end $$", {"tickets"}),
    ],
)  # fmt: skip
def test_what_the_text_tells_is_read(sql: str, locked: set[str]) -> None:
    found = outcome(sql)
    assert {one.relation for one in found.locks} == locked
    assert {one.relation for one in found.work} == locked
    assert found.uncertain is None


@pytest.mark.parametrize(
    "sql",
    [
        loop("for t in select name from accounts", INDEX),
        loop("for t in select relname from pg_class where relkind = 'r' and reltuples > 5", INDEX),
        loop("for t in select relname from pg_class", INDEX),  # indexes and sequences among them
        loop("for t in select relname from pg_class where relkind in ('r', 'S')", INDEX),
        loop("for t in select tablename from pg_tables where tablename ~ '(a+)+$'", INDEX),
        loop("for t in select tablename from pg_tables where tablename ~ '(a|a)*b'", INDEX),
        loop("for t in select tablename from pg_tables where tableowner = current_user", INDEX),
        loop('for t in select tablename from pg_tables where "typo" = \'typo\'', INDEX),
        loop("for t in with recursive w(n) as (select 1 union all select n + 1 from w) select 't' || n from w", INDEX),
        loop("for n in 1..1000000000", "'create table t' || n || ' ()'", ""),
        "do $$ declare t text := 'tickets'; begin if random() > 0.5 then t := 'comments'; end if; "
        "execute 'create index on ' || t || ' (id)'; end $$",
        "do $$ declare t text := 'tickets'; begin select max(a) into t from b; execute 'create index on ' || t || ' (id)'; end $$",
        "do $$ declare n int := 1; begin while n < 3 loop execute format('create index on r%s (id)', n); n := n + 1; "
        "end loop; end $$",
        "do $$ declare t text := 'tickets'; begin declare t text := 'comments'; begin null; end; "
        "execute 'create index on ' || t || ' (id)'; end $$",
        "call numbered('comments')",
        "select twice('tickets')",
        "select widen(t, 'id') from tickets as t",
    ],
)  # fmt: skip
def test_what_it_leaves_open_is_said(sql: str) -> None:
    found = outcome(sql)
    assert found.locks == ()
    assert found.failure is None
    assert found.uncertain is not None


def test_new_partitions_of_a_loop() -> None:
    found = outcome(
        loop(
            "for y in 2029..2031",
            "format('create table r_y%s partition of r for values from (%L) to (%L)', y, y || '-01-01', (y + 1) || '-01-01')",
            "",
        )
    )
    assert set(found.created) >= {"r_y2029", "r_y2030", "r_y2031"}
    assert {one.relation for one in found.locks if one.preexisting} == {"r"}
    assert found.uncertain is None


def test_a_round_that_may_not_run_cannot_fail() -> None:
    header = "foreach t in array array['tickets', 'nowhere']"
    assert outcome(loop(header, INDEX)).failure is not None
    skipping = (
        f"do $$ declare t text; begin {header} loop continue when t = 'nowhere'; execute {INDEX}; end loop; end $$"
    )
    assert outcome(skipping).failure is None


@pytest.mark.parametrize(
    ("ddl", "sql", "rewritten"),
    [
        ("create table t (id int)", "alter table t set logged", False),
        ("create table t (id int)", "alter table t set unlogged", True),
        ("create unlogged table t (id int)", "alter table t set unlogged", False),
        ("create unlogged table t (id int); alter table t set logged", "alter table t set logged", False),
    ],
)
def test_a_table_already_so_is_not_rewritten(ddl: str, sql: str, rewritten: bool) -> None:
    catalog = read_ddl(f"{ddl};", "base.sql", "postgresql")
    script = script_of(sql, "1.sql", engine="postgresql")
    found = foretell([script], catalog, Engine("postgresql", "16")).outcomes[-1]
    assert [one.kind for one in found.work] == (["rewrite"] if rewritten else [])
    assert [one.mode for one in found.locks] == ["ACCESS EXCLUSIVE"]
