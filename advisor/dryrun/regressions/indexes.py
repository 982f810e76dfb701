"""Indexes after a migration: those that stand, made anew or not, with their sizes, and the new ones."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from msgspec.structs import replace

from advisor.dryrun.regressions.counterparts import Counterparts
from advisor.dryrun.regressions.state import Column
from advisor.dryrun.regressions.state import Relation as Found
from advisor.dryrun.regressions.table_sizes import Moved
from advisor.model.migration_limits import MIGRATION
from advisor.model.snapshot import Relation

_ENTRY_BYTES = 12.0
"""Header and line pointer of an entry of a B-tree (src/include/access/itup.h)."""
_LEAF_FILL = 0.9
"""Of leaves that are made in one go (BTREE_DEFAULT_FILLFACTOR)."""
#: Pages of an index if it were made now, by its definition; None: nobody knows.
Fresh = Callable[[str], int | None]


def scaled(pages: int, share: float) -> int:
    """Never none of some; negative numbers are counts beyond 2^31, left as they are."""
    return pages if pages <= 0 or share == 1.0 else max(1, round(pages * share))


class Indexes:
    """Production's indexes after the migration."""

    def __init__(
        self, world: Counterparts, moved: Mapping[int, Moved], kept: Mapping[int, float], fresh: Fresh
    ) -> None:
        """``moved``: entries that UPDATE adds, by table. ``kept``: the share of rows that are not deleted, by table."""
        self.world = world
        self.kept = kept
        self.moved = moved
        self.made_new = fresh
        self.anew = {
            (one.table, one.name): one for oid, one in world.after.indexes.items() if oid not in world.before.relations
        }
        self.same: dict[int, Found] = {}
        """Indexes that stand, as they were or made anew: of before, by OID, the one of after."""
        for oid, one in world.before.indexes.items():
            then = self._counterpart(one)
            if then is not None:
                self.same[oid] = then

    def _counterpart(self, one: Found) -> Found | None:
        """The same index after; one that was made anew over the same keys (a column's type changed, the table was
        rewritten) is the same."""
        then = self.world.after.relations.get(one.oid)
        if then is None:
            then = self.anew.get((self._after_table(one.table), one.name))
        if then is None or not then.valid:
            return None
        return then if len(then.keys or ()) == len(one.keys or ()) and then.unique == one.unique else None

    def _after_table(self, oid: int | None) -> int | None:
        twin = self.world.twins.get(oid or 0)
        return oid if twin is None else twin.oid

    def size(self, row: Relation, sized: set[tuple[str, str]]) -> list[Relation]:
        """An index of the snapshot as it stands after; ``sized``: relations that have their size already."""
        one = self.world.old.get((row.schema, row.name))
        then = self.same.get(one.oid) if one is not None else None
        if one is None or then is None or then.key in sized:
            return []
        table = self.world.after.relations.get(then.table or 0)
        share = self._share(row, one, then)
        return [
            replace(
                row,
                schema=then.schema,
                name=then.name,
                oid=None,
                table=table.name if table else row.table,
                tuples=row.tuples * self.kept.get(then.table or 0, 1.0) if row.tuples > 0 else row.tuples,
                pages=scaled(row.pages, share),
                blocks=None if row.blocks is None else scaled(row.blocks, share),
            )
        ]

    def _share(self, row: Relation, one: Found, then: Found) -> float:
        """Pages after by those before."""
        rebuilt = then.oid != one.oid or then.file != one.file
        moved = self.moved.get(then.table or 0)
        if not rebuilt and moved is None:
            return 1.0
        now = row.pages if row.blocks is None else row.blocks
        made = self.made_new(one.definition) if row.method == "btree" and one.definition and now > 1 else None
        worn = 1.0 if not made or abs(now / made - 1.0) <= MIGRATION.replan_worn_index_share else now / made
        share = self._entry_share(one, then) / worn if rebuilt else 1.0
        if moved is not None:
            share *= self._split(moved, one, _LEAF_FILL / (1.0 if rebuilt else worn))
        return share

    def _split(self, moved: Moved, one: Found, fill: float) -> float:
        """By how much more entries lengthen an index: leaves that are full are split in two, and stay half empty.
        ``fill``: of a leaf."""
        first = self.world.before.columns.get(one.table or 0, {}).get((one.keys or (0,))[0])
        here = 1.0
        if moved.share > 0 and first is not None and first.name.lower() in moved.conditions:
            # The entries stand together.
            here = min(1.0, moved.share)
        after = fill * (1.0 + moved.share / here)
        torn = min(1.0, max(0.0, (after - 0.95) / 0.1))
        return 1.0 + here * max(0.9 * torn, after - 1.0 - 0.1)

    def _entry_share(self, one: Found, then: Found) -> float:
        """Bytes of an entry after, by those before."""
        table = self.world.before.relations.get(one.table or 0)
        known = self.world.statistics.get(table.key, {}) if table is not None else {}
        old, new = self.world.before.columns.get(one.table or 0, {}), self.world.after.columns.get(then.table or 0, {})

        def width(columns: dict[int, Column], keys: Sequence[int]) -> float:
            total = 0.0
            for place, number in enumerate(keys):
                column = columns.get(number)
                was = old.get((one.keys or ())[place])
                row = known.get(was.name) if was is not None else None
                total += column.length if column is not None and column.length > 0 else row.avg_width if row else 8
            return _ENTRY_BYTES + -(-total // 8) * 8

        return width(new, then.keys or ()) / width(old, one.keys or ())

    def fresh(self) -> set[int]:
        """Indexes of tables that production has, or that took their place."""
        tables = {one.oid for one in self.world.before.tables} | {one.oid for one in self.world.twins.values()}
        return {oid for oid, one in self.world.after.indexes.items() if one.table in tables and one.valid}

    def new(self, fresh: set[int]) -> tuple[list[tuple[Found, str]], list[str]]:
        """Of these indexes the ones that are new, with how each is made; and those that constraints rest on."""
        kept = {one.oid for one in self.same.values()}
        add: list[tuple[Found, str]] = []
        hide: list[str] = []
        for oid in sorted(fresh - kept):
            one = self.world.after.relations[oid]
            if one.definition is None or (one.parent is not None and one.parent in fresh):
                continue  # made with the partitioned index
            add.append((one, one.definition.replace(" ON ONLY ", " ON ", 1)))
            if one.constraint:
                hide.append(f"{one.schema}.{one.name}")
        return add, hide
