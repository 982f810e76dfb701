"""How long transactions lasted, and how much of it the server waited for its client."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from advisor.digest.effect import BEGIN, COMMIT, RESET, ROLLBACK, SETTING
from advisor.model.batch import NO_TIME
from advisor.model.stream_limits import STREAM
from advisor.stream.insights.spans import ends, writing

if TYPE_CHECKING:
    from advisor.stream.material import Material

_OWN = re.compile(r"\s*create\s+(?:global\s+|local\s+)?temp(?:orary)?\s+table\s+(?:if\s+not\s+exists\s+)?([^\s(;]+)")

Ints = NDArray[np.int64]
Flags = NDArray[np.bool_]


@dataclass(frozen=True)
class Durations:
    """Of the transactions with a seen start and end, and all times known (``span`` is their number in `Spans`)."""

    span: Ints
    first: Ints
    last: Ints
    wall: Ints
    """From the start of the first statement to the end of the last, microseconds."""
    busy: Ints
    idle: Ints
    """Sum of the pauses between its statements. wall = busy + idle, but where statements overlap (pipelining)."""
    waited: Ints
    """... of those too long to be the network's (`STREAM.idle_pause_us`)."""
    locked: Ints
    """From its first write or lock to its end; 0 without one."""
    locked_idle: Ints
    locked_waited: Ints
    round_trips: Ints
    steps: Ints
    """Statements without BEGIN, COMMIT, SET and the like."""
    lead: Ints
    """Code of the first of these; -1 where there is none."""
    route: NDArray[np.uint64]
    """Number of the first route that its statements name; 0 none."""
    gap: Ints
    """Per row of the material: the pause between it and the next statement of its transaction; 0 for the last."""

    def __len__(self) -> int:
        return len(self.span)


def durations(material: Material) -> Durations:
    """Times of the transactions."""
    rows, spans = material.rows, material.spans
    count = len(material)
    start, end = rows["start_us"], ends(material)
    known = (start != NO_TIME) & (rows["duration_us"] >= 0)
    unknown = np.concatenate(([0], np.cumsum(~known)))
    turned = np.concatenate(([0], np.cumsum(_turned(start))))  # of rows, like `unknown`
    span = np.flatnonzero(
        spans.closed
        & (unknown[spans.last + 1] == unknown[spans.first])
        & (turned[spans.last + 1] == turned[spans.first + 1])
    )
    first, last = spans.first[span], spans.last[span]

    gap = np.zeros(count, np.int64)
    if count > 1:
        inner = (spans.of[1:] >= 0) & (spans.of[1:] == spans.of[:-1]) & known[1:] & known[:-1]
        gap[:-1] = np.where(inner, np.maximum(start[1:] - end[:-1], 0), 0)
    # A pause counts as locked when something was written before it, the statement it follows included.
    wrote = np.concatenate(([0], np.cumsum(writing(material) & ~_temporary(material)[material.codes])))
    after = np.zeros(count, np.bool_)
    inside = np.flatnonzero(spans.of >= 0)
    after[inside] = wrote[inside + 1] > wrote[spans.first[spans.of[inside]]]
    own = np.flatnonzero(after)
    begun = np.full(len(spans), -1, np.int64)
    begun[spans.of[own[::-1]]] = own[::-1]
    step = ~np.isin(rows["effect"], [BEGIN, COMMIT, ROLLBACK, RESET, SETTING])
    at_step = np.where(step, np.arange(count), count)
    following = np.minimum.accumulate(at_step[::-1])[::-1] if count else at_step
    lead = following[first] if len(span) else first
    has = lead <= last
    tagged = np.where(rows["route"] != 0, np.arange(count), count)
    next_tag = np.minimum.accumulate(tagged[::-1])[::-1] if count else tagged
    tag = next_tag[first] if len(span) else first
    routed = tag <= last
    locked_from = begun[span]
    long_gap = np.where(gap >= STREAM.idle_pause_us, gap, 0)
    return Durations(
        span=span,
        first=first,
        last=last,
        wall=end[last] - start[first],
        busy=_sums(np.where(known, rows["duration_us"], 0), first, last),
        idle=_sums(gap, first, last),
        waited=_sums(long_gap, first, last),
        locked=np.where(locked_from >= 0, end[last] - start[np.maximum(locked_from, 0)], 0),
        locked_idle=_sums(np.where(after, gap, 0), first, last),
        locked_waited=_sums(np.where(after, long_gap, 0), first, last),
        round_trips=last - first + 1,
        steps=_sums(step.astype(np.int64), first, last),
        lead=np.where(has, material.codes[np.where(has, lead, 0)], -1) if count else first,
        route=np.where(routed, rows["route"][np.where(routed, tag, 0)], 0) if count else first.astype(np.uint64),
        gap=gap,
    )


def _turned(start: Ints) -> NDArray[np.bool_]:
    """Rows that begin before the row before them: a clock that was set back, or parts of a log out of order. What
    spans such a row has no length."""
    found = np.zeros(len(start), np.bool_)
    found[1:] = start[1:] < start[:-1] - STREAM.clock_turn_us
    return found


def _temporary(material: Material) -> Flags:
    """Of each shape, whether it changes temporary tables alone: only its own session sees those, so nobody waits."""
    own = {found[1].replace('"', "").replace("`", "") for s in material.shapes if (found := _OWN.match(s.sql.lower()))}
    effects = [material.effects[name].writes for name in material.fingerprints]
    return np.array([bool(each and each <= own) for each in effects] or [False], np.bool_)


def _sums(values: Ints, first: Ints, last: Ints) -> Ints:
    total = np.concatenate(([0], np.cumsum(values)))
    found: Ints = total[last + 1] - total[first]
    return found


def why_idle_unknown(material: Material) -> str | None:
    """Why the pauses within transactions mean nothing in this log; None where they do."""
    if material.hidden and not _begins_fast(material):
        what = material.capture.threshold_ms
        if what:
            return f"statements under {what:g} ms are not in the log: they may have run in the pauses"
        return "the log may lack statements: they may have run in the pauses"
    tick = material.tick_us
    if tick is None:
        return "the log tells no times"
    if tick > STREAM.idle_tick_us:
        return f"the log's clock ticks every {tick / 1_000_000:g} s: too coarse for pauses"
    return None


def _begins_fast(material: Material) -> bool:
    """Whether the transactions themselves show that nothing fast is left out, where the log as a whole does not tell.

    A BEGIN takes microseconds, and no usual threshold between 0 and a millisecond exists: who logs BEGINs logs all.
    A sample of statements would lose one end of most transactions, and leave more open than closed ones.
    """
    if material.capture.complete is not None or material.capture.threshold_ms is not None:
        return False
    spans = material.spans
    begins = spans.first[spans.closed]
    begins = begins[material.rows["effect"][begins] == BEGIN]
    took = material.rows["duration_us"][begins]
    fast = int(np.count_nonzero((took >= 0) & (took < STREAM.idle_begin_us)))
    return fast > 0.9 * len(took) and len(took) > int(np.count_nonzero(~spans.closed))


def torn(material: Material) -> bool:
    """Whether the sample took transactions apart: requests were sampled by their tags, and BEGIN carries none."""
    return material.scale > 1.0 and bool((material.rows["trace"] != 0).any())
