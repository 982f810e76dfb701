"""Prices out of counters, out of complete logs, and where neither is there."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.catalog.ddl.file import read_ddl
from advisor.graphs import build
from advisor.model.capture import Capture
from advisor.model.catalog import IndexKey
from advisor.model.engine import Engine
from advisor.model.indexing import IndexDefinition
from advisor.model.limits import LIMITS
from advisor.model.planning import IndexSize, PlannedBy
from advisor.model.snapshot import ColumnStatistics, Header, Relation, Setting, Snapshot, StatisticsRow
from advisor.planners.errors import PlannerError
from advisor.recommend.price import building, prices, write_rates
from advisor.recommend.price.columns import depends_on
from advisor.recommend.workload import Statement

DAY = 86_400
SCHEMA = """
CREATE TABLE orders (id bigint PRIMARY KEY, customer int, status text, note text, seen timestamp, placed timestamp);
CREATE INDEX orders_status ON orders (status);
CREATE TABLE quiet (id int PRIMARY KEY, name text);
"""
COMPLETE, PARTIAL = Capture(complete=True), Capture(complete=None)


def catalog(engine="postgresql", schema=SCHEMA):
    return read_ddl(schema, "schema.sql", engine)


def index(*columns, table="orders", engine="postgresql", **more):
    return IndexDefinition(engine=engine, table=table, keys=tuple(IndexKey(column=name) for name in columns), **more)


def statement(sql, per_hour=3600.0, rows=1.0, engine="postgresql", known=None):
    known = known or catalog(engine)
    return Statement(
        fingerprint=sql, engine=engine, kind=sql.split()[0].lower(), sql=sql, queries=(), weight=1.0,
        calls_per_hour=per_hour, rows_affected=rows, graph=build(sql, engine, [known]),
    )  # fmt: skip


def snapshot(version=150000, reset="2026-01-01T00:00:00+00:00", days=1, order=0.0, **counters):
    rows = [StatisticsRow(source="pg_stat_database", values={"stats_reset": reset})] if reset else []
    numbers = {f"n_tup_{name}": value for name, value in counters.items()}
    return Snapshot(
        header=Header(
            engine=Engine("postgresql", "15"), version_number=version, values="present", database="shop",
            captured_at=f"2026-01-{1 + days:02}T00:00:00+00:00",
        ),
        settings=[Setting(name="maintenance_work_mem", value="65536", unit="kB")],
        relations=[
            Relation(schema="public", name="orders", kind="table", tuples=1e6, pages=20_000, counters=numbers),
            Relation(schema="public", name="quiet", kind="table", tuples=10, pages=1, counters=dict.fromkeys(numbers, 0)),
        ],
        columns=[ColumnStatistics(schema="public", table="orders", column="placed", correlation=order)],
        rows=rows,
    )  # fmt: skip


class Planner:
    """Tells sizes, and counts how often it was asked."""

    def __init__(self, statistics="snapshot", refuses=()):
        self.planned_by = PlannedBy(planner="shadow", engine="postgresql", version="15", statistics=statistics)
        self.refuses, self.asked = refuses, 0

    def sizes(self, texts):
        self.asked += 1
        if any(word in text for text in texts for word in self.refuses):
            raise PlannerError("no such column")
        return [
            IndexSize(sql=text, table="orders", name="i", tuples=1e6, pages=2000, bytes=2000 * 8192) for text in texts
        ]

    def explain(self, queries, configuration=None):
        raise PlannerError("none")


def price(wanted, snap, statements=(), capture=PARTIAL, planner=None, known=None):
    (found,) = prices(
        [wanted],
        planner=planner or Planner(),
        snapshot=snap,
        catalog=known or catalog(),
        statements=statements,
        capture=capture,
    )
    return found


UPDATES = [
    statement("UPDATE orders SET note = 'a' WHERE id = 1", per_hour=900.0),
    statement("UPDATE orders SET seen = now() WHERE id = 1", per_hour=2700.0),
    statement("UPDATE orders SET status = 'b' WHERE id = 1", per_hour=1000.0),
]
COUNTED = {"ins": 2 * DAY, "upd": 10 * DAY, "hot_upd": 8 * DAY, "del": DAY}


def test_counters_come_first_and_tell_rows_a_second():
    found = price(index("customer"), snapshot(**COUNTED), UPDATES, COMPLETE)
    assert found.write_basis == "counters"
    # Inserted, and updated so that every index is written today; no update sets the column.
    assert found.writes_per_second == pytest.approx(2 + 2)
    assert found.hot_updates_lost_per_second == 0
    assert found.write_seconds_per_hour == pytest.approx(4 * 3600 * LIMITS.price_entry_us / 1e6)


def test_an_index_on_what_updates_set_ends_heap_only_updates():
    found = price(index("customer", "note"), snapshot(**COUNTED), UPDATES)
    # A quarter of the updates that set no indexed column today set this one: 8 a second are heap-only.
    assert found.hot_updates_lost_per_second == pytest.approx(2)
    assert found.writes_per_second == pytest.approx(2 + 2 + 2)
    # Each of them writes the two indexes that are there, too.
    assert found.write_seconds_per_hour == pytest.approx((6 + 2 * 2) * 3600 * LIMITS.price_entry_us / 1e6)
    assert any("shares" in note for note in found.notes)


@pytest.mark.parametrize(
    "wanted",
    [
        index("customer", include=("seen",)),
        index("customer", where="seen IS NULL"),
        IndexDefinition(engine="postgresql", table="orders", keys=(IndexKey(expression="date_trunc('day', seen)"),)),
    ],
)
def test_include_predicate_and_expression_count(wanted):
    assert price(wanted, snapshot(**COUNTED), UPDATES).hot_updates_lost_per_second == pytest.approx(6)


def test_which_columns_updates_set_is_not_guessed():
    found = price(index("customer"), snapshot(**COUNTED), ())
    assert found.hot_updates_lost_per_second is None
    assert found.writes_per_second == pytest.approx(4)
    assert any("no statement of the workload updates" in note for note in found.notes)


def test_brin_alone_keeps_updates_heap_only_from_16_on():
    brin = index("seen", method="brin")
    old, new = price(brin, snapshot(**COUNTED), UPDATES), price(brin, snapshot(version=160000, **COUNTED), UPDATES)
    assert old.hot_updates_lost_per_second == pytest.approx(6)
    assert new.hot_updates_lost_per_second == 0
    assert new.write_seconds_per_hour == 0


def test_what_rises_with_the_rows_is_written_at_the_end():
    random, rising = (price(index("placed"), snapshot(order=order, **COUNTED), UPDATES) for order in (0.1, 0.999))
    assert rising.write_seconds_per_hour < random.write_seconds_per_hour


def test_a_method_that_was_not_measured_has_no_seconds():
    found = price(index("note", method="gin"), snapshot(**COUNTED), UPDATES)
    assert found.write_seconds_per_hour is None
    assert found.writes_per_second == pytest.approx(6)
    assert any("was not measured" in note for note in found.notes)


def test_young_counters_are_no_rate():
    found = price(index("customer"), snapshot(days=0, **COUNTED), UPDATES)
    assert found.write_seconds_per_hour is None


def test_without_counters_a_log_counts_only_when_it_is_complete():
    statements = [*UPDATES, statement("INSERT INTO orders (id) VALUES (1)", per_hour=7200.0)]
    for capture in (PARTIAL, Capture(complete=False)):
        found = price(index("note"), None, statements, capture)
        assert (found.write_basis, found.write_seconds_per_hour, found.writes_per_second) == (None, None, None)
        assert any("log" in note for note in found.notes)
    found = price(index("note"), None, statements, COMPLETE)
    assert found.write_basis == "log"
    # Inserts; updates of status, which has an index; and a quarter of an update a second that is heap-only no more.
    assert found.writes_per_second == pytest.approx(2 + 1000 / 3600 + 0.25)
    assert found.hot_updates_lost_per_second == pytest.approx(0.25)


def test_a_complete_log_says_that_nobody_writes_a_table():
    found = price(index("name", table="quiet"), None, UPDATES, COMPLETE)
    assert (found.write_basis, found.write_seconds_per_hour) == ("log", 0)


def test_rows_that_nobody_knows_are_not_one():
    statements = [statement("DELETE FROM orders WHERE customer = 1", rows=None)]
    found = price(index("note"), None, statements, COMPLETE)
    assert found.write_seconds_per_hour is None
    assert any("how many rows" in note for note in found.notes)
    rates = write_rates(None, statements, COMPLETE, catalog(), rows=lambda _: 7.0)
    assert rates.of("orders").deleted == pytest.approx(7)
    assert "estimate" in rates.notes["orders"][0]


def test_mysql_counts_rows_by_table_and_deletions_mark_entries():
    schema = "CREATE TABLE orders (id int PRIMARY KEY, customer int, status int, KEY s (status)) ENGINE=InnoDB;"
    known = catalog("mariadb", schema)
    counters = {"count_insert": DAY, "count_update": 3 * DAY, "count_delete": 2 * DAY}
    snap = Snapshot(
        header=Header(engine=Engine("mariadb", "10.11"), values="present", database="shop", block_size=16384),
        settings=[Setting(name="performance_schema", value="ON")],
        relations=[Relation(schema="shop", name="orders", kind="table", tuples=1e6, pages=5000, counters=counters)],
        rows=[StatisticsRow(source="global_status", values={"variable_name": "Uptime", "variable_value": str(DAY)})],
    )
    update = statement("UPDATE orders SET status = 1 WHERE id = 1", engine="mariadb", known=known)
    plain = price(index("customer", engine="mariadb"), snap, [update], known=known)
    touched = price(index("customer", "status", engine="mariadb"), snap, [update], known=known)
    assert plain.write_basis == "counters"
    assert plain.writes_per_second == pytest.approx(1)
    assert plain.write_seconds_per_hour == pytest.approx((1 + 2) * 3600 * LIMITS.price_innodb_entry_us / 1e6)
    assert touched.writes_per_second == pytest.approx(1 + 3)
    assert plain.hot_updates_lost_per_second is None
    assert "LOCK=NONE" in plain.build_lock


def test_hundreds_are_sized_in_one_question():
    planner = Planner()
    wanted = [index("customer", "note"), index("note")] * 150
    assert len(prices(wanted, planner=planner, snapshot=None, catalog=catalog(), statements=(), capture=PARTIAL)) == 300
    assert planner.asked == 1


def test_one_that_cannot_be_had_is_found_by_halves():
    planner = Planner(refuses=("gone",))
    wanted = [index(f"c{number}") for number in range(63)] + [index("gone")]
    found = prices(wanted, planner=planner, snapshot=None, catalog=catalog(), statements=(), capture=PARTIAL)
    assert [number for number, one in enumerate(found) if one.bytes is None] == [63]
    assert planner.asked <= 13


def test_a_size_is_never_guessed():
    assert price(index("note"), None, planner=Planner("default")).bytes is None
    one, other = prices(
        [index("note"), index("gone")], planner=Planner(refuses=("gone",)), snapshot=None, catalog=catalog(),
        statements=(), capture=PARTIAL,
    )  # fmt: skip
    assert one.bytes == 2000 * 8192
    assert other.bytes is None
    assert other.build_seconds is None
    assert any("no such column" in note for note in other.notes)


def test_the_words_of_locks():
    assert "SHARE UPDATE EXCLUSIVE" in building.lock(index("note"), None)
    partitioned = read_ddl(
        "CREATE TABLE e (id int, at date) PARTITION BY RANGE (at);", "schema.sql", "postgresql"
    ).find("e")  # fmt: skip
    assert "ATTACH PARTITION" in building.lock(index("at", table="e"), partitioned)
    assert "LOCK=SHARED" in building.lock(index("a", engine="mysql", method="fulltext"), None)
    assert "whole database" in building.lock(index("a", engine="sqlite"), None)


@given(st.floats(1, 1e9), st.floats(8192, 1e12), st.integers(8192, 10**11), st.sampled_from(["note", "id"]))
def test_building_has_a_range(rows, heap, bytes_, column):
    low, high = building.seconds(index(column), catalog().find("orders"), rows, heap, bytes_, 65536 * 1024)
    assert 0 < low < high
    assert building.seconds(index(column), None, rows * 2, heap * 2, bytes_ * 2, None)[1] > high


def test_what_an_index_depends_on():
    table = catalog().find("orders")
    wanted = index("customer", include=("note",), where="status = 'a' AND \"seen\" > now()")
    assert depends_on(wanted, table) == {"customer", "note", "status", "seen"}
