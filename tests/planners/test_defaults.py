"""A schema file and row counts as a snapshot, and what a shadow of it plans."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.limits import LIMITS
from advisor.model.planning import Query
from advisor.planners.defaults import snapshot_of_ddl
from advisor.planners.errors import PlannerError
from advisor.planners.seen_rows import Seen

DUMP = r"""
--
-- PostgreSQL database dump
--
-- Dumped from database version 16.4
\restrict abc
SET statement_timeout = 0;
SELECT pg_catalog.set_config('search_path', '', false);
SET default_tablespace = 'fast';
CREATE EXTENSION IF NOT EXISTS pg_trgm WITH SCHEMA public;
COMMENT ON EXTENSION pg_trgm IS 'text similarity';
CREATE SCHEMA shop;
ALTER SCHEMA shop OWNER TO boss;
CREATE TYPE shop.state AS ENUM ('open', 'done');
CREATE SEQUENCE shop.orders_id_seq START WITH 1;
CREATE FUNCTION shop.touch() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.note := 'x;y'; RETURN NEW; END; $$;
CREATE TABLE shop.customers (id integer NOT NULL, email character varying(200), born date) TABLESPACE fast;
CREATE TABLE shop.orders (
    id bigint DEFAULT nextval('shop.orders_id_seq'::regclass) NOT NULL,
    customer_id integer, state shop.state, note text DEFAULT 'a;b' );
