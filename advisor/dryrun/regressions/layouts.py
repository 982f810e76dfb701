"""What bytes the rows of a table take, before a migration, after it, and when a statement of it writes them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from advisor.dryrun.regressions.backfills import backfills
from advisor.dryrun.regressions.counterparts import Counterparts
from advisor.dryrun.regressions.effects import Ran
from advisor.dryrun.regressions.rows import Place, row_sizes, widths
from advisor.dryrun.regressions.state import Column
from advisor.dryrun.regressions.state import Relation as Found
from advisor.dryrun.regressions.type_families import TEXTS, base
from advisor.model.snapshot import ColumnStatistics

_ALIGN = {"c": 1, "s": 2, "i": 4, "d": 8}
_SHORT = 126
"""Longer values have a header of four bytes, and begin at their type's alignment (varatt.h)."""
_UNKNOWN_WIDTH = 16.0
"""Of a text that the migration makes up, of which nothing is known."""


class Layouts:
    """Of the tables of a snapshot."""

    def __init__(self, world: Counterparts, ran: Ran, texts: Sequence[str]) -> None:
        """``texts``: statements of the migration that write rows."""
        self.world = world
        self.ran = ran
        self.fills = backfills(texts)

    def before(self, one: Found, lean: float) -> dict[int, float]:
        """Bytes of a row with their shares. ``lean``: by how much values of no fixed length are longer than the whole
        bytes of their averages."""
        columns = self.world.before.columns.get(one.oid, {})
        return self._sizes(one, one, columns, lean)

    def after(self, one: Found, then: Found, lean: float) -> dict[int, float]:
        """The same of a table that was rewritten: columns that were dropped later keep their room."""
        columns = self.world.attributes(one, then)
        return self._sizes(
            one, then, self.ran.rewrites.get(then.oid, columns) if then.oid == one.oid else columns, lean
        )

    def at(self, position: int, one: Found, then: Found, lean: float) -> dict[int, float]:
        """The same of rows that the statement at a position writes."""
        return self._sizes(
            one, then, self.ran.writing.get(position, {}).get(one.oid) or self.world.attributes(one, then), lean
        )

    def _sizes(self, one: Found, then: Found, columns: Mapping[int, Column], lean: float) -> dict[int, float]:
        numbers = sorted(columns, key=abs)
        attributes = max((abs(number) for number in numbers), default=0) if one.oid == then.oid else len(numbers)
        return row_sizes([self._place(one, then, number, columns[number], lean) for number in numbers], attributes)

    def _place(self, one: Found, then: Found, number: int, column: Column, lean: float) -> Place:
        old = self.world.before.columns.get(one.oid, {}).get(number)
        row = self.world.statistics.get(one.key, {}).get(old.name) if old is not None else None
        nulls = row.null_frac if row is not None else 0.0
        if old is None:
            row, old, nulls = self._new(one, then, column)
        align = _ALIGN.get(column.align, 1)
        if column.length > 0:
            return Place(float(column.length), nulls, align)
        if row is None or old is None:
            given = column.missing
            return Place(float(_stored(given)) if given is not None else _UNKNOWN_WIDTH, nulls, 1)
        spread = _spread(row, old, column)
        width = printed_width(row, old, column) + (lean if column.length == -1 else 0.0)
        return Place(width, nulls, align if width > _SHORT else 1, spread)

    def _new(self, one: Found, then: Found, column: Column) -> tuple[ColumnStatistics | None, Column | None, float]:
        """What a column that the migration adds holds: another one's values, or NULLs, or what is not known."""
        for name in dict.fromkeys((one.name, then.name)):
            fill = self.fills.get((name.lower(), column.name.lower()))
            if fill is None:
                continue
            if fill.value is not None:
                mean = _stored(fill.value)
                row = ColumnStatistics(
                    schema=one.schema, table=one.name, column=column.name, avg_width=mean,
                    most_common_vals=fill.value, most_common_freqs=(1.0,), n_distinct=1.0,
                )  # fmt: skip
                return row, column, 0.0
            source = self.world.source(one, fill)
            if source is not None:
                return *source, source[0].null_frac if fill.otherwise is None else 0.0
        empty = column.missing is None and not column.not_null and not self._named(column)
        return None, None, 1.0 if empty else 0.0

    def _named(self, column: Column) -> bool:
        import re

        return re.search(rf"\b{re.escape(column.name.lower())}\b", self.world.written) is not None


def _stored(literal: str) -> int:
    """Bytes of the one value of an array literal, as a short one."""
    return 1 + len(literal[1:-1].strip('"').encode())


def _spread(row: ColumnStatistics, column: Column, new: Column) -> tuple[tuple[int, float], ...]:
    kind = base(new.type)
    if kind in TEXTS:
        return widths(row, "text", check=column.length <= 0 and base(column.type) in TEXTS)
    if kind == "numeric":
        return widths(row, "numeric", check=base(column.type) == "numeric")
    return ()


def printed_width(row: ColumnStatistics, column: Column, new: Column) -> float:
    """Bytes of a value of no fixed length; of one that had another form before, as it prints."""
    alike = column.length <= 0 and (base(column.type) in TEXTS or base(column.type) == base(new.type))
    if alike or new.length > 0 or base(new.type) not in TEXTS:
        return float(row.avg_width)
    values = [one for one in (row.most_common_vals, row.histogram_bounds) if one]
    printed = [len(one.strip('"')) for text in values for one in text.strip("{}").split(",")]
    return 1.0 + (sum(printed) / len(printed) if printed else row.avg_width)
