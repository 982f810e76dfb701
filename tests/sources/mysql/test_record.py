"""Every field of every spelling, to the microsecond."""

from __future__ import annotations

import pytest

from advisor.model.batch import NO_TIME, UNKNOWN
from advisor.sources.mysql import record, values

from . import logs

T0 = 1_709_287_200_000_000


def parse(data: bytes) -> record.Record:
    return record.parse(data, 0, len(data))


def text(data: bytes) -> bytes:
    found = parse(data)
    return data[found.sql_start : found.sql_end]


def test_mysql_8_starts_at_time_of_writing_minus_duration() -> None:
    found = parse(logs.MYSQL8)
    assert found.time_us == T0 + 250_000 - 123
    assert (found.duration_us, found.lock_us, found.rows_sent, found.rows_examined) == (123, 4, 3, 40)
    assert found.rows_affected == UNKNOWN
    assert (found.thread, found.database, found.flags) == (17, b"shop", record.USE)
    assert text(logs.MYSQL8) == b"SELECT id FROM t WHERE a = 1"


def test_mariadb_timestamp_is_the_start() -> None:
    found = parse(logs.MARIA)
    assert (found.time_us, found.duration_us, found.thread, found.rows_affected) == (T0, 2_600_190, 3, 2)
    assert (found.database, found.flags) == (b"shop", record.MARIADB | record.SCHEMA)
    assert text(logs.MARIA) == b"select sleep(2.6)"


def test_mysql_56_timestamp_is_the_end() -> None:
    found = parse(logs.MYSQL56)
    assert (found.time_us, found.duration_us) == (T0 - 1_500_000, 1_500_000)
    assert text(logs.MYSQL56).endswith(b"where b = 2")


def test_percona_fields() -> None:
    found = parse(logs.PERCONA)
    assert (found.database, found.thread, found.temp_bytes, found.rows_affected) == (b"shop", 1234, 8192, 0)
    assert found.flags == record.SCHEMA | record.DETAIL
    assert found.time_us == (1397127063 - 50) * 1_000_000 - 600_000
    details = record.details(logs.PERCONA)
    assert (details.error, details.killed, details.rate_limit, details.plan) == (1205, 0, 10, "")


def test_log_slow_extra_is_one_line() -> None:
    found = parse(logs.EXTRA)
    assert (found.time_us, found.thread, found.flags) == (1546344000_500_000, 8, 0)
    assert text(logs.EXTRA) == b"SELECT 1"


def test_explain_rows_are_kept_apart() -> None:
    found = parse(logs.EXPLAIN)
    assert found.database == b""
    assert found.flags == record.MARIADB | record.SCHEMA | record.DETAIL
    assert record.details(logs.EXPLAIN).plan == "id\tselect_type\ttable\n1\tSIMPLE\tt: x"
    assert text(logs.EXPLAIN) == b"select 1 from t"


def test_header_look_alikes_and_comments_stay_in_the_statement() -> None:
    assert text(logs.LOOKALIKE).startswith(b"# first a comment\n-- and another\ninsert")
    assert text(logs.LOOKALIKE).endswith(b"soon\n', 2)")


@pytest.mark.parametrize(
    ("line", "time", "database", "sql"),
    [
        (b"SET timestamp=1709287200.5;\nselect 1;\n", T0 + 500_000, None, b"select 1"),
        (b"SET last_insert_id=3,insert_id=4,timestamp=1709287200;\nselect 1;\n", T0, None, b"select 1"),
        (b"use a;\nSET timestamp=1709287200;\nselect 1;\n", T0, b"a", b"select 1"),
        (b"SET timestamp=1709287200;\nuse a;\nselect 1;\n", T0, b"a", b"select 1"),
        (b"SET timestamp=1709287200;\nuse a;\n", T0, b"a", b"use a"),
        (b"use `a``b`;\nSET timestamp=1709287200;\nselect 1\n", T0, b"a`b", b"select 1"),
        (b"SET timestamp=1709287200;\nSET timestamp=5;\n", T0, None, b"SET timestamp=5"),
        (b"SET timestamp=1709287200;\nbegin\nselect 1;\nend;;\n", T0, None, b"begin\nselect 1;\nend;"),
        (b"SET timestamp=1709287200;\n", T0, None, b""),
        (b"select 1;\n", NO_TIME, None, b"select 1"),
        (b"SET timestamp=99999999999999999999;\nselect 1;\n", NO_TIME, None, b"select 1"),
        (b"use a; select 1;\n", NO_TIME, None, b"use a; select 1"),
    ],
)
@pytest.mark.parametrize("end", [b"\n", b"\r\n"])
def test_lines_before_the_statement(line: bytes, time: int, database: bytes | None, sql: bytes, end: bytes) -> None:
    data = (b"# Query_time: 0  Lock_time: 0\n" + line).replace(b"\n", end)
    found = parse(data)
    assert found.time_us == time
    assert found.database == database
    assert data[found.sql_start : found.sql_end].replace(b"\r\n", b"\n") == sql


