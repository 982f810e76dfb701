"""Two indexes of one table that begin alike, replaced by one that has the keys of both."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import combinations

from advisor.model.indexing import IndexDefinition
from advisor.model.limits import LIMITS
from advisor.planners.errors import PlannerError
from advisor.recommend.definition import on_text
from advisor.recommend.existing.activity import Activity
from advisor.recommend.existing.demands import Demands
from advisor.recommend.existing.inventory import Existing, Inventory, Key
from advisor.recommend.existing.protection import Protector
from advisor.recommend.existing.redundancy import serves
from advisor.recommend.existing.replanning import Replanned
from advisor.recommend.existing.verdict import Drop, Merge

_CAVEAT = (
    "Statements that are not in this workload and ask for all the keys of one of the two read more of the wider index."
)


class Merging:
    """Looks for pairs that one index can replace without a statement getting dearer."""

    def __init__(
        self,
        inventory: Inventory,
        protector: Protector,
        demands: Demands,
        activity: Activity,
        replanned: Replanned,
        added: Sequence[IndexDefinition] = (),
    ) -> None:
        """``replanned`` proves it: without a planner nothing is merged."""
        self.inventory = inventory
        self.protector = protector
        self.demands = demands
        self.activity = activity
        self.replanned = replanned
        self.added = added

    def run(self, gone: Collection[Existing]) -> list[Merge]:
        """Merges beside the drops of ``gone``; each index takes part in one at most."""
        dropped = {one.key: one for one in gone}
        pairs = [
            pair
            for table in self.inventory.catalog.tables.values()
            for pair in combinations(self._mergeable(table.name, dropped), 2)
            if _alike(*pair)
        ]
        pairs.sort(key=lambda pair: (-sum(self.inventory.bytes(one) or 0 for one in pair), pair[0].key, pair[1].key))
        found: list[Merge] = []
        creates: list[IndexDefinition] = list(self.added)
        for pair in pairs[: LIMITS.existing_merge_pairs]:
            if any(one.key in dropped for one in pair):
                continue
            try:
                merge = self._merge(pair, dropped, creates)
            except PlannerError:
                continue
            if merge is not None:
                found.append(merge)
                creates.append(merge.create)
                dropped |= {one.key: one for one in pair}
        return found

    def _mergeable(self, table: str, gone: dict[Key, Existing]) -> list[Existing]:
        return [
            one
            for one in self.inventory.of_table(table)
            if one.key not in gone
            and one.index.method == "btree"
            and one.index.valid
            and one.index.visible
            and one.index.attached_to is None
            and not one.index.unique
            and all(key.expression is None for key in one.index.keys)
            and self.replanned.users(one.key)
            and not self.protector.promises(one)
        ]

    def _merge(
        self, pair: tuple[Existing, Existing], gone: dict[Key, Existing], creates: Sequence[IndexDefinition]
    ) -> Merge | None:
        table = pair[0].table
        freed = sum(self.inventory.bytes(one) or 0 for one in pair)
        earlier = [on_text(each) for each in creates[len(self.added) :]]
        asked = self.demands.on_table(self.replanned.statements, table.name)
        for wide in _wider(*pair):
            if any(serves(wide, other.definition) for other in self.inventory.of_table(table.name)):
                continue
            if self._needed(pair, gone, [*creates, wide]):
                continue
            (size,) = self.replanned.planner.sizes([on_text(wide)])
            if freed and size.bytes > LIMITS.existing_merge_share * freed:
                continue
            after = self.replanned.without(asked, [*gone.values(), *pair], [*earlier, on_text(wide)])
            if not after or self.replanned.dearer(after):
                continue
            users = {each.fingerprint: each for one in pair for each in self.replanned.users(one.key)}
            if not users.keys() <= after.keys():
                continue
            names = " and ".join(one.shown for one in pair)
            why = (
                f"One index {on_text(wide)} does the work of {names}: planned with it and without them, none of the "
                f"{len(after)} statements on {table.name} gets dearer."
            )
            return Merge(
                table=table.name,
                create=wide,
                create_bytes=size.bytes,
                drops=tuple(self._drop(one, why) for one in pair),
                why=why,
                affects=self.replanned.affected(list(users.values()), after),
                caveats=(_CAVEAT,),
            )
        return None

    def _needed(
        self, pair: tuple[Existing, Existing], gone: dict[Key, Existing], creates: Sequence[IndexDefinition]
    ) -> bool:
        keys = {*gone, *(one.key for one in pair)}
        return any(self.protector.needs(one, keys, creates) for one in pair)

    def _drop(self, one: Existing, why: str) -> Drop:
        asked = self.demands.on_table(self.replanned.statements, one.table.name)
        default = self.replanned.planner.planned_by.statistics == "default"
        return Drop(
            table=one.table.name,
            index=one.index.name,
            definition=one.definition,
            ddl=one.index.ddl,
            partitioned=one.table.kind == "partitioned",
            bytes=self.inventory.bytes(one),
            writes_per_second=self.activity.writes_per_second(one.table),
            kinds=("covered",),
            why=why,
            caveats=("Drop it only after the new index is there and valid.", _CAVEAT),
            confidence="possible",
            proof="static" if default or self.replanned.unplanned & {each.fingerprint for each in asked} else "planned",
            replanned=tuple(each.fingerprint for each in asked),
        )


def _alike(first: Existing, second: Existing) -> bool:
    """The same leading column in the same direction, over the same rows."""
    own, other = first.definition, second.definition
    return own.keys[0] == other.keys[0] and own.where == other.where


def _wider(first: Existing, second: Existing) -> list[IndexDefinition]:
    """All keys of one, then those of the other that it lacks; both ways, and with what only one has included."""
    found = []
    for one, other in ((first.definition, second.definition), (second.definition, first.definition)):
        have = {key.column for key in one.keys}
        rest = tuple(key for key in other.keys if key.column not in have)
        keys = (*one.keys, *rest)
        if len(keys) > LIMITS.existing_merge_keys:
            continue
        columns = {key.column for key in keys}
        include = tuple(dict.fromkeys(c for c in (*one.include, *other.include) if c not in columns))
        found.append(
            IndexDefinition(
                engine=one.engine, table=one.table, keys=keys, include=include, where=one.where, method=one.method
            )
        )
        if rest and one.engine == "postgresql":  # what only has to be read along need not be sorted
            extra = tuple(dict.fromkeys((*include, *(key.column for key in rest if key.column is not None))))
            found.append(
                IndexDefinition(
                    engine=one.engine,
                    table=one.table,
                    keys=one.keys,
                    include=extra,
                    where=one.where,
                    method=one.method,
                )
            )
    return found
