"""PostgreSQL's stderr log: lines of `log_line_prefix`, severity, message; further lines begin with a tab.

A record is a line with a severity, the lines with a label (`DETAIL:  `, `STATEMENT:  `...) of the same process directly
behind it, and the continuation lines of each. Where a record begins is seen from its first line alone.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor.model.batch import NO_TIME, UNKNOWN
from advisor.sources.framed import Block, Framed
from advisor.sources.postgresql.columns import Rows, line_starts, local_times
from advisor.sources.postgresql.inference import infer
from advisor.sources.postgresql.kernels import compiled
from advisor.sources.postgresql.language import NOTE, is_foreign, patterns, translate, translate_parameters
from advisor.sources.postgresql.prefix import ANY_HEAD, PREFIX_BYTES, Prefix, PrefixTemplate
from advisor.sources.postgresql.record import (
    ORPHAN,
    Record,
    duration_us,
    flags_of,
    host,
    kind,
    name,
    name_hash,
    query_id,
    text,
    transaction_hash,
    whole,
)
from advisor.sources.postgresql.severity import PRIMARY, SECONDARY, is_english
from advisor.sources.postgresql.zones import Clock

ORPHAN_LINE = "a continuation line whose first line is missing"
FOREIGN = "not a line of the server's log (no severity behind a known log_line_prefix)"
_STATE = re.compile(rb"([0-9A-Z]{5}): ")
_ATTRIBUTES = {
    label: label.lower() for label in ("DETAIL", "HINT", "CONTEXT", "STATEMENT", "QUERY", "LOCATION")
}  # fmt: skip
#: Prefixes that differ in their times and in digits above 1 only are learned once.
_STAMP = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?")
_ALIKE = bytes(55 if byte in b"23456789" else byte for byte in range(256))
_MOST_STRANGE = 5000
_MOST_PREFIXES = 4096


@dataclass(slots=True)
class _Part:
    """A line with a severity or label: start of the line, of its text, and what the prefix says."""

    start: int
    text: int
    word: bytes
    match: re.Match[bytes]
    groups: dict[str, int]
    told: dict[str, bytes] | None = None
    """The fields that were printed, once somebody has asked."""

    def field(self, letters: str) -> bytes:
        """The first of the fields that was printed, stripped."""
        told = self.told
        if told is None:
            values = self.match.groups()
            told = self.told = {
                letter: value.strip() for letter, number in self.groups.items() if (value := values[number - 1])
            }
        for letter in letters:
            if letter in told:
                return told[letter]
        return b""

    @property
    def session(self) -> bytes:
        """The key of the session: its id, else pid and start, else pid."""
        key = self.field("c")
        if key:
            return key
        pid, start = self.field("p"), self.field("s")
        return pid + b" " + start if pid and start else pid

    @property
    def stamp(self) -> bytes:
        """The time as printed, or nothing. An ISO stamp of a collector counts only where the server prints no time."""
        stamp = self.field("mtTn") or self.field("I")
        return stamp[:19].replace(b"T", b" ") + _fraction(stamp) if stamp[10:11] == b"T" else stamp

    @property
    def zone(self) -> bytes:
        """The zone of the stamp."""
        if self.field("mt"):
            return self.field("z")
        if self.field("T"):
            return b""
        if self.field("n"):
            return b"epoch"
        stamp = self.field("I")
        zone = re.search(rb"(?:Z|[+-]\d\d:?\d\d)$", stamp)
        return zone[0].replace(b":", b"") if zone else b""


def _form(stamp: re.Match[bytes]) -> bytes:
    """What two stamps of one form have in common."""
    return b"\1" + stamp[0][10:11] + b"." * (len(stamp[0]) > 19)


def _learned(line: bytes, word: bytes) -> Prefix | None:
    """The prefix that one line tells of, if it is one of the server's."""
    templates = infer([line.partition(b"\n")[0]])
    return Prefix(templates, [word]) if templates and templates[0].identifies else None


def _fraction(stamp: bytes) -> bytes:
    digits = re.match(rb"\.(\d{1,6})", stamp[19:])
    return b"." + digits[1].ljust(6, b"0") if digits else b""


