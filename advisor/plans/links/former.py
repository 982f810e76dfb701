"""Makes the form of a condition out of its tree."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeAlias

from advisor.graphs.names import Node
from advisor.model.engine import EngineName, dialect_of
from advisor.plans.links.constants import Constant, array, literal
from advisor.plans.links.form import (
    TURNED,
    ColumnLeaf,
    Form,
    QueryLeaf,
    TooDeep,
    call,
    folded,
    joined,
    listed,
    of_constant,
    only_constant,
)
from advisor.plans.links.syntax import (
    aggregate,
    array_kind,
    columned,
    function,
    is_null,
    json_path,
    operands,
    quantifier,
    row_of,
    unwrapped,
)

#: What a column is: a leaf, or the expression that a derived table gives under that name, with its own resolver.
Resolver: TypeAlias = Callable[[Node], "ColumnLeaf | tuple[Node, Resolver]"]


_COMPARED = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_COMPARED |= {"NullSafeEQ": "same", "NullSafeNEQ": "notsame"}


_NEGATED = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "same": "notsame", "notsame": "same"}


_MATCHED = {"Like": "like", "ILike": "ilike", "SimilarTo": "~", "RegexpLike": "~", "RegexpILike": "~*"}


_CONDITIONS = frozenset(
    {*_COMPARED, *_MATCHED, "Operator", "And", "Or", "Not", "Is", "In", "Between", "Exists", "Escape"}
)


_QUERIES = frozenset({"Subquery", "Select", "Union", "Intersect", "Except", "Values"})


_JSON = frozenset({"JSONExtract", "JSONExtractScalar", "JSONBExtract", "JSONBExtractScalar"})


_TEXT = frozenset({"text", "varchar", "char", "bpchar", "name", "userdefined"})


_NOW = frozenset({"now", "current_timestamp", "transaction_timestamp"})


_DEPTH = 150


class Former:
    """Makes forms. ``turned``: of two sides with one skeleton (``a.id = b.id``) the second comes first."""

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

    # ------------------------------------------------------------------ conditions
    def condition(self, node: Node, negated: bool = False) -> Form:
        """The form of a condition. Raises TooDeep."""
        self._depth += 1
        try:
            if self._depth > _DEPTH:
                raise TooDeep
            return self._condition(node, negated)
        finally:
            self._depth -= 1

    def _condition(self, node: Node, negated: bool) -> Form:
        cls = type(node).__name__
        while cls in ("Paren", "Not"):
            negated ^= cls == "Not"
            node = node.this
            cls = type(node).__name__
        if node.args.get("negate"):
            negated = not negated
        if cls in ("And", "Or"):
            parts = [self.condition(part, negated) for part in operands(node)]
            return joined("and" if (cls == "And") is not negated else "or", parts)
        if cls in _COMPARED:
            return self._comparison(node, _COMPARED[cls], negated)
        if cls == "Is":
            return self._is(node, negated)
        if cls == "In":
            return self._in(node, negated)
        if cls == "Between":
            tested, low, high = (self.value(node.args[name]) for name in ("this", "low", "high"))
            if node.args.get("symmetric"):
                either = [
                    joined("and", [self.compared(">=", tested, one), self.compared("<=", tested, other)])
                    for one, other in ((low, high), (high, low))
                ]
                whole = joined("or", either)
                return call("is", [whole], True) if negated else whole
            return joined(
                "or" if negated else "and",
                [
                    self.compared("<" if negated else ">=", tested, low),
                    self.compared(">" if negated else "<=", tested, high),
                ],
            )
        if cls == "Escape":
            return self._escape(node, negated)
        if cls == "SimilarTo":  # printed as the regular expression that it becomes
            return call("~", [self.value(node.this), of_constant(Constant(None, "", "similar"))], negated)
        if cls == "Operator":
            word = str(node.args.get("operator")).rpartition(".")[2]
            if word in _NEGATED:
                word = _NEGATED[word] if negated else word
                return self.compared(word, self.value(node.this), self.value(node.expression))
        if cls in _MATCHED:
            return call(_MATCHED[cls], [self.value(node.this), self.value(node.expression)], negated)
        if cls == "Exists":
            self.tested = True
            query = Form("query", (QueryLeaf(self.tables(node)),))
            return call("exists", [query], negated) if not self.bare else call("is", [query], negated)
        if cls in ("Any", "All") and type(node.this).__name__ in ("Paren", *_CONDITIONS):
            return self.condition(node.this, negated)
        value = self.value(node)
        if self.mysql and not value.skeleton.startswith("query"):
            return self.compared("=" if negated else "<>", value, of_constant(Constant("0", "number")))
        return call("is", [value], negated)

    def _escape(self, node: Node, negated: bool) -> Form:
        """LIKE with ESCAPE: PostgreSQL prints the pattern with a backslash instead."""
        sign, pattern = literal(node.expression), literal(getattr(node.this, "expression", None))
        if self.engine == "postgresql" and sign is not None and pattern is not None and pattern.text and sign.text:
            return self._like(node.this, of_constant(Constant(pattern.text.replace(sign.text, "\\"), "text")), negated)
        return call("escape", [self.condition(node.this, negated), self.value(node.expression)])

    def _like(self, node: Node, pattern: Form, negated: bool) -> Form:
        negated ^= bool(node.args.get("negate"))
        return call(_MATCHED.get(type(node).__name__, "like"), [self.value(node.this), pattern], negated)

    def _comparison(self, node: Node, operator: str, negated: bool) -> Form:
        left, right = unwrapped(node.this), unwrapped(node.expression)
        if negated:
            operator = _NEGATED[operator]
        rows = row_of(left), row_of(right)
        if rows[0] and rows[1] and len(rows[0]) == len(rows[1]) and operator in ("=", "<>"):
            pairs = zip(rows[0], rows[1], strict=True)
            parts = [self.compared(operator, self.value(one), self.value(other)) for one, other in pairs]
            return joined("and" if operator == "=" else "or", parts)
        quantified = quantifier(right)
        if quantified is not None:
            word, inner = quantified
            if word == "all" and negated:
                word = "any"
            elif negated:
                word = "all"
            return self._listed(left, inner, operator, word)
        for one, other in ((left, right), (right, left)):
            if operator in ("=", "<>") and type(one).__name__ == "Boolean" and type(other).__name__ != "Boolean":
                return self.condition(other, (operator == "=") is not bool(one.this))
        return self.compared(operator, self.value(left), self.value(right))

    def compared(self, operator: str, left: Form, right: Form) -> Form:
        """The form of a comparison, whichever side its constant stands on."""
        swap = not left.fixed and right.fixed
        if left.fixed and right.fixed:
            swap = left.skeleton > right.skeleton
            if left.skeleton == right.skeleton:
                self.tied = True
                swap = self.turned
        if swap:
            left, right, operator = right, left, TURNED.get(operator, operator)
        if self.engine == "sqlite" and operator in ("<=", ">="):
            operator = operator[0]  # EXPLAIN QUERY PLAN prints a>? for both
        if operator == "same" and self.mysql and not right.fixed and only_constant(right).kind != "null":
            operator = "="  # MariaDB prints <=> for the = that a NOT made of <>
        return call(operator, [left, right])

    def _is(self, node: Node, negated: bool) -> Form:
        right = unwrapped(node.expression)
        cls = type(right).__name__
        if cls == "Null":
            return call("notnull" if negated else "isnull", [self.value(node.this)])
        if cls == "Boolean":
            tested = unwrapped(node.this)
            inner = self.condition(tested) if type(tested).__name__ in _CONDITIONS else self.value(tested)
            return call(f"is{str(bool(right.this)).lower()}", [inner], negated)
        return self.compared("notsame" if negated else "same", self.value(node.this), self.value(right))

    def _in(self, node: Node, negated: bool) -> Form:
        operator, word = ("<>", "all") if negated else ("=", "any")
        for name in ("query", "unnest", "field"):
            inner = node.args.get(name)
            if inner is not None:
                return self._listed(unwrapped(node.this), unwrapped(inner), operator, word)
        tested = unwrapped(node.this)
        row = row_of(tested)
        if row:
            arms = []
            for item in node.expressions:
                members = row_of(unwrapped(item)) or []
                if len(members) != len(row):
                    return call("in row", [self.value(tested)], negated)
                arms.append(
                    joined(
                        "or" if negated else "and",
                        [
                            self.compared(operator, self.value(one), self.value(other))
                            for one, other in zip(row, members, strict=True)
                        ],
                    )
                )
            return joined("and" if negated else "or", arms)
        return self._members(self.value(tested), node.expressions, operator, word)

    def _listed(self, tested: Node, inner: Node, operator: str, word: str) -> Form:
        """``tested = ANY (inner)`` and its like."""
        row = row_of(tested)
        if type(inner).__name__ in _QUERIES:
            self.tested = True
            query = Form("query", (QueryLeaf(self.tables(inner)),))
            if self.bare:
                return call("is", [query], operator == "<>" and word == "all")
            values = [self.value(part) for part in row] if row else [self.value(tested)]
            return call(f"{operator} {word}", [*values, query])
        value = self.value(tested)
        if type(inner).__name__ in ("Array", "Tuple"):
            return self._members(value, inner.expressions, operator, word)
        whole = literal(inner)
        if whole is not None and whole.text is not None:
            kind = array_kind(inner)
            elements = array(whole.text)
            if elements is not None:
                constants = tuple(Constant(t, kind) if t is not None else Constant("", "null") for t in elements)
                return listed(operator, word, value, constants)
        other = self.value(inner)
        if not other.fixed:  # a parameter, or what folds to an array
            return listed(operator, word, value, None)
        return call(f"{operator} {word}", [value, other])

    def _members(self, tested: Form, nodes: list[Node], operator: str, word: str) -> Form:
        members = [self.value(node) for node in nodes]
        if all(not member.fixed for member in members):
            constants = [only_constant(member) for member in members]
            unknown = len(constants) == 1 and constants[0].text is None
            if not unknown:
                return listed(operator, word, tested, tuple(constants))
            return listed(operator, word, tested, None)
        if word == "any" and operator == "=":
            return joined("or", [self.compared(operator, tested, member) for member in members])
        return call(f"{operator} {word}", [tested, *sorted(members, key=lambda form: form.skeleton)])

    # ------------------------------------------------------------------ values
    def value(self, node: Node) -> Form:
        """The form of a value. Raises TooDeep."""
        self._depth += 1
        try:
            if self._depth > _DEPTH:
                raise TooDeep
            return self._value(node)
        finally:
            self._depth -= 1

    def _value(self, node: Node) -> Form:
        cls = type(node).__name__
        while cls == "Paren":
            node = node.this
            cls = type(node).__name__
        if cls in _CONDITIONS:
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
        if cls in _QUERIES:
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
