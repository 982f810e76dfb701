"""Deadlocks that InnoDB prints into the error log (``innodb_print_all_deadlocks``); nothing else of it is read.

MySQL and MariaDB print one block a deadlock: each transaction with its connection's id, its statement, and the lock
that it waits for, in the order of the circle, and which of them was rolled back. A block becomes one incident whose
detail is worded as PostgreSQL words it, so that all that reads deadlocks reads these too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import numpy as np

from advisor.model.batch import NO_TIME, Batch, Context
from advisor.model.engine import Engine, EngineName
from advisor.model.incident import Incident
from advisor.model.limits import LIMITS
from advisor.sources.ledger import Ledger
from advisor.sources.mysql import errorlog
from advisor.sources.mysql.sessions import session_of
from advisor.sources.rows import Rows
from advisor.sources.unpack import Readable

_BEGIN = b"ransactions deadlock detected"
_END = b"*** WE ROLL BACK TRANSACTION ("
_CHUNK = 1 << 20
#: Locks and statements of a deadlock fill some kilobytes; a block without an end is given up at this.
_LONGEST = 4 << 20
_PARTICIPANT = re.compile(r"\*\*\* \(\d{1,3}\) TRANSACTION:")
_THREAD = re.compile(r"^(?:MySQL|MariaDB) thread id (\d{1,19}),.*$", re.MULTILINE)
_WAITS = re.compile(
    r"WAITING FOR THIS LOCK TO BE GRANTED:\s+(?:RECORD|TABLE) LOCKS?.{0,200}?\btable ((?:`[^`\n]{1,64}`\.?){1,2})"
    r" trx id \d+ (lock[_ ]mode [A-Z_,-]{1,20}(?: [a-z -]{1,60})?)"
)
_NEXT = re.compile(r"^(?:\*\*\*|\d{4}-\d\d-\d\d[T ]|\d{6} |-{6,}|$)", re.MULTILINE)
_VICTIM = re.compile(r"\*\*\* WE ROLL BACK TRANSACTION \((\d{1,3})\)")
_STAMP = re.compile(rb"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{6})Z[^\n]{0,200}\Z")


def matches(head: bytes) -> float:
    """How surely the head is an error log in which a deadlock is printed; another error log holds nothing to read."""
    printed = all(part in head for part in (_BEGIN, b"TRANSACTION:", b" thread id "))
    return 0.8 if printed and errorlog.matches(head) else 0.0


def read(stream: Readable, source: int, ledger: Ledger, engine: EngineName | None) -> Iterator[Batch]:
    """One batch without executions, with the deadlocks as incidents."""
    incidents: list[Incident] = []
    held, offset, lines = b"", 0, 0
    known: EngineName | None = engine
    ended = False
    while not ended:
        data = stream.read(_CHUNK)
        ended = not data
        lines += data.count(b"\n")
        held += data
        at, end, ending, counted = 0, 0, True, 0
        line = lines - held.count(b"\n") + 1
        while (begin := held.find(_BEGIN, at)) >= 0:
            # each search goes on where the last one ended: a file full of beginnings is read once
            if ending and end <= begin:
                end = held.find(_END, begin)
                ending = end >= 0
            if not ending and not ended and len(held) - begin < _LONGEST:
                break
            other = held.find(_BEGIN, begin + 1)
            if not ending or 0 <= other < end:
                until = other if other >= 0 else len(held)  # its end is not printed
            else:
                until = held.find(b"\n", end) if held.find(b"\n", end) >= 0 else len(held)
            line += held.count(b"\n", counted, begin)
            counted = begin
            block = held[begin : min(until, begin + _LONGEST)].decode("utf-8", "replace")
            known = known or ("mariadb" if "MariaDB thread id" in block else "mysql")
            incident = _incident(block, offset + begin, line, _time(held[max(begin - 200, 0) : begin]))
            if incident is not None:
                incidents.append(incident)
            at = until
        begin = held.find(_BEGIN, at)
        keep = max(begin - 200, 0) if begin >= 0 else max(len(held) - 400, at)
        offset, held = offset + keep, held[keep:]
    ledger.lines(lines)
    ledger.note("of the error log only InnoDB's deadlocks are read; give the slow or general log beside it")
    yield _batch(source, Engine(known or "mysql"), incidents)


def _time(before: bytes) -> int:
    """MySQL stamps in UTC; MariaDB in local time without a zone, which is no time that can be compared."""
    found = _STAMP.search(before)
    if not found:
        return NO_TIME
    try:
        moment = datetime.fromisoformat(found[1].decode()).replace(tzinfo=UTC)
    except ValueError:
        return NO_TIME
    return round(moment.timestamp() * 1_000_000)


def _incident(block: str, offset: int, line: int, time_us: int) -> Incident | None:
    pieces = _PARTICIPANT.split(block)[1:17]
    threads, statements, waits = [], [], []
    for piece in pieces:
        thread = _THREAD.search(piece)
        if thread is None:
            return None
        body = piece[thread.end() + 1 :]
        following = _NEXT.search(body)
        threads.append(int(thread[1]))
        statements.append(body[: following.start() if following else len(body)].strip()[: LIMITS.sample_bytes])
        wait = _WAITS.search(piece)
        waits.append(f"{wait[2].strip().removesuffix(' waiting')} on table {wait[1]}" if wait else "a lock")
    if len(threads) < 2:
        return None
    following_threads = threads[1:] + threads[:1]
    detail = [
        f"Process {mine} waits for {wait}; blocked by process {other}."
        for mine, wait, other in zip(threads, waits, following_threads, strict=True)
    ]
    detail += [f"Process {thread}: {sql}" for thread, sql in zip(threads, statements, strict=True) if sql]
    victim = _VICTIM.search(block)
    which = int(victim[1]) - 1 if victim and int(victim[1]) <= len(threads) else 0
    sessions = [session_of(thread, b"") for thread in threads]
    return Incident(
        "deadlock",
        time_us,
        line,
        offset,
        session=sessions[which],
        sql=statements[which] or None,
        message="deadlock detected",
        detail="\n".join(detail),
        code="1213",
        processes=tuple(zip(threads, sessions, strict=True)),
    )


def _batch(source: int, engine: Engine, incidents: list[Incident]) -> Batch:
    """A batch of no executions."""
    rows = Rows(source, engine)
    rows.add("SELECT 1", offset=0, line=0, context=Context())
    one = rows.batch()
    assert one is not None
    empty: dict[str, Any] = {
        name: value[:0] for name in one.__slots__ if isinstance(value := getattr(one, name), np.ndarray)
    }
    return replace(one, incidents=incidents, **empty)
