"""What plans add, what is around a chosen set, and how many candidates there may be."""

from __future__ import annotations

import pytest

from advisor.model.catalog import IndexKey
from advisor.model.indexing import IndexDefinition
from advisor.model.plan import Plan
from advisor.model.snapshot import Header, Relation, Snapshot
from advisor.plans.read import read
from advisor.recommend.candidates import CandidateLimits, Variants, candidates, variants
from tests.recommend.candidates.shapes import catalog, statement, texts

SCHEMA = catalog(
    """
    CREATE TABLE orders (id bigint PRIMARY KEY, customer_id integer, status text, created_at timestamptz, total numeric);
    CREATE TABLE customers (id integer PRIMARY KEY, name text);
    CREATE VIEW open AS SELECT * FROM orders WHERE status = 'open';
    """
)
OF_A_VIEW = """\
Limit  (cost=2235.93..2235.95 rows=10 width=40) (actual time=20.1..20.2 rows=10 loops=1)
  ->  Sort  (cost=2235.93..2260.93 rows=100 width=40) (actual time=20.1..20.1 rows=10 loops=1)
        Sort Key: orders.created_at DESC
        Sort Method: top-N heapsort  Memory: 26kB
        ->  Seq Scan on orders  (cost=0.00..2041.00 rows=100 width=40) (actual time=0.1..15.0 rows=100 loops=1)
              Filter: ((status = 'open'::text) AND (customer_id = 42))
              Rows Removed by Filter: 99900
"""
SOUND = """\
Index Scan using orders_pkey on orders  (cost=0.29..8.31 rows=1 width=40)
  Index Cond: (id = 5)
"""


def plan(text: str) -> Plan:
    """A plan as PostgreSQL prints it."""
    return read(text, engine="postgresql").plans[0]


def index(*columns: str, include: tuple[str, ...] = (), table: str = "orders") -> IndexDefinition:
    """A plain B-tree."""
    keys = tuple(IndexKey(column=column, nulls_first=False) for column in columns)
    return IndexDefinition(engine="postgresql", table=table, keys=keys, include=include)


# ---------------------------------------------------------------------- plans
def test_a_plan_shows_the_table_within_a_view():
    sql = "SELECT * FROM open WHERE customer_id = 42 ORDER BY created_at DESC LIMIT 10"
    assert candidates([statement(sql, SCHEMA)], SCHEMA) == []
    found = candidates([statement(sql, SCHEMA, plans=(plan(OF_A_VIEW),))], SCHEMA)
    known = dict(zip(texts(found), found, strict=True))
    assert {"ON orders (status, customer_id, created_at)", "ON orders (customer_id, status, created_at)"} <= set(known)
    why = known["ON orders (status, customer_id, created_at)"].reasons[0].why
    assert why == (
        "status and customer_id are compared for equality, then created_at sorts; "
        "a plan reads orders and throws away 100% of the rows"
    )


def test_a_plan_speaks_for_a_statement_that_cannot_be_read():
    unread = statement("SELECT ??? FROM", SCHEMA, plans=(plan(OF_A_VIEW),))
    assert unread.graph is None
    assert "ON orders (status, customer_id)" in texts(candidates([unread], SCHEMA))


def test_a_plan_without_fault_adds_nothing():
    sql = "SELECT * FROM orders WHERE id = 5"
    assert candidates([statement(sql, SCHEMA, plans=(plan(SOUND),))], SCHEMA) == []


# ---------------------------------------------------------------------- merged over statements
def test_statements_that_speak_for_one_index_are_named_together():
    work = [
        statement("SELECT * FROM orders WHERE customer_id = 4", SCHEMA, fingerprint="a"),
        statement("SELECT * FROM orders WHERE customer_id = 4 AND status = 'x'", SCHEMA, fingerprint="b"),
        statement("SELECT * FROM customers c JOIN orders o ON o.customer_id = c.id", SCHEMA, fingerprint="c"),
    ]
    found = {one.index: one for one in candidates(work, SCHEMA)}
    assert [reason.fingerprint for reason in found[index("customer_id")].reasons] == ["a", "b", "c"]
    assert found[index("customer_id")].reasons[0].why == "customer_id is compared for equality"
    assert found[index("customer_id")].reasons[2].why == "customer_id joins"


def test_a_key_that_many_statements_share_leads():
    work = [
        statement("SELECT * FROM orders WHERE status = 'x' AND customer_id = 4", SCHEMA, fingerprint="a"),
        statement("SELECT * FROM orders WHERE customer_id = 4 AND total > 5", SCHEMA, fingerprint="b"),
    ]
    found = texts(candidates(work, SCHEMA, None, CandidateLimits(pairs=False)))
    assert found.index("ON orders (customer_id, status)") < found.index("ON orders (status, customer_id)")


# ---------------------------------------------------------------------- bounds and switches
WIDE = catalog(
    f"CREATE TABLE w (id bigint PRIMARY KEY, {', '.join(f'c{number} integer' for number in range(60))});"
    "CREATE TABLE app.v (id bigint, a integer, b integer);"
)


def _many(count: int) -> str:
    return f"SELECT c59 FROM w WHERE {' AND '.join(f'c{number} = 1' for number in range(count))} ORDER BY c58"


