"""The query's text: its conditions and keys, each with the place where it stands.

A place is never computed from the tree: it is a run of tokens between two separators, and it counts only when the text
of that run, parsed by itself, is the very condition that the tree holds.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from advisor.fingerprint.lexer import PLACEHOLDER
from advisor.graphs import parse
from advisor.graphs.builder import Builder
from advisor.graphs.graph import NotAnalysed
from advisor.graphs.names import Level, Node, Ref
from advisor.graphs.nodes import QUERIES
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName, dialect_of
from advisor.plans.links import expression, pieces, rewritten
from advisor.plans.links.form import ColumnLeaf, Form, TooDeep, opened
from advisor.plans.links.former import Former, Resolver
from advisor.plans.links.lexemes import Lexeme, lexemes, masked
from advisor.plans.links.linked import Span
from advisor.plans.links.syntax import operands, unwrapped

_EXPLAIN = re.compile(
    r"""\s*+(?:EXPLAIN|DESCRIBE|DESC|ANALYZE(?=\s++(?:FORMAT|SELECT|WITH|INSERT|UPDATE|DELETE)\b))\b
    (?>(?:\s*+\([^()]*+\)|\s++(?:ANALYZE|ANALYSE|VERBOSE|EXTENDED|PARTITIONS|QUERY\s++PLAN|FORMAT\s*+=\s*+\w++)\b)*)""",
    re.IGNORECASE | re.VERBOSE,
)
_INSERTS = re.compile(r"INSERT INTO ")
#: How many levels of derived tables a column is followed through.
_DEPTHS = (0, 1, 2, 12)
_BRANCHES = 8


@dataclass(slots=True)
class Conjunct:
    """One condition of the text that stands by itself, or (``arm``) is one of several below an OR."""

    span: Span
    arm: bool
    node: Node
    forms: list[Form] = field(default_factory=list)
    merged: bool = False
    """It is a column of USING or NATURAL."""


@dataclass(slots=True)
class KeyItem:
    """One item of an ORDER BY, GROUP BY, PARTITION BY or of a SELECT DISTINCT."""

    span: Span
    forms: list[Form]
    descending: bool


@dataclass(slots=True)
class KeyList:
    """... and the list it is in. ``kind``: order, group, window (PARTITION BY, then ORDER BY), select (of DISTINCT)."""

    kind: str
    items: list[KeyItem]


class _Place(NamedTuple):
    start: int
    end: int
    arm: bool


class _Reading(Builder):
    """A query graph that keeps its levels."""

    levels: dict[int, Level]

    def open(
        self, node: Node, outer: Level | None, kind: str, clause: str | None, parent_id: int | None, statement: str
    ) -> Level:
        level = super().open(node, outer, kind, clause, parent_id, statement)
        self.levels[level.scope.scope_id] = level
        return level


class Statement:
    """A query that was read. Raises NotAnalysed where it cannot be."""

    def __init__(self, query: str, engine: EngineName, catalogs: Sequence[Catalog]) -> None:
        self.engine = engine
        parse.check_size(query)
        self.text = _without_explain(masked(query, engine))
        self.original = query
        self._lines: list[int] | None = None
        tree = parse.parse(self.text, engine)
        self._offset = _offset(self.text, parse.prepare(self.text, engine))
        if type(tree).__name__ == "Create" and tree.args.get("expression") is not None:
            tree = tree.args["expression"]
        self.tree = tree
        fitting = [catalog for catalog in catalogs if dialect_of(catalog.engine.name) == dialect_of(engine)]
        self.reading = _Reading(engine, fitting)
        self.reading.levels = {}
        try:
            self.reading.statement(tree)
        except RecursionError as error:
            raise NotAnalysed("nested too deeply") from error
        except NotAnalysed:
            raise
        except Exception as error:  # a tree of a form that no valid statement has
            raise NotAnalysed(f"unexpected form ({type(error).__name__})") from error
        self.names = self.reading.names
        self.refs: dict[int, Ref] = {
            ref.row.ref_id: ref for level in self.reading.levels.values() for ref in level.refs
        }
        self._queries: dict[int, Node] = {}
        self._tokens: list[Lexeme] = lexemes(self.text, engine)
        self._ends = {}  # of placeholders that are longer than the ? they were masked with
        if "%" in query:
            self._ends = {token.start: token.end for token in lexemes(query, engine) if token.kind == PLACEHOLDER}
        self._pairs = pieces.partners(self._tokens)
        self._views: dict[int, Node | None] = {}
        self._tables: dict[int, frozenset[str]] = {}
        self.conjuncts: list[Conjunct] = []
        self.keys: list[KeyList] = []
        self._find()

    # ------------------------------------------------------------------ finding
    def _find(self) -> None:
        conditions: list[tuple[Node, Level | None]] = []
        lists: list[tuple[str, list[Node], Node]] = []
        joins: list[Node] = []
        level_of: dict[int, Level] = {}
        for node in self.tree.walk():
            scope = self.reading.node_scopes.get(id(node))
            if scope is not None and type(node).__name__ in QUERIES:
                self._queries[scope] = node
            if scope is not None:
                level_of[id(node)] = self.reading.levels[scope]
            cls = type(node).__name__
            if cls == "Where" and type(node.parent).__name__ != "Filter":
                conditions.append((node.this, None))
            elif cls == "Having":
                conditions.append((node.this, level_of.get(id(node.parent))))
            elif cls == "Join":
                joins.append(node)
                if node.args.get("on") is not None:
                    conditions.append((node.args["on"], None))
            elif cls == "Merge" and node.args.get("on") is not None:
                conditions.append((node.args["on"], None))
            elif cls == "Order":
                if type(node.parent).__name__ in (*QUERIES, "Subquery", "Delete", "Update"):
                    lists.append(("order", node.expressions, node.parent))
            elif cls == "Group":
                keys = list(node.expressions)
                for name in ("rollup", "cube", "grouping_sets"):
                    for part in node.args.get(name) or []:
                        keys.extend(part.expressions)
                lists.append(("group", keys, node.parent))
            elif cls == "Window":
                order = node.args.get("order")
                keys = [*(node.args.get("partition_by") or []), *(order.expressions if order is not None else [])]
                lists.append(("window", keys, node))
            elif cls == "Select" and node.args.get("distinct") is not None:
                on = node.args["distinct"].args.get("on")
                if on is None:
                    lists.append(("select", node.expressions, node))
                else:
                    lists.append(("group", getattr(on, "expressions", None) or [on], node))
        runs = self._runs()
        for condition, level in conditions:
            self._condition(condition, level, runs["condition"])
        for join in joins:
            self._using(join)
        for kind, nodes, owner in lists:
            self._list(kind, nodes, owner, level_of.get(id(owner)), runs)

    def _runs(self) -> dict[str, list[_Place]]:
        """The runs of tokens between separators, by kind of clause, sorted by where they begin."""
        runs: dict[str, list[_Place]] = {kind: [] for kind in ("condition", "order", "group", "partition", "select")}
        for clause in pieces.clauses(self._tokens):
            if clause.kind in ("where", "on", "having"):
                found = pieces.conjuncts(self._tokens, self._pairs, clause.first, clause.last, self.engine, arms=True)
                runs["condition"] += [self._place(piece) for piece in found]
                if clause.kind == "on":  # DISTINCT ON (a, b)
                    inner = self._pairs[clause.first]
                    if inner is not None and self._tokens[clause.first - 2].word == "DISTINCT":
                        listed = pieces.items(self._tokens, self._pairs, clause.first + 1, inner)
                        runs["group"] += [self._place(piece) for piece in listed]
            else:
                found = pieces.items(self._tokens, self._pairs, clause.first, clause.last)
                for piece in found:
                    runs[clause.kind].append(self._place(piece))
                    if clause.kind == "group":  # ROLLUP (a, b), GROUPING SETS ((a), (b))
                        runs["group"] += [self._place(inner) for inner in self._grouped(piece)]
        runs["window"] = runs["partition"] + runs["order"]
        for places in runs.values():
            places.sort()
        return runs

    def _grouped(self, piece: pieces.Piece) -> Iterator[pieces.Piece]:
        stack = [piece]
        while stack:
            current = stack.pop()
            last = current.last - 1
            opened = self._pairs[last] if last > current.first else None
            words = [token.word for token in self._tokens[current.first : opened or current.first]]
            if opened is None or not (not words or words[-1] in ("ROLLUP", "CUBE", "SETS")):
                continue
            inner = pieces.items(self._tokens, self._pairs, opened + 1, last)
            yield from inner
            stack.extend(inner)

    def _place(self, piece: pieces.Piece) -> _Place:
        last = self._tokens[piece.last - 1]
        return _Place(self._tokens[piece.first].start, self._ends.get(last.start, last.end), piece.arm)

    def _condition(self, condition: Node, level: Level | None, runs: list[_Place]) -> None:
        stack: list[tuple[Node, bool]] = [(condition, False)]
        while stack:
            node, arm = stack.pop()
            bare = unwrapped(node)
            cls = type(bare).__name__
            if cls == "And":
                stack.extend((operand, arm) for operand in reversed(operands(bare)))
                continue
            place = self._located(node, runs, self._is_expression)
            if place is not None:
                conjunct = Conjunct(self.span(place.start, place.end), arm, bare)
                conjunct.forms = self._forms(bare, level)
                self.conjuncts.append(conjunct)
            if cls == "Or":
                stack.extend((operand, True) for operand in reversed(operands(bare)))

    def _list(
        self, kind: str, nodes: list[Node], owner: Node, level: Level | None, runs: dict[str, list[_Place]]
    ) -> None:
        found: list[KeyItem] = []
        places = runs[kind]
        for node in nodes:
            place = self._located(node, places, self._is_key if kind in ("order", "window") else self._is_item)
            if place is None:
                return  # positions within a list mean something: all or none
            inner = node.this if type(node).__name__ in ("Ordered", "Alias") else node
            if level is not None and kind in ("order", "group"):
                inner = self.reading.lists.aliased(inner, level, _first_select(owner), prefer_input=kind == "group")
            forms = [form for form, _ in self._variants(inner, level, Former.value)]
            descending = type(node).__name__ == "Ordered" and bool(node.args.get("desc"))
            found.append(KeyItem(self.span(place.start, place.end), forms, descending))
        self.keys.append(KeyList(kind, found))

    def _using(self, join: Node) -> None:
        """Columns of USING: each is an equality that no text spells out."""
        using = join.args.get("using") or []
        alias = self.names.fold_text(join.alias_or_name)
        for identifier in using:
            inner = identifier.this if type(identifier).__name__ == "Column" else identifier
            start, end = inner.meta.get("start"), inner.meta.get("end")
            if start is None:
                continue
            name = self.names.fold(inner)
            span = self.span(start + self._offset, end + 1 + self._offset)
            conjunct = Conjunct(span, False, inner, merged=True)
            for edge in self.reading.rows.join_edges:
                if edge.clause != "using" or edge.right_column is None or edge.left_column is None:
                    continue
                right = self.refs.get(edge.right_ref)
                if (
                    right is not None
                    and self.names.fold_text(edge.right_column) == name
                    and self.names.fold_text(right.row.alias) == alias
                ):
                    sides = [
                        Form(f"c:{name}", (ColumnLeaf(name, self._merged_refs(number)),))
                        for number in (edge.left_ref, edge.right_ref)
                    ]
                    for one, other in (sides, sides[::-1]):
                        conjunct.forms.append(Form(f"=({one.skeleton},{other.skeleton})", (*one.leaves, *other.leaves)))
            if conjunct.forms:
                self.conjuncts.append(conjunct)

    def _merged_refs(self, number: int) -> frozenset[int]:
        return frozenset({number})

    # ------------------------------------------------------------------ places
    def _located(self, node: Node, runs: list[_Place], fits: object) -> _Place | None:
        """The run of tokens that is this node."""
        first = last = None
        for part in node.walk():
            start = part.meta.get("start") if part.meta else None
            if start is not None:
                first = start if first is None else min(first, start)
                last = part.meta["end"] if last is None else max(last, part.meta["end"])
        if first is None or last is None:
            return None
        first, last = first + self._offset, last + self._offset
        index = bisect_right(runs, (first, len(self.text) + 1, True))
        for place in reversed(runs[max(0, index - 40) : index]):
            if place.end > last and callable(fits) and fits(node, place):
                return place
        return None

    def _is_expression(self, node: Node, place: _Place) -> bool:
        other = expression.expression(self.text[place.start : place.end], self.engine)
        return other is not None and bool(unwrapped(other) == unwrapped(node))

    def _is_item(self, node: Node, place: _Place) -> bool:
        if type(node).__name__ == "Alias":
            text = self.text[place.start : place.end]
            return len(text) >= 1 and expression.item(text, self.engine) == node
        return self._is_expression(node, place)

    def _is_key(self, node: Node, place: _Place) -> bool:
        other = expression.key(self.text[place.start : place.end], self.engine)
        return other is not None and bool(other == node or (type(node).__name__ != "Ordered" and other.this == node))

    def span(self, start: int, end: int) -> Span:
        """Line and column of a place."""
        if self._lines is None:
            self._lines = [0, *(match.end() for match in re.finditer("\n", self.original))]
        line = bisect_right(self._lines, start)
        return Span(start, end, line, start - self._lines[line - 1] + 1)

    # ------------------------------------------------------------------ forms
    def _forms(self, node: Node, level: Level | None) -> list[Form]:
        found: dict[Form, None] = {}
        for form, former in self._variants(node, level, Former.condition):
            found[form] = None
            try:
                for rewrite in (rewritten.parts, rewritten.semi_join, rewritten.prefix, rewritten.single):
                    found.update(dict.fromkeys(rewrite(former, node)))
            except (TooDeep, RecursionError):
                continue
        if self.engine == "sqlite":
            found.update(dict.fromkeys(extra for form in list(found) for extra in opened(form)))
        return [form for form in found if form.fixed]

    def _variants(self, node: Node, level: Level | None, make: object) -> Iterator[tuple[Form, Former]]:
        """A node's forms: derived columns followed or not, each branch of a union, either order of like sides."""
        seen: set[Form] = set()
        before = 0
        for depth in _DEPTHS:
            branch = 0
            while branch < _BRANCHES:
                trail = _Trail(self, level, branch)
                for turned, bare in ((False, False), (True, False), (False, True)):
                    former = Former(self.engine, trail.resolver(depth), turned=turned, bare=bare)
                    former.tables = self.tables
                    try:
                        form = make(former, node) if callable(make) else None
                    except (TooDeep, RecursionError):
                        return
                    if form is not None and form not in seen:
                        seen.add(form)
                        yield form, former
                    if not turned and not bare:
                        flags = former.tied, former.tested
                    if (turned, bare) == (False, False) and not any(flags):
                        break
                branch += 1
                if branch >= trail.branches:
                    break
            if depth and len(seen) == before:
                return  # nothing left to follow
            before = len(seen)

    def tables(self, node: Node) -> frozenset[str] | None:
        """The tables that a subquery reads, as plans name them: without schema."""
        known = self._tables.get(id(node))
        if known is None:
            from sqlglot import exp

            known = frozenset(self.names.fold_text(table.name) for table in node.find_all(exp.Table) if table.name)
            self._tables[id(node)] = known
        return known

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
        while stack and len(found) < _BRANCHES:
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


