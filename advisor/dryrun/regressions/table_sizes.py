"""How large tables are after a migration: rewritten ones by their columns, updated ones by their rows made anew."""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from advisor.dryrun.regressions.counterparts import Counterparts
from advisor.dryrun.regressions.rows import Place, row_bytes, widths
from advisor.dryrun.regressions.state import Column
from advisor.dryrun.regressions.state import Relation as Found
from advisor.dryrun.regressions.type_families import TEXTS, base
from advisor.model.migration_limits import MIGRATION
from advisor.model.snapshot import ColumnStatistics, Relation

_ALIGN = {"c": 1, "s": 2, "i": 4, "d": 8}


class TableSizes:
    """Production's tables after the migration."""

    def __init__(
        self, world: Counterparts, rewrites: Mapping[int, Mapping[int, Column]], grown: Mapping[str, float]
    ) -> None:
        """``rewrites``: columns that rewrites gave their tables. ``grown``: rows that UPDATE writes anew, by table."""
        self.world = world
        self.rewrites = rewrites
        self.grown = grown

    def of(self, row: Relation) -> list[Relation]:
        """A table of the snapshot as what holds its rows after; none of an index."""
        if row.kind in ("index", "partitioned_index"):
            return []
        return [self._size(row, one, then) for one, then in self.world.tables(row.schema, row.name)]

    def _size(self, row: Relation, one: Found, then: Found) -> Relation:
        rewritten = self._rewritten(one, then) and one.kind in "rm"
        share = self._width_share(one, then) if rewritten else 1.0
        visible = row.all_visible
        if rewritten and visible:
            self.world.notes.append(
                f"{then.name}: rewritten, so no page of it counts as all-visible until the next VACUUM: plans after it "
                "are those before that"
            )
            visible = 0
        anew = 0.0 if then.oid != one.oid else self._anew(row, one, then)
        if anew:
            self.world.notes.append(
                f"{then.name}: UPDATE writes {anew:.0%} of its rows anew beside the old ones, whose room VACUUM makes "
                "free for others but does not give back: plans after it read so much more"
            )
            visible = round(visible * (1.0 - min(1.0, anew * max(1.0, row.tuples / max(1, row.pages)))))
        share *= 1.0 + anew
        return replace(
            row,
            schema=then.schema,
            name=then.name,
            oid=None,
            pages=scaled(row.pages, share),
            all_visible=visible,
            blocks=None if row.blocks is None else scaled(row.blocks, share),
        )

    def _anew(self, row: Relation, one: Found, then: Found) -> float:
        """The share of its rows that the migration updates, where that is worth counting."""
        rows = sum(count for name, count in self.grown.items() if name in (one.name, then.name))
        share = rows / row.tuples if row.tuples > 0 else 0.0
        return share if share >= MIGRATION.replan_anew_share else 0.0

    def _rewritten(self, one: Found, then: Found) -> bool:
        return then.oid != one.oid or (bool(one.file) and then.file != one.file)

    def _width_share(self, one: Found, then: Found) -> float:
        """Bytes of a row after, by those before: dropped columns are gone, others have their new type."""
        known = self.world.statistics.get(one.key, {})
        old = self.world.before.columns.get(one.oid, {})
        new = self.world.attributes(one, then)

        def mean(columns: Mapping[int, Column]) -> float:
            there = []
            for number in sorted(columns, key=abs):
                column = columns[number]
                row = known.get(old[number].name) if number in old else None
                empty = number not in old and column.missing is None and not column.not_null
                nulls = 1.0 if empty else row.null_frac if row is not None else 0.0
                width = float(column.length)
                if width <= 0:
                    width = printed_width(row, old[number], column) if row is not None else 0.0
                align = _ALIGN.get(column.align, 1) if column.length > 0 else 1
                spread = _spread(row, old[number], column) if row is not None else ()
                there.append(Place(width, nulls, align, spread))
            return row_bytes(there)

        return mean(self.rewrites.get(then.oid, new) if then.oid == one.oid else new) / mean(old)


def scaled(pages: int, share: float) -> int:
    """Never none of some; negative numbers are counts beyond 2^31, left as they are."""
    return pages if pages <= 0 or share == 1.0 else max(1, round(pages * share))


def _spread(row: ColumnStatistics, column: Column, new: Column) -> tuple[tuple[int, float], ...]:
    if new.length > 0:
        return ()
    kind = base(new.type)
    if kind in TEXTS:
        return widths(row, "text", check=column.length <= 0 and base(column.type) in TEXTS)
    if kind == "numeric":
        return widths(row, "numeric", check=base(column.type) == "numeric")
    return ()


def printed_width(row: ColumnStatistics, column: Column, new: Column) -> float:
    """Bytes of a value of no fixed length; of one that had another form before, as it prints."""
    if column.length <= 0 or new.length > 0 or base(new.type) not in TEXTS:
        return float(row.avg_width)
    values = [one for one in (row.most_common_vals, row.histogram_bounds) if one]
    printed = [len(one.strip('"')) for text in values for one in text.strip("{}").split(",")]
    return 1.0 + (sum(printed) / len(printed) if printed else row.avg_width)
