"""Detection: by content alone, wrappers peeled first, and a reason where nothing fits."""

from __future__ import annotations

import os

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.sources.detect import READERS, Detected, detect, reader_named
from advisor.sources.errors import InputError

STDERR = b"".join(
    b"2024-05-01 10:00:0%d UTC [42] app@shop LOG:  duration: 1.500 ms  statement: select %d\n" % (n, n)
    for n in range(9)
)
SLOW = (
    b"# Time: 2024-05-01T10:00:00.000001Z\n# User@Host: a[a] @ h []  Id: 7\n"
    b"# Query_time: 0.5  Lock_time: 0.0 Rows_sent: 1  Rows_examined: 9\nSET timestamp=1714557600;\nselect 1;\n"
)


def named(head: bytes) -> str:
    found = detect(head)
    return found.name if isinstance(found, Detected) else found


@pytest.mark.parametrize(
    ("head", "name"),
    [
        (STDERR, "postgresql-stderr"),
        (SLOW, "mysql-slow"),
        (b"select * from orders where id = 1", "sql"),
        (b"-- why is this slow?\nSELECT 1;\n", "sql"),
        (b"query,calls,total_exec_time,rows\nselect 1,2,3,4\n", "pg-stat-statements"),
        (b"SCHEMA_NAME\tDIGEST_TEXT\tCOUNT_STAR\tSUM_TIMER_WAIT\na\tSELECT ?\t1\t2\n", "mysql-digests"),
        (b'{"log":"%b\\n","stream":"stderr","time":"2024-05-01T10:00:00Z"}\n' % STDERR.splitlines()[0], "docker"),
        (b"2024-05-01T10:00:00.0Z stderr F " + STDERR.splitlines()[0] + b"\n", "cri"),
    ],
)
def test_formats_are_told_by_content(head: bytes, name: str) -> None:
    assert named(head).startswith(name)


@pytest.mark.parametrize(
    ("head", "reason"),
    [
        (b"", "empty"),
        (b" \n\t\0\n", "blanks"),
        (b"\x7fELF\x02\x01\x01" + bytes(range(256)) * 8, "binary"),
        (b"Dear diary,\ntoday I update my system\n", "no format that we know (it begins: Dear diary,)"),
        (b"update your system today\n", "no format that we know"),
        (b"host=db password=hunter2 user=x\n", "no format that we know (it begins: host=db password=*** user=x)"),
        (
            b"dsn: postgresql://app:hunter2@db/shop\n",
            "no format that we know (it begins: dsn: postgresql://app:***@db/shop)",
        ),
        (b"select committee meets on monday; bring cake\n", "sql"),
    ],
)
def test_what_nothing_fits_has_a_reason(head: bytes, reason: str) -> None:
    assert reason in named(head)


def test_a_format_can_be_forced() -> None:
    found = detect(STDERR, input_format="sql")
    assert isinstance(found, Detected)
    assert found.reader.name == "sql"


def test_an_unknown_format_lists_those_there_are() -> None:
    with pytest.raises(InputError) as caught:
        reader_named("oracle")
    assert all(reader.name in str(caught.value) for reader in READERS)


@settings(max_examples=150, deadline=None)
@given(st.binary(max_size=600))
def test_no_bytes_make_detection_fail(head: bytes) -> None:
    assert detect(head)


@settings(max_examples=60, deadline=None)
@given(st.sampled_from([STDERR, SLOW]), st.integers(0, 400), st.binary(max_size=20), st.integers(0, 500))
def test_damage_does_not_make_detection_fail(head: bytes, at: int, noise: bytes, cut: int) -> None:
    assert detect((head[:at] + noise + head[at:])[: len(head) - cut])


def test_random_megabytes_are_refused_quickly() -> None:
    for _ in range(5):
        assert isinstance(detect(os.urandom(256 << 10)), str)
