"""Plans that the log printed, a few per shape: the slowest execution's and those with the smallest hashes."""

from __future__ import annotations

import msgspec

from advisor.digest.hashing import part_hash
from advisor.model.limits import LIMITS


class Plan(msgspec.Struct, frozen=True, order=True):
    """One plan. The order of the fields is the order of preference between equal hashes."""

    hash: int
    """Of the text: the same plan with the same numbers is kept once."""
    duration_us: int
    time_us: int
    format: str
    text: bytes


class Plans:
    """Plans by shape number."""

    def __init__(self, per_shape: int, total_bytes: int) -> None:
        self._per_shape = per_shape
        self._total_bytes = total_bytes
        self._held: dict[int, list[Plan]] = {}
        self.bytes = 0
        self.counts: dict[int, int] = {}
        """Plans seen, by shape."""
        self.too_long = 0
        """Plans that were longer than LIMITS.plan_bytes and not kept."""

    def add(self, shape: int, text: str, format_: str, duration_us: int, time_us: int) -> None:
        """Offer a plan."""
        data = text.encode("utf-8", "replace")
        self.counts[shape] = self.counts.get(shape, 0) + 1
        if len(data) > LIMITS.plan_bytes:
            self.too_long += 1
            return
        self.offer(shape, Plan(part_hash(format_, text), duration_us, time_us, format_, data))

    def offer(self, shape: int, plan: Plan) -> None:
        """Offer a plan that has been counted."""
        held = self._held.get(shape, [])
        best = _best([*held, plan], self._per_shape)
        self.bytes += sum(len(p.text) for p in best) - sum(len(p.text) for p in held)
        self._held[shape] = best

    def over(self) -> bool:
        """Whether the texts exceed their bound."""
        return self.bytes > self._total_bytes

    def forget(self, shape: int) -> None:
        """Give up the plans of a shape; their number stays."""
        self.bytes -= sum(len(p.text) for p in self._held.pop(shape, []))

    def of(self, shape: int) -> list[Plan]:
        """The plans of a shape, the slowest execution's first."""
        return self._held.get(shape, [])

    def shapes(self) -> list[int]:
        """Shapes that have plans."""
        return list(self._held)

    def renumber(self, new: list[int]) -> None:
        """Give shape i the number ``new[i]``; drop it where that is negative."""
        self._held = {new[s]: plans for s, plans in self._held.items() if new[s] >= 0}
        self.counts = {new[s]: n for s, n in self.counts.items() if new[s] >= 0}
        self.bytes = sum(len(p.text) for plans in self._held.values() for p in plans)


def _best(plans: list[Plan], most: int) -> list[Plan]:
    """The slowest, then those with the smallest hashes; of one text, the slowest execution."""
    distinct: dict[int, Plan] = {}
    for plan in plans:
        held = distinct.get(plan.hash)
        if held is None or plan > held:
            distinct[plan.hash] = plan
    slowest = max(distinct.values(), key=lambda p: (p.duration_us, -p.hash))
    # drawn from all, the slowest included: were it left out, a plan dropped here could be wanted after a merge
    drawn = sorted(distinct.values())[: most - 1]
    return [slowest, *(p for p in drawn if p is not slowest)]
