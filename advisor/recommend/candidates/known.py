"""What is known of tables and columns: the catalog, and the captured statistics where there are any."""

from __future__ import annotations

import re
from functools import lru_cache

from advisor.catalog.types import TypeFacts, facts
from advisor.model.catalog import Catalog, Column, Table
from advisor.model.engine import EngineName
from advisor.model.snapshot import ColumnStatistics, Relation, Snapshot
from advisor.recommend.system import SYSTEM_SCHEMAS

_INDEXABLE = ("table", "partitioned", "partition", "materialized_view")


class Known:
    """Look-ups by canonical table name; None is "not known"."""

    def __init__(self, catalog: Catalog, snapshot: Snapshot | None, engine: EngineName | None = None) -> None:
        self.catalog = catalog
        self.engine: EngineName = engine or catalog.engine.name
        self.version = version_of(catalog.engine.version)
        self._columns: dict[tuple[str, str], ColumnStatistics] = {}
        self._relations: dict[str, Relation] = {}
        self._parts: dict[str, tuple[float, int]] = {}
        """Rows and pages of partitioned tables: of all partitions together."""
        self._extensions: dict[str, str | None] = {}
        self._collate = catalog.settings.get("lc_collate")
        self._types = tuple(sorted(catalog.types.items()))
        self._masked = snapshot is not None and snapshot.header.values != "present"
        if snapshot is not None:
            self._read(snapshot)

    def _read(self, snapshot: Snapshot) -> None:
        for row in snapshot.columns:
            name = (self._canonical(row.schema, row.table), row.column)
            if row.inherited or name not in self._columns:
                self._columns[name] = row
        for relation in snapshot.relations:
            if relation.table is None:
                self._relations[self._canonical(relation.schema, relation.name)] = relation
        for table in self.catalog.tables.values():
            root = self.table(table.name)
            own = self._relations.get(table.name)
            if root is not None and root is not table and own is not None:
                tuples, pages = self._parts.get(root.name, (0.0, 0))
                self._parts[root.name] = (tuples + max(own.tuples, 0.0), pages + (own.blocks or own.pages))
        self._extensions = {extension.name: extension.schema for extension in snapshot.extensions}
        self._collate = snapshot.header.collate or self._collate

    def _canonical(self, schema: str, name: str) -> str:
        return name if schema == self.catalog.default_schema else f"{schema}.{name}"

    # ------------------------------------------------------------------ tables
    def table(self, name: str | None) -> Table | None:
        """The table to index: of a partition the table that it is part of. None: no index can be made there."""
        table = self.catalog.tables.get(name) if name is not None else None
        for _ in range(16):
            parent = self.catalog.tables.get(table.partition_of) if table and table.partition_of else None
            if parent is None:
                break
            table = parent
        if table is None or table.kind not in _INDEXABLE or not table.columns:
            return None
        schema = (table.schema or "").lower()
        if (
            schema in SYSTEM_SCHEMAS
            or schema.startswith(("pg_temp", "pg_toast"))
            or table.name.lower().startswith("sqlite_")
        ):
            return None
        return table

    def rows(self, table: Table) -> float | None:
        """Rows; None also for a table that was never analysed."""
        if self._parts.get(table.name, (0.0, 0))[0] > 0:
            return self._parts[table.name][0]
        relation = self._relations.get(table.name)
        if relation is not None and (relation.tuples > 0 or relation.rows):
            return max(relation.tuples, float(relation.rows or 0))
        return float(table.rows) if table.rows else None

    def pages(self, table: Table) -> int | None:
        """Pages of the heap."""
        if self._parts.get(table.name, (0.0, 0))[1] > 0:
            return self._parts[table.name][1]
        relation = self._relations.get(table.name)
        return (relation.blocks or relation.pages or None) if relation is not None else None

    # ------------------------------------------------------------------ columns
    def type_of(self, column: Column) -> TypeFacts:
        """Its type in one word."""
        return _facts(column.type, self.engine, self._types)

    def statistics(self, table: Table, column: str) -> ColumnStatistics | None:
        """The captured statistics of a column."""
        return self._columns.get((table.name, column))

    def distinct(self, table: Table, column: str) -> float | None:
        """Distinct values, NULL left out."""
        row = self.statistics(table, column)
        if row is None or row.n_distinct == 0:
            return None
        if row.n_distinct > 0:
            return row.n_distinct
        rows = self.rows(table)
        return -row.n_distinct * rows if rows else None

    def share(self, table: Table, column: str, literal: str | None) -> float | None:
        """Share of the rows that an equality keeps: of that literal where it is a common value, else on average."""
        row = self.statistics(table, column)
        distinct = self.distinct(table, column)
        if row is None or not distinct:
            return None
        frequencies = row.most_common_freqs or ()
        value = _bare(literal) if literal is not None else None
        if value is not None and not self._masked and row.most_common_vals is not None and frequencies:
            from advisor.plans.links.constants import array

            values = array(row.most_common_vals)
            if values is not None and len(values) == len(frequencies):
                if value in values:
                    return frequencies[values.index(value)]
                rest = max(distinct - len(values), 1.0)
                return max(1.0 - row.null_frac - sum(frequencies), 0.0) / rest
        return (1.0 - row.null_frac) / max(distinct, 1.0)

    # ------------------------------------------------------------------ the database
    def trigrams(self) -> str | None:
        """The operator class of pg_trgm for GIN, with its schema where needed; None: not known to be installed."""
        if "pg_trgm" in self._extensions:
            schema = self._extensions["pg_trgm"]
            if schema in (None, "public", "pg_catalog", *self.catalog.search_path):
                return "gin_trgm_ops"
            return f"{schema}.gin_trgm_ops" if re.fullmatch(r"[a-z_][a-z0-9_]*", schema or "") else None
        for table in self.catalog.tables.values():
            for index in table.indexes:
                for key in index.keys:
                    if (key.opclass or "").rpartition(".")[2] in ("gin_trgm_ops", "gist_trgm_ops"):
                        return (key.opclass or "").replace("gist_", "gin_")
        return None

    def byte_order(self, column: Column) -> bool:
        """PostgreSQL: the column is known to sort by bytes, so that a plain B-tree serves LIKE 'x%'."""
        collation = (column.collation or "").rpartition(".")[2].strip('"').upper()
        if collation and collation != "DEFAULT":
            return collation in ("C", "POSIX", "UCS_BASIC")
        return (self._collate or "").upper() in ("C", "POSIX")

    def mixes_directions(self) -> bool:
        """Whether an index can hold ``a, b DESC``: MySQL from 8.0, MariaDB from 10.8 (an unknown version: no)."""
        needed = {"mysql": (8, 0), "mariadb": (10, 8)}.get(self.engine)
        return needed is None or (self.version is not None and self.version >= needed)

    def indexes_expressions(self) -> bool:
        """MySQL from 8.0.13; MariaDB would need a generated column."""
        if self.engine == "mysql":
            return self.version is not None and self.version >= (8, 0, 13)
        return self.engine != "mariadb"

    def has_include(self) -> bool:
        """PostgreSQL from 11."""
        return self.engine == "postgresql" and (self.version is None or self.version >= (11,))


def version_of(text: str | None) -> tuple[int, ...] | None:
    """The leading numbers of a version.

    >>> version_of("10.11.6-MariaDB-0+deb12u1"), version_of("15.4 (Debian 15.4-1)"), version_of(None)
    ((10, 11, 6), (15, 4), None)
    """
    match = re.search(r"\d+(?:\.\d+)*", text or "")
    return tuple(int(part) for part in match.group().split(".")) if match else None


def _bare(literal: str) -> str:
    """The value of a SQL literal as an array literal holds it."""
    text = literal.partition("::")[0].strip()
    if text.startswith("'") and text.endswith("'") and len(text) > 1:
        return text[1:-1].replace("''", "'")
    return {"true": "t", "false": "f"}.get(text.lower(), text)


@lru_cache(4096)
def _facts(text: str, engine: EngineName, types: tuple[tuple[str, str], ...]) -> TypeFacts:
    return facts(text, engine, dict(types))
