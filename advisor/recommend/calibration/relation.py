"""A robust straight line through logarithms: how time follows cost over a whole workload."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from advisor.model.limits import LIMITS


@dataclass(frozen=True, slots=True)
class Relation:
    """``ms = exp(intercept) * cost ** slope``, and how far single statements are from it."""

    slope: float
    intercept: float
    median: float
    """Of |ln(logged / told)|: half of the statements are within ``exp`` of it..."""
    p90: float
    """... and nine in ten within ``exp`` of this."""

    def ms(self, cost: float) -> float:
        """What the line says for a cost, in milliseconds."""
        return math.exp(self.intercept + self.slope * math.log(cost))

    def residual(self, cost: float, ms: float) -> float:
        """ln(ms / what the line says)."""
        return math.log(ms) - self.intercept - self.slope * math.log(cost)


def fit(points: Sequence[tuple[float, float]]) -> Relation | None:
    """The line through (cost, ms), all positive; None without a point.

    The slope is the median of the slopes between all pairs (Theil 1950, Sen 1968: three statements in ten may be far
    off without moving it), the intercept the median of what is left. A handful of points gives any slope, so the slope
    is drawn to 1, time in proportion to cost, as by `LIMITS.calibration_slope_prior` points that say so.
    """
    import numpy as np

    if not points:
        return None
    x, y = (np.log(np.array(values, dtype=float)) for values in zip(*points, strict=True))
    slope = _slope(x, y)
    intercept = float(np.median(y - slope * x))
    off = np.abs(y - intercept - slope * x)
    return Relation(slope, intercept, float(np.median(off)), float(np.quantile(off, 0.9)))


def _slope(x: object, y: object) -> float:
    import numpy as np

    xs, ys = np.asarray(x), np.asarray(y)
    if len(xs) > LIMITS.calibration_points:  # every k-th by cost: the pairs are quadratic
        kept = np.argsort(xs, kind="stable")[:: -(-len(xs) // LIMITS.calibration_points)]
        xs, ys = xs[kept], ys[kept]
    one, two = np.triu_indices(len(xs), 1)
    run = xs[two] - xs[one]
    apart = np.abs(run) > math.log(LIMITS.calibration_apart)
    if not apart.any():
        return 1.0
    slope = float(np.median((ys[two] - ys[one])[apart] / run[apart]))
    count, prior = len(xs), LIMITS.calibration_slope_prior
    drawn = (count * slope + prior) / (count + prior)
    low, high = LIMITS.calibration_slopes
    return min(high, max(low, drawn))
