"""Which columns grow, and what becomes of their statistics."""

import pytest

from advisor.model.engine import Engine
from advisor.model.snapshot import (
    Bounds,
    ColumnStatistics,
    ExtendedStatistics,
    Header,
    Relation,
    SchemaObject,
    Snapshot,
    StatisticsRow,
)
from advisor.planners.errors import PlannerError
from advisor.planners.growth.instants import DAY, elements, instant
from advisor.planners.growth.scale import grow, scale

DDL = """
CREATE TABLE customers (id integer GENERATED ALWAYS AS IDENTITY, email text, born date, joined timestamp with time zone);
CREATE TABLE orders (id bigint DEFAULT nextval('orders_id_seq'::regclass) NOT NULL, customer_id integer,
  parent_id bigint, coupon_id integer, put timestamp with time zone, changed timestamp without time zone DEFAULT now(),
  due date, state text, total numeric(10,2));
CREATE TABLE coupons (id integer NOT NULL, code text);
CREATE TABLE scores (customer_id integer NOT NULL, number bigint NOT NULL, hash bigint NOT NULL);
CREATE TABLE logs (id bigint, at timestamp with time zone) PARTITION BY RANGE (at);
CREATE TABLE logs_1 PARTITION OF logs FOR VALUES FROM ('2025-01-01') TO ('2025-02-01');
CREATE TABLE metrics (sensor integer, at timestamp with time zone) PARTITION BY HASH (sensor);
CREATE TABLE metrics_1 PARTITION OF metrics FOR VALUES WITH (MODULUS 1, REMAINDER 0);
ALTER TABLE customers ADD CONSTRAINT customers_pkey PRIMARY KEY (id);
ALTER TABLE orders ADD CONSTRAINT orders_pkey PRIMARY KEY (id);
ALTER TABLE coupons ADD CONSTRAINT coupons_pkey PRIMARY KEY (id);
ALTER TABLE scores ADD CONSTRAINT scores_pkey PRIMARY KEY (customer_id);
ALTER TABLE scores ADD CONSTRAINT scores_number UNIQUE (number);
ALTER TABLE scores ADD CONSTRAINT scores_hash UNIQUE (hash);
ALTER TABLE orders ADD CONSTRAINT orders_customer FOREIGN KEY (customer_id) REFERENCES customers(id);
ALTER TABLE orders ADD CONSTRAINT orders_parent FOREIGN KEY (parent_id) REFERENCES orders(id);
ALTER TABLE scores ADD CONSTRAINT scores_customer FOREIGN KEY (customer_id) REFERENCES customers(id)
"""
DAYS = "{" + ",".join(f'"2025-{month:02}-{day:02} 00:00:00+00"' for month in range(1, 11) for day in range(1, 29)) + "}"


def array(*values):
    return "{" + ",".join(map(str, values)) + "}"


def column(table, name, n_distinct=-1.0, **more):
    return ColumnStatistics(schema="public", table=table, column=name, n_distinct=n_distinct, **more)


def table(name, rows, kind="table", **more):
    pages = rows // 50
    return Relation(
        schema="public",
        name=name,
        kind=kind,
        pages=pages,
        tuples=float(rows),
        all_visible=pages // 2,
        blocks=pages + 2,
        **more,
    )


