"""PostgreSQL's csvlog: 23 columns up to version 12, 24 in 13 (backend type), 26 since 14 (leader pid, query id).

A record may span lines, because messages keep their line ends inside of quotes. Where a record begins is still seen
from one line alone: its first fourteen columns have a strict form, and a csv line that is quoted inside of a message
differs from a real one, since its quotes are doubled. So a record that was cut, with a quote never closed, costs only
itself: reading goes on at the next line that begins a record.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field

import numpy as np

from advisor.model.batch import UNKNOWN
from advisor.sources.framed import Block, Framed
from advisor.sources.postgresql.columns import Rows, line_starts, local_times
from advisor.sources.postgresql.kernels import compiled
from advisor.sources.postgresql.language import NOTE, is_foreign, patterns, translate, translate_parameters
from advisor.sources.postgresql.record import (
    OTHER,
    Record,
    duration_us,
    flags_of,
    kind,
    name,
    name_hash,
    query_id,
    text,
    transaction_hash,
    whole,
)
from advisor.sources.postgresql.severity import PRIMARY, is_english
from advisor.sources.postgresql.zones import Clock

NOT_A_RECORD = "not a csv record"
CUT = "a csv record that is cut or broken"
ORPHAN_LINE = "the rest of a csv record whose beginning is missing"
_NAME = rb"(?:\"((?>(?:[^\"\n]++|\"\")*))\"|([^\",\n]*+))"
_ZONE = rb"(?:[A-Za-z]{1,8}|[+-]\d\d(?>(?:\d\d){0,2}))"
#: Columns 1 to 13 and the start of the message. Groups: 1 time, 2 zone, 3-4 user, 5-6 database, 7 pid, 8-9 remote,
#: 10 session, 11 line, 12-13 command, 14 vxid, 15 txid, 16-17 severity, 18 SQLSTATE.
_HEAD = (
    rb"^(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?>(?:\.\d{1,6}+)?)) (" + _ZONE + rb"),"
    + _NAME + rb"," + _NAME + rb",(\d*+)," + _NAME + rb",([0-9a-f]{1,16}+\.[0-9a-f]{1,8}+),(\d*+),"
    + _NAME + rb",(?>(?:\d{4}-\d\d-\d\d \d\d:\d\d:\d\d(?>(?:\.\d{1,6}+)?) " + _ZONE + rb")?),"
    rb"((?>(?:-?\d{1,10}+/\d{1,20}+)?)),(\d*+)," + _NAME + rb",([0-9A-Z]{5}),"
)  # fmt: skip
#: A quoted text opens with an odd run of quotes, or is empty: a doubled (quoted) csv line has an even run. The byte
#: behind the run must be there, or a cut within the run could change what the line is.
_OPENS = rb"(?=,|\"(?>(?:\"\")*)[^\"]|\"\",)"
HEAD = re.compile(_HEAD + _OPENS, re.MULTILINE)
_FIELD = rb"(?:\"((?>(?:[^\"]++|\"\")*))\"|([^\",\n]*+))"
#: From the message on. Pairs of groups: message, detail, hint, internal query, its position, context, query, its
#: position, location, application; then single ones: backend type, leader pid, query id.
_TAIL = re.compile(
    _FIELD
    + (rb"," + _FIELD) * 9
    + rb"(?>(?:,\"((?>(?:[^\"]++|\"\")*))\"|,([^\",\n]*+))?)(?>(?:,(\d*+),(-?\d*+))?)\r?(?:\n|\Z)"
)


def unescape(raw: bytes) -> bytes:
    """The text of a quoted column."""
    return raw.replace(b'""', b'"')


def _bare(match: re.Match[bytes], group: int) -> bytes:
    """A quoted or bare column, without its quotes."""
    quoted = match[group]
    if quoted is None:
        return match[group + 1] or b""
    return unescape(quoted) if b'"' in quoted else quoted


def _host(remote: bytes) -> bytes:
    """The host of `host:port`; IPv6 hosts have colons of their own, sockets are `[local]`."""
    bare, colon, port = remote.rpartition(b":")
    return bare if colon and bare and port.isdigit() and not bare.endswith(b":") else remote


@dataclass
class CsvFramer:
    """Frames blocks of a csvlog, in Python."""

    clock: Clock
    notes: list[str] = field(default_factory=list)
    english: bool = True
    """False: messages are matched in any language."""
    compiled: bool = False

    def __post_init__(self) -> None:
        self._message, self._parameters = patterns(self.english)

    def frame(self, block: Block, *, final: bool) -> Framed:
        """Frame a whole block; see `Framer`."""
        data = block.data
        starts = line_starts(data)
        rows = Rows()

        def unread(start: int, end: int, reason: str) -> None:
            first, last = np.searchsorted(starts, (start, end)).tolist()
            if last > first:
                rows.unreadable.append((first, last - first, reason))

        heads = list(HEAD.finditer(data))
        unread(0, heads[0].start() if heads else len(data), ORPHAN_LINE)
        for at, head in enumerate(heads):
            limit = heads[at + 1].start() if at + 1 < len(heads) else len(data)
            tail = _TAIL.match(data, head.end(), limit)
            if tail is None:
                unread(head.start(), limit, CUT)
                continue
            self._row(rows, data, head, tail)
            if tail.end() < limit:
                unread(tail.end(), limit, NOT_A_RECORD)
        return rows.framed(block, starts, self.clock, unescape)

    def last_start(self, data: bytes | bytearray | memoryview) -> int:
        """Where the last record starts; see `Framer`."""
        whole_data = bytes(data)
        end = len(whole_data)
        while end > 0:
            start = whole_data.rfind(b"\n", 0, end - 1) + 1 if end > 1 else 0
            if start == 0:
                return 0
            # The line must be whole: what follows the cut may be the rest of its first columns.
            if HEAD.match(whole_data, start):
                return start
            end = start
        return 0

    def unescape(self, raw: bytes) -> str:
        """A raw range as text; see `Framer`."""
        return unescape(raw).decode("utf-8", "replace")

    def _is_log(self, severity: bytes) -> bool:
        return severity == b"LOG" or (not self.english and PRIMARY.get(severity) == "LOG")

    def _row(self, rows: Rows, data: bytes, head: re.Match[bytes], tail: re.Match[bytes]) -> None:
        stamp, zone, session, severity = head[1], head[2], head[10], _bare(head, 16)
        group = 1 if tail.start(1) >= 0 else 2
        begin, end = tail.span(group)
        message = self._message.match(data, begin, end)
        start = head.start()
        if (
            message is None
            or not self._is_log(severity)
            or not (message[3] or message[4] or message[8])
            or not data[message.end() : end].strip()
        ):
            code = kind(PRIMARY.get(severity, "LOG"), message)
            rows.add_other(start, tail.end(), code, duration_us(message) if message else UNKNOWN, stamp, zone, session)
            return
        parameters = (-1, -1)
        if tail.start(3) >= 0:
            found = self._parameters.match(data, tail.start(3), tail.end(3))
            if found:
                parameters = (found.end(), tail.end(3))
        who = _bare(head, 3), _bare(head, 5), _bare(tail, 19), _host(_bare(head, 8))
        flags = flags_of(message)
        rows.add(
            start, duration_us(message), stamp, zone, session, head[14], who, query_id(tail[24] or b""),
            (message.end(), end), parameters, flags,
        )  # fmt: skip

    def kind_of(self, raw: bytes) -> int:
        """The kind of a whole record (`Framed.other_kind`)."""
        head = HEAD.match(raw)
        tail = _TAIL.match(raw, head.end()) if head else None
        if head is None or tail is None:
            return OTHER
        message = self._message.match(raw, *tail.span(1 if tail.start(1) >= 0 else 2))
        return kind(PRIMARY.get(_bare(head, 16), "LOG"), message)

    def parse(self, raw: bytes, *, offset: int = -1, line: int = -1, time_us: int | None = None) -> Record | None:
        """One record that `frame` handed out as an other; None when it is not a csv record. ``time_us``: if known."""
        head = HEAD.match(raw)
        tail = _TAIL.match(raw, head.end()) if head else None
        if head is None or tail is None:
            return None
        severity, zone = _bare(head, 16), head[2].decode()
        fields = [text(_bare(tail, 1 + 2 * at)) for at in range(10)]
        if time_us is None:
            time_us = int(self.clock.instants(local_times([head[1]]), np.zeros(1, np.int64), [zone])[0])
        return Record(
            severity=severity.decode() if severity.startswith(b"DEBUG") else PRIMARY.get(severity, "LOG"),
            message=(fields[0] or "") if self.english else translate(fields[0] or ""),
            time_us=time_us,
            zoned=self.clock.zoned,
            pid=whole(head[7]),
            session_key=head[10].decode(),
            session=name_hash(head[10]),
            line_num=whole(head[11]),
            user=name(_bare(head, 3)),
            database=name(_bare(head, 5)),
            application=name(_bare(tail, 19)),
            host=name(_host(_bare(head, 8))),
            code=text(head[18]),
            detail=fields[1] if self.english else translate_parameters(fields[1]),
            hint=fields[2],
            context=fields[5],
            statement=fields[6],
            query=fields[3],
            location=fields[8],
            backend_type=text(tail[21] if tail[21] is not None else tail[22]),
            vxid=text(head[14]),
            transaction=transaction_hash(head[14]),
            txid=whole(head[15]),
            query_id=whole(tail[24]),
            leader_pid=whole(tail[23]),
            command=text(_bare(head, 12)),
            english=is_english(severity),
            offset=offset,
            line=line,
        )


def matches(head: bytes) -> float:
    """How much the source looks like a csvlog: whether lines with the strict form of its first columns are there."""
    found = len(HEAD.findall(head[: 64 << 10]))
    return 0.0 if not found else 0.9 + min(found, 9) / 100


def make(head: bytes, *, log_line_prefix: str | None = None, timezone: str | None = None) -> CsvFramer:
    """The framer of the log that begins with ``head``; a prefix means nothing here.

    Raises zoneinfo.ZoneInfoNotFoundError.
    """
    heads = list(HEAD.finditer(head))
    clock, notes = Clock.learn({match[2].decode(): None for match in heads}, timezone)
    english = not is_foreign(head) and all(is_english(_bare(match, 16)) for match in heads)
    if not english:
        notes.append(NOTE)
    kernels = compiled()
    framer: type[CsvFramer] = CsvFramer if kernels is None else kernels.CompiledCsvFramer
    return framer(clock, notes, english)
