"""The query graph: what a statement reads, filters, joins, groups, sorts and returns, as typed rows.

Field by field these are the query-graph relations of facts/1 (`advisor rules --facts` explains each column); ids
count from 1 within a statement. None is "not known".
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import networkx as nx


class NotAnalysed(Exception):  # noqa: N818 - a statement that is not analysed is counted, it is no error of ours
    """The statement has no query graph; the message says why. Never to be taken for "nothing found"."""

    @property
    def reason(self) -> str:
        """Why, in one line."""
        return str(self)


@dataclass(slots=True)
class Scope:
    """One SELECT or DML level."""

    scope_id: int
    parent_id: int | None
    kind: str
    clause: str | None
    correlated: bool = False
    is_distinct: bool = False
    limit_value: int | None = None
    has_limit: bool = False
    offset_value: int | None = None
    has_offset: bool = False
    has_order: bool = False
    has_group: bool = False
    has_having: bool = False
    has_aggregate: bool = False
    has_window: bool = False
    has_star: bool = False
    set_operation: str | None = None
    locking: str | None = None
    skip_locked: bool = False
    sql: str = ""
    statement: str = "select"
    modifiers: str | None = None


@dataclass(slots=True)
class TableRef:
    """One mention of a relation."""

    ref_id: int
    scope_id: int
    alias: str
    kind: str
    table_name: str | None
    role: str
    join_type: str | None
    nullable: bool
    source_scope_id: int | None
    position: int
    uses_outside_on: int = 0


@dataclass(slots=True)
class Predicate:
    """One atom of a WHERE, ON or HAVING, seen from one column."""

    predicate_id: int
    scope_id: int
    ref_id: int | None
    table_name: str | None
    column_name: str | None
    clause: str
    operator: str
    op_class: str
    wrapper: str | None
    wrapper_kind: str | None
    wrapper_sql: str | None
    value_kind: str
    value_type: str | None
    value_sql: str | None
    list_length: int | None
    conjunct: int
    under_or: bool
    or_group: int | None
    negated: bool
    null_rejecting: bool | None
    leading_wildcard: bool | None
    implicit_cast: bool | None
    sql: str
    pins_unique_key: bool = False
    or_arm: int | None = None
    value_constant: bool = False
    subquery_scope_id: int | None = None
    restricts: bool = True
    same_row: bool = False
    constant_hash: str | None = None


@dataclass(slots=True)
class JoinEdge:
    """One column-to-column comparison between two references."""

    edge_id: int
    scope_id: int
    left_ref: int
    right_ref: int
    left_table: str | None
    left_column: str | None
    right_table: str | None
    right_column: str | None
    operator: str
    clause: str
    join_type: str | None
    left_wrapper: str | None
    right_wrapper: str | None
    under_or: bool
    sql: str


@dataclass(slots=True)
class JoinComponent:
    """The component of its scope's join graph that a reference belongs to."""

    scope_id: int
    component: int
    ref_id: int
    single_row: bool | None


@dataclass(slots=True)
class OrderKey:
    """One key of an ORDER BY."""

    scope_id: int
    position: int
    ref_id: int | None
    table_name: str | None
    column_name: str | None
    descending: bool
    nulls_first: bool | None
    expression: str


@dataclass(slots=True)
class GroupKey:
    """One key of a GROUP BY."""

    scope_id: int
    position: int
    ref_id: int | None
    table_name: str | None
    column_name: str | None
    expression: str


@dataclass(slots=True)
class Projection:
    """One item of a select list."""

    scope_id: int
    position: int
    ref_id: int | None
    table_name: str | None
    column_name: str | None
    kind: str
    function: str | None
    is_distinct: bool
    name: str | None
    expression: str

    @property
    def constant_hash(self) -> str | None:
        """Tells literals apart where their texts have been taken out; None unless it is a literal, cast or not."""
        if self.kind != "constant" or not re.match(r"(?:CAST\()?(?:'|-?\d)", self.expression):
            return None
        return hashlib.blake2b(self.expression.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()


@dataclass(slots=True)
class ColumnUse:
    """One place where a base table's column is used."""

    scope_id: int
    ref_id: int
    table_name: str
    column_name: str
    clause: str


@dataclass(slots=True)
class SetColumn:
    """One assignment of an UPDATE or upsert."""

    table_name: str
    column_name: str
    expression: str | None
    self_reference: bool


@dataclass(slots=True)
class DdlAction:
    """One thing that a DDL statement does."""

    action: str
    table_name: str | None
    column_name: str | None = None
    object_name: str | None = None
    concurrently: bool = False
    not_valid: bool = False
    is_unique: bool = False
    has_default: bool | None = None
    volatile_default: bool | None = None
    constraint_kind: str | None = None
    new_type: str | None = None
    sql: str = ""


@dataclass(slots=True)
class Rows:
    """All rows of one statement."""

    scopes: list[Scope] = field(default_factory=list)
    table_refs: list[TableRef] = field(default_factory=list)
    predicates: list[Predicate] = field(default_factory=list)
    join_edges: list[JoinEdge] = field(default_factory=list)
    join_components: list[JoinComponent] = field(default_factory=list)
    order_keys: list[OrderKey] = field(default_factory=list)
    group_keys: list[GroupKey] = field(default_factory=list)
    projections: list[Projection] = field(default_factory=list)
    column_uses: list[ColumnUse] = field(default_factory=list)
    set_columns: list[SetColumn] = field(default_factory=list)
    ddl_actions: list[DdlAction] = field(default_factory=list)


class QueryGraph(Rows):
    """The query graph of one statement. ``tables`` are the base tables and views it mentions."""

    kind: str = "other"
    """select, insert, update, delete, merge, ddl, transaction, utility, other."""
    tree: Any = None
    """The sqlglot tree that was read; None for DDL and utility statements."""
    node_scopes: Mapping[int, int] = MappingProxyType({})
    """The scope of each query node of the tree, by ``id(node)``."""

    @property
    def tables(self) -> tuple[str, ...]:
        """Base tables and views, in order of first mention."""
        return tuple(dict.fromkeys(ref.table_name for ref in self.table_refs if ref.table_name is not None))

    @cached_property
    def joins(self) -> nx.MultiGraph[int]:
        """References as nodes (attributes of TableRef), join edges as edges (attributes of JoinEdge)."""
        import networkx as nx

        graph: nx.MultiGraph[int] = nx.MultiGraph()
        for ref in self.table_refs:
            graph.add_node(ref.ref_id, ref=ref, table=ref.table_name, alias=ref.alias, scope=ref.scope_id)
        for edge in self.join_edges:
            graph.add_edge(edge.left_ref, edge.right_ref, key=edge.edge_id, edge=edge, operator=edge.operator)
        return graph
