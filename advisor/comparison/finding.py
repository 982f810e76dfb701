"""How a finding of a comparison is made, whatever it is about."""

from __future__ import annotations

from typing import Any

from advisor.comparison.cost import Cost
from advisor.comparison.estimate import Estimate
from advisor.comparison.ground import Ground
from advisor.comparison.verdict import Verdict
from advisor.handbook.finding import finding_id
from advisor.model.finding import SEVERITIES, Confidence, Finding, Impact, Role, Severity
from advisor.model.shape import ShapeSummary
from advisor.model.stream_limits import STREAM


def finding(
    rule: str,
    shape: ShapeSummary,
    title: str,
    advice: str,
    evidence: dict[str, Any],
    of: Cost,
    confidence: Confidence,
    roles: tuple[Role, ...] = (),
) -> Finding:
    """One about a shape. What is only possible is never worse than medium, and a moment confirms nothing."""
    if of.brief and confidence == "confirmed":
        confidence = "likely"
    return Finding(
        id=finding_id(rule, (shape.engine.name, shape.fingerprint)),
        rule=rule,
        severity=of.severity if confidence != "possible" else at_most(of.severity, "medium"),
        confidence=confidence,
        certainty="conditional" if confidence == "possible" else "certain",
        title=title,
        fingerprints=roles or (Role(shape.fingerprint),),
        engine=shape.engine.name,
        tables=_tables(shape),
        evidence={name: value for name, value in evidence.items() if value is not None},
        impact=Impact(of.seconds_per_hour, of.share),
        advice=advice,
    )


def at_most(severity: Severity, most: Severity) -> Severity:
    """The milder of two."""
    return min(severity, most, key=SEVERITIES.index)


def _tables(shape: ShapeSummary) -> tuple[str, ...]:
    from advisor.graphs import NotAnalysed, build

    try:
        return build(shape.sql, shape.engine.name, ()).tables
    except NotAnalysed:
        return ()


def sure(ground: Ground, estimate: Estimate, verdict: Verdict) -> Confidence:
    """How sure a change of time is, by what its interval rests on."""
    low = verdict.moved.low if verdict.moved is not None else None
    method, q = estimate.method, verdict.q
    if ground.guard.other_times or method == "totals" or q is None or low is None:
        return "possible"
    if ground.guard.short:  # no cold cache does that
        return "likely" if low >= STREAM.compare_beyond_cold else "possible"
    return "confirmed" if method == "events" and q <= STREAM.compare_confirmed else "likely"


def per_call(shape: ShapeSummary, measure: str) -> float | None:
    """Mean of a measure over the calls of which it is known."""
    value, known = getattr(shape, measure), shape.measured_calls.get(measure, 0)
    return value / known if value is not None and known else None


def mean_us(shape: ShapeSummary) -> float | None:
    """Mean duration in microseconds."""
    return round(shape.total_us / shape.timed_calls, 1) if shape.timed_calls else None


def rounded(value: float | None) -> float | None:
    """Four digits: what evidence needs."""
    return None if value is None else float(f"{value:.4g}")
