"""B-trees of PostgreSQL that are much larger than new ones over the same rows would be."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from advisor.model.limits import LIMITS
from advisor.model.planning import IndexSize
from advisor.recommend.definition import on_text
from advisor.recommend.existing.activity import Activity
from advisor.recommend.existing.inventory import Existing, Inventory
from advisor.recommend.existing.verdict import Verdict

if TYPE_CHECKING:
    from advisor.planners.planner import Planner


def bloated(
    inventory: Inventory,
    activity: Activity,
    planner: Planner,
    *,
    factor: float = LIMITS.existing_bloat_factor,
    excess: int = LIMITS.existing_bloat_bytes,
) -> tuple[list[Verdict], list[str]]:
    """Verdicts ``bloated``, and notes on what could not be judged.

    Real pages are compared with the planner's size of the same definition under present statistics. Only indexes larger
    than ``excess`` bytes are looked at, and only where the statistics are of about as many rows as there are now.
    """
    if inventory.engine != "postgresql":
        return [], []
    asked, found, stale = [], [], []
    for one in _large(inventory, excess):
        live, analysed = activity.live_rows(one.table), one.table.rows
        if not analysed or live is None:
            continue
        if abs(live - analysed) > LIMITS.existing_bloat_stale * max(live, analysed):
            stale.append(one.table.name)
        else:
            asked.append(one)
    for one, size in zip(asked, _sizes(planner, [on_text(one.definition) for one in asked]), strict=True):
        if size is None:
            continue
        pages = inventory.pages(one) or 0
        more = (pages - size.pages) * _block(size.bytes, size.pages)
        if size.modelled is None and pages > factor * size.pages and more >= excess:
            found.append(_verdict(one, pages, size.pages, more))
    notes = []
    if stale:
        names: Sequence[str] = list(dict.fromkeys(stale))
        shown = ", ".join(names[:5]) + (", ..." if len(names) > 5 else "")
        notes.append(f"Bloat was not judged on tables whose statistics are old (run ANALYZE): {shown}.")
    return found, notes


def _large(inventory: Inventory, excess: int) -> list[Existing]:
    block = 8192
    return [
        one
        for one in inventory.all
        if one.index.valid
        and one.index.method == "btree"
        and one.table.kind != "partitioned"
        and (inventory.pages(one) or 0) * block > excess
    ]


def _sizes(planner: Planner, texts: Sequence[str]) -> list[IndexSize | None]:
    """All at once; where one cannot be had each alone, None for it."""
    from advisor.planners.errors import PlannerError

    try:
        return list(planner.sizes(texts)) if texts else []
    except PlannerError:
        found: list[IndexSize | None] = []
        for text in texts:
            try:
                found += planner.sizes([text])
            except PlannerError:
                found.append(None)
        return found


def _block(size: int, pages: int) -> int:
    return size // pages if pages else 8192


def _verdict(one: Existing, pages: int, expected: int, more: int) -> Verdict:
    return Verdict(
        kind="bloated",
        table=one.table.name,
        index=one.index.name,
        definition=one.definition,
        bytes=pages * 8192,
        why=(
            f"{one.shown} has {pages} pages where a new one would have about {expected}: {more >> 20} MiB are empty "
            "or half-empty pages, read and cached with the others. REINDEX INDEX CONCURRENTLY builds it anew beside "
            "the old one; it needs the space of both meanwhile."
        ),
        evidence={"pages": pages, "expected_pages": expected, "excess_bytes": more, "remedy": "reindex"},
        confidence="likely",
        caveats=(
            "It grows again where rows are deleted and inserted all the time: rebuilding is worth it once, not weekly.",
        ),
    )