@dataclass
class StderrFramer:
    """Frames blocks of a stderr log, in Python."""

    templates: tuple[PrefixTemplate, ...]
    clock: Clock
    loose: bool = False
    """Something took the tabs away: any line without a prefix continues the record before it."""
    notes: list[str] = field(default_factory=list)
    english: bool = True
    """False: messages are matched in any language."""
    compiled: bool = False

    def __post_init__(self) -> None:
        self.prefix = Prefix(self.templates)
        self._message, self._parameters = patterns(self.english)
        self._strange: dict[bytes, Prefix | None] = {}
        self._prefixes: dict[bytes, dict[str, Any]] = {}

    def __getstate__(self) -> dict[str, object]:
        return {
            key: value
            for key, value in self.__dict__.items()
            if key not in ("prefix", "_strange", "_prefixes", "_message", "_parameters")
        }

    def __setstate__(self, state: dict[str, object]) -> None:
        self.__dict__.update(state)
        self.__post_init__()

    # Framing

    def frame(self, block: Block, *, final: bool) -> Framed:
        """Frame a whole block; see `Framer`."""
        data = block.data
        starts = line_starts(data)
        rows = Rows()
        parts, strangers = self._parts(data, starts)
        at, open_from = 0, 0
        foreign = strangers.tolist()
        while at < len(parts):
            first = parts[at]
            self._unread(rows, data, starts, open_from, first.start)
            record = [first]
            at += 1
            stop = bisect_left(foreign, first.start)
            limit = foreign[stop] if stop < len(foreign) else len(data)
            while at < len(parts) and parts[at].start < limit and parts[at].word in SECONDARY:
                if parts[at].session != first.session:
                    break
                record.append(parts[at])
                at += 1
            end = min(parts[at].start if at < len(parts) else len(data), limit)
            self._row(rows, data, record, end)
            open_from = end
        self._unread(rows, data, starts, open_from, len(data))
        return rows.framed(block, starts, self.clock, _untabbed)

    def last_start(self, data: bytes | bytearray | memoryview) -> int:
        """Where the last record with a severity starts; see `Framer`."""
        whole_data = bytes(data)
        end = len(whole_data)
        while end > 0:
            start = whole_data.rfind(b"\n", 0, end - 1) + 1 if end > 1 else 0
            if start == 0:
                return 0
            if whole_data[start : start + 1] not in (b"\t", b"\n", b"\r"):
                match = self.prefix.pattern.match(whole_data, start)
                if match is not None:
                    if match[self.prefix.word] in PRIMARY:
                        return start
                else:
                    part = self._stranger(whole_data, start)
                    if part is not None and part.word in PRIMARY:
                        return start
            end = start
        return 0

    def unescape(self, raw: bytes) -> str:
        """A raw range as text; see `Framer`."""
        return _untabbed(raw).decode("utf-8", "replace")

    def _parts(self, data: bytes, starts: NDArray[np.int64]) -> tuple[list[_Part], NDArray[np.int64]]:
        """All lines with a severity or label, and starts of the lines that belong to nothing."""
        prefix = self.prefix
        parts = [_Part(m.start(), m.end(), m[prefix.word], m, prefix.groups(m)) for m in prefix.pattern.finditer(data)]
        first = np.frombuffer(data, np.uint8)[starts] if len(starts) else np.zeros(0, np.uint8)
        plain = starts[(first != 9) & (first != 10) & (first != 13)]
        strangers = np.setdiff1d(plain, np.array([part.start for part in parts], np.int64), assume_unique=True)
        if len(strangers):
            # A prefix that changed within the file: each such line is read by itself, so that cutting changes nothing.
            known = [part for start in strangers.tolist() if (part := self._stranger(data, start)) is not None]
            if known:
                parts = sorted([*parts, *known], key=lambda part: part.start)
                strangers = np.setdiff1d(
                    strangers, np.array([part.start for part in known], np.int64), assume_unique=True
                )
        return parts, strangers[:0] if self.loose else strangers

    def _stranger(self, data: bytes, start: int) -> _Part | None:
        """A line that fits none of our templates but begins a record (or part of one) of the server all the same."""
        line = data[start : start + PREFIX_BYTES + 100]
        if b":  " not in line:
            return None
        found = ANY_HEAD.match(line)
        if found is None:
            return None
        shape = _STAMP.sub(_form, found[1]).translate(_ALIKE) + b":" + found[2]
        if shape not in self._strange:
            if len(self._strange) >= _MOST_STRANGE:
                self._strange.clear()
            self._strange[shape] = _learned(line, found[2])
        prefix = self._strange[shape]
        if prefix is None:
            return None
        match = prefix.pattern.match(data, start)
        if match is None:  # the other line of this shape was not so like after all
            prefix = _learned(line, found[2])
            match = prefix.pattern.match(data, start) if prefix is not None else None
        if prefix is None or match is None:
            return None
        return _Part(start, match.end(), match[prefix.word], match, prefix.groups(match))

    def _unread(self, rows: Rows, data: bytes, starts: NDArray[np.int64], start: int, end: int) -> None:
        """Count the lines from start to end as unreadable, by reason."""
        if start >= end:
            return
        first, last = np.searchsorted(starts, (start, end)).tolist()
        reason, since = "", first
        for line in range(first, last):
            begin = int(starts[line])
            this = ORPHAN_LINE if data[begin] in b"\t\n\r" else FOREIGN
            if this != reason:
                if reason:
                    rows.unreadable.append((since, line - since, reason))
                reason, since = this, line
        if reason:
            rows.unreadable.append((since, last - since, reason))

    def _is_log(self, severity: bytes) -> bool:
        return severity == b"LOG" or (not self.english and PRIMARY.get(severity) == "LOG")

    def _row(self, rows: Rows, data: bytes, record: list[_Part], end: int) -> None:
        first = record[0]
        session, stamp, zone = first.session, first.stamp, first.zone
        message = self._message.match(data, first.text, end)
        sql_end = _trimmed(data, first.text, record[1].start if len(record) > 1 else end)
        if first.word in SECONDARY:
            rows.add_other(first.start, end, ORPHAN, UNKNOWN, stamp, zone, session)
            return
        if (
            message is None
            or not self._is_log(first.word)
            or not (message[3] or message[4] or message[8])
            or not data[message.end() : sql_end].strip()
        ):
            code = kind(PRIMARY[first.word], message)
            rows.add_other(first.start, end, code, duration_us(message) if message else UNKNOWN, stamp, zone, session)
            return
        parameters = (-1, -1)
        for at, part in enumerate(record[1:], 2):
            if SECONDARY[part.word] == "DETAIL":
                stop = _trimmed(data, part.text, record[at].start if at < len(record) else end)
                found = self._parameters.match(data, part.text, stop)
                if found:
                    parameters = (found.end(), stop)
                break
        flags = flags_of(message)
        who = first.field("u"), first.field("d"), first.field("a"), host(first.field("rh"))
        rows.add(
            first.start, duration_us(message), stamp, zone, session, first.field("v"), who, query_id(first.field("Q")),
            (message.end(), sql_end), parameters, flags,
        )  # fmt: skip

    # Records one by one

    def parse(self, raw: bytes, *, offset: int = -1, line: int = -1, time_us: int | None = None) -> Record | None:
        """One record that `frame` handed out as an other; None when its first line is not one of the server.

        ``time_us``: its time where `frame` has told it already.
        """
        prefix = self.prefix
        parts = [_Part(m.start(), m.end(), m[prefix.word], m, prefix.groups(m)) for m in prefix.pattern.finditer(raw)]
        if not parts or parts[0].start:
            parts, _ = self._parts(raw, line_starts(raw))
        if not parts or parts[0].start:
            return None
        first = parts[0]
        texts = [
            raw[part.text : _trimmed(raw, part.text, parts[at].start if at < len(parts) else len(raw))]
            for at, part in enumerate(parts, 1)
        ]
        message = texts[0]
        code = first.field("e")
        verbose = _STATE.match(message)
        if verbose:
            message, code = message[verbose.end() :], code or verbose[1]
        if time_us is None:
            stamp, zone = first.stamp, first.zone.decode("ascii", "replace")
            at = self.clock.instants(local_times([stamp]), np.zeros(1, np.int64), [zone]) if stamp else [NO_TIME]
            time_us = int(at[0])
        word = first.word
        record = Record(
            **self._who(raw, first),
            message=self.unescape(message),
            time_us=time_us,
            zoned=self.clock.zoned,
            code=text(code),
            english=all(is_english(part.word) for part in parts),
            offset=offset,
            line=line,
        )
        labels = parts[1:] if word in PRIMARY else parts
        for part, value in zip(labels, texts[len(parts) - len(labels) :], strict=True):
            self._label(record, SECONDARY.get(part.word, ""), self.unescape(value))
        if not self.english:
            record.message, record.detail = translate(record.message), translate_parameters(record.detail)
        return record

    def _who(self, raw: bytes, first: _Part) -> dict[str, Any]:
        """What a prefix says besides the time. Most records of a session say the same: remembered by their bytes."""
        group = first.groups.get("m") or first.groups.get("t") or first.groups.get("n")
        start, end = first.match.span(group) if group is not None else (0, 0)
        bytes_but_time = raw[: max(start, 0)] + raw[max(end, 0) : first.text]
        known = self._prefixes.get(bytes_but_time)
        if known is not None:
            return known
        session, vxid, word = first.session, first.field("v"), first.word
        known = {
            "severity": word.decode() if word.startswith(b"DEBUG") else PRIMARY.get(word) or SECONDARY[word],
            "pid": whole(first.field("p")) or _pid_of(first.field("c")),
            "session_key": session.decode("utf-8", "replace"),
            "session": name_hash(session),
            "line_num": whole(first.field("l")),
            "user": name(first.field("u")),
            "database": name(first.field("d")),
            "application": name(first.field("a")),
            "host": name(host(first.field("rh"))),
            "backend_type": text(first.field("b")),
            "vxid": text(vxid),
            "transaction": transaction_hash(vxid),
            "txid": whole(first.field("x")),
            "query_id": whole(first.field("Q")),
            "leader_pid": whole(first.field("P")),
            "command": text(first.field("i")),
        }
        if len(self._prefixes) >= _MOST_PREFIXES:
            self._prefixes.clear()
        self._prefixes[bytes_but_time] = known
        return known

    @staticmethod
    def _label(record: Record, label: str, value: str) -> None:
        attribute = _ATTRIBUTES.get(label)
        if attribute and getattr(record, attribute) is None:
            setattr(record, attribute, value)