def made(**more):
    objects = [
        SchemaObject(
            kind="table" if text.strip().startswith("CREATE") else "constraint",
            schema="public",
            name=f"o{n}",
            ddl=(text.strip(),),
        )
        for n, text in enumerate(DDL.split(";\n"))
    ]
    objects.append(
        SchemaObject(
            kind="statistics",
            schema="public",
            name="combined",
            table="orders",
            ddl=("CREATE STATISTICS combined ON state, customer_id FROM orders",),
        )
    )
    put = {"correlation": 0.999, "type": "timestamp with time zone", "histogram_bounds": DAYS}
    columns = [
        column("customers", "id", histogram_bounds=array(1, 500, 1000), type="integer"),
        column("customers", "email", histogram_bounds="{a,m,z}"),
        column("customers", "born", n_distinct=-0.4, correlation=0.01, histogram_bounds="{1950-01-01,1980-01-01,2000-01-01}", type="date"),
        column("customers", "joined", **put),
        column("orders", "id", histogram_bounds=array(11, 5000, 10010), type="bigint", correlation=0.7),
        column("orders", "customer_id", n_distinct=800, most_common_vals=array(1, 7), most_common_freqs=(0.1, 0.05),
               histogram_bounds=array(2, 400, 900), type="integer"),
        column("orders", "parent_id", n_distinct=-0.2, null_frac=0.5, histogram_bounds=array(11, 9000), type="bigint"),
        column("orders", "coupon_id", n_distinct=20, most_common_vals=array(3), most_common_freqs=(0.2,),
               histogram_bounds=array(1, 10, 20), type="integer"),
        column("orders", "put", **{**put, "correlation": 0.68}),
        column("orders", "changed", **{**put, "correlation": 0.1, "type": "timestamp without time zone",
               "histogram_bounds": DAYS.replace("+00", "")}),
        column("orders", "due", n_distinct=290, correlation=0.1, type="date", histogram_bounds="{2025-01-03,2025-06-01,2025-11-01}"),
        column("orders", "state", n_distinct=3, most_common_vals="{open,done,lost}", most_common_freqs=(0.6, 0.3, 0.1)),
        column("orders", "total", n_distinct=-0.7),
        column("coupons", "id", histogram_bounds=array(1, 10, 20), type="integer"),
        column("scores", "customer_id", histogram_bounds=array(1, 500, 1000), type="integer"),
        column("scores", "number", histogram_bounds=array(1000, 1500, 2200), type="bigint"),
        column("scores", "hash", histogram_bounds=array(-9 * 10**18, 0, 9 * 10**18), type="bigint", correlation=0.0),
        column("logs_1", "at", **put),
        column("metrics_1", "at", **put),
        column("metrics", "at", inherited=True, **{**put, "correlation": 0.2}),
        column("orders_expr", "lower", n_distinct=40),
    ]  # fmt: skip
    relations = [
        table("customers", 1000),
        table("orders", 10_000, counters={"n_live_tup": 10_000, "n_tup_ins": 123}),
        table("coupons", 20),
        table("scores", 1000),
        table("logs", 500, "partitioned"),
        table("logs_1", 500),
        table("metrics", 500, "partitioned"),
        table("metrics_1", 500),
        table("orders_pkey", 10_000, "index", table="orders", height=2),
        table("orders_expr", 10_000, "index", table="orders", gin={"n_entries": 3}),
    ]
    given = {
        "header": Header(engine=Engine("postgresql", "15"), values="present"),
        "objects": objects,
        "relations": relations,
        "columns": columns,
        "bounds": [
            Bounds(schema="public", table="orders", column="id", low="11", high="10011"),
            Bounds(
                schema="public",
                table="orders",
                column="put",
                low="2025-01-01 00:00:00+00",
                high="2025-10-28 00:00:00+00",
            ),
            Bounds(schema="public", table="orders", column="state", low="done", high="open"),
        ],
        **more,
    }
    return Snapshot(**given)


def of(snapshot, name, col):
    return next(row for row in snapshot.columns if (row.table, row.column) == (name, col))


@pytest.fixture(scope="module")
def growth():
    return grow(made(), {"orders": 10, "customers": 10, "scores": 10, "logs": 10, "metrics": 10})


def decision(growth, name, col):
    return next(policy for policy in growth.policies if (policy.table, policy.column) == (f"public.{name}", col))


