"""Prices against a server: sizes that CREATE INDEX confirms, writes as the server counted them."""

from __future__ import annotations

import msgspec
import psycopg
import pytest

from advisor.catalog.snapshot import capture
from advisor.catalog.snapshot.describe import catalog_of
from advisor.graphs import build
from advisor.model.capture import Capture
from advisor.model.catalog import IndexKey
from advisor.model.indexing import IndexDefinition
from advisor.planners.choice import of_snapshot
from advisor.planners.hypothetical import parse
from advisor.planners.postgresql.planner import ShadowPlanner
from advisor.recommend.definition import on_text
from advisor.recommend.price import prices, write_rates
from advisor.recommend.price.estimated import Estimated
from advisor.recommend.workload import Query, Statement

pytestmark = pytest.mark.server

SCHEMA = (
    "CREATE TABLE visit (id int PRIMARY KEY, visitor int NOT NULL, page int, kind char(8), at timestamp, day date,"
    " token uuid, price numeric(9, 2), title varchar(60), seen int) WITH (fillfactor = 70)",
    "INSERT INTO visit SELECT i, floor(power(random(), 2) * 9000)::int, CASE WHEN i % 5 > 0 THEN i * 7919 % 4000 END,"
    " (ARRAY['view', 'click', 'buy'])[1 + i % 3], t, t::date, md5(i::text)::uuid, (i * 31 % 9999) / 100.0,"
    " 'Title ' || md5((i % 700)::text), 0"
    " FROM (SELECT i, timestamp '2025-01-01' + i * interval '5 min' AS t FROM generate_series(1, 60000) i) x",
    "CREATE INDEX visit_visitor ON visit (visitor)",
    "VACUUM ANALYZE visit",
)
KEYS = [
    ("visitor", "page"), ("page",), ("kind",), ("at",), ("day",), ("token",), ("price",), ("title",), ("day", "at"),
    ("kind", "day"), ("title", "visitor"), ("visitor", "id"), ("page", "kind", "day"),
]  # fmt: skip


@pytest.fixture(scope="module")
def dsn(postgresql_with):
    server = postgresql_with({"autovacuum": "off"})
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE DATABASE adv_d_price")
    made = server.dsn.removesuffix("postgres") + "adv_d_price"
    with psycopg.connect(made, autocommit=True) as connection:
        for statement in SCHEMA:
            connection.execute(statement)
        connection.execute("SELECT pg_stat_force_next_flush()")
        connection.execute("SELECT pg_stat_reset()")
    return made


@pytest.fixture(scope="module")
def snapshot(dsn):
    """After 100 rows more and 500 updates that no index notices, as if a day had gone by."""
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("INSERT INTO visit SELECT i, i % 9, i % 50, 'view' FROM generate_series(70001, 70100) i")
        connection.execute("UPDATE visit SET seen = seen + 1 WHERE id <= 60000 AND id % 120 = 0")
        connection.execute("SELECT pg_stat_force_next_flush()")
        connection.execute("SELECT 1")
    found = capture(dsn, values="present")
    reset = next(row.values["stats_reset"] for row in found.rows if row.source == "pg_stat_database")
    day = str(int(reset[:4]) + 1) + reset[4:]
    return msgspec.structs.replace(found, header=msgspec.structs.replace(found.header, captured_at=day))


@pytest.fixture(scope="module")
def planner(snapshot):
    with of_snapshot(snapshot) as planner:
        yield planner


def wanted(*columns, **more):
    keys = tuple(IndexKey(column=name) for name in columns)
    return IndexDefinition(engine="postgresql", table="visit", keys=keys, **more)


def statement(text, catalog, rows=None):
    graph = build(text, "postgresql", [catalog])
    return Statement(text, "postgresql", graph.kind, text, (Query(text),), 1.0, 3600.0, rows_affected=rows, graph=graph)


