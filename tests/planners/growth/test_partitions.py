"""New partitions are copies of the newest full one, before the oldest."""

from advisor.model.engine import Engine
from advisor.model.snapshot import Bounds, ColumnStatistics, Header, Relation, SchemaObject, Snapshot
from advisor.planners.growth.instants import elements
from advisor.planners.growth.scale import grow

MONTHS = (("2025-06-01", "2025-07-01"), ("2025-07-01", "2025-07-31"), ("2025-07-31", "2025-08-30"))


def made():
    text = "CREATE TABLE app.logs (id bigint GENERATED ALWAYS AS IDENTITY, at date NOT NULL, kind text) PARTITION BY RANGE (at)"
    objects = [SchemaObject(kind="table", schema="app", name="logs", oid=1, ddl=(text,))]
    relations = [Relation(schema="app", name="logs", kind="partitioned", pages=-1, tuples=250)]
    columns, bounds = [], []
    for number, (low, high) in enumerate(MONTHS):
        leaf, rows = f"logs_2025_{number + 6}", 100 if number < 2 else 50
        objects.append(
            SchemaObject(
                kind="table",
                schema="app",
                name=leaf,
                oid=10 + number,
                ddl=(
                    f"CREATE TABLE app.{leaf} (id bigint, at date NOT NULL, kind text DEFAULT 'app.{leaf}')",
                    f"ALTER TABLE ONLY app.logs ATTACH PARTITION app.{leaf} FOR VALUES FROM ('{low}') TO ('{high}')",
                ),
            )
        )
        objects.append(
            SchemaObject(
                kind="index", schema="app", name=f"{leaf}_at_idx", table=leaf, oid=20 + number,
                ddl=(f"CREATE INDEX {leaf}_at_idx ON app.{leaf} USING btree (at)",),
            )
        )  # fmt: skip
        relations.append(Relation(schema="app", name=leaf, kind="table", pages=7, tuples=rows, blocks=7))
        relations.append(
            Relation(schema="app", name=f"{leaf}_at_idx", kind="index", table=leaf, pages=2, tuples=rows, blocks=2)
        )
        first = 1 + number * 100
        columns.append(
            ColumnStatistics(
                schema="app", table=leaf, column="id", type="bigint", n_distinct=-1,
                histogram_bounds=f"{{{first},{first + rows - 1}}}", correlation=1.0,
            )
        )  # fmt: skip
        columns.append(
            ColumnStatistics(
                schema="app", table=leaf, column="at", type="date", n_distinct=30, histogram_bounds=f"{{{low},{high}}}"
            )
        )
        bounds.append(Bounds(schema="app", table=leaf, column="id", low=str(first), high=str(first + rows - 1)))
    return Snapshot(
        header=Header(engine=Engine("postgresql", "17"), values="present"),
        objects=objects, relations=relations, columns=columns, bounds=bounds,
    )  # fmt: skip


def test_more_partitions_of_today_s_size():
    growth = grow(made(), {"app.logs": 3})
    told = growth.snapshot
    # 500 more rows are five copies of the newest full one, which has 100.
    assert growth.notes == ("app.logs gets 5 more partitions like app.logs_2025_7",)
    sizes = {r.name: (r.pages, r.tuples) for r in told.relations}
    assert sizes["logs"] == (-1, 750)
    assert [sizes[f"logs_2025_{n}"] for n in (6, 7, 8)] == [(7, 100), (7, 100), (7, 50)]
    new = [o for o in told.objects if "1000000" in o.name and o.kind == "table"]
    assert [o.ddl[1].partition("FOR VALUES ")[2] for o in new] == [
        "FROM ('2025-05-02') TO ('2025-06-01')",
        "FROM ('2025-04-02') TO ('2025-05-02')",
        "FROM ('2025-03-03') TO ('2025-04-02')",
        "FROM ('2025-02-01') TO ('2025-03-03')",
        "FROM ('2025-01-02') TO ('2025-02-01')",
    ]
    first = new[0].name
    assert (
        new[0].ddl[0] == f"CREATE TABLE app.{first} (id bigint, at date NOT NULL, kind text DEFAULT 'app.logs_2025_7')"
    )
    index = next(o for o in told.objects if o.table == first)
    assert index.ddl == (f"CREATE INDEX {first}_at_idx ON app.{first} USING btree (at)",)
    assert sizes[first] == (7, 100)
    assert len({o.oid for o in told.objects}) == len(told.objects)


def test_times_and_numbers_are_those_of_the_past():
    told = grow(made(), {"logs": 3}).snapshot
    rows = {(r.table, r.column): elements(r.histogram_bounds) for r in told.columns}
    new = [o.name for o in told.objects if "1000000" in o.name and o.kind == "table"]
    assert rows[new[0], "at"] == ["2025-05-02", "2025-06-01"]
    # Numbers are counted up to those of the partitions that are there, which rise by the 500 rows before them.
    assert rows["logs_2025_6", "id"] == ["501", "600"]
    assert rows[new[0], "id"] == ["401", "500"]
    assert rows[new[-1], "id"] == ["1", "100"]
    assert rows["logs_2025_8", "at"] == ["2025-07-31", "2025-08-30"]
    ends = {b.table: (b.low, b.high) for b in told.bounds if b.column == "id"}
    assert (ends["logs_2025_6"], ends[new[-1]]) == (("501", "600"), ("1", "100"))


def test_the_clock_may_move():
    told = grow(made(), {"logs": 3}, clock="moves").snapshot
    new = [o for o in told.objects if "1000000" in o.name and o.kind == "table"]
    assert "FROM ('2025-08-30') TO ('2025-09-29')" in new[0].ddl[1]
    rows = {(r.table, r.column): elements(r.histogram_bounds) for r in told.columns}
    assert rows["logs_2025_6", "id"] == ["1", "100"]
    assert rows[new[0].name, "id"] == ["251", "350"]


def test_too_many_partitions_become_bigger_ones():
    growth = grow(made(), {"logs": 10_000})
    assert any("more than are made" in note for note in growth.notes)
    assert {r.name: r.tuples for r in growth.snapshot.relations}["logs_2025_6"] == 1_000_000
