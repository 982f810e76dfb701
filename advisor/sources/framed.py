"""What framing makes of one block of a log: a pure function of the block's bytes.

A framer finds the records that start in a block and splits them in two: *hot* records, which are complete executed
statements and become columns at once, and *others*, which are handed to Python as byte ranges. Compiled and pure-Python
framers of a format return equal results; a block may be cut before any record start without changing the whole.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from advisor.model.batch import Context


def line_feeds(data: bytes) -> int:
    """How many line feeds the data holds. (`bytes.count` takes three times as long where lines are short.)"""
    return int(np.count_nonzero(np.frombuffer(data, np.uint8) == 10))


@dataclass(slots=True)
class Block:
    """A stretch of a source that begins at a record start (or at the start of the source) and ends before another."""

    data: bytes
    offset: int
    """Of its first byte in the (decompressed, unwrapped) source."""
    line: int
    """Number of its first line, from 1."""


@dataclass(slots=True)
class Framed:
    """Columns as in `Batch` (one row a hot record), and the ranges of everything else."""

    block: Block
    lines: int
    """Lines in the block."""
    time_us: NDArray[np.int64]
    """As logged (PostgreSQL: the end of the execution; pairing turns it into the start)."""
    duration_us: NDArray[np.int64]
    shape_key: NDArray[np.uint64]
    session: NDArray[np.uint64]
    transaction: NDArray[np.uint64]
    start: NDArray[np.int64]
    """Record start within block.data."""
    line: NDArray[np.int64]
    """Line within the block, from 0."""
    context: NDArray[np.int32]
    tag: NDArray[np.int32]
    literals: NDArray[np.uint64]
    keys: NDArray[np.uint32]
    in_count: NDArray[np.int32]
    rows_sent: NDArray[np.int64]
    rows_examined: NDArray[np.int64]
    rows_affected: NDArray[np.int64]
    lock_us: NDArray[np.int64]
    temp_bytes: NDArray[np.int64]
    query_id: NDArray[np.int64]
    sql_start: NDArray[np.int64]
    """Range of the raw statement (transport escapes still in) within block.data."""
    sql_end: NDArray[np.int64]
    parameters_start: NDArray[np.int64]
    """Range of the raw parameter list; -1 none."""
    parameters_end: NDArray[np.int64]
    contexts: Sequence[Context]
    tags: Sequence[str]
    other_start: NDArray[np.int64]
    """Records that are not hot, in order, as ranges within block.data..."""
    other_end: NDArray[np.int64]
    other_line: NDArray[np.int64]
    """... and the line (within the block, from 0) that each starts on."""
    unreadable: list[tuple[int, int, str]] = field(default_factory=list)
    """(line within the block, number of lines, reason) of what is no record at all."""
    flags: NDArray[np.uint8] | None = None
    """Bits of a hot record, per format: 1 = execute of the extended protocol, 2 = fetch from a portal,
    4 = text known to be truncated, 8 = time is unknown and inherited from the record before,
    16 = logged when it began: its time is the start, its duration unknown here (PostgreSQL's log_statement)."""
    other_kind: NDArray[np.uint8] | None = None
    """What an other is, per format (PostgreSQL: `postgresql.record`), so that frequent ones need no parsing."""
    other_time_us: NDArray[np.int64] | None = None
    other_session: NDArray[np.uint64] | None = None
    other_duration_us: NDArray[np.int64] | None = None
    """The duration that an other's message begins with; UNKNOWN when it has none."""

    def __len__(self) -> int:
        return len(self.time_us)


class Framer(Protocol):
    """Frames blocks of one format. Holds only what detection learned (a prefix, an engine): no state between blocks."""

    def frame(self, block: Block, *, final: bool) -> Framed:
        """Frame a whole block. ``final``: nothing follows it, so an incomplete last record is cut, not continued."""

    def last_start(self, data: bytes | bytearray | memoryview) -> int:
        """Where the last record of the data starts: the block may be cut there. 0 when no later cut is possible."""

    def unescape(self, raw: bytes) -> str:
        """A raw sql or parameter range as text (transport escapes removed; bad UTF-8 replaced)."""
