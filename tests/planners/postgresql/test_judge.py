"""`judge` against whole plans, and the catalog that it switches against one in which nothing is parked."""

from __future__ import annotations

import json
import random
from typing import Any

import psycopg
import pytest

from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot.postgresql import capture
from advisor.model.planning import Configuration, Query
from advisor.planners.postgresql.binaries import find
from advisor.planners.postgresql.planner import ShadowPlanner
from tests import servers

pytestmark = pytest.mark.server
SOURCE = """
SELECT setseed(0.4);
CREATE TABLE users (id int PRIMARY KEY, email text, country text, born date);
INSERT INTO users SELECT n, 'u' || n, (ARRAY['DE', 'FR', 'US'])[1 + n % 3], date '1970-01-01' + n % 9000
  FROM generate_series(1, 4000) n;
CREATE UNIQUE INDEX users_email ON users (email);
CREATE TABLE orders (id int PRIMARY KEY, user_id int REFERENCES users, status text, total int, at date);
INSERT INTO orders SELECT n, 1 + (4000 * power(random(), 2))::int % 4000, (ARRAY['new', 'paid', 'lost'])[1 + (3 * power(random(), 3))::int % 3],
  random() * 500, date '2024-01-01' + n / 50 FROM generate_series(1, 20000) n;
CREATE INDEX orders_user ON orders (user_id);
CREATE INDEX orders_at ON orders (at);
CREATE TABLE events (id int, kind int, at date) PARTITION BY RANGE (id);
CREATE TABLE events_0 PARTITION OF events FOR VALUES FROM (0) TO (10000);
CREATE TABLE events_1 PARTITION OF events FOR VALUES FROM (10000) TO (20001);
INSERT INTO events SELECT n, random() * 700, date '2024-01-01' + n / 100 FROM generate_series(0, 20000) n;
CREATE INDEX events_id ON events (id);
CREATE INDEX events_1_at ON events_1 (at);
CREATE SCHEMA other;
CREATE TABLE other.orders (id int PRIMARY KEY, status text);
INSERT INTO other.orders SELECT n, n % 700 FROM generate_series(1, 9000) n;
CREATE INDEX orders_at ON other.orders (status);
VACUUM ANALYZE;
"""
QUERIES = [
    "SELECT * FROM users WHERE email = 'u7'",
    "SELECT * FROM orders WHERE user_id = 17 ORDER BY at DESC LIMIT 3",
    "SELECT * FROM orders o JOIN users u ON u.id = o.user_id WHERE o.status = 'lost' AND u.country = 'FR' AND o.total < 3",
    "SELECT count(*) FROM orders WHERE at = '2024-03-01' AND total = 7",
    "SELECT * FROM events WHERE kind = 3 AND at < '2024-01-20'",
    "SELECT * FROM events WHERE id = 77 OR id = 15000",
    "SELECT (SELECT max(at) FROM orders o WHERE o.user_id = u.id) FROM users u WHERE u.id < 5",
    "WITH lost AS MATERIALIZED (SELECT * FROM orders WHERE status = 'lost' AND total = 9) SELECT * FROM lost l, users u "
    "WHERE u.id = l.user_id AND EXISTS (SELECT FROM orders o WHERE o.total = l.total AND o.user_id = 4)",
    "SELECT * FROM other.orders o WHERE o.status = '77'",
    "SELECT * FROM other.orders o, orders p WHERE o.status = '77' AND p.at = '2024-02-02'",
    "UPDATE orders SET total = 1 WHERE user_id = 5 AND status = 'new'",
    "DELETE FROM users WHERE country = 'DE' AND born = '1980-01-01'",
    "INSERT INTO users (id, email) VALUES (1, 'x') ON CONFLICT (email) DO NOTHING",
    "SELECT status, count(*) FROM orders GROUP BY status",
    "SELECT * FROM nothing",
    "SELECT * FROM orders WHERE user_id = $1 AND total > $2",
]  # fmt: skip
CANDIDATES = [
    *(f"ON orders ({a}, {b})" for a in ("user_id", "status", "total", "at") for b in ("user_id", "status", "total", "at") if a != b),
    "ON orders (total)", "ON orders (status)", "ON orders (at) INCLUDE (total)", "ON orders (total) WHERE status = 'lost'",
    "ON users (country)", "ON users (country, born)", "ON users (born)", "CREATE UNIQUE INDEX ON users (email, id)",
    "ON events (kind)", "ON events (kind, at)", "ON events (at)", "ON events_0 (at)", "ON events USING brin (at)",
    "ON other.orders (id, status)", "CREATE INDEX orders_at_status ON other.orders (status, id)",
    "CREATE INDEX orders_user ON other.orders (id, status)",
]  # fmt: skip
HIDDEN = ["orders_user", "public.orders_at", "other.orders_at", "users_email", "users_pkey", "events_id", "events_1_at"]


