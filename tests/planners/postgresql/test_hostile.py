"""A whole snapshot and its queries, written by somebody who wants the superuser's rights: he never gets them.

Every place where a schema can hold code calls a trap, which leaves a file when it runs as a superuser.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import psycopg
import pytest

from advisor.model.engine import Engine
from advisor.model.planning import Configuration, Query, Scale
from advisor.model.snapshot import (
    Bounds,
    ColumnStatistics,
    ExtendedStatistics,
    Extension,
    Header,
    Relation,
    SchemaObject,
    Setting,
    Snapshot,
)
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql import binaries
from advisor.planners.postgresql.planner import ShadowPlanner
from advisor.planners.postgresql.shadow import Shadow

pytestmark = pytest.mark.server

_TRAP = """CREATE FUNCTION public.spring(how text) RETURNS void LANGUAGE plpgsql VOLATILE AS $$
BEGIN
    EXECUTE pg_catalog.format('COPY (SELECT 1) TO %L', '{place}/' OPERATOR(pg_catalog.||) how);
EXCEPTION WHEN insufficient_privilege THEN NULL;
END $$"""
_CALLS = (
    "CREATE FUNCTION public.trap(how text, v text) RETURNS text LANGUAGE plpgsql IMMUTABLE AS "
    "$$ BEGIN PERFORM public.spring(how); RETURN v; END $$",
    "CREATE FUNCTION public.trapped(how text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS "
    "$$ BEGIN PERFORM public.spring(how); RETURN true; END $$",
    "CREATE FUNCTION public.same(a oid, b oid) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS "
    "$$ BEGIN PERFORM public.spring('operator oid'); RETURN true; END $$",
    "CREATE FUNCTION public.same(a name, b name) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS "
    "$$ BEGIN PERFORM public.spring('operator name'); RETURN true; END $$",
    "CREATE FUNCTION public.same(a text, b text) RETURNS boolean LANGUAGE plpgsql IMMUTABLE AS "
    "$$ BEGIN PERFORM public.spring('operator text'); RETURN true; END $$",
    "CREATE OPERATOR public.= (FUNCTION = public.same, LEFTARG = oid, RIGHTARG = oid)",
    "CREATE OPERATOR public.= (FUNCTION = public.same, LEFTARG = name, RIGHTARG = name)",
    "CREATE OPERATOR public.= (FUNCTION = public.same, LEFTARG = text, RIGHTARG = text)",
    "CREATE FUNCTION public.set_config(text, text, boolean) RETURNS text LANGUAGE sql AS "
    "$$ SELECT public.trap('set_config', 'x') $$",
    "CREATE FUNCTION public.array_in(cstring, oid, integer) RETURNS integer LANGUAGE plpgsql AS "
    "$$ BEGIN PERFORM public.spring('array_in'); RETURN 1; END $$",
    "CREATE FUNCTION public.pg_relation_filepath(regclass) RETURNS text LANGUAGE sql AS "
    "$$ SELECT public.trap('filepath', '../../../etc/passwd') $$",
    "CREATE FUNCTION public.to_regclass(text) RETURNS regclass LANGUAGE sql AS "
    "$$ SELECT public.trap('to_regclass', 'pg_class')::regclass $$",
    "CREATE DOMAIN public.checked AS text CHECK (public.trapped('domain'))",
    "CREATE TYPE public.mood AS ENUM ('glad', 'sad')",
    "CREATE TYPE public.pair AS (a public.checked, b int)",
    "CREATE FUNCTION public.distance(a text, b text) RETURNS float8 LANGUAGE plpgsql IMMUTABLE AS "
    "$$ BEGIN PERFORM public.spring('subtype_diff'); RETURN 1; END $$",
    "CREATE TYPE public.span AS RANGE (SUBTYPE = text, SUBTYPE_DIFF = public.distance)",
    "CREATE TYPE public.checkedspan AS RANGE (SUBTYPE = public.checked)",
    "CREATE TABLE public.victim (id int PRIMARY KEY, t text DEFAULT public.trap('default', 'x'), d public.checked, "
    "l public.checked[], m public.mood, p public.pair, s public.span, c public.checkedspan, "
    "g text GENERATED ALWAYS AS (public.trap('generated', 'x')) STORED, CHECK (public.trapped('check')))",
    "CREATE INDEX victim_expression ON public.victim (public.trap('index expression', t))",
    "CREATE INDEX victim_partial ON public.victim (t) WHERE public.trapped('index predicate')",
    "CREATE INDEX victim_d ON public.victim (d)",
    "CREATE INDEX victim_s ON public.victim USING gist (s)",
    "CREATE STATISTICS victim_statistics ON (public.trap('statistics', t)), id FROM public.victim",
    "CREATE FUNCTION public.fired() RETURNS trigger LANGUAGE plpgsql AS "
    "$$ BEGIN PERFORM public.spring('trigger'); RETURN NEW; END $$",
    "CREATE TRIGGER fires BEFORE INSERT OR UPDATE OR DELETE ON public.victim FOR EACH ROW EXECUTE FUNCTION fired()",
    "ALTER TABLE public.victim ENABLE ALWAYS TRIGGER fires",
    "CREATE POLICY sees ON public.victim USING (public.trapped('policy'))",
    "ALTER TABLE public.victim ENABLE ROW LEVEL SECURITY, FORCE ROW LEVEL SECURITY",
    "CREATE RULE also AS ON DELETE TO public.victim DO ALSO SELECT public.trapped('rule')",
    "CREATE VIEW public.looked AS SELECT public.trap('view', t) AS t FROM public.victim",
    "CREATE MATERIALIZED VIEW public.held AS SELECT public.trap('materialized view', 'x') AS t",
    "CREATE INDEX held_t ON public.held (public.trap('index of a materialized view', t))",
    # What no schema of honest people has.
    "CREATE SCHEMA advisor_shadow AUTHORIZATION advisor_owner",
    "CREATE FUNCTION advisor_shadow.set_valid(oid, boolean) RETURNS void LANGUAGE sql AS $$ SELECT trapped('own') $$",
    "CREATE OR REPLACE FUNCTION advisor_shadow.set_replica(boolean) RETURNS void LANGUAGE sql AS $$ $$",
    "COPY (SELECT 1) TO PROGRAM 'touch {place}/program'",
    "SELECT 1; ALTER ROLE advisor_owner SUPERUSER",
    "ALTER DATABASE shadow SET search_path = public, pg_catalog",
    "ALTER ROLE advisor_owner SET search_path = public, pg_catalog",
    "ALTER ROLE advisor_admin SET search_path = public, pg_catalog",
    "CREATE EXTENSION dblink",
    "DO $$ BEGIN PERFORM public.spring('do'); END $$",
    "GRANT advisor_admin TO advisor_owner",
)


#: They make the owner's own sessions useless, so that less of the rest is reached.
_SHADOWING = ("public.same(", "CREATE OPERATOR", "public.set_config", "public.to_regclass", "SET search_path")


def snapshot(place: Path, *, shadowing: bool) -> Snapshot:
    objects = [
        SchemaObject(kind="other", schema="public", name=f"o{number}", ddl=(text.replace("{place}", str(place)),))
        for number, text in enumerate((_TRAP, *_CALLS))
        if shadowing or not any(part in text for part in _SHADOWING)
    ]
    of = {"schema": "public", "table": "victim"}
    two = (0.5, 0.4)
    columns = [
        ColumnStatistics(**of, column="id", n_distinct=-1, histogram_bounds="{1,5,9}", correlation=1.0),
        ColumnStatistics(**of, column="t", n_distinct=2, most_common_vals="{a,b}", most_common_freqs=two),
        ColumnStatistics(**of, column="d", n_distinct=2, most_common_vals="{a,b}", most_common_freqs=two),
        ColumnStatistics(
            **of,
            column="l",
            n_distinct=2,
            most_common_vals='{"{a}","{b}"}',
            most_common_freqs=two,
            most_common_elems="{a,b}",
            most_common_elem_freqs=(0.5, 0.5, 0.4, 0.5),
        ),
        ColumnStatistics(**of, column="m", n_distinct=2, most_common_vals="{glad,sad}", most_common_freqs=two),
        ColumnStatistics(**of, column="p", n_distinct=2, most_common_vals='{"(a,1)","(b,2)"}', most_common_freqs=two),
        ColumnStatistics(**of, column="s", range_bounds_histogram='{"[a,b)","[c,d)"}', range_length_histogram="{0,1}"),
        ColumnStatistics(**of, column="c", range_bounds_histogram='{"[a,b)","[c,d)"}', range_length_histogram="{0,1}"),
        ColumnStatistics(**of, column="g", n_distinct=2, most_common_vals="{a,b}", most_common_freqs=two),
        ColumnStatistics(
            schema="public",
            table="victim_expression",
            column="trap",
            n_distinct=2,
            most_common_vals="{a,b}",
            most_common_freqs=two,
        ),
    ]
    sized: dict[str, Any] = {"schema": "public", "pages": 1000, "blocks": 1000, "tuples": 100_000.0}
    relations = [
        Relation(name="victim", kind="table", method="heap", **sized),
        *(
            Relation(name=name, kind="index", table="victim", method="btree", **sized)
            for name in ("victim_pkey", "victim_expression", "victim_partial", "victim_d")
        ),
        Relation(name="held", kind="materialized_view", method="heap", **sized),
    ]
    return Snapshot(
        header=Header(engine=Engine("postgresql", "15.1"), version_number=150001, values="present"),
        settings=[
            Setting(name="search_path", value="public, pg_catalog" if shadowing else "public"),
            Setting(name="session_preload_libraries", value="evil"),
            Setting(name="archive_command", value=f"touch {place}/archived"),
            Setting(name="work_mem", value="4096'; ALTER ROLE advisor_owner SUPERUSER; --"),
        ],
        extensions=[
            Extension(name="dblink", schema="public"),
            Extension(name="plpython3u"),
            Extension(name='x"; ALTER ROLE advisor_owner SUPERUSER; --'),
        ],
        objects=objects,
        relations=relations,
        columns=columns,
        bounds=[
            Bounds(**of, column="id", low="1", high="9"),
            Bounds(**of, column="d", low="a'; --", high="b"),
        ],
    )


@pytest.fixture
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Where any account may write."""
    import tempfile

    with tempfile.TemporaryDirectory(prefix="hostile-") as name:
        Path(name).chmod(0o777)
        yield Path(name)


