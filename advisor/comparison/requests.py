"""Calls per request, where tags name requests: it does not grow with the traffic, as calls per hour do."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from advisor.comparison.events import numbers
from advisor.comparison.window import Key, Window

#: Share of the statements that must be tagged, or requests are not what the application does.
_TAGGED = 0.5


def per_request(window: Window, keys: Sequence[Key]) -> list[float | None]:
    """Mean calls of each shape per request; None for all where too few statements carry a tag that names one."""
    rows = window.digest.sequence_rows()
    tagged = rows["trace"] != 0
    if not len(tagged) or np.count_nonzero(tagged) < _TAGGED * len(tagged) or not keys:
        return [None] * len(keys)
    requests = len(np.unique(rows["trace"][tagged]))
    shape = numbers(window, keys)
    counts = np.bincount(shape[tagged & (shape >= 0)], minlength=len(keys))
    return [float(count) / requests for count in counts]
