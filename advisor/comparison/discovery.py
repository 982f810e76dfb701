"""Many tests at once: q-values by Benjamini and Hochberg (1995)."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray


def q_values(p: NDArray[np.float64]) -> NDArray[np.float64]:
    """The smallest false discovery rate at which each test is still called a discovery; NaN (no test) stays NaN.

    q of the i-th smallest of m p-values is min over j >= i of p_(j) m / j. It holds for independent tests and for those
    that are positively dependent (Benjamini and Yekutieli, 2001), as shapes on one server are.
    """
    out = np.full(len(p), np.nan)
    known = np.flatnonzero(~np.isnan(p))
    if not len(known):
        return out
    order = known[np.argsort(p[known], kind="stable")]
    ranked = p[order] * len(order) / np.arange(1, len(order) + 1)
    out[order] = np.minimum(np.minimum.accumulate(ranked[::-1])[::-1], 1.0)
    return out
