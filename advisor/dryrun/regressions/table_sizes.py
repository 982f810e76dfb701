"""How large tables are after a migration: rewritten ones by their columns, updated ones by their rows made anew.

A table's rows before are laid out as well: what its pages hold beyond that is room that dead rows left, and a rewrite
gives that back.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from msgspec.structs import replace

from advisor.dryrun.regressions.counterparts import Counterparts
from advisor.dryrun.regressions.layouts import Layouts
from advisor.dryrun.regressions.rows import POINTER, ROOM, rows_a_page, taken_ahead
from advisor.dryrun.regressions.state import Relation as Found
from advisor.dryrun.regressions.written import Rewriting
from advisor.model.migration_limits import MIGRATION
from advisor.model.snapshot import Relation

_LEANS = (0.0, 0.25, 0.5, 0.75)
"""Averages in statistics are cut to whole bytes: by how much a value of no fixed length may be longer."""
_AHEAD = 160000
"""The version from which on files that are written in bulk are longer than needed."""


@dataclass(frozen=True, slots=True)
class Moved:
    """Versions of rows that are an entry more in every index: those on other pages than their first one's, and all
    where a column of an index is written."""

    share: float
    """By the rows of the table."""
    conditions: frozenset[str]
    """What the UPDATEs' conditions name."""


