"""One execution in two formats, from a server: EXPLAIN's, and the one that auto_explain logs of the same execution."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

import psycopg
import pytest

from advisor.model.plan import Plan
from advisor.plans.postgresql.document import Document
from advisor.plans.postgresql.interpret import interpret
from tests.plans.postgresql.forms import READERS, comparable, content, read, rendered
from tests.servers import Server

pytestmark = pytest.mark.server

SCHEMA = r"""
create table a (id int primary key, b int, t text);
insert into a select g, g % 100, 'text ' || g from generate_series(1, 5000) g;
create table b (id int primary key, a_id int references a (id), v numeric);
insert into b select g, 1 + g % 5000, g / 3.0 from generate_series(1, 20000) g;
create index on b (a_id);
create index on a (b);
create table "Weird ""T""- Plan:" ("x:y" int, "<&>" text);
insert into "Weird ""T""- Plan:" values (1, 'x');
create table p (id int, d date) partition by range (id);
create table p1 partition of p for values from (0) to (1000);
create table p2 partition of p for values from (1000) to (2000);
insert into p select g, date '2020-01-01' + g from generate_series(0, 1999) g;
create function touch() returns trigger language plpgsql as 'begin return new; end';
create trigger touched before insert or update on a for each row execute function touch();
analyze a, b, p;
"""
QUERIES = r"""
select * from a left join b on a.id = b.a_id and b.v > 100 order by a.t limit 10
select * from a where not exists (select 1 from b where b.a_id = a.id)
select * from a where id not in (select a_id from b)
select a.id, (select max(v) from b where b.a_id = a.id) from a where a.id < 50
with recursive r as (select 1 n union all select n + 1 from r where n < 10) select * from r join a on a.id = r.n
with x as materialized (select * from a where b < 10) select * from x x1 join x x2 on x1.id = x2.b
select * from a where b = (select min(b) from a) and t <> (select max(t) from a)
select b, t, count(*) from a group by rollup (b, t)
select b, count(*) from a group by b having count(*) > 10 order by 2 desc
select * from (select b, row_number() over (partition by b order by id) rn from a) s where rn <= 3
select b from a except all select a_id from b
select * from p where id = (select 1500)
insert into a values (1, 1, 'y') on conflict (id) do update set t = excluded.t where a.b <> 5
update p set d = d where id < 20
merge into a using (values (1, 'm'), (200000, 'z')) s (id, t) on a.id = s.id when matched then update set t = s.t when not matched then insert values (s.id, 2, s.t)
select * from a where t = E'line1\nline2 - Plan: <&"x">\t\x01 ''q'' \\'
select "x:y", "<&>" from "Weird ""T""- Plan:" where "<&>" <> '<![CDATA[' and "x:y" > 0
select * from a tablesample bernoulli (10) repeatable (3)
select * from a where false
select * from xmltable('/r/i' passing '<r><i>1</i></r>' columns x int path '.')
select * from a full join b on a.id = b.id where a.t is null
select * from a where b = 5 and id < 100 or b = 7
select count(*) from b b1 join b b2 using (a_id)
select * from a order by b, id limit 20
select * from a, lateral (select * from b where b.a_id = a.id order by v limit 2) s where a.id < 5
select * from a for update limit 1
""".strip().split("\n")
WORLDS = {
    "plain": "",
    "parallel": "set parallel_setup_cost = 0; set parallel_tuple_cost = 0; set min_parallel_table_scan_size = 0; set work_mem = '64kB'",
    "disabled": "set enable_hashjoin = off; set enable_seqscan = off; set enable_hashagg = off; set jit_above_cost = 0",
}


@pytest.fixture(scope="module")
def session(postgresql_with: Callable[[Mapping[str, str]], Server]) -> Iterator[psycopg.Connection[Any]]:
    with psycopg.connect(
        postgresql_with({"shared_preload_libraries": "auto_explain"}).dsn, autocommit=True
    ) as connection:
        connection.execute("create schema forms; set search_path = forms")
        connection.execute(SCHEMA)
        yield connection
        connection.execute("drop schema forms cascade")


def _both(session: psycopg.Connection[Any], query: str, form: str, logged: str) -> tuple[str, str]:
    """What EXPLAIN answered, and what auto_explain logged of that execution."""
    heard: list[str] = []

    def hear(diagnostic: psycopg.errors.Diagnostic) -> None:
        heard.append(diagnostic.message_primary or "")

    session.execute(f"set auto_explain.log_format = {logged}")
    session.add_notice_handler(hear)
    try:
        with session.transaction(force_rollback=True), psycopg.RawCursor(session) as cursor:
            cursor.execute(f"explain (analyze, verbose, buffers, wal, settings, format {form}) {query}")
            # as text: psycopg would parse the JSON
            result = cursor.pgresult
            assert result is not None
            answer = result.get_value(0, 0)
    finally:
        session.remove_notice_handler(hear)
    assert answer is not None
    (message,) = [text for text in heard if " plan:\n" in text and "explain (analyze" in text]
    return answer.decode(), message.split(" plan:\n", 1)[1]


def _fields(plan: Plan) -> dict[str, Any]:
    """Without what auto_explain does not print."""
    fields = comparable(plan)
    for name in ("query", "planning_ms", "execution_ms", "planning_buffers", "planning_io_ms", "triggers", "engine"):
        del fields[name]
    fields["options"] = {name: value for name, value in fields["options"].items() if name != "summary"}
    return fields


@pytest.mark.parametrize("world", WORLDS)
@pytest.mark.parametrize(("form", "logged"), [("json", "yaml"), ("xml", "json"), ("yaml", "xml")])
def test_one_execution_in_two_formats_is_one_plan(
    session: psycopg.Connection[Any], world: str, form: Any, logged: Any
) -> None:
    session.execute("reset all")
    session.execute(
        "set search_path = forms; set client_min_messages = log; set auto_explain.log_min_duration = 0; "
        "set auto_explain.log_analyze = on; set auto_explain.log_verbose = on; set auto_explain.log_buffers = on; "
        "set auto_explain.log_wal = on; set auto_explain.log_settings = on; " + WORLDS[world]
    )
    for query in QUERIES:
        texts = dict(zip((form, logged), _both(session, query, form, logged), strict=True))
        documents: dict[str, Document] = {name: read(text, name) for name, text in texts.items()}  # type: ignore[arg-type]
        plans = {name: interpret(document) for name, document in documents.items()}
        assert _fields(plans[form]) == _fields(plans[logged]), query
        for name, document in documents.items():
            assert plans[name].warnings == [], query
            assert rendered(document, name).rstrip() == texts[name].rstrip(), query
            for other in READERS:
                again = read(rendered(document, other), other)  # type: ignore[arg-type]
                assert content(again) == content(document), query
