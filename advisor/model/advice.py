"""Index advice as reports print it: the sets by size, the one that is recommended, and how far it can be trusted."""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from advisor.model.finding import Proof
from advisor.model.planning import PlannedBy

#: What the objective adds up: seconds an hour where the log has durations, else the planner's own cost units: of an
#: hour, or of all executions in the input where the rates are not known.
Unit = Literal["seconds_per_hour", "cost_per_hour", "cost"]


class CurveReport(msgspec.Struct, frozen=True, kw_only=True):
    """The best set found up to a size."""

    budget_bytes: int
    bytes: int
    """Of the set. Both are 0 where sizes are not known: with default statistics."""
    indexes: tuple[str, ...]
    """As SQL, without names: ``ON orders (customer_id)``."""
    cost: float
    """Of the workload under the set, in ``unit``."""
    saved_share: float
    """Of the workload's cost as it is."""
    upkeep: float = 0.0
    """Of writing the set, in ``unit``; not in ``cost``."""


class UnplannedStatement(msgspec.Struct, frozen=True):
    """A statement of which nothing is known: it may gain or lose."""

    fingerprint: str
    why: str


class LeftOut(msgspec.Struct, frozen=True):
    """An index that a rule asked for and the search did not choose."""

    index: str
    why: str
    findings: tuple[str, ...] = ()
    """Ids of the findings that asked for it."""


class RegressionReport(msgspec.Struct, frozen=True, kw_only=True):
    """A statement that gets worse under the recommended set."""

    fingerprint: str
    values: str
    """typical, slowest, other, generic: which execution's values."""
    cost_before: float
    cost_after: float
    ms_before: float | None = None
    ms_after: float | None = None
    indexes: tuple[str, ...] = ()
    """New indexes that its plan uses."""
    why: str = ""


class CalibrationReport(msgspec.Struct, frozen=True, kw_only=True):
    """How planner costs became times, and how well that holds."""

    statements: int
    """Timed ones that it rests on."""
    median_factor: float | None
    """Half of the statements are predicted within this factor of their logged time, by cost alone."""
    p90_factor: float | None
    """Nine in ten are."""
    basis: str = ""
    notes: tuple[str, ...] = ()


class PredictedReport(msgspec.Struct, frozen=True, kw_only=True):
    """Time of the statements under the set, foretold from the log: an estimate, however it was calibrated."""

    statements: int
    """With a logged time and rate."""
    seconds_per_hour_before: float
    """As logged."""
    seconds_per_hour_after: float
    low: float
    """Every statement at the lower end of its range; ``high`` at the upper."""
    high: float


class SettingTrap(msgspec.Struct, frozen=True, kw_only=True):
    """The planner's constants do not fit the machine: what that does to the advice."""

    setting: str
    present: str
    fitting: str
    evidence: tuple[str, ...]
    fragile: tuple[str, ...] = ()
    """Recommended indexes that pay only under one of the two values."""
    better_without_index: tuple[str, ...] = ()
    """Fingerprints of statements that the setting alone makes cheaper."""
    advice: str = ""


class ExistingReport(msgspec.Struct, frozen=True, kw_only=True):
    """What was looked at among the indexes that exist."""

    indexes: int
    used: int | None
    """By a plan of this workload, as it is."""
    kept: tuple[dict[str, Any], ...] = ()
    """Indexes that look superfluous and stay: ``index`` and ``because``."""
    notes: tuple[str, ...] = ()


class MeasuredReport(msgspec.Struct, frozen=True, kw_only=True):
    """What running the statements on a staging copy showed."""

    server: str
    """Safe to print."""
    repeats: int
    statements: int
    """Run with and without the indexes."""
    ms_before: float | None
    """Sum of the statements' medians."""
    ms_after: float | None
    per_hour: bool = False
    """Each median counts as often as its statement was called in an hour; else once."""
    not_run: tuple[UnplannedStatement, ...] = ()
    notes: tuple[str, ...] = ()


class IndexAdvice(msgspec.Struct, frozen=True, kw_only=True):
    """The search for indexes: what was asked, what was found at each size, what is recommended and why."""

    planned_by: PlannedBy
    proof: Proof
    unit: Unit
    statements: int
    """Planned ones."""
    unplanned: tuple[UnplannedStatement, ...] = ()
    candidates: int = 0
    planner_calls: int = 0
    """Statements that were planned."""
    seconds: float = 0.0
    complete: bool = True
    """False: ended by --time-limit or by the user; the best so far is shown."""
    gap: float | None = None
    """Share by which the solver's best sets may be above its own bound, over everything that was planned."""
    baseline: float = 0.0
    """Cost of the workload as it is, in ``unit``."""
    curve: tuple[CurveReport, ...] = ()
    chosen: int | None = None
    """Point of the curve that is recommended, from 0; None: no index pays."""
    chosen_because: str = ""
    left_out: tuple[LeftOut, ...] = ()
    regressions: tuple[RegressionReport, ...] = ()
    calibration: CalibrationReport | None = None
    predicted: PredictedReport | None = None
    trap: SettingTrap | None = None
    existing: ExistingReport | None = None
    measured: MeasuredReport | None = None
    notes: tuple[str, ...] = ()
