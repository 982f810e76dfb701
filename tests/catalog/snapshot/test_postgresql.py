"""What a snapshot of PostgreSQL makes again is the schema, what it says of values is pg_stats', with any role."""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import msgspec
import psycopg
import pytest

from advisor.catalog import CatalogError, load
from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot import file, postgresql
from advisor.catalog.snapshot.describe import catalog_of
from advisor.model.catalog import Catalog
from advisor.model.snapshot import Snapshot, TextOrder
from tests import postgresql_majors, servers

HERE = Path(__file__).parent
SHOP = HERE.parents[2] / "fixtures" / "shop" / "postgresql" / "schema.sql"
_SINCE = re.compile(r"^-- from (\d+)\n(.*?)^-- end\n", re.MULTILINE | re.DOTALL)
_VOLATILE = re.compile(
    r"^SET default_\w+ = .*;$\n|^--\n-- PostgreSQL database dump complete\n.*", re.MULTILINE | re.DOTALL
)

pytestmark = pytest.mark.server
#: Gives the address of a server of a major, without a database.
StartMajor = Callable[[int], str]


@pytest.fixture(scope="module")
def at() -> Iterator[StartMajor]:
    with ExitStack() as stack:
        started: dict[int, str] = {}

        def start(major: int) -> str:
            if major not in started:
                started[major] = stack.enter_context(servers.postgresql(None, major)).dsn.rpartition("/")[0]
            return started[major]

        yield start


@pytest.fixture(scope="module")
def odd(at: StartMajor) -> Callable[[int], str]:
    """The address of a database of a major that holds every odd thing, with rows."""
    made: dict[int, str] = {}

    def make(major: int) -> str:
        if major not in made:
            made[major] = fresh(at(major), "odd")
            with psycopg.connect(made[major], autocommit=True) as connection:
                connection.execute(schema(major))  # type: ignore[arg-type]
                connection.execute((HERE / "rows_postgresql.sql").read_text())  # type: ignore[arg-type]
        return made[major]

    return make


def schema(major: int) -> str:
    text = (HERE / "schema_postgresql.sql").read_text()
    return _SINCE.sub(lambda found: found[2] if major >= int(found[1]) else "", text)


def fresh(base: str, name: str) -> str:
    with psycopg.connect(f"{base}/postgres", autocommit=True) as connection:
        connection.execute(f"DROP DATABASE IF EXISTS {name}")  # type: ignore[arg-type]
        connection.execute(f"CREATE DATABASE {name} TEMPLATE template0")  # type: ignore[arg-type]
    return f"{base}/{name}"


def capture(dsn: str, role: str | None = None) -> tuple[Snapshot, TextOrder | None]:
    return postgresql.capture(address(dsn.replace("//postgres@", f"//{role}@") if role else dsn))


def dumped(dsn: str, major: int) -> list[str]:
    """The schema as that major's pg_dump prints it, an object an item, sorted."""
    programs = postgresql_majors.binaries(major)
    libraries = programs.parent / "lib"
    inherited = {**os.environ, "LD_LIBRARY_PATH": str(libraries)} if list(libraries.glob("libpq.so*")) else None
    command = [str(programs / "pg_dump"), "-s", "-O", "-x", "--no-comments", dsn]
    text = subprocess.run(command, check=True, capture_output=True, text=True, env=inherited).stdout
    return sorted(_VOLATILE.sub("", part).strip() for part in re.split(r"^--\n-- Name: .*\n--\n", text, flags=re.M)[1:])


