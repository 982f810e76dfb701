"""The history of a column that follows the clock, made longer.

A table that only grows does not grow everywhere: yesterday has as many rows as it had. So the density at the recent end
continues, and what grows is how much time there is. With today pinned (`Clock` "stays") the old history moves into the
past and the time between its end and today is filled at the recent rate.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.model.limits import LIMITS
from advisor.planners.growth.instants import DAY

#: Buckets of a histogram where the column had none: PostgreSQL's default_statistics_target.
_BUCKETS = 100


@dataclass(frozen=True, slots=True)
class History:
    """How the values of a column lie in time. Instants are microseconds."""

    bounds: tuple[int, ...]
    """Of the histogram, ascending; empty where there is none."""
    common: tuple[int, ...]
    """Most common values."""
    frequencies: tuple[float, ...]
    """Their shares of all rows."""
    null_frac: float

    @property
    def mass(self) -> float:
        """Share of the rows that the histogram stands for."""
        return max(1.0 - self.null_frac - sum(self.frequencies), 0.0) if self.bounds else 0.0

    @property
    def first(self) -> int:
        """The earliest value known."""
        return min([*self.bounds[:1], *self.common])

    @property
    def last(self) -> int:
        """The latest value known."""
        return max([*self.bounds[-1:], *self.common])

    @property
    def span(self) -> int:
        """Time between them."""
        return self.last - self.first if self.bounds or self.common else 0

    @property
    def straggling(self) -> bool:
        """Its last bucket spans more time than all others: a sentinel (9999-12-31) or a mistyped year."""
        return len(self.bounds) > 3 and 2 * (self.bounds[-1] - self.bounds[-2]) > self.bounds[-1] - self.bounds[0]

    def recent_rate(self) -> float:
        """Share of the rows per microsecond at the recent end: of the last tenth of the rows that have a value."""
        buckets = len(self.bounds) - 1
        steps: list[tuple[int, float]] = []
        if buckets > 0:
            steps += [(bound, self.mass / buckets) for bound in self.bounds[:-1]]
        steps += list(zip(self.common, self.frequencies, strict=False))
        wanted, seen = LIMITS.growth_recent_share * (1.0 - self.null_frac), 0.0
        for start, share in sorted(steps, reverse=True):
            if start == self.last:
                continue  # what begins at the end fills none of the time before it
            seen += share
            if seen >= wanted:
                return seen / (self.last - start)
        return (1.0 - self.null_frac) / max(self.span, 1)

    def lengthening(self, factor: float) -> int:
        """Time after which the table has ``factor`` times its rows if they go on arriving as they did lately."""
        length = (factor - 1.0) * (1.0 - self.null_frac) / self.recent_rate()
        return round(length / DAY) * DAY if length >= DAY else round(length)


def lengthened(history: History, factor: float, length: int, shift: int) -> History:
    """The history once the table has ``factor`` times its rows, ``length`` later.

    Old rows keep their number, so their share falls to 1/factor; the new ones lie evenly between the old end and the
    new one. All of it is moved by ``shift``: minus ``length`` where today is pinned, else 0.
    """
    old = history.mass / factor
    new = (1.0 - history.null_frac) * (factor - 1.0) / factor
    end = history.last
    places = [float(bound) for bound in history.bounds] or [float(end)]
    buckets = len(places) - 1
    cumulated = [old * number / buckets for number in range(buckets + 1)] if buckets else [0.0]
    if places[-1] < end:  # the latest value is a common one
        places.append(float(end))
        cumulated.append(cumulated[-1])
    places.append(float(end + length))
    cumulated.append(cumulated[-1] + new)
    wanted = buckets or _BUCKETS
    whole = cumulated[-1]
    bounds = tuple(round(_at(places, cumulated, whole * number / wanted)) + shift for number in range(wanted + 1))
    return History(
        bounds,
        tuple(value + shift for value in history.common),
        tuple(share / factor for share in history.frequencies),
        history.null_frac,
    )


def _at(places: Sequence[float], cumulated: Sequence[float], wanted: float) -> float:
    """Where the distribution function reaches a value: straight between the places."""
    right = min(max(bisect_left(cumulated, wanted), 1), len(places) - 1)
    low, high = cumulated[right - 1], cumulated[right]
    if high <= low:
        return places[right]
    share = min(max((wanted - low) / (high - low), 0.0), 1.0)
    return places[right - 1] + share * (places[right] - places[right - 1])
