"""Tables of which the planner has no statistics: never analysed, or not to be read by who took the snapshot."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.model.catalog import Catalog
from advisor.model.planning import PlannedBy
from advisor.model.snapshot import Snapshot
from advisor.recommend.workload import Statement

_NAMED = 5


def without_statistics(catalog: Catalog, snapshot: Snapshot | None) -> frozenset[str]:
    """Canonical names of the tables that a shadow plans with defaults, though it has the statistics of others.

    An empty table that was analysed has none either, and needs none. A partitioned table is known where one of its
    partitions is. Told for PostgreSQL (pg_stats) and SQLite (sqlite_stat1); the other servers keep
    cardinalities anyway.
    """
    if snapshot is None or snapshot.header.statistics == "default":
        return frozenset()
    engine = snapshot.header.engine.name
    if engine == "postgresql":
        known = {_canonical(catalog, one.schema, one.table) for one in snapshot.columns}
        known |= {
            _canonical(catalog, one.schema, one.name)
            for one in snapshot.relations
            if one.table is None and one.tuples == 0 and not one.blocks
        }
    elif engine == "sqlite":
        known = {str(row.values.get("tbl")) for row in snapshot.rows if row.source == "sqlite_stat1"}
    else:
        return frozenset()
    for name in list(known):
        table = catalog.tables.get(name)
        while table is not None and table.partition_of is not None and table.partition_of not in known:
            known.add(table.partition_of)
            table = catalog.tables.get(table.partition_of)
    kinds = ("table", "partition", "partitioned", "materialized_view")
    return frozenset(name for name, table in catalog.tables.items() if table.kind in kinds and name not in known)


def tables(statements: Sequence[Statement]) -> frozenset[str]:
    """Those that statements name."""
    return frozenset(name for one in statements if one.graph is not None for name in one.graph.tables)


def said(unknown: frozenset[str], statements: Sequence[Statement], by: PlannedBy) -> list[str]:
    """Notes on what the planner did not know: tables of the workload without statistics, and its own words."""
    own = [*by.notes] if by.planner == "shadow" else [by.exactness]
    found = sorted(unknown & tables(statements))
    if not found:
        return own
    names = ", ".join(found[:_NAMED]) + (f", and {len(found) - _NAMED} more" if len(found) > _NAMED else "")
    counted = "1 table" if len(found) == 1 else f"{len(found)} tables"
    return [
        f"No statistics of {counted} ({names}): what is planned there rests on the planner's defaults, "
        "and advice for them proves nothing",
        *own,
    ]


def _canonical(catalog: Catalog, schema: str, name: str) -> str:
    return name if schema == catalog.default_schema else f"{schema}.{name}"
