"""Columns that derived tables, CTEs and views give, followed to the expressions that they are there."""

from __future__ import annotations

from advisor.graphs import parse
from advisor.graphs.builder import Builder
from advisor.graphs.graph import NotAnalysed
from advisor.graphs.names import Level, Node, Ref
from advisor.model.engine import EngineName
from advisor.plans.links.form import ColumnLeaf
from advisor.plans.links.values import Resolver

#: Branches of unions that are followed.
BRANCHES = 8


class Reading(Builder):
    """A query graph that keeps its levels."""

    levels: dict[int, Level]

    def open(
        self, node: Node, outer: Level | None, kind: str, clause: str | None, parent_id: int | None, statement: str
    ) -> Level:
        level = super().open(node, outer, kind, clause, parent_id, statement)
        self.levels[level.scope.scope_id] = level
        return level


class Derived:
    """The relations of one statement that give expressions under names. ``queries``: by scope."""

    def __init__(self, reading: Reading, engine: EngineName, queries: dict[int, Node]) -> None:
        self.reading = reading
        self.names = reading.names
        self.engine = engine
        self._queries = queries
        self._views: dict[int, Node | None] = {}

    def source(self, ref: Ref, name: str) -> list[Node]:
        """What a derived table or CTE gives under a column name: an expression for each branch."""
        scope = ref.row.source_scope_id
        query = self._queries.get(scope) if scope is not None else None
        if query is None:
            return []
        position = None
        if ref.columns is not None and name in ref.columns:
            position = list(ref.columns).index(name)
        found: list[Node] = []
        stack = [query]
        while stack and len(found) < BRANCHES:
            current = stack.pop()
            while type(current).__name__ in ("Subquery", "Paren"):
                current = current.this
            cls = type(current).__name__
            if cls in ("Union", "Intersect", "Except"):
                stack.extend((current.expression, current.this))
                continue
            if cls != "Select":
                return []
            item = self._item(current, name, position)
            if item is None:
                return found
            owner = item.meta.get("ref") if item.meta else None
            if found and owner is not None:
                # A star in a later branch: its columns go by position, so the names tell only of the same table.
                before = found[0].meta.get("ref") if found[0].meta else None
                if before is None or before.row.table_name != owner.row.table_name or not owner.row.table_name:
                    return found
            found.append(item)
        return found

    def viewed(self, ref: Ref, name: str) -> Node | None:
        """What a view gives under a column name; only names are known of what is in it."""
        if ref.row.ref_id not in self._views:
            query: Node = None
            if ref.table is not None and ref.table.definition is not None:
                try:
                    query = parse.parse(ref.table.definition, self.engine)
                except NotAnalysed:
                    query = None
            if type(query).__name__ == "Create":
                query = query.args.get("expression")
            while type(query).__name__ in ("Subquery", "Paren"):
                query = query.this
            self._views[ref.row.ref_id] = query if type(query).__name__ == "Select" else None
        query = self._views[ref.row.ref_id]
        if query is None:
            return None
        position = list(ref.columns).index(name) if ref.columns is not None and name in ref.columns else None
        return self._item(query, name, position)

    def _item(self, select: Node, name: str, position: int | None) -> Node | None:
        items = select.expressions
        starred = any(
            type(item).__name__ == "Star" or (type(item).__name__ == "Column" and type(item.this).__name__ == "Star")
            for item in items
        )
        if not starred and position is not None and position < len(items):
            item = items[position]
            return item.this if type(item).__name__ == "Alias" else item
        hits = []
        for item in items:
            cls = type(item).__name__
            if cls == "Alias" and self.names.fold(item.args["alias"]) == name:
                hits.append(item.this)
            elif cls == "Column" and type(item.this).__name__ != "Star" and self.names.fold(item.this) == name:
                hits.append(item)
        if hits:
            return hits[0] if len(hits) == 1 else None
        return self._starred(select, name) if starred else None

    def _starred(self, select: Node, name: str) -> Node | None:
        """``SELECT *`` passes a column on: of the one relation below, or of the one that is known to have it."""
        scope = self.reading.node_scopes.get(id(select))
        level = self.reading.levels.get(scope) if scope is not None else None
        if level is None:
            return None
        owners = [ref for ref in level.refs if ref.owns(name) is not None]
        if not owners:
            owners = [ref for ref in level.refs if ref.columns is None]
            if len(owners) != len(level.refs):
                return None
        if len(owners) != 1:
            return None
        from sqlglot import exp

        column = exp.column(exp.to_identifier(name, quoted=True))
        column.meta["ref"] = owners[0]
        return column


class Trail:
    """Follows columns through derived tables, always into the same branch of a union."""

    def __init__(self, derived: Derived, level: Level | None, branch: int) -> None:
        self.derived = derived
        self.level = level
        self.branch = branch
        self.branches = 1

    def reachable(self, level: Level | None) -> frozenset[int] | None:
        """The references that a name may belong to when none is known to own it."""
        found: set[int] = set()
        while level is not None:
            found.update(ref.row.ref_id for ref in level.refs)
            level = level.outer
        return frozenset(found) or None

    def resolver(self, depth: int) -> Resolver:
        """For columns of this level; ``depth``: through how many derived tables."""
        derived = self.derived

        def resolve(column: Node) -> ColumnLeaf | tuple[Node, Resolver]:
            name = derived.names.fold(column.this)
            given = column.meta.get("ref") if column.meta else None
            found = derived.reading.resolved(column)
            ref = given if given is not None else found.ref
            if ref is None:
                alias = (
                    self.level.outputs.get(name) if self.level is not None and not column.args.get("table") else None
                )
                if alias is not None and alias is not column and type(alias).__name__ != "Column":
                    return alias, resolve
                return ColumnLeaf(name, self.reachable(found.level))
            if depth > 0 and ref.table is not None and ref.table.definition is not None and ref.row.kind == "view":
                seen = derived.viewed(ref, name)
                if seen is not None:
                    return seen, lambda inner: ColumnLeaf(derived.names.fold(inner.this), None)
            if depth > 0 and ref.row.kind == "values" and ref.columns is not None and name in ref.columns:
                # PostgreSQL forgets the names that a VALUES list is given.
                return ColumnLeaf(f"column{list(ref.columns).index(name) + 1}", frozenset({ref.row.ref_id}))
            if depth > 0 and ref.row.source_scope_id is not None:
                inner = derived.source(ref, name)
                if inner:
                    self.branches = max(self.branches, len(inner))
                    return inner[min(self.branch, len(inner) - 1)], self.resolver(depth - 1)
            refs = frozenset({ref.row.ref_id})
            if found.level is not None and not column.args.get("table") and name in found.level.merged:
                refs |= frozenset(r.row.ref_id for r in found.level.refs if r.columns is None or r.owns(name))
            return ColumnLeaf(name, refs)

        return resolve
