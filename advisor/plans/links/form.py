"""The form of a condition: what stays the same whoever prints it.

A form is a skeleton - operators, functions and column names, comparisons turned and alternatives sorted one way - and
the leaves that fill its gaps: columns with the references that they may mean, constants, subqueries. Two conditions
are one when the skeletons are equal and each leaf fits its partner.

What PostgreSQL does to a condition before it prints it: casts constants and compared text, folds expressions of
constants, writes ``IN (1, 2)`` as ``= ANY ('{1,2}')`` and BETWEEN as two comparisons, pushes NOT inwards, drops ``=
true``. MySQL keeps IN and BETWEEN, and prints ``count(*)`` as ``count(0)``.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple, TypeAlias

from advisor.graphs.names import Node
from advisor.graphs.nodes import AGGREGATES
from advisor.model.engine import EngineName, dialect_of
from advisor.plans.links.constants import Constant, array, element_kind, literal, same


class ColumnLeaf(NamedTuple):
    """A column. ``refs``: the references of the query that may be meant; None: any."""

    name: str
    refs: frozenset[int] | None


class ListLeaf(NamedTuple):
    """The constants of an IN; None: not in the text."""

    values: tuple[Constant, ...] | None


class QueryLeaf(NamedTuple):
    """A subquery or subplan, by the tables it reads; None: not told."""

    tables: frozenset[str] | None


Leaf: TypeAlias = "ColumnLeaf | ListLeaf | QueryLeaf | Constant"


class Form(NamedTuple):
    """See above. ``fixed``: it is about columns, aggregates or subqueries, not constants alone."""

    skeleton: str
    leaves: tuple[Leaf, ...]
    fixed: bool = True
    casts: int = 0
    """Casts, to anything but text, of what is no constant."""
    text_casts: int = 0
    """Casts to text of what is no constant. PostgreSQL adds such, but takes none away."""
    joined: tuple[str, tuple[Form, ...]] | None = None
    """The operands, where it is an AND or OR."""


#: What a column is: a leaf, or the expression that a derived table gives under that name, with its own resolver.
Resolver: TypeAlias = Callable[[Node], "ColumnLeaf | tuple[Node, Resolver]"]

_COMPARED = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_COMPARED |= {"NullSafeEQ": "same", "NullSafeNEQ": "notsame"}
_NEGATED = {"=": "<>", "<>": "=", "<": ">=", "<=": ">", ">": "<=", ">=": "<", "same": "notsame", "notsame": "same"}
_TURNED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}
_MATCHED = {"Like": "like", "ILike": "ilike", "SimilarTo": "~", "RegexpLike": "~", "RegexpILike": "~*"}
_CONDITIONS = frozenset(
    {*_COMPARED, *_MATCHED, "Operator", "And", "Or", "Not", "Is", "In", "Between", "Exists", "Escape"}
)
_QUERIES = frozenset({"Subquery", "Select", "Union", "Intersect", "Except", "Values"})
_JSON = frozenset({"JSONExtract", "JSONExtractScalar", "JSONBExtract", "JSONBExtractScalar"})
_TEXT = frozenset({"text", "varchar", "char", "bpchar", "name", "userdefined"})
_NOW = frozenset({"now", "current_timestamp", "transaction_timestamp"})
_DEPTH = 150


class TooDeep(Exception):  # noqa: N818 - no error of anybody's: such a condition is not compared
    """The condition is nested deeper than we follow."""


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
            return _joined("and" if (cls == "And") is not negated else "or", parts)
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
                    _joined("and", [self._compared(">=", tested, one), self._compared("<=", tested, other)])
                    for one, other in ((low, high), (high, low))
                ]
                whole = _joined("or", either)
                return _call("is", [whole], True) if negated else whole
            return _joined(
                "or" if negated else "and",
                [
                    self._compared("<" if negated else ">=", tested, low),
                    self._compared(">" if negated else "<=", tested, high),
                ],
            )
        if cls == "Escape":
            return self._escape(node, negated)
        if cls == "SimilarTo":  # printed as the regular expression that it becomes
            return _call("~", [self.value(node.this), _constant(Constant(None, "", "similar"))], negated)
        if cls == "Operator":
            word = str(node.args.get("operator")).rpartition(".")[2]
            if word in _NEGATED:
                word = _NEGATED[word] if negated else word
                return self._compared(word, self.value(node.this), self.value(node.expression))
        if cls in _MATCHED:
            return _call(_MATCHED[cls], [self.value(node.this), self.value(node.expression)], negated)
        if cls == "Exists":
            self.tested = True
            query = Form("query", (QueryLeaf(self.tables(node)),))
            return _call("exists", [query], negated) if not self.bare else _call("is", [query], negated)
        if cls in ("Any", "All") and type(node.this).__name__ in ("Paren", *_CONDITIONS):
            return self.condition(node.this, negated)
        value = self.value(node)
        if self.mysql and not value.skeleton.startswith("query"):
            return self._compared("=" if negated else "<>", value, _constant(Constant("0", "number")))
        return _call("is", [value], negated)

    def _escape(self, node: Node, negated: bool) -> Form:
        """LIKE with ESCAPE: PostgreSQL prints the pattern with a backslash instead."""
        sign, pattern = literal(node.expression), literal(getattr(node.this, "expression", None))
        if self.engine == "postgresql" and sign is not None and pattern is not None and pattern.text and sign.text:
            return self._like(node.this, _constant(Constant(pattern.text.replace(sign.text, "\\"), "text")), negated)
        return _call("escape", [self.condition(node.this, negated), self.value(node.expression)])

    def _like(self, node: Node, pattern: Form, negated: bool) -> Form:
        negated ^= bool(node.args.get("negate"))
        return _call(_MATCHED.get(type(node).__name__, "like"), [self.value(node.this), pattern], negated)

    def _comparison(self, node: Node, operator: str, negated: bool) -> Form:
        left, right = unwrapped(node.this), unwrapped(node.expression)
        if negated:
            operator = _NEGATED[operator]
        rows = _row(left), _row(right)
        if rows[0] and rows[1] and len(rows[0]) == len(rows[1]) and operator in ("=", "<>"):
            pairs = zip(rows[0], rows[1], strict=True)
            parts = [self._compared(operator, self.value(one), self.value(other)) for one, other in pairs]
            return _joined("and" if operator == "=" else "or", parts)
        quantified = _quantified(right)
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
        return self._compared(operator, self.value(left), self.value(right))

    def _compared(self, operator: str, left: Form, right: Form) -> Form:
        swap = not left.fixed and right.fixed
        if left.fixed and right.fixed:
            swap = left.skeleton > right.skeleton
            if left.skeleton == right.skeleton:
                self.tied = True
                swap = self.turned
        if swap:
            left, right, operator = right, left, _TURNED.get(operator, operator)
        if self.engine == "sqlite" and operator in ("<=", ">="):
            operator = operator[0]  # EXPLAIN QUERY PLAN prints a>? for both
        if operator == "same" and self.mysql and not right.fixed and _only_constant(right).kind != "null":
            operator = "="  # MariaDB prints <=> for the = that a NOT made of <>
        return _call(operator, [left, right])

    def _is(self, node: Node, negated: bool) -> Form:
        right = unwrapped(node.expression)
        cls = type(right).__name__
        if cls == "Null":
            return _call("notnull" if negated else "isnull", [self.value(node.this)])
        if cls == "Boolean":
            tested = unwrapped(node.this)
            inner = self.condition(tested) if type(tested).__name__ in _CONDITIONS else self.value(tested)
            return _call(f"is{str(bool(right.this)).lower()}", [inner], negated)
        return self._compared("notsame" if negated else "same", self.value(node.this), self.value(right))

    def _in(self, node: Node, negated: bool) -> Form:
        operator, word = ("<>", "all") if negated else ("=", "any")
        for name in ("query", "unnest", "field"):
            inner = node.args.get(name)
            if inner is not None:
                return self._listed(unwrapped(node.this), unwrapped(inner), operator, word)
        tested = unwrapped(node.this)
        row = _row(tested)
        if row:
            arms = []
            for item in node.expressions:
                members = _row(unwrapped(item)) or []
                if len(members) != len(row):
                    return _call("in row", [self.value(tested)], negated)
                arms.append(
                    _joined(
                        "or" if negated else "and",
                        [
                            self._compared(operator, self.value(one), self.value(other))
                            for one, other in zip(row, members, strict=True)
                        ],
                    )
                )
            return _joined("and" if negated else "or", arms)
        return self._members(self.value(tested), node.expressions, operator, word)

    def _listed(self, tested: Node, inner: Node, operator: str, word: str) -> Form:
        """``tested = ANY (inner)`` and its like."""
        row = _row(tested)
        if type(inner).__name__ in _QUERIES:
            self.tested = True
            query = Form("query", (QueryLeaf(self.tables(inner)),))
            if self.bare:
                return _call("is", [query], operator == "<>" and word == "all")
            values = [self.value(part) for part in row] if row else [self.value(tested)]
            return _call(f"{operator} {word}", [*values, query])
        value = self.value(tested)
        if type(inner).__name__ in ("Array", "Tuple"):
            return self._members(value, inner.expressions, operator, word)
        whole = literal(inner)
        if whole is not None and whole.text is not None:
            kind = _array_kind(inner)
            elements = array(whole.text)
            if elements is not None:
                constants = tuple(Constant(t, kind) if t is not None else Constant("", "null") for t in elements)
                return _list_form(operator, word, value, constants)
        other = self.value(inner)
        if not other.fixed:  # a parameter, or what folds to an array
            return _list_form(operator, word, value, None)
        return _call(f"{operator} {word}", [value, other])

    def _members(self, tested: Form, nodes: list[Node], operator: str, word: str) -> Form:
        members = [self.value(node) for node in nodes]
        if all(not member.fixed for member in members):
            constants = [_only_constant(member) for member in members]
            unknown = len(constants) == 1 and constants[0].text is None
            if not unknown:
                return _list_form(operator, word, tested, tuple(constants))
            return _list_form(operator, word, tested, None)
        if word == "any" and operator == "=":
            return _joined("or", [self._compared(operator, tested, member) for member in members])
        return _call(f"{operator} {word}", [tested, *sorted(members, key=lambda form: form.skeleton)])

    def parts(self, node: Node, negated: bool = False) -> list[Form]:
        """The conditions that a server may make of one, all of which must hold."""
        node, negated = _denied(node, negated)
        cls = type(node).__name__
        if (cls, negated) in (("And", False), ("Or", True)):
            return [form for part in operands(node) for form in self.parts(part, negated)]
        if cls == "Between" and not negated and not node.args.get("negate") and not node.args.get("symmetric"):
            tested, low, high = (self.value(node.args[name]) for name in ("this", "low", "high"))
            halves = [self._compared(">=", tested, low), self._compared("<=", tested, high)]
            return [*halves, _joined("and", list(halves))]
        if cls == "EQ" and not negated:
            rows = _row(unwrapped(node.this)), _row(unwrapped(node.expression))
            if rows[0] and rows[1] and len(rows[0]) == len(rows[1]):
                pairs = zip(rows[0], rows[1], strict=True)
                return [self._compared("=", self.value(one), self.value(other)) for one, other in pairs]
        return [self.condition(node, negated)]

    def semi_join(self, node: Node) -> list[Form]:
        """``a IN (SELECT b ..)`` as the comparisons of a join: ``a = b``."""
        node, negated = _denied(node, False)
        query: Node = None
        tested: Node = None
        if type(node).__name__ == "In" and not negated and not node.args.get("negate"):
            query, tested = node.args.get("query"), node.this
        elif type(node).__name__ == "EQ" and not negated:
            quantified = _quantified(unwrapped(node.expression))
            if quantified is not None and quantified[0] == "any":
                query, tested = quantified[1], node.this
        while type(query).__name__ in ("Subquery", "Paren"):
            query = query.this
        if type(query).__name__ != "Select":
            return []
        outer = _row(unwrapped(tested)) or [tested]
        inner = [item.this if type(item).__name__ == "Alias" else item for item in query.expressions]
        if len(outer) != len(inner):
            return []
        pairs = zip(outer, inner, strict=True)
        return [self._compared("=", self.value(one), self.value(other)) for one, other in pairs]

    def prefix(self, node: Node) -> list[Form]:
        """``a LIKE 'abc%'`` as the range of an index: ``a >= 'abc' AND a < 'abd'``."""
        node, negated = _denied(node, False)
        if type(node).__name__ not in ("Like", "Glob") or negated or node.args.get("negate"):
            return []
        pattern = literal(node.expression)
        tested = self.value(node.this)
        if pattern is None or not tested.fixed:
            return []
        if pattern.text is None or "\\" in pattern.text:
            unknown = _constant(Constant(None))
            plain = [self._compared(operator, tested, unknown) for operator in ("=", ">=", "<")]
            return plain + [pattern_range(form) for form in plain]
        head = re.split(r"[%_*?\[]" if type(node).__name__ == "Glob" else r"[%_]", pattern.text, maxsplit=1)[0]
        if not head:
            return []
        if head == pattern.text:
            return [self._compared("=", tested, _constant(Constant(head, "text")))]
        if ord(head[-1]) >= 0x10FFFE or 0xD7FE <= ord(head[-1]) <= 0xDFFF:
            return []
        after = head[:-1] + chr(ord(head[-1]) + 1)
        bounds = ((">=", head), ("<", after)) if self.engine != "sqlite" else ((">", head), ("<", after))
        plain = [self._compared(operator, tested, _constant(Constant(text, "text"))) for operator, text in bounds]
        return plain + [pattern_range(form) for form in plain]

    def single(self, node: Node) -> list[Form]:
        """``a IN (?)`` may have been a list of one: ``a = ?``."""
        node, negated = _denied(node, False)
        if type(node).__name__ != "In" or len(node.expressions) != 1:
            return []
        member, tested = self.value(node.expressions[0]), self.value(node.this)
        if member.fixed or not tested.fixed or _only_constant(member).text is not None:
            return []
        negated ^= bool(node.args.get("negate"))
        return [self._compared("<>" if negated else "=", tested, member)]

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
            return _constant(constant)
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
                return _folded(f"cast {inner.skeleton}", [inner])
            target = node.args.get("to")
            name = str(getattr(getattr(target, "this", None), "name", "")).lower()
            if name in _TEXT:
                return inner._replace(text_casts=inner.text_casts + 1)
            return inner._replace(casts=inner.casts + 1)
        if cls in ("Date", "TsOrDsToDate") and len(list(node.iter_expressions())) == 1:
            inner = self.value(node.this)
            return inner._replace(casts=inner.casts + 1) if inner.fixed else _folded("date", [inner])
        if cls == "Collate":
            return self.value(node.this)
        if cls in _QUERIES:
            return Form("query", (QueryLeaf(self.tables(node)),))
        if cls in ("JSONPath", "JSONPathRoot"):
            return _constant(_path(node))
        if cls in _JSON:
            parts = [self.value(node.this), self.value(node.expression)]
            return self._whole(cls.lower(), parts, node)
        if cls == "Window":
            return _call("over", [self.value(node.this)])  # EXPLAIN says no more of it
        if cls == "Count" and type(node.this).__name__ in ("Star", "Literal", "NoneType"):
            return Form("count(*)", ())
        name = _function(node, cls)
        if name in _NOW or cls == "CurrentTimestamp":
            return _constant(Constant(None, "", "now"))
        if name == "timezone" and len(node.expressions) == 2:
            return self._whole("attimezone", [self.value(part) for part in reversed(node.expressions)], node)
        if cls == "Dot" and type(node.expression).__name__ in ("Anonymous", "Func") and not _columned(node.this):
            return self.value(node.expression)
        return self._whole(name, self._children(node), node)

    def _children(self, node: Node) -> list[Form]:
        found: list[Form] = []
        for name in sorted(node.args):
            held = node.args[name]
            if name == "this" and type(node).__name__ == "Anonymous":
                continue
            if name == "default" and type(node).__name__ == "Case" and _is_null(held):
                continue
            for child in held if isinstance(held, list) else (held,):
                if not hasattr(child, "args"):
                    continue
                cls = type(child).__name__
                if cls in ("Identifier", "Var", "DataType", "DataTypeParam"):
                    found.append(_constant(Constant(str(child.name or child.sql()).lower(), "name")))
                elif name != "with_":
                    found.append(self.value(child))
        return found

    def _whole(self, name: str, parts: list[Form], node: Node) -> Form:
        if any(part.fixed for part in parts) or _aggregate(node):
            return _call(name, parts)
        return _folded(name, parts)


# ---------------------------------------------------------------------- comparing
class Fit(NamedTuple):
    """How well two forms agree."""

    equal: int
    """Constants known to be equal."""
    open: int
    """Constants that cannot be compared."""
    refs: int
    """Columns whose reference is certain."""
    loose: int
    """Columns of which only the name is known."""


def same_reference(one: ColumnLeaf, other: ColumnLeaf) -> bool:
    """Whether two columns of one name may be of one relation."""
    return one.refs is None or other.refs is None or bool(one.refs & other.refs)


def fit(plan: Form, query: Form, meet: Callable[[ColumnLeaf, ColumnLeaf], bool] = same_reference) -> Fit | None:
    """Whether the leaves of two forms with one skeleton agree; None when some do not. ``meet``: when columns do."""
    if len(plan.leaves) != len(query.leaves):
        return None
    equal = unknown = refs = loose = 0
    for one, other in zip(plan.leaves, query.leaves, strict=True):
        if isinstance(one, ColumnLeaf) and isinstance(other, ColumnLeaf):
            if not meet(one, other):
                return None
            refs += one.refs is not None and len(one.refs) == 1
            loose += one.refs is None or other.refs is None
            continue
        if isinstance(one, QueryLeaf) and isinstance(other, QueryLeaf):
            if one.tables is not None and other.tables is not None:
                if one.tables and other.tables and not one.tables & other.tables:
                    return None
                equal += one.tables == other.tables
            continue
        if isinstance(one, ListLeaf) and isinstance(other, ListLeaf):
            agreed = _same_list(one, other)
        elif isinstance(one, Constant) and isinstance(other, Constant):
            agreed = same(one, other)
        else:
            return None
        if agreed is False:
            return None
        equal += agreed is True
        unknown += agreed is None
    return Fit(equal, unknown, refs, loose)


def similar(plan: Form, query: Form, meet: Callable[[ColumnLeaf, ColumnLeaf], bool]) -> bool:
    """Whether the columns of two forms with one skeleton agree, whatever the constants."""
    return len(plan.leaves) == len(query.leaves) and all(
        meet(one, other)
        for one, other in zip(plan.leaves, query.leaves, strict=True)
        if isinstance(one, ColumnLeaf) and isinstance(other, ColumnLeaf)
    )


def _same_list(one: ListLeaf, other: ListLeaf) -> bool | None:
    if one.values is None or other.values is None:
        return None
    if any(not value.known for value in (*one.values, *other.values)):
        if len(one.values) != len(other.values):
            return False
        agreements = [same(a, b) for a, b in zip(one.values, other.values, strict=True)]
        return True if all(agreements) else None
    if len(one.values) > 2000 or len(other.values) > 2000:  # compared in order, not each with each
        return len(one.values) == len(other.values) and all(
            same(a, b) is not False for a, b in zip(one.values, other.values, strict=True)
        )
    left, right = list(one.values), list(other.values)
    texts = {value.text for value in right}
    missing = [value for value in left if value.text not in texts]
    if len(missing) > 50:
        missing = missing[:50]
    verdicts = [_among(value, right) for value in missing]
    if False in verdicts:
        return False
    texts = {value.text for value in left}
    verdicts += [_among(value, left) for value in [value for value in right if value.text not in texts][:50]]
    return False if False in verdicts else None if None in verdicts else True


def _among(value: Constant, others: list[Constant]) -> bool | None:
    verdicts = [same(value, other) for other in others]
    return True if True in verdicts else None if None in verdicts else False


# ---------------------------------------------------------------------- parts
def operands(node: Node) -> list[Node]:
    """Operands of a chain of one connective, left to right, parentheses around the same connective looked through."""
    kind = type(node)
    found: list[Node] = []
    stack = [node]
    while stack:
        current = stack.pop()
        bare = unwrapped(current)
        if type(bare) is kind:
            stack.extend((bare.expression, bare.this))
        else:
            found.append(current)
    return found


def _denied(node: Node, negated: bool) -> tuple[Node, bool]:
    while type(node).__name__ in ("Paren", "Not"):
        negated ^= type(node).__name__ == "Not"
        node = node.this
    return node, negated


def pattern_range(form: Form) -> Form:
    """``a ~>=~ 'abc'``: nobody writes it, PostgreSQL makes it of a pattern."""
    return form._replace(skeleton=f"pattern{form.skeleton}")


def opened(form: Form) -> list[Form]:
    """What SQLite prints for an equality or IN: ``a=?`` for any value, another table's column too."""
    last = form.leaves[-1] if form.leaves else None
    if isinstance(last, ListLeaf) and form.skeleton.endswith(",[?])") and form.skeleton.startswith("=("):
        return [Form(f"{form.skeleton[:-5]},?)", (*form.leaves[:-1], Constant(None)))]
    if len(form.leaves) == 2 and isinstance(form.leaves[0], ColumnLeaf) and isinstance(last, ColumnLeaf):
        name = form.skeleton.partition("(")[0]
        if form.skeleton == f"{name}(c:{form.leaves[0].name},c:{last.name})":
            turned = _TURNED.get(name, name)
            return [
                Form(f"{word}(c:{side.name},?)", (side, Constant(None)))
                for word, side in ((name, form.leaves[0]), (turned, last))
            ]
    return []


