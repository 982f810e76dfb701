"""What an alternative leaves behind is what the statement would have left: the schema and every row."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable, Iterator
from typing import Any

import psycopg
import pytest

from tests.alternatives.copies import Copies, rows, run, shape

pytestmark = pytest.mark.server

LONG = "a_table_whose_name_takes_all_of_the_sixty_three_bytes_there_are"
SCHEMA = f"""
CREATE SCHEMA "Sales";
CREATE TABLE customer (id bigint PRIMARY KEY, name text, email text);
INSERT INTO customer SELECT n, 'n' || n, 'e' || n FROM generate_series(1, 40) n;
CREATE TABLE orders (id int PRIMARY KEY, customer_id bigint, state varchar(20) NOT NULL DEFAULT 'new',
  amount numeric(10,2) CONSTRAINT positive CHECK (amount > 0), "Note" text, placed timestamp, n int DEFAULT 3);
INSERT INTO orders SELECT i - 3, i, 's' || i % 5, i + 0.5, 'x' || i, timestamp '2025-01-01' + i * interval '1 d', i
  FROM generate_series(1, 40) i;
CREATE INDEX orders_state ON orders (state DESC, customer_id);
CREATE INDEX orders_amount ON orders (amount DESC NULLS LAST);
CREATE INDEX orders_n ON orders (n);
CREATE TABLE "Sales"."Select" ("Order" int NOT NULL, "group" text NOT NULL, v int, w text, PRIMARY KEY ("Order", "group"));
INSERT INTO "Sales"."Select" SELECT i, 'g' || i, i % 7, 'w' || i FROM generate_series(1, 40) i;
CREATE TABLE bare (a int, b text, c int);
INSERT INTO bare SELECT i % 9, 'b' || i, i FROM generate_series(1, 40) i;
CREATE TABLE {LONG} (id uuid PRIMARY KEY, a_column_whose_name_is_long_as_well_and_more_than_that int, b int);
INSERT INTO {LONG} SELECT md5(i::text)::uuid, i, i FROM generate_series(1, 40) i;
CREATE TABLE ev (id bigint NOT NULL, at date NOT NULL, kind int, ref bigint, PRIMARY KEY (id, at)) PARTITION BY RANGE (at);
CREATE TABLE ev_24 PARTITION OF ev FOR VALUES FROM ('2024-01-01') TO ('2025-01-01');
CREATE TABLE ev_25 PARTITION OF ev FOR VALUES FROM ('2025-01-01') TO ('2026-01-01');
INSERT INTO ev SELECT i, date '2024-06-01' + i * 10, i % 5, i FROM generate_series(1, 40) i;
CREATE TABLE deep (id int NOT NULL, region text NOT NULL, at int NOT NULL, v int) PARTITION BY LIST (region);
CREATE TABLE deep_a PARTITION OF deep FOR VALUES IN ('a') PARTITION BY RANGE (at);
CREATE TABLE deep_a1 PARTITION OF deep_a FOR VALUES FROM (0) TO (20);
CREATE TABLE deep_a2 PARTITION OF deep_a FOR VALUES FROM (20) TO (99);
CREATE TABLE deep_rest PARTITION OF deep DEFAULT;
INSERT INTO deep SELECT i, CASE WHEN i % 2 = 0 THEN 'a' ELSE 'b' END, i, i FROM generate_series(1, 40) i;
CREATE TABLE deep_c (id int NOT NULL, region text NOT NULL, at int NOT NULL, v int);
INSERT INTO deep_c SELECT i, 'c', i, i FROM generate_series(1, 20) i;
CREATE TABLE tree (id int PRIMARY KEY, up int REFERENCES tree, v int);
INSERT INTO tree SELECT i, nullif(i - 1, 0), i FROM generate_series(1, 20) i;
CREATE TABLE empty (id int PRIMARY KEY, v int);
CREATE TABLE seen (id int PRIMARY KEY, v int, doubled int GENERATED ALWAYS AS (v * 2) STORED);
CREATE VIEW orders_view AS SELECT id, name FROM customer;
"""

SAME = [
    # indexes
    "CREATE INDEX i ON orders (customer_id)",
    'CREATE UNIQUE INDEX i ON "Sales"."Select" ("group" text_pattern_ops DESC, (v + 1) NULLS FIRST) INCLUDE (w) WITH (fillfactor = 70) TABLESPACE pg_default WHERE v > 1',
    "CREATE INDEX IF NOT EXISTS i ON bare USING hash (b)",
    'CREATE INDEX ON bare (lower(b) COLLATE "C" DESC)',
    "CREATE INDEX ev_kind ON ev (kind DESC, ref)",
    "CREATE INDEX ON ev (kind)",
    "CREATE INDEX ON deep (v, (at + 1)) WHERE v > 3",
    "CREATE UNIQUE INDEX deep_u ON deep (region, at, id)",
    "REINDEX TABLE orders",
    "REINDEX (VERBOSE) INDEX orders_state",
    "DROP INDEX orders_state",
    "DROP INDEX IF EXISTS public.orders_state, orders_amount RESTRICT",
    # constraints
    "ALTER TABLE orders ADD FOREIGN KEY (customer_id) REFERENCES customer MATCH FULL ON DELETE SET NULL ON UPDATE CASCADE DEFERRABLE INITIALLY DEFERRED",
    'ALTER TABLE ONLY "Sales"."Select" ADD CONSTRAINT "the key" FOREIGN KEY (v, w) REFERENCES "Sales"."Select" ("Order", "group") NOT VALID, ADD COLUMN more int',
    "ALTER TABLE orders ADD CHECK (amount > 0), ADD COLUMN extra text, ADD CONSTRAINT c CHECK (n >= 0) NO INHERIT",
    "ALTER TABLE orders ADD CHECK (amount > n - 100)",
    "ALTER TABLE IF EXISTS orders ALTER COLUMN customer_id SET NOT NULL, ALTER COLUMN placed SET NOT NULL",
    'ALTER TABLE orders ALTER "Note" SET NOT NULL',
    f"ALTER TABLE {LONG} ALTER a_column_whose_name_is_long_as_well_and_more_than_that SET NOT NULL",
    "ALTER TABLE deep ALTER v SET NOT NULL",
    "ALTER TABLE customer ADD CONSTRAINT customer_email UNIQUE (email) INCLUDE (name) WITH (fillfactor = 80) DEFERRABLE INITIALLY DEFERRED",
    'ALTER TABLE "Sales"."Select" ADD UNIQUE (w, "group")',
    "ALTER TABLE bare ADD PRIMARY KEY (c) USING INDEX TABLESPACE pg_default",
    f"ALTER TABLE {LONG} ADD UNIQUE (a_column_whose_name_is_long_as_well_and_more_than_that, b)",
    "ALTER TABLE ev ADD FOREIGN KEY (ref) REFERENCES customer ON DELETE CASCADE",
    "ALTER TABLE ev ADD CONSTRAINT ev_u UNIQUE (at, ref)",
    # columns
    "ALTER TABLE orders ADD COLUMN parent bigint DEFAULT 5 NOT NULL REFERENCES customer (id) ON DELETE SET NULL DEFERRABLE CHECK (parent > 0)",
    'ALTER TABLE orders ADD code varchar(9) COLLATE "C" CONSTRAINT "Code" UNIQUE WITH (fillfactor = 60) DEFERRABLE',
    "ALTER TABLE bare ADD COLUMN x int UNIQUE CHECK (x > 0)",
    "ALTER TABLE deep ADD COLUMN x int DEFAULT 4 CHECK (x > 0)",
    # types
    "ALTER TABLE orders ALTER COLUMN amount TYPE numeric(12,4)",
    "ALTER TABLE orders ALTER n TYPE bigint",
    "ALTER TABLE orders ALTER id TYPE bigint",
    "ALTER TABLE orders ALTER n TYPE text USING CASE WHEN n % 2 = 0 THEN 'n' || state END, ADD COLUMN y int",
    'ALTER TABLE "Sales"."Select" ALTER v SET DATA TYPE bigint',
    "ALTER TABLE orders ALTER placed TYPE timestamptz USING placed AT TIME ZONE 'UTC'",
    "ALTER TABLE bare ALTER b TYPE char(10)",
    # rows
    "UPDATE orders SET n = n + 1",
    "UPDATE orders AS o SET n = o.n + 1, state = CASE WHEN n > 3 THEN 'y' ELSE state END WHERE o.n % 2 = 0 OR id < 0",
    'UPDATE "Sales"."Select" s SET v = v + 1 WHERE s.v > 2',
    f"UPDATE {LONG} SET b = b * 2",
    "UPDATE ev SET kind = kind + 1 WHERE extract(year FROM at) = 2025",
    "UPDATE orders SET (n, state) = (n + 1, 'z') WHERE customer_id IN (SELECT id FROM customer WHERE id < 30)",
    "DELETE FROM orders WHERE n > 10 OR state = 's1'",
    "DELETE FROM bare AS x WHERE x.a = 3",
    "DELETE FROM deep WHERE v % 3 = 0",
    "DELETE FROM ONLY customer",
    # partitions
    "ALTER TABLE deep ATTACH PARTITION deep_c FOR VALUES IN ('c')",
    "CREATE TABLE deep_d PARTITION OF deep FOR VALUES IN ('d', 'e')",
]
ONLY = {
    18: ["ALTER TABLE bare ADD CONSTRAINT filled NOT NULL a", "CREATE UNIQUE INDEX i ON orders (n) NULLS NOT DISTINCT"],
    15: ["ALTER TABLE customer ADD UNIQUE NULLS NOT DISTINCT (email)"],
}
#: Statements whose new values are drawn or numbered: the column's values, sorted, are compared where that can be.
DRAWN = {
    "ALTER TABLE orders ADD COLUMN token uuid NOT NULL DEFAULT gen_random_uuid()": ("orders", "token", False),
    "ALTER TABLE bare ADD token double precision DEFAULT random() CHECK (token >= 0)": ("bare", "token", False),
    "ALTER TABLE orders ADD COLUMN number bigserial": ("orders", "number", True),
    "ALTER TABLE bare ADD number serial PRIMARY KEY": ("bare", "number", True),
    'ALTER TABLE "Sales"."Select" ADD "No" smallserial UNIQUE': ('"Sales"."Select"', '"No"', True),
    "ALTER TABLE deep ADD number serial": ("deep", "number", True),
    "ALTER TABLE orders ADD id2 int GENERATED ALWAYS AS IDENTITY (START WITH 50 INCREMENT BY 5)": (
        "orders",
        "id2",
        True,
    ),
    "ALTER TABLE bare ADD id bigint GENERATED BY DEFAULT AS IDENTITY PRIMARY KEY": ("bare", "id", True),
}
NONE = [
    "UPDATE orders SET id = id + 100",
    "UPDATE orders SET n = (SELECT max(n) FROM orders)",
    "UPDATE bare SET c = c + 1",
    "UPDATE tree SET up = NULL",
    "UPDATE deep SET region = 'a' WHERE region = 'b'",
    "UPDATE orders SET n = c.id FROM customer c WHERE c.id = customer_id",
    "DELETE FROM tree",
    "DELETE FROM bare WHERE random() < 0.5",
    "DELETE FROM bare WHERE c < (SELECT avg(c) FROM bare)",
    "DELETE FROM orders USING customer c WHERE c.id = customer_id RETURNING *",
    "ALTER TABLE seen ALTER v TYPE bigint",
    "ALTER TABLE customer ALTER name TYPE varchar(90)",
    "ALTER TABLE customer ADD COLUMN t text UNIQUE NULLS NOT DISTINCT DEFAULT nullif(random()::text, '0')",
    "ALTER TABLE orders ADD x int GENERATED ALWAYS AS IDENTITY (SEQUENCE NAME mine)",
]


@pytest.fixture(
    scope="module", params=[15, pytest.param(18, marks=pytest.mark.long), pytest.param(14, marks=pytest.mark.long)]
)
def copies(request: pytest.FixtureRequest) -> Iterator[Copies]:
    made = Copies(request.param, SCHEMA)
    yield made
    made.close()


def both(copies: Copies, sql: str, compare: Callable[[psycopg.Connection[Any], psycopg.Connection[Any]], None]) -> None:
    found = copies.instead(sql)
    assert found is not None
    assert found.steps
    words = copies.words(found)
    assert {text: word for text, word in words.items() if word in ("blocking", "fails", "unknown")} == {}
    (first, straight), (second, stepped) = copies.fresh(), copies.fresh()
    try:
        straight.execute(sql.encode())
        run(stepped, found)
        compare(straight, stepped)
    finally:
        copies.drop(first, straight)
        copies.drop(second, stepped)


def _some(texts: Iterable[str]) -> list[Any]:
    """Each fourth in every run; all of them in a long one."""
    return [one if not n % 4 else pytest.param(one, marks=pytest.mark.long) for n, one in enumerate(texts)]


@pytest.mark.parametrize("sql", _some([*SAME, *(one for more in ONLY.values() for one in more)]))
def test_same(copies: Copies, sql: str) -> None:
    if any(sql in more and copies.major < major for major, more in ONLY.items()):
        pytest.skip("not in this version")

    def compare(straight: psycopg.Connection[Any], stepped: psycopg.Connection[Any]) -> None:
        ours, theirs = shape(stepped), shape(straight)
        for part in theirs:
            assert [x for x in ours[part] if x not in theirs[part]] == [], part
            assert [x for x in theirs[part] if x not in ours[part]] == [], part
        assert rows(stepped) == rows(straight)

    both(copies, sql, compare)


@pytest.mark.parametrize("sql", DRAWN)
def test_numbered_and_drawn(copies: Copies, sql: str) -> None:
    table, column, numbered = DRAWN[sql]

    def compare(straight: psycopg.Connection[Any], stepped: psycopg.Connection[Any]) -> None:
        assert shape(stepped) == shape(straight)
        query = f"SELECT {column} FROM {table} ORDER BY 1".encode()
        ours, theirs = (one.execute(query).fetchall() for one in (stepped, straight))
        assert len(ours) == len(theirs)
        assert len(set(ours)) == len(ours)
        assert (None,) not in ours
        if numbered:
            assert ours == theirs

    both(copies, sql, compare)


@pytest.mark.parametrize("sql", _some(NONE))
def test_not_offered(copies: Copies, sql: str) -> None:
    found = copies.instead(sql)
    assert found is None or found.summary.startswith("with a limit")


@pytest.mark.parametrize(
    ("sql", "table", "insert"),
    [
        ("UPDATE orders SET n = 100 * n", "orders", "INSERT INTO orders (id, n) VALUES ({}, 0)"),
        (
            'UPDATE "Sales"."Select" SET v = 100 * v',
            '"Sales"."Select"',
            """INSERT INTO "Sales"."Select" VALUES ({}, 'a', 1)""",
        ),
    ],
)
def test_every_row_once_beside_others(copies: Copies, sql: str, table: str, insert: str) -> None:
    """Three run the batches at a time, and insert rows of their own, which stay as they are."""
    found = copies.instead(sql)
    assert found is not None
    (name, work), (other, straight) = copies.fresh(), copies.fresh()
    try:
        straight.execute(sql.encode())
        for text in found.steps[0].sql:
            work.execute(text.encode())
        batch = found.steps[1].sql[-1].replace("LIMIT 1000", "LIMIT 7").encode()

        def runner(offset: int) -> None:
            with copies.cluster.connect("owner", name) as own:
                for number in range(40):
                    own.execute(insert.format(offset + number).encode())
                    if own.execute(batch).rowcount == 0:
                        break

        threads = [threading.Thread(target=runner, args=(1000 * number,)) for number in (1, 2, 3)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        key = "id" if table == "orders" else '"Order"'
        query = f"SELECT * FROM {table} WHERE {key} < 1000 ORDER BY {key}".encode()
        assert work.execute(query).fetchall() == straight.execute(query).fetchall()
        value = "n" if table == "orders" else "v"
        assert work.execute(f"SELECT max({value}) FROM {table} WHERE {key} >= 1000".encode()).fetchone() in ((0,), (1,))
    finally:
        copies.drop(name, work)
        copies.drop(other, straight)