def test_a_statement_with_fifty_columns_gives_a_bounded_number():
    found = candidates([statement(_many(50), WIDE)], WIDE, None, CandidateLimits(per_table=40))
    assert len(found) == 40
    assert all(len(one.index.keys) <= CandidateLimits().max_width for one in found)


def test_many_statements_give_a_bounded_number_and_the_heaviest_come_first():
    work = [
        statement(
            f"SELECT * FROM w WHERE c{number} = 1 AND c{number + 1} > 2", WIDE, fingerprint=str(number), weight=number
        )
        for number in range(50)
    ]
    found = candidates(work, WIDE, None, CandidateLimits(total=30))
    assert len(found) == 30
    assert "c49" in texts(found)[0]


@pytest.mark.parametrize(
    ("limits", "tables"),
    [
        (CandidateLimits(), {"w", "app.v"}),
        (CandidateLimits(only_tables=frozenset({"v"})), {"app.v"}),
        (CandidateLimits(only_tables=frozenset({"APP.V"})), {"app.v"}),
        (CandidateLimits(exclude_tables=frozenset({"app.v"})), {"w"}),
    ],
)
def test_tables_that_are_wanted(limits: CandidateLimits, tables: set[str]):
    work = [statement("SELECT * FROM w WHERE c1 = 4", WIDE), statement("SELECT * FROM app.v WHERE a = 4", WIDE)]
    assert {one.index.table for one in candidates(work, WIDE, None, limits)} == tables


def test_forms_can_be_switched_off():
    schema = catalog("CREATE TABLE t (a integer, b integer, c text, d timestamp, e text[]);")
    sql = "SELECT b FROM t WHERE a = 4 AND d IS NULL AND lower(c) = 'x' AND b IN (SELECT b FROM t WHERE e && '{x}')"
    off = CandidateLimits(include=False, partial=False, expressions=False, special=False, pairs=False)
    assert all(word in " ".join(texts(candidates([statement(sql, schema)], schema))) for word in ("INCLUDE", "WHERE", "gin", "lower"))  # fmt: skip
    assert set(texts(candidates([statement(sql, schema)], schema, None, off))) == {
        "ON t (a, d)", "ON t (d, a)", "ON t (a)", "ON t (d)", "ON t (b)", "ON t (b, a, d)", "ON t (a, d, b)",
    }  # fmt: skip


def test_pairs_of_used_columns():
    sql = "SELECT total FROM orders WHERE status = 'x' AND customer_id > 4"
    found = texts(candidates([statement(sql, SCHEMA)], SCHEMA))
    assert {"ON orders (customer_id, total)", "ON orders (status, total)", "ON orders (customer_id, status)"} <= set(
        found
    )
    assert "ON orders (total)" not in found  # only shown: it leads nothing


def test_a_second_index_on_a_unique_key_only_where_it_spares_a_wide_table():
    sql = "SELECT c.name FROM customers c JOIN orders o ON o.customer_id = c.id"
    wanted = "ON customers (id, name)"
    for pages, tuples, taken in ((50_000, 1e6, True), (50_000, 1e7, False), (500, 1e4, False)):
        sizes = Relation(schema="public", name="customers", kind="table", pages=pages, tuples=tuples)
        snapshot = Snapshot(header=Header(engine=SCHEMA.engine, values="present"), relations=[sizes])
        found = {one.index: one for one in candidates([statement(sql, SCHEMA)], SCHEMA, snapshot)}
        assert (wanted in texts(list(found.values()))) is taken
        if taken:
            why = found[index("id", "name", table="customers")].reasons[0].why
            assert why == "id joins, and the index alone answers"
    assert wanted not in texts(candidates([statement(sql, SCHEMA)], SCHEMA))


# ---------------------------------------------------------------------- around a set
def test_variants_widen_merge_and_narrow():
    work = [
        statement("SELECT total FROM orders WHERE customer_id = 4 AND created_at > now()", SCHEMA, fingerprint="a"),
        statement("SELECT * FROM orders WHERE customer_id = 4 AND status = 'x'", SCHEMA, fingerprint="b"),
    ]
    widen = Variants(work, SCHEMA)
    found = set(texts(widen([index("customer_id"), index("status")])))
    assert {
        "ON orders (customer_id) INCLUDE (created_at, total)",
        "ON orders (customer_id, created_at)",
        "ON orders (customer_id, status)",
        "ON orders (status, customer_id)",
    } <= found
    assert set(texts(widen([index("customer_id", "status")]))) >= {"ON orders (customer_id)"}
    assert index("customer_id") not in {one.index for one in widen([index("customer_id")])}
    one = [index("customer_id")]
    assert variants(one, work, SCHEMA) == widen(one)


def test_variants_name_no_index_that_exists():
    schema = catalog("CREATE TABLE t (a integer, b integer, c integer); CREATE INDEX one ON t (a, b);")
    work = [statement("SELECT c FROM t WHERE a = 4 AND b = 5", schema)]
    assert index("a", "b", table="t") not in {one.index for one in Variants(work, schema)([index("a", table="t")])}
