"""What makes a column's values grow, found from the schema and the statistics alone: never from a timestamp's name."""

from __future__ import annotations

import math
import re
from collections import defaultdict
from dataclasses import dataclass
from typing import Literal

from advisor.catalog.types import facts
from advisor.model.catalog import Catalog, Column, ForeignKey, Table
from advisor.model.limits import LIMITS
from advisor.model.snapshot import ColumnStatistics, Snapshot
from advisor.planners.growth.instants import elements, instant

_NOW = re.compile(
    r"\b(?:now|current_timestamp|current_date|localtimestamp|transaction_timestamp|statement_timestamp"
    r"|clock_timestamp|timeofday|unixepoch|sysdate|utc_timestamp|curdate)\b",
    re.IGNORECASE,
)
#: Bases of types (`advisor.catalog.types.facts`) that hold a date.
TIMES = ("date", "timestamp", "timestamptz")

Kind = Literal["sequence", "reference", "clock"]


@dataclass(frozen=True, slots=True)
class Driver:
    """Why a column grows. None of a column: nothing says that it does."""

    kind: Kind
    because: str
    source: tuple[str, str] | None = None
    """Of a reference: table and column that it takes its values from, at the root of all references."""
    domain: float = math.inf
    """Of a reference: how many rows the parent has."""


def qualified(table: Table, default_schema: str | None) -> str:
    """``schema.table``, also in the default schema."""
    return table.name if "." in table.name else f"{table.schema or default_schema or 'public'}.{table.name}"