def apply(snapshot: Snapshot, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("SET check_function_bodies = off")
        connection.execute("SET search_path = ''")
        for extension in (e for e in snapshot.extensions if e.schema != "pg_catalog"):
            connection.execute(f"CREATE SCHEMA IF NOT EXISTS {extension.schema}")  # type: ignore[arg-type]
            connection.execute(f"CREATE EXTENSION IF NOT EXISTS {extension.name} SCHEMA {extension.schema}")  # type: ignore[arg-type]
        for one in snapshot.objects:
            for statement in one.ddl:
                result = connection.pgconn.exec_params(statement.encode(), None)  # takes one statement only
                assert result.status == psycopg.pq.ExecStatus.COMMAND_OK, (result.error_message, statement)


@pytest.mark.parametrize("major", [14, 15, 18])
def test_the_statements_make_the_same_schema(major: int, at: StartMajor, odd: Callable[[int], str]):
    source = odd(major)
    snapshot, _ = capture(source)
    assert snapshot.header.missing == ()
    copy = fresh(at(major), "copy")
    apply(snapshot, copy)
    assert dumped(copy, major) == dumped(source, major)
    # and again from the copy: nothing depends on the order in which things were made
    again = fresh(at(major), "again")
    apply(capture(copy)[0], again)
    assert dumped(again, major) == dumped(source, major)


def test_the_shop(at: StartMajor):
    source, copy = fresh(at(15), "shop"), fresh(at(15), "shop_copy")
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute(SHOP.read_text())  # type: ignore[arg-type]
    apply(capture(source)[0], copy)
    assert dumped(copy, 15) == dumped(source, 15)


@pytest.mark.parametrize("major", [14, 15, 18])
def test_statistics_are_those_of_pg_stats(major: int, odd: Callable[[int], str]):
    snapshot, _ = capture(odd(major))
    found = {(c.schema, c.table, c.column, c.inherited): c for c in snapshot.columns}
    with psycopg.connect(odd(major)) as connection:
        connection.execute("SET search_path = ''; SET extra_float_digits = 3")
        columns = [name.name for name in connection.execute("SELECT * FROM pg_stats LIMIT 0").description or ()]
        arrays = {"most_common_vals", "histogram_bounds", "most_common_elems"}
        arrays |= {"range_length_histogram", "range_bounds_histogram"}
        wanted = ", ".join(f"{c}::text" if c in arrays else c for c in columns)
        rows = connection.execute(f"SELECT {wanted} FROM pg_stats WHERE schemaname !~ '^pg_|^information'").fetchall()  # type: ignore[arg-type]
    assert len(rows) == len(found) > 50
    for row in rows:
        given = dict(zip(columns, row, strict=True))
        mine = found[given["schemaname"], given["tablename"], given["attname"], given["inherited"]]
        for name in set(columns) - {"schemaname", "tablename", "attname", "inherited"}:
            value = getattr(mine, name)
            assert (list(value) if isinstance(value, tuple) else value) == given[name], (mine.table, mine.column, name)
    span = found["Odd Schema", "select", "span", False]
    assert span.range_bounds_histogram is not None
    assert span.type == "app.span"
    assert found["app", "customers", "email", False].type == "character varying(320)"


@pytest.mark.parametrize("major", [14, 18])
def test_extended_statistics(major: int, odd: Callable[[int], str]):
    snapshot, _ = capture(odd(major))
    extended = {one.name: one for one in snapshot.extended}
    assert extended["scratch_all"].columns == ("a", "b", "c")
    assert extended["scratch_all"].numbers == (1, 2, 3)
    assert extended["scratch_nd"].dependencies is None
    (expression,) = extended["scratch_expression"].expressions or ()
    assert expression["type"] == "integer"
    assert expression["most_common_vals"] == "{0,1,2,3,4,5,6,7,8,9}"
    with psycopg.connect(odd(major)) as connection:
        ndistinct, mcv = connection.execute(
            "SELECT stxdndistinct::bytea, stxdmcv::bytea FROM pg_statistic_ext_data d"
            " JOIN pg_statistic_ext e ON e.oid = d.stxoid WHERE stxname = 'scratch_all'"
        ).fetchall()[0]
    assert (extended["scratch_all"].ndistinct, extended["scratch_all"].mcv) == (ndistinct.hex(), mcv.hex())


def test_ends_sizes_settings_counters_and_the_order_of_texts(odd: Callable[[int], str]):
    snapshot, order = capture(odd(15))
    bounds = {(b.table, b.column): (b.low, b.high) for b in snapshot.bounds}
    assert bounds["customers", "id"] == ("1", "3000")
    assert bounds["events_2025", "id"] == ("1", "2189")
    assert bounds["select", "span"] == ("[1,3)", "[40,42)")
    relations = {r.name: r for r in snapshot.relations}
    customers = relations["customers"]
    assert customers.tuples == 3000
    assert customers.blocks == customers.pages > 10
    assert (customers.bytes or 0) >= customers.pages * 8192
    assert {"n_tup_ins", "n_tup_hot_upd", "seq_scan", "n_live_tup"} <= customers.counters.keys()
    assert relations["customers_slug"].table == "customers"
    assert relations["customers_search"].method == "gin"
    assert relations["events"].kind == "partitioned"
    settings = {s.name: s.value for s in snapshot.settings}
    assert {
        "random_page_cost",
        "work_mem",
        "enable_hashjoin",
        "max_parallel_workers_per_gather",
        "jit",
    } <= settings.keys()
    assert settings["search_path"] == '"$user", public'
    assert any(row.source == "pg_stat_database" for row in snapshot.rows)
    assert order is not None
    assert len(order.values) > 500
    with psycopg.connect(odd(15)) as connection:
        sorted_there = connection.execute(
            'SELECT array_agg(v ORDER BY v COLLATE "default") FROM unnest(%s::text[]) v', [list(order.values)]
        ).fetchall()[0][0]
    assert list(order.values) == sorted_there
    assert {*bounds["customers", "email"], "click", "V1", "word3"} <= set(order.values)


@pytest.mark.parametrize("major", [14, 18])
def test_what_psql_prints_is_what_capture_reads(major: int, odd: Callable[[int], str], tmp_path: Path):
    script, raw = tmp_path / "script.sql", tmp_path / "raw.snapshot"
    script.write_text(postgresql.script())
    done = subprocess.run(["psql", "-XAtq", "-f", str(script), odd(major)], capture_output=True, check=True)
    assert done.stderr == b""
    raw.write_bytes(done.stdout)
    (printed, printed_order), (captured, captured_order) = file.load(raw), capture(odd(major))
    assert printed_order == captured_order
    for part in ("settings", "extensions", "objects", "columns", "extended", "bounds"):
        assert getattr(printed, part) == getattr(captured, part), part
    assert printed.header.missing == captured.header.missing
    assert [r.name for r in printed.relations] == [r.name for r in captured.relations]


def test_extensions_keep_their_objects_and_pageinspect_tells_heights(at: StartMajor):
    source, copy = fresh(at(18), "extended"), fresh(at(18), "extended_copy")
    with psycopg.connect(source, autocommit=True) as connection:
        connection.execute(
            """
            CREATE SCHEMA more; CREATE EXTENSION citext SCHEMA more; CREATE EXTENSION pg_trgm SCHEMA public;
            CREATE EXTENSION btree_gist SCHEMA more; CREATE EXTENSION pageinspect SCHEMA more;
            CREATE DOMAIN tag AS more.citext;
            CREATE TABLE docs (id integer PRIMARY KEY, title text, email more.citext UNIQUE, tag tag);
            CREATE INDEX docs_title ON docs USING gin (title gin_trgm_ops);
            CREATE INDEX docs_both ON docs USING gist (id, title gist_trgm_ops (siglen = 32));
            CREATE INDEX docs_tag ON docs (tag);
            INSERT INTO docs SELECT g, 'title ' || g, 'u' || g || '@x', 't' || g % 9 FROM generate_series(1, 2000) g;
            ANALYZE docs
            """
        )
        connection.execute("VACUUM docs")  # brings the pending entries into the GIN index
    snapshot, order = capture(source)
    apply(snapshot, copy)
    assert dumped(copy, 18) == dumped(source, 18)
    relations = {r.name: r for r in snapshot.relations}
    assert relations["docs_pkey"].height == 1
    assert (relations["docs_title"].gin or {})["n_entries"] > 100
    assert {c.column: c.type for c in snapshot.columns}["tag"] == "more.citext"
    assert order is not None
    assert {"t0", "t8"} <= set(order.values)


def test_roles_with_less(odd: Callable[[int], str]):
    dsn = odd(15)
    with psycopg.connect(dsn, autocommit=True) as connection:
        connection.execute("CREATE ROLE nobody_special LOGIN")
        connection.execute("CREATE ROLE watcher LOGIN IN ROLE pg_monitor")
        connection.execute("CREATE ROLE half LOGIN")
        connection.execute("CREATE ROLE reader LOGIN IN ROLE pg_read_all_data")
        connection.execute("GRANT USAGE ON SCHEMA app TO half")
        connection.execute("GRANT SELECT ON app.scratch, app.parent TO half")
    full, _ = capture(dsn)
    for role in ("nobody_special", "watcher"):
        bare, order = capture(dsn, role)
        assert order is None
        assert (bare.columns, bare.extended, bare.bounds) == ([], [], [])
        assert bare.objects == full.objects
        assert len(bare.relations) == len(full.relations)
        text = "\n".join(bare.header.missing)
        assert re.search(rf"statistics of 18 of 19 tables \(.*13 more\): .*GRANT pg_read_all_data TO {role}", text)
        assert "1 tables with row security (app.customers)" in text
        assert "extended statistics: 3 of 3 objects" in text
        assert "histograms of 2 range columns" in text
        assert "B-tree ends of" in text
    half, _ = capture(dsn, "half")
    assert {c.table for c in half.columns} == {"scratch", "parent"}
    assert {b.table for b in half.bounds} == {"parent"}
    assert "statistics of 16 of 19 tables" in "\n".join(half.header.missing)
    reader, _ = capture(dsn, "reader")
    assert reader.columns == full.columns
    assert reader.extended == full.extended
    assert reader.header.missing == (
        "B-tree ends of 3 columns: row security hides rows from role reader; ALTER ROLE reader BYPASSRLS",
    )
    with psycopg.connect(dsn, autocommit=True) as connection:
        for role in ("nobody_special", "watcher", "half", "reader"):
            connection.execute(f"DROP OWNED BY {role}; DROP ROLE {role}")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("table", "gone"),
    [
        ("app.customers", {"customers_pkey", "customers_slug", "v1", "newest", "own"}),
        ("app.events", {"events", "events_pkey", "everywhere"}),
        ("app.v1", {"v1", "v2", "into_view"}),
    ],
)
def test_a_locked_table_is_named_and_nothing_waits(table: str, gone: set[str], odd: Callable[[int], str]):
    full, _ = capture(odd(15))
    with psycopg.connect(odd(15)) as connection:
        connection.execute(f"LOCK TABLE {table} IN ACCESS EXCLUSIVE MODE")  # type: ignore[arg-type]
        some, _ = capture(odd(15))
        connection.rollback()
    (said,) = some.header.missing
    assert table in said
    assert "exclusive lock" in said
    assert gone <= {one.name for one in full.objects} - {one.name for one in some.objects}
    assert some.columns == full.columns
    assert len(some.relations) == len(full.relations)