def test_sizes_are_those_of_built_indexes(dsn, snapshot, planner):
    indexes = [wanted(*keys) for keys in KEYS]
    indexes += [wanted("page", include=("price",)), wanted("visitor", where="page IS NOT NULL")]
    found = prices(
        indexes, planner=planner, snapshot=snapshot, catalog=catalog_of(snapshot), statements=(), capture=Capture()
    )
    errors = {}
    with psycopg.connect(dsn, autocommit=True) as connection:
        for index, price in zip(indexes, found, strict=True):
            with connection.transaction(force_rollback=True):
                connection.execute(parse(on_text(index)).statement("i"))
                (real,) = connection.execute("SELECT pg_relation_size('i')").fetchone()
            errors[on_text(index)] = price.bytes / real - 1
            low, high = price.build_seconds
            assert 0 < low < high < 60
    assert sum(abs(error) <= 0.15 for error in errors.values()) >= 0.9 * len(errors), errors


def test_writes_are_those_that_the_server_counted(snapshot, planner):
    catalog = catalog_of(snapshot)
    update = statement("UPDATE visit SET seen = 1 WHERE id = 7", catalog)
    rates = write_rates(snapshot, [update], Capture(), catalog)
    year = pytest.approx(1, rel=0.01)
    seconds = 365.2 * 86400
    assert rates.of("visit").inserted * seconds / 100 == year
    assert rates.of("visit").updated * seconds / 500 == year
    assert rates.of("visit").hot * seconds / 500 == pytest.approx(1, rel=0.1)
    kept, ended = prices(
        [wanted("page"), wanted("seen")],
        planner=planner, snapshot=snapshot, catalog=catalog, statements=[update], capture=Capture(), observed=rates,
    )  # fmt: skip
    assert kept.write_basis == "counters"
    assert kept.hot_updates_lost_per_second == 0
    assert ended.hot_updates_lost_per_second * seconds / 500 == pytest.approx(1, rel=0.1)
    assert ended.write_seconds_per_hour > 2 * kept.write_seconds_per_hour


@pytest.mark.parametrize(
    ("text", "rows"),
    [
        ("UPDATE visit SET seen = 1 WHERE id = 7", 1),
        ("DELETE FROM visit WHERE day = '2025-03-01'", 288),
        ("INSERT INTO visit (id, visitor) VALUES (1, 2), (3, 4)", 2),
        ("SELECT 1", None),
    ],
)
def test_rows_that_a_log_does_not_tell_are_the_planner_s(snapshot, planner, text, rows):
    assert isinstance(planner, ShadowPlanner)
    found = Estimated(planner).rows(statement(text, catalog_of(snapshot)))
    assert found == (None if rows is None else pytest.approx(rows, rel=0.3))


@pytest.mark.parametrize(("column", "ends"), [("page", False), ("seen", True)])
def test_heap_only_updates_end_as_foretold(dsn, snapshot, planner, column, ends):
    catalog = catalog_of(snapshot)
    update = statement("UPDATE visit SET seen = 1 WHERE id = 7", catalog)
    (price,) = prices(
        [wanted(column)], planner=planner, snapshot=snapshot, catalog=catalog, statements=[update], capture=Capture()
    )
    with psycopg.connect(dsn) as connection:  # one transaction, rolled back
        counts = (
            "SELECT pg_stat_get_xact_tuples_updated(oid), pg_stat_get_xact_tuples_hot_updated(oid) FROM pg_class"
            " WHERE oid = 'visit'::regclass"
        )
        connection.execute(parse(on_text(wanted(column))).statement("i"))
        connection.execute("UPDATE visit SET seen = seen + 1 WHERE id % 240 = 60")
        updated, hot = connection.execute(counts).fetchone()
        connection.rollback()
    assert updated == 250
    assert (price.hot_updates_lost_per_second > 0) is ends
    assert hot == (0 if ends else pytest.approx(250, rel=0.1))
