"""From an estimate to a word: slower, faster, same, unclear. And why, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from advisor.comparison.discovery import q_values
from advisor.comparison.estimate import Estimate
from advisor.comparison.ratio import Ratio, Times
from advisor.model.stream_limits import STREAM

Word = Literal["slower", "faster", "same", "unclear"]


@dataclass(frozen=True, slots=True)
class Verdict:
    """``moved`` is the ratio that the word rests on; ``beyond``: so does the ratio beside that of the whole server."""

    word: Word
    why: str
    q: float | None = None
    moved: Ratio | None = None
    beyond: bool = False


def verdicts(estimates: Sequence[Estimate], common: float) -> list[Verdict]:
    """One for each estimate; q over all that have an interval. ``common``: what all shapes moved by."""
    told, own = [e.told(common) for e in estimates], [e.own(common) for e in estimates]
    q, threshold = _tested([times.p() for times in told])
    _, beyond = _tested([times.p() for times in own])
    out = []
    for number, estimate in enumerate(estimates):
        if math.isnan(q[number]):
            out.append(_without(estimate, common))
            continue
        moved = _moved(told[number], threshold)
        if moved is not None:
            word: Word = "slower" if moved.value > 1 else "faster"
            why = _evidence(estimate, told[number], moved)
        else:
            word, why = _unmoved(told[number], threshold, estimate.kept)
        out.append(Verdict(word, why, float(q[number]), moved, _moved(own[number], beyond) is not None))
    return out


def more_often(estimates: Sequence[Estimate], common: float) -> tuple[list[float | None], list[bool]]:
    """q-values of calls per hour, and whether a shape is called far oftener, also beside all traffic."""
    beside = [None if e.calls is None else e.calls.over(common) for e in estimates]
    raw = [math.nan if e.calls is None else e.calls.p() for e in estimates]
    q, threshold = _tested(raw)
    own = [math.nan if ratio is None else ratio.p() for ratio in beside]
    _, beyond = _tested(own)
    least = 1 + STREAM.compare_more
    often = []
    for estimate, ratio, ps in zip(estimates, beside, zip(raw, own, strict=True), strict=True):
        large = ratio is not None and estimate.calls is not None and min(estimate.calls.value, ratio.value) >= least
        often.append(large and ps[0] <= threshold and ps[1] <= beyond)
    return [None if math.isnan(one) else one for one in q.tolist()], often


def _tested(p: Sequence[float]) -> tuple[NDArray[np.float64], float]:
    """q-values, and the largest p-value that is still a discovery; -1: none is."""
    values = np.array(p, np.float64)
    q = q_values(values)
    found = values[np.nan_to_num(q, nan=1.0) <= STREAM.compare_q]
    return q, float(found.max()) if len(found) else -1.0


def _significant(of: Times, threshold: float) -> list[Ratio]:
    """Typical first; each at the level of the two together."""
    return [r for r in of.known if len(of.known) * r.p() <= threshold]


def _moved(of: Times, threshold: float) -> Ratio | None:
    """The ratio that decides: of the mean where it is sure (that is the load), else of the typical call."""
    least = math.log1p(STREAM.compare_change)
    found = [r for r in _significant(of, threshold) if abs(math.log(r.value)) >= least]
    return found[-1] if found else None


def _unmoved(of: Times, threshold: float, kept: tuple[int, int]) -> tuple[Word, str]:
    sure = _significant(of, threshold)
    if sure:
        return "same", f"{times(sure[0].value)}: less than {STREAM.compare_change:.0%} is not worth a word"
    # the load's interval is wide wherever a few calls are long; what nearly all calls do decides
    first = of.known[0]
    if first.within(1 + STREAM.compare_same):
        return "same", f"no change is seen, and one beyond {STREAM.compare_same:.0%} is ruled out"
    few = f"{kept[0]:,} calls before and {kept[1]:,} after show no more"
    return "unclear", f"anything from {times(first.low or 0)} to {times(first.high or math.inf)}: {few}"


def _evidence(estimate: Estimate, of: Times, moved: Ratio) -> str:
    typical, mean = of.typical, of.mean
    material = (
        f"{estimate.kept[0]:,} calls before and {estimate.kept[1]:,} after, in blocks of time"
        if estimate.method == "events"
        else "sums of each hour: single calls were not kept"
    )
    if typical is None or mean is None or moved is typical:
        return f"{'the typical call' if moved is typical else 'the mean'} takes {times(moved.value)} ({material})"
    if typical.low is not None and typical.high is not None and typical.low <= 1 <= typical.high:
        rest = "the long ones are longer or more" if moved.value > 1 else "fewer are long"
        return f"the typical call takes what it took, {rest}: mean {times(mean.value)} ({material})"
    if (typical.value > 1) != (mean.value > 1):
        return f"the typical call {times(typical.value)}, but the mean {times(mean.value)} ({material})"
    return f"the typical call takes {times(typical.value)}, the mean {times(mean.value)} ({material})"


def _without(estimate: Estimate, common: float) -> Verdict:
    """No interval: only what is huge is called by name."""
    ratio = estimate.alone.mean
    if ratio is None:
        return Verdict("unclear", "its times cannot be compared")
    reason = f"no interval: fewer than {STREAM.compare_calls} calls, or too few blocks of time, in one window"
    if estimate.method == "totals" and not max(estimate.kept):
        reason = "no interval: only totals are known, not single calls"
    factor = max(ratio.value / common, common / ratio.value)
    huge = min(factor, max(ratio.value, 1 / ratio.value)) >= STREAM.compare_huge
    if huge and min(estimate.seen) >= STREAM.compare_huge_calls:
        word: Word = "slower" if ratio.value > 1 else "faster"
        return Verdict(
            word, f"the mean is {times(ratio.value)}, which is too much for chance; {reason}", None, ratio, True
        )
    return Verdict("unclear", f"the mean is {times(ratio.value)}; {reason}")


def times(ratio: float) -> str:
    """``1.52x`` the time; ``0.21x``."""
    if not math.isfinite(ratio):
        return "without bound"
    return f"{ratio:,.0f}x" if ratio >= 99.5 else f"{ratio:.3g}x" if ratio < 0.995 else f"{ratio:.2f}x"