def test_sizes_grow_and_what_follows_from_them_is_derived_anew(growth):
    before, after = ({r.name: r for r in one.relations} for one in (made(), growth.snapshot))
    for name in ("orders", "orders_pkey", "orders_expr", "logs_1"):
        assert after[name].tuples == before[name].tuples * 10
        assert after[name].blocks == before[name].blocks * 10
        assert (after[name].pages, after[name].all_visible) == (before[name].pages * 10, before[name].all_visible * 10)
        assert (after[name].height, after[name].gin) == (None, None)
    assert after["coupons"] == before["coupons"]
    assert after["orders"].counters == {"n_live_tup": 100_000, "n_tup_ins": 123}
    assert growth.snapshot.header.statistics == "scaled"


@pytest.mark.parametrize(
    ("name", "col", "expected"),
    [
        ("customers", "id", "scaled"),
        ("customers", "email", "kept"),
        ("customers", "born", "kept"),
        ("customers", "joined", "extended"),
        ("orders", "id", "scaled"),
        ("orders", "customer_id", "scaled"),
        ("orders", "parent_id", "scaled"),
        ("orders", "coupon_id", "kept"),
        ("orders", "put", "extended"),
        ("orders", "changed", "extended"),
        ("orders", "due", "extended"),
        ("orders", "state", "kept"),
        ("orders", "total", "kept"),
        ("scores", "customer_id", "scaled"),
        ("scores", "number", "scaled"),
        ("scores", "hash", "kept"),
        ("logs", "at", "kept"),
        ("metrics", "at", "extended"),
    ],
)
def test_each_column_is_decided_by_what_feeds_it(growth, name, col, expected):
    policy = decision(growth, name, col)
    assert policy.decision == expected, policy.because
    assert policy.because


def test_reasons_are_told_in_words(growth):
    assert "sequence" in decision(growth, "orders", "id").because
    assert decision(growth, "orders", "customer_id").because == "it refers to public.customers.id, which grows x10"
    assert "coupons.id, which does not grow" in decision(growth, "orders", "coupon_id").because
    assert "no constraint says so" in decision(growth, "orders", "coupon_id").because
    assert "rises with the column" in decision(growth, "orders", "put").because
    assert decision(growth, "orders", "changed").because == "its default is now()"
    assert "same time as put" in decision(growth, "orders", "due").because


def test_a_sequence_s_range_grows_from_its_beginning(growth):
    assert of(growth.snapshot, "orders", "id").histogram_bounds == "{11,49901,100001}"
    assert of(growth.snapshot, "orders", "id").n_distinct == -1
    low_high = {b.column: (b.low, b.high) for b in growth.snapshot.bounds}
    assert low_high["id"] == ("11", "100011")
    assert low_high["state"] == ("done", "open")


def test_references_follow_their_parent(growth):
    row = of(growth.snapshot, "orders", "customer_id")
    assert row.n_distinct == 8000
    assert row.most_common_freqs == pytest.approx((0.01, 0.005))
    assert elements(row.histogram_bounds) == ["11", "3991", "8991"]
    assert of(growth.snapshot, "orders", "parent_id").n_distinct == -0.2
    kept = of(growth.snapshot, "orders", "coupon_id")
    assert kept.n_distinct == pytest.approx(20)
    assert kept.most_common_freqs == (0.2,)


def test_time_ends_today_and_begins_earlier(growth):
    row = of(growth.snapshot, "orders", "put")
    moments = [instant(value) for value in elements(row.histogram_bounds)]
    assert moments == sorted(moments)
    assert moments[-1] == instant("2025-10-28")
    days = decision(growth, "orders", "put").days
    assert days == pytest.approx(9 * 300, rel=0.1)
    assert moments[0] == instant("2025-01-01") - round(days) * DAY
    put = next(b for b in growth.snapshot.bounds if b.column == "put")
    assert (instant(put.low), put.high) == (moments[0], "2025-10-28 00:00:00+00")
    due = of(growth.snapshot, "orders", "due")
    assert due.n_distinct == pytest.approx(290 * (days + 302) / 302, rel=0.02)
    assert elements(due.histogram_bounds)[-1] == "2025-11-01"


