"""Which column of which table a name means: through derived tables and CTEs, and within loose expressions."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING, Any

from advisor.graphs.graph import Scope, TableRef
from advisor.model.catalog import Table
from advisor.recommend.candidates.known import Known

if TYPE_CHECKING:
    from advisor.graphs.graph import QueryGraph

_DEEPEST = 8


class Naming:
    """Look-ups in one query graph."""

    def __init__(self, graph: QueryGraph, known: Known) -> None:
        self.graph = graph
        self.known = known
        self.refs: dict[int, TableRef] = {ref.ref_id: ref for ref in graph.table_refs}
        self.scopes: dict[int, Scope] = {scope.scope_id: scope for scope in graph.scopes}

    def table(self, ref_id: int | None) -> Table | None:
        """The table of a reference, where an index can be made on it."""
        ref = self.refs.get(ref_id) if ref_id is not None else None
        return self.known.table(ref.table_name) if ref is not None and ref.kind == "table" else None

    @cached_property
    def _inside(self) -> dict[int, list[TableRef]]:
        inside: dict[int, list[TableRef]] = {}
        for ref in self.graph.table_refs:
            inside.setdefault(ref.scope_id, []).append(ref)
        return inside

    def traced(self, ref_id: int | None, column: str | None) -> tuple[int, str] | None:
        """The base table's reference and column behind a column, through derived tables that a condition can pass: not
        through LIMIT, a window, or an aggregate that the column is no key of. None where there is none."""
        for _ in range(_DEEPEST):
            ref = self.refs.get(ref_id) if ref_id is not None else None
            if ref is None or column is None:
                return None
            if ref.kind == "table":
                return ref.ref_id, column
            scope = self.scopes.get(ref.source_scope_id or 0)
            if scope is None or scope.has_limit or scope.has_window or scope.set_operation or scope.is_distinct:
                return None
            found = self._below(scope, column)
            if found is None:
                return None
            ref_id, column = found
        return None

    def _below(self, scope: Scope, column: str) -> tuple[int, str] | None:
        for item in self.graph.projections:
            if item.scope_id != scope.scope_id or item.kind != "column":
                continue
            if (item.name or "").lower() == column.lower() and item.ref_id is not None and item.column_name:
                grouped = not (scope.has_group or scope.has_aggregate) or any(
                    key.scope_id == scope.scope_id and (key.ref_id, key.column_name) == (item.ref_id, item.column_name)
                    for key in self.graph.group_keys
                )
                return (item.ref_id, item.column_name) if grouped else None
        if not scope.has_star or scope.has_group or scope.has_aggregate:
            return None
        owners = [ref for ref in self._inside.get(scope.scope_id, ()) if self._has(ref, column)]
        return (owners[0].ref_id, column) if len(owners) == 1 else None

    def _has(self, ref: TableRef, column: str) -> bool:
        table = self.known.catalog.tables.get(ref.table_name or "")
        return table is not None and any(own.name == column for own in table.columns)

    def column(self, node: Any, scope_id: int) -> tuple[int, str] | None:
        """What a Column node of sqlglot means in a scope, as reference and column; None where it is no one column."""
        name, qualifier = node.name, node.table
        hits: dict[tuple[int, str], None] = {}
        for use in self.graph.column_uses:
            if use.scope_id == scope_id and use.column_name.lower() == name.lower():
                ref = self.refs[use.ref_id]
                if ref.scope_id == scope_id and (not qualifier or ref.alias.lower() == qualifier.lower()):
                    hits[(use.ref_id, use.column_name)] = None
        return next(iter(hits)) if len(hits) == 1 else None
