"""A repetition, added up over all units of work where it was found."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from advisor.model.batch import NO_TIME
from advisor.model.shape import ShapeSummary
from advisor.model.stream import KeyLink, Repetition, RepetitionKind
from advisor.model.stream_limits import STREAM
from advisor.stream.fanout import Fanout
from advisor.stream.oracle import LinkOracle
from advisor.stream.scoring import Verdict
from advisor.stream.units import Units

_PER_ROW: dict[str | None, RepetitionKind] = {
    "count": "count_per_row",
    "exists": "exists_per_row",
    "aggregate": "aggregate_per_row",
    "insert": "insert_per_row",
    "update": "update_per_row",
    "delete": "delete_per_row",
}
_ROUTES = 5


@dataclass
class Found:
    """A repetition before it is put into words. ``chosen.parent`` is where each instance begins."""

    child: int
    chosen: Fanout
    verdict: Verdict
    parent: int | None = None
    link: KeyLink | None = None
    kind: RepetitionKind | None = None
    nested_in: int | None = None
    sibling_of: int | None = None
    insert: int | None = None
    """Of a get-or-create: the shape that creates."""


def repetition(
    world: Units,
    links: LinkOracle,
    known: Mapping[str, ShapeSummary],
    found: Found,
    scale: float,
    routes: Mapping[int, str],
) -> Repetition:
    """Its row of the relation `chain`."""
    steps, chosen, verdict = world.steps, found.chosen, found.verdict
    name = steps.fingerprints[found.child]
    shape = known.get(name)
    places = Counter(steps.route[chosen.children].tolist())
    times = steps.start[chosen.children]
    times = times[times != NO_TIME]

    def fingerprint(index: int | None) -> str | None:
        return None if index is None else steps.fingerprints[index]

    return Repetition(
        kind=found.kind or _PER_ROW.get(links.kind(name), "n_plus_one"),
        engine=shape.engine.name if shape is not None else "postgresql",
        child=name,
        parent=fingerprint(found.parent),
        link=found.link,
        nested_in=fingerprint(found.nested_in),
        sibling_of=fingerprint(found.sibling_of),
        insert=fingerprint(found.insert),
        boundary=verdict.boundary,
        tier=verdict.tier,
        score=verdict.score,
        reasons=verdict.reasons,
        instances=len(chosen),
        repeats=int(chosen.n.sum()),
        n_median=float(np.median(chosen.n)),
        n_p95=float(np.percentile(chosen.n, 95)),
        n_max=int(chosen.n.max()),
        distinct_share=verdict.distinct_share,
        parent_rows=verdict.parent_rows,
        conservation=verdict.conservation,
        child_us=int(steps.duration[chosen.children].sum()),
        gap_us=gap(world, chosen),
        routes=tuple(routes[number] for number, _ in places.most_common(_ROUTES) if number in routes),
        first_us=int(times.min()) if len(times) else None,
        scale=scale,
    )


def gap(world: Units, chosen: Fanout) -> float | None:
    """Median time from the end of one repeat to the start of the next, in microseconds.

    A clock of milliseconds tells single gaps badly and their mean over an instance well: that is what is taken, less
    the time of other statements in between. None where the clock is coarser, or no time is known.
    """
    steps = world.steps
    at = chosen.first
    if not len(at) or (steps.tick[at] == 0).all() or (steps.tick[at] > STREAM.coarse_tick_us).any():
        return None
    if (steps.start[chosen.children] == NO_TIME).any():
        return None
    busy = np.concatenate(([0], np.cumsum(steps.duration)))
    span = steps.start[chosen.last] - steps.start[chosen.first]
    idle = span - (busy[chosen.last] - busy[chosen.first])
    rounds = np.maximum(chosen.n - 1, 1)
    return float(np.median(np.maximum(idle, 0) / rounds))


def round_trip(world: Units) -> float | None:
    """Time between statements where the application does next to nothing: the lowest decile of idle times between
    statements of one shape that follow each other. None where the clock cannot tell, or there are too few."""
    steps = world.steps
    if len(steps) < 2:
        return None
    same = np.concatenate(([False], steps.shape[1:] == steps.shape[:-1]))
    tight = same & (steps.idle >= 0) & (steps.tick > 0) & (steps.tick <= STREAM.coarse_tick_us)
    idle = steps.idle[tight]
    if len(idle) < STREAM.gaps_needed:
        return None
    fine = bool((steps.tick[tight] == 1).all())
    if fine:
        return float(np.percentile(idle, 10))
    # single gaps are off by a tick: means of runs of ten
    runs = idle[: len(idle) // 10 * 10].reshape(-1, 10).mean(axis=1)
    return float(np.percentile(runs, 10)) if len(runs) else None
