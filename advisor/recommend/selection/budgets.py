"""The sizes that a curve is drawn over, when nobody names any."""

from __future__ import annotations

from advisor.model.limits import LIMITS
from advisor.recommend.selection.atoms import Atoms
from advisor.recommend.selection.pool import Pool
from advisor.recommend.selection.sets import members


def grid(pool: Pool, atoms: Atoms, whole: int) -> list[int]:
    """From the smallest index that helps by itself to everything worth having, in equal ratios."""
    alone = [atom.indexes for each in atoms.of for atom in each if atom.indexes.bit_count() == 1]
    most = pool.size(whole)
    least = min([most, *(pool.size(each) for each in alone or [whole])])
    if most <= 0:
        return [0]
    steps = LIMITS.selection_budgets
    # Of two sizes that hold the same, the larger says nothing; the chosen indexes' own sizes are kept exact.
    sizes = {round(least * (most / least) ** (step / (steps - 1))) for step in range(steps)}
    return sorted({*sizes, most, *(pool.bytes[each] for each in members(whole) if whole.bit_count() == 1)})
