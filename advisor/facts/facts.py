"""The facts of one run: shapes, query graphs, catalogs and what the log said, as relations in memory.

Pages query the connection; nobody else writes to it once `finish` has run. Names and columns are the public
interface ``facts/1`` (schema.sql, views.sql).
"""

from __future__ import annotations

import gc
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import resources
from typing import Any, Literal

from advisor.facts.catalog_rows import load_catalog
from advisor.graphs import NotAnalysed, QueryGraph, build
from advisor.graphs.canonical import canonical, implied
from advisor.model.catalog import Catalog
from advisor.model.engine import Dialect, EngineName, dialect_of
from advisor.model.shape import ShapeSummary

#: Aspects of a table that a catalog can know.
_TABLE_ASPECTS = ("columns", "keys", "indexes", "sizes", "policies", "statistics")
_IDS = {
    "scope_id": "scope",
    "parent_id": "scope",
    "source_scope_id": "scope",
    "subquery_scope_id": "scope",
    "ref_id": "ref",
    "left_ref": "ref",
    "right_ref": "ref",
    "predicate_id": "predicate",
    "edge_id": "edge",
}
_RELATIONS = {
    "scope": "scopes",
    "table_ref": "table_refs",
    "predicate": "predicates",
    "join_edge": "join_edges",
    "join_component": "join_components",
    "order_key": "order_keys",
    "group_key": "group_keys",
    "projection": "projections",
    "column_use": "column_uses",
    "set_column": "set_columns",
    "ddl_action": "ddl_actions",
}
_TABLE_COLUMNS = ("table_name", "left_table", "right_table")
#: What the digest contributes, loaded as it comes.
LogRelation = Literal[
    "lock_wait", "deadlock", "temp_file", "cancelled", "error", "commit_stream", "connection_stream", "setting"
]


def describe() -> str:
    """The text of facts/1, as `advisor rules --facts` prints it."""
    package = resources.files("advisor.facts")
    return (package / "schema.sql").read_text("utf-8") + "\n" + (package / "views.sql").read_text("utf-8")


@contextmanager
def _without_gc() -> Iterator[None]:
    """sqlglot's trees are many small objects that die together: the cyclic collector only costs time here."""
    enabled = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if enabled:
            gc.enable()


