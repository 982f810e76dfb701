"""ORDER BY, GROUP BY, DISTINCT, min and max, windows: what could be read in the order of an index; and what is used."""

from __future__ import annotations

from typing import Any

from advisor.graphs.graph import OrderKey, QueryGraph
from advisor.recommend.candidates import expressions
from advisor.recommend.candidates.known import Known
from advisor.recommend.candidates.naming import Naming
from advisor.recommend.candidates.reference import Reference, Sort, Term
from advisor.recommend.candidates.terms import Terms


def read(references: dict[int, Reference], graph: QueryGraph, naming: Naming, terms: Terms, known: Known) -> None:
    """Fills orders, groups, extremes, used columns of the references."""
    reader = _Lists(references, graph, naming, terms, known)
    reader.orders()
    reader.groups()
    reader.windows()
    reader.used()


class _Lists:
    def __init__(
        self, references: dict[int, Reference], graph: QueryGraph, naming: Naming, terms: Terms, known: Known
    ) -> None:
        self.references = references
        self.graph = graph
        self.naming = naming
        self.terms = terms
        self.known = known

    # ------------------------------------------------------------------ ORDER BY
    def orders(self) -> None:
        """The leading run of keys of one reference."""
        for scope in self.graph.scopes:
            keys = sorted((key for key in self.graph.order_keys if key.scope_id == scope.scope_id), key=_position)
            if not keys or (scope.has_aggregate and not scope.has_group):
                continue
            for key in keys:
                found = self._sorted_by(key)
                if found is not None:
                    self.references[found[0]].listed.append(found[1].term)
            run: list[Sort] = []
            owner: int | None = None
            for key in keys:
                found = self._sorted_by(key)
                if found is None or (owner is not None and found[0] != owner):
                    break
                owner = found[0]
                run.append(found[1])
            whole = len(run) == len(keys)
            if owner is None or not (whole or scope.has_limit):
                continue
            reference = self.references[owner]
            reference.orders.append(tuple(run))
            reference.limited = reference.limited or scope.has_limit

    def _sorted_by(self, key: OrderKey) -> tuple[int, Sort] | None:
        nulls_first = key.nulls_first
        usual = key.descending if self.known.engine == "postgresql" else not key.descending
        if nulls_first is not None and nulls_first != usual and self.known.engine != "postgresql":
            return None  # an index there has NULLs at one end only
        found = self._term(key.ref_id, key.column_name, key.expression, key.scope_id)
        if found is None:
            return None
        kept = None if nulls_first is None or nulls_first == usual else nulls_first
        return found[0], Sort(found[1], key.descending, kept)

    def _term(self, ref_id: int | None, column: str | None, sql: str, scope_id: int) -> tuple[int, Term] | None:
        """Reference and term of a sort or group key: a column, or an expression of one table."""
        if ref_id is not None and column is not None:
            found = self.naming.traced(ref_id, column)
            reference = self.references.get(found[0]) if found is not None else None
            term = self.terms.column(reference.table, found[1]) if reference is not None and found else None
            return (found[0], term) if found is not None and term is not None else None
        tree = expressions.parsed(sql, self.known.engine) if "(" in sql or ">" in sql or "::" in sql else None
        if tree is None:
            return None
        owners = {self._owner(node, scope_id) for node in tree.walk() if type(node).__name__ == "Column"}
        owner = owners.pop() if len(owners) == 1 else None
        reference = self.references.get(owner) if owner is not None else None
        term = self.terms.expression(reference.table, sql) if reference is not None else None
        return (owner, term) if owner is not None and term is not None else None

    def _owner(self, node: Any, scope_id: int) -> int | None:
        found = self.naming.column(node, scope_id)
        return found[0] if found is not None else None

    # ------------------------------------------------------------------ GROUP BY, DISTINCT
    def groups(self) -> None:
        """Groups whose keys all belong to one reference, distinct lists, and extremes."""
        for scope in self.graph.scopes:
            keys = sorted((key for key in self.graph.group_keys if key.scope_id == scope.scope_id), key=_position)
            found = [self._term(key.ref_id, key.column_name, key.expression, scope.scope_id) for key in keys]
            for term in found:
                if term is not None:
                    self.references[term[0]].listed.append(term[1])
            grouped = self._grouped(found)
            items = [item for item in self.graph.projections if item.scope_id == scope.scope_id]
            if scope.is_distinct and not scope.has_group and items:
                self._grouped([self._term(item.ref_id, item.column_name, "", scope.scope_id) for item in items])
            # One other aggregate, and all rows are read anyway.
            bounds = all(item.function in ("min", "max") for item in items if item.kind == "aggregate")
            for item in items:
                if item.kind != "aggregate" or item.ref_id is None:
                    continue
                value = self._term(item.ref_id, item.column_name, "", scope.scope_id)
                if value is None:
                    continue
                if item.is_distinct and not keys:
                    self._add(value[0], (value[1],))
                elif bounds and not keys:
                    self.references[value[0]].extremes.append(value[1])
                elif bounds and grouped is not None and grouped[0] == value[0]:
                    self._add(value[0], (*grouped[1], value[1]))

    def _grouped(self, found: list[tuple[int, Term] | None]) -> tuple[int, tuple[Term, ...]] | None:
        owners = {term[0] if term is not None else None for term in found}
        owner = owners.pop() if len(owners) == 1 else None
        if owner is None:
            return None
        terms = tuple(dict.fromkeys(term[1] for term in found if term is not None))
        self._add(owner, terms)
        return owner, terms

    def _add(self, owner: int, terms: tuple[Term, ...]) -> None:
        groups = self.references[owner].groups
        if terms not in groups:
            groups.append(terms)

    # ------------------------------------------------------------------ windows
    def windows(self) -> None:
        """PARTITION BY, then ORDER BY, where both are columns of one reference."""
        if self.graph.tree is None or not any(scope.has_window for scope in self.graph.scopes):
            return
        for node in self.graph.tree.walk():
            if type(node).__name__ != "Window":
                continue
            scope_id = self._scope_of(node)
            order = node.args.get("order")
            parts = [(part, False) for part in node.args.get("partition_by") or []]
            parts += [(part.this, bool(part.args.get("desc"))) for part in (order.expressions if order else [])]
            found = [self._column(part, scope_id) for part, _ in parts]
            owners = {term[0] if term is not None else None for term in found}
            owner = owners.pop() if len(owners) == 1 else None
            if owner is None or owner not in self.references:
                continue
            sorts = [Sort(term[1], down) for term, (_, down) in zip(found, parts, strict=True) if term is not None]
            self.references[owner].orders.append(tuple(sorts))

    def _scope_of(self, node: Any) -> int | None:
        while node is not None:
            scope_id = self.graph.node_scopes.get(id(node))
            if scope_id is not None:
                return scope_id
            node = node.parent
        return None

    def _column(self, node: Any, scope_id: int | None) -> tuple[int, Term] | None:
        if type(node).__name__ != "Column" or scope_id is None:
            return None
        found = self.naming.column(node, scope_id)
        reference = self.references.get(found[0]) if found is not None else None
        term = self.terms.column(reference.table, found[1]) if reference is not None and found is not None else None
        return (found[0], term) if found is not None and term is not None else None

    # ------------------------------------------------------------------ used columns
    def used(self) -> None:
        """Columns that the statement needs; a star counts as no column, and rules covering indexes out."""
        starred = {item.scope_id for item in self.graph.projections if item.kind == "star"}
        starred -= {scope.scope_id for scope in self.graph.scopes if scope.kind == "exists"}
        names: dict[int, set[str]] = {}
        for use in self.graph.column_uses:
            if use.scope_id in starred and use.clause in ("select", "returning"):
                continue
            names.setdefault(use.ref_id, set()).add(use.column_name)
        for number, reference in self.references.items():
            ref = self.naming.refs[number]
            own = names.get(number, set())
            reference.used = tuple(column.name for column in reference.table.columns if column.name in own)
            scope = self.naming.scopes.get(ref.scope_id)
            locked = scope is not None and scope.locking is not None
            written = ref.role == "target"
            reference.covering = not (ref.scope_id in starred or locked or written) and bool(reference.used)


def _position(key: Any) -> int:
    position: int = key.position
    return position
