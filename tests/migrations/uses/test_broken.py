"""Logged shapes and what a migration takes from them: dropped, renamed, retyped, required; and what breaks nothing."""

from __future__ import annotations

import pytest

from advisor.catalog.ddl.file import read_ddl
from advisor.graphs import build
from advisor.migrations.reading import script_of
from advisor.migrations.uses import broken
from advisor.model.engine import Engine
from advisor.model.migration import Change, Failure, Outcome
from tests.migrations.uses.shapes import shape

SCHEMA = """
CREATE SCHEMA sales;
CREATE TABLE orders (id bigint PRIMARY KEY, status text NOT NULL, code text, customer_id int, note text DEFAULT '');
CREATE TABLE customers (id int PRIMARY KEY, name text, "Mixed" text);
CREATE TABLE sales.leads (id int, status text);
CREATE VIEW open_orders AS SELECT id, customer_id FROM orders WHERE status = 'open';
"""


def found(sql, *changes, engine="postgresql", schema=SCHEMA, failing=()):
    """(table, column, what, line, through) of each; one statement a change."""
    catalog = read_ddl(schema, "schema.sql", engine)
    script = script_of("".join(f"SELECT {number};\n" for number in range(len(changes))), "1.sql", engine="postgresql")
    outcomes = [
        Outcome(
            evidence="text",
            changes=(change,),
            failure=Failure(message="no") if number in failing else None,
        )
        for number, change in enumerate(changes)
    ]
    one = shape(sql, Engine(engine, "16"))
    graphs = {(engine, one.fingerprint): build(sql, engine, [catalog])}
    return [
        (each.table, each.column, each.what, each.cause.line, each.through)
        for each in broken([script], outcomes, [catalog], [one], graphs)
    ]


DROP = Change(action="drop_column", table="orders", column="status")
RENAME = Change(action="rename_column", table="orders", column="status", new_name="state")
AWAY = Change(action="rename_table", table="orders", new_name="purchases")


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT status FROM orders",
        "SELECT o.id FROM public.orders AS o WHERE o.\"status\" = 'new'",
        "SELECT id FROM orders ORDER BY status",
        "SELECT count(*) FROM orders GROUP BY status",
        "SELECT c.id FROM customers c JOIN orders o ON o.status = c.name",
        "SELECT id FROM customers WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = customers.id AND o.status = 'x')",
        "WITH x AS (SELECT status FROM orders) SELECT * FROM x",
        "UPDATE orders SET status = 'done' WHERE id = 1",
        "DELETE FROM orders WHERE status = 'x'",
        "INSERT INTO orders (id, status) VALUES (1, 'new')",
        "INSERT INTO orders (id) VALUES (1) ON CONFLICT (id) DO UPDATE SET status = 'x'",
        "INSERT INTO customers (name) SELECT status FROM orders",
    ],
)
@pytest.mark.parametrize(("change", "what"), [(DROP, "dropped"), (RENAME, "renamed")])
def test_every_way_to_use_a_column(sql, change, what):
    assert found(sql, change) == [("orders", "status", what, 1, None)]


@pytest.mark.parametrize(
    "sql",
    [
        "SELECT id, code FROM orders",
        "SELECT status FROM sales.leads",
        "SELECT count(*) FROM orders",
        "INSERT INTO orders (id, code) VALUES (1, 'a')",
        "SELECT 'status' FROM orders",
        "SELECT id AS status FROM orders",
    ],
)
def test_what_does_not_use_it(sql):
    assert found(sql, RENAME) == []


def test_a_star_only_may():
    assert found("SELECT * FROM orders WHERE id = 1", DROP) == [("orders", "status", "dropped", 1, "*")]
    assert found("SELECT * FROM orders WHERE status = 'x'", DROP) == [("orders", "status", "dropped", 1, None)]


@pytest.mark.parametrize(
    "sql", ["SELECT id FROM orders", 'UPDATE "orders" SET code = 1', "SELECT 1 FROM public.orders"]
)
def test_tables(sql):
    assert found(sql, AWAY) == [("orders", None, "renamed", 1, None)]
    assert found(sql, Change(action="drop_table", table="orders")) == [("orders", None, "dropped", 1, None)]
    assert found(sql, Change(action="set_schema", table="orders", new_name="old")) == [
        ("orders", None, "renamed", 1, None)
    ]


