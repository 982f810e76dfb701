"""What a log's settings hide, and the advice."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from advisor.model.capture import Capture
from advisor.stream.visibility import Told, hidden, sample_rate

WHOLE = Capture(complete=True, threshold_ms=0.0)
PG, SLOW = "postgresql-stderr", "mysql-slow"


def settings_of(*args: object, **more: object) -> list[str | None]:
    return [one.setting for one in hidden(*args, **more)]  # type: ignore[arg-type]


def test_a_whole_log_hides_nothing() -> None:
    assert not hidden(WHOLE, {}, "postgresql", PG)
    assert not hidden(WHOLE, {}, "mariadb", SLOW)
    assert not hidden(Capture(), {}, "postgresql", [PG])
    assert not hidden(WHOLE, {}, "postgresql", PG, Told(sessions=1.0, waits=True, connections=True))


def test_counters_have_no_log_to_mend() -> None:
    assert not hidden(Capture(complete=False, threshold_ms=5.0), {}, "postgresql", "pg-stat-statements")


def test_a_threshold_and_what_to_set_instead() -> None:
    (one,) = hidden(Capture(False, 5.0), {}, "postgresql", f"docker > {PG}", Told(per_second=2000))
    assert one.setting == "log_min_duration_statement"
    assert "5 ms" in one.what
    assert "log_transaction_sample_rate = 0.01 " in one.advice
    assert "518 MB" in one.advice
    assert "pg_stat_statements" in one.advice
    (other,) = hidden(Capture(False, 500.0), {}, "mariadb", SLOW)
    assert other.setting == "long_query_time"


def test_a_sample_of_statements_is_not_a_sample_of_transactions() -> None:
    drawn = Capture(False, 0.0, 0.1)
    (one,) = hidden(drawn, {"log_statement_sample_rate": "0.1"}, "postgresql", PG)
    assert one.setting == "log_statement_sample_rate"
    assert "log_min_duration_sample = -1" in one.advice
    (whole,) = hidden(drawn, {"log_transaction_sample_rate": "0.1"}, "postgresql", PG)
    assert whole.setting == "log_transaction_sample_rate"
    assert "holds" in whole.what
    off = {"log_statement_sample_rate": "0.1", "log_min_duration_sample": "-1"}
    assert not hidden(WHOLE, off, "postgresql", PG)


def test_incidents_that_the_log_does_not_tell() -> None:
    assert settings_of(WHOLE, {"log_lock_waits": "off", "log_connections": "off"}, "postgresql", PG) == [
        "log_lock_waits",
        "log_connections",
    ]
    assert settings_of(WHOLE, {}, "postgresql", PG, Told(waits=False, connections=False)) == [
        "log_lock_waits",
        "log_connections",
    ]
    assert settings_of(WHOLE, {"log_lock_waits": "on"}, "postgresql", PG, Told(waits=False)) == []


def test_sessions_that_cannot_be_told_apart_come_first() -> None:
    first = hidden(Capture(False, 5.0), {}, "postgresql", PG, Told(sessions=0.0))[0]
    assert first.setting == "log_line_prefix"
    assert "%p" in first.advice
    assert hidden(WHOLE, {}, "mysql", SLOW, Told(sessions=0.1))[0].setting is None


def test_plans_alone() -> None:
    (one,) = hidden(Capture(False, 10.0), {}, "postgresql", PG, Told(auto_explain=True))
    assert one.setting == "auto_explain.log_min_duration"


@pytest.mark.parametrize(
    ("given_settings", "name"),
    [
        ({"log_slow_rate_limit": "20"}, "log_slow_rate_limit"),
        ({"min_examined_row_limit": "100"}, "min_examined_row_limit"),
        ({"log_slow_min_examined_row_limit": "100"}, "log_slow_min_examined_row_limit"),
        ({"log_throttle_queries_not_using_indexes": "10", "log_queries_not_using_indexes": "ON"}, "log_throttle_queries_not_using_indexes"),
        ({"innodb_print_all_deadlocks": "OFF"}, "innodb_print_all_deadlocks"),
    ],
)  # fmt: skip
def test_settings_of_mysql(given_settings: dict[str, str], name: str) -> None:
    assert settings_of(WHOLE, given_settings, "mysql", SLOW) == [name]


def test_percona_keeps_sessions_whole() -> None:
    kept = {"log_slow_rate_limit": "20", "log_slow_rate_type": "session"}
    assert settings_of(Capture(True, 0.0), kept, "mysql", SLOW) == []


def test_the_general_log_has_no_durations() -> None:
    assert settings_of(Capture(), {}, "mysql", "mysql-general") == ["slow_query_log"]
    assert settings_of(Capture(), {}, "mysql", ["mysql-general", SLOW]) == []


@given(st.floats(0.001, 1e7))
def test_the_recommended_rate_logs_about_what_it_should(per_second: float) -> None:
    share = sample_rate(per_second)
    assert 0 < share <= 1
    assert share * per_second <= 20 * 1.001 or share == 1
    assert share == 1 or share * per_second >= 20 / 2.6
    assert sample_rate(None) == 0.01
