"""Plans that the logs hold (auto_explain, `# explain:`): shapes that took to another one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from advisor.comparison.window import Key, Window
from advisor.model.compared import PlanFlip
from advisor.model.plan import Plan
from advisor.model.shape import ShapeSummary
from advisor.model.stream_limits import STREAM


@dataclass(slots=True)
class _Seen:
    plan: Plan
    plans: int
    """Logged plans of this kind."""
    total_us: int | None


def flips(before: Window, after: Window, keys: Sequence[Key]) -> tuple[dict[Key, PlanFlip], dict[Key, bool], int]:
    """Flips; for every shape with plans on both sides whether it flipped; and how many plans could not be read."""
    from advisor.plans.diff import compare

    found: dict[Key, PlanFlip] = {}
    changed: dict[Key, bool] = {}
    unread = 0
    for key in keys:
        was, now = before.shapes[key], after.shapes[key]
        if not was.plans or not now.plans or was.engine.name != now.engine.name:
            continue  # plans of two products have no operator in common
        one, lost = _kinds(was)
        other, more = _kinds(now)
        unread += lost + more
        if not one or not other:
            continue
        counts = [sum(seen.plans for seen in side.values()) for side in (one, other)]
        gained = {name: _share(other, name, counts[1]) - _share(one, name, counts[0]) for name in {*one, *other}}
        new, old = (
            max(gained, key=lambda name: (gained[name], name)),
            min(gained, key=lambda name: (gained[name], name)),
        )
        changed[key] = gained[new] >= STREAM.compare_plan_share and new in other and old in one
        if changed[key]:
            left, taken = one[old], other[new]
            found[key] = PlanFlip(
                fingerprint=key[1],
                plan_before=old,
                plan_after=new,
                plans_before=counts[0],
                plans_after=counts[1],
                share_before=_share(one, new, counts[0]),
                share_after=_share(other, new, counts[1]),
                mean_ms_before=_mean_ms(left),
                mean_ms_after=_mean_ms(taken),
                headline=compare(left.plan, taken.plan).headline,
            )
    return found, changed, unread


def _kinds(shape: ShapeSummary) -> tuple[dict[str, _Seen], int]:
    """What was logged of each plan, by its fingerprint: forms that are one plan are added up."""
    from advisor.plans.errors import PlanError
    from advisor.plans.fingerprint import fingerprint
    from advisor.plans.logged import read_logged

    kinds: dict[str, _Seen] = {}
    unread = 0
    for sample in shape.plans:
        try:
            plan = read_logged(sample, shape.engine, shape.sql)
        except PlanError:
            unread += 1
            continue
        seen = kinds.setdefault(fingerprint(plan), _Seen(plan, 0, 0))
        seen.plans += sample.plans
        seen.total_us = None if seen.total_us is None or sample.total_us is None else seen.total_us + sample.total_us
    return kinds, unread


def _share(kinds: dict[str, _Seen], name: str, count: int) -> float:
    return kinds[name].plans / count if name in kinds else 0.0


def _mean_ms(seen: _Seen) -> float | None:
    return None if seen.total_us is None else seen.total_us / seen.plans / 1000
