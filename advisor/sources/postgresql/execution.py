"""Executions that no single record tells whole, and the batches made of them and of the framed ones."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import InitVar, dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

from advisor import fingerprint
from advisor.model.batch import KEY_HASHES, NO_TIME, UNKNOWN, Batch, Context
from advisor.model.engine import Engine
from advisor.model.incident import Incident
from advisor.sources.framed import Framed, Framer
from advisor.sources.postgresql.record import EXECUTE, FETCH, Record


@dataclass(slots=True)
class Execution:
    """One execution, put together from several records or from a plan."""

    time_us: int
    """Start; NO_TIME unknown."""
    duration_us: int
    offset: int
    line: int
    session: int
    transaction: int
    context: Context
    sql: str
    parameters: str | None
    query_id: int
    execute: bool = False
    """By the extended protocol: its text has ``$1``."""
    fetch: bool = False
    """A further fetch from a portal that was executed before."""
    planned: bool = False
    """Known from a plan alone."""
    depth: int = 0
    """Functions that it ran in, as far as the plan's CONTEXT says."""
    rows: int = UNKNOWN
    key: int = field(init=False)
    text_literals: int = field(init=False)
    """Hash of the literals in the text."""
    literals: int = field(init=False)
    """Hash of the literals, or of the bound parameters where there are any."""
    keys: tuple[int, ...] = field(init=False)
    in_count: int = field(init=False)
    tag: str | None = field(init=False)

    row: InitVar[tuple[Framed, int] | None] = None
    """The framed row that it stands for, whose columns are taken over."""

    def __post_init__(self, row: tuple[Framed, int] | None) -> None:
        keyed = fingerprint.key(self.sql.encode("utf-8", "replace"), "postgresql")
        self.key, self.text_literals, self.in_count = keyed.key, keyed.literals, keyed.in_count
        self.literals, self.keys = keyed.literals, keyed.keys
        self.tag = None if keyed.tag is None else keyed.tag.decode("utf-8", "replace")
        if row is not None:
            framed, at = row
            self.key, self.in_count = int(framed.shape_key[at]), int(framed.in_count[at])
            self.literals, self.keys = int(framed.literals[at]), tuple(framed.keys[at].tolist())
            self.tag = None if framed.tag[at] < 0 else framed.tags[framed.tag[at]]
        elif self.parameters is not None:
            self.literals, self.keys = fingerprint.key_parameters(self.parameters.encode("utf-8", "replace"))

    @property
    def end_us(self) -> int:
        """When it ended; meaningless without a time."""
        return self.time_us + max(self.duration_us, 0)

    @property
    def size(self) -> int:
        """Bytes held, about."""
        return 400 + len(self.sql) + len(self.parameters or "")


def execution_of(record: Record, sql: str, parameters: str | None, duration_us: int = UNKNOWN) -> Execution:
    """An execution that a record tells. With a duration the record's time is its end, without it is its start."""
    time_us = record.time_us
    if duration_us >= 0 and time_us != NO_TIME:
        time_us -= duration_us
    return Execution(
        time_us=time_us,
        duration_us=duration_us,
        offset=record.offset,
        line=record.line,
        session=record.session,
        transaction=record.transaction,
        context=Context(record.database, record.user, record.application, record.host),
        sql=sql,
        parameters=parameters,
        query_id=record.query_id or 0,
    )


def execution_at(framed: Framed, row: int, framer: Framer) -> Execution:
    """The execution that a framed row tells, taken out of its block."""
    data = framed.block.data
    start, end = int(framed.parameters_start[row]), int(framed.parameters_end[row])
    flags = int(framed.flags[row]) if framed.flags is not None else 0
    return Execution(
        time_us=int(framed.time_us[row]),
        duration_us=int(framed.duration_us[row]),
        offset=framed.block.offset + int(framed.start[row]),
        line=framed.block.line + int(framed.line[row]),
        session=int(framed.session[row]),
        transaction=int(framed.transaction[row]),
        context=framed.contexts[int(framed.context[row])],
        sql=framer.unescape(data[framed.sql_start[row] : framed.sql_end[row]]),
        parameters=None if start < 0 else framer.unescape(data[start:end]),
        query_id=int(framed.query_id[row]),
        execute=bool(flags & EXECUTE),
        fetch=bool(flags & FETCH),
        row=(framed, row),
    )


class PairedTexts:
    """Texts of a batch: of framed rows from the block they stand in, of the others as they were put together.

    Credentials are still in them: `sources.masked` takes them out of every batch that leaves a reading.
    """

    def __init__(
        self, framed: Framed | None, framer: Framer, executions: Sequence[Execution], order: NDArray[np.int64] | None
    ) -> None:
        self._framed = framed
        self._framer = framer
        self._executions = executions
        self._order = order

    def sql(self, event: int) -> str:
        """The statement."""
        framed, row = self._find(event)
        if framed is None:
            return self._executions[row].sql
        return self._framer.unescape(framed.block.data[framed.sql_start[row] : framed.sql_end[row]])

    def parameters(self, event: int) -> str | None:
        """Bound parameters as logged; None when there are none."""
        framed, row = self._find(event)
        if framed is None:
            return self._executions[row].parameters
        start, end = framed.parameters_start[row], framed.parameters_end[row]
        return None if start < 0 else self._framer.unescape(framed.block.data[start:end])

    def _find(self, event: int) -> tuple[Framed | None, int]:
        row = event if self._order is None else int(self._order[event])
        count = 0 if self._framed is None else len(self._framed)
        return (self._framed, row) if row < count else (None, row - count)


