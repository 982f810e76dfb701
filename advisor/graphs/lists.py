"""The lists of a level: what it returns, groups by, sorts by, and how many rows of that it wants."""

from __future__ import annotations

from typing import TYPE_CHECKING

from advisor.graphs.graph import GroupKey, OrderKey, Projection
from advisor.graphs.names import Cte, Level, Node, Ref
from advisor.graphs.nodes import AGGREGATES, QUERIES, expressions, integer
from advisor.graphs.values import unwrap

if TYPE_CHECKING:
    from advisor.graphs.builder import Builder


class Lists:
    """Reads select lists, GROUP BY, ORDER BY, LIMIT and locking clauses."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder

    def projections(self, items: list[Node], level: Level, ctes: dict[str, Cte], clause: str) -> list[str] | None:
        """The select list or RETURNING; gives its column names, None when a star hides them."""
        names: list[str] | None = []
        for position, item in enumerate(items, 1):
            inner = item.this if type(item).__name__ == "Alias" else item
            before = (level.scope.has_aggregate, level.scope.has_window)
            level.scope.has_aggregate = level.scope.has_window = False
            self.builder.walk(inner, level, clause, ctes)
            row = self._projection(item, inner, level, position)
            level.scope.has_aggregate |= before[0]
            level.scope.has_window |= before[1]
            self.builder.rows.projections.append(row)
            if row.kind == "star":
                level.scope.has_star = True
                expanded = self._star_columns(inner, level)
                names = None if names is None or expanded is None else names + expanded
            elif names is not None:
                names.append(row.name or f"?column{position}?")
        return names

    def _star_columns(self, node: Node, level: Level) -> list[str] | None:
        names: list[str] = []
        for ref in self.starred(node, level):
            if ref.columns is None:
                return None
            names.extend(ref.columns.values())
        return names

    def starred(self, node: Node, level: Level) -> list[Ref]:
        if type(node).__name__ == "Column":
            qualifier = node.args.get("table")
            alias = self.builder.names.fold(qualifier) if qualifier is not None else None
            here: Level | None = level
            while here is not None:
                hits = [ref for ref in here.refs if self.builder.names.fold_text(ref.row.alias) == alias]
                if hits:
                    return hits
                here = here.outer
            return []
        return level.refs

    def _projection(self, item: Node, inner: Node, level: Level, position: int) -> Projection:
        bare = unwrap(inner)
        cls = type(bare).__name__
        text = self.builder.text(inner)
        name: str | None = item.args["alias"].name if type(item).__name__ == "Alias" else None
        function, column, distinct, kind = None, None, False, "expression"
        columns = self.builder.columns_in(bare)
        if cls == "Star" or (cls == "Column" and type(bare.this).__name__ == "Star"):
            kind = "star"
        elif cls == "Column":
            kind, column = "column", bare
            name = name or self.builder.names.written(bare.this)
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
        elif cls in ("Subquery", "Exists") or cls in QUERIES:
            kind = "subquery"
        elif not columns and not self.builder.outer_refs.get(id(bare)):
            kind = "constant" if not any(True for _ in bare.find_all(expressions().Query)) else "expression"
        found = self.builder.resolved(column) if column is not None and id(column) in self.builder.resolutions else None
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
            if self.is_aggregate(candidate):
                return candidate
        return node

    def _function(self, node: Node, window: bool = False) -> str:
        if window:
            found = node.find(expressions().Window)
            node = found.this if found is not None else node
        text: str = self.builder.text(node)
        return text.partition("(")[0].strip().lower()

    def is_aggregate(self, node: Node) -> bool:
        exp = expressions()
        if isinstance(node, exp.AggFunc):
            return not isinstance(node, (exp.RowNumber, exp.Lag, exp.Lead, exp.FirstValue, exp.LastValue, exp.NthValue))
        return type(node).__name__ == "Anonymous" and str(node.this).lower() in AGGREGATES

    def group(self, node: Node, level: Level, ctes: dict[str, Cte]) -> None:
        group = node.args.get("group")
        if group is None:
            return
        level.scope.has_group = True
        keys = list(group.expressions)
        for name in ("rollup", "cube", "grouping_sets"):
            for part in group.args.get(name) or []:
                keys.extend(part.expressions)
        for position, key in enumerate(keys, 1):
            expression = self.aliased(key, level, node, prefer_input=True)
            self.builder.walk(expression, level, "group", ctes)
            column = unwrap(expression)
            found = self.builder.resolutions.get(id(column)) if type(column).__name__ == "Column" else None
            ref = found.ref if found else None
            self.builder.rows.group_keys.append(
                GroupKey(
                    level.scope.scope_id,
                    position,
                    ref.row.ref_id if ref else None,
                    ref.row.table_name if ref else None,
                    found.column if found else None,
                    self.builder.text(expression),
                )
            )

    def aliased(self, key: Node, level: Level, select: Node, prefer_input: bool) -> Node:
        """What a key of GROUP BY or ORDER BY stands for: a position, an alias, or itself."""
        bare = unwrap(key)
        cls = type(bare).__name__
        items = getattr(select, "expressions", []) if type(select).__name__ == "Select" else []
        if cls == "Literal" and not bare.is_string and bare.name.isdigit() and 0 < int(bare.name) <= len(items):
            item = items[int(bare.name) - 1]
            return item.this if type(item).__name__ == "Alias" else item
        if cls == "Column" and bare.args.get("table") is None and type(bare.this).__name__ == "Identifier":
            folded = self.builder.names.fold(bare.this)
            if folded in level.outputs:
                owned = any(ref.owns(folded) is not None for ref in level.refs)
                if not (prefer_input and owned):
                    return level.outputs[folded]
        return key

    def modifiers(self, node: Node, level: Level, ctes: dict[str, Cte]) -> None:
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
                scope.limit_value = 1 if value is None else integer(value)
            if type(limit).__name__ == "Limit" and limit.args.get("offset") is not None:
                scope.has_offset = True
                scope.offset_value = integer(limit.args["offset"])
            if value is not None and not all_rows:
                self.builder.walk(value, level, "limit", ctes)
        if offset is not None:
            scope.has_offset = True
            scope.offset_value = integer(offset.args.get("expression"))
        for lock in node.args.get("locks") or []:
            scope.locking = "for_update" if lock.args.get("update") else "for_share"
            if lock.args.get("wait") is False:
                scope.skip_locked = True

    def order(self, order: Node, level: Level, ctes: dict[str, Cte], select: Node) -> None:
        """An ORDER BY."""
        level.scope.has_order = True
        start = sum(1 for key in self.builder.rows.order_keys if key.scope_id == level.scope.scope_id)
        for position, item in enumerate(order.expressions, start + 1):
            ordered = type(item).__name__ == "Ordered"
            key = item.this if ordered else item
            expression = self.aliased(key, level, select, prefer_input=False)
            if level.refs:
                self.builder.walk(expression, level, "order", ctes)
            column = unwrap(expression)
            found = self.builder.resolutions.get(id(column)) if type(column).__name__ == "Column" else None
            ref = found.ref if found else None
            descending = bool(ordered and item.args.get("desc"))
            self.builder.rows.order_keys.append(
                OrderKey(
                    level.scope.scope_id,
                    position,
                    ref.row.ref_id if ref else None,
                    ref.row.table_name if ref else None,
                    found.column if found else None,
                    descending,
                    bool(item.args.get("nulls_first")) if ordered else not descending,
                    self.builder.text(expression),
                )
            )
