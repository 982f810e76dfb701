"""What the settings of a log hid from us: the verdict that stands in the header of every report."""

from __future__ import annotations

import msgspec


class Capture(msgspec.Struct, frozen=True):
    """How much of the workload the input shows. None is "cannot be known", never a guess.

    Unless ``complete`` is true, every total is a lower bound.
    """

    complete: bool | None = None
    """True only on evidence that every statement was logged; False on evidence that some were not."""
    threshold_ms: float | None = None
    """Statements faster than this were not logged, or not timed (in some source, where sources differ); 0: no such
    threshold."""
    sample_rate: float | None = None
    """Share of the statements (above the threshold) that were logged, 0..1."""
    scaled: bool = False
    """Counts and times were multiplied by 1 / sample_rate."""
    why: str = ""
    """The evidence, in sentences."""
