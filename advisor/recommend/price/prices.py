"""The price of each index: bytes, writes, build."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.model.capture import Capture
from advisor.model.catalog import Catalog, Table
from advisor.model.indexing import IndexDefinition, Price, WriteBasis
from advisor.model.limits import LIMITS
from advisor.model.planning import IndexSize
from advisor.model.snapshot import ColumnStatistics, Relation, Snapshot
from advisor.planners.errors import PlannerError
from advisor.recommend.definition import on_text
from advisor.recommend.price import building
from advisor.recommend.price.columns import depends_on, share
from advisor.recommend.price.estimated import Estimated
from advisor.recommend.price.rates import TableWrites, WriteRates, write_rates
from advisor.recommend.workload import Statement

if TYPE_CHECKING:
    from advisor.planners.planner import Planner

#: Methods of which the cost of an entry was measured.
_MEASURED = ("btree",)
#: Summaries of block ranges: a row changes one only when it widens it.
_SUMMARIES = ("brin",)
_UNITS = {"B": 1, "kB": 1 << 10, "MB": 1 << 20, "GB": 1 << 30, "TB": 1 << 40}


def prices(
    indexes: Sequence[IndexDefinition],
    *,
    planner: Planner,
    snapshot: Snapshot | None,
    catalog: Catalog,
    statements: Sequence[Statement],
    capture: Capture,
    observed: WriteRates | None = None,
) -> list[Price]:
    """Prices in order. ``observed`` are write rates that were worked out before (`write_rates`).

    A size that no statistics tell is None, and so is a write cost that neither counters nor a complete log tell.
    """
    if not indexes:
        return []
    rates = observed or write_rates(snapshot, statements, capture, catalog, rows=Estimated(planner).rows)
    pricer = _Pricer(catalog, snapshot, rates)
    sizes = _sizes(planner, indexes)
    return [pricer.price(index, *size) for index, size in zip(indexes, sizes, strict=True)]


def _sizes(planner: Planner, indexes: Sequence[IndexDefinition]) -> list[tuple[IndexSize | None, str]]:
    """Of each index its size, or why there is none."""
    if planner.planned_by.statistics == "default":
        return [(None, "no statistics were captured")] * len(indexes)
    texts = [on_text(index) for index in indexes]
    try:
        found = planner.sizes(texts)
        if len(found) == len(texts):
            return [(size, "") for size in found]
        return [(None, "this planner tells no sizes")] * len(indexes)
    except PlannerError as error:
        if len(indexes) == 1:
            return [(None, str(error))]
    # One of them cannot be had: it is found by halves.
    half = len(indexes) // 2
    return _sizes(planner, indexes[:half]) + _sizes(planner, indexes[half:])


@dataclass(frozen=True, slots=True)
class _Writes:
    """Of one index, in a second."""

    entries: float
    work: float
    """Entries of this index and of others that it causes, and index records that InnoDB marks as deleted."""
    hot_lost: float | None = None
    notes: tuple[str, ...] = ()


class _Pricer:
    def __init__(self, catalog: Catalog, snapshot: Snapshot | None, rates: WriteRates) -> None:
        self.catalog = catalog
        self.rates = rates
        self.version = (snapshot.header.version_number or 0) if snapshot is not None else 0
        self._settings = {one.name: (one.value, one.unit) for one in snapshot.settings} if snapshot is not None else {}
        self._relations: dict[str, Relation] = {}
        self._columns: dict[tuple[str, str], ColumnStatistics] = {}
        self._block = snapshot.header.block_size if snapshot is not None else 8192
        if snapshot is not None:
            default = catalog.default_schema or snapshot.header.database

            def name(schema: str, bare: str) -> str:
                table = catalog.find(bare, None if schema == default else schema)
                return table.name if table is not None else f"{schema}.{bare}"

            for relation in snapshot.relations:
                if relation.table is None:
                    self._relations[name(relation.schema, relation.name)] = relation
            for column in snapshot.columns:
                self._columns[name(column.schema, column.table), column.column.lower()] = column

    # ------------------------------------------------------------------ one price
    def price(self, index: IndexDefinition, size: IndexSize | None, why: str) -> Price:
        """Everything about one index."""
        table = self.catalog.find(index.table)
        writes, notes = self._writes(index, table)
        per_hour = None
        if writes is not None:
            cost = self._entry_us(index)
            if cost is None:
                notes.append(
                    f"what an entry costs was not measured for this kind of index ({index.engine}, {index.method})"
                )
            else:
                per_hour = writes.work * 3600 * cost / 1e6
                if per_hour and index.where:
                    notes.append("writes are counted as if every written row fell under the index's predicate")
                if per_hour:
                    low, high = LIMITS.price_entry_range
                    notes.append(
                        f"writing is estimated at {cost:g} µs of CPU an index entry, as measured with the index in "
                        f"memory ({low:g} to {high:g} by type and size); reads of a cold index from disk come on top"
                    )
        if size is None:
            notes.append(f"its size is not known: {why}")
        return Price(
            bytes=size.bytes if size is not None else None,
            size_basis=(size.modelled or "") if size is not None else "",
            write_seconds_per_hour=per_hour,
            writes_per_second=writes.entries if writes is not None else None,
            hot_updates_lost_per_second=writes.hot_lost if writes is not None else None,
            write_basis=self._basis(index, writes),
            build_seconds=self._build(index, table, size),
            build_lock=building.lock(index, table),
            notes=tuple(notes),
        )

    def _basis(self, index: IndexDefinition, writes: _Writes | None) -> WriteBasis | None:
        found = self.rates.of(index.table) if writes is not None else None
        return found.basis if found is not None else None

    # ------------------------------------------------------------------ writes
    def _writes(self, index: IndexDefinition, table: Table | None) -> tuple[_Writes | None, list[str]]:
        name = table.name if table is not None else index.table
        rate = self.rates.of(name)
        notes = list(self.rates.notes.get(name, ()))
        if rate is None:
            return None, notes or [self.rates.missing or "the writes of its table are not known"]
        if index.method in _SUMMARIES:
            found = self._summary(index, table, rate)
        elif index.engine == "postgresql":
            found = self._postgresql(index, table, rate)
        else:
            found = self._in_place(index, table, rate)
        return found, notes + list(found.notes)

    def _postgresql(self, index: IndexDefinition, table: Table | None, rate: TableWrites) -> _Writes:
        """Inserted rows, updates that write all indexes today, and those that are heap-only today and no longer.

        An update is heap-only when it changes no column that an index depends on and the page has room (README.HOT).
        """
        updates = self.rates.sets.get(table.name if table is not None else index.table, [])
        now = self._indexed(table)
        quiet = [one for one in updates if not one.columns & now]
        notes: list[str] = []
        if rate.hot is not None:
            hot = rate.hot
            # An update that sets an indexed column to the value it has is heap-only all the same.
            touched = share(quiet or updates, depends_on(index, table))
        else:
            total = sum(one.rate for one in updates)
            hot = rate.updated * sum(one.rate for one in quiet) / total if total else rate.updated
            touched = share(quiet, depends_on(index, table))
            if hot:
                notes.append("updates of columns without an index are taken to be heap-only: the log does not tell")
        if hot and touched is None:
            notes.append(
                "no statement of the workload updates this table, though the counters say that there are updates: "
                "heap-only updates that the index would end are not counted"
            )
        lost = hot * touched if touched is not None else (None if hot else 0.0)
        if lost:
            notes.append("which columns updates set is known from the workload's statements, as shares")
        entries = rate.inserted + max(0.0, rate.updated - hot) + (lost or 0.0)
        others = len(table.indexes) if table is not None else 0
        return _Writes(entries, entries + (lost or 0.0) * others, lost, tuple(notes))

    def _in_place(self, index: IndexDefinition, table: Table | None, rate: TableWrites) -> _Writes:
        """InnoDB and SQLite: an update writes the indexes whose columns it sets, a deletion removes an entry."""
        updates = self.rates.sets.get(table.name if table is not None else index.table, [])
        touched = share(updates, depends_on(index, table))
        notes: tuple[str, ...] = ()
        if rate.updated and touched is None:
            touched = 0.0
            notes = (
                "no statement of the workload updates this table, though there are updates: none is taken to set "
                "the index's columns",
            )
        changed = rate.updated * (touched or 0.0)
        return _Writes(rate.inserted + changed, rate.inserted + changed + rate.deleted, None, notes)

    def _summary(self, index: IndexDefinition, table: Table | None, rate: TableWrites) -> _Writes:
        """BRIN: from PostgreSQL 16 on an update that it alone would notice stays heap-only."""
        if self.version >= 160000 or not rate.hot:
            return _Writes(0.0, 0.0, 0.0)
        found = self._postgresql(index, table, rate)
        return _Writes(0.0, found.work - found.entries, found.hot_lost, found.notes)

    def _indexed(self, table: Table | None) -> frozenset[str]:
        """Columns that an update must leave alone to be heap-only."""
        if table is None:
            return frozenset()
        blocking = [one for one in table.indexes if one.method not in _SUMMARIES or self.version < 160000]
        return frozenset().union(*(depends_on(one, table) for one in blocking))

    def _entry_us(self, index: IndexDefinition) -> float | None:
        if index.method not in (*_MEASURED, *_SUMMARIES):
            return None
        first = self._columns.get((index.table, (index.keys[0].column or "").lower()))
        appended = first is not None and (
            abs(first.correlation or 0.0) >= LIMITS.growth_appended_correlation
            or (len(index.keys) == 1 and 0 < first.n_distinct <= LIMITS.price_entry_few_values)
        )
        if index.engine == "postgresql":
            return LIMITS.price_entry_appended_us if appended else LIMITS.price_entry_us
        return LIMITS.price_innodb_entry_us if index.engine != "sqlite" else None

    # ------------------------------------------------------------------ building
    def _build(self, index: IndexDefinition, table: Table | None, size: IndexSize | None) -> tuple[float, float] | None:
        if size is None or not building.known(index.engine):
            return None
        relation = self._relations.get(table.name if table is not None else index.table)
        heap = self._heap_bytes(table, relation)
        rows = max(relation.tuples if relation is not None else 0.0, size.tuples)
        if heap is None:
            return None
        return building.seconds(index, table, rows, heap, size.bytes, self._sort_bytes(index))

    def _heap_bytes(self, table: Table | None, relation: Relation | None) -> float | None:
        if table is not None and table.kind == "partitioned":
            parts = [one for one in self.catalog.tables.values() if one.partition_of == table.name]
            found = [self._heap_bytes(one, self._relations.get(one.name)) for one in parts]
            return sum(each for each in found if each is not None) if any(each is not None for each in found) else None
        if relation is not None and (relation.blocks or relation.pages > 0):
            return float((relation.blocks or relation.pages) * self._block)
        return float(table.bytes) if table is not None and table.bytes is not None else None

    def _sort_bytes(self, index: IndexDefinition) -> float | None:
        name = "maintenance_work_mem" if index.engine == "postgresql" else "innodb_sort_buffer_size"
        value, unit = self._settings.get(name, ("", None))
        if not value.isdigit():
            return None
        return float(value) * _UNITS.get(unit or ("kB" if index.engine == "postgresql" else "B"), 1)
