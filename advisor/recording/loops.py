"""Statements that the same lines of code ran again and again."""

from __future__ import annotations

from collections.abc import Container, Iterable, Sequence
from dataclasses import dataclass

from advisor.model.recorded import CallSite, Recorded


@dataclass(frozen=True)
class Loop:
    """Executions of one shape by the same lines within one unit of work, in order."""

    steps: tuple[int, ...]
    """Places among the statements."""
    statements: tuple[Recorded, ...]

    @property
    def first(self) -> Recorded:
        """The first execution: all have its shape and lines."""
        return self.statements[0]

    @property
    def different(self) -> int:
        """How many different sets of values they ask for."""
        return len({s.literals for s in self.statements})


def loops(statements: Sequence[Recorded], least: int) -> list[Loop]:
    """Every shape that the same lines ran ``least`` times or more in a unit. Order: that of the first execution.

    "The same lines" is the whole stack of the user's code, to the instruction: a function called from two places is no
    loop, its caller is straight code. Recursion is taken once, so that a walk over a tree is one loop.
    """
    groups: dict[tuple[object, ...], list[int]] = {}
    flushed: set[tuple[object, int]] = set()
    for place, statement in enumerate(statements):
        if not statement.counted or statement.executions != 1 or statement.kind not in _REPEATABLE:
            continue
        if not statement.stack:
            continue
        key = (statement.unit, statement.engine, statement.fingerprint, statement.path)
        if statement.flush and (key, statement.flush) in flushed:
            continue  # one call of the mapper, which does not send them together: no loop of the program
        flushed.add((key, statement.flush))
        groups.setdefault(key, []).append(place)
    return [
        Loop(tuple(places), tuple(statements[place] for place in places))
        for places in groups.values()
        if len(places) >= least
    ]


_REPEATABLE = frozenset({"select", "insert", "update", "delete", "merge"})


def in_file(stack: Iterable[CallSite], files: Container[str]) -> bool:
    """Whether the innermost line is in one of the files."""
    return next((site.file in files for site in stack), False)
