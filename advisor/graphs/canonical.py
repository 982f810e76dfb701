"""One text for the spellings of an expression, and whether one condition entails another.

An index on ``lower((email)::text)`` serves ``LOWER(c.email) = ?``: to see that, both are parsed and printed
in one form. Entailment is conservative: what is not shown to follow does not follow.
"""

from __future__ import annotations

import re
from functools import lru_cache

from advisor.graphs.names import Node
from advisor.graphs.parse import check_size, dialect
from advisor.model.engine import EngineName

_BLANKS = re.compile(r"\s+")


@lru_cache(maxsize=8192)
def canonical(expression: str, engine: EngineName) -> str:
    """An expression without qualifiers, redundant parentheses, letter case, and casts between text types.

    >>> canonical("lower((c.email)::text)", "postgresql")
    'lower(email)'
    """
    tree = _tree(expression, engine)
    if tree is None:
        return _BLANKS.sub(" ", expression).strip().lower()
    text = _print(tree, engine)
    again = _tree(text, engine)  # what a cast hid from the parser (date_trunc's unit) it sees now
    return text if again is None else _print(again, engine)


def implied(index_predicate: str, conditions: tuple[str, ...], engine: EngineName) -> bool:
    """Whether AND-ed conditions entail a partial index's predicate, by identity or plain entailment of one column.

    >>> implied("deleted_at IS NULL", ("o.deleted_at is null", "o.id = 7"), "postgresql")
    True
    >>> implied("total > 10", ("total > 20",), "postgresql"), implied("total > 10", ("total > $1",), "postgresql")
    (True, False)
    """
    return _implied(index_predicate, conditions, engine)


@lru_cache(maxsize=8192)
def _implied(index_predicate: str, conditions: tuple[str, ...], engine: EngineName) -> bool:
    wanted = _tree(index_predicate, engine)
    if wanted is None:
        return False
    given = [part for text in conditions if (tree := _tree(text, engine)) is not None for part in _parts(tree)]
    return all(_follows(part, given, engine) for part in _parts(wanted))


def _tree(expression: str, engine: EngineName) -> Node | None:
    import sqlglot
    from sqlglot import exp

    from advisor.graphs.graph import NotAnalysed

    try:
        check_size(expression)
        select = sqlglot.parse_one(f"SELECT 1 WHERE {expression}", read=dialect(engine))
        where = select.args.get("where")
        if where is None or not isinstance(select, exp.Select) or len(select.args.get("expressions") or []) != 1:
            return None
        return _simplify(where.this)
    except (NotAnalysed, RecursionError):
        return None
    except Exception:
        return None


def _simplify(node: Node) -> Node:
    return _rebuilt(node.copy())


def _rebuilt(part: Node) -> Node:
    from sqlglot import exp

    outer = part.parent
    while True:
        if isinstance(part, exp.Paren) and _needless(part.this, outer):
            part = part.this
            continue
        if isinstance(part, exp.Cast):
            inner = part.this.unnest()
            # A constant takes the type of what it is compared with; pg_dump prints that type, people do not.
            constant = isinstance(inner, (exp.Literal, exp.Null))
            if constant or (_is_text(part.args["to"]) and (isinstance(inner, exp.Column) or _gives_text(inner))):
                part = inner
                continue
        break
    if isinstance(part, exp.Column):
        return exp.column(exp.to_identifier(part.name.lower()))
    if isinstance(part, exp.Anonymous):
        part.set("this", str(part.this).lower())
    for child in list(part.iter_expressions()):
        new = _rebuilt(child)
        if new is not child:
            child.replace(new)
    return part