QUERIES = (
    "SELECT * FROM victim WHERE trap('planned', 'x') = 'x' AND t = 'a'",
    "SELECT * FROM looked",
    "SELECT * FROM victim WHERE d = 'a' AND s && '[a,b)'",
    "DELETE FROM victim",
    "SELECT 1; ALTER ROLE advisor_owner SUPERUSER",
    "SELECT 1) SELECT 2",
    "SELECT advisor_shadow.set_replica(true)",
    "SELECT spring('query')",
    "COPY (SELECT 1) TO PROGRAM 'id'",
    "ANALYZE SELECT spring('analyzed')",
    "(ANALYZE) SELECT spring('analyzed')",
)


@pytest.mark.parametrize(
    ("major", "way", "shadowing"),
    [
        (15, "rows", False),
        (18, "restore", True),
        pytest.param(15, "rows", True, marks=pytest.mark.long),
        pytest.param(18, "restore", False, marks=pytest.mark.long),
        pytest.param(18, "rows", False, marks=pytest.mark.long),
    ],
)
def test_no_code_of_others_ever_runs_as_the_superuser(major: int, way: Any, shadowing: bool, place: Path) -> None:
    given = snapshot(place, shadowing=shadowing)
    with Shadow.open(given, binaries=binaries.find(major), cache=False, way=way) as shadow:
        planner = ShadowPlanner(shadow)
        assert ("public", "victim") in shadow.relations
        added = Configuration(
            add=(
                "ON victim (trap('new index', t))",
                "ON victim (t) WHERE trapped('new predicate')",
                "ON victim USING gin (l)",
                "ON victim USING brin (id)",
            )
        )
        queries = [Query(text) for text in QUERIES]
        for configuration in (
            Configuration(),
            added,
            Configuration(hide=("victim_d",)),
            Configuration(settings=(("enable_seqscan", "off"),)),
        ):
            try:
                answers = planner.explain(queries, configuration)
            except PlannerError as error:
                assert shadowing
                assert "\n" not in str(error)  # noqa: PT017
            else:
                assert answers[2].error is None
                assert all(answer.plan is None for answer in answers[4:6])
        for bad in ("ON victim (t); ALTER ROLE advisor_owner SUPERUSER", "ON victim (t) WHERE spring('x') IS NULL"):
            with pytest.raises(PlannerError):
                planner.explain(queries[:1], Configuration(add=(bad,)))
        assert [path.name for path in place.iterdir()] == []
        with shadow.cluster.connect("admin") as admin:
            assert admin.execute("SELECT rolname FROM pg_roles WHERE rolsuper").fetchall() == [("advisor_admin",)]
            members = "SELECT count(*) FROM pg_auth_members WHERE member = 'advisor_owner'::regrole"
            assert admin.execute(members).fetchone() == (0,)
            # The traps are set: what the superuser must never do springs them.
            with pytest.raises(psycopg.Error):
                admin.execute("SELECT public.trap('a statement of the superuser', 'x') FROM nowhere")
            admin.execute("SELECT public.trap('control', 'x')")
            admin.execute("SELECT 'a'::public.checked")
        assert {path.name for path in place.iterdir()} == {"control", "domain"}
        planner.close()