def test_a_schema_goes_with_its_tables():
    gone = Change(action="drop_schema", name="sales", cascade=True)
    assert found("SELECT id FROM sales.leads", gone) == [("sales.leads", None, "dropped", 1, None)]
    assert found("SELECT id FROM orders", gone) == []


@pytest.mark.parametrize(
    "changes",
    [
        (AWAY, Change(action="create_view", table="orders")),
        (AWAY, Change(action="rename_table", table="purchases", new_name="orders")),
        (Change(action="drop_table", table="orders"), Change(action="create_table", table="orders")),
        (
            Change(action="create_table_as", table="orders_new"),
            Change(action="drop_table", table="orders"),
            Change(action="rename_table", table="orders_new", new_name="orders"),
        ),
        (RENAME, Change(action="add_column", table="orders", column="status", new_type="text")),
        (RENAME, Change(action="rename_column", table="orders", column="state", new_name="status")),
        (DROP, Change(action="add_column", table="orders", column="status", new_type="text")),
        (
            Change(action="add_column", table="orders", column="fresh", new_type="text"),
            DROP,
            Change(action="rename_column", table="orders", column="fresh", new_name="status"),
        ),
        (Change(action="drop_column", table="orders", column="status", no_op=True),),
        (Change(action="add_column", table="orders", column="more", new_type="int"),),
    ],
)
def test_what_comes_back_breaks_nothing(changes):
    assert found("SELECT status FROM orders WHERE id = 3", *changes) == []


def test_a_column_of_a_renamed_table_is_the_table_s():
    assert found(
        "SELECT status FROM orders", AWAY, Change(action="drop_column", table="purchases", column="status")
    ) == [("orders", None, "renamed", 1, None)]


def test_names_that_change_places():
    """The old column's values are under another name, and another column's stand under its."""
    swap = [
        Change(action="rename_column", table="orders", column="status", new_name="x"),
        Change(action="rename_column", table="orders", column="code", new_name="status"),
        Change(action="rename_column", table="orders", column="x", new_name="code"),
    ]
    assert found("SELECT status, code FROM orders", *swap) == []


def test_a_statement_that_fails_takes_nothing():
    assert found("SELECT status FROM orders", DROP, failing={0}) == []


def test_the_last_word_is_blamed():
    changes = (AWAY, Change(action="rename_table", table="purchases", new_name="orders"), DROP)
    assert found("SELECT status FROM orders", *changes) == [("orders", "status", "dropped", 3, None)]


def test_views():
    through = "SELECT id FROM open_orders WHERE customer_id = 3"
    assert found(through, RENAME) == []
    cascade = Change(action="drop_column", table="orders", column="status", cascade=True)
    assert found(through, cascade) == [("orders", "status", "dropped", 1, "open_orders")]
    schema = SCHEMA.replace("CREATE SCHEMA sales;", "").replace("sales.leads", "leads").replace('"Mixed"', "mixed")
    assert found(through, RENAME, engine="mariadb", schema=schema) == [
        ("orders", "status", "renamed", 1, "open_orders")
    ]
    assert found(through, Change(action="drop_view", table="open_orders")) == [
        ("open_orders", None, "dropped", 1, None)
    ]


ADDED = Change(action="add_column", table="orders", column="site", new_type="int", nullable=False, default_kind="none")