class Drivers:
    """The growing columns of a database. Partitions share their root's answers."""

    def __init__(self, snapshot: Snapshot, catalog: Catalog) -> None:
        self.tables = {qualified(table, catalog.default_schema): table for table in catalog.tables.values()}
        self._names = {table.name: name for name, table in self.tables.items()}
        self.rows = {f"{r.schema}.{r.name}": r.tuples for r in snapshot.relations if r.tuples >= 0}
        self.statistics: dict[tuple[str, str], ColumnStatistics] = {}
        for row in snapshot.columns:
            # Statistics over all partitions describe the root; those of its own (empty) file do not.
            if row.inherited or (f"{row.schema}.{row.table}", row.column) not in self.statistics:
                self.statistics[f"{row.schema}.{row.table}", row.column] = row
        self.bounds = {(f"{b.schema}.{b.table}", b.column): (b.low, b.high) for b in snapshot.bounds}
        self._parents: dict[str, dict[str, list[tuple[ForeignKey, str]]]] = {}
        self._known: dict[tuple[str, str], Driver | None] = {}
        self._clocks: dict[str, dict[str, str]] = {}

    # ------------------------------------------------------------------ names
    def root(self, name: str) -> str:
        """The partitioned table that a partition belongs to, at the top; the table itself if it is none."""
        seen = {name}
        while (table := self.tables.get(name)) is not None and table.partition_of:
            above = self._names.get(table.partition_of, table.partition_of)
            if above in seen or above not in self.tables:
                break
            seen.add(above)
            name = above
        return name

    def full(self, name: str) -> str | None:
        """The qualified name of a table that the catalog names its own way."""
        return self._names.get(name) or (name if name in self.tables else None)

    def leaves(self, name: str) -> list[str]:
        """All partitions below a table, at any depth."""
        below = [child for child, table in self.tables.items() if table.partition_of and child != name]
        return [child for child in below if self._is_below(child, name)]

    def _is_below(self, child: str, name: str) -> bool:
        while (table := self.tables.get(child)) is not None and table.partition_of:
            child = self._names.get(table.partition_of, table.partition_of)
            if child == name:
                return True
        return False

    def column(self, table: str, name: str) -> Column | None:
        """A column of a table, by name."""
        known = self.tables.get(table)
        return next((c for c in known.columns if c.name == name), None) if known is not None else None

    def type_of(self, table: str, name: str) -> str:
        """Its type in the catalog's words; of a domain its base type, where the statistics tell."""
        row, column = self.statistics.get((table, name)), self.column(table, name)
        return (row.type if row is not None and row.type else None) or (column.type if column is not None else "")

    def base_of(self, table: str, name: str) -> str:
        """The same without lengths and spellings."""
        return facts(self.type_of(table, name), "postgresql").base

    def span(self, table: str, name: str) -> tuple[int, int] | None:
        """Smallest and largest value of an integer column: probed, else of the histogram; None where not known."""
        low, high = self.bounds.get((table, name), (None, None))
        if low is None or high is None:
            row = self.statistics.get((table, name))
            if row is None or row.histogram_bounds is None:
                return None
            values = elements(row.histogram_bounds)
            low, high = values[0], values[-1]
        try:
            return int(low or ""), int(high or "")
        except ValueError:
            return None

    # ------------------------------------------------------------------ drivers
    def of(self, table: str, column: str) -> Driver | None:
        """What makes a column grow."""
        key = (self.root(table), column)
        if key not in self._known:
            self._known[key] = None  # a reference that leads back here finds nothing new
            self._known[key] = self._find(*key)
        return self._known[key]

    def _find(self, table: str, name: str) -> Driver | None:
        known, column = self.tables.get(table), self.column(table, name)
        if known is None or column is None or column.generated is not None:
            return None
        family = facts(self.type_of(table, name), "postgresql").family
        reference = self._reference(table, name)
        if reference is not None:
            return reference
        if family == "integer":
            if column.identity or (column.default or "").startswith("nextval("):
                return Driver("sequence", "a sequence feeds it")
            if self.is_unique(table, name):
                return self._unique(table, name)
            return self._inferred(table, name)
        because = self.clocks(table).get(name)
        return Driver("clock", because) if because is not None else None

    def is_unique(self, table: str, name: str) -> bool:
        """One unique index, on this column alone and over all rows, says so."""
        known = self.tables.get(table)
        return known is not None and any(
            index.unique and index.where is None and tuple(key.column for key in index.keys) == (name,)
            for index in known.indexes
        )

    def _unique(self, table: str, name: str) -> Driver | None:
        span, rows = self.span(table, name), self.rows.get(table, 0.0)
        if span is None or rows <= 0:
            return Driver("sequence", "unique whole numbers, taken to be counted up")
        if rows / max(span[1] - span[0] + 1, 1) >= LIMITS.growth_counted_density:
            return Driver("sequence", "unique whole numbers without wide gaps: they are counted up")
        if (self.correlation(table, name) or 0.0) >= LIMITS.growth_appended_correlation:
            return Driver("sequence", "unique whole numbers in the order of the rows: they are counted up")
        return None

    def _reference(self, table: str, name: str) -> Driver | None:
        candidates = [key for key in self.tables[table].foreign_keys if name in key.columns]
        for key in sorted(candidates, key=lambda key: len(key.columns)):
            parent = self.full(key.parent)
            if parent is None:
                continue
            target = dict(zip(key.columns, key.parent_columns, strict=False)).get(name)
            if target is None or (parent, target) == (table, name):
                continue
            return self._to(parent, target, f"it refers to {parent}.{target}", own=parent == table)
        return None

    def _to(self, parent: str, target: str, because: str, *, own: bool = False) -> Driver:
        above = self.of(parent, target)
        source = above.source if above is not None and above.source is not None else (self.root(parent), target)
        rows = self.rows.get(source[0], math.inf)
        return Driver("reference", because, source, rows if rows > 0 and not own else math.inf)

    def _inferred(self, table: str, name: str) -> Driver | None:
        """A reference that no constraint declares: it is named after a table and its values are that table's keys."""
        stem = name.lower()
        if not stem.endswith("_id") or (span := self.span(table, name)) is None:
            return None
        stem = stem.removesuffix("_id")
        schema = table.rpartition(".")[0]
        for bare in (stem, f"{stem}s", f"{stem}es", f"{stem.removesuffix('y')}ies"):
            parent = f"{schema}.{bare}"
            if parent not in self.tables or parent == table:
                continue
            keys = [
                index.keys[0].column for index in self.tables[parent].indexes if index.primary and len(index.keys) == 1
            ]
            above = self.span(parent, keys[0]) if keys and keys[0] else None
            if keys and keys[0] and above is not None and above[0] <= span[0] and span[1] <= above[1]:
                why = f"no constraint says so, but its name and the range of its values refer it to {parent}.{keys[0]}"
                return self._to(parent, keys[0], why)
        return None

    # ------------------------------------------------------------------ time
    def clocks(self, table: str) -> dict[str, str]:
        """Columns of a table that follow the clock, each with what shows it; the surest first."""
        table = self.root(table)
        if table not in self._clocks:
            self._clocks[table] = self._find_clocks(table)
        return self._clocks[table]

    def _find_clocks(self, table: str) -> dict[str, str]:
        known = self.tables[table]
        times = [c for c in known.columns if c.generated is None and self.base_of(table, c.name) in TIMES]
        if not times:
            return {}
        order = self._correlation_of_counted(table)
        found: dict[str, tuple[float, str]] = {}
        for column in times:
            correlation = self.correlation(table, column.name)
            if self.partitioned_by(table, column.name):
                found[column.name] = (3.0, "the table is partitioned by its ranges")
            elif correlation is not None and correlation >= LIMITS.growth_appended_correlation:
                found[column.name] = (2.0 + correlation, "rows lie in its order: they are appended as time goes by")
            elif (
                correlation is not None
                and order is not None
                and correlation >= LIMITS.growth_shared_correlation
                and abs(correlation - order) <= LIMITS.growth_same_correlation
            ):
                found[column.name] = (1.0 + correlation, "it rises with the column that a sequence feeds")
            elif column.default is not None and _NOW.search(column.default):
                found[column.name] = (0.5, f"its default is {column.default}")
        ranked = sorted(found, key=lambda name: -found[name][0])
        clocks = {name: found[name][1] for name in ranked}
        lead = next((span for name in ranked if (span := self._instants(table, name)) is not None), None)
        for column in times:
            span = self._instants(table, column.name)
            if column.name in clocks or lead is None or span is None:
                continue
            tolerance = LIMITS.growth_same_span * (lead[1] - lead[0])
            if abs(span[0] - lead[0]) <= tolerance and abs(span[1] - lead[1]) <= tolerance:
                clocks[column.name] = f"it spans the same time as {ranked[0]}"
        return clocks

    def partitioned_by(self, table: str, column: str) -> bool:
        """The column is in the range partition key of the table or of a partition of it."""
        root = self.root(table)
        keys = [self.tables[name].partition_key for name in (root, *self.leaves(root)) if name in self.tables]
        return any(
            key is not None
            and key.upper().startswith("RANGE")
            and re.search(rf'[(,\s"]{re.escape(column)}[),\s"]', key)
            for key in keys
        )

    def _correlation_of_counted(self, table: str) -> float | None:
        for column in self.tables[table].columns:
            if column.identity and (correlation := self.correlation(table, column.name)) is not None:
                return correlation
        return None

    def correlation(self, table: str, column: str) -> float | None:
        """Of values with the order of rows; of a partitioned table that of its middle partition."""
        found = [
            row.correlation
            for leaf in (self.leaves(table) or [table])
            if (row := self.statistics.get((leaf, column))) is not None and row.correlation is not None
        ]
        return sorted(found)[len(found) // 2] if found else None

    def _instants(self, table: str, name: str) -> tuple[int, int] | None:
        row = self.statistics.get((table, name))
        values: list[str] = []
        if row is not None and row.histogram_bounds is not None:
            values = elements(row.histogram_bounds)
        elif row is not None and row.most_common_vals is not None:
            values = elements(row.most_common_vals)
        try:
            moments = [instant(value) for value in values]
        except ValueError:
            return None
        return (min(moments), max(moments)) if moments else None


def owned(columns: list[ColumnStatistics]) -> dict[str, list[ColumnStatistics]]:
    """Statistics by table."""
    found: dict[str, list[ColumnStatistics]] = defaultdict(list)
    for row in columns:
        found[f"{row.schema}.{row.table}"].append(row)
    return found
