"""The statistics of a snapshot, found by table and column, engine by engine."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import msgspec

from advisor.catalog.snapshot import arrays
from advisor.catalog.types import facts
from advisor.migrations.foresee.histogram import figure, of_histogram
from advisor.migrations.foresee.known import Known, Seen
from advisor.migrations.impact.sizes import TableSizes, namer, sizes_of
from advisor.model.catalog import Catalog, Column, Table
from advisor.model.engine import EngineName
from advisor.model.migration_limits import MIGRATION
from advisor.model.snapshot import ColumnStatistics, ExtendedStatistics, Snapshot

_MARIADB = "mysql.column_stats"
_MYSQL = "information_schema.column_statistics"
_TEXTS = ("string", "json", "binary", "search", "other", "array")


@dataclass(slots=True)
class Statistics:
    """The catalog and statistics that a migration meets."""

    catalog: Catalog
    snapshot: Snapshot | None
    sizes: TableSizes
    _columns: dict[tuple[str, str], list[ColumnStatistics]] = field(default_factory=dict)
    _rows: dict[tuple[str, str, str], Mapping[str, Any]] = field(default_factory=dict)
    _counters: dict[str, Mapping[str, Any]] = field(default_factory=dict)
    _ends: dict[tuple[str, str], tuple[str | None, str | None]] = field(default_factory=dict)
    _stated: set[tuple[str, str]] = field(default_factory=set)

    @property
    def engine(self) -> EngineName:
        """Whose catalog it is."""
        return self.catalog.engine.name

    @property
    def masked(self) -> bool:
        """Texts are tokens."""
        return self.snapshot is not None and self.snapshot.header.values == "masked"

    def table(self, name: str | None) -> Table | None:
        """A table of before the migration."""
        found = self.catalog.find(name) if name else None
        return found if found is not None and found.kind != "view" else None

    def column(self, table: str, column: str) -> Known | None:
        """What is known of it; None: no statistics. Columns are found as the engine stores them."""
        owner = self.table(table)
        if owner is None or self.snapshot is None:
            return None
        own = next((one for one in owner.columns if one.name.lower() == column.lower()), None)
        if own is None:
            return None
        if self.engine == "postgresql":
            return self._postgresql(owner, own)
        if self.engine in ("mysql", "mariadb"):
            return self._mysql(owner, own)
        return None

    def extended(self, table: str, columns: Sequence[str]) -> float | None:
        """Different combinations of the columns, by extended statistics as pg_stats_ext prints them."""
        if self.snapshot is None:
            return None
        for one in self.snapshot.extended:
            found = _combinations(one, columns)
            if found is not None and self._extended_of(one, table):
                return found
        return None

    def _extended_of(self, one: ExtendedStatistics, table: str) -> bool:
        assert self.snapshot is not None
        name = namer(self.catalog, self.snapshot)
        return any(
            o.kind == "statistics" and o.name == one.name and o.schema == one.schema and o.table
            and name(o.schema or "", o.table) == table
            for o in self.snapshot.objects
        )  # fmt: skip

    # ------------------------------------------------------------------ PostgreSQL
    def _postgresql(self, table: Table, column: Column) -> Known | None:
        given = self._columns.get((table.name, column.name))
        if not given:
            return None
        # Of a partitioned table the rows of its partitions; of one that others inherit from its own.
        wanted = table.kind == "partitioned"
        row = next((one for one in given if one.inherited == wanted), None)
        if row is None:
            return None
        rows = self.sizes.rows(table.name)
        common = _texts(row.most_common_vals)
        freqs = row.most_common_freqs or ()
        bounds = _texts(row.histogram_bounds)
        changed, analysed = self._since(table.name)
        stated = (table.name, column.name) in self._stated
        nulls = row.null_frac
        distinct = row.n_distinct if row.n_distinct >= 0 else None if rows is None else -row.n_distinct * rows
        # analyze.c: without a repeated value in its sample it writes exactly -(1 - null_frac).
        repeated = not stated and row.n_distinct != 0 and (row.n_distinct > 0 or -row.n_distinct < 1.0 - nulls - 1e-5)
        whole = changed == 0 and rows is not None and rows <= MIGRATION.sampled_rows
        return Known(
            table=table.name,
            column=column.name,
            type=row.type or column.type,
            rows=rows,
            nulls=nulls,
            distinct=None if stated or row.n_distinct == 0 else distinct,
            repeated=repeated,
            values=tuple(self._values(table.name, column, row.type or column.type, common, freqs, bounds)),
            complete=not bounds and bool(common) and sum(freqs) + nulls >= MIGRATION.complete_share,
            changed=changed,
            whole=whole,
            width=float(row.avg_width) or None,
            analysed=analysed,
        )

    def _values(
        self,
        table: str,
        column: Column,
        type_: str,
        common: Sequence[str],
        freqs: Sequence[float],
        bounds: Sequence[str],
    ) -> Iterator[Seen]:
        text = facts(type_, self.engine, self.catalog.types).family in _TEXTS and type_ not in self.catalog.types
        token = self.masked and text
        for value, share in zip(common, freqs, strict=False):
            yield Seen(value, share, token=token)
        if token:
            return  # a token of a histogram may be of a text that the schema shows: it cannot be told from others
        low, high = self._ends.get((table, column.name), (None, None))
        for end in (low, high):
            if end is not None:
                yield Seen(end, now=True)
        covered = max(0.0, 1.0 - sum(freqs))
        step = covered / (len(bounds) - 1) if len(bounds) > 1 else None
        most = MIGRATION.foreseen_values
        for number, value in enumerate(bounds[:most]):
            yield Seen(value, step if step is not None and 0 < number < len(bounds) - 1 else None)

    def _since(self, table: str) -> tuple[float | None, str | None]:
        """Rows written since the last ANALYZE, and when that was."""
        changed: float | None = 0.0
        stamps: list[str] = []
        for part in self.sizes.parts(table):
            counters = self._counters.get(part, {})
            modified = counters.get("n_mod_since_analyze")
            changed = None if modified is None or changed is None else changed + float(modified)
            stamps += [str(counters[k]) for k in ("last_analyze", "last_autoanalyze") if counters.get(k)]
        return changed, max(stamps)[:19] if stamps else None

    # ------------------------------------------------------------------ MySQL, MariaDB
    def _mysql(self, table: Table, column: Column) -> Known | None:
        rows = self.sizes.rows(table.name)
        bare = table.name.rpartition(".")[2].lower()
        text = facts(column.type, self.engine).family in _TEXTS and not column.type.startswith(("enum", "set"))
        token = self.masked and text
        mariadb = self._rows.get((_MARIADB, bare, column.name.lower()))
        if mariadb is not None:
            nulls, each = figure(mariadb.get("nulls_ratio")), figure(mariadb.get("avg_frequency"))
            ends = [mariadb.get(k) for k in ("min_value", "max_value")]
            filled = None if rows is None or nulls is None else rows * (1 - nulls)
            return Known(
                table=table.name,
                column=column.name,
                type=column.type,
                rows=rows,
                nulls=nulls,
                distinct=filled / each if filled is not None and each else None,
                repeated=each is not None and each > 1.0005,
                values=() if token else tuple(Seen(str(one)) for one in ends if one is not None),
                width=figure(mariadb.get("avg_length")),
            )
        histogram = self._rows.get((_MYSQL, bare, column.name.lower()))
        if histogram is None:
            return None
        return of_histogram(table.name, column, rows, histogram.get("histogram"), token)


def statistics_of(
    catalog: Catalog | None, snapshot: Snapshot | None, rows: Mapping[str, int] | None = None
) -> Statistics | None:
    """What both know, and the user says of rows; None: neither was given."""
    if snapshot is not None and snapshot.header.statistics == "default":
        snapshot = None
    if catalog is None:
        if snapshot is None:
            return None
        from advisor.catalog.snapshot.describe import catalog_of

        catalog = catalog_of(snapshot)
    found = Statistics(catalog, snapshot, sizes_of(catalog, snapshot, rows))
    if snapshot is None:
        return found
    name = namer(catalog, snapshot)
    for column in snapshot.columns:
        found._columns.setdefault((name(column.schema, column.table), column.column), []).append(column)
    for relation in snapshot.relations:
        if relation.table is None:
            found._counters[name(relation.schema, relation.name)] = relation.counters
    for ends in snapshot.bounds:
        found._ends[name(ends.schema, ends.table), ends.column] = ends.low, ends.high
    for row in snapshot.rows:
        if row.source in (_MARIADB, _MYSQL):
            table, column_name = row.values.get("table_name"), row.values.get("column_name")
        else:
            continue
        found._rows[row.source, str(table).lower(), str(column_name).lower()] = row.values
    _stated(found, snapshot, name)
    return found


def _stated(found: Statistics, snapshot: Snapshot, name: Any) -> None:
    """Columns whose n_distinct somebody has set by hand: it proves nothing."""
    for one in snapshot.objects:
        if one.kind != "table" or not any("n_distinct" in text for text in one.ddl):
            continue
        key = name(one.schema or "", one.name)
        for column in {column for table, column in found._columns if table == key}:
            if any("n_distinct" in text and column in text for text in one.ddl):
                found._stated.add((key, column))


def _texts(literal: str | None) -> list[str]:
    if literal is None:
        return []
    try:
        items = arrays.parse(literal)[1]
    except ValueError:
        return []
    # Values that are arrays themselves, and NULL, are of no use here.
    return [one for one in items if isinstance(one, str)] if all(isinstance(one, str) for one in items) else []


def _combinations(one: ExtendedStatistics, columns: Sequence[str]) -> float | None:
    """``{"1, 2": 100}`` by attribute number, or a JSON list of attributes and ndistinct (from 19 on)."""
    if not one.ndistinct_text or len(one.numbers) != len(one.columns):
        return None
    wanted = {number for number, name in zip(one.numbers, one.columns, strict=True) if name in columns}
    if len(wanted) != len(set(columns)):
        return None
    try:
        given = msgspec.json.decode(one.ndistinct_text)
    except msgspec.DecodeError:
        return None
    for key, value in given.items() if isinstance(given, dict) else ():
        parts = {int(part) for part in str(key).split(",") if part.strip().lstrip("-").isdigit()}
        if parts == wanted:
            return figure(value)
    return None