@pytest.fixture(scope="module")
def snapshot():
    with (
        servers.postgresql({"autovacuum": "off"}, major=15) as server,
        psycopg.connect(server.dsn, autocommit=True) as source,
    ):
        for statement in SOURCE.split(";\n"):
            if statement.strip():
                source.execute(statement.encode())
        return capture(address(server.dsn))[0]


@pytest.fixture(
    scope="module", params=[15, 18, *(pytest.param(major, marks=pytest.mark.long) for major in (14, 16, 17))]
)
def planner(request, snapshot):
    with ShadowPlanner.open(snapshot, binaries=find(request.param)) as planner:
        planner.prepare(CANDIDATES)
        yield planner


def nodes(plan: dict[str, Any], schema: str = "") -> list[tuple[str, str]]:
    """Schema and name of every index in a verbose plan."""
    schema = plan.get("Schema", schema)
    found = [(schema, plan["Index Name"])] if "Index Name" in plan else []
    found += [(schema, name) for name in plan.get("Conflict Arbiter Indexes", [])]
    return found + [each for child in plan.get("Plans", []) for each in nodes(child, schema)]


def plainly(planner: ShadowPlanner, configuration: Configuration) -> list[tuple[float, set[int], set[str]] | None]:
    """The same asked the slow way: every candidate on its table's list, and all but the configuration's invalid."""
    whatif = planner._whatif
    wanted = whatif.world(planner.connection, configuration.add, configuration.hide)
    candidates = [part for made in whatif.made.values() for part in made.parts]
    seen = {part.oid for made in wanted.made for part in made.parts} - wanted.hidden
    planner._park()
    positions = {(part.schema, part.name): place for place, made in enumerate(wanted.made) for part in made.parts}
    known = {(one.schema, one.name): one.known_as for one in whatif.existing.values()}
    found: list[tuple[float, set[int], set[str]] | None] = []
    with planner.shadow.cluster.connect("admin") as admin, admin.transaction(force_rollback=True):
        admin.prepare_threshold = None
        admin.execute("SET LOCAL search_path = public")
        switched = [part.oid for part in candidates] + list(wanted.hidden)
        admin.execute(
            "UPDATE pg_index SET indislive = true, indisvalid = indexrelid = ANY (%s) WHERE indexrelid = ANY (%s)",
            [list(seen), switched],
        )
        admin.execute("UPDATE pg_class SET relpages = relpages WHERE relkind IN ('r', 'p')")
        for sql in QUERIES:
            try:
                with admin.transaction():
                    if "$1" in sql:
                        admin.execute(f"PREPARE x AS {sql}".encode())
                        admin.execute("SET LOCAL plan_cache_mode = force_generic_plan")
                        ((plan,),) = admin.execute(b"EXPLAIN (FORMAT JSON, VERBOSE) EXECUTE x (NULL, NULL)").fetchall()
                    else:
                        ((plan,),) = admin.execute(f"EXPLAIN (FORMAT JSON, VERBOSE) {sql}".encode()).fetchall()
            except psycopg.Error:
                found.append(None)
                continue
            finally:
                admin.execute("DEALLOCATE ALL")
            root = plan[0]["Plan"]
            names = nodes(root)
            found.append(
                (
                    root["Total Cost"],
                    {positions[one] for one in names if one in positions},
                    {known[one] for one in names if one not in positions},
                )
            )
    return found


def test_parked_candidates_change_no_plan(planner):
    """Costs to the last digit and the same indexes as where all stand beside each other, in random configurations."""
    chance = random.Random(11)
    used = 0
    for _ in range(25):
        configuration = Configuration(
            add=tuple(chance.sample(CANDIDATES, chance.choice([0, 1, 3, 8, len(CANDIDATES)]))),
            hide=tuple(chance.sample(HIDDEN, chance.choice([0, 0, 1, 2, 4]))),
        )
        found = planner.judge([Query(sql) for sql in QUERIES], configuration)
        for sql, mine, plain in zip(QUERIES, found, plainly(planner, configuration), strict=True):
            assert (mine is None) == (plain is None), (sql, configuration)
            if mine is not None and plain is not None:
                assert (mine.cost, set(mine.new), set(mine.existing)) == plain, (sql, configuration)
                used += bool(mine.new)
    assert used > 60


