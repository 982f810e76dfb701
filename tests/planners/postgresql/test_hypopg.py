"""Hypothetical indexes of HypoPG in a server that has it; against the same indexes really built."""

import psycopg
import pytest

from advisor.catalog.live.dsn import address
from advisor.model.planning import Configuration, Query
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.hypopg import HypopgPlanner
from tests import servers

pytestmark = pytest.mark.server
ROWS = 300_000


@pytest.fixture(scope="module")
def server():
    with servers.postgresql() as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            connection.execute("CREATE SCHEMA tools")
            connection.execute("CREATE EXTENSION hypopg SCHEMA tools")
            connection.execute("CREATE TABLE orders (id bigint, customer int, status text, email text)")
            connection.execute(
                "INSERT INTO orders SELECT n, (random() * 300)::int, (ARRAY['paid', 'open', 'sent'])[1 + n %% 3], "
                "md5(n::text) || '@example.org' FROM generate_series(1, %s) n",
                [ROWS],
            )
            connection.execute("VACUUM ANALYZE orders")
            connection.execute("CREATE DATABASE bare")
        yield running


@pytest.fixture(scope="module")
def planner(server):
    with HypopgPlanner.open(address(server.dsn)) as opened:
        yield opened


def test_the_plan_uses_an_index_that_nobody_else_sees(planner, server):
    query = Query("SELECT * FROM orders WHERE customer = 7")
    (now,) = planner.explain([query])
    (then,) = planner.explain([query], Configuration(add=("ON orders (customer)",)))
    assert [node.operator for node in now.plan.nodes] != [node.operator for node in then.plan.nodes]
    assert then.cost < now.cost
    assert then.indexes[0].name in {node.index for node in then.plan.nodes}
    assert then.indexes[0].sql.startswith("CREATE INDEX")
    assert planner.explain([query])[0].cost == now.cost
    with planner.session.transaction():
        assert planner.session.rows("SELECT count(*) FROM tools.hypopg()") == [(0,)]
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT count(*) FROM pg_index WHERE indrelid = 'orders'::regclass").fetchone() == (
            0,
        )


@pytest.mark.parametrize(
    ("index", "closer"),
    [
        ("ON orders (customer)", True),
        ("ON orders (status)", True),
        ("ON orders (id)", False),
        ("ON orders (email)", False),
        ("ON orders (status, customer)", True),
    ],
)
def test_sizes_are_those_of_the_index_once_it_is_built(planner, server, index, closer):
    (size,) = planner.sizes([index])
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute(f"CREATE INDEX built {index}")
        (pages,) = connection.execute("SELECT pg_relation_size('built') / 8192").fetchone()
        connection.execute("DROP INDEX built")
    assert size.pages == pytest.approx(pages, rel=0.1)
    assert size.height is not None
    if closer:
        assert planner._pages[size.name] > 2 * pages


QUERIES = [
    "SELECT * FROM orders WHERE customer = 7",
    "SELECT count(*) FROM orders WHERE customer BETWEEN 7 AND 60",
    "SELECT * FROM orders WHERE email = 'x'",
    "SELECT * FROM orders o JOIN (VALUES (1), (2), (3)) v (c) ON o.customer = v.c",
    "SELECT customer FROM orders ORDER BY customer LIMIT 10",
]


def test_the_bound_on_the_cost_holds_where_the_plan_is_the_same(planner, server):
    indexes = ("ON orders (customer)", "ON orders (email)")
    answers = planner.explain([Query(sql) for sql in QUERIES], Configuration(add=indexes))
    with psycopg.connect(server.dsn) as connection:
        for wanted in answers[0].indexes:
            connection.execute(wanted.sql)
        real = [
            connection.execute(f"EXPLAIN (FORMAT JSON) {sql}").fetchall()[0][0][0]["Plan"]["Total Cost"]
            for sql in QUERIES
        ]
        connection.rollback()
    for answer, cost in zip(answers, real, strict=True):
        (off,) = [note for note in answer.notes if "off by" in note]
        bound = float(off.split("off by ")[1].split(" of")[0].replace(",", ""))
        assert abs(cost - answer.cost) <= bound + 0.01, (answer.query.sql, answer.cost, cost, bound)


