"""What follows what in each session of a block: statements that were logged when they began, and their durations.

``statement: X`` and the ``duration: N ms`` after it are two records; here they are found together for all sessions of
a block at once, with a sort.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from advisor.sources.framed import Framed
from advisor.sources.postgresql.record import BEGUN, DURATION

_BEGAN, _WHOLE, _TIMED, _FAILED = range(4)


class Followed(NamedTuple):
    """Statements are named by their framed row; those carried over from earlier blocks by ``~index`` in ``carried``."""

    timed: NDArray[np.int64]
    """Statements that are followed by their duration..."""
    durations: NDArray[np.int64]
    """... which is this."""
    repeated: dict[int, int]
    """Statement -> the framed row of the whole execution right after it."""
    carried: list[int]
    """Statements carried over that anything at all comes after."""
    waiting: list[int]
    """Framed rows that nothing comes after in this block."""
    bare: NDArray[np.int64]
    """Durations that follow no statement."""


def begun(framed: Framed) -> NDArray[np.bool_]:
    """Which framed rows were logged when they began."""
    return np.zeros(len(framed), np.bool_) if framed.flags is None else (framed.flags & BEGUN) != 0


def follow(
    framed: Framed, carried: Sequence[int], closing: NDArray[np.int64], apart: NDArray[np.uint64]
) -> Followed | None:
    """Find what follows what; None when the block has nothing to join.

    ``carried``: sessions with a statement from before. ``closing``: others that end what their session was doing.
    ``apart``: sessions that are left out.
    """
    assert framed.other_kind is not None
    assert framed.other_session is not None
    assert framed.other_duration_us is not None
    started = begun(framed)
    ends = np.flatnonzero(framed.other_kind == DURATION)
    if not (len(ends) or len(carried) or started.any()):
        return None
    ends = np.concatenate((ends, closing))
    rows = np.arange(len(framed))
    if len(apart):
        rows = rows[~np.isin(framed.session, apart)]
        ends = ends[~np.isin(framed.other_session[ends], apart)]
    before = np.arange(len(carried))
    session = np.concatenate((np.array(carried, np.uint64), framed.session[rows], framed.other_session[ends]))
    start = np.concatenate((np.full(len(carried), -1), framed.start[rows], framed.other_start[ends]))
    what = np.concatenate(
        (
            np.full(len(carried), _BEGAN),
            np.where(started[rows], _BEGAN, _WHOLE),
            np.where(framed.other_kind[ends] == DURATION, _TIMED, _FAILED),
        )
    )
    number = np.concatenate((~before, rows, ends))
    order = np.lexsort((start, session))
    session, what, number = session[order], what[order], number[order]
    same = session[1:] == session[:-1]
    began = what == _BEGAN
    followed = np.concatenate((same, [False]))[: len(session)]
    after = np.flatnonzero(same & began[:-1]) + 1
    timed = after[what[after] == _TIMED]
    bare = np.setdiff1d(np.flatnonzero(what == _TIMED), timed, assume_unique=True)
    return Followed(
        timed=number[timed - 1],
        durations=framed.other_duration_us[number[timed]],
        repeated={int(number[at - 1]): int(number[at]) for at in after[what[after] == _WHOLE].tolist()},
        carried=number[began & followed & (number < 0)].tolist(),
        waiting=number[began & ~followed & (number >= 0)].tolist(),
        bare=framed.other_duration_us[number[bare]],
    )
