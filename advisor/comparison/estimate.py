"""How much longer a call takes, and how much oftener it is made: a ratio for each shape, with its interval.

Two statistics of time, because they answer two questions and a change may show in one alone. The ratio of geometric
means is what the typical call does: logarithms of durations are nearly normal, so few calls suffice and one stuck call
weighs little. The ratio of means is what the load does: a lock or a plan that hits one call in twenty shows there.

Each is known twice: alone, and beside the drift of all other shapes.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from advisor.comparison.blocks import Matrix
from advisor.comparison.control import Control, control
from advisor.comparison.events import Events
from advisor.comparison.hourly import Hourly, paired
from advisor.comparison.interval import Series, Spread, spread
from advisor.comparison.moderation import moderated, scattered
from advisor.comparison.ratio import Ratio, Times
from advisor.comparison.slots import Sums, grids
from advisor.comparison.window import Key, Window
from advisor.model.shape import ShapeSummary
from advisor.model.stream_limits import STREAM

Method = Literal["events", "hours", "totals"]
#: Shapes whose slots are held at a time: 2,000 x 240 slots x 8 sums are 31 MB.
_CHUNK = 2000
#: Durations are whole microseconds or milliseconds: no ratio is known better than this.
_SMALLEST_ERROR = 0.005
_SEED = 6


@dataclass(slots=True)
class Estimate:
    """What is known of one shape that both sides have. None: not to be known."""

    method: Method
    alone: Times = field(default_factory=Times)
    beside: Times | None = None
    """The same beside the drift of the other shapes; None: they are no control."""
    calls: Ratio | None = None
    """Ratio of calls per hour."""
    kept: tuple[int, int] = (0, 0)
    """Calls that the interval rests on, before and after."""
    seen: tuple[int, int] = (0, 0)
    """All timed calls, before and after."""
    us: tuple[float, float] = (0.0, 0.0)
    """Time of all calls that are compared, before and after."""

    def told(self, common: float) -> Times:
        """What became of the shape. A drift that chance explains (``common`` is 1) is nobody's change."""
        return self.alone if self.beside is None or common != 1 else self.beside

    def own(self, common: float) -> Times:
        """What is left of it beside what the whole server did."""
        return self.alone.over(common) if self.beside is None else self.beside


@dataclass(slots=True)
class Estimates:
    """``control``: what the shapes share; None: not to be known."""

    each: list[Estimate]
    control: Control | None = None


def estimates(before: Window, after: Window, keys: Sequence[Key], *, floor_us: int, calls: bool) -> Estimates:
    """One for each key. ``floor_us``: only calls of at least so long are compared, because one log has no others;
    ``calls``: calls per hour may be compared."""
    generator = np.random.default_rng(_SEED)  # the same input gives the same answer
    out = [_totals(before.shapes[key], after.shapes[key], before, after, floor_us, calls) for key in keys]
    held: Control | None = None
    if not keys:
        return Estimates(out)
    both = grids(before, after)
    if both is not None:
        one, other = Events(before, keys, both[0], floor_us), Events(after, keys, both[1], floor_us)
        enough = np.minimum(one.timed, other.timed) >= STREAM.compare_calls
        for first in range(0, len(keys), _CHUNK):
            last = min(first + _CHUNK, len(keys))
            if enough[first:last].any():
                found = _from_events(out, (one, other), (first, last), both[2], generator, held)
                held = held or found  # of the heaviest: keys are ordered by time
        if floor_us:
            _above(out, before, after, one, other, calls)
    if floor_us or both is None:
        return Estimates(out, held)
    left = [
        number
        for number in range(len(keys))
        if not out[number].alone.known
        and all(w.shapes[keys[number]].timed_calls == w.shapes[keys[number]].calls for w in (before, after))
    ]
    _from_hours(out, before, after, keys, left, generator)
    return Estimates(out, held)


