"""Findings of a comparison (CMP001 to CMP006), in the form that `analyze` has, so that a gate reads both alike.

One cause makes one finding: a changed plan that made a shape slower is not also a slower shape, and the statement of a
loop that appeared is neither new nor called more often.
"""

from __future__ import annotations

from advisor.comparison.appearances import more_calls, new_costs
from advisor.comparison.cost import cost
from advisor.comparison.finding import at_most
from advisor.comparison.ground import Ground
from advisor.comparison.loops import loops
from advisor.comparison.slowdowns import slowdowns
from advisor.comparison.verdict import times
from advisor.handbook.finding import finding_id
from advisor.model.finding import SEVERITIES, Confidence, Finding, Impact
from advisor.model.stream_limits import STREAM


def findings(ground: Ground) -> tuple[Finding, ...]:
    """The worst first."""
    out: list[Finding] = []
    for make in (loops, slowdowns, new_costs, more_calls, everything):
        out += make(ground)
    return tuple(sorted(out, key=lambda one: (-SEVERITIES.index(one.severity), -(one.impact.share or 0.0), one.id)))


def everything(ground: Ground) -> list[Finding]:
    """CMP006: the server as a whole became slower."""
    factor = ground.whole.time
    if factor <= 1 or (ground.guard.short and factor < STREAM.compare_beyond_cold):
        return []
    of = cost(ground.after.totals.total_us * (1 - 1 / factor), ground.before, ground.after)
    if not of.matters:
        return []
    sure: Confidence = "possible" if ground.guard.other_times or ground.guard.short else "likely"
    engines = {shape.engine.name for shape in ground.after.shapes.values()}
    return [
        Finding(
            id=finding_id("CMP006", ("whole",)),
            rule="CMP006",
            severity=of.severity if sure == "likely" else at_most(of.severity, "medium"),
            confidence=sure,
            certainty="conditional",
            title=f"Everything takes {times(factor)} the time",
            engine=next(iter(engines)) if len(engines) == 1 else None,
            evidence={"ratio": round(factor, 3), "shapes": ground.whole.shapes},
            impact=Impact(of.seconds_per_hour, of.share),
            advice="Most statements became slower by the same factor, so it is none of them: look at the server "
            "(processors, memory, storage, a neighbour, a setting, a version). Shapes are judged beside it.",
        )
    ]
