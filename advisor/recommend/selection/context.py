"""Around a chosen set: what each index is worth beside the others, and what could stand in its place."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.model.limits import LIMITS
from advisor.recommend.selection.bounds import Bounds
from advisor.recommend.selection.lockstep import Inquiry
from advisor.recommend.selection.oracle import Oracle
from advisor.recommend.selection.peeling import peel
from advisor.recommend.selection.sets import members


def trim(oracle: Oracle, chosen: int, bounds: Bounds) -> Inquiry[int]:
    """The set without indexes that are not worth having beside the others, the worst one first.

    Returns what is left; every statement's cost under it is then known.
    """
    pool = oracle.pool
    statements = range(len(oracle.statements))
    while True:
        answers = yield [(statement, chosen) for statement in statements]
        using: dict[int, list[int]] = {position: [] for position in members(chosen)}
        for statement, told in enumerate(answers):
            for position in members(told.used & chosen):
                using[position].append(statement)
        idle = [position for position, users in using.items() if not users]
        if idle:
            for position in idle:
                chosen &= ~(1 << position)
            continue
        asked = [(statement, position) for position, users in using.items() for statement in users]
        without = yield [(statement, chosen & ~(1 << position)) for statement, position in asked]
        worth = {position: -pool.cost_of_writes(1 << position) for position in using}
        for (statement, position), told in zip(asked, without, strict=True):
            worth[position] += oracle.weights[statement] * (told.cost - answers[statement].cost)
        poor = [
            (value, pool.texts[position], position)
            for position, value in worth.items()
            if value <= 0 or value < bounds.min_benefit
        ]
        if not poor:
            return chosen
        chosen &= ~(1 << min(poor)[2])


def around(oracle: Oracle, chosen: int, useful: list[int], worth: float, fresh: int = 0) -> Iterator[Inquiry[None]]:
    """Inquiries into what would help beside a set, and beside the set without one of its indexes.

    ``useful`` are each statement's candidates that some plan used, ``fresh`` are new candidates of which nothing is
    known yet. The set must have been trimmed: its costs are known.
    """
    for statement, facts in enumerate(oracle.facts):
        weight = oracle.weights[statement]
        told = oracle.known(statement, chosen)
        outside = (useful[statement] | fresh & oracle.visible[statement]) & ~chosen
        if told is None or not outside:
            continue
        if fresh or weight * (told.cost - facts.best) >= worth:
            yield peel(oracle, statement, chosen, outside, rounds=LIMITS.selection_context_rounds, worth=worth)
        for position in members(told.used & chosen):
            yield peel(oracle, statement, chosen & ~(1 << position), outside, rounds=1, worth=worth)
