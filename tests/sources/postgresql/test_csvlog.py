from __future__ import annotations

from typing import Any

import pytest

from advisor.sources.postgresql import csvlog
from advisor.sources.postgresql.record import ERROR, OTHER, STEP
from tests.sources.postgresql.framing import framers, record_starts, rows


def record(
    message: str, *, detail: str = "", severity: str = "LOG", version: int = 14, host: str = "10.0.0.7:5432"
) -> str:
    """A record as the server writes it."""

    def quoted(text: str) -> str:
        return '"' + text.replace('"', '""') + '"' if text else ""

    state = "42P01" if severity == "ERROR" else "00000"
    last = {12: "", 13: ',"client backend"', 14: ',"client backend",,-77'}[version]
    return (
        f'2024-03-01 08:00:00.123 UTC,"app","shop",7,{quoted(host)},65e1a1b0.7,1,"SELECT",2024-03-01 07:00:00 UTC,3/7,0,'
        f'{severity},{state},{quoted(message)},{quoted(detail)},,,,"ctx",,,,"web ""x"""{last}\n'
    )


def framed(data: str | bytes) -> list[tuple[Any, list[Any]]]:
    raw = data.encode() if isinstance(data, str) else data
    return [(framer, rows(framer, raw)) for framer in framers("csv", record("x").encode())]


def kinds(found: list[Any]) -> list[Any]:
    return [row[4] if row[1] == "other" else row[1] if row[1] == "hot" else row[2] for row in found]


@pytest.mark.parametrize("version", [12, 13, 14])
def test_a_statement_in_every_width_of_the_table(version: int) -> None:
    data = record('duration: 1.500 ms  execute a: SELECT "a"\nFROM t', detail="parameters: $1 = '\"'", version=version)
    for _, found in framed(data):
        ((line, what, start, time_us, us, sql, parameters, who, *rest),) = found
        assert (line, what, start, us, time_us) == (1, "hot", 0, 1500, 1709280000123000)
        assert (sql, parameters) == ('SELECT "a"\nFROM t', "$1 = '\"'")
        assert (who.user, who.database, who.application, who.host) == ("app", "shop", 'web "x"', "10.0.0.7")
        assert rest[-2] == (-77 if version == 14 else 0)


@pytest.mark.parametrize(
    ("host", "bare"),
    [("[local]", "[local]"), ("::1:5432", "::1"), ("db.example.com:1", "db.example.com"), ("fe80::1", "fe80::1")],
)
def test_hosts(host: str, bare: str) -> None:
    for _, found in framed(record("duration: 1.500 ms  statement: SELECT 1", host=host)):
        assert found[0][7].host == bare


def test_a_record_that_is_cut_costs_only_itself() -> None:
    good = record("duration: 1.000 ms  statement: SELECT 1")
    cut = record("duration: 2.000 ms  statement: SELECT 'a\nb\nc'").partition("c'")[0]
    for _, found in framed(good + cut + "\n" + good + cut + "c"):
        assert [(row[0], row[1]) for row in found] == [
            (1, "hot"), *((line, "unreadable") for line in (2, 3, 4)), (5, "hot"), *((line, "unreadable") for line in (6, 7, 8))
        ]  # fmt: skip
        assert "cut" in found[1][2]


def test_a_first_record_without_its_beginning_and_foreign_lines() -> None:
    good = record("duration: 1.000 ms  statement: SELECT 1")
    for _, found in framed('b",,,,\n' + good + "hello\n\n" + good):
        assert [row[1] for row in found] == ["unreadable", "hot", "unreadable", "unreadable", "hot"]


@pytest.mark.parametrize("message", ["checkpoint complete", '"quoted" at its start', "x"])
def test_a_csv_record_inside_of_a_statement_is_no_record(message: str) -> None:
    inner = record(message)
    background = inner.replace('"app","shop"', ",")
    data = record(f"duration: 1.000 ms  statement: SELECT '\n{inner}{background}'") + record("y")
    for framer, found in framed(data):
        assert kinds(found) == ["hot", OTHER]
        assert inner in found[0][5]
        assert record_starts(framer, data.encode()) == [len(data) - len(record("y"))]


def test_kinds_and_parsing() -> None:
    data = (
        record("no table", severity="ERROR")
        + record("duration: 1 ms  parse a: SELECT 1")
        + record("w", severity="WARNING")
    )
    for framer, found in framed(data):
        assert kinds(found) == [ERROR, STEP, OTHER]
        parsed = framer.parse(found[0][3])
        assert (parsed.severity, parsed.code, parsed.message, parsed.context) == ("ERROR", "42P01", "no table", "ctx")
        assert (parsed.pid, parsed.session_key, parsed.vxid, parsed.query_id) == (7, "65e1a1b0.7", "3/7", -77)
        assert (parsed.backend_type, parsed.command, parsed.host) == ("client backend", "SELECT", "10.0.0.7")
        assert parsed.session == found[0][6]


def test_carriage_returns_zero_bytes_and_no_final_line_end() -> None:
    good = record("duration: 1.000 ms  statement: SELECT '\0\udcff'").encode("utf-8", "surrogateescape")
    for _, found in framed(good.replace(b"\n", b"\r\n") + good[:-1]):
        assert [row[1] for row in found] == ["hot", "hot"]
        assert found[1][5] == "SELECT '\0\ufffd'"


def test_matches() -> None:
    assert csvlog.matches(record("x").encode()) > 0.9
    assert csvlog.matches(b"a,b,c\n1,2,3\n") == 0
