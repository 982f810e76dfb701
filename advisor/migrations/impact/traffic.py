"""What the workload does to each table in a second, and what of it runs long."""

from __future__ import annotations

import contextlib
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.migrations.impact.locks import Use
from advisor.model.capture import Capture
from advisor.model.catalog import Catalog, Table
from advisor.model.engine import EngineName, dialect_of
from advisor.model.shape import ShapeSummary

if TYPE_CHECKING:
    from advisor.graphs import QueryGraph

READS: tuple[Use, ...] = ("read", "lock_rows")
WRITES: tuple[Use, ...] = ("write",)
EVERY: tuple[Use, ...] = (*READS, *WRITES)
_WRITES = ("insert", "update", "delete", "merge")
_DEEPEST = 8
"""Views upon views."""


@dataclass(frozen=True, slots=True)
class Caller:
    """One shape, as one table sees it."""

    fingerprint: str
    use: Use
    per_second: float
    busiest_per_second: float
    """In the busiest hour of the log; not below ``per_second``."""
    mean_seconds: float | None
    longest_seconds: float | None
    p99_seconds: float | None


@dataclass(slots=True)
class Traffic:
    """Callers by canonical table name."""

    callers: dict[str, list[Caller]] = field(default_factory=dict)
    lower_bound: bool = False
    """The log is not known to hold every statement: rates and longest durations are lower bounds."""
    unread: int = 0
    """Shapes that could not be analysed: they may use any table."""
    window_seconds: float | None = None

    def stopped(self, relations: Iterable[str], uses: Iterable[Use]) -> list[Caller]:
        """Shapes that one of the uses of one of the relations makes wait, each once."""
        found: dict[str, Caller] = {}
        wanted = frozenset(uses)
        for relation in relations:
            for one in self.callers.get(relation, ()):
                if one.use in wanted:
                    found.setdefault(one.fingerprint, one)
        return list(found.values())

    def reads_per_second(self, relation: str) -> float:
        """Statements that read the table and do not write it."""
        return sum(one.per_second for one in self.stopped([relation], READS))

    def writes_per_second(self, relation: str) -> float:
        """Statements that write it."""
        return sum(one.per_second for one in self.stopped([relation], WRITES))

    def longest(self, relation: str, uses: Iterable[Use] = EVERY) -> Caller | None:
        """The shape with the longest execution on the table."""
        timed = [one for one in self.stopped([relation], uses) if one.longest_seconds is not None]
        return max(timed, key=lambda one: one.longest_seconds or 0.0, default=None)


def traffic_of(
    shapes: Sequence[ShapeSummary],
    graphs: Mapping[tuple[str, str], QueryGraph],
    window_seconds: float | None,
    catalogs: Sequence[Catalog] = (),
    capture: Capture | None = None,
) -> Traffic | None:
    """The workload by table; None where the log's time is not known, so that there are no rates.

    Counts are taken as the digest gives them: a sampled log that was scaled (`Capture.scaled`) tells of all statements,
    one that was not is scaled here. Views count for the tables below them, statements on a partitioned table for its
    partitions too (which of them the planner leaves out is not known). A write of a child takes ROW SHARE on the parent
    of its foreign key (ri_triggers.c), a deletion from the parent reads the child.
    """
    if not window_seconds or window_seconds <= 0:
        return None
    found = Traffic(window_seconds=window_seconds)
    found.lower_bound = capture is None or capture.complete is not True
    times = 1.0
    if capture is not None and capture.sample_rate and not capture.scaled:
        times = 1.0 / min(1.0, max(capture.sample_rate, 1e-6))
    named = _Names(catalogs)
    callers: dict[str, dict[str, Caller]] = defaultdict(dict)
    for shape in shapes:
        if shape.kind not in ("select", *_WRITES):
            continue
        graph = graphs.get((shape.engine.name, shape.fingerprint))
        if graph is None:
            found.unread += 1
            continue
        uses = named.uses(graph, shape.engine.name)
        for relation, use in uses.items():
            callers[relation][shape.fingerprint] = _caller(shape, use, window_seconds, times)
    found.callers = {name: list(own.values()) for name, own in callers.items()}
    return found


