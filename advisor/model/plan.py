"""One EXPLAIN plan in words that all engines share: what was printed, before anything is computed from it.

Every number is as the engine printed it (PostgreSQL, MySQL TREE and MariaDB print rows and times of one loop,
averaged); what follows from the numbers is `advisor.plans.metrics`. None is "not printed", never zero and never a
guess.
"""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any, Literal

import msgspec

from advisor.model.engine import Engine

if TYPE_CHECKING:
    import networkx as nx

Operator = Literal[
    # reading a relation
    "seq_scan",
    "sample_scan",
    "index_scan",
    "index_only_scan",
    "bitmap_heap_scan",
    "bitmap_index_scan",
    "bitmap_and",
    "bitmap_or",
    "index_merge",  # MySQL: several indexes of one table, intersected or united
    "tid_scan",
    "function_scan",
    "values_scan",
    "cte_scan",
    "work_table_scan",
    "subquery_scan",  # reads a derived table
    "foreign_scan",
    "custom_scan",
    "const",  # one row found before execution: MySQL const and system tables
    # joining
    "nested_loop",
    "hash_join",
    "merge_join",
    "block_nested_loop",  # MySQL and MariaDB with a join buffer
    "hash",  # the build side of a hash join
    # rearranging rows
    "sort",
    "incremental_sort",
    "limit",
    "aggregate",
    "group",
    "window",
    "distinct",
    "set_op",
    "append",
    "merge_append",
    "recursive_union",
    "materialize",
    "memoize",
    "temporary_table",
    "filter",
    "gather",
    "gather_merge",
    "project",  # ProjectSet, rows out of expressions
    "result",
    "lock_rows",
    "modify",  # INSERT, UPDATE, DELETE, MERGE
    "query",  # a SELECT level that only groups what is below it (MySQL query blocks, SQLite compound members)
    "other",
]

#: How a node hangs below its parent. Rows flow along data; the others are evaluated on demand.
Relationship = Literal["root", "outer", "inner", "member", "subquery", "init_plan", "sub_plan", "cte"]

PlanFormat = Literal["text", "json", "yaml", "xml", "tree", "tabular", "eqp"]

#: What a predicate text is evaluated for.
PredicateRole = Literal[
    "filter",
    "index",
    "recheck",
    "join_filter",
    "hash",
    "merge",
    "one_time",
    "having",
    "tid",
    "run",
    "order_by",
    "conflict",
]


class PlanWarning(msgspec.Struct, frozen=True):
    """Something in the text that was not understood, or is missing."""

    line: int
    """Of the input, from 1."""
    text: str
    """In our words, without anything quoted from the input."""
    quote: str | None = None
    """What stood there, where it helps: a report redacts it."""


class WorkerReport(msgspec.Struct, frozen=True, kw_only=True):
    """What one parallel worker did (PostgreSQL, VERBOSE). Its numbers are part of the node's."""

    number: int
    rows: float | None = None
    loops: float | None = None
    time_first_ms: float | None = None
    time_last_ms: float | None = None
    extra: dict[str, Any] = {}


class PlanNode(msgspec.Struct, kw_only=True):
    """One operator."""

    id: str
    """Path from the root by position among the children as printed: ``0``, ``0.0``, ``0.1.0``."""
    parent: str | None
    relationship: Relationship = "outer"
    subplan_name: str | None = None
    """``InitPlan 1``, ``CTE recent``, ``SubPlan 2``; MySQL: ``Select #2``."""
    operator: Operator
    raw_operator: str
    """As printed: ``Parallel Index Only Scan``, ``Finalize GroupAggregate``, ``ref``, ``SCAN``."""
    strategy: Literal["plain", "sorted", "hashed", "mixed"] | None = None
    partial_mode: Literal["partial", "finalize"] | None = None
    parallel: bool = False
    """Parallel-aware: its workers share one pass."""
    backward: bool = False
    access: str | None = None
    """MySQL and MariaDB: the access type (ALL, index, range, ref, eq_ref, const...); SQLite: SCAN or SEARCH."""
    covering: bool = False
    """The index alone answers (Index Only Scan, Using index, COVERING INDEX)."""
    schema: str | None = None
    relation: str | None = None
    alias: str | None = None
    """The relation's name where no other was printed."""
    index: str | None = None
    index_columns: tuple[str, ...] = ()
    """Key parts used, where the engine names them (MySQL used_key_parts, SQLite)."""
    possible_indexes: tuple[str, ...] | None = None
    cte: str | None = None
    """The CTE that a cte_scan reads; the work table's for work_table_scan."""
    function: str | None = None
    join_type: Literal["inner", "left", "right", "full", "semi", "anti", "right_semi", "right_anti"] | None = None
    inner_unique: bool | None = None
    operation: str | None = None
    """Of modify: insert, update, delete, merge; of set_op: intersect, except, union..."""
    predicates: dict[PredicateRole, str] = {}
    sort_keys: tuple[str, ...] = ()
    """As printed, with DESC, COLLATE, NULLS FIRST."""
    presorted_keys: tuple[str, ...] = ()
    group_keys: tuple[str, ...] = ()
    output: tuple[str, ...] = ()
    rows_estimated: float | None = None
    width: float | None = None
    cost_startup: float | None = None
    cost_total: float | None = None
    filtered_estimated: float | None = None
    """MySQL: share (0..1) of the examined rows expected to pass the condition; ``rows_estimated`` is before it."""
    rows_actual: float | None = None
    """Of one loop, as printed (rounded there, but for PostgreSQL 18's two decimals)."""
    filtered_actual: float | None = None
    """MariaDB ANALYZE, as ``filtered_estimated``."""
    loops: float | None = None
    time_first_ms: float | None = None
    """Of one loop: until its first row."""
    time_last_ms: float | None = None
    """Of one loop: until its last row."""
    time_scope: Literal["loop", "all"] = "loop"
    """``all``: the times are sums over all loops (MariaDB r_total_time_ms), ``loop``: averages of one."""
    time_self_only: bool = False
    """The times leave out the children (MariaDB r_table_time_ms)."""
    never_executed: bool = False
    removed: dict[Literal["filter", "join_filter", "recheck", "conflict"], float] = {}
    """Rows removed per loop, as printed."""
    buffers: dict[str, int] = {}
    """Blocks, children included: shared_hit, shared_read, shared_dirtied, shared_written, local_*, temp_read,
    temp_written. Zeros are left out; whether buffers were counted is Plan.options["buffers"]."""
    io_ms: dict[str, float] = {}
    """shared_read, shared_write, local_read, local_write, temp_read, temp_write; children included."""
    wal: dict[str, int] = {}
    """records, fpi, bytes, buffers_full; children included."""
    sort_method: str | None = None
    memory_kb: float | None = None
    disk_kb: float | None = None
    batches: int | None = None
    """Of a hash or hash aggregate; more than one: it did not fit into memory."""
    batches_planned: int | None = None
    heap_fetches: float | None = None
    index_searches: float | None = None
    exact_blocks: int | None = None
    lossy_blocks: int | None = None
    cache: dict[Literal["hits", "misses", "evictions", "overflows"], float] = {}
    """Of memoize."""
    workers_planned: int | None = None
    workers_launched: int | None = None
    workers: tuple[WorkerReport, ...] = ()
    subplans_removed: int | None = None
    """Partitions pruned at run time."""
    disabled: bool = False
    """Chosen although an enable_* setting forbids it: costs of older versions then hold a penalty of 1e10."""
    limit_offset: tuple[float | None, float | None] = (None, None)
    """MySQL prints limit and offset; PostgreSQL does not."""
    extra: dict[str, Any] = {}
    """Everything else that was printed, under the engine's own names."""
    line: int | None = None
    """Of the input, from 1."""


