"""A loaded database's snapshot and a workload: what gets worse by a migration, and which statement did it."""

from __future__ import annotations

import re

import psycopg
import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.catalog.snapshot import capture
from advisor.dryrun.postgresql.copy import open_copy
from advisor.dryrun.regressions import replan
from advisor.graphs import build
from advisor.migrations.reading import script_of
from advisor.model.planning import Query
from advisor.recommend.workload import Statement

pytestmark = pytest.mark.server

SCHEMA = """
CREATE TABLE customers (id int PRIMARY KEY, email text NOT NULL, country text NOT NULL);
CREATE UNIQUE INDEX customers_email ON customers (lower(email));
CREATE TABLE orders (id int PRIMARY KEY, customer_id int NOT NULL, status text NOT NULL, total int, placed date);
CREATE INDEX orders_customer ON orders (customer_id);
CREATE INDEX orders_status ON orders (status) WHERE status <> 'done';
CREATE INDEX orders_placed ON orders (placed);
CREATE TABLE lines (order_id int NOT NULL, no int NOT NULL, amount int, PRIMARY KEY (order_id, no));
INSERT INTO customers SELECT g, 'U' || g, 'c' || g % 20 FROM generate_series(1, 5000) g;
INSERT INTO orders SELECT g, 1 + g * 7 % 5000, CASE WHEN g % 100 = 0 THEN 'open' ELSE 'done' END, g % 1000,
    date '2024-01-01' + g / 50 FROM generate_series(1, 40000) g;
INSERT INTO lines SELECT g / 3, g % 3, g FROM generate_series(1, 60000) g;
"""
WORKLOAD = {
    "customer": "SELECT id, total FROM orders WHERE customer_id = 17",
    "open": "SELECT id FROM orders WHERE status = 'open'",
    "email": "SELECT id FROM customers WHERE lower(email) = 'u77'",
    "key": "SELECT status FROM orders WHERE id = 99",
    "join": "SELECT c.email, o.total FROM orders o JOIN customers c ON c.id = o.customer_id WHERE o.id = 5",
    "lines": "SELECT sum(amount) FROM lines WHERE order_id = 12",
    "placed": "SELECT count(*) FROM orders WHERE placed = '2024-03-01'",
    "leave": "DELETE FROM customers WHERE id = 3",
}


@pytest.fixture(scope="module")
def snapshot(postgresql_with):
    server = postgresql_with({"autovacuum": "off"})
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS replanned WITH (FORCE)")
        connection.execute("CREATE DATABASE replanned")
    dsn = re.sub(r"/[^/]*$", "/replanned", server.dsn)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute(SCHEMA.encode())
        connection.execute("VACUUM ANALYZE")
    return capture(dsn, values="present")


@pytest.fixture(scope="module")
def workload():
    catalog = read_ddl(SCHEMA, "s.sql", "postgresql")
    return [
        Statement(
            fingerprint=name,
            engine="postgresql",
            kind=sql.split()[0].lower(),
            sql=re.sub(r"'[^']*'|\b\d+\b", "?", sql),
            queries=(Query(sql),),
            weight=1.0,
            graph=build(sql, "postgresql", [catalog]),
        )
        for name, sql in WORKLOAD.items()
    ]


@pytest.fixture
def after(snapshot, workload):
    """What `replan` says of a migration."""
    return lambda *texts: replan(
        [script_of(text, f"{number}.sql", engine="postgresql") for number, text in enumerate(texts, 1)],
        None,
        snapshot,
        workload,
    )


def worse(found):
    return {one.fingerprint: (one.cause.file, one.cause.line) for one in found.regressions}


def test_indexes_that_plans_use(after):
    found = after(
        "BEGIN;\nDROP INDEX orders_customer;\nCREATE TABLE other (a int);\nCOMMIT;\n",
        "ALTER TABLE lines DROP CONSTRAINT lines_pkey;\nDO $$ BEGIN EXECUTE 'DROP INDEX orders_status'; END $$;\n",
    )
    assert worse(found) == {"customer": ("1.sql", 2), "lines": ("2.sql", 1), "open": ("2.sql", 2)}
    assert found.planned == len(WORKLOAD)
    assert not found.failing
    assert not found.unplanned
    assert not found.notes
    one = next(one for one in found.regressions if one.fingerprint == "customer")
    assert one.cost_after > 10 * one.cost_before
    assert "orders_customer" in one.plan_before
    assert "Seq Scan" in one.plan_after
    assert "17" not in one.plan_before + one.plan_after


