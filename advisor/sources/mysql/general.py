"""The general log of MySQL 5.6 to 9 and MariaDB 10 to 12: every command as it arrives, without durations.

    Time                 Id Command    Argument
    2024-03-01T10:00:00.123456Z<TAB>   17 Query<TAB>SELECT 1        MySQL 5.7+
    240301  9:00:00<TAB>    17 Connect<TAB>app@web1 on shop         MySQL 5.6, MariaDB: when the second changed
    <TAB><TAB>    17 Query<TAB>SELECT 1                              ... and when it did not

A record starts on a line of exactly this form with a command that servers have; other lines continue the statement
above.
"""

from __future__ import annotations

import re
from datetime import tzinfo
from itertools import pairwise
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

import numpy as np

from advisor.model.batch import NO_TIME, UNKNOWN
from advisor.model.engine import Engine
from advisor.sources.framed import Block, Framed
from advisor.sources.mysql import frame as framing
from advisor.sources.mysql import record, starts, values
from advisor.sources.mysql.slowlog import engine_of

#: Names of `enum_server_command`, as MySQL and MariaDB print them (sql/sql_parse.cc, command_name).
_COMMANDS = (
    rb"Query|Execute|Prepare|Connect|Quit|Init DB|Close stmt|Reset stmt|Fetch|Long Data|Change user|Ping|Statistics|"
    rb"Field List|Create DB|Drop DB|Refresh|Shutdown|Processlist|Kill|Debug|Sleep|Time|Delayed insert|Connect Out|"
    rb"Binlog Dump GTID|Binlog Dump|Table Dump|Register Slave|Register Replica|Set option|Daemon|Error|"
    rb"Reset Connection|Reset connection|Bulk_execute|Slave_worker|Slave_IO|Slave_SQL|Clone|Unimpl get tid"
)
_WHEN = rb"(?:\d{6}[ ]{1,2}\d{1,2}:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d{1,9})?(?:Z|[+-]\d\d:?\d\d)?)"
_RECORD = rb"(?:(" + _WHEN + rb")\t|\t\t)[ ]*(\d{1,19}) (" + _COMMANDS + rb")(?:\t|[ ]*\r?(?=\n|\Z))"
_FIRST = re.compile(_RECORD)
_LATER = re.compile(rb"\n\0*+(" + _RECORD + rb")")
_HEADINGS = re.compile(rb"(?m)^Time[ \t]+Id Command[ \t]+Argument\r?$")
#: Commands that run a statement. Prepare only parses one.
_RUNS = frozenset({b"Query", b"Execute", b"Bulk_execute"})
#: SQL's own EXECUTE is logged twice: as this Query, and as Execute with the statement that it runs.
_EXECUTE = re.compile(rb"execute\s", re.IGNORECASE)


class Command(NamedTuple):
    """One record: its time (NO_TIME when it prints none), connection, command and the range of its argument."""

    time_us: int
    thread: int
    command: bytes
    start: int
    end: int


