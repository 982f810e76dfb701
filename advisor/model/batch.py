"""A batch: the executed statements of one stretch of a source, column by column, in the order of the source.

Every reader produces batches and the digest consumes nothing else. Columns are numpy arrays of equal length;
texts stay in the buffer they were read in until somebody asks for one of them, because almost nobody does:
a log has millions of events and a few thousand shapes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from advisor.model.engine import Engine
from advisor.model.incident import Incident

#: Marks an unknown in an integer column. A count or a duration is never negative.
UNKNOWN = -1
#: Marks an unknown time. Microseconds since 1970-01-01 UTC (or local wall clock when ``Batch.zoned`` is false).
NO_TIME = -(2**63)
#: How many leading literals of a statement are hashed one by one for the sequence material.
KEY_HASHES = 4


@dataclass(frozen=True, slots=True)
class Context:
    """Who ran a statement. Unknown parts are None; an empty string never stands for unknown."""

    database: str | None = None
    user: str | None = None
    application: str | None = None
    host: str | None = None


class Texts(Protocol):
    """Gives the texts of the events of one batch, on request."""

    def sql(self, event: int) -> str:
        """The statement as logged, transport escapes removed (tabs of continuation lines, doubled csv quotes...)."""

    def parameters(self, event: int) -> str | None:
        """Bound parameters as the log prints them (``$1 = '7', $2 = NULL``), None when there are none."""


@dataclass(slots=True)
class Batch:
    """Executed statements of one source, in order. All columns have ``len(batch)`` elements."""

    source: int
    """Index of the source (file) in the run's list of sources."""
    engine: Engine
    time_us: NDArray[np.int64]
    """Start of execution, microseconds since the epoch; NO_TIME where unknown."""
    duration_us: NDArray[np.int64]
    """Wall time of the execution in microseconds; UNKNOWN where the log does not say."""
    shape_key: NDArray[np.uint64]
    """Hash of the normalised text, as advisor.fingerprint gives it: equal keys mean the same shape."""
    session: NDArray[np.uint64]
    """Hash that names the connection within the source; 0 unknown."""
    transaction: NDArray[np.uint64]
    """Hash of the transaction within the session; 0 unknown (autocommit's ``N/0`` is unknown)."""
    offset: NDArray[np.int64]
    """Byte offset of the record in the (decompressed) source: the order of events, and half of their identity."""
    line: NDArray[np.int64]
    """Line of the record, from 1."""
    context: NDArray[np.int32]
    """Index into ``contexts``."""
    tag: NDArray[np.int32]
    """Index into ``tags``; UNKNOWN where the statement carried no tag comment."""
    literals: NDArray[np.uint64]
    """Hash over all literals and bound parameters: equal texts of one shape have equal hashes."""
    keys: NDArray[np.uint32]
    """(n, KEY_HASHES): hashes of the first literals or bound parameters, 0 for none."""
    in_count: NDArray[np.int32]
    """Elements of the longest collapsed list (IN, ANY, VALUES rows); 0 for none."""
    rows_sent: NDArray[np.int64]
    rows_examined: NDArray[np.int64]
    rows_affected: NDArray[np.int64]
    lock_us: NDArray[np.int64]
    temp_bytes: NDArray[np.int64]
    contexts: Sequence[Context]
    tags: Sequence[str]
    """Distinct tag comments (sqlcommenter, marginalia), raw, without ``/*`` and ``*/``."""
    texts: Texts
    calls: NDArray[np.int64] | None = None
    """None: every row is one execution. Given by counters, where a row stands for ``calls`` executions that
    took ``duration_us`` together (then no quantile is known)."""
    zoned: bool = True
    """False when the source prints local times without a zone."""
    incidents: list[Incident] = field(default_factory=list)
    query_ids: NDArray[np.int64] | None = None
    """The server's own query id where it was logged (0 unknown)."""
    continues: NDArray[np.bool_] | None = None
    """True: a further fetch from a portal (a driver's fetch size). Its time belongs to the shape, but it is no new
    call: the execution was counted before. None: no row is."""

    def __len__(self) -> int:
        return len(self.time_us)

    def executions(self) -> int:
        """How many executions the rows stand for."""
        if self.calls is not None:
            return int(self.calls.sum())
        return len(self) - (0 if self.continues is None else int(np.count_nonzero(self.continues)))
