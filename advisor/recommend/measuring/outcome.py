"""What was measured: times of statements with and without indexes that really stood there."""

from __future__ import annotations

from statistics import median

import msgspec

from advisor.model.engine import Engine
from advisor.model.indexing import IndexDefinition

#: Below this share two times are not told apart even where their ranges do not touch: a quiet server varies as much.
_SAME = 0.05


class Run(msgspec.Struct, frozen=True, kw_only=True):
    """One execution."""

    ms: float
    """Of the server's own clock: executing, without planning and without sending rows."""
    censored: bool = False
    """It was ended by the timeout: it takes at least this long."""
    rows: float | None = None
    blocks: int | None = None
    """PostgreSQL: blocks that it read, from memory or not."""
    examined: float | None = None
    """MariaDB: rows that it read from tables and indexes."""


class Timing(msgspec.Struct, frozen=True, kw_only=True):
    """Repeated executions of one statement in one state of the database."""

    median_ms: float
    low_ms: float
    high_ms: float
    runs: int
    censored: bool = False
    """At least half of the runs were ended by the timeout: the median is a lower bound."""
    blocks: int | None = None
    examined: float | None = None


class MeasuredStatement(msgspec.Struct, frozen=True, kw_only=True):
    """One shape of the workload."""

    fingerprint: str
    before: Timing | None = None
    """Without the new indexes; with several values of the shape the mean over them."""
    after: Timing | None = None
    used: tuple[int, ...] = ()
    """Which of the new indexes its plan uses, by position."""
    same_plan: bool = False
    """The indexes do not change its plan: it was not executed."""
    skipped: str | None = None
    """Why it was not executed, one sentence."""

    @property
    def verdict(self) -> str:
        """faster, slower, same (ranges touch, or within 5 %), unknown."""
        if self.same_plan:
            return "same"
        if self.before is None or self.after is None:
            return "unknown"
        before, after = self.before, self.after
        if before.censored and after.censored:
            return "unknown"
        if after.high_ms < before.low_ms and after.median_ms < before.median_ms * (1 - _SAME):
            return "faster"
        if not before.censored and after.low_ms > before.high_ms and after.median_ms > before.median_ms * (1 + _SAME):
            return "slower"
        return "same"


class MeasuredIndex(msgspec.Struct, frozen=True, kw_only=True):
    """One index that was built and taken away again."""

    index: IndexDefinition
    name: str
    """As it was called while it stood."""
    bytes: int | None = None
    predicted_bytes: int | None = None
    build_seconds: float | None = None
    used_by: tuple[str, ...] = ()
    """Fingerprints of the statements whose plans use it."""
    error: str | None = None
    """Why it could not be built."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """The outcome."""

    engine: Engine
    origin: str
    """Where, safe to print."""
    indexes: tuple[MeasuredIndex, ...]
    statements: tuple[MeasuredStatement, ...]
    repeats: int
    seconds: float
    complete: bool = True
    """False: ended by the deadline; what was measured until then stands."""
    notes: tuple[str, ...] = ()


def timing(runs: list[Run]) -> Timing | None:
    """Median and range of several runs; None of none."""
    if not runs:
        return None
    times = [run.ms for run in runs]
    blocks = [run.blocks for run in runs if run.blocks is not None]
    examined = [run.examined for run in runs if run.examined is not None]
    return Timing(
        median_ms=median(times),
        low_ms=min(times),
        high_ms=max(times),
        runs=len(runs),
        censored=2 * sum(run.censored for run in runs) >= len(runs),
        blocks=int(median(blocks)) if blocks else None,
        examined=median(examined) if examined else None,
    )


def together(several: list[Timing]) -> Timing | None:
    """The mean over a shape's values: each stands for an equal part of its executions."""
    if not several:
        return None
    count = len(several)
    blocks = [each.blocks for each in several if each.blocks is not None]
    examined = [each.examined for each in several if each.examined is not None]
    return Timing(
        median_ms=sum(each.median_ms for each in several) / count,
        low_ms=sum(each.low_ms for each in several) / count,
        high_ms=sum(each.high_ms for each in several) / count,
        runs=min(each.runs for each in several),
        censored=any(each.censored for each in several),
        blocks=sum(blocks) // count if blocks else None,
        examined=sum(examined) / count if examined else None,
    )
