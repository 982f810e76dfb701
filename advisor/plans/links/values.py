"""Makes the form of a value out of its tree."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable
from typing import TypeAlias

from advisor.graphs.names import Node
from advisor.model.engine import EngineName, dialect_of
from advisor.plans.links.constants import Constant, literal
from advisor.plans.links.form import ColumnLeaf, Form, QueryLeaf, TooDeep, call, folded, of_constant
from advisor.plans.links.syntax import CONDITIONS, QUERIES, aggregate, columned, function, is_null, json_path

#: What a column is: a leaf, or the expression that a derived table gives under that name, with its own resolver.
Resolver: TypeAlias = Callable[[Node], "ColumnLeaf | tuple[Node, Resolver]"]

_JSON = frozenset({"JSONExtract", "JSONExtractScalar", "JSONBExtract", "JSONBExtractScalar"})
_TEXT = frozenset({"text", "varchar", "char", "bpchar", "name", "userdefined"})
_NOW = frozenset({"now", "current_timestamp", "transaction_timestamp"})
#: Levels of an expression; what is nested deeper is read by nobody.
DEEPEST = 150


class Values(ABC):
    """Makes forms of values; of conditions within them too. ``turned``: of two sides with one skeleton
    (``a.id = b.id``) the second comes first."""

    def __init__(self, engine: EngineName, resolve: Resolver, *, turned: bool = False, bare: bool = False) -> None:
        self.engine = engine
        self.mysql = dialect_of(engine) == "mysql"
        self.resolve = resolve
        self.turned = turned
        self.bare = bare
        """A tested subquery (IN, EXISTS) is the subquery alone: PostgreSQL up to 16 prints ``hashed SubPlan 1``."""
        self.tied = False
        """Two sides had one skeleton."""
        self.tested = False
        """There was a tested subquery."""
        self.tables: Callable[[Node], frozenset[str] | None] = lambda node: None
        self._depth = 0

    @abstractmethod
    def condition(self, node: Node, negated: bool = False) -> Form:
        """The form of a condition. Raises TooDeep."""

    def value(self, node: Node) -> Form:
        """The form of a value. Raises TooDeep."""
        self._depth += 1
        try:
            if self._depth > DEEPEST:
                raise TooDeep
            return self._value(node)
        finally:
            self._depth -= 1

    def _value(self, node: Node) -> Form:
        cls = type(node).__name__
        while cls == "Paren":
            node = node.this
            cls = type(node).__name__
        if cls in CONDITIONS:
            return self.condition(node)
        constant = literal(node)
        if constant is not None:
            return of_constant(constant)
        if cls == "Column":
            if type(node.this).__name__ == "Star":
                return Form("*", (ColumnLeaf("*", None),))
            meaning = self.resolve(node)
            if isinstance(meaning, ColumnLeaf):
                return Form(f"c:{meaning.name}", (meaning,))
            inner, resolver = meaning
            outer, self.resolve = self.resolve, resolver
            try:
                return self.value(inner)
            finally:
                self.resolve = outer
        if cls in ("Cast", "TryCast"):
            inner = self.value(node.this)
            if not inner.fixed:
                return folded(f"cast {inner.skeleton}", [inner])
            target = node.args.get("to")
            name = str(getattr(getattr(target, "this", None), "name", "")).lower()
            if name in _TEXT:
                return inner._replace(text_casts=inner.text_casts + 1)
            return inner._replace(casts=inner.casts + 1)
        if cls in ("Date", "TsOrDsToDate") and len(list(node.iter_expressions())) == 1:
            inner = self.value(node.this)
            return inner._replace(casts=inner.casts + 1) if inner.fixed else folded("date", [inner])
        if cls == "Collate":
            return self.value(node.this)
        if cls in QUERIES:
            return Form("query", (QueryLeaf(self.tables(node)),))
        if cls in ("JSONPath", "JSONPathRoot"):
            return of_constant(json_path(node))
        if cls in _JSON:
            parts = [self.value(node.this), self.value(node.expression)]
            return self._whole(cls.lower(), parts, node)
        if cls == "Window":
            return call("over", [self.value(node.this)])  # EXPLAIN says no more of it
        if cls == "Count" and type(node.this).__name__ in ("Star", "Literal", "NoneType"):
            return Form("count(*)", ())
        name = function(node, cls)
        if name in _NOW or cls == "CurrentTimestamp":
            return of_constant(Constant(None, "", "now"))
        if name == "timezone" and len(node.expressions) == 2:
            return self._whole("attimezone", [self.value(part) for part in reversed(node.expressions)], node)
        if cls == "Dot" and type(node.expression).__name__ in ("Anonymous", "Func") and not columned(node.this):
            return self.value(node.expression)
        return self._whole(name, self._children(node), node)

    def _children(self, node: Node) -> list[Form]:
        found: list[Form] = []
        for name in sorted(node.args):
            held = node.args[name]
            if name == "this" and type(node).__name__ == "Anonymous":
                continue
            if name == "default" and type(node).__name__ == "Case" and is_null(held):
                continue
            for child in held if isinstance(held, list) else (held,):
                if not hasattr(child, "args"):
                    continue
                cls = type(child).__name__
                if cls in ("Identifier", "Var", "DataType", "DataTypeParam"):
                    found.append(of_constant(Constant(str(child.name or child.sql()).lower(), "name")))
                elif name != "with_":
                    found.append(self.value(child))
        return found

    def _whole(self, name: str, parts: list[Form], node: Node) -> Form:
        if any(part.fixed for part in parts) or aggregate(node):
            return call(name, parts)
        return folded(name, parts)
