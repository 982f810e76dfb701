"""Which statement is to blame where something else than an index changed."""

from __future__ import annotations

import re
from collections.abc import Mapping

from advisor.dryrun.regressions.asking import Pair
from advisor.dryrun.regressions.effects import Effect, Ran
from advisor.dryrun.regressions.type_families import base
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

    @property
    def any(self) -> bool:
        """Something else than indexes changed."""
        return bool(self.updates) or any(one.touched or one.rewrote for one in self.ran.effects)

    def failing(self, statement: Statement, pair: Pair) -> int:
        """Of a shape that cannot be planned any more: what took away a column or name of its, else what changed its
        tables first."""
        named = words(statement, pair)
        near = self._near(named)
        lost = [one.position for one in near if any(self._lost(named, one, oid) for oid in one.touched)]
        return lost[0] if lost else self._first(near)

    def dearer(self, statement: Statement, pair: Pair, risen: Mapping[str, float]) -> int:
        """Of a shape that costs more: what rewrote or updated the table whose reading got dearest, or gave a column of
        it another type; else what changed its tables first. ``risen``: by table, by how much reading it costs more."""
        named = words(statement, pair)
        near = self._near(named)
        tables = sorted(risen, key=lambda name: -risen[name]) or [""]
        for table in (*tables, ""):
            found = [
                self._since(one, oid)
                for one in near
                for oid in one.touched | one.rewrote
                if self._is(oid, table, named) and (oid in one.rewrote or self._retyped(named, one, oid))
            ]
            found += [
                position
                for name, position in self.updates.items()
                if (name.lower() == table.lower() if table else name.lower() in named)
            ]
            if found:
                return min(found)
        return self._first(near)

    def _is(self, oid: int, table: str, named: set[str]) -> bool:
        if not table:
            return self._mentions(named, oid)
        states = (self.ran.before.relations.get(oid), self.ran.after.relations.get(oid))
        return any(one is not None and one.name == table for one in states)

    def _retyped(self, named: set[str], effect: Effect, oid: int) -> bool:
        """Does it give a column that is named another type or order, or its table another name?"""
        old, new = self.ran.before.columns.get(oid, {}), self.ran.after.columns.get(oid, {})
        alike = {
            column.name
            for number, column in old.items()
            if (then := new.get(number)) is not None
            and (base(column.type), column.collation) == (base(then.type), then.collation)
        }
        return self._lost(named, effect, oid) and any(
            name.lower() in named and name not in alike for name in effect.altered.get(oid, ())
        )

    def _since(self, effect: Effect, oid: int) -> int:
        """Of a table whose name another takes: from there on."""
        taken = self.ran.stands_in(oid)
        return effect.position if taken is None else taken

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