class TableSizes:
    """Production's tables after the migration."""

    def __init__(self, world: Counterparts, layouts: Layouts, grown: Mapping[str, Sequence[Rewriting]]) -> None:
        """``grown``: rows that UPDATE writes anew, by table."""
        self.world = world
        self.layouts = layouts
        self.grown = grown
        self.moved: dict[int, Moved] = {}
        """By table after."""
        self.kept: dict[int, float] = {}
        """By table after: the share of its rows that are not deleted."""

    def of(self, row: Relation) -> list[Relation]:
        """A table of the snapshot as what holds its rows after; none of an index."""
        if row.kind in ("index", "partitioned_index"):
            return []
        return [self._size(row, one, then) for one, then in self.world.tables(row.schema, row.name)]

    def _size(self, row: Relation, one: Found, then: Found) -> Relation:
        rewritten = self.world.rewritten(one, then) and one.kind in "rm"
        changed = replace(row, schema=then.schema, name=then.name, oid=None)
        pages = row.pages if row.blocks is None else row.blocks
        live = row.tuples if row.blocks is None or row.pages <= 0 else row.tuples * pages / row.pages
        written = self._written(live, one, then)
        anew = [each for each in written if not each.removes]
        gone = min(live, sum(each.rows for each in self._all(one, then) if each.removes))
        if pages <= 0 or live <= 0 or not (rewritten or written or gone):
            return replace(changed, all_visible=0) if rewritten else changed
        lean, share = self._fitted(row, pages, live, one)
        visible = float(row.all_visible)
        left = gone - sum(each.rows for each in written if each.removes)
        live = max(1.0, live - left)
        if rewritten:
            if visible:
                self.world.notes.append(
                    f"{then.name}: rewritten, so no page of it counts as all-visible until the next VACUUM: plans "
                    "after it are those before that"
                )
            visible = 0.0
            filled = rows_a_page(self.layouts.after(one, then, lean), then.fillfactor)
            pages = max(1, math.ceil(share * live / filled))
            if (
                self.world.version >= _AHEAD
                and one.oid == then.oid
                and self.world.rewritten_at(one.oid) in self.world.bulk
            ):
                pages = taken_ahead(pages)
        for each in written:
            visible *= 1.0 - self._touched(each, one, live, pages)
        if anew:
            self.world.notes.append(
                f"{then.name}: UPDATE writes {sum(each.rows for each in anew) / live:.0%} of its rows anew beside the "
                "old ones, whose room VACUUM makes free for others but does not give back: plans after it read so much "
                "more"
            )
            pages = self._grown(anew, one, then, pages, live, lean)
        live = max(1.0, live - (gone - left))
        self.kept[then.oid] = min(1.0, live / max(1.0, live + gone))
        return replace(
            changed,
            pages=pages,
            tuples=live,
            all_visible=min(pages, round(visible)),
            blocks=None if row.blocks is None else pages,
        )

    def _fitted(self, row: Relation, pages: int, live: float, one: Found) -> tuple[float, float]:
        """By how much values are longer than their averages say, and pages in use by those that are computed."""
        counts = {lean: live / rows_a_page(self.layouts.before(one, lean), one.fillfactor) for lean in _LEANS}
        written = row.counters.get("n_tup_upd"), row.counters.get("n_tup_del")
        worn = None in written or sum(each for each in written if each) >= MIGRATION.replan_worn_share * live
        if pages > counts[_LEANS[-1]] * (1.0 + MIGRATION.replan_worn_share) and worn:
            return 0.5, 1.0
        lean = min(_LEANS, key=lambda each: abs(counts[each] - pages))
        return lean, pages / counts[lean]

    def _grown(self, anew: Sequence[Rewriting], one: Found, then: Found, pages: int, live: float, lean: float) -> int:
        """Pages with the new versions of rows: on their own pages while these have room, else behind."""
        rows = sum(each.rows for each in anew)
        old = self.layouts.after(one, then, lean) if self.world.rewritten(one, then) else self.layouts.before(one, lean)
        new = self.layouts.at(anew[-1].position, one, then, lean)
        each = POINTER + sum(size * share for size, share in new.items())
        held = live * (POINTER + sum(size * share for size, share in old.items())) / pages
        room = max(0.0, ROOM - held) // each
        moved = max(0.0, rows - room * pages)
        unlinked = sum(one_of.rows for one_of in anew if self._indexed(one_of, one))
        entries = unlinked + moved * (1.0 - unlinked / rows) if rows else 0.0
        self.moved[then.oid] = Moved(entries / live, frozenset().union(*(one_of.conditions for one_of in anew)))
        return pages + math.ceil(moved / rows_a_page(new, then.fillfactor))

    def _indexed(self, each: Rewriting, one: Found) -> bool:
        """Does it write a column of an index that is there then? No new version is reached from the old one then: each
        gets an entry in every index (heap_update in heapam.c; BRIN does not count from 16 on)."""
        gone = {
            index.oid
            for effect in self.layouts.ran.effects
            if effect.position < each.position
            for index in effect.dropped
        }
        return any(
            index.table == one.oid
            and index.oid not in gone
            and not (self.world.version >= _AHEAD and " USING brin " in (index.definition or ""))
            and not each.sets.isdisjoint(
                re.findall(r"[\w$]+", (index.definition or "").partition(" USING ")[2].lower())
            )
            for index in self.world.before.indexes.values()
        )

    def _touched(self, each: Rewriting, one: Found, live: float, pages: int) -> float:
        """The share of the pages on which rows are written: scattered, but for those that a condition on an ordered
        column picks."""
        rows = min(1.0, each.rows / live)
        scattered = 1.0 - math.pow(1.0 - rows, max(1.0, live / pages))
        known = self.world.statistics.get(one.key, {})
        order = max(
            (abs(row.correlation or 0.0) for name, row in known.items() if name in each.conditions), default=0.0
        )
        return rows * order * order + scattered * (1.0 - order * order)

    def _all(self, one: Found, then: Found) -> list[Rewriting]:
        names = dict.fromkeys((one.name, then.name))
        return [each for name in names for each in self.grown.get(name, ())] if then.oid == one.oid else []

    def _written(self, live: float, one: Found, then: Found) -> list[Rewriting]:
        """What writes rows after the table was rewritten the last time, where it is worth counting."""
        since = self.world.rewritten_at(one.oid)
        found = [each for each in self._all(one, then) if each.position > since]
        return found if sum(each.rows for each in found) >= MIGRATION.replan_anew_share * live else []
