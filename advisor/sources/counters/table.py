"""Rows of a dump of a statistics view: CSV (psql), tab-separated (`mysql --batch`), JSON arrays, JSON lines.

Columns are known by their names in the first row, in lower case; their order and number do not matter.
"""

from __future__ import annotations

import csv
import io
import json
import re
from collections.abc import Iterator
from typing import Any

from advisor.model.limits import LIMITS
from advisor.sources.ledger import Ledger
from advisor.sources.unpack import Readable

#: One row: column name -> value; None is SQL's NULL.
Row = dict[str, Any]
_KEY = re.compile(rb'"([A-Za-z_][A-Za-z0-9_]{0,60})"\s{0,20}:')
_ESCAPES = {"n": "\n", "t": "\t", "0": "\0", "r": "\r", "b": "\b", "f": "\f", "v": "\v"}
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_NULLS = frozenset(("NULL", r"\N"))
_CHUNK = 1 << 20


def columns(head: bytes) -> frozenset[str]:
    """Names of the columns of the dump that begins with ``head``; empty when it looks like none."""
    start = head.lstrip()
    if start[:1] in (b"[", b"{"):
        return frozenset(name.decode().lower() for name in _KEY.findall(start[:65536]))
    line = start.partition(b"\n")[0].rstrip(b"\r")
    if len(line) > 16384:
        return frozenset()
    text = line.decode("utf-8", "replace")
    return frozenset(_names(text, _separator(text)))


def rows(stream: Readable, ledger: Ledger) -> Iterator[tuple[int, int, Row]]:
    """(line, byte offset, row) of each row of a dump. What is no row is counted in the ledger; so are all lines."""
    first = stream.read(_CHUNK)
    if first.lstrip()[:1] in (b"[", b"{"):
        yield from _json(stream, first, ledger)
    else:
        yield from _separated(stream, first, ledger)


def _separator(header: str) -> str:
    return max("\t,;|", key=lambda separator: (header.count(separator), separator == ","))


def _names(header: str, separator: str) -> list[str]:
    try:
        fields = next(csv.reader([header], delimiter=separator), [])
    except csv.Error:  # a NUL or a lone carriage return: no header of a dump
        return []
    return [field.strip().strip("`").lower() for field in fields]


class _Raw(io.RawIOBase):
    """A stream for io.BufferedReader."""

    def __init__(self, first: bytes, stream: Readable) -> None:
        self._first = first
        self._stream = stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:
        data = self._first[: len(buffer)] or self._stream.read(len(buffer))
        self._first = self._first[len(data) :]
        buffer[: len(data)] = data
        return len(data)


class _Lines:
    """The text lines of a stream, counted."""

    def __init__(self, stream: Readable, first: bytes) -> None:
        self._reader = io.BufferedReader(_Raw(first, stream), _CHUNK)
        self.lines = 0
        self.offset = 0

    def __iter__(self) -> _Lines:
        return self

    def __next__(self) -> str:
        line = self._reader.readline(LIMITS.max_record_bytes)
        if not line:
            raise StopIteration
        self.lines += 1
        self.offset += len(line)
        return line.decode("utf-8", "replace")


def _separated(stream: Readable, first: bytes, ledger: Ledger) -> Iterator[tuple[int, int, Row]]:
    lines = _Lines(stream, first)
    header = next((line for line in lines if line.strip()), "").rstrip("\r\n")
    separator = _separator(header)
    names = _names(header, separator)
    ledger.lines(lines.lines)
    if separator == "\t" and '"' not in header:  # mysql --batch and COPY's text format escape instead of quoting
        records: Iterator[list[str | None]] = (_unescaped(line) for line in lines)
    else:
        csv.field_size_limit(LIMITS.max_record_bytes)  # a query may be longer than the module's 128 KiB
        records = _quoted(csv.reader(lines, delimiter=separator))
    while True:
        line, offset = lines.lines + 1, lines.offset
        try:
            record = next(records)
        except StopIteration:
            break
        except csv.Error as error:
            record, reason = [], str(error)
        else:
            reason = f"{len(record)} fields instead of {len(names)}" if any(record) else ""
        count = lines.lines + 1 - line
        ledger.lines(count)
        if len(record) == len(names):
            yield line, offset, dict(zip(names, record, strict=True))
        elif reason:
            ledger.unreadable(line, count, reason)


def _quoted(reader: Iterator[list[str]]) -> Iterator[list[str | None]]:
    while True:
        try:
            record = next(reader)
        except StopIteration:
            return
        yield [None if field == "" or field in _NULLS else field for field in record]


def _unescaped(line: str) -> list[str | None]:
    fields = line.rstrip("\r\n").split("\t")
    return [
        None if field in _NULLS else _ESCAPED.sub(lambda match: _ESCAPES.get(match[1], match[1]), field)
        for field in fields
    ]


def _json(stream: Readable, first: bytes, ledger: Ledger) -> Iterator[tuple[int, int, Row]]:
    """Objects one after the other, whatever stands between them: an array, lines, or both."""
    decoder = json.JSONDecoder(strict=False)
    reader = io.TextIOWrapper(io.BufferedReader(_Raw(first, stream), _CHUNK), "utf-8", "replace", newline="")
    text, at, line, offset, ended, last = "", 0, 1, 0, False, "\n"

    def passed(to: int) -> None:
        nonlocal at, line, offset
        count = text.count("\n", at, to)
        ledger.lines(count)
        line += count
        offset += len(text[at:to].encode("utf-8", "replace"))
        at = to

    while True:
        match = _BETWEEN.match(text, at)
        assert match is not None
        passed(match.end())
        if at < len(text) and text[at] == "{":
            try:
                value, end = decoder.raw_decode(text, at)
            except (json.JSONDecodeError, RecursionError) as error:
                broken = str(error)
            else:
                yield from ((line, offset, row) for row in _objects(value))
                passed(end)
                continue
        else:
            broken = "not a JSON object" if at < len(text) else ""
        # An object that is not complete yet, or never will be.
        if not ended and len(text) - at <= LIMITS.max_record_bytes and not _hopeless(text, at):
            more = reader.read(max(_CHUNK, len(text) - at))
            ended = not more
            last = more[-1:] or last
            text, at = text[at:] + more, 0
            continue
        if at == len(text):
            break
        start, first_line = at, line
        resume = _OBJECT_LINE.search(text, at + 1)
        passed(resume.end() - 1 if resume else len(text))
        ledger.unreadable(first_line, max(1, text.count("\n", start, at)), f"no row: {broken}")
    ledger.lines(int(last != "\n"))


_BETWEEN = re.compile(r"[\s,\[\]]*+")
_OBJECT_LINE = re.compile(r"\n[\s,\[]*+\{")


def _hopeless(text: str, at: int) -> bool:
    """Whether more text cannot help: what stands here is no object, and the next object is at hand already."""
    return at < len(text) and text[at] != "{" and _OBJECT_LINE.search(text, at) is not None


def _objects(value: Any) -> Iterator[Row]:
    """The rows that a JSON value holds: itself, or those in the one list it wraps."""
    lists = [inner for inner in value.values() if isinstance(inner, list) and inner and isinstance(inner[0], dict)]
    if len(lists) == 1:
        for inner in lists[0]:
            if isinstance(inner, dict):
                yield {str(name).lower(): item for name, item in inner.items()}
    else:
        yield {str(name).lower(): item for name, item in value.items()}
