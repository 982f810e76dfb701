"""Plans that the logs hold (auto_explain, `# explain:`): shapes whose usual plan is another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.comparison.window import Key, Window
from advisor.model.compared import PlanFlip
from advisor.model.plan import Plan
from advisor.model.shape import ShapeSummary


@dataclass(slots=True)
class _Usual:
    fingerprint: str
    plan: Plan
    plans: int
    """Logged plans of the shape, of all forms."""
    mean_ms: float | None


def flips(before: Window, after: Window, keys: Sequence[Key]) -> tuple[dict[Key, PlanFlip], dict[Key, bool], int]:
    """Flips; for every shape with plans on both sides whether it flipped; and how many plans could not be read."""
    from advisor.plans.diff import compare

    found: dict[Key, PlanFlip] = {}
    changed: dict[Key, bool] = {}
    unread = 0
    for key in keys:
        if not before.shapes[key].plans or not after.shapes[key].plans:
            continue
        one, lost = _usual(before.shapes[key])
        other, more = _usual(after.shapes[key])
        unread += lost + more
        if one is None or other is None or one.plan.engine.name != other.plan.engine.name:
            continue
        changed[key] = one.fingerprint != other.fingerprint
        if changed[key]:
            found[key] = PlanFlip(
                fingerprint=key[1],
                plan_before=one.fingerprint,
                plan_after=other.fingerprint,
                plans_before=one.plans,
                plans_after=other.plans,
                mean_ms_before=one.mean_ms,
                mean_ms_after=other.mean_ms,
                headline=compare(one.plan, other.plan).headline,
            )
    return found, changed, unread


def _usual(shape: ShapeSummary) -> tuple[_Usual | None, int]:
    """The plan seen most often (of equals, the one that took more time). Forms that are one plan are added up."""
    from advisor.plans.errors import PlanError
    from advisor.plans.fingerprint import fingerprint
    from advisor.plans.logged import read_logged

    groups: dict[str, tuple[Plan, int, int | None]] = {}
    unread = 0
    for sample in shape.plans:
        try:
            plan = read_logged(sample, shape.engine, shape.sql)
        except PlanError:
            unread += 1
            continue
        name = fingerprint(plan)
        first, count, total = groups.get(name, (plan, 0, 0))
        total = None if total is None or sample.total_us is None else total + sample.total_us
        groups[name] = (first, count + sample.plans, total)
    if not groups:
        return None, unread
    name, (plan, count, total) = max(groups.items(), key=lambda item: (item[1][1], item[1][2] or 0, item[0]))
    every = sum(group[1] for group in groups.values())
    return _Usual(name, plan, every, None if total is None else total / count / 1000), unread
