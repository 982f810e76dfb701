"""The simple ways to choose, over the same atoms: the exact solver starts from them, and is never worse.

By saving per byte, as Valentin et al. (DB2 Advisor, ICDE 2000) and Schlosser, Kossmann, Boissier (Extend, ICDE 2019)
rank, and by saving alone.
"""

from __future__ import annotations

import heapq
from typing import Literal

from advisor.recommend.selection.atoms import Atoms
from advisor.recommend.selection.bounds import Bounds
from advisor.recommend.selection.pool import Pool
from advisor.recommend.selection.sets import members, union

Rank = Literal["density", "saving"]


def greedy(atoms: Atoms, pool: Pool, bounds: Bounds, budget: int, rank: Rank) -> int:
    """Adds what ranks highest, one index or the rest of one atom at a time, as long as it fits."""
    pool.price(atoms.useful)
    saved = [0.0] * len(atoms.of)
    using: dict[int, list[int]] = {}
    for statement, each in enumerate(atoms.of):
        for position in members(union(atom.indexes for atom in each)):
            using.setdefault(position, []).append(statement)
    chosen, size = 0, 0

    def value(move: int) -> tuple[float, float]:
        """Rank, and net saving."""
        statements = sorted({statement for position in members(move) for statement in using[position]})
        gain = sum(max(0.0, atoms.best(each, chosen | move) - saved[each]) for each in statements)
        gain -= pool.cost_of_writes(move) + bounds.min_benefit * move.bit_count()
        return (gain / pool.size(move) if rank == "density" else gain), gain

    moves = dict.fromkeys(atom.indexes for each in atoms.of for atom in each)
    moves |= dict.fromkeys(1 << position for position in members(atoms.useful))
    # A heap of ranks that may be out of date: the first is ranked again before it is taken.
    heap = [(-value(move)[0], number, move) for number, move in enumerate(sorted(moves))]
    heapq.heapify(heap)
    fresh: dict[int, int] = {}
    turn = 0
    while heap:
        _, number, move = heapq.heappop(heap)
        rest = move & ~chosen
        if not rest or size + pool.size(rest) > budget or not bounds.allow(pool, chosen | rest):
            continue
        current, gain = value(rest)
        if gain <= 0:
            continue
        if fresh.get(number) != turn and heap and -current > heap[0][0]:
            fresh[number] = turn
            heapq.heappush(heap, (-current, number, move))
            continue
        chosen |= rest
        size += pool.size(rest)
        turn += 1
        for statement in {each for position in members(rest) for each in using[position]}:
            saved[statement] = atoms.best(statement, chosen)
    return chosen
