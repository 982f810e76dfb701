"""The result of `compare`, field by field as the JSON contract fixes it (schema ``advisor-compare/1``).

A ratio is after / before. A field that cannot be known is None (``null``).
"""

from __future__ import annotations

from typing import Literal

import msgspec

from advisor.model.analysis import ShapeSample, Window
from advisor.model.capture import Capture
from advisor.model.engine import Engine
from advisor.model.finding import Confidence, Finding

SCHEMA = "advisor-compare/1"
Status = Literal["slower", "faster", "new", "gone", "same", "unclear"]


class SideReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was compared: one of the two windows."""

    sources: tuple[str, ...]
    engine: Engine | None
    window: Window
    events: int
    shapes: int
    total_seconds: float
    seconds_per_hour: float | None
    """Load: seconds of statements in each hour. None: the length of the window is not known."""
    capture: Capture
    sequence_share: float | None
    """Share of the calls of which the single durations were kept; None: of none (counters)."""
    counters: bool
    """All of it is cumulative counters."""


class WholeChange(msgspec.Struct, frozen=True):
    """What most shapes share; 1 where they share nothing."""

    time_ratio: float = 1.0
    calls_ratio: float = 1.0
    shapes: int = 0
    """Shapes with an interval, of which it is the median."""


class ShapeChange(msgspec.Struct, frozen=True, kw_only=True):
    """One shape in both windows."""

    fingerprint: str
    engine: Engine
    sql: str
    kind: str
    status: Status
    why: str
    ratio: float | None = None
    """Time per call: ratio of geometric means where single calls give it an interval, else of means. Beside the drift
    of the other shapes, where they are a control and `Comparison.whole` has no change of time."""
    ci_low: float | None = None
    """95 % interval of ``ratio``."""
    ci_high: float | None = None
    q_value: float | None = None
    """False discovery rate at which the time per call is called changed (both ratios together)."""
    mean_ratio: float | None = None
    """Ratio of means over all calls, beside the same drift: what the load follows."""
    mean_ci_low: float | None = None
    mean_ci_high: float | None = None
    normalised_ratio: float | None = None
    """What is left of ``ratio`` beside what all shapes moved by."""
    calls_before: int
    calls_after: int
    calls_per_hour_before: float | None = None
    calls_per_hour_after: float | None = None
    calls_ratio: float | None = None
    """Of calls per hour."""
    calls_ci_low: float | None = None
    calls_ci_high: float | None = None
    calls_q_value: float | None = None
    per_request_before: float | None = None
    """Calls per request that tags name; None where they name none."""
    per_request_after: float | None = None
    mean_ms_before: float | None = None
    mean_ms_after: float | None = None
    p95_ms_before: float | None = None
    p95_ms_after: float | None = None
    rows_per_call_before: float | None = None
    rows_per_call_after: float | None = None
    seconds_per_hour_before: float | None = None
    seconds_per_hour_after: float | None = None
    plan_changed: bool | None = None
    """At least a quarter of its logged plans moved to another plan. None: one of the windows has no plan of it."""
    replaces: str | None = None
    """Of a new shape: the one gone that it seems to replace."""
    replaced_by: str | None = None
    method: Literal["events", "hours", "totals"] | None = None
    """What the interval rests on: single calls, sums of hours; totals have none."""
    sample: ShapeSample | None = None
    """A real execution, after if there is one."""


class PlanFlip(msgspec.Struct, frozen=True, kw_only=True):
    """A part of the executions worth a word took to another plan."""

    fingerprint: str
    plan_before: str
    """Fingerprint of the plan that lost most: operators, relations, indexes, join order."""
    plan_after: str
    """That of the plan that gained most."""
    plans_before: int
    """Logged plans of the shape."""
    plans_after: int
    share_before: float
    """Of them, those with ``plan_after``: before and after."""
    share_after: float
    mean_ms_before: float | None
    """Of the executions logged with ``plan_before`` in the window before, with ``plan_after`` in that after."""
    mean_ms_after: float | None
    headline: str
    """What is done otherwise, in one sentence."""


class NJump(msgspec.Struct, frozen=True, kw_only=True):
    """A repetition that is new, or repeats at least twice as often; or, where no loop is seen, a statement that each
    request or transaction runs at least twice as often."""

    child: str
    parent: str | None
    kind: str
    """Kind of the repetition, or `per_request`, `per_transaction`."""
    tier: Confidence
    n_before: float | None
    """Median repeats per instance; None: no repetition was seen. Of the other kinds: mean calls in the units that run
    it."""
    n_after: float
    instances: int
    repeats: int
    """In the window after; of the other kinds those that were added."""
    seconds_per_hour: float | None
    """Time of the repeats in the server, after."""


class Comparison(msgspec.Struct, frozen=True, kw_only=True):
    """What `advisor compare` returns and what every report of it is made of."""

    schema: str = SCHEMA
    before: SideReport
    after: SideReport
    whole: WholeChange
    shapes: tuple[ShapeChange, ...]
    """Largest change of the load first."""
    findings: tuple[Finding, ...]
    plan_flips: tuple[PlanFlip, ...] = ()
    n_jumps: tuple[NJump, ...] = ()
    notices: tuple[str, ...] = ()
    """What limits the comparison: other hours, other thresholds, short windows..."""
