"""The query's text: its conditions and keys, each with the place where it stands.

A place is never computed from the tree: it is a run of tokens between two separators, and it counts only when the text
of that run, parsed by itself, is the very condition that the tree holds.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from advisor.graphs import parse
from advisor.graphs.graph import NotAnalysed
from advisor.graphs.names import Level, Node, Ref
from advisor.graphs.nodes import QUERIES
from advisor.model.catalog import Catalog
from advisor.model.engine import EngineName, dialect_of
from advisor.plans.links import rewritten
from advisor.plans.links.derived import BRANCHES, Derived, Reading, Trail
from advisor.plans.links.form import ColumnLeaf, Form, TooDeep, opened
from advisor.plans.links.former import Former
from advisor.plans.links.lexemes import masked
from advisor.plans.links.linked import Span
from advisor.plans.links.places import Places
from advisor.plans.links.syntax import operands, unwrapped

_EXPLAIN = re.compile(
    r"""\s*+(?:EXPLAIN|DESCRIBE|DESC|ANALYZE(?=\s++(?:FORMAT|SELECT|WITH|INSERT|UPDATE|DELETE)\b))\b
    (?>(?:\s*+\([^()]*+\)|\s++(?:ANALYZE|ANALYSE|VERBOSE|EXTENDED|PARTITIONS|QUERY\s++PLAN|FORMAT\s*+=\s*+\w++)\b)*)""",
    re.IGNORECASE | re.VERBOSE,
)
_INSERTS = re.compile(r"INSERT INTO ")
#: How many levels of derived tables a column is followed through.
_DEPTHS = (0, 1, 2, 12)


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


class Statement:
    """A query that was read. Raises NotAnalysed where it cannot be."""

    def __init__(self, query: str, engine: EngineName, catalogs: Sequence[Catalog]) -> None:
        self.engine = engine
        parse.check_size(query)
        self.text = _without_explain(masked(query, engine))
        tree = parse.parse(self.text, engine)
        self._offset = _offset(self.text, parse.prepare(self.text, engine))
        self._places = Places(self.text, query, engine, self._offset)
        if type(tree).__name__ == "Create" and tree.args.get("expression") is not None:
            tree = tree.args["expression"]
        self.tree = tree
        fitting = [catalog for catalog in catalogs if dialect_of(catalog.engine.name) == dialect_of(engine)]
        self.reading = Reading(engine, fitting)
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
        self._derived = Derived(self.reading, engine, self._queries)
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
        for condition, level in conditions:
            self._condition(condition, level)
        for join in joins:
            self._using(join)
        for kind, nodes, owner in lists:
            self._list(kind, nodes, owner, level_of.get(id(owner)))

    def _condition(self, condition: Node, level: Level | None) -> None:
        stack: list[tuple[Node, bool]] = [(condition, False)]
        while stack:
            node, arm = stack.pop()
            bare = unwrapped(node)
            cls = type(bare).__name__
            if cls == "And":
                stack.extend((operand, arm) for operand in reversed(operands(bare)))
                continue
            place = self._places.located(node, "condition")
            if place is not None:
                conjunct = Conjunct(self._places.span(place.start, place.end), arm, bare)
                conjunct.forms = self._forms(bare, level)
                self.conjuncts.append(conjunct)
            if cls == "Or":
                stack.extend((operand, True) for operand in reversed(operands(bare)))

    def _list(self, kind: str, nodes: list[Node], owner: Node, level: Level | None) -> None:
        found: list[KeyItem] = []
        for node in nodes:
            place = self._places.located(node, kind)
            if place is None:
                return  # positions within a list mean something: all or none
            inner = node.this if type(node).__name__ in ("Ordered", "Alias") else node
            if level is not None and kind in ("order", "group"):
                inner = self.reading.lists.aliased(inner, level, _first_select(owner), prefer_input=kind == "group")
            forms = [form for form, _ in self._variants(inner, level, Former.value)]
            descending = type(node).__name__ == "Ordered" and bool(node.args.get("desc"))
            found.append(KeyItem(self._places.span(place.start, place.end), forms, descending))
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
            span = self._places.span(start + self._offset, end + 1 + self._offset)
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
                        Form(f"c:{name}", (ColumnLeaf(name, frozenset({number})),))
                        for number in (edge.left_ref, edge.right_ref)
                    ]
                    for one, other in (sides, sides[::-1]):
                        conjunct.forms.append(Form(f"=({one.skeleton},{other.skeleton})", (*one.leaves, *other.leaves)))
            if conjunct.forms:
                self.conjuncts.append(conjunct)

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
            while branch < BRANCHES:
                trail = Trail(self._derived, level, branch)
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
