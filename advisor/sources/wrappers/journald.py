"""journald: ``journalctl -o json``. (``-o short`` and ``-o short-iso`` print syslog's form and are read as that.)"""

from __future__ import annotations

import datetime
from collections.abc import Callable
from typing import Any

from advisor.sources.protocol import Unwrapper
from advisor.sources.wrappers.lines import Foreign, Inner, Lines, decode, encode, sample
from advisor.sources.wrappers.syslog import Entry, Pieces, speakers

_EPOCH = datetime.datetime(1970, 1, 1, tzinfo=datetime.UTC)


def matches(head: bytes) -> float:
    """Whether the lines are the journal's and some are a database's."""
    lines = sample(head)
    entries = [entry for line in lines if (entry := _entry(line)) is not None]
    return 0.97 if len(entries) * 2 > len(lines) and speakers(entries) else 0.0


def unwrap(head: bytes) -> Unwrapper:
    """An unwrapper of one export."""
    entries = [entry for line in sample(head) if (entry := _entry(line)) is not None]
    pieces = Pieces(speakers(entries), entries)

    def take(line: bytes) -> Inner:
        if not line.strip():
            return None
        entry = _entry(line)
        return Foreign("not an entry of the journal") if entry is None else pieces.take(entry)

    flush: Callable[[], list[bytes]] = pieces.flush
    return Lines(take, flush)


def _entry(line: bytes) -> Entry | None:
    item = decode(line)
    if item is None or "__REALTIME_TIMESTAMP" not in item:
        return None
    text = _bytes(item.get("MESSAGE"))
    name = item.get("SYSLOG_IDENTIFIER") or item.get("_COMM") or item.get("_SYSTEMD_UNIT") or ""
    pid = item.get("SYSLOG_PID") or item.get("_PID") or ""
    return Entry(
        _stamp(item.get("_SOURCE_REALTIME_TIMESTAMP") or item["__REALTIME_TIMESTAMP"]),
        encode(str(name)),
        encode(str(pid)) if str(pid).isdecimal() else b"",
        text.replace(b"\n", b"\n\t").rstrip(b"\n\t"),
    )


def _bytes(message: Any) -> bytes:
    """The message; the journal prints it as a list of numbers when it is not plain text."""
    if isinstance(message, str):
        return encode(message)
    if isinstance(message, list) and all(isinstance(byte, int) and 0 <= byte < 256 for byte in message):
        return bytes(message)
    return b""


def _stamp(value: object) -> bytes:
    try:
        time = _EPOCH + datetime.timedelta(microseconds=int(str(value)))
    except (ValueError, OverflowError):
        return b""
    return time.strftime("%Y-%m-%d %H:%M:%S.%f +0000").encode()
