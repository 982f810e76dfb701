"""Measuring on a real MariaDB."""

from __future__ import annotations

import subprocess
import sys
import time

import pymysql
import pytest

from advisor.model.planning import Configuration, Query
from advisor.planners.errors import PlannerError
from advisor.recommend.definition import on_text
from advisor.recommend.measuring import PREFIX, MeasuredPlanner, MeasuringError, measure, open_staging
from tests.recommend.measuring.statements import index, statement

pytestmark = pytest.mark.server

SCHEMA = """
CREATE DATABASE staged;
USE staged;
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, state varchar(10), note varchar(40), KEY orders_state (state));
INSERT INTO orders SELECT seq, seq % 2000, 'open', concat('note ', seq) FROM seq_1_to_20000;
CREATE TABLE `odd ``table` (id int PRIMARY KEY, `a b` int);
INSERT INTO `odd ``table` SELECT seq, seq FROM seq_1_to_20000;
CREATE TABLE items (id int PRIMARY KEY, order_id int, state int, CONSTRAINT items_order FOREIGN KEY (order_id)
  REFERENCES orders (id));
INSERT INTO items SELECT seq, 1 + seq % 5000, seq % 7 FROM seq_1_to_20000;
CREATE TABLE touched (id int) ENGINE=InnoDB;
CREATE FUNCTION touch() RETURNS int DETERMINISTIC MODIFIES SQL DATA BEGIN INSERT INTO touched VALUES (1); RETURN 1; END;
CREATE VIEW hidden AS SELECT id, customer_id, get_lock(note, 0) FROM orders;
CREATE INDEX advisor_measure_not_ours ON orders (note);
ANALYZE TABLE orders PERSISTENT FOR ALL;
"""


@pytest.fixture(scope="module")
def server(mariadb_with):
    running = mariadb_with({})
    with connected(running, None) as connection, connection.cursor() as cursor:
        for each in SCHEMA.split(";\n"):
            if each.strip():
                cursor.execute(each)
        yield running
        cursor.execute("DROP DATABASE staged")


def connected(server, database="staged"):
    return pymysql.connect(host=server.host, port=server.port, user="root", autocommit=True, database=database)


@pytest.fixture
def dsn(server):
    before = standing(server)
    yield server.dsn + "staged"
    assert standing(server) == before


def standing(server):
    with connected(server) as connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT DISTINCT table_name, index_name FROM information_schema.statistics WHERE table_schema = 'staged'"
        )
        return sorted(cursor.fetchall())


def made(table, *keys):
    return index(table, *keys, engine="mariadb")


def told(definitions, statements, dsn, **more):
    return measure(definitions, statements, dsn, allow_writers=True, repeats=3, **more)


FAST = statement("SELECT * FROM orders WHERE customer_id = ?", ("17",), ("411",), engine="mariadb", fingerprint="fast")


def test_before_and_after(dsn):
    other = statement("SELECT count(*) FROM orders WHERE id < 100", engine="mariadb", fingerprint="other")
    odd = statement("SELECT * FROM `odd ``table` WHERE `a b` = 7", engine="mariadb", fingerprint="odd")
    outcome = told([made("orders", "customer_id"), made("odd `table", "a b")], [FAST, other, odd], dsn)
    fast, same, named = outcome.statements
    assert fast.verdict == "faster"
    assert fast.before.examined == 20000
    assert fast.after.examined == 10
    assert fast.used == (0,)
    assert same.same_plan
    assert named.verdict == "faster"
    assert [one.used_by for one in outcome.indexes] == [("fast",), ("odd",)]
    assert all(one.bytes >= 16384 for one in outcome.indexes)


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("DELETE FROM orders WHERE customer_id = 5", "writes"),
        ("SELECT touch() FROM orders WHERE customer_id = 5", "calls touch"),
        ("SELECT sleep(0) FROM orders WHERE customer_id = 5", "calls sleep"),
        ("SELECT * FROM hidden WHERE customer_id = 5", "calls get_lock"),
        ("SELECT id FROM orders WHERE customer_id = 5 INTO OUTFILE '/tmp/adv_g_out'", "INTO"),
        ("SELECT @a := id FROM orders WHERE customer_id = 5", "variable"),
        ("SELECT * FROM orders WHERE customer_id = 5 FOR UPDATE", "locks rows"),
        ("SELECT * FROM orders WHERE customer_id = ?", "values"),
        ("SELECT * FROM nowhere", "exist"),
    ],
)
def test_what_is_not_executed(server, dsn, sql, why):
    (one,) = told([made("orders", "customer_id")], [statement(sql, engine="mariadb")], dsn).statements
    assert one.before is None
    assert one.skipped
    assert why in one.skipped
    with connected(server) as connection, connection.cursor() as cursor:
        cursor.execute("SELECT (SELECT COUNT(*) FROM orders), (SELECT COUNT(*) FROM touched)")
        assert cursor.fetchone() == (20000, 0)


def test_the_index_of_a_foreign_key_is_there_before_and_after(server, dsn):
    """InnoDB drops the one it made itself when another serves; the state before would then be a worse one."""
    found = statement(
        "SELECT count(*) FROM items WHERE order_id = 5 AND state = 3", engine="mariadb", fingerprint="items"
    )
    outcome = told([made("items", "order_id", "state")], [found], dsn)
    assert ("items", "items_order") in standing(server)
    (one,) = outcome.statements
    assert one.used == (0,)
    assert one.before.examined < 10