@pytest.mark.parametrize(
    ("index", "words"),
    [
        ("ON nowhere (a)", "nowhere"),
        ("ON orders (nothing)", "nothing"),
        ("ON orders USING gin (status)", "hypothetical index"),
        ("ON orders (id); DROP TABLE orders", "one"),
    ],
)
def test_an_index_that_cannot_be_had_is_one_line(planner, index, words):
    with pytest.raises(PlannerError, match=words) as told:
        planner.explain([Query("SELECT 1")], Configuration(add=(index,)))
    assert "\n" not in str(told.value)
    with pytest.raises(PlannerError):
        planner.sizes([index])
    assert planner.explain([Query("SELECT 1")])[0].plan is not None


def test_a_query_that_fails_leaves_no_index_behind(planner):
    (answer,) = planner.explain([Query("SELECT nothing FROM orders")], Configuration(add=("ON orders (id)",)))
    assert "nothing" in answer.error
    with planner.session.transaction():
        assert planner.session.rows("SELECT count(*) FROM tools.hypopg()") == [(0,)]


def test_hiding_is_said_to_need_a_newer_one(planner):
    if planner.extension_version >= (1, 4):
        pytest.skip("this HypoPG hides indexes")
    with pytest.raises(PlannerError, match=r"1\.4 can"):
        planner.explain([Query("SELECT 1")], Configuration(hide=("orders_pkey",)))


def test_without_the_extension_nothing_is_created(server):
    bare = server.dsn.removesuffix("postgres") + "bare"
    with pytest.raises(PlannerError, match="no HypoPG"):
        HypopgPlanner.open(address(bare))
    with psycopg.connect(bare) as connection:
        assert connection.execute("SELECT count(*) FROM pg_extension WHERE extname = 'hypopg'").fetchone() == (0,)


def test_judgements_are_those_of_the_plans(planner, server):
    """Positions of new indexes, existing ones with their schema; names that two schemas have are told apart."""
    with psycopg.connect(server.dsn, autocommit=True) as connection:
        connection.execute("CREATE INDEX orders_id ON orders (id)")
        connection.execute("CREATE SCHEMA two")
        connection.execute("CREATE TABLE two.orders AS SELECT * FROM orders LIMIT 5000")
        connection.execute("CREATE INDEX orders_id ON two.orders (id)")
    configuration = Configuration(add=("ON orders (status)", "ON orders (customer)", "ON orders (email)"))
    texts = [
        "SELECT * FROM orders WHERE customer = 7", "SELECT * FROM orders WHERE id = 8", "SELECT * FROM nothing",
        "SELECT * FROM two.orders WHERE id = 8", "SELECT * FROM orders WHERE email = 'x' OR customer = 5", "SELECT 1; SELECT 2",
        "SELECT * FROM orders WHERE customer = $1",
    ]  # fmt: skip
    queries = [Query(text) for text in texts]
    try:
        found = planner.judge(queries, configuration)
        for brief, answer in zip(found, planner.explain(queries, configuration), strict=True):
            assert (brief is None) == (answer.plan is None)
            if brief is not None:
                assert (brief.cost, brief.rows) == (answer.cost, answer.rows)
                assert not brief.modelled
        assert [None if one is None else (set(one.new), set(one.existing)) for one in found] == [
            ({1}, set()), (set(), {"public.orders_id"}), None, (set(), {"two.orders_id"}), ({1, 2}, set()), None,
            ({1}, set()),
        ]  # fmt: skip
        with planner.session.transaction():
            assert planner.session.rows("SELECT count(*) FROM tools.hypopg()") == [(0,)]
    finally:
        with psycopg.connect(server.dsn, autocommit=True) as connection:
            connection.execute("DROP SCHEMA two CASCADE")
            connection.execute("DROP INDEX orders_id")
    with pytest.raises(PlannerError):
        planner.judge(queries, Configuration(add=("ON orders (nothing)",)))
