"""The executions of the last stretch of a log: in the extended protocol a plan comes after its execution.

The plan is logged when the portal closes, which may be in a later block. Kept are a few columns of the framed rows,
for a fixed distance in the source, so that the answer does not depend on blocks.
"""

from __future__ import annotations

from collections import OrderedDict, deque
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.model.limits import LIMITS
from advisor.sources.framed import Framed
from advisor.sources.postgresql.record import EXECUTE, FETCH

#: How far back in the source a plan looks for its execution.
LOOK_BACK = 16 << 20


@dataclass(slots=True)
class _Rows:
    offset: int
    session: NDArray[np.uint64]
    key: NDArray[np.uint64]
    flags: NDArray[np.uint8]
    start: NDArray[np.int64]


class Recent:
    """Framed rows of the last blocks."""

    def __init__(self) -> None:
        self._blocks: deque[_Rows] = deque()
        self._matched: OrderedDict[int, int] = OrderedDict()  # session -> offset of its last execution with a plan

    def add(self, framed: Framed) -> None:
        """Take in the next block."""
        offset = framed.block.offset
        flags = framed.flags if framed.flags is not None else np.zeros(len(framed), np.uint8)
        self._blocks.append(_Rows(offset, framed.session, framed.shape_key, flags, framed.start + offset))
        while len(self._blocks) > 1 and self._blocks[1].offset < offset - LOOK_BACK:
            self._blocks.popleft()

    def claims(self, session: int, key: int, offset: int) -> bool:
        """Whether a plan of shape ``key`` at ``offset`` belongs to the session's last execution. Each has one plan."""
        for block in reversed(self._blocks):
            rows = np.flatnonzero((block.session == np.uint64(session)) & (block.start < offset))
            if len(rows):
                row = int(rows[-1])
                break
        else:
            return False
        start = int(block.start[row])
        extended = bool(block.flags[row] & (EXECUTE | FETCH))
        if not extended or start < offset - LOOK_BACK or int(block.key[row]) != key:
            return False
        if self._matched.get(session) == start:
            return False
        self._matched[session] = start
        self._matched.move_to_end(session)
        if len(self._matched) > LIMITS.sessions_open:
            self._matched.popitem(last=False)
        return True
