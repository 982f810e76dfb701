"""What the statistics foretell against what really happens: the statement runs on the rows, afterwards."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import psycopg
import pytest

from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.migrations.foresee import Foresight, statistics_of
from advisor.model.migration import Change, Outcome
from tests import servers

pytestmark = pytest.mark.server

_SCHEMA = """
CREATE TYPE mood AS ENUM ('sad', 'ok');
CREATE TABLE customers (id int PRIMARY KEY, name text NOT NULL);
CREATE TABLE empty_parents (id int PRIMARY KEY);
CREATE TABLE orders (
    id bigint PRIMARY KEY, customer_id int, code text, amount numeric(12, 2), status varchar(20), note text,
    created_at timestamp, score int, ratio real, tenant int, number int, filled text, mostly int, feeling text,
    rare_null int, stray int, one_twice int
);
INSERT INTO customers SELECT n, 'c' || n FROM generate_series(1, 500) AS n;
INSERT INTO orders
SELECT n, 1 + n % 500, 'code-' || n, (n % 1000) / 10.0, (ARRAY['new', 'paid', 'sent', 'odd'])[1 + n % 4],
       CASE WHEN n % 3 = 0 THEN NULL ELSE 'note ' || n END, timestamp '2024-01-01' + n * interval '1 minute',
       n % 100, n / 7.0, n % 50, n / 50, 'x' || n, CASE WHEN n % 2 = 0 THEN 1 ELSE 2 END,
       (ARRAY['sad', 'ok', 'angry'])[1 + n % 3], CASE WHEN n = 17 THEN NULL ELSE n END,
       CASE WHEN n % 100 = 0 THEN 9000 ELSE 1 + n % 500 END, CASE WHEN n = 40000 THEN 1 ELSE n END
FROM generate_series(1, 40000) AS n;
CREATE TABLE small (id int PRIMARY KEY, a int, b text, c int);
INSERT INTO small SELECT n, n, 'b' || n, n % 3 FROM generate_series(1, 300) AS n;
CREATE TABLE void (id int, a int);
CREATE TABLE days (day date NOT NULL, v int) PARTITION BY RANGE (day);
CREATE TABLE day_list (day date NOT NULL, v int);
INSERT INTO day_list SELECT date '2024-01-01' + n % 60, n FROM generate_series(1, 5000) AS n;
CREATE STATISTICS tenants (ndistinct) ON tenant, number FROM orders;
CREATE STATISTICS scores (ndistinct) ON tenant, score FROM orders;

