"""Every bound and threshold that is not a rule's own, in one place, each with its reason."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Limits:
    """Bounds that keep memory flat and reports short."""

    max_shapes: int = 100_000
    """Shapes kept apart in a digest. A busy application has hundreds to thousands; more means unparameterised
    identifiers (a table per tenant), where the long tail carries no advice."""
    block_bytes: int = 4 << 20
    """Bytes framed at a time: large enough that numpy's per-call cost vanishes, small enough to stay near the cache."""
    max_record_bytes: int = 32 << 20
    """A single log record longer than this is counted as unreadable."""
    sample_bytes: int = 8 << 10
    """Longer sample texts are cut, and say so: MySQL and auto_explain print megabyte statements."""
    unreadable_examples: int = 10
    samples_per_shape: int = 3
    plans_per_shape: int = 3
    values_per_dimension: int = 256
    """Distinct users, hosts... counted apart per shape; past it the rest is one '(other)'."""
    sequence_events: int = 200_000
    """Events kept with their order for stream analysis (whole sessions, sampled by hash)."""
    sketch_error: float = 0.01
    """Relative error of every quantile (DDSketch: Masson, Rim, Lee, VLDB 2019)."""
    analysed_share: float = 0.99
    """`analyze` builds query graphs for the shapes that cover this share of the time..."""
    analysed_min: int = 200
    """... and for at least this many."""


LIMITS = Limits()
