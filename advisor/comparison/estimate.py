"""How much longer a call takes, and how much oftener it is made: a ratio for each shape, with its interval.

Two statistics of time, because they answer two questions and a change may show in one alone. The ratio of geometric
means is what the typical call does: logarithms of durations are nearly normal, so few calls suffice and one stuck call
weighs little. The ratio of means is what the load does: a lock or a plan that hits one call in twenty shows there. The
smaller p-value counts, doubled for the choice (Bonferroni).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from advisor.comparison.blocks import Matrix
from advisor.comparison.events import Events
from advisor.comparison.hourly import Hourly, paired
from advisor.comparison.interval import Series, Spread, of_all, spread
from advisor.comparison.slots import Sums, grids
from advisor.comparison.student import critical, two_sided
from advisor.comparison.window import Key, Window
from advisor.model.shape import ShapeSummary
from advisor.model.stream_limits import STREAM

Method = Literal["events", "hours", "totals"]
#: Shapes whose slots are held at a time: 2,000 x 240 slots x 8 sums are 31 MB.
_CHUNK = 2000
#: Durations are whole microseconds or milliseconds: no ratio is known better than this.
_SMALLEST_ERROR = 0.005
_SEED = 6


@dataclass(frozen=True, slots=True)
class Ratio:
    """After / before. ``error`` is that of its logarithm; None: a ratio without an interval."""

    value: float
    error: float | None = None
    df: float = 0.0

    @property
    def low(self) -> float | None:
        """Lower end of the 95 % interval."""
        return None if self.error is None else self.value * math.exp(-critical(self.df) * self.error)

    @property
    def high(self) -> float | None:
        """Upper end."""
        return None if self.error is None else self.value * math.exp(min(critical(self.df) * self.error, 600.0))

    def p(self, factor: float = 1.0) -> float | None:
        """Two-sided p-value of the ratio being ``factor``."""
        if self.error is None:
            return None
        return two_sided(math.log(self.value / factor) / self.error, self.df)

    def over(self, factor: float) -> Ratio:
        """The ratio beside that of everything else."""
        return Ratio(self.value / factor, self.error, self.df)


@dataclass(slots=True)
class Estimate:
    """What is known of one shape that both sides have. None: not to be known."""

    method: Method
    typical: Ratio | None = None
    """Ratio of geometric means."""
    mean: Ratio | None = None
    """Ratio of means."""
    calls: Ratio | None = None
    """Ratio of calls per hour."""
    kept: tuple[int, int] = (0, 0)
    """Calls that the interval rests on, before and after."""
    seen: tuple[int, int] = (0, 0)
    """All timed calls, before and after."""
    us: tuple[float, float] = (0.0, 0.0)
    """Time of all calls that are compared, before and after."""

    def p(self, factor: float = 1.0) -> float | None:
        """Of time having changed by another factor than this."""
        known = [p for r in (self.typical, self.mean) if r is not None and (p := r.p(factor)) is not None]
        return min(1.0, len(known) * min(known)) if known else None


@dataclass(slots=True)
class Estimates:
    """``shared``: a ratio of 1 with the error of the mean over shapes of the logarithms; None: not to be known."""

    each: list[Estimate]
    shared: Ratio | None = None


def estimates(before: Window, after: Window, keys: Sequence[Key], *, floor_us: int, calls: bool) -> Estimates:
    """One for each key. ``floor_us``: only calls of at least so long are compared, because one log has no others;
    ``calls``: calls per hour may be compared."""
    generator = np.random.default_rng(_SEED)  # the same input gives the same answer
    out = [_totals(before.shapes[key], after.shapes[key], before, after, floor_us, calls) for key in keys]
    shared: Ratio | None = None
    if not keys:
        return Estimates(out)
    both = grids(before, after)
    enough = np.zeros(len(keys), np.bool_)
    if both is not None:
        one, other = Events(before, keys, both[0], floor_us), Events(after, keys, both[1], floor_us)
        enough = np.minimum(one.timed, other.timed) >= STREAM.compare_calls
        for first in range(0, len(keys), _CHUNK):
            last = min(first + _CHUNK, len(keys))
            if enough[first:last].any():
                found = _from_events(out, (one, other), (first, last), both[2], generator)
                shared = shared or found  # of the heaviest: keys are ordered by time
        if floor_us:
            _above(out, before, after, one, other, calls)
    if floor_us or both is None:
        return Estimates(out, shared)
    left = [
        number
        for number in range(len(keys))
        if out[number].typical is None
        and all(w.shapes[keys[number]].timed_calls == w.shapes[keys[number]].calls for w in (before, after))
    ]
    _from_hours(out, before, after, keys, left, generator)
    return Estimates(out, shared)


def _totals(b: ShapeSummary, a: ShapeSummary, before: Window, after: Window, floor_us: int, calls: bool) -> Estimate:
    """Ratios of the exact totals, without an interval."""
    out = Estimate("totals", seen=(b.timed_calls, a.timed_calls), us=(float(b.total_us), float(a.total_us)))
    if floor_us:
        return out
    if b.timed_calls and a.timed_calls and b.total_us > 0 and a.total_us > 0:
        out.mean = Ratio((a.total_us / a.timed_calls) / (b.total_us / b.timed_calls))
    if calls and before.hours and after.hours and b.calls and a.calls:
        out.calls = Ratio((a.calls / after.hours) / (b.calls / before.hours))
    return out


def _from_events(
    out: list[Estimate],
    sides: tuple[Events, Events],
    part: tuple[int, int],
    aligned: bool,
    generator: np.random.Generator,
) -> Ratio:
    one, other = sides
    first, last = part
    rows = first + np.flatnonzero(np.minimum(one.timed, other.timed)[first:last] >= STREAM.compare_calls)
    b, a = (side.sums(first, last).of(rows - first) for side in sides)
    assert b.log is not None
    assert a.log is not None
    m, n = one.timed[rows], other.timed[rows]
    logs = Series(b.log, b.timed, False, m), Series(a.log, a.timed, False, n)
    typical = spread(*logs, paired=aligned, generator=generator)
    mean = spread(Series(b.us, b.timed, True, m), Series(a.us, a.timed, True, n), paired=aligned, generator=generator)
    rate = _rates(b, a, aligned, generator)
    single = [
        np.hypot(x[rows], y[rows]) for x, y in ((one.log_error, other.log_error), (one.mean_error, other.mean_error))
    ]
    calls = np.minimum(m, n)
    typical, mean = (_no_calmer(of, alone, calls) for of, alone in zip((typical, mean), single, strict=True))
    for row, number in enumerate(rows.tolist()):
        estimate = out[number]
        estimate.kept = (int(one.timed[number]), int(other.timed[number]))
        estimate.method = "events"
        value = math.exp(other.log_mean[number] - one.log_mean[number])
        estimate.typical = _ratio(value, typical, row, single[0][row])
        if one.mean_us[number] > 0 and other.mean_us[number] > 0:
            exact = estimate.mean.value if estimate.mean is not None else other.mean_us[number] / one.mean_us[number]
            estimate.mean = _ratio(exact, mean, row, single[1][row])
        if estimate.calls is not None:
            poisson = math.sqrt(1 / one.calls[number] + 1 / other.calls[number])
            estimate.calls = _ratio(estimate.calls.value, rate, row, poisson)
    return _ratio(1.0, of_all(*logs, paired=aligned, generator=generator), 0, 0.0)


def _no_calmer(of: Spread, independent: Matrix, calls: Matrix) -> Spread:
    """No shape is taken to be calmer than shapes called about as often usually are.

    A standard error from few blocks is itself uncertain, and among many shapes those are named whose error came out too
    small. ``independent`` is the error were calls independent: what blocks usually add to it holds for all.
    """
    error = of.error.copy()
    size = np.round(np.log(np.maximum(calls, 1.0)) / np.log(4.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        added = error / independent
    for group in np.unique(size).tolist():
        at = size == group
        known = added[at & np.isfinite(added)]
        if len(known):
            error[at] = np.maximum(error[at], independent[at] * np.median(known))
    return Spread(error, of.df)


def _rates(b: Sums, a: Sums, aligned: bool, generator: np.random.Generator) -> Spread:
    def per_second(sums: Sums) -> Series:
        return Series(sums.calls, np.broadcast_to(sums.exposure, sums.calls.shape), True, sums.calls.sum(axis=1))

    return spread(per_second(b), per_second(a), paired=aligned, generator=generator)


def _ratio(value: float, of: Spread, row: int, independent: float) -> Ratio:
    """With the larger of the two errors: blocks never make calls more than independent."""
    error, df = float(of.error[row]), float(of.df[row])
    if math.isnan(error) or math.isnan(independent) or df < 1:
        return Ratio(value)
    return Ratio(value, max(error, independent, _SMALLEST_ERROR), df)


def _above(out: list[Estimate], before: Window, after: Window, one: Events, other: Events, calls: bool) -> None:
    """Calls above the floor, counted in the kept ones: exact totals hold those below too."""
    for number, estimate in enumerate(out):
        times = [np.nan_to_num(side.mean_us[number]) * side.timed[number] / side.share for side in (one, other)]
        estimate.us = (float(times[0]), float(times[1]))
        b, a = one.calls[number] / one.share, other.calls[number] / other.share
        if calls and b and a and before.hours and after.hours:
            value = (a / after.hours) / (b / before.hours)
            estimate.calls = (
                Ratio(value) if estimate.calls is None else estimate.calls.over(estimate.calls.value / value)
            )


def _from_hours(
    out: list[Estimate],
    before: Window,
    after: Window,
    keys: Sequence[Key],
    left: Sequence[int],
    generator: np.random.Generator,
) -> None:
    one, other = Hourly(before, keys), Hourly(after, keys)
    if min(one.grid.count, other.grid.count) < STREAM.compare_blocks:
        return
    aligned = paired(one, other)
    for first in range(0, len(left), _CHUNK):
        part = left[first : first + _CHUNK]
        b, a = one.sums(part), other.sums(part)
        counts: list[Matrix] = [b.calls.sum(axis=1), a.calls.sum(axis=1)]
        series = [Series(one.us, one.calls, True, count) for one, count in zip((b, a), counts, strict=True)]
        mean = spread(*series, paired=aligned, generator=generator)
        rate = _rates(b, a, aligned, generator)
        for row, number in enumerate(part):
            estimate = out[number]
            few = min(counts[0][row], counts[1][row]) < STREAM.compare_calls
            if few or estimate.mean is None or math.isnan(mean.error[row]) or mean.df[row] < 1:
                continue
            estimate.method = "hours"
            estimate.kept = (int(counts[0][row]), int(counts[1][row]))
            estimate.mean = _ratio(estimate.mean.value, mean, row, 0.0)
            if estimate.calls is not None:
                poisson = math.sqrt(1 / counts[0][row] + 1 / counts[1][row])
                estimate.calls = _ratio(estimate.calls.value, rate, row, poisson)
