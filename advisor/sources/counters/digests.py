"""performance_schema.events_statements_summary_by_digest of MySQL 5.6-9 and MariaDB 10.0 and later.

A row is a digest with its counters, times in picoseconds. MySQL 8 also keeps one real statement
(``QUERY_SAMPLE_TEXT``), which says more than the digest's text: the shape is taken from it unless it is cut. The row
with a NULL digest holds whatever came after the table was full.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from advisor.model.batch import UNKNOWN, Batch, Context
from advisor.model.engine import Engine, EngineName
from advisor.sources.counters import table
from advisor.sources.counters.number import integer
from advisor.sources.counters.reserved import RESERVED
from advisor.sources.ledger import Ledger
from advisor.sources.rows import Rows
from advisor.sources.unpack import Readable

_ROWS = 5000
_PICO = 1e-6  # picoseconds in a microsecond
#: The server's own short forms: a collapsed list, further rows of VALUES, further values.
_LIST = re.compile(r"\(\s*\.\.\.\s*\)(?:\s*/\*\s*,\s*\.\.\.\s*\*/)?")
#: The same after IN: two elements or more stood there; one element is printed as it is.
_LONG_LIST = re.compile(r"\bIN\s*\(\s*\.\.\.\s*\)", re.IGNORECASE)
_FURTHER = re.compile(r"(?<=\?) , \.\.\.|(?<=\?), \.\.\.")
_PLAIN_NAME = re.compile(r"`[a-z_][a-z0-9_$]{0,63}`")
_NAME_OR_REST = re.compile(r"`(?>(?:[^`]++|``)*)`|[^`]++|`")


#: Names that people give the columns in a SELECT of their own, and picoseconds in each unit of time.
_ALIASES = {
    "query": "digest_text",
    "calls": "count_star",
    "rows": "sum_rows_sent",
    "rows_sent": "sum_rows_sent",
    "rows_examined": "sum_rows_examined",
    "rows_affected": "sum_rows_affected",
}
_UNITS = {"total_ps": 1, "total_ns": 10**3, "total_us": 10**6, "total_ms": 10**9, "total_s": 10**12}
#: Columns of this table that pg_stat_statements has not.
_OURS = frozenset(("rows_sent", "rows_examined", "rows_affected", "total_ps"))


def matches(head: bytes) -> float:
    """How surely this is a dump of the table: by its column names."""
    names = table.columns(head)
    if {"digest_text", "count_star", "sum_timer_wait"} <= names:
        return 0.95
    return 0.9 if {"query", "calls"} <= names and names & _OURS and names & _UNITS.keys() else 0.0


def read(stream: Readable, source: int, ledger: Ledger, engine: EngineName | None) -> Iterator[Batch]:
    """The rows of a dump. MariaDB's digests are 32 hex digits, MySQL's are 64 since 8.0: so the engine is known."""
    collector: Collector | None = None
    for line, offset, row in table.rows(stream, ledger):
        if collector is None:
            told: EngineName = engine if engine in ("mysql", "mariadb") else _engine(row)
            collector = Collector(source, Engine(told), ledger)
        yield from collector.add(_renamed(row), line, offset)
    if collector is not None:
        yield from collector.finish()


def _renamed(row: table.Row) -> table.Row:
    """A row with the table's own names of columns, its time in picoseconds."""
    if "query" not in row:
        return row
    named = {_ALIASES.get(name, name): value for name, value in row.items()}
    for unit, factor in _UNITS.items():
        if unit in row:
            try:
                named["sum_timer_wait"] = round(float(row[unit]) * factor)
            except (TypeError, ValueError, OverflowError):
                named["sum_timer_wait"] = None
    return named


def _engine(row: table.Row) -> EngineName:
    digest = row.get("digest")
    new = "query_sample_text" in row or "quantile_95" in row
    return "mariadb" if not new and isinstance(digest, str) and len(digest) == 32 else "mysql"


class Collector:
    """Turns rows of the table into batches."""

    def __init__(self, source: int, engine: Engine, ledger: Ledger) -> None:
        self._rows = Rows(source, engine, counters=True)
        self._ledger = ledger
        self._cut = 0

    def add(self, row: table.Row, line: int, offset: int) -> Iterator[Batch]:
        """One row of the table, by column name in lower case."""
        calls = integer(row.get("count_star"))
        digest_text = _text(row.get("digest_text"))
        total = integer(row.get("sum_timer_wait"), _PICO)
        if calls == UNKNOWN:
            self._ledger.unreadable(line, 1, f"no number of executions: {str(row.get('count_star'))[:40]}")
        elif row.get("digest") is None and digest_text is None and "digest" in row:
            if calls:
                seconds = max(total, 0) / 1e6
                self._ledger.unreadable(line, 1, "the row of all statements that found the digest table full")
                self._ledger.note(
                    f"the digest table was full: {calls:,} executions ({seconds:,.1f} s) are not told apart; raise "
                    "performance_schema_digests_size and truncate the table"
                )
        elif digest_text is None:
            self._ledger.unreadable(line, 1, "a row without the text of its statement")
        elif calls:
            self._take(row, digest_text, calls, total, line, offset)
        if len(self._rows) >= _ROWS:
            yield from self._flushed()

    def _take(self, row: table.Row, digest_text: str, calls: int, total: int, line: int, offset: int) -> None:
        sample = _text(row.get("query_sample_text"))
        text = sample if sample is not None and not sample.endswith("...") else as_sql(digest_text)
        self._cut += text.endswith("...")
        self._rows.add(
            text,
            offset=offset,
            line=line,
            context=Context(database=_text(row.get("schema_name"))),
            duration_us=total,
            calls=calls,
            rows_sent=integer(row.get("sum_rows_sent")),
            rows_examined=integer(row.get("sum_rows_examined")),
            rows_affected=integer(row.get("sum_rows_affected")),
            lock_us=integer(row.get("sum_lock_time"), _PICO),
        )

    def finish(self) -> Iterator[Batch]:
        """The rest, and what the user should know of the rows."""
        if self._cut:
            self._ledger.note(f"{self._cut:,} texts are cut: raise performance_schema_max_digest_length")
        yield from self._flushed()

    def _flushed(self) -> Iterator[Batch]:
        batch = self._rows.batch()
        if batch is not None:
            yield batch


def as_sql(digest_text: str) -> str:
    """A digest's text as people write SQL: lists for ``(...)``, no backticks where a name needs none.

    An IN list of several elements gets two, so that it is not taken for a list of one.
    """
    text = _FURTHER.sub("", _LIST.sub("(?)", _LONG_LIST.sub("IN (?, ?)", digest_text.strip())))
    return _NAME_OR_REST.sub(_as_written, text)


def _as_written(match: re.Match[str]) -> str:
    """A name without backticks where it needs none; words in lower case (MariaDB prints `id` as a word, ID).

    It prints a column `day` as SQL_TSI_DAY, the word's other spelling.
    """
    text = match[0]
    if not text.startswith("`"):
        return text.lower().replace("sql_tsi_", "")
    return text if _PLAIN_NAME.fullmatch(text) is None or text[1:-1] in RESERVED else text[1:-1]


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value.strip() else None
