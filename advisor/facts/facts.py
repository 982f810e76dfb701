"""The facts of one run: shapes, query graphs, catalogs and what the log said, as relations in memory.

Pages query the connection; nobody else writes to it once `finish` has run. Names and columns are the public
interface ``facts/1`` (schema.sql, views.sql).
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from importlib import resources
from typing import TYPE_CHECKING, Any, Literal, Protocol

import msgspec

from advisor.facts.catalog_rows import load_catalog
from advisor.facts.redaction import redact_text, redact_tree
from advisor.graphs import NotAnalysed, QueryGraph, build
from advisor.graphs.canonical import canonical, implied
from advisor.graphs.collector import paused
from advisor.model.catalog import Catalog
from advisor.model.engine import Dialect, EngineName, dialect_of
from advisor.model.shape import ShapeSummary

if TYPE_CHECKING:
    from advisor.facts.plan_rows import PlanSeen

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
_TEXTS = ("sql", "value_sql", "expression")
_TABLE_COLUMNS = ("table_name", "left_table", "right_table")
#: What the digest and migrations contribute, loaded as it comes.
LogRelation = Literal[
    "lock_wait",
    "deadlock",
    "temp_file",
    "cancelled",
    "error",
    "commit_stream",
    "connection_stream",
    "setting",
    "chain",
    "cache_replay",
    "cache_curve",
    "replica_share",
    "transaction_stream",
    "transaction_kind",
    "long_transaction",
    "route_cost",
    "route_shape",
    "lock_blocker",
    "deadlock_cycle",
    "lock_order",
    "job",
    "job_collision",
    "concurrency",
    "contention",
    "connection_use",
    "migration_script",
    "migration_statement",
    "migration_change",
    "migration_lock",
    "migration_work",
    "migration_hold",
    "migration_hold_part",
    "migration_use",
    "migration_regression",
    "migration_index",
]


def describe() -> str:
    """The text of facts/1, as `advisor rules --facts` prints it."""
    package = resources.files("advisor.facts")
    return (package / "schema.sql").read_text("utf-8") + "\n" + (package / "views.sql").read_text("utf-8")


class Window(Protocol):
    """What the facts need of the digest's totals."""

    @property
    def total_us(self) -> int:
        """Time of all executions."""

    @property
    def start_us(self) -> int | None:
        """Start of the first event."""

    @property
    def end_us(self) -> int | None:
        """End of the last one."""


