"""What each statement costs on production: time, log, disk, and who waits for it."""

from __future__ import annotations

from collections.abc import Sequence

from advisor.migrations.impact.durations import Cost, cost_of
from advisor.migrations.impact.pace import Pace
from advisor.migrations.impact.queues import NOTHING_LATER, Hold, queues
from advisor.migrations.impact.sizes import TableSizes
from advisor.migrations.impact.traffic import Traffic
from advisor.migrations.verdict import grows
from advisor.model.check import Queue, Seconds, Weight
from advisor.model.migration import MigrationStatement, Outcome, Work


def weigh(
    statements: Sequence[MigrationStatement],
    outcomes: Sequence[Outcome],
    sizes: TableSizes,
    traffic: Traffic | None,
    pace: Pace | None = None,
) -> list[Weight]:
    """One weight a statement, in order.

    A lock is held until its transaction ends: what later statements of it do, and wait for, lengthens the stall of the
    earlier one.
    """
    speeds = pace or Pace()
    works = [_works(one, sizes) for one in outcomes]
    costs = [[cost_of(one, o.changes, sizes, speeds) for one in own] for o, own in zip(outcomes, works, strict=True)]
    holds = [_hold(own, each) for own, each in zip(works, costs, strict=True)]
    found: list[Weight] = []
    rest = NOTHING_LATER
    for number in range(len(outcomes) - 1, -1, -1):  # from the last, so that each is looked at once
        if number + 1 < len(outcomes) and not _together(statements[number], statements[number + 1]):
            rest = NOTHING_LATER
        waiting, blocked, rest = queues(outcomes[number], holds[number], rest, sizes, traffic)
        found.append(_weight(costs[number], waiting, blocked))
    return found[::-1]


def _together(one: MigrationStatement, following: MigrationStatement) -> bool:
    """Do both run in the same transaction? Its number is the script's own."""
    return one.transaction is not None and (one.file, one.transaction) == (following.file, following.transaction)


def _works(outcome: Outcome, sizes: TableSizes) -> list[Work]:
    """Its work that grows with tables that were there. A rewrite makes the table's indexes anew: they are in it."""
    works = [one for one in outcome.work if grows(one, sizes)]
    rewritten = {one.relation for one in works if one.kind == "rewrite"}
    kept: list[Work] = []
    for one in works:
        # An index that the statement adds is built from the new copy; those that are there come with it.
        there = one.kind == "build" and (one.index is None or one.index in sizes.indexes(one.relation))
        if one.relation in rewritten and (one.kind == "scan" or there):
            continue
        parent = sizes.parents.get(one.relation)
        if parent is not None and any(w.relation == parent and w.kind == one.kind for w in works):
            continue  # of the partitioned table the sizes are those of its partitions
        kept.append(one)
    return kept


def _hold(works: Sequence[Work], costs: Sequence[Cost]) -> Hold:
    """How long its locks are held for its own sake: work that goes on beside others holds nobody up."""
    return Hold.of([cost.seconds for work, cost in zip(works, costs, strict=True) if not work.online])


def _weight(costs: Sequence[Cost], waiting: tuple[Queue, ...], blocked: float | None) -> Weight:
    if not costs:
        return Weight(blocked_queries_per_second=blocked, queues=waiting)
    seconds = None
    if all(one.seconds is not None for one in costs):
        each = [one.seconds for one in costs if one.seconds is not None]
        seconds = Seconds(sum(one.low for one in each), sum(one.high for one in each))
    rows = [one.rows for one in costs if one.rows is not None]
    return Weight(
        seconds=seconds,
        calibrated="; ".join(dict.fromkeys(one.told for one in costs)) or None,
        rows=int(max(rows)) if rows else None,
        size_bytes=_sum([one.touched for one in costs]),
        wal_bytes=_sum([one.wal for one in costs]),
        disk_bytes=_sum([one.disk for one in costs]),
        blocked_queries_per_second=blocked,
        queues=waiting,
    )


def _sum(values: Sequence[int | None]) -> int | None:
    """None: one of them is not known."""
    known = [one for one in values if one is not None]
    return sum(known) if len(known) == len(values) else None
