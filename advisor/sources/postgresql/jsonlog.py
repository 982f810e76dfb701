"""PostgreSQL's jsonlog (since 15): one JSON object a line, so a bad or foreign line costs only itself.

What the server writes is flat and without blanks; lines of that form are read with patterns, because the places of the
texts are wanted and not only the texts. Any other JSON object (written anew by a collector, with blanks or nested
values) is read by a JSON parser first, to be sure that it is one.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import msgspec
import numpy as np

from advisor.model.batch import NO_TIME, UNKNOWN
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
    transaction_hash,
    whole,
)
from advisor.sources.postgresql.severity import PRIMARY, is_english
from advisor.sources.postgresql.zones import Clock

_STRING = rb"\"((?>(?:[^\"\\\n]++|\\[^\n])*))\""
_GAP = rb"[ \t]*+"
_PAIRS = re.compile(
    rb"\"([^\"\\\n]++)\"" + _GAP + rb":" + _GAP + rb"(?:" + _STRING + rb"|(-?[0-9.eE+-]++|null|true|false))"
)
_FLAT = re.compile(
    rb"\{" + _GAP + rb"(?>(?:\"[^\"\\\n]++\"" + _GAP + rb":" + _GAP
    + rb"(?:\"(?>(?:[^\"\\\n]++|\\[^\n])*)\"|-?[0-9.eE+-]++|null|true|false)" + _GAP
    + rb"(?:," + _GAP + rb"(?=\")|(?=\})))*)\}[ \t\r]*+\n?\Z"
)  # fmt: skip
_ANY_PAIR = re.compile(_STRING + rb"[ \t]*:[ \t]*(?:" + _STRING + rb")?")
_MESSAGE = re.compile(rb"[{,]" + _GAP + rb"\"message\"" + _GAP + rb":" + _GAP + rb"\"")
_DETAIL = re.compile(rb"[{,]" + _GAP + rb"\"detail\"" + _GAP + rb":" + _GAP + rb"\"")
_STAMP = re.compile(
    rb"(\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?>(?:\.\d{1,6}+)?)) ?(Z|[A-Za-z]{1,8}|[+-]\d\d(?>(?::?\d\d){0,2})|)$"
)
NOT_JSON = "not a JSON object"
NOT_OURS = "a JSON object that is no record of jsonlog (no message and severity)"


_SIMPLE = (
    (b'\\"', b'"'),
    (b"\\n", b"\n"),
    (b"\\t", b"\t"),
    (b"\\r", b"\r"),
    (b"\\/", b"/"),
    (b"\\b", b"\b"),
    (b"\\f", b"\f"),
)
_HEX = rb"\\u([0-9a-fA-F]{4})"
_CODES = re.compile(rb"\\u([dD][89abAB][0-9a-fA-F]{2})\\u([dD][c-fC-F][0-9a-fA-F]{2})|" + _HEX)
_BLANK = re.compile(rb"(?>(?:[ \t\r\n\f\v]|\\[ntrf])*)\Z")


def unescape(raw: bytes) -> bytes:
    """A JSON string without its escapes, as UTF-8. A lone surrogate becomes `?`."""
    if b"\\" not in raw:
        return raw
    parts = raw.split(b"\\\\")  # escaped backslashes: what is between them can be replaced escape by escape
    for at, part in enumerate(parts):
        if b"\\" in part:
            for escape, meant in _SIMPLE:
                part = part.replace(escape, meant)  # noqa: PLW2901
            parts[at] = _CODES.sub(_character, part) if b"\\u" in part else part
    return b"\\".join(parts)


def _character(match: re.Match[bytes]) -> bytes:
    if match[3]:
        code = int(match[3], 16)
    else:
        code = 0x10000 + ((int(match[1], 16) - 0xD800) << 10) + int(match[2], 16) - 0xDC00
    return chr(code).encode("utf-8", "replace")


@dataclass
class JsonFramer:
    """Frames blocks of a jsonlog, in Python."""

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
        bounds = [*starts.tolist(), len(data)]
        for line in range(len(starts)):
            start, end = bounds[line], bounds[line + 1]
            reason = self._row(rows, data, start, end)
            if not reason:
                continue
            last = rows.unreadable[-1] if rows.unreadable else None
            if last and last[2] == reason and last[0] + last[1] == line:
                rows.unreadable[-1] = (last[0], last[1] + 1, reason)
            else:
                rows.unreadable.append((line, 1, reason))
        return rows.framed(block, starts, self.clock, unescape)

    def last_start(self, data: bytes | bytearray | memoryview) -> int:
        """Where the last line starts, every line being a record; see `Framer`."""
        return bytes(data).rfind(b"\n", 0, max(0, len(data) - 1)) + 1

    def unescape(self, raw: bytes) -> str:
        """A raw range as text; see `Framer`."""
        return unescape(raw).decode("utf-8", "replace")

    def _is_log(self, severity: bytes) -> bool:
        return severity == b"LOG" or (not self.english and PRIMARY.get(severity) == "LOG")

    def _row(self, rows: Rows, data: bytes, start: int, end: int) -> str:
        """Add the line's record; the reason when it is none, nothing for a blank line."""
        if _FLAT.match(data, start, end):
            values = {key: string or other for key, string, other in _PAIRS.findall(data, start, end)}
            place, detail_place = _MESSAGE.search(data, start, end), _DETAIL.search(data, start, end)
            begin = place.end() if place else -1
            detail = detail_place.end() if detail_place else -1
        else:
            line = data[start:end].strip(b" \t\r\n\0")
            if not line:
                return ""
            read = _read(line)
            if read is None:
                return NOT_JSON
            values = {key: _raw(value) for key, value in read.items() if not isinstance(value, dict | list)}
            places = _places(data, start, end, b"message", b"detail")
            begin, detail = places.get(b"message", -1), places.get(b"detail", -1)
        severity = values.get(b"error_severity", b"")
        if begin < 0 or not severity:
            return NOT_OURS
        stop = _closing(data, begin)
        stamp, zone = _stamp(values.get(b"timestamp", b""))
        session = values.get(b"session_id") or values.get(b"pid", b"")
        message = self._message.match(data, begin, stop)
        if (
            message is None
            or not self._is_log(severity)
            or not (message[3] or message[4] or message[8])
            or _BLANK.match(data, message.end(), stop)
        ):
            code = kind(PRIMARY.get(severity, "LOG"), message)
            rows.add_other(start, end, code, duration_us(message) if message else UNKNOWN, stamp, zone, session)
            return ""
        parameters = (-1, -1)
        if detail >= 0:
            detail_end = _closing(data, detail)
            found = self._parameters.match(data, detail, detail_end)
            if found:
                parameters = (found.end(), detail_end)
        who = tuple(unescape(values.get(key, b"")) for key in (b"user", b"dbname", b"application_name", b"remote_host"))
        flags = flags_of(message)
        rows.add(
            start, duration_us(message), stamp, zone, session, values.get(b"vxid", b""), who,  # type: ignore[arg-type]
            query_id(values.get(b"query_id", b"")), (message.end(), stop), parameters, flags,
        )  # fmt: skip
        return ""

    def kind_of(self, raw: bytes) -> int:
        """The kind of a whole record (`Framed.other_kind`)."""
        read, place = _read(raw.strip(b" \t\r\n\0")), _MESSAGE.search(raw)
        if read is None or place is None:
            return OTHER
        message = self._message.match(raw, place.end(), _closing(raw, place.end()))
        return kind(PRIMARY.get(str(read.get(b"error_severity")).encode(), "LOG"), message)

    def parse(self, raw: bytes, *, offset: int = -1, line: int = -1, time_us: int | None = None) -> Record | None:
        """One record that `frame` handed out as an other; None when it is none of jsonlog. ``time_us``: if known."""
        read = _read(raw.strip(b" \t\r\n\0"))
        if read is None or b"message" not in read or not read.get(b"error_severity"):
            return None

        def get(key: bytes) -> str | None:
            value = read.get(key)
            return str(value) if value not in (None, "") and not isinstance(value, dict | list) else None

        stamp, zone = _stamp((get(b"timestamp") or "").encode())
        severity = (get(b"error_severity") or "").encode()
        session, vxid = (get(b"session_id") or get(b"pid") or "").encode(), (get(b"vxid") or "").encode()
        place = [part for part in (get(b"func_name"), get(b"file_name")) if part]
        number = get(b"file_line_num")
        if time_us is None:
            time_us = int(self.clock.instants(local_times([stamp]), np.zeros(1, np.int64), [zone.decode()])[0])
        return Record(
            severity=severity.decode() if severity.startswith(b"DEBUG") else PRIMARY.get(severity, "LOG"),
            message=(get(b"message") or "") if self.english else translate(get(b"message") or ""),
            time_us=time_us if stamp else NO_TIME,
            zoned=self.clock.zoned,
            pid=whole(get(b"pid")),
            session_key=session.decode(),
            session=name_hash(session),
            line_num=whole(get(b"line_num")),
            user=name((get(b"user") or "").encode()),
            database=name((get(b"dbname") or "").encode()),
            application=name((get(b"application_name") or "").encode()),
            host=name((get(b"remote_host") or "").encode()),
            code=get(b"state_code"),
            detail=get(b"detail") if self.english else translate_parameters(get(b"detail")),
            hint=get(b"hint"),
            context=get(b"context"),
            statement=get(b"statement"),
            query=get(b"internal_query"),
            location=", ".join(place) + (f":{number}" if number else "") if place else None,
            backend_type=get(b"backend_type"),
            vxid=vxid.decode() or None,
            transaction=transaction_hash(vxid),
            txid=whole(get(b"txid")),
            query_id=whole(get(b"query_id")),
            leader_pid=whole(get(b"leader_pid")),
            command=get(b"ps"),
            english=is_english(severity),
            offset=offset,
            line=line,
        )


