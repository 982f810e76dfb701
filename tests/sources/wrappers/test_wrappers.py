"""Recorded logs in every transport: the executions are the truth, and no line goes uncounted."""

from __future__ import annotations

import csv
import io
import json
import re
from collections import Counter
from collections.abc import Callable, Iterator
from importlib import import_module
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from advisor.sources.detect import Detected, detect
from advisor.sources.read import Reading
from advisor.sources.wrappers import WRAPPERS
from tests.sources.postgresql.recorded import log, read, truth

STAMP = "2026-11-22T09:56:40.123456789Z"


def lines_of(data: bytes) -> Iterator[str]:
    yield from data.decode().splitlines()


def records_of(data: bytes) -> Iterator[str]:
    """A stderr log's records: a first line and those that begin with a tab, DETAIL and the like apart."""
    record = ""
    for line in lines_of(data):
        if record and not line.startswith("\t"):
            yield record
            record = ""
        record += ("\n" if record else "") + line
    yield record


def docker(data: bytes) -> str:
    out = []
    for line in lines_of(data):
        text = line + "\n"
        for at in range(0, len(text), 60):  # the driver cuts at 16 KiB; here sooner
            out.append(json.dumps({"log": text[at : at + 60], "stream": "stderr", "time": STAMP}))
    return "\n".join(out) + "\n"


def cri(data: bytes) -> str:
    out = []
    for line in lines_of(data):
        pieces = [line[at : at + 60] for at in range(0, len(line), 60)] or [""]
        out += [f"{STAMP} stderr {'F' if n == len(pieces) - 1 else 'P'} {piece}" for n, piece in enumerate(pieces)]
    return "\n".join(out) + "\n"


def cloudwatch_tail(data: bytes) -> str:
    return "".join(f"2026-11-22T09:56:40.123000+00:00 prod-db.0 {line}\n" for line in lines_of(data))


def cloudwatch_stamp(data: bytes) -> str:
    return "".join(f"2026-11-22T09:56:40.123Z {record}\n" for record in records_of(data))


def cloudwatch_events(data: bytes) -> str:
    events = [
        {"ingestionTime": 1, "timestamp": 1763805400123, "message": record.replace("\n\t", "\n")}
        for record in records_of(data)
    ]
    return json.dumps({"events": events, "nextForwardToken": "f/1"}, indent=4)


def cloudsql(data: bytes) -> str:
    return "".join(
        json.dumps({"insertId": str(n), "logName": "projects/p/logs/cloudsql.googleapis.com%2Fpostgres.log", "textPayload": record,
                    "timestamp": STAMP, "resource": {"type": "cloudsql_database"}}) + "\n"
        for n, record in enumerate(records_of(data))
    )  # fmt: skip


def cloudsql_array(data: bytes) -> str:
    return json.dumps(
        [{"insertId": str(n), "textPayload": record} for n, record in enumerate(records_of(data))], indent=2
    )


def azure(data: bytes) -> str:
    return "".join(
        json.dumps(
            {"category": "PostgreSQLLogs", "time": STAMP, "properties": {"errorLevel": "LOG", "message": record}}
        )
        + "\n"
        for record in records_of(data)
    )


def azure_bare(data: bytes) -> str:
    """Messages without their prefix: time, process and level are fields."""
    out = []
    for record in records_of(data):
        match = re.match(
            r"(\S+ \S+ UTC) \[(\d+)\] (?:.*? )?(LOG|DETAIL|ERROR|STATEMENT):  (?=duration|param|stat|exec|\w)(.*)",
            record,
            re.DOTALL,
        )
        assert match is not None, record
        text = match[4].split("LOG:  ", 1)[1] if match[4].startswith("LOG:  ") else match[4]
        item = {"timestamp": match[1], "processId": int(match[2]), "errorLevel": match[3], "message": text}
        if match[3] == "DETAIL":
            last = json.loads(out[-1])
            last["properties"]["detail"] = text
            out[-1] = json.dumps(last)
        else:
            out.append(json.dumps({"category": "PostgreSQLLogs", "properties": item}))
    return "\n".join(out) + "\n"