@pytest.mark.long
def test_a_grown_world_is_as_closed(place: Path) -> None:
    with ShadowPlanner.open(snapshot(place, shadowing=False), binaries=binaries.find(15), cache=False) as planner:
        planner.explain([Query(QUERIES[0])], Configuration(scale=(Scale("victim", 10.0),)))
    assert [path.name for path in place.iterdir()] == []


_ALTERING = (
    "CREATE FUNCTION public.alter() RETURNS void LANGUAGE plpgsql VOLATILE AS "
    "$$ BEGIN ALTER TYPE public.pair ADD ATTRIBUTE c public.checked; END $$",
    "CREATE FUNCTION public.altering() RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN "
    "IF to_regclass('public.armed') IS NOT NULL THEN PERFORM public.alter(); END IF; RETURN ''; "
    "EXCEPTION WHEN others THEN RETURN ''; END $$",
    "CREATE FUNCTION public.words(t text) RETURNS tsvector LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RETURN ''; END $$",
    "CREATE TYPE public.pair AS (a text, b int)",
    "CREATE DOMAIN public.checked AS text CHECK (public.trapped('domain'))",
    "CREATE TABLE public.victim (id int, t text, p public.pair)",
)
_ALTERED_VALUES: dict[str, Any] = {
    "n_distinct": 2.0,
    "most_common_vals": '{"(a,1,x)","(b,2,y)"}',
    "most_common_freqs": (0.5, 0.4),
}