def test_the_clock_may_move_instead():
    moved = grow(made(), {"orders": 10}, clock="moves")
    moments = [instant(value) for value in elements(of(moved.snapshot, "orders", "put").histogram_bounds)]
    assert moments[0] == instant("2025-01-01")
    assert moments[-1] > instant("2032-01-01")


def test_the_time_of_growth_may_be_given():
    quick = grow(made(), {"orders": 2}, days=30)
    assert decision(quick, "orders", "put").days == 30
    with pytest.raises(PlannerError, match="above 0"):
        grow(made(), {"orders": 2}, days=0)


def test_partitions_by_time_grow_within_their_bounds_and_that_is_said(growth):
    assert of(growth.snapshot, "logs_1", "at") == of(made(), "logs_1", "at")
    assert any("grow within their bounds" in note for note in growth.notes)


def test_factors_reach_leaves_and_a_leaf_s_own_goes_first():
    after = {r.name: r.tuples for r in scale(made(), {"logs": 4, "logs_1": 8}).relations}
    assert (after["logs"], after["logs_1"], after["orders"]) == (2000, 4000, 10_000)
    every = {r.name: r.tuples for r in scale(made(), {"*": 2, "orders": 3}).relations}
    assert (every["orders"], every["orders_pkey"], every["customers"], every["logs_1"]) == (30_000, 30_000, 2000, 1000)


def test_a_table_is_found_by_the_very_name_that_the_snapshot_has():
    odd = made(relations=[table('odd "7"', 100)])
    assert [r.tuples for r in scale(odd, {'public.odd "7"': 2}).relations] == [200]


@pytest.mark.parametrize(
    ("factors", "words"),
    [
        ({"order": 2}, "did you mean orders"),
        ({"orders": 0.5}, "number from 1"),
        ({"orders": float("nan")}, "number from 1"),
        ({"orders": float("inf")}, "number from 1"),
        ({"orders": 1e9}, "number from 1"),
        ({"nowhere.orders": 2}, "no table|several"),
    ],
)
def test_what_cannot_be_grown_is_told(factors, words):
    with pytest.raises(PlannerError, match=words):
        scale(made(), factors)


def test_growing_by_one_changes_nothing():
    before, after = made(), scale(made(), {"*": 1})
    assert (after.columns, after.relations, after.bounds) == (before.columns, before.relations, before.bounds)


def test_a_child_that_stays_and_a_sequence_that_ends_are_remarked():
    alone = grow(made(), {"customers": 10})
    assert "public.orders refers to public.customers and was not grown with it" in alone.notes
    assert of(alone.snapshot, "orders", "customer_id") == of(made(), "orders", "customer_id")
    over = grow(made(), {"customers": 1e6 * 1.0, "orders": 1})
    values = [int(value) for value in elements(of(over.snapshot, "customers", "id").histogram_bounds)]
    assert max(values) <= 1_000_000_001 + 1
    big = made(columns=[column("customers", "id", histogram_bounds=array(1, 10**6, 2 * 10**9), type="integer")])
    told = grow(big, {"customers": 3})
    assert any("runs out of numbers" in note for note in told.notes)
    assert elements(of(told.snapshot, "customers", "id").histogram_bounds)[-1] == str(2**31 - 1)


def test_a_snapshot_without_values_grows_in_numbers():
    bare = [
        ColumnStatistics(
            schema=row.schema, table=row.table, column=row.column, type=row.type, n_distinct=row.n_distinct,
            most_common_freqs=row.most_common_freqs, correlation=row.correlation, inherited=row.inherited,
        )
        for row in made().columns
    ]  # fmt: skip
    told = grow(made(columns=bare, bounds=[]), {"orders": 10, "customers": 10})
    assert of(told.snapshot, "orders", "customer_id").n_distinct == 8000
    assert of(told.snapshot, "orders", "customer_id").most_common_freqs == pytest.approx((0.01, 0.005))
    assert decision(told, "orders", "put").decision == "scaled"
    assert of(told.snapshot, "orders", "put").histogram_bounds is None


