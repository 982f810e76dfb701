"""Times the statements that a set of indexes touches, with and without it, in turns."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from advisor.model.indexing import IndexDefinition
from advisor.model.limits import LIMITS
from advisor.model.planning import Query
from advisor.recommend.measuring.outcome import (
    Measured,
    MeasuredIndex,
    MeasuredStatement,
    Run,
    timing,
    together,
)
from advisor.recommend.measuring.staging import Progress, Seen, Staging, open_staging
from advisor.recommend.workload import Statement


@dataclass(slots=True)
class _Timed:
    """One query in both worlds."""

    statement: int
    query: Query
    before: Seen
    after: Seen
    runs: dict[bool, list[Run]] = field(default_factory=lambda: {False: [], True: []})
    failed: str | None = None


def measure(
    definitions: Sequence[IndexDefinition],
    statements: Sequence[Statement],
    dsn: str,
    *,
    repeats: int = 5,
    timeout: float = 30.0,
    allow_writers: bool = False,
    samples: int = 3,
    progress: Progress | None = None,
    deadline: float | None = None,
) -> Measured:
    """Builds the indexes on a staging copy, times what they touch before and after, and takes them away again.

    Each statement is executed ``repeats`` times in each state after one run to warm up, the states in turns, so that
    what else the machine does falls on both; ``timeout`` seconds end an execution, which is then said to take at least
    that long. Only reads are executed, in a READ ONLY transaction; of each shape up to ``samples`` values. A statement
    whose plan the indexes do not change is not executed. ``deadline`` is a time of `time.monotonic`.

    Raises MeasuringError (a replica, a server in use, no connection). Ctrl-C takes the indexes away too.
    """
    told = progress or _silent
    start = time.monotonic()
    with open_staging(dsn, allow_writers=allow_writers) as staging:
        staging.build(definitions, told, deadline)
        every = frozenset(number for number, one in enumerate(staging.built) if one.error is None)
        timed, skipped = _affected(staging, statements, samples, every)
        complete = _rounds(staging, timed, every, repeats, timeout, told, deadline)
        found = tuple(_statement(number, each, timed, skipped) for number, each in enumerate(statements))
        uses = [(each.fingerprint, each.used) for each in found]
        indexes = tuple(
            MeasuredIndex(
                index=one.index,
                name=one.name,
                bytes=one.bytes,
                build_seconds=one.seconds,
                used_by=tuple(fingerprint for fingerprint, used in uses if number in used),
                error=one.error,
            )
            for number, one in enumerate(staging.built)
        )
        engine, origin, notes = staging.engine, staging.origin, tuple(staging.notes)
    return Measured(
        engine=engine,
        origin=origin,
        indexes=indexes,
        statements=found,
        repeats=repeats,
        seconds=time.monotonic() - start,
        complete=complete and all(one.error is None for one in indexes),
        notes=notes,
    )


def _affected(
    staging: Staging, statements: Sequence[Statement], samples: int, every: frozenset[int]
) -> tuple[list[_Timed], dict[int, str]]:
    """Queries with their plans in both worlds, and why statements have none."""
    queries = [(number, query) for number, each in enumerate(statements) for query in each.queries[:samples]]
    with staging.world(frozenset()) as world:
        before = [world.see(query) for _, query in queries]
    with staging.world(every) as world:
        after = [world.see(query) for _, query in queries]
    timed: list[_Timed] = []
    skipped = {
        number: "there is no text of it with values" for number, each in enumerate(statements) if not each.queries
    }
    for (number, query), was, would in zip(queries, before, after, strict=True):
        if isinstance(was, str) or isinstance(would, str):
            skipped.setdefault(number, was if isinstance(was, str) else str(would))
        else:
            timed.append(_Timed(number, query, was, would, failed=would.refused))
    return timed, skipped


def _rounds(
    staging: Staging,
    timed: Sequence[_Timed],
    every: frozenset[int],
    repeats: int,
    timeout: float,
    progress: Progress,
    deadline: float | None,
) -> bool:
    """Executes; False: the deadline ended it early."""
    changed = {each.statement for each in timed if each.before.key != each.after.key}
    wanted = [each for each in timed if each.failed is None and each.statement in changed]
    if not wanted:
        return True
    for turn in range(repeats + 1):
        # Which goes first changes from turn to turn: neither profits from the other's warm cache.
        for built in (False, True) if turn % 2 == 0 else (True, False):
            progress(f"timing {len(wanted)} statements, turn {turn + 1} of {repeats + 1}", turn / (repeats + 1))
            with staging.world(every if built else frozenset()) as world:
                for each in wanted:
                    if deadline is not None and time.monotonic() > deadline:
                        return False
                    if each.failed is not None or _long_enough(each.runs[built]):
                        continue
                    left = timeout if deadline is None else deadline - time.monotonic()
                    outcome = world.run(each.query, max(0.001, min(timeout, left)))
                    if isinstance(outcome, str):
                        each.failed = outcome
                    elif turn or outcome.censored:  # the first one warms up
                        each.runs[built].append(outcome)
    return True


def _long_enough(runs: Sequence[Run]) -> bool:
    """A timeout need not be waited for again; what takes long varies little in proportion."""
    if any(run.censored for run in runs):
        return True
    spent = sum(run.ms for run in runs)
    return len(runs) >= LIMITS.measuring_least_runs and spent > 1000 * LIMITS.measuring_patience_seconds


def _statement(
    number: int, statement: Statement, timed: Sequence[_Timed], skipped: dict[int, str]
) -> MeasuredStatement:
    mine = [each for each in timed if each.statement == number]
    used = tuple(sorted({index for each in mine for index in each.after.new}))
    if not mine:
        return MeasuredStatement(fingerprint=statement.fingerprint, skipped=skipped.get(number))
    if all(each.before.key == each.after.key for each in mine):
        return MeasuredStatement(fingerprint=statement.fingerprint, used=used, same_plan=True)
    both = [
        (was, now)
        for each in mine
        if (was := timing(each.runs[False])) is not None and (now := timing(each.runs[True])) is not None
    ]
    if not both:
        why = next((each.failed for each in mine if each.failed), "no time was left")
        return MeasuredStatement(fingerprint=statement.fingerprint, used=used, skipped=why)
    return MeasuredStatement(
        fingerprint=statement.fingerprint,
        used=used,
        before=together([was for was, _ in both]),
        after=together([now for _, now in both]),
    )


def _silent(what: str, share: float) -> None:
    del what, share
