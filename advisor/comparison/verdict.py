"""From an estimate to a word: slower, faster, same, unclear. And why, in a sentence."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np

from advisor.comparison.discovery import q_values
from advisor.comparison.estimate import Estimate, Ratio
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
    raw, relative = (_tested(estimates, factor) for factor in (1.0, common))
    out = []
    for number, estimate in enumerate(estimates):
        q = raw.q[number]
        if math.isnan(q):
            out.append(_without(estimate, common))
            continue
        verdict = _judged(estimate, float(q), raw.threshold)
        moved = _moved(estimate, relative.threshold, common)
        out.append(Verdict(verdict.word, verdict.why, verdict.q, verdict.moved, moved is not None))
    return out


def more_often(estimates: Sequence[Estimate], common: float) -> tuple[list[float | None], list[bool]]:
    """q-values of calls per hour, and whether a shape is called far oftener, also beside all traffic."""
    tests = [np.array([_p(e.calls, factor) for e in estimates], np.float64) for factor in (1.0, common)]
    raw, relative = (q_values(p) for p in tests)
    least = 1 + STREAM.compare_more
    often = []
    for estimate, q, beside in zip(estimates, raw.tolist(), relative.tolist(), strict=True):
        ratio = estimate.calls
        sure = not math.isnan(q) and max(q, beside) <= STREAM.compare_q
        often.append(ratio is not None and sure and min(ratio.value, ratio.value / common) >= least)
    return [None if math.isnan(q) else q for q in raw.tolist()], often


@dataclass(frozen=True, slots=True)
class _Tests:
    q: np.ndarray
    threshold: float
    """Largest p-value that is still a discovery; -1: none is."""


def _p(ratio: Ratio | None, factor: float) -> float:
    p = None if ratio is None else ratio.p(factor)
    return math.nan if p is None else p


def _tested(estimates: Sequence[Estimate], factor: float) -> _Tests:
    p = np.array([math.nan if (one := e.p(factor)) is None else one for e in estimates], np.float64)
    q = q_values(p)
    found = p[~np.isnan(q) & (np.nan_to_num(q, nan=1.0) <= STREAM.compare_q)]
    return _Tests(q, float(found.max()) if len(found) else -1.0)


def _significant(estimate: Estimate, threshold: float, factor: float) -> list[Ratio]:
    """Typical first; each at the level of the two together."""
    both = [r for r in (estimate.typical, estimate.mean) if r is not None and r.error is not None]
    return [r for r in both if len(both) * _p(r, factor) <= threshold]


def _large(ratio: float) -> bool:
    return abs(math.log(ratio)) >= math.log1p(STREAM.compare_change)


def _moved(estimate: Estimate, threshold: float, factor: float) -> Ratio | None:
    """The ratio that decides: of the mean where it is sure (that is the load), else of the typical call."""
    found = [r for r in _significant(estimate, threshold, factor) if _large(r.value / factor)]
    return found[-1] if found else None


def _judged(estimate: Estimate, q: float, threshold: float) -> Verdict:
    sure = _significant(estimate, threshold, 1.0)
    moved = _moved(estimate, threshold, 1.0)
    if moved is not None:
        word: Word = "slower" if moved.value > 1 else "faster"
        return Verdict(word, _evidence(estimate, moved), q, moved)
    known = [r for r in (estimate.typical, estimate.mean) if r is not None and r.error is not None]
    margin = 1 + STREAM.compare_same
    if sure:
        return Verdict("same", f"{times(sure[0].value)}: less than {STREAM.compare_change:.0%} is not worth a word", q)
    # the load's interval is wide wherever a few calls are long; what nearly all calls do decides
    first = known[0]
    if (first.low or 0) >= 1 / margin and (first.high or math.inf) <= margin:
        return Verdict("same", f"no change is seen, and one beyond {STREAM.compare_same:.0%} would be", q)
    return Verdict(
        "unclear", f"anything from {times(first.low or 0)} to {times(first.high or math.inf)}{_few(estimate)}", q
    )


def _evidence(estimate: Estimate, moved: Ratio) -> str:
    typical, mean = estimate.typical, estimate.mean
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


def _few(estimate: Estimate) -> str:
    return f": {estimate.kept[0]:,} calls before and {estimate.kept[1]:,} after show no more"


def _without(estimate: Estimate, common: float) -> Verdict:
    """No interval: only what is huge is called by name."""
    ratio = estimate.mean
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
