"""Measuring on a real PostgreSQL."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time

import psycopg
import pytest

from advisor.model.catalog import IndexKey
from advisor.model.planning import Configuration, Query
from advisor.planners.errors import PlannerError
from advisor.recommend.definition import on_text
from advisor.recommend.measuring import PREFIX, MeasuredPlanner, MeasuringError, measure, measured_costs, open_staging
from tests.recommend.measuring.statements import index, statement

pytestmark = pytest.mark.server

NAME = f"adv_g_measure_{os.getpid()}"
ADMIN = "postgresql://postgres@127.0.0.1:5432/postgres"
DSN = f"postgresql://postgres@127.0.0.1:5432/{NAME}"
SCHEMA = """
CREATE SCHEMA "Odd schema";
CREATE TABLE orders (id int PRIMARY KEY, customer_id int, state text, note text);
INSERT INTO orders SELECT i, i % 5000, 'open', 'note ' || i FROM generate_series(1, 60000) AS i;
CREATE INDEX orders_state ON orders (state);
CREATE TABLE "Odd schema"."Odd" (id int, "a b" int);
INSERT INTO "Odd schema"."Odd" SELECT i, i FROM generate_series(1, 20000) AS i;
CREATE TABLE parts (id int, at int) PARTITION BY RANGE (at);
CREATE TABLE parts_1 PARTITION OF parts FOR VALUES FROM (0) TO (10000);
CREATE TABLE parts_2 PARTITION OF parts FOR VALUES FROM (10000) TO (20000);
INSERT INTO parts SELECT i, i FROM generate_series(0, 19999) AS i;
CREATE TABLE touched (id int);
CREATE FUNCTION touch() RETURNS int LANGUAGE sql VOLATILE AS 'INSERT INTO touched VALUES (1) RETURNING id';
CREATE VIEW quiet AS SELECT id, customer_id, pg_try_advisory_lock(id) FROM orders;
CREATE VIEW limited_inside AS SELECT id, customer_id FROM orders LIMIT touch();
CREATE VIEW limited AS SELECT * FROM limited_inside;
CREATE FUNCTION beyond(int, int) RETURNS int LANGUAGE sql VOLATILE AS 'SELECT touch()';
CREATE OPERATOR <~~> (LEFTARG = int, RIGHTARG = int, FUNCTION = beyond);
CREATE SEQUENCE numbers;
CREATE INDEX advisor_measure_not_ours ON orders (note);
VACUUM ANALYZE;
"""


@pytest.fixture(scope="module", autouse=True)
def database():
    with psycopg.connect(ADMIN, autocommit=True) as admin:
        admin.execute(f"DROP DATABASE IF EXISTS {NAME} WITH (FORCE)")
        admin.execute(f"CREATE DATABASE {NAME}")
        with psycopg.connect(DSN, autocommit=True) as connection:
            for each in SCHEMA.split(";\n"):
                connection.execute(each)
        yield
        admin.execute(f"DROP DATABASE {NAME} WITH (FORCE)")


def standing() -> list[str]:
    with psycopg.connect(DSN, autocommit=True) as connection:
        return sorted(
            name for (name,) in connection.execute("SELECT indexname FROM pg_indexes WHERE schemaname !~ '^pg'")
        )


@pytest.fixture(autouse=True)
def nothing_stays():
    before = standing()
    yield
    assert standing() == before


FAST = statement("SELECT * FROM orders WHERE customer_id = $1", ("17",), ("4711",), fingerprint="fast")
OTHER = statement("SELECT count(*) FROM orders WHERE id < 100", fingerprint="other")


def told(definitions, statements, **more):
    return measure(definitions, statements, DSN, allow_writers=True, repeats=3, **more)


def test_before_and_after():
    outcome = told([index("orders", "customer_id"), index("orders", "state", "customer_id")], [FAST, OTHER])
    fast, other = outcome.statements
    assert fast.verdict == "faster"
    assert fast.before.runs == fast.after.runs == 3
    assert fast.after.blocks < fast.before.blocks / 10
    assert fast.used == (0,)
    assert other.same_plan
    assert other.verdict == "same"
    used, unused = outcome.indexes
    assert used.used_by == ("fast",)
    assert unused.used_by == ()
    assert used.bytes > 8192 * 2
    assert outcome.complete
    assert outcome.origin == DSN


@pytest.mark.parametrize(
    ("sql", "why"),
    [
        ("DELETE FROM orders WHERE customer_id = 5", "writes"),
        ("UPDATE orders SET state = 'x' WHERE customer_id = 5", "writes"),
        ("WITH gone AS (DELETE FROM orders WHERE customer_id = 5 RETURNING *) SELECT * FROM gone", "writes"),
        ("SELECT * FROM orders WHERE customer_id = 5 FOR UPDATE", "locks rows"),
        ("SELECT touch(), id FROM orders WHERE customer_id = 5", "calls touch"),
        ("SELECT nextval('numbers') FROM orders WHERE customer_id = 5", "calls nextval"),
        ("SELECT pg_terminate_backend(id) FROM orders WHERE customer_id = 5", "calls pg_terminate_backend"),
        ('SELECT "pg_sleep" (0) FROM orders WHERE customer_id = 5', "calls pg_sleep"),
        ("SELECT * FROM quiet WHERE customer_id = 5", "calls pg_try_advisory_lock"),
        ("SELECT 1; DELETE FROM orders", ""),
        ("SELECT * INTO taken FROM orders WHERE customer_id = 5", "INTO a table"),
        # What EXPLAIN does not print: LIMIT and frames; and names that are written in other ways.
        (
            "SELECT * FROM orders WHERE customer_id = 5 LIMIT pg_terminate_backend/**/(1)::int",
            "calls pg_terminate_backend",
        ),
        ("SELECT * FROM orders WHERE customer_id = 5 LIMIT (touch--\n())", "calls touch"),
        ('SELECT * FROM orders WHERE customer_id = 5 LIMIT U&"t\\006fuch"()', "escapes"),
        ("SELECT * FROM limited WHERE customer_id = 5", "calls touch"),
        (
            "SELECT sum(id) OVER (ORDER BY id ROWS touch /**/ () PRECEDING) FROM orders WHERE customer_id = 5",
            "calls touch",
        ),
        ("SELECT * FROM orders WHERE customer_id = 5 LIMIT 3 <~~> 4", "calls beyond"),
        ("SELECT * FROM orders WHERE customer_id = $1", "values"),
        ("SELECT * FROM nowhere", "does not exist"),
    ],
)
def test_what_is_not_executed(sql, why):
    outcome = told([index("orders", "customer_id")], [statement(sql)])
    (one,) = outcome.statements
    assert one.before is None
    assert one.verdict in ("unknown", "same")
    if not one.same_plan:
        assert one.skipped
        assert why in one.skipped
    with psycopg.connect(DSN) as connection:
        assert connection.execute("SELECT count(*), (SELECT count(*) FROM touched) FROM orders").fetchone() == (
            60000,
            0,
        )
        assert connection.execute("SELECT is_called FROM numbers").fetchone() == (False,)


def test_a_clock_and_a_generator_are_harmless():
    outcome = told(
        [index("orders", "customer_id")], [statement("SELECT *, random() FROM orders WHERE customer_id = 5")]
    )
    assert outcome.statements[0].verdict == "faster"


def test_a_timeout_is_a_lower_bound():
    slow = statement(
        "SELECT count(*) FROM orders a, orders b WHERE a.customer_id = 5 AND b.id + a.id > 0 AND "
        "b.note || a.note <> 'x' AND md5(b.note || a.note) <> md5(a.note || b.note)"
    )
    outcome = told([index("orders", "customer_id")], [slow], timeout=0.05)
    (one,) = outcome.statements
    assert one.before.censored
    assert one.before.median_ms == 50
    assert one.after.censored
    assert one.verdict == "unknown"


def test_an_index_that_cannot_be_built_is_said_and_the_others_are_measured():
    outcome = told([index("orders", "nothing"), index("orders", "customer_id")], [FAST])
    assert "does not exist" in outcome.indexes[0].error
    assert not outcome.complete
    assert outcome.statements[0].used == (1,)


def test_odd_names_partitions_and_expressions():
    outcome = told(
        [
            index("Odd schema.Odd", "a b"),
            index("parts", "id"),
            index("orders", IndexKey(expression="upper(note)")),
        ],
        [
            statement('SELECT * FROM "Odd schema"."Odd" WHERE "a b" = 5', fingerprint="odd"),
            statement("SELECT * FROM parts WHERE id = 15000", fingerprint="parts"),
            statement("SELECT * FROM orders WHERE upper(note) = 'NOTE 77'", fingerprint="expression"),
        ],
    )
    assert [one.used for one in outcome.statements] == [(0,), (1,), (2,)]
    assert all(one.verdict == "faster" for one in outcome.statements)
    assert all(one.bytes > 8192 for one in outcome.indexes)


def test_a_copy_that_nobody_tended_is_said():
    with psycopg.connect(DSN, autocommit=True) as connection:
        connection.execute('CREATE TABLE "Odd schema".fresh (a int) WITH (autovacuum_enabled = off)')
        connection.execute('INSERT INTO "Odd schema".fresh SELECT generate_series(1, 5000)')
    try:
        outcome = told(
            [index("Odd schema.fresh", "a"), index("orders", "customer_id")], [FAST], predicted=(131072, None)
        )
        assert [note.partition(",")[0] for note in outcome.notes] == ["never analysed here", "never vacuumed here"]
        assert all('"Odd schema".fresh;' in note for note in outcome.notes)
        assert outcome.indexes[0].bytes == outcome.indexes[0].predicted_bytes
    finally:
        with psycopg.connect(DSN, autocommit=True) as connection:
            connection.execute('DROP TABLE "Odd schema".fresh')


def test_a_role_without_rights_is_told_so():
    """Not an owner: no index can be built, and nothing else fails."""
    role = NAME + "_low"
    with psycopg.connect(DSN, autocommit=True) as connection:
        connection.execute(f"CREATE ROLE {role} LOGIN")
        try:
            dsn = DSN.replace("postgres@", f"{role}@")
            outcome = measure([index("orders", "customer_id")], [FAST], dsn, allow_writers=True)
        finally:
            connection.execute(f"DROP ROLE {role}")
    assert "owner" in (outcome.indexes[0].error or "")
    assert not outcome.complete


def test_the_deadline_ends_it():
    outcome = told([index("orders", "customer_id")], [FAST], deadline=time.monotonic() - 1)
    assert not outcome.complete
    assert outcome.indexes[0].error == "no time was left to build it"


def test_a_server_with_a_writer_is_refused_and_nothing_is_built():
    stop = threading.Event()

    def write():
        with psycopg.connect(DSN, autocommit=True) as connection:
            while not stop.is_set():
                connection.execute("UPDATE touched SET id = 1")
                connection.execute("INSERT INTO touched VALUES (9)")
                time.sleep(0.02)

    writer = threading.Thread(target=write)
    writer.start()
    try:
        with pytest.raises(MeasuringError, match=r"looks like a server in use .*(written|writes)"):
            measure([index("orders", "customer_id")], [FAST], DSN)
        assert measure([index("orders", "customer_id")], [FAST], DSN, allow_writers=True, repeats=1).complete
    finally:
        stop.set()
        writer.join()
        with psycopg.connect(DSN, autocommit=True) as connection:
            connection.execute("TRUNCATE touched")


def test_a_transaction_that_has_written_is_a_writer():
    with psycopg.connect(DSN) as other:
        other.execute("INSERT INTO touched VALUES (9)")
        with pytest.raises(MeasuringError, match="transaction that writes"):
            open_staging(DSN)
        other.rollback()


def test_a_quiet_copy_is_taken():
    time.sleep(1.1)  # the counts of the tests before reach the view with a second's delay
    with open_staging(DSN) as staging:
        assert staging.notes == []


def test_a_password_is_never_said():
    with pytest.raises(MeasuringError) as caught:
        open_staging("postgresql://nobody:s3cret@127.0.0.1:1/x")
    assert "s3cret" not in str(caught.value)


RUN = """
import sys, time
from advisor.recommend.measuring import open_staging
from tests.recommend.measuring.statements import index
staging = open_staging(sys.argv[1], allow_writers=True)
try:
    staging.build([index("orders", "customer_id"), index("parts", "id")], lambda what, share: None, None)
    print("built", flush=True)
    time.sleep(60)
