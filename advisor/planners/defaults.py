"""A snapshot without statistics: a schema file, and what is known of its tables' rows.

What is stated here in place of statistics:

- rows: given by the user, else seen in a plan, else `LIMITS.default_rows`;
- pages from the rows and the width of the types as the planner itself guesses it (`default_sizes`);
- a column with a unique index of its own has as many values as rows, a foreign key as many as so many rows would hit of
  the parent's;
- nothing else: for every other column the planner uses its own defaults (selfuncs.h), as on a table never analysed.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from difflib import get_close_matches

from advisor.catalog.ddl.detect import detect
from advisor.catalog.ddl.file import read_ddl
from advisor.catalog.ddl.lexer import statements
from advisor.model.catalog import Catalog, ForeignKey, Table
from advisor.model.engine import EngineName
from advisor.model.limits import LIMITS
from advisor.model.snapshot import (
    ColumnStatistics,
    Header,
    ObjectKind,
    Relation,
    SchemaObject,
    Setting,
    Snapshot,
    StatisticsRow,
)
from advisor.model.version import product_version
from advisor.planners.ddl_objects import objects_of
from advisor.planners.default_sizes import index_pages, table_pages, width
from advisor.planners.errors import PlannerError
from advisor.planners.growth.distinct import drawn
from advisor.planners.seen_rows import Seen

__all__ = ["snapshot_of_ddl"]

_VERSION = re.compile(r"(\d+)(?:\.(\d+))?")
#: Rows that SQLite takes for one value of the first, second... key of an index without statistics (build.c,
#: sqlite3DefaultRowEst).
_SQLITE_ROWS = (10, 9, 8, 7, 6)


def snapshot_of_ddl(
    text: str,
    source: str,
    engine: EngineName | None = None,
    rows: Mapping[str, int] | None = None,
    seen: Mapping[str, Seen] | None = None,
) -> Snapshot:
    """The snapshot that a schema file and row counts amount to; ``header.statistics`` is ``default``.

    ``rows``: stated by the user, by table; ``seen``: by `seen_rows`. Raises PlannerError for a table that the file does
    not have, and for MySQL, which no planner here plans without its server.
    """
    found = detect(text)
    name = engine or found.name
    if name in ("mysql", "mariadb"):
        raise PlannerError(
            f"{source}: a {'MariaDB' if name == 'mariadb' else 'MySQL'} schema cannot be planned by itself: name the "
            f"running server ({name}://...)"
        )
    catalog = read_ddl(text, source, name)
    known = _Rows(catalog, rows or {}, seen or {}, source)
    if name == "sqlite":
        return _sqlite(text, source, catalog, known)
    return _postgresql(text, source, catalog, known)


class _Rows:
    """Rows of each table of a catalog."""

    def __init__(self, catalog: Catalog, rows: Mapping[str, int], seen: Mapping[str, Seen], source: str) -> None:
        self.catalog = catalog
        self.stated: dict[str, int] = {}
        for name, one in seen.items():
            table = catalog.find(name)
            if table is not None:
                self.stated[table.name] = one.rows
        for name, number in rows.items():
            table = catalog.find(name)
            if table is None:
                near = get_close_matches(name, list(catalog.tables), n=3)
                hint = f"; did you mean {' or '.join(near)}?" if near else ""
                raise PlannerError(f"tables.{name}.rows: {source} has no table {name}{hint}")
            self.stated[table.name] = number
        self.children: dict[str, list[Table]] = {}
        for table in catalog.tables.values():
            if table.partition_of is not None:
                self.children.setdefault(table.partition_of, []).append(table)

    def known(self, table: Table) -> int | None:
        """As stated; of a partition its share of the parent's, of a partitioned table the sum of its partitions."""
        if table.name in self.stated:
            return self.stated[table.name]
        parent = self.catalog.tables.get(table.partition_of) if table.partition_of else None
        if parent is not None and (above := self._from_above(parent)) is not None:
            return round(above / len(self.children[parent.name]))
        below = [self._from_below(child) for child in self.children.get(table.name, ())]
        numbers = [number for number in below if number is not None]
        return sum(numbers) if numbers and len(numbers) == len(below) else None

    def _from_above(self, table: Table) -> int | None:
        if table.name in self.stated:
            return self.stated[table.name]
        parent = self.catalog.tables.get(table.partition_of) if table.partition_of else None
        above = self._from_above(parent) if parent is not None else None
        return None if above is None or parent is None else round(above / len(self.children[parent.name]))

    def _from_below(self, table: Table) -> int | None:
        if table.name in self.stated:
            return self.stated[table.name]
        below = [self._from_below(child) for child in self.children.get(table.name, ())]
        numbers = [number for number in below if number is not None]
        return sum(numbers) if numbers and len(numbers) == len(below) else None

    def of(self, table: Table) -> int:
        """As known, else the default."""
        number = self.known(table)
        if number is not None:
            return number
        if children := self.children.get(table.name):
            return sum(self.of(child) for child in children)
        parent = self.catalog.tables.get(table.partition_of) if table.partition_of else None
        share = len(self.children[parent.name]) if parent is not None else 1
        return max(LIMITS.default_rows // share, 1)


def _header(source: str, catalog: Catalog, missing: Iterable[str]) -> Header:
    number = None
    if catalog.engine.version and (match := _VERSION.match(catalog.engine.version)):
        major, minor = int(match.group(1)), int(match.group(2) or 0)
        number = major * 10_000 + minor
    return Header(
        engine=catalog.engine,
        version_number=number if catalog.engine.name == "postgresql" else None,
        values="none",
        statistics="default",
        origin=source,
        missing=tuple(missing),
        made_by=product_version(),
    )


# ---------------------------------------------------------------------- PostgreSQL
def _postgresql(text: str, source: str, catalog: Catalog, known: _Rows) -> Snapshot:
    made = objects_of(text)
    relations: list[Relation] = []
    columns: list[ColumnStatistics] = []
    for table in catalog.tables.values():
        if table.kind not in ("table", "partition", "partitioned", "materialized_view"):
            continue
        relations += _relations(table, catalog, known)
        columns += _columns(table, catalog, known)
    settings = [Setting(name="search_path", value=made.search_path, source="file")] if made.search_path else []
    return Snapshot(
        header=_header(source, catalog, made.unread),
        settings=settings,
        extensions=made.extensions,
        objects=made.objects,
        relations=relations,
        columns=columns,
    )


def _relations(table: Table, catalog: Catalog, known: _Rows) -> list[Relation]:
    rows, stated = known.of(table), known.known(table)
    schema, bare = _schema(table, catalog), table.name.rpartition(".")[2]
    parted = table.kind == "partitioned"
    pages = 0 if parted else table_pages(table, rows, catalog.types)
    found = [
        Relation(
            schema=schema,
            name=bare,
            kind="partitioned" if parted else "materialized_view" if table.kind == "materialized_view" else "table",
            method=None if parted else "heap",
            pages=pages,
            tuples=float(rows),
            blocks=None if parted else pages,
            rows=stated,
        )
    ]
    columns = {column.name: column for column in table.columns}
    for index in table.indexes:
        size = 0 if parted else index_pages(index, columns, rows, catalog.types)
        found.append(
            Relation(
                schema=schema,
                name=index.name,
                kind="partitioned_index" if parted else "index",
                table=bare,
                method=index.method,
                pages=size,
                tuples=0.0 if parted else float(rows),
                blocks=None if parted else size,
            )
        )
    return found


def _columns(table: Table, catalog: Catalog, known: _Rows) -> list[ColumnStatistics]:
    unique = {
        index.keys[0].column
        for index in table.indexes
        if index.unique and index.where is None and len(index.keys) == 1 and index.keys[0].column
    }
    root = table
    while root.partition_of and root.partition_of in catalog.tables:
        root = catalog.tables[root.partition_of]
    keys = [*table.foreign_keys, *(root.foreign_keys if root is not table else ())]
    found = []
    for column in table.columns:
        distinct = -1.0 if column.name in unique else _referring(column.name, keys, known.of(table), catalog, known)
        if distinct is None:
            continue
        found.append(
            ColumnStatistics(
                schema=_schema(table, catalog),
                table=table.name.rpartition(".")[2],
                column=column.name,
                type=column.type,
                inherited=table.kind == "partitioned",
                avg_width=width(column.type, catalog.types),
                n_distinct=distinct,
            )
        )
    return found


def _referring(column: str, keys: Iterable[ForeignKey], rows: int, catalog: Catalog, known: _Rows) -> float | None:
    for key in keys:
        parent = catalog.tables.get(key.parent)
        if key.columns != (column,) or parent is None or rows <= 0:
            continue
        distinct = drawn(known.of(parent), rows)
        # As ANALYZE writes it: what is more than a tenth of the rows is taken for a share of them.
        return -min(distinct / rows, 1.0) if distinct > 0.1 * rows else max(round(distinct), 1.0)
    return None


def _schema(table: Table, catalog: Catalog) -> str:
    schema, _, _ = table.name.rpartition(".")
    return schema or table.schema or catalog.default_schema or "public"


# ---------------------------------------------------------------------- SQLite
def _sqlite(text: str, source: str, catalog: Catalog, known: _Rows) -> Snapshot:
    objects, unread = [], []
    for statement in statements(text, "sqlite"):
        if statement.note is not None:
            unread.append(f"line {statement.line}: {statement.note}")
            continue
        words = [token.upper for token in statement.tokens]
        if words[0] not in ("CREATE", "ALTER", "DROP"):
            continue
        kinds: dict[str, ObjectKind] = {"TABLE": "table", "INDEX": "index", "VIEW": "view", "TRIGGER": "trigger"}
        kind = next((kinds[word] for word in words[1:4] if word in kinds), None)
        if kind is None:
            continue
        place = next(number for number, word in enumerate(words) if word in kinds)
        place += 4 if words[place + 1 : place + 4] == ["IF", "NOT", "EXISTS"] else 1
        name = statement.tokens[place].text if place < len(words) else ""
        table = None
        if kind in ("index", "trigger") and "ON" in words[place:]:
            after = words.index("ON", place) + 1
            table = statement.tokens[after].text if after < len(words) else None
        objects.append(SchemaObject(kind=kind, name=name, table=table, ddl=(statement.sql,), line=statement.line))
    rows = [row for table in catalog.tables.values() if table.kind == "table" for row in _stat1(table, known)]
    return Snapshot(header=_header(source, catalog, unread), objects=objects, rows=rows)


def _stat1(table: Table, known: _Rows) -> list[StatisticsRow]:
    """sqlite_stat1 of a table whose rows are known; of the others SQLite's own defaults hold (about a million rows)."""
    number = known.known(table)
    if number is None:
        return []
    found = [StatisticsRow(source="sqlite_stat1", values={"tbl": table.name, "idx": None, "stat": str(number)})]
    for index in table.indexes:
        if index.constraint or index.primary or index.where is not None:
            continue  # its name is the engine's own, or its rows are not known
        per = [min(_SQLITE_ROWS[min(at, len(_SQLITE_ROWS) - 1)], max(number, 1)) for at in range(len(index.keys))]
        if index.unique and per:
            per[-1] = 1
        stat = " ".join(map(str, [number, *per]))
        found.append(StatisticsRow(source="sqlite_stat1", values={"tbl": table.name, "idx": index.name, "stat": stat}))
    return found
