"""Which statement of a migration made a plan dearer."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.dryrun.regressions.asking import Pair, World, worse_in
from advisor.dryrun.regressions.steps import Course
from advisor.model.migration_limits import MIGRATION


class Blamer:
    """Of changes of indexes; asks a bounded number of plans."""

    def __init__(self, course: Course, before: World) -> None:
        """``before``: the present, where the steps can be tried as configurations."""
        self.course = course
        self.before = before
        self.left = MIGRATION.replan_blamed

    def blame(self, pair: Pair) -> int | None:
        """The statement from which on the execution stays dearer: none before it has that effect, and what follows does
        not mend it. None: changes of indexes alone do not make it dearer."""
        worse = worse_in(self.before, pair)
        self.left -= 1
        if self.left > 0 and not worse(self.course.until()[0]):
            return None
        used = self._used(pair)
        self.left -= 1
        if len(used) == 1 and (self.left <= 0 or worse(self.course.until(used[0])[0])):
            return used[0]
        return self._first(self.course.positions, pair)

    def _used(self, pair: Pair) -> list[int]:
        """Statements that drop what the plan used, or make what it uses."""
        added = self.course.until()[1]
        fresh = [added[place].key for place in pair.after.new if place < len(added)] if pair.after is not None else []
        dropped = [step.position for step in self.course.steps if step.definition is None]
        gone = [position for position in self.course.about(sorted(pair.before.existing)) if position in dropped]
        return gone or self.course.about(fresh)

    def _first(self, positions: Sequence[int], pair: Pair) -> int:
        """From the end backwards, until the execution is not dearer any more."""
        worse = worse_in(self.before, pair)
        for place in range(len(positions) - 1, 0, -1):
            if self.left <= 0:
                return positions[place]
            self.left -= 1
            if not worse(self.course.until(positions[place] - 1)[0]):
                return positions[place]
        return positions[0]