@pytest.mark.long
def test_an_index_in_place_of_another(after):
    better = after(
        "CREATE INDEX CONCURRENTLY orders_customer_total ON orders (customer_id, total);\nDROP INDEX orders_customer;"
    )
    assert not [one for one in better.regressions if one.cost_after > 1.2 * one.cost_before]
    (made,) = better.indexes
    assert (made.index, made.table, made.used, made.covered_by, made.cause.line) == (
        "orders_customer_total",
        "orders",
        True,
        None,
        1,
    )


@pytest.mark.long
def test_new_indexes_that_serve_nothing(after):
    found = after(
        "CREATE INDEX a ON orders (total);\nCREATE INDEX b ON orders (customer_id);\n"
        "CREATE INDEX c ON lines (order_id);\nALTER TABLE orders ADD UNIQUE (id, total);"
    )
    assert not found.regressions
    told = {one.index: (one.used, one.covered_by) for one in found.indexes}
    assert told["a"] == (False, None)
    assert told["b"][1] == "orders_customer"
    assert told["c"][1] == "lines_pkey"
    assert len(told) == 3


@pytest.mark.parametrize(
    "text",
    [
        pytest.param(
            "CREATE TABLE fresh (id int PRIMARY KEY, order_id int REFERENCES orders);"
            "ALTER TABLE orders ADD COLUMN note text; COMMENT ON TABLE orders IS 'x';",
            marks=pytest.mark.long,
        ),
        # Planned in a second shadow: it must say the same.
        "ALTER TABLE orders ADD CHECK (total >= 0) NOT VALID; ALTER TABLE customers ALTER COLUMN country TYPE varchar(40);"
        "ALTER INDEX orders_customer RENAME TO by_customer; ALTER TABLE customers ALTER COLUMN country DROP NOT NULL;"
        "ALTER TABLE orders RENAME TO purchases; CREATE VIEW orders AS SELECT * FROM purchases;",
    ],
)
def test_what_makes_no_plan_worse(after, text):
    found = after(text)
    assert worse(found) == {}
    assert found.planned == len(WORKLOAD)


@pytest.mark.long
def test_a_rewritten_table_is_wider_and_has_to_be_vacuumed(after):
    found = after("ALTER TABLE orders ALTER COLUMN customer_id TYPE bigint;")
    worst = {one.fingerprint: one.cost_after / one.cost_before for one in found.regressions}
    assert set(worst) == {"open", "placed"}
    assert worst["open"] < 1.2
    assert 1.2 < worst["placed"] < 3
    assert found.notes == (
        "orders: rewritten, so no page of it counts as all-visible until the next VACUUM: plans after it are those before"
        " that",
    )


def test_columns_that_go_take_their_indexes(after):
    found = after(
        "ALTER TABLE orders DROP COLUMN placed;\nALTER TABLE customers RENAME COLUMN email TO mail;\nDROP INDEX orders_customer;"
    )
    assert worse(found) == {"customer": ("1.sql", 3)}
    assert {one.fingerprint: (one.cause.line, one.error.partition(";")[0]) for one in found.failing} == {
        "placed": (1, 'column "placed" does not exist'),
        "email": (2, 'column "email" does not exist'),
        "join": (2, "column c.email does not exist"),
    }
    assert all(one.cost_after is None and one.plan_after is None for one in found.failing)


@pytest.mark.long
def test_a_type_that_an_index_does_not_serve(after):
    found = after(
        "DROP INDEX orders_placed;\nALTER TABLE orders ALTER COLUMN customer_id TYPE text USING customer_id::text;"
    )
    assert {one.fingerprint for one in found.failing} == {"customer", "join"}
    assert worse(found) == {"placed": ("1.sql", 1)}


@pytest.mark.long
def test_rows_that_the_migration_writes(after):
    found = after(
        "UPDATE orders SET total = 0 WHERE status = 'open';\nALTER TABLE orders ADD COLUMN site int;\n"
        "UPDATE orders SET site = 1;\nDELETE FROM lines;\nINSERT INTO lines VALUES (-1, 1, 1), (-1, 2, 2);"
    )
    rows = found.written_rows
    assert 300 < rows[0] < 500
    assert rows[2] == pytest.approx(40000, rel=0.02)
    assert rows[3] == pytest.approx(60000, rel=0.02)
    assert rows[4] == 2


