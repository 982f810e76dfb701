"""A snapshot as a catalog: what its statements declare, with the sizes and counters of its relations.

The statements go through the reader of schema files, so that a snapshot, a dump and the server itself give the same
catalog. What only a server knows comes from the records.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from msgspec.structs import replace

from advisor.catalog.ddl.file import read_ddl
from advisor.catalog.types import canonical
from advisor.model.catalog import Aspect, Catalog, Column, Index, Table
from advisor.model.snapshot import Relation, SchemaObject, Snapshot

#: Kinds that a catalog does not hold; bodies of functions are never read.
_SKIPPED = frozenset({"schema", "collation", "sequence", "function", "statistics", "rule"})
#: Settings that the catalog of a PostgreSQL server tells.
_SETTINGS = (
    "random_page_cost", "seq_page_cost", "effective_cache_size", "shared_buffers", "work_mem", "jit",
    "default_statistics_target", "plan_cache_mode", "max_connections", "max_parallel_workers_per_gather",
    "statement_timeout", "idle_in_transaction_session_timeout", "log_min_duration_statement", "TimeZone",
)  # fmt: skip


def catalog_of(snapshot: Snapshot) -> Catalog:
    """The catalog of a snapshot of any engine, as far as its records tell it."""
    header = snapshot.header
    catalog = read_ddl(_text(snapshot.objects), header.origin or "snapshot", header.engine.name)
    catalog.engine = header.engine
    known: set[Aspect] = set(catalog.known)
    if snapshot.relations:
        known.add("sizes")
    if snapshot.columns:
        known.add("statistics")
    catalog.known = frozenset(known)
    tables = {name: replace(table, line=None) for name, table in catalog.tables.items()}
    if header.engine.name == "postgresql":
        catalog.settings = _settings(snapshot)
        catalog.search_path = _search_path(snapshot)
        routines = read_ddl(_text(snapshot.objects, {"function"}), "snapshot", "postgresql")
        catalog.functions, catalog.bodies = routines.functions, routines.bodies
        catalog.parameters = routines.parameters
        tables = _with_view_columns(snapshot, tables)
        _pass_down(snapshot, tables)
    catalog.tables = _sized(snapshot, tables, catalog.default_schema)
    return catalog


def _text(objects: Iterable[SchemaObject], kinds: set[str] | None = None) -> str:
    """Statements of these kinds; None: of all that a catalog holds."""
    kept = (one for one in objects if (one.kind in kinds if kinds is not None else one.kind not in _SKIPPED))
    return "".join(f"{statement};\n" for one in kept for statement in one.ddl)


def _settings(snapshot: Snapshot) -> dict[str, str]:
    """Under the names and in the units of `advisor.catalog.live`."""
    given = {setting.name: f"{setting.value}{setting.unit or ''}" for setting in snapshot.settings}
    found = {name: given[name] for name in _SETTINGS if name in given}
    for name, value in (("lc_collate", snapshot.header.collate), ("server_encoding", snapshot.header.encoding)):
        if value is not None:
            found[name] = value
    return found


def _search_path(snapshot: Snapshot) -> tuple[str, ...]:
    """That which the database sets for everybody."""
    for row in snapshot.rows:
        values = row.values
        if row.source != "pg_db_role_setting" or not values.get("database") or values.get("role"):
            continue
        if values.get("name") == "search_path":
            parts = str(values.get("value") or "").split(",")
            return tuple(part.strip().strip('"') for part in parts if part.strip())
    return ()


def _named(schema: str | None, name: str, default: str | None) -> str:
    return name if schema is None or schema == default else f"{schema}.{name}"


def _with_view_columns(snapshot: Snapshot, tables: Mapping[str, Table]) -> dict[str, Table]:
    found = dict(tables)
    defaults = {
        (one.schema, one.table, one.name): one.ddl[0].partition(" SET DEFAULT ")[2]
        for one in snapshot.objects
        if one.kind == "default"
    }
    for row in snapshot.rows:
        if row.source != "view_columns":
            continue
        schema, view = str(row.values.get("schema")), str(row.values.get("view"))
        key = _named(schema, view, "public")
        if key in found:
            columns = (_view_column(given) for given in row.values.get("columns") or ())
            filled = tuple(replace(c, default=defaults.get((schema, view, c.name))) for c in columns)
            found[key] = replace(found[key], columns=filled)
    return found


def _view_column(given: Mapping[str, Any]) -> Column:
    kind = canonical(str(given.get("type")), "postgresql")
    return Column(name=str(given.get("name")), type=kind, nullable=True, collation=given.get("collation"))


def _pass_down(snapshot: Snapshot, tables: dict[str, Table]) -> None:
    """Foreign keys, row triggers and (from 17 on) identities of a partitioned table hold for its partitions, at every
    depth; PostgreSQL keeps them by the same name there."""
    identities = (snapshot.header.version_number or 0) >= 170000
    rowwise = {
        (_named(one.schema, one.table or "", "public"), one.name)
        for one in snapshot.objects
        if one.kind == "trigger" and "FOR EACH ROW" in one.ddl[0]
    }
    children: dict[str, list[str]] = defaultdict(list)
    for name, table in tables.items():
        if table.partition_of is not None:
            children[table.partition_of].append(name)
    waiting = [(name, name) for name, table in tables.items() if table.partition_of is None and name in children]
    while waiting:
        top, above = waiting.pop()
        parent = tables[above]
        triggers = [name for name in parent.triggers if (top, name) in rowwise or (above, name) in rowwise]
        for name in children.get(above, ()):
            table = tables[name]
            identity = {c.name for c in parent.columns if c.identity and identities}
            have = {(key.columns, key.parent, key.parent_columns) for key in table.foreign_keys}
            tables[name] = replace(
                table,
                columns=tuple(replace(c, identity=True) if c.name in identity else c for c in table.columns),
                foreign_keys=(
                    *table.foreign_keys,
                    *(k for k in parent.foreign_keys if (k.columns, k.parent, k.parent_columns) not in have),
                ),
                triggers=tuple(dict.fromkeys((*table.triggers, *triggers))),
            )
            waiting.append((top, name))


def _sized(snapshot: Snapshot, tables: Mapping[str, Table], default: str | None) -> dict[str, Table]:
    relations: dict[str, Relation] = {}
    indexes: dict[str, dict[str, Relation]] = defaultdict(dict)
    for relation in snapshot.relations:
        if relation.table is None:
            relations[_named(relation.schema, relation.name, default)] = relation
        else:
            indexes[_named(relation.schema, relation.table, default)][relation.name] = relation
    invalid = {(one.schema, one.name) for one in snapshot.objects if not one.validated and one.kind == "index"}
    definitions = {(one.schema, one.name): one.ddl[0] for one in snapshot.objects if one.kind == "index"}
    found = {}
    for name, table in tables.items():
        own = relations.get(name)
        schema = table.schema or default
        found[name] = replace(
            table,
            rows=table.rows if own is None else _rows(own),
            bytes=table.bytes if own is None else _bytes(own, snapshot.header.block_size),
            indexes=tuple(
                replace(
                    _index(index, indexes[name].get(index.name), snapshot.header.block_size),
                    valid=index.valid and (schema, index.name) not in invalid,
                    ddl=definitions.get((schema, index.name), index.ddl),
                )
                for index in table.indexes
            ),
        )
    return found


def _rows(relation: Relation) -> int | None:
    """As planners see it: of the last VACUUM or ANALYZE, else what the counters say."""
    if relation.rows is not None:
        return relation.rows
    if relation.tuples > 0 or (relation.tuples == 0 and relation.pages > 0):
        return int(relation.tuples)
    live = relation.counters.get("n_live_tup")
    return int(live) if live else None


def _bytes(relation: Relation, block: int) -> int | None:
    if relation.kind not in ("table", "materialized_view"):
        return None
    return relation.pages * block or None


def _index(index: Index, relation: Relation | None, block: int) -> Index:
    if relation is None:
        return index
    scans = relation.counters.get("idx_scan", 0 if relation.kind == "partitioned_index" else None)
    return replace(
        index,
        method=relation.method or index.method,
        bytes=relation.pages * block,
        scans=scans,
        last_scan=relation.counters.get("last_idx_scan"),
    )
