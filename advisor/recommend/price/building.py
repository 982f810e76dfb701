"""How long CREATE INDEX takes, and whom it keeps waiting."""

from __future__ import annotations

from advisor.model.catalog import Table
from advisor.model.engine import EngineName
from advisor.model.indexing import IndexDefinition
from advisor.model.limits import LIMITS

#: Types whose order is that of an integer: sorted by machine instructions.
_QUICK = ("int", "date", "time", "bool", "serial", "year", "bit", "enum", "float", "double", "real", "oid")


def seconds(
    index: IndexDefinition, table: Table | None, rows: float, heap_bytes: float, bytes_: int, sort_bytes: float | None
) -> tuple[float, float]:
    """Lowest and highest estimate of the build.

    Lowest: the table in memory, one scan and one sort at the measured CPU time a row. Highest: the table and the index
    read and written at a slow disk's speed, CONCURRENTLY's second scan with its sort (validate_index), and a sort that
    spills (``sort_bytes``: maintenance_work_mem or innodb_sort_buffer_size) written and read once more. Waiting for
    other transactions is in neither.
    """
    each = LIMITS.price_build_quick_us if _quick(index, table) else LIMITS.price_build_text_us
    low = rows * each[0] / 1e6 + (heap_bytes + bytes_) / LIMITS.price_fast_bytes_per_second
    scans = 2 if index.engine == "postgresql" else 1
    high = scans * rows * each[1] / 1e6 + (scans * heap_bytes + bytes_) / LIMITS.price_slow_bytes_per_second
    if sort_bytes is None or bytes_ > sort_bytes:
        high += 2 * scans * bytes_ / LIMITS.price_slow_bytes_per_second
    return low, high


def _quick(index: IndexDefinition, table: Table | None) -> bool:
    types = {column.name.lower(): column.type for column in table.columns} if table is not None else {}
    first = index.keys[0]
    type_ = types.get((first.column or "").lower(), "")
    return any(type_.startswith(word) or word in type_.partition("(")[0] for word in _QUICK)


def lock(index: IndexDefinition, table: Table | None) -> str:
    """Locks of the DDL that is proposed, in the engine's words, and what waits for them.

    Sources: PostgreSQL manual, CREATE INDEX ("Building Indexes Concurrently") and Explicit Locking; MySQL manual,
    Online DDL Operations; MariaDB, InnoDB Online DDL; SQLite, File Locking And Concurrency.
    """
    return _LOCKS[index.engine](index, table)


def _postgresql(index: IndexDefinition, table: Table | None) -> str:
    waits = (
        "reads and writes go on. It waits for older transactions, twice for those that wrote the table and once more "
        "for those that hold an old snapshot; other DDL, VACUUM and a second build on the table wait for it"
    )
    if table is not None and table.kind == "partitioned":
        return (
            f"CREATE INDEX CONCURRENTLY on one partition after the other (SHARE UPDATE EXCLUSIVE there): {waits}. "
            "CREATE INDEX ON ONLY the partitioned table holds SHARE, and ATTACH PARTITION of an index needs no scan: "
            "both take a moment, once they have waited for writers"
        )
    return f"SHARE UPDATE EXCLUSIVE (CREATE INDEX CONCURRENTLY): {waits}"


def _mysql(index: IndexDefinition, table: Table | None) -> str:
    if index.method.lower() in ("fulltext", "spatial", "rtree"):
        return f"ALGORITHM=INPLACE, LOCK=SHARED ({index.method.upper()}): writes to the table wait until it is built"
    if table is not None and (table.storage_engine or "innodb").lower() != "innodb":
        return f"{table.storage_engine} copies the table: writes to it wait until that is done"
    return (
        "ALGORITHM=INPLACE, LOCK=NONE: reads and writes go on. At the start and at the end it waits for all "
        "transactions that used the table, and new ones wait behind it; a replica runs it after the primary and lags "
        "for as long"
    )


def _sqlite(index: IndexDefinition, table: Table | None) -> str:
    return (
        "The whole database is locked for writing until it is built; without WAL readers wait too while it is committed"
    )


_LOCKS = {"postgresql": _postgresql, "mysql": _mysql, "mariadb": _mysql, "sqlite": _sqlite}


def known(engine: EngineName) -> bool:
    """Whether build times were measured on this engine."""
    return engine in ("postgresql", "mariadb", "mysql")
