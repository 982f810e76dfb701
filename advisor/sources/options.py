"""How to read: what the user may tell a reading that it cannot find out by itself."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

from advisor.model.engine import EngineName
from advisor.model.limits import LIMITS

#: Called with (stored bytes read so far, stored bytes in all or None where that is not known).
Progress = Callable[[int, int | None], None]


#: A stretch of time: ``90s``, ``15m``, ``2h``, ``-1d``, ``1w``.
RELATIVE = re.compile(r"[+-]?(\d{1,6}(?:\.\d{1,3})?)\s*(s|sec|m|min|h|hours?|d|days?|w|weeks?)", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Wanted:
    """What to keep; every part that is given must hold. Names are compared as they are logged."""

    since: str | None = None
    """ISO 8601, or a stretch (``2h``, ``1d``) before the end of the input."""
    until: str | None = None
    """The same; the moment itself is left out."""
    databases: tuple[str, ...] = ()
    users: tuple[str, ...] = ()
    applications: tuple[str, ...] = ()
    exclude: tuple[str, ...] = ()
    """Regular expressions: a statement whose normalised text (so, also, whose tables) they match is left out."""

    def __bool__(self) -> bool:
        return any((self.since, self.until, self.databases, self.users, self.applications, self.exclude))

    def relative(self) -> bool:
        """Whether a bound counts from the end of the input, which must be looked for first."""
        return any(text is not None and RELATIVE.fullmatch(text.strip()) for text in (self.since, self.until))


@dataclass(frozen=True, slots=True)
class ReadOptions:
    """How to read. The defaults are right for almost every input."""

    input_format: str | None = None
    """Name of a reader (`detect.READERS`); None detects."""
    log_line_prefix: str | None = None
    timezone: str | None = None
    """Zone of times that are printed without one."""
    engine: EngineName | None = None
    """Where the input does not tell."""
    jobs: int = 1
    """Blocks framed at the same time; 0 is one a core. Without the compiled framers jobs are processes."""
    block_bytes: int = LIMITS.block_bytes
    max_record_bytes: int = LIMITS.max_record_bytes
    progress: Progress | None = None
    wanted: Wanted = Wanted()
    """Which part of the workload to keep."""