def _caller(shape: ShapeSummary, use: Use, window: float, times: float) -> Caller:
    rate = times * shape.calls / window
    hours = [times * one.calls / 3600 for one in shape.per_hour]
    return Caller(
        fingerprint=shape.fingerprint,
        use=use,
        per_second=rate,
        busiest_per_second=max([rate, *hours]),
        mean_seconds=shape.total_us / shape.timed_calls / 1e6 if shape.timed_calls else None,
        longest_seconds=shape.max_us / 1e6 if shape.max_us is not None else None,
        p99_seconds=shape.p99_us / 1e6 if shape.p99_us is not None else None,
    )


_WEIGHT: dict[Use, int] = {"read": 0, "lock_rows": 1, "write": 2}


class _Names:
    """From what a statement names to the tables that it locks."""

    def __init__(self, catalogs: Sequence[Catalog]) -> None:
        self.catalogs = catalogs
        self._views: dict[tuple[EngineName, str], tuple[str, ...]] = {}
        self._children: dict[tuple[int, str], list[str]] = defaultdict(list)
        self._referring: dict[tuple[int, str], list[str]] = defaultdict(list)
        for number, catalog in enumerate(catalogs):
            for table in catalog.tables.values():
                if table.partition_of is not None:
                    self._children[number, table.partition_of].append(table.name)
                for key in table.foreign_keys:
                    self._referring[number, key.parent].append(table.name)

    def uses(self, graph: QueryGraph, engine: EngineName) -> dict[str, Use]:
        """Tables by canonical name, each with the strongest thing that the statement does to it."""
        locking = {one.scope_id for one in graph.scopes if one.locking}
        found: dict[str, Use] = {}

        def add(name: str, use: Use) -> None:
            if name not in found or _WEIGHT[use] > _WEIGHT[found[name]]:
                found[name] = use

        for ref in graph.table_refs:
            if ref.table_name is None:
                continue
            written = ref.role == "target"
            use: Use = "write" if written else "lock_rows" if ref.scope_id in locking else "read"
            for number, table, name in self._below(ref.table_name, engine, 0):
                add(name, use)
                for child in self._partitions(number, name):
                    add(child, use)
                if written and table is not None:
                    if graph.kind in ("insert", "update", "merge"):
                        for key in table.foreign_keys:
                            add(key.parent, "lock_rows")
                    if graph.kind in ("delete", "merge"):
                        for child in self._referring.get((number, name), ()):
                            add(child, "lock_rows")
        return found

    def _below(self, name: str, engine: EngineName, depth: int) -> list[tuple[int, Table | None, str]]:
        """The table itself; of a view the view and what it reads."""
        for number, catalog in enumerate(self.catalogs):
            if dialect_of(catalog.engine.name) != dialect_of(engine):
                continue
            table = catalog.find(name)
            if table is None:
                continue
            found: list[tuple[int, Table | None, str]] = [(number, table, table.name)]
            if table.kind == "view" and table.definition and depth < _DEEPEST:
                for one in self._read(table, engine):
                    if one != name:
                        found += self._below(one, engine, depth + 1)
            return found
        return [(-1, None, name)]

    def _read(self, view: Table, engine: EngineName) -> tuple[str, ...]:
        from advisor.graphs import NotAnalysed, build

        key = engine, view.name
        if key not in self._views:
            self._views[key] = ()  # of a view that reads itself
            with contextlib.suppress(NotAnalysed):
                self._views[key] = build(view.definition or "", engine, self.catalogs).tables
        return self._views[key]

    def _partitions(self, number: int, name: str) -> list[str]:
        found: list[str] = []
        waiting, seen = [name], {name}
        while waiting:
            for one in self._children.get((number, waiting.pop()), ()):
                if one not in seen:
                    seen.add(one)
                    found.append(one)
                    waiting.append(one)
        return found
