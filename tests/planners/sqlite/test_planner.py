import shutil
import sqlite3
import sys
import time
from pathlib import Path

import apsw
import pytest

from advisor.catalog.errors import CatalogError
from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot import file, masking
from advisor.catalog.snapshot import sqlite as snapshots
from advisor.model.engine import Engine
from advisor.model.planning import Configuration, Query, Scale
from advisor.model.snapshot import Header, Relation, SchemaObject, Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.hypothetical import parse
from advisor.planners.sqlite import SqlitePlanner, library

sys.path.insert(0, str(Path(__file__).parent))
import shop

QUERIES = [Query(sql) for sql in shop.QUERIES]


def _where(path):
    return address(f"sqlite:///{path}")


@pytest.fixture(scope="module", params=["stat1", "stat4"])
def shop_file(request, tmp_path_factory):
    path = tmp_path_factory.mktemp("shop") / f"{request.param}.db"
    shop.load(path, sqlite3.connect if request.param == "stat1" else apsw.Connection)
    return path, request.param


def _tree(answer):
    return answer.error or [
        (n.operator, n.relation, n.index, n.access, n.extra, n.raw_operator) for n in answer.plan.nodes
    ]


def _agreement(real, shadow):
    return sum(_tree(a) == _tree(b) for a, b in zip(real, shadow, strict=True))


def test_the_shadow_plans_as_the_loaded_database_does(shop_file, tmp_path):
    path, kind = shop_file
    snapshot, order = snapshots.capture(_where(path))
    file.write(snapshot, tmp_path / "s")
    with SqlitePlanner.of_database(_where(path)) as live:
        real = live.explain(QUERIES)
        assert live.planned_by.planner == "live"
    assert not [a.error for a in real if a.error]
    found = {}
    for values, shown in (
        ("present", file.read(tmp_path / "s")),
        ("masked", masking.mask(snapshot, order)),
        ("none", masking.without_values(snapshot)),
    ):
        with SqlitePlanner.open(shown) as shadow:
            found[values] = _agreement(real, shadow.explain(QUERIES))
            assert shadow.planned_by.same_major
            assert shadow.planned_by.values == values
    print(f"{kind}: of {len(QUERIES)} plans the same {found}")
    assert found["present"] == len(QUERIES)
    assert found["masked"] >= len(QUERIES) - 1
    assert found["none"] >= (len(QUERIES) if kind == "stat1" else 0.7 * len(QUERIES))


def test_samples_matter_where_the_source_has_them(shop_file):
    path, kind = shop_file
    if kind == "stat1":
        pytest.skip("no samples")
    snapshot, _ = snapshots.capture(_where(path))
    snapshot.header = Header(engine=Engine("sqlite"), values="present")
    with SqlitePlanner.of_database(_where(path)) as live, SqlitePlanner.open(snapshot) as shadow:
        real = live.explain(QUERIES)
        assert shadow.planned_by.same_major is None
        shadow._apsw = False
        without = _agreement(real, shadow.explain(QUERIES))
    print(f"stat4 dropped, the standard library's version: {without} of {len(QUERIES)}")
    assert without < len(QUERIES)


def test_what_if_plans_as_with_the_real_index(shop_file, tmp_path):
    path, kind = shop_file
    connect = sqlite3.connect if kind == "stat1" else apsw.Connection
    same = changed = 0
    snapshot, _ = snapshots.capture(_where(path))
    with SqlitePlanner.open(snapshot) as shadow:
        before = shadow.explain(QUERIES)
        for text in shop.WHAT_IF:
            copy = tmp_path / "copy.db"
            shutil.copy(path, copy)
            database = connect(str(copy))
            database.execute(parse(text, "sqlite").statement())
            database.execute("ANALYZE")
            database.close()
            with SqlitePlanner.of_database(_where(copy)) as live:
                real = live.explain(QUERIES)
            planned = shadow.explain(QUERIES, Configuration(add=(text,)))
            same += _agreement(real, planned)
            changed += len(QUERIES) - _agreement(real, before)
            assert planned[0].indexes[0].modelled
    total = len(QUERIES) * len(shop.WHAT_IF)
    print(f"{kind}: what-if the same plan {same} of {total}; the real index changes {changed}")
    assert same >= 0.97 * total
    assert changed > 20


