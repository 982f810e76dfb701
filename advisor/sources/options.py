"""How to read: what the user may tell a reading that it cannot find out by itself."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from advisor.model.engine import EngineName
from advisor.model.limits import LIMITS

#: Called with (stored bytes read so far, stored bytes in all or None where that is not known).
Progress = Callable[[int, int | None], None]


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