def test_a_probe_that_fails_is_counted(odd: Callable[[int], str], monkeypatch: pytest.MonkeyPatch):
    plain = postgresql._Capture._step

    def failing(self: postgresql._Capture, statement: str) -> object:
        return plain(self, statement.replace("t.room::text", "(1 / (t.room - t.room))::text"))

    monkeypatch.setattr(postgresql._Capture, "_step", failing)
    snapshot, _ = capture(odd(15))
    assert "room" not in {b.column for b in snapshot.bounds}
    assert [text for text in snapshot.header.missing if text.startswith("section ends")]
    assert postgresql.capture(address(odd(15)), probes=False)[0].bounds == []


@pytest.mark.parametrize("major", [15, 18])
def test_the_catalog_is_that_of_the_server(major: int, odd: Callable[[int], str]):
    snapshot, _ = capture(odd(major))
    described, live = catalog_of(snapshot), load(odd(major))
    assert described.unread == []
    assert described.known == live.known | {"statistics"}
    for part in ("engine", "default_schema", "search_path", "settings", "types", "constrained_domains"):
        assert getattr(described, part) == getattr(live, part), part
    assert comparable(described) == comparable(live)


def comparable(catalog: Catalog) -> dict[str, object]:
    tables = msgspec.to_builtins(catalog.tables)
    for table in tables.values():
        table["indexes"] = {index["name"]: index for index in table["indexes"]}
        for column in table["columns"]:
            column.pop("identity_as")  # one meaning, spelled as the file does
        for index in table["indexes"].values():
            if index["constraint"]:
                index.pop("ddl")  # the statement is the constraint's
            index.pop("scans")  # reading a catalog scans indexes
            index.pop("last_scan")
            for key in index["keys"]:
                if key["expression"] is not None:
                    key.pop("collation")  # the server names that which follows from the expression
        table.pop("check_names")  # a check without a name has the server's only there
        for part in ("checks", "triggers"):
            table[part] = sorted(table[part])
        for part in ("foreign_keys", "policies"):
            table[part] = sorted(table[part], key=lambda one: one["name"])
    return tables


def test_errors_are_one_line():
    with pytest.raises(CatalogError) as caught:
        postgresql.capture(address("postgresql://me:s3cret@127.0.0.1:1/db"))
    assert "s3cret" not in str(caught.value)
    assert "\n" not in str(caught.value)
