"""The snapshot that production would give after a migration: the copy's schema, and production's statistics.

Statistics follow tables and columns by OID and attribute number: names may change. What the server itself would throw
away (the statistics of a column whose type changes) is kept where the values stay the same, as ANALYZE finds them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from advisor.dryrun.regressions.counterparts import Counterparts
from advisor.dryrun.regressions.effects import Ran
from advisor.dryrun.regressions.indexes import Fresh, Indexes
from advisor.dryrun.regressions.layouts import Layouts
from advisor.dryrun.regressions.revalued import Revaluing
from advisor.dryrun.regressions.state import Relation as Found
from advisor.dryrun.regressions.statistics import StatisticsAfter
from advisor.dryrun.regressions.table_sizes import TableSizes
from advisor.dryrun.regressions.written import Rewriting
from advisor.model.snapshot import Extension, SchemaObject, Snapshot


@dataclass(frozen=True, slots=True)
class Carried:
    """The world after a migration."""

    snapshot: Snapshot
    add: tuple[tuple[Found, str], ...]
    """Indexes that the migration made, or made anew over other bytes: their sizes are to be modelled."""
    hide: tuple[str, ...]
    """Those of them that the snapshot's schema has: constraints rest on them."""
    unknown: tuple[tuple[str, str], ...]
    """Tables and columns whose values the migration writes, nobody knows what."""
    notes: tuple[str, ...]


def carried(
    snapshot: Snapshot,
    ran: Ran,
    captured: Snapshot,
    texts: Sequence[str],
    grown: Mapping[str, Sequence[Rewriting]] | None = None,
    fresh: Fresh = lambda _: None,
    revaluings: Sequence[tuple[Revaluing, float]] = (),
) -> Carried:
    """Production's snapshot after the migration.

    ``captured``: the copy after it. ``texts``: statements of the migration that write rows: what is known of columns
    that they name is not carried over, but for what `backfills` reads there. ``grown``: rows that UPDATE writes anew,
    by table as it names it. ``fresh``: how large indexes of before would be, made now.
    ``revaluings``: what changes which values there are, with the shares of the rows that it writes.
    """
    world = Counterparts(snapshot, ran, texts)
    sizes = TableSizes(world, Layouts(world, ran, texts), grown or {})
    statistics = StatisticsAfter(world, snapshot, texts, revaluings)
    relations = [one for row in snapshot.relations for one in sizes.of(row)]
    indexes = Indexes(world, sizes.moved, sizes.kept, fresh)
    sized = {(one.schema, one.name) for one in relations}
    relations += [one for row in snapshot.relations for one in indexes.size(row, sized)]
    add, hide = indexes.new(indexes.fresh())
    gone = {one.key for one, _ in add if not one.constraint}
    return Carried(
        Snapshot(
            header=snapshot.header,
            settings=snapshot.settings,
            extensions=[*snapshot.extensions, *_extensions(snapshot, captured)],
            objects=[one for one in captured.objects if not _is(one, gone)],
            relations=relations,
            columns=[*statistics.columns(indexes.same), *statistics.added()],
            extended=[one for row in snapshot.extended for one in statistics.extended(row, captured)],
            bounds=[one for row in snapshot.bounds for one in statistics.bounds(row)],
            tokens=snapshot.tokens,
            rows=captured.rows,
        ),
        tuple(add),
        tuple(hide),
        tuple(statistics.unknown),
        tuple(dict.fromkeys(world.notes)),
    )


def _extensions(snapshot: Snapshot, captured: Snapshot) -> list[Extension]:
    have = {one.name for one in snapshot.extensions}
    return [one for one in captured.extensions if one.name not in have and one.name != "plpgsql"]


def _is(one: SchemaObject, keys: set[tuple[str, str]]) -> bool:
    return one.kind == "index" and (one.schema or "", one.name) in keys
