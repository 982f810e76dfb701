"""A snapshot of the same database with more rows.

Sizes grow with the rows: pages, rows and visible pages of a table and of its indexes and partitions by the factor; what
a planner derives from the size of an index (height, GIN's page counts) is left to be derived anew. What becomes of the
values of a column depends on what feeds it; see `Policy` for the outcome and `driver` for how it is found:

- a sequence: the range of the values and their number grow with the table;
- a reference to a table that grows: there are more parents, so each value is rarer; where the parent does not grow, the
  same values get more rows;
- the clock (`timeline`): the history becomes longer at the recent rate, so the last seven days have as many rows as
  before;
- anything else is kept: frequencies are those of today. A negative n_distinct is a share of the rows and grows so.

A factor on a partitioned table reaches its leaves. Where these are ranges of one time column the table gets more of
them, each like the newest full one (`partitions`), and those that are there stay as they are; every other kind of
partition grows itself.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import msgspec

from advisor.catalog.snapshot.describe import catalog_of
from advisor.model.counted import counted
from advisor.model.snapshot import ExtendedStatistics, Relation, Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.growth.columns import Columns
from advisor.planners.growth.driver import Drivers
from advisor.planners.growth.extended import scaled_extended
from advisor.planners.growth.factors import Factors, checked
from advisor.planners.growth.partitions import Copies, slices
from advisor.planners.growth.policies import Clock, Grown, Policy

__all__ = ["Growth", "grow", "scale"]


class Growth(msgspec.Struct, frozen=True, kw_only=True):
    """A grown snapshot, and what was decided to make it."""

    snapshot: Snapshot
    tables: tuple[Grown, ...]
    policies: tuple[Policy, ...]
    """Of every column with statistics of a table that grows."""
    notes: tuple[str, ...]
    """What a reader must know: a sequence that runs out, a child that was not grown."""


def scale(snapshot: Snapshot, factors: Mapping[str, float], days: float | None = None) -> Snapshot:
    """The snapshot with ``factors`` times the rows by table (``orders``, ``sales.orders``, ``*`` for all others).

    ``days``: how long the growth takes; None: as long as it takes at the recent rate of each table. Today stays the end
    of the data. Raises PlannerError for an unknown table and a factor below 1.
    """
    return grow(snapshot, factors, days).snapshot


def grow(snapshot: Snapshot, factors: Mapping[str, float], days: float | None = None, clock: Clock = "stays") -> Growth:
    """As `scale`, with the decisions. ``clock`` says where the time axis is pinned.

    Raises PlannerError as `scale` does.
    """
    engine = snapshot.header.engine.name
    if days is not None and not (math.isfinite(days) and days > 0):
        raise PlannerError(f"growth within {days} days: the time must be a number above 0")
    if engine != "postgresql":
        from advisor.planners.growth.rows import grow_rows

        relations, rows, tables, notes = grow_rows(snapshot, checked(factors))
        header = msgspec.structs.replace(snapshot.header, statistics="scaled")
        grown = msgspec.structs.replace(snapshot, header=header, relations=relations, rows=rows)
        return Growth(snapshot=grown, tables=tables, policies=(), notes=notes)
    return _Growing(snapshot, factors, days, clock).growth()


class _Growing:
    def __init__(self, snapshot: Snapshot, factors: Mapping[str, float], days: float | None, clock: Clock) -> None:
        self.snapshot = snapshot
        catalog = catalog_of(snapshot)
        self.drivers = Drivers(snapshot, catalog)
        self.factors = Factors(snapshot, catalog, self.drivers, factors)
        found, self.refused = slices(snapshot, self.drivers, self.factors, clock)
        copies = {root: Copies(snapshot, self.drivers, given) for root, given in found.items()}
        for root in copies:
            for leaf in self.drivers.leaves(root):
                self.factors.grown[leaf] = 1.0
        self.copies = copies
        self.columns = Columns(self.drivers, self.factors, days, clock, copies)
        self.notes: dict[str, None] = {}
        self.statistics_of = {(o.schema, o.name): o.table for o in snapshot.objects if o.kind == "statistics"}

    def growth(self) -> Growth:
        snapshot = self.snapshot
        columns = [self.columns.grown(row) for row in snapshot.columns]
        grown = msgspec.structs.replace(
            snapshot,
            header=msgspec.structs.replace(snapshot.header, statistics="scaled"),
            relations=[self._relation(relation) for relation in snapshot.relations],
            columns=columns,
            extended=[self._extended(row) for row in snapshot.extended],
            bounds=[self.columns.bounds(row) for row in snapshot.bounds],
        )
        for copies in self.copies.values():
            copies.add(grown)
        self._remarks()
        policies = self.columns.policies
        return Growth(
            snapshot=grown,
            tables=tuple(self._told()),
            policies=tuple(policies[key] for key in sorted(policies)),
            notes=(*self.columns.notes, *self.notes),
        )

    def _told(self) -> list[Grown]:
        rows = self.drivers.rows
        named = sorted(name for name, factor in self.factors.grown.items() if factor != 1.0)
        return [
            Grown(
                table=name,
                factor=self.factors.grown[name],
                rows_before=rows.get(name),
                rows_after=rows[name] * self.factors.grown[name] if name in rows else None,
            )
            for name in named
        ]

    def _remarks(self) -> None:
        for root, copies in sorted(self.copies.items()):
            self._note(f"{root} gets {counted(copies.given.count, 'more partition')} like {copies.given.template}")
        for root, why in sorted(self.refused.items()):
            self._note(
                f"{root} is partitioned by ranges of time and its partitions grow within their bounds, to more rows a "
                f"day, instead of becoming more: {why}"
            )
        for name, factor in sorted(self.factors.grown.items()):
            if factor == 1.0 or self.drivers.root(name) != name:
                continue
            if self.drivers.rows.get(name) is None:
                self._note(f"{name} was never analysed: its pages grow, its rows are the planner's guess")
        for child, table in sorted(self.drivers.tables.items()):
            for key in table.foreign_keys:
                parent = self.drivers.full(key.parent)
                if parent is None or self.drivers.root(child) != child:
                    continue
                if self.factors.of(parent) > 1.0 and self.factors.of(child) == 1.0:
                    self._note(f"{child} refers to {parent} and was not grown with it")

    def _note(self, text: str) -> None:
        self.notes[text] = None

    def _relation(self, relation: Relation) -> Relation:
        factor = self.factors.of(f"{relation.schema}.{relation.name}")
        if factor == 1.0:
            return relation

        def times(value: int | None) -> int | None:
            return None if value is None else round(value * factor)

        counters = {
            name: round(value * factor) if name in ("n_live_tup", "n_dead_tup") and value is not None else value
            for name, value in relation.counters.items()
        }
        return msgspec.structs.replace(
            relation,
            pages=round(relation.pages * factor) if relation.pages > 0 else relation.pages,
            tuples=relation.tuples * factor if relation.tuples > 0 else relation.tuples,
            all_visible=round(relation.all_visible * factor),
            blocks=times(relation.blocks),
            bytes=times(relation.bytes),
            height=None,
            gin=None,
            counters=counters,
            rows=times(relation.rows),
        )

    # ------------------------------------------------------------------ extended statistics
    def _extended(self, row: ExtendedStatistics) -> ExtendedStatistics:
        owner = self.statistics_of.get((row.schema, row.name))
        table = f"{row.schema}.{owner}"
        factor = self.factors.of(table)
        if owner is None or factor == 1.0:
            return row
        growths = {
            number: self.columns.distinct.get((table, column), 1.0)
            for number, column in zip(row.numbers, row.columns, strict=False)
        }
        rows = self.drivers.rows.get(table, 0.0) * factor
        after, dropped = scaled_extended(row, growths, rows or math.inf)
        if dropped:
            self._note(
                f"statistics {row.schema}.{row.name}: its list of common combinations is left out, because the "
                "combinations of a growing column are others by then"
            )
        return after
