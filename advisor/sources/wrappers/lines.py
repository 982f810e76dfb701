"""What all wrappers share: an account of every line, and knowing a database's log by its text."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

import msgspec

#: A line of the log inside (without line end; it may hold several), or why there is none.
Inner: TypeAlias = "bytes | Foreign | None"

#: Text that only the log of a database has. Severities in the languages PostgreSQL prints most.
_DATABASE = re.compile(
    rb"(?:LOG|ERROR|FATAL|PANIC|WARNING|DETAIL|STATEMENT|HINT|CONTEXT|FEHLER|ERREUR|\xd0\x9e\xd0\xa8\xd0\x98\xd0\x91\xd0\x9a\xd0\x90)"
    rb"(?:\xc2\xa0| )?:  ?\S"
    rb"|^# (?:Time: |User@Host: |Query_time: |Schema: )|^SET timestamp=\d"
    rb'|"error_severity"\s*:|,(?:LOG|ERROR|FATAL),[0-9A-Z]{5},'
    rb"|\t\s*\d+ (?:Query|Connect|Execute|Prepare|Quit)\b",
    re.MULTILINE,
)


class Foreign(msgspec.Struct, frozen=True):
    """A line that is not the log's: ``reason`` says whose."""

    reason: str


class Lines:
    """An unwrapper that turns one wrapped line into the inner line or lines."""

    def __init__(self, take: Callable[[bytes], Inner], flush: Callable[[], Iterable[bytes]] = tuple) -> None:
        self._take = take
        self._flush = flush
        self._line = 0
        self._inner = 0  # lines given out
        self.shifts: list[tuple[int, int]] = []
        """(inner line, shift): from there on the wrapped line is that much further. The driver empties it."""
        self.unreadable: list[tuple[int, int, str]] = []
        self.notes: list[str] = []

    def feed(self, data: bytes) -> bytes:
        """Whole wrapped lines in, whole inner lines out."""
        out: list[bytes] = []
        lines = data.split(b"\n")
        if not lines[-1]:
            lines.pop()
        for line in lines:
            self._line += 1
            inner = self._take(line)
            given = 0
            if isinstance(inner, Foreign):
                self.unreadable.append((self._line, 1, inner.reason))
            elif inner is not None:
                out.append(inner)
                given = 1 + inner.count(b"\n")
            self._inner += given
            if given != 1:
                self.shifts.append((self._inner + 1, self._line - self._inner))
        out.append(b"")
        return b"\n".join(out)

    def finish(self) -> bytes:
        """What was held back."""
        return b"".join(line + b"\n" for line in self._flush())


def database_share(texts: Iterable[bytes]) -> float:
    """Share of the texts that look like lines of a database's log; continuation lines (tab) are not asked."""
    asked = hits = 0
    for text in texts:
        if not text.strip() or text[:1] in b"\t ":
            continue
        asked += 1
        hits += _DATABASE.search(text[:4096]) is not None
    return hits / asked if asked else 0.0


def sample(head: bytes, most: int = 400) -> list[bytes]:
    """Whole lines of a head, which may begin and end within a line."""
    lines = head.split(b"\n")
    if len(lines) > 1:
        lines.pop()
    return [line.rstrip(b"\r") for line in lines if line.strip()][:most]


def decode(line: bytes) -> dict[str, Any] | None:
    """A line as a JSON object; None when it is none."""
    try:
        value = msgspec.json.decode(line.strip().rstrip(b","))
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def encode(text: str) -> bytes:
    """A JSON string as bytes; a lone surrogate becomes a question mark."""
    return text.encode("utf-8", "replace")


def tabbed(text: bytes) -> bytes:
    """A record of several lines as a stderr log has it: a tab before every line but those that begin a record.

    Where only some lines begin with a tab, the tabs are the statement's own.
    """
    first, *rest = text.rstrip(b"\n").split(b"\n")
    begins = [_DATABASE.search(line[:400]) is not None and line[:1] != b"\t" for line in rest]
    if all(line[:1] == b"\t" or begin for line, begin in zip(rest, begins, strict=True)):
        return b"\n".join([first, *rest])
    return b"\n".join([first, *(line if begin else b"\t" + line for line, begin in zip(rest, begins, strict=True))])


#: Longest object that is gathered from several lines (a pretty-printed export).
_OBJECT_BYTES = 8 << 20
_LIST = re.compile(rb'\A\{?\s*"(?:events|records|entries|value)"\s*:\s*\[\Z')
_TOKENS = re.compile(rb'"(?>(?:[^"\\]++|\\.)*)"?|[{}]')


class Objects:
    """Gathers JSON objects printed over several lines, as exports of log explorers are; or one a line.

    Depth counts braces outside of strings; strings do not span lines in JSON. An object that only holds the list of
    entries (``{"events": [``) is not gathered: its entries are.
    """

    def __init__(self, take: Callable[[dict[str, Any]], Inner]) -> None:
        self._take = take
        self._parts: list[bytes] = []
        self._size = 0
        self._depth = 0
        self._listed = False

    def __call__(self, line: bytes) -> Inner:
        stripped = line.strip()
        if self._depth <= 1 and _LIST.search(stripped):
            self._parts, self._size, self._depth, self._listed = [], 0, 0, True
            return None
        if not self._parts:
            if self._listed and not stripped.startswith(b"{"):
                return None  # what stands beside the list
            if stripped.strip(b"[],") == b"":
                return None  # the brackets of an array, or a blank line
            found = decode(stripped.lstrip(b"["))
            if found is not None:
                return self._take(found)
            if not stripped.lstrip(b"[").startswith(b"{"):
                return Foreign("not a JSON object")
        self._parts.append(stripped.lstrip(b"[") if not self._parts else stripped)
        self._size += len(stripped)
        for token in _TOKENS.finditer(stripped):
            self._depth += {b"{": 1, b"}": -1}.get(token[0], 0)
        if self._depth > 0 and self._size <= _OBJECT_BYTES:
            return None
        found = decode(b"".join(self._parts).rstrip(b"],"))
        self._parts, self._size, self._depth = [], 0, 0
        return self._take(found) if found is not None else Foreign("not a JSON object (cut, or two lines in one)")

    def flush(self) -> list[bytes]:
        """Nothing can be made of an object that does not end."""
        return []


def objects(head: bytes, most: int = 400) -> list[dict[str, Any]]:
    """The JSON objects of a head, whether one a line or printed over several lines."""
    found: list[dict[str, Any]] = []

    def keep(item: dict[str, Any]) -> None:
        found.append(item)

    gather = Objects(keep)
    for line in head.split(b"\n"):
        gather(line)
        if len(found) >= most:
            break
    return found
