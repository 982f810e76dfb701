"""Which statement is to blame where something else than an index changed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from advisor.dryrun.regressions.asking import Pair
from advisor.dryrun.regressions.effects import Effect, Ran
from advisor.recommend.workload import Statement


def words(statement: Statement, pair: Pair) -> set[str]:
    """All that a statement names, in lower case."""
    return set(re.findall(r"[\w$]+", f"{statement.sql} {pair.asked.query.sql}".lower()))


class Changes:
    """Of tables, by statement."""

    def __init__(self, ran: Ran, updates: Mapping[str, int]) -> None:
        """``updates``: the statement that writes much of a table anew, by table."""
        self.ran = ran
        self.updates = updates

    def failing(self, statement: Statement, pair: Pair) -> int:
        """Of a shape that cannot be planned any more: what took away a column or name of its, else what changed its
        tables first."""
        named = words(statement, pair)
        near = self._near(named)
        lost = [one.position for one in near if any(self._lost(named, one, oid) for oid in one.touched)]
        return lost[0] if lost else self._first(near)

    def dearer(self, statement: Statement, pair: Pair) -> int:
        """Of a shape that costs more: what gave a column of it another type, rewrote a table of it, or updated one;
        else what changed its tables first."""
        named = words(statement, pair)
        near = self._near(named)
        for one in near:
            if any(self._lost(named, one, oid) for oid in one.touched):
                return one.position
        for one in near:
            if any(self._mentions(named, oid) for oid in one.rewrote):
                return one.position
        written = [position for table, position in self.updates.items() if table.lower() in named]
        return min(written) if written else self._first(near)

    def _first(self, near: list[Effect]) -> int:
        if near:
            return near[0].position
        effects = self.ran.effects
        changed = [one.position for one in effects if one.touched or one.others or one.dropped]
        return changed[-1] if changed else effects[-1].position if effects else min(self.updates.values(), default=0)

    def _near(self, named: set[str]) -> list[Effect]:
        return [one for one in self.ran.effects if any(self._mentions(named, oid) for oid in one.touched | one.rewrote)]

    def _mentions(self, named: set[str], oid: int) -> bool:
        one = self.ran.before.relations.get(oid)
        return one is not None and one.name.lower() in named

    def _lost(self, named: set[str], effect: Effect, oid: int) -> bool:
        """Does the statement drop, rename or alter what is named, and does that stand at the end?"""
        old, new = self.ran.before.columns.get(oid, {}), self.ran.after.columns.get(oid, {})
        back = {column.name for number, column in old.items() if new.get(number) == column}
        return any(name.lower() in named and name not in back for name in effect.altered.get(oid, ()))