def _needless(inner: Node, outer: Node | None) -> bool:
    """Whether parentheses around ``inner`` can go without changing what the printed text means."""
    from sqlglot import exp

    compared = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE)
    if outer is None or isinstance(outer, (exp.Where, exp.Paren)) or not isinstance(inner, (exp.Binary, exp.Unary)):
        return not isinstance(inner, (exp.Between, exp.In)) or not isinstance(outer, exp.Binary)
    if isinstance(inner, exp.Paren):
        return True
    if isinstance(inner, (*compared, exp.Is, exp.Like, exp.ILike)):
        return isinstance(outer, exp.Connector)
    if isinstance(inner, (exp.JSONExtract, exp.JSONExtractScalar)):
        return isinstance(outer, (compared, exp.Func))
    return isinstance(outer, exp.Func) and not isinstance(outer, (exp.Binary, exp.Connector))


def _gives_text(node: Node) -> bool:
    return type(node).__name__ in (
        "Lower",
        "Upper",
        "Substring",
        "Trim",
        "Concat",
        "DPipe",
        "JSONExtractScalar",
        "Left",
        "Right",
    )


def _is_text(data_type: Node) -> bool:
    return getattr(data_type.this, "name", "") in ("TEXT", "VARCHAR", "CHAR", "BPCHAR")


def _print(node: Node, engine: EngineName) -> str:
    text: str = node.sql(dialect(engine), comments=False, normalize_functions="lower")
    return _fold(text)


_QUOTED = re.compile(r"('[^']*+(?>(?:''[^']*+)*)')")


def _fold(text: str) -> str:
    """Lower case outside of string literals."""
    return "".join(part if part.startswith("'") else part.lower() for part in _QUOTED.split(text))


def _parts(node: Node) -> list[Node]:
    from sqlglot import exp

    parts, stack = [], [node]
    while stack:
        current = stack.pop()
        while isinstance(current, exp.Paren):
            current = current.this
        if isinstance(current, exp.And):
            stack.extend((current.expression, current.this))
        else:
            parts.append(current)
    return parts


def _follows(wanted: Node, given: list[Node], engine: EngineName) -> bool:
    from sqlglot import exp

    text = _print(wanted, engine)
    if any(_print(part, engine) == text for part in given):
        return True
    truth = _truth(wanted)
    if truth is not None:
        return any(_truth(part) == truth for part in given)
    subject = _not_null_subject(wanted)
    if subject is not None:
        return any(_rejects_null(part, subject) for part in given)
    wanted_range = _comparison(wanted)
    wanted_values = _values(wanted)
    for part in given:
        have = _values(part)
        if (
            have is not None
            and wanted_values is not None
            and have[0] == wanted_values[0]
            and have[1] <= wanted_values[1]
        ):
            return True
        if wanted_range is None:
            continue
        if (
            have is not None
            and have[0] == wanted_range[0]
            and all(_holds(value, wanted_range[1], wanted_range[2]) for value in have[1])
        ):
            return True
        bound = _comparison(part)
        if bound is not None and bound[0] == wanted_range[0] and _tighter(bound, wanted_range):
            return True
        if isinstance(part, exp.Between) and isinstance(part.this, exp.Column) and part.this.name == wanted_range[0]:
            for operator, side in ((">=", part.args["low"]), ("<=", part.args["high"])):
                number = _constant(side)
                if number is not None and _tighter((wanted_range[0], operator, number), wanted_range):
                    return True
    return False


def _truth(node: Node) -> tuple[str, bool] | None:
    """``flag``, ``flag = true``, ``flag IS TRUE``, ``NOT flag``: the column and the value it must have."""
    from sqlglot import exp

    if isinstance(node, exp.Column):
        return node.name, True
    if isinstance(node, exp.Not):
        inner = node.this.unnest()
        return (inner.name, False) if isinstance(inner, exp.Column) else None
    if (
        isinstance(node, (exp.EQ, exp.Is))
        and isinstance(node.this, exp.Column)
        and isinstance(node.expression, exp.Boolean)
    ):
        return node.this.name, bool(node.expression.this)
    return None