def test_judge_says_what_explain_says(planner):
    """In brief: the same cost and rows, and the indexes that the plan names."""
    chance = random.Random(12)
    for _ in range(12):
        configuration = Configuration(
            add=tuple(chance.sample(CANDIDATES[:-1], 6)), hide=tuple(chance.sample(HIDDEN, chance.choice([0, 2])))
        )
        queries = [Query(sql) for sql in QUERIES]
        for query, brief, answer in zip(
            queries, planner.judge(queries, configuration), planner.explain(queries, configuration), strict=True
        ):
            assert (brief is None) == (answer.plan is None), query.sql
            if brief is None:
                continue
            assert (brief.cost, brief.rows) == (answer.cost, answer.rows)
            names = {node.index for node in answer.plan.nodes if node.index}
            if "other" in query.sql or "CONFLICT" in query.sql or "events" in query.sql:
                continue
            assert {answer.indexes[place].name for place in brief.new} == {
                name for name in names if name in {one.name for one in answer.indexes}
            }
            assert {one.split(".")[1] for one in brief.existing} == names - {one.name for one in answer.indexes}


def test_what_is_used_is_told_by_its_own_name(planner):
    """Positions of candidates also by their partitions' indexes; of existing ones the partitioned index; schemas kept apart."""

    def used(sql: str, *add: str, hide: tuple[str, ...] = ()) -> tuple[set[int], set[str]]:
        (one,) = planner.judge([Query(sql)], Configuration(add=add, hide=hide))
        assert one is not None
        return set(one.new), set(one.existing)

    assert used("SELECT * FROM events WHERE id = 77") == (set(), {"public.events_id"})
    assert used("SELECT * FROM events WHERE kind = 3", "ON users (born)", "ON events (kind)") == ({1}, set())
    both = used("SELECT * FROM events WHERE at = '2024-07-01'", "ON events (at)")
    assert both in (({0}, {"public.events_1_at"}), ({0}, set()))
    named = "CREATE INDEX orders_user ON other.orders (id, status)"
    assert used("SELECT status FROM other.orders WHERE id > 8900", named, hide=("other.orders_pkey",)) == ({0}, set())
    assert used("SELECT * FROM public.orders WHERE user_id = 5", named) == (set(), {"public.orders_user"})
    assert used("SELECT * FROM other.orders WHERE status = '5'") == (set(), {"other.orders_at"})
    assert used("INSERT INTO users (id) VALUES (1) ON CONFLICT (id) DO NOTHING") == (set(), {"public.users_pkey"})
    two = "SELECT * FROM orders WHERE total = 8 AND user_id BETWEEN 5 AND 100"
    assert used(two, "ON orders (total)")[0] == {0}


def test_judge_and_explain_take_turns(planner):
    """Each finds the world it asks for, whatever the other left."""
    query = Query("SELECT * FROM orders WHERE total = 8")
    (present,) = planner.judge([query])
    with_it = Configuration(add=("ON orders (total)",))
    (helped,) = planner.judge([query], with_it)
    (now,) = planner.explain([Query(query.sql + " ")])
    assert now.cost == present.cost
    planner._judged.clear()
    (plan,) = planner.explain([Query(query.sql + "  ")], with_it)
    assert plan.cost == helped.cost < present.cost
    planner.prepare(["ON orders (total, id)"])
    assert planner.judge([Query(query.sql + "   ")])[0].cost == present.cost


def test_a_query_that_takes_too_long_costs_its_own_judgement(planner):
    with planner.shadow.connect() as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION endless() RETURNS int IMMUTABLE LANGUAGE plpgsql AS "
            "$$BEGIN LOOP BEGIN PERFORM pg_sleep(60); EXCEPTION WHEN query_canceled THEN NULL; END; END LOOP; END$$"
        )
        connection.execute(
            "CREATE OR REPLACE FUNCTION slow() RETURNS int IMMUTABLE LANGUAGE plpgsql AS $$BEGIN PERFORM pg_sleep(60); RETURN 1; END$$"
        )
    explainer = planner._explainer
    before, explainer.seconds = explainer.seconds, 0.5
    configuration = Configuration(add=("ON orders (total)",))
    good = "SELECT * FROM orders WHERE total = 11"
    try:
        found = planner.judge(
            [Query(f"{good} -- 1"), Query("SELECT * FROM orders WHERE id = slow()"), Query(f"{good} -- 2"),
             Query("SELECT * FROM orders WHERE id = endless()"), Query(f"{good} -- 3")],
            configuration,
        )  # fmt: skip
    finally:
        explainer.seconds = before
    assert [one is None for one in found] == [False, True, False, True, False]
    assert all(one.new == {0} for one in found if one is not None)
    assert planner.judge([Query(f"{good} -- 4")])[0].new == frozenset()


