"""Columns of a block: the compiled and the Python scan agree on anything, and every line is accounted for."""

from __future__ import annotations

import dataclasses
import itertools
import random
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.model.engine import Engine
from advisor.sources.framed import Block, Framed
from advisor.sources.mysql import frame, sessions, slowlog, starts

from . import logs

compiled = frame.compiled()
needs_compiled = pytest.mark.skipif(compiled is None, reason="the compiled framer was not built")


def assert_equal(data: bytes, final: bool) -> None:
    assert compiled is not None
    fast, slow = compiled(data, final), frame.scan(data, final)
    for name, dtype in frame.COLUMNS:
        assert fast.columns[name].dtype == slow.columns[name].dtype == np.dtype(dtype)
        assert fast.columns[name].tolist() == slow.columns[name].tolist(), name
    assert fast.others.tolist() == slow.others.tolist()
    for field in dataclasses.fields(frame.Rows):
        if field.name not in ("columns", "others"):
            assert getattr(fast, field.name) == getattr(slow, field.name), field.name


@needs_compiled
@pytest.mark.parametrize("record", logs.RECORDS)
@pytest.mark.parametrize("final", [False, True])
def test_paths_agree_on_every_truncation(record: bytes, final: bool) -> None:
    data = logs.MYSQL56 + record
    for stop in range(len(logs.MYSQL56), len(data) + 1):
        assert_equal(data[:stop], final)
    for start in range(0, len(record), 3):
        assert_equal(record[start:] + logs.MYSQL8, final)


@needs_compiled
@settings(max_examples=600, deadline=None)
@given(logs.damaged())
def test_paths_agree_on_damaged_logs(data: bytes) -> None:
    assert_equal(data, True)
    assert_equal(data, False)


@needs_compiled
def test_paths_agree_on_bytes_changed_at_random() -> None:
    base = b"".join(logs.RECORDS)
    dice = random.Random(7)
    alphabet = b"\n\n# :;'\"\0\r\xff90,.Z-+[]@`\\=TUQusS"
    for _ in range(1500):
        data = bytearray(base)
        for _ in range(dice.randint(1, 12)):
            data[dice.randrange(len(data))] = dice.choice(alphabet)
        low = dice.randrange(len(data))
        assert_equal(bytes(data[low : low + dice.randint(0, 1500)]), dice.random() < 0.5)


