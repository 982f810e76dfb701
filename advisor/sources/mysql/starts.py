"""Where the records of a slow log start.

    # Time: 2024-03-01T10:00:00.123456Z                   T: always since MySQL 5.7; else when the second changed
    # User@Host: app[app] @ web1 [10.0.0.7]  Id:   17     U
    # Query_time: 0.001  Lock_time: 0 ...                 F: one or many lines of fields

A start is decided from its own lines and their two neighbours alone, so a log can be cut at any record start and read
in pieces. T starts a record when U or F follows (or another start, or nothing); U when F follows (or a start, or
nothing) and it does not belong to a T; F, which comes first under `--log-short-format`, when the line before ends a
statement and `SET timestamp`, `use` or more `#` lines follow; and a server's banner does.

So a header look-alike inside a string literal is text unless it imitates two well-formed lines in a row. A literal that
holds a whole slow-log record on lines of its own cannot be told from the real thing. Zero bytes, which a log that was
truncated under the server's hands has, are skipped before a start, and count as "nothing" after a header line.

The compiled scan (`_frame.pyx`) follows the same rules and is fuzzed against this file.
"""

from __future__ import annotations

import re

# Possessive and atomic throughout: a hostile line costs its length once.
_TIME = rb"(?:\d{6}[ \t]{1,8}+\d{1,2}+:\d\d:\d\d|\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d)[^\n]*+"
_USER = rb"# User@Host: (?>[^\n]*\] @ )[^\n]*+"
_FIELDS = rb"(?:# (?:Query_time|Thread_id|Schema): )"
_BANNER = rb"(?>[^\n]*, Version: )(?>[^\n]* started with:)\r?(?:\n|\Z)"
_AFTER_USER = rb"(?=\n(?:" + _FIELDS + rb"|# Time: " + _TIME + rb"|" + _USER + rb"|" + _BANNER + rb"|\0|\Z)|\Z)"
_AFTER_TIME = rb"(?=\n(?:" + _FIELDS + rb"|# Time: " + _TIME + rb"|" + _BANNER + rb"|\0|\Z)|\Z)"
_AFTER_FIELDS = (
    rb"(?=\n(?:SET timestamp=|SET insert_id=|SET last_insert_id=|use |# |#\r?\n|" + _BANNER + rb"|\0|\Z)|\Z)"
)
_START = (
    rb"(# (?:Time: " + _TIME + rb"(?:\n" + _USER + _AFTER_USER + rb"|" + _AFTER_TIME + rb")"
    rb"|" + _USER[2:] + _AFTER_USER + rb"|(?:Query_time|Thread_id): \d[^\n]*+" + _AFTER_FIELDS + rb"))"
)
_FIRST = re.compile(_START)
_LATER = re.compile(rb"\n" + _START)
_LATER_NUL = re.compile(rb"\n\0*" + _START)
_BANNER_TAIL = b" started with:"
_BANNER_LINE = re.compile(rb"\0*+(" + _BANNER + rb")")


def starts(data: bytes) -> list[int]:
    """Every record start in the data, ascending. The data is taken to begin on a line of its own."""
    found: list[int] = []
    first = 3 if data.startswith(b"\xef\xbb\xbf") else 0
    if data.startswith(b"\0", first):
        first = len(data) - len(data[first:].lstrip(b"\0"))
    begun = _FIRST.match(data, first)
    if begun:
        found.append(first)
    pattern = _LATER_NUL if b"\0" in data else _LATER
    for match in pattern.finditer(data, begun.end() if begun else 0):
        begin = match.start(1)
        if data[begin + 2] in b"QT" and data[begin + 3] != 105 and not _ends_statement(data, match.start()):
            continue  # fields in the middle of a statement's text
        found.append(begin)
    server_starts = banners(data)
    return sorted({*found, *server_starts}) if server_starts else found


def _ends_statement(data: bytes, newline: int) -> bool:
    """Whether the line that `newline` ends closes a statement or a banner."""
    stop = newline - 1 if data[newline - 1 : newline] == b"\r" else newline
    return data.endswith((b";", b"Argument"), 0, stop) if stop > 0 else True


def banners(data: bytes) -> list[int]:
    """Where the lines that a server writes when it opens a log start, ascending."""
    found = []
    at = data.find(_BANNER_TAIL)
    while at >= 0:
        line = data.rfind(b"\n", 0, at) + 1
        match = _BANNER_LINE.match(data, line)
        if match:
            found.append(match.start(1))
            at = data.find(_BANNER_TAIL, match.end())
        else:
            stop = data.find(b"\n", at)
            at = data.find(_BANNER_TAIL, stop) if stop >= 0 else -1
    return found


def is_banner(data: bytes, start: int, end: int) -> bool:
    """Whether the record is a server's start banner."""
    return not data.startswith(b"#", start) and _BANNER_LINE.match(data, start, end) is not None


def last_start(data: bytes) -> int:
    """The last record start in the data that no further byte can undo; 0 when there is none past the beginning.

    A header line at the end is not yet sure: what follows it decides.
    """
    whole = data.rfind(b"\n") + 1
    for window in (1 << 16, 1 << 20, whole):
        low = data.rfind(b"\n", 0, max(whole - window, 0)) + 1
        found = starts(data[low:whole])
        if low:
            found = found[1:]  # whether the first one belongs to a T above the window is not seen
        while found and not _sure(data, low + found[-1], whole):
            found.pop()
        if found:
            return low + found[-1]
        if not low:
            break
    return 0


def _sure(data: bytes, start: int, end: int) -> bool:
    at = start
    for mark in (b"# Time: ", b"# User@Host: "):
        if data.startswith(mark, at, end):
            at = data.index(b"\n", at, end) + 1
    if at == start and data.startswith(b"#", at):
        at = data.index(b"\n", at, end) + 1
    return at < end or at == start