@pytest.mark.parametrize("where", ["index", "statistics"])
def test_a_type_that_is_altered_while_it_is_looked_at(where: str, place: Path) -> None:
    """Learning an expression's type runs IMMUTABLE functions: one puts a domain into a composite type just then."""
    expression = "public.words(t || public.altering())"
    last = {
        "index": f"CREATE INDEX altered ON public.victim USING gin ({expression})",
        "statistics": "CREATE STATISTICS public.altered ON (row(t || public.altering(), 1)::public.pair), id FROM victim",
    }[where]
    ddl = (_TRAP, _CALLS[1], *_ALTERING, last, "CREATE TABLE public.armed ()")
    base = snapshot(place, shadowing=False)
    given = Snapshot(
        header=base.header,
        objects=[
            SchemaObject(kind="other", schema="public", name=f"o{n}", ddl=(text.replace("{place}", str(place)),))
            for n, text in enumerate(ddl)
        ],
        relations=base.relations[:1],
        columns=[ColumnStatistics(schema="public", table="victim", column="p", **_ALTERED_VALUES)],
        extended=[ExtendedStatistics(schema="public", name="altered", columns=("id",), expressions=(_ALTERED_VALUES,))],
    )
    given.columns = given.columns if where == "index" else []
    given.extended = given.extended if where == "statistics" else []
    with Shadow.open(given, binaries=binaries.find(15), cache=False) as shadow:
        with shadow.cluster.connect("admin") as admin:
            count = "SELECT count(*) FROM pg_attribute WHERE attrelid = 'public.pair'::regclass AND attnum > 0"
            assert admin.execute(count).fetchone() == (3,)
        assert [path.name for path in place.iterdir()] == []


