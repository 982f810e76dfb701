"""Which nodes of two plans of one query do the same work.

What a node is for is said by the relations whose rows it handles: the scan of ``orders o`` remains that, with
whatever index; the join of ``o`` and ``c`` remains that, by whatever method. So nodes are paired, from the surest
sign to the weakest: the same operation on the same rows; the same role (scan, join, sort, grouping, ...) on the same
rows; a join of other relations where the order of joins changed.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Iterator
from hashlib import blake2b

from advisor.model.plan import Plan, PlanNode

_ROLES: dict[str, str] = {
    **dict.fromkeys(
        (
            "seq_scan",
            "sample_scan",
            "index_scan",
            "index_only_scan",
            "bitmap_heap_scan",
            "index_merge",
            "tid_scan",
            "const",
        ),
        "scan",
    ),
    **dict.fromkeys(
        ("foreign_scan", "custom_scan", "function_scan", "values_scan", "cte_scan", "work_table_scan"), "scan"
    ),
    **dict.fromkeys(("nested_loop", "hash_join", "merge_join", "block_nested_loop"), "join"),
    **dict.fromkeys(("sort", "incremental_sort"), "sort"),
    **dict.fromkeys(("aggregate", "group", "distinct"), "grouping"),
    **dict.fromkeys(("append", "merge_append"), "append"),
    **dict.fromkeys(("gather", "gather_merge"), "gather"),
    **dict.fromkeys(("materialize", "memoize", "hash", "temporary_table"), "store"),
    **dict.fromkeys(("bitmap_index_scan", "bitmap_and", "bitmap_or"), "bitmap"),
}
_MOST_COMPARED = 300
"""Joins left over on both sides are compared each with each; beyond, in order."""

_Key = Callable[[PlanNode], Hashable | None]


def role(node: PlanNode) -> str:
    """What a node is for, however it does it."""
    return _ROLES.get(node.operator, node.operator)


class Relations:
    """The relations whose rows each node handles."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self._place: dict[str, str] = {}
        self.sign: dict[str, int] = {}
        """A sum of hashes: equal for equal relations (a set a node would be quadratic in deep plans)."""
        for node in reversed(plan.nodes):
            sign = _hash(name) if (name := self.name(node)) is not None else 0
            for child in plan.children[node.id]:
                if child.relationship not in ("init_plan", "sub_plan", "cte"):
                    sign += self.sign[child.id]
            self.sign[node.id] = sign & 0xFFFFFFFFFFFFFFFF
        for node in plan.nodes:
            self._place[node.id] = self._located(node)

    @staticmethod
    def name(node: PlanNode) -> str | None:
        """Of a node that reads a relation."""
        if role(node) == "scan" or node.relation is not None:
            return node.alias or node.relation or node.cte or node.function or node.operator
        return None

    def _located(self, node: PlanNode) -> str:
        """In which part of the plan: the main one, a CTE, an InitPlan, a SubPlan."""
        if node.parent is None:
            return ""
        if node.relationship == "cte":
            return f"{self._place[node.parent]}/{node.subplan_name}"
        if node.relationship in ("init_plan", "sub_plan"):
            return f"{self._place[node.parent]}/{node.relationship}"
        return self._place[node.parent]

    def names(self, top: PlanNode) -> frozenset[str]:
        """The relations themselves."""
        found: set[str] = set()
        stack = [top]
        while stack:
            node = stack.pop()
            if (name := self.name(node)) is not None:
                found.add(name)
            stack.extend(self.plan.children[node.id])
        return frozenset(found)

    def place(self, node: PlanNode) -> str:
        """In which part of the plan the node stands."""
        return self._place[node.id]


def align(a: Plan, b: Plan) -> dict[str, str]:
    """Ids of ``a`` to ids of ``b``: each at most once."""
    one, two = Relations(a), Relations(b)
    pairs: dict[str, str] = {}
    free_a = dict.fromkeys(node.id for node in a.nodes)
    free_b = dict.fromkeys(node.id for node in b.nodes)

    def pair(key_a: _Key, key_b: _Key) -> None:
        waiting: dict[Hashable, list[str]] = {}
        for node_id in free_b:
            key = key_b(b.by_id[node_id])
            if key is not None:
                waiting.setdefault(key, []).append(node_id)
        for queue in waiting.values():
            queue.reverse()
        for node_id in list(free_a):
            key = key_a(a.by_id[node_id])
            queue_b = waiting.get(key) if key is not None else None
            if queue_b:
                other = queue_b.pop()
                pairs[node_id] = other
                del free_a[node_id], free_b[other]

    for make in (_whole, _same_operation, _same_role, _same_relation):
        pair(_with(make, one), _with(make, two))
    _joins(a, b, one, two, pairs, free_a, free_b)
    pair(_with(_kin, one), _with(_kin, two))
    return pairs


def _with(make: Callable[[PlanNode, Relations], Hashable | None], relations: Relations) -> _Key:
    return lambda node: make(node, relations)


def _whole(node: PlanNode, relations: Relations) -> Hashable:
    return (
        relations.place(node),
        node.operator,
        node.alias,
        node.index,
        relations.sign[node.id],
        node.sort_keys,
        node.group_keys,
    )


def _same_operation(node: PlanNode, relations: Relations) -> Hashable:
    return relations.place(node), node.operator, relations.name(node), relations.sign[node.id]


def _same_role(node: PlanNode, relations: Relations) -> Hashable | None:
    kind = role(node)
    if kind == "bitmap" and node.operator == "bitmap_index_scan":
        return None  # another index is another node
    return relations.place(node), kind, relations.name(node), relations.sign[node.id]


def _same_relation(node: PlanNode, relations: Relations) -> Hashable | None:
    """A scan whose alias, or whose place in the plan, is another."""
    return ("scan", node.relation) if role(node) == "scan" and node.relation is not None else None


def _kin(node: PlanNode, relations: Relations) -> Hashable | None:
    """What gathers all rows of its part stays that when the relations below were rewritten (a view, a CTE taken
    in)."""
    kind = role(node)
    return (
        (relations.place(node), kind) if kind in ("grouping", "limit", "sort", "window", "modify", "append") else None
    )


def _joins(
    a: Plan,
    b: Plan,
    one: Relations,
    two: Relations,
    pairs: dict[str, str],
    free_a: dict[str, None],
    free_b: dict[str, None],
) -> None:
    """Joins of other relations: those that share most first."""
    left = [node for node in _of(a, free_a) if role(node) == "join"]
    right = [node for node in _of(b, free_b) if role(node) == "join"]
    if not left or not right:
        return
    matches: Iterable[tuple[PlanNode, PlanNode]]
    if max(len(left), len(right)) > _MOST_COMPARED:
        matches = zip(left, right, strict=False)
    else:
        names_a = {node.id: one.names(node) for node in left}
        names_b = {node.id: two.names(node) for node in right}
        ranked = sorted(
            (
                (-len(names_a[x.id] & names_b[y.id]), abs(i - j), i + j, i)
                for i, x in enumerate(left)
                for j, y in enumerate(right)
            )
        )
        matches = ((left[i], right[both - i]) for _, _, both, i in ranked)
    for x, y in matches:
        if x.id in free_a and y.id in free_b:
            pairs[x.id] = y.id
            del free_a[x.id], free_b[y.id]


def _of(plan: Plan, ids: dict[str, None]) -> Iterator[PlanNode]:
    return (plan.by_id[node_id] for node_id in ids)


def _hash(name: str) -> int:
    return int.from_bytes(blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).digest(), "big")