def _totals(b: ShapeSummary, a: ShapeSummary, before: Window, after: Window, floor_us: int, calls: bool) -> Estimate:
    """Ratios of the exact totals, without an interval."""
    out = Estimate("totals", seen=(b.timed_calls, a.timed_calls), us=(float(b.total_us), float(a.total_us)))
    if floor_us:
        return out
    if b.timed_calls and a.timed_calls and b.total_us > 0 and a.total_us > 0:
        out.alone = Times(mean=Ratio((a.total_us / a.timed_calls) / (b.total_us / b.timed_calls)))
    if calls and before.hours and after.hours and b.calls and a.calls:
        out.calls = Ratio((a.calls / after.hours) / (b.calls / before.hours))
    return out


def _from_events(
    out: list[Estimate],
    sides: tuple[Events, Events],
    part: tuple[int, int],
    aligned: bool,
    generator: np.random.Generator,
    held: Control | None,
) -> Control | None:
    one, other = sides
    first, last = part
    rows = first + np.flatnonzero(np.minimum(one.timed, other.timed)[first:last] >= STREAM.compare_calls)
    b, a = (side.sums(first, last).of(rows - first) for side in sides)
    assert b.log is not None
    assert a.log is not None
    m, n = one.timed[rows], other.timed[rows]
    calls = np.minimum(m, n)
    logs = Series(b.log, b.timed, False, m), Series(a.log, a.timed, False, n)
    means = Series(b.us, b.timed, True, m), Series(a.us, a.timed, True, n)
    single = [
        np.hypot(x[rows], y[rows]) for x, y in ((one.log_error, other.log_error), (one.mean_error, other.mean_error))
    ]

    def errors(*of: tuple[Series, Series], apart: bool) -> list[Spread]:
        raw = [spread(*pair, paired=aligned, generator=generator) for pair in of]
        return [moderated(each, error, calls, apart=apart) for each, error in zip(raw, single, strict=True)]

    exact = [r.value if (r := out[number].alone.mean) is not None else math.nan for number in rows.tolist()]
    with np.errstate(divide="ignore", invalid="ignore"):
        mean = np.log(np.where(np.isnan(exact), other.mean_us[rows] / one.mean_us[rows], exact))
    changes = other.log_mean[rows] - one.log_mean[rows], mean
    alone = errors(logs, means, apart=False)
    if held is None:
        held = control(changes[0], alone[0].error, single[0], logs, paired=aligned, seed=_SEED)
        weights = np.zeros(len(rows)) if held is None else held.weights
    else:
        weights = np.zeros(len(rows))
    beside = None if held is None else errors(held.beside(logs), held.beside(means), apart=True)
    if held is not None and beside is not None:
        beside = [scattered(of, change - held.drift) for of, change in zip(beside, changes, strict=True)]
    rate = _rates(b, a, aligned, generator)
    for row, number in enumerate(rows.tolist()):
        estimate = out[number]
        estimate.method = "events"
        estimate.kept = (int(one.timed[number]), int(other.timed[number]))
        estimate.alone = _times([change[row] for change in changes], alone, row, [error[row] for error in single])
        if held is not None and beside is not None:
            rest = 1 - float(weights[row])  # the shape itself is no part of its control
            apart = [(change[row] - held.drift) / rest for change in changes]
            wide = [Spread(of.error / rest, of.df) for of in beside]
            estimate.beside = _times(apart, wide, row, [error[row] for error in single])
        if estimate.calls is not None:
            poisson = math.sqrt(1 / one.calls[number] + 1 / other.calls[number])
            estimate.calls = _ratio(estimate.calls.value, rate, row, poisson)
    return held


def _times(changes: Sequence[float], of: Sequence[Spread], row: int, independent: Sequence[float]) -> Times:
    return Times(
        *(
            _ratio(math.exp(change), spread, row, error) if math.isfinite(change) else None
            for change, spread, error in zip(changes, of, independent, strict=True)
        )
    )


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
            if few or estimate.alone.mean is None or math.isnan(mean.error[row]) or mean.df[row] < 1:
                continue
            estimate.method = "hours"
            estimate.kept = (int(counts[0][row]), int(counts[1][row]))
            estimate.alone = Times(mean=_ratio(estimate.alone.mean.value, mean, row, 0.0))
            if estimate.calls is not None:
                poisson = math.sqrt(1 / counts[0][row] + 1 / counts[1][row])
                estimate.calls = _ratio(estimate.calls.value, rate, row, poisson)
