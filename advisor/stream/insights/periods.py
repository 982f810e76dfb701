"""Whether times come at a fixed period, and at which place on the clock.

The statistics of periodic jobs, apart from what ran: numbers in, numbers out. All times in microseconds.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from advisor.model.stream_limits import STREAM

Times = NDArray[np.int64]
#: Gaps between bursts are longer than those within by at least this factor; no threshold in seconds fits all jobs.
_APART = 4.0
#: Scales the median absolute deviation to the standard deviation of normal jitter.
_NORMAL = 1.4826
_SECOND = 1_000_000
#: Periods that clocks of schedulers have, in seconds.
CLOCKS = (60, 120, 300, 600, 900, 1200, 1800, 3600, 7200, 10800, 14400, 21600, 28800, 43200, 86400)
_NEAR = 0.01
#: Chance that phases of no place on the clock look gathered (Rayleigh).
_CHANCE = 0.001
#: Schedulers start a job within so many seconds of the minute.
_LATE = 5.0


@dataclass(frozen=True, slots=True)
class Bursts:
    """Stretches of time in which something ran, in order."""

    first: NDArray[np.intp]
    """Index of each one's first event, among the sorted times."""
    start: Times
    end: Times


@dataclass(frozen=True, slots=True)
class Period:
    """A fixed period."""

    us: float
    jitter: float
    """Median absolute deviation of the intervals over the period, scaled to a standard deviation."""
    skipped: int
    """Periods without a burst."""


def bursts(start: Times, end: Times) -> list[Bursts]:
    """Ways to cut events, sorted by start, into bursts: each by itself, and at the widest jump among the gaps."""
    count = len(start)
    if count < 2:
        return []
    found = [Bursts(np.arange(count), start, end)]
    latest = np.maximum.accumulate(end)
    gaps = start[1:] - latest[:-1]
    ordered = np.sort(np.maximum(gaps, 1).astype(np.float64))
    most = len(ordered) - STREAM.job_periods  # so many gaps at least must be between bursts
    if most > 0:
        ratios = ordered[1 : most + 1] / ordered[:most]
        at = int(np.argmax(ratios))
        if ratios[at] >= _APART:
            first = np.concatenate(([0], np.flatnonzero(gaps > ordered[at]) + 1))
            found.append(Bursts(first, start[first], np.maximum.reduceat(end, first)))
    return found


def period(start: Times) -> Period | None:
    """The period of sorted times, None where they have none.

    It is the median interval. Up to two periods in a row may be skipped, a fifth of all at most. The spread of the
    intervals must be small by the median deviation (which one late run does not move) and by the standard deviation
    (so that they are not two periods mixed), and so small that arrivals at random would not show it (`chance_even`).
    """
    if len(start) <= STREAM.job_periods:
        return None
    intervals = np.diff(start).astype(np.float64)
    guess = float(np.median(intervals))
    if guess <= 0:
        return None
    times = np.clip(np.rint(intervals / guess), 1, None)
    if times.max() > 3 or np.count_nonzero(times > 1) > len(times) * 0.2:
        return None
    each = intervals / times
    us = float(np.median(each))
    jitter = _NORMAL * float(np.median(np.abs(each - us))) / us
    spread = float(each.std() / each.mean())
    skips = int(np.count_nonzero(times > 1))
    if jitter > STREAM.job_jitter or spread > 2 * STREAM.job_jitter:
        return None
    if chance_even(len(each), spread) * 3.0**skips > STREAM.job_chance:
        return None
    return Period(us, jitter, int((times - 1).sum()))


def chance_even(count: int, spread: float) -> float:
    """Chance that intervals of random arrivals differ so little; ``spread`` is their coefficient of variation.

    Intervals of a Poisson process, as shares of their sum, are uniform on a simplex. A coefficient of variation below c
    is the part of it within c / sqrt(n) of its middle: the volume of a ball of n - 1 dimensions over the simplex's,
    pi^((n-1)/2) / Gamma((n+1)/2) (c / sqrt(n))^(n-1) (n-1)! / sqrt(n). Exact while the ball lies inside the simplex,
    c < 1 / sqrt(n - 1); an upper bound beyond.
    """
    if count < 2:
        return 1.0
    if spread <= 0:
        return 0.0
    dimensions = count - 1
    logarithm = (
        dimensions / 2 * math.log(math.pi)
        - math.lgamma((dimensions + 2) / 2)
        + dimensions * (math.log(spread) - math.log(count) / 2)
        + math.lgamma(count)
        - math.log(count) / 2
    )
    return math.exp(min(logarithm, 0.0))


def rayleigh(times: Times, modulus_us: float) -> tuple[float, float]:
    """How gathered times are modulo a period: the chance of it for uniform phases, and the mean phase in microseconds.

    Rayleigh's test, with the approximation of Zar, "Biostatistical Analysis", for n of five and more:
    p = exp(sqrt(1 + 4n + 4(n^2 - R^2)) - (1 + 2n)), R = n times the mean resultant length.
    """
    count = len(times)
    angle = (times % modulus_us) * (2 * math.pi / modulus_us)
    x, y = float(np.cos(angle).sum()), float(np.sin(angle).sum())
    length = math.hypot(x, y)
    chance = math.exp(math.sqrt(1 + 4 * count + 4 * max(count**2 - length**2, 0.0)) - (1 + 2 * count))
    return min(chance, 1.0), (math.atan2(y, x) % (2 * math.pi)) / (2 * math.pi) * modulus_us


def label(period_us: float, start: Times) -> tuple[str, bool]:
    """The period in words, and whether it keeps its place on the clock.

    It does when it is a scheduler's period, its phases are gathered there, and they lie just after a whole minute. A
    loop that sleeps in between drifts, or begins at any second.
    """
    seconds = period_us / _SECOND
    clock = min(CLOCKS, key=lambda c: abs(c - seconds))
    if abs(clock - seconds) > clock * _NEAR:
        return f"every {_duration(seconds)}", False
    chance, phase = rayleigh(start, clock * _SECOND)
    offset = phase / _SECOND
    late = (offset + _LATE / 2) % 60
    drift = abs(float(start[-1] - start[0]) / _SECOND / clock - round(float(start[-1] - start[0]) / _SECOND / clock))
    if chance > _CHANCE or late > 1.5 * _LATE or drift * clock > _LATE:
        return f"every {_duration(clock)}", False
    minutes = round(offset / 60) % (clock // 60)
    if clock <= 60:
        return f"every {_duration(clock)}, at the minute", True
    if clock <= 3600:
        return f"every {_duration(clock)} at :{minutes % 60:02}", True
    return f"every {_duration(clock)} at {minutes // 60:02}:{minutes % 60:02}", True


def _duration(seconds: float) -> str:
    for size, name in ((86400, "d"), (3600, "h"), (60, "min"), (1, "s")):
        if seconds >= size * 0.995:
            return f"{round(seconds / size, 1):g} {name}"
    return f"{round(seconds * 1000):g} ms"
