"""What a server may make of a condition before it prints it: conditions of joins, ranges of indexes, halves."""

from __future__ import annotations

import re

from advisor.graphs.names import Node
from advisor.plans.links.constants import Constant, literal
from advisor.plans.links.form import Form, joined, of_constant, only_constant, pattern_range
from advisor.plans.links.former import Former
from advisor.plans.links.syntax import denied, operands, quantifier, row_of, unwrapped


def parts(former: Former, node: Node, negated: bool = False) -> list[Form]:
    """The conditions that a server may make of one, all of which must hold."""
    node, negated = denied(node, negated)
    cls = type(node).__name__
    if (cls, negated) in (("And", False), ("Or", True)):
        return [form for part in operands(node) for form in parts(former, part, negated)]
    if cls == "Between" and not negated and not node.args.get("negate") and not node.args.get("symmetric"):
        tested, low, high = (former.value(node.args[name]) for name in ("this", "low", "high"))
        halves = [former.compared(">=", tested, low), former.compared("<=", tested, high)]
        return [*halves, joined("and", list(halves))]
    if cls == "EQ" and not negated:
        rows = row_of(unwrapped(node.this)), row_of(unwrapped(node.expression))
        if rows[0] and rows[1] and len(rows[0]) == len(rows[1]):
            pairs = zip(rows[0], rows[1], strict=True)
            return [former.compared("=", former.value(one), former.value(other)) for one, other in pairs]
    return [former.condition(node, negated)]


def semi_join(former: Former, node: Node) -> list[Form]:
    """``a IN (SELECT b ..)`` as the comparisons of a join: ``a = b``."""
    node, negated = denied(node, False)
    query: Node = None
    tested: Node = None
    if type(node).__name__ == "In" and not negated and not node.args.get("negate"):
        query, tested = node.args.get("query"), node.this
    elif type(node).__name__ == "EQ" and not negated:
        quantified = quantifier(unwrapped(node.expression))
        if quantified is not None and quantified[0] == "any":
            query, tested = quantified[1], node.this
    while type(query).__name__ in ("Subquery", "Paren"):
        query = query.this
    if type(query).__name__ != "Select":
        return []
    outer = row_of(unwrapped(tested)) or [tested]
    inner = [item.this if type(item).__name__ == "Alias" else item for item in query.expressions]
    if len(outer) != len(inner):
        return []
    pairs = zip(outer, inner, strict=True)
    return [former.compared("=", former.value(one), former.value(other)) for one, other in pairs]


def prefix(former: Former, node: Node) -> list[Form]:
    """``a LIKE 'abc%'`` as the range of an index: ``a >= 'abc' AND a < 'abd'``."""
    node, negated = denied(node, False)
    if type(node).__name__ not in ("Like", "Glob") or negated or node.args.get("negate"):
        return []
    pattern = literal(node.expression)
    tested = former.value(node.this)
    if pattern is None or not tested.fixed:
        return []
    if pattern.text is None or "\\" in pattern.text:
        unknown = of_constant(Constant(None))
        plain = [former.compared(operator, tested, unknown) for operator in ("=", ">=", "<")]
        return plain + [pattern_range(form) for form in plain]
    head = re.split(r"[%_*?\[]" if type(node).__name__ == "Glob" else r"[%_]", pattern.text, maxsplit=1)[0]
    if not head:
        return []
    if head == pattern.text:
        return [former.compared("=", tested, of_constant(Constant(head, "text")))]
    if ord(head[-1]) >= 0x10FFFE or 0xD7FE <= ord(head[-1]) <= 0xDFFF:
        return []
    after = head[:-1] + chr(ord(head[-1]) + 1)
    bounds = ((">=", head), ("<", after)) if former.engine != "sqlite" else ((">", head), ("<", after))
    plain = [former.compared(operator, tested, of_constant(Constant(text, "text"))) for operator, text in bounds]
    return plain + [pattern_range(form) for form in plain]


def single(former: Former, node: Node) -> list[Form]:
    """``a IN (?)`` may have been a list of one: ``a = ?``."""
    node, negated = denied(node, False)
    if type(node).__name__ != "In" or len(node.expressions) != 1:
        return []
    member, tested = former.value(node.expressions[0]), former.value(node.this)
    if member.fixed or not tested.fixed or only_constant(member).text is not None:
        return []
    negated ^= bool(node.args.get("negate"))
    return [former.compared("<>" if negated else "=", tested, member)]
