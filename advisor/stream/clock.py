"""How finely a log's clock ticks, seen from its times alone."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from advisor.model.batch import NO_TIME

Times = NDArray[np.int64]
_TICKS = (1_000_000, 1_000)
#: So many times that all happen to be whole ticks of a coarser clock are no accident.
_ENOUGH = 4


def tick_us(start_us: Times, duration_us: Times) -> int | None:
    """Microseconds between two ticks of the clock that wrote the times of one source: 1, 1000 or 1,000,000.

    Logs stamp either the start of a statement or its end (then start is end - duration, and finer than the clock).
    None where no time is known.
    """
    known = start_us != NO_TIME
    if not known.any():
        return None
    start = start_us[known]
    end = start + np.maximum(duration_us[known], 0)
    for tick in _TICKS:
        if len(start) >= _ENOUGH and not ((start % tick).any() and (end % tick).any()):
            return tick
    return 1


def ticks_us(source: NDArray[np.int32], start_us: Times, duration_us: Times) -> dict[int, int | None]:
    """`tick_us` of each source."""
    return {
        int(number): tick_us(start_us[source == number], duration_us[source == number])
        for number in np.unique(source).tolist()
    }
