"""Deadlocks, and the order of locks that avoids them.

A deadlock's report says who waits for what and who blocks him. Who blocks has locked, earlier, what the other one waits
for; so each pair of neighbours in the circle gives one step of an order: the table that the waiter wants comes before
the table that its blocker wants. With the steps of all transactions in the log, the order that contradicts the fewest
is the one to agree on (`ordering`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import groupby
from typing import TYPE_CHECKING

from advisor.model.insights import DeadlockCycle, DeadlockKind, LockOrder
from advisor.model.observed import DeadlockPart
from advisor.model.stream_limits import STREAM
from advisor.stream.insights.acquisitions import (
    Order,
    Orders,
    RowOrder,
    Taken,
    by_table,
    held_before,
    row_orders,
    table_of,
    table_orders,
    taken,
)
from advisor.stream.insights.ordering import backward, best_order, components
from advisor.stream.material import Material

if TYPE_CHECKING:
    pass

_RELATION = re.compile(r"\brelation \"([^\"]+)\"|\bon table (?:`[^`]+`\.)?`([^`]+)`")
_PARAMETER = re.compile(r"\$\d|\?|%s")


@dataclass(slots=True)
class _Circle:
    """One deadlock: participant i waits for a lock that participant i + 1 holds."""

    parts: list[DeadlockPart]
    tables: list[str | None]
    held: list[str | None] = field(default_factory=list)
    """The statement of each participant that took the lock which the one before it wants."""

    @property
    def kind(self) -> DeadlockKind:
        if any(table is None for table in self.tables) or len(self.tables) < 2:
            return "unknown"
        if len(set(self.tables)) > 1:
            return "tables"
        texts = {part.sql for part in self.parts}
        alike = len(texts) == 1 and not _PARAMETER.search(next(iter(texts)) or "?")
        return "same_row" if alike else "rows"


def deadlock_cycles(material: Material) -> list[DeadlockCycle]:
    """Deadlocks of the same statements together, the most frequent first, each with the order that avoids it."""
    if not material.observations.deadlocks:
        return []
    locks = taken(material)
    circles = _circles(material, locks)
    weights = by_table(_with_deadlocks(material, table_orders(material, locks), circles))
    grouped: dict[tuple[str | None, ...], list[_Circle]] = {}
    for circle in circles:
        grouped.setdefault(tuple(sorted((p.fingerprint or "") for p in circle.parts)), []).append(circle)
    return sorted(
        (_cycle(group, weights) for group in grouped.values()), key=lambda c: (-c.deadlocks, c.fingerprint or "")
    )


def lock_orders(material: Material) -> list[LockOrder]:
    """Tables, and rows of a table, that transactions lock in opposite orders; those of deadlocks first.

    Without a deadlock an opposite order is a finding only where it is no single stray transaction: at least
    `STREAM.lock_order_transactions` each way, and of rows at least so many that lock several.
    """
    locks = taken(material)
    circles = _circles(material, locks)
    orders = _with_deadlocks(material, table_orders(material, locks), circles)
    found = [_of_tables(material, group, orders, circles) for group in components(by_table(orders))]
    rows = row_orders(material, locks)
    for circle in circles:
        if circle.kind == "rows" and circle.tables[0] is not None:
            row = rows.setdefault(circle.tables[0], RowOrder(circle.tables[0]))
            row.shapes[circle.parts[0].fingerprint or "", circle.parts[-1].fingerprint or ""] += 1
    found += [_of_rows(material, order, circles) for _, order in sorted(rows.items())]
    kept = [o for o in found if o.deadlocks or min(o.along, o.against) >= STREAM.lock_order_transactions]
    return sorted(kept, key=lambda o: (-o.deadlocks, -o.wait_us, -o.against, o.tables))


def _circles(material: Material, locks: Taken) -> list[_Circle]:
    circles = []
    for _, group in groupby(material.observations.deadlocks, key=lambda part: part.deadlock_id):
        parts = list(group)
        tables = [_wanted(material, part) for part in parts]
        circle = _Circle(parts, tables)
        for i, part in enumerate(parts):
            before = tables[i - 1] if len(parts) > 1 else None
            circle.held.append(_took(material, locks, part, before))
        circles.append(circle)
    return circles


def _wanted(material: Material, part: DeadlockPart) -> str | None:
    relation = _RELATION.search(part.detail or "")
    if relation is not None:
        return relation[1] or relation[2]
    return table_of(material, part.fingerprint)


def _took(material: Material, locks: Taken, part: DeadlockPart, table: str | None) -> str | None:
    """The statement by which the part's transaction had locked the table before."""
    if not part.session or table is None:
        return None
    for at in held_before(material, locks, part.source, part.session, part.time_us):
        if locks.tables[int(locks.table[at])] == table:
            return material.fingerprints[int(material.codes[locks.row[at]])]
    return None