def unwrapped(node: Node) -> Node:
    """The expression without enclosing parentheses."""
    while type(node).__name__ == "Paren" or (
        type(node).__name__ == "Subquery" and type(node.this).__name__ == "Subquery" and not node.args.get("alias")
    ):
        node = node.this
    return node


def _joined(word: str, parts: list[Form]) -> Form:
    if len(parts) == 1:
        return parts[0]
    merged = _merged(parts) if word == "or" else None
    if merged is not None:
        return merged
    flat: list[Form] = []
    for part in parts:
        flat.extend(part.joined[1] if part.joined is not None and part.joined[0] == word else (part,))
    flat.sort(key=lambda form: form.skeleton)
    return _call(word, flat)._replace(joined=(word, tuple(flat)))


def _merged(parts: list[Form]) -> Form | None:
    """``a = 1 OR a = 2`` is ``a IN (1, 2)``."""
    values: list[Constant] = []
    tested: tuple[Leaf, ...] | None = None
    skeleton = ""
    for part in parts:
        if not part.skeleton.startswith("=(") or not part.skeleton.endswith((",?)", ",[?])")):
            return None
        listed = part.skeleton.endswith(",[?])")
        head = part.skeleton[: -5 if listed else -3]
        if tested is None:
            tested, skeleton = part.leaves[:-1], head
        elif tested != part.leaves[:-1] or head != skeleton:
            return None
        last = part.leaves[-1]
        if isinstance(last, ListLeaf) and last.values is not None:
            values.extend(last.values)
        elif isinstance(last, Constant):
            values.append(last)
        else:
            return None
    if tested is None:
        return None
    return Form(f"{skeleton},[?])", (*tested, ListLeaf(tuple(values))), True, sum(part.casts for part in parts))


