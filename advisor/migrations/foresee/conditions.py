"""A CHECK condition tried on one value of one column: true, false, NULL, or nobody can tell."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from advisor.catalog.types import facts
from advisor.migrations.foresee.values import UNCLEAR, Operator, Token, Unclear, Value, compare, read
from advisor.model.engine import EngineName

if TYPE_CHECKING:
    from sqlglot import exp

#: Of a text literal its token, as far as the snapshot has one.
TokenOf = Callable[[str], "str | None"]
Truth = bool | None | Unclear

_OPERATORS: dict[str, Operator] = {"EQ": "=", "NEQ": "<>", "LT": "<", "LTE": "<=", "GT": ">", "GTE": ">="}
_DEEPEST = 60


class Condition:
    """A condition's tree. Raises NotAnalysed for what cannot be read."""

    def __init__(self, text: str, engine: EngineName) -> None:
        from sqlglot import exp

        from advisor.graphs.graph import NotAnalysed
        from advisor.graphs.parse import parse

        tree = parse(f"SELECT 1 FROM t WHERE ({text})", engine)
        where = tree.args.get("where") if isinstance(tree, exp.Select) else None
        if where is None or (len(tree.args) and tree.args.get("limit") is not None):
            raise NotAnalysed("no condition")
        if not isinstance(where.this, exp.Paren):
            raise NotAnalysed("no condition")
        self.tree: Any = where.this
        self.engine = engine
        self.mysql = engine in ("mysql", "mariadb")

    @property
    def columns(self) -> tuple[str, ...]:
        """Names of the columns that it uses."""
        from sqlglot import exp

        return tuple(dict.fromkeys(one.name for one in self.tree.find_all(exp.Column)))

    def holds(self, column: str, value: Value, token_of: TokenOf = lambda _: None) -> Truth:
        """Its outcome for a row with this value in this column, whatever the other columns hold."""
        return _Trial(self, column.lower(), value, token_of).truth(self.tree, 0)