"""


@dataclass(frozen=True)
class Case:
    sql: str
    change: Change
    foretold: bool | None
    """Certain, where texts are not masked; None: the sample decides."""


def _c(action: str, table: str = "orders", **more: object) -> Change:
    return Change(action=action, table=table, **more)  # type: ignore[arg-type]


def _null(column: str, foretold: bool | None, table: str = "orders") -> Case:
    return Case(f"ALTER TABLE {table} ALTER {column} SET NOT NULL", _c("set_not_null", table, column=column), foretold)


def _unique(columns: str, foretold: bool | None, table: str = "orders") -> Case:
    keys = tuple(one.strip() for one in columns.split(","))
    return Case(f"ALTER TABLE {table} ADD UNIQUE ({columns})", _c("add_unique", table, columns=keys), foretold)


def _check(text: str, foretold: bool | None, table: str = "orders") -> Case:
    return Case(f"ALTER TABLE {table} ADD CHECK ({text})", _c("add_check", table, expression=text), foretold)


def _type(column: str, new: str, foretold: bool | None, using: str | None = None) -> Case:
    tail = f" USING {using}" if using else ""
    change = _c("alter_column_type", column=column, new_type=new, expression=using)
    return Case(f"ALTER TABLE orders ALTER {column} TYPE {new}{tail}", change, foretold)


def _reference(column: str, parent: str, foretold: bool | None) -> Case:
    change = _c("add_foreign_key", columns=(column,), parent=parent, parent_columns=("id",))
    return Case(f"ALTER TABLE orders ADD FOREIGN KEY ({column}) REFERENCES {parent} (id)", change, foretold)


CASES = [
    _null("note", True),
    _null("customer_id", False),
    _null("rare_null", None),
    _null("a", False, "small"),
    _null("a", False, "void"),
    _null("id", False),
    Case(
        "ALTER TABLE orders ADD COLUMN extra int NOT NULL",
        _c("add_column", column="extra", nullable=False, default_kind="none"),
        True,
    ),
    Case(
        "ALTER TABLE void ADD COLUMN extra int NOT NULL",
        _c("add_column", "void", column="extra", nullable=False, default_kind="none"),
        False,
    ),
    Case(
        "ALTER TABLE orders ADD COLUMN extra int NOT NULL DEFAULT 1",
        _c("add_column", column="extra", nullable=False, default_kind="constant"),
        False,
    ),
    _unique("customer_id", True),
    _unique("status", True),
    _unique("code", False),
    _unique("one_twice", None),
    _unique("a", False, "small"),
    _unique("c", True, "small"),
    _unique("tenant, number", False),
    _unique("tenant, score", True),
    _unique("status, mostly", True),
    _unique("customer_id, created_at", False),
    _unique("id, status", False),
    Case(
        "CREATE UNIQUE INDEX ON orders (score)",
        _c("create_index", columns=("score",), unique=True, method="btree"),
        True,
    ),
    Case(
        "ALTER TABLE small ADD COLUMN x int; ALTER TABLE orders DROP CONSTRAINT orders_pkey, ADD PRIMARY KEY (note)",
        _c("add_primary_key", columns=("note",)),
        True,
    ),
    _check("score < 50", True),
    _check("score >= 0", False),
    _check("score BETWEEN 0 AND 98", True),
    _check("amount >= 0 AND amount < 99.9", True),
    _check("amount < 1000", False),
    _check("status IN ('new', 'paid', 'sent', 'odd')", False),
    _check("status IN ('new', 'paid', 'sent')", True),
    _check("status = ANY (ARRAY['new', 'paid']::text[])", True),
    _check("status <> 'odd'", True),
    _check("NOT (status = 'odd' OR score > 200)", True),
    _check("status <> 'gone'", False),
    _check("note IS NOT NULL", True),
    _check("created_at >= '2024-01-02'", True),
    _check("created_at >= DATE '2023-01-01'", False),
    _check("score > 5 OR tenant < 100", False),
    _check("ratio < 1000", True),
    _check("ratio < 1e9", False),
    _check("mostly IN (1, 2)", False),
    _check("mostly = 1", True),
    _check("customer_id <> 7", False),
    _check("length(code) <= 8", True),
    _check("a < 300", True, "small"),
    _type("customer_id", "smallint", False),
    _type("id", "smallint", True),
    _type("amount", "numeric(3, 2)", True),
    _type("amount", "numeric(5, 2)", False),
    _type("status", "varchar(4)", False),
    _type("code", "varchar(10)", False),
    _type("code", "varchar(5)", True),
    _type("code", "varchar(5)", False, "code::varchar(5)"),
    _type("feeling", "mood", True, "feeling::mood"),
    _reference("customer_id", "customers", False),
    _reference("customer_id", "empty_parents", True),
    _reference("stray", "customers", True),
    Case(
        "ALTER TABLE days ATTACH PARTITION day_list FOR VALUES FROM ('2024-01-10') TO ('2025-01-01')",
        Change(
            action="attach_partition",
            table="days",
            parent="day_list",
            expression="FOR VALUES FROM ('2024-01-10') TO ('2025-01-01')",
        ),
        True,
    ),
    Case(
        "ALTER TABLE days ATTACH PARTITION day_list FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
        Change(
            action="attach_partition",
            table="days",
            parent="day_list",
            expression="FOR VALUES FROM ('2024-01-01') TO ('2025-01-01')",
        ),
        False,
    ),
]


@dataclass(frozen=True)
class World:
    dsn: str
    masked: Foresight
    present: Foresight


@pytest.fixture(scope="module")
def world() -> Iterator[World]:
    with servers.postgresql({"autovacuum": "off"}) as server:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute(_SCHEMA.encode())
        # The counters of what a session wrote are sent when it ends, and would count as written after the ANALYZE.
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("SELECT pg_sleep(0.6)")
            connection.execute("ANALYZE")
        yield World(server.dsn, _foresight(server.dsn, "masked"), _foresight(server.dsn, "present"))


def _foresight(dsn: str, values: str) -> Foresight:
    snapshot = capture(dsn, values=values)  # type: ignore[arg-type]
    found = statistics_of(catalog_of(snapshot), snapshot)
    assert found is not None
    return Foresight(found)


def _fails(dsn: str, sql: str) -> str | None:
    with psycopg.connect(dsn) as connection:
        try:
            connection.execute(sql.encode())
        except psycopg.Error as error:
            return error.sqlstate or "?"
        finally:
            connection.rollback()
    return None


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.sql)
def test_a_certain_failure_happens(world: World, case: Case) -> None:
    truth = _fails(world.dsn, case.sql)
    outcome = Outcome(evidence="executed", changes=(case.change,))
    for foresight in (world.present, world.masked):
        found = foresight.foresee(outcome)
        certain = found is not None and found.certain
        assert not certain or truth is not None, found
        if certain:
            assert found is not None
            assert found.code == truth
        if truth is not None:
            assert found is not None, "a failure that nobody was told of"
        if found is not None and found.settle and not case.change.action.startswith("alter_column"):
            with psycopg.connect(world.dsn) as connection:
                rows = connection.execute(found.settle.encode()).fetchall()
                if case.change.action != "add_column":
                    assert bool(rows) == (truth is not None), found.settle
    present = world.present.foresee(outcome)
    if case.foretold is not None:
        assert bool(present and present.certain) == case.foretold, (present, truth)


def test_a_value_is_never_printed(world: World) -> None:
    for case in CASES:
        found = world.present.foresee(Outcome(evidence="executed", changes=(case.change,)))
        if found is not None:
            assert "9000" not in found.message
            assert "angry" not in found.message


def test_statements_before_it_take_the_certainty(world: World) -> None:
    wanted = Outcome(evidence="executed", changes=(_c("set_not_null", column="note"),))
    update = Outcome(evidence="executed", changes=(_c("update"),))
    other = Outcome(evidence="executed", changes=(_c("update", "customers"),))
    backfill = Outcome(evidence="executed", changes=(_c("update", columns=("note",)),))
    renamed = Outcome(evidence="executed", changes=(_c("rename_column", column="b", new_name="note"),))
    certain = world.present.foresee(wanted, [other])
    assert certain is not None
    assert certain.certain
    mended = world.present.foresee(wanted, [update])
    assert mended is not None
    assert not mended.certain
    assert world.present.foresee(wanted, [backfill]) is None
    assert world.present.foresee(wanted, [renamed]) is None


def test_rows_written_since_take_the_certainty(world: World) -> None:
    with psycopg.connect(world.dsn, autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE mended AS SELECT n AS id, CASE WHEN n % 2 = 0 THEN n END AS a FROM generate_series(1, 2000) n"
        )
        connection.execute("ANALYZE mended")
        connection.execute("UPDATE mended SET a = 0 WHERE a IS NULL")
        connection.execute("SELECT pg_sleep(0.6)")
    found = _foresight(world.dsn, "present").foresee(
        Outcome(evidence="executed", changes=(_c("set_not_null", "mended", column="a"),))
    )
    assert found is not None
    assert not found.certain
    assert _fails(world.dsn, "ALTER TABLE mended ALTER a SET NOT NULL") is None
