from __future__ import annotations

from typing import Any

import pytest

from advisor.model.batch import NO_TIME
from advisor.sources.framed import Block
from advisor.sources.postgresql import stderr
from advisor.sources.postgresql.record import BEGUN, DURATION, ERROR, EXECUTE, FETCH, ORPHAN, OTHER, PLAN, STEP
from tests.sources.postgresql.framing import framers, record_starts, rows
from tests.sources.postgresql.logtext import PREFIXES, log, text

P = "2024-03-01 08:00:00.123 UTC [7] app@shop "
Q = "2024-03-01 08:00:01.000 UTC [8] app@shop "


def framed(data: str | bytes, **options: str) -> list[tuple[Any, list[Any]]]:
    """Each framer with what it made of the log."""
    raw = data.encode() if isinstance(data, str) else data
    return [(framer, rows(framer, raw)) for framer in framers("log", raw, **options)]


def kinds(found: list[Any]) -> list[Any]:
    return [row[4] if row[1] == "other" else row[1] if row[1] == "hot" else row[2] for row in found]


def test_a_statement_with_its_parameters_over_several_lines() -> None:
    data = f"{P}LOG:  duration: 12.345 ms  execute a/b: SELECT 1,\n\t\t$1\n{P}DETAIL:  parameters: $1 = 'x\n\ty'\n"
    for framer, found in framed(data):
        ((line, what, start, time_us, us, sql, parameters, who, *_),) = found
        assert (line, what, start, us) == (1, "hot", 0, 12345)
        assert time_us == 1709280000123000
        assert (sql, parameters) == ("SELECT 1,\n\t$1", "$1 = 'x\ny'")
        assert (who.user, who.database, who.application, who.host) == ("app", "shop", None, None)
        assert found[0][-1] == EXECUTE
        assert framer.notes == []


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("duration: 1.000 ms  statement: SELECT 1", "hot"),
        ("00000: duration: 1.000 ms  statement: SELECT 1", "hot"),
        ("duration: 1.000 ms  execute fetch from c: SELECT 1", "hot"),
        ("duration: 1.000 ms  statement: ", OTHER),
        ("duration: 1.000 ms  statement:  \n\t", OTHER),
        ("duration: 1.000 ms  parse a: SELECT 1", STEP),
        ("duration: 1.000 ms  bind a/p: SELECT 1", STEP),
        ("duration: 1.000 ms", DURATION),
        ("duration: 1.000 ms  plan:\n\tQuery Text: SELECT 1", PLAN),
        ("statement: SELECT 1", "hot"),
        ("execute <unnamed>: SELECT 1", "hot"),
        ("statement: ", OTHER),
        ("duration: abc", OTHER),
        ("checkpoint starting: time", OTHER),
    ],
)
def test_kinds_of_messages(message: str, kind: Any) -> None:
    for _, found in framed(f"{P}LOG:  {message}\n{Q}ERROR:  x\n"):
        assert kinds(found) == [kind, ERROR]


@pytest.mark.parametrize(
    ("message", "flags"),
    [
        ("duration: 1.000 ms  statement: ", 0),
        ("duration: 1.000 ms  execute <unnamed>: ", EXECUTE),
        ("duration: 1.000 ms  execute fetch from S_1/C_2: ", EXECUTE | FETCH),
        ("statement: ", BEGUN),
        ("execute S_1/C_2: ", BEGUN | EXECUTE),
        ("execute fetch from C_2: ", BEGUN | EXECUTE | FETCH),
    ],
)
def test_flags(message: str, flags: int) -> None:
    for _, found in framed(f"{P}LOG:  {message}SELECT 1\n"):
        assert found[0][-1] == flags
        assert found[0][5] == "SELECT 1"


def test_durations_are_exact() -> None:
    data = "".join(f"{P}LOG:  duration: {n}.{n % 1000:03d} ms  statement: SELECT 1\n" for n in range(0, 5000, 7))
    for _, found in framed(data):
        assert [row[4] for row in found] == [n * 1000 + n % 1000 for n in range(0, 5000, 7)]


def test_labels_of_another_process_are_no_part_of_the_record() -> None:
    data = f"{P}LOG:  duration: 1.000 ms  execute a: SELECT $1\n{Q}DETAIL:  parameters: $1 = '1'\n{P}LOG:  x\n"
    for _, found in framed(data):
        assert kinds(found) == ["hot", ORPHAN, OTHER]
        assert found[0][6] is None


def test_a_record_of_another_kind_is_parsed_whole() -> None:
    data = (
        f"{P}ERROR:  23505: duplicate key\n\tof two lines\n{P}DETAIL:  Key (a)=(1)\n{P}HINT:  h\n{P}QUERY:  q\n"
        f"{P}CONTEXT:  c\n{P}LOCATION:  f, x.c:1\n{P}STATEMENT:  INSERT\n\tINTO t\n"
    )
    for framer, found in framed(data):
        record = framer.parse(found[0][3], offset=5, line=6)
        assert (record.severity, record.message, record.code) == ("ERROR", "duplicate key\nof two lines", "23505")
        assert (record.detail, record.hint, record.query, record.context) == ("Key (a)=(1)", "h", "q", "c")
        assert (record.location, record.statement) == ("f, x.c:1", "INSERT\nINTO t")
        assert (record.pid, record.session_key, record.user, record.database) == (7, "7", "app", "shop")
        assert (record.time_us, record.session, record.offset, record.line) == (found[0][5], found[0][6], 5, 6)


