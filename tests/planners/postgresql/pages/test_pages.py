"""Faked files are read by the server as what they promise: sizes, heights, counts, and the planner's own arithmetic."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from math import ceil
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from advisor.planners.postgresql.pages import brin, btree, gin, sparse
from advisor.planners.postgresql.pages.page import PageError, page
from tests import servers

pytestmark = pytest.mark.server

_SCHEMA = """
CREATE TABLE t (a int PRIMARY KEY, b text, c jsonb, d int[], p point) WITH (autovacuum_enabled = off);
CREATE INDEX t_b ON t (b);
CREATE INDEX t_two ON t (b, a) INCLUDE (d);
CREATE INDEX t_gin ON t USING gin (c);
CREATE INDEX t_brin ON t USING brin (a) WITH (pages_per_range = 4);
CREATE INDEX t_hash ON t USING hash (a);
CREATE INDEX t_gist ON t USING gist (p);
CREATE INDEX t_spgist ON t USING spgist (p);
CREATE TABLE bare (a int PRIMARY KEY);
CREATE INDEX bare_brin ON bare USING brin (a);
INSERT INTO t VALUES (-5, 'a', '{"a": 1}', '{1}', '(0,0)'), (100000, 'z', '{"b": [1,2]}', '{2}', '(1,1)');
CREATE EXTENSION pageinspect;
CREATE EXTENSION amcheck;
CHECKPOINT;
"""


class Place:
    """A server whose buffers are dropped by a restart of the database: files are changed while nobody has read them."""

    def __init__(self, server: servers.Server) -> None:
        self.server = server
        self.count = 0
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("CREATE DATABASE model")
        with psycopg.connect(self.dsn("model"), autocommit=True) as connection:
            connection.execute(_SCHEMA)

    def dsn(self, database: str) -> str:
        return self.server.dsn.rpartition("/")[0] + "/" + database

    @contextlib.contextmanager
    def fresh(self) -> Iterator[tuple[psycopg.Connection, dict[str, Path]]]:
        """A copy of the database of which no page is in the buffers, and its files. Gone afterwards."""
        self.count += 1
        name = f"copy_{self.count}"
        with psycopg.connect(self.server.dsn, autocommit=True) as admin:
            # A copy by files goes past the shared buffers; before 15 every copy does.
            how = "" if admin.info.server_version < 150000 else " STRATEGY file_copy"
            admin.execute(f"CREATE DATABASE {name} TEMPLATE model{how}")
            try:
                with psycopg.connect(self.dsn(name), autocommit=True) as connection:
                    found = connection.execute(
                        "SELECT relname, pg_relation_filepath(oid) FROM pg_class WHERE relnamespace = 2200"
                        " AND relkind IN ('r', 'i')"
                    )
                    yield connection, {relation: self.server.directory / path for relation, path in found}
            finally:
                admin.execute(f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture(scope="module", params=[pytest.param(15, marks=pytest.mark.long), 18])
def place(request: pytest.FixtureRequest) -> Iterator[Place]:
    # Clusters of 18 have checksums unless they are told otherwise; a shadow's have none.
    with servers.postgresql({"ignore_checksum_failure": "on", "autovacuum": "off"}, request.param) as server:
        yield Place(server)


def _cost(connection: psycopg.Connection, sql: str) -> tuple[float, float]:
    (plan,) = connection.execute(f"EXPLAIN (FORMAT JSON) {sql}").fetchone()
    return plan[0]["Plan"]["Startup Cost"], plan[0]["Plan"]["Total Cost"]


_EXAMPLES = settings(max_examples=3, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
_SIZES = st.integers(0, 2_000) | st.integers(131_000, 131_200) | st.integers(262_000, 300_000)


@_EXAMPLES
@given(levels=st.integers(0, 5), blocks=_SIZES)
@example(levels=0, blocks=1)
def test_a_tree_is_as_high_as_promised(place: Place, levels: int, blocks: int) -> None:
    with place.fresh() as (connection, files):
        for name in ("t_pkey", "t_b", "t_two", "bare_pkey"):
            btree.fake(files[name], levels, blocks)
            assert btree.height(files[name]) == levels
            empty = blocks <= 1 and levels == 0  # the index is as if it never had a row
            wanted = 1 if empty else max(blocks, levels + 2)
            (size,) = connection.execute("SELECT pg_relation_size(%s::regclass) / 8192", [name]).fetchone()
            assert size == wanted == sparse.blocks(files[name])
            (found,) = connection.execute("SELECT fastlevel FROM bt_metap(%s)", [name]).fetchone()
            assert found == levels
            connection.execute(
                "SELECT bt_index_parent_check(%s)" if blocks < 3_000 else "SELECT bt_index_check(%s)", [name]
            )
        connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
        assert connection.execute("SELECT a FROM t WHERE b = 'z'").fetchall() == ([] if empty else [(100000,)])
        assert connection.execute("SELECT max(a), min(a) FROM t").fetchone() == ((None,) * 2 if empty else (100000, -5))
        assert connection.execute("SELECT count(*) FROM bare WHERE a > 5").fetchone() == (0,)


@_EXAMPLES
@given(levels=st.integers(1, 6))
def test_a_level_costs_what_the_planner_says(place: Place, levels: int) -> None:
    query = "SELECT a FROM bare WHERE a = 77"
    found = []
    for height in (0, levels):
        with place.fresh() as (connection, files):
            sparse.resize(files["bare"], 5_000)
            btree.fake(files["bare_pkey"], height, 500)
            connection.execute("SET enable_seqscan = off; SET enable_bitmapscan = off")
            found.append(_cost(connection, query))
    operator_cost = 0.0025
    for low, high in zip(*found, strict=True):
        # `(tree_height + 1) * DEFAULT_PAGE_CPU_MULTIPLIER * cpu_operator_cost`; costs are printed with two decimals.
        assert high - low == pytest.approx(levels * 50 * operator_cost, abs=0.011)


@_EXAMPLES
@given(blocks=_SIZES)
def test_a_table_is_as_long_as_promised_and_reads_as_it_was(place: Place, blocks: int) -> None:
    with place.fresh() as (connection, files):
        sparse.resize(files["t"], max(1, blocks))
        for name in ("t_hash", "t_gist", "t_spgist"):
            sparse.resize(files[name], max(blocks, sparse.blocks(files[name])))
        (size,) = connection.execute("SELECT pg_relation_size('t') / 8192").fetchone()
        assert size == max(1, blocks)
        on_disk = sum(path.stat().st_blocks for path in files["t"].parent.glob(f"{files['t'].name}*"))
        assert on_disk * 512 < 1 << 20
        connection.execute("SET max_parallel_workers_per_gather = 0")
        if blocks < 3_000:
            assert connection.execute("SELECT count(*) FROM t").fetchone() == (2,)
        connection.execute("SET enable_seqscan = off")
        assert connection.execute("SELECT count(*) FROM t WHERE p <@ box '(2,2),(-1,-1)'").fetchone() == (2,)
        for height in (1, 2):  # cut off again
            sparse.resize(files["t"], height)
            assert sparse.blocks(files["t"]) == height
        assert not files["t"].with_name(f"{files['t'].name}.1").exists()


@_EXAMPLES
@given(counts=st.tuples(*[st.integers(0, 100_000)] * 6))
def test_a_gin_metapage_holds_the_counts(place: Place, counts: tuple[int, ...]) -> None:
    names = (
        "n_pending_pages", "n_pending_tuples", "n_total_pages", "n_entry_pages", "n_data_pages", "n_entries",
    )  # fmt: skip
    with place.fresh() as (connection, files):
        gin.fake(files["t_gin"], 700, dict(zip(names, counts, strict=True)))
        row = connection.execute(
            f"SELECT {', '.join(names)} FROM gin_metapage_info(get_raw_page('t_gin', 0))"
        ).fetchone()
        assert row == counts
        assert sparse.blocks(files["t_gin"]) == 700
        connection.execute("SET enable_seqscan = off")
        assert connection.execute("SELECT count(*) FROM t WHERE c @> '{\"a\": 1}'").fetchone() in ((1,), (0,))


@_EXAMPLES
@given(heap=st.integers(1, 30_000))
def test_a_brin_map_covers_the_table(place: Place, heap: int) -> None:
    with place.fresh() as (connection, files):
        sparse.resize(files["t"], heap)
        brin.fake(files["t_brin"], 20, heap)
        brin.fake(files["bare_brin"], 5, heap)
        wanted = max(1, ceil(ceil(heap / 4) / 1360))
        (last,) = connection.execute(
            "SELECT lastrevmappage FROM brin_metapage_info(get_raw_page('t_brin', 0))"
        ).fetchone()
        assert last == wanted
        (kind,) = connection.execute("SELECT brin_page_type(get_raw_page('t_brin', %s))", [wanted]).fetchone()
        assert kind == "revmap"
        connection.execute("SET enable_seqscan = off; SET enable_indexscan = off; SET enable_indexonlyscan = off")
        assert connection.execute("SELECT count(*) FROM t WHERE a + 0 = a AND a < 0").fetchone() == (1,)
        assert connection.execute("SELECT count(*) FROM t WHERE a = 100000").fetchone() == (1,)


def test_other_files_are_refused(place: Place) -> None:
    with place.fresh() as (_, files):
        for fake in (
            lambda path: btree.fake(path, 1, 10),
            lambda path: gin.fake(path, 10, None),
            lambda path: brin.fake(path, 10, 10),
        ):
            with pytest.raises(PageError):
                fake(files["t_hash"])
        btree.fake(files["t_b"], 2, 100)
        with pytest.raises(PageError):
            btree.fake(files["t_b"], 1, 100)


def test_page_of_items_is_bounded() -> None:
    with pytest.raises(PageError):
        page([bytes(4000)] * 3, bytes(16))


def test_heights_of_trees_as_they_are_built() -> None:
    assert [btree.estimated_height(blocks, 4) for blocks in (0, 1, 2, 3, 200, 274, 2_745, 100_000)] == [
        0,
        0,
        0,
        1,
        1,
        1,
        2,
        2,
    ]
