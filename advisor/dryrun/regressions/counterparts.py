"""What of before a migration is what after it: tables, and those that took their place; columns by their numbers."""

from __future__ import annotations

import re
from collections.abc import Sequence

from advisor.dryrun.regressions.backfills import Fill
from advisor.dryrun.regressions.effects import Ran
from advisor.dryrun.regressions.state import Column
from advisor.dryrun.regressions.state import Relation as Found
from advisor.model.snapshot import ColumnStatistics, Snapshot

_FILLS = r"\b(?:insert|select|copy)\b"


class Counterparts:
    """The copy before and after, and production's statistics of before."""

    def __init__(self, snapshot: Snapshot, ran: Ran, texts: Sequence[str]) -> None:
        """``texts``: statements of the migration that write rows."""
        self.rewritten_at = ran.rewritten_at
        self.bulk = ran.bulk
        self.version = snapshot.header.version_number or 0
        self.before = ran.before
        self.after = ran.after
        self.notes: list[str] = []
        self.written = "\n".join(texts).lower()
        self.old = {one.key: one for one in ran.before.relations.values()}
        self.twins = self._twins()
        """Tables after that took the name of one of before, by the OID of that."""
        self.statistics: dict[tuple[str, str], dict[str, ColumnStatistics]] = {}
        for row in snapshot.columns:
            self.statistics.setdefault((row.schema, row.table), {})[row.column] = row

    def _twins(self) -> dict[int, Found]:
        """Tables that another one took the name of, filled by the migration: it is taken to hold their rows."""
        names = {one.key: one for one in self.after.tables}
        found = {}
        for one in self.before.tables:
            other = names.get(one.key)
            if other is None or other.oid in self.before.relations:
                continue
            stands = one.oid in self.after.relations
            if re.search(rf"\b{re.escape(one.name.lower())}\b" if stands else _FILLS, self.written):
                found[one.oid] = other
                self.notes.append(f"{one.name}: another table takes its name, and is taken to hold the same rows")
        return found

    def rewritten(self, one: Found, then: Found) -> bool:
        """Does it have other files than before?"""
        return then.oid != one.oid or (bool(one.file) and then.file != one.file)

    def tables(self, schema: str, name: str) -> list[tuple[Found, Found]]:
        """A table of before and what holds its rows after: itself, and what took its name. None of one that is
        dropped, or was never made on the copy."""
        one = self.old.get((schema, name))
        if one is None or one.kind in "iI":
            return []
        there = (self.after.relations.get(one.oid), self.twins.get(one.oid))
        return [(one, then) for then in there if then is not None]

    def attributes(self, one: Found, then: Found) -> dict[int, Column]:
        """Columns after, by the number before; those of a twin are found by name."""
        columns = self.after.columns.get(then.oid, {})
        if then.oid == one.oid:
            return columns
        by_name = {column.name: number for number, column in self.before.columns.get(one.oid, {}).items()}
        return {by_name.get(column.name, -number): column for number, column in columns.items()}

    def number(self, one: Found, name: str) -> tuple[int | None, Column | None]:
        """A column of before by its name, with its number; None and None: there is none."""
        for number, column in self.before.columns.get(one.oid, {}).items():
            if column.name == name:
                return number, column
        return None, None

    def source(self, one: Found, fill: Fill) -> tuple[ColumnStatistics, Column] | None:
        """The column that another one is filled from, with what is known of its values."""
        if fill.column is None:
            return None
        of = one if fill.table is None else self.old.get((one.schema, fill.table))
        column = self.number(of, fill.column)[1] if of is not None else None
        row = self.statistics.get(of.key, {}).get(column.name) if of is not None and column is not None else None
        return (row, column) if row is not None and column is not None else None
