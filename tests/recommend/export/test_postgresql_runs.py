"""The SQL files run on PostgreSQL: up, down, up."""

from __future__ import annotations

import psycopg
import pytest

from advisor.catalog.ddl.file import read_ddl as parse_ddl
from advisor.catalog.source import load
from advisor.model.catalog import IndexKey
from advisor.model.indexing import IndexDefinition
from advisor.recommend.export import Change, Options, export, files, prepared
from advisor.recommend.export.change import Prepared
from tests.recommend.export.servers import psql, standing

pytestmark = pytest.mark.server

SCHEMA = """
CREATE EXTENSION IF NOT EXISTS plpgsql;
CREATE SCHEMA "Sales %s.dot";
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, "order" text, note text, total numeric, doc jsonb);
CREATE INDEX ix_orders_total ON orders (total) WITH (fillfactor = 80);
CREATE INDEX ix_orders_note ON orders (note, id DESC NULLS LAST) INCLUDE (total) WHERE note <> E'a\\nb -- ;';
CREATE TABLE "Sales %s.dot"."Odd ""table
%d" (id int PRIMARY KEY, "a ""quoted"" :col" int, "Größe %" text);
CREATE TABLE events (id int, at date, region text, body text) PARTITION BY RANGE (at);
CREATE TABLE events_2024 PARTITION OF events FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE events_2025 PARTITION OF events FOR VALUES FROM ('2025-01-01') TO ('2026-01-01') PARTITION BY LIST (region);
CREATE TABLE "Sales %s.dot".events_2025_eu PARTITION OF events_2025 FOR VALUES IN ('eu');
CREATE TABLE events_2025_rest PARTITION OF events_2025 DEFAULT;
CREATE INDEX own_name ON events_2024 (region);
CREATE INDEX events_body ON events (body);
"""


def definition(table: str, *keys: IndexKey | str, **more: object) -> IndexDefinition:
    told = tuple(IndexKey(column=key) if isinstance(key, str) else key for key in keys)
    return IndexDefinition(engine="postgresql", table=table, keys=told, **more)  # type: ignore[arg-type]


def create(table: str, *keys: IndexKey | str, **more: object) -> Change:
    return Change(kind="create", index=definition(table, *keys, **more))


ODD = 'Sales %s.dot.Odd "table\n%d'
CREATES = [
    create("orders", "customer_id", IndexKey(column="total", descending=True), include=("note",)),
    create("orders", "order", where="note LIKE '50%' AND \"order\" <> ';--' AND total > 1::numeric"),
    create("orders", IndexKey(expression="lower(note)"), IndexKey(expression='(note) || ("order")')),
    create("orders", IndexKey(column="note", opclass="gin_trgm_ops"), method="gin"),
    create("orders", IndexKey(column="note", collation="C", opclass="text_pattern_ops")),
    create("orders", "doc", method="gin"),
    create("orders", "id", method="brin", options=(("pages_per_range", "16"),)),
    create("orders", IndexKey(column="total", descending=True, nulls_first=False)),
    create(ODD, 'a "quoted" :col', IndexKey(column="Größe %", descending=True), where="\"Größe %\" LIKE '%x%' "),
    create("events", "region"),
    create("events", "at", "id"),
]


def drops(catalog) -> list[Change]:
    found = []
    for table, name in [("orders", "ix_orders_total"), ("orders", "ix_orders_note"), ("events", "events_body")]:
        index = next(each for each in catalog.tables[table].indexes if each.name == name)
        from advisor.recommend.definition import of_existing

        told = of_existing(index, catalog.tables[table], "postgresql")
        found.append(Change(kind="drop", index=told, name=name, ddl=index.ddl))
    return found


@pytest.fixture
def catalog(postgresql):
    psql(postgresql, SCHEMA)
    return load(postgresql)


def test_up_down_up(postgresql, catalog):
    before = standing(postgresql)
    both = files([*CREATES, *drops(catalog)], catalog, "sql")
    assert "Left out" not in both["advised_indexes.sql"]
    psql(postgresql, both["advised_indexes.sql"])
    after = standing(postgresql)
    assert all(valid and ready for *_, valid, ready in after)
    new = {definition for _, definition, *_ in after - before}
    # 9 on ordinary tables; region: 3 leaves of which one stood already, 2 above; at: 3 leaves, 2 above.
    assert len(new) == 9 + 4 + 5
    assert {name for name, *_ in before - after} >= {"ix_orders_total", "ix_orders_note", "events_body"}
    psql(postgresql, both["advised_indexes.down.sql"])
    assert standing(postgresql) == before
    psql(postgresql, both["advised_indexes.sql"])
    assert standing(postgresql) == after