@pytest.mark.parametrize(
    ("sql", "changes", "expected"),
    [
        ("INSERT INTO orders (id, status) VALUES (1, 'a')", [ADDED], [("orders", "site", "required", 1, None)]),
        ("INSERT INTO orders VALUES (1, 'a', 'b', 3)", [ADDED], [("orders", "site", "required", 1, None)]),
        ("INSERT INTO orders (id, site) VALUES (1, 2)", [ADDED], []),
        ("SELECT id FROM orders", [ADDED], []),
        (
            "INSERT INTO orders (id) VALUES (1)",
            [ADDED, Change(action="set_default", table="orders", column="site")],
            [],
        ),
        (
            "INSERT INTO orders (id, status) VALUES (1, 'a')",
            [Change(action="set_not_null", table="orders", column="code")],
            [("orders", "code", "required", 1, None)],
        ),
        (
            "INSERT INTO orders (id, status) VALUES (1, 'a')",
            [Change(action="set_not_null", table="orders", column="note")],
            [],
        ),
        (
            "INSERT INTO orders (id, status) VALUES (1, 'a')",
            [
                Change(action="set_not_null", table="orders", column="note"),
                Change(action="drop_default", table="orders", column="note"),
            ],
            [("orders", "note", "required", 2, None)],
        ),
        (
            "INSERT INTO orders (id, status) VALUES (1, 'a')",
            [
                Change(
                    action="add_column",
                    table="orders",
                    column="n",
                    new_type="int",
                    nullable=False,
                    default_kind="constant",
                )
            ],
            [],
        ),
        ("INSERT INTO orders VALUES (1, 'a', 'b', 3, 'n')", [DROP], [("orders", "status", "dropped", 1, None)]),
    ],
)
def test_inserts(sql, changes, expected):
    assert found(sql, *changes) == expected


def test_an_insert_without_a_list_meets_more_columns():
    added = Change(action="add_column", table="orders", column="site", new_type="int", nullable=True)
    sql = "INSERT INTO orders VALUES (1, 'a', 'b', 3, 'n')"
    assert found(sql, added) == []
    schema = "CREATE TABLE orders (id int, status text, code text, customer_id int, note text);"
    for engine in ("mysql", "mariadb", "sqlite"):
        assert found(sql, added, engine=engine, schema=schema) == [("orders", "site", "widened", 1, None)]


@pytest.mark.parametrize(
    ("sql", "column", "type_", "lost"),
    [
        ("SELECT id FROM orders o JOIN customers c ON c.id = o.customer_id", "customer_id", "text", True),
        ("SELECT id FROM orders o JOIN customers c ON c.id = o.customer_id", "customer_id", "bigint", False),
        ("SELECT id FROM orders WHERE customer_id = 5", "customer_id", "text", True),
        ("SELECT id FROM orders WHERE customer_id = '5'", "customer_id", "text", False),
        ("SELECT id FROM orders WHERE customer_id::text = '5'", "customer_id", "text", False),
        ("SELECT id FROM orders WHERE code LIKE 'a%'", "code", "integer", True),
        ("SELECT id FROM orders WHERE code = 'a'", "code", "character varying(20)", False),
        ("SELECT customer_id FROM orders", "customer_id", "text", False),
    ],
)
def test_types_that_no_longer_compare(sql, column, type_, lost):
    retyped = Change(action="alter_column_type", table="orders", column=column, old_type="?", new_type=type_)
    expected = [("orders", column, "retyped", 1, None)] if lost else []
    assert found(sql.replace("SELECT id", "SELECT o.id") if " o " in sql else sql, retyped) == expected


def test_without_a_catalog_names_of_the_text_count():
    script = script_of("SELECT 1;", "1.sql", engine="postgresql")
    one = shape("SELECT o.status FROM orders o WHERE o.id = 3", Engine("postgresql", "16"))
    graphs = {("postgresql", one.fingerprint): build(one.sql, "postgresql", [])}
    (each,) = broken([script], [Outcome(evidence="text", changes=(DROP,))], [], [one], graphs, window_seconds=1800.0)
    assert (each.table, each.column, each.calls_per_hour, each.applications) == ("orders", "status", 20.0, ("web",))
    assert each.last_seen == "2025-11-23T00:00:00+00:00"


def test_a_log_that_reads_as_mysql_meets_the_catalog_of_mariadb():
    catalog = read_ddl("CREATE TABLE orders (id int PRIMARY KEY, code int);", "schema.sql", "mariadb")
    sql = "INSERT INTO orders (id) VALUES (1)"
    one = shape(sql, Engine("mysql", "8.0"))
    outcome = Outcome(
        evidence="text", changes=(Change(action="set_not_null", table="orders", column="code", nullable=False),)
    )
    script = script_of("SELECT 1;", "1.sql", engine="mariadb")
    graphs = {("mysql", one.fingerprint): build(sql, "mysql", [catalog])}
    found = broken([script], [outcome], [catalog], [one], graphs)
    assert [(each.column, each.what) for each in found] == [("code", "required")]