class _Trial:
    def __init__(self, condition: Condition, column: str, value: Value, token_of: TokenOf) -> None:
        self.engine = condition.engine
        self.mysql = condition.mysql
        self.column = column
        self.value = value
        self.token_of = token_of

    def truth(self, node: Any, depth: int) -> Truth:
        from sqlglot import exp

        if depth > _DEEPEST or not _whole(node):
            return UNCLEAR
        if isinstance(node, exp.Paren):
            return self.truth(node.this, depth + 1)
        if isinstance(node, exp.And):
            return _all([self.truth(one, depth + 1) for one in (node.this, node.expression)])
        if isinstance(node, exp.Or):
            return _not(_all([_not(self.truth(one, depth + 1)) for one in (node.this, node.expression)]))
        if isinstance(node, exp.Not):
            return _not(self.truth(node.this, depth + 1))
        if isinstance(node, exp.Is):
            return self._is(node, depth)
        if isinstance(node, exp.Between):
            value = self.term(node.this, depth)
            low, high = self.term(node.args["low"], depth), self.term(node.args["high"], depth)
            return _all([self._compared(value, ">=", low), self._compared(value, "<=", high)])
        if isinstance(node, exp.In):
            return self._among(self.term(node.this, depth), node.expressions, depth)
        if type(node).__name__ in _OPERATORS:
            return self._comparison(node, depth)
        if isinstance(node, exp.Boolean):
            return bool(node.this)
        if isinstance(node, exp.Column):
            value = self.term(node, depth)
            return value if isinstance(value, bool) or value is None else UNCLEAR
        return UNCLEAR

    def _is(self, node: Any, depth: int) -> Truth:
        from sqlglot import exp

        value = self.term(node.this, depth)
        if value is UNCLEAR:
            return UNCLEAR
        if isinstance(node.expression, exp.Null):
            return (value is None) != bool(node.args.get("negate"))
        return UNCLEAR

    def _comparison(self, node: Any, depth: int) -> Truth:
        from sqlglot import exp

        operator = _OPERATORS[type(node).__name__]
        if isinstance(node.expression, exp.Any) and operator == "=":
            listed = node.expression.this
            while isinstance(listed, exp.Paren | exp.Cast):
                listed = listed.this
            if isinstance(listed, exp.Array):
                return self._among(self.term(node.this, depth), listed.expressions, depth)
            return UNCLEAR
        return self._compared(self.term(node.this, depth), operator, self.term(node.expression, depth))

    def _among(self, value: Value | Unclear, listed: Sequence[Any], depth: int) -> Truth:
        if len(listed) > 1000:
            return UNCLEAR
        return _not(_all([_not(self._compared(value, "=", self.term(one, depth))) for one in listed]))

    def _compared(self, left: Value | Unclear, operator: Operator, right: Value | Unclear) -> Truth:
        if isinstance(left, Unclear) or isinstance(right, Unclear):
            return UNCLEAR
        if isinstance(right, Token) and not isinstance(left, Token):
            left, right = right, left
        if isinstance(left, Token):
            if not isinstance(right, str) or operator not in ("=", "<>"):
                return None if right is None else UNCLEAR
            equal = left.token in (right, self.token_of(right))
            if not equal and (self.mysql or right != right.rstrip()):
                return UNCLEAR
            return equal if operator == "=" else not equal
        return compare(left, operator, right, mysql=self.mysql)

    def term(self, node: Any, depth: int) -> Value | Unclear:
        from sqlglot import exp

        if depth > _DEEPEST or not _whole(node):
            return UNCLEAR
        if isinstance(node, exp.Paren):
            return self.term(node.this, depth + 1)
        if isinstance(node, exp.Column):
            return self.value if node.name.lower() == self.column else UNCLEAR
        if isinstance(node, exp.Literal):
            return str(node.this) if node.is_string else read(str(node.this), "decimal")
        if isinstance(node, exp.Neg):
            value = self.term(node.this, depth + 1)
            return -value if isinstance(value, Decimal) else UNCLEAR
        if isinstance(node, exp.Null):
            return None
        if isinstance(node, exp.Boolean):
            return Decimal(int(node.this)) if self.mysql else bool(node.this)
        if isinstance(node, exp.Cast) and type(node) is exp.Cast:
            return self._cast(node, depth)
        if isinstance(node, exp.Length):
            value = self.term(node.this, depth + 1)
            # LENGTH counts bytes on MySQL; of ASCII they are the same. character(n) is counted without its blanks.
            plain = isinstance(value, str) and (value.isascii() or not self.mysql) and value == value.rstrip(" ")
            return Decimal(len(value)) if isinstance(value, str) and plain else None if value is None else UNCLEAR
        return UNCLEAR

    def _cast(self, node: Any, depth: int) -> Value | Unclear:
        value = self.term(node.this, depth + 1)
        if value is None or isinstance(value, Unclear):
            return value
        family = facts(node.to.sql(), self.engine).family
        length = facts(node.to.sql(), self.engine).length
        if family == "string" and isinstance(value, str | Token) and length is None:
            return value
        if family in ("integer", "decimal") and isinstance(value, Decimal) and value == value.to_integral_value():
            return value if length is None else UNCLEAR
        if (
            isinstance(value, str)
            and _is_literal(node.this)
            and family in ("decimal", "integer", "boolean", "temporal")
        ):
            return read(value, family)
        return UNCLEAR


#: What of a node is read here, beside its operands.
_READ = {"Is": {"negate"}, "Between": {"low", "high"}, "In": {"expressions"}, "Cast": {"to"}, "Literal": {"is_string"}}
_OPERANDS = {"this", "expression"}


def _whole(node: Any) -> bool:
    """Nothing else is said at the node that would change its meaning. A qualified column is that of the table."""
    name = type(node).__name__
    if name == "Column":
        return True
    more = {key for key, value in node.args.items() if value not in (None, False, [])} - _OPERANDS
    return more <= _READ.get(name, set())


def _is_literal(node: exp.Expression) -> bool:
    from sqlglot import exp

    return isinstance(node, exp.Literal)


def _all(truths: Sequence[Truth]) -> Truth:
    """AND of SQL, where one that is not clear may be anything."""
    if any(one is False for one in truths):
        return False
    if any(one is UNCLEAR for one in truths):
        return UNCLEAR
    return None if any(one is None for one in truths) else True


def _not(truth: Truth) -> Truth:
    return truth if truth is None or isinstance(truth, Unclear) else not truth