def _list_form(operator: str, word: str, tested: Form, values: tuple[Constant, ...] | None) -> Form:
    if not tested.fixed:
        return _folded("in", [tested])
    plain = (operator, word) in (("=", "any"), ("<>", "all"))
    if plain and values is not None and len(values) == 1:
        return _call(operator, [tested, _constant(values[0])])
    name = operator if plain else f"{operator} {word} "
    return Form(f"{name}({tested.skeleton},[?])", (*tested.leaves, ListLeaf(values)), True, tested.casts)


def _call(name: str, parts: list[Form], negated: bool = False) -> Form:
    skeleton = f"{name}({','.join(part.skeleton for part in parts)})"
    if len(skeleton) > 100_000:
        raise TooDeep
    leaves = tuple(leaf for part in parts for leaf in part.leaves)
    fixed = any(part.fixed for part in parts) or not parts
    casts, texts = sum(part.casts for part in parts), sum(part.text_casts for part in parts)
    return Form(f"not({skeleton})" if negated else skeleton, leaves, fixed, casts, texts)


def _constant(constant: Constant) -> Form:
    return Form("?", (constant,), False)


def _only_constant(form: Form) -> Constant:
    leaf = form.leaves[0] if form.leaves else None
    return leaf if isinstance(leaf, Constant) else Constant(None)


