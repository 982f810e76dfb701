"""pg_stat_statements, 1.4 to 1.12: a row is a normalised statement (``$1`` for literals) with its counters.

Version 1.8 renamed ``total_time`` to ``total_exec_time`` and added planning times; 1.11 added ``stats_since`` and split
the block times, which are not used here. A dump may hold any subset of the columns.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from advisor.model.batch import UNKNOWN, Batch, Context
from advisor.model.engine import Engine, EngineName
from advisor.sources.counters import table
from advisor.sources.counters.number import identifier, instant, integer
from advisor.sources.ledger import Ledger
from advisor.sources.rows import Rows
from advisor.sources.unpack import Readable

_TOTALS = frozenset(("total_time", "total_exec_time"))
#: What the view shows instead of the text of another user's statement.
HIDDEN = "<insufficient privilege>"
_WRITES = re.compile(r"\s*(?:insert|update|delete|merge|copy|create|refresh)\b", re.IGNORECASE)
_WITH = re.compile(r"\s*with\b.*?\b(?:insert\s+into|update|delete\s+from|merge\s+into)\b", re.IGNORECASE | re.DOTALL)
#: From PostgreSQL 18 on, a list of several constants is printed as its first one and this.
_SQUASHED = re.compile(r"(\$\d+)\s*/\*\s*, \.\.\.\s*\*/")
_ROWS = 5000
_BLOCK_BYTES = 8192


def matches(head: bytes) -> float:
    """How surely this is a dump of the view: by its column names."""
    names = table.columns(head)
    return 0.95 if {"query", "calls"} <= names and names & _TOTALS else 0.0


def read(stream: Readable, source: int, ledger: Ledger, engine: EngineName | None) -> Iterator[Batch]:
    """The rows of a dump."""
    collector = Collector(source, Engine("postgresql"), ledger)
    for line, offset, row in table.rows(stream, ledger):
        yield from collector.add(row, line, offset)
    yield from collector.finish()


class Collector:
    """Turns rows of the view into batches, and counts what the rows hide."""

    def __init__(self, source: int, engine: Engine, ledger: Ledger, *, block_bytes: int = _BLOCK_BYTES) -> None:
        self._rows = Rows(source, engine, counters=True)
        self._ledger = ledger
        self._block_bytes = block_bytes
        self._hidden = [0, 0]
        self._textless = self._nested = 0

    def add(self, row: table.Row, line: int, offset: int) -> Iterator[Batch]:
        """One row of the view, by column name."""
        calls = integer(row.get("calls"))
        text = row.get("query")
        if calls == UNKNOWN:
            self._ledger.unreadable(line, 1, f"no number of calls: {str(row.get('calls'))[:40]}")
        elif text == HIDDEN:
            self._hidden[0] += 1
            self._hidden[1] += calls
            self._ledger.unreadable(line, 1, "the text is hidden from the user who read the view")
        elif not isinstance(text, str) or not text.strip():
            self._textless += 1
            self._ledger.unreadable(line, 1, "a row without the text of its statement")
        elif calls:
            self._take(row, text, calls, line, offset)
        if len(self._rows) >= _ROWS:
            yield from self._flushed()

    def _take(self, row: table.Row, text: str, calls: int, line: int, offset: int) -> None:
        total = integer(row.get("total_exec_time", row.get("total_time")), 1000)
        planning = integer(row.get("total_plan_time"), 1000)
        if total >= 0 and planning >= 0:
            total += planning  # as in a log, the time of a statement is that of planning and execution
        counted = integer(row.get("rows"))
        writes = _WRITES.match(text) or _WITH.match(text[:20_000])
        blocks = integer(row.get("temp_blks_written"))
        since = instant(row.get("stats_since"))
        summary = self._ledger.summary
        if since is not None:
            summary.since_us = since if summary.since_us is None else min(since, summary.since_us)
        self._nested += row.get("toplevel") in (False, "f", "false", 0)
        if "..." in text:  # so that it is not taken for a list of one
            text = _SQUASHED.sub(r"\1, \1", text)
        self._rows.add(
            text,
            offset=offset,
            line=line,
            context=Context(database=_text(row.get("datname")), user=_text(row.get("rolname", row.get("usename")))),
            duration_us=total,
            calls=calls,
            rows_sent=UNKNOWN if writes else counted,
            rows_affected=counted if writes else UNKNOWN,
            temp_bytes=UNKNOWN if blocks == UNKNOWN else blocks * self._block_bytes,
            query_id=identifier(row.get("queryid")),
        )

    def finish(self) -> Iterator[Batch]:
        """The rest, and what the user should know of the rows."""
        if self._hidden[0]:
            self._ledger.note(
                f"{self._hidden[0]:,} statements ({self._hidden[1]:,} calls) show {HIDDEN}: "
                "read the view as a member of pg_read_all_stats"
            )
        if self._textless:
            self._ledger.note(f"{self._textless:,} rows have no text: they are not counted")
        if self._nested:
            self._ledger.note(
                f"{self._nested:,} statements ran inside functions: their time is also in that of the caller"
            )
        yield from self._flushed()

    def _flushed(self) -> Iterator[Batch]:
        batch = self._rows.batch()
        if batch is not None:
            yield batch


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None
