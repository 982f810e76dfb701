"""Makes the form of a condition out of its tree."""

from __future__ import annotations

from advisor.graphs.names import Node
from advisor.plans.links.constants import Constant, array, literal
from advisor.plans.links.form import (
    TURNED,
    Form,
    QueryLeaf,
    TooDeep,
    call,
    joined,
    listed,
    of_constant,
    only_constant,
)
from advisor.plans.links.syntax import CONDITIONS, QUERIES, array_kind, operands, quantifier, row_of, unwrapped
from advisor.plans.links.values import DEEPEST, Values

_COMPARED = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_COMPARED |= {"NullSafeEQ": "same", "NullSafeNEQ": "notsame"}
_NEGATED = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "same": "notsame", "notsame": "same"}
_MATCHED = {"Like": "like", "ILike": "ilike", "SimilarTo": "~", "RegexpLike": "~", "RegexpILike": "~*"}


class Former(Values):
    """Makes forms of conditions."""

    def condition(self, node: Node, negated: bool = False) -> Form:
        """The form of a condition. Raises TooDeep."""
        self._depth += 1
        try:
            if self._depth > DEEPEST:
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
        if cls in ("Any", "All") and type(node.this).__name__ in ("Paren", *CONDITIONS):
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
            inner = self.condition(tested) if type(tested).__name__ in CONDITIONS else self.value(tested)
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
        if type(inner).__name__ in QUERIES:
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
