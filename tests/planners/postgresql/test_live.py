"""EXPLAIN on a running server: nothing executed, nothing left, every failure told of its query alone."""

import re

import psycopg
import pytest

from advisor.catalog.live.dsn import address
from advisor.model.planning import Configuration, Query, Scale
from advisor.planners.errors import PlannerError
from advisor.planners.planner import PRESENT
from advisor.planners.postgresql.live import LivePlanner
from tests import servers

pytestmark = pytest.mark.server


@pytest.fixture(scope="module")
def server():
    with servers.postgresql({"log_statement": "all", "log_line_prefix": "%a|"}, major=15) as running:
        with psycopg.connect(running.dsn, autocommit=True) as connection:
            connection.execute("CREATE TABLE orders (id serial PRIMARY KEY, customer int, note text)")
            connection.execute(
                "INSERT INTO orders (customer, note) SELECT CASE WHEN n % 10 = 0 THEN n ELSE 0 END, 'x' "
                "FROM generate_series(1, 20000) n"
            )
            connection.execute("CREATE INDEX orders_customer ON orders (customer)")
            connection.execute("CREATE SCHEMA app CREATE TABLE things (id int)")
            connection.execute("ANALYZE")
            connection.execute("CREATE ROLE reader LOGIN")
            connection.execute("GRANT pg_read_all_data TO reader")
        yield running


@pytest.fixture(scope="module")
def planner(server):
    with LivePlanner.open(address(server.dsn)) as opened:
        yield opened


def one(planner, sql, configuration=PRESENT, **more):
    (answer,) = planner.explain([Query(sql, **more)], configuration)
    return answer


def operators(answer):
    assert answer.error is None, answer.error
    return [node.operator for node in answer.plan.nodes]


def test_the_server_s_own_plan(planner, server):
    answer = one(planner, "SELECT * FROM orders WHERE id = 5;  -- the fifth")
    assert operators(answer) == ["index_scan"]
    assert answer.plan.root.index == "orders_pkey"
    with psycopg.connect(server.dsn) as connection:
        ((document,),) = connection.execute("EXPLAIN (FORMAT JSON) SELECT * FROM orders WHERE id = 5").fetchall()
    assert answer.cost == document[0]["Plan"]["Total Cost"]
    assert (answer.planned_by.planner, answer.planned_by.statistics) == ("live", "live")
    assert answer.planned_by.version.startswith("15")


@pytest.mark.parametrize(
    "sql",
    [
        "INSERT INTO orders (customer) VALUES (1)",
        "UPDATE orders SET note = 'gone' WHERE id < 10",
        "DELETE FROM orders",
        "MERGE INTO orders o USING app.things t ON o.id = t.id WHEN MATCHED THEN DELETE",
        "WITH gone AS (DELETE FROM orders RETURNING id) SELECT count(*) FROM gone",
        "SELECT * FROM orders WHERE id = 1 FOR UPDATE",
    ],
)
def test_writes_are_planned_and_not_executed(planner, server, sql):
    assert one(planner, sql).plan is not None
    with psycopg.connect(server.dsn) as connection:
        assert connection.execute("SELECT count(*), count(*) FILTER (WHERE note = 'x') FROM orders").fetchone() == (
            20000,
            20000,
        )


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT 1; DELETE FROM orders", "multiple commands"),
        ("SELECT * FROM nowhere", 'relation "nowhere" does not exist'),
        ("DROP TABLE orders", "not a statement that is planned: drop"),
        ("ANALYZE orders", "not a statement that is planned"),
        ("ANALYZE SELECT 1", "not a statement that is planned"),
        ("EXPLAIN ANALYZE DELETE FROM orders", "not a statement that is planned"),
        ("-- nothing", "no statement"),
        ("SELECT '\0'", "zero byte"),
        ("SELECT 1) DELETE", "syntax error"),
        ("COPY orders TO PROGRAM 'true'", "not a statement that is planned"),
        ("DO $$ BEGIN END $$", "not a statement that is planned"),
    ],
)
def test_what_is_refused_is_told_of_the_query_and_the_next_one_is_planned(planner, sql, words):
    refused, planned = planner.explain([Query(sql), Query("SELECT 1")])
    assert words in refused.error
    assert "\n" not in refused.error
    assert planned.plan is not None


def test_known_values_are_planned_with(planner):
    rare = one(planner, "SELECT * FROM orders WHERE customer = $1", parameters=("10",))
    common = one(planner, "SELECT * FROM orders WHERE customer = $1", parameters=("0",))
    assert rare.plan.root.index == "orders_customer"
    assert operators(common) == ["seq_scan"]
    assert one(planner, "SELECT * FROM orders WHERE customer = $1", parameters=(None,)).plan is not None


