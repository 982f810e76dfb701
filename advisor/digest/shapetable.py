"""One row a shape: what it is, and the numbers that are plain sums, minima and maxima.

Columns are numpy arrays with room to grow; texts are kept as UTF-8 bytes, because a hundred thousand small Python
objects would weigh more than everything else in a digest.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Literal, TypeVar

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import effect_of
from advisor.digest.keytable import KeyTable
from advisor.model.engine import EngineName

Column = NDArray[np.int64]
T = TypeVar("T", bound=np.generic)

ENGINES: tuple[EngineName, ...] = ("postgresql", "mysql", "mariadb", "sqlite")
#: Kinds of statement; the file stores their positions, so new ones go to the end.
KINDS = ("other", "select", "insert", "update", "delete", "merge", "ddl", "transaction", "utility", "call")

Fold = Literal["sum", "least", "most"]
NEVER = 2**63 - 1
LONG_AGO = -(2**63)

#: Column -> how two digests' values combine, and the value that stands for "nothing yet".
COLUMNS: dict[str, tuple[Fold, int]] = {
    "calls": ("sum", 0),
    "timed": ("sum", 0),
    "total_us": ("sum", 0),
    "min_us": ("least", NEVER),
    "max_us": ("most", -1),
    "rows_sent": ("sum", 0),
    "rows_sent_known": ("sum", 0),
    "rows_examined": ("sum", 0),
    "rows_examined_known": ("sum", 0),
    "rows_affected": ("sum", 0),
    "rows_affected_known": ("sum", 0),
    "lock_us": ("sum", 0),
    "lock_us_known": ("sum", 0),
    "temp_bytes": ("sum", 0),
    "temp_bytes_known": ("sum", 0),
    "first_us": ("least", NEVER),
    "last_us": ("most", LONG_AGO),
    "in_count": ("most", 0),
    "query_id": ("least", NEVER),
    "errors": ("sum", 0),
    "cancelled": ("sum", 0),
}


class ShapeTable:
    """All shapes of a digest, numbered from 0 in the order they were met."""

    def __init__(self) -> None:
        self.count = 0
        self.floor = 0
        """No shape that is not in the table was called more often than this (see `eviction`)."""
        self._room = 256
        self.columns: dict[str, Column] = {n: np.full(self._room, nothing) for n, (_, nothing) in COLUMNS.items()}
        self.fingerprint: NDArray[np.uint64] = np.zeros(self._room, np.uint64)
        self.checksum: NDArray[np.uint64] = np.zeros(self._room, np.uint64)
        """pt-query-digest's id; 0 for none."""
        self.engine: NDArray[np.int8] = np.zeros(self._room, np.int8)
        self.kind: NDArray[np.int8] = np.zeros(self._room, np.int8)
        self.effect: NDArray[np.int8] = np.zeros(self._room, np.int8)
        """What the shape does to its transaction: see `effect`."""
        self.bound: Column = np.zeros(self._room, np.int64)
        """Calls that may have been missed while the shape was not kept."""
        self.texts: list[bytes] = []
        self._numbers: dict[int, KeyTable] = {}

    def find(self, engine: int, fingerprints: NDArray[np.uint64]) -> NDArray[np.int32]:
        """The numbers of an engine's fingerprints, -1 for those that are new."""
        table = self._numbers.get(engine)
        return np.full(len(fingerprints), -1, np.int32) if table is None else table.find(fingerprints)

    def append(
        self,
        engine: int,
        fingerprints: NDArray[np.uint64],
        texts: Sequence[bytes],
        kinds: NDArray[np.int8],
        checksums: NDArray[np.uint64],
    ) -> NDArray[np.int32]:
        """Add new, distinct shapes of one engine; gives their numbers."""
        first, last = self.count, self.count + len(texts)
        self._grow(last)
        self.count = last
        numbers = np.arange(first, last, dtype=np.int32)
        self.fingerprint[first:last] = fingerprints
        self.checksum[first:last] = checksums
        self.engine[first:last] = engine
        self.kind[first:last] = kinds
        self.effect[first:last] = [effect_of(KINDS[k], t) for k, t in zip(kinds.tolist(), texts, strict=True)]
        self.bound[first:last] = self.floor
        self.texts.extend(texts)
        self._numbers.setdefault(engine, KeyTable()).insert(fingerprints, numbers)
        return numbers

    def _grow(self, wanted: int) -> None:
        if wanted <= self._room:
            return
        self._room = max(wanted, self._room + self._room // 4)
        for name, (_, nothing) in COLUMNS.items():
            self.columns[name] = _longer(self.columns[name], self._room, nothing)
        self.fingerprint = _longer(self.fingerprint, self._room, 0)
        self.checksum = _longer(self.checksum, self._room, 0)
        self.engine = _longer(self.engine, self._room, 0)
        self.kind = _longer(self.kind, self._room, 0)
        self.effect = _longer(self.effect, self._room, 0)
        self.bound = _longer(self.bound, self._room, 0)

    def fold(self, name: str, shapes: Column, values: Column) -> None:
        """Combine one value a shape into a column; ``shapes`` are distinct."""
        column, how = self.columns[name], COLUMNS[name][0]
        if how == "sum":
            column[shapes] += values
        elif how == "least":
            column[shapes] = np.minimum(column[shapes], values)
        else:
            column[shapes] = np.maximum(column[shapes], values)

    def keep(self, chosen: Column) -> None:
        """Keep the chosen shapes only (ascending numbers), numbered anew. In place: memory is short then."""
        for name, (_, nothing) in COLUMNS.items():
            _keep(self.columns[name], chosen, nothing)
        for column in (self.fingerprint, self.checksum, self.engine, self.kind, self.effect, self.bound):
            _keep(column, chosen, 0)
        self.texts = [self.texts[i] for i in chosen.tolist()]
        self.count = len(chosen)
        self.index()

    def index(self) -> None:
        """Build the look-up of fingerprints anew from the columns."""
        engines = self.engine[: self.count]
        for table in self._numbers.values():
            table.clear()
        for engine in np.unique(engines).tolist():
            at = np.flatnonzero(engines == engine).astype(np.int32)
            self._numbers.setdefault(engine, KeyTable()).insert(self.fingerprint[at], at)


def _longer(column: NDArray[T], room: int, nothing: int) -> NDArray[T]:
    longer = np.full(room, nothing, column.dtype)
    longer[: len(column)] = column
    return longer


def _keep(column: NDArray[T], chosen: Column, nothing: int) -> None:
    column[: len(chosen)] = column[chosen]
    column[len(chosen) :] = nothing
