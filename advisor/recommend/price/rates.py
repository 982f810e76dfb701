"""Rows written to each table in a second: from the server's counters, else from a log that is known to be complete."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from advisor.model.capture import Capture
from advisor.model.catalog import Catalog, Table
from advisor.model.indexing import WriteBasis
from advisor.model.limits import LIMITS
from advisor.model.snapshot import Snapshot
from advisor.recommend.existing.activity import Activity
from advisor.recommend.existing.inventory import Inventory
from advisor.recommend.price.columns import Updates, updates
from advisor.recommend.workload import Statement

#: Rows that one execution writes, where the log does not tell; None: not known.
RowsOf = Callable[[Statement], float | None]
_WRITES = ("insert", "update", "delete", "merge")
_KINDS = ("insert", "update", "delete")


@dataclass(frozen=True, slots=True)
class TableWrites:
    """Rows a second."""

    basis: WriteBasis
    inserted: float
    updated: float
    deleted: float
    hot: float | None = None
    """Of the updated ones, heap-only: no index was written. None: the engine has none, or the log does not tell."""


@dataclass(slots=True)
class WriteRates:
    """What is known of the writes of a database."""

    tables: dict[str, TableWrites] = field(default_factory=dict)
    """By canonical name. A table that is missing is not known, unless ``every`` is set."""
    sets: dict[str, list[Updates]] = field(default_factory=dict)
    """What the workload's updates set, by table."""
    every: WriteBasis | None = None
    """Tables that are not in ``tables`` were not written to, says this basis."""
    missing: str = ""
    """Why rates are not known, with what would help."""
    notes: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """What must be said of a table's rate."""

    def of(self, table: str) -> TableWrites | None:
        """Writes of a table; None: not known."""
        found = self.tables.get(table)
        if found is None and self.every is not None and table not in self.notes:
            return TableWrites(self.every, 0.0, 0.0, 0.0)
        return found


def write_rates(
    snapshot: Snapshot | None,
    statements: Sequence[Statement],
    capture: Capture,
    catalog: Catalog,
    *,
    rows: RowsOf = lambda _: None,
) -> WriteRates:
    """Counters first: rows written since they began (pg_stat_all_tables; table_io_waits_summary_by_table). Else the
    statements of a log of which it is known that it holds all of them. Else nothing, with the reason.

    ``rows`` tells how many rows an execution writes where the log does not. What triggers and cascades write, a log
    does not show; counters do.
    """
    found = WriteRates(sets=updates(statements, catalog))
    if _counted(found, snapshot, catalog):
        return found
    counted = snapshot is not None and any(one.counters for one in snapshot.relations)
    if capture.complete is not True:
        why = "the log is known to miss statements" if capture.complete is False else "the log may miss statements"
        if catalog.engine.name == "sqlite":
            found.missing = f"SQLite counts no writes, and {why}"
        elif counted:
            found.missing = f"the counters of writes do not say since when, or are too young for a rate, and {why}"
        else:
            found.missing = f"there are no counters of writes, and {why}; a snapshot or the server's address would tell"
        return found
    if not any(statement.calls_per_hour is not None for statement in statements):
        found.missing = "there are no counters of writes, and the time that the log covers is not known"
        return found
    _logged(found, statements, catalog, rows)
    return found


def _counted(found: WriteRates, snapshot: Snapshot | None, catalog: Catalog) -> bool:
    if snapshot is None or snapshot.header.statistics != "snapshot":
        return False
    inventory = Inventory(catalog, snapshot)
    activity = Activity(snapshot, inventory)
    if not activity.days or activity.days * 86400 < LIMITS.price_counted_seconds:
        return False
    seconds = activity.days * 86400
    engine = snapshot.header.engine.name
    if engine == "postgresql":
        for table in catalog.tables.values():
            own = activity.writes(table)
            if own is not None:
                parts = (own.inserted, own.updated, own.deleted, own.hot)
                found.tables[table.name] = TableWrites("counters", *(each / seconds for each in parts))
    elif activity.source is not None and activity.source.startswith("performance_schema"):
        for table, relation in _relations(snapshot, catalog, inventory.default_schema):
            names = [f"count_{name}" for name in _KINDS]
            if all(relation.get(name) is not None for name in names):
                inserted, updated, deleted = (int(relation[name]) / seconds for name in names)
                found.tables[table.name] = TableWrites("counters", inserted, updated, deleted)
    return bool(found.tables)


def _relations(snapshot: Snapshot, catalog: Catalog, default: str | None) -> list[tuple[Table, dict[str, int]]]:
    found = []
    for relation in snapshot.relations:
        if relation.table is None and relation.kind in ("table", "partitioned"):
            table = catalog.find(relation.name, None if relation.schema == default else relation.schema)
            if table is not None:
                found.append((table, relation.counters))
    return found


def _logged(found: WriteRates, statements: Sequence[Statement], catalog: Catalog, rows: RowsOf) -> None:
    sums: dict[str, dict[str, float]] = defaultdict(lambda: dict.fromkeys(_KINDS, 0.0))
    notes: dict[str, dict[str, None]] = defaultdict(dict)
    unknown: set[str] = set()
    unread = 0
    for statement in statements:
        if statement.kind not in _WRITES:
            continue
        if statement.graph is None:
            unread += 1
            continue
        targets = [ref.table_name for ref in statement.graph.table_refs if ref.role == "target" and ref.table_name]
        each = statement.rows_affected if statement.rows_affected is not None else rows(statement)
        for name in dict.fromkeys(targets):
            table = catalog.find(name)
            key = table.name if table is not None else name
            if each is None or statement.calls_per_hour is None or statement.kind == "merge":
                unknown.add(key)
                notes[key]["how many rows its statements write is not known"] = None
                continue
            if statement.rows_affected is None:
                notes[key]["rows of each statement are the planner's estimate: the log has none"] = None
            # Of an upsert nobody knows the split: the row is new, or has a new version.
            sums[key][statement.kind] += statement.calls_per_hour * each / 3600
    for key, rate in sums.items():
        if key not in unknown:
            found.tables[key] = TableWrites("log", rate["insert"], rate["update"], rate["delete"])
    found.notes = {key: tuple(each) for key, each in notes.items()}
    if unread:
        found.missing = f"{unread} of the log's statements that write could not be read"
    else:
        found.every = "log"