def test_a_session_that_was_lost_leaves_no_doubt(planner):
    """Whether the last switch happened is not known then: all of it is done again."""
    query = "SELECT * FROM orders WHERE total = 12"
    (present,) = planner.judge([Query(query)])
    world = planner._world(Configuration(add=("ON orders (total)",), hide=("orders_user",)))
    assert planner._whatif.switch.to(world.shown, world.hidden)  # sent, for all we know
    planner.connection.close()
    assert planner.judge([Query(f"{query} -- again")])[0] == present
    (user,) = planner.judge([Query("SELECT * FROM orders WHERE user_id = 17")])
    assert user.existing == {"public.orders_user"}


def test_brief_plans():
    from advisor.planners.postgresql.brief import read_brief

    assert read_brief("[]") is None
    assert read_brief('[{"Utility Statement": "x"}]') is None
    assert read_brief(json.dumps([{"Plan": {"Node Type": "Result"}}])) is None
    found = read_brief(
        json.dumps(
            [
                {
                    "Plan": {
                        "Total Cost": 3, "Plan Rows": 1e9, "Filter": '"Index Name": "no"', "Schema": "s",
                        "Plans": [{"Index Name": "a", "Plans": [{"Schema": "t", "Index Name": "b"}]}],
                    }
                }
            ]
        )
    )  # fmt: skip
    assert found is not None
    assert (found.cost, found.rows, found.indexes) == (3.0, 1e9, {("s", "a"), ("t", "b")})


def test_candidates_are_forgotten_with_their_files(planner):
    """What stands is what is wanted; asked again it is made again, and existing indexes stay."""
    base = planner.shadow.cluster.data / "base"
    before = sum(path.stat().st_size > 0 for path in base.rglob("*"))
    more = [
        "ON orders (total, at, id)",
        "ON users USING brin (born)",
        "ON events (kind, id)",
        "ON events (at, id, kind)",
    ]
    add = Configuration(add=tuple(more))
    query = Query("SELECT * FROM events WHERE kind = 9 AND id < 500")
    (first,) = planner.judge([query], add)
    assert first.new
    planner.forget([*more, "ON users (country, email)"])
    assert sum(path.stat().st_size > 0 for path in base.rglob("*")) <= before + 3
    with planner.shadow.connect() as connection:
        names = connection.execute("SELECT count(*) FROM pg_class WHERE relname ~ 'whatif_(brin_users|events_kind_id)'")
        assert names.fetchone() == (0,)
    again = Query(query.sql + " -- again")
    assert planner.judge([again], add) == [first]
    assert planner.judge([Query(query.sql + " -- now")])[0].new == frozenset()
    planner.forget(["ON events (at)"])  # one partition's part of it is an existing index
    assert planner.judge([Query("SELECT * FROM events_1 WHERE at = '2024-07-02'")])[0].existing == {
        "public.events_1_at"
    }


def test_too_many_candidates_push_the_oldest_out(planner, monkeypatch):
    from dataclasses import replace

    from advisor.planners.postgresql import whatif

    made = planner._whatif.made
    monkeypatch.setattr(whatif, "LIMITS", replace(whatif.LIMITS, shadow_candidates=len(made) + 1))
    for column in ("id", "user_id", "status", "total"):
        planner.prepare([f"ON orders (at, {column}, id)", f"ON orders ({column}, at, id)"][: 1 + (column != "id")])
        assert len(made) <= whatif.LIMITS.shadow_candidates
    (found,) = planner.judge(
        [Query("SELECT * FROM orders WHERE total = 13")], Configuration(add=(CANDIDATES[0], "ON orders (total)"))
    )
    assert found.new == {1}


def test_sizes_stay_known_of_what_was_pushed_out(planner, monkeypatch):
    from advisor.planners.errors import PlannerError
    from advisor.planners.postgresql import whatif

    text = "ON orders (user_id, total, status)"
    (size,) = planner.sizes([text])
    planner.forget([text])

    def fail(*_: object) -> None:
        raise PlannerError("nothing is to be made")

    monkeypatch.setattr(whatif.WhatIf, "_make", fail)
    assert planner.sizes([text]) == [size]
    with pytest.raises(PlannerError):
        planner.sizes(["ON orders (total, user_id, status)"])


def test_indexes_made_together_are_as_those_made_alone(planner):
    texts = [
        "ON orders (status, at) INCLUDE (total)",
        "ON orders USING brin (at)",
        "ON orders (total) WHERE status = 'x'",
    ]
    queries = [
        Query("SELECT total FROM orders WHERE status = 'x' AND at > '2024-07-02'"),
        Query("SELECT 1 FROM orders"),
    ]
    planner.prepare(texts)
    together = planner.sizes(texts), [planner.judge(queries, Configuration(add=(text,))) for text in texts]
    planner.forget(texts)
    planner._whatif._sizes.clear()
    planner._judged.clear()
    for text in texts:
        planner.prepare([text])
    alone = planner.sizes(texts), [planner.judge(queries, Configuration(add=(text,))) for text in texts]
    assert together == alone
