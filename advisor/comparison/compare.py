"""Two digests in, a `Comparison` out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np

from advisor.comparison.estimate import Estimate, estimates
from advisor.comparison.events import Events
from advisor.comparison.findings import findings
from advisor.comparison.flips import flips
from advisor.comparison.ground import Ground
from advisor.comparison.guards import guard
from advisor.comparison.jumps import Detect, Jumps, jumps, unlike
from advisor.comparison.requests import grown
from advisor.comparison.slots import grid
from advisor.comparison.successors import successors
from advisor.comparison.told import Told, told
from advisor.comparison.verdict import more_often, times, verdicts
from advisor.comparison.whole import Whole, whole
from advisor.comparison.window import Key, Window, windows
from advisor.digest.digest import Digest
from advisor.model.compared import Comparison
from advisor.model.stream_limits import STREAM

#: New shapes of which it is asked how often they appear: the heaviest.
_NEW = 2000


def compare(
    before: Digest, after: Digest, *, repetitions: Detect | None = None, show_literals: bool = False
) -> Comparison:
    """What became of every shape between two windows.

    ``repetitions`` finds loops in a digest (`advisor.stream.detection`); without it loops are not compared. Without
    ``show_literals`` no value of the input is in the result. The digests stay as they are (but settled).
    """
    one, other, notices = windows(before, after)
    limits = guard(one, other)
    common = [key for key in other.shapes if key in one.shapes]
    tested = estimates(one, other, common, floor_us=limits.floor_us, calls=limits.calls)
    known, everything = tested.each, whole(tested)
    judged = verdicts(known, everything.time)
    calls_q, often = more_often(known, everything.calls)
    new = _new(one, other, limits.floor_us)
    gone = [shape for key, shape in one.shapes.items() if key not in other.shapes]
    replaces = successors([other.shapes[key] for key in new], gone)
    flipped, changed, unread = flips(one, other, common)
    loops = Jumps() if repetitions is None else jumps(one, other, repetitions)
    repeated = {jump.child for jump in loops.found}
    more = [] if unlike(one, other) else grown(one, other, common, doubtful=limits.other_times)
    ground = Ground(
        before=one,
        after=other,
        guard=limits,
        whole=everything,
        estimates=dict(zip(common, known, strict=True)),
        verdicts=dict(zip(common, judged, strict=True)),
        often=dict(zip(common, often, strict=True)),
        new=new,
        replaces=replaces,
        flips=flipped,
        jumps=(*loops.found, *(jump for jump in more if jump.child not in repeated)),
    )
    found = findings(ground)
    if unread:
        notices.append(f"{unread:,} logged plan{'s' if unread > 1 else ''} could not be read")
    notices += [*limits.notices, *_material(one, other, known), *_whole(everything), *loops.notices]
    for name, window in (("before", one), ("after", other)):
        notices += [f"{name}: {note}" for note in window.totals.notes if "cumulative" not in note]
    return told(
        Told(ground, changed, dict(zip(common, calls_q, strict=True))),
        found,
        tuple(notices),
        show_literals=show_literals,
    )


def _new(before: Window, after: Window, floor_us: int) -> dict[Key, float]:
    """Shapes that only the window after has -> appearances that the window before should have had.

    An appearance is a slot of time with calls: a burst of a thousand calls is one. Shapes that the other log's
    threshold hid are left out.
    """
    keys = [key for key in after.shapes if key not in before.shapes]
    keys = [key for key in keys if not floor_us or (after.shapes[key].max_us or 0) >= floor_us]
    out = {key: float(after.shapes[key].calls) for key in keys}
    start, end = after.totals.start_us, after.totals.end_us
    if start is not None and end is not None and not after.counters and keys:
        some = keys[:_NEW]
        active = np.count_nonzero(Events(after, some, grid(start, end), 0).sums(0, len(some)).calls, axis=1)
        out |= {key: float(count) for key, count in zip(some, active, strict=True) if count}
    if before.seconds and after.seconds:
        out = {key: count * before.seconds / after.seconds for key, count in out.items()}
    return out


def _material(before: Window, after: Window, known: Sequence[Estimate]) -> list[str]:
    """What the intervals rest on."""
    if before.counters or after.counters:
        return ["cumulative counters hold totals alone: ratios of means without intervals, so only huge ones are named"]
    shares = [w.totals.sequence_share for w in (before, after)]
    if min(shares) < 1 and any(e.method == "events" for e in known):
        return [
            "intervals and typical calls are of the sessions whose single calls were kept "
            f"({shares[0]:.3g} of them before, {shares[1]:.3g} after); means and counts are of all calls"
        ]
    return []


def _whole(everything: Whole) -> list[str]:
    out = []
    if everything.time == 1 and abs(math.log(everything.drift)) >= math.log1p(STREAM.compare_change):
        out.append(
            f"most shapes take {times(everything.drift)} the time, which may be chance or a busy hour: each shape is "
            "judged beside that"
        )
    if everything.time != 1:
        out.append(
            f"most shapes take {times(everything.time)} the time: the server as a whole changed, and each shape is "
            "judged beside that (normalised ratio)"
        )
    if everything.calls != 1:
        out.append(f"most shapes are called {times(everything.calls)} as often per hour: the traffic changed")
    return out
