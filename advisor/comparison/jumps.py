"""Repetitions that a release brought: a loop that was not there, or one that now repeats far oftener."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from advisor.comparison.window import Window
from advisor.digest.digest import Digest
from advisor.model.compared import NJump
from advisor.model.stream import Repetition, StreamReport
from advisor.model.stream_limits import STREAM

#: Gives what the order of a digest's statements shows.
Detect = Callable[[Digest], StreamReport]
#: Repetitions that cost nothing worth a word when they appear, or that are no loop.
_LEFT_OUT = frozenset({"list_then_detail"})


@dataclass(frozen=True, slots=True)
class Jumps:
    """``found``: the heaviest first."""

    found: tuple[NJump, ...] = ()
    notices: tuple[str, ...] = ()


def jumps(before: Window, after: Window, detect: Detect) -> Jumps:
    """Repetitions of the window after against those of the window before."""
    one, other = detect(before.digest), detect(after.digest)
    known: dict[str, Repetition] = {}
    for repetition in one.repetitions:
        held = known.get(repetition.child)
        if held is None or repetition.n_median > held.n_median:
            known[repetition.child] = repetition
    notices = []
    blind = bool(one.hidden) and not other.hidden
    if blind:
        notices.append(f"loops cannot be compared: the log before hides them ({one.hidden[0].what})")
    if not one.events and other.events:
        blind = True
        notices.append("loops cannot be compared: the window before has no statements with a session")
    return Jumps(() if blind else _found(known, other.repetitions, after), tuple(notices))


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
            seconds_per_hour=seconds / after.hours if after.hours else None,
        )
        held = best.get(jump.child)
        if held is None or jump.repeats > held.repeats:
            best[jump.child] = jump
    return tuple(sorted(best.values(), key=lambda jump: (-(jump.seconds_per_hour or 0.0), -jump.repeats, jump.child)))
