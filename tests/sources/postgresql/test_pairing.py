"""Executions are counted once, whatever the server's settings spread them over, and wherever blocks are cut."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model.limits import LIMITS, Limits
from advisor.sources.postgresql import pairing as pairing_module
from advisor.sources.read import Reading
from tests.sources.postgresql.recorded import FORMATS, log, read, record_starts, truth

DURATIONS = (
    "duration",
    "explain_text",
    "explain_json",
    "explain_yaml",
    "explain_xml",
    "explain_nested",
    "explain_nested_terse",
)
STATEMENTS = ("statement_and_duration", "statement_and_min_duration", "statement_and_threshold", "statement_only",
              "explain_and_statement")  # fmt: skip
FAILS = "fails: "


@pytest.mark.parametrize("ext", FORMATS)
@pytest.mark.parametrize("name", DURATIONS)
def test_every_execution_once(name: str, ext: str) -> None:
    """log_min_duration_statement = 0: all that was executed but what failed, with plans beside it or not."""
    _, executed = truth(name)
    result = read(log(name, ext), ext)
    assert result.counts() == Counter({sql: n for sql, n in executed.items() if not sql.startswith(FAILS)})
    assert all(event.duration_us >= 0 for event in result.events)
    assert not result.unreadable


@pytest.mark.parametrize("ext", FORMATS)
@pytest.mark.parametrize("name", STATEMENTS)
def test_statements_logged_before_they_run(name: str, ext: str) -> None:
    """log_statement = all: what failed was begun too, and has no duration."""
    _, executed = truth(name)
    result = read(log(name, ext), ext)
    assert result.counts() == Counter({sql.removeprefix(FAILS): n for sql, n in executed.items()})
    timed = {event.sql for event in result.events if event.duration_us >= 0}
    assert "SELECT nothing FROM customer" not in timed
    if name in ("statement_and_duration", "statement_and_min_duration"):
        assert sum(event.duration_us < 0 for event in result.events) == 1
    if name == "statement_and_threshold":
        assert timed == {"SELECT spent(4), pg_sleep(0.02)", "SELECT pg_sleep(0.03)"}
    if name == "statement_only":
        assert not timed


def test_a_split_statement_has_its_own_duration_start_and_parameters() -> None:
    whole, split = read(log("duration")), read(log("statement_and_duration"))
    (slow,) = [event for event in split.events if "0.03" in event.sql]
    assert 30_000 < slow.duration_us < 40_000
    assert slow.time_us % 1_000_000 == 32_000  # when it was logged, which is when it began
    (bound,) = [event for event in split.events if event.sql.endswith("OR name = $2")]
    (same,) = [event for event in whole.events if event.sql.endswith("OR name = $2")]
    assert bound.parameters == same.parameters == "$1 = 'O''Brien\nline two', $2 = NULL"
    assert bound.key == same.key
    (one,), (other,) = (
        [e for e in r.events if e.sql == "SELECT id FROM customer WHERE id = $1"] for r in (whole, split)
    )
    assert (one.key, one.literals) == (other.key, other.literals)
    assert (bound.database, bound.user) == ("postgres", "postgres")


def test_durations_without_a_text_are_no_executions_but_are_told() -> None:
    result = read(log("duration_only"))
    assert result.events == []
    assert result.pairing is not None
    assert any("have no text" in note for note in result.pairing.notes)
    assert result.pairing.capture.verdict().complete is False
    result = read(log("duration_and_threshold"))
    assert {event.sql for event in result.events} == {"SELECT spent(4), pg_sleep(0.02)", "SELECT pg_sleep(0.03)"}


@pytest.mark.parametrize("ext", FORMATS)
def test_plans_alone(ext: str) -> None:
    """auto_explain without statement lines: a plan is an execution, save where it ran within another's."""
    result = read(log("explain_only", ext), ext)
    _, executed = truth("explain_only")
    expected = Counter(
        {
            sql: n for sql, n in executed.items()
            if not sql.startswith((FAILS, "fetch: ", "BEGIN", "COMMIT", "FETCH", "CLOSE", "CALL"))
        }
    )  # fmt: skip
    # The string of two statements has two plans; CALL has none of its own, so what it ran is all there is of it.
    expected["SELECT 1; SELECT 2"] += 1
    expected.update(["INSERT INTO trail SELECT now(), count(*) FROM orders", "SELECT spent(5)"])
    assert result.counts() == expected
    (event,) = [event for event in result.events if event.sql == "SELECT pg_sleep(0.03)"]
    assert event.duration_us > 30_000
    assert event.rows == 1


