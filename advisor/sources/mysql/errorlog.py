"""A MySQL or MariaDB error log, given by mistake: recognised so that the user is told which log to give instead."""

from __future__ import annotations

import re

#: MySQL 8 `2024-03-01T10:00:00.1Z 0 [System] [MY-010116] ...`, 5.7 without the code, MariaDB
#: `2024-03-01  9:00:00 0 [Note]`, 5.6 and older `240301  9:00:00 [Note]`, and mysqld_safe.
_LINE = re.compile(
    rb"(?:\d{4}-\d\d-\d\d[T ][ ]?\d{1,2}:\d\d:\d\d[0-9.Z+:-]{0,16}|\d{6} [ ]?\d{1,2}:\d\d:\d\d)[ \t]+"
    rb"(?:(?:0x)?[0-9a-f]{1,20} )?(?:\[(?:Note|Warning|ERROR|System)\]|InnoDB: |mysqld_safe )"
)

REASON = (
    "this is a MySQL or MariaDB error log without a deadlock, it holds no statements; the slow log's path is shown by "
    "SHOW VARIABLES LIKE 'slow_query_log_file' (and SET GLOBAL slow_query_log = ON starts it)"
)


def matches(head: bytes) -> float:
    """How surely the head is an error log: the share of its lines that begin as such a log's lines do."""
    lines = [line for line in head.split(b"\n")[:2000] if line.strip(b"\0 \t\r")]
    if not lines:
        return 0.0
    found = sum(1 for line in lines if _LINE.match(line))
    first = _LINE.match(lines[0].removeprefix(b"\xef\xbb\xbf")) is not None
    return 0.9 if found * 2 > len(lines) or (first and found > 2) else 0.0
