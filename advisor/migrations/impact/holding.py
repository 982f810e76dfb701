"""Transactions that work while they hold locks which earlier statements of theirs took.

The locks end with the transaction, so what counts is the sum of all work behind them, also of statements that lock
tables of their own.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from advisor.migrations.impact.severity import held_severity
from advisor.migrations.verdict import Sizes
from advisor.model.check import Seconds
from advisor.model.finding import SEVERITIES, Severity
from advisor.model.migration import Lock

if TYPE_CHECKING:
    from advisor.migrations.assess import Assessed


@dataclass(frozen=True, slots=True)
class HeldLocks:
    """One transaction. Statements by their numbers in the run."""

    takers: tuple[tuple[int, str], ...]
    """They took the locks that are held; on what."""
    workers: tuple[int, ...]
    """They work under those locks alone: by themselves they would keep nobody out."""
    beside: tuple[int, ...]
    """They work meanwhile too, under locks of their own."""
    worst: int
    """Of the workers."""
    seconds: Seconds | None
    """Of all their work; None: not known of some."""
    longest: int
    """The statement that works longest, as far as known."""
    severity: Severity


def held_locks(assessed: Sequence[Assessed], sizes: Sizes) -> list[HeldLocks]:
    """Of each transaction of which a statement works under locks of earlier statements alone, in order."""
    groups: dict[tuple[int, int], list[int]] = {}
    for number, one in enumerate(assessed):
        if one.statement.transaction is not None:
            groups.setdefault((id(one.script), one.statement.transaction), []).append(number)
    found = [_held(assessed, numbers, sizes) for numbers in groups.values()]
    return [one for one in found if one is not None]


def _held(assessed: Sequence[Assessed], numbers: Sequence[int], sizes: Sizes) -> HeldLocks | None:
    working = [number for number in numbers if assessed[number].verdict == "blocking"]
    locks = {number: _locks(assessed[number], sizes) for number in working}
    workers = [number for number in working if all(one.held_since_line is not None for one in locks[number])]
    if not workers:
        return None
    behind = [one for number in workers for one in locks[number]]
    takers = {(taker, one.relation) for one in behind if (taker := _taker(assessed, numbers, one)) is not None}
    beside = [
        number
        for number in working
        if number not in workers and any(one.held_since_line is not None for one in locks[number])
    ]
    every = sorted((*workers, *beside))
    weights = [assessed[number].weight.seconds for number in every]
    seconds = _total(weights)
    rates = [queue.statements_per_second for number in workers for queue in assessed[number].weight.queues]
    known = any(assessed[number].weight.blocked_queries_per_second is not None for number in workers)
    together = held_severity(seconds, max(rates, default=0.0) if known else None)
    worst = max(workers, key=lambda number: (*_badness(assessed[number]), -number))
    severity = max(assessed[worst].severity, together, key=SEVERITIES.index)
    return HeldLocks(
        takers=tuple(sorted(takers)),
        workers=tuple(workers),
        beside=tuple(beside),
        worst=worst,
        seconds=seconds,
        longest=max(every, key=lambda number: (_high(assessed[number]), -number)),
        severity=severity,
    )


def _locks(one: Assessed, sizes: Sizes) -> list[Lock]:
    """That keep somebody out of a table that was there, and is not known to be empty."""
    return [
        lock
        for lock in one.outcome.locks
        if lock.preexisting and (lock.blocks_reads or lock.blocks_writes) and sizes.rows(lock.relation) != 0
    ]


def _taker(assessed: Sequence[Assessed], numbers: Sequence[int], lock: Lock) -> int | None:
    """The statement that took a lock: several may stand on its line."""
    there = [number for number in numbers if assessed[number].statement.line == lock.held_since_line]
    own = [
        number
        for number in there
        if any(one.relation == lock.relation and one.held_since_line is None for one in assessed[number].outcome.locks)
    ]
    return next(iter([*own, *there]), None)


def _badness(one: Assessed) -> tuple[int, float, float]:
    return SEVERITIES.index(one.severity), _high(one), float(one.weight.rows or 0)


def _high(one: Assessed) -> float:
    return one.weight.seconds.high if one.weight.seconds is not None else 0.0


def _total(each: Sequence[Seconds | None]) -> Seconds | None:
    known = [one for one in each if one is not None]
    if len(known) < len(each):
        return None
    return Seconds(sum(one.low for one in known), sum(one.high for one in known))
