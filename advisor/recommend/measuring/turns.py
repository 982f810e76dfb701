"""Executions without and with indexes, in turns."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field

from advisor.model.limits import LIMITS
from advisor.model.planning import Query
from advisor.recommend.measuring.outcome import Run
from advisor.recommend.measuring.staging import Progress, Seen, Staging


@dataclass(slots=True)
class Pair:
    """One query in both worlds."""

    statement: int
    query: Query
    before: Seen
    after: Seen
    runs: dict[bool, list[Run]] = field(default_factory=lambda: {False: [], True: []})
    failed: str | None = None


def in_turns(
    staging: Staging,
    timed: Sequence[Pair],
    every: frozenset[int],
    hide: Sequence[str],
    repeats: int,
    timeout: float,
    progress: Progress,
    deadline: float | None,
) -> bool:
    """Executes what has another plan with the indexes ``every`` (and without those in ``hide``) than as things are.

    Whatever else a machine does falls on both states alike. False: the deadline ended it early.
    """
    changed = {each.statement for each in timed if each.before.key != each.after.key}
    wanted = [each for each in timed if each.failed is None and each.statement in changed]
    if not wanted:
        return True
    for turn in range(repeats + 1):
        # Which goes first changes from turn to turn: neither profits from the other's warm cache.
        for built in (False, True) if turn % 2 == 0 else (True, False):
            progress(f"timing {len(wanted)} statements, turn {turn + 1} of {repeats + 1}", turn / (repeats + 1))
            with staging.world(every, hide) if built else staging.world(frozenset()) as world:
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