def test_extended_statistics_grow_with_their_columns():
    import struct

    blob = struct.pack("<IIIdihh", 0xA352BFA4, 1, 1, 2400.0, 2, 2, 8).hex()
    given = ExtendedStatistics(
        schema="public", name="combined", columns=("customer_id", "state"), numbers=(2, 8), ndistinct=blob,
        ndistinct_text='{"2, 8": 2400}', mcv="00",
    )  # fmt: skip
    told = grow(made(extended=[given]), {"orders": 10, "customers": 10})
    (after,) = told.snapshot.extended
    assert struct.unpack_from("<d", bytes.fromhex(after.ndistinct), 12) == (24_000.0,)
    assert after.ndistinct_text == '{"2, 8": 24000}'
    assert after.mcv is None
    assert any("common combinations" in note for note in told.notes)
    only = grow(made(extended=[given]), {"orders": 10})
    assert only.snapshot.extended == [given]


def test_rows_of_other_engines():
    rows = [
        StatisticsRow(source="sqlite_stat1", values={"tbl": "t", "idx": None, "stat": "1000"}),
        StatisticsRow(source="sqlite_stat1", values={"tbl": "t", "idx": "i", "stat": "1000 100 2 1"}),
        StatisticsRow(source="sqlite_stat1", values={"tbl": "u", "idx": None, "stat": "7"}),
        StatisticsRow(source="sqlite_stat4", values={"tbl": "t", "idx": "i", "neq": "100 2 1", "nlt": "300 301 301", "ndlt": "3 150 301", "sample": "00"}),
    ]  # fmt: skip
    lite = Snapshot(header=Header(engine=Engine("sqlite", "3"), values="present"), rows=rows)
    told = grow(lite, {"T": 10})
    stats = [row.values["stat"] for row in told.snapshot.rows[:3]]
    assert stats == ["10000", "10000 1000 2 1", "7"]
    sample = told.snapshot.rows[3].values
    assert (sample["neq"], sample["nlt"], sample["ndlt"]) == ("1000 2 1", "3000 3010 3010", "3 1500 3010")
    assert told.tables[0].rows_after == 10_000
    with pytest.raises(PlannerError, match="no table"):
        grow(lite, {"v": 2})

    inno = [
        StatisticsRow(source="mysql.innodb_table_stats", values={"database_name": "d", "table_name": "t", "n_rows": 1000, "clustered_index_size": 10, "sum_of_other_index_sizes": 4}),
        StatisticsRow(source="mysql.innodb_index_stats", values={"table_name": "t", "index_name": "i", "stat_name": "n_diff_pfx01", "stat_value": 5}),
        StatisticsRow(source="mysql.innodb_index_stats", values={"table_name": "t", "index_name": "PRIMARY", "stat_name": "n_diff_pfx01", "stat_value": 1000}),
        StatisticsRow(source="mysql.index_stats", values={"table_name": "t", "index_name": "i", "avg_frequency": "200.0000"}),
        StatisticsRow(source="mysql.table_stats", values={"table_name": "t", "cardinality": 1000}),
    ]  # fmt: skip
    maria = Snapshot(header=Header(engine=Engine("mariadb", "10.11"), values="present"), rows=inno)
    after = [row.values for row in scale(maria, {"t": 4}).rows]
    assert (after[0]["n_rows"], after[0]["clustered_index_size"], after[0]["sum_of_other_index_sizes"]) == (
        4000,
        40,
        16,
    )
    assert (after[1]["stat_value"], after[2]["stat_value"]) == (5, 4000)
    assert float(after[3]["avg_frequency"]) == 800
    assert after[4]["cardinality"] == 4000