class _Trail:
    """Follows columns through derived tables, always into the same branch of a union."""

    def __init__(self, statement: Statement, level: Level | None, branch: int) -> None:
        self.statement = statement
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
        statement = self.statement

        def resolve(column: Node) -> ColumnLeaf | tuple[Node, Resolver]:
            name = statement.names.fold(column.this)
            given = column.meta.get("ref") if column.meta else None
            found = statement.reading.resolved(column)
            ref = given if given is not None else found.ref
            if ref is None:
                alias = (
                    self.level.outputs.get(name) if self.level is not None and not column.args.get("table") else None
                )
                if alias is not None and alias is not column and type(alias).__name__ != "Column":
                    return alias, resolve
                return ColumnLeaf(name, self.reachable(found.level))
            if depth > 0 and ref.table is not None and ref.table.definition is not None and ref.row.kind == "view":
                seen = statement.viewed(ref, name)
                if seen is not None:
                    return seen, lambda inner: ColumnLeaf(statement.names.fold(inner.this), None)
            if depth > 0 and ref.row.kind == "values" and ref.columns is not None and name in ref.columns:
                # PostgreSQL forgets the names that a VALUES list is given.
                return ColumnLeaf(f"column{list(ref.columns).index(name) + 1}", frozenset({ref.row.ref_id}))
            if depth > 0 and ref.row.source_scope_id is not None:
                inner = statement.source(ref, name)
                if inner:
                    self.branches = max(self.branches, len(inner))
                    return inner[min(self.branch, len(inner) - 1)], self.resolver(depth - 1)
            refs = frozenset({ref.row.ref_id})
            if found.level is not None and not column.args.get("table") and name in found.level.merged:
                refs |= frozenset(r.row.ref_id for r in found.level.refs if r.columns is None or r.owns(name))
            return ColumnLeaf(name, refs)

        return resolve


def _first_select(node: Node) -> Node:
    """The SELECT whose list gives a union its names."""
    while type(node).__name__ in ("Union", "Intersect", "Except", "Subquery"):
        node = node.this
    return node


def _without_explain(text: str) -> str:
    match = _EXPLAIN.match(text)
    return " " * match.end() + text[match.end() :] if match is not None else text


def _offset(text: str, prepared: str) -> int:
    """How far the prepared text's characters stand from where they were."""
    at = text.find(prepared)
    if at >= 0:
        return at
    tail = _INSERTS.sub("", prepared, count=1)
    at = text.find(tail)
    return at - (len(prepared) - len(tail)) if at >= 0 else text.rstrip().rstrip(";").rstrip().__len__() - len(prepared)
