"""Plans that the log printed: per shape, how often each form was seen and how long it took, with its slowest plan."""

from __future__ import annotations

import msgspec

from advisor.digest.hashing import part_hash
from advisor.digest.planform import plan_form
from advisor.digest.shapetable import LONG_AGO, NEVER
from advisor.model.batch import NO_TIME
from advisor.model.limits import LIMITS


class Plan(msgspec.Struct, frozen=True, order=True):
    """One plan. The order of the fields is the order of preference: of equal durations the greatest hash."""

    duration_us: int
    hash: int
    """Of the text."""
    time_us: int
    format: str
    text: bytes


class Form(msgspec.Struct):
    """The plans of one form. ``timed`` of them had a duration."""

    plans: int = 0
    timed: int = 0
    total_us: int = 0
    first_us: int = NEVER
    last_us: int = LONG_AGO
    slowest: Plan | None = None
    """None when it was too long to keep, or given up."""

    def join(self, other: Form) -> None:
        """Add what the other has seen."""
        self.plans += other.plans
        self.timed += other.timed
        self.total_us += other.total_us
        self.first_us = min(self.first_us, other.first_us)
        self.last_us = max(self.last_us, other.last_us)
        self.slowest = _slower(self.slowest, other.slowest)


class Plans:
    """Forms of plans by shape number. Of more than ``per_shape`` forms those with the smallest hashes are kept, so that
    the counts of those kept are exact in whatever order they came; and the slowest plan is always kept."""

    def __init__(self, per_shape: int, total_bytes: int) -> None:
        self._per_shape = per_shape
        self._total_bytes = total_bytes
        self.forms: dict[int, dict[int, Form]] = {}
        """By shape number, then by `plan_form`."""
        self.slowest: dict[int, Plan] = {}
        """Of all forms."""
        self.counts: dict[int, int] = {}
        """Plans seen, by shape."""
        self.bytes = 0
        self.too_long = 0
        """Plans that were longer than LIMITS.plan_bytes and not kept."""

    def add(self, shape: int, text: str, format_: str, duration_us: int, time_us: int) -> None:
        """Count a plan, and keep it if it is the slowest of its form."""
        data = text.encode("utf-8", "replace")
        plan = None
        if len(data) > LIMITS.plan_bytes:
            self.too_long += 1
        else:
            plan = Plan(duration_us, part_hash(format_, text), time_us, format_, data)
        seen = time_us != NO_TIME
        form = Form(
            plans=1,
            timed=int(duration_us >= 0),
            total_us=max(duration_us, 0),
            first_us=time_us if seen else NEVER,
            last_us=time_us if seen else LONG_AGO,
            slowest=plan,
        )
        self.counts[shape] = self.counts.get(shape, 0) + 1
        self.offer(shape, plan_form(text, format_), form)
        if plan is not None:
            self.keep(shape, plan)

    def offer(self, shape: int, key: int, form: Form) -> None:
        """Add what was seen of a form. The plans themselves are counted elsewhere."""
        forms = self.forms.setdefault(shape, {})
        held = forms.get(key)
        if held is None:
            forms[key] = held = Form()
        before = _size(held.slowest)
        held.join(form)
        self.bytes += _size(held.slowest) - before
        if len(forms) > self._per_shape:
            self.bytes -= _size(forms.pop(max(forms)).slowest)

    def keep(self, shape: int, plan: Plan) -> None:
        """Offer a plan as the slowest of the shape."""
        held = self.slowest.get(shape)
        if held is None or plan > held:
            self.bytes += _size(plan) - _size(held)
            self.slowest[shape] = plan

    def over(self) -> bool:
        """Whether the texts exceed their bound."""
        return self.bytes > self._total_bytes

    def forget(self, shape: int) -> int:
        """Give up the texts of a shape, not its counts; tells how many."""
        given = 0
        for form in self.forms.get(shape, {}).values():
            given += form.slowest is not None
            self.bytes -= _size(form.slowest)
            form.slowest = None
        self.bytes -= _size(self.slowest.pop(shape, None))
        return given

    def with_texts(self) -> list[int]:
        """Shapes that have texts."""
        return list(self.slowest)

    def renumber(self, new: list[int]) -> None:
        """Give shape i the number ``new[i]``; drop it where that is negative."""
        self.forms = {new[s]: forms for s, forms in self.forms.items() if new[s] >= 0}
        self.slowest = {new[s]: plan for s, plan in self.slowest.items() if new[s] >= 0}
        self.counts = {new[s]: n for s, n in self.counts.items() if new[s] >= 0}
        self.bytes = sum(_size(form.slowest) for forms in self.forms.values() for form in forms.values())
        self.bytes += sum(map(_size, self.slowest.values()))


def _slower(one: Plan | None, other: Plan | None) -> Plan | None:
    if one is None or other is None:
        return one or other
    return max(one, other)


def _size(plan: Plan | None) -> int:
    return 0 if plan is None else len(plan.text)