def assemble(
    source: int,
    engine: Engine,
    framer: Framer,
    *,
    zoned: bool,
    framed: Framed | None,
    duration_us: NDArray[np.int64] | None,
    keep: NDArray[np.bool_] | None,
    rows_sent: dict[int, int],
    executions: list[Execution],
    incidents: list[Incident],
) -> Batch:
    """Framed rows and executions in the order of the source.

    ``duration_us``, ``keep`` and ``rows_sent`` (row -> rows) correct the framed rows by what other records told.
    """
    hot = _hot_columns(framed, rows_sent)
    if duration_us is not None:
        hot["duration_us"] = duration_us
    contexts: list[Context] = [] if framed is None else list(framed.contexts)
    tags: list[str] = [] if framed is None else list(framed.tags)
    order: NDArray[np.int64] | None = None
    if executions or keep is not None:
        found = _columns(executions, contexts, tags)
        joined = {name: np.concatenate((hot[name], found[name])) for name in found} if framed is not None else found
        order = np.argsort(joined["offset"], kind="stable")
        if keep is not None:
            order = order[np.concatenate((keep, np.ones(len(executions), np.bool_)))[order]]
        hot = {name: column[order] for name, column in joined.items()}
    continues = hot.pop("continues").astype(np.bool_)
    return Batch(
        source=source,
        engine=engine,
        contexts=contexts,
        tags=tags,
        texts=PairedTexts(framed, framer, executions, order),
        zoned=zoned,
        incidents=sorted(incidents, key=lambda incident: incident.offset),
        continues=continues if continues.any() else None,
        **hot,
    )


def starts_of(framed: Framed) -> NDArray[np.int64]:
    """Start of execution of each framed row: PostgreSQL logs a statement when it has ended."""
    known = (framed.duration_us >= 0) & (framed.time_us != NO_TIME)
    return np.where(known, framed.time_us - framed.duration_us, framed.time_us)


def _hot_columns(framed: Framed | None, rows_sent: dict[int, int]) -> dict[str, NDArray[Any]]:
    if framed is None:
        return _columns([], [], [])
    sent = framed.rows_sent
    if rows_sent:
        sent = sent.copy()
        sent[list(rows_sent)] = list(rows_sent.values())
    flags = framed.flags if framed.flags is not None else np.zeros(len(framed), np.uint8)
    return {
        "time_us": starts_of(framed),
        "duration_us": framed.duration_us,
        "shape_key": framed.shape_key,
        "session": framed.session,
        "transaction": framed.transaction,
        "offset": framed.start + framed.block.offset,
        "line": framed.line + framed.block.line,
        "context": framed.context,
        "tag": framed.tag,
        "literals": framed.literals,
        "keys": framed.keys,
        "in_count": framed.in_count,
        "rows_sent": sent,
        "rows_examined": framed.rows_examined,
        "rows_affected": framed.rows_affected,
        "lock_us": framed.lock_us,
        "temp_bytes": framed.temp_bytes,
        "query_ids": framed.query_id,
        "continues": flags & FETCH,
    }


def _columns(executions: Sequence[Execution], contexts: list[Context], tags: list[str]) -> dict[str, NDArray[Any]]:
    """The same columns out of executions; their contexts and tags are appended to the lists."""
    known = {context: number for number, context in enumerate(contexts)}
    named = {tag: number for number, tag in enumerate(tags)}
    context, tag = [], []
    for one in executions:
        context.append(known.setdefault(one.context, len(known)))
        tag.append(UNKNOWN if one.tag is None else named.setdefault(one.tag, len(named)))
    contexts[:], tags[:] = list(known), list(named)
    unknown = np.full(len(executions), UNKNOWN, np.int64)

    def column(name: str, dtype: type[np.generic]) -> NDArray[Any]:
        return np.array([getattr(one, name) for one in executions], dtype)

    return {
        "time_us": column("time_us", np.int64),
        "duration_us": column("duration_us", np.int64),
        "shape_key": column("key", np.uint64),
        "session": column("session", np.uint64),
        "transaction": column("transaction", np.uint64),
        "offset": column("offset", np.int64),
        "line": column("line", np.int64),
        "context": np.array(context, np.int32),
        "tag": np.array(tag, np.int32),
        "literals": column("literals", np.uint64),
        "keys": np.array([one.keys for one in executions], np.uint32).reshape(len(executions), KEY_HASHES),
        "in_count": column("in_count", np.int32),
        "rows_sent": column("rows", np.int64),
        "rows_examined": unknown,
        "rows_affected": unknown,
        "lock_us": unknown,
        "temp_bytes": unknown,
        "query_ids": column("query_id", np.int64),
        "continues": column("fetch", np.uint8),
    }