def collector(data: bytes) -> str:
    return "".join(json.dumps({"@timestamp": STAMP, "host": "db1", "message": line}) + "\n" for line in lines_of(data))


def journald(data: bytes) -> str:
    return "".join(
        json.dumps({"__REALTIME_TIMESTAMP": "1763805400123456", "SYSLOG_IDENTIFIER": "postgres", "_PID": "812",
                    "MESSAGE": line if line.isascii() else list(line.encode())}) + "\n"
        for line in lines_of(data)
    )  # fmt: skip


TRANSPORTS: dict[str, tuple[str, Callable[[bytes], str]]] = {
    function.__name__: (name, function)
    for name, function in [
        ("docker", docker), ("cri", cri), ("cloudwatch", cloudwatch_tail), ("cloudwatch", cloudwatch_stamp),
        ("cloudwatch", cloudwatch_events), ("cloudsql", cloudsql), ("cloudsql", cloudsql_array), ("azure", azure),
        ("jsonfield", collector), ("journald", journald),
    ]
}  # fmt: skip


def expected(name: str = "duration") -> Counter[str]:
    return Counter({sql: n for sql, n in truth(name)[1].items() if not sql.startswith("fails: ")})


def through(wrapped: bytes) -> tuple[str, bytes, list[tuple[int, int, str]]]:
    found = detect(wrapped[: 256 << 10])
    assert isinstance(found, Detected), found
    notes: list[tuple[int, int, str]] = []
    for _, wrapper, head in found.wrappers:
        unwrapper = wrapper.unwrap(head)
        wrapped = unwrapper.feed(wrapped) + unwrapper.finish()
        notes += unwrapper.unreadable
    return found.name, wrapped, notes


@pytest.mark.parametrize("name", TRANSPORTS)
def test_every_execution_arrives(name: str) -> None:
    transport, wrap = TRANSPORTS[name]
    detected, inner, unreadable = through(wrap(log("duration")).encode())
    assert detected == f"{transport} > postgresql-stderr"
    assert unreadable == []
    result = read(inner)
    assert result.counts() == expected()
    assert not result.unreadable
    (bound,) = [event for event in result.events if event.sql.endswith("OR name = $2")]
    assert bound.parameters == "$1 = 'O''Brien\nline two', $2 = NULL"


@pytest.mark.parametrize("name", ["duration", "statement_and_duration", "explain_json"])
def test_the_driver_reads_wrapped_logs(name: str, tmp_path: Path) -> None:
    for transport in ("docker", "cri", "cloudsql"):
        path = tmp_path / f"{name}.{transport}"
        path.write_text(TRANSPORTS[transport][1](log(name)))
        reading = Reading([str(path)])
        counted = sum(len(batch) for batch in reading)
        assert counted == len(read(log(name)).events)
        (summary,) = reading.summaries
        assert summary.format == f"{transport} > postgresql-stderr"
        assert summary.unreadable_lines == 0


@pytest.mark.parametrize("name", ["syslog", "syslog_unnumbered"])
def test_syslog_as_the_server_wrote_it(name: str) -> None:
    """Pieces of 900 bytes and of lines, numbered by record and piece or by piece alone, of interleaved processes."""
    detected, inner, unreadable = through(log(name))
    assert detected == "syslog > postgresql-stderr"
    result = read(inner)
    assert result.counts() == expected(name)
    assert not result.unreadable
    strangers = log(name).count(b" CRON[")
    assert [reason for _, _, reason in unreadable] == ["a line of another program (CRON)"] * strangers
    (bound,) = [event for event in result.events if event.sql.endswith("OR name = $2")]
    assert bound.parameters == "$1 = 'O''Brien\nline two', $2 = NULL"
    assert len({event.session for event in result.events}) >= 3


def iso(line: bytes) -> bytes:
    return b"2026-11-22T10:34:56.123456+01:00" + line[15:]


def rfc5424(line: bytes) -> bytes:
    match = re.match(rb".{15} (\S+) (\w+)\[(\d+)\]: (.*)", line)
    assert match is not None
    return b'<134>1 2026-11-22T10:34:56.123456Z %s %s %s - [meta x="a]b"] %s' % match.groups()


