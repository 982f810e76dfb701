"""The slow log of MySQL 5.6 to 9, Percona Server, and MariaDB 10 to 12."""

from __future__ import annotations

import re
from datetime import tzinfo
from zoneinfo import ZoneInfo

from advisor.model.engine import Engine, EngineName
from advisor.sources.framed import Block, Framed
from advisor.sources.mysql import frame as framing
from advisor.sources.mysql import starts

_ZONED = re.compile(rb"(?m)^SET [^\n;]{0,80}timestamp=\d|^# Time: \d{4}-\d\d-\d\d[T ][\d:.]+(?:Z|[+-]\d\d)")
_WALL = re.compile(rb"(?m)^# Time: \d")
_VERSION = re.compile(rb", Version: (\S+)")
#: A record of a general log.
_COMMAND = re.compile(rb"(?m)^(?:\d[^\t\n]{10,40}\t|\t\t) {0,20}\d{1,19} [A-Z][A-Za-z_ ]{2,20}(?:\t|\r?$)")
_PARTIAL = (b"# Time", b"# User@Host", b"# Query_time", b"# Thread_id", b"# Schema")


class SlowFramer:
    """Frames blocks of a slow log. Stateless between blocks."""

    def __init__(
        self, engine: Engine, *, local: bool = False, timezone: tzinfo | None = None, pure: bool = False
    ) -> None:
        self.engine = engine
        """Product and, where a banner stands in the head, its version."""
        self.zoned = not (local and timezone is None)
        """False when the log has wall-clock times only and their zone is not known."""
        self._timezone = timezone
        self._local = local
        self._pure = pure

    @property
    def compiled(self) -> bool:
        """Whether framing gives up the GIL, so that threads can share it."""
        return not self._pure and framing.compiled() is not None

    def frame(self, block: Block, *, final: bool) -> Framed:
        """Columns of the block's records; what is no executed statement as ranges."""
        data = block.data
        cut_header = _cut_header(data) if final else -1
        scan = (None if self._pure else framing.compiled()) or framing.scan
        rows = scan(data[:cut_header] if cut_header >= 0 else data, final)
        end = cut_header if cut_header >= 0 else None
        framed = framing.frame(block, rows, local=self._local, timezone=self._timezone, scanned=end)
        if cut_header >= 0:
            line = data.count(b"\n", 0, cut_header)
            framed.unreadable.append((line, 1, "the log ends inside a record's header"))
        return framed

    def last_start(self, data: bytes | bytearray | memoryview) -> int:
        """Start of the last record that is surely one; 0 when the data cannot be cut."""
        return starts.last_start(bytes(data))

    def unescape(self, raw: bytes) -> str:
        """The statement as text: a slow log escapes nothing."""
        return raw.decode("utf-8", "replace")


def matches(head: bytes) -> float:
    """How surely the head is a slow log: records found, against lines that belong to none."""
    found = starts.starts(head)
    if not found:
        return 0.0
    records = [start for start in found if head.startswith(b"#", start)]
    if any(b"# Query_time: " in head[start : start + 4096] for start in records):
        if _COMMAND.search(head, 0, records[0]):
            return 0.8  # a general log with a slow log pasted into a statement
        return 1.0 if found[0] < 4096 else 0.9
    return 0.4 if not records else 0.6


def make(head: bytes, *, log_line_prefix: str | None = None, timezone: str | None = None) -> SlowFramer:
    """A framer for the log that begins with `head`. `timezone` (an IANA name) gives wall-clock times their zone;
    `log_line_prefix` is PostgreSQL's and means nothing here."""
    local = _ZONED.search(head) is None and _WALL.search(head) is not None
    return SlowFramer(engine_of(head), local=local, timezone=ZoneInfo(timezone) if timezone else None)


def engine_of(head: bytes) -> Engine:
    """Product and version by the first banner, else the product by the spelling of the fields."""
    for start in starts.starts(head):
        if starts.is_banner(head, start, len(head)):
            return banner_engine(head[start : start + 2048])
    name: EngineName = "mariadb" if b" QC_hit: " in head or b"\n# explain: " in head else "mysql"
    return Engine(name)


def banner_engine(line: bytes) -> Engine:
    """What the line `.../mysqld, Version: 8.0.36 (MySQL Community Server - GPL). started with:` says."""
    line = line.partition(b"\n")[0]
    match = _VERSION.search(line)
    version = match[1].decode("utf-8", "replace") if match else ""
    known = re.match(r"\d+\.\d+(?:\.\d+)?(?:-MariaDB)?", version)
    maria = "mariadb" in line.decode("utf-8", "replace").lower()
    return Engine("mariadb" if maria else "mysql", known[0] if known else version or None)


def _cut_header(data: bytes) -> int:
    """Where an unfinished header line begins that ends the data without a newline; -1 when there is none."""
    at = data.rfind(b"\n") + 1
    tail = data[at:]
    if not tail.startswith(b"# ") or not at:
        return -1
    if any(name.startswith(tail) for name in _PARTIAL if len(tail) > 3):
        return at
    if tail.startswith(b"# User@Host: ") and b"] @ " not in tail:
        return at
    whole = re.match(rb"# Time: (?:\d{6}[ \t]{1,8}+\d{1,2}+:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)", tail)
    return at if tail.startswith(b"# Time: ") and whole is None and len(tail) < 40 else -1
