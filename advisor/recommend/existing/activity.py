"""How much indexes and tables were used, by the server's own counters, and since when these count."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from advisor.model.catalog import Table
from advisor.model.snapshot import Snapshot
from advisor.recommend.existing.inventory import Existing, Inventory, bare

_PERFORMANCE_SCHEMA = "performance_schema.table_io_waits_summary_by_index_usage"
_USERSTAT = "information_schema.index_statistics"


@dataclass(frozen=True, slots=True)
class Scans:
    """Uses of one index, its partitions' included."""

    scans: int
    entries: int | None = None
    """Index entries that the scans read; None: not counted."""
    last: str | None = None
    """When the last one began (PostgreSQL 16 and later)."""


@dataclass(frozen=True, slots=True)
class Writes:
    """Rows written to a table since the counters began."""

    inserted: int
    updated: int
    hot: int
    """Updates that wrote no index."""
    deleted: int

    @property
    def entries(self) -> int:
        """Rows that gave every index of the table a new entry; a deleted row's entry is left to vacuum or purge."""
        return self.inserted + self.updated - self.hot


class Activity:
    """The counters of a snapshot. Every question may be answered with None: not counted."""

    def __init__(self, snapshot: Snapshot | None, inventory: Inventory) -> None:
        self.inventory = inventory
        self.source: str | None = None
        """The view that counts scans of indexes."""
        self.since: str | None = None
        self.days: float | None = None
        """Age of the counters; at least so much where ``basis`` says so."""
        self.basis = ""
        self.replica = False
        """The counters are a standby's."""
        self.missing = ""
        """Why scans are not known, with what would help."""
        self._tables: dict[tuple[str, str], dict[str, Any]] = {}
        self._children: dict[str, list[Table]] = {}
        for table in inventory.catalog.tables.values():
            if table.partition_of is not None:
                self._children.setdefault(table.partition_of, []).append(table)
        if snapshot is None:
            self.missing = "the counters of index scans are not known: give a snapshot, or the server's address"
            return
        for relation in snapshot.relations:
            if relation.table is None:
                self._tables[relation.schema, relation.name] = relation.counters
        if snapshot.header.engine.name == "postgresql":
            self._postgresql(snapshot)
        elif snapshot.header.engine.name == "sqlite":
            self.missing = "SQLite does not count how often an index is used"
        else:
            self._mysql(snapshot)

    def _postgresql(self, snapshot: Snapshot) -> None:
        row = next((one.values for one in snapshot.rows if one.source == "pg_stat_database"), None)
        settings = {setting.name: setting.value for setting in snapshot.settings}
        if settings.get("track_counts") == "off":
            self.missing = "the server does not count index scans (track_counts = off)"
            return
        if row is None:
            self.missing = (
                "a schema file has no counters"
                if snapshot.header.statistics == "default"
                else "the age of the counters is not known: pg_stat_database could not be read"
            )
            return
        self.source = "pg_stat_all_indexes"
        self.replica = bool(row.get("pg_is_in_recovery"))
        # From 15 on a crash drops the counters and leaves stats_reset empty; that of the background writer is set then.
        resets = [row[name] for name in ("stats_reset", "bgwriter_stats_reset") if row.get(name)]
        if resets:
            self._aged(max(resets, key=_instant), snapshot, "")
        elif row.get("pg_postmaster_start_time"):
            self._aged(row["pg_postmaster_start_time"], snapshot, "at least: they were never reset by hand")

    def _mysql(self, snapshot: Snapshot) -> None:
        settings = {setting.name: setting.value.lower() for setting in snapshot.settings}
        unread = " ".join(snapshot.header.missing)
        if settings.get("performance_schema") in ("on", "1") and _PERFORMANCE_SCHEMA not in unread:
            self.source = _PERFORMANCE_SCHEMA
        elif settings.get("userstat") in ("on", "1") and _USERSTAT not in unread:
            self.source = _USERSTAT
        else:
            which = "performance_schema or userstat" if self.inventory.engine == "mariadb" else "performance_schema"
            self.missing = f"the server does not count uses of indexes ({which} is off, or may not be read)"
            return
        status = {str(row.values.get("variable_name")).lower(): row.values for row in snapshot.rows
                  if row.source == "global_status"}  # fmt: skip
        up = status.get("uptime_since_flush_status" if self.source == _USERSTAT else "uptime", status.get("uptime"))
        if up is not None:
            self.days = float(up["variable_value"]) / 86400
            self.basis = "since the server started, or since somebody emptied them"

    def _aged(self, since: str, snapshot: Snapshot, basis: str) -> None:
        self.since, self.basis = since, basis
        now = _instant(snapshot.header.captured_at) if snapshot.header.captured_at else datetime.now(UTC)
        self.days = max(0.0, (now - _instant(since)).total_seconds() / 86400)

    def scans(self, one: Existing) -> Scans | None:
        """Uses of an index since the counters began."""
        if self.source is None:
            return None
        total, entries, last = 0, 0, ""
        for member in self.inventory.family(one):
            relation = self.inventory.relation(member)
            counters = relation.counters if relation is not None else {}
            if self.source == "pg_stat_all_indexes":
                if relation is None or relation.kind == "partitioned_index":
                    continue
                if counters.get("idx_scan") is None:
                    return None
                total += int(counters["idx_scan"])
                entries += int(counters.get("idx_tup_read") or 0)
                last = max(last, str(counters.get("last_idx_scan") or ""))
            else:
                # A table that was never opened, an index that was never read: no row.
                name = "count_star" if self.source == _PERFORMANCE_SCHEMA else "rows_read"
                total += int(counters.get(name) or 0)
        return Scans(total, entries if self.source == "pg_stat_all_indexes" else None, last or None)

    def writes(self, table: Table) -> Writes | None:
        """Rows written to a table, its partitions included (PostgreSQL)."""
        if self.source != "pg_stat_all_indexes":
            return None
        found = Writes(0, 0, 0, 0)
        counted = False
        for member in self._members(table):
            counters = self._counters(member)
            if counters.get("n_tup_ins") is not None:
                counted = True
                own = [int(counters.get(f"n_tup_{name}") or 0) for name in ("ins", "upd", "hot_upd", "del")]
                found = Writes(
                    found.inserted + own[0], found.updated + own[1], found.hot + own[2], found.deleted + own[3]
                )
        return found if counted else None

    def writes_per_second(self, table: Table) -> float | None:
        """New entries that each index of the table gets in a second."""
        found = self.writes(table)
        if found is None or not self.days:
            return None
        return found.entries / (self.days * 86400)

    def live_rows(self, table: Table) -> int | None:
        """Rows by the counters (n_live_tup)."""
        live = self._counters(table).get("n_live_tup")
        return None if live is None else int(live)

    def read(self, table: Table) -> int | None:
        """Scans of the table by any way; 0: nobody reads it."""
        if self.source != "pg_stat_all_indexes":
            return None
        names = ("seq_scan", "idx_scan")
        return sum(int(self._counters(member).get(name) or 0) for member in self._members(table) for name in names)

    def _members(self, table: Table) -> list[Table]:
        members = [table]
        for member in members:
            members += self._children.get(member.name, ())
        return members

    def _counters(self, table: Table) -> dict[str, Any]:
        schema = table.schema or self.inventory.default_schema or ""
        return self._tables.get((schema, bare(table)), {})


def _instant(text: str) -> datetime:
    found = datetime.fromisoformat(text)
    return found if found.tzinfo is not None else found.replace(tzinfo=UTC)
