"""More partitions of today's size: how a table grows that is partitioned by ranges of time.

Where today is pinned the new partitions lie before the oldest one, else after the newest. Each is a copy of the newest
partition that is surely full (the last but one): its indexes and constraints under new names, its statistics with the
times and the counted numbers moved.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import msgspec

from advisor.catalog.snapshot.arrays import each, parse, text_of
from advisor.model.limits import LIMITS
from advisor.model.snapshot import Bounds, ColumnStatistics, Snapshot
from advisor.planners.growth.driver import TIMES, Drivers
from advisor.planners.growth.factors import Factors
from advisor.planners.growth.instants import instant, moment_text
from advisor.planners.growth.policies import Clock
from advisor.planners.hypothetical import quoted

_KEY = re.compile(r'RANGE\s*\(\s*"?([^",()\s]+)"?\s*\)', re.IGNORECASE)
_VALUES = re.compile(r"FOR VALUES FROM \('([^']*)'\) TO \('([^']*)'\)", re.IGNORECASE)
_DIGITS = re.compile(r"\d+")
#: Numbers of new partitions: above a day (20250101) that existing names may hold.
_FIRST = 1_000_000_001
_NAME = re.compile(r"""(?P<text>'(?:[^']|'')*')|"(?P<quoted>(?:[^"]|"")*)"|\b(?P<bare>[a-z_][a-z0-9_$]*)\b""")


@dataclass(frozen=True, slots=True)
class Slices:
    """Partitions to be added to a table."""

    root: str
    column: str
    base: str
    template: str
    """The partition that is copied, ``schema.table``."""
    start: int
    """Where its range begins."""
    width: int
    count: int
    edge: int
    """Where the first new one ends (today is pinned), or begins."""
    backward: bool


def slices(
    snapshot: Snapshot, drivers: Drivers, factors: Factors, clock: Clock
) -> tuple[dict[str, Slices], dict[str, str]]:
    """By root what is added where partitions are ranges of one time column; and why not, where it cannot be."""
    attached = {
        f"{o.schema}.{o.name}": match.groups()
        for o in snapshot.objects
        if o.kind == "table"
        for text in o.ddl
        if (match := _VALUES.search(text)) is not None
    }
    found: dict[str, Slices] = {}
    refused: dict[str, str] = {}
    for root, factor in factors.grown.items():
        table = drivers.tables.get(root)
        match = _KEY.fullmatch(table.partition_key or "") if table is not None else None
        if factor <= 1.0 or match is None or drivers.base_of(root, match.group(1)) not in TIMES:
            continue
        leaves = drivers.leaves(root)
        if any(drivers.tables[leaf].partition_key for leaf in leaves):
            refused[root] = "its partitions are partitioned again"
        elif any(factors.of(leaf) != factor for leaf in leaves):
            refused[root] = "its partitions have factors of their own"
        else:
            made = _slices(root, match.group(1), leaves, attached, drivers, factor, clock)
            if isinstance(made, str):
                refused[root] = made
            else:
                found[root] = made
    return found, refused


def _slices(
    root: str,
    column: str,
    leaves: list[str],
    attached: dict[str, tuple[str, ...]],
    drivers: Drivers,
    factor: float,
    clock: Clock,
) -> Slices | str:
    ranges = []
    for leaf in leaves:
        if leaf in attached:
            try:
                low, high = (instant(text) for text in attached[leaf])
            except ValueError:
                continue  # MINVALUE, infinity
            ranges.append((low, high, leaf))
    ranges.sort()
    filled = [one for one in ranges if drivers.rows.get(one[2], 0.0) > 0]
    if not filled:
        return "no partition with both bounds and rows is there to be copied"
    low, high, template = filled[-2] if len(filled) > 1 else filled[-1]
    total = sum(drivers.rows.get(leaf, 0.0) for leaf in leaves)
    count = round((factor - 1.0) * total / drivers.rows[template])
    if count > LIMITS.growth_partitions:
        return f"{count:,} more partitions of today's size are more than are made"
    backward = clock == "stays"
    edge = ranges[0][0] if backward else ranges[-1][1]
    return Slices(root, column, drivers.base_of(root, column), template, low, high - low, count, edge, backward)