def test_a_plan_tells_the_rows_of_its_statement() -> None:
    rows = {event.sql: event.rows for event in read(log("explain_text")).events}
    assert rows["SELECT name FROM customer WHERE id = 1"] == 1
    assert rows["UPDATE customer SET name = 'Zoë' WHERE id = 1"] == -1
    assert rows["CALL audit()"] == -1


@pytest.mark.parametrize(("name", "format_name"), [(f"explain_{f}", f) for f in ("text", "json", "yaml", "xml")])
def test_plans_are_attached_whatever_their_format(name: str, format_name: str) -> None:
    plans = read(log(name)).of("plan")
    assert len(plans) == 23
    assert {plan.code for plan in plans} == {format_name}
    (plan,) = [plan for plan in plans if plan.sql == "SELECT pg_sleep(0.03)"]
    assert "Result" in plan.detail
    assert plan.duration_us > 30_000


def test_fetches_from_a_portal_are_marked() -> None:
    events = [event for event in read(log("duration")).events if event.sql.startswith("SELECT id, total")]
    assert [event.fetch for event in events] == [False, True, True]


def test_the_plan_of_an_execute_names_the_prepare() -> None:
    plan = "LOG:  duration: 0.003 ms  plan:\n\tQuery Text: prepare s(int) as select $1\n\tResult  (cost=0.00..0.01 rows=1 width=4) (actual rows=1 loops=1)"
    data = "".join(
        [
            line(1, 7, "LOG:  duration: 0.010 ms  statement: select 1"),
            line(5, 7, plan),
            line(5, 7, "LOG:  duration: 0.020 ms  statement: execute s(1)"),
        ]
    ).encode()
    result = read(data)
    assert [(event.sql, event.rows) for event in result.events] == [("select 1", -1), ("execute s(1)", 1)]


def test_the_first_fetch_stands_for_an_execution_that_a_threshold_hid() -> None:
    fetch = "LOG:  duration: 4.000 ms  execute fetch from S_1/C: SELECT $1"
    data = "".join(
        [
            line(1, 7, fetch),
            line(2, 8, "LOG:  duration: 3.000 ms  execute S_1/C: SELECT $1"),
            line(3, 8, fetch),
            line(4, 7, fetch),
            line(5, 8, "LOG:  duration: 3.000 ms  execute fetch from S_2/C: SELECT $1, 2"),
            line(6, 9, "LOG:  execute fetch from S_1/C: SELECT $1"),
            line(9, 9, "LOG:  duration: 3.000 ms"),
        ]
    ).encode()
    for cuts in ([], record_starts(data)):
        events = read(data, cuts=cuts).events
        assert [event.fetch for event in events] == [False, False, True, True, False, False]


def test_a_password_in_a_statement_is_masked(tmp_path: Path) -> None:
    for name in ("incidents", "incidents_verbose"):
        for ext in FORMATS:
            (tmp_path / ext).write_bytes(log(name, ext))
            left = ""
            for batch in Reading([str(tmp_path / ext)]):
                left += repr(batch.incidents) + "".join(
                    f"{batch.texts.sql(n)} {batch.texts.parameters(n)}" for n in range(len(batch))
                )
            assert "CREATE ROLE leaky LOGIN PASSWORD '***'" in left
            assert "hunter2secret" not in left


NAMES = ("duration", "statement_and_duration", "statement_and_threshold", "explain_nested_terse", "explain_only",
         "explain_and_statement", "incidents_verbose", "duration_and_threshold")  # fmt: skip


@pytest.mark.parametrize("name", NAMES)
def test_any_single_cut_changes_nothing(name: str) -> None:
    data = log(name)
    whole = read(data).canonical()
    for cut in record_starts(data):
        assert read(data, cuts=[cut]).canonical() == whole, cut


@pytest.mark.parametrize("ext", FORMATS)
@pytest.mark.parametrize("name", NAMES)
def test_cutting_everywhere_changes_nothing(name: str, ext: str) -> None:
    data = log(name, ext)
    assert read(data, ext, cuts=record_starts(data, ext)).canonical() == read(data, ext).canonical()


