"""What a chosen set has to keep to, besides its size."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.recommend.selection.pool import Pool


@dataclass(frozen=True, slots=True)
class Bounds:
    """None: no bound."""

    max_indexes: int | None = None
    max_per_table: int | None = None
    max_upkeep: float | None = None
    """Objective units, of the whole set."""
    min_benefit: float = 0.0
    """Objective units that each index must save beside the others, after its upkeep."""

    def allow(self, pool: Pool, chosen: int) -> bool:
        """Whether a set keeps to them; what each index saves is not looked at."""
        if self.max_indexes is not None and chosen.bit_count() > self.max_indexes:
            return False
        if self.max_upkeep is not None and pool.cost_of_writes(chosen) > self.max_upkeep * (1 + 1e-9):
            return False
        if self.max_per_table is None:
            return True
        return all((chosen & there).bit_count() <= self.max_per_table for there in pool.of_table.values())
