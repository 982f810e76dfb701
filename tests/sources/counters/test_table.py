"""Dumps as people make them: psql's CSV, mysql's tabs, JSON in arrays and lines; with the damage they come with."""

from __future__ import annotations

import io
import json

import pytest

from advisor.model.source import SourceSummary
from advisor.sources.counters import table
from advisor.sources.ledger import Ledger


def read(data: bytes) -> tuple[list[dict[str, object]], SourceSummary]:
    summary = SourceSummary("dump")
    found = [row for _, _, row in table.rows(io.BytesIO(data), Ledger(summary))]
    assert summary.lines == summary.understood_lines + summary.unreadable_lines
    return found, summary


WANTED = [{"query": 'select "a",\n1', "calls": "3", "x": None}, {"query": "select 2", "calls": "4", "x": "y"}]


@pytest.mark.parametrize(
    "data",
    [
        b'query,calls,x\n"select ""a"",\n1",3,\nselect 2,4,y\n',
        b'query,calls,x\r\n"select ""a"",\n1",3,\r\nselect 2,4,y',
        b'Query;Calls;X\n"select ""a"",\n1";3;\nselect 2;4;y\n',
        b'query\tcalls\tx\nselect "a",\\n1\t3\tNULL\nselect 2\t4\ty\n',
        b'\n\nquery\tcalls\tx\nselect "a",\\n1\t3\t\\N\nselect 2\t4\ty\n',
    ],
)
def test_separated(data: bytes) -> None:
    found, summary = read(data)
    assert found == WANTED
    assert summary.unreadable_lines == 0
    assert summary.lines == data.count(b"\n") + (not data.endswith(b"\n"))


@pytest.mark.parametrize(
    "data",
    [
        json.dumps(WANTED).encode(),
        json.dumps(WANTED, indent=2).encode() + b"\n",
        b"".join(json.dumps(row).encode() + b"\n" for row in WANTED),
        json.dumps({"rows": WANTED, "took": 3}).encode(),
        json.dumps([{key.upper(): value for key, value in row.items()} for row in WANTED]).encode(),
    ],
)
def test_json(data: bytes) -> None:
    found, summary = read(data)
    assert found == WANTED
    assert summary.unreadable_lines == 0
    assert summary.lines == data.count(b"\n") + (not data.endswith(b"\n"))


def test_a_foreign_line_in_json_is_counted_and_the_rest_is_read() -> None:
    lines = [json.dumps(row).encode() for row in WANTED]
    found, summary = read(b"\n".join([lines[0], b"Warning: not json", b'{"broken": ', lines[1], b""]))
    assert found == WANTED
    assert (summary.unreadable[0].line, summary.unreadable_lines) == (2, 2)


def test_a_cut_json_array_gives_its_whole_rows() -> None:
    data = json.dumps(WANTED, indent=1).encode()
    found, summary = read(data[:-20])
    assert found == WANTED[:1]
    assert summary.unreadable_lines >= 1


def test_rows_of_another_length_are_counted() -> None:
    found, summary = read(b"query,calls,x\nselect 2,4,y\nselect 3\nselect 2,4,y\n")
    assert len(found) == 2
    assert [(example.line, example.reason) for example in summary.unreadable] == [(3, "1 fields instead of 3")]


def test_an_unclosed_quote_is_counted() -> None:
    found, summary = read(b'query,calls,x\nselect 2,4,y\n"select 3,4,y\nselect 2,4,y\n')
    assert len(found) == 1
    assert (summary.lines, summary.unreadable_lines) == (4, 2)


def test_long_texts_and_many_rows() -> None:
    data = b"query,calls,x\n" + b'"' + b"x" * 3_000_000 + b'",1,2\n' + b"select 1,2,3\n" * 50_000
    found, summary = read(data)
    assert len(found) == 50_001
    assert summary.unreadable_lines == 0


def test_columns() -> None:
    assert table.columns(b'"Query","calls"\n1,2') == {"query", "calls"}
    assert table.columns(b'[{"QUERY": "x", "calls" : 1}]') == {"query", "calls"}
    assert table.columns(b"") == frozenset()
    assert len(table.columns(b"x" * 100_000)) == 0