ALTER TABLE shop.orders OWNER TO boss;
ALTER SEQUENCE shop.orders_id_seq OWNED BY shop.orders.id;
COPY shop.customers (id, email, born) FROM stdin;
1	a@example.org	2000-01-01
2	CREATE TABLE evil (id int);	\N
\.
INSERT INTO shop.orders VALUES (1, 1, 'open', 'DROP TABLE shop.orders;');
ALTER TABLE ONLY shop.customers ADD CONSTRAINT customers_pkey PRIMARY KEY (id);
ALTER TABLE ONLY shop.orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
CREATE INDEX CONCURRENTLY orders_customer ON shop.orders USING btree (customer_id) TABLESPACE fast;
CREATE INDEX customers_email ON shop.customers USING gin (email public.gin_trgm_ops);
CREATE TRIGGER touched BEFORE INSERT ON shop.orders FOR EACH ROW EXECUTE FUNCTION shop.touch();
ALTER TABLE ONLY shop.orders ADD CONSTRAINT orders_customer_fkey FOREIGN KEY (customer_id) REFERENCES shop.customers(id);
CREATE POLICY own ON shop.orders USING (true);
CREATE VIEW shop.late AS SELECT * FROM shop.orders WHERE state = 'open';
GRANT ALL ON TABLE shop.orders TO boss;
CREATE ROLE boss;
ALTER DEFAULT PRIVILEGES FOR ROLE boss GRANT SELECT ON TABLES TO boss;
\connect other
"""


def sizes(snapshot):
    return {relation.name: relation for relation in snapshot.relations}


def columns(snapshot):
    return {(row.table, row.column): row for row in snapshot.columns}


def test_a_dump_becomes_its_objects_in_order_with_lines():
    snapshot = snapshot_of_ddl(DUMP, "dump.sql", "postgresql")
    told = [(one.kind, one.schema, one.name) for one in snapshot.objects]
    assert told == [
        ("schema", None, "shop"),
        ("type", "shop", "state"),
        ("sequence", "shop", "orders_id_seq"),
        ("function", "shop", "touch"),
        ("table", "shop", "customers"),
        ("table", "shop", "orders"),
        ("sequence", "shop", "orders_id_seq"),
        ("constraint", "shop", "customers_pkey"),
        ("constraint", "shop", "orders_pkey"),
        ("index", "shop", "orders_customer"),
        ("index", "shop", "customers_email"),
        ("trigger", "shop", "touched"),
        ("constraint", "shop", "orders_customer_fkey"),
        ("policy", "shop", "own"),
        ("view", "shop", "late"),
    ]
    lines = DUMP.splitlines()
    assert all(one.ddl[0].split("(")[0].split("\n")[0][:12] in lines[one.line - 1] for one in snapshot.objects)
    assert [one.name for one in snapshot.extensions] == ["pg_trgm"]
    index = next(one for one in snapshot.objects if one.name == "orders_customer")
    assert index.ddl == ("CREATE INDEX  orders_customer ON shop.orders USING btree (customer_id)",)
    assert index.table == "orders"
    assert "fast" not in "".join(text for one in snapshot.objects for text in one.ddl)
    header = snapshot.header
    assert (header.statistics, header.values, header.version_number) == ("default", "none", 160004)
    assert header.missing == ("line 39: psql command \\connect is not followed",)


def test_rows_are_stated_and_what_is_not_known_has_the_default():
    snapshot = snapshot_of_ddl(DUMP, "dump.sql", "postgresql", rows={"shop.orders": 12_000_000})
    found = sizes(snapshot)
    assert (found["orders"].tuples, found["orders"].rows) == (12_000_000, 12_000_000)
    assert (found["customers"].tuples, found["customers"].rows) == (LIMITS.default_rows, None)
    assert found["orders"].pages == found["orders"].blocks > 70_000
    assert found["orders_pkey"].table == "orders"
    assert 20_000 < found["orders_pkey"].pages < 60_000
    stated = columns(snapshot)
    assert stated["orders", "id"].n_distinct == -1
    # 12 million orders of 100,000 customers: all of them are met.
    assert stated["orders", "customer_id"].n_distinct == pytest.approx(LIMITS.default_rows)
    assert ("orders", "note") not in stated
    few = columns(snapshot_of_ddl(DUMP, "dump.sql", "postgresql", rows={"shop.orders": 1000, "shop.customers": 10**9}))
    assert few["orders", "customer_id"].n_distinct == pytest.approx(-1, abs=1e-3)


def test_names_are_found_as_people_write_them_and_typos_are_told():
    assert sizes(snapshot_of_ddl(DUMP, "d", "postgresql", rows={"orders": 7}))["orders"].tuples == 7
    with pytest.raises(
        PlannerError, match=r"tables.shop.order.rows: dump.sql has no table .* did you mean shop.orders"
    ):
        snapshot_of_ddl(DUMP, "dump.sql", "postgresql", rows={"shop.order": 7})


def test_stated_rows_go_before_seen_ones():
    seen = {"orders": Seen(500, "counted"), "customers": Seen(40, "at least"), "elsewhere": Seen(1, "counted")}
    found = sizes(snapshot_of_ddl(DUMP, "d", "postgresql", rows={"orders": 9}, seen=seen))
    assert (found["orders"].tuples, found["customers"].tuples) == (9, 40)


PARTED = """
CREATE TABLE t (id bigint, at timestamptz NOT NULL, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE t1 PARTITION OF t FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE t2 PARTITION OF t FOR VALUES FROM ('2025-02-01') TO ('2025-03-01');
"""


@pytest.mark.parametrize(
    ("rows", "expected"),
    [
        ({"t": 1000}, (1000, 500, 500)),
        ({"t1": 10, "t2": 30}, (40, 10, 30)),
        ({}, (LIMITS.default_rows, LIMITS.default_rows // 2, LIMITS.default_rows // 2)),
    ],
)
def test_partitions_share_the_rows(rows, expected):
    found = sizes(snapshot_of_ddl(PARTED, "p", "postgresql", rows=rows))
    assert tuple(found[name].tuples for name in ("t", "t1", "t2")) == expected
    assert (found["t"].kind, found["t"].blocks) == ("partitioned", None)


def test_one_search_path_becomes_the_setting_several_stay_where_they_are():
    one = snapshot_of_ddl("SET search_path = app, public; CREATE TABLE things (id int PRIMARY KEY);", "m", "postgresql")
    assert [(s.name, s.value) for s in one.settings] == [("search_path", '"app", "public"')]
    assert sizes(one)["things"].schema == "app"
    text = "SET search_path = a; CREATE TABLE x (id int); SET search_path = b; CREATE TABLE y (id int);"
    two = snapshot_of_ddl(text, "m", "postgresql")
    assert [o.name for o in two.objects] == ["search_path", "x", "search_path", "y"]
    assert two.settings == []


def test_other_engines():
    lite = snapshot_of_ddl(
        "CREATE TABLE t (a INTEGER PRIMARY KEY, b TEXT); CREATE INDEX i ON t (b, a); INSERT INTO t VALUES (1, 'x');"
        "CREATE UNIQUE INDEX IF NOT EXISTS u ON t (b); PRAGMA foreign_keys = on;",
        "s",
        "sqlite",
        rows={"t": 5000},
    )
    assert [(o.kind, o.name, o.table) for o in lite.objects] == [
        ("table", "t", None),
        ("index", "i", "t"),
        ("index", "u", "t"),
    ]
    stats = {row.values["idx"]: row.values["stat"] for row in lite.rows}
    assert stats == {None: "5000", "i": "5000 10 9", "u": "5000 1"}
    with pytest.raises(PlannerError, match="running server"):
        snapshot_of_ddl("CREATE TABLE t (a int) ENGINE=InnoDB;", "s", "mysql")


@given(st.text(alphabet="CREATE TABLE ix(),;'\"$\\\n-/*a0ONt", max_size=200))
def test_no_text_is_too_strange(text):
    snapshot = snapshot_of_ddl(text, "strange", "postgresql")
    assert snapshot.header.statistics == "default"
    assert all(math.isfinite(relation.tuples) for relation in snapshot.relations)


@pytest.mark.server
def test_a_shadow_of_a_schema_file_plans_with_the_stated_rows():
    from advisor.planners.postgresql.planner import ShadowPlanner

    migrations = """
    CREATE TABLE customers (id serial PRIMARY KEY, email text);
    DO $$ BEGIN CREATE TYPE state AS ENUM ('open'); EXCEPTION WHEN duplicate_object THEN NULL; END $$;
    CREATE TABLE orders (id serial PRIMARY KEY, customer_id int REFERENCES customers, old int, state state);
    CREATE INDEX orders_old ON orders (old);
    ALTER TABLE orders DROP COLUMN old;
    CREATE INDEX CONCURRENTLY orders_customer ON orders (customer_id);
    """
    sql = Query("SELECT * FROM orders WHERE customer_id = 7")
    whole = Query("SELECT * FROM orders")
    for rows, operator in ((50, "seq_scan"), (5_000_000, "bitmap_heap_scan")):
        snapshot = snapshot_of_ddl(migrations, "m.sql", "postgresql", rows={"orders": rows})
        with ShadowPlanner.open(snapshot) as planner:
            found, all_ = planner.explain([sql, whole])
            assert found.error is None, found.error
            assert found.plan.root.operator == operator
            assert all_.rows == pytest.approx(rows, rel=0.02)
            assert planner.planned_by.statistics == "default"
