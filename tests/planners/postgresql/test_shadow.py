"""A shadow plans as the loaded database it was captured from does: the same trees at the same costs."""

from __future__ import annotations

import os
import shutil
import time
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot.masking import mask, without_values
from advisor.catalog.snapshot.postgresql import capture
from advisor.model.snapshot import Extension, Header, Relation, SchemaObject, Setting, Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.binaries import find
from advisor.planners.postgresql.shadow import Shadow
from tests import servers

pytestmark = pytest.mark.server

_HERE = Path(__file__).parent
QUERIES = (_HERE / "loaded_queries.sql").read_text().splitlines()


def load(server: servers.Server) -> str:
    """Makes the database `source` of loaded.sql; its address."""
    with psycopg.connect(server.dsn, autocommit=True) as admin:
        admin.execute("CREATE DATABASE source")
    dsn = server.dsn.rpartition("/")[0] + "/source"
    with psycopg.connect(dsn, autocommit=True) as connection:
        for statement in (_HERE / "loaded.sql").read_text().split(";\n"):
            if statement.strip():
                connection.execute(statement.encode())
    return dsn


def plans(connection: psycopg.Connection[Any]) -> dict[str, Any]:
    """The plan of each query, as JSON, or the server's words."""
    found: dict[str, Any] = {}
    for query in QUERIES:
        try:
            found[query] = connection.execute(b"EXPLAIN (FORMAT JSON) " + query.encode()).fetchone()[0][0]["Plan"]
        except psycopg.Error as error:
            found[query] = str(error)
    return found


def shape(plan: Any) -> Any:
    """A plan without its figures, and without what only some majors print."""
    if isinstance(plan, dict):
        kept = ("Node Type", "Relation Name", "Index Name", "Join Type", "Strategy", "Parent Relationship", "Plans")
        return {key: shape(plan[key]) for key in kept if key in plan}
    return [shape(one) for one in plan] if isinstance(plan, list) else plan


def different(wanted: dict[str, Any], got: dict[str, Any]) -> dict[str, Any]:
    return {query: (wanted[query], got[query]) for query in QUERIES if wanted[query] != got[query]}


@dataclass
class Source:
    """What a loaded database was captured as, and its own plans."""

    snapshot: Snapshot
    plans: dict[str, Any]


@cache
def source(major: int) -> Source:
    with servers.postgresql({"autovacuum": "off"}, major) as server:
        dsn = load(server)
        snapshot, _ = capture(address(dsn))
        with psycopg.connect(dsn, autocommit=True) as connection:
            return Source(snapshot, plans(connection))


@pytest.fixture(autouse=True)
def entries() -> Path:
    """Where finished shadows are kept; none is there. Fresh data directories are shared by all tests."""
    kept = Path(os.environ["XDG_CACHE_HOME"]) / "advisor" / "shadows"
    shutil.rmtree(kept, ignore_errors=True)
    return kept


@pytest.mark.parametrize("major", [15, 18, *(pytest.param(major, marks=pytest.mark.long) for major in (14, 16, 17))])
def test_plans_and_costs_are_the_sources_own(major: int) -> None:
    loaded = source(major)
    with Shadow.open(loaded.snapshot, binaries=find(major), cache=False) as shadow, shadow.connect() as connection:
        assert shadow.problems == ()
        assert not [plan for plan in loaded.plans.values() if isinstance(plan, str)]
        assert different(loaded.plans, plans(connection)) == {}


def test_direct_rows_are_what_the_restore_functions_write() -> None:
    loaded = source(18)
    with Shadow.open(loaded.snapshot, binaries=find(18), cache=False, way="rows") as shadow:
        assert shadow.problems == ()
        with shadow.connect() as connection:
            assert different(loaded.plans, plans(connection)) == {}


@pytest.mark.parametrize(
    ("of", "on"),
    [(15, 18), *(pytest.param(*pair, marks=pytest.mark.long) for pair in ((18, 15), (14, 18), (18, 14)))],
)
def test_another_major_plans_a_snapshot(of: int, on: int) -> None:
    loaded = source(of)
    with Shadow.open(loaded.snapshot, binaries=find(on), cache=False) as shadow, shadow.connect() as connection:
        assert all("extension" in problem for problem in shadow.problems)
        got = plans(connection)
        assert not [plan for plan in got.values() if isinstance(plan, str)]
        same = [query for query in QUERIES if shape(got[query]) == shape(loaded.plans[query])]
        assert len(same) >= 0.8 * len(QUERIES)


