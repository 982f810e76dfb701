"""What a search chooses from: for each statement, sets of indexes that a plan uses, with that plan's cost."""

from __future__ import annotations

from typing import NamedTuple

from advisor.model.limits import LIMITS
from advisor.recommend.selection.oracle import Oracle
from advisor.recommend.selection.sets import union


class Atom(NamedTuple):
    """One plan's indexes, and what the statement's executions then cost together."""

    indexes: int
    saving: float
    """Objective units, beside no candidate at all."""


def atoms_of(oracle: Oracle, statement: int, most: int) -> list[Atom]:
    """The best ``most``, those left out that need more to save less; greatest saving first."""
    bare = oracle.known(statement, 0)
    weight = oracle.weights[statement]
    if bare is None or weight <= 0:
        return []
    found = [
        Atom(used & ~oracle.pool.refused, weight * (bare.cost - cost))
        for used, cost in oracle.facts[statement].plans().items()
        if used and cost < bare.cost and not used & oracle.pool.refused
    ]
    found.sort(key=lambda each: (-each.saving, each.indexes.bit_count(), each.indexes))
    kept: list[Atom] = []
    for atom in found:
        if not any(each.indexes & ~atom.indexes == 0 for each in kept):
            kept.append(atom)
    if len(kept) <= most:
        return kept
    # What saves most counts where there is room for it, what saves most per byte where there is little.
    dense = sorted(kept, key=lambda each: (-each.saving / oracle.pool.size(each.indexes), each.indexes))
    chosen = {each.indexes for each in [*kept[: most // 2], *dense[: most - most // 2]]}
    return [each for each in kept if each.indexes in chosen]


class Atoms:
    """Of the whole workload, as they are known at one moment."""

    def __init__(self, oracle: Oracle) -> None:
        count = len(oracle.statements)
        most = max(LIMITS.selection_atoms_least, LIMITS.selection_atoms // max(1, count))
        self.of: list[list[Atom]] = [atoms_of(oracle, number, most) for number in range(count)]
        self.useful = union(atom.indexes for each in self.of for atom in each)
        """Every index that some plan uses."""

    def saving(self, chosen: int) -> float:
        """Of a set, as far as these atoms tell."""
        return sum(self.best(statement, chosen) for statement in range(len(self.of)))

    def best(self, statement: int, chosen: int) -> float:
        """Of one statement; its atoms are in order of saving."""
        for atom in self.of[statement]:
            if not atom.indexes & ~chosen:
                return atom.saving
        return 0.0
