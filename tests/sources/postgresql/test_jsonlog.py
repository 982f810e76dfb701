from __future__ import annotations

import json
from typing import Any

from advisor.sources.postgresql import jsonlog
from advisor.sources.postgresql.record import ERROR, OTHER
from tests.sources.postgresql.framing import framers, rows

BASE = {
    "timestamp": "2024-03-01 08:00:00.123 UTC", "user": "app", "dbname": "shop", "pid": 7, "remote_host": "::1",
    "remote_port": 5432, "session_id": "65e1a1b0.7", "line_num": 1, "ps": "SELECT", "vxid": "3/7", "txid": 0,
    "error_severity": "LOG", "application_name": 'we"b', "query_id": -77,
}  # fmt: skip
STATEMENT = 'duration: 1.500 ms  execute <unnamed>: SELECT "é\\" \n\tFROM t'


def record(message: str, *, style: Any = (",", ":"), ascii_only: bool = False, **more: Any) -> str:
    return json.dumps({**BASE, "message": message, **more}, separators=style, ensure_ascii=ascii_only) + "\n"


def framed(data: str | bytes) -> list[tuple[Any, list[Any]]]:
    raw = data.encode() if isinstance(data, str) else data
    return [(framer, rows(framer, raw)) for framer in framers("json", record("x").encode())]


def test_a_statement_however_the_object_is_written() -> None:
    data = (
        record(STATEMENT, detail="parameters: $1 = '\"'")
        + record(STATEMENT, detail="Parameters: $1 = '\"'", style=(", ", " : "), ascii_only=True)
        + record(STATEMENT, detail="parameters: $1 = '\"'", labels={"message": "not this", "a": [1, {"message": "x"}]})
        + record(STATEMENT, detail="parameters: $1 = '\"'").replace("<", "\\u003c").replace("}", " \t}")
    )
    for _, found in framed(data):
        assert len(found) == 4
        for row in found:
            (_, what, _, time_us, us, sql, parameters, who, *rest) = row
            assert (what, us, time_us) == ("hot", 1500, 1709280000123000)
            assert (sql, parameters) == ('SELECT "é\\" \n\tFROM t', "$1 = '\"'")
            assert (who.user, who.database, who.application, who.host) == ("app", "shop", 'we"b', "::1")
            assert rest[-2] == -77
        assert len({row[9] for row in found}) == 1


def test_a_bad_or_foreign_line_costs_only_itself() -> None:
    good = record("duration: 1.000 ms  statement: SELECT 1")
    data = (
        good[30:]
        + good
        + "2024-03-01 LOG:  x\n"
        + good[:60]
        + "\n"
        + '{"message": 1}\n'
        + "\n"
        + good
        + "[1]\n"
        + good[:-1]
    )
    for _, found in framed(data):
        assert [(row[0], row[1]) for row in found] == [
            (1, "unreadable"), (2, "hot"), (3, "unreadable"), (4, "unreadable"), (5, "unreadable"), (7, "hot"),
            (8, "unreadable"), (9, "hot"),
        ]  # fmt: skip
        assert found[4][2] != found[3][2]


def test_bytes_that_are_not_utf8_zero_bytes_and_lone_surrogates() -> None:
    good = record("duration: 1.000 ms  statement: SELECT 'Q'").encode()
    for put, read in (
        (b"\xff", "\ufffd"),
        (b"\0", "\0"),
        (b"\\ud800", "?"),
        (b"\\ud83d\\ude00", "😀"),
        (b"\\u0041", "A"),
    ):
        for _, found in framed(good.replace(b"Q", put)):
            assert found[0][5] == f"SELECT '{read}'"


def test_parsing() -> None:
    data = record(
        "no table",
        error_severity="ERROR",
        state_code="42P01",
        statement="SELECT",
        func_name="f",
        file_name="x.c",
        file_line_num=9,
    ) + record("w", error_severity="WARNING")
    for framer, found in framed(data):
        assert [row[4] for row in found] == [ERROR, OTHER]
        parsed = framer.parse(found[0][3], offset=3, line=4)
        assert (parsed.severity, parsed.code, parsed.message, parsed.statement) == (
            "ERROR",
            "42P01",
            "no table",
            "SELECT",
        )
        assert (parsed.location, parsed.pid, parsed.session_key, parsed.session) == (
            "f, x.c:9",
            7,
            "65e1a1b0.7",
            found[0][6],
        )
        assert (parsed.time_us, parsed.offset, parsed.line) == (1709280000123000, 3, 4)


def test_matches() -> None:
    assert jsonlog.matches((record("x") * 5).encode()) > 0.9
    assert jsonlog.matches(b'{"log":"x","stream":"stderr"}\n') == 0
