"""What servers report besides statements, as PostgreSQL and MySQL readers hand it on."""

from __future__ import annotations

from advisor.digest import Digest
from advisor.digest.incidents import plain
from advisor.fingerprint import identify
from advisor.model.batch import Context
from advisor.model.incident import Incident
from advisor.model.limits import Limits
from advisor.model.observed import Observations
from tests.digest.events import MYSQL, POSTGRESQL, Event, batch

UPDATE = "UPDATE stock SET n = 1 WHERE id = 7"
FINGERPRINT = identify(UPDATE, "postgresql").fingerprint


def told(*incidents: Incident, engine: object = POSTGRESQL) -> tuple[Digest, Observations]:
    digest = Digest()
    digest.add(batch([Event(sql=UPDATE)], incidents=incidents, engine=engine))  # type: ignore[arg-type]
    return digest, digest.observations()


def test_lock_waits_group_by_statement_lock_and_object() -> None:
    _, seen = told(
        Incident("lock_wait", 1, 1, 1, sql=UPDATE, message="ShareLock on transaction 741", duration_us=1000),
        Incident("lock_wait", 2, 2, 2, sql=UPDATE, message="ShareLock on transaction 999", duration_us=3000),
        Incident(
            "lock_wait", 3, 3, 3, message="ExclusiveLock on tuple (0,5) of relation 16384 of database 5", duration_us=50
        ),
    )
    first, second = seen.lock_waits
    assert (first.fingerprint, first.waits, first.wait_us, first.max_us) == (FINGERPRINT, 2, 4000, 3000)
    assert (first.lock_mode, first.object) == ("ShareLock", "transaction")
    assert (second.fingerprint, second.lock_mode) == (None, "ExclusiveLock")
    assert second.object == "tuple of relation 16384 of database 5"


def test_temp_files_cancellations_and_errors() -> None:
    digest, seen = told(
        Incident("temp_file", 1, 1, 1, sql=UPDATE, bytes=100),
        Incident("temp_file", 1, 1, 1, sql=UPDATE, bytes=900),
        Incident("cancelled", 1, 1, 1, sql=UPDATE, message="canceling statement...", detail="statement_timeout"),
        Incident(
            "error", 1, 1, 1, sql=UPDATE, message='duplicate key value violates unique constraint "k"', code="23505"
        ),
        Incident(
            "error", 1, 1, 1, sql=UPDATE, message='duplicate key value violates unique constraint "k"', code="23505"
        ),
    )
    assert [(t.fingerprint, t.files, t.bytes, t.max_bytes) for t in seen.temp_files] == [(FINGERPRINT, 2, 1000, 900)]
    assert [(c.fingerprint, c.reason, c.count) for c in seen.cancelled] == [(FINGERPRINT, "statement_timeout", 1)]
    (error,) = seen.errors
    assert (error.code, error.count) == ("23505", 2)
    assert error.message == 'duplicate key value violates unique constraint "k"'
    (shape,) = digest.shapes()
    assert (shape.calls, shape.errors, shape.cancelled) == (1, 2, 1)


def test_mysql_codes_are_reasons() -> None:
    _, seen = told(
        Incident("cancelled", 1, 1, 1, sql=UPDATE, message="ended with error 3024", code="3024"),
        Incident("cancelled", 1, 1, 1, sql=UPDATE, message="ended with error 1205", code="1205"),
        engine=MYSQL,
    )
    assert sorted(c.reason for c in seen.cancelled) == ["lock_timeout", "max_execution_time"]


def test_values_are_taken_out_of_messages() -> None:
    assert plain('invalid input syntax for type integer: "secret"') == "invalid input syntax for type integer: ?"
    assert plain("Duplicate entry 'a@b.c' for key 'email'") == "Duplicate entry ? for key 'email'"
    assert plain("value 17 is out of range") == "value ? is out of range"
    assert plain('relation "orders" does not exist') == 'relation "orders" does not exist'


