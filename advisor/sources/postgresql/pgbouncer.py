"""A log of PgBouncer, given by mistake: recognised so that the user is told which log to give instead."""

from __future__ import annotations

import re

#: ``2024-03-01 10:00:00.123 UTC [77] LOG C-0x55d: shop/app@10.0.0.7:4711 login attempt: ...``: unlike PostgreSQL's, its
#: severities have no colon.
_LINE = re.compile(
    rb"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d{3} (?:[A-Za-z]{1,8}|[+-]\d{2,6}) \[\d{1,10}\] "
    rb"(?:LOG|WARNING|ERROR|FATAL|DEBUG|NOISE|INFO) (?:[CS]-0x[0-9a-f]+: |stats: |\S)"
)

REASON = (
    "this is a log of PgBouncer, it holds no statements; give the log of the PostgreSQL server behind it "
    "(with log_min_duration_statement set)"
)


def matches(head: bytes) -> float:
    """How surely the head is such a log: the share of its lines that begin as such a log's lines do."""
    lines = [line for line in head.split(b"\n")[:2000] if line.strip(b"\0 \t\r")]
    found = sum(_LINE.match(line) is not None for line in lines)
    return 0.9 if lines and found * 2 > len(lines) else 0.0
