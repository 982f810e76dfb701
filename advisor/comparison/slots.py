"""Slices of time: calls, times and logarithms of times added up per shape and slot. All that the bootstrap needs."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.comparison.blocks import Matrix
from advisor.comparison.window import Window
from advisor.model.stream_limits import STREAM

DAY_US = 86_400_000_000
#: Lengths of slots, so that slots of two days lie at the same clock times.
_LENGTHS_US = tuple(
    int(seconds * 1e6)
    for seconds in (
        *(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1, 2, 5, 10, 15, 30),
        *(60 * m for m in (1, 2, 5, 10, 15, 30)),
        *(3600 * h for h in (1, 2, 3, 4, 6, 12, 24, 48, 168)),
    )
)


@dataclass(frozen=True, slots=True)
class Grid:
    """``count`` slots of ``slot_us`` microseconds, the first of which begins at ``start_us``."""

    start_us: int
    slot_us: int
    count: int

    def places(self, times_us: NDArray[np.int64]) -> NDArray[np.int64]:
        """Slot of each time; the ends take what lies beyond."""
        return np.clip((times_us - self.start_us) // self.slot_us, 0, self.count - 1)

    def exposure(self, start_us: int, end_us: int) -> Matrix:
        """Seconds of each slot that lie between two times: slots at the ends are not seen whole."""
        edges = self.start_us + self.slot_us * np.arange(self.count + 1)
        inside = np.clip(edges, start_us, max(end_us, start_us + 1))
        return np.diff(inside) / 1e6


@dataclass(frozen=True, slots=True)
class Sums:
    """Shapes x slots."""

    calls: Matrix
    timed: Matrix
    us: Matrix
    log: Matrix | None
    """Natural logarithms of the durations; None where single durations are not known."""
    exposure: Matrix
    """Seconds of each slot."""

    def of(self, rows: NDArray[np.int64]) -> Sums:
        """Of some of the shapes."""
        log = None if self.log is None else self.log[rows]
        return Sums(self.calls[rows], self.timed[rows], self.us[rows], log, self.exposure)


def grid(start_us: int, end_us: int, most: int = STREAM.compare_slots) -> Grid:
    """The finest grid of at most ``most`` slots over a stretch of time."""
    span = max(end_us - start_us, 1)
    length = next((one for one in _LENGTHS_US if span <= one * (most - 1)), max(_LENGTHS_US[-1], -(-span // most)))
    first = start_us // length
    return Grid(first * length, length, int(end_us // length - first + 1))


def grids(before: Window, after: Window) -> tuple[Grid, Grid, bool] | None:
    """A grid for each side, and whether slot i of both is the same time of the day (of days that count alike).

    Then both sides draw the same slots, and what every day brings (the busy morning, the nightly dump) cancels.
    """
    spans = [(w.totals.start_us, w.totals.end_us) for w in (before, after)]
    (b0, b1), (a0, a1) = spans
    if b0 is None or b1 is None or a0 is None or a1 is None:
        return None
    shift = round((a0 - b0) / DAY_US) * DAY_US
    one, other = grid(b0, b1), grid(a0, a1)
    slack = max(2 * one.slot_us, (b1 - b0) // 50)
    if abs(a0 - shift - b0) > slack or abs(a1 - shift - b1) > slack:
        return one, other, False
    both = grid(min(b0, a0 - shift), max(b1, a1 - shift))
    return both, Grid(both.start_us + shift, both.slot_us, both.count), True
