"""Statistics of columns after a migration: those of before where values stay, and what is known of new ones."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace as replace_column

from msgspec.structs import replace

from advisor.dryrun.regressions.backfills import Fill, backfills
from advisor.dryrun.regressions.counterparts import Counterparts
from advisor.dryrun.regressions.layouts import printed_width
from advisor.dryrun.regressions.revalued import Revaluing, after, without_nulls
from advisor.dryrun.regressions.state import Column
from advisor.dryrun.regressions.state import Relation as Found
from advisor.dryrun.regressions.type_families import base, prints_alike
from advisor.model.migration_limits import MIGRATION
from advisor.model.snapshot import Bounds, ColumnStatistics, ExtendedStatistics, Snapshot


class StatisticsAfter:
    """Production's statistics after the migration."""

    def __init__(
        self,
        world: Counterparts,
        snapshot: Snapshot,
        texts: Sequence[str],
        revaluings: Sequence[tuple[Revaluing, float]] = (),
    ) -> None:
        """``texts``: statements of the migration that write rows. ``revaluings``: those that change which values there
        are, with the shares of rows that they write."""
        self.texts = texts
        self.revaluings = revaluings
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
                kept = replace(self._revalued(one, then, row), schema=then.schema, table=then.name, column=new.name)
                if new.name != row.column:
                    kept = self._revalued(one, then, kept)
                if column.type != new.type or column.collation != new.collation:
                    kept = self._converted(kept, column, new)
                found.append(kept)
        return found

    def _revalued(self, one: Found, then: Found, row: ColumnStatistics) -> ColumnStatistics:
        """With what UPDATE and DELETE make of its frequent values."""
        some = [each for each in self.revaluings if each[0].table in (one.name, then.name)]
        if any(row.column in each.unclear for each, share in some if share >= MIGRATION.replan_anew_share):
            self.world.notes.append(
                f"{row.table}.{row.column}: what the migration writes into it is not known: taken to stay as it is"
            )
        return after(row, some)

    def _converted(
        self, row: ColumnStatistics, column: Column, new: Column, *, values: bool = True
    ) -> ColumnStatistics:
        """Statistics of a column of another type: its values where they print alike, else how many they are."""
        width = new.length if new.length > 0 else round(printed_width(row, column, new))
        row = replace(row, type=new.type, avg_width=width)
        alike = prints_alike(column.type, new.type)
        if values and ((alike and column.collation == new.collation) or base(column.type) == base(new.type)):
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
            source = self.world.source(one, fill)
            if source is not None:
                return [self._copied(then, column, fill, *source)]
        some = self._constants(one, then, column)
        if some and (column.missing is not None or not column.not_null):
            return [after(replace(_uniform(then, column), avg_width=_width(column, some)), some)]
        self.unknown.append((then.name, column.name))
        self.world.notes.append(f"{then.name}.{column.name}: what the migration writes into it is not known")
        return []

    def _copied(
        self, then: Found, column: Column, fill: Fill, row: ColumnStatistics, source: Column
    ) -> ColumnStatistics:
        """The statistics of the column that it is filled from."""
        kept = replace(row, schema=then.schema, table=then.name, column=column.name)
        if fill.table is not None:
            count = next((one.tuples for one in self.snapshot.relations if one.name == fill.table), 0.0)
            distinct = row.n_distinct if row.n_distinct >= 0 else -row.n_distinct * max(0.0, count)
            kept = replace(kept, n_distinct=distinct, correlation=None)
            self.world.notes.append(
                f"{then.name}.{column.name}: values taken to be as frequent as those of {fill.table}.{source.name}"
            )
        if not fill.alike:
            kept = replace(self._converted(kept, source, column, values=False), correlation=None)
        elif source.type != column.type:
            kept = self._converted(kept, source, column)
        return kept if fill.otherwise is None else without_nulls(kept, fill.otherwise)

    def _constants(self, one: Found, then: Found, column: Column) -> list[tuple[Revaluing, float]]:
        """What gives some rows of a new column a constant, where nothing else writes it."""
        some = [each for each in self.revaluings if each[0].table in (one.name, then.name)]
        name = re.compile(rf"\b{re.escape(column.name.lower())}\b")
        naming = {text for text in self.texts if name.search(text.lower())}
        clear = {each.text for each, _ in some if column.name not in each.unclear}
        return [each for each in some if column.name in each[0].sets] if naming <= clear else []

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


def _width(column: Column, some: Sequence[tuple[Revaluing, float]]) -> int:
    """Bytes of a value of a column that is filled with constants."""
    values = [value for one, _ in some if (value := one.sets[column.name]) is not None]
    return column.length if column.length > 0 else max((1 + len(value.encode()) for value in values), default=0)