def test_every_line_of_a_log_of_any_prefix_is_accounted_for() -> None:
    for setting in PREFIXES:
        lines = log(setting)
        for framer, found in framed(text(lines)):
            assert [row[0] for row in found] == list(range(1, len(lines) + 1)), setting
            assert not [row for row in found if row[1] == "unreadable"], setting
            for row, line in zip(found, lines, strict=True):
                if row[1] == "other":
                    assert framer.parse(row[3]).message == line.message


def test_a_first_record_that_is_cut_and_foreign_lines_are_counted_with_their_reasons() -> None:
    data = (
        f"\tFROM t\n\tWHERE a\n{P}LOG:  duration: 1.000 ms  statement: SELECT\n\t1\ncp: cannot stat 'x'\nsh: no\n"
        f"\tstray\n{P}LOG:  x\n"
    )
    for _, found in framed(data):
        assert [(row[0], row[1]) for row in found] == [
            (1, "unreadable"), (2, "unreadable"), (3, "hot"), (5, "unreadable"), (6, "unreadable"), (7, "unreadable"), (8, "other")
        ]  # fmt: skip
        assert found[2][5] == "SELECT\n1"
        assert "first line is missing" in found[0][2]
        assert "not a line of the server's log" in found[3][2]


def test_continuation_lines_that_lost_their_tabs() -> None:
    record = f"{P}LOG:  duration: 1.000 ms  statement: SELECT a,\nb\nFROM t\n"
    for framer, found in framed(record * 5):
        assert kinds(found) == ["hot"] * 5
        assert found[1][5] == "SELECT a,\nb\nFROM t"
        assert "lost their tabs" in framer.notes[0]


def test_a_prefix_that_changes_within_the_file() -> None:
    first = "".join(f"{P}LOG:  duration: {n}.000 ms  statement: SELECT 1\n" for n in range(50))
    second = "".join(
        f"2024-03-02 08:00:00 UTC:10.0.0.1(5432):bob@crm:[{n + 7}]:LOG:  duration: 1.000 ms  execute s: SELECT $1\n"
        f"2024-03-02 08:00:00 UTC:10.0.0.1(5432):bob@crm:[{n + 7}]:DETAIL:  parameters: $1 = '{n}'\n"
        for n in range(50)
    )
    head = first.encode()
    for framer in framers("log", head):
        found = rows(framer, head + second.encode())
        assert kinds(found) == ["hot"] * 100
        assert (found[60][7].user, found[60][7].database, found[60][7].host) == ("bob", "crm", "10.0.0.1")
        assert found[60][6] == "$1 = '10'"
        assert len(record_starts(framer, (first[:400] + second[:900]).encode())) >= 4


def test_what_looks_like_a_record_inside_of_a_statement_is_none() -> None:
    data = f"{P}LOG:  duration: 1.000 ms  statement: SELECT '\n\t{P}LOG:  duration: 9.000 ms  statement: X'\n"
    for framer, found in framed(data):
        assert kinds(found) == ["hot"]
        assert record_starts(framer, data.encode()) == []


def test_damage_that_costs_nothing_but_itself() -> None:
    whole = f"{P}LOG:  duration: 1.000 ms  statement: SELECT '\udcff\0', 2"
    raw = whole.encode("utf-8", "surrogateescape")
    for tail in (b"", b"\r\n", b"\n"):
        for _, found in framed(raw + tail):
            assert found[0][5] == "SELECT '\ufffd\0', 2"


def test_a_line_of_a_megabyte() -> None:
    for _, found in framed(f"{P}LOG:  duration: 1.000 ms  statement: SELECT '{'x' * (1 << 20)}'\n{P}LOG:  y\n"):
        assert kinds(found) == ["hot", OTHER]


def test_sessions_and_transactions() -> None:
    setting = "%m %c %v "
    line = "2024-03-01 08:00:00.123 UTC 65e1a1b0.{} {} LOG:  duration: 1.000 ms  statement: SELECT 1\n"
    data = line.format("1f", "3/7") + line.format("1f", "3/0") + line.format("20", "3/7") + line.format("20", "")
    for framer, found in framed(data, log_line_prefix=setting):
        sessions, transactions = [row[13] for row in found], [row[14] for row in found]
        assert sessions[0] == sessions[1] != sessions[2] == sessions[3]
        assert transactions[0] == transactions[2] != 0 == transactions[1] == transactions[3]
        assert framer.parse(data.splitlines()[0].encode()).pid == 0x1F


def test_no_time_in_the_prefix() -> None:
    for framer, found in framed("[7] LOG:  duration: 1.000 ms  statement: SELECT 1\n", log_line_prefix="[%p] "):
        assert found[0][3] == NO_TIME
        assert "nothing can be dated" in framer.notes[0]


def test_times_of_all_forms() -> None:
    for setting, stamp in (
        ("%m ", "2024-03-01 09:00:00.123 CET"), ("%n ", "1709280000.123"), ("%m ", "2024-03-01 04:30:00.123 -0330"),
    ):  # fmt: skip
        data = f"{stamp} LOG:  duration: 1.000 ms  statement: SELECT 1\n"
        for _, found in framed(data, log_line_prefix=setting):
            assert found[0][3] == 1709280000123000


def test_matches_says_how_sure_it_is() -> None:
    assert stderr.matches(text(log("%m [%p] %q%u@%d "))) > 0.9
    assert stderr.matches(b"hello\nworld\n") == 0
    assert stderr.matches(b"") == 0
    assert stderr.matches(b"# Time: 2024-03-01T08:00:00Z\n# Query_time: 1\nSELECT 1;\n") == 0
    assert 0.3 < stderr.matches(text(log(""))) < 0.9


def test_an_empty_block() -> None:
    for framer in framers("log", b""):
        assert len(framer.frame(Block(b"", 0, 1), final=True)) == 0
        assert framer.last_start(b"") == 0
