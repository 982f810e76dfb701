"""Values for the turns of a generated loop: most from rows that are there, then keys without rows, then NULL."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence

from advisor.catalog.types import Family
from advisor.rewrites.batch import Batch, beside
from advisor.rewrites.checking.rows import Row, Value, absent, values_of
from advisor.rewrites.checking.tables import MadeTable

TURNS = 6
"""Turns of each loop: usual keys, one without rows, NULL."""


class Drawn:
    """What the slots of a batch may be given, on tables that were made."""

    def __init__(self, batch: Batch, tables: Sequence[MadeTable]) -> None:
        self.batch = batch
        self.tables = tables
        self.places = {name: self._place(name) for name in batch.statement.slots}
        self._values = {name: values_of(self._family(name)) for name in (*batch.statement.slots, *batch.turn)}
        self._of_turns, self._of_all = self._beside(batch.turn), self._beside(batch.alike)

    def nobody(self) -> dict[str, Value]:
        """The turn of a key that no row has."""
        return {name: absent(self._family(name)) for name in self.batch.turn}

    def draw(
        self, content: Mapping[str, Sequence[Row]], draw: random.Random
    ) -> tuple[dict[str, Value], list[dict[str, Value]]]:
        """The values that all turns share, and each turn's own: different keys; the last two without rows, and NULL."""
        turn_slots, values = self.batch.turn, self._values
        shared = _together([content[table.name] for table in self.tables], self._of_all, draw)
        alike = {name: self._alike(name, shared, draw) for name in self.batch.alike}
        fitting = self._fitting(content, alike)
        compared = self._compared()
        written = [name for name in turn_slots if name not in compared]
        turns: list[dict[str, Value]] = []
        keys: set[tuple[Value, ...]] = set()
        for _ in range(60):
            there = _together(fitting, self._of_turns, draw) if draw.random() < 0.7 else {}
            # Every slot draws, found or not: what is drawn for one must not depend on another's table.
            turn = {name: there.get(name, draw.choice(values[name])) for name in turn_slots}
            if draw.random() < 0.5:  # what is written is not what stands there already
                turn |= {name: draw.choice(values[name]) for name in written}
            key = tuple(turn[name] for name in compared)
            if key not in keys and None not in key:
                keys.add(key)
                turns.append(turn)
            if len(turns) == TURNS - 2:
                break
        turns += [self.nobody()] * (TURNS - 1 - len(turns))
        null = {name: None if name in compared else value for name, value in turns[0].items()}
        return alike, [*turns, null]

    def _beside(self, names: Sequence[str]) -> list[list[tuple[str, int]]]:
        """Of each table, the slots that are compared with a column of it, and that column's place."""
        found = [(name, place) for name in names if (place := self.places.get(name)) is not None]
        return [[(name, place[1]) for name, place in found if place[0] is table] for table in self.tables]

    def _fitting(self, content: Mapping[str, Sequence[Row]], alike: Mapping[str, Value]) -> list[Sequence[Row]]:
        """Of each table, the rows that have what all turns share; all where none has."""
        found = []
        for table, slots in zip(self.tables, self._of_all, strict=True):
            rows = content[table.name]
            for name, place in slots:
                rows = [row for row in rows if row[place] == alike[name]] or rows
            found.append(rows)
        return found

    def _alike(self, name: str, shared: Mapping[str, Value], draw: random.Random) -> Value:
        from sqlglot import exp

        known = self.batch.statement.slots[name].literal
        if known is not None:
            return str(known.name) if getattr(known, "is_string", False) else float(known.sql())
        for node in self.batch.statement.tree.find_all(exp.Placeholder):
            if node.name == name and isinstance(node.parent, exp.Limit):
                return draw.choice((1, 2, 3))
            if node.name == name and isinstance(node.parent, exp.Offset):
                return draw.choice((0, 1))
            if node.name == name and isinstance(node.parent, (exp.Like, exp.ILike)):
                return draw.choice(("%", "a%", "%b%"))
        value = shared.get(name) if draw.random() < 0.8 else None
        return draw.choice(values_of(self._family(name))[:4]) if value is None else value

    def _compared(self) -> list[str]:
        """Slots that must differ from turn to turn: those that rows are found by."""
        return list(self.batch.apart or self.batch.turn)

    def _place(self, name: str) -> tuple[MadeTable, int] | None:
        """The table and the column that a slot is compared with."""
        column = beside(self.batch.statement.tree, name)
        for table in self.tables if column is not None else ():
            if str(column).lower() in table.columns:
                return table, list(table.columns).index(str(column).lower())
        return None

    def _family(self, name: str) -> Family:
        place = self.places.get(name)
        return list(place[0].columns.values())[place[1]].family if place is not None else "integer"


def _together(
    content: Sequence[Sequence[Row]], slots: Sequence[Sequence[tuple[str, int]]], draw: random.Random
) -> dict[str, Value]:
    """Values that stand together in one row of each table."""
    found: dict[str, Value] = {}
    for rows, here in zip(content, slots, strict=True):
        if rows:
            row = draw.choice(rows)
            for name, place in here:
                found[name] = row[place]
    return found
