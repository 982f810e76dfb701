"""Batches for the tests of the digest, made of plain rows, so that any grouping of the same rows can be tried."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from advisor.model.batch import KEY_HASHES, NO_TIME, Batch, Context
from advisor.model.engine import Engine
from advisor.model.incident import Incident

POSTGRESQL = Engine("postgresql", "15.4")
MYSQL = Engine("mysql", "8.0.35")


@dataclass(frozen=True)
class Event:
    """One row of a batch."""

    sql: str = "select 1"
    duration_us: int = 1000
    time_us: int = 1_700_000_000_000_000
    session: int = 1
    transaction: int = 0
    offset: int = 0
    context: Context = field(default_factory=lambda: Context("shop", "app", "web", "10.0.0.1"))
    tag: str | None = None
    parameters: str | None = None
    literals: int = 0
    keys: tuple[int, ...] = (0, 0, 0, 0)
    in_count: int = 0
    rows_sent: int = -1
    rows_examined: int = -1
    rows_affected: int = -1
    lock_us: int = -1
    temp_bytes: int = -1
    query_id: int = 0
    calls: int = 1
    continues: bool = False


@dataclass
class Texts:
    events: Sequence[Event]
    asked: int = 0

    def sql(self, event: int) -> str:
        self.asked += 1
        return self.events[event].sql

    def parameters(self, event: int) -> str | None:
        return self.events[event].parameters


def batch(
    events: Sequence[Event],
    *,
    source: int = 0,
    engine: Engine = POSTGRESQL,
    incidents: Sequence[Incident] = (),
    counted: bool = False,
    zoned: bool = True,
) -> Batch:
    """A batch of events; shape keys are the real ones of the fingerprint room."""
    from advisor.fingerprint import key
    from advisor.model.engine import dialect_of

    dialect = dialect_of(engine.name)
    contexts = list(dict.fromkeys(e.context for e in events))
    tags = list(dict.fromkeys(e.tag for e in events if e.tag is not None))
    keyed = {sql: key(sql.encode(), dialect).key for sql in {e.sql for e in events}}

    def column(name: str, dtype: type = np.int64) -> np.ndarray:
        return np.array([getattr(e, name) for e in events], dtype)

    return Batch(
        source=source,
        engine=engine,
        time_us=column("time_us"),
        duration_us=column("duration_us"),
        shape_key=np.array([keyed[e.sql] for e in events], np.uint64),
        session=column("session", np.uint64),
        transaction=column("transaction", np.uint64),
        offset=column("offset"),
        line=column("offset") + 1,
        context=np.array([contexts.index(e.context) for e in events], np.int32),
        tag=np.array([-1 if e.tag is None else tags.index(e.tag) for e in events], np.int32),
        literals=column("literals", np.uint64),
        keys=np.array([e.keys for e in events], np.uint32).reshape(len(events), KEY_HASHES),
        in_count=column("in_count", np.int32),
        rows_sent=column("rows_sent"),
        rows_examined=column("rows_examined"),
        rows_affected=column("rows_affected"),
        lock_us=column("lock_us"),
        temp_bytes=column("temp_bytes"),
        contexts=contexts,
        tags=tags,
        texts=Texts(events),
        calls=column("calls") if counted else None,
        zoned=zoned,
        incidents=list(incidents),
        query_ids=column("query_id"),
        continues=column("continues", np.bool_) if any(e.continues for e in events) else None,
    )


UNDATED = NO_TIME
