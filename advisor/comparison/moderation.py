"""Errors of many shapes, each evened out by those of shapes like it.

A standard error from few blocks is itself uncertain. Among many shapes those are named whose error came out too small,
and a t of few degrees of freedom sees little. What blocks add to the error of independent calls is much the same for
all shapes of a server, so each shape's own is weighed with what is usual (Smyth 2004, whose samples are genes): the
fewer its blocks, and the more alike the shapes, the more the usual counts.
"""

from __future__ import annotations

import math

import numpy as np

from advisor.comparison.blocks import Matrix
from advisor.comparison.interval import Spread
from advisor.model.stream_limits import STREAM

#: Standard deviation of a normal variable by the median of its absolute value.
_NORMAL = 1.4826
#: Degrees of freedom after evening out, by those before: like shapes had the length of their blocks from one estimate,
#: so what that missed is missed in all of them, and does not average out.
_MOST = 3.0


def moderated(of: Spread, independent: Matrix, calls: Matrix, *, apart: bool) -> Spread:
    """``independent``: the error were calls independent. Shapes called about equally often are alike: the more calls,
    the more of the error is memory. ``apart``: what shapes share is taken out, so that their errors are as many
    observations of the usual one and add degrees of freedom."""
    error, df = of.error.copy(), of.df.copy()
    size = np.round(np.log(np.maximum(calls, 1.0)) / np.log(4.0))
    with np.errstate(divide="ignore", invalid="ignore"):
        added = (error / independent) ** 2
    known = np.isfinite(added) & (added > 0) & (df >= 1)
    for group in np.unique(size[known]).tolist():
        at = np.flatnonzero(known & (size == group))
        usual, weight = prior(added[at], df[at])
        own = df[at] * added[at]
        even = np.full(len(at), usual) if math.isinf(weight) else (weight * usual + own) / (weight + df[at])
        if not apart:
            even = np.maximum(even, added[at])
        error[at] = independent[at] * np.sqrt(even)
        if apart:
            known_by = np.minimum(df[at] + weight, np.minimum(_MOST * df[at], df[at].sum()))
            # the spread of single calls, by which it is multiplied, is known from these calls alone
            df[at] = 1 / (1 / known_by + 1 / np.maximum(calls[at] - 1, 1.0))
    return Spread(error, df)


def scattered(of: Spread, apart: Matrix) -> Spread:
    """Errors widened where shapes lie further from the drift of all (``apart``, logarithms) than errors say.

    Blocks do not see memory that is as long as the window, and an unchanged system has days of its own. How far the
    middle half of the shapes lies apart shows both: it is the null that a change must stand out from (Efron 2004).
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        z = np.abs(apart) / of.error
    z = z[np.isfinite(z)]
    if len(z) < STREAM.compare_scatter:
        return of
    usual = _NORMAL * float(np.median(z))
    usual = _NORMAL * float(np.median(z[z <= 3 * max(usual, 1.0)]))  # without what did change
    return Spread(of.error * max(1.0, usual), of.df)


def prior(variances: Matrix, df: Matrix) -> tuple[float, float]:
    """The usual variance, and how many degrees of freedom it is worth beside each shape's own (inf: all are one).

    Logarithms of sample variances differ by trigamma(df / 2) though the true ones are equal; what they differ by beyond
    that is what the true ones differ by (Smyth 2004, section 6.2).
    """
    if len(variances) < 3:
        return float(variances.mean()), 0.0
    half = df / 2
    logs = np.log(variances) - digamma(half) + np.log(half)
    beyond = float(logs.var(ddof=1) - trigamma(half).mean())
    if beyond <= 0:
        return math.exp(float(logs.mean())), math.inf
    weight = 2 * _inverse(beyond)
    at = np.array([weight / 2])
    return math.exp(float(logs.mean() + digamma(at)[0] - np.log(at)[0])), weight


def digamma(x: Matrix) -> Matrix:
    """Derivative of log gamma, for x > 0: recurrence up to 6, then the asymptotic series (Abramowitz, Stegun 6.3)."""
    x = np.array(x, np.float64)
    low = np.zeros_like(x)
    for _ in range(6):
        small = x < 6
        low -= np.where(small, 1 / x, 0.0)
        x = np.where(small, x + 1, x)
    out: Matrix = low + np.log(x) - 1 / (2 * x) - 1 / (12 * x**2) + 1 / (120 * x**4) - 1 / (252 * x**6)
    return out


def trigamma(x: Matrix) -> Matrix:
    """Derivative of that (Abramowitz and Stegun 6.4)."""
    x = np.array(x, np.float64)
    low = np.zeros_like(x)
    for _ in range(6):
        small = x < 6
        low += np.where(small, 1 / x**2, 0.0)
        x = np.where(small, x + 1, x)
    out: Matrix = low + 1 / x + 1 / (2 * x**2) + 1 / (6 * x**3) - 1 / (30 * x**5) + 1 / (42 * x**7)
    return out


def _inverse(value: float) -> float:
    """x > 0 whose trigamma is ``value``; trigamma falls."""
    low, high = 1e-6, 1e6
    for _ in range(80):
        middle = math.sqrt(low * high)
        if trigamma(np.array([middle]))[0] > value:
            low = middle
        else:
            high = middle
    return low
