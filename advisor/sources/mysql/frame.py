"""Framing of MySQL slow logs: the columns of a block, from the compiled framer where there is one, else from Python.

Both give the same `Rows`; what they share (contexts, sessions, time zones, the accounting of lines) is done once, here.
"""

from __future__ import annotations

import os
from dataclasses import dataclass, field
from datetime import UTC, datetime, tzinfo
from functools import lru_cache
from itertools import pairwise
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from advisor.model.batch import KEY_HASHES, NO_TIME, UNKNOWN, Context
from advisor.sources.framed import Block, Framed, line_feeds
from advisor.sources.mysql import record, starts
from advisor.sources.mysql.record import INHERITED, LOCAL
from advisor.sources.mysql.sessions import sessions

_I64 = np.int64
#: The columns that a scan gives, in order, each with its type.
COLUMNS: tuple[tuple[str, Any], ...] = (
    ("start", _I64),
    ("line", _I64),
    ("time_us", _I64),
    ("duration_us", _I64),
    ("lock_us", _I64),
    ("rows_sent", _I64),
    ("rows_examined", _I64),
    ("rows_affected", _I64),
    ("temp_bytes", _I64),
    ("thread", _I64),
    ("sql_start", _I64),
    ("sql_end", _I64),
    ("context", np.int32),
    ("tag", np.int32),
    ("flags", np.uint8),
    ("shape_key", np.uint64),
    ("literals", np.uint64),
    ("key0", np.uint32),
    ("key1", np.uint32),
    ("key2", np.uint32),
    ("key3", np.uint32),
    ("in_count", np.int32),
)


#: The columns of the other records that a scan finds: as above, and `end`. A banner has context UNKNOWN.
OTHERS = ("start", "end", "line", "time_us", "duration_us", "thread", "context", "flags", "sql_start", "sql_end")


@dataclass(slots=True)
class SlowFramed(Framed):
    """A framed block of a slow log, with what is known of the records that are no executions."""

    others: dict[str, NDArray[np.int64]] = field(default_factory=dict)
    """`OTHERS`, and `session`."""


@dataclass(slots=True)
class Rows:
    """What a scan of a block finds: executions and other records as columns, and texts that repeat only once."""

    columns: dict[str, NDArray[Any]]
    contexts: list[tuple[bytes, bytes | None]]
    """Distinct (U line without Id, database as printed or None)."""
    tags: list[bytes]
    others: NDArray[np.int64]
    """One row an other record, one column each of OTHERS."""
    first: int
    """Where the first record starts; the length of the data when there is none."""
    cut: tuple[int, int] | None
    """Range of a last record that ends before its statement begins."""


class Scan(Protocol):
    """Finds the records of ``data``. ``final``: the source ends with it."""

    def __call__(self, data: bytes, final: bool) -> Rows: ...


def scan(data: bytes, final: bool) -> Rows:
    """The pure-Python scan."""
    from advisor.fingerprint import key  # the tokeniser chooses its own path on first use

    begins = starts.starts(data)
    contexts: dict[tuple[bytes, bytes | None], int] = {}
    tags: dict[bytes, int] = {}
    rows: list[tuple[int, ...]] = []
    others: list[tuple[int, ...]] = []
    cut = None
    line = data.count(b"\n", 0, begins[0]) if begins else 0
    for start, end in pairwise([*begins, len(data)]):
        first_line = line
        line += data.count(b"\n", start, end)
        if not data.startswith(b"#", start) and starts.is_banner(data, start, end):
            others.append((start, end, first_line, NO_TIME, *(UNKNOWN,) * 3, 0, start, start))
            continue
        found = record.parse(data, start, end)
        at, stop = found.sql_start, found.sql_end
        who = (found.user, found.database)
        if not record.is_execution(data, at, stop):
            if at == stop and final and end == len(data):
                cut = (start, first_line)
            else:
                where = contexts.setdefault(who, len(contexts))
                said = (found.time_us, found.duration_us, found.thread, where, found.flags, at, stop)
                others.append((start, end, first_line, *said))
            continue
        flags = found.flags
        if final and end == len(data) and not data.endswith((b"\n", b";")):
            flags |= record.CUT
        keyed = key(data[at:stop], "mysql")
        rows.append(
            (
                start,
                first_line,
                found.time_us,
                found.duration_us,
                found.lock_us,
                found.rows_sent,
                found.rows_examined,
                found.rows_affected,
                found.temp_bytes,
                found.thread,
                at,
                stop,
                contexts.setdefault(who, len(contexts)),
                UNKNOWN if keyed.tag is None else tags.setdefault(keyed.tag, len(tags)),
                flags,
                keyed.key,
                keyed.literals,
                *keyed.keys,
                keyed.in_count,
            )
        )
    turned = list(zip(*rows, strict=True)) if rows else [()] * len(COLUMNS)
    return Rows(
        {name: np.array(values, dtype) for (name, dtype), values in zip(COLUMNS, turned, strict=True)},
        list(contexts),
        list(tags),
        np.array(others, np.int64).reshape(-1, len(OTHERS)),
        begins[0] if begins else len(data),
        cut,
    )


