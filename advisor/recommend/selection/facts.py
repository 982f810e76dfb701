"""What a planner has said of one statement, and what follows without asking.

A plan that uses some of the indexes it could use is also the plan when only some of the others are gone: whatever
lies between the used set and the available one has the same answer (the cache of index-selection research, as in
Papadomanolakis, Dash, Ailamaki: Efficient Use of the Query Optimizer for Automated Physical Design, VLDB 2007).
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import NamedTuple


class Told(NamedTuple):
    """One answer."""

    cost: float
    """Total cost of the plan."""
    used: int
    """The candidates it uses."""


@dataclass(slots=True)
class Facts:
    """Answers for one statement."""

    best: float = float("inf")
    """The lowest cost of any plan seen."""
    asked: dict[int, Told] = field(default_factory=dict)
    """By the available set, as the planner answered."""
    _follows: dict[int, Told] = field(default_factory=dict)
    _of_used: dict[int, list[tuple[int, Told]]] = field(default_factory=dict)

    def known(self, available: int) -> Told | None:
        """The answer for an available set; None where nobody asked for anything that settles it."""
        told = self.asked.get(available) or self._follows.get(available)
        if told is not None:
            return told
        for used, wider in self._of_used.items():
            if used & ~available:
                continue
            for most, answer in wider:
                if not available & ~most:
                    self._follows[available] = answer
                    return answer
        return None

    def learn(self, available: int, told: Told) -> None:
        """Keeps an answer."""
        self.asked[available] = told
        self._follows.pop(available, None)
        wider = self._of_used.setdefault(told.used, [])
        wider[:] = [(most, answer) for most, answer in wider if most & ~available]
        wider.append((available, told))
        self.best = min(self.best, told.cost)

    def learn_nothing(self, available: int, told: Told) -> None:
        """With this set the statement cannot be planned: it counts as it is without any, and nothing follows."""
        self.asked[available] = told

    def floor(self, available: int) -> float:
        """No plan costs less with this set, if more choice never makes a plan dearer: a hint, planners do err."""
        return max(
            (told.cost for wider in self._of_used.values() for most, told in wider if not available & ~most),
            default=0.0,
        )

    def plans(self) -> dict[int, float]:
        """Each used set with the lowest cost at which it was seen."""
        return {used: min(told.cost for _, told in wider) for used, wider in self._of_used.items()}

    def forget(self, most: int) -> None:
        """Keeps memory bounded: what follows can be worked out again."""
        if len(self._follows) > most:
            self._follows.clear()
