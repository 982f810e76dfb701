"""The plans of a workload: read, put beside their shapes, and those that a finding points at reported."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import msgspec

from advisor.model.analysis import PlanVariant
from advisor.model.explained import PlanReport
from advisor.model.finding import Finding
from advisor.model.shape import PlanSample, ShapeSummary
from advisor.plans.errors import PlanError

if TYPE_CHECKING:
    from advisor.facts import Facts
    from advisor.facts.plan_rows import PlanSeen
    from advisor.model.plan import Plan


@dataclass(slots=True)
class WorkloadPlans:
    """Plans by number, as findings name them, and why others could not be read."""

    seen: list[PlanSeen] = field(default_factory=list)
    of: dict[tuple[str, str], list[Plan]] = field(default_factory=dict)
    """By (engine, fingerprint) of the shape."""
    variants: dict[tuple[str, str], tuple[PlanVariant, ...]] = field(default_factory=dict)
    """By (engine, fingerprint) of the shape: its different plans, those that took the most time first."""
    problems: list[str] = field(default_factory=list)

    @property
    def notices(self) -> list[str]:
        """What the reader of the report must know."""
        if not self.problems:
            return []
        count = len(self.problems)
        return [f"{count:,} logged plan{'s' if count > 1 else ''} could not be read (first: {self.problems[0]})"]


def load(shapes: Sequence[ShapeSummary], facts: Facts, *, zoned: bool) -> WorkloadPlans:
    """Read the plans that the log gave, and load them into the facts. Places count in the shape's normalised text."""
    from advisor.facts.plan_rows import PlanSeen
    from advisor.plans.logged import read_logged
    from advisor.plans.metrics import measure

    plans = WorkloadPlans()
    for shape in shapes:
        own: list[PlanSeen] = []
        read: list[PlanSample] = []
        for sample in shape.plans:
            try:
                plan = read_logged(sample, shape.engine, shape.sql)
            except PlanError as error:
                plans.problems.append(f"{shape.fingerprint}: {error}")
                continue
            duration = sample.duration_us if sample.duration_us >= 0 else None
            read.append(sample)
            own.append(
                PlanSeen(
                    plan,
                    duration,
                    sample.time_us,
                    number=len(plans.seen) + len(own),
                    executions=sample.plans,
                    mean_us=sample.total_us / sample.plans if sample.total_us is not None else None,
                    first_us=sample.first_us,
                    last_us=sample.last_us,
                    measures=measure(plan),
                )
            )
        if own:
            plans.seen += own
            plans.of[shape.engine.name, shape.fingerprint] = [one.plan for one in own]
            facts.add_plans(shape.fingerprint, own, query=shape.sql)
            plans.variants[shape.engine.name, shape.fingerprint] = _variants(own, read, zoned=zoned)
    return plans


def _variants(own: Sequence[PlanSeen], samples: Sequence[PlanSample], *, zoned: bool) -> tuple[PlanVariant, ...]:
    """Forms that turn out to be one plan are added up."""
    from advisor.digest.summary import iso
    from advisor.plans.fingerprint import fingerprint

    grouped: dict[str, list[PlanSample]] = {}
    for one, sample in zip(own, samples, strict=True):
        grouped.setdefault(fingerprint(one.plan), []).append(sample)

    def moment(times: Sequence[int | None], pick: Callable[[Iterable[int]], int]) -> str | None:
        known = [time for time in times if time is not None]
        return iso(pick(known), zoned=zoned) if known else None

    found = []
    for name, forms in grouped.items():
        count = sum(form.plans for form in forms)
        totals = [form.total_us for form in forms if form.total_us is not None]
        slowest = max(form.duration_us for form in forms)
        found.append(
            PlanVariant(
                fingerprint=name,
                plans=count,
                mean_ms=sum(totals) / count / 1000 if len(totals) == len(forms) else None,
                slowest_ms=slowest / 1000 if slowest >= 0 else None,
                first_seen=moment([form.first_us for form in forms], min),
                last_seen=moment([form.last_us for form in forms], max),
            )
        )
    return tuple(sorted(found, key=lambda one: (-(one.mean_ms or 0.0) * one.plans, one.fingerprint)))


def pointed_at(
    findings: Sequence[Finding], plans: WorkloadPlans, *, show_literals: bool
) -> tuple[list[Finding], tuple[PlanReport, ...]]:
    """The plans that findings mark, and the findings with marks that count in them."""
    from advisor.plans.fingerprint import fingerprint
    from advisor.plans.metrics import measure
    from advisor.reports.plan.document import Explained, plan_report

    wanted = sorted({mark.plan for finding in findings for mark in finding.marks if mark.plan is not None})
    number: Mapping[int, int] = {old: new for new, old in enumerate(wanted)}
    renumbered = [
        msgspec.structs.replace(
            finding,
            marks=tuple(
                mark if mark.plan is None else msgspec.structs.replace(mark, plan=number[mark.plan])
                for mark in finding.marks
            ),
        )
        if finding.marks
        else finding
        for finding in findings
    ]
    reports = []
    for old in wanted:
        seen = plans.seen[old]
        measures = seen.measures or measure(seen.plan)
        explained = Explained(seen.plan, measures, fingerprint(seen.plan))
        reports.append(plan_report(explained, show_literals=show_literals))
    return renumbered, tuple(reports)
