"""Indexes built for a while on a staging copy that the user names, and statements timed with and without them."""

from __future__ import annotations

from advisor.recommend.measuring.costs import measured_costs
from advisor.recommend.measuring.errors import MeasuringError
from advisor.recommend.measuring.measure import measure
from advisor.recommend.measuring.outcome import Measured, MeasuredIndex, MeasuredStatement, Run, Timing
from advisor.recommend.measuring.planner import MeasuredPlanner
from advisor.recommend.measuring.staging import PREFIX, open_staging

__all__ = [
    "PREFIX",
    "Measured",
    "MeasuredIndex",
    "MeasuredPlanner",
    "MeasuredStatement",
    "MeasuringError",
    "Run",
    "Timing",
    "measure",
    "measured_costs",
    "open_staging",
]