def journal(line: bytes) -> bytes:
    match = re.match(rb".{15} (\S+) (\w+)\[(\d+)\]: (.*)", line)
    assert match is not None
    text = match[4].replace(b"#011", b"\t").decode()
    return json.dumps({"__REALTIME_TIMESTAMP": "1763805400123456", "SYSLOG_IDENTIFIER": match[2].decode(), "SYSLOG_PID": match[3].decode(),
                       "MESSAGE": text}).encode()  # fmt: skip


@pytest.mark.parametrize("form", [iso, rfc5424, journal])
@pytest.mark.parametrize("name", ["syslog", "syslog_unnumbered"])
def test_other_forms_of_the_system_log(name: str, form: Callable[[bytes], bytes]) -> None:
    wrapped = b"".join(form(line) + b"\n" for line in log(name).splitlines())
    detected, inner, _ = through(wrapped)
    assert detected.endswith(" > postgresql-stderr")
    result = read(inner)
    assert result.counts() == expected(name)
    assert all(event.time_us > 1_700_000_000_000_000 for event in result.events)


def test_sessions_are_those_of_the_server_where_one_process_forwards_its_lines() -> None:
    data = log("statement_and_duration")
    forwarded = b"".join(b"Nov 22 11:16:40 db1 postgres[77]: " + line + b"\n" for line in data.splitlines())
    detected, inner, _ = through(forwarded)
    assert detected == "syslog > postgresql-stderr"
    bare, result = read(data), read(inner)
    assert result.counts() == bare.counts()
    assert [event.duration_us for event in result.events] == [event.duration_us for event in bare.events]
    assert [event.session for event in result.events] == [event.session for event in bare.events]


def test_the_year_is_counted_on_at_new_year() -> None:
    wrapped = b"".join(
        b"%s db1 postgres[7]: [%d-1] LOG:  duration: 1.000 ms  statement: SELECT %d\n" % (stamp, n, n)
        for n, stamp in enumerate([b"Dec 31 23:59:59", b"Dec 31 23:59:59", b"Jan  1 00:00:01", b"Jan  1 00:00:02"])
    )
    _, inner, _ = through(wrapped)
    times = [event.time_us for event in read(inner).events]
    assert times == sorted(times)
    assert 2_000_000 <= times[-1] - times[0] < 10_000_000


def test_cloudnativepg_records_become_jsonlog() -> None:
    columns = ["log_time", "user_name", "database_name", "process_id", "connection_from", "session_id", "session_line_num",
               "command_tag", "session_start_time", "virtual_transaction_id", "transaction_id", "error_severity", "sql_state_code",
               "message", "detail", "hint", "internal_query", "internal_query_pos", "context", "query", "query_pos", "location",
               "application_name", "backend_type", "leader_pid", "query_id"]  # fmt: skip
    out = [
        '{"level":"info","ts":"2026-11-22T09:56:40Z","logger":"instance-manager","msg":"Starting","logging_pod":"db-1"}'
    ]
    for row in csv.reader(io.StringIO(log("duration", "csv").decode())):
        record = dict(zip(columns, row, strict=True))
        out.append(
            json.dumps(
                {
                    "level": "info",
                    "ts": STAMP,
                    "logger": "postgres",
                    "msg": "record",
                    "logging_pod": "db-1",
                    "record": record,
                }
            )
        )
    detected, inner, unreadable = through("\n".join(out).encode())
    assert detected == "cnpg > postgresql-json"
    assert [reason for _, _, reason in unreadable] == ["the operator's own line (instance-manager)"]
    result = read(inner, "json")
    assert result.counts() == expected()
    assert {event.user for event in result.events} == {"postgres"}
    direct = {event.sql: event.session for event in read(log("duration", "csv"), "csv").events}
    assert {event.sql: event.session for event in result.events} == direct


def test_azure_without_prefix() -> None:
    text = "".join(
        json.dumps({"category": "PostgreSQLLogs", "properties": {"timestamp": f"2026-01-01 10:00:00.00{n} UTC", "processId": 7,
                    "errorLevel": "LOG", "message": f"duration: 1.000 ms  execute S_1: SELECT $1\n\tFROM t{n}", "detail": "parameters: $1 = '7'"}})
        + "\n" for n in range(5)
    )  # fmt: skip
    detected, inner, _ = through(text.encode())
    assert detected == "azure > postgresql-stderr"
    events = read(inner).events
    assert [event.sql for event in events] == [f"SELECT $1\nFROM t{n}" for n in range(5)]
    assert events[0].parameters == "$1 = '7'"