@pytest.mark.long
def test_a_reference_without_an_index(after):
    found = after("ALTER TABLE orders ADD CONSTRAINT fk FOREIGN KEY (customer_id) REFERENCES customers NOT VALID;")
    assert found.references == ()
    (one,) = after(
        "ALTER TABLE customers ADD COLUMN boss int;\n"
        "ALTER TABLE customers ADD CONSTRAINT boss FOREIGN KEY (boss) REFERENCES customers;"
    ).references
    assert (one.table, one.columns, one.parent, one.cause.line) == ("customers", ("boss",), "customers", 2)
    assert one.parents_go == ("leave",)


def test_what_fails_is_left_out_and_named(after):
    found = after("DROP INDEX nowhere;\nDROP INDEX orders_customer;")
    assert worse(found) == {"customer": ("1.sql", 2)}
    assert found.notes == (
        '1.sql:1: not carried into the plans: it fails on an empty copy: index "nowhere" does not exist',
    )


@pytest.mark.long
def test_a_copy_that_is_there_and_a_transaction_that_is_rolled_back(snapshot, workload):
    text = "BEGIN;\nDROP INDEX orders_customer;\nROLLBACK;\nDROP INDEX orders_placed;"
    script = script_of(text, "1.sql", engine="postgresql")
    with open_copy(snapshot) as copy:
        found = replan([script], None, snapshot, workload, copy=copy)
        assert set(worse(found)) == {"placed"}
        assert found.indexes == ()
        assert copy.cluster.running
        script = script_of("BEGIN; DROP TABLE orders; ROLLBACK;", "2.sql", engine="postgresql")
        found = replan([script], None, snapshot, workload, copy=copy)
        assert (worse(found), found.failing, found.indexes) == ({}, (), ())


def test_nothing_to_run(snapshot, workload):
    assert replan([], None, snapshot, workload).planned == 0


def test_the_statement_to_blame(after):
    """Each shape has one cause by construction: leaving out that line, and no other, would mend it."""
    found = after(
        "ALTER TABLE orders RENAME COLUMN placed TO at;\n"
        "ALTER TABLE orders RENAME COLUMN at TO placed;\n"
        "ALTER TABLE customers ALTER COLUMN country DROP NOT NULL;\n"
        "DROP INDEX orders_customer;\n"
        "COMMENT ON TABLE orders IS 'x';\n"
        "ALTER TABLE orders ALTER COLUMN total TYPE bigint;\n"
        "ALTER TABLE lines DROP CONSTRAINT lines_pkey;\n"
        "CREATE INDEX lines_amount ON lines (amount);"
    )
    assert worse(found) == {
        "customer": ("1.sql", 4),
        "placed": ("1.sql", 6),
        "open": ("1.sql", 6),
        "lines": ("1.sql", 7),
    }


@pytest.mark.long
def test_a_table_that_takes_the_place_of_another(after):
    found = after(
        "CREATE TABLE orders_new (LIKE orders);\nINSERT INTO orders_new SELECT * FROM orders;\n"
        "ALTER TABLE orders RENAME TO orders_old;\nALTER TABLE orders_new RENAME TO orders;\n"
        "CREATE INDEX ON orders (id);"
    )
    assert set(worse(found)) >= {"customer", "open", "placed"}
    assert "key" not in worse(found)
    assert not found.failing


@pytest.mark.long
def test_rows_written_anew_and_columns_that_are_filled(after):
    found = after("UPDATE lines SET amount = 0;\nDROP INDEX orders_placed;")
    assert worse(found) == {"placed": ("1.sql", 2)}
    assert [note for note in found.notes if note.startswith("lines: UPDATE writes 100% of its rows anew")]
    copied = after(
        "ALTER TABLE customers ADD COLUMN land varchar(9);\nUPDATE customers SET land = country;\n"
        "ALTER TABLE orders ADD COLUMN state text;\nUPDATE orders SET state = status || 'x' WHERE id % 2 = 0;\n"
        "ALTER TABLE orders DROP COLUMN status;\nALTER TABLE orders RENAME COLUMN state TO status;"
    )
    assert "orders.status: what the migration writes into it is not known" in copied.notes
    assert not any("customers.land" in note and "not known" in note for note in copied.notes)
    assert worse(copied) == {}
    assert [one.fingerprint for one in copied.unplanned] == ["open"]
