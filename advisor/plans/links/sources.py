"""What the names in a plan's expressions mean: which relation an alias is, and which reference of the query."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from operator import itemgetter

from advisor.model.catalog import Catalog, Table
from advisor.model.engine import EngineName, dialect_of
from advisor.model.plan import Plan, PlanNode
from advisor.plans.links.statement import Statement

_NUMBERED = re.compile(r"(.+)_\d+\Z", re.DOTALL)
_BITMAPS = ("bitmap_index_scan", "bitmap_and", "bitmap_or")
#: More relations than a plan's expression without qualifiers is looked up in.
_NEAR = 24


@dataclass(slots=True)
class Source:
    """One alias of a plan."""

    alias: str
    relation: str | None
    """As scanned: a partition, not its parent. None: a derived table, CTE, function..."""
    schema: str | None
    table: str | None
    """Canonical name."""
    definition: Table | None
    nodes: list[str] = field(default_factory=list)
    refs: frozenset[int] = frozenset()
    """References of the query that it may be."""
    guessed: bool = False
    """No reference has its name: it may be any that no other alias is (what stands in a view)."""


class Sources:
    """All aliases of a plan."""

    def __init__(self, plan: Plan, catalogs: Sequence[Catalog], statement: Statement | None) -> None:
        self.plan = plan
        self.engine: EngineName = plan.engine.name
        self.folds = dialect_of(self.engine) != "postgresql"
        self.catalogs = [c for c in catalogs if dialect_of(c.engine.name) == dialect_of(self.engine)]
        self.statement = statement
        self.by_alias: dict[str, list[Source]] = {}
        self._own: dict[str, Source] = {}
        self.unmet: frozenset[int] = frozenset()
        """References of the query that no alias is: views, which plans show from the inside."""
        for node in plan.nodes:
            self._add(node)
        self._order = {node.id: number for number, node in enumerate(plan.nodes)}
        self._last = list(range(len(plan.nodes)))  # of each node, the last one below it
        for number in range(len(plan.nodes) - 1, 0, -1):
            parent = self._order.get(plan.nodes[number].parent or "")
            if parent is not None:
                self._last[parent] = max(self._last[parent], self._last[number])
        self._reading = [(number, self._own[n.id]) for number, n in enumerate(plan.nodes) if n.id in self._own]
        if statement is not None:
            self._meet(statement)

    def fold(self, name: str) -> str:
        """A name as it is compared."""
        return name.lower() if self.folds else name

    def _add(self, node: PlanNode) -> None:
        alias = node.alias or node.relation or node.cte
        if not alias:
            return
        relation = node.relation
        if relation is not None and relation.startswith("<"):
            relation = None  # MySQL's <derived2>, <subquery3>, <union1,2>
        if node.operator in ("cte_scan", "work_table_scan", "subquery_scan", "function_scan", "values_scan"):
            relation = None
        known = self.by_alias.setdefault(self.fold(alias), [])
        for source in known:
            if source.relation == relation or relation is None or (source.relation is None and not source.nodes):
                source.nodes.append(node.id)
                self._own[node.id] = source
                return
        table, definition = self._canonical(relation, node.schema)
        source = Source(alias, relation, node.schema, table, definition, [node.id])
        known.append(source)
        self._own[node.id] = source

    def _canonical(self, relation: str | None, schema: str | None) -> tuple[str | None, Table | None]:
        if relation is None:
            return None, None
        for catalog in self.catalogs:
            found = catalog.find(relation, schema)
            if found is None and schema is not None and self.folds:
                found = catalog.find(relation)
            if found is not None:
                return found.name, found
        defaults = {catalog.default_schema for catalog in self.catalogs}
        if schema is None or schema in defaults or self.folds or schema == "public":
            return relation, None
        return f"{schema}.{relation}", None

    # ------------------------------------------------------------------ which reference
    def _meet(self, statement: Statement) -> None:
        by_alias: dict[str, list[int]] = {}
        tables: dict[int, str] = {}
        for number, ref in statement.refs.items():
            by_alias.setdefault(self.fold(ref.row.alias), []).append(number)
            if ref.row.table_name is not None:
                tables[number] = self.fold(ref.row.table_name.rpartition(".")[2])
        met: set[int] = set()
        strange: list[Source] = []
        for alias, sources in self.by_alias.items():
            for source in sources:
                source.refs = self._candidates(alias, source, by_alias, tables)
                met |= source.refs
                if not source.refs:
                    strange.append(source)
                elif self.folds and source.definition is None and source.relation == source.alias:
                    # MySQL and SQLite print an alias as if it were the table's name; the query tells.
                    named = {tables.get(n): n for n in source.refs}
                    if len(named) == 1:
                        meant = statement.refs[next(iter(named.values()))]
                        source.table, source.definition = meant.row.table_name, meant.table
        unmet = frozenset(
            number for number, ref in statement.refs.items() if number not in met and ref.row.kind in ("table", "view")
        )
        for source in strange:
            source.refs, source.guessed = unmet, True
        self.unmet = unmet

    def _candidates(
        self, alias: str, source: Source, by_alias: dict[str, list[int]], tables: dict[int, str]
    ) -> frozenset[int]:
        found = list(by_alias.get(alias, ()))
        if not self.folds and (match := _NUMBERED.match(alias)) is not None:
            # PostgreSQL numbers what would have an alias twice: second uses, and partitions.
            found += by_alias.get(match.group(1), ())
        if source.relation is not None:
            relation = self.fold(source.relation)
            same = [number for number in found if tables.get(number) == relation]
            if same:
                return frozenset(same)
            exact = [number for number in by_alias.get(alias, ()) if number in found]
            parent = source.definition.partition_of if source.definition is not None else None
            if parent is not None:
                parent = self.fold(parent.rpartition(".")[2])
                children = [n for n, name in tables.items() if name == parent and (n in found or not found)]
                if children:
                    return frozenset(children)
            # Another table under the alias: a partition, or a view's own alias that happens to be equal.
            others = [number for number in found if number in tables]
            return frozenset(others or exact)
        if not found and alias.startswith("*VALUES*") and self.statement is not None:
            return frozenset(number for number, ref in self.statement.refs.items() if ref.row.kind == "values")
        return frozenset(found)

    def named(self, alias: str, node: PlanNode) -> Source | None:
        """What an alias means in a node's expression; of several, what the node or something below it reads."""
        found = self.by_alias.get(self.fold(alias))
        if not found:
            return self._parent_of_children(alias)
        if len(found) == 1:
            return found[0]
        below = {id(source) for source in self._below(node.id)}
        near = [source for source in found if id(source) in below]
        return near[0] if len(near) == 1 else None

    def _parent_of_children(self, alias: str) -> Source | None:
        """An alias that no node has: of a partitioned table above its partitions, which are numbered."""
        known = self._parents.get(self.fold(alias))
        match = _NUMBERED.match(alias) if known is None and not self.folds else None
        if match is None or self.statement is None:
            return known
        refs = {n: r for n, r in self.statement.refs.items() if self.fold(r.row.alias) == match.group(1)}
        if not refs:
            return None
        tables = {ref.row.table_name: ref.table for ref in refs.values()}
        table, definition = next(iter(tables.items())) if len(tables) == 1 else (None, None)
        known = Source(alias, None, None, table, definition, refs=frozenset(refs))
        self._parents[self.fold(alias)] = known
        return known

    @cached_property
    def _parents(self) -> dict[str, Source]:
        found: dict[str, Source] = {}
        refs = self.statement.refs if self.statement is not None else {}
        for number, ref in refs.items():
            alias = self.fold(ref.row.alias)
            if alias not in self.by_alias:
                source = found.setdefault(alias, Source(ref.row.alias, None, None, ref.row.table_name, ref.table))
                source.refs |= {number}
                if source.table != ref.row.table_name:
                    source.table = source.definition = None
        for alias, sources in self.by_alias.items():
            match = _NUMBERED.match(alias)
            if match is None or match.group(1) in self.by_alias or match.group(1) in found:
                continue
            parents = {s.definition.partition_of for s in sources if s.definition is not None}
            if len(parents) == 1 and (parent := parents.pop()) is not None:
                table, definition = self._canonical(parent, None)
                found[match.group(1)] = Source(match.group(1), parent, None, table, definition)
        return found

    def near(self, node: PlanNode) -> list[Source]:
        """What a name without qualifier may belong to: the node's own relation, else those below it, else all."""
        own = self._own.get(node.id)
        if own is not None:
            return [own]
        if node.operator in _BITMAPS:
            return self._heap_of(node)
        below = self._distinct(self._below(node.id))
        if not below:
            below = self._distinct(source for _, source in self._reading)
        return below if len(below) <= _NEAR else []

    def _heap_of(self, node: PlanNode) -> list[Source]:
        """The table whose rows a bitmap is of."""
        above: PlanNode | None = node
        while above is not None and above.operator in _BITMAPS:
            above = self.plan.by_id.get(above.parent) if above.parent is not None else None
        own = self._own.get(above.id) if above is not None else None
        return [own] if own is not None else []

    def _distinct(self, sources: Iterable[Source]) -> list[Source]:
        found: dict[int, Source] = {}
        for source in sources:
            found[id(source)] = source
            if len(found) > _NEAR:
                break
        return list(found.values())

    def tables_below(self, node_id: str) -> frozenset[str]:
        """The relations that a node and what is below it read, without schema."""
        return frozenset(self.fold(source.relation) for source in self._below(node_id) if source.relation is not None)

    def _below(self, node_id: str) -> Iterator[Source]:
        """What a node and those below it read. A plan's nodes stand in the order of a walk from the root."""
        start = self._order[node_id]
        index = bisect_left(self._reading, start, key=itemgetter(0))
        while index < len(self._reading) and self._reading[index][0] <= self._last[start]:
            yield self._reading[index][1]
            index += 1