def _stamp(raw: bytes) -> tuple[bytes, bytes]:
    """Time and zone of a timestamp; both empty when it is none."""
    match = _STAMP.match(raw)
    return (match[1].replace(b"T", b" "), match[2].replace(b":", b"")) if match else (b"", b"")


def _closing(data: bytes, start: int) -> int:
    """Where the JSON string whose first byte is at ``start`` ends."""
    match = _STRING_REST.match(data, start)
    return match.end() if match else len(data)


_STRING_REST = re.compile(rb"(?>(?:[^\"\\\n]++|\\[^\n])*)")
_decode = msgspec.json.Decoder().decode


def _read(line: bytes) -> dict[bytes, Any] | None:
    """The JSON object of a line; bytes that are not UTF-8 are replaced, zero bytes dropped."""
    if not line.startswith(b"{"):
        return None
    try:
        read = _decode(line)
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        mended = line.decode("utf-8", "replace").replace("\0", "")
        mended = re.sub(r"[\x01-\x1f]", lambda match: f"\\u{ord(match[0]):04x}", mended)
        try:
            read = _decode(mended)
        except (msgspec.DecodeError, RecursionError):
            return None
    return {key.encode("utf-8", "replace"): value for key, value in read.items()} if isinstance(read, dict) else None


def _raw(value: object) -> bytes:
    """A scalar as the flat form has it: a string with its escapes."""
    if isinstance(value, str):
        return msgspec.json.encode(value)[1:-1]
    return b"" if value is None else str(value).encode()


