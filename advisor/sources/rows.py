"""Batches built row by row, for readers whose input is statements or counters rather than megabytes of records."""

from __future__ import annotations

from typing import Any

import numpy as np

from advisor.fingerprint import key
from advisor.model.batch import KEY_HASHES, NO_TIME, UNKNOWN, Batch, Context
from advisor.model.engine import Engine, dialect_of

_COLUMNS = {
    "time_us": np.int64,
    "duration_us": np.int64,
    "shape_key": np.uint64,
    "session": np.uint64,
    "transaction": np.uint64,
    "offset": np.int64,
    "line": np.int64,
    "context": np.int32,
    "tag": np.int32,
    "literals": np.uint64,
    "keys": np.uint32,
    "in_count": np.int32,
    "rows_sent": np.int64,
    "rows_examined": np.int64,
    "rows_affected": np.int64,
    "lock_us": np.int64,
    "temp_bytes": np.int64,
    "calls": np.int64,
    "query_ids": np.int64,
}


class _Texts:
    """Texts that are kept as they are."""

    def __init__(self, texts: list[str]) -> None:
        self._texts = texts

    def sql(self, event: int) -> str:
        return self._texts[event]

    def parameters(self, event: int) -> str | None:
        return None


class Rows:
    """Collects rows of one source; `batch` gives them and starts afresh."""

    def __init__(self, source: int, engine: Engine, *, counters: bool = False) -> None:
        """``counters``: a row stands for many executions, so that ``calls`` is a column of the batch."""
        self._source = source
        self._engine = engine
        self._counters = counters
        self._dialect = dialect_of(engine.name)
        self._clear()

    def __len__(self) -> int:
        return len(self._texts)

    def _clear(self) -> None:
        self._rows: list[tuple[Any, ...]] = []
        self._texts: list[str] = []
        self._contexts: dict[Context, int] = {}
        self._tags: dict[str, int] = {}

    def add(
        self,
        sql: str,
        *,
        offset: int,
        line: int,
        context: Context,
        time_us: int = NO_TIME,
        duration_us: int = UNKNOWN,
        calls: int = 1,
        rows_sent: int = UNKNOWN,
        rows_examined: int = UNKNOWN,
        rows_affected: int = UNKNOWN,
        lock_us: int = UNKNOWN,
        temp_bytes: int = UNKNOWN,
        query_id: int = 0,
    ) -> None:
        """One statement; columns as in `Batch`."""
        keyed = key(sql.encode("utf-8", "replace"), self._dialect)
        tag = UNKNOWN
        if keyed.tag is not None:
            tag = self._tags.setdefault(keyed.tag.decode("utf-8", "replace"), len(self._tags))
        where = self._contexts.setdefault(context, len(self._contexts))
        known = (rows_sent, rows_examined, rows_affected, lock_us, temp_bytes, calls, query_id)
        shape = (keyed.key, 0, 0, offset, line, where, tag, keyed.literals, keyed.keys, keyed.in_count)
        self._rows.append((time_us, duration_us, *shape, *known))
        self._texts.append(sql)

    def batch(self) -> Batch | None:
        """The rows since the last call, None when there are none."""
        if not self._rows:
            return None
        columns: dict[str, Any] = {
            name: np.array(values, kind)
            for (name, kind), values in zip(_COLUMNS.items(), zip(*self._rows, strict=True), strict=True)
        }
        columns["keys"] = columns["keys"].reshape(-1, KEY_HASHES)
        if not self._counters:
            columns["calls"] = columns["query_ids"] = None
        batch = Batch(
            source=self._source,
            engine=self._engine,
            contexts=list(self._contexts),
            tags=list(self._tags),
            texts=_Texts(self._texts),
            **columns,
        )
        self._clear()
        return batch
