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


def atoms_of(oracle: Oracle, statement: int) -> list[Atom]:
    """The best ones, dearer and larger ones left out; greatest saving first."""
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
    few = [each for each in kept[LIMITS.selection_atoms :] if each.indexes.bit_count() == 1]
    return kept[: LIMITS.selection_atoms] + few[: LIMITS.selection_atoms // 2]


class Atoms:
    """Of the whole workload, as they are known at one moment."""

    def __init__(self, oracle: Oracle) -> None:
        self.of: list[list[Atom]] = [atoms_of(oracle, number) for number in range(len(oracle.statements))]
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
