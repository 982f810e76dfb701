"""What growth does to a column, and why: one line of the growth report."""

from __future__ import annotations

from typing import Literal

import msgspec

#: ``kept``: values and frequencies are those of today. ``scaled``: there are more different values, so each is rarer.
#: ``extended``: the column follows the clock, and its history becomes longer.
Decision = Literal["kept", "scaled", "extended"]

#: Where the time axis is pinned. ``stays``: data ends today and its history reaches further back, which is how the
#: grown database looks on the day it has grown: `now()` and the dates of today's log mean what they do now. ``moves``:
#: data begins where it begins and goes on past today, for queries that name dates of that future.
Clock = Literal["stays", "moves"]


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What becomes of one column."""

    table: str
    """``schema.table``; of a partitioned table its root, which decides for all partitions."""
    column: str
    decision: Decision
    because: str
    factor: float = 1.0
    """How many times more different values there are."""
    days: float | None = None
    """Of ``extended``: days that the history is longer."""


class Grown(msgspec.Struct, frozen=True, kw_only=True):
    """A table that grows."""

    table: str
    factor: float
    rows_before: float | None
    rows_after: float | None
