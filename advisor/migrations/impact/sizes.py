"""How large tables and indexes are before a migration, by a snapshot's records or by the catalog."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field

from advisor.model.catalog import Catalog
from advisor.model.snapshot import Relation, Snapshot

#: Of InnoDB: an empty table has one.
_PAGE = 16384


@dataclass(slots=True)
class TableSizes:
    """Sizes by canonical name (`Table.name`). None is not known; 0 rows: known to be empty."""

    _rows: dict[str, float | None] = field(default_factory=dict)
    _bytes: dict[str, int | None] = field(default_factory=dict)
    _indexes: dict[str, dict[str, int | None]] = field(default_factory=dict)
    _widths: dict[tuple[str, str], float] = field(default_factory=dict)
    _children: dict[str, tuple[str, ...]] = field(default_factory=dict)
    parents: dict[str, str] = field(default_factory=dict)
    """Of partitions: the table they are a part of."""
    settings: dict[str, str] = field(default_factory=dict)
    """Of the server, with units, where the snapshot tells: ``wal_level``, ``maintenance_work_mem``."""
    engine: str | None = None

    def rows(self, relation: str) -> float | None:
        """Rows by the statistics; of a partitioned table those of all its partitions."""
        return _added([self._rows.get(one) for one in self.parts(relation)])

    def bytes(self, relation: str) -> int | None:
        """Heap and TOAST (InnoDB: the clustered index), without indexes."""
        found = _added([self._bytes.get(one) for one in self.parts(relation)])
        return None if found is None else int(found)

    def indexes(self, relation: str) -> Mapping[str, int | None]:
        """Bytes of each index; of a partitioned table those of its partitions."""
        return {name: size for one in self.parts(relation) for name, size in self._indexes.get(one, {}).items()}

    def index_bytes(self, relation: str) -> int | None:
        """Of all indexes together; 0: it has none."""
        if not any(one in self._indexes or one in self._rows for one in self.parts(relation)):
            return None
        found = _added(list(self.indexes(relation).values()) or [0])
        return None if found is None else int(found)

    def width(self, relation: str, column: str) -> float | None:
        """Average bytes of a column's value."""
        known = [self._widths.get((one, column)) for one in (*self.parts(relation), relation)]
        told = [one for one in known if one is not None]
        return max(told) if told else None

    def parts(self, relation: str) -> list[str]:
        """The tables that hold its rows: its partitions at every depth, else itself."""
        found: list[str] = []
        waiting, seen = [relation], {relation}
        while waiting:
            name = waiting.pop()
            below = [one for one in self._children.get(name, ()) if one not in seen]
            seen.update(below)
            waiting.extend(below)
            if name not in self._children:
                found.append(name)
        return found or [relation]


def _added(values: Iterable[float | None]) -> float | None:
    """The sum of what is known; None where nothing is, or where what is not known stands beside zeros alone."""
    known, missing = [], False
    for one in values:
        if one is None:
            missing = True
        else:
            known.append(one)
    if missing and not sum(known):
        return None
    return sum(known)


def sizes_of(catalog: Catalog | None, snapshot: Snapshot | None, rows: Mapping[str, int] | None = None) -> TableSizes:
    """Sizes by the snapshot where there is one, else as far as the catalog has them (a server, a file of DDL).

    ``rows`` are what the user says: they outdo both.
    """
    found = TableSizes()
    children: dict[str, list[str]] = defaultdict(list)
    if catalog is not None:
        found.engine = catalog.engine.name
        found.settings = dict(catalog.settings)
        for table in catalog.tables.values():
            if table.kind == "view":
                continue
            if table.partition_of is not None:
                children[table.partition_of].append(table.name)
                found.parents[table.name] = table.partition_of
            if snapshot is None:
                # A count of zero beside pages is of a table that was never analysed, or emptied by DELETE.
                found._rows[table.name] = None if table.rows == 0 and (table.bytes or 0) > _PAGE else table.rows
                found._bytes[table.name] = table.bytes
                found._indexes[table.name] = {one.name: one.bytes for one in table.indexes}
    found._children = {name: tuple(own) for name, own in children.items()}
    if snapshot is not None:
        _captured(found, snapshot, namer(catalog, snapshot))
    for name, stated in (rows or {}).items():
        meant = catalog.find(name) if catalog is not None else None
        found._rows[meant.name if meant is not None else name] = float(stated)
    return found


def namer(catalog: Catalog | None, snapshot: Snapshot) -> Callable[[str, str], str]:
    """From schema and name, as a snapshot's records have them, to the canonical name."""
    default = catalog.default_schema if catalog is not None else None
    if default is None:
        plain = {"postgresql": "public", "sqlite": "main"}
        default = plain.get(snapshot.header.engine.name, snapshot.header.database)

    def name(schema: str, bare: str) -> str:
        return bare if not schema or schema == default else f"{schema}.{bare}"

    return name


def _captured(found: TableSizes, snapshot: Snapshot, name: Callable[[str, str], str]) -> None:
    header = snapshot.header
    found.engine = header.engine.name
    found.settings |= {one.name: f"{one.value}{one.unit or ''}" for one in snapshot.settings}
    measured = header.statistics != "default"
    for relation in snapshot.relations:
        if relation.table is not None:
            own = found._indexes.setdefault(name(relation.schema, relation.table), {})
            own[relation.name] = _size(relation, header.block_size) if measured else None
        elif relation.kind in ("table", "materialized_view") or (
            relation.kind == "partitioned" and header.engine.name in ("mysql", "mariadb")
        ):
            key = name(relation.schema, relation.name)
            found._rows[key] = count(relation, header.engine.name) if measured or relation.rows is not None else None
            found._bytes[key] = _size(relation, header.block_size) if measured else None
    for column in snapshot.columns:
        found._widths[name(column.schema, column.table), column.column] = float(column.avg_width)


def _size(relation: Relation, block: int) -> int | None:
    if relation.bytes is not None:
        return relation.bytes
    pages = relation.blocks if relation.blocks is not None else relation.pages
    return pages * block if pages >= 0 else None


def count(relation: Relation, engine: str) -> float | None:
    """Rows of one table; 0 only where it is known to be empty.

    PostgreSQL: density at the last VACUUM or ANALYZE times the pages of now, as its planner does (plancat.c,
    estimate_rel_size). InnoDB: its own estimate; an empty table has one page.
    """
    if relation.rows is not None:
        return float(relation.rows)
    live = relation.counters.get("n_live_tup")
    counted = float(live) if isinstance(live, int | float) and live > 0 else None
    if engine != "postgresql":
        if relation.tuples > 0:
            return relation.tuples
        small = relation.blocks is not None and relation.blocks <= 1
        return 0.0 if relation.tuples == 0 and small else counted
    if relation.blocks == 0:
        return 0.0
    if relation.tuples > 0 and relation.pages > 0:
        return relation.tuples * (relation.blocks / relation.pages if relation.blocks is not None else 1.0)
    if relation.tuples == 0 and relation.pages == 0 and relation.blocks is None and counted is None:
        return 0.0
    return counted