def _folded(name: str, parts: list[Form]) -> Form:
    """An expression of constants: the server may have computed it."""
    spelled = ",".join(
        f"{leaf.text!r}" if leaf.text is not None else leaf.spelling
        for part in parts
        for leaf in part.leaves
        if isinstance(leaf, Constant)
    )
    return _constant(Constant(None, "", f"{name}({spelled})"[:2000]))


def _row(node: Node) -> list[Node] | None:
    if type(node).__name__ == "Tuple" or (type(node).__name__ == "Anonymous" and str(node.this).lower() == "row"):
        return list(node.expressions)
    return None


def _quantified(node: Node) -> tuple[str, Node] | None:
    cls = type(node).__name__
    if cls in ("Any", "All"):
        return cls.lower(), unwrapped(node.this)
    if cls == "Anonymous" and str(node.this).lower() in ("any", "all", "some") and len(node.expressions) == 1:
        return "all" if str(node.this).lower() == "all" else "any", unwrapped(node.expressions[0])
    return None


def _array_kind(node: Node) -> str:
    while type(node).__name__ == "Paren":
        node = node.this
    return element_kind(node.args.get("to")) if type(node).__name__ in ("Cast", "TryCast") else ""


def _is_null(node: Node) -> bool:
    while type(node).__name__ in ("Cast", "Paren"):
        node = node.this
    return type(node).__name__ == "Null"


def _function(node: Node, cls: str) -> str:
    if cls == "Tuple":
        return "row"
    if cls != "Anonymous":
        return cls.lower()
    name = str(getattr(node.this, "name", node.this)).lower()
    return {"btrim": "trim", "char_length": "length", "character_length": "length"}.get(name, name)


def _aggregate(node: Node) -> bool:
    cls = type(node)
    if any(base.__name__ == "AggFunc" for base in cls.__mro__):
        return True
    return cls.__name__ == "Window" or (cls.__name__ == "Anonymous" and _function(node, "Anonymous") in AGGREGATES)


def _columned(node: Node) -> bool:
    return type(node).__name__ in ("Column", "Paren", "Dot", "Bracket")


def _path(node: Node) -> Constant:
    """The key of ``a -> 'key'``, which sqlglot takes for a path."""
    steps = [step for step in getattr(node, "expressions", []) or [] if type(step).__name__ != "JSONPathRoot"]
    if len(steps) == 1 and type(steps[0]).__name__ in ("JSONPathKey", "JSONPathSubscript"):
        return Constant(str(steps[0].this), "text")
    return Constant(None, "", "path" + ".".join(str(getattr(step, "this", "")) for step in steps))