finally:
    staging.close()
"""


def started():
    process = subprocess.Popen([sys.executable, "-c", RUN, DSN], stdout=subprocess.PIPE, text=True)
    assert process.stdout.readline() == "built\n"
    return process


def test_a_killed_run_is_cleared_by_the_next_one():
    before = standing()
    process = started()
    try:
        assert len([name for name in standing() if name.startswith(PREFIX)]) > 2
        with open_staging(DSN, allow_writers=True) as other:  # it lives: nothing of it is touched
            assert "another measurement" in other.notes[0]
        assert len([name for name in standing() if name.startswith(PREFIX)]) > 2
    finally:
        process.kill()
        process.wait()
    deadline = time.monotonic() + 20
    while standing() != before and time.monotonic() < deadline:
        with open_staging(DSN, allow_writers=True) as staging:
            assert "left behind" in staging.notes[0] or "another measurement" in staging.notes[0]
        time.sleep(0.1)
    assert standing() == before
    assert "advisor_measure_not_ours" in standing()


def test_an_interrupted_run_clears_up_itself():
    before = standing()
    process = started()
    process.send_signal(signal.SIGINT)
    process.wait(20)
    assert standing() == before


# ------------------------------------------------------------------ as a planner
DEFINITIONS = [index("orders", "customer_id"), index("orders", "customer_id", "id"), index("orders", "note", "state")]
TEXTS = [on_text(each) for each in DEFINITIONS]


def test_measured_sets():
    query = Query("SELECT * FROM orders WHERE customer_id = $1", ("17",))
    other = Query("SELECT state FROM orders WHERE note = 'note 5'")
    write = Query("DELETE FROM orders WHERE customer_id = 3")
    with MeasuredPlanner.open(DSN, DEFINITIONS, repeats=2, allow_writers=True) as planner:
        nothing = planner.judge([query, other, write])
        assert nothing[2] is None
        assert "writes" in planner.refused[write]
        executed = planner.executions
        first = planner.judge([query, other, write], Configuration(add=(TEXTS[0],)))
        assert first[0].new == {0}
        assert first[0].cost < nothing[0].cost
        assert first[1].cost == nothing[1].cost  # the same plan is not executed again
        assert planner.executions == executed + 3
        both = planner.judge([query], Configuration(add=(TEXTS[2], TEXTS[0])))
        assert both[0].new == {1}
        assert both[0].cost == first[0].cost
        assert planner.executions == executed + 3
        assert planner.timing(query, Configuration(add=(TEXTS[0],))).runs == 2
        assert planner.sizes([TEXTS[1]])[0].bytes > 8192
        hidden = planner.judge([other], Configuration(hide=("advisor_measure_not_ours",)))
        assert hidden[0].existing == frozenset()
        assert nothing[1].existing == {"public.advisor_measure_not_ours"}
        assert hidden[0].cost > nothing[1].cost
        with pytest.raises(PlannerError, match="was not built"):
            planner.judge([query], Configuration(add=("ON orders (state, note)",)))


def test_after_the_deadline_nothing_new_is_executed():
    query = Query("SELECT * FROM orders WHERE customer_id = 17")
    with MeasuredPlanner.open(DSN, DEFINITIONS[:1], repeats=1, allow_writers=True) as planner:
        assert planner.judge([query])[0] is not None
        planner.deadline = time.monotonic() - 1
        assert planner.judge([query], Configuration(add=(TEXTS[0],))) == [None]
        assert planner.judge([query])[0] is not None
        assert not planner.complete


def test_the_solver_runs_over_milliseconds():
    """The search takes this planner as any other, and finds the index that a measurement favours."""
    from advisor.model.indexing import Candidate, Reason
    from advisor.recommend.selection.select import select

    told = [FAST, statement("SELECT state FROM orders WHERE note = 'note 5' AND state = 'open'", fingerprint="note")]
    candidates = [Candidate(index=each, reasons=(Reason("fast", ""), Reason("note", ""))) for each in DEFINITIONS]
    with MeasuredPlanner.open(DSN, DEFINITIONS, repeats=1, allow_writers=True) as planner:
        found = select(told, candidates, planner, price=lambda wanted: [(1_000_000, 0.0) for _ in wanted])
        best = found.points[-1]
        assert best.cost < found.baseline / 3
        assert any(found.candidates[each].keys[0].column == "customer_id" for each in best.indexes)
        assert planner.executions <= 2 * 2 * 4


def test_two_states_in_turns():
    query = Query("SELECT * FROM orders WHERE customer_id = 17")
    other = Query("SELECT count(*) FROM orders WHERE id < 50")
    write = Query("DELETE FROM orders WHERE customer_id = 3")
    with MeasuredPlanner.open(DSN, DEFINITIONS, repeats=3, allow_writers=True) as planner:
        both = Configuration(add=(TEXTS[0], TEXTS[2]))
        faster, same, nothing = planner.compare([query, other, write], both)
        assert nothing is None
        assert faster[1].high_ms < faster[0].low_ms
        assert faster[0].runs == faster[1].runs == 3
        assert same[0] == same[1]
        assert planner.timing(query, both) == faster[1]
        worse, _ = planner.compare([Query("SELECT * FROM orders WHERE note = 'note 7'")], Configuration(add=()))[0]
        (hidden,) = planner.compare(
            [Query("SELECT * FROM orders WHERE note = 'note 7'")], Configuration(hide=("advisor_measure_not_ours",))
        )
        assert hidden[1].low_ms > hidden[0].high_ms
        assert hidden[0].blocks == worse.blocks


def test_costs_of_sets():
    costs = measured_costs([FAST, OTHER], DEFINITIONS, [(), (0,), (0, 1), (2,)], DSN, repeats=1, allow_writers=True)
    assert costs[1]["fast"] < costs[0]["fast"]
    assert costs[0]["fast"] == costs[3]["fast"]
    assert costs[0]["other"] == costs[1]["other"] == costs[2]["other"]


SLOW = """
import sys
from advisor.recommend.measuring import measure
from tests.recommend.measuring.statements import index, statement
slow = statement("SELECT count(*) FROM orders a, orders b WHERE a.customer_id = 5 OR md5(a.note) < md5(b.note)")
measure([index("orders", "customer_id"), index("orders", "note", "customer_id")],
        [slow, statement("SELECT count(*), pg_typeof(max(note)) FROM orders WHERE customer_id < 50")], sys.argv[1],
        timeout=60, allow_writers=True, progress=lambda what, share: print(what, flush=True))
"""


def test_ctrl_c_in_the_middle_of_a_statement():
    before = standing()
    process = subprocess.Popen(
        [sys.executable, "-c", SLOW, DSN], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    for line in process.stdout:
        if line.startswith("timing"):
            break
    time.sleep(0.5)
    process.send_signal(signal.SIGINT)
    _, said = process.communicate(timeout=30)
    assert "KeyboardInterrupt" in said
    assert standing() == before
    with psycopg.connect(ADMIN, autocommit=True) as admin:
        sessions = "SELECT count(*) FROM pg_stat_activity WHERE datname = %s AND application_name = 'advisor'"
        assert admin.execute(sessions, [NAME]).fetchone() == (0,)