def test_unknown_values_give_the_generic_plan_and_say_so(planner):
    open_ = one(planner, "SELECT * FROM orders WHERE customer = $1")
    assert "generic plan" in open_.notes[0]
    asked = one(planner, "SELECT * FROM orders WHERE customer = $1", generic=True, parameters=("0",))
    assert asked.notes == ()
    assert asked.plan.root.rows_estimated == open_.plan.root.rows_estimated
    wrong = one(planner, "SELECT * FROM nowhere WHERE customer = $1")
    assert "does not exist" in wrong.error
    # A dollar in a literal is no parameter.
    assert one(planner, "SELECT '$1'").notes == ()


def test_nothing_stays_prepared_and_no_transaction_open(planner, server):
    one(planner, "SELECT * FROM orders WHERE customer = $1 AND id > $2")
    with planner.session.transaction():
        assert planner.session.rows("SELECT count(*) FROM pg_prepared_statements") == [(0,)]
    with psycopg.connect(server.dsn) as connection:
        states = connection.execute("SELECT state FROM pg_stat_activity WHERE application_name = 'advisor'").fetchall()
    assert states == [("idle",)]


def test_settings_hold_for_one_question(planner):
    sql = "SELECT * FROM orders WHERE customer = 10"
    hidden = one(planner, sql, Configuration(settings=(("enable_indexscan", "off"), ("enable_bitmapscan", "off"))))
    assert operators(hidden) == ["seq_scan"]
    assert operators(one(planner, sql)) != ["seq_scan"]
    with pytest.raises(PlannerError, match="only changes plans"):
        one(planner, sql, Configuration(settings=(("session_replication_role", "replica"),)))
    assert "invalid value" in one(planner, sql, Configuration(settings=(("work_mem", "much"),))).error


def test_the_search_path_can_be_given(server):
    with LivePlanner.open(address(server.dsn), search_path="app") as planner:
        assert one(planner, "SELECT * FROM things").plan is not None
        assert one(planner, "SELECT * FROM orders").error is not None


@pytest.mark.parametrize(
    "configuration",
    [
        Configuration(add=("ON orders (note)",)),
        Configuration(hide=("orders_customer",)),
        Configuration(scale=(Scale("orders", 10),)),
    ],
)
def test_what_a_server_cannot_do_names_the_snapshot(planner, configuration):
    with pytest.raises(PlannerError, match="snapshot"):
        one(planner, "SELECT 1", configuration)


def test_a_locked_table_costs_one_answer(server):
    with psycopg.connect(server.dsn) as holder, LivePlanner.open(address(server.dsn)) as planner:
        holder.execute("LOCK TABLE orders IN ACCESS EXCLUSIVE MODE")
        locked, free = planner.explain([Query("SELECT * FROM orders"), Query("SELECT 1")])
        holder.rollback()
    assert "lock" in locked.error
    assert "another session" in locked.error
    assert free.plan is not None


def test_a_lost_connection_is_one_line(server):
    with LivePlanner.open(address(server.dsn)) as planner:
        with psycopg.connect(server.dsn, autocommit=True) as killer:
            killer.execute("SELECT pg_terminate_backend(%s)", [planner.session.connection.info.backend_pid])
        with pytest.raises(PlannerError) as told:
            planner.explain([Query("SELECT 1")])
    assert "\n" not in str(told.value)


def test_no_password_is_told():
    with pytest.raises(PlannerError) as told:
        LivePlanner.open(address("postgresql://nobody:s3cret@127.0.0.1:1/nothing"))
    assert "s3cret" not in str(told.value)


def test_a_role_that_may_not_read_a_table_is_told(server):
    where = address(server.dsn.replace("postgres@", "reader@"))
    with LivePlanner.open(where) as planner:
        assert one(planner, "SELECT * FROM orders").plan is not None
        assert "permission denied" in one(planner, "DELETE FROM orders").error


def test_only_explain_was_sent(planner, server):
    """The server's own log, last: what went there under our name."""
    one(planner, "DELETE FROM orders")
    log = server.log.read_text("utf-8", "replace")
    sent = re.findall(r"^advisor\|LOG:  (?:statement|execute <unnamed>): (.*)", log, re.MULTILINE)
    assert len(sent) > 50
    frame = r"BEGIN TRANSACTION READ ONLY|ROLLBACK|(?:ROLLBACK TO |RELEASE )?SAVEPOINT advisor"
    asked = r"EXPLAIN \(FORMAT JSON\) .*|(?:PREPARE|DEALLOCATE) advisor_generic.*|SELECT .*|"
    assert [text for text in sent if not re.fullmatch(f"{frame}|{asked}", text)] == []
