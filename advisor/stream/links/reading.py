"""What a statement asks for and what its rows hold: the two ends of a link, read from its query graph."""

from __future__ import annotations

from dataclasses import dataclass, field

from advisor.graphs.graph import Predicate, QueryGraph, TableRef
from advisor.stream.links.naming import words
from advisor.stream.links.schema import Spot

_ROWS = frozenset({"root", "union_branch", "derived", "cte", "lateral"})
#: Columns that hold a state or a flag: a comparison with them chooses rows, it follows no reference.
_STATES = frozenset(
    """
    deleted active enabled archived published visible hidden locked state status kind type role level priority lang
    language locale currency version is has flag
    """.split()  # noqa: SIM905
)


@dataclass(frozen=True, slots=True)
class Key:
    """A column that a statement compares with a value, or an INSERT sets."""

    spot: Spot
    beside: frozenset[str]
    """All columns of the same table that are given a value."""
    equal: frozenset[Spot]
    """Columns that the statement's joins make equal to it."""
    pinned: bool
    """Its value picks at most one row of its table (alone or with the others)."""
    listed: bool = False
    """It is compared with a list."""
    types: frozenset[str] | None = None
    """Values of the column that says which table a polymorphic key means; None where it is no such key."""
    depth: int = 0
    """0 where it is compared at the level that gives the rows, more in subqueries."""


@dataclass(frozen=True, slots=True)
class Source:
    """A table whose rows a statement gives."""

    table: str
    shown: frozenset[str]
    """Columns in the select list."""
    starred: bool
    """The select list may show more of its columns."""
    equal: dict[str, frozenset[Spot]] = field(default_factory=dict)
    """By column, what the joins make equal to it."""
    equal_shown: frozenset[str] = frozenset()
    """Columns of which the select list shows an equal one of another table."""


@dataclass(frozen=True, slots=True)
class Reading:
    """Both ends of a statement."""

    keys: tuple[Key, ...]
    sources: tuple[Source, ...]
    filters: frozenset[Spot]
    """Columns that are compared with values, and what joins make equal to them."""


def read(graph: QueryGraph) -> Reading:
    """The ends of one statement."""
    return _Reader(graph).reading()