def compiled() -> Scan | None:
    """The compiled scan, None where it was not built or ADVISOR_PURE=1 forbids it."""
    if os.environ.get("ADVISOR_PURE"):
        return None
    try:
        import advisor.sources.mysql._frame as native
    except ImportError:
        return None
    found: Scan = native.scan
    return found


def frame(
    block: Block,
    rows: Rows,
    *,
    local: bool,
    timezone: tzinfo | None,
    what: str = "slow-log",
    scanned: int | None = None,
) -> SlowFramed:
    """Columns of a block out of what a scan found in its first ``scanned`` bytes (None: all of it). ``local``: the
    source has wall-clock times only."""
    data, column = block.data, rows.columns
    count = len(column["start"])
    lines = line_feeds(data) + (1 if data and not data.endswith(b"\n") else 0)
    contexts = [context_of(user, database) for user, database in rows.contexts]
    users = [user for user, _ in rows.contexts]
    _settle_times(column["time_us"], column["flags"], local, timezone)
    others = {name: np.ascontiguousarray(rows.others[:, k]) for k, name in enumerate(OTHERS)}
    _settle_times(others["time_us"], others["flags"], local, timezone)
    return SlowFramed(
        block=block,
        lines=lines,
        time_us=column["time_us"],
        duration_us=column["duration_us"],
        shape_key=column["shape_key"],
        session=sessions(column["thread"], column["context"], users),
        transaction=np.zeros(count, np.uint64),
        start=column["start"],
        line=column["line"],
        context=column["context"],
        tag=column["tag"],
        literals=column["literals"],
        keys=np.column_stack([column[f"key{k}"] for k in range(KEY_HASHES)]),
        in_count=column["in_count"],
        rows_sent=column["rows_sent"],
        rows_examined=column["rows_examined"],
        rows_affected=column["rows_affected"],
        lock_us=column["lock_us"],
        temp_bytes=column["temp_bytes"],
        query_id=np.zeros(count, np.int64),
        sql_start=column["sql_start"],
        sql_end=column["sql_end"],
        parameters_start=np.full(count, UNKNOWN, np.int64),
        parameters_end=np.full(count, UNKNOWN, np.int64),
        contexts=contexts,
        tags=[tag.decode("utf-8", "replace") for tag in rows.tags],
        other_start=others["start"],
        other_end=others["end"],
        other_line=others["line"],
        unreadable=_unreadable(data[:scanned], rows, what),
        flags=column["flags"],
        others=others,
        other_session=sessions(others["thread"], np.maximum(others["context"], 0).astype(np.int32), users),
    )


@lru_cache(4096)
def context_of(user: bytes, database: bytes | None) -> Context:
    """Who the U line and the database name mean."""
    name, host = record.user_and_host(user)
    return Context(database=database.decode("utf-8", "replace") if database else None, user=name, host=host)


def _settle_times(time: NDArray[np.int64], flags: NDArray[Any], local: bool, timezone: tzinfo | None) -> None:
    """Wall-clock times become UTC where the zone was given; stay as they are in a log that has nothing else; and are
    unknown (inherited) where they would mix with zoned ones."""
    walls = np.flatnonzero(flags & LOCAL)
    if len(walls):
        if timezone is not None:
            time[walls] = [to_utc(int(us), timezone) for us in time[walls]]
        elif not local:
            time[walls] = NO_TIME
            flags[walls] |= INHERITED
        flags[walls] &= 255 - LOCAL
    if local and timezone is None:
        zoned = np.setdiff1d(np.arange(len(time)), walls)
        time[zoned] = NO_TIME
        flags[zoned] |= INHERITED


def to_utc(local_us: int, timezone: tzinfo) -> int:
    """Microseconds of a wall clock as microseconds UTC; in the repeated hour of autumn, the first one."""
    seconds, micro = divmod(local_us, 1_000_000)
    try:
        wall = datetime.fromtimestamp(seconds, UTC).replace(tzinfo=timezone)
        return int(wall.timestamp()) * 1_000_000 + micro
    except (ValueError, OverflowError, OSError):
        return NO_TIME


def _unreadable(data: bytes, rows: Rows, what: str) -> list[tuple[int, int, str]]:
    found: list[tuple[int, int, str]] = []
    head = data[: rows.first].removeprefix(b"\xef\xbb\xbf")
    if head.strip(b"\0 \t\r\n"):
        lines = head.count(b"\n") + (not head.rstrip(b"\0").endswith(b"\n"))
        found.append((0, lines, f"before the first record: no {what} header (a record cut by rotation?)"))
    elif b"\0" in head:
        found.append((0, head.count(b"\n"), f"{head.count(0)} NUL bytes (a log truncated while the server wrote it)"))
    if rows.cut is not None:
        start, line = rows.cut
        rest = data[start:]
        lines = rest.count(b"\n") + (not rest.endswith(b"\n"))
        found.append((line, lines, "the log ends inside a record's header"))
    return found
