"""Times the statements that a set of indexes touches, with and without it, in turns."""

from __future__ import annotations

import time
from collections.abc import Sequence

from advisor.model.indexing import IndexDefinition
from advisor.recommend.measuring.outcome import (
    Measured,
    MeasuredIndex,
    MeasuredStatement,
    timing,
    together,
)
from advisor.recommend.measuring.staging import Progress, Staging, open_staging
from advisor.recommend.measuring.turns import Pair, in_turns
from advisor.recommend.workload import Statement


def measure(
    definitions: Sequence[IndexDefinition],
    statements: Sequence[Statement],
    dsn: str,
    *,
    repeats: int = 5,
    timeout: float = 30.0,
    allow_writers: bool = False,
    samples: int = 3,
    predicted: Sequence[int | None] = (),
    progress: Progress | None = None,
    deadline: float | None = None,
) -> Measured:
    """Builds the indexes on a staging copy, times what they touch before and after, and takes them away again.

    Each statement is executed ``repeats`` times in each state after one run to warm up, the states in turns, so that
    what else the machine does falls on both; ``timeout`` seconds end an execution, which is then said to take at least
    that long. Only reads are executed, in a READ ONLY transaction; of each shape up to ``samples`` values. A statement
    whose plan the indexes do not change is not executed. ``predicted`` are the bytes that each index was expected to
    have, to stand beside what it has. ``deadline`` is a time of `time.monotonic`.

    Raises MeasuringError (a replica, a server in use, no connection). Ctrl-C takes the indexes away too.
    """
    told = progress or _silent
    start = time.monotonic()
    with open_staging(dsn, allow_writers=allow_writers) as staging:
        staging.build(definitions, told, deadline)
        every = frozenset(number for number, one in enumerate(staging.built) if one.error is None)
        timed, skipped = _affected(staging, statements, samples, every)
        complete = in_turns(staging, timed, every, (), repeats, timeout, told, deadline)
        found = tuple(_statement(number, each, timed, skipped) for number, each in enumerate(statements))
        uses = [(each.fingerprint, each.used) for each in found]
        indexes = tuple(
            MeasuredIndex(
                index=one.index,
                name=one.name,
                bytes=one.bytes,
                predicted_bytes=predicted[number] if number < len(predicted) else None,
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
) -> tuple[list[Pair], dict[int, str]]:
    """Queries with their plans in both worlds, and why statements have none."""
    queries = [(number, query) for number, each in enumerate(statements) for query in each.queries[:samples]]
    with staging.world(frozenset()) as world:
        before = [world.see(query) for _, query in queries]
    with staging.world(every) as world:
        after = [world.see(query) for _, query in queries]
    timed: list[Pair] = []
    skipped = {
        number: "there is no text of it with values" for number, each in enumerate(statements) if not each.queries
    }
    for (number, query), was, would in zip(queries, before, after, strict=True):
        if isinstance(was, str) or isinstance(would, str):
            skipped.setdefault(number, was if isinstance(was, str) else str(would))
        else:
            timed.append(Pair(number, query, was, would, failed=would.refused))
    return timed, skipped


def _statement(number: int, statement: Statement, timed: Sequence[Pair], skipped: dict[int, str]) -> MeasuredStatement:
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
