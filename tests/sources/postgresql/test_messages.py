"""What a log says besides statements, against logs recorded from a server, in every format."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.sources.postgresql.messages import Messages, cancel_reason
from advisor.sources.postgresql.record import Record
from tests.sources.postgresql.recorded import FORMATS, log, read, truth


@pytest.mark.parametrize("ext", FORMATS)
@pytest.mark.parametrize("name", ["incidents", "incidents_verbose"])
def test_recorded_incidents_are_what_was_done(name: str, ext: str) -> None:
    settings, done = truth(name)
    result = read(log(name, ext), ext)
    kinds = result.kinds()
    assert kinds["deadlock"] == done["deadlocks"] == 1
    assert kinds["lock_wait"] == done["lock_waits"] + done["deadlocks"]
    assert kinds["temp_file"] == 1
    assert kinds["error"] == done["errors"] + done["refused_connections"]
    reasons = sorted(incident.detail for incident in result.of("cancelled"))
    assert reasons == ["idle_in_transaction", "lock_timeout", "statement_timeout", "user_request"]
    assert kinds["setting"] == 2
    assert kinds["restart"] == 1
    if settings.get("log_connections") == "on":
        assert kinds["connection"] == 3
        assert kinds["disconnection"] == 2
        assert kinds["checkpoint"] == 2
        assert kinds["autovacuum"] >= 1
        assert kinds["autoanalyze"] >= 1


@pytest.mark.parametrize("ext", FORMATS)
def test_a_wait_is_told_once_with_its_whole_duration(ext: str) -> None:
    waits = read(log("incidents", ext), ext).of("lock_wait")
    (wait,) = [wait for wait in waits if wait.sql == "UPDATE customer SET name = 'waited' WHERE id = 2"]
    assert 380_000 < wait.duration_us < 500_000
    assert wait.message.startswith("ShareLock on transaction ")
    assert 'relation "customer"' in wait.detail
    assert "Process holding the lock: " in wait.detail


@pytest.mark.parametrize("ext", FORMATS)
def test_a_deadlock_names_the_statements_of_all_processes(ext: str) -> None:
    (deadlock,) = read(log("incidents", ext), ext).of("deadlock")
    assert "UPDATE customer SET name = 'a2' WHERE id = 2" in deadlock.detail
    assert "UPDATE customer SET name = 'b2' WHERE id = 1" in deadlock.detail
    assert deadlock.sql is not None


@pytest.mark.parametrize("ext", FORMATS)
def test_sizes_durations_and_texts(ext: str) -> None:
    result = read(log("incidents", ext), ext)
    (file,) = result.of("temp_file")
    assert file.bytes == 253_952
    assert file.sql is not None
    assert "ORDER BY a.note" in file.sql
    session = max(result.of("disconnection"), key=lambda incident: incident.duration_us)
    assert 2_000_000 < session.duration_us < 30_000_000
    assert (session.user, session.database) == ("postgres", "postgres")
    assert {(setting.message, setting.detail) for setting in result.of("setting")} == {
        ("log_min_duration_statement", "250ms"),
        ("log_min_duration_statement", "0"),
    }
    errors = {error.message for error in result.of("error")}
    assert 'syntax error at or near "SELEC"' in errors
    assert 'role "nobody_here" does not exist' in errors
    (twice,) = [error for error in result.of("error") if error.message.startswith("duplicate key")]
    assert twice.detail == "Key (id)=(1) already exists."
    assert twice.sql == "INSERT INTO customer VALUES (1, 'twice')"
    if ext != "log":  # the plain prefix has no %e
        assert twice.code == "23505"
    assert all(checkpoint.duration_us >= 0 for checkpoint in result.of("checkpoint"))
    assert {checkpoint.detail for checkpoint in result.of("checkpoint")} >= {"immediate force wait"}
    assert "postgres.public.customer" in {incident.message for incident in result.of("autoanalyze")}


def test_the_verbose_form_carries_the_code() -> None:
    codes = {incident.code for incident in read(log("incidents_verbose")).of("cancelled")}
    assert codes == {"57014", "55P03", "25P03"}


def take(*messages: str, severity: str = "LOG", session: int = 1) -> list[tuple[str, str, int]]:
    reader = Messages()
    found = [incident for text in messages for incident in reader.take(Record(severity, text, session=session))]
    found += reader.finish()
    return [(incident.kind, incident.message, incident.duration_us) for incident in found]


WAITING = "process 7 still waiting for AccessExclusiveLock on relation 16384 of database 5 after 1000.120 ms"
ACQUIRED = "process 7 acquired AccessExclusiveLock on relation 16384 of database 5 after 5000.500 ms"
LOCK = "AccessExclusiveLock on relation 16384 of database 5"


def test_waits() -> None:
    assert take(WAITING, ACQUIRED) == [("lock_wait", LOCK, 5_000_500)]
    assert take(WAITING) == [("lock_wait", LOCK, 1_000_120)]
    assert take(ACQUIRED) == [("lock_wait", LOCK, 5_000_500)]
    assert take(WAITING, WAITING.replace("16384", "9")) == [
        ("lock_wait", LOCK, 1_000_120),
        ("lock_wait", LOCK.replace("16384", "9"), 1_000_120),
    ]
    avoided = "process 7 avoided deadlock for ShareLock on transaction 9 by rearranging queue order after 1000.000 ms"
    assert take(avoided) == [("lock_wait", "ShareLock on transaction 9", 1_000_000)]


def test_a_wait_that_was_cancelled_has_lasted_as_long_as_told() -> None:
    reader = Messages()
    assert list(reader.take(Record("LOG", WAITING, session=1))) == []
    kinds = [i.kind for i in reader.take(Record("ERROR", "canceling statement due to lock timeout", session=1))]
    assert kinds == ["lock_wait", "cancelled"]
    assert list(reader.finish()) == []


@pytest.mark.parametrize(
    ("message", "code", "reason"),
    [
        ("canceling statement due to statement timeout", "57014", "statement_timeout"),
        ("canceling statement due to statement timeout", None, "statement_timeout"),
        ("canceling statement due to lock timeout", "55P03", "lock_timeout"),
        ("canceling statement due to conflict with recovery", "40001", "recovery_conflict"),
        ("canceling statement due to user request", None, "user_request"),
        ("canceling autovacuum task", "57014", "other"),
        ("terminating connection due to idle-session timeout", "57P05", "idle_session"),
        ("terminating connection due to administrator command", "57P01", "administrator"),
        ("Anweisung wird abgebrochen wegen Zeitüberschreitung der Anfrage", "57014", "other"),
        ('could not obtain lock on row in relation "a"', "55P03", None),
        ("division by zero", "22012", None),
    ],
)
def test_reasons_of_cancellation(message: str, code: str | None, reason: str | None) -> None:
    assert cancel_reason(message, code) == reason


def test_lines_of_pgaudit_are_no_executions() -> None:
    text = "2026-01-01 10:00:00.000 UTC [7] LOG:  AUDIT: SESSION,1,1,READ,SELECT,,,SELECT 1,<none>\n" * 4
    result = read(text.encode())
    assert result.events == []
    assert result.incidents == []
    assert result.pairing is not None
    assert any("pgaudit" in note for note in result.pairing.notes)


def test_wraparound_vacuum_and_too_frequent_checkpoints() -> None:
    vacuum = 'automatic aggressive vacuum to prevent wraparound of table "a.b.c": index scans: 1\nelapsed: 1.50 s'
    assert take(vacuum) == [("autovacuum", "a.b.c", 1_500_000)]
    assert take("checkpoints are occurring too frequently (9 seconds apart)")[0][0] == "checkpoint"
    assert take("restartpoint complete: wrote 1 buffers (0.0%); total=2.500 s; x")[0][2] == 2_500_000


@given(
    st.sampled_from(["process ", "temporary file: ", "automatic ", "checkpoint", "parameter ", "disconnection:", "AUDIT: ", "starting PostgreSQL "]),
    st.text(max_size=80),
    st.sampled_from(["LOG", "ERROR", "WARNING", "FATAL"]),
)  # fmt: skip
def test_no_message_makes_reading_fail(start: str, rest: str, severity: str) -> None:
    take(start + rest, severity=severity)


@pytest.mark.timeout(60)
@pytest.mark.parametrize(
    "start",
    ["process 1 acquired ", "disconnection: user=", 'parameter "a" changed to "', 'automatic vacuum of table "'],
)
def test_long_messages_take_linear_time(start: str) -> None:  # fmt: skip
    for unit in ("user=", " after 1", "a ", '"', " database"):
        take(start + (unit * 200_000)[:400_000])
