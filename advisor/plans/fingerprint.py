"""The identity of a plan: equal as long as the database does the same things in the same order.

It holds operators with their kind (join type, hashed or sorted, partial, parallel, backward), relations, indexes, and
which stands below which. It leaves out everything that differs between executions of one plan, or between ways to
print it: all numbers, predicates, keys and output lists (their literals and qualifiers differ), schemas, aliases and
functions (text does not always tell which is which), workers, numbers of subplans, and what only VERBOSE or ANALYZE
prints. So the four formats of PostgreSQL agree, with ANALYZE and without it.

Members of an Append are taken without digits and each kind once: partitions that were pruned, or added since, make no
new plan. MySQL's tabular, JSON and TREE forms show different operators; a fingerprint holds within one of them.
"""

from __future__ import annotations

import re
from hashlib import blake2b

from advisor.model.plan import Plan, PlanNode

__all__ = ["fingerprint"]

_DIGITS = re.compile(r"\d+")
_APPENDS = frozenset({"append", "merge_append"})


def fingerprint(plan: Plan) -> str:
    """16 hex digits."""
    children = plan.children
    member: dict[str, bool] = {}
    for node in plan.nodes:
        inherited = node.parent is not None and member[node.parent]
        member[node.id] = inherited or (
            node.relationship == "member" and node.parent is not None and plan.by_id[node.parent].operator in _APPENDS
        )
    digests: dict[str, bytes] = {}
    for node in reversed(plan.nodes):
        below = [digests[child.id] for child in children[node.id]]
        if node.operator in _APPENDS:
            below = sorted(set(below))
        own = "\x1f".join(_words(node, member[node.id])).encode("utf-8", "surrogatepass")
        state = blake2b(own, digest_size=8)
        for digest in below:
            state.update(digest)
        digests[node.id] = state.digest()
    engine = plan.engine.name.encode()
    return blake2b(engine + digests[plan.root.id], digest_size=8).hexdigest()


def _words(node: PlanNode, member: bool) -> list[str]:
    relation = node.relation or node.cte or ""
    index = node.index or ""
    if member:
        relation, index = _DIGITS.sub("#", relation), _DIGITS.sub("#", index)
    return [
        node.relationship,
        node.operator,
        node.access or "",
        node.strategy or "",
        node.partial_mode or "",
        node.join_type or "",
        node.operation or "",
        "parallel" if node.parallel else "",
        "backward" if node.backward else "",
        "covering" if node.covering else "",
        relation,
        index,
    ]