def test_a_deadlock_keeps_its_statements() -> None:
    detail = (
        "Process 11 waits for ShareLock on transaction 5; blocked by process 12.\n"
        "Process 12 waits for ShareLock on transaction 4; blocked by process 11.\n"
        f"Process 11: {UPDATE}\n"
        "Process 12: DELETE FROM stock\n  WHERE id = 3"
    )
    _, seen = told(Incident("deadlock", 10, 1, 1, sql=UPDATE, message="deadlock detected", detail=detail, code="40P01"))
    one, two = seen.deadlocks
    assert (one.deadlock_id, one.position, one.fingerprint, one.sql) == (0, 0, FINGERPRINT, UPDATE)
    assert one.detail == "waits for ShareLock on transaction 5; blocked by process 12"
    assert (two.position, two.sql) == (1, "DELETE FROM stock\n  WHERE id = 3")
    assert two.fingerprint == identify("DELETE FROM stock WHERE id = 3", "postgresql").fingerprint
    assert [e.code for e in seen.errors] == ["40P01"]


def test_plans_go_to_their_shape() -> None:
    digest, _ = told(
        *[
            Incident(
                "plan", i, 1, 1, sql=UPDATE.replace("7", str(i)), detail=f"Seq Scan {i}", duration_us=i, code="text"
            )
            for i in range(9)
        ]
    )
    (shape,) = digest.shapes()
    assert len(shape.plans) == 1, "the slowest of its form"
    assert shape.plans[0].text == "Seq Scan 8"
    assert shape.plans[0].format == "text"


def test_a_plan_too_long_to_keep_is_counted() -> None:
    digest, _ = told(Incident("plan", 1, 1, 1, sql=UPDATE, detail="x" * 100_000, code="json"))
    assert digest.shapes()[0].plans == []
    assert "1 plans were too long to keep" in digest.totals().notes


def test_connections_maintenance_and_settings() -> None:
    digest, _ = told()
    rows = [Event(context=Context("shop", "app", "web", "h1"), time_us=i * 1_000_000) for i in range(10)]
    closed = [
        Incident("disconnection", i, 1, 1, database="shop", user="app", duration_us=s * 1_000_000)
        for i, s in enumerate((1, 2, 9))
    ]
    opened = [Incident("connection", i, 1, 1, database="shop", user="app") for i in range(4)]
    other = [
        Incident("checkpoint", 1, 1, 1, message="checkpoint complete: wrote 7 buffers", detail="time", duration_us=5),
        Incident("checkpoint", 2, 1, 1, message="checkpoint complete: wrote 9 buffers", detail="time", duration_us=7),
        Incident("autovacuum", 3, 1, 1, message="shop.public.orders", detail="...", duration_us=11),
        Incident("setting", 9, 1, 1, message="work_mem", detail="64MB"),
        Incident("setting", 4, 1, 1, message="work_mem", detail="4MB"),
    ]
    digest = Digest()
    digest.add(batch(rows, incidents=[*closed, *opened, *other]))
    seen = digest.observations()
    (stream,) = seen.connection_streams
    assert (stream.database, stream.user, stream.host, stream.connections, stream.statements) == (
        "shop",
        "app",
        "h1",
        4,
        10,
    )
    assert stream.median_session_seconds is not None
    assert abs(stream.median_session_seconds - 2) <= 0.02
    assert stream.seconds == 9.001
    assert {(m.kind, m.label, m.count, m.total_us, m.max_us) for m in seen.maintenance} == {
        ("checkpoint", "time", 2, 12, 7),
        ("autovacuum", "shop.public.orders", 1, 11, 11),
    }
    assert seen.settings == {"work_mem": "64MB"}


def test_groups_beyond_the_bound_are_one_other() -> None:
    digest = Digest(limits=Limits(incident_groups=5))
    words = [f"table {chr(97 + i // 26)}{chr(97 + i % 26)} is broken" for i in range(200)]
    digest.add(batch([], incidents=[Incident("error", 1, 1, 1, message=w) for w in words]))
    errors = digest.observations().errors
    assert len(errors) == 6
    assert (errors[0].message, errors[0].count) == ("(other)", 195)


def test_a_statement_that_only_failed_is_a_shape_without_calls() -> None:
    digest, _ = told(Incident("error", 1, 1, 1, sql="select * from missing where a = 1", message="no such table"))
    shape = next(s for s in digest.shapes() if "missing" in s.sql)
    assert (shape.calls, shape.errors, shape.total_us, shape.slowest) == (0, 1, 0, None)