@pytest.mark.parametrize(
    ("line", "user", "host", "thread"),
    [
        (b"# User@Host: root[root] @ localhost []  Id:     4", "root", "localhost", 4),
        (b"# User@Host: app[other] @  [10.0.0.7]", "app", "10.0.0.7", UNKNOWN),
        (b"# User@Host: [SQL_SLAVE] @  []  Id: 2\r", "SQL_SLAVE", None, 2),
        (b"# User@Host: system user[system user] @  []", "system user", None, UNKNOWN),
        (b"# User@Host: a[b]c[d] @ h [::1]  Id: x", "a[b]c", "h", UNKNOWN),
        (b"# User@Host: [] @ []", None, None, UNKNOWN),
        (b"# User@Host: \xff[\xff] @ h []", "\ufffd", "h", UNKNOWN),
    ],
)
def test_user_and_host(line: bytes, user: str | None, host: str | None, thread: int) -> None:
    kept, number = record.split_user(line)
    assert number == thread
    assert record.user_and_host(kept) == (user, host)


@pytest.mark.parametrize(
    ("text", "us"),
    [
        (b"0.000123", 123), (b"3", 3_000_000), (b"0,25", 250_000), (b"1.", 1_000_000), (b"1.1234567", 1_123_456),
        (b"", UNKNOWN), (b"-1", UNKNOWN), (b"1e3", UNKNOWN), (b"1.2.3", UNKNOWN), (b".5", UNKNOWN),
        (b"18446744073709.550781", values.ABSURD_US), (b"9" * 40, values.ABSURD_US),
    ],
)  # fmt: skip
def test_micros(text: bytes, us: int) -> None:
    found = values.micros(text)
    assert found == us or (us == values.ABSURD_US and found >= us)


def test_an_impossible_duration_is_unknown_and_flagged() -> None:
    data = b"# Query_time: 18446744073709.550781  Lock_time: 18446744073709.55\nSET timestamp=9;\nselect 1;\n"
    found = parse(data)
    assert (found.duration_us, found.lock_us, found.flags) == (UNKNOWN, UNKNOWN, record.ABSURD)


def test_counts_too_large_to_be_true_are_unknown() -> None:
    assert parse(b"# Query_time: 1  Lock_time: 0 Rows_sent: 18446744073709551615\nselect 1;\n").rows_sent == UNKNOWN


@pytest.mark.parametrize(
    ("text", "us"),
    [
        (b"2024-03-01T10:00:00.25Z", T0 + 250_000), (b"2024-03-01T12:00:00.000001+02:00", T0 + 1),
        (b"2024-03-01T05:30:00-0430\r", T0), (b"2024-03-01T10:00:00", NO_TIME), (b"2024-02-30T10:00:00Z", NO_TIME),
        (b"2024-03-01T25:00:00Z", NO_TIME), (b"0000-00-00T00:00:00Z", NO_TIME), (b"", NO_TIME),
    ],
)  # fmt: skip
def test_iso(text: bytes, us: int) -> None:
    assert values.iso_us(text) == us


@pytest.mark.parametrize(
    ("text", "us"),
    [
        (b"240301 10:00:00", T0), (b"240301  9:59:60", T0), (b"2024-03-01T10:00:00.5", T0 + 500_000),
        (b"240301 10:00:00.058915", T0 + 58_915), (b"240301 10:00:00.", NO_TIME),
        (b"991332 10:00:00", NO_TIME), (b"2024-03-01T10:00:00Z", NO_TIME), (b"soon", NO_TIME),
    ],
)  # fmt: skip
def test_wall_clock(text: bytes, us: int) -> None:
    assert values.local_us(text) == us


@pytest.mark.parametrize(
    ("line", "database"),
    [
        (b"# Thread_id: 3  Schema: shop  QC_hit: No", b"shop"),
        (b"# Thread_id: 3  Schema:   QC_hit: No", b""),
        (b"# Schema: my shop  Last_errno: 0", b"my shop"),
        (b"# Query_time: 1 Schema: my shop Rows_affected: 0", b"my shop"),
        (b"# Query_time: 1 Schema:  Rows_affected: 0", b""),
        (b"# Schema: shop", b"shop"),
        (b"# Schema: ", b""),
    ],
)
def test_schema_ends_where_the_next_field_begins(line: bytes, database: bytes) -> None:
    assert parse(line + b"\nselect 1;\n").database == database


def test_a_stored_routine_is_named_in_the_header() -> None:
    data = b"# Query_time: 1  Lock_time: 0\n# Stored routine: world.log_it\nSET timestamp=1709287200;\nSELECT 1;\n"
    assert text(data) == b"SELECT 1"


def test_log_slow_extra_of_a_fork_without_zones() -> None:
    data = (
        b"# Time: 240301  9:00:01\n# Query_time: 1.5  Lock_time: 0 Start: 2024-03-01T09:00:00.1 End: 2024-03-01T09:00:01.6\n"
        b"SET timestamp=1709287200;\nSELECT 1;\n"
    )
    assert parse(data).time_us == T0