def test_a_timeout_is_a_lower_bound(dsn):
    slow = statement(
        "SELECT COUNT(*) FROM orders a, orders b, orders c WHERE a.customer_id = 5 AND c.id <> a.id + b.id",
        engine="mariadb",
    )
    (one,) = told([made("orders", "customer_id")], [slow], dsn, timeout=0.03).statements
    assert one.before is not None, one
    assert one.before.censored
    assert one.before.median_ms == pytest.approx(30)
    assert one.verdict == "unknown"


def test_a_server_with_a_writer_is_refused(server, dsn):
    with connected(server) as writer, writer.cursor() as cursor:
        writer.begin()
        cursor.execute("INSERT INTO touched VALUES (9)")
        with pytest.raises(MeasuringError, match="have written"):
            measure([made("orders", "customer_id")], [FAST], dsn)
        writer.rollback()
    time.sleep(0.3)  # InnoDB renews what it tells of transactions every 0.1 s
    with open_staging(dsn) as staging:
        assert staging.notes == []


def test_a_server_that_takes_no_writes_is_refused(server, dsn):
    with connected(server) as admin, admin.cursor() as cursor:
        cursor.execute("SET GLOBAL read_only = 1")
        try:
            with pytest.raises(MeasuringError, match="read-only"):
                open_staging(dsn)
        finally:
            cursor.execute("SET GLOBAL read_only = 0")


RUN = """
import sys, time
from advisor.recommend.measuring import open_staging
from tests.recommend.measuring.statements import index
with open_staging(sys.argv[1], allow_writers=True) as staging:
    staging.build([index("orders", "customer_id", engine="mariadb")], lambda what, share: None, None)
    with staging.world(frozenset()):
        print("built", flush=True)
        time.sleep(60)
"""


@pytest.mark.parametrize("how", ["kill", "interrupt"])
def test_a_run_that_was_ended(server, dsn, how):
    import signal

    before = standing(server)
    process = subprocess.Popen(
        [sys.executable, "-c", RUN, dsn], stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True
    )
    assert process.stdout.readline() == "built\n"
    assert any(name.startswith(PREFIX) for _, name in standing(server) if name != "advisor_measure_not_ours")
    process.send_signal(signal.SIGKILL if how == "kill" else signal.SIGINT)
    process.wait(20)
    deadline = time.monotonic() + 20
    while how == "kill" and standing(server) != before and time.monotonic() < deadline:
        open_staging(dsn, allow_writers=True).close()
        time.sleep(0.1)
    assert standing(server) == before


BUILDING = """
import sys
from advisor.recommend.measuring import open_staging
from tests.recommend.measuring.statements import index
with open_staging(sys.argv[1], allow_writers=True) as staging:
    staging.build([index("orders", "customer_id", engine="mariadb")], lambda what, share: None, None)
"""


@pytest.mark.parametrize("times", [1, 2])
def test_ctrl_c_while_the_server_is_building(server, dsn, times):
    """The server would go on: an ALTER TABLE does not notice that its client is gone."""
    import signal

    before = standing(server)
    waiting = "SELECT COUNT(*) FROM information_schema.processlist WHERE state LIKE 'Waiting for table metadata%'"
    with connected(server) as connection, connection.cursor() as cursor:
        cursor.execute("BEGIN")
        cursor.execute("SELECT 1 FROM orders LIMIT 1")
        process = subprocess.Popen([sys.executable, "-c", BUILDING, dsn], stderr=subprocess.DEVNULL)
        deadline = time.monotonic() + 20
        cursor.execute(waiting)
        while cursor.fetchall() == ((0,),) and time.monotonic() < deadline:
            time.sleep(0.02)
            cursor.execute(waiting)
        for _ in range(times):
            process.send_signal(signal.SIGINT)
            time.sleep(0.01)
        cursor.execute("COMMIT")
    assert process.wait(60) != 0
    time.sleep(0.3)
    assert standing(server) == before


def test_measured_sets(dsn):
    definitions = [made("orders", "customer_id"), made("orders", "state", "note")]
    texts = [on_text(each) for each in definitions]
    query = Query("SELECT * FROM orders WHERE customer_id = 17")
    with MeasuredPlanner.open(dsn, definitions, repeats=2, allow_writers=True) as planner:
        (nothing,) = planner.judge([query])
        (other,) = planner.judge([query], Configuration(add=(texts[1],)))
        assert other.cost == nothing.cost
        (with_it,) = planner.judge([query], Configuration(add=(texts[1], texts[0])))
        assert with_it.new == {1}
        assert with_it.cost < nothing.cost
        assert planner.executions == 6
        with pytest.raises(PlannerError, match="existing indexes are not altered"):
            planner.judge([query], Configuration(hide=("orders_state",)))


def test_what_is_too_old_or_unknown():
    with pytest.raises(MeasuringError, match="names no database"):
        open_staging("mariadb://root@127.0.0.1:3306/")
    with pytest.raises(MeasuringError, match="PostgreSQL or MariaDB"):
        open_staging("sqlite:///x.db")
