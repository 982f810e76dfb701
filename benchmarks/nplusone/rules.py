"""The rules that other tools use, on the same statements as ours: repeats in a session or trace, and in a row.

Both are re-implementations of a rule, not the products themselves.
"""

from __future__ import annotations

import numpy as np

from advisor.digest.sequence import Rows
from advisor.stream.steps import Steps, steps

TIMES = 5


def repeats(rows: Rows) -> set[str]:
    """Shapes that a session, or a traced request, runs at least five times."""
    found = steps(rows)
    if not len(found):
        return set()
    width = len(found.fingerprints)
    pairs, counts = np.unique(found.stream * width + found.shape, return_counts=True)
    return {found.fingerprints[shape] for shape in (pairs[counts >= TIMES] % width).tolist()}


def consecutive(rows: Rows) -> set[str]:
    """Shapes that a session, or a traced request, runs at least five times in a row."""
    found = steps(rows)
    if not len(found):
        return set()
    opens = np.flatnonzero(found.first | np.concatenate(([True], found.shape[1:] != found.shape[:-1])))
    lengths = np.diff(np.append(opens, len(found)))
    return _named(found, found.shape[opens[lengths >= TIMES]].tolist())


def _named(found: Steps, shapes: list[int]) -> set[str]:
    return {found.fingerprints[shape] for shape in shapes}