def test_hiding_and_growth(shop_file):
    path, _ = shop_file
    sql = Query("SELECT * FROM customer WHERE lower(mail) = 'x'")
    with SqlitePlanner.of_database(_where(path)) as planner:
        assert planner.explain([sql])[0].plan.nodes[1].index == "customer_lower"
        hidden = planner.explain([sql], Configuration(hide=("customer_lower",)))[0]
        assert hidden.plan.nodes[1].operator == "seq_scan"
        assert hidden.planned_by.planner == "shadow"
        grown = planner.explain([sql], Configuration(scale=(Scale("*", 100.0),)))[0]
        assert grown.planned_by.statistics == "scaled"
        assert grown is planner.explain([sql], Configuration(scale=(Scale("*", 100.0),)))[0]
        size = planner.sizes(["ON orders (total)"])[0]
        assert size.tuples == 20000
        off = Configuration(settings=(("automatic_index", "off"),))
        join = Query("SELECT * FROM flat f JOIN flat g ON f.a = g.b")
        assert _tree(planner.explain([join], off)[0]) != _tree(planner.explain([join])[0])
        for wrong in (
            Configuration(hide=("nowhere",)),
            Configuration(hide=("sqlite_autoindex_customer_1",)),
            Configuration(add=("ON orders (nowhere)",)),
            Configuration(add=("ON nowhere (a)",)),
            Configuration(add=("ON orders (total); DROP TABLE orders",)),
            Configuration(add=("ON other.orders (total)",)),
            Configuration(scale=(Scale("nowhere", 2.0),)),
            Configuration(scale=(Scale("orders", -1.0),)),
            Configuration(settings=(("writable_schema", "on"),)),
            Configuration(settings=(("automatic_index", "on; DROP TABLE orders"),)),
        ):
            with pytest.raises(PlannerError) as caught:
                planner.explain([sql], wrong)
            assert "\n" not in str(caught.value)


@pytest.mark.parametrize("apsw_", [False, True])
def test_parameters_and_placeholders(shop_file, apsw_):
    path, kind = shop_file
    snapshot, _ = snapshots.capture(_where(path))
    with SqlitePlanner.open(snapshot) as planner:
        planner._apsw = apsw_
        written = planner.explain(
            [Query(f"SELECT * FROM event WHERE kind = '{k}' AND at > 1000") for k in ("view", "error")]
        )
        for text in ("?", "?1", ":kind", "@kind", "$1", "%s"):
            sql = f"SELECT * FROM event WHERE kind = {text} AND at > 1000"
            bound = planner.explain(
                [Query(sql, ("view",)), Query(sql, ("error",)), Query(sql), Query(sql, ("view",), generic=True)]
            )
            assert not [a.error for a in bound if a.error]
            if planner._apsw and kind == "stat4":
                assert _tree(bound[0]) == _tree(written[0]) != _tree(written[1]) == _tree(bound[1])
            assert bound[2].notes
            assert _tree(bound[2]) == _tree(bound[3])


HOSTILE = [
    "SELECT 1; DROP TABLE orders",
    "SELECT 1; DELETE FROM orders",
    "ATTACH '/tmp/x.db' AS x",
    "SELECT load_extension('/tmp/x.so')",
    "PRAGMA writable_schema = on",
    "DROP TABLE orders",
    "CREATE TABLE x (a)",
    "VACUUM INTO '/tmp/x.db'",
    "BEGIN",
    "ANALYZE",
    "DELETE FROM sqlite_stat1",
    "UPDATE sqlite_schema SET sql = ''",
    "SELECT writefile('/tmp/x', 'y')",
    "SELECT * FROM orders WHERE id = zeroblob(2000000000)",
    "",
    ";",
    "-- nothing",
    "SELECT\0 1",
    "SELEC",
    "SELECT * FROM nowhere",
    "SELECT " + "(" * 5000 + "1" + ")" * 5000,
    "/* x */ ; SELECT 1 ; /* y */ DELETE FROM orders",
    "SELECT * FROM orders WHERE note = '\udcff'",
    "EXPLAIN DELETE FROM orders",
]


@pytest.mark.parametrize("apsw_", [False, True])
def test_foreign_sql_only_plans(shop_file, apsw_, tmp_path):
    path, _ = shop_file
    copy = tmp_path / "live.db"
    shutil.copy(path, copy)
    before = copy.read_bytes()
    snapshot, _ = snapshots.capture(_where(copy))
    live = library.of_file(copy, apsw=apsw_, busy_seconds=1.0)
    for planner in (SqlitePlanner(snapshot), SqlitePlanner(snapshot, live)):
        planner._apsw = apsw_
        with planner:
            for sql in HOSTILE:
                answer = planner.explain([Query(sql)])[0]
                if "zeroblob" not in sql and "note" not in sql:
                    assert answer.error, sql
                    assert "\n" not in answer.error
            assert planner.explain([Query("SELECT count(*) FROM orders")])[0].plan
    assert copy.read_bytes() == before
    assert not list(tmp_path.glob("x*"))
    assert {p.name for p in tmp_path.iterdir()} == {"live.db"}


