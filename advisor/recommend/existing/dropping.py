"""Which indexes may go, proven by planning the workload without all of them together."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from msgspec.structs import replace

from advisor.model.finding import Affected, Confidence, Proof
from advisor.model.indexing import IndexDefinition
from advisor.model.planning import Judged
from advisor.planners.errors import PlannerError
from advisor.recommend.existing.activity import Activity
from advisor.recommend.existing.demands import Demands
from advisor.recommend.existing.inventory import Existing, Inventory, Key
from advisor.recommend.existing.protection import Protector
from advisor.recommend.existing.redundancy import coverers, said, serves
from advisor.recommend.existing.replanning import Replanned
from advisor.recommend.existing.verdict import Drop, Kept, Protection, Verdict
from advisor.recommend.workload import Statement

#: Verdicts that are ground for a drop by themselves.
_GROUNDS = frozenset({"duplicate", "prefix", "covered", "unused"})
_REDUNDANT = frozenset({"duplicate", "prefix", "covered"})
_CONFIDENCE: tuple[Confidence, ...] = ("possible", "likely", "confirmed")


@dataclass(slots=True)
class Dropped:
    """The outcome of `Dropping.run`."""

    drops: list[Drop] = field(default_factory=list)
    kept: list[Kept] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    gone: dict[Key, Existing] = field(default_factory=dict)


class Dropping:
    """Takes indexes away, those that free most first, as long as nothing gets dearer."""

    def __init__(
        self,
        inventory: Inventory,
        protector: Protector,
        demands: Demands,
        activity: Activity,
        *,
        replanned: Replanned | None,
        statements: Sequence[Statement] = (),
        added: Sequence[IndexDefinition] = (),
    ) -> None:
        """Without ``replanned`` the proof is ``static``. ``added`` are new indexes, which may do an old one's work."""
        self.inventory = inventory
        self.protector = protector
        self.demands = demands
        self.activity = activity
        self.replanned = replanned
        self.statements = statements
        self.added = added
        self.open: set[Key] = set()
        """Indexes that the planner cannot hide."""
        self._tried: set[Key] = set()

    def run(self, verdicts: Sequence[Verdict]) -> Dropped:
        """Drops for these verdicts, judged together."""
        out = Dropped()
        grounds: dict[Key, list[Verdict]] = {}
        for verdict in verdicts:
            droppable = verdict.kind in _GROUNDS or verdict.evidence.get("remedy") == "drop"
            if droppable and (verdict.table, verdict.index) in self.inventory.by_key:
                grounds.setdefault((verdict.table, verdict.index), []).append(verdict)
        twins = {key for key, own in grounds.items() if any(verdict.kind == "duplicate" for verdict in own)}
        for key in sorted(grounds, key=lambda each: self._order(each, twin=each in twins)):
            one = self.inventory.by_key[key]
            because = self._against(one, grounds[key], grounds, out)
            if because is None:
                out.gone[key] = one
            elif because.because:
                out.kept.append(because)
        after = self._together(out)
        for key, one in out.gone.items():
            out.drops.append(self._drop(one, grounds[key], after, out))
        return out

    def _order(self, key: Key, *, twin: bool = False) -> tuple[float, int, int, int]:
        """Bytes freed and entries saved, each as a share of all; of equals the less scanned, then the younger. Which of
        two that are the same (``twin``) was scanned is chance: the younger goes."""
        one = self.inventory.by_key[key]
        total, rates = self._totals
        own = self.activity.writes_per_second(one.table) or 0.0
        scans = self.activity.scans(one)
        position = self.inventory.of_table(one.table.name).index(one)
        share = (self.inventory.bytes(one) or 0) / total + own / rates
        return -share, scans.scans if scans is not None and not twin else 0, len(one.index.keys), -position

    @cached_property
    def _totals(self) -> tuple[int, float]:
        """Bytes of all indexes, and their new entries a second; 1 where nothing is known."""
        total = sum(self.inventory.bytes(each) or 0 for each in self.inventory.roots)
        rates = sum(self.activity.writes_per_second(each.table) or 0.0 for each in self.inventory.roots)
        return total or 1, rates or 1.0

    # ------------------------------------------------------------------ one index
    def _against(
        self, one: Existing, verdicts: Sequence[Verdict], grounds: dict[Key, list[Verdict]], out: Dropped
    ) -> Kept | None:
        """What speaks against dropping it beside those that are gone. With an empty text: it does a dropped one's."""
        gone = {*out.gone, one.key}
        protections = [*self.protector.promises(one), *self.protector.needs(one, out.gone, self.added)]
        if protections:
            return _kept(one, " ".join(each.why for each in protections), protections)
        for key in sorted(each for each in gone if each[0] == one.table.name):
            own = verdicts if key == one.key else grounds[key]
            if all(verdict.kind in _REDUNDANT for verdict in own) and not self._covered(key, gone):
                return _kept(one, "")
        if self.replanned is None or not one.index.valid or not one.index.visible:
            return None
        return self._planned(one, out)

    def _covered(self, key: Key, gone: set[Key]) -> bool:
        one = self.inventory.by_key[key]
        if any(other.key not in gone for other, _ in coverers(one, self.inventory)):
            return True
        appended = self.inventory.appended(one.table)
        return any(serves(one.definition, added, appended) is not None for added in self.added)

    def _planned(self, one: Existing, out: Dropped) -> Kept | None:
        assert self.replanned is not None
        exact = self._tells_statistics(one)
        if exact:
            asked = self.demands.on_table(self.replanned.statements, one.table.name)
        else:
            asked = self.replanned.users(one.key)
            asked += [each for each in self._of_gone(one, out) if each not in asked]
        if not asked:
            return None  # the whole workload is planned in the end
        if not self._hideable([one], out):
            return None
        try:
            after = self.replanned.without(asked, self._hideable([*self._seen(out), one], out))
        except PlannerError as error:
            return _kept(one, f"Whether a statement misses {one.shown} could not be planned: {error}")
        dearer = self.replanned.dearer(after)
        if dearer:
            worst = max(dearer, key=lambda each: each.after / each.before if each.before else 0.0)
            return _kept(one, f"Without {one.shown}, {worst.text}.")
        if exact and (changed := self.replanned.dearer(after, exact=True)):
            why = (
                f"The statistics of {one.shown}'s expression tell the planner how many rows to expect: without them "
                f"{changed[0].text}."
            )
            return _kept(one, why, [Protection("expression_statistics", why)])
        return None

    def _hideable(self, ones: Iterable[Existing], out: Dropped) -> list[Existing]:
        """Those that the planner can hide; of the others it is said that nothing is proven."""
        assert self.replanned is not None
        found = []
        for one in ones:
            if one.key not in self.open and one.key not in self._tried:
                self._tried.add(one.key)
                try:
                    self.replanned.without(self.replanned.statements[:1], [one])
                except PlannerError as error:
                    self.open.add(one.key)
                    note = f"Drops are not proven by planning: {error}"
                    if note not in out.notes:
                        out.notes.append(note)
            if one.key not in self.open:
                found.append(one)
        return found

    def _of_gone(self, one: Existing, out: Dropped) -> list[Statement]:
        """Statements whose plan used an index of the same table that is gone: now they may use this one."""
        assert self.replanned is not None
        found: dict[str, Statement] = {}
        for other in out.gone.values():
            if other.table.name == one.table.name:
                found |= {each.fingerprint: each for each in self.replanned.users(other.key)}
        return list(found.values())

    def _tells_statistics(self, one: Existing) -> bool:
        """PostgreSQL gathers statistics on the expressions of an index; a planner uses them in any plan."""
        return self.inventory.engine == "postgresql" and any(key.expression is not None for key in one.index.keys)

    # ------------------------------------------------------------------ all of them
    def _together(self, out: Dropped) -> dict[str, tuple[Judged, ...]]:
        """Plans the whole workload without all of them; puts back what makes a statement dearer, least useful first."""
        if self.replanned is None or not out.gone:
            return {}
        while out.gone:
            try:
                after = self.replanned.without(self.replanned.statements, self._hideable(self._seen(out), out))
            except PlannerError as error:
                out.notes.append(f"The drops could not be planned together: {error}")
                return {}
            dearer = self.replanned.dearer(after)
            if not dearer:
                return after
            worst = max(dearer, key=lambda each: each.after / each.before if each.before else 0.0)
            mentioned = self.demands.tables.get(worst.statement.fingerprint)
            suspects = [one for one in out.gone.values() if mentioned is None or one.table.name in mentioned]
            back = (suspects or list(out.gone.values()))[-1]
            del out.gone[back.key]
            out.kept.append(_kept(back, f"Without {back.shown} and the others that may go, {worst.text}."))
        return {}

    def _seen(self, out: Dropped) -> list[Existing]:
        """Without those that the planner does not see anyway."""
        return [one for one in out.gone.values() if one.index.valid and one.index.visible]

    def _by_those_that_stay(self, one: Existing, verdict: Verdict, out: Dropped) -> Verdict:
        """A redundant index's verdict, by another one that does not go itself."""
        if verdict.kind not in _REDUNDANT:
            return verdict
        stay = [(other, how) for other, how in coverers(one, self.inventory) if other.key not in out.gone]
        return replace(verdict, **said(one, stay, self.added, self.inventory)) if stay or self.added else verdict

    def _drop(
        self, one: Existing, verdicts: Sequence[Verdict], after: dict[str, tuple[Judged, ...]], out: Dropped
    ) -> Drop:
        mentioning = self.demands.on_table(self.statements, one.table.name)
        known = {} if one.key in self.open else after
        replanned = [each.fingerprint for each in mentioning if each.fingerprint in known]
        unplanned = [each.fingerprint for each in mentioning if each.fingerprint not in known]
        affects: tuple[Affected, ...] = ()
        proof: Proof = "static"
        if self.replanned is not None and one.key not in self.open:
            affects = self.replanned.affected(self.replanned.users(one.key), after)
            by = self.replanned.planner.planned_by
            if replanned and not unplanned and by.statistics != "default":
                proof = "planned"
        verdicts = [self._by_those_that_stay(one, verdict, out) for verdict in verdicts]
        evidence: dict[str, object] = {}
        for verdict in verdicts:
            evidence |= verdict.evidence
        caveats = [caveat for verdict in verdicts for caveat in verdict.caveats]
        if any(name.startswith("ON ") for verdict in verdicts for name in verdict.covered_by):
            caveats.append("Drop it only after the new index is there and valid.")
        if unplanned and self.replanned is not None:
            caveats.append(f"Not planned without it: {', '.join(unplanned[:5])}" + (", ..." if unplanned[5:] else ""))
        if self._tells_statistics(one):
            caveats.append(
                "PostgreSQL keeps statistics on the index's expression: they go with it. CREATE STATISTICS on the "
                "expression keeps them (from 14 on)."
            )
        why = " ".join(dict.fromkeys(verdict.why for verdict in verdicts))
        if replanned:
            why += f" Planned without it, no statement on {one.table.name} gets dearer ({len(replanned)} planned)."
        return Drop(
            table=one.table.name,
            index=one.index.name,
            definition=one.definition,
            ddl=one.index.ddl,
            partitioned=one.table.kind == "partitioned",
            bytes=self.inventory.bytes(one),
            writes_per_second=self.activity.writes_per_second(one.table),
            kinds=tuple(dict.fromkeys(verdict.kind for verdict in verdicts)),
            why=why,
            evidence=evidence,
            caveats=tuple(dict.fromkeys(caveats)),
            confidence=max((verdict.confidence for verdict in verdicts), key=_CONFIDENCE.index),
            proof=proof,
            replanned=tuple(replanned),
            unplanned=tuple(unplanned),
            affects=affects,
        )


def _kept(one: Existing, because: str, protections: Sequence[Protection] = ()) -> Kept:
    return Kept(table=one.table.name, index=one.index.name, because=because, protections=tuple(protections))
