"""How many rows tables have, as plans show it: for a schema without statistics and a log with plans."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

import msgspec

from advisor.model.plan import Plan, PlanNode

__all__ = ["Seen", "seen_rows"]

#: ``counted``: an executed scan read the whole table; ``estimated``: the server's own estimate of the whole table;
#: ``at least``: some node returned so many of its rows.
Basis = Literal["counted", "estimated", "at least"]
_ORDER: tuple[Basis, ...] = ("at least", "estimated", "counted")
_SCANS = frozenset({"seq_scan", "index_scan", "index_only_scan", "bitmap_heap_scan", "sample_scan", "tid_scan"})
#: Above these a scan may be stopped before its end.
_STOPS = frozenset({"limit", "merge_join", "result", "memoize"})


class Seen(msgspec.Struct, frozen=True):
    """Rows of one table, and what says so."""

    rows: int
    basis: Basis


def seen_rows(plans: Iterable[Plan]) -> dict[str, Seen]:
    """Rows by table name as plans print it (``schema.table`` where they print the schema).

    A count goes before an estimate and that before a lower bound; of several of a kind the greatest: tables grow.
    """
    found: dict[str, Seen] = {}
    for plan in plans:
        for node in plan.nodes:
            if node.relation is None or node.operator not in _SCANS:
                continue
            name = f"{node.schema}.{node.relation}" if node.schema else node.relation
            seen = _seen(plan, node)
            if seen is None or seen.rows <= 0:
                continue
            before = found.get(name)
            if before is None or (_ORDER.index(seen.basis), seen.rows) > (_ORDER.index(before.basis), before.rows):
                found[name] = seen
    return found


def _seen(plan: Plan, node: PlanNode) -> Seen | None:
    whole = node.operator == "seq_scan"
    if plan.analyzed and node.rows_actual is not None and not node.never_executed:
        # Workers share one pass: what each of them read adds up. Otherwise every loop reads the table anew.
        passes = (node.loops or 1.0) if node.parallel else 1.0
        rows = round((node.rows_actual + sum(node.removed.values())) * passes)
        return Seen(rows, "counted" if whole and not _stopped(plan, node) else "at least")
    if node.rows_estimated is None:
        return None
    if whole and not node.predicates and not node.parallel:
        return Seen(round(node.rows_estimated), "estimated")
    return None


def _stopped(plan: Plan, node: PlanNode) -> bool:
    """Something above may have had enough before the scan came to its end."""
    while node.parent is not None:
        parent = plan.by_id[node.parent]
        if parent.operator in _STOPS or parent.join_type in ("semi", "anti", "right_semi", "right_anti"):
            return True
        if parent.inner_unique or node.relationship in ("sub_plan", "init_plan"):
            return True
        if parent.operator in ("sort", "hash", "aggregate") and parent.strategy != "sorted":
            return False  # they read all of what is below before they give anything
        node = parent
    return False
