"""The queue that a lock forms: who waits while it is waited for and held.

A lock waits for whatever runs on its table, and everybody who conflicts with it waits behind it, also those whom the
running statement would let pass (proc.c, ProcSleep; MariaDB's MDL queue). So the stall is the longest statement that
runs there, plus the time that the lock is held; whoever arrives meanwhile is in the queue at its end.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from advisor.migrations.impact.locks import stopped
from advisor.migrations.impact.sizes import TableSizes
from advisor.migrations.impact.traffic import Caller, Traffic
from advisor.model.check import Queue, Seconds
from advisor.model.migration import Lock, Outcome
from advisor.model.migration_limits import MIGRATION


@dataclass(frozen=True, slots=True)
class Hold:
    """How long a statement works while it holds its locks."""

    low: float
    high: float
    """No bound where the length of some work is not known."""

    @classmethod
    def of(cls, seconds: Iterable[Seconds | None]) -> Hold:
        """Of its pieces of work; a statement without any writes the catalog and goes on."""
        low, high = MIGRATION.moment_seconds
        for one in seconds:
            if one is not None:
                low, high = low + one.low, high + one.high
        return cls(low, high)


#: After the last statement of a transaction.
NOTHING_LATER = Seconds(0.0, 0.0)


def queues(
    outcome: Outcome, hold: Hold, later: Seconds, sizes: TableSizes, traffic: Traffic | None
) -> tuple[tuple[Queue, ...], float | None, Seconds]:
    """The queue of each table that the statement locks, longest first, and the statements a second that wait in any.
    None: the workload is not known.

    ``later`` is how long the transaction goes on after it; the last of the result the same before it: its own work,
    and its wait for locks, while those of earlier statements are held.
    """
    if traffic is None:
        return (), None, later
    locks = _locks(outcome, sizes)
    low, high = hold.low + later.low, hold.high + later.high
    ahead = _wait(locks, outcome, traffic)
    found = []
    waiting: dict[str, Caller] = {}
    for lock in locks:
        uses = stopped(lock)
        callers = traffic.stopped([lock.relation], uses)
        waiting.update({one.fingerprint: one for one in callers})
        longest = traffic.longest(lock.relation, uses)
        rate = sum(one.per_second for one in callers)
        busiest = sum(one.busiest_per_second for one in callers)
        taken = lock.held_since_line is None
        stall = Seconds(
            low + (min(_usual(callers), _limit(outcome)) if taken else 0.0),
            high + (ahead if taken else 0.0),
        )
        found.append(
            Queue(
                relation=lock.relation,
                statements_per_second=rate,
                longest_seconds=longest.longest_seconds if longest is not None else None,
                longest_fingerprint=longest.fingerprint if longest is not None else None,
                stall=stall,
                queued=Seconds(rate * stall.low, busiest * stall.high),
            )
        )
    found.sort(key=lambda one: (-one.queued.high, -one.stall.high, one.relation))
    return tuple(found), sum(one.per_second for one in waiting.values()), Seconds(low, high + ahead)


def _locks(outcome: Outcome, sizes: TableSizes) -> list[Lock]:
    """Those that somebody can wait for, the strongest of each table. Of a partitioned table and its partitions the
    table's: whoever uses a partition is counted there."""
    strongest: dict[str, Lock] = {}
    for lock in outcome.locks:
        if not lock.preexisting or not stopped(lock) or sizes.rows(lock.relation) == 0:
            continue
        other = strongest.get(lock.relation)
        if other is None or len(stopped(lock)) > len(stopped(other)):
            strongest[lock.relation] = lock
    return [
        lock
        for name, lock in strongest.items()
        if (above := strongest.get(sizes.parents.get(name, ""))) is None or not stopped(above) >= stopped(lock)
    ]


def _wait(locks: Sequence[Lock], outcome: Outcome, traffic: Traffic) -> float:
    """The longest that a statement waits for its own new locks, one after the other; each up to its timeout."""
    found = 0.0
    for lock in locks:
        if lock.held_since_line is None:
            longest = traffic.longest(lock.relation, stopped(lock))
            if longest is not None and longest.longest_seconds is not None:
                found += min(longest.longest_seconds, _limit(outcome))
    return found


def _limit(outcome: Outcome) -> float:
    """How long it waits for a lock before it gives up, in seconds."""
    set_ = [one for one in (outcome.lock_timeout_ms, outcome.statement_timeout_ms) if one]
    return min(set_) / 1000 if set_ else float("inf")


def _usual(callers: Sequence[Caller]) -> float:
    """What is left on average of statements that run nearly always (calls a second times duration is one or more)."""
    always = [
        one.mean_seconds / 2
        for one in callers
        if one.mean_seconds is not None and one.per_second * one.mean_seconds >= 1.0
    ]
    return max(always, default=0.0)
