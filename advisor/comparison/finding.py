"""How a finding of a comparison is made, whatever it is about."""

from __future__ import annotations

from typing import Any

from advisor.comparison.cost import Cost
from advisor.comparison.ground import Ground
from advisor.handbook.finding import finding_id
from advisor.model.finding import SEVERITIES, Confidence, Finding, Impact, Role, Severity
from advisor.model.shape import ShapeSummary

#: q-value up to which an interval of single calls confirms a change.
_CONFIRMED = 0.01


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
    """One about a shape. What is only possible is never worse than medium."""
    return Finding(
        id=finding_id(rule, (shape.engine.name, shape.fingerprint)),
        rule=rule,
        severity=of.severity if confidence != "possible" else _at_most(of.severity, "medium"),
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


def _at_most(severity: Severity, most: Severity) -> Severity:
    return min(severity, most, key=SEVERITIES.index)


def _tables(shape: ShapeSummary) -> tuple[str, ...]:
    from advisor.graphs import NotAnalysed, build

    try:
        return build(shape.sql, shape.engine.name, ()).tables
    except NotAnalysed:
        return ()


def sure(ground: Ground, method: str | None, q: float | None) -> Confidence:
    """How sure a change of time is, by what its interval rests on."""
    if ground.guard.weak or method in (None, "totals") or q is None:
        return "possible"
    return "confirmed" if method == "events" and q <= _CONFIRMED else "likely"


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