def _places(data: bytes, start: int, end: int, *keys: bytes) -> dict[bytes, int]:
    """Where the string values of top-level keys start, in a line that is known to be a JSON object."""
    found: dict[bytes, int] = {}
    depth, at = 0, start
    while at < end:
        byte = data[at]
        if byte == 0x22:
            pair = _ANY_PAIR.match(data, at, end)
            if pair is not None and depth == 1:
                if pair[2] is not None and pair[1] in keys:
                    found[pair[1]] = pair.start(2)
                at = pair.end()
            else:
                at = _closing(data, at + 1) + 1
            continue
        depth += (byte in b"{[") - (byte in b"}]")
        at += 1
    return found


def matches(head: bytes) -> float:
    """How much the source looks like a jsonlog: the share of its lines that are its objects."""
    lines = [line for line in head[: 64 << 10].split(b"\n")[:200] if line.strip()]
    ours = sum(b'"error_severity"' in line and b'"message"' in line and line.lstrip()[:1] == b"{" for line in lines)
    return 0.0 if not ours else 0.5 + 0.45 * ours / len(lines)


def make(head: bytes, *, log_line_prefix: str | None = None, timezone: str | None = None) -> JsonFramer:
    """The framer of the log that begins with ``head``; a prefix means nothing here.

    Raises zoneinfo.ZoneInfoNotFoundError.
    """
    zones: dict[str, None] = {}
    foreign = False
    for line in head.split(b"\n")[:-1]:
        read = _read(line.strip(b" \t\r\n\0"))
        if read and b"error_severity" in read:
            stamp, zone = _stamp(str(read.get(b"timestamp", "")).encode())
            if stamp and zone:
                zones[zone.decode()] = None
            foreign = foreign or not is_english(str(read[b"error_severity"]).encode())
    clock, notes = Clock.learn(zones, timezone)
    english = not foreign and not is_foreign(head)
    if not english:
        notes.append(NOTE)
    kernels = compiled()
    framer: type[JsonFramer] = JsonFramer if kernels is None else kernels.CompiledJsonFramer
    return framer(clock, notes, english)
