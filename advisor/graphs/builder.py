"""Builds the query graph of one statement: walks its levels, resolves its names, records its rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from advisor.catalog.types import TypeFacts, facts
from advisor.graphs.atoms import Conditions
from advisor.graphs.graph import (
    ColumnUse,
    QueryGraph,
    Scope,
    SetColumn,
)
from advisor.graphs.joins import finish
from advisor.graphs.lists import Lists
from advisor.graphs.names import Cte, Level, Names, Node, Ref, Resolved
from advisor.graphs.nodes import DML, QUERIES, expressions
from advisor.graphs.parse import dialect
from advisor.graphs.relations import Relations
from advisor.graphs.values import unwrap
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName


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
        self.relations = Relations(self)
        self.lists = Lists(self)
        self.catalogs = catalogs
        self.crosses = True
        self.resolutions: dict[int, Resolved] = {}
        self._columns: dict[int, list[Node]] = {}
        self.node_scopes: dict[int, int] = {}
        self.outer_refs: dict[int, list[tuple[Level, Ref | None]]] = {}
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
        if cls in DML:
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
            self.lists.modifiers(wrapper, level, ctes)
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
        on_conditions = self.relations.from_clause(node, level, ctes)
        for item in node.expressions:
            if type(item).__name__ == "Alias":
                level.outputs[self.names.fold(item.args["alias"])] = item.this
        self.on_clauses(on_conditions, level, ctes)
        columns = self.lists.projections(node.expressions, level, ctes, "select")
        if distinct is not None and distinct.args.get("on") is not None:
            self.walk(distinct.args["on"], level, "order", ctes)
        self.where(node, level, ctes)
        self.lists.group(node, level, ctes)
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
        self.lists.modifiers(node, level, ctes)
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

    # ------------------------------------------------------------------ GROUP, ORDER, LIMIT

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
        self.lists.modifiers(node, level, ctes)
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
        self.outer_refs[id(node)] = outer

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
        exp = expressions()
        stack: list[tuple[Node, str, bool]] = [(root, clause, False)]
        while stack:
            node, where, in_window = stack.pop()
            cls = type(node).__name__
            if cls == "Column":
                if type(node.this).__name__ == "Star":
                    self.use_star(node, level, where)
                elif id(node) not in self.resolutions:
                    found = self.names.resolve(node, level)
                    self.resolutions[id(node)] = found
                    self.record(found, level, where, on_ref)
                    columns.append(node)
                else:
                    columns.append(node)
                continue
            if cls == "Star":
                if type(node.parent).__name__ not in ("Count", "Column", "Anonymous") and clause in (
                    "select",
                    "returning",
                ):
                    self.use_star(node, level, where)
                continue
            if cls in QUERIES or cls == "Subquery":
                kind = self._subquery_kind(node)
                self.query(node, level, kind, where if where != "window" else "select", ctes, level.scope.scope_id)
                continue
            if cls == "Window":
                level.scope.has_window = True
                for child in node.iter_expressions(reverse=True):
                    stack.append((child, where if child is node.this else "window", child is node.this))
                continue
            if self.lists.is_aggregate(node) and not in_window and where != "on":
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

    def record(self, found: Resolved, level: Level, clause: str, on_ref: Ref | None) -> None:
        ref = found.ref
        if ref is None and found.level is None:
            self._whole_row(found.column, level)
            return
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

    def _whole_row(self, name: str, level: Level) -> None:
        """A name that no table has as a column: an alias used as a row (``to_jsonb(c)``), or a catalog out of date."""
        here: Level | None = level
        while here is not None:
            for ref in here.refs:
                if self.names.fold_text(ref.row.alias) == self.names.fold_text(name):
                    ref.row.uses_outside_on += 1
                    if here is not level:
                        self._correlate(level, here)
                    return
            here = here.outer
        for ref in level.refs:  # whoever has it, it is used
            ref.row.uses_outside_on += 1

    def _correlate(self, level: Level, target: Level | None) -> None:
        """Marks every level between a column and the level that it belongs to."""
        here: Level | None = level
        while here is not None and here is not target:
            here.scope.correlated = True
            here = here.outer

    def use_star(self, node: Node, level: Level, clause: str) -> None:
        for ref in self.lists.starred(node, level):
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
        return self.resolutions.get(id(column), Resolved(None, getattr(column, "name", ""), None))

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
                if id(current) in self.resolutions:
                    found.append(current)
                continue
            if cls in QUERIES or cls == "Subquery":
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
            if cls in QUERIES or cls == "Subquery":
                for column in current.find_all(expressions().Column):
                    meaning = self.resolutions.get(id(column))
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


def _modifier_words(node: Node) -> str | None:
    """MySQL's words after SELECT: SQL_CALC_FOUND_ROWS, STRAIGHT_JOIN..."""
    words = [str(getattr(word, "name", word)).upper() for word in node.args.get("operation_modifiers") or []]
    return " ".join(words) or None
