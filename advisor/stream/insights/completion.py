"""One order for the statements of all sessions: that in which the server completed them."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from advisor.digest.sequence import Rows
from advisor.model.batch import NO_TIME

#: A source that goes back in time by more than this was put together of several logs, or its clock was set.
_BACK_US = 60_000_000


def completion(rows: Rows) -> tuple[NDArray[np.intp], NDArray[np.int64]]:
    """Rows that have a time in the order of their completion, and the microsecond of it, which never decreases.

    Servers write a statement when it ends, so a source's own order is the order of completion, however coarse its
    clock is; between sources the times decide. A time within a source is never before that of the line above.
    """
    at = np.flatnonzero(rows["start_us"] != NO_TIME)
    at = at[np.lexsort((rows["offset"][at], rows["source"][at]))]
    end = rows["start_us"][at] + np.maximum(rows["duration_us"][at], 0)
    source = rows["source"][at]
    if not len(at):
        return at, end
    cuts = np.flatnonzero((source[1:] != source[:-1]) | (end[1:] < end[:-1] - _BACK_US)) + 1
    if len(cuts) < 10_000:
        bounds = [0, *cuts.tolist(), len(at)]
        for start, stop in pairwise(bounds):
            end[start:stop] = np.maximum.accumulate(end[start:stop])
    order = np.argsort(end, kind="stable")
    return at[order], end[order]
