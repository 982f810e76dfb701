"""What happened to everything at once: another machine, a busy neighbour, twice the users. It is said once."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import median

from advisor.comparison.estimate import Estimates
from advisor.comparison.ratio import Ratio
from advisor.model.stream_limits import STREAM


@dataclass(frozen=True, slots=True)
class Whole:
    """Factors that most shapes share; 1 where they share none that chance does not explain."""

    time: float = 1.0
    calls: float = 1.0
    shapes: int = 0
    """Shapes with an interval."""
    drift: float = 1.0
    """What most shapes' times moved by, be it chance."""


def whole(known_of: Estimates) -> Whole:
    """The common ratio of time, and of calls per hour, where most shapes moved by it.

    Of time it must be more than chance: a slow hour slows all shapes, so that they agree proves nothing by itself.
    """
    estimates = known_of.each
    known = [e.alone.known[0] for e in estimates if e.alone.known]
    calls = [e.calls for e in estimates if e.calls is not None and e.calls.error is not None]
    held = known_of.control
    if held is None:  # sums of hours, or too few shapes
        time = drift = _shared(known) if all(e.method != "events" for e in estimates) else 1.0
    else:
        drift, error, df = math.exp(held.drift), float(held.spread.error[0]), float(held.spread.df[0])
        shown = error > 0 and df >= 1 and Ratio(drift, error, df).p() <= STREAM.compare_confirmed
        time = drift if shown and abs(held.drift) >= math.log1p(STREAM.compare_change) else 1.0
    return Whole(time, _shared(calls), len(known), drift)


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
