"""FROM: tables, joins, derived tables, functions, and the columns that USING and NATURAL merge."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.graphs.graph import JoinEdge, TableRef
from advisor.graphs.names import Cte, Level, Node, Ref, Resolved
from advisor.graphs.nodes import QUERIES
from advisor.graphs.values import unwrap

if TYPE_CHECKING:
    from advisor.graphs.builder import Builder, Output


class Relations:
    """Reads what a statement reads from."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def from_clause(self, node: Node, level: Level, ctes: dict[str, Cte]) -> list[tuple[Node, Ref]]:
        """All relations of a FROM with its joins; gives the ON conditions still to be read."""
        pending: list[tuple[Node, Ref]] = []
        from_ = node.args.get("from_")
        if from_ is not None:
            self.relation(from_.this, level, ctes, None, pending)
        for lateral in node.args.get("laterals") or []:
            self.relation(lateral, level, ctes, "cross", pending)
        self.joins(node, level, ctes, pending)
        return pending

    def joins(
        self, node: Node, level: Level, ctes: dict[str, Cte], pending: list[tuple[Node, Ref]], start: int = 0
    ) -> None:
        """The joins that hang on a node. ``start``: the first reference of the same parenthesised group."""
        for join in node.args.get("joins") or []:
            before = len(level.refs)
            side = (join.args.get("side") or "").upper()
            kind = (join.args.get("kind") or "").upper()
            method = (join.args.get("method") or "").upper()
            on, using = join.args.get("on"), join.args.get("using")
            if side in ("LEFT", "RIGHT", "FULL"):
                join_type = side.lower()
            elif method == "NATURAL":
                join_type = "natural"
            elif kind == "CROSS":
                join_type = "cross" if self.builder.crosses else "comma"
            elif kind in ("SEMI", "ANTI"):
                join_type = kind.lower()
            elif on is None and not using and not kind:
                join_type = "comma"
            else:
                join_type = "inner"
            self.relation(join.this, level, ctes, join_type, pending)
            added = level.refs[before:]
            if not added:
                continue
            if side in ("LEFT", "FULL"):
                for ref in added:
                    ref.row.nullable = True
            if side in ("RIGHT", "FULL"):
                for ref in level.refs[start:before]:
                    ref.row.nullable = True
            added[0].outer_join = side in ("LEFT", "RIGHT", "FULL")
            if on is not None:
                pending.append((on, added[0]))
            elif using:
                for identifier in using:
                    self._merge_column(identifier, level, level.refs[start:before], added[0], join_type)
            elif method == "NATURAL":
                self._natural(level, level.refs[start:before], added[0], join_type)

    def relation(
        self,
        node: Node,
        level: Level,
        ctes: dict[str, Cte],
        join_type: str | None,
        pending: list[tuple[Node, Ref]],
        role: str = "read",
    ) -> None:
        """One item of a FROM."""
        cls = type(node).__name__
        start = len(level.refs)
        if cls == "Table":
            if type(node.this).__name__ not in ("Identifier",):
                self._function_ref(node, node.this if node.this is not None else node, level, ctes, join_type)
            else:
                self._table_ref(node, level, ctes, join_type, role)
            self.joins(node, level, ctes, pending, start)
        elif (
            cls == "Subquery"
            and type(node.this).__name__ in ("Table", "Subquery")
            and not node.args.get("alias")
            and self._is_group(node)
        ):
            self.relation(node.this, level, ctes, join_type, pending, role)
            self.joins(node, level, ctes, pending, start)
        elif cls == "Lateral":
            self._lateral(node, level, ctes, join_type)
            self.joins(node, level, ctes, pending, start)
        elif cls in ("Subquery", "Values") or cls in QUERIES:
            kind = (
                "values" if type(unwrap(node if cls != "Subquery" else node.this)).__name__ == "Values" else "derived"
            )
            output = self.builder.query(node, level.outer, "derived", "from", ctes, level.scope.scope_id)
            self._derived_ref(node, output, level, kind, join_type)
            self.joins(node, level, ctes, pending, start)
        else:
            self._function_ref(node, node, level, ctes, join_type)
            self.joins(node, level, ctes, pending, start)

    def _is_group(self, node: Node) -> bool:
        inner = node.this
        while type(inner).__name__ == "Subquery":
            inner = inner.this
        return type(inner).__name__ == "Table"

    def _new_ref(
        self,
        level: Level,
        alias: str,
        kind: str,
        table_name: str | None,
        join_type: str | None,
        source: int | None,
        role: str = "read",
    ) -> Ref:
        row = TableRef(
            ref_id=len(self.builder.rows.table_refs) + 1,
            scope_id=level.scope.scope_id,
            alias=alias,
            kind=kind,
            table_name=table_name,
            role=role,
            join_type=join_type,
            nullable=False,
            source_scope_id=source,
            position=len(level.refs) + 1,
        )
        self.builder.rows.table_refs.append(row)
        ref = Ref(row)
        level.refs.append(ref)
        return ref

    def _table_ref(self, node: Node, level: Level, ctes: dict[str, Cte], join_type: str | None, role: str) -> Ref:
        alias_node = node.args.get("alias")
        alias = (
            self.builder.names.written(alias_node.this)
            if alias_node is not None and alias_node.this is not None
            else self.builder.names.written(node.this)
        )
        if node.args.get("db") is None:
            cte = ctes.get(self.builder.names.fold(node.this))
            if cte is not None:
                ref = self._new_ref(level, alias, "cte", None, join_type, cte.scope_id, role)
                ref.columns = self._output_columns(cte.columns, alias_node)
                ref.single_row = cte.single_row
                return ref
        name, table = self.builder.names.table(node)
        kind = "view" if table is not None and table.kind in ("view", "materialized_view") else "table"
        ref = self._new_ref(level, alias, kind, name, join_type, None, role)
        ref.table = table
        ref.columns = self.builder.names.columns_of(table)
        return ref

    def target(self, node: Node, level: Level, ctes: dict[str, Cte], join_type: str | None = None) -> Ref:
        """The table that a DML statement changes."""
        return self._table_ref(node, level, {}, join_type, "target")

    def _output_columns(self, columns: list[str] | None, alias: Node | None) -> dict[str, str] | None:
        if alias is not None and alias.columns:
            renamed = [c.name for c in alias.columns]
            columns = renamed + (columns[len(renamed) :] if columns is not None else [])
        return {self.builder.names.fold_text(name): name for name in columns} if columns is not None else None

    def _derived_ref(self, node: Node, output: Output, level: Level, kind: str, join_type: str | None) -> Ref:
        alias_node = node.args.get("alias")
        alias = (
            self.builder.names.written(alias_node.this)
            if alias_node is not None and alias_node.this is not None
            else ""
        )
        ref = self._new_ref(level, alias, kind, None, join_type, output.scope_id)
        ref.columns = self._output_columns(output.columns, alias_node)
        ref.single_row = output.single_row
        return ref

    def _lateral(self, node: Node, level: Level, ctes: dict[str, Cte], join_type: str | None) -> None:
        inner = node.this
        if type(inner).__name__ in ("Subquery", "Select", "Union"):
            visible = list(level.refs)
            output = self.builder.query(inner, level, "lateral", "from", ctes, level.scope.scope_id)
            ref = self._derived_ref(node, output, level, "derived", join_type)
            correlated = tuple(r for r in self.builder.correlations(inner, level) if r in visible or r is None)
            if correlated:
                level.links.append((*correlated, ref))
        else:
            self._function_ref(node, inner, level, ctes, join_type)

    def _function_ref(
        self, node: Node, function: Node, level: Level, ctes: dict[str, Cte], join_type: str | None
    ) -> None:
        self.builder.walk(function, level, "from", ctes)
        used = tuple(
            self.builder.resolved(column).ref
            for column in self.builder.columns_in(function)
            if self.builder.resolved(column).level is level
        )
        alias_node = node.args.get("alias")
        text = self.builder.text(function).partition("(")[0].lower()
        alias = alias_node.this.name if alias_node is not None and alias_node.this is not None else text
        ref = self._new_ref(level, alias, "function", None, join_type, None)
        if alias_node is not None and alias_node.columns:
            ref.columns = {self.builder.names.fold_text(c.name): c.name for c in alias_node.columns}
            offset = node.args.get("offset")
            if offset is not None and type(offset).__name__ == "Identifier":
                ref.columns[self.builder.names.fold_text(offset.name)] = offset.name
        if used:
            level.links.append((*used, ref))

    def _merge_column(self, identifier: Node, level: Level, left: list[Ref], right: Ref, join_type: str) -> None:
        """One column of USING."""
        inner = identifier.this if type(identifier).__name__ == "Column" else identifier
        folded, written = self.builder.names.fold(inner), self.builder.names.written(inner)
        owner = level.merged.get(folded)
        if owner is None:
            known = [ref for ref in left if ref.owns(folded) is not None]
            unknown = [ref for ref in left if ref.columns is None]
            owner = known[0] if known else unknown[0] if len(unknown) == 1 else None
        if owner is None:
            level.links.append((None, right))
            return
        self._using_edge(level, owner, right, folded, written, join_type)
        level.merged[folded] = right if join_type == "right" else owner

    def _natural(self, level: Level, left: list[Ref], right: Ref, join_type: str) -> None:
        level.links.append((None, right))
        if right.columns is None or any(ref.columns is None for ref in left):
            return
        for folded, name in right.columns.items():
            owners = [ref for ref in left if ref.owns(folded) is not None]
            if owners:
                self._using_edge(level, level.merged.get(folded, owners[0]), right, folded, name, join_type)
                level.merged.setdefault(folded, owners[0])

    def _using_edge(self, level: Level, left: Ref, right: Ref, folded: str, written: str, join_type: str) -> None:
        one, two = left.owns(folded) or written, right.owns(folded) or written
        level.links.append((left, right))
        for ref, column in ((left, one), (right, two)):
            self.builder.record(Resolved(ref, column, level), level, "on", ref)
        edges = self.builder.rows.join_edges
        edges.append(
            JoinEdge(
                edge_id=len(edges) + 1,
                scope_id=level.scope.scope_id,
                left_ref=left.row.ref_id,
                right_ref=right.row.ref_id,
                left_table=left.row.table_name,
                left_column=one,
                right_table=right.row.table_name,
                right_column=two,
                operator="=",
                clause="using",
                join_type=join_type,
                left_wrapper=None,
                right_wrapper=None,
                under_or=False,
                sql=f"USING ({written})",
            )
        )
