"""What all shapes share: a busy hour, a neighbour, a cold disc. Each shape is judged beside it.

Half of what makes an hour differ from the next is the server's and slows all shapes alike. The other shapes are the
control of each: their common drift is subtracted from its change, and in every resample from its error. Shapes that
moved on their own are left out of it, and so is the shape that is judged.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from advisor.comparison.blocks import Matrix
from advisor.comparison.interval import Series, Spread, spread
from advisor.model.stream_limits import STREAM

#: Rounds of leaving out what moved; it settles in two or three.
_ROUNDS = 4


@dataclass(frozen=True, slots=True)
class Control:
    """``drift`` is the logarithm of the common ratio, ``shared`` what each slot of both windows adds to its error."""

    drift: float
    weights: Matrix
    """Of the shapes it was made of, in sum 1; 0: left out."""
    shared: tuple[Matrix, Matrix]
    spread: Spread
    """Of the drift."""

    def beside(self, series: tuple[Series, Series]) -> tuple[Series, Series]:
        """The same statistics, less the drift."""
        one, other = series
        return replace(one, shared=self.shared[0]), replace(other, shared=self.shared[1])


def control(
    change: Matrix, error: Matrix, independent: Matrix, series: tuple[Series, Series], *, paired: bool, seed: int
) -> Control | None:
    """From the logarithms of ratios of shapes, with their errors; None where too few shapes agree on a drift."""
    known = np.isfinite(change) & np.isfinite(independent)
    if np.count_nonzero(known) < STREAM.compare_whole_shapes:
        return None
    usual = float(np.median(independent[known]))
    with np.errstate(divide="ignore", invalid="ignore"):
        # the most precise shape counts twice as much as the usual one: one busy statement is not the server
        weight = np.where(known, 1 / (independent**2 + usual**2), 0.0)
    # a shape of too few blocks has no error of its own, but may follow the others
    near = np.maximum(2 * np.fmax(error, independent), np.log1p(STREAM.compare_change))
    drift = _median(change[known], weight[known])
    inside = known
    for _ in range(_ROUNDS):
        inside = known & (np.abs(np.where(known, change, 0.0) - drift) <= near)
        if np.count_nonzero(inside) < STREAM.compare_whole_agree * np.count_nonzero(known):
            return None
        drift = float(np.average(change[inside], weights=weight[inside]))
    weight = np.where(inside, weight, 0.0)
    weight /= weight.sum()
    shared = tuple(weight[None, :] @ one.influence() for one in series)
    slots = [one.shape[1] for one in shared]
    ones = [
        Series(part * n, np.ones((1, n)), False, np.full(1, float(n))) for part, n in zip(shared, slots, strict=True)
    ]
    of = spread(ones[0], ones[1], paired=paired, generator=np.random.default_rng(seed))
    return Control(drift, weight, (shared[0], shared[1]), of)


def _median(values: Matrix, weights: Matrix) -> float:
    order = np.argsort(values, kind="stable")
    reached = np.cumsum(weights[order])
    return float(values[order][np.searchsorted(reached, reached[-1] / 2)])