def line(ms: int, pid: int, text: str) -> str:
    return f"2026-01-01 10:00:{ms // 1000:02d}.{ms % 1000:03d} UTC [{pid}] {text}\n"


TEXTS = (
    "LOG:  statement: SELECT 1",
    "LOG:  statement: SELECT 2",
    "LOG:  duration: 0.500 ms",
    "LOG:  duration: 12.000 ms",
    "LOG:  duration: 3.000 ms  statement: SELECT 1",
    "LOG:  duration: 4.000 ms  execute S_1: SELECT $1",
    "LOG:  duration: 4.000 ms  execute fetch from S_1/C: SELECT $1",
    "LOG:  duration: 0.100 ms  parse S_1: SELECT $1",
    "LOG:  execute S_1: SELECT $1",
    "LOG:  duration: 2.900 ms  plan:\n\tQuery Text: SELECT 1\n\tResult  (cost=0.00..0.01 rows=1 width=4) (actual rows=1 loops=1)",
    "LOG:  duration: 3.900 ms  plan:\n\tQuery Text: SELECT $1\n\tResult  (cost=0.00..0.01 rows=1 width=4)",
    "LOG:  duration: 1.000 ms  plan:\n\tQuery Text: DECLARE c CURSOR FOR SELECT 2\n\tResult  (cost=0.00..0.01 rows=1 width=4)",
    "ERROR:  division by zero",
    "LOG:  disconnection: session time: 0:00:01.000 user=u database=d host=h",
)


@given(st.lists(st.tuples(st.integers(0, 3), st.integers(1, 2), st.sampled_from(TEXTS)), max_size=14), st.data())
@settings(max_examples=150, deadline=None)
def test_any_log_cut_anywhere(steps: list[tuple[int, int, str]], data: st.DataObject) -> None:
    now, text = 0, "2026-01-01 10:00:00.000 UTC [9] LOG:  starting\n" * 3
    for wait, pid, message in steps:
        now += wait
        text += line(now, pid, message)
    raw = text.encode()
    starts = record_starts(raw)
    cuts = data.draw(st.lists(st.sampled_from(starts), max_size=4)) if starts else []
    assert read(raw, cuts=cuts).canonical() == read(raw).canonical()


HEAD = line(0, 9, "LOG:  starting") * 3


def test_rows_that_a_plan_told_reach_the_execution_in_the_next_block() -> None:
    plan = "LOG:  duration: 2.900 ms  plan:\n\tQuery Text: SELECT 1\n\tResult  (cost=0.00..0.01 rows=1 width=4) (actual rows=1 loops=1)"
    before = HEAD + line(1, 1, "LOG:  statement: SELECT 1") + line(4, 1, plan)
    raw = (before + line(4, 1, "LOG:  duration: 3.000 ms  statement: SELECT 1")).encode()
    for cuts in ([], [len(before.encode())]):
        (event,) = read(raw, cuts=cuts).events
        assert (event.duration_us, event.rows) == (3000, 1)


def test_a_statement_logged_twice_counts_once() -> None:
    text = HEAD + line(1, 1, "LOG:  statement: SELECT 1") + line(5, 1, "LOG:  duration: 3.000 ms  statement: SELECT 1")
    (event,) = read(text.encode()).events
    assert event.duration_us == 3000


def test_sessions_are_kept_apart() -> None:
    text = HEAD + "".join(
        line(ms, pid, message)
        for ms, pid, message in [
            (1, 1, "LOG:  statement: SELECT 'one'"),
            (2, 2, "LOG:  statement: SELECT 'two'"),
            (3, 1, "LOG:  duration: 1.000 ms"),
            (9, 2, "LOG:  duration: 2.000 ms"),
        ]
    )
    assert {event.sql: event.duration_us for event in read(text.encode()).events} == {
        "SELECT 'one'": 1000,
        "SELECT 'two'": 2000,
    }


def test_a_plan_below_the_threshold_of_statements_is_an_execution_beside_its_equal() -> None:
    plan = "LOG:  duration: {} ms  plan:\n\tQuery Text: SELECT 1\n\tResult  (cost=0.00..0.01 rows=1 width=4)"
    text = HEAD + "".join(
        line(ms, 1, message)
        for ms, message in [
            (100, plan.format("5.000")),
            (400, plan.format("50.000")),
            (400, "LOG:  duration: 50.100 ms  statement: SELECT 1"),
        ]
    )
    assert [event.duration_us for event in read(text.encode()).events] == [5000, 50100]


