"""A workload planned in worlds that lack some indexes, and which statements get dearer there."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from advisor.model.finding import Affected
from advisor.model.limits import LIMITS
from advisor.model.planning import Configuration, Judged
from advisor.planners.planner import Planner
from advisor.recommend.existing.inventory import Existing, Inventory, Key
from advisor.recommend.workload import Statement


@dataclass(frozen=True, slots=True)
class Dearer:
    """A statement whose cost rises."""

    statement: Statement
    before: float
    after: float

    @property
    def text(self) -> str:
        """For a sentence."""
        return f"{self.statement.fingerprint} would cost {self.after:.4g} instead of {self.before:.4g}"


class Replanned:
    """Answers of one planner for one workload; the world to compare with has ``add`` and hides nothing."""

    def __init__(
        self,
        planner: Planner,
        statements: Sequence[Statement],
        inventory: Inventory,
        add: Sequence[str] = (),
        tolerance: float = LIMITS.existing_drop_tolerance,
    ) -> None:
        """Plans the workload once. Raises PlannerError where the planner cannot have ``add``."""
        self.planner = planner
        self.inventory = inventory
        self.add = tuple(add)
        self.tolerance = tolerance
        self.statements = [one for one in statements if one.queries]
        self.before = self._judge(self.statements, self.add, ())
        self._users: dict[Key, list[Statement]] = {}
        for one in self.statements:
            keys = {key for each in self.before.get(one.fingerprint, ()) for key in inventory.used_in(each.existing)}
            for key in keys:
                self._users.setdefault(key, []).append(one)
        self.unplanned = {one.fingerprint for one in statements if one.fingerprint not in self.before}
        self.planned = len(self.before)
        self.calls = sum(len(one.queries) for one in self.statements)

    def users(self, key: Key) -> list[Statement]:
        """Statements of which a plan uses an index."""
        return list(self._users.get(key, ()))

    def used(self) -> dict[Key, tuple[str, ...]]:
        """Fingerprints by the index that their plans use."""
        return {key: tuple(one.fingerprint for one in users) for key, users in self._users.items()}

    def without(
        self,
        statements: Sequence[Statement],
        hidden: Collection[Existing],
        more: Sequence[str] = (),
    ) -> dict[str, tuple[Judged, ...]]:
        """Those that can be planned, without ``hidden`` and with ``more`` new indexes. Raises PlannerError."""
        asked = [one for one in statements if one.fingerprint in self.before]
        return self._judge(asked, (*self.add, *more), tuple(sorted(one.hidden for one in hidden)))

    def dearer(self, after: dict[str, tuple[Judged, ...]], *, exact: bool = False) -> list[Dearer]:
        """Statements of which one execution's cost rises by more than the tolerance and one level of a B-tree; one that
        cannot be planned any more counts as dearer. ``exact``: whose cost or estimated rows change at all."""
        found = []
        by_name = {one.fingerprint: one for one in self.statements}
        for fingerprint, judged in after.items():
            before = self.before[fingerprint]
            for old, new in zip(before, judged, strict=True):
                rise = new.cost - old.cost
                changed = abs(rise) > 1e-6 * max(old.cost, 1.0) or old.rows != new.rows
                if changed if exact else rise > self.tolerance * old.cost + LIMITS.existing_drop_level:
                    found.append(Dearer(by_name[fingerprint], old.cost, new.cost))
                    break
        return found

    def affected(self, statements: Sequence[Statement], after: dict[str, tuple[Judged, ...]]) -> tuple[Affected, ...]:
        """Cost of each statement's typical execution before and after."""
        return tuple(
            Affected(
                one.fingerprint,
                cost_before=self.before[one.fingerprint][0].cost,
                cost_after=after[one.fingerprint][0].cost,
            )
            for one in statements
            if one.fingerprint in after
        )

    def _judge(
        self, statements: Sequence[Statement], add: Sequence[str], hide: Sequence[str]
    ) -> dict[str, tuple[Judged, ...]]:
        """By fingerprint; a statement of which one execution cannot be planned is left out, unless it could be before:
        then it is of infinite cost."""
        asked = [query for one in statements for query in one.queries]
        answers = iter(self.planner.judge(asked, Configuration(add=tuple(add), hide=tuple(hide))) if asked else ())
        self.calls = getattr(self, "calls", 0) + len(asked)
        found = {}
        for one in statements:
            own = [next(answers) for _ in one.queries]
            known = getattr(self, "before", {})
            if one.fingerprint in known:
                found[one.fingerprint] = tuple(each or _NONE for each in own)
            elif all(each is not None for each in own):
                found[one.fingerprint] = tuple(each for each in own if each is not None)
        return found


_NONE = Judged(cost=float("inf"), rows=None, new=frozenset(), existing=frozenset())
