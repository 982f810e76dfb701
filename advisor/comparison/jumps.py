"""Repetitions that a release brought: a loop that was not there, or one that now repeats far oftener."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.comparison.window import Window
from advisor.digest.digest import Digest
from advisor.model.compared import NJump
from advisor.model.shape import ShapeSummary
from advisor.model.stream import Repetition, StreamReport
from advisor.model.stream_limits import STREAM

#: Gives what the order of a digest's statements shows, or its counters: `advisor.stream`. The shapes are those of the
#: window, which is the difference of two readings where both sides are readings of one set of counters.
Detect = Callable[[Digest, Sequence[ShapeSummary]], StreamReport]
#: Repetitions that cost nothing worth a word when they appear, or that are no loop.
_LEFT_OUT = frozenset({"list_then_detail"})


@dataclass(frozen=True, slots=True)
class Jumps:
    """``found``: the heaviest first."""

    found: tuple[NJump, ...] = ()
    notices: tuple[str, ...] = ()


def jumps(before: Window, after: Window, detect: Detect) -> Jumps:
    """Repetitions of the window after against those of the window before."""
    one, other = (detect(window.digest, list(window.shapes.values())) for window in (before, after))
    known: dict[str, Repetition] = {}
    for repetition in one.repetitions:
        held = known.get(repetition.child)
        if held is None or repetition.n_median > held.n_median:
            known[repetition.child] = repetition
    if not other.repetitions:
        return Jumps()
    why = _blind(before, after, one, other)
    if why is not None:
        return Jumps((), (f"loops are not compared: {why}",))
    return Jumps(_found(known, other.repetitions, after))


def _blind(before: Window, after: Window, one: StreamReport, other: StreamReport) -> str | None:
    """Why the window before may have had loops that its log does not show."""
    if one.hidden and not other.hidden:
        return f"the log before hides them ({one.hidden[0].what})"
    if not one.events and other.events:
        return "the window before has no statements with a session"
    return unlike(before, after)


def unlike(before: Window, after: Window) -> str | None:
    """Why repeats cannot be counted alike in both logs."""
    thresholds = [window.capture.threshold_ms or 0.0 for window in (before, after)]
    if thresholds[0] > 1.1 * thresholds[1]:
        return f"statements under {thresholds[0]:g} ms are not in the log before, and loops are made of fast ones"
    rates = [window.capture.sample_rate or 1.0 for window in (before, after)]
    if rates[0] < 0.9 * rates[1]:
        return "the log before is the sparser sample, and shows fewer repeats of each loop"
    return None


def _found(known: dict[str, Repetition], now: Sequence[Repetition], after: Window) -> tuple[NJump, ...]:
    best: dict[str, NJump] = {}
    for repetition in now:
        if repetition.kind in _LEFT_OUT or repetition.n_median < STREAM.repeats_min:
            continue
        earlier = known.get(repetition.child)
        if earlier is not None and repetition.n_median < STREAM.compare_jump * max(earlier.n_median, 1.0):
            continue
        seconds = repetition.child_us * repetition.scale / 1e6
        jump = NJump(
            child=repetition.child,
            parent=repetition.parent,
            kind=repetition.kind,
            tier=repetition.tier,
            n_before=None if earlier is None else earlier.n_median,
            n_after=repetition.n_median,
            instances=round(repetition.instances * repetition.scale),
            repeats=round(repetition.repeats * repetition.scale),
            seconds_per_hour=seconds / after.told_hours if after.told_hours else None,
        )
        held = best.get(jump.child)
        if held is None or jump.repeats > held.repeats:
            best[jump.child] = jump
    return tuple(sorted(best.values(), key=lambda jump: (-(jump.seconds_per_hour or 0.0), -jump.repeats, jump.child)))
