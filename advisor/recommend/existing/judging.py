"""All that is said of the indexes that exist, in one call."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from advisor.model.advice import ExistingReport
from advisor.model.catalog import Catalog
from advisor.model.indexing import IndexDefinition
from advisor.model.limits import LIMITS
from advisor.model.remedy import Remedy
from advisor.recommend.definition import on_text
from advisor.recommend.existing.activity import Activity
from advisor.recommend.existing.bloat import bloated
from advisor.recommend.existing.demands import Demands
from advisor.recommend.existing.dropping import Dropped, Dropping
from advisor.recommend.existing.foreign_keys import unindexed
from advisor.recommend.existing.invalid import invalid
from advisor.recommend.existing.inventory import Inventory, Key
from advisor.recommend.existing.merging import Merging
from advisor.recommend.existing.protection import Protector
from advisor.recommend.existing.redundancy import redundant
from advisor.recommend.existing.replanning import Replanned
from advisor.recommend.existing.unused import unused
from advisor.recommend.existing.verdict import Drop, Kept, Merge, UnindexedForeignKey, Verdict
from advisor.recommend.workload import Statement

if TYPE_CHECKING:
    from advisor.model.snapshot import Snapshot
    from advisor.planners.planner import Planner


@dataclass(slots=True)
class JudgedIndexes:
    """Of all existing indexes."""

    verdicts: list[Verdict]
    """All of them, those that protections or the proof contradict included."""
    drops: list[Drop]
    """May go, all together."""
    kept: list[Kept]
    """Look superfluous, and stay."""
    merges: list[Merge]
    """May be made beside the drops; each with an index to create first."""
    foreign_keys: list[UnindexedForeignKey]
    indexes: int
    """That exist, partitions' counted with their partitioned table's."""
    used: dict[Key, tuple[str, ...]] | None
    """Fingerprints by index that a plan of the workload uses as it is (without new indexes); None: not planned."""
    notes: list[str] = field(default_factory=list)
    planned: int = 0
    """Statements planned."""
    excluded: Callable[[str], bool] = lambda _: False
    """Tables whose indexes the user wants left alone."""

    @property
    def report(self) -> ExistingReport:
        """As reports print it."""
        return ExistingReport(
            indexes=self.indexes,
            used=None if self.used is None else len(self.used),
            kept=tuple({"index": one.index, "table": one.table, "because": one.because} for one in self.kept),
            notes=tuple(self.notes),
        )

    def keep(self, excluded: Callable[[str], bool]) -> None:
        """Advises no change to indexes of the tables that are ``excluded``."""
        self.excluded = excluded
        self.verdicts = [one for one in self.verdicts if not excluded(one.table)]
        self.drops = [one for one in self.drops if not excluded(one.table)]
        self.merges = [one for one in self.merges if not excluded(one.table)]

    def settles(self, remedy: Remedy) -> bool:
        """Whether a page's remedy to drop an index is already answered here: dropped, kept with its reason, or merged.
        The answer here knows the protections and the plans, and replaces the page's."""
        if remedy.kind != "drop_index" or remedy.name is None:
            return False
        if remedy.table is not None and self.excluded(remedy.table):
            return True
        key = (remedy.table, remedy.name)
        merged = ((drop.table, drop.index) for merge in self.merges for drop in merge.drops)
        return key in {
            *((one.table, one.index) for one in self.drops),
            *((one.table, one.index) for one in self.kept),
            *((one.table, one.index) for one in self.verdicts if one.kind in ("duplicate", "prefix", "covered")),
            *merged,
        }


def judge_existing(
    catalog: Catalog,
    *,
    snapshot: Snapshot | None = None,
    statements: Sequence[Statement] = (),
    planner: Planner | None = None,
    added: Sequence[IndexDefinition] = (),
    tolerance: float = LIMITS.existing_drop_tolerance,
) -> JudgedIndexes:
    """Judges every index of a catalog.

    ``snapshot`` gives counters and sizes; ``planner`` (with ``statements`` that have queries) the proof: no statement's
    cost may rise by more than ``tolerance``. ``added`` are the new indexes that are recommended beside this: they may
    make old ones superfluous, and what they gain must not be lost again. A planner that cannot hide an index leaves
    the proof ``static`` and says so in the notes.
    """
    inventory = Inventory(catalog, snapshot)
    demands = Demands(statements, catalog)
    activity = Activity(snapshot, inventory)
    protector = Protector(inventory, demands, activity)
    replanned, used, notes = _planned(planner, statements, inventory, added, tolerance)
    verdicts = [*invalid(inventory), *redundant(inventory, protector, added)]
    idle, missing = unused(inventory, activity, used or {})
    verdicts += idle
    notes += missing
    if planner is not None:
        large, stale = bloated(inventory, activity, planner)
        verdicts += large
        notes += stale
    dropping = Dropping(
        inventory,
        protector,
        demands,
        activity,
        replanned=replanned,
        statements=statements,
        added=added,
    )
    dropped: Dropped = dropping.run(verdicts)
    merges: list[Merge] = []
    if replanned is not None:
        merging = Merging(inventory, protector, demands, activity, replanned, added)
        merges = merging.run(list(dropped.gone.values()))
    return JudgedIndexes(
        verdicts=verdicts,
        drops=dropped.drops,
        kept=dropped.kept,
        merges=merges,
        foreign_keys=unindexed(inventory, protector),
        indexes=len(inventory.roots),
        used=used,
        notes=[*notes, *dropped.notes],
        planned=replanned.planned if replanned is not None else 0,
    )


def droppable(
    statements: Sequence[Statement],
    planner: Planner | None,
    catalog: Catalog,
    snapshot: Snapshot | None = None,
    added: Sequence[IndexDefinition] = (),
    *,
    tolerance: float = LIMITS.existing_drop_tolerance,
) -> Dropped:
    """Only the drops, beside ``added``: redundant, unused and left-over indexes that no statement misses."""
    judged = judge_existing(
        catalog, snapshot=snapshot, statements=statements, planner=planner, added=added, tolerance=tolerance
    )
    return Dropped(drops=judged.drops, kept=judged.kept, notes=judged.notes)


def _planned(
    planner: Planner | None,
    statements: Sequence[Statement],
    inventory: Inventory,
    added: Sequence[IndexDefinition],
    tolerance: float,
) -> tuple[Replanned | None, dict[Key, tuple[str, ...]] | None, list[str]]:
    """The workload planned beside ``added``, and which indexes it uses at present."""
    from advisor.planners.errors import PlannerError

    if planner is None or not any(one.queries for one in statements):
        return None, None, []
    try:
        present = Replanned(planner, statements, inventory, (), tolerance)
        used = present.used()
        beside = present
        if added:
            beside = Replanned(planner, statements, inventory, [on_text(each) for each in added], tolerance)
    except PlannerError as error:
        return None, None, [f"The workload could not be planned for the judgement of existing indexes: {error}"]
    if not present.planned:
        return None, None, ["No statement could be planned with its cost: existing indexes are judged by definition."]
    return beside, used, []
