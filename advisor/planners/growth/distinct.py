"""How many different values a growing column has."""

from __future__ import annotations

import math


def drawn(domain: float, rows: float) -> float:
    """Different values among ``rows`` drawn evenly from ``domain``: D(1 - e^(-n/D)) (Cardenas, CACM 18(5), 1975)."""
    if domain <= 0 or rows <= 0:
        return 0.0
    if math.isinf(domain):
        return rows
    return -domain * math.expm1(-rows / domain)


def domain_of(distinct: float, rows: float) -> float:
    """The domain from which ``rows`` evenly drawn rows show ``distinct`` values: `drawn` the other way round.

    Infinite where every row has its own value.
    """
    if distinct >= rows * (1 - 1e-3):
        return math.inf
    low, high = distinct, distinct * 2
    while drawn(high, rows) < distinct:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        if drawn(middle, rows) < distinct:
            low = middle
        else:
            high = middle
    return high


def referring(
    n_distinct: float, rows: float, null_frac: float, *, growth: float, domain: float, parents: float
) -> float:
    """`n_distinct` of a foreign key once its table has ``growth`` times its ``rows`` and its parent ``parents`` times.

    ``domain`` is how many rows the parent has now. Positive: a number; negative: minus the share of the rows, as
    pg_stats has it. Where both grow alike, every parent has as many children as today.
    """
    if n_distinct == 0 or growth == parents or rows <= 0:
        return n_distinct * (growth if n_distinct > 0 and growth == parents else 1.0)
    number = n_distinct if n_distinct > 0 else -n_distinct * rows
    filled = rows * (1 - null_frac)
    lot = min(domain_of(number, filled), max(domain, number))
    after = drawn(lot * parents, filled * growth)
    # Where ANALYZE takes the number for one that grows with the rows: above a tenth of them (analyze.c,
    # compute_scalar_stats).
    if after > 0.1 * rows * growth:
        return -min(after / (rows * growth), 1.0)
    return after