@pytest.mark.parametrize("apsw_", [False, True])
def test_the_library_itself_runs_one_explain_only(apsw_):
    database = library.in_memory(apsw=apsw_)
    database.run("CREATE TABLE t (a)")
    database.run("INSERT INTO t VALUES (1)")
    for sql in ("SELECT 1 FROM t; DELETE FROM t", "SELECT 1 FROM t; DROP TABLE t"):
        with pytest.raises(library.SqliteError):
            database.explain(sql, (), 1.0)
    assert database.run("SELECT * FROM t") == [(1,)]
    database.close()


@pytest.mark.parametrize("apsw_", [False, True])
def test_planning_ends(apsw_):
    tables = [SchemaObject(kind="table", name=f"t{n}", ddl=(f"CREATE TABLE t{n} (a, b, c)",)) for n in range(62)]
    snapshot = Snapshot(header=Header(engine=Engine("sqlite"), values="present"), objects=tables)
    joins = " AND ".join(f"t{n}.a = t{n + 1}.b AND t{n}.c = t{(n * 7) % 62}.a" for n in range(61))
    with SqlitePlanner(snapshot) as planner:
        planner._apsw = apsw_
        begun = time.monotonic()
        planner.explain([Query(f"SELECT 1 FROM {', '.join(f't{n}' for n in range(62))} WHERE {joins}")])
        assert time.monotonic() - begun < 15


def test_functions_and_collations_of_the_application_have_stand_ins(tmp_path):
    path = tmp_path / "own.db"
    database = sqlite3.connect(path)
    database.create_function("slug", 1, lambda x: x, deterministic=True)
    database.create_collation("de", lambda a, b: (a > b) - (a < b))
    database.executescript(
        "CREATE TABLE t (a TEXT COLLATE de, b, c); CREATE INDEX t_a ON t (a); CREATE INDEX t_slug ON t (slug(b));"
        "CREATE VIRTUAL TABLE words USING fts5 (body); INSERT INTO words VALUES ('x'); ANALYZE"
    )
    database.close()
    snapshot, _ = snapshots.capture(_where(path))
    with SqlitePlanner.open(snapshot) as planner:
        queries = [
            "SELECT * FROM t WHERE a = 'x'",
            "SELECT * FROM t WHERE slug(b) = 1",
            "SELECT own(a) FROM t",
            "SELECT * FROM words",
        ]
        answers = planner.explain([Query(sql) for sql in queries])
        assert [a.error for a in answers] == [None] * 4
        assert answers[0].plan.nodes[1].index == "t_a"
        assert answers[1].plan.nodes[1].index == "t_slug"
        assert "function own is not known here" in answers[2].notes[0]
        assert len(answers[0].planned_by.notes) == 2


def test_without_statistics_row_counts_do():
    snapshot = Snapshot(
        header=Header(engine=Engine("sqlite"), values="present", statistics="default"),
        objects=[
            SchemaObject(kind="table", name="big", ddl=("CREATE TABLE big (a, b)",)),
            SchemaObject(kind="table", name="small", ddl=("CREATE TABLE small (a, b)",)),
            SchemaObject(kind="index", name="big_a", table="big", ddl=("CREATE INDEX big_a ON big (a)",)),
            SchemaObject(kind="index", name="small_a", table="small", ddl=("CREATE INDEX small_a ON small (a)",)),
            SchemaObject(kind="index", name="broken", table="small", ddl=("CREATE INDEX broken ON small (nowhere)",)),
        ],
        relations=[
            Relation(schema="main", name="big", kind="table", rows=1_000_000),
            Relation(schema="main", name="small", kind="table", rows=10),
        ],
    )
    with SqlitePlanner.open(snapshot) as planner:
        answer = planner.explain([Query("SELECT * FROM big JOIN small ON big.a = small.a")])[0]
        assert [n.relation for n in answer.plan.nodes if n.relation] == ["small", "big"]
        assert answer.planned_by.statistics == "default"
        assert "index broken" in answer.planned_by.notes[0]


def test_what_cannot_be_read_is_told_in_one_line(tmp_path):
    (tmp_path / "text.db").write_text("hello" * 1000)
    for path in (tmp_path / "none.db", tmp_path / "text.db", tmp_path):
        with pytest.raises(CatalogError) as caught:
            SqlitePlanner.of_database(_where(path))
        assert "\n" not in str(caught.value)
    with pytest.raises(PlannerError):
        SqlitePlanner.open(Snapshot(header=Header(engine=Engine("postgresql"), values="present")))
