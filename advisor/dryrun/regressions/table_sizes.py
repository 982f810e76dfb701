"""How large tables are after a migration: rewritten ones by their columns, updated ones by their rows made anew.

A table's rows before are laid out as well: what its pages hold beyond that is room that dead rows left, and a rewrite
gives that back.
"""

from __future__ import annotations

import math
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
    """Versions of rows on other pages than their first one's: each is an entry more in every index."""

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
        self.moved[then.oid] = Moved(moved / live, frozenset().union(*(one.conditions for one in anew)))
        return pages + math.ceil(moved / rows_a_page(new, then.fillfactor))

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
