"""Judgements of MariaDB's shadow: hints in place of tables that are altered, and costs worked out from plans."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator

import pymysql
import pytest

from advisor.catalog.live.dsn import address
from advisor.catalog.snapshot.mysql import capture
from advisor.model.planning import Configuration, Query
from advisor.planners.errors import PlannerError
from advisor.planners.mariadb import world
from advisor.planners.mariadb.cost import Sizes, modelled
from advisor.planners.mariadb.hinted import hinted
from advisor.planners.mariadb.shadow import MariadbShadow
from advisor.planners.mysql.live import LivePlanner
from tests.conftest import StartServer

SOURCE = [
    "CREATE TABLE users (id INT PRIMARY KEY, email VARCHAR(40), country CHAR(2), UNIQUE KEY users_email (email))",
    "CREATE TABLE orders (id INT PRIMARY KEY, user_id INT, status VARCHAR(9), total INT, at DATE, note VARCHAR(200),"
    " KEY orders_user (user_id), KEY orders_at (at))",
    "INSERT INTO users SELECT seq, CONCAT('u', seq), ELT(1 + seq MOD 3, 'DE', 'FR', 'US') FROM seq_1_to_4000",
    "INSERT INTO orders SELECT seq, 1 + seq * 7 MOD 4000, ELT(1 + (seq MOD 97 = 0) + (seq MOD 7 = 0), 'paid', 'new', 'lost'),"
    " seq * 13 MOD 500, '2024-01-01' + INTERVAL seq DIV 60 DAY, REPEAT('x', 100) FROM seq_1_to_20000",
    "CREATE VIEW paid AS SELECT * FROM orders WHERE status = 'paid'",
    "ANALYZE TABLE users PERSISTENT FOR ALL",
    "ANALYZE TABLE orders PERSISTENT FOR ALL",
]
QUERIES = [
    "SELECT * FROM users WHERE email = 'u7'",
    "SELECT id, at FROM orders WHERE user_id = 18 ORDER BY at DESC LIMIT 3 /* of the page */",
    "SELECT * FROM orders o JOIN users AS u ON u.id = o.user_id WHERE o.status = 'lost' AND u.country = 'FR' AND o.total < 3",
    "SELECT count(*) FROM orders WHERE at = '2024-03-01' AND total = 7",
    "SELECT * FROM users, orders WHERE users.id = orders.user_id AND orders.total = 9",
    "SELECT * FROM users WHERE id IN (SELECT user_id FROM `orders` WHERE total = 499 AND status = 'lost')",
    "SELECT (SELECT max(at) FROM orders o WHERE o.user_id = u.id) FROM users u WHERE u.id < 5",
    "SELECT * FROM orders WHERE total = 8 UNION ALL SELECT * FROM orders WHERE status = 'lost'",
    "SELECT * FROM (SELECT user_id, count(*) n FROM orders WHERE total = 77 GROUP BY user_id) x WHERE n > 1",
    "UPDATE orders SET note = 'y' WHERE total = 5 AND status = 'new'",
    "DELETE FROM orders WHERE total = 6",
    "DELETE FROM users WHERE country = 'DE' ORDER BY id LIMIT 3",
    "INSERT INTO users SELECT id + 100000, id, 'XX' FROM orders WHERE total = 11",
    "SELECT * FROM orders WHERE total = 12 OR user_id = 5",
    "SELECT * FROM paid WHERE total = 3",
    "SELECT status, count(*) FROM orders GROUP BY status",
    "SELECT * FROM nothing",
    "SELECT * FROM orders WHERE user_id = ? AND total > ?",
]
CANDIDATES = [
    *(f"ON orders ({a}, {b})" for a in ("user_id", "status", "total", "at") for b in ("user_id", "status", "total", "at") if a != b),
    "ON orders (total)", "ON orders (status)", "ON users (country)", "ON users (country, email)",
]  # fmt: skip
HIDDEN = ["orders_user", "orders.orders_at", "users_email"]


@pytest.fixture(scope="module")
def shadow(mariadb_with: StartServer) -> Iterator[MariadbShadow]:
    running = mariadb_with({"performance-schema": "ON", "userstat": "1"})
    with pymysql.connect(host=running.host, port=running.port, user="root", autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE DATABASE judged")
        cursor.execute("USE judged")
        for statement in SOURCE:
            cursor.execute(statement)
        snapshot = capture(address(f"mariadb://root@{running.host}:{running.port}/judged"))[0]
        cursor.execute("DROP DATABASE judged")
    with MariadbShadow.open(snapshot) as opened:
        opened.prepare(CANDIDATES)
        yield opened


@pytest.mark.server
def test_judged_as_explained(shadow: MariadbShadow) -> None:
    """The same indexes as with tables that are altered, in random configurations; hidden ones never."""
    chance = random.Random(5)
    used = 0
    for _ in range(6):
        configuration = Configuration(
            add=tuple(chance.sample(CANDIDATES, chance.choice([0, 1, 4, len(CANDIDATES)]))),
            hide=tuple(chance.sample(HIDDEN, chance.choice([0, 0, 1, 2]))),
        )
        queries = [Query(sql) for sql in QUERIES]
        for query, brief, answer in zip(
            queries, shadow.judge(queries, configuration), shadow.explain(queries, configuration), strict=True
        ):
            assert (brief is None) == (answer.plan is None), (query.sql, answer.error)
            if brief is None or answer.plan is None:
                continue
            assert brief.modelled
            assert brief.cost > 0
            names = {
                name.strip()
                for node in answer.plan.nodes
                if node.index and not (node.relation or "").startswith("<")
                for name in node.index.split(",")
            }
            told = {answer.indexes[place].name for place in brief.new}
            assert told | {name.split(".")[1] for name in brief.existing} == names, (query.sql, configuration)
            used += bool(told)
    assert used > 12


@pytest.mark.server
def test_costs_follow_what_an_index_spares(shadow: MariadbShadow) -> None:
    def cost(sql: str, *add: str, hide: tuple[str, ...] = ()) -> float:
        (found,) = shadow.judge([Query(sql)], Configuration(add=add, hide=hide))
        assert found is not None
        return found.cost

    scan = "SELECT * FROM orders WHERE total = 8"
    assert cost(scan, "ON orders (total)") < cost(scan) / 20
    top = QUERIES[1]
    assert cost(top, "ON orders (user_id, at)") < cost(top)
    assert cost(top, hide=("orders_user",)) > 10 * cost(top)
    either = "SELECT * FROM orders WHERE total = 8 UNION ALL SELECT * FROM orders WHERE total = 9"
    assert cost(either, "ON orders (total)") < cost(either) / 20
    assert cost(either) == pytest.approx(2 * cost(scan), rel=0.01)
    delete = "DELETE FROM orders WHERE total = 6"
    assert cost(delete, "ON orders (total)") < cost(delete) / 20
    (found,) = shadow.judge([Query(scan)], Configuration(add=("ON users (country)", "ON orders (total)")))
    assert found is not None
    assert found.new == {1}


@pytest.mark.server
def test_more_candidates_than_a_table_may_have(shadow: MariadbShadow, monkeypatch: pytest.MonkeyPatch) -> None:
    """The oldest make room; what one configuration needs at a time cannot be more."""
    monkeypatch.setattr(world, "_MOST_KEYS", 20)
    columns = ["user_id", "status", "total", "at", "id"]
    many = [f"ON orders ({a}, {b}, {c})" for a in columns for b in columns for c in columns if len({a, b, c}) == 3]
    query = Query("SELECT * FROM orders WHERE total = 8 AND status = 'lost'")
    for some in (many[:12], many[12:20], many[:6]):
        (found,) = shadow.judge([query], Configuration(add=tuple(some)))
        assert found is not None
        assert len(shadow.world.candidates()[shadow.world.database, "orders"]) <= 17
    with pytest.raises(PlannerError, match="more than 20"):
        shadow.judge([query], Configuration(add=tuple(many[20:40])))


@pytest.mark.parametrize(
    ("sql", "told"),
    [
        ("SELECT * FROM t", "SELECT * FROM t IGNORE INDEX (a)"),
        ("SELECT * FROM t AS x WHERE 1", "SELECT * FROM t AS x IGNORE INDEX (a) WHERE 1"),
        ("SELECT t.a, t FROM s.`T` y, u, (t z JOIN t ON t.a = z.a)",
         "SELECT t.a, t FROM s.`T` y IGNORE INDEX (a), u, (t z IGNORE INDEX (a) JOIN t IGNORE INDEX (a) ON t.a = z.a)"),
        ("SELECT f(t) FROM u WHERE t IN (SELECT t FROM t)", "SELECT f(t) FROM u WHERE t IN (SELECT t FROM t IGNORE INDEX (a))"),
        ("UPDATE t SET t = 1", "UPDATE t IGNORE INDEX (a) SET t = 1"),
        ("DELETE FROM t WHERE b = 1", "DELETE t FROM t IGNORE INDEX (a) WHERE b = 1"),
        ("DELETE FROM t", "DELETE t FROM t IGNORE INDEX (a)"),
        ("INSERT INTO t SELECT * FROM t", "INSERT INTO t SELECT * FROM t IGNORE INDEX (a)"),
        ("SELECT 't FROM t' FROM u -- t", "SELECT 't FROM t' FROM u -- t"),
    ],
)  # fmt: skip
def test_hints(sql: str, told: str) -> None:
    assert hinted(sql, {"t": ["a"]}).replace("`a`", "a") == told


def test_costs_of_plans() -> None:
    """Loops times loops, sorts beside them; a subquery with a cache for each row, another one once."""
    sizes = Sizes({"t": (100.0, 10_000.0), "u": (10.0, 1000.0)}, {("t", "a"): 20.0})

    def of(block: dict[str, object], sql: str = "SELECT") -> float:
        found = modelled(json.dumps({"query_block": block}), sql, sizes, {"x": "u"})
        assert found is not None
        return found.cost

    scan = {"table": {"table_name": "t", "access_type": "ALL", "rows": 10_000}}
    outer = {"table": {"table_name": "x", "access_type": "ALL", "rows": 1000, "filtered": 10}}
    ref = {"table": {"table_name": "t", "access_type": "ref", "key": "a", "rows": 5}}
    assert of({"nested_loop": [scan]}) == 100 + 2000
    assert of({"nested_loop": [outer, ref]}) == pytest.approx(10 + 200 + 100 * (1 + 5 + 1))
    assert of({"filesort": {"nested_loop": [scan]}}) > of({"nested_loop": [scan]})
    assert of({"nested_loop": [scan]}, "SELECT 1 LIMIT 10") == pytest.approx(2.1)
    for condition, read in (
        ("t.a = 'x or y'", 100),
        ("t.a >= 5", 10),
        ("t.a = 5 or t.b = 6", 10),
        ("t.b <> 'a = 5'", 10),
    ):
        blind = {"table": {**scan["table"], "attached_condition": condition}}
        assert of({"nested_loop": [blind]}, "SELECT 1 LIMIT 10") == pytest.approx(2100 * 10 * read / 10_000)
    inner = {"query_block": {"nested_loop": [ref]}}
    once = of({"nested_loop": [outer], "subqueries": [inner]})
    often = of({"nested_loop": [outer], "subqueries": [{"expression_cache": inner}]})
    assert often - of({"nested_loop": [outer]}) == pytest.approx(100 * (once - of({"nested_loop": [outer]})))
    assert modelled("[]", "", sizes, {}) is None


@pytest.mark.server
def test_a_running_server_is_judged_for_the_present(mariadb_with: StartServer) -> None:
    running = mariadb_with({"performance-schema": "ON", "userstat": "1"})
    with pymysql.connect(host=running.host, port=running.port, user="root", autocommit=True) as connection:
        cursor = connection.cursor()
        cursor.execute("CREATE DATABASE judged_live")
        cursor.execute("USE judged_live")
        try:
            for statement in SOURCE:
                cursor.execute(statement)
            with LivePlanner.open(address(f"mariadb://root@{running.host}:{running.port}/judged_live")) as live:
                scan, search, nothing, write = live.judge([Query(QUERIES[index]) for index in (3, 1, 16, 9)])
                with pytest.raises(PlannerError):
                    live.judge([Query("SELECT 1")], Configuration(add=("ON orders (total)",)))
            assert nothing is None
            assert scan is not None
            assert search is not None
            assert scan.existing == {"orders.orders_at"}
            assert search.existing == {"orders.orders_user"}
            assert search.cost > 1
            assert write is None or write.cost > search.cost  # a write is not explained in a session that only reads
        finally:
            cursor.execute("DROP DATABASE judged_live")
