"""A made-up log format for testing what lies around the formats.

A record is `@<time us> <duration us> <session> <sql>` and any lines that begin with a tab. Anything else is unreadable.
Its pairing joins a record `@... -1 ...` with the next of the same session, as PostgreSQL's pairing joins statement and
duration, so that state must flow across blocks.
"""

from __future__ import annotations

import re
import zlib
from typing import Any

import numpy as np

from advisor.model.batch import KEY_HASHES, Batch, Context
from advisor.model.engine import Engine
from advisor.sources.framed import Block, Framed

_RECORD = re.compile(rb"^@(\d+) (-?\d+) (\d+) ([^\n]*(?:\n\t[^\n]*)*)\n?", re.MULTILINE)
_START = re.compile(rb"^@(?=\d)", re.MULTILINE)
NAME = "test-lines"


class LineFramer:
    compiled = True

    def frame(self, block: Block, *, final: bool) -> Framed:
        data = block.data
        unreadable: list[tuple[int, int, str]] = []
        rows: list[tuple[int, ...]] = []
        at = 0
        for match in [*_RECORD.finditer(data), None]:
            end = match.start() if match else len(data)
            if end > at:
                lines = data.count(b"\n", at, end) + (not data[at:end].endswith(b"\n"))
                unreadable.append((data.count(b"\n", 0, at), lines, "no record"))
            if match:
                at = match.end()
                sql = (match.start(4), match.end(4))
                rows.append((int(match[1]), int(match[2]), int(match[3]), match.start(), *sql))
        n = len(rows)
        cols = [np.array([row[i] for row in rows], np.int64) for i in range(6)]
        texts = [data[a:b] for *_, a, b in rows]
        zero, unknown = np.zeros(n, np.int64), np.full(n, -1, np.int64)
        return Framed(
            block=block,
            lines=data.count(b"\n") + bool(data and not data.endswith(b"\n")),
            time_us=cols[0],
            duration_us=cols[1],
            shape_key=np.array([zlib.crc32(re.sub(rb"\d+", b"?", text)) for text in texts], np.uint64),
            session=cols[2].astype(np.uint64),
            transaction=zero.astype(np.uint64),
            start=cols[3],
            line=np.array([data.count(b"\n", 0, row[3]) for row in rows], np.int64),
            context=zero.astype(np.int32),
            tag=unknown.astype(np.int32),
            literals=np.array([zlib.crc32(text) for text in texts], np.uint64),
            keys=np.zeros((n, KEY_HASHES), np.uint32),
            in_count=zero.astype(np.int32),
            rows_sent=unknown,
            rows_examined=unknown,
            rows_affected=unknown,
            lock_us=unknown,
            temp_bytes=unknown,
            query_id=zero,
            sql_start=cols[4],
            sql_end=cols[5],
            parameters_start=unknown,
            parameters_end=unknown,
            contexts=[Context(database="shop")],
            tags=[],
            other_start=np.zeros(0, np.int64),
            other_end=np.zeros(0, np.int64),
            other_line=np.zeros(0, np.int64),
            unreadable=unreadable,
        )

    def last_start(self, data: bytes | bytearray | memoryview) -> int:
        starts = [match.start() for match in _START.finditer(data)]
        return starts[-1] if starts else 0

    def unescape(self, raw: bytes) -> str:
        return raw.decode("utf-8", "replace").replace("\n\t", "\n")


class PureFramer(LineFramer):
    compiled = False


class _Texts:
    def __init__(self, framed: Framed, framer: LineFramer, rows: list[int]) -> None:
        self._framed, self._framer, self._rows = framed, framer, rows

    def sql(self, event: int) -> str:
        row = self._rows[event]
        raw = self._framed.block.data[self._framed.sql_start[row] : self._framed.sql_end[row]]
        return self._framer.unescape(raw)

    def parameters(self, event: int) -> str | None:
        return None


class Pairing:
    def __init__(self, source: int, framer: LineFramer) -> None:
        self._source, self._framer = source, framer
        self._announced: set[int] = set()
        self.unreadable: list[tuple[int, int, str]] = []
        self.notes: list[str] = []

    def feed(self, framed: Framed) -> Batch:
        kept = []
        for row in range(len(framed)):
            session = int(framed.session[row])
            if framed.duration_us[row] < 0:
                self._announced.add(session)
            else:
                self._announced.discard(session)
                kept.append(row)
        at = np.array(kept, np.int64)
        names = "time_us duration_us shape_key session transaction context tag literals keys in_count rows_sent"
        names += " rows_examined rows_affected lock_us temp_bytes"
        columns: dict[str, Any] = {name: getattr(framed, name)[at] for name in names.split()}
        return Batch(
            source=self._source,
            engine=Engine("postgresql"),
            offset=framed.start[at] + framed.block.offset,
            line=framed.line[at] + framed.block.line,
            contexts=framed.contexts,
            tags=framed.tags,
            texts=_Texts(framed, self._framer, kept),
            **columns,
        )

    def finish(self) -> None:
        if self._announced:
            self.notes.append(f"{len(self._announced)} statements without a duration")


def matches(head: bytes) -> float:
    lines = head.splitlines()[:100]
    return sum(bool(re.match(rb"@\d+ |\t", line)) for line in lines) / len(lines) if lines else 0.0


def make(head: bytes, *, log_line_prefix: str | None = None, timezone: str | None = None) -> LineFramer:
    return PureFramer() if b"pure" in head else LineFramer()
