"""All that findings of a comparison are made from."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from advisor.comparison.estimate import Estimate
from advisor.comparison.guards import Guard
from advisor.comparison.verdict import Verdict
from advisor.comparison.whole import Whole
from advisor.comparison.window import Key, Window
from advisor.model.compared import NJump, PlanFlip


@dataclass(slots=True)
class Ground:
    """All that findings are made from."""

    before: Window
    after: Window
    guard: Guard
    whole: Whole
    estimates: Mapping[Key, Estimate]
    verdicts: Mapping[Key, Verdict]
    often: Mapping[Key, bool]
    """Called far more often, also beside all traffic."""
    new: Mapping[Key, float]
    """Shapes that only the window after has -> how many appearances the window before should have had."""
    replaces: Mapping[str, str]
    flips: Mapping[Key, PlanFlip]
    jumps: tuple[NJump, ...] = ()
    loops: set[str] = field(default_factory=set)
    """Children of the jumps that became findings."""
