"""A difference of two plans in one sentence: the change that costs or saves most."""

from __future__ import annotations

from advisor.model.plan import Plan, PlanNode
from advisor.plans.align import role
from advisor.plans.changes import NodeChange, PlanDiff

_NAMES: dict[str, str] = {
    "seq_scan": "sequential scan",
    "sample_scan": "sample scan",
    "index_scan": "index scan",
    "index_only_scan": "index-only scan",
    "bitmap_heap_scan": "bitmap scan",
    "bitmap_index_scan": "bitmap of index",
    "bitmap_and": "AND of bitmaps",
    "bitmap_or": "OR of bitmaps",
    "cte_scan": "CTE scan",
    "nested_loop": "nested loop",
    "hash_join": "hash join",
    "merge_join": "merge join",
    "block_nested_loop": "block nested loop",
    "incremental_sort": "incremental sort",
    "aggregate": "aggregation",
    "merge_append": "merge append",
    "gather_merge": "gather merge",
}
_METHODS = {
    "seq_scan",
    "sample_scan",
    "index_scan",
    "index_only_scan",
    "bitmap_heap_scan",
    "tid_scan",
    "index_merge",
    "const",
}
_SMALL = 0.05
"""A share of the whole below which nothing is said to have moved."""


class _Effects:
    """What each change costs (+) or saves (-), in milliseconds, or else in the optimizer's units."""

    def __init__(self, diff: PlanDiff, a: Plan, b: Plan) -> None:
        self.diff, self.a, self.b = diff, a, b
        self.timed = any(change.self_ms_delta is not None for change in diff.nodes)
        if self.timed:
            self.whole = max(diff.total_ms_before or 0.0, diff.total_ms_after or 0.0)
        else:
            self.whole = max(diff.cost_before or 0.0, diff.cost_after or 0.0)
        self.of: dict[int, float] = {}
        places: dict[tuple[str, str | None], int] = {}
        for number, change in enumerate(diff.nodes):
            self.of[number] = self._own(change)
            places["a", change.before] = number
            places["b", change.after] = number
        # A bitmap, or a hash table, that came or went belongs to the scan, or the join, that it served.
        for number, change in enumerate(diff.nodes):
            if change.status not in ("added", "removed"):
                continue
            side, plan, node_id = ("b", b, change.after) if change.after is not None else ("a", a, change.before)
            if node_id is None:
                continue
            node = plan.by_id[node_id]
            if role(node) in ("bitmap", "store") and node.parent is not None:
                holder = places[side, node.parent]
                self.of[holder] += self.of[number]
                self.of[number] = 0.0

    def _own(self, change: NodeChange) -> float:
        return (change.self_ms_delta if self.timed else change.cost_self_delta) or 0.0

    def greatest(self, *statuses: str) -> int | None:
        found = [number for number, change in enumerate(self.diff.nodes) if change.status in statuses]
        return max(found, key=lambda number: abs(self.of[number]), default=None)

    def amount(self, value: float) -> str:
        """``+812 ms of 940 ms``."""
        if not self.whole:
            return ""
        sign = "+" if value > 0 else "-" if value < 0 else ""
        if self.timed:
            return f": {sign}{milliseconds(abs(value))} of {milliseconds(self.whole)}"
        return f": cost {sign}{quantity(abs(value))} of {quantity(self.whole)}"


def headline(diff: PlanDiff, a: Plan, b: Plan) -> str:
    """One sentence. Times are named only where both plans were executed and timed."""
    effects = _Effects(diff, a, b)
    structure = effects.greatest("changed", "added", "removed")
    figures = effects.greatest("numbers")
    if structure is None:
        return _unchanged(effects, figures)
    text = _change(diff.nodes[structure], a, b) + effects.amount(effects.of[structure])
    if figures is not None:
        moved = abs(effects.of[figures])
        if moved > 2 * abs(effects.of[structure]) and moved > _SMALL * effects.whole:
            change = diff.nodes[figures]
            assert change.after is not None
            text += f"; most moved in the {describe(b.by_id[change.after])}{effects.amount(effects.of[figures])}"
    return text