def _not_null_subject(node: Node) -> str | None:
    from sqlglot import exp

    negated = bool(node.args.get("negate"))
    if isinstance(node, exp.Not):
        node, negated = node.this.unnest(), True
    if (
        negated
        and isinstance(node, exp.Is)
        and isinstance(node.expression, exp.Null)
        and isinstance(node.this, exp.Column)
    ):
        return str(node.this.name)
    return None


def _rejects_null(node: Node, column: str) -> bool:
    """The condition is not true when the column is NULL: a strict operator with the bare column on one side."""
    from sqlglot import exp

    strict = (exp.EQ, exp.NEQ, exp.LT, exp.LTE, exp.GT, exp.GTE, exp.Like, exp.ILike, exp.Between, exp.In)
    if not isinstance(node, strict) or (
        isinstance(node, exp.In) and node.args.get("query") is None and not node.expressions
    ):
        return False
    sides = [node.this] + ([node.expression] if not isinstance(node, (exp.Between, exp.In)) else [])
    return any(isinstance(side, exp.Column) and side.name == column for side in sides)


def _constant(node: Node) -> float | str | None:
    from sqlglot import exp

    node = node.unnest()
    if isinstance(node, exp.Cast):
        node = node.this.unnest()
    if isinstance(node, exp.Neg):
        inner = _constant(node.this)
        return -inner if isinstance(inner, float) else None
    if isinstance(node, exp.Literal):
        if node.is_string:
            return str(node.name)
        try:
            return float(node.name)
        except ValueError:
            return None
    return None


def _comparison(node: Node) -> tuple[str, str, float | str] | None:
    from sqlglot import exp

    operators = {exp.LT: "<", exp.LTE: "<=", exp.GT: ">", exp.GTE: ">=", exp.NEQ: "<>"}
    operator = operators.get(type(node))
    if operator is None:
        return None
    left, right = node.this, node.expression
    if not isinstance(left, exp.Column):
        left, right = right, left
        operator = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}.get(operator, operator)
    value = _constant(right)
    return (str(left.name), operator, value) if isinstance(left, exp.Column) and value is not None else None


def _values(node: Node) -> tuple[str, frozenset[float | str]] | None:
    """The finite set of constants that a condition allows."""
    from sqlglot import exp

    if isinstance(node, exp.EQ):
        for left, right in ((node.this, node.expression), (node.expression, node.this)):
            value = _constant(right)
            if isinstance(left, exp.Column) and value is not None:
                return str(left.name), frozenset({value})
            if (
                isinstance(left, exp.Column)
                and isinstance(right, exp.Any)
                and isinstance(right.this.unnest(), exp.Array)
            ):
                items = [_constant(item) for item in right.this.unnest().expressions]
                if items and all(item is not None for item in items):
                    return str(left.name), frozenset(item for item in items if item is not None)
    if isinstance(node, exp.In) and isinstance(node.this, exp.Column) and node.expressions:
        items = [_constant(item) for item in node.expressions]
        if all(item is not None for item in items):
            return str(node.this.name), frozenset(item for item in items if item is not None)
    return None


def _holds(value: float | str, operator: str, bound: float | str) -> bool:
    if isinstance(value, str) or isinstance(bound, str):
        return operator == "<>" and isinstance(value, str) and isinstance(bound, str) and value != bound
    return {"<": value < bound, "<=": value <= bound, ">": value > bound, ">=": value >= bound, "<>": value != bound}[
        operator
    ]


def _tighter(have: tuple[str, str, float | str], wanted: tuple[str, str, float | str]) -> bool:
    """``x > 20`` entails ``x > 10``. Numbers only: the order of texts depends on the collation."""
    _, operator, value = have
    _, target, bound = wanted
    if isinstance(value, str) or isinstance(bound, str):
        return False
    if target in (">", ">="):
        return operator in (">", ">=") and (
            value > bound or (value == bound and not (target == ">" and operator == ">="))
        )
    if target in ("<", "<="):
        return operator in ("<", "<=") and (
            value < bound or (value == bound and not (target == "<" and operator == "<="))
        )
    return False