class Copies:
    """The new partitions of one table, as records."""

    def __init__(self, snapshot: Snapshot, drivers: Drivers, given: Slices) -> None:
        self.snapshot, self.drivers, self.given = snapshot, drivers, given
        self.schema, _, self.leaf = given.template.rpartition(".")
        mine = [o for o in snapshot.objects if o.schema == self.schema]
        self.objects = [o for o in mine if o.table == self.leaf or (o.kind == "table" and o.name == self.leaf)]
        self.relations = [r for r in snapshot.relations if r.schema == self.schema and self.leaf in (r.name, r.table)]
        self.names = {r.name for r in self.relations} | {o.name for o in self.objects}
        self._referring: dict[str, ColumnStatistics] = {}
        """Statistics of the template's references, grown as their parents are."""

    def _kind(self, column: str) -> str | None:
        driver = self.drivers.of(self.given.template, column)
        return driver.kind if driver is not None else None

    def add(self, target: Snapshot) -> None:
        """Adds all of them to a snapshot that has grown otherwise."""
        top = max([o.oid or 0 for o in target.objects] + [r.oid or 0 for r in target.relations], default=0)
        self._referring = {
            row.column: row
            for row in target.columns
            if (row.schema, row.table) == (self.schema, self.leaf) and self._kind(row.column) == "reference"
        }
        for number in range(self.given.count):
            self._one(target, number, top + 1 + number * (len(self.objects) + len(self.relations) + 1))

    def _one(self, target: Snapshot, number: int, oid: int) -> None:
        given = self.given
        start = given.edge - (number + 1) * given.width if given.backward else given.edge + number * given.width
        ends = (moment_text(start, given.base), moment_text(start + given.width, given.base))
        oids: dict[int, int] = {}

        def renewed(old: int | None) -> int | None:
            return None if old is None else oids.setdefault(old, oid + len(oids))

        for one in self.objects:
            ddl = tuple(
                _VALUES.sub(f"FOR VALUES FROM ('{ends[0]}') TO ('{ends[1]}')", self._renamed(text, number))
                for text in one.ddl
            )
            name, table = self._name(one.name, number), self._name(one.table, number) if one.table else None
            target.objects.append(
                msgspec.structs.replace(one, name=name, table=table, oid=renewed(one.oid), ddl=ddl, line=None)
            )
        for relation in self.relations:
            target.relations.append(
                msgspec.structs.replace(
                    relation,
                    name=self._name(relation.name, number),
                    table=self._name(relation.table, number) if relation.table else None,
                    oid=renewed(relation.oid),
                    counters={},
                )
            )
        for row in [r for r in self.snapshot.columns if r.schema == self.schema and r.table in self.names]:
            target.columns.append(self._column(row, number, start))
        for bounds in [b for b in self.snapshot.bounds if b.schema == self.schema and b.table == self.leaf]:
            target.bounds.append(self._bounds(bounds, number, start))

    def _name(self, name: str, number: int) -> str:
        """A name like the template's but for a number: to the fingerprint of a plan all members of one kind are one."""
        if name not in self.names:
            return name
        runs = list(_DIGITS.finditer(self.leaf))
        new = f"{_FIRST + number}"
        leaf = f"{self.leaf[: runs[-1].start()]}{new}{self.leaf[runs[-1].end() :]}" if runs else f"{self.leaf}_{new}"
        if self.leaf in name:
            made = name.replace(self.leaf, leaf, 1)
        else:
            made = f"{name}_{new}"
        return made if len(made.encode()) <= 63 else f"{made.encode()[:50].decode('utf-8', 'ignore')}_{new}"

    def _renamed(self, text: str, number: int) -> str:
        def other(match: re.Match[str]) -> str:
            name = match["bare"] or (match["quoted"] or "").replace('""', '"')
            return match[0] if match["text"] or name not in self.names else quoted(self._name(name, number))

        return _NAME.sub(other, text)

    # ------------------------------------------------------------------ values
    def _moved(self, value: str, column: str, number: int, start: int) -> str:
        """A value of the template in the new partition: later, or counted further."""
        driver = self.drivers.of(self.given.template, column)
        try:
            if driver is not None and driver.kind == "clock":
                base = self.drivers.base_of(self.given.template, column)
                return moment_text(instant(value) + start - self.given.start, base)
            if driver is not None and driver.kind == "sequence":
                span, whole = self.drivers.span(self.given.template, column), self._whole(column)
                if span is not None and whole is not None:
                    size = span[1] - span[0] + 1
                    # Today pinned: the old numbers rise (`Columns`), and the new partitions count up to them.
                    last = whole[0] + self.given.count * size - 1 - number * size
                    last = last if self.given.backward else whole[1] + (number + 1) * size
                    return str(int(value) + last - span[1])
        except (ValueError, OverflowError):
            pass
        return value

    def _whole(self, column: str) -> tuple[int, int] | None:
        """Ends of a counted column over all partitions."""
        spans = [span for leaf in self.drivers.leaves(self.given.root) if (span := self.drivers.span(leaf, column))]
        return (min(low for low, _ in spans), max(high for _, high in spans)) if spans else None

    def rise(self, column: str) -> int:
        """What the numbers of a counted column rise by in the partitions that are there."""
        span = self.drivers.span(self.given.template, column)
        return self.given.count * (span[1] - span[0] + 1) if self.given.backward and span is not None else 0

    def _column(self, row: ColumnStatistics, number: int, start: int) -> ColumnStatistics:
        changes: dict[str, object] = {"table": self._name(row.table, number)}
        if row.table == self.leaf and row.column in self._referring:
            return msgspec.structs.replace(self._referring[row.column], **changes)
        for name in ("histogram_bounds", "most_common_vals"):
            if (values := getattr(row, name)) is not None and row.table == self.leaf:
                prefix, items = parse(values)
                moved = each(items, lambda value: self._moved(value, row.column, number, start))
                changes[name] = text_of(moved, prefix)
        return msgspec.structs.replace(row, **changes)

    def _bounds(self, row: Bounds, number: int, start: int) -> Bounds:
        low, high = (
            None if value is None else self._moved(value, row.column, number, start) for value in (row.low, row.high)
        )
        return msgspec.structs.replace(row, table=self._name(row.table, number), low=low, high=high)


def risen(values: str, rise: int) -> str:
    """An array of numbers, each higher by ``rise``."""
    prefix, items = parse(values)
    return text_of(each(items, lambda value: str(int(value) + rise)), prefix)
