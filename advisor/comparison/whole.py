"""What happened to everything at once: another machine, a busy neighbour, twice the users. It is said once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from advisor.comparison.estimate import Estimates, Ratio
from advisor.model.stream_limits import STREAM


@dataclass(frozen=True, slots=True)
class Whole:
    """Factors that most shapes share; 1 where they share none."""

    time: float = 1.0
    calls: float = 1.0
    shapes: int = 0
    """Shapes with an interval."""


def whole(known_of: Estimates) -> Whole:
    """The median ratio of time, and of calls per hour, where most shapes moved by it.

    Of time it must be more than chance: a slow hour slows all shapes, so that they agree proves nothing by itself.
    """
    estimates = known_of.each
    times = [e.typical or e.mean for e in estimates]
    known = [r for r in times if r is not None and r.error is not None]
    calls = [e.calls for e in estimates if e.calls is not None and e.calls.error is not None]
    time = _shared(known)
    p = None if known_of.shared is None else known_of.shared.p(1 / time)
    if p is not None and p > STREAM.compare_q:
        time = 1.0
    return Whole(time, _shared(calls), len(known))


def _shared(ratios: Sequence[Ratio]) -> float:
    if len(ratios) < STREAM.compare_whole_shapes:
        return 1.0
    factor = median(r.value for r in ratios)
    if abs(math.log(factor)) < math.log1p(STREAM.compare_change):
        return 1.0
    agree = sum(_agrees(r, factor) for r in ratios)
    moved = sum((r.value > 1) == (factor > 1) for r in ratios)
    share = STREAM.compare_whole_agree
    return factor if agree >= share * len(ratios) and moved >= share * len(ratios) else 1.0


def _agrees(ratio: Ratio, factor: float) -> bool:
    near = abs(math.log(ratio.value / factor)) <= math.log1p(STREAM.compare_change)
    low, high = ratio.low, ratio.high
    return near or (low is not None and high is not None and low <= factor <= high)
