"""What is known of an input after it has been read: the ground of 'nothing is lost silently'."""

from __future__ import annotations

import msgspec

from advisor.model.engine import Engine


class Unreadable(msgspec.Struct, frozen=True):
    """One stretch that no reader understood."""

    line: int
    reason: str


class SourceSummary(msgspec.Struct):
    """Accounting of one input. ``lines == understood_lines + unreadable_lines`` once it has been read to its end."""

    path: str
    format: str = ""
    engine: Engine | None = None
    bytes: int = 0
    """Decompressed bytes read."""
    lines: int = 0
    understood_lines: int = 0
    unreadable_lines: int = 0
    unreadable: list[Unreadable] = []
    """The first few (LIMITS.unreadable_examples)."""
    events: int = 0
    notes: list[str] = []
    """What a reader wants the user to know: 'no query text: log_duration without log_statement', ..."""
    interrupted: bool = False
    identity: str = ""
    """Hash of the path and the first bytes, set before the first batch of the source: it names the source across runs,
    so that digests of different files never mix and pieces of one file join. Empty: the path alone names it."""
    since_us: int | None = None
    """For cumulative counters: since when they count (microseconds since the epoch); None unknown..."""
    until_us: int | None = None
    """... and when they were read."""
    first_end_us: int | None = None
    """When the first of its events ended, as far as they have a time..."""
    last_end_us: int | None = None
    """... and the last."""