@pytest.mark.parametrize("major", [15, 18])
def test_masked_values_need_not_obey_domains_and_missing_values_cost_no_others(major: int) -> None:
    loaded = source(major)
    for snapshot in (mask(loaded.snapshot, None), without_values(loaded.snapshot)):
        with Shadow.open(snapshot, binaries=find(major), cache=False) as shadow:
            assert shadow.problems == ()
            with shadow.connect() as connection:
                checks = "SELECT count(*) FROM pg_constraint WHERE contypid IN ('email'::regtype, 'amount'::regtype)"
                assert connection.execute(checks).fetchone() == (2,)


def test_without_pageinspect_heights_are_estimated() -> None:
    """Only superusers may look at pages: the usual snapshot has no heights and no counts of GIN indexes."""
    loaded = source(15)
    bare = [msgspec.structs.replace(one, height=None, gin=None) for one in loaded.snapshot.relations]
    snapshot = msgspec.structs.replace(loaded.snapshot, relations=bare)
    with Shadow.open(snapshot, binaries=find(15), cache=False) as shadow, shadow.connect() as connection:
        got = plans(connection)
    for query, (wanted, found) in different(loaded.plans, got).items():
        assert shape(wanted) == shape(found), query
        assert found["Total Cost"] == pytest.approx(wanted["Total Cost"], rel=0.1)
    assert len(different(loaded.plans, got)) <= 5


def test_a_kept_shadow_is_the_same(entries: Path) -> None:
    loaded = source(15)
    programs = find(15)
    with Shadow.open(loaded.snapshot, binaries=programs) as shadow:
        assert not shadow.cached
        made = {
            key: (one.oid, one.path.relative_to(shadow.cluster.data))
            for key, one in shadow.relations.items()
            if one.path
        }
    start = time.monotonic()
    with Shadow.open(loaded.snapshot, binaries=programs) as shadow:
        took = time.monotonic() - start
        assert shadow.cached
        assert took < 5  # 0.15 s on an idle machine
        again = {
            key: (one.oid, one.path.relative_to(shadow.cluster.data))
            for key, one in shadow.relations.items()
            if one.path
        }
        assert again == made
        with shadow.connect() as connection:
            assert different(loaded.plans, plans(connection)) == {}
            # Two at a time, each its own.
            with Shadow.open(loaded.snapshot, binaries=programs) as other, other.connect() as second:
                second.execute("DROP TABLE sales.tiny")
                assert connection.execute("SELECT count(*) FROM sales.tiny").fetchone() == (2,)
    (entry,) = entries.iterdir()
    assert entry.stat().st_mode & 0o077 == 0


def test_a_damaged_entry_is_made_again(entries: Path) -> None:
    snapshot = small()
    Shadow.open(snapshot).close()
    (entry,) = entries.iterdir()

    def flip(file: Path) -> None:
        content = bytearray(file.read_bytes())
        content[100] ^= 1
        file.write_bytes(content)

    for damage in (flip, Path.unlink, None):
        if damage is None:
            (entry / "manifest.json").write_bytes(b"{")
        else:
            (victim,) = (entry / "data" / "base").rglob("1259")
            damage(victim)
        with Shadow.open(snapshot) as shadow:
            assert not shadow.cached
            with shadow.connect() as connection:
                assert connection.execute("SELECT 1 FROM t").fetchall() == []
    with Shadow.open(snapshot) as shadow:
        assert shadow.cached


def made(*ddl: str, kind: Any = "table", **more: Any) -> list[SchemaObject]:
    return [SchemaObject(kind=kind, schema="public", name=f"o{n}", ddl=(one,), **more) for n, one in enumerate(ddl)]


def small(*ddl: str, **more: Any) -> Snapshot:
    header = Header(engine=_engine(), version_number=150000, values="present")
    objects = made("CREATE TABLE t (a int PRIMARY KEY, b text)", *ddl)
    return Snapshot(header=header, objects=objects, **more)


def _engine() -> Any:
    from advisor.model.engine import Engine

    return Engine("postgresql", "15")


