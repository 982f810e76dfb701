"""The workload as a whole: exact totals, whatever became of single shapes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import msgspec
import numpy as np

from advisor.digest.hashing import mix_pair
from advisor.digest.shapetable import LONG_AGO, NEVER
from advisor.model.source import SourceSummary
from advisor.sources.overlap import overlaps

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

#: Formats of `SourceSummary.format` whose rows are cumulative counters.
COUNTERS = frozenset({"pg-stat-statements", "mysql-digests"})


class Totals(msgspec.Struct, frozen=True):
    """What holds for all events of a digest together."""

    events: int
    """Executions."""
    untimed_events: int
    """Those without a duration."""
    total_us: int
    shapes: int
    """Different shapes seen: exact while none was evicted, else an estimate (see ``shapes_exact``)."""
    shapes_exact: bool
    kept_shapes: int
    other_calls: int
    """Executions that are in no kept shape."""
    other_us: int
    """Their time."""
    evicted_calls_floor: int
    """No shape that is not kept was called more often than this."""
    sessions: int | None
    """Different sessions; None when no event names its session."""
    sessions_exact: bool
    start_us: int | None
    """Start of the first event; of counters alone, since when they count."""
    end_us: int | None
    """End of the last event; of counters alone, when they were read."""
    zoned: bool
    """False: some source prints local times without a zone, and times are to be read as such."""
    sources: tuple[SourceSummary, ...]
    quantile_error: float
    """Relative error that every quantile keeps."""
    hours_step: int
    """Hours that one row of ``per_hour`` covers."""
    sequence_share: float
    """Share of the sessions, by hash, whose events are in the sequence material: 1 or a power of one half."""
    notes: tuple[str, ...]
    """What a reader of these numbers must know."""


def totals(digest: Digest) -> Totals:
    """The totals of a settled digest."""
    table, n = digest.table, digest.table.count
    if digest.evicted:
        digest.shapes_seen.add(mix_pair(table.fingerprint[:n], table.engine[:n].astype(np.uint64)))
    start_us, end_us = _window(digest)
    calls, us = int(table.columns["calls"][:n].sum()), int(table.columns["total_us"][:n].sum())
    return Totals(
        events=digest.events,
        untimed_events=digest.events - digest.timed,
        total_us=digest.total_us,
        shapes=max(digest.shapes_seen.count, n) if digest.evicted else n,
        shapes_exact=not digest.evicted,
        kept_shapes=n,
        other_calls=digest.events - calls,
        other_us=digest.total_us - us,
        evicted_calls_floor=table.floor,
        sessions=digest.sessions.count or None,
        sessions_exact=digest.sessions.exact,
        start_us=start_us,
        end_us=end_us,
        zoned=digest.zoned,
        sources=tuple(digest.sources.known[i].account for i in digest.sources.order()),
        quantile_error=digest.sketch.error,
        hours_step=1 << digest.hours.level,
        sequence_share=2.0**-digest.sequence.level,
        notes=tuple(_notes(digest)),
    )


def _window(digest: Digest) -> tuple[int | None, int | None]:
    """The stretch of time that the events cover, as far as it is known of all of them.

    Counters have no event with a time. Where one source does not say since when it counts, none can say it of all.
    """
    if digest.first_us != NEVER and digest.last_us != LONG_AGO:
        return digest.first_us, digest.last_us
    accounts = [source.account for source in digest.sources.known]
    since = [a.since_us for a in accounts if a.since_us is not None]
    until = [a.until_us for a in accounts if a.until_us is not None]
    whole = bool(accounts)
    return (
        min(since) if whole and len(since) == len(accounts) else None,
        max(until) if whole and len(until) == len(accounts) else None,
    )


def _notes(digest: Digest) -> list[str]:
    notes = []
    for index in digest.sources.order():
        source = digest.sources.known[index]
        if source.times_counted > 1:
            notes.append(
                f"{source.account.path}: every event of it was counted {source.times_counted} times; "
                "was the same log or digest given more than once?"
            )
    notes += overlaps(source.account for source in digest.sources.known)
    counters = [s.account for s in digest.sources.known if s.account.format in COUNTERS]
    if counters:
        told = all(account.since_us is not None and account.until_us is not None for account in counters)
        notes.append(
            "cumulative counters: no time of day, no percentile, and nothing of statements that the server gave up"
            + ("" if told else "; since when they count is not known, so neither is what anything costs in an hour")
        )
        if digest.first_us != NEVER:
            notes.append("logs and counters together: the window, and what is said per hour, is that of the logs")
    if digest.evicted:
        notes.append(
            f"more than {digest.max_shapes:,} shapes: totals are exact, light shapes were given up, and the calls of a "
            "kept shape may be low by its calls_error_bound"
        )
    if digest.sketch.level:
        notes.append(f"quantiles are within {digest.sketch.error:.0%}: too many shapes and durations for 1%")
    if digest.plans.too_long:
        notes.append(f"{digest.plans.too_long:,} plans were too long to keep")
    if digest.shed:
        notes.append("samples and plans of shapes with little time were given up to bound the memory")
    return notes
