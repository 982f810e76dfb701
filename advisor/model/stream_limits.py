"""Bounds and thresholds of the rooms that read the order of statements, each with its reason (see `limits`)."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class StreamLimits:
    """Thresholds of units of work, repetitions, insights and comparisons."""

    repeats_min: int = 3
    """Fewer repeats of a statement in one unit are no loop that anybody would mend."""


STREAM = StreamLimits()
"""The only instance."""