class TriggerReport(msgspec.Struct, frozen=True, kw_only=True):
    """Time spent in one trigger."""

    name: str | None
    constraint: str | None = None
    relation: str | None = None
    time_ms: float | None = None
    calls: float | None = None


class JitReport(msgspec.Struct, frozen=True, kw_only=True):
    """Just-in-time compilation."""

    functions: int | None = None
    options: dict[str, bool] = {}
    timing_ms: dict[str, float] = {}
    """generation, inlining, optimization, emission, total..."""


class Plan(msgspec.Struct, kw_only=True, dict=True):
    """A plan as read. ``nodes`` are in the order printed, the root first: a parent stands before its children."""

    engine: Engine
    format: PlanFormat
    nodes: list[PlanNode]
    analyzed: bool = False
    """It was executed: actual rows are known."""
    timed: bool = False
    """... and times of nodes too (TIMING ON)."""
    options: dict[str, bool] = {}
    """What the text shows to have been asked for: costs, verbose, buffers, wal, settings..."""
    query: str | None = None
    """The statement, where the text tells (auto_explain's Query Text, or the EXPLAIN above the plan)."""
    query_parameters: str | None = None
    query_id: str | None = None
    planning_ms: float | None = None
    execution_ms: float | None = None
    """Of the statement: triggers included, planning not. None where it was not printed."""
    planning_buffers: dict[str, int] = {}
    planning_io_ms: dict[str, float] = {}
    settings: dict[str, str] = {}
    triggers: list[TriggerReport] = []
    jit: JitReport | None = None
    serialization_ms: float | None = None
    serialization_bytes: int | None = None
    extra: dict[str, Any] = {}
    """What else was printed of the whole plan, under the engine's own names."""
    warnings: list[PlanWarning] = []
    source: str | None = None
    """File that it was read from."""
    line: int | None = None
    document: Any = None
    """What the reader saw, in the engine's own words: `advisor.plans.render` prints it back."""

    @property
    def root(self) -> PlanNode:
        """The node that gives the result."""
        return self.nodes[0]

    @cached_property
    def by_id(self) -> dict[str, PlanNode]:
        """Nodes by id."""
        return {node.id: node for node in self.nodes}

    @cached_property
    def children(self) -> dict[str, list[PlanNode]]:
        """Children of each node, in the order printed."""
        below: dict[str, list[PlanNode]] = {node.id: [] for node in self.nodes}
        for node in self.nodes:
            if node.parent is not None:
                below[node.parent].append(node)
        return below

    @cached_property
    def graph(self) -> nx.DiGraph[str]:
        """Edges run as rows do, from child to parent, with ``kind`` = relationship; a CTE also feeds each of its scans
        (``kind`` = "cte"), and an InitPlan stays below the node that declares it. Node attribute ``node``: PlanNode."""
        import networkx as nx

        graph: nx.DiGraph[str] = nx.DiGraph()
        for node in self.nodes:
            graph.add_node(node.id, node=node)
            if node.parent is not None:
                graph.add_edge(node.id, node.parent, kind=node.relationship)
        for node in self.nodes:
            definition = self._definition(node)
            if definition is not None:
                graph.add_edge(definition, node.id, kind="cte")
        return graph

    def _definition(self, node: PlanNode) -> str | None:
        """The CTE that a cte_scan reads: of that name, declared by the nearest node above."""
        if node.operator != "cte_scan" or node.cte is None:
            return None
        above = node.parent
        while above is not None:
            for child in self.children[above]:
                if child.relationship == "cte" and (child.subplan_name or "").removeprefix("CTE ") == node.cte:
                    return child.id
            above = self.by_id[above].parent
        return None