def _pid_of(session: bytes) -> int | None:
    """The process in a session id (``65e1a1b0.4c6``)."""
    try:
        return int(session.partition(b".")[2], 16) if session else None
    except ValueError:
        return None


def _untabbed(raw: bytes) -> bytes:
    return raw.replace(b"\n\t", b"\n")


def _trimmed(data: bytes, start: int, end: int) -> int:
    """The end of a text without its line end."""
    if end > start and data[end - 1] == 10:
        end -= 1
    if end > start and data[end - 1] == 13:
        end -= 1
    return end


# Detection


def _lines(head: bytes) -> list[bytes]:
    lines = head.split(b"\n")
    return lines[:-1] if len(lines) > 1 else lines


def matches(head: bytes) -> float:
    """How much the source looks like a stderr log: the share of its lines that a learned prefix explains."""
    lines = [line for line in _lines(head[: 64 << 10]) if line.strip()]
    told = [line for line in lines if b":  " in line[:600]]
    templates = infer(told)
    if not templates:
        return 0.0
    prefix = Prefix(templates)
    heads = [line for line in lines if line[:1] != b"\t" and prefix.pattern.match(line)]
    if not any(prefix.pattern.match(line)[prefix.word] in PRIMARY for line in heads):  # type: ignore[index]
        return 0.0
    explained = len(heads) + sum(line[:1] == b"\t" for line in lines)
    share = explained / len(lines)
    identified = sum(template.identifies for template in templates)
    if not identified and len(heads) < 0.5 * len(lines):
        return 0.25 * share
    return 0.35 + 0.6 * share if identified else 0.3 + 0.4 * share