class _Reader:
    def __init__(self, graph: QueryGraph) -> None:
        self.graph = graph
        self.refs = {ref.ref_id: ref for ref in graph.table_refs}
        self.scopes = {scope.scope_id: scope for scope in graph.scopes}
        self.classes = self._classes()
        #: `SELECT EXISTS (...)` reads no table itself: what it asks is what its subqueries ask.
        self.hollow = graph.kind == "select" and not any(
            scope.parent_id is None and any(ref.scope_id == scope.scope_id for ref in graph.table_refs)
            for scope in graph.scopes
        )

    def reading(self) -> Reading:
        given = [(spot, predicate) for predicate in self.graph.predicates if (spot := self._given(predicate))]
        inserted = self._inserted() if self.graph.kind == "insert" else []
        beside: dict[str, set[str]] = {}
        for spot in [*(spot for spot, _ in given), *inserted]:
            beside.setdefault(spot.table, set()).add(spot.column)
        keys: dict[Spot, Key] = {}
        for spot, predicate in sorted(given, key=lambda pair: self._depth(pair[1].scope_id)):
            if self._state(spot, predicate) or spot in keys:
                continue
            keys[spot] = Key(
                spot,
                frozenset(beside[spot.table]),
                self._equal(spot),
                predicate.pins_unique_key,
                predicate.operator == "in",
                self._polymorphic(spot, given),
                self._depth(predicate.scope_id),
            )
        for spot in inserted:
            keys.setdefault(spot, Key(spot, frozenset(beside[spot.table]), frozenset({spot}), False))
        filters = {same for spot, _ in given for same in self._equal(spot)}
        return Reading(tuple(keys.values()), tuple(self._sources()), frozenset(filters))

    def _given(self, predicate: Predicate) -> Spot | None:
        """The column of an equality with a value; None for any other predicate."""
        if predicate.column_name is None or predicate.under_or or predicate.negated or predicate.clause == "having":
            return None
        if predicate.operator not in ("=", "in") or predicate.wrapper_kind not in (None, "cast"):
            return None
        if predicate.value_kind not in ("literal", "parameter", "list", "expression") or not predicate.value_constant:
            return None
        return self._origin(predicate.ref_id, predicate.column_name)

    def _origin(self, ref_id: int | None, column: str) -> Spot | None:
        """The base table's column that a column is, through derived tables and CTEs."""
        for _ in range(8):
            ref = self.refs.get(ref_id) if ref_id is not None else None
            if ref is None:
                return None
            if ref.table_name is not None:
                return Spot(ref.table_name, column)
            inner = self._inner(ref, column)
            if inner is None:
                return None
            ref_id, column = inner
        return None

    def _inner(self, ref: TableRef, column: str) -> tuple[int, str] | None:
        scope = ref.source_scope_id
        folded = column.lower()
        shown = [p for p in self.graph.projections if p.scope_id == scope]
        for projection in shown:
            if projection.kind == "column" and (projection.name or "").lower() == folded:
                return (
                    (projection.ref_id, projection.column_name)
                    if projection.ref_id and projection.column_name
                    else None
                )
        below = [r.ref_id for r in self.graph.table_refs if r.scope_id == scope]
        if any(p.kind == "star" for p in shown) and len(below) == 1:
            return below[0], column
        return None

    def _state(self, spot: Spot, predicate: Predicate) -> bool:
        """Whether the comparison chooses by a state: a boolean, or a column named for one."""
        if predicate.value_type == "boolean":
            return True
        found = words(spot.column)
        return bool(found) and (found[-1] in _STATES or found[0] in ("is", "has"))

    def _polymorphic(self, spot: Spot, given: list[tuple[Spot, Predicate]]) -> frozenset[str] | None:
        """`commentable_id` beside `commentable_type`: the values of the latter, empty where they are not known."""
        stem = words(spot.column)[:-1]
        for other, predicate in given:
            named = words(other.column)
            if other.table != spot.table or other == spot or "type" not in named:
                continue
            if tuple(word for word in named if word not in ("type", "content", "id")) not in (stem, ()):
                continue
            if stem != tuple(word for word in named if word not in ("type", "id")) and "content" not in named:
                continue
            text = predicate.value_sql or ""
            return (
                frozenset({text.strip("'")}) if predicate.value_kind == "literal" and text[:1] == "'" else frozenset()
            )
        return None

    def _inserted(self) -> list[Spot]:
        return [Spot(use.table_name, use.column_name) for use in self.graph.column_uses if use.clause == "insert"]

    def _depth(self, scope_id: int) -> int:
        depth = 0
        while (scope := self.scopes.get(scope_id)) is not None and scope.parent_id is not None:
            depth += scope.kind not in _ROWS
            scope_id = scope.parent_id
        return max(0, depth - self.hollow)

    def _classes(self) -> list[set[Spot]]:
        """Columns that inner joins make equal."""
        found: list[set[Spot]] = []
        for edge in self.graph.join_edges:
            if edge.operator != "=" or edge.under_or or edge.left_wrapper or edge.right_wrapper:
                continue
            ends = (
                self._origin(edge.left_ref, edge.left_column) if edge.left_column else None,
                self._origin(edge.right_ref, edge.right_column) if edge.right_column else None,
            )
            if ends[0] is None or ends[1] is None or ends[0] == ends[1]:
                continue
            joined = {ends[0], ends[1]}
            rest = []
            for group in found:
                if group.isdisjoint(joined):
                    rest.append(group)
                else:
                    joined |= group
            found = [*rest, joined]
        return found

    def _equal(self, spot: Spot) -> frozenset[Spot]:
        return frozenset(next((group for group in self.classes if spot in group), {spot}))

    def _sources(self) -> list[Source]:
        """Tables of the levels that give the rows, in order of first mention."""
        levels = self._levels()
        writing = self.graph.kind in ("insert", "update", "delete", "merge")
        if writing and not self.graph.projections:
            return []
        found: dict[str, tuple[set[str], bool]] = {}
        for ref in self.graph.table_refs:
            if ref.table_name is None or ref.scope_id not in levels:
                continue
            shown, starred = self._shown(ref)
            before = found.get(ref.table_name, (set(), False))
            found[ref.table_name] = (before[0] | shown, before[1] or starred)
        visible = {Spot(table, column) for table, (shown, _) in found.items() for column in shown}
        sources = []
        for table, (shown, starred) in found.items():
            equal = {spot.column: frozenset(group) for group in self.classes for spot in group if spot.table == table}
            through = frozenset(column for column, group in equal.items() if not group.isdisjoint(visible))
            sources.append(Source(table, frozenset(shown), starred, equal, through))
        return sources

    def _levels(self) -> set[int]:
        levels = {scope.scope_id for scope in self.graph.scopes if scope.parent_id is None}
        changed = True
        while changed:
            more = {
                ref.source_scope_id
                for ref in self.graph.table_refs
                if ref.scope_id in levels and ref.source_scope_id is not None
            } | {
                scope.scope_id
                for scope in self.graph.scopes
                if scope.kind in ("union_branch", "derived", "lateral") and scope.parent_id in levels
            }
            changed = not more <= levels
            levels |= more
        return levels

    def _shown(self, ref: TableRef) -> tuple[set[str], bool]:
        """Columns of a reference that the statement gives; whether a star, or something not resolved, may give more."""
        shown: set[str] = set()
        starred = False
        for projection in self.graph.projections:
            if projection.ref_id == ref.ref_id and projection.column_name is not None:
                shown.add(projection.column_name)
            elif projection.kind == "star" and projection.scope_id == ref.scope_id:
                starred = starred or self._starred(projection.expression, ref)
            elif projection.kind == "column" and projection.ref_id is None and projection.scope_id == ref.scope_id:
                shown.add(projection.column_name or projection.name or "")
        return shown, starred

    @staticmethod
    def _starred(expression: str, ref: TableRef) -> bool:
        """Whether `*` or `alias.*` shows the reference."""
        qualifier = expression.rpartition(".")[0].rpartition(".")[2].strip('"`[]').lower()
        return not qualifier or qualifier == ref.alias.lower()
