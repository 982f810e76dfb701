"""Builds the query graph of one statement: walks its levels, resolves its names, records its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.catalog.types import TypeFacts, facts
from advisor.graphs.atoms import Conditions
from advisor.graphs.graph import (
    ColumnUse,
    GroupKey,
    JoinEdge,
    OrderKey,
    Projection,
    QueryGraph,
    Scope,
    SetColumn,
    TableRef,
)
from advisor.graphs.joins import finish
from advisor.graphs.names import Cte, Level, Names, Node, Ref, Resolved
from advisor.graphs.parse import dialect
from advisor.graphs.values import unwrap
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName

_QUERIES = frozenset({"Select", "Union", "Intersect", "Except", "Values"})
_DML = frozenset({"Insert", "Update", "Delete", "Merge"})
_AGGREGATES = frozenset(
    """
    json_agg jsonb_agg json_object_agg jsonb_object_agg xmlagg range_agg bit_xor json_arrayagg json_objectagg
    total every mode percentile_cont percentile_disc string_agg array_agg bool_and bool_or
    """.split()  # noqa: SIM905
)


class Output:
    """What a query level offers to the level above."""

    def __init__(self, scope_id: int, columns: list[str] | None, single_row: bool | None) -> None:
        self.scope_id = scope_id
        self.columns = columns
        self.single_row = single_row


class Builder:
    """One statement. ``rows`` is the graph being made."""

    def __init__(self, engine: EngineName, catalogs: Sequence[Catalog]) -> None:
        self.engine = engine
        self.dialect = dialect(engine)
        self.names = Names(engine, list(catalogs))
        self.rows = QueryGraph()
        self.conditions = Conditions(self)
        self.catalogs = catalogs
        self._resolved: dict[int, Resolved] = {}
        self._columns: dict[int, list[Node]] = {}
        self.node_scopes: dict[int, int] = {}
        self._outer_refs: dict[int, list[tuple[Level, Ref | None]]] = {}
        self._types: dict[tuple[int, str], TypeFacts | None] = {}
        self._texts: dict[int, str] = {}
        self._generator = _generator(self.dialect)

    # ------------------------------------------------------------------ statements
    def statement(self, tree: Node) -> None:
        """Reads a whole statement."""
        self.any_statement(tree, None, "root", None, {}, None)

    def any_statement(
        self,
        tree: Node,
        outer: Level | None,
        kind: str,
        clause: str | None,
        ctes: dict[str, Cte],
        parent_id: int | None,
    ) -> Output:
        """A query or a data-modifying statement (which PostgreSQL allows in WITH)."""
        cls = type(tree).__name__
        if cls in _DML:
            from advisor.graphs import dml

            read = {"Insert": dml.insert, "Update": dml.update, "Delete": dml.delete, "Merge": dml.merge}[cls]
            return read(self, tree, self.open(tree, outer, kind, clause, parent_id, cls.lower()), ctes)
        return self.query(tree, outer, kind, clause, ctes, parent_id)

    def open(
        self, node: Node, outer: Level | None, kind: str, clause: str | None, parent_id: int | None, statement: str
    ) -> Level:
        """A new scope."""
        scope = Scope(
            scope_id=len(self.rows.scopes) + 1,
            parent_id=parent_id,
            kind=kind,
            clause=clause,
            sql=self.text(node),
            statement=statement,
        )
        self.rows.scopes.append(scope)
        self.node_scopes[id(node)] = scope.scope_id
        return Level(scope, outer)

    def query(
        self,
        node: Node,
        outer: Level | None,
        kind: str,
        clause: str | None,
        ctes: dict[str, Cte],
        parent_id: int | None,
    ) -> Output:
        """A SELECT, set operation, VALUES, or any of them in parentheses."""
        original, wrappers = node, []
        while type(node).__name__ in ("Subquery", "Paren"):
            wrappers.append(node)
            inner = node.this
            if type(inner).__name__ == "Table":  # SELECT * FROM (a JOIN b) without a SELECT of its own
                break
            node = inner
        cls = type(node).__name__
        level = self.open(node, outer, kind, clause, parent_id, "select")
        self.node_scopes[id(original)] = level.scope.scope_id
        for wrapper in wrappers:
            self.node_scopes[id(wrapper)] = level.scope.scope_id
        ctes = self.with_clause(node, level, ctes)
        for wrapper in wrappers:
            ctes = self.with_clause(wrapper, level, ctes)
        if cls == "Select":
            columns = self._select(node, level, ctes)
        elif cls in ("Union", "Intersect", "Except"):
            columns = self._set_operation(node, level, ctes)
        elif cls == "Values":
            for row in node.expressions:
                self.walk(row, level, "values", ctes)
            alias = node.args.get("alias")
            columns = [c.name for c in alias.columns] if alias is not None and alias.columns else None
            if columns is None and node.expressions:
                columns = [f"column{i}" for i in range(1, 1 + len(getattr(node.expressions[0], "expressions", [])))]
        else:
            self.walk(node, level, "select", ctes)
            columns = None
        for wrapper in wrappers:
            self._modifiers(wrapper, level, ctes)
        single = finish(self, level)
        if cls in ("Union", "Intersect", "Except") and not self._limited_to_one(level):
            single = False
        if cls == "Values":
            single = len(node.expressions) == 1
        return Output(level.scope.scope_id, columns, single)

    def _limited_to_one(self, level: Level) -> bool:
        return level.scope.limit_value is not None and level.scope.limit_value <= 1

    def with_clause(self, node: Node, level: Level, ctes: dict[str, Cte]) -> dict[str, Cte]:
        """The common table expressions that a node defines, added to those in reach."""
        with_ = node.args.get("with_")
        if with_ is None:
            return ctes
        reach = dict(ctes)
        for cte in with_.expressions:
            alias = cte.args.get("alias")
            if alias is None:
                continue
            name = self.names.fold(alias.this)
            declared = [self.names.written(c) for c in alias.columns] if alias.columns else None
            inner_reach = dict(reach)
            if with_.args.get("recursive") and type(unwrap(cte.this)).__name__ in ("Union",):
                inner_reach[name] = Cte(len(self.rows.scopes) + 1, declared or self._named(cte.this), None)
            # A CTE sees what surrounds the statement, never the tables beside it.
            output = self.any_statement(cte.this, level.outer, "cte", "from", inner_reach, level.scope.scope_id)
            reach[name] = Cte(output.scope_id, declared or output.columns, output.single_row)
        return reach

    def _named(self, query: Node) -> list[str] | None:
        names = list(getattr(query, "named_selects", []) or [])
        return None if not names or "*" in names else names

    # ------------------------------------------------------------------ SELECT
    def _select(self, node: Node, level: Level, ctes: dict[str, Cte]) -> list[str] | None:
        scope = level.scope
        distinct = node.args.get("distinct")
        scope.is_distinct = distinct is not None
        scope.modifiers = _modifier_words(node)
        on_conditions = self.from_clause(node, level, ctes)
        for item in node.expressions:
            if type(item).__name__ == "Alias":
                level.outputs[self.names.fold(item.args["alias"])] = item.this
        self.on_clauses(on_conditions, level, ctes)
        columns = self.projections(node.expressions, level, ctes, "select")
        if distinct is not None and distinct.args.get("on") is not None:
            self.walk(distinct.args["on"], level, "order", ctes)
        self.where(node, level, ctes)
        self._group(node, level, ctes)
        having = node.args.get("having")
        if having is not None:
            scope.has_having = True
            self.walk(having.this, level, "having", ctes)
            self.conditions.read(having.this, level, "having", None)
        qualify = node.args.get("qualify")
        if qualify is not None:
            self.walk(qualify.this, level, "having", ctes)
        for window in node.args.get("windows") or []:
            scope.has_window = True
            self.walk(window, level, "window", ctes)
        self._modifiers(node, level, ctes)
        return columns

    def where(self, node: Node, level: Level, ctes: dict[str, Cte]) -> None:
        """The WHERE of any statement."""
        where = node.args.get("where")
        if where is not None:
            self.walk(where.this, level, "where", ctes)
            self.conditions.read(where.this, level, "where", None)

    def on_clauses(self, pending: list[tuple[Node, Ref]], level: Level, ctes: dict[str, Cte]) -> None:
        """The ON conditions, read when every reference is known."""
        for condition, ref in pending:
            self.walk(condition, level, "on", ctes, ref)
            self.conditions.read(condition, level, "on", ref)

    def projections(self, items: list[Node], level: Level, ctes: dict[str, Cte], clause: str) -> list[str] | None:
        """The select list or RETURNING; gives its column names, None when a star hides them."""
        names: list[str] | None = []
        for position, item in enumerate(items, 1):
            inner = item.this if type(item).__name__ == "Alias" else item
            before = (level.scope.has_aggregate, level.scope.has_window)
            level.scope.has_aggregate = level.scope.has_window = False
            self.walk(inner, level, clause, ctes)
            row = self._projection(item, inner, level, position)
            level.scope.has_aggregate |= before[0]
            level.scope.has_window |= before[1]
            self.rows.projections.append(row)
            if row.kind == "star":
                level.scope.has_star = True
                expanded = self._star_columns(inner, level)
                names = None if names is None or expanded is None else names + expanded
            elif names is not None:
                names.append(row.name or f"?column{position}?")
        return names

    def _star_columns(self, node: Node, level: Level) -> list[str] | None:
        names: list[str] = []
        for ref in self._starred(node, level):
            if ref.columns is None:
                return None
            names.extend(ref.columns.values())
        return names

    def _starred(self, node: Node, level: Level) -> list[Ref]:
        if type(node).__name__ == "Column":
            qualifier = node.args.get("table")
            alias = self.names.fold(qualifier) if qualifier is not None else None
            here: Level | None = level
            while here is not None:
                hits = [ref for ref in here.refs if self.names.fold_text(ref.row.alias) == alias]
                if hits:
                    return hits
                here = here.outer
            return []
        return level.refs

    def _projection(self, item: Node, inner: Node, level: Level, position: int) -> Projection:
        bare = unwrap(inner)
        cls = type(bare).__name__
        text = self.text(inner)
        name: str | None = item.args["alias"].name if type(item).__name__ == "Alias" else None
        function, column, distinct, kind = None, None, False, "expression"
        columns = self.columns_in(bare)
        if cls == "Star" or (cls == "Column" and type(bare.this).__name__ == "Star"):
            kind = "star"
        elif cls == "Column":
            kind, column = "column", bare
            name = name or self.names.written(bare.this)
        elif level.scope.has_window:
            kind, function = "window", self._function(bare, window=True)
        elif level.scope.has_aggregate:
            kind = "aggregate"
            aggregate = self._first_aggregate(bare)
            function = self._function(aggregate)
            argument: Node = aggregate.this
            argument = unwrap(argument) if type(argument).__name__ not in ("str", "NoneType") else None
            if type(argument).__name__ == "Distinct":
                distinct = True
                argument = unwrap(argument.expressions[0]) if len(argument.expressions) == 1 else None
            if type(argument).__name__ == "Column":
                column = argument
        elif cls in ("Subquery", "Exists") or cls in _QUERIES:
            kind = "subquery"
        elif not columns and not self._outer_refs.get(id(bare)):
            kind = "constant" if not any(True for _ in bare.find_all(_exp().Query)) else "expression"
        found = self.resolved(column) if column is not None and id(column) in self._resolved else None
        ref = found.ref if found else None
        if name is None and kind in ("aggregate", "window", "expression"):
            name = function or (item.output_name or None)
        return Projection(
            scope_id=level.scope.scope_id,
            position=position,
            ref_id=ref.row.ref_id if ref else None,
            table_name=ref.row.table_name if ref else None,
            column_name=found.column if found else None,
            kind=kind,
            function=function,
            is_distinct=distinct,
            name=name,
            expression=text,
        )

    def _first_aggregate(self, node: Node) -> Node:
        for candidate in node.walk():
            if self._is_aggregate(candidate):
                return candidate
        return node

    def _function(self, node: Node, window: bool = False) -> str:
        if window:
            found = node.find(_exp().Window)
            node = found.this if found is not None else node
        text: str = self.text(node)
        return text.partition("(")[0].strip().lower()

    def _is_aggregate(self, node: Node) -> bool:
        exp = _exp()
        if isinstance(node, exp.AggFunc):
            return not isinstance(node, (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue))
        return type(node).__name__ == "Anonymous" and str(node.this).lower() in _AGGREGATES

    # ------------------------------------------------------------------ FROM
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
                join_type = "cross"
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
        elif cls in ("Subquery", "Values") or cls in _QUERIES:
            kind = (
                "values" if type(unwrap(node if cls != "Subquery" else node.this)).__name__ == "Values" else "derived"
            )
            output = self.query(node, level.outer, "derived", "from", ctes, level.scope.scope_id)
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
            ref_id=len(self.rows.table_refs) + 1,
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
        self.rows.table_refs.append(row)
        ref = Ref(row)
        level.refs.append(ref)
        return ref

    def _table_ref(self, node: Node, level: Level, ctes: dict[str, Cte], join_type: str | None, role: str) -> Ref:
        alias_node = node.args.get("alias")
        alias = (
            self.names.written(alias_node.this)
            if alias_node is not None and alias_node.this is not None
            else self.names.written(node.this)
        )
        if node.args.get("db") is None:
            cte = ctes.get(self.names.fold(node.this))
            if cte is not None:
                ref = self._new_ref(level, alias, "cte", None, join_type, cte.scope_id, role)
                ref.columns = self._output_columns(cte.columns, alias_node)
                ref.single_row = cte.single_row
                return ref
        name, table = self.names.table(node)
        kind = "view" if table is not None and table.kind in ("view", "materialized_view") else "table"
        ref = self._new_ref(level, alias, kind, name, join_type, None, role)
        ref.table = table
        ref.columns = self.names.columns_of(table)
        return ref

    def target(self, node: Node, level: Level, ctes: dict[str, Cte], join_type: str | None = None) -> Ref:
        """The table that a DML statement changes."""
        return self._table_ref(node, level, {}, join_type, "target")

    def _output_columns(self, columns: list[str] | None, alias: Node | None) -> dict[str, str] | None:
        if alias is not None and alias.columns:
            renamed = [c.name for c in alias.columns]
            columns = renamed + (columns[len(renamed) :] if columns is not None else [])
        return {self.names.fold_text(name): name for name in columns} if columns is not None else None

    def _derived_ref(self, node: Node, output: Output, level: Level, kind: str, join_type: str | None) -> Ref:
        alias_node = node.args.get("alias")
        alias = self.names.written(alias_node.this) if alias_node is not None and alias_node.this is not None else ""
        ref = self._new_ref(level, alias, kind, None, join_type, output.scope_id)
        ref.columns = self._output_columns(output.columns, alias_node)
        ref.single_row = output.single_row
        return ref

    def _lateral(self, node: Node, level: Level, ctes: dict[str, Cte], join_type: str | None) -> None:
        inner = node.this
        if type(inner).__name__ in ("Subquery", "Select", "Union"):
            visible = list(level.refs)
            output = self.query(inner, level, "lateral", "from", ctes, level.scope.scope_id)
            ref = self._derived_ref(node, output, level, "derived", join_type)
            correlated = tuple(r for r in self.correlations(inner, level) if r in visible or r is None)
            if correlated:
                level.links.append((*correlated, ref))
        else:
            self._function_ref(node, inner, level, ctes, join_type)

    def _function_ref(
        self, node: Node, function: Node, level: Level, ctes: dict[str, Cte], join_type: str | None
    ) -> None:
        self.walk(function, level, "from", ctes)
        used = tuple(
            self.resolved(column).ref for column in self.columns_in(function) if self.resolved(column).level is level
        )
        alias_node = node.args.get("alias")
        text = self.text(function).partition("(")[0].lower()
        alias = alias_node.this.name if alias_node is not None and alias_node.this is not None else text
        ref = self._new_ref(level, alias, "function", None, join_type, None)
        if alias_node is not None and alias_node.columns:
            ref.columns = {self.names.fold_text(c.name): c.name for c in alias_node.columns}
            offset = node.args.get("offset")
            if offset is not None and type(offset).__name__ == "Identifier":
                ref.columns[self.names.fold_text(offset.name)] = offset.name
        if used:
            level.links.append((*used, ref))

    def _merge_column(self, identifier: Node, level: Level, left: list[Ref], right: Ref, join_type: str) -> None:
        """One column of USING."""
        inner = identifier.this if type(identifier).__name__ == "Column" else identifier
        folded, written = self.names.fold(inner), self.names.written(inner)
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
            self._record(Resolved(ref, column, level), level, "on", ref)
        edges = self.rows.join_edges
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

    # ------------------------------------------------------------------ GROUP, ORDER, LIMIT
    def _group(self, node: Node, level: Level, ctes: dict[str, Cte]) -> None:
        group = node.args.get("group")
        if group is None:
            return
        level.scope.has_group = True
        keys = list(group.expressions)
        for name in ("rollup", "cube", "grouping_sets"):
            for part in group.args.get(name) or []:
                keys.extend(part.expressions)
        for position, key in enumerate(keys, 1):
            expression = self._aliased(key, level, node, prefer_input=True)
            self.walk(expression, level, "group", ctes)
            column = unwrap(expression)
            found = self._resolved.get(id(column)) if type(column).__name__ == "Column" else None
            ref = found.ref if found else None
            self.rows.group_keys.append(
                GroupKey(
                    level.scope.scope_id,
                    position,
                    ref.row.ref_id if ref else None,
                    ref.row.table_name if ref else None,
                    found.column if found else None,
                    self.text(expression),
                )
            )

    def _aliased(self, key: Node, level: Level, select: Node, prefer_input: bool) -> Node:
        """What a key of GROUP BY or ORDER BY stands for: a position, an alias, or itself."""
        bare = unwrap(key)
        cls = type(bare).__name__
        items = getattr(select, "expressions", []) if type(select).__name__ == "Select" else []
        if cls == "Literal" and not bare.is_string and bare.name.isdigit() and 0 < int(bare.name) <= len(items):
            item = items[int(bare.name) - 1]
            return item.this if type(item).__name__ == "Alias" else item
        if cls == "Column" and bare.args.get("table") is None and type(bare.this).__name__ == "Identifier":
            folded = self.names.fold(bare.this)
            if folded in level.outputs:
                owned = any(ref.owns(folded) is not None for ref in level.refs)
                if not (prefer_input and owned):
                    return level.outputs[folded]
        return key

    def _modifiers(self, node: Node, level: Level, ctes: dict[str, Cte]) -> None:
        """ORDER BY, LIMIT, OFFSET and locking of any query or DML node."""
        scope = level.scope
        order = node.args.get("order")
        if order is not None:
            self.order(order, level, ctes, node)
        limit, offset = node.args.get("limit"), node.args.get("offset")
        if limit is not None:
            value = limit.args.get("expression") if type(limit).__name__ == "Limit" else limit.args.get("count")
            all_rows = type(value).__name__ in ("Var", "Null") or (
                type(value).__name__ == "Column" and value.name.upper() == "ALL"
            )
            if not all_rows:
                scope.has_limit = True
                scope.limit_value = 1 if value is None else _integer(value)
            if type(limit).__name__ == "Limit" and limit.args.get("offset") is not None:
                scope.has_offset = True
                scope.offset_value = _integer(limit.args["offset"])
            if value is not None and not all_rows:
                self.walk(value, level, "limit", ctes)
        if offset is not None:
            scope.has_offset = True
            scope.offset_value = _integer(offset.args.get("expression"))
        for lock in node.args.get("locks") or []:
            scope.locking = "for_update" if lock.args.get("update") else "for_share"
            if lock.args.get("wait") is False:
                scope.skip_locked = True

    def order(self, order: Node, level: Level, ctes: dict[str, Cte], select: Node) -> None:
        """An ORDER BY."""
        level.scope.has_order = True
        start = sum(1 for key in self.rows.order_keys if key.scope_id == level.scope.scope_id)
        for position, item in enumerate(order.expressions, start + 1):
            ordered = type(item).__name__ == "Ordered"
            key = item.this if ordered else item
            expression = self._aliased(key, level, select, prefer_input=False)
            if level.refs:
                self.walk(expression, level, "order", ctes)
            column = unwrap(expression)
            found = self._resolved.get(id(column)) if type(column).__name__ == "Column" else None
            ref = found.ref if found else None
            descending = bool(ordered and item.args.get("desc"))
            self.rows.order_keys.append(
                OrderKey(
                    level.scope.scope_id,
                    position,
                    ref.row.ref_id if ref else None,
                    ref.row.table_name if ref else None,
                    found.column if found else None,
                    descending,
                    bool(item.args.get("nulls_first")) if ordered else not descending,
                    self.text(expression),
                )
            )

    def _set_operation(self, node: Node, level: Level, ctes: dict[str, Cte]) -> list[str] | None:
        cls = type(node).__name__
        everything = node.args.get("distinct") is False
        level.scope.set_operation = {"Union": "union_all" if everything else "union"}.get(cls, cls.lower())
        branches: list[Node] = []
        stack = [node]
        while stack:
            current = stack.pop()
            same = type(current).__name__ == cls and (current.args.get("distinct") is False) is everything
            plain = not any(current.args.get(part) for part in ("order", "limit", "offset", "with_")) or current is node
            if same and plain:
                stack.extend((current.expression, current.this))
            else:
                branches.append(current)
        columns: list[str] | None = None
        for number, branch in enumerate(branches):
            output = self.query(branch, level.outer, "union_branch", "from", ctes, level.scope.scope_id)
            if number == 0:
                columns = output.columns
        self._modifiers(node, level, ctes)
        return columns

    # ------------------------------------------------------------------ expressions
    def walk(self, node: Node, level: Level, clause: str, ctes: dict[str, Cte], on_ref: Ref | None = None) -> None:
        """Resolves every column under an expression, records its use, reads the subqueries in it."""
        if node is None or isinstance(node, (str, bool, int)):
            return
        columns: list[Node] = []
        outer: list[tuple[Level, Ref | None]] = []
        self._visit(node, level, clause, ctes, on_ref, columns, outer)
        self._columns[id(node)] = columns
        self._outer_refs[id(node)] = outer

    def _visit(
        self,
        root: Node,
        level: Level,
        clause: str,
        ctes: dict[str, Cte],
        on_ref: Ref | None,
        columns: list[Node],
        outer: list[tuple[Level, Ref | None]],
    ) -> None:
        exp = _exp()
        stack: list[tuple[Node, str, bool]] = [(root, clause, False)]
        while stack:
            node, where, in_window = stack.pop()
            cls = type(node).__name__
            if cls == "Column":
                if type(node.this).__name__ == "Star":
                    self._use_star(node, level, where)
                elif id(node) not in self._resolved:
                    found = self.names.resolve(node, level)
                    self._resolved[id(node)] = found
                    self._record(found, level, where, on_ref)
                    columns.append(node)
                else:
                    columns.append(node)
                continue
            if cls == "Star":
                if type(node.parent).__name__ not in ("Count", "Column", "Anonymous") and clause in (
                    "select",
                    "returning",
                ):
                    self._use_star(node, level, where)
                continue
            if cls in _QUERIES or cls == "Subquery":
                kind = self._subquery_kind(node)
                self.query(node, level, kind, where if where != "window" else "select", ctes, level.scope.scope_id)
                continue
            if cls == "Window":
                level.scope.has_window = True
                for child in node.iter_expressions(reverse=True):
                    stack.append((child, where if child is node.this else "window", child is node.this))
                continue
            if self._is_aggregate(node) and not in_window and where != "on":
                level.scope.has_aggregate = True
            if isinstance(node, exp.DataType):
                continue
            for child in node.iter_expressions(reverse=True):
                stack.append((child, where, in_window and cls == "Filter"))

    def _subquery_kind(self, node: Node) -> str:
        parent = node.parent
        while type(parent).__name__ == "Paren":
            node, parent = parent, parent.parent
        cls = type(parent).__name__
        if cls == "In" and parent.args.get("query") is node:
            return "not_in" if self._negations(parent) else "in"
        if cls == "Exists":
            return "not_exists" if self._negations(parent) else "exists"
        if cls in ("Any", "All") or (cls == "Anonymous" and str(parent.this).lower() in ("any", "all", "some")):
            return "any_all"
        return "scalar"

    def _negations(self, node: Node) -> bool:
        negative = bool(node.args.get("negate"))
        node = node.parent
        while type(node).__name__ in ("Not", "Paren", "And", "Or"):
            negative ^= type(node).__name__ == "Not"
            node = node.parent
        return negative

    def _record(self, found: Resolved, level: Level, clause: str, on_ref: Ref | None) -> None:
        ref = found.ref
        if ref is None:
            if found.level is not None and not found.level.pseudo:
                for candidate in found.level.refs:
                    if candidate.columns is None or candidate.owns(self.names.fold_text(found.column)) is not None:
                        candidate.row.uses_outside_on += 1
            return
        if found.level is not level:
            self._correlate(level, found.level)
        if ref is not on_ref:
            ref.row.uses_outside_on += 1
        if ref.row.table_name is not None:
            self.rows.column_uses.append(
                ColumnUse(level.scope.scope_id, ref.row.ref_id, ref.row.table_name, found.column, clause)
            )

    def _correlate(self, level: Level, target: Level | None) -> None:
        """Marks every level between a column and the level that it belongs to."""
        here: Level | None = level
        while here is not None and here is not target:
            here.scope.correlated = True
            here = here.outer

    def _use_star(self, node: Node, level: Level, clause: str) -> None:
        for ref in self._starred(node, level):
            ref.row.uses_outside_on += 1
            if ref.row.table_name is not None and ref.columns is not None:
                for name in ref.columns.values():
                    self.rows.column_uses.append(
                        ColumnUse(level.scope.scope_id, ref.row.ref_id, ref.row.table_name, name, clause)
                    )

    # ------------------------------------------------------------------ what the other parts ask
    def text(self, node: Node) -> str:
        """An expression as SQL. Printing copies the tree: each is printed once, and bare columns not at all."""
        known = self._texts.get(id(node))
        if known is None:
            known = _plain_column(node)
            if known is None:
                known = self._generator.generate(node)
            self._texts[id(node)] = known
        return known

    def resolved(self, column: Node) -> Resolved:
        """What a walked column means."""
        return self._resolved.get(id(column), Resolved(None, getattr(column, "name", ""), None))

    def columns_in(self, node: Node) -> list[Node]:
        """Walked columns under an expression, outside its subqueries."""
        cached = self._columns.get(id(node))
        if cached is not None:
            return cached
        found: list[Node] = []
        stack = [node]
        while stack:
            current = stack.pop()
            cls = type(current).__name__
            if cls == "Column":
                if id(current) in self._resolved:
                    found.append(current)
                continue
            if cls in _QUERIES or cls == "Subquery":
                continue
            stack.extend(current.iter_expressions(reverse=True))
        self._columns[id(node)] = found
        return found

    def correlations(self, node: Node, level: Level) -> tuple[Ref | None, ...]:
        """References of ``level`` that the subqueries under an expression use."""
        found: list[Ref | None] = []
        stack = [node]
        while stack:
            current = stack.pop()
            cls = type(current).__name__
            if cls in _QUERIES or cls == "Subquery":
                for column in current.find_all(_exp().Column):
                    meaning = self._resolved.get(id(column))
                    if meaning is not None and meaning.level is level:
                        found.append(meaning.ref)
                continue
            if cls != "Column":
                stack.extend(current.iter_expressions())
        return tuple(found)

    def scope_of(self, node: Node) -> int | None:
        """The scope of a subquery."""
        return self.node_scopes.get(id(unwrap(node)))

    def type_facts(self, ref: Ref | None, column: str) -> TypeFacts | None:
        """The type of a column, when the catalog has it."""
        if ref is None or ref.table is None:
            return None
        key = (id(ref.table), column)
        if key not in self._types:
            definition = ref.column(column)
            types: dict[str, str] = {}
            for catalog in self.catalogs:
                types.update(catalog.types)
            self._types[key] = facts(definition.type, self.engine, types) if definition is not None else None
        return self._types[key]

    def set_column(self, target: Node, value: Node | None, level: Level, ref: Ref | None) -> None:
        """One assignment."""
        if type(target).__name__ != "Column":
            return
        found = self.resolved(target)
        owner = found.ref or ref
        if owner is None or owner.row.table_name is None:
            return
        column = owner.owns(self.names.fold(target.this)) or self.names.written(target.this)
        used = [self.resolved(c) for c in self.columns_in(value)] if value is not None else []
        self.rows.set_columns.append(
            SetColumn(
                owner.row.table_name,
                column,
                self.text(value) if value is not None else None,
                any(f.ref is owner and f.column == column for f in used),
            )
        )
        self.rows.column_uses.append(
            ColumnUse(level.scope.scope_id, owner.row.ref_id, owner.row.table_name, column, "set")
        )


_module: Any = None


def _exp() -> Any:
    global _module  # noqa: PLW0603 - sqlglot is imported only when a graph is built
    if _module is None:
        from sqlglot import exp

        _module = exp
    return _module


def _generator(name: str) -> Any:
    from sqlglot.dialects.dialect import Dialect

    return Dialect.get_or_raise(name).generator(comments=False)


def _plain_column(node: Node) -> str | None:
    """``alias.column`` when both are plain names that no dialect would quote."""
    if type(node).__name__ != "Column" or node.args.get("db") is not None:
        return None
    parts = [part for part in (node.args.get("table"), node.this) if part is not None]
    if any(type(part).__name__ != "Identifier" or part.args.get("quoted") for part in parts):
        return None
    return ".".join(part.name for part in parts)


def _integer(node: Node) -> int | None:
    if node is None:
        return None
    node = unwrap(node)
    name = str(getattr(node, "name", ""))
    return int(name) if type(node).__name__ == "Literal" and name.isdigit() and len(name) < 19 else None


def _modifier_words(node: Node) -> str | None:
    """MySQL's words after SELECT: SQL_CALC_FOUND_ROWS, STRAIGHT_JOIN..."""
    words = [str(getattr(word, "name", word)).upper() for word in node.args.get("operation_modifiers") or []]
    return " ".join(words) or None