def _unchanged(effects: _Effects, figures: int | None) -> str:
    if figures is None or abs(effects.of[figures]) <= _SMALL * effects.whole:
        return "The same plan, and nothing moved by more than a twentieth."
    change = effects.diff.nodes[figures]
    assert change.before is not None
    assert change.after is not None
    before, after = effects.a.by_id[change.before], effects.b.by_id[change.after]
    rows = _rows(before, after) if effects.a.analyzed and effects.b.analyzed else ""
    return f"The same plan; most moved in the {describe(after)}{rows}{effects.amount(effects.of[figures])}"


def _rows(before: PlanNode, after: PlanNode) -> str:
    one, two = _total(before), _total(after)
    return "" if one is None or two is None or one == two else f" ({quantity(one)} rows before, {quantity(two)} now)"


def _total(node: PlanNode) -> float | None:
    return None if node.rows_actual is None else node.rows_actual * (1.0 if node.loops is None else node.loops)


def _change(change: NodeChange, a: Plan, b: Plan) -> str:
    before = a.by_id[change.before] if change.before is not None else None
    after = b.by_id[change.after] if change.after is not None else None
    if before is None:
        assert after is not None
        return f"New: {describe(after)}"
    if after is None:
        return f"Gone: {describe(before)}"
    old, new = describe(before, _bitmaps(a, before)), describe(after, _bitmaps(b, after))
    if old != new:
        if before.operator in _METHODS and after.operator in _METHODS and before.relation == after.relation:
            new = _method(after, _bitmaps(b, after))  # the relation is named once
        return f"{_capital(old)} became {_article(new)}"
    names = [field.name for field in change.changes]
    if "outer" in names:
        field = change.changes[names.index("outer")]
        return f"{_capital(old)} now begins with {', '.join(field.after)} instead of {', '.join(field.before)}"
    return f"{_capital(old)} has another {names[0].replace('_', ' ')}"


def _bitmaps(plan: Plan, node: PlanNode) -> str | None:
    """Indexes that a bitmap scan's bitmap was made from."""
    if node.operator != "bitmap_heap_scan":
        return None
    found: list[str] = []
    stack = list(reversed(plan.children[node.id]))
    while stack:
        below = stack.pop()
        if below.operator == "bitmap_index_scan" and below.index is not None and below.index not in found:
            found.append(below.index)
        if role(below) == "bitmap":
            stack.extend(reversed(plan.children[below.id]))
    return " and ".join(found) or None


def describe(node: PlanNode, indexes: str | None = None) -> str:
    """``index scan of orders using orders_pkey``, ``hash left join``."""
    text = _method(node, indexes)
    name = node.relation or node.cte or node.function
    if name is not None:
        alias = f" {node.alias}" if node.alias is not None and node.alias != name else ""
        kind, using, index = text.partition(" using ")
        text = f"{kind} of {name}{alias}{using}{index}"
    return text


def _method(node: PlanNode, indexes: str | None) -> str:
    text = _NAMES.get(node.operator, node.operator.replace("_", " "))
    if node.operator == "aggregate" and node.strategy in ("hashed", "sorted"):
        text = f"{node.strategy} {text}"
    if node.operator == "modify" and node.operation is not None:
        text = node.operation
    if role(node) == "join" and node.join_type not in (None, "inner"):
        kind = (node.join_type or "").replace("_", " ")
        text = f"{text.removesuffix(' join')} {kind} join"
    if node.parallel:
        text = f"parallel {text}"
    if node.access is not None and node.operator not in ("seq_scan",):
        text += f" ({node.access})"
    if (index := node.index or indexes) is not None:
        text += f" using {index}"
    return text


def _article(text: str) -> str:
    return f"{'an' if text[:1] in 'aeiou' else 'a'} {text}"


def _capital(text: str) -> str:
    return text[:1].upper() + text[1:]


def milliseconds(value: float) -> str:
    """``812 ms``, ``4.31 s``."""
    if value >= 10_000:
        return f"{value / 1000:.3g} s" if value < 1_000_000 else f"{value / 1000:.0f} s"
    return f"{value:.0f} ms" if value >= 100 else f"{value:.3g} ms"


def quantity(value: float) -> str:
    """Three digits, or all before the point."""
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