def test_a_broken_record_is_counted_with_its_reason() -> None:
    text = (
        line(1, 1, "DETAIL:  parameters: $1 = '7'") + HEAD + line(3, 1, "LOG:  duration: 3.000 ms  statement: SELECT 1")
    )
    result = read(text.encode())
    assert len(result.events) == 1
    assert [(first, lines) for first, lines, _ in result.unreadable] == [(1, 1)]


def test_pending_state_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sessions that never finish a statement are given up, oldest first; nothing is lost."""
    monkeypatch.setattr(pairing_module, "LIMITS", Limits(sessions_open=10))
    text = HEAD + "".join(line(pid, pid, f"LOG:  statement: SELECT {pid}") for pid in range(1, 200))
    raw = text.encode()
    starts = record_starts(raw)
    result = read(raw, cuts=starts[::20])
    assert len(result.events) == 199
    assert result.pairing is not None
    assert len(result.pairing._sessions) == 0
    assert LIMITS.sessions_open > 10


def test_other_languages_are_told() -> None:
    text = (
        HEAD + line(1, 1, "FEHLER:  Division durch Null") + line(2, 1, "LOG:  duration: 1.000 ms  statement: SELECT 1")
    )
    result = read(text.encode())
    assert len(result.events) == 1
    assert result.kinds()["error"] == 1
    assert result.pairing is not None
    assert any("not in English" in note for note in result.pairing.notes)


def test_a_log_without_process_or_session_says_that_joining_may_be_wrong() -> None:
    text = "".join(
        f"2026-01-01 10:00:00.{n:03d} UTC LOG:  {message}\n"
        for n, message in enumerate(
            ["statement: SELECT 1", "duration: 1.000 ms", "statement: SELECT 2", "duration: 2.000 ms"]
        )
    )
    result = read(text.encode())
    assert [event.duration_us for event in result.events] == [1000, 2000]
    assert result.pairing is not None
    assert any("neither %p nor %c" in note for note in result.pairing.notes)


def test_transactions_and_fast_statements_make_a_log_complete() -> None:
    steps = ["BEGIN", "SELECT 1", "SELECT a FROM b", "COMMIT"]
    text = HEAD + "".join(
        line(n, 1 + n % 3, f"LOG:  duration: 0.{100 + n} ms  statement: {steps[(n // 3) % 4]}") for n in range(240)
    )
    result = read(text.encode())
    assert result.pairing is not None
    verdict = result.pairing.capture.verdict()
    assert verdict.complete is True
    assert verdict.threshold_ms == 0


def test_a_statement_that_failed_takes_no_later_duration() -> None:
    text = HEAD + "".join(
        line(ms, 1, message)
        for ms, message in [
            (1, "LOG:  statement: SELECT 1/0"),
            (2, "ERROR:  division by zero"),
            (3, "LOG:  duration: 0.100 ms"),  # the parse step of what comes next
            (4, "LOG:  execute <unnamed>: SELECT $1"),
            (5, "LOG:  duration: 2.000 ms"),
        ]
    )
    result = read(text.encode())
    assert {event.sql: event.duration_us for event in result.events} == {"SELECT 1/0": -1, "SELECT $1": 2000}
    assert [error.message for error in result.of("error")] == ["division by zero"]


def test_a_plan_within_a_procedure_is_an_execution_when_nothing_else_tells_of_it() -> None:
    plan = "LOG:  duration: 5.000 ms  plan:\n\tQuery Text: {}\n\tResult  (cost=0.00..0.01 rows=1 width=4)\n"
    context = line(
        100, 1, 'CONTEXT:  SQL statement "UPDATE t SET a = 1"\n\tPL/pgSQL function p() line 3 at SQL statement'
    )
    nested = HEAD + line(100, 1, plan.format("UPDATE t SET a = 1").rstrip("\n")) + context
    assert [event.sql for event in read(nested.encode()).events] == ["UPDATE t SET a = 1"]
    called = nested + line(101, 1, "LOG:  duration: 6.500 ms  statement: CALL p()")
    assert [event.sql for event in read(called.encode()).events] == ["CALL p()"]