class Facts:
    """Facts in an in-memory SQLite database.

    Use: `add_catalogs`, then `add_shapes` (builds the query graphs), `add_rows` for what the log said, then `finish`.
    """

    version = "facts/1"

    def __init__(self) -> None:
        self.connection = sqlite3.connect(":memory:", check_same_thread=False)
        """Read it; the handbook puts its own authorizer on it."""
        self.graphs: dict[str, QueryGraph] = {}
        """Query graphs by fingerprint."""
        self.not_analysed: dict[str, str] = {}
        """Why a shape has no query graph, by fingerprint."""
        self.catalogs: list[Catalog] = []
        self._engines: dict[str, EngineName] = {}
        self._main: Dialect | None = None
        self._next = {"scope": 0, "ref": 0, "predicate": 0, "edge": 0, "index": 0, "key": 0, "fk": 0}
        self._conditions: dict[tuple[str, int | None], list[str]] = {}
        self._table_engine: dict[str, EngineName] = {}
        self._table_known: dict[str, set[str]] = {}
        self._known: set[tuple[str, str]] = set()
        self._columns: dict[str, list[str]] = {}
        self.connection.create_function("canonical_sql", 2, self._canonical_sql, deterministic=True)
        self.connection.create_function("predicate_implied", 3, self._predicate_implied, deterministic=True)
        self.connection.executescript(describe())

    # ------------------------------------------------------------------ names
    def table_key(self, engine: EngineName, name: str) -> str:
        """The name of a table in the facts: its canonical name; for an engine other than the first, ``mysql:name``."""
        dialect = dialect_of(engine)
        if self._main is None:
            self._main = dialect
        return name if dialect == self._main else f"{dialect}:{name}"

    # ------------------------------------------------------------------ loading
    def add_catalogs(self, catalogs: Iterable[Catalog]) -> None:
        """Tables, columns, keys, indexes. A table that an earlier catalog of the same kind gave is not replaced."""
        for catalog in catalogs:
            self.catalogs.append(catalog)
            for name, known in load_catalog(self, catalog):
                self._table_known[name] = known
                self._table_engine[name] = catalog.engine.name
            self.add_rows("setting", [(key, value) for key, value in catalog.settings.items()])

    def add_shapes(
        self,
        shapes: Sequence[ShapeSummary],
        *,
        window_seconds: float | None = None,
        total_us: int | None = None,
        analyse: Iterable[str] | None = None,
        locations: Mapping[str, tuple[str, int]] | None = None,
    ) -> None:
        """Shapes, with the query graph of each (or of the fingerprints in ``analyse``).

        ``total_us`` is the time of the whole workload when ``shapes`` is a part of it.
        """
        wanted = None if analyse is None else set(analyse)
        whole = total_us if total_us is not None else sum(shape.total_us for shape in shapes)
        with _without_gc():
            for shape in shapes:
                graph = self._graph_of(shape) if wanted is None or shape.fingerprint in wanted else None
                self._add_shape(shape, graph, whole, window_seconds, (locations or {}).get(shape.fingerprint))
                if graph is not None:
                    self._add_graph(shape.fingerprint, graph, shape.engine.name)

    def _graph_of(self, shape: ShapeSummary) -> QueryGraph | None:
        texts = [sample.sql for sample in (shape.typical, shape.slowest) if sample is not None and sample.sql]
        reason = ""
        for text in dict.fromkeys([*texts, shape.sql]):
            try:
                return build(text, shape.engine.name, self.catalogs)
            except NotAnalysed as why:  # a sample may be cut short; the normalised text is whole
                reason = reason or why.reason
        self.not_analysed[shape.fingerprint] = reason
        return None

    def _add_shape(
        self,
        shape: ShapeSummary,
        graph: QueryGraph | None,
        whole: int,
        window: float | None,
        location: tuple[str, int] | None,
    ) -> None:
        sample = shape.typical or shape.slowest
        if location is None and sample is not None and sample.source is not None and sample.line is not None:
            location = (sample.source, sample.line)
        values = {
            "fingerprint": shape.fingerprint,
            "engine": shape.engine.name,
            "version": shape.engine.version,
            "kind": shape.kind,
            "sql": shape.sql,
            "sample": sample.sql if sample is not None else None,
            "analysed": int(graph is not None),
            "calls": shape.calls,
            "total_us": shape.total_us,
            "mean_us": shape.total_us / shape.timed_calls if shape.timed_calls else None,
            "max_us": shape.max_us,
            "p95_us": shape.p95_us,
            "share": shape.total_us / whole if whole else None,
            "seconds_per_hour": shape.total_us / 1e6 / window * 3600 if window else None,
            "rows_sent": shape.rows_sent,
            "rows_examined": shape.rows_examined,
            "rows_affected": shape.rows_affected,
            "lock_us": shape.lock_us,
            "temp_bytes": shape.temp_bytes,
            "errors": shape.errors,
            "cancelled": shape.cancelled,
            "in_count_max": shape.in_count_max,
            "file": location[0] if location else None,
            "line": location[1] if location else None,
        }
        self._insert("shape", [values], "OR REPLACE")
        self._engines[shape.fingerprint] = shape.engine.name
        if graph is not None:
            self._known.add((shape.fingerprint, "text"))
        if shape.rows_examined is not None or shape.rows_sent is not None:
            self._known.add((shape.fingerprint, "rows"))

    def _add_graph(self, fingerprint: str, graph: QueryGraph, engine: EngineName) -> None:
        self.graphs[fingerprint] = graph
        base = dict(self._next)
        for relation, attribute in _RELATIONS.items():
            rows = getattr(graph, attribute)
            if rows:
                self._insert(relation, [self._global(row, relation, fingerprint, base, engine) for row in rows])
        for predicate in graph.predicates:
            if not predicate.under_or and predicate.clause != "having":
                ref = predicate.ref_id + base["ref"] if predicate.ref_id is not None else None
                text = f"NOT ({predicate.sql})" if predicate.operator in ("not_in", "not_like", "not_ilike", "is_not_null") or predicate.negated else predicate.sql
                if text.upper().startswith("NOT (") and " NOT " in predicate.sql.upper():
                    text = predicate.sql
                self._conditions.setdefault((fingerprint, ref), []).append(text)
        self._next["scope"] += len(graph.scopes)
        self._next["ref"] += len(graph.table_refs)
        self._next["predicate"] += len(graph.predicates)
        self._next["edge"] += len(graph.join_edges)

    def _global(
        self, row: Any, relation: str, fingerprint: str, base: Mapping[str, int], engine: EngineName
    ) -> dict[str, Any]:
        values: dict[str, Any] = {"fingerprint": fingerprint}
        for column in self._columns_of(relation):
            if column == "fingerprint":
                continue
            value = getattr(row, column)
            kind = _IDS.get(column)
            if kind is not None and value is not None:
                value += base[kind]
            elif column in _TABLE_COLUMNS and value is not None:
                value = self.table_key(engine, value)
            values[column] = value
        return values

    def add_rows(self, relation: LogRelation, rows: Iterable[Any]) -> None:
        """Rows of a relation that the log fills: tuples in the order of its columns, mappings, or structs."""
        columns = self._columns_of(relation)
        values = []
        for row in rows:
            if isinstance(row, Mapping):
                values.append({column: row.get(column) for column in columns})
            elif isinstance(row, (tuple, list)):
                values.append(dict(zip(columns, row, strict=True)))
            else:
                values.append({column: getattr(row, column, None) for column in columns})
        self._insert(relation, values, "OR IGNORE" if relation == "setting" else "")

    def add_known(self, subject: str, aspects: Iterable[str]) -> None:
        """Says that an aspect of a subject was seen: ``stream`` and ``capture`` come from the digest."""
        self._known.update((subject, aspect) for aspect in aspects)

    def finish(self) -> None:
        """Fills `known` and makes the planner's statistics. Call it once, when all is loaded."""
        for table, aspects in self._table_known.items():
            self._known.update((table, aspect) for aspect in aspects)
        everywhere: set[str] | None = None
        for fingerprint, graph in self.graphs.items():
            engine = self._engines[fingerprint]
            shared: set[str] | None = None
            for name in graph.tables:
                known = self._table_known.get(self.table_key(engine, name), set())
                shared = set(known) if shared is None else shared & known
            if shared is not None:
                self._known.update((fingerprint, aspect) for aspect in shared)
                everywhere = set(shared) if everywhere is None else everywhere & shared
        if everywhere is None and self._table_known:
            everywhere = set.intersection(*self._table_known.values())
        self._known.update(("*", aspect) for aspect in everywhere or ())
        if self.graphs and not self.not_analysed:
            self._known.add(("*", "text"))
        self.connection.executemany("INSERT OR IGNORE INTO known VALUES (?, ?)", sorted(self._known))
        self.connection.execute("ANALYZE")
        self.connection.commit()

    # ------------------------------------------------------------------ plumbing
    def next_id(self, kind: str) -> int:
        """A fresh number for an index, key or foreign key."""
        self._next[kind] += 1
        return self._next[kind]

    def insert(self, relation: str, rows: Sequence[Mapping[str, Any]], conflict: str = "") -> None:
        """Inserts rows given as mappings; absent columns are NULL."""
        self._insert(relation, rows, conflict)

    def _columns_of(self, relation: str) -> list[str]:
        columns = self._columns.get(relation)
        if columns is None:
            columns = [row[1] for row in self.connection.execute(f"PRAGMA table_info({relation})")]
            self._columns[relation] = columns
        return columns

    def _insert(self, relation: str, rows: Sequence[Mapping[str, Any]], conflict: str = "") -> None:
        if not rows:
            return
        columns = self._columns_of(relation)
        marks = ", ".join("?" * len(columns))
        self.connection.executemany(
            f"INSERT {conflict} INTO {relation} VALUES ({marks})",
            [tuple(row.get(column) for column in columns) for row in rows],
        )

    # ------------------------------------------------------------------ SQL functions of the views
    def _engine_of_table(self, table: str | None) -> EngineName:
        engine = self._table_engine.get(table or "")
        if engine is not None:
            return engine
        return next(iter(self._engines.values()), "postgresql")

    def _canonical_sql(self, expression: str | None, table: str | None) -> str | None:
        return None if expression is None else canonical(expression, self._engine_of_table(table))

    def _predicate_implied(self, predicate: str | None, fingerprint: str, ref: int | None) -> int:
        if predicate is None:
            return 1
        conditions = tuple(self._conditions.get((fingerprint, ref), ()))
        if not conditions:
            return 0
        return int(implied(predicate, conditions, self._engines.get(fingerprint, "postgresql")))
