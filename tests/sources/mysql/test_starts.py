"""A record start is decided locally: look-alikes are text, and a log may be cut at any start."""

from __future__ import annotations

import pytest
from hypothesis import given, settings

from advisor.sources.mysql import starts

from . import logs


@pytest.mark.parametrize("record", logs.RECORDS)
def test_every_spelling_is_one_record(record: bytes) -> None:
    assert starts.starts(record) == [0]
    before = logs.MYSQL56
    assert starts.starts(before + record) == [0, len(before)]
    crlf = before.replace(b"\n", b"\r\n")
    assert starts.starts(crlf + record.replace(b"\n", b"\r\n")) == [0, len(crlf)]


@pytest.mark.parametrize(
    "text",
    [
        b"# Time: 2024-03-01T10:00:00Z\nfoo",
        b"# User@Host: a[b] @ c []\nfoo",
        b"# Query_time: 1.0  Lock_time: 0\nfoo",
        b"foo;\n# Query_time: 1.0  Lock_time: 0\nfoo",
        b"# User@Host: nobody\n# Query_time: 1.0  Lock_time: 0\nfoo",
        b"# Time: tomorrow\n# Query_time: 1.0  Lock_time: 0\nfoo",
        b"mysqld, Version: 8.0 was started with: nothing\nfoo",
    ],
)
def test_one_line_of_a_header_in_a_literal_is_text(text: bytes) -> None:
    before = b"# Query_time: 3  Lock_time: 0\nuse x;\nselect '\n"
    assert starts.starts(before + text + b"';\n" + logs.MYSQL8) == [0, len(before + text) + 3]


def test_a_second_time_line_and_a_lone_user_line_are_records() -> None:
    twice = b"# Time: 240301 10:00:00\n"
    assert starts.starts(twice + logs.MARIA) == [0, len(twice)]
    user = b"# User@Host: a[a] @ b []\n"
    assert starts.starts(user + logs.BANNER) == [0, len(user)]


def test_zero_bytes_before_a_record_are_skipped() -> None:
    assert starts.starts(b"\0" * 5 + logs.MARIA) == [5]
    assert starts.starts(logs.MARIA + b"\0" * 4096 + logs.MYSQL8) == [0, len(logs.MARIA) + 4096]


@pytest.mark.parametrize("line", [b"# User@Host: " + b"] @ " * 250_000, b"x, Version: " * 90_000 + b" started with: "])
def test_hostile_lines_cost_their_length_once(line: bytes) -> None:
    data = logs.MYSQL8 + line + b"\n" + logs.MYSQL8
    assert starts.starts(data)[0] == 0
    assert starts.last_start(data) > 0


@settings(max_examples=300, deadline=None)
@given(logs.damaged())
def test_a_cut_at_a_start_changes_no_start(data: bytes) -> None:
    whole = starts.starts(data)
    for cut in whole:
        assert [at for at in whole if at < cut] == starts.starts(data[:cut])
        assert [at - cut for at in whole if at >= cut] == starts.starts(data[cut:])


def test_a_cut_header_line_at_the_end_is_not_taken_for_a_header() -> None:
    twice = b"# Time: 240301 10:00:00\n"
    # The second T may yet be followed by its U line; the first is settled by the second.
    assert starts.last_start(logs.MARIA + twice + twice + b"# User@Host: ") == len(logs.MARIA)


@settings(max_examples=300, deadline=None)
@given(logs.damaged(), logs.damaged())
def test_the_last_start_stays_one_whatever_follows(data: bytes, more: bytes) -> None:
    at = starts.last_start(data)
    assert at == 0 or at in starts.starts(data + more)