def test_the_definition_that_the_server_has_is_the_one_that_was_asked_for(postgresql, catalog):
    psql(postgresql, export(CREATES, catalog, "sql"))
    seen = load(postgresql)
    for one in prepared(CREATES, catalog):
        index = next(each for each in seen.tables[one.change.index.table].indexes if each.name == one.name)
        wanted = one.change.index
        assert [(key.column, key.descending) for key in index.keys] == [
            (key.column, key.descending) for key in wanted.keys
        ]
        assert (index.include, index.method, index.where is None) == (
            wanted.include, wanted.method, wanted.where is None,
        )  # fmt: skip


def test_an_interrupted_run_is_taken_back_and_run_again(postgresql, catalog):
    before = standing(postgresql)
    for change in (create("events", "at", "id"), create("events", "region")):
        (one,) = prepared([change], catalog)
        with psycopg.connect(postgresql, autocommit=True) as connection:
            for done in range(1, len(one.up) + 1):
                for step in one.up[:done]:
                    connection.execute(step.sql)
                assert standing(postgresql) != before
                for step in one.down:
                    connection.execute(step.sql)
                assert standing(postgresql) == before


def test_a_build_that_failed_leaves_what_the_comment_finds(postgresql, catalog):
    (one,) = prepared([create("orders", "note", unique=True)], catalog)
    text = export([create("orders", "note", unique=True)], catalog, "sql")
    query = next(line for line in text.splitlines() if "pg_index" in line).lstrip("- ")
    with psycopg.connect(postgresql, autocommit=True) as connection:
        connection.execute("INSERT INTO orders (id, note) VALUES (1, 'x'), (2, 'x')")
        with pytest.raises(psycopg.errors.UniqueViolation):
            connection.execute(one.up[0].sql)
        assert connection.execute(query).fetchall() == [(one.name,)]
        with pytest.raises(psycopg.errors.DuplicateTable):  # the leftover is never taken for the index
            connection.execute(one.up[0].sql)
        connection.execute(one.down[0].sql)
        assert connection.execute(query).fetchall() == []


def test_writes_go_on_while_every_step_of_a_partitioned_build_runs(postgresql, catalog):
    """Only steps that say so wait for writers; a transaction that wrote holds up the brief ones, and they give up."""
    (one,) = prepared([create("orders", "customer_id")], catalog)
    assert [step.waits for step in one.up] == [True]
    (one,) = prepared([create("events", "at")], catalog)
    builds = [step for step in one.up if "CONCURRENTLY" in step.sql]
    assert len(builds) == 3
    assert all(step.waits for step in builds)
    text = export([create("events", "at")], catalog, "sql")
    assert text.count("SET lock_timeout = '5s';") == len(
        [
            1
            for before, step in zip([None, *one.up], one.up, strict=False)
            if not step.waits and (before is None or before.waits)
        ]
    )


def test_reindex(postgresql, catalog):
    changes = [
        Change(kind="reindex", index=definition("orders", "total"), name="ix_orders_total"),
        Change(kind="reindex", index=definition("events", "body"), name="events_body"),
    ]
    before = standing(postgresql)
    psql(postgresql, export(changes, catalog, "sql"))
    assert standing(postgresql) == before


@pytest.mark.parametrize(
    ("change", "why"),
    [
        (create("orders", "nothing"), "no column nothing"),
        (create("orders", *(["id"] * 33)), "32 columns"),
        (create("orders", IndexKey(expression="lower(note)); DROP TABLE orders; --")), "not one whole expression"),
        (create("orders", "id", where="id > 0; DROP TABLE orders"), "not one whole expression"),
        (create("orders", "id", where="id > 0 -- more"), "not one whole expression"),
        (create("orders", "id", where="true) WITH (fillfactor = 10"), "not one whole expression"),
        (create("orders", IndexKey(column="note", opclass="text_ops), (id")), "not one whole expression"),
        (Change(kind="create", index=definition("orders", "id"), name="orders"), "in use"),
        (Change(kind="drop", index=definition("orders", "id")), "needs the index's name"),
    ],
)
def test_what_is_refused_is_left_out_and_said(change, why):
    catalog = parse_ddl(SCHEMA, "schema.sql", "postgresql")
    text = export([change], catalog, "sql")
    assert "Left out" in text
    assert why in " ".join(line.lstrip("- ") for line in text.splitlines())
    assert [line for line in text.splitlines() if line and not line.startswith(("--", "SET", "RESET"))] == []


def test_hostile_words_stay_in_comments(postgresql, catalog):
    said = "x\n; DROP TABLE orders; \u2028 \\! touch /tmp/x \r DROP TABLE events; */ \u202e"
    change = Change(
        kind="create", index=definition("orders", "id", "total"), why=said, statements=(said,), samples=("secret 4711",)
    )
    psql(postgresql, export([change], catalog, "sql"))
    assert {"orders", "events"} <= load(postgresql).tables.keys()
    assert "4711" not in export([change], catalog, "sql")
    assert "4711" in export([change], catalog, "sql", Options(show_literals=True))


def test_names_follow_the_schema(catalog):
    made: list[Prepared] = prepared(CREATES[:1], catalog)
    assert made[0].name == "ix_orders_customer_id_total"
