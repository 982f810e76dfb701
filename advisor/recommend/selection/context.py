"""Around a chosen set: what each index is worth beside the others, and what could stand in its place."""

from __future__ import annotations

from collections.abc import Iterator

from advisor.model.limits import LIMITS
from advisor.recommend.selection.bounds import Bounds
from advisor.recommend.selection.lockstep import Inquiry
from advisor.recommend.selection.oracle import Oracle
from advisor.recommend.selection.sets import chunks, members, of, singles, union


def judge(oracle: Oracle, chosen: int) -> Inquiry[int]:
    """Every statement's cost under a set. Returns the set without the indexes that no plan uses."""
    statements = range(len(oracle.statements))
    answers = yield [(statement, chosen) for statement in statements]
    used = 0
    for told in answers:
        used |= told.used
    return chosen & used


def trim(oracle: Oracle, chosen: int, bounds: Bounds) -> Inquiry[int]:
    """The set without indexes that are not worth having beside the others, the worst one first.

    Returns what is left; every statement's cost under it is then known.
    """
    pool = oracle.pool
    while True:
        chosen = yield from judge(oracle, chosen)
        asked: list[tuple[int, int]] = []
        least: dict[int, float] = {}
        most: dict[int, float] = {}
        users: dict[int, list[int]] = {position: [] for position in members(chosen)}
        for statement in range(len(oracle.statements)):
            told = oracle.known(statement, chosen)
            for position in members(told.used & chosen) if told is not None else ():
                users[position].append(statement)
        for position, statements in users.items():
            # What planners have said of larger sets may already be enough.
            least[position] = -pool.cost_of_writes(1 << position)
            for statement in statements:
                without = chosen & ~(1 << position)
                told, known = oracle.known(statement, chosen), oracle.known(statement, without)
                floor = (
                    known.cost
                    if known is not None
                    else oracle.facts[statement].floor(without & oracle.visible[statement])
                )
                if told is not None:
                    least[position] += oracle.weights[statement] * max(0.0, floor - told.cost)
            if least[position] <= 0 or least[position] < bounds.min_benefit:
                asked += [(statement, position) for statement in statements]
        if all(pool.cost_of_writes(1 << position) <= 0 for position in users) and bounds.min_benefit <= 0:
            return chosen
        answers = yield [(statement, chosen & ~(1 << position)) for statement, position in asked]
        for _, position in asked:
            most.setdefault(position, -pool.cost_of_writes(1 << position))
        for (statement, position), told in zip(asked, answers, strict=True):
            now = oracle.known(statement, chosen)
            if now is not None:
                most[position] += oracle.weights[statement] * (told.cost - now.cost)
        poor = [
            (value, pool.texts[position], position)
            for position, value in most.items()
            if value <= 0 or value < bounds.min_benefit
        ]
        if not poor:
            return chosen
        chosen &= ~(1 << min(poor)[2])


def around(
    oracle: Oracle, chosen: int, budget: int, useful: list[int], worth: float, depth: int
) -> Iterator[tuple[float, Inquiry[None]]]:
    """Inquiries into what would help beside a set, and beside the set without one of its indexes.

    With each, what is at stake (objective units).

    Only what fits the budget then is offered: what is too large would hide what is not. ``useful`` are each statement's
    candidates that may help. ``depth`` is how often what was found is put aside to see what comes next. The set's
    costs must be known.
    """
    pool = oracle.pool
    free = budget - pool.size(chosen)
    rooms = sorted({free + pool.bytes[position] for position in members(chosen)} | {free}, reverse=True)
    for statement, facts in enumerate(oracle.facts):
        weight = oracle.weights[statement]
        told, bare = oracle.known(statement, chosen), oracle.known(statement, 0)
        outside = useful[statement] & ~chosen
        if told is None or bare is None or not outside:
            continue
        pool.price(outside)
        stake = weight * (bare.cost - facts.best)
        if weight * (told.cost - facts.best) >= worth:
            yield stake, _beside(oracle, statement, chosen, outside, rooms, worth, depth)
        if stake < worth:
            continue
        for position in members(told.used & chosen):
            fits = _fitting(oracle, outside, free + pool.bytes[position])
            if fits:
                yield stake, _instead(oracle, statement, chosen & ~(1 << position), fits, depth)


def _instead(oracle: Oracle, statement: int, chosen: int, outside: int, depth: int) -> Inquiry[None]:
    """What takes the place of an index that is gone, whether the narrow form of that does, and what nothing costs."""
    for _ in range(depth):
        answers = yield [(statement, chosen | each) for each in _offers(oracle, chosen, outside)]
        taken = union(told.used for told in answers) & outside
        if not taken:
            return
        narrow = union(oracle.pool.narrowest(one) for one in singles(taken)) & ~oracle.pool.refused
        yield [(statement, chosen | narrow), (statement, chosen)]
        if depth > 1 and taken.bit_count() > 1:
            yield [(statement, chosen | one) for one in singles(taken)]
        outside &= ~taken


def _beside(
    oracle: Oracle, statement: int, chosen: int, outside: int, rooms: list[int], worth: float, depth: int
) -> Inquiry[None]:
    """What helps in a room, from the largest room to smaller ones that what helped before does not fit."""
    weight = oracle.weights[statement]
    (bare,) = yield [(statement, chosen)]
    left = LIMITS.selection_context_rounds * depth
    for room in rooms:
        fits = _fitting(oracle, outside, room)
        for _ in range(depth):
            if not fits or not left:
                break
            offers = _offers(oracle, chosen, fits)
            left -= any(oracle.known(statement, chosen | each) is None for each in offers)
            answers = yield [(statement, chosen | each) for each in offers]
            taken = union(told.used for told in answers) & fits
            if weight * (bare.cost - min(told.cost for told in answers)) < worth or not taken:
                break
            if depth > 1 and taken.bit_count() > 1:
                yield [(statement, chosen | one) for one in singles(taken)]
            fits &= ~taken


def _offers(oracle: Oracle, chosen: int, outside: int) -> list[int]:
    """The candidates in as many parts as configurations need."""
    most = LIMITS.selection_indexes_at_a_time
    return chunks(outside, most - min(most // 2, chosen.bit_count()))


def _fitting(oracle: Oracle, outside: int, room: int) -> int:
    sizes = oracle.pool.bytes
    return of(position for position in members(outside) if sizes[position] <= room)