def test_the_oldest_entries_go(entries: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.model.limits import LIMITS
    from advisor.planners.postgresql import cache as module

    monkeypatch.setattr(module, "LIMITS", type("L", (), {**_fields(LIMITS), "shadow_cache_entries": 2}))
    root = entries
    data = tmp_path / "data"
    data.mkdir()
    (data / "file").write_bytes(b"x" * 100)
    for number in range(4):
        module.keep(f"entry{number}", data, module.Manifest((), ()))
        os.utime(root / f"entry{number}" / "manifest.json", (number, number))
    assert sorted(path.name for path in root.iterdir()) == ["entry2", "entry3"]
    with module.kept("entry2") as held:
        assert held is not None
        module.keep("entry4", data, module.Manifest((), ()))
        module.discard("entry2")  # somebody is using it
        assert (root / "entry2" / "manifest.json").exists()


def _fields(limits: Any) -> dict[str, Any]:
    return {name: getattr(limits, name) for name in limits.__slots__}


def test_what_cannot_be_made_is_named_and_the_rest_is_made() -> None:
    objects = [
        *made("CREATE VIEW early AS SELECT * FROM late", kind="view"),
        *made("CREATE TABLE late (a int, b nosuchtype)"),
        *made("COPY pg_class TO STDOUT", "COPY good FROM STDIN", kind="other"),
        SchemaObject(
            kind="index", schema="public", name="late_a", table="o0", ddl=("CREATE INDEX late_a ON late (a)",)
        ),
        SchemaObject(
            kind="table",
            schema="public",
            name="good",
            ddl=("CREATE TABLE good (a int)", "ALTER TABLE good SET (nonsense = 1)"),
        ),
        SchemaObject(kind="view", schema="public", name="v", ddl=("CREATE VIEW v AS SELECT * FROM good",)),
        SchemaObject(
            kind="collation",
            schema="public",
            name="c",
            ddl=("CREATE COLLATION c (provider = icu, locale = 'de-u-co-phonebk')",),
        ),
        SchemaObject(
            kind="table",
            schema="public",
            name="two",
            ddl=('CREATE TABLE two (a text COLLATE "xx-nowhere-x-icu", b text COLLATE c)',),
        ),
        SchemaObject(kind="table", schema="public", name="three", ddl=("CREATE TABLE three (); DROP TABLE good",)),
    ]
    snapshot = Snapshot(
        header=small().header,
        objects=list(reversed(objects)),
        extensions=[Extension(name="dblink"), Extension(name="plpgsql"), Extension(name="citext")],
        settings=[
            Setting(name="work_mem", value="8192", unit="kB"),
            Setting(name="search_path", value='"$user", public, "Odd ""one"'),
            Setting(name="local_preload_libraries", value="evil"),
            Setting(name="enable_nonsense", value="on"),
        ],
    )
    with Shadow.open(snapshot, cache=False) as shadow, shadow.connect() as connection:
        said = "\n".join(shadow.problems)
        for word in (
            "dblink",
            "nosuchtype",
            "nonsense",
            "late_a",
            "multiple commands",
            "copy data",
            "xx-nowhere-x-icu",
        ):
            assert word in said, word
        assert "citext" not in said or "left out" in said
        assert connection.execute("SELECT count(*) FROM v").fetchone() == (0,)
        assert connection.execute("SELECT a, b FROM two").fetchall() == []
        assert connection.execute("SHOW work_mem").fetchone() == ("8MB",)
        assert connection.execute("SHOW search_path").fetchone() == ('"$user", public, "Odd ""one"',)
        assert connection.execute("SHOW local_preload_libraries").fetchone() == ("",)


def test_the_functions_of_the_catalog_touch_the_owners_things_only() -> None:
    with Shadow.open(small("CREATE INDEX t_b ON t (b)"), cache=False) as shadow, shadow.connect() as connection:
        ((mine,),) = connection.execute("SELECT 't_b'::regclass::oid").fetchall()
        connection.execute("SELECT advisor_shadow.set_valid(%s::oid, false)", [mine])
        assert connection.execute("SELECT indisvalid FROM pg_index WHERE indexrelid = %s", [mine]).fetchone() == (
            False,
        )
        connection.execute("SELECT advisor_shadow.set_valid('pg_class_oid_index'::regclass, false)")
        connection.execute("SELECT advisor_shadow.set_size('pg_class'::regclass, 7::int, 7::real, 7::int)")
        assert connection.execute(
            "SELECT indisvalid FROM pg_index WHERE indexrelid = 'pg_class_oid_index'::regclass"
        ).fetchone() == (True,)
        assert connection.execute("SELECT relpages <> 7 FROM pg_class WHERE oid = 'pg_class'::regclass").fetchone() == (
            True,
        )
        connection.execute("ALTER TABLE t ADD CONSTRAINT c CHECK (a > 0) NOT VALID")
        ((constraint,),) = connection.execute("SELECT oid FROM pg_constraint WHERE conname = 'c'").fetchall()
        assert "Result" not in _explained(connection, "SELECT * FROM t WHERE a < 0")
        connection.execute("SELECT advisor_shadow.set_validated(%s::oid, true)", [constraint])
        connection.execute("SET constraint_exclusion = on")
        assert "Result" in _explained(connection, "SELECT * FROM t WHERE a < 0")
        for statement in (
            "UPDATE pg_class SET relpages = 1",
            "SET session_replication_role = replica",
            "CREATE CAST (bytea AS pg_mcv_list) WITHOUT FUNCTION",
        ):
            with pytest.raises(psycopg.Error):
                connection.execute(statement.encode())


def _explained(connection: psycopg.Connection[Any], query: str) -> str:
    return "\n".join(row[0] for row in connection.execute(b"EXPLAIN " + query.encode()))


def test_hostile_statistics_run_nothing_as_the_superuser() -> None:
    """Input functions of domains call anybody's functions: the superuser never reads a value with them."""
    from advisor.model.snapshot import ColumnStatistics

    spy = (
        "CREATE FUNCTION spy(text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN "
        "IF current_user <> 'advisor_owner' OR session_user <> 'advisor_owner' THEN "
        "RAISE EXCEPTION 'got out as %', session_user; END IF; RETURN true; END $$"
    )
    ddl = (
        spy, "CREATE DOMAIN d AS text CHECK (spy(VALUE))", "CREATE TYPE c AS (x d)", "CREATE DOMAIN i AS int CHECK (spy(VALUE::text))",
        "CREATE TABLE h (a d, b c, e d[], f int, g i)", "CREATE INDEX h_spy ON h ((spy(a)))", "CREATE INDEX h_a ON h (a)",
    )  # fmt: skip
    columns = [
        ColumnStatistics(schema="public", table="h", column=name, n_distinct=-1, avg_width=4, most_common_vals=values,
                         most_common_freqs=(0.5, 0.2), histogram_bounds=None)
        for name, values in (("a", "{x,y}"), ("b", '{"(x)","(y)"}'), ("e", "{{x},{y}}"), ("f", "{1,2}"), ("g", "{1,2}"), ("gone", "{1,2}"))
    ]  # fmt: skip
    relations = [Relation(schema="public", name="h", kind="table", pages=10, tuples=100, blocks=10)]
    snapshot = small(*ddl, columns=columns, relations=relations)
    for major in (15, 18):
        with (
            Shadow.open(snapshot, binaries=find(major), cache=False, way="rows") as shadow,
            shadow.connect() as connection,
        ):
            said = "\n".join(shadow.problems)
            assert "got out" not in said
            assert "public.h.b: most common values left out" in said
            assert "public.h.gone" in said
            stored = dict(
                connection.execute("SELECT attname, most_common_vals::text FROM pg_stats WHERE tablename = 'h'")
            )
            assert stored["a"] == "{x,y}"
            assert stored["f"] == "{1,2}"
            assert stored["g"] == "{1,2}"


def test_a_schema_that_does_not_end_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.planners.postgresql import shadow as module

    limits = type("L", (), {**_fields(module.LIMITS), "shadow_schema_seconds": 2})
    monkeypatch.setattr(module, "LIMITS", limits)
    endless = (
        "DO $$ BEGIN LOOP BEGIN PERFORM set_config('statement_timeout', '0', false); PERFORM pg_sleep(60); "
        "EXCEPTION WHEN OTHERS OR query_canceled THEN NULL; END; END LOOP; END $$"
    )
    with pytest.raises(PlannerError, match="could not be made"):
        Shadow.open(small(endless), cache=False)


def test_other_snapshots_are_refused() -> None:
    from advisor.model.engine import Engine

    header = msgspec.structs.replace(small().header, engine=Engine("sqlite"))
    with pytest.raises(PlannerError, match="sqlite"):
        Shadow.open(Snapshot(header=header))
    with pytest.raises(PlannerError, match="blocks"):
        Shadow.open(Snapshot(header=msgspec.structs.replace(small().header, block_size=32768)))