@needs_compiled
@pytest.mark.parametrize("path", sorted((Path(__file__).parents[3] / "fixtures/mysql").glob("**/*.log")), ids=str)
def test_paths_agree_on_recorded_logs(path: Path) -> None:
    data = path.read_bytes()
    assert_equal(data, True)
    every = starts.starts(data)
    for cut in every[:: max(len(every) // 50, 1)]:
        assert_equal(data[cut:], True)


def accounted(framed: Framed) -> set[int]:
    """Line numbers (from 0) of the block that hot records, others and unreadable stretches cover."""
    data = framed.block.data
    lines: set[int] = set()
    begins = sorted([*framed.start.tolist(), *framed.other_start.tolist()])
    for begin, end in itertools.pairwise([*begins, len(data)]):
        first = data.count(b"\n", 0, begin)
        last = data.count(b"\n", 0, end) + (end == len(data) and not data.endswith(b"\n"))
        lines.update(range(first, max(first + 1, last)))
    for first, count, _ in framed.unreadable:
        lines.update(range(first, first + count))
    return lines


@settings(max_examples=200, deadline=None)
@given(logs.damaged())
def test_every_line_that_holds_anything_is_accounted_for(data: bytes) -> None:
    framed = logs.frame(data)
    covered = accounted(framed)
    for number, line in enumerate(data.removeprefix(b"\xef\xbb\xbf").split(b"\n")):
        if line.strip(b"\0 \t\r"):
            assert number in covered, (number, line)
    assert framed.lines == data.count(b"\n") + (1 if data and not data.endswith(b"\n") else 0)
    assert sum(count for _, count, _ in framed.unreadable) <= framed.lines


def test_cut_first_and_last_records_are_counted_and_the_rest_is_read() -> None:
    data = b"where a = 1\nand b;\n" + logs.MYSQL8 + logs.MARIA[:60]
    framed = logs.frame(data)
    assert len(framed) == 1
    assert [(line, count) for line, count, _ in framed.unreadable] == [(0, 2), (8, 2)]
    framed = logs.frame(logs.MYSQL8 + logs.MYSQL8[:-9])
    assert len(framed) == 2
    assert framed.flags is not None
    assert framed.flags.tolist()[1] & 4


def test_transport_damage() -> None:
    assert len(logs.frame(b"\xef\xbb\xbf" + logs.MYSQL8)) == 1
    crlf = logs.frame((logs.MYSQL8 + logs.MARIA).replace(b"\n", b"\r\n"))
    plain = logs.frame(logs.MYSQL8 + logs.MARIA)
    assert crlf.shape_key.tolist() == plain.shape_key.tolist()
    assert crlf.time_us.tolist() == plain.time_us.tolist()
    zeros = logs.frame(b"\0" * 5000 + logs.MYSQL8)
    assert len(zeros) == 1
    assert "NUL" in zeros.unreadable[0][2]
    bad = logs.frame(logs.MYSQL8.replace(b"app[app]", b"\xff[\xfe]").replace(b"a = 1", b"a = '\xff'"))
    assert bad.contexts[0].user == "\ufffd"
    assert logs.framer().unescape(bad.block.data[bad.sql_start[0] : bad.sql_end[0]]).endswith("'\ufffd'")


def test_a_statement_of_a_megabyte() -> None:
    long = b"insert into t values " + b",\n".join(b"(%d, 'x;')" % k for k in range(100_000))
    framed = logs.frame(logs.MYSQL8 + logs.MARIA.replace(b"select sleep(2.6)", long) + logs.MYSQL8)
    assert len(framed) == 3
    assert framed.sql_end[1] - framed.sql_start[1] == len(long)
    assert framed.line.tolist() == [0, 6, 12 + 99_999 + 1]


def test_sessions_are_connections() -> None:
    short = logs.MYSQL56.replace(b"  Id:     4", b"")
    framed = logs.frame(logs.MYSQL8 + logs.ADMIN + logs.MYSQL8 + logs.MYSQL56 + short + short + logs.SHORT)
    first, again, other, named, named_again, unknown = framed.session.tolist()
    assert first == again
    assert len({first, other, named, unknown}) == 4
    assert (named, unknown) == (named_again, 0)


@given(st.integers(-1, 2**63 - 1), st.sampled_from([b"", b"# User@Host: a[a] @ h []"]), st.integers(0, 5))
def test_sessions_one_by_one_are_those_of_the_columns(thread: int, user: bytes, life: int) -> None:
    column = sessions.sessions(np.array([thread]), np.zeros(1, np.int32), [user])
    assert column.tolist() == [sessions.session_of(thread, user)]
    in_life = sessions.in_life(column, np.array([life]))
    assert in_life.tolist() == [sessions.one_in_life(column.tolist()[0], life)]


def test_detection() -> None:
    for record in logs.HOT:
        assert slowlog.matches(record) == 1.0
        assert slowlog.matches(b"cut in here;\n" + record) == 1.0
    assert slowlog.matches(b"") == 0
    assert slowlog.matches(b"2024-03-01 10:00:00 UTC [1] LOG:  duration: 1 ms  statement: # Time: 240301\n") == 0


def test_the_framer_travels_to_another_process() -> None:
    import pickle

    framer = pickle.loads(pickle.dumps(slowlog.make(logs.MARIA, timezone="Europe/Berlin")))
    assert framer.engine == Engine("mariadb")
    assert len(framer.frame(Block(logs.MARIA, 0, 1), final=True)) == 1