def _with_deadlocks(material: Material, orders: Orders, circles: Sequence[_Circle]) -> Orders:
    """The orders, and those that deadlocks prove: a victim's last statement is not among the executed ones."""
    for circle in circles:
        if circle.kind != "tables":
            continue
        for i, part in enumerate(circle.parts):
            first, second = circle.tables[i - 1], circle.tables[i]
            if first is None or second is None or first == second:
                continue
            shape = part.fingerprint or ""
            orders.setdefault((first, second), Order()).note(circle.held[i] or "", shape)
    return orders


def _cycle(group: Sequence[_Circle], weights: Mapping[tuple[str, str], float]) -> DeadlockCycle:
    circle = group[0]
    kind, tables = circle.kind, [table for table in circle.tables if table is not None]
    order: str | None = None
    holding: str | None = None
    if kind == "tables":
        inside = {pair: w for pair, w in weights.items() if pair[0] in tables and pair[1] in tables}
        best = best_order(inside)
        order = ", ".join(best)
        wrong = backward(best, inside)
        for other in group:
            for i, statement in enumerate(other.held):
                if statement is not None and (other.tables[i - 1], other.tables[i]) in wrong:
                    holding = holding or statement
    elif kind == "rows":
        order = f"rows of {tables[0]} by its key"
        holding = next((h for other in group for h in other.held if h is not None), None)
    times = [part.time_us for other in group for part in other.parts if part.time_us is not None]
    return DeadlockCycle(
        fingerprint=circle.parts[0].fingerprint,
        other_fingerprint=circle.parts[1].fingerprint if len(circle.parts) > 1 else None,
        deadlocks=len(group),
        participants=len(circle.parts),
        kind=kind,
        tables=", ".join(dict.fromkeys(tables)),
        lock_order=order,
        holding_fingerprint=holding,
        first_us=min(times, default=None),
        last_us=max(times, default=None),
    )


def _of_tables(material: Material, group: list[str], orders: Orders, circles: Sequence[_Circle]) -> LockOrder:
    inside = {pair: order for pair, order in orders.items() if pair[0] in group and pair[1] in group}
    weights = by_table(inside)
    best = best_order(weights)
    wrong = backward(best, weights)
    worst = max(wrong, key=lambda pair: (wrong[pair], pair))
    first, second = inside[worst].commonest
    along = sum(weight for pair, weight in weights.items() if pair not in wrong)
    return LockOrder(
        kind="tables",
        table_name=best[0],
        tables=", ".join(group),
        lock_order=", ".join(best),
        along=round(along),
        against=round(sum(wrong.values())),
        fingerprint=first or None,
        other_fingerprint=second or None,
        deadlocks=sum(1 for c in circles if c.kind == "tables" and set(c.tables) <= set(group)),
        wait_us=_waited(material, group),
    )


def _of_rows(material: Material, order: RowOrder, circles: Sequence[_Circle]) -> LockOrder:
    first, second = min(order.shapes, key=lambda pair: (-order.shapes[pair], pair))
    against = max(order.against, int(not order.transactions))
    return LockOrder(
        kind="rows",
        table_name=order.table,
        tables=order.table,
        lock_order=f"rows of {order.table} by its key",
        along=round(max(order.transactions - against, 0) * material.scale),
        against=round(against * material.scale),
        fingerprint=first or None,
        other_fingerprint=second or None,
        deadlocks=sum(1 for c in circles if c.kind == "rows" and c.tables[0] == order.table),
        wait_us=_waited(material, [order.table]),
    )


def _waited(material: Material, tables: Sequence[str]) -> int:
    waits = material.observations.waits
    return sum(max(wait.wait_us, 0) for wait in waits if (wait.table or table_of(material, wait.fingerprint)) in tables)
