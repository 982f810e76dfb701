"""How many statements run at once, over time: a sweep over the starts and ends of all of them.

The mean of a window is the time of all statements in it over its length. That is Little's law, N = X R: what is in a
system is the rate at which it arrives times how long it stays (Little, "A Proof for the Queuing Formula L = lambda W",
1961). The most at one instant needs a clock finer than the statements; with one of whole seconds only means are told.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.model.batch import NO_TIME
from advisor.model.insights import BusyWindow
from advisor.model.stream_limits import STREAM
from advisor.stream.material import Material

Times = NDArray[np.int64]
Numbers = NDArray[np.float64]
_SECOND = 1_000_000
#: Window lengths, in seconds.
_LENGTHS = (1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600, 7200, 14400, 43200, 86400)
#: A clock that ticks slower than this tells no instants.
_FINE_US = 10_000
#: Ticks of the clock in a window, at least.
_TICKS = 10


@dataclass(frozen=True, slots=True)
class Series:
    """Concurrency in windows of one length, from ``start_us`` on."""

    start_us: int
    width_us: int
    mean: Numbers
    most: NDArray[np.int64] | None
    """None where a coarse clock, or a sample, cannot tell."""
    waiting: Numbers | None
    """Of the mean, what waited for locks; None where no wait was told."""
    begun: NDArray[np.int64]
    """Statements that began."""
    row: NDArray[np.intp]
    """The rows that count."""


def sweep(start: Times, end: Times) -> tuple[Times, NDArray[np.int64]]:
    """Instants at which the number running changes, and the number from each on. Intervals are half open.

    What happens at one instant happens at once: one that ends as another begins does not overlap it.
    """
    instants = np.concatenate((start, end))
    steps = np.concatenate((np.ones(len(start), np.int64), -np.ones(len(end), np.int64)))
    order = np.argsort(instants, kind="stable")
    instants, running = instants[order], np.cumsum(steps[order])
    last = np.append(instants[1:] != instants[:-1], True) if len(instants) else np.zeros(0, np.bool_)
    return instants[last], running[last]


def means(start: Times, end: Times, edges: Times) -> Numbers:
    """Mean number running in each window between edges: exact, whatever the windows."""
    width = np.diff(edges)
    return np.diff(_elapsed(np.sort(start), edges) - _elapsed(np.sort(end), edges)) / np.maximum(width, 1)


def _elapsed(times: Times, edges: Times) -> Numbers:
    """Sum over the times before each edge of how long ago they were."""
    before = np.searchsorted(times, edges)
    origin = int(edges[0])
    sums = np.concatenate(([0], np.cumsum(times - origin)))
    elapsed: Numbers = (before * (edges - origin) - sums[before]).astype(np.float64)
    return elapsed


def most(start: Times, end: Times, edges: Times) -> NDArray[np.int64]:
    """The most that ran at one instant of each window."""
    instants, running = sweep(start, end)
    at = np.searchsorted(instants, edges[:-1], side="right") - 1
    carried = np.where(at >= 0, running[np.maximum(at, 0)], 0) if len(running) else np.zeros(len(edges) - 1, np.int64)
    found: NDArray[np.int64] = carried.astype(np.int64)
    window = np.searchsorted(edges, instants, side="right") - 1
    inside = (window >= 0) & (window < len(found))
    np.maximum.at(found, window[inside], running[inside])
    return found


def series(material: Material) -> Series | None:
    """Concurrency over the whole log, None where durations or times are not known."""
    rows = material.rows
    row = np.flatnonzero((rows["start_us"] != NO_TIME) & (rows["duration_us"] >= 0))
    if len(row) < 2:
        return None
    start = rows["start_us"][row]
    end = start + rows["duration_us"][row]
    tick = material.tick_us or 1
    span = int(end.max() - start.min())
    least = max(span / _SECOND / STREAM.busy_windows_most, _TICKS * tick / _SECOND)
    width = next((length for length in _LENGTHS if length >= least), _LENGTHS[-1]) * _SECOND
    first = int(start.min()) // width * width
    if not 0 < (int(end.max()) - first + width - 1) // width <= 100 * STREAM.busy_windows_most:
        return None  # one event of another century: no memory is taken for the windows in between
    edges = np.arange(first, int(end.max()) + width, width, dtype=np.int64)
    fine = tick <= _FINE_US and material.scale == 1.0
    waits = [(w.began_us, w.wait_us) for w in material.observations.waits if w.began_us is not None and w.wait_us > 0]
    waiting = None
    if waits:
        began = np.array([w[0] for w in waits], np.int64)
        waiting = means(began, began + np.array([w[1] for w in waits], np.int64), edges)
    begun = np.bincount((start - first) // width, minlength=len(edges) - 1)
    return Series(
        start_us=first,
        width_us=width,
        mean=means(start, end, edges) * material.scale,
        most=most(start, end, edges) if fine else None,
        waiting=waiting,
        begun=np.rint(begun * material.scale).astype(np.int64),
        row=row,
    )


def busy_windows(material: Material) -> list[BusyWindow]:
    """The busiest windows, by mean concurrency, with what took the most of each."""
    whole = series(material)
    if whole is None:
        return []
    typical = float(np.median(whole.mean))
    ranked = np.argsort(-whole.mean, kind="stable")[: STREAM.busy_windows]
    rows, codes = material.rows, material.codes
    start = rows["start_us"][whole.row]
    end = start + rows["duration_us"][whole.row]
    found = []
    for rank, number in enumerate(ranked.tolist(), 1):
        if whole.mean[number] <= 0:
            break
        first = whole.start_us + number * whole.width_us
        inside = np.minimum(end, first + whole.width_us) - np.maximum(start, first)
        present = inside > 0
        times = np.bincount(codes[whole.row[present]], weights=inside[present].astype(np.float64))
        heaviest = int(np.argmax(times)) if len(times) else None
        found.append(
            BusyWindow(
                start_us=first,
                seconds=whole.width_us / _SECOND,
                mean=float(whole.mean[number]),
                typical=typical,
                max=int(whole.most[number]) if whole.most is not None else None,
                waiting=float(whole.waiting[number]) if whole.waiting is not None else None,
                per_second=float(whole.begun[number]) * _SECOND / whole.width_us,
                fingerprint=None if heaviest is None else material.fingerprints[heaviest],
                share=None if heaviest is None else float(times[heaviest] / times.sum()),
                busiest=rank,
            )
        )
    return found