class GeneralFramer:
    """Frames blocks of a general log. Stateless between blocks; `GeneralPairing` knows who each connection is."""

    def __init__(self, engine: Engine, *, local: bool = False, timezone: tzinfo | None = None) -> None:
        self.engine = engine
        self.zoned = not (local and timezone is None)
        """False when the log has wall-clock times only and their zone is not known."""
        self._timezone = timezone
        self._local = local

    def frame(self, block: Block, *, final: bool) -> Framed:
        """Columns of the executed statements; banners and other commands as ranges."""
        from advisor.fingerprint import key

        data = block.data
        begins = _starts(data)
        tags: dict[bytes, int] = {}
        rows: list[tuple[int, ...]] = []
        other: list[tuple[int, int, int]] = []
        line = data.count(b"\n", 0, begins[0]) if begins else 0
        for start, end in pairwise([*begins, len(data)]):
            first_line = line
            line += data.count(b"\n", start, end)
            found = self.command(data, start, end)
            if found is None or not _runs(data, found):
                other.append((start, end, first_line))
                continue
            keyed = key(data[found.start : found.end], "mysql")
            flags = record.INHERITED if found.time_us == NO_TIME else 0
            tag = UNKNOWN if keyed.tag is None else tags.setdefault(keyed.tag, len(tags))
            unknown = (UNKNOWN,) * 6
            rows.append(
                (
                    *(start, first_line, found.time_us, *unknown, found.thread, found.start, found.end, 0, tag, flags),
                    *(keyed.key, keyed.literals, *keyed.keys, keyed.in_count),
                )
            )
        turned = list(zip(*rows, strict=True)) if rows else [()] * len(framing.COLUMNS)
        pairs = zip(framing.COLUMNS, turned, strict=True)
        columns: dict[str, Any] = {name: np.array(column, dtype) for (name, dtype), column in pairs}
        found_rows = framing.Rows(
            columns,
            [(b"", None)],
            list(tags),
            np.array([(*o, NO_TIME, *(UNKNOWN,) * 3, 0, o[0], o[0]) for o in other], np.int64).reshape(
                -1, len(framing.OTHERS)
            ),
            begins[0] if begins else len(data),
            None,
        )
        return framing.frame(block, found_rows, local=False, timezone=None, what="general-log")

    def command(self, data: bytes, start: int, end: int) -> Command | None:
        """The record that starts here; None for a banner."""
        match = _FIRST.match(data, start, end)
        if match is None:
            return None
        time = values.iso_us(match[1]) if match[1] else NO_TIME
        if time == NO_TIME and match[1]:
            time = values.local_us(match[1])
            if self._timezone is not None:
                time = framing.to_utc(time, self._timezone)
            elif not self._local:
                time = NO_TIME
        elif self._local and self._timezone is None:
            time = NO_TIME
        first, last = record.strip(data, match.end(), end)
        return Command(time, int(match[2]), match[3], first, last)

    def last_start(self, data: bytes | bytearray | memoryview) -> int:
        """Start of the last record; 0 when the data cannot be cut."""
        text = bytes(data)
        whole = text.rfind(b"\n") + 1
        for window in (1 << 16, 1 << 20, whole):
            low = text.rfind(b"\n", 0, max(whole - window, 0)) + 1
            found = [at for at in _starts(text[low:whole]) if at or low]
            if found:
                return low + found[-1]
            if not low:
                break
        return 0

    def unescape(self, raw: bytes) -> str:
        """The statement as text: a general log escapes nothing."""
        return raw.decode("utf-8", "replace")


def matches(head: bytes) -> float:
    """How surely the head is a general log."""
    found = _starts(head)
    commands = sum(1 for at in found if _FIRST.match(head, at))
    if not commands:
        return (
            0.5 if _HEADINGS.search(head) and not any(head.startswith(b"#", at) for at in starts.starts(head)) else 0.0
        )
    return 0.95 if _HEADINGS.search(head) or commands > 2 else 0.7


def make(head: bytes, *, log_line_prefix: str | None = None, timezone: str | None = None) -> GeneralFramer:
    """A framer for the log that begins with `head`. `timezone` (an IANA name) gives wall-clock times their zone;
    `log_line_prefix` is PostgreSQL's and means nothing here."""
    times = [match[1] for at in _starts(head) if (match := _FIRST.match(head, at)) and match[1]]
    local = bool(times) and all(values.iso_us(time) == NO_TIME for time in times)
    return GeneralFramer(engine_of(head), local=local, timezone=ZoneInfo(timezone) if timezone else None)


def _runs(data: bytes, found: Command) -> bool:
    if found.command not in _RUNS or found.start == found.end:
        return False
    return found.command != b"Query" or _EXECUTE.match(data, found.start, found.end) is None


def _starts(data: bytes) -> list[int]:
    """Every record start in the data, ascending: commands and banners."""
    first = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    found = [first] if _FIRST.match(data, first) else []
    found += [match.start(1) for match in _LATER.finditer(data)]
    banners = starts.banners(data)
    return sorted({*found, *banners}) if banners else found