def test_a_schema_that_fills_the_disk_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.planners.postgresql import schema as module

    monkeypatch.setattr(module, "LIMITS", replace(module.LIMITS, shadow_disk_bytes=16 << 20))
    monkeypatch.setattr(module, "_LOOKING_SECONDS", 0.01)
    rows = "SELECT pg_catalog.gen_random_uuid() FROM pg_catalog.generate_series(1, 400000)"
    given = Snapshot(
        header=snapshot(Path("/"), shadowing=False).header,
        objects=[SchemaObject(kind="table", schema="public", name="t", ddl=(f"CREATE TABLE public.t AS {rows}",))],
    )
    with pytest.raises(PlannerError, match="wrote more than"):
        Shadow.open(given, binaries=binaries.find(15), cache=False)


def test_what_takes_too_long_is_not_tried_again(monkeypatch: pytest.MonkeyPatch) -> None:
    from advisor.planners.postgresql import schema as module

    monkeypatch.setattr(module, "LIMITS", replace(module.LIMITS, shadow_statement_seconds=1))
    ddl = ("CREATE TABLE public.t AS SELECT pg_catalog.pg_sleep(60)::text", "CREATE TABLE public.u ()")
    given = Snapshot(
        header=snapshot(Path("/"), shadowing=False).header,
        objects=[SchemaObject(kind="table", schema="public", name=f"t{n}", ddl=(one,)) for n, one in enumerate(ddl)],
    )
    started = time.monotonic()
    with Shadow.open(given, binaries=binaries.find(15), cache=False) as shadow:
        assert ("public", "u") in shadow.relations
        assert "statement timeout" in " ".join(shadow.problems)
    assert time.monotonic() - started < 20


def test_more_than_a_machine_can_hold_is_refused(tmp_path: Path) -> None:
    from advisor.catalog.errors import CatalogError
    from advisor.catalog.snapshot.file import read, write
    from advisor.planners.postgresql import sizes

    place = sizes.Place(1, tmp_path / "1", None, None, ())
    (tmp_path / "1").touch()
    huge = Relation(schema="public", name="t", kind="table", blocks=2**32 - 2)
    given = Snapshot(header=snapshot(Path("/"), shadowing=False).header, relations=[huge] * 5)
    with pytest.raises(PlannerError, match="larger than"):
        sizes.impose({("public", "t"): place}, given)
    for impossible in (
        {"blocks": 2**40},
        {"blocks": -1},
        {"height": 10**9},
        {"tuples": 1e300},
        {"gin": {"n_entries": -1}},
    ):
        given.relations = [Relation(schema="public", name="t", kind="table", **impossible)]
        write(given, tmp_path / "s")
        with pytest.raises(CatalogError) as told:
            read(tmp_path / "s")
        assert "\n" not in str(told.value)
