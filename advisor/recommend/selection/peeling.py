"""Which candidates a statement's plans use, best first: a group of candidates is offered, the used ones are taken away,
and so on. What no plan uses drops out together, so a statement costs a few plans and not one for each candidate.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.limits import LIMITS
from advisor.recommend.selection.lockstep import Inquiry
from advisor.recommend.selection.oracle import Oracle
from advisor.recommend.selection.sets import chunks, singles, union


def peel(
    oracle: Oracle,
    statement: int,
    context: int,
    outside: int,
    *,
    rounds: int,
    worth: float,
) -> Inquiry[None]:
    """Finds the sets of ``outside`` candidates that help a statement when those of ``context`` are there.

    ``worth``: savings of the statement's cost below it are not looked into. What is found is in the oracle's facts.
    """
    outside &= ~context
    groups = chunks(outside, LIMITS.selection_indexes_at_a_time - min(24, context.bit_count()))
    (bare,) = yield [(statement, context)]
    weight = oracle.weights[statement]
    for _ in range(rounds):
        groups = [each for each in groups if each & outside]
        if not groups:
            return
        answers = yield [(statement, context | each & outside) for each in groups]
        winners = union(told.used for told in answers) & outside
        if not winners:
            return
        told = answers[0]
        if len(groups) > 1:
            (told,) = yield [(statement, context | winners)]
        if weight * (bare.cost - told.cost) < worth or not told.used & outside:
            return
        taken = told.used & outside
        if taken.bit_count() > 1:
            yield from _without_one(
                statement, context, told.used, taken, worth=worth / max(weight, 1e-300), cost=bare.cost - told.cost
            )
        outside &= ~taken


def _without_one(statement: int, context: int, used: int, taken: int, *, worth: float, cost: float) -> Inquiry[None]:
    """Parts of a set that helps: a smaller one may do nearly as much."""
    if taken.bit_count() > LIMITS.selection_parts or cost < worth * 4:
        return
    yield [(statement, context | used & ~one) for one in singles(taken)]


def peel_all(oracle: Oracle, worth: float) -> Sequence[Inquiry[None]]:
    """Of every statement, over nothing: deeper for those that could save more."""
    return [
        peel(oracle, statement, 0, oracle.likely[statement], rounds=LIMITS.selection_rounds, worth=worth)
        for statement in range(len(oracle.statements))
    ]
