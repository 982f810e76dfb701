"""Student's t distribution: tail probabilities and quantiles for any (fractional) degrees of freedom.

By the regularised incomplete beta function (Abramowitz and Stegun 26.5.8 and 26.7.1: a continued fraction, evaluated
by Lentz's method), accurate to about 1e-12; tails as small as 1e-300 are told apart, which thousands of tests need.
"""

from __future__ import annotations

import math
from functools import cache

_STEPS = 300
_TINY = 1e-300


def two_sided(t: float, df: float) -> float:
    """Probability that a t variable of ``df`` degrees of freedom lies further from zero than ``t``."""
    if not math.isfinite(t):
        return 0.0 if math.isinf(t) else 1.0
    return _beta(df / 2, 0.5, df / (df + t * t))


@cache
def _critical(tenths: int, level: float) -> float:
    df, low, high = tenths / 10, 0.0, 1e3
    for _ in range(60):
        middle = (low + high) / 2
        if two_sided(middle, df) > level:
            low = middle
        else:
            high = middle
    return high


def critical(df: float, level: float = 0.05) -> float:
    """The t that a share ``level`` of the distribution lies beyond (on either side); df rounded down to tenths."""
    return _critical(max(10, min(int(df * 10), 10_000)), level)


def _beta(a: float, b: float, x: float) -> float:
    """I_x(a, b)."""
    if x <= 0:
        return 0.0
    if x >= 1:
        return 1.0
    front = math.exp(math.lgamma(a + b) - math.lgamma(a) - math.lgamma(b) + a * math.log(x) + b * math.log1p(-x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1.0 - front * _fraction(b, a, 1 - x) / b


def _fraction(a: float, b: float, x: float) -> float:
    c, d = 1.0, 1.0 - (a + b) * x / (a + 1)
    d = 1 / (d if abs(d) > _TINY else _TINY)
    result = d
    for m in range(1, _STEPS):
        for term in (
            m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m)),
            -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1)),
        ):
            d = 1 + term * d
            d = 1 / (d if abs(d) > _TINY else _TINY)
            c = 1 + term / c
            c = c if abs(c) > _TINY else _TINY
            result *= d * c
        if abs(d * c - 1) < 1e-14:
            break
    return result
