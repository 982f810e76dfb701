"""How long one piece of work takes, what it reads and writes, and what disk it needs."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.migrations.impact.pace import Pace, Timed, bytes_of
from advisor.migrations.impact.sizes import TableSizes
from advisor.model.check import Seconds
from advisor.model.limits import LIMITS
from advisor.model.migration import Change, Work
from advisor.model.migration_limits import MIGRATION

#: A B-tree's entry beside its key: item pointer, line pointer, alignment and free space (nbtree; 90 % full).
_ENTRY_BYTES = 18.0
_FILL = 0.9
#: A key of which the statistics tell no width.
_KEY_BYTES = 16.0
#: WAL of a row that is written: headers of record and tuple, and a share of full pages.
_WAL_ROW_BYTES = 100.0


@dataclass(frozen=True, slots=True)
class Cost:
    """Of one piece of work. None: not known."""

    seconds: Seconds | None
    rows: float | None
    touched: int | None
    """Bytes read or rewritten; of a rewrite with the indexes, which are made anew."""
    wal: int | None
    disk: int | None
    told: str
    """What the seconds rest on."""


NOTHING = Cost(Seconds(0.0, 0.0), 0.0, 0, 0, 0, "")


def cost_of(work: Work, changes: tuple[Change, ...], sizes: TableSizes, pace: Pace) -> Cost:
    """The cost of one `Work`, by the size of its table.

    Low: everything in memory at the measured CPU time a row. High: read and written at a slow disk's speed, on a busy
    machine. Where the log has DDL of the same kind with durations, they take the place of both.
    """
    rows, heap, indexes = sizes.rows(work.relation), sizes.bytes(work.relation), sizes.index_bytes(work.relation)
    if work.kind == "scan":
        return Cost(_paced(pace, "scan", heap, rows, 0), rows, heap, 0, 0, pace.told("scan"))
    if work.kind == "rewrite":
        both = None if heap is None or indexes is None else heap + indexes
        logged = 0 if any(one.action == "set_unlogged" for one in changes) else both
        return Cost(
            _paced(pace, "rewrite", heap, rows, indexes),
            rows,
            both if both is not None else heap,
            logged if sizes.engine == "postgresql" and sizes.settings.get("wal_level") != "minimal" else None,
            both,
            pace.told("rewrite"),
        )
    if work.kind == "build":
        size = index_bytes(work, changes, sizes)
        spill = _spilled(size, sizes)
        return Cost(
            _paced(pace, "build", heap, rows, size or 0, spill),
            rows,
            None if heap is None else heap,
            size if sizes.engine == "postgresql" and sizes.settings.get("wal_level") != "minimal" else None,
            None if size is None else size + spill,
            pace.told("build"),
        )
    return _write(work, sizes, rows, heap, indexes)


def index_bytes(work: Work, changes: tuple[Change, ...], sizes: TableSizes) -> int | None:
    """Of the index that is built: of one that is there its size, of a new B-tree entries of its keys' average width."""
    known = sizes.indexes(work.relation).get(work.index or "")
    if known is not None:
        return known
    rows = sizes.rows(work.relation)
    if rows is None:
        return None
    change = next((one for one in changes if one.name == work.index and one.columns), None)
    change = change or next((one for one in changes if one.table == work.relation and one.columns), None)
    widths = [sizes.width(work.relation, one) or _KEY_BYTES for one in change.columns] if change else [_KEY_BYTES]
    return int(rows * (sum(widths) + _ENTRY_BYTES) / _FILL)


def _paced(
    pace: Pace, work: Timed, heap: int | None, rows: float | None, indexes: int | None, spill: int = 0
) -> Seconds | None:
    measured = pace.bytes_per_second(work)
    if measured is not None and heap is not None:
        return Seconds(heap / measured[1], heap / measured[0])
    if rows is None and heap is None:
        return None
    fast, slow = LIMITS.price_fast_bytes_per_second, LIMITS.price_slow_bytes_per_second
    each = {
        "scan": MIGRATION.work_scan_us,
        "rewrite": MIGRATION.work_rewrite_us,
        "build": (LIMITS.price_build_quick_us[0], LIMITS.price_build_text_us[1]),
    }[work]
    low = (rows or 0) * each[0] / 1e6 + (heap or 0) / fast
    high = (rows or 0) * each[1] / 1e6 + (heap or 0) / slow
    if work == "rewrite":
        # A second copy of the rows, and every index from it.
        low += ((heap or 0) + (indexes or 0)) / fast
        high += ((heap or 0) + 2 * (indexes or 0)) / slow
        low += _entries(rows, indexes) * LIMITS.price_build_quick_us[0] / 1e6
        high += _entries(rows, indexes) * LIMITS.price_build_text_us[1] / 1e6
    elif work == "build":
        low += (indexes or 0) / fast
        high += ((indexes or 0) + 2 * spill) / slow
    return Seconds(low, max(low, high))


def _entries(rows: float | None, indexes: int | None) -> float:
    """Index entries that so many bytes hold: of small ones, some 25 bytes each."""
    return 0.0 if not indexes or not rows else min(indexes / 25.0, rows * 32.0)


def _spilled(size: int | None, sizes: TableSizes) -> int:
    """Bytes of a sort that does not fit into memory."""
    name = "maintenance_work_mem" if sizes.engine == "postgresql" else "innodb_sort_buffer_size"
    memory = bytes_of(sizes.settings.get(name)) or float(64 << 20)
    return size if size is not None and size > memory else 0


def _write(work: Work, sizes: TableSizes, rows: float | None, heap: int | None, indexes: int | None) -> Cost:
    written = work.rows
    if written is None:
        return Cost(None, rows, None, None, None, "how many rows it writes is not known")
    low, high = MIGRATION.work_write_us
    width = heap / rows if heap and rows else 100.0
    entries = (indexes or 0) / rows if rows else 0.0
    touched = int(written * (width + entries))
    logged = int(written * (width + entries + _WAL_ROW_BYTES)) if sizes.engine == "postgresql" else None
    # PostgreSQL writes new versions beside the old ones, which stay until VACUUM.
    disk = touched if sizes.engine == "postgresql" else None
    return Cost(Seconds(written * low / 1e6, written * high / 1e6), written, touched, logged, disk, "stated constants")