def test_wrappers_may_be_nested() -> None:
    detected, inner, _ = through(docker(cloudsql(log("duration")).encode()).encode())
    assert detected == "docker > cloudsql > postgresql-stderr"
    assert read(inner).counts() == expected()


def test_csv_and_json_inside_of_a_container() -> None:
    for ext, name in (("csv", "postgresql-csv"), ("json", "postgresql-json")):
        for wrap in (docker, cri):
            detected, inner, _ = through(wrap(log("duration", ext)).encode())
            assert detected == f"{wrap.__name__} > {name}"
            assert inner == log("duration", ext)


@pytest.mark.parametrize("ext", ["log", "csv", "json"])
def test_plain_logs_are_not_taken_for_wrapped_ones(ext: str) -> None:
    for name in ("duration", "explain_json", "incidents"):
        data = log(name, ext)
        assert {wrapper: import_module(module).matches(data) for wrapper, module in WRAPPERS.items()} == dict.fromkeys(
            WRAPPERS, 0.0
        )


def test_foreign_lines_are_counted_where_they_stand() -> None:
    lines = docker(b"".join(log("duration").splitlines(keepends=True)[:9])).splitlines()
    lines.insert(5, "this is not JSON")
    lines.insert(7, '{"log": 3}')
    _, _, unreadable = through(("\n".join(lines) + "\n").encode())
    assert [(line, count) for line, count, _ in unreadable] == [(6, 1), (8, 1)]


@given(st.sampled_from(sorted(TRANSPORTS)), st.lists(st.integers(0, 400), max_size=5))
@settings(max_examples=40, deadline=None)
def test_unwrapping_does_not_depend_on_how_it_is_fed(name: str, cuts: list[int]) -> None:
    transport, wrap = TRANSPORTS[name]
    wrapped = wrap(log("duration")).encode()
    module = import_module(WRAPPERS[transport])
    whole = module.unwrap(wrapped)
    expected_bytes = whole.feed(wrapped) + whole.finish()
    lines = wrapped.splitlines(keepends=True)
    fed, out, at = module.unwrap(wrapped), b"", 0
    for cut in [*sorted(cuts), len(lines)]:
        if cut > at:
            out += fed.feed(b"".join(lines[at:cut]))
            at = cut
    assert out + fed.finish() == expected_bytes


@given(st.sampled_from(sorted(WRAPPERS)), st.lists(st.sampled_from(
    [b"{", b"}", b"[", b"]", b'"', b"\\", b":", b",", b'"log"', b'"message"', b'"textPayload"', b'"properties"', b"\n", b"Nov 22 09:56:40 h p[1]: ",
     b"2026-01-01T00:00:00Z stderr P ", b"LOG:  x", b"\xff", b"\0", b"[7-2] ", b"#011", b"<1>1 - "]), max_size=30))  # fmt: skip
@settings(deadline=None)
def test_no_bytes_make_a_wrapper_fail(name: str, parts: list[bytes]) -> None:
    data = b"".join(parts)
    module = import_module(WRAPPERS[name])
    assert 0 <= module.matches(data) <= 1
    unwrapper = module.unwrap(data)
    assert isinstance(unwrapper.feed(data) + unwrapper.finish(), bytes)


@pytest.mark.timeout(90)
@pytest.mark.parametrize("name", sorted(WRAPPERS))
def test_hostile_lines_take_linear_time(name: str) -> None:
    module = import_module(WRAPPERS[name])
    for unit in (b"[", b"{", b'{"a":', b'"', b"\\", b" ", b"a.", b"[x ", b"<1>1 ", b"LOG: ", b"\t", b"{}", b"a [b] "):
        data = (unit * 300_000)[:400_000]
        assert 0 <= module.matches(data) <= 1
        unwrapper = module.unwrap(data)
        unwrapper.feed(data + b"\n" + data)
        unwrapper.finish()