def make(head: bytes, *, log_line_prefix: str | None = None, timezone: str | None = None) -> StderrFramer:
    """The framer of the log that begins with ``head``, its prefix as given or learned.

    Raises zoneinfo.ZoneInfoNotFoundError.
    """
    lines = _lines(head)
    templates = [PrefixTemplate.parse(log_line_prefix)] if log_line_prefix is not None else infer(lines)
    prefix = Prefix(templates or [PrefixTemplate(())])
    zones: dict[str, None] = {}
    times = epochs = tabs = bare = heads = foreign_words = 0
    for line in lines:
        if line[:1] == b"\t":
            tabs += 1
            continue
        match = prefix.pattern.match(line)
        if match is None:
            bare += bool(line.strip()) and heads > 0
            continue
        heads += 1
        part = _Part(0, match.end(), match[prefix.word], match, prefix.groups(match))
        stamp, zone = part.stamp, part.zone
        times += bool(stamp)
        if zone == b"epoch":
            epochs += 1
        elif zone:
            zones[zone.decode("ascii", "replace")] = None
        foreign_words += not is_english(part.word)
    clock, notes = Clock.learn(zones, timezone, epoch=bool(epochs))
    if not times and heads:
        notes.append("log_line_prefix has no time (%m): nothing can be dated")
    english = not foreign_words and not is_foreign(head)
    if not english:
        notes.append(NOTE)
    loose = not tabs and bare > 0.05 * max(heads, 1)
    if loose:
        notes.append(
            "continuation lines have lost their tabs: a line without a prefix is taken to continue the one before"
        )
    kernels = compiled()
    framer: type[StderrFramer] = StderrFramer if kernels is None else kernels.CompiledStderrFramer
    return framer(prefix.templates, clock, loose, notes, english)
