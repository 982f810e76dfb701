"""The executions of the last stretch of a log, which later records of the extended protocol go back to.

A plan is logged when the portal closes, further fetches come while it is open: both may be in a later block. Kept are
a few columns of the framed rows, for a fixed distance in the source, so that the answer does not depend on blocks.
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

    def unexecuted(self, framed: Framed) -> NDArray[np.int64]:
        """Rows of the block just added that fetch from a portal whose execution the log does not show.

        A threshold hides the first part where a later one is slower. Then that fetch stands for the execution.
        """
        if framed.flags is None or not (framed.flags & FETCH).any():
            return np.zeros(0, np.int64)
        sessions = np.unique(framed.session[(framed.flags & FETCH) != 0])
        picked = [
            np.flatnonzero(((block.flags & (EXECUTE | FETCH)) != 0) & np.isin(block.session, sessions))
            for block in self._blocks
        ]
        session, key, start, flags = (
            np.concatenate([getattr(block, name)[rows] for block, rows in zip(self._blocks, picked, strict=True)])
            for name in ("session", "key", "start", "flags")
        )
        order = np.lexsort((start, key, session))
        session, key, start = session[order], key[order], start[order]
        follows = (session[1:] == session[:-1]) & (key[1:] == key[:-1]) & (start[1:] - start[:-1] <= LOOK_BACK)
        alone = ((flags[order] & FETCH) != 0) & ~np.concatenate(([False], follows))
        here = order[alone] - (len(order) - len(picked[-1]))
        return np.sort(picked[-1][here[here >= 0]])

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
