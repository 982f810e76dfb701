"""What a migration does to indexes, statement by statement: which of them exist after the first so many."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.model.planning import Configuration


@dataclass(frozen=True, slots=True)
class Step:
    """One index made or dropped by one statement."""

    position: int
    """Of the statement among all of the run."""
    key: str
    """Tells indexes of the run apart: one that is made, dropped and made again is two."""
    name: str
    """As judgements name it: ``schema.index``, or ``table.index``."""
    table: str
    """Canonical."""
    definition: str | None
    """Of one that is made: CREATE INDEX. None: one that was there is dropped, or one of the run."""
    constraint: bool = False
    hide: str | None = None
    """As `Configuration.hide` names it, where that is another name."""


@dataclass(frozen=True, slots=True)
class Course:
    """All steps, in order."""

    steps: tuple[Step, ...]

    def until(self, position: int | None = None, *, without: int | None = None) -> tuple[Configuration, list[Step]]:
        """The indexes after all statements up to ``position`` (None: all), as if that at ``without`` had not been; and
        the steps behind `Configuration.add`, in its order."""
        made: dict[str, Step] = {}
        hidden: dict[str, None] = {}
        for step in self.steps:
            if (position is not None and step.position > position) or step.position == without:
                continue
            if step.definition is not None:
                made[step.key] = step
            elif made.pop(step.key, None) is None and not self._made(step.key):
                hidden[step.hide or step.name] = None
        added = list(made.values())
        return Configuration(tuple(one.definition or "" for one in added), tuple(hidden)), added

    def _made(self, key: str) -> bool:
        return any(one.key == key and one.definition is not None for one in self.steps)

    @property
    def positions(self) -> list[int]:
        """Of the statements, in order."""
        return sorted({one.position for one in self.steps})

    def about(self, names: Sequence[str]) -> list[int]:
        """Statements that make or drop one of these, in order."""
        wanted = set(names)
        return sorted({one.position for one in self.steps if one.name in wanted or one.key in wanted})
