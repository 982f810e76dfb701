"""Conditions into atoms: AND splits into conjuncts, OR into arms, NOT is pushed to where it belongs."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from advisor.catalog.types import TypeFacts
from advisor.graphs import values
from advisor.graphs.graph import JoinEdge, Predicate
from advisor.graphs.names import Atom, Level, Node, Ref, Resolved
from advisor.graphs.values import Value, Wrapper, describe, unwrap

if TYPE_CHECKING:
    from advisor.graphs.builder import Builder

_COMPARISONS = {
    "EQ": "=",
    "NEQ": "<>",
    "LT": "<",
    "LTE": "<=",
    "GT": ">",
    "GTE": ">=",
    "NullSafeEQ": "null_safe_eq",
    "NullSafeNEQ": "other",
}
_PATTERNS = {
    "Like": "like",
    "ILike": "ilike",
    "SimilarTo": "similar",
    "RegexpLike": "regex",
    "RegexpILike": "regex",
    "Glob": "like",
}
_CONTAINMENT = {
    "ArrayContainsAll": "contains",
    "ArrayContainedBy": "contained",
    "ArrayOverlaps": "overlap",
    "Overlaps": "overlap",
    "JSONBContains": "contains",
    "JSONBContainsTopKey": "has_key",
    "JSONBContainsAnyTopKeys": "has_key",
    "JSONBContainsAllTopKeys": "has_key",
    "JSONArrayContains": "contains",
}
_INVERSE = {
    "=": "<>",
    "<>": "=",
    "<": ">=",
    "<=": ">",
    ">": "<=",
    ">=": "<",
    "like": "not_like",
    "ilike": "not_ilike",
    "in": "not_in",
    "not_in": "in",
    "is_null": "is_not_null",
    "is_not_null": "is_null",
}
_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<=", "contains": "contained", "contained": "contains"}
_CLASS = {
    "=": "equality",
    "null_safe_eq": "equality",
    "is_true": "equality",
    "<>": "negative",
    "not_in": "negative",
    "not_like": "negative",
    "not_ilike": "negative",
    "<": "range",
    "<=": "range",
    ">": "range",
    ">=": "range",
    "between": "range",
    "in": "in",
    "like": "like",
    "ilike": "like",
    "similar": "regex",
    "regex": "regex",
    "is_null": "null",
    "is_not_null": "null",
    "contains": "containment",
    "contained": "containment",
    "overlap": "containment",
    "has_key": "containment",
    "text_search": "search",
}


class Place(NamedTuple):
    """Where an atom stands."""

    level: Level
    clause: str
    on_ref: Ref | None
    conjunct: int
    or_group: int | None
    or_arm: int | None
    text: str | None = None
    """The atom as SQL where a NOT above it belongs to it."""


class Conditions:
    """Reads WHERE, ON and HAVING into predicates and join edges."""

    def __init__(self, builder: Builder) -> None:
        self.builder = builder
        self.dialect = builder.dialect

    def read(self, node: Node, level: Level, clause: str, on_ref: Ref | None) -> None:
        """One condition. Its columns and subqueries have been walked before."""
        self._split(node, False, Place(level, clause, on_ref, 0, None, None))

    # ------------------------------------------------------------------ AND, OR, NOT
    def _split(self, node: Node, negate: bool, place: Place) -> None:
        node = unwrap(node)
        cls = type(node).__name__
        while cls == "Not":
            node, negate = unwrap(node.this), not negate
            cls = type(node).__name__
        if cls in ("And", "Or"):
            operands = list(_flatten(node))
            if (cls == "And") is not negate:
                for operand in operands:
                    self._split(operand, negate, place)
                return
            if place.or_group is not None:
                for operand in operands:
                    self._split(operand, negate, place)
                return
            place.level.conjuncts += 1
            place.level.or_groups += 1
            group = place.level.or_groups
            for arm, operand in enumerate(operands, 1):
                self._split(operand, negate, place._replace(conjunct=place.level.conjuncts, or_group=group, or_arm=arm))
            return
        if place.or_group is None:
            place.level.conjuncts += 1
            place = place._replace(conjunct=place.level.conjuncts)
        if negate:
            place = place._replace(text=f"NOT {self.builder.text(node)}")
        self._atom(node, cls, negate, place)

    # ------------------------------------------------------------------ atoms
    def _atom(self, node: Node, cls: str, negate: bool, place: Place) -> None:
        if node.args.get("negate"):
            negate = not negate
        if cls == "Escape":
            node = node.this
            cls = type(node).__name__
        if cls in ("Boolean", "Exists"):
            self._link(node, place)
            return
        if cls in _COMPARISONS:
            self._comparison(node, _COMPARISONS[cls], negate, place)
        elif cls in _PATTERNS:
            self._both(node, node.this, node.expression, _PATTERNS[cls], negate, place)
        elif cls in _CONTAINMENT:
            self._both(node, node.this, node.expression, _CONTAINMENT[cls], negate, place)
        elif cls == "Is":
            self._is(node, negate, place)
        elif cls == "In":
            self._in(node, negate, place)
        elif cls == "Between":
            self._between(node, negate, place)
        elif cls == "MatchAgainst":
            for side in node.expressions:
                self._emit(node, side, describe(node.this), node.this, "text_search", negate, place)
            if not any(self._columns(side) for side in node.expressions):
                self._emit(node, node.this, Value("expression"), None, "text_search", negate, place)
            self._link(node, place)
        elif cls == "Operator":
            operator = str(node.args.get("operator")).rpartition(".")[2]
            self._both(node, node.this, node.expression, operator if operator in _CLASS else "other", negate, place)
        elif cls == "Column":
            self._emit(node, node, Value("literal", "boolean", literal="true"), None, "is_true", negate, place)
            self._link(node, place)
        elif cls == "Xor":
            for side in (node.this, node.expression):
                self._emit(node, side, Value("expression"), None, "other", negate, place)
            self._link(node, place)
        else:
            self._emit(node, node, Value("none"), None, "other", negate, place)
            self._link(node, place)

    def _comparison(self, node: Node, operator: str, negate: bool, place: Place) -> None:
        left, right = unwrap(node.this), unwrap(node.expression)
        quantified = self._quantified(right)
        if quantified is not None:
            word, inner = quantified
            meaning = {("any", "="): "in", ("all", "<>"): "not_in"}.get((word, operator), "other")
            self._listed(node, left, inner, meaning, negate, place)
            return
        left_row, right_row = _row(left), _row(right)
        if left_row and right_row and len(left_row) == len(right_row):
            for position, (one, other) in enumerate(zip(left_row, right_row, strict=True)):
                # (a, b) > (x, y) bounds the first column; the others only break its ties.
                part = operator if operator in ("=", "null_safe_eq") or position == 0 else "other"
                self._both(node, one, other, part, negate, place)
            return
        if left_row and not right_row:
            for one in left_row:
                self._emit(node, one, describe(right), right, operator if operator == "=" else "other", negate, place)
            self._link(node, place)
            return
        self._both(node, left, right, operator, negate, place)

    def _quantified(self, node: Node) -> tuple[str, Node] | None:
        cls = type(node).__name__
        if cls in ("Any", "All"):
            return cls.lower(), unwrap(node.this)
        if cls == "Anonymous" and str(node.this).lower() in ("any", "all", "some") and len(node.expressions) == 1:
            return "all" if str(node.this).lower() == "all" else "any", unwrap(node.expressions[0])
        return None

    def _is(self, node: Node, negate: bool, place: Place) -> None:
        right = unwrap(node.expression)
        cls = type(right).__name__
        if cls == "Null":
            operator = "is_not_null" if negate else "is_null"
            self._emit(node, node.this, Value("none"), None, operator, False, place)
            self._link(node, place)
        elif cls == "Boolean":
            truth = bool(right.this) is not negate
            self._emit(
                node,
                node.this,
                Value("literal", "boolean"),
                right,
                "is_true" if truth and not negate else "other",
                negate,
                place,
            )
            self._link(node, place)
        else:  # SQLite's a IS b, MySQL's IS UNKNOWN
            self._both(node, node.this, right, "null_safe_eq", negate, place)

    def _in(self, node: Node, negate: bool, place: Place) -> None:
        query = node.args.get("query")
        unnest = node.args.get("unnest")
        field = node.args.get("field")
        target = query if query is not None else unnest if unnest is not None else field
        if target is not None:
            inner = unnest.expressions[0] if unnest is not None and unnest.expressions else target
            self._listed(node, node.this, inner, "in", negate, place)
            return
        items = node.expressions
        operator = "not_in" if negate else "in"
        row = _row(unwrap(node.this))
        if row:
            tuples = [_row(unwrap(item)) or [] for item in items]
            for position, one in enumerate(row):
                parts = [item[position] for item in tuples if len(item) > position]
                value = values.list_of(parts) if parts else Value("list", None, len(items))
                self._emit(node, one, value, None, operator, False, place, list_items=items)
        else:
            self._emit(node, node.this, values.list_of(items), None, operator, False, place, list_items=items)
        for item in items:  # 5 IN (a, b): seen from a and b it is an OR of equalities
            if self._columns(item):
                self._emit(node, item, describe(node.this), node.this, "other", negate, place)
        self._link(node, place)

    def _listed(self, node: Node, side: Node, inner: Node, operator: str, negate: bool, place: Place) -> None:
        value = describe(inner)
        if value.kind == "list" and type(inner).__name__ in ("Array", "Tuple"):
            value = values.list_of(inner.expressions)
        if negate:
            operator = _INVERSE.get(operator, operator)
            negate = operator == "other"
        for one in _row(unwrap(side)) or [side]:
            self._emit(node, one, value, inner, operator, negate, place)
        for column in self._columns(inner) if value.kind not in ("subquery",) else ():
            self._emit(node, inner, describe(side), side, "other", negate, place, only=column)
        self._link(node, place)

    def _between(self, node: Node, negate: bool, place: Place) -> None:
        low, high = node.args["low"], node.args["high"]
        bounds = (describe(low), describe(high))
        kind = "column" if "column" in (bounds[0].kind, bounds[1].kind) else bounds[0].kind
        value = Value(kind, bounds[0].type or bounds[1].type)
        text = f"{self.builder.text(low)} AND {self.builder.text(high)}"
        if self._columns(node.this):
            self._emit(node, node.this, value, None, "between", negate, place, value_sql=text, depends=(low, high))
        for bound, operator in ((low, "<="), (high, ">=")):
            if self._columns(bound):
                self._emit(node, bound, describe(node.this), node.this, operator, negate, place)
                self._edge(node, bound, node.this, operator, negate, place)
        self._link(node, place)

    def _both(self, node: Node, left: Node, right: Node, operator: str, negate: bool, place: Place) -> None:
        if negate and operator in _INVERSE:
            operator, negate = _INVERSE[operator], False
        flipped = _FLIPPED.get(operator, operator)
        own_left, own_right = self._own(left, place.level), self._own(right, place.level)
        if own_left or not own_right:
            self._emit(node, left, describe(right), right, operator, negate, place)
        if own_right and operator not in ("like", "ilike", "not_like", "not_ilike", "regex", "similar"):
            self._emit(node, right, describe(left), left, flipped, negate, place)
        elif own_right:
            self._emit(node, right, describe(left), left, "other", negate, place)
        self._edge(node, left, right, operator, negate, place)
        self._link(node, place)

    # ------------------------------------------------------------------ rows
    def _columns(self, node: Node) -> list[Node]:
        """Columns of an expression that do not stand in a subquery."""
        return self.builder.columns_in(node)

    def _own(self, node: Node, level: Level) -> list[Node]:
        return [column for column in self._columns(node) if self.builder.resolved(column).level in (level, None)]

    def _emit(
        self,
        node: Node,
        side: Node,
        value: Value,
        other: Node | None,
        operator: str,
        negate: bool,
        place: Place,
        *,
        value_sql: str | None = None,
        list_items: list[Node] | None = None,
        depends: tuple[Node, ...] = (),
        only: Node | None = None,
    ) -> None:
        if negate and operator in _INVERSE:
            operator, negate = _INVERSE[operator], False
        columns = self._columns(side)
        own = [column for column in columns if self.builder.resolved(column).level in (place.level, None)]
        seen: set[tuple[int | None, str]] = set()
        base: tuple[Node | None, ...] = tuple(own or columns) or (None,)
        parts = depends or ((other,) if other is not None else tuple(list_items or ()))
        others = tuple(
            self.builder.resolved(column).ref
            for part in parts
            for column in self._columns(part)
            if self.builder.resolved(column).level in (place.level, None)
        )
        for nested in parts:
            others += self.builder.correlations(nested, place.level)
        for column in base:
            if only is not None and column is not only:
                continue
            found = self.builder.resolved(column) if column is not None else Resolved(None, "", None)
            identity = (found.ref.row.ref_id if found.ref else None, found.column)
            if column is not None and identity in seen:
                continue
            seen.add(identity)
            self._row(node, side, column, found, value, other, operator, negate, place, value_sql, list_items, others)

    def _row(
        self,
        node: Node,
        side: Node,
        column: Node | None,
        found: Resolved,
        value: Value,
        other: Node | None,
        operator: str,
        negate: bool,
        place: Place,
        value_sql: str | None,
        list_items: list[Node] | None,
        others: tuple[Ref | None, ...],
    ) -> None:
        ref = found.ref
        facts = self.builder.type_facts(ref, found.column) if ref is not None else None
        is_text = facts is not None and facts.family == "string"
        if column is None:
            text = self.builder.text(side)
            wrapper = Wrapper(None, None, text, None)
        else:
            wrapper = values.wrapper_of(side, column, self.dialect, is_text, self.builder.text)
        op_class = _CLASS.get(operator, "other")
        if operator == "between" and negate:
            op_class = "negative"
        if value_sql is None and other is not None:
            value_sql = self.builder.text(other)
        elif value_sql is None and list_items is not None:
            value_sql = ", ".join(self.builder.text(item) for item in list_items[:20])
        column_facts = None
        if value.kind == "column" and other is not None:
            target = self.builder.resolved(unwrap(other))
            column_facts = self.builder.type_facts(target.ref, target.column) if target.ref is not None else None
        predicates = self.builder.rows.predicates
        predicate = Predicate(
            predicate_id=len(predicates) + 1,
            scope_id=place.level.scope.scope_id,
            ref_id=ref.row.ref_id if ref else None,
            table_name=ref.row.table_name if ref else None,
            column_name=found.column if column is not None else None,
            clause=place.clause,
            operator=operator,
            op_class=op_class,
            wrapper=wrapper.name,
            wrapper_kind=wrapper.kind,
            wrapper_sql=wrapper.sql,
            value_kind=value.kind,
            value_type=value.type,
            value_sql=value_sql,
            list_length=value.length if operator in ("in", "not_in") else None,
            conjunct=place.conjunct,
            under_or=place.or_group is not None,
            or_group=place.or_group,
            negated=negate,
            null_rejecting=self._null_rejecting(operator, value, wrapper, negate) if column is not None else None,
            leading_wildcard=self._leading_wildcard(operator, other),
            implicit_cast=self._implicit_cast(facts, value, column_facts, wrapper),
            sql=place.text or self.builder.text(node),
            or_arm=place.or_arm,
            value_constant=not others,
            subquery_scope_id=self.builder.scope_of(other) if other is not None else None,
            restricts=self._restricts(ref, place),
            same_row=ref is not None and any(found is ref for found in others),
            constant_hash=value.hash,
        )
        predicates.append(predicate)
        place.level.atoms.append(Atom(predicate, ref, place.on_ref, others))

    def _restricts(self, ref: Ref | None, place: Place) -> bool:
        if place.or_group is not None or place.clause == "having" or ref is None or ref not in place.level.refs:
            return False
        joined = place.on_ref
        if joined is None or not joined.outer_join:
            return True
        side = joined.row.join_type
        if side == "left":
            return ref is joined
        return side == "right" and ref is not joined

    def _null_rejecting(self, operator: str, value: Value, wrapper: Wrapper, negate: bool) -> bool | None:
        if operator in ("is_null", "null_safe_eq"):
            if operator == "null_safe_eq" and value.kind == "literal" and value.type != "null" and not negate:
                return wrapper.strict
            return False
        if operator == "other":
            return None
        if operator == "not_in" and value.kind == "subquery":
            return None  # NULL NOT IN (no rows) is true
        if operator == "is_true" and negate and value.literal is None:
            return False  # IS NOT TRUE
        return wrapper.strict

    def _leading_wildcard(self, operator: str, other: Node | None) -> bool | None:
        if operator not in ("like", "not_like", "ilike", "not_ilike") or other is None:
            return None
        head = values.pattern_head(other)
        return None if head is None else head[:1] in ("%", "_", "*", "?") if head else None

    def _implicit_cast(
        self, facts: TypeFacts | None, value: Value, other: TypeFacts | None, wrapper: Wrapper
    ) -> bool | None:
        if wrapper.name is not None:
            return None
        return values.implicit_cast(self.builder.engine, facts, value, other)

    # ------------------------------------------------------------------ joins
    def _edge(self, node: Node, left: Node, right: Node, operator: str, negate: bool, place: Place) -> None:
        """An edge where each side is about one column, of two different references."""
        ends = []
        for side in (left, right):
            columns = self._columns(side)
            if len(columns) != 1:
                return
            found = self.builder.resolved(columns[0])
            if found.ref is None:
                return
            facts = self.builder.type_facts(found.ref, found.column)
            text = facts is not None and facts.family == "string"
            ends.append((found, values.wrapper_of(side, columns[0], self.dialect, text, self.builder.text).name))
        (one, one_wrapper), (two, two_wrapper) = ends
        if one.ref is None or two.ref is None or one.ref is two.ref:
            return
        if negate:
            operator = "other"
        edges = self.builder.rows.join_edges
        join_type = place.on_ref.row.join_type if place.on_ref is not None else None
        edges.append(
            JoinEdge(
                edge_id=len(edges) + 1,
                scope_id=place.level.scope.scope_id,
                left_ref=one.ref.row.ref_id,
                right_ref=two.ref.row.ref_id,
                left_table=one.ref.row.table_name,
                left_column=one.column,
                right_table=two.ref.row.table_name,
                right_column=two.column,
                operator=operator,
                clause=place.clause,
                join_type=join_type,
                left_wrapper=one_wrapper,
                right_wrapper=two_wrapper,
                under_or=place.or_group is not None,
                sql=place.text or self.builder.text(node),
            )
        )

    def _link(self, node: Node, place: Place) -> None:
        """Whatever a condition mentions together is connected, however it is compared."""
        touched = [self.builder.resolved(column) for column in self._columns(node)]
        group = [found.ref for found in touched if found.level in (place.level, None)]
        group.extend(self.builder.correlations(node, place.level))
        if len(group) > 1:
            place.level.links.append(tuple(group))


def _flatten(node: Node) -> Iterator[Node]:
    """Operands of a chain of one connective, left to right, without recursion: chains can be long."""
    cls = type(node)
    stack = [node]
    while stack:
        current = unwrap(stack.pop())
        if type(current) is cls:
            stack.extend((current.expression, current.this))
        else:
            yield current


def _row(node: Node) -> list[Node] | None:
    """The members of a row value."""
    if type(node).__name__ == "Tuple" or (type(node).__name__ == "Anonymous" and str(node.this).lower() == "row"):
        return list(node.expressions)
    return None
