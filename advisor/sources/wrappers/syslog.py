"""syslog: BSD (``Nov 22 09:56:40 host postgres[123]: [7-1] ...``), ISO 8601 stamps, and RFC 5424.

The server cuts a message at line ends and at 900 bytes and numbers the pieces; pieces of several processes interleave.
They are put together by process, control characters are restored, and each record gets a prefix of its own (the time
and process of syslog), before whatever `log_line_prefix` printed.
"""

from __future__ import annotations

import datetime
import re
from collections import Counter, OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass, field

from advisor.sources.protocol import Unwrapper
from advisor.sources.wrappers.lines import Foreign, Inner, Lines, database_share, sample

_BSD = (
    rb"(?P<month>Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) (?P<day>[ \d]\d) "
    rb"(?P<clock>\d\d:\d\d:\d\d(?:\.\d{1,6})?)"
)
_ISO = rb"(?P<iso>\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?P<fraction>\.\d{1,9})?(?P<zone>Z|[+-]\d\d:?\d\d)"
_IDENT = rb"(?P<ident>[A-Za-z_/][^\s\[\]:]{0,63})(?:\[(?P<pid>\d{1,10})\])?"
_OLD = re.compile(
    rb"(?:<\d{1,3}>)?(?:" + _BSD + rb"|" + _ISO + rb") (?:\S{1,255} )?" + _IDENT + rb":(?: |$)(?P<text>.*)", re.DOTALL
)
_RFC5424 = re.compile(
    rb"(?:<\d{1,3}>)?1 (?:" + _ISO + rb"|-) \S{1,255} (?P<ident>\S{1,64}) (?P<pid>\d{1,10}|-) \S{1,64} "
    rb"(?:-|(?:\[(?>(?:[^\]\"\\]|\"(?>(?:[^\"\\]|\\.)*)\"|\\.)*)\])+)(?: \xef\xbb\xbf| |$)(?P<text>.*)",
    re.DOTALL,
)
_SEQUENCE = re.compile(rb"\A\[(\d{1,20})(?:-(\d{1,9}))?\] ?")
_ESCAPED = re.compile(rb"#(0[0-3][0-7]|177)")
_LABEL = re.compile(rb"[^\n]{0,400}?(?:DETAIL|HINT|QUERY|CONTEXT|LOCATION|STATEMENT|BACKTRACE):  ")
_SEVERITY = re.compile(rb"[^\n]{0,400}?(?:LOG|ERROR|FATAL|PANIC|WARNING|NOTICE|INFO|DEBUG\d?):  ")
_OWN_PROCESS = re.compile(rb"\[(\d{1,10})\]|\b[0-9a-f]{8}\.([0-9a-f]{1,8})\b")
_OWN_TIME = re.compile(rb"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d")
#: Lines of a MySQL slow or general log: they have times and connections of their own.
_MYSQL = re.compile(
    rb"# (?:User@Host|Query_time|Thread_id): |(?:\d[^\t\n]{10,40}\t|\t\t) {0,20}\d{1,19} (?:Query|Connect)\t"
)
_DATABASES = (b"postgres", b"mysqld", b"mariadbd", b"mariadb")
_MONTHS = (b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec")
#: A record is complete when its process has been silent for so many lines, or when a new one of it begins.
_SILENT_LINES = 2000
_MOST_PROCESSES = 4000
#: A piece is cut at 900 bytes when it has no blank; some systems cut earlier.
_LONG = 400
_HELD_BYTES = 32 << 20


@dataclass(frozen=True, slots=True)
class Entry:
    """One entry of a system log, whatever it came in."""

    stamp: bytes
    """``YYYY-MM-DD HH:MM:SS[.ffffff]`` and ``+HHMM`` where a zone is known; empty unknown."""
    ident: bytes
    pid: bytes
    text: bytes


def matches(head: bytes) -> float:
    """Whether the lines are syslog's and some are a database's."""
    lines = sample(head)
    entries = [entry for line in lines if (entry := Years(2000).entry(line)) is not None]
    if len(entries) * 2 <= len(lines):
        return 0.0
    return 0.95 if speakers(entries) else 0.0


def unwrap(head: bytes) -> Unwrapper:
    """An unwrapper of one system log."""
    lines = sample(head)
    years = Years(datetime.datetime.now(datetime.UTC).year, datetime.datetime.now(datetime.UTC))
    entries = [entry for line in lines if (entry := Years(2000).entry(line)) is not None]
    pieces = Pieces(speakers(entries), entries)

    def take(line: bytes) -> Inner:
        if not line.strip():
            return None
        entry = years.entry(line)
        if entry is None:
            return pieces.continuation(line)
        return pieces.take(entry)

    unwrapper = Lines(take, pieces.flush)
    if any(_OLD.match(line) and not _OLD.match(line)["iso"] for line in lines):  # type: ignore[index]
        unwrapper.notes.append("times of the system log have no year and no zone: the latest year that fits was taken")
    return unwrapper


class Years:
    """Reads entries; gives stamps without a year the latest one that is not in the future, counting on at New Year."""

    def __init__(self, year: int, now: datetime.datetime | None = None) -> None:
        self._year = year
        self._now = now
        self._month = 0

    def entry(self, line: bytes) -> Entry | None:
        """The entry on a line; None when it is not one of syslog."""
        match = _RFC5424.match(line) or _OLD.match(line)
        if match is None:
            return None
        groups = match.groupdict()
        pid = groups["pid"] or b""
        return Entry(self._stamp(groups), match["ident"], b"" if pid == b"-" else pid, match["text"])

    def _stamp(self, groups: dict[str, bytes | None]) -> bytes:
        iso = groups.get("iso")
        if iso is not None:
            fraction = (groups["fraction"] or b"")[:7]
            zone = (groups["zone"] or b"").replace(b":", b"").replace(b"Z", b"+0000")
            return iso.replace(b"T", b" ") + fraction + b" " + zone
        month, day, clock = groups.get("month"), groups.get("day"), groups.get("clock")
        if not (month and day and clock):
            return b""
        number = _MONTHS.index(month) + 1
        if not self._month and self._now is not None:
            # One day of grace: the log may be of a zone ahead of ours.
            if (number, int(day)) > (self._now.month, self._now.day + 1):
                self._year -= 1
        elif number == 1 and self._month == 12:
            self._year += 1
        self._month = number
        return b"%04d-%02d-%02d %s" % (self._year, number, int(day), clock)


def speakers(entries: Iterable[Entry]) -> frozenset[bytes]:
    """Names under which a database writes here."""
    texts: dict[bytes, list[bytes]] = {}
    for entry in entries:
        texts.setdefault(entry.ident, []).append(_SEQUENCE.sub(b"", entry.text, count=1))
    return frozenset(
        ident
        for ident, said in texts.items()
        if database_share(said) > 0.2 or (ident.startswith(_DATABASES) and database_share(said) > 0)
    )


@dataclass(slots=True)
class _Open:
    """A record of one process whose pieces may go on."""

    sequence: bytes
    stamp: bytes
    parts: list[bytes]
    last: int
    size: int = 0
    long: bool = False
    """The last piece was long enough to have been cut by size and not at a line end."""


@dataclass(slots=True)
class Pieces:
    """Puts the pieces of records together, by process."""

    idents: frozenset[bytes]
    entries: Iterable[Entry] = ()
    _open: OrderedDict[bytes, _Open] = field(default_factory=OrderedDict)
    _ready: list[bytes] = field(default_factory=list)
    _count: int = 0
    _held: int = 0
    _own_time: bool = False
    _own_pid: bool = False
    _last: bytes | None = None
    _mysql: frozenset[bytes] = frozenset()
    _in_mysql: bool = False

    def __post_init__(self) -> None:
        said: Counter[str] = Counter()
        writers: set[bytes] = set()
        processes: set[bytes] = set()
        mysql: set[bytes] = set()
        for entry in self.entries:
            if entry.ident in self.idents and _MYSQL.match(entry.text):
                mysql.add(entry.ident)
            text = _SEQUENCE.sub(b"", entry.text, count=1)
            if entry.ident not in self.idents or not _SEVERITY.match(text):
                continue
            prefix = text[: text.index(b":  ")]
            said["all"] += 1
            said["time"] += _OWN_TIME.match(text) is not None
            said["pid"] += bool(entry.pid) and re.search(rb"(?<!\d)%s(?!\d)" % entry.pid, prefix) is not None
            writers.add(entry.pid)
            processes.update(match[0] for match in _OWN_PROCESS.finditer(prefix))
        self.entries = ()
        self._mysql = frozenset(mysql)
        self._own_time = said["time"] * 2 > said["all"]
        # One writer of lines of several processes is a forwarder (logger, a service's stderr): it is no session.
        forwarded = len(writers) == 1 and len(processes) > 1
        self._own_pid = forwarded or said["pid"] * 2 > said["all"]

    def take(self, entry: Entry) -> Inner:
        """Take an entry; gives the records that have become complete."""
        self._count += 1
        if entry.ident not in self.idents:
            self._last = None
            self._in_mysql = False
            name = entry.ident.decode("utf-8", "replace")
            return Foreign(f"a line of another program ({name})")
        text = _ESCAPED.sub(lambda m: bytes([int(m[1], 8)]), entry.text) if b"#" in entry.text else entry.text
        self._in_mysql = entry.ident in self._mysql
        if self._in_mysql:
            return text.replace(b"\n\t", b"\n")  # line by line as the server wrote it
        match = _SEQUENCE.match(text)
        if match is not None:
            text = text[match.end() :]
            # [7-2] is piece 2 of record 7; without syslog_sequence_numbers [2] is piece 2.
            sequence, first = (match[1], match[2] == b"1") if match[2] is not None else (b"", match[1] == b"1")
        else:
            sequence, first = b"", text[:1] != b"\t" and not (_LABEL.match(text) and not _SEVERITY.match(text))
        self._last = entry.pid
        record = self._open.get(entry.pid)
        if record is not None and not first and record.sequence == sequence:
            self._join(record, entry, text)
            self._open.move_to_end(entry.pid)
        else:
            self._close(entry.pid)
            record = _Open(
                sequence, entry.stamp, [self._prefix(entry) + text], self._count, len(text), len(text) > _LONG
            )
            self._held += len(text)
            self._open[entry.pid] = record
        self._age()
        return self._given()

    def continuation(self, line: bytes) -> Inner:
        """A line that is not syslog's: the rest of a message with raw line ends, or foreign."""
        self._count += 1
        if self._in_mysql:
            return line
        record = self._open.get(self._last) if self._last is not None else None
        if record is None:
            return Foreign("not a line of syslog")
        record.parts.append(b"\n\t" + line.lstrip(b"\t"))
        record.size += len(line)
        self._held += len(line)
        self._age()
        return self._given()

    def flush(self) -> list[bytes]:
        """All records that are open, as they are."""
        for pid in list(self._open):
            self._close(pid)
        ready, self._ready = self._ready, []
        return ready

    def _prefix(self, entry: Entry) -> bytes:
        stamp = b"" if self._own_time or not entry.stamp else entry.stamp + b" "
        pid = b"" if self._own_pid or not entry.pid else b"[" + entry.pid + b"] "
        return stamp + pid

    def _join(self, record: _Open, entry: Entry, text: bytes) -> None:
        if text[:1] == b"\t":
            record.parts.append(b"\n" + text)
        elif text[:1] == b" ":
            record.parts.append(text)  # cut by size at a blank, which begins the next piece
        elif _LABEL.match(text):
            record.parts.append(b"\n" + self._prefix(entry) + text)
        elif record.long:
            record.parts.append(text)
        else:
            record.parts.append(b"\n\t" + text)
        record.long = len(text) > _LONG
        record.size += len(text)
        record.last = self._count
        self._held += len(text)

    def _age(self) -> None:
        while self._open:
            pid, oldest = next(iter(self._open.items()))
            crowded = len(self._open) > _MOST_PROCESSES or self._held > _HELD_BYTES
            if not crowded and self._count - oldest.last <= _SILENT_LINES:
                return
            self._close(pid)

    def _close(self, pid: bytes) -> None:
        record = self._open.pop(pid, None)
        if record is not None:
            self._held -= record.size
            self._ready.append(b"".join(record.parts))

    def _given(self) -> Inner:
        if not self._ready:
            return None
        ready, self._ready = self._ready, []
        return b"\n".join(ready)
