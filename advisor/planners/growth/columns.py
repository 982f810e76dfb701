"""What becomes of the statistics of each column of a table that grows."""

from __future__ import annotations

from collections.abc import Mapping

import msgspec

from advisor.catalog.snapshot.arrays import each, parse, text_of
from advisor.model.snapshot import Bounds, ColumnStatistics
from advisor.planners.growth.distinct import referring
from advisor.planners.growth.driver import TIMES, Driver, Drivers
from advisor.planners.growth.factors import Factors
from advisor.planners.growth.instants import DAY, elements, instant, moment_text
from advisor.planners.growth.partitions import Copies, risen
from advisor.planners.growth.policies import Clock, Decision, Policy
from advisor.planners.growth.timeline import History, lengthened

_LARGEST = {"smallint": 2**15 - 1, "integer": 2**31 - 1, "bigint": 2**63 - 1}


class Columns:
    """Grows column by column, and remembers what it decided."""

    def __init__(
        self,
        drivers: Drivers,
        factors: Factors,
        days: float | None,
        clock: Clock,
        copies: Mapping[str, Copies],
    ) -> None:
        self.drivers, self.factors, self.days, self.clock, self.copies = drivers, factors, days, clock, copies
        self.policies: dict[tuple[str, str], Policy] = {}
        self.notes: dict[str, None] = {}
        self.distinct: dict[tuple[str, str], float] = {}
        """How many times more different values each column has; by its own table, leaves apart."""
        self._lengths: dict[str, int | None] = {}

    def grown(self, row: ColumnStatistics) -> ColumnStatistics:
        """The statistics of a column once its table has grown."""
        table = f"{row.schema}.{row.table}"
        factor = self.factors.of(table)
        if (copies := self.copies.get(self.drivers.root(table))) is not None and not row.inherited:
            return self._beside(row, copies)
        after = self._column(row, table, factor) if factor != 1.0 else row
        if row.n_distinct and after.n_distinct:
            before = row.n_distinct if row.n_distinct > 0 else -row.n_distinct * self.drivers.rows.get(table, 0.0)
            now = after.n_distinct
            now = now if now > 0 else -now * self.drivers.rows.get(table, 0.0) * factor
            self.distinct[table, row.column] = round(now / before, 3) if before else 1.0
        return after

    def _beside(self, row: ColumnStatistics, copies: Copies) -> ColumnStatistics:
        """Of a partition that stays as it is while others come beside it: numbers counted later are higher."""
        driver = self.drivers.of(f"{row.schema}.{row.table}", row.column)
        if driver is None or driver.kind == "clock":
            return row
        if driver.kind == "reference":
            return self._counted(row, driver, 1.0)
        rise = copies.rise(row.column)
        if not rise or row.histogram_bounds is None:
            return row
        return msgspec.structs.replace(row, histogram_bounds=risen(row.histogram_bounds, rise))

    def _note(self, text: str) -> None:
        self.notes[text] = None

    def _column(self, row: ColumnStatistics, table: str, factor: float) -> ColumnStatistics:
        if table in self.factors.index_tables:
            return row  # an expression of an index: nothing tells how it grows
        driver = self.drivers.of(table, row.column)
        if driver is None:
            share = "its different values are a share of the rows" if row.n_distinct < 0 else None
            return self._decided(row, row, "kept", share or "nothing in the schema says that it gets new values")
        if driver.kind == "clock":
            return self._clock(row, driver, factor)
        if self._fenced(table, row.column):
            return self._decided(row, row, "kept", "the bounds of its partitions hold it")
        return self._counted(row, driver, factor)

    def _decided(
        self,
        row: ColumnStatistics,
        after: ColumnStatistics,
        decision: Decision,
        because: str,
        factor: float = 1.0,
        days: float | None = None,
    ) -> ColumnStatistics:
        root = self.drivers.root(f"{row.schema}.{row.table}")
        key = (root, row.column)
        policy = Policy(table=root, column=row.column, decision=decision, because=because, factor=factor, days=days)
        if key not in self.policies or self.policies[key].decision == "kept":
            self.policies[key] = policy
        return after

    def _fenced(self, table: str, column: str) -> bool:
        """Its values cannot leave their partition."""
        return self.drivers.root(table) not in self.copies and self.drivers.partitioned_by(table, column)

    def _counted(self, row: ColumnStatistics, driver: Driver, factor: float) -> ColumnStatistics:
        """A sequence's values, or references to them."""
        table = f"{row.schema}.{row.table}"
        source = driver.source or (self.drivers.root(table), row.column)
        parents = factor if driver.kind == "sequence" else self.factors.of(source[0])
        changes: dict[str, object] = {}
        if driver.kind == "reference" and not self.drivers.is_unique(table, row.column):
            rows = self.drivers.rows.get(table, 0.0)
            changes["n_distinct"] = referring(
                row.n_distinct, rows, row.null_frac, growth=factor, domain=driver.domain, parents=parents
            )
        elif row.n_distinct > 0:
            changes["n_distinct"] = row.n_distinct * parents
        if parents != 1.0:
            if row.most_common_freqs is not None:
                changes["most_common_freqs"] = tuple(share / parents for share in row.most_common_freqs)
            for name in ("histogram_bounds", "most_common_vals"):
                if name == "most_common_vals" and driver.kind == "sequence":
                    continue
                if (values := getattr(row, name)) is not None:
                    changes[name] = self._spread(values, source, table, row.column)
        after = msgspec.structs.replace(row, **changes)
        if parents == 1.0:
            return self._decided(row, after, "kept", f"{driver.because}, which does not grow: the same values, oftener")
        because = driver.because if driver.kind == "sequence" else f"{driver.because}, which grows x{parents:g}"
        return self._decided(row, after, "scaled", because, parents)

    def _spread(self, values: str, source: tuple[str, str], table: str, column: str) -> str:
        """Numbers of a sequence over the longer range: the lowest stays, distances grow."""
        prefix, items = parse(values)
        return text_of(each(items, lambda value: self._number(value, source, table, column)), prefix)

    def _number(self, value: str, source: tuple[str, str], table: str, column: str) -> str:
        sourced = self.drivers.of(*source)
        span = self.drivers.span(*source)
        if span is None or sourced is None or sourced.kind != "sequence":
            return value
        try:
            number = int(value)
        except ValueError:
            return value
        base = self.drivers.base_of(table, column)
        largest, factor = _LARGEST.get(base, _LARGEST["bigint"]), self.factors.of(source[0])
        spread = span[0] + (number - span[0]) * factor
        if spread <= largest:
            return str(round(spread))
        self._note(f"{table}.{column} ({base}) runs out of numbers before x{factor:g}: its largest is {largest:,}")
        return str(round(span[0] + (number - span[0]) * max((largest - span[0]) / max(span[1] - span[0], 1), 1.0)))

    # ------------------------------------------------------------------ time
    def _clock(self, row: ColumnStatistics, driver: Driver, factor: float) -> ColumnStatistics:
        table = f"{row.schema}.{row.table}"
        if self._fenced(table, row.column):
            return self._decided(row, row, "kept", "the bounds of its partitions hold it")
        length = self._length(table, factor)
        history = self._history(row, self.drivers.base_of(table, row.column))
        if length is None or history is None or history.span == 0:
            if history is None and row.histogram_bounds is None and row.most_common_vals is None:
                return self._without_values(row, driver, factor)
            return self._decided(row, row, "kept", f"{driver.because}, but its values cannot be followed")
        after = lengthened(history, factor, length, -length if self.clock == "stays" else 0)
        base = self.drivers.base_of(table, row.column)
        try:
            bounds = text_of(moment_text(moment, base) for moment in after.bounds)
            common = text_of(moment_text(moment, base) for moment in after.common) if history.common else None
        except OverflowError:
            return self._decided(row, row, "kept", f"{driver.because}, but its history would leave the calendar")
        longer = (history.span + length) / history.span
        changes: dict[str, object] = {"histogram_bounds": bounds}
        if common is not None:
            changes["most_common_vals"], changes["most_common_freqs"] = common, after.frequencies
        if row.n_distinct > 0:
            changes["n_distinct"] = row.n_distinct * longer
        grown = msgspec.structs.replace(row, **changes)
        return self._decided(row, grown, "extended", driver.because, longer, length / DAY)

    def _without_values(self, row: ColumnStatistics, driver: Driver, factor: float) -> ColumnStatistics:
        changes: dict[str, object] = {"n_distinct": row.n_distinct * factor} if row.n_distinct > 0 else {}
        if row.most_common_freqs is not None:
            changes["most_common_freqs"] = tuple(share / factor for share in row.most_common_freqs)
        because = f"{driver.because}; the snapshot holds no values, so only their number grows"
        return self._decided(row, msgspec.structs.replace(row, **changes), "scaled", because, factor)

    def _length(self, table: str, factor: float) -> int | None:
        """How much longer the history of a table becomes: of its surest column that follows the clock."""
        root = self.drivers.root(table)
        if root not in self._lengths:
            self._lengths[root] = None
            for column in self.drivers.clocks(root):
                row = self.drivers.statistics.get((root, column))
                row = row or next(
                    (r for leaf in self.drivers.leaves(root) if (r := self.drivers.statistics.get((leaf, column)))),
                    None,
                )
                history = self._history(row, self.drivers.base_of(root, column)) if row is not None else None
                if history is not None and history.span > 0:
                    length = round(self.days * DAY) if self.days is not None else history.lengthening(factor)
                    self._lengths[root] = max(length, 1)
                    break
        return self._lengths[root]

    def _history(self, row: ColumnStatistics, base: str) -> History | None:
        """None where the values are not there, or are none that can be counted on (infinity, BC, a sentinel)."""
        if base not in TIMES:
            return None
        try:
            bounds = [instant(value) for value in elements(row.histogram_bounds or "{}")]
            common = [instant(value) for value in elements(row.most_common_vals or "{}")]
        except ValueError:
            return None
        history = History(tuple(bounds), tuple(common), row.most_common_freqs or (), row.null_frac)
        if not (bounds or common) or history.straggling:
            return None
        return history

    def bounds(self, row: Bounds) -> Bounds:
        """The ends of an index once its table has grown. Ask after the statistics of its column."""
        table = f"{row.schema}.{row.table}"
        factor, driver = self.factors.of(table), self.drivers.of(table, row.column)
        if (copies := self.copies.get(self.drivers.root(table))) is not None:
            rise = copies.rise(row.column) if driver is not None and driver.kind == "sequence" else 0
            if not rise or row.low is None or row.high is None:
                return row
            return msgspec.structs.replace(row, low=str(int(row.low) + rise), high=str(int(row.high) + rise))
        policy = self.policies.get((self.drivers.root(table), row.column))
        if factor == 1.0 or driver is None or policy is None or policy.decision == "kept":
            return row
        if policy.decision == "extended":
            return self._moved(row, round((policy.days or 0.0) * DAY), self.drivers.base_of(table, row.column))
        source = driver.source or (self.drivers.root(table), row.column)
        return msgspec.structs.replace(
            row,
            low=None if row.low is None else self._number(row.low, source, table, row.column),
            high=None if row.high is None else self._number(row.high, source, table, row.column),
        )

    def _moved(self, row: Bounds, length: int, base: str) -> Bounds:
        try:
            if self.clock == "stays" and row.low is not None:
                return msgspec.structs.replace(row, low=moment_text(instant(row.low) - length, base))
            if self.clock == "moves" and row.high is not None:
                return msgspec.structs.replace(row, high=moment_text(instant(row.high) + length, base))
        except (ValueError, OverflowError):
            pass
        return row
