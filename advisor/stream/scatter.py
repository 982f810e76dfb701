"""Loops whose rounds run on other connections than their parent: many at once from a pool, or a pool that lends a
connection for each statement.

Sessions then hold pieces of a loop. What tells it is the application's statements as a whole, in the order of the log:
as many repeats after each parent as it has rows, or repeats that several connections run at the same time.
"""

from __future__ import annotations

from collections.abc import Collection

import numpy as np

from advisor.model.batch import NO_TIME
from advisor.model.stream_limits import STREAM
from advisor.stream.chains import Chain, chains
from advisor.stream.oracle import LinkOracle
from advisor.stream.steps import Flags, Ints
from advisor.stream.units import SESSION, Units


def together(world: Units) -> Units | None:
    """The statements outside requests and transactions, each application's in one stream, cut at pauses.

    None where no application uses several sessions at the same time.
    """
    steps = world.steps
    free = np.flatnonzero(~steps.traced & (steps.transaction == 0))
    if not len(free):
        return None
    keys = np.stack((steps.source[free].astype(np.uint64), steps.context[free]), axis=1)
    _, group = np.unique(keys, axis=0, return_inverse=True)
    group = group.reshape(-1).astype(np.int64)
    several = np.zeros(int(group.max()) + 1, np.bool_)
    for number in range(len(several)):
        own = free[group == number]
        several[number] = len(np.unique(steps.session[own])) > 1
    keep = several[group]
    if not keep.any():
        return None
    free, group = free[keep], group[keep]
    coarse = steps.tick[free] > STREAM.coarse_tick_us
    when = np.where(coarse | (steps.start[free] == NO_TIME), 0, steps.start[free])
    order = np.lexsort((steps.offset[free], when, group))
    free, group = free[order], group[order]
    merged = steps.chosen(free, group)
    latest = np.maximum.accumulate(np.where(merged.first, merged.end, merged.end))
    idle = np.concatenate(([0], merged.start[1:] - latest[:-1]))
    fine = (merged.tick > 0) & (merged.tick <= STREAM.coarse_tick_us)
    unit = np.cumsum(merged.first | (fine & (idle > STREAM.together_pause_us))) - 1
    return Units(
        merged,
        unit,
        unit,
        np.full(int(unit[-1]) + 1, SESSION, np.int8),
        (),
        np.zeros(len(merged), np.bool_),
        world.marker[free],
        world.samples,
    )


def scattered(merged: Units, links: LinkOracle, taken: Collection[str]) -> list[Chain]:
    """Chains over several sessions of an application, of children that are not ``taken``."""
    made = []
    for chain in chains(merged, links, skip={i for i, n in enumerate(merged.steps.fingerprints) if n in taken}):
        if chain.link.returned is False:
            continue  # its rows do not show the key, and nothing but the time of day binds them together
        several = _several(merged, chain)
        if several.mean() < 0.5:
            continue
        chain.verdict.points = [point for point in chain.verdict.points if "tell requests apart" not in point[1]]
        at_once = _at_once(merged, chain.chosen.children, chain.chosen.instance)
        kept_count = any(points > 0 and "row" in words and "parent" in words for points, words in chain.verdict.points)
        chain.verdict.add(0.0, "its rounds run on other connections than the parent")
        if at_once >= 0.5:
            chain.verdict.add(1.0, "several connections run them at the same time")
        if not (kept_count or at_once >= 0.5) or chain.verdict.score < STREAM.scattered_score:
            chain.verdict.at_most("possible")
        chain.verdict.at_most("likely")
        made.append(chain)
    return made


def _several(merged: Units, chain: Chain) -> Flags:
    """Instances whose children several sessions ran."""
    session, instance = merged.steps.session[chain.chosen.children], chain.chosen.instance
    count = len(chain.chosen)
    lowest, highest = np.full(count, np.iinfo(np.int64).max), np.full(count, -1)
    np.minimum.at(lowest, instance, session)
    np.maximum.at(highest, instance, session)
    flags: Flags = lowest != highest
    return flags


def _at_once(merged: Units, children: Ints, instance: Ints) -> float:
    """Share of the repeats that start before the one before has ended, in another session."""
    steps = merged.steps
    if len(children) < 2 or (steps.tick[children] > STREAM.coarse_tick_us).any() or not steps.tick[children].all():
        return 0.0
    same = instance[1:] == instance[:-1]
    other = steps.session[children[1:]] != steps.session[children[:-1]]
    overlap = steps.start[children[1:]] < steps.end[children[:-1]]
    return float((overlap & other & same).sum()) / max(1, int(same.sum()))
