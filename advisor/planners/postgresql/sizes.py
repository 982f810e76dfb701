"""Relation files as large as production's: captured pages, heights and metapages, put on a stopped shadow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from advisor.model.limits import LIMITS
from advisor.model.snapshot import Relation, Snapshot
from advisor.planners.errors import PlannerError
from advisor.planners.postgresql.pages import brin, btree, gin, sparse
from advisor.planners.postgresql.pages.page import BLOCK, PageError

if TYPE_CHECKING:
    import psycopg

_PLACES = """
SELECT n.nspname, c.relname, c.oid, c.relkind::text, m.amname, pg_catalog.pg_relation_filepath(c.oid), t.relname,
       k.widths, k.distinct
FROM pg_catalog.pg_class c
JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace
LEFT JOIN pg_catalog.pg_am m ON m.oid = c.relam
LEFT JOIN pg_catalog.pg_index i ON i.indexrelid = c.oid
LEFT JOIN pg_catalog.pg_class t ON t.oid = i.indrelid
CROSS JOIN LATERAL (
    SELECT array_agg(CASE WHEN y.typlen > 0 THEN y.typlen ELSE COALESCE(s.stawidth, 8) END::float8
                     ORDER BY a.attnum) AS widths,
           array_agg(COALESCE(s.stadistinct, 0)::float8 ORDER BY a.attnum) AS distinct
    FROM pg_catalog.pg_attribute a
    JOIN pg_catalog.pg_type y ON y.oid = a.atttypid
    LEFT JOIN pg_catalog.pg_statistic s
           ON s.starelid = CASE WHEN i.indkey[a.attnum - 1] = 0 THEN c.oid ELSE i.indrelid END
          AND s.staattnum = CASE WHEN i.indkey[a.attnum - 1] = 0 THEN a.attnum ELSE i.indkey[a.attnum - 1] END
          AND NOT s.stainherit
    WHERE a.attrelid = i.indexrelid AND a.attnum BETWEEN 1 AND i.indnkeyatts
) AS k
WHERE c.relkind IN ('r', 'm', 'i', 'p', 'I', 'f') AND c.relowner = 'advisor_owner'::regrole
ORDER BY c.oid"""
#: Page splits look for the place where the fewest columns tell the halves apart (nbtsplitloc.c): with some times
#: as many different values as pages, they find one.
_VALUES_A_PAGE = 4
_MOST_BLOCKS = 0xFFFFFFFE
"""MaxBlockNumber (src/include/storage/block.h)."""


@dataclass(frozen=True)
class Place:
    """A relation of the shadow."""

    oid: int
    path: Path | None
    """Its main fork's first file; None: it has no storage."""
    method: str | None
    table: str | None
    """Of an index: its table, in the same schema."""
    keys: tuple[tuple[float, float], ...]
    """Of an index: bytes of each key column and how many values it has, as pg_statistic says it (0: not known)."""


def places(admin: psycopg.Connection[tuple[Any, ...]], data: Path) -> dict[tuple[str, str], Place]:
    """Every relation of the owner, by schema and name."""
    found = {}
    for schema, name, oid, kind, method, path, table, widths, distinct in admin.execute(_PLACES):
        keys = tuple(zip(widths or (), distinct or (), strict=True))
        found[schema, name] = Place(oid, data / path if path else None, method if kind in "iI" else None, table, keys)
    return found


def impose(found: Mapping[tuple[str, str], Place], snapshot: Snapshot) -> list[str]:
    """Gives every relation its blocks; what was not possible, in words. The server must be stopped."""
    blocks = {(one.schema, one.name): _blocks(one) for one in snapshot.relations}
    problems = []
    left = LIMITS.shadow_segments
    for relation in snapshot.relations:
        place = found.get((relation.schema, relation.name))
        if place is None or place.path is None:
            continue
        left -= blocks[relation.schema, relation.name] // sparse.SEGMENT_BLOCKS
        if left < 0:
            terabytes = (LIMITS.shadow_segments * sparse.SEGMENT_BLOCKS * BLOCK) >> 40
            raise PlannerError(
                f"the relations of the snapshot are larger than {terabytes} TB together; plan a part of it"
            )
        if (relation.blocks or 0) > _MOST_BLOCKS:
            problems.append(f"size of {relation.schema}.{relation.name}: 32 TB, the largest that PostgreSQL can have")
        heap = blocks.get((relation.schema, place.table or ""), 0)
        try:
            resize(place, relation, heap)
        except (PageError, OSError) as error:
            problems.append(f"size of {relation.schema}.{relation.name}: {error}")
    return problems


def resize(place: Place, relation: Relation, heap_blocks: int) -> None:
    """One relation's files as the snapshot has them. Raises PageError."""
    assert place.path is not None
    wanted = _blocks(relation)
    if place.method == "btree":
        height = relation.height
        if height is None:
            height = btree.estimated_height(wanted, _pivot_width(place, relation.tuples, wanted))
        btree.fake(place.path, height, wanted)
    elif place.method == "gin":
        gin.fake(place.path, wanted, relation.gin)
    elif place.method == "brin":
        brin.fake(place.path, wanted, heap_blocks)
    elif place.method is None:
        sparse.resize(place.path, wanted)
    else:
        sparse.resize(place.path, max(wanted, sparse.blocks(place.path)))


def _blocks(relation: Relation) -> int:
    """Pages now; where nobody could look, those of the last VACUUM or ANALYZE. A relation has no more than 2^32 - 2."""
    return min(max(0, relation.pages if relation.blocks is None else relation.blocks), _MOST_BLOCKS)


def _pivot_width(place: Place, tuples: float, blocks: int) -> float:
    """Bytes of the key columns in an entry of the pages above the leaves: those that tell a page from the next."""
    width, values = 0.0, 1.0
    for bytes_, distinct in place.keys:
        width += bytes_
        values *= distinct if distinct > 0 else max(1.0, -distinct * tuples) if distinct < 0 else 1.0
        if values >= _VALUES_A_PAGE * blocks:
            break
    return width
