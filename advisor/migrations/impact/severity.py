"""How bad a statement is: by what it does to those who use the tables, not by its name."""

from __future__ import annotations

import math

from advisor.migrations.verdict import Sizes, grows
from advisor.model.check import Seconds, Verdict, Weight
from advisor.model.finding import SEVERITIES, Severity
from advisor.model.migration import Failure, Outcome
from advisor.model.migration_limits import MIGRATION


def severity(verdict: Verdict, weight: Weight, outcome: Outcome, sizes: Sizes) -> Severity:
    """The severity of one statement.

    What is known decides: with a workload the stall and the queue, without one the time alone, and of a table whose
    size is not known at most medium. Empty and new tables give ``info``: there is nothing to report.
    """
    if verdict == "fails":
        return failure_severity(outcome.failure) if outcome.failure is not None else "high"
    if verdict == "blocking":
        return _blocking(weight, outcome, sizes)
    if verdict == "brief_lock":
        return _brief(weight, outcome, sizes)
    return "low" if verdict == "unknown" else "info"


def failure_severity(failure: Failure) -> Severity:
    """High: it fails. Medium: what the statistics show is no proof any more. Low: nothing speaks for it, and only a
    query can rule it out."""
    if failure.certain:
        return "high"
    return "medium" if failure.foreseen and failure.code is not None else "low"


def held_severity(seconds: Seconds | None, per_second: float | None) -> Severity:
    """Of locks that are held through work of ``seconds`` altogether, while ``per_second`` statements of the workload
    conflict with them (None: it is not known)."""
    if seconds is None:
        return "info"
    held = _middle(seconds)
    return _by_time(held) if per_second is None else _by_queue(held, per_second * held)


def _blocking(weight: Weight, outcome: Outcome, sizes: Sizes) -> Severity:
    works = [one for one in outcome.work if grows(one, sizes) and not one.online]
    if weight.seconds is None:
        known = works and all(sizes.rows(one.relation) is not None for one in works)
        return _at_most("medium", _by_bytes(weight)) if known else "medium"
    worked = _middle(weight.seconds)
    unsized = any(sizes.rows(one.relation) is None and one.kind != "write" for one in works)
    if weight.blocked_queries_per_second is None:
        found = _by_time(worked)
    else:
        # The range of the work is wide: its middle counts. The wait before it does, in full.
        waited = max((one.stall.high - weight.seconds.high for one in weight.queues), default=0.0)
        stall = worked + max(0.0, waited)
        rate = max((one.statements_per_second for one in weight.queues), default=0.0)
        found = _by_queue(stall, rate * stall)
    return _at_most("medium", found) if unsized else found


def _brief(weight: Weight, outcome: Outcome, sizes: Sizes) -> Severity:
    locked = [one for one in outcome.locks if one.preexisting and (one.blocks_reads or one.blocks_writes)]
    if all(sizes.rows(one.relation) == 0 for one in locked):
        return "info"
    if weight.blocked_queries_per_second is not None:
        worst: Severity = "info"
        for queue in weight.queues:
            worst = max(worst, _by_queue(queue.stall.high, queue.queued.high), key=SEVERITIES.index)
        return worst
    bounded = 0 < (outcome.lock_timeout_ms or 0) <= MIGRATION.short_lock_timeout_ms
    if bounded:
        return "info"
    rows = [sizes.rows(one.relation) for one in locked]
    sized = getattr(sizes, "bytes", None)
    large = sized is not None and any((sized(one.relation) or 0) >= MIGRATION.large_bytes for one in locked)
    if large:
        return "medium"
    small = sized is not None and all(
        one == 0 or (one is not None and (sized(lock.relation) or math.inf) <= MIGRATION.small_bytes)
        for one, lock in zip(rows, locked, strict=True)
    )
    return "info" if small else "low"


def _by_queue(stall: float, queued: float) -> Severity:
    """By how long somebody waits, and how many do."""
    if stall < MIGRATION.unnoticed_seconds or queued < 1.0:
        # Nobody is likely to meet it; work of a minute is worth a line all the same.
        return "low" if stall >= MIGRATION.outage_seconds else "info"
    if stall >= MIGRATION.long_outage_seconds and queued >= MIGRATION.server_connections:
        return "critical"
    if stall >= MIGRATION.outage_seconds and queued >= MIGRATION.pool_connections:
        return "high"
    if stall >= MIGRATION.felt_seconds and queued >= MIGRATION.server_connections:
        return "high"
    if stall >= MIGRATION.outage_seconds or queued >= MIGRATION.pool_connections:
        return "medium" if stall >= MIGRATION.felt_seconds or queued >= MIGRATION.server_connections else "low"
    return "low"


def _by_time(stall: float) -> Severity:
    """Without a workload: by how long anybody would wait."""
    if stall >= MIGRATION.outage_seconds:
        return "high"
    if stall >= MIGRATION.felt_seconds:
        return "medium"
    return "low" if stall >= MIGRATION.unnoticed_seconds else "info"


def _by_bytes(weight: Weight) -> Severity:
    size = weight.size_bytes
    if size is None or size >= MIGRATION.large_bytes:
        return "medium"
    return "low"


def _middle(seconds: Seconds) -> float:
    """Of a range that spans magnitudes."""
    return math.sqrt(max(seconds.low, 1e-4) * max(seconds.high, 1e-4))


def _at_most(bound: Severity, found: Severity) -> Severity:
    return min(bound, found, key=SEVERITIES.index)
