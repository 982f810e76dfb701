"""Many small inquiries at once: each asks, waits and goes on; their questions go to the planner together."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from typing import Any, TypeVar

from advisor.recommend.selection.facts import Told
from advisor.recommend.selection.oracle import Oracle, Question

_Result = TypeVar("_Result")

#: Yields questions, is sent their answers, returns what it found.
Inquiry = Generator[list[Question], list[Told], _Result]


def together(
    oracle: Oracle,
    inquiries: Sequence[Inquiry[_Result]],
    moved: Callable[[float], None] | None = None,
) -> list[_Result]:
    """Runs them all to their end; what each returned, in order. ``moved`` hears the share that has ended.

    Raises what the oracle raises.
    """
    results: dict[int, _Result] = {}
    waiting: dict[int, tuple[Inquiry[_Result], list[Question]]] = {}

    def on(number: int, inquiry: Inquiry[_Result], answers: Any) -> None:
        try:
            waiting[number] = inquiry, inquiry.send(answers)
        except StopIteration as end:
            results[number] = end.value

    for number, inquiry in enumerate(inquiries):
        on(number, inquiry, None)
    while waiting:
        turn, waiting = waiting, {}
        answers = iter(oracle.ask([question for _, questions in turn.values() for question in questions]))
        for number, (inquiry, questions) in turn.items():
            on(number, inquiry, [next(answers) for _ in questions])
        if moved is not None:
            moved(len(results) / len(inquiries))
    return [results[number] for number in range(len(inquiries))]