class Facts:
    """Facts in an in-memory SQLite database.

    ``Facts(shapes=..., graphs=..., catalogs=..., totals=...)`` is complete. Or piece by piece: ``Facts()``,
    `add_catalogs`, `add_shapes`, `add_rows` for what the log said, `add_known`, then `finish`.

    ``graphs`` maps (engine, fingerprint) to query graphs; without it they are built here. ``log`` gives rows of the
    relations that the log fills, ``known`` what else was seen. With ``literals`` false no text of the facts holds
    values of the input.
    """

    version = "facts/1"

    def __init__(
        self,
        *,
        shapes: Sequence[ShapeSummary] = (),
        graphs: Mapping[tuple[EngineName, str], QueryGraph] | Mapping[tuple[str, str], QueryGraph] | None = None,
        catalogs: Iterable[Catalog] = (),
        totals: Window | None = None,
        literals: bool = True,
        log: Mapping[LogRelation, Iterable[Any]] | None = None,
        known: Iterable[tuple[str, str]] = (),
    ) -> None:
        self.connection = sqlite3.connect(":memory:", check_same_thread=False)
        """Read it; the handbook puts its own authorizer on it."""
        self.graphs: dict[str, QueryGraph] = {}
        """Query graphs by shape."""
        self.not_analysed: dict[str, str] = {}
        """Why a shape has no query graph."""
        self.catalogs: list[Catalog] = []
        self.literals = literals
        self._engines: dict[str, EngineName] = {}
        self._main: Dialect | None = None
        self._next = {"scope": 0, "ref": 0, "predicate": 0, "edge": 0, "index": 0, "key": 0, "fk": 0}
        self._conditions: dict[tuple[str, int | None], list[str]] = {}
        self._table_engine: dict[str, EngineName] = {}
        self._table_known: dict[str, set[str]] = {}
        self._known: set[tuple[str, str]] = set(known)
        self._columns: dict[str, list[str]] = {}
        self.last_node_id = 0
        """Of plan_node: numbers run through all plans."""
        self.partition_of: dict[str, str] = {}
        """The table that a partition belongs to, by names in the facts."""
        self._plans: set[int] = set()
        self._trees: list[tuple[str, Any, dict[int, int]]] = []
        self.connection.create_function("canonical_sql", 2, self._canonical_sql, deterministic=True)
        self.connection.create_function("predicate_implied", 3, self._predicate_implied, deterministic=True)
        self.connection.executescript(describe())
        if shapes or catalogs or log:
            self.add_catalogs(catalogs)
            seconds = None
            if totals is not None and totals.start_us is not None and totals.end_us is not None:
                seconds = (totals.end_us - totals.start_us) / 1e6
            self.add_shapes(
                shapes, window_seconds=seconds, total_us=totals.total_us if totals is not None else None, graphs=graphs
            )
            for relation, rows in (log or {}).items():
                self.add_rows(relation, rows)
            self.finish()

    def trees(self) -> Iterable[tuple[str, Any, Mapping[int, int]]]:
        """Per analysed shape: fingerprint, sqlglot tree, and the scope of each query node by ``id(node)``."""
        return iter(self._trees)

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
            for table in catalog.tables.values():
                if table.partition_of:
                    self.partition_of[self.table_key(catalog.engine.name, table.name)] = self.table_key(
                        catalog.engine.name, table.partition_of
                    )
            self.add_rows("setting", [(key, value) for key, value in catalog.settings.items()])

    def add_shapes(
        self,
        shapes: Sequence[ShapeSummary],
        *,
        window_seconds: float | None = None,
        total_us: int | None = None,
        graphs: Mapping[tuple[EngineName, str], QueryGraph] | Mapping[tuple[str, str], QueryGraph] | None = None,
    ) -> None:
        """Shapes with their query graphs; those of ``graphs`` by (engine, fingerprint), or built here.

        ``total_us`` is the time of the whole workload when ``shapes`` is a part of it.
        """
        whole = total_us if total_us is not None else sum(shape.total_us for shape in shapes)
        with paused():
            for shape in shapes:
                name = self._shape_key(shape)
                graph: QueryGraph | None
                if graphs is None:
                    graph = self._graph_of(shape, name)
                else:
                    graph = graphs.get((shape.engine.name, shape.fingerprint))
                self._add_shape(name, shape, graph, whole, window_seconds)
                if graph is not None:
                    self._add_graph(name, graph, shape.engine.name)

    def _shape_key(self, shape: ShapeSummary) -> str:
        """Its name in the facts, taken from now on."""
        name = self._name_of(shape.fingerprint, shape.engine.name)
        self._engines[name] = shape.engine.name
        return name

    def _name_of(self, fingerprint: str, engine: EngineName) -> str:
        """The fingerprint; where two engines ran one text, the second is ``mysql:fingerprint``."""
        taken = self._engines.get(fingerprint)
        return fingerprint if taken in (None, engine) else f"{engine}:{fingerprint}"

    def _graph_of(self, shape: ShapeSummary, name: str) -> QueryGraph | None:
        samples = [sample for sample in (shape.typical, shape.slowest) if sample is not None and not sample.cut]
        texts = [sample.sql for sample in samples if sample.sql]
        if not texts and not shape.sql:
            return None  # a plan that came without its statement
        reason = ""
        for text in dict.fromkeys([*texts, shape.sql]):
            try:
                return build(text, shape.engine.name, self.catalogs)
            except NotAnalysed as why:  # a sample may be cut short; the normalised text is whole
                reason = reason or why.reason
        self.not_analysed[name] = reason
        return None

    def _add_shape(
        self, name: str, shape: ShapeSummary, graph: QueryGraph | None, whole: int, window: float | None
    ) -> None:
        sample = shape.typical or shape.slowest
        place = shape.slowest or sample
        values = {
            "fingerprint": name,
            "engine": shape.engine.name,
            "version": shape.engine.version,
            "kind": shape.kind,
            "sql": shape.sql,
            "sample": sample.sql if sample is not None and self.literals else None,
            "analysed": int(graph is not None),
            "calls": shape.calls,
            "total_us": shape.total_us,
            "mean_us": shape.total_us / shape.timed_calls if shape.timed_calls else None,
            "max_us": shape.max_us,
            "p95_us": shape.p95_us,
            "share": shape.total_us / whole if whole else None,
            "seconds_per_hour": shape.total_us / 1e6 / window * 3600 if window and shape.timed_calls else None,
            "rows_sent": shape.rows_sent,
            "rows_examined": shape.rows_examined,
            "rows_affected": shape.rows_affected,
            "lock_us": shape.lock_us,
            "temp_bytes": shape.temp_bytes,
            "errors": shape.errors,
            "cancelled": shape.cancelled,
            "in_count_max": shape.in_count_max,
            "file": place.source if place is not None and place.line is not None else None,
            "line": place.line if place is not None else None,
        }
        self._insert("shape", [values], "OR REPLACE")
        if graph is not None:
            self._known.add((name, "text"))
        if shape.rows_examined is not None or shape.rows_sent is not None:
            self._known.add((name, "rows"))

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
                self._conditions.setdefault((fingerprint, ref), []).append(predicate.sql)
        if graph.tree is not None:
            self._trees.append((fingerprint, graph.tree, {n: s + base["scope"] for n, s in graph.node_scopes.items()}))
            if not self.literals:
                redact_tree(graph.tree)
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
        if not self.literals:
            kept = values.get("wrapper_sql")
            for column in _TEXTS:
                if values.get(column) is not None and relation != "ddl_action":
                    values[column] = redact_text(values[column], kept)
        return values

    def add_rows(self, relation: LogRelation, rows: Iterable[Any], engine: EngineName | None = None) -> None:
        """Rows of a relation that the log fills: tuples in the order of its columns, mappings, or structs.

        Where all are of one ``engine``, their statements and tables are named as those of that engine are.
        """
        columns = self._columns_of(relation)
        values = []
        for row in rows:
            if isinstance(row, Mapping):
                values.append({column: row.get(column) for column in columns})
            elif isinstance(row, (tuple, list)):
                values.append(dict(zip(columns, row, strict=True)))
            else:
                values.append({column: getattr(row, column, None) for column in columns})
        if engine is not None:
            self._named(values, engine)
        self._insert(relation, values, "OR IGNORE" if relation == "setting" else "")

    def _named(self, rows: Iterable[dict[str, Any]], engine: EngineName) -> None:
        for row in rows:
            for column, value in row.items():
                if not isinstance(value, str):
                    continue
                if column.endswith("fingerprint") or column in ("nested_in", "sibling_of"):
                    row[column] = self._name_of(value, engine)
                elif column == "table_name" or column.endswith("_table"):
                    row[column] = self.table_key(engine, value)

    def add_plans(
        self, fingerprint: str | None, plans: Sequence[PlanSeen | tuple[Any, ...]], *, query: str | None = None
    ) -> str:
        """Plans of one shape: (plan, duration_us, time_us) each; gives the name that the shape has in the facts.

        ``query`` is the text that the places of findings count in; without it each plan's own. A shape that is not in
        the facts (None: the first plan's own) is added as executed once. Call it after `add_shapes`.
        """
        from advisor.facts.plan_rows import PlanSeen, load_plans, plan_shape

        seen = [each if isinstance(each, PlanSeen) else PlanSeen(*each) for each in plans]
        if not seen:
            return fingerprint or ""
        engine = seen[0].plan.engine.name
        shape = plan_shape(seen[0].plan, query) if fingerprint is None else None
        fingerprint = shape.fingerprint if shape is not None else str(fingerprint)
        name = self._name_of(fingerprint, engine)
        if name not in self._engines:
            shape = msgspec.structs.replace(shape or plan_shape(seen[0].plan, query), fingerprint=fingerprint)
            self.add_shapes([shape], total_us=0)
        load_plans(self, name, seen, query)
        self._known.add((name, "plan"))
        return name

    def next_plan(self, number: int | None) -> int:
        """The number of a plan: the one given where it is free."""
        if number is None or number in self._plans:
            number = max(self._plans, default=-1) + 1
        self._plans.add(number)
        return number

    def next_node(self) -> int:
        """A fresh number for a node of a plan."""
        self.last_node_id += 1
        return self.last_node_id

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
