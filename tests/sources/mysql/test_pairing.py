"""What only the order of the records tells, and what is no execution; the same however the log is cut."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings

from advisor.model.batch import NO_TIME, Batch
from advisor.model.engine import Engine
from advisor.model.incident import Incident
from advisor.sources.mysql import slowlog, starts
from advisor.sources.mysql.pairing import Pairing

from . import logs

T0 = 1_709_287_200_000_000


def events(batches: list[Batch]) -> list[tuple[Any, ...]]:
    """All that the batches say of their events, free of how they were batched."""
    return [
        (
            batch.contexts[batch.context[row]],
            batch.texts.sql(row),
            None if batch.tag[row] < 0 else batch.tags[batch.tag[row]],
            *(
                getattr(batch, name)[row].tolist()
                for name in (
                    "time_us", "duration_us", "shape_key", "session", "offset", "line", "literals", "keys", "in_count",
                    "rows_sent", "rows_examined", "rows_affected", "lock_us", "temp_bytes",
                )
            ),
        )
        for batch in batches
        for row in range(len(batch))
    ]  # fmt: skip


def incidents(batches: list[Batch]) -> list[Incident]:
    return [incident for batch in batches for incident in batch.incidents]


def databases(data: bytes) -> list[str | None]:
    return [event[0].database for event in events(logs.pair(data))]


def statement(thread: int, database: str = "", end: bytes = b"select 1;\n") -> bytes:
    use = f"use {database};\n" if database else ""
    return (
        f"# User@Host: a[a] @ h []  Id: {thread}\n# Query_time: 0.1  Lock_time: 0\n{use}SET timestamp=1709287200;\n"
    ).encode() + end


def test_a_record_without_use_ran_in_the_database_of_the_record_before() -> None:
    data = statement(1) + statement(1, "x") + statement(2) + statement(1) + statement(2, "y") + statement(1)
    assert databases(data) == [None, "x", "x", "x", "y", "y"]


def test_a_restart_forgets_the_database() -> None:
    assert databases(statement(1, "x") + logs.BANNER + statement(1)) == ["x", None]


def test_a_restart_begins_new_sessions() -> None:
    found = events(logs.pair(statement(1) + statement(1) + logs.BANNER + statement(1) + logs.SHORT))
    first, again, reborn, unknown = (event[6] for event in found)
    assert first == again != reborn
    assert unknown == 0


def test_an_administrator_command_changes_the_database_too() -> None:
    init = statement(1, "x", b"# administrator command: Init DB;\n")
    assert databases(statement(1) + init + statement(1)) == [None, "x"]


def test_in_a_merged_log_use_is_believed_for_its_session_only() -> None:
    data = statement(1, "x") + statement(2, "y") + statement(2, "y") + statement(1) + statement(3) + statement(2)
    assert databases(data) == ["x", "y", "y", "x", None, "y"]


def test_schema_is_believed_before_all_else() -> None:
    assert databases(statement(1, "x") + logs.EXPLAIN + logs.PERCONA) == ["x", None, "shop"]


def test_a_record_without_a_time_was_logged_with_the_one_before() -> None:
    first, second = (event[3] for event in events(logs.pair(logs.MYSQL8 + logs.SHORT)))
    assert (first, second) == (T0 + 250_000 - 123, T0 + 250_000 - 3_000_000)
    assert events(logs.pair(logs.SHORT))[0][3] == NO_TIME
    assert events(logs.pair(logs.ADMIN + logs.SHORT))[0][3] == T0 + 2_000_000 - 3_000_000


def test_wall_clock_times() -> None:
    data = b"# Time: 240301 10:00:00\n# User@Host: a[a] @ h []\n# Query_time: 2  Lock_time: 0\nselect 1;\n"
    made = slowlog.make(data)
    assert not made.zoned
    batch = logs.pair(data, make=lambda: made)[0]
    assert (batch.zoned, batch.time_us.tolist()) == (False, [T0 - 2_000_000])
    batch = logs.pair(data, make=lambda: slowlog.make(data, timezone="Europe/Berlin"))[0]
    assert (batch.zoned, batch.time_us.tolist()) == (True, [T0 - 3_602_000_000])
    mixed = logs.pair(logs.MYSQL56 + data)[0]
    assert (mixed.zoned, mixed.time_us.tolist()) == (True, [T0 - 1_500_000, T0 - 2_000_000])


def test_what_is_no_execution_becomes_an_incident() -> None:
    data = logs.BANNER + logs.ADMIN + logs.PERCONA + logs.EXPLAIN + logs.NOTHING + logs.MYSQL8
    found = incidents(logs.pair(data))
    assert [incident.kind for incident in found] == ["restart", "admin", "cancelled", "plan", "other"]
    restart, admin, cancelled, plan, other = found
    assert restart.message.startswith("/usr/sbin/mysqld, Version: 8.0.36")
    assert (admin.message, admin.user, admin.time_us) == ("Quit", "app", T0 + 2_000_000 - 2)
    assert (cancelled.code, cancelled.sql, cancelled.database) == ("1205", "DELETE FROM t", "shop")
    assert (plan.code, plan.sql, plan.duration_us) == ("rows", "select 1 from t", 90)
    assert plan.detail.startswith("id\tselect_type")
    assert (other.user, other.duration_us) == ("SQL_SLAVE", 500_000)
    assert len(events(logs.pair(data))) == 3


@pytest.mark.parametrize(
    ("fields", "kind", "code"),
    [
        (b"Last_errno: 1146  Killed: 0", "error", "1146"),
        (b"Errno: 1213 Killed: 0", "deadlock", "1213"),
        (b"Errno: 3024 Killed: 0", "cancelled", "3024"),
        (b"Last_errno: 1317  Killed: 1317", "cancelled", "1317"),
    ],
)
def test_errors(fields: bytes, kind: str, code: str) -> None:
    data = b"# Query_time: 1  Lock_time: 0 " + fields + b"\nSET timestamp=1709287200;\nselect 1;\n"
    (found,) = incidents(logs.pair(data))
    assert (found.kind, found.code, found.sql) == (kind, code, "select 1")


def test_notes_and_capture() -> None:
    absurd = b"# Query_time: 18446744073709.55  Lock_time: 0\nSET timestamp=1709287200;\nselect 1;\n"
    throttle = statement(1, "", b"throttle:          6 'index not used' warning(s) suppressed.;\n")
    framer = logs.framer()
    pairing = Pairing(0, framer)
    batch = pairing.feed(logs.frame(absurd + throttle + logs.MARIA_BANNER + logs.PERCONA))
    pairing.finish()
    assert batch is not None
    assert batch.duration_us.tolist() == [-1, 50_600_000]
    assert len(pairing.notes) == 3
    (observed,) = pairing.capture.observed.values()
    assert (observed.timed, observed.untimed, observed.rate_limits) == (1, 1, {10: 1})


def test_lines_after_a_banner_are_unreadable() -> None:
    pairing = Pairing(0, logs.framer())
    pairing.feed(logs.frame(logs.MYSQL8 + logs.BANNER + b"what\nis this\n" + logs.MYSQL8))
    assert pairing.unreadable == [(10, 2, "after a server's banner: no slow-log header")]


def test_engine() -> None:
    assert slowlog.engine_of(logs.BANNER) == Engine("mysql", "8.0.36")
    assert slowlog.engine_of(logs.MARIA_BANNER) == Engine("mariadb", "10.11.19-MariaDB")
    assert slowlog.engine_of(logs.MARIA) == Engine("mariadb")
    assert slowlog.engine_of(logs.MYSQL8) == Engine("mysql")


@settings(max_examples=200, deadline=None)
@given(logs.damaged())
def test_a_cut_at_any_record_start_changes_nothing(data: bytes) -> None:
    whole = logs.pair(data)
    every = starts.starts(data)
    for cuts in [[at] for at in every] + [every]:
        parts = logs.pair(data, cuts=[at for at in cuts if at > 0])
        assert events(parts) == events(whole)
        assert incidents(parts) == incidents(whole)
