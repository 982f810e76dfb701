"""Sets whose cost is known, and the best of them for a size: an answer for a small budget is one for a larger too."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from advisor.recommend.selection.bounds import Bounds
from advisor.recommend.selection.oracle import Oracle


class Entry(NamedTuple):
    """A set, as the planner judged it."""

    indexes: int
    bytes: int
    cost: float
    """Of the workload, in objective units."""
    upkeep: float

    @property
    def objective(self) -> float:
        """What is minimised."""
        return self.cost + self.upkeep


class Archive:
    """Sets that keep to the bounds."""

    def __init__(self, oracle: Oracle, bounds: Bounds) -> None:
        self.oracle = oracle
        self.bounds = bounds
        self._entries: dict[int, Entry] = {}

    def __contains__(self, indexes: int) -> bool:
        return indexes in self._entries

    def add(self, indexes: int) -> Entry | None:
        """Takes a set in, if its cost follows from what is known and it keeps to the bounds."""
        pool = self.oracle.pool
        if indexes & pool.refused or not self.bounds.allow(pool, indexes):
            return None
        cost = self.oracle.cost(indexes)
        if cost is None:
            return None
        entry = Entry(indexes, pool.size(indexes), cost, pool.cost_of_writes(indexes))
        self._entries[indexes] = entry
        return entry

    def best(self, budget: int) -> Entry:
        """The least objective within a size; of equal ones the smallest, then the first by its text."""
        fitting = [each for each in self._entries.values() if each.bytes <= budget]
        least = min(each.objective for each in fitting)
        equal = [each for each in fitting if each.objective <= least + 1e-9 * abs(least)]
        return min(equal, key=lambda each: (each.bytes, each.indexes.bit_count(), self.oracle.pool.words(each.indexes)))

    def judge_again(self) -> None:
        """Costs anew, after the planner has said more."""
        for indexes in list(self._entries):
            del self._entries[indexes]
            self.add(indexes)

    def best_of_all(self, budgets: Iterable[int]) -> list[Entry]:
        """One entry a budget."""
        return [self.best(budget) for budget in budgets]
