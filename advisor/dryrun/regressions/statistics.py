"""Statistics of columns after a migration: those of before where values stay, and what is known of new ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace as replace_column

from msgspec.structs import replace

from advisor.dryrun.regressions.backfills import backfills
from advisor.dryrun.regressions.counterparts import Counterparts
from advisor.dryrun.regressions.layouts import printed_width
from advisor.dryrun.regressions.state import Column
from advisor.dryrun.regressions.state import Relation as Found
from advisor.dryrun.regressions.type_families import base, prints_alike
from advisor.model.snapshot import Bounds, ColumnStatistics, ExtendedStatistics, Snapshot


class StatisticsAfter:
    """Production's statistics after the migration."""

    def __init__(self, world: Counterparts, snapshot: Snapshot, texts: Sequence[str]) -> None:
        """``texts``: statements of the migration that write rows."""
        self.world = world
        self.snapshot = snapshot
        self.fills = backfills(texts)
        self.unknown: list[tuple[str, str]] = []
        """Tables and columns whose values the migration writes, nobody knows what."""

    def columns(self, indexes: Mapping[int, Found]) -> list[ColumnStatistics]:
        """Of columns that stand, under the names that they have then; ``indexes``: what became of each index."""
        found = []
        for row in self.snapshot.columns:
            index = self.world.old.get((row.schema, row.table))
            if index is not None and index.kind in "iI":
                then = indexes.get(index.oid)
                if then is not None:
                    found.append(replace(row, schema=then.schema, table=then.name))
                continue
            for one, then in self.world.tables(row.schema, row.table):
                number, column = self.world.number(one, row.column)
                new = self.world.attributes(one, then).get(number) if number is not None else None
                if new is None or column is None:
                    continue
                kept = replace(row, schema=then.schema, table=then.name, column=new.name)
                if column.type != new.type or column.collation != new.collation:
                    kept = self._converted(kept, column, new)
                found.append(kept)
        return found

    def _converted(self, row: ColumnStatistics, column: Column, new: Column) -> ColumnStatistics:
        """Statistics of a column of another type: its values where they print alike, else how many they are."""
        width = new.length if new.length > 0 else round(printed_width(row, column, new))
        row = replace(row, type=new.type, avg_width=width)
        alike = prints_alike(column.type, new.type)
        if (alike and column.collation == new.collation) or base(column.type) == base(new.type):
            return row
        self.world.notes.append(
            f"{row.table}.{row.column}: {new.type} in place of {column.type}: the share of NULLs and the number of "
            "values are taken to stay; which values are frequent is not known"
        )
        return replace(
            row,
            most_common_vals=None,
            most_common_freqs=None,
            histogram_bounds=None,
            most_common_elems=None,
            most_common_elem_freqs=None,
            elem_count_histogram=None,
            range_length_histogram=None,
            range_empty_frac=None,
            range_bounds_histogram=None,
        )

    def added(self) -> list[ColumnStatistics]:
        """Of columns that are new on tables with rows: one value, or NULL alone, unless the migration fills them."""
        found = []
        for one in self.world.before.tables:
            then = self.world.after.relations.get(one.oid)
            if then is None or one.key not in self.world.statistics:
                continue
            old = self.world.before.columns.get(one.oid, {})
            for number, column in self.world.after.columns.get(then.oid, {}).items():
                if number in old:
                    continue
                if re.search(rf"\b{re.escape(column.name.lower())}\b", self.world.written):
                    found += self._filled(one, then, column)
                elif column.missing is not None or not column.not_null:
                    found.append(_uniform(then, column))
        return found

    def _filled(self, one: Found, then: Found, column: Column) -> list[ColumnStatistics]:
        """Of a new column that the migration writes into: one value, or those of another column, or unknown."""
        for name in (one.name, then.name):
            fill = self.fills.get((name.lower(), column.name.lower()))
            if fill is None:
                continue
            if fill.value is not None:
                return [_uniform(then, replace_column(column, missing=fill.value))]
            source = fill.column and self.world.number(one, fill.column)[1]
            row = source and self.world.statistics.get(one.key, {}).get(source.name)
            if row and source:
                kept = replace(row, schema=then.schema, table=then.name, column=column.name)
                return [kept if source.type == column.type else self._converted(kept, source, column)]
        self.unknown.append((then.name, column.name))
        self.world.notes.append(f"{then.name}.{column.name}: what the migration writes into it is not known")
        return []

    def extended(self, row: ExtendedStatistics, captured: Snapshot) -> list[ExtendedStatistics]:
        """Statistics over several columns, where their object still stands over columns of the same numbers."""
        there = any(
            one.kind == "statistics" and (one.schema, one.name) == (row.schema, row.name) for one in captured.objects
        )
        return [row] if there else []

    def bounds(self, row: Bounds) -> list[Bounds]:
        """The least and greatest value of a column, where they stay what they are."""
        found = []
        for one, then in self.world.tables(row.schema, row.table):
            number, column = self.world.number(one, row.column)
            new = self.world.attributes(one, then).get(number) if number is not None else None
            if new is None or column is None:
                continue
            alike = prints_alike(column.type, new.type)
            if column.type == new.type or alike or base(column.type) == base(new.type):
                found.append(replace(row, schema=then.schema, table=then.name, column=new.name))
        return found


def _uniform(table: Found, column: Column) -> ColumnStatistics:
    """As ANALYZE describes a column of one value, or of NULL alone."""
    if column.missing is None:
        return ColumnStatistics(
            schema=table.schema, table=table.name, column=column.name, type=column.type, null_frac=1.0
        )
    return ColumnStatistics(
        schema=table.schema,
        table=table.name,
        column=column.name,
        type=column.type,
        avg_width=column.length if column.length > 0 else max(1, len(column.missing) - 1),
        n_distinct=1.0,
        most_common_vals=column.missing,
        most_common_freqs=(1.0,),
        correlation=1.0,
    )
