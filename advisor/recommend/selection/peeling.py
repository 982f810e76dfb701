"""Which candidates a statement's plans use, best first: a group of candidates is offered, the used ones are taken away,
and so on. What no plan uses drops out together, so a statement costs a few plans and not one for each candidate.
"""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.limits import LIMITS
from advisor.recommend.selection.facts import Told
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
    parts: bool = False,
) -> Inquiry[None]:
    """Finds the sets of ``outside`` candidates that help a statement when those of ``context`` are there.

    ``worth``: savings of the statement's cost below it are not looked into. What is found is in the oracle's facts.
    """
    outside &= ~context
    room = LIMITS.selection_indexes_at_a_time - min(LIMITS.selection_indexes_at_a_time // 2, context.bit_count())
    groups = chunks(outside, room)
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
        taken = told.used & outside
        saved = weight * (bare.cost - told.cost)
        if saved < worth or not taken:
            return
        deep = parts and saved >= worth * LIMITS.selection_deep
        yield from _smaller(oracle, statement, context, told, taken, deep=deep)
        outside &= ~taken


def _smaller(oracle: Oracle, statement: int, context: int, told: Told, taken: int, *, deep: bool) -> Inquiry[None]:
    """Cheaper sets that may do nearly as much: fewer keys, and one index less.

    A wide index hides the narrow one that it begins with, as long as both are offered.
    """
    narrow = union(oracle.pool.narrowest(one) for one in singles(taken)) & ~oracle.pool.refused
    questions = []
    if narrow != taken:
        questions.append((statement, context | narrow))
    if deep and 1 < taken.bit_count() <= LIMITS.selection_parts:
        questions += [(statement, context | told.used & ~one) for one in singles(taken)]
    if questions:
        yield questions


def peel_all(oracle: Oracle, worth: float) -> Sequence[Inquiry[None]]:
    """Of every statement, over nothing: deeper for those that could save more."""
    return [
        peel(oracle, statement, 0, oracle.likely[statement], rounds=LIMITS.selection_rounds, worth=worth, parts=True)
        for statement in range(len(oracle.statements))
    ]
