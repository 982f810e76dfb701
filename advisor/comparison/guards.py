"""What must be said before two windows are compared, and what must not be compared at all."""

from __future__ import annotations

from dataclasses import dataclass

from advisor.comparison.slots import DAY_US
from advisor.comparison.window import Window
from advisor.model.stream_limits import STREAM

#: All hours and days of the week are in it.
_FORTNIGHT_US = 14 * DAY_US
_HOUR_US = 3_600_000_000
#: Slow logs tell whole seconds: windows that follow one another seem to share one.
_TICK_US = 1_000_000


@dataclass(frozen=True, slots=True)
class Guard:
    """``floor_us``: calls below it are in one log only. ``other_times``: other hours or days, so that whatever changed
    may be the hour's doing. ``short``: a window in which one cold cache looks like a change of time."""

    notices: tuple[str, ...]
    floor_us: int = 0
    calls: bool = True
    """Calls per hour may be compared."""
    other_times: bool = False
    short: bool = False
    threshold_ms: float = 0.0
    """Faster calls are in neither log (or not in one): new may mean slower than before."""


def guard(before: Window, after: Window) -> Guard:
    """Everything that limits the comparison, in words."""
    notices: list[str] = []
    short = _lengths(before, after, notices)
    other_times = _times(before, after, notices)
    _versions(before, after, notices)
    floor_us, threshold = _thresholds(before, after, notices)
    calls = _rates(before, after, notices)
    if before.hours is None or after.hours is None:
        calls = False
        notices.append("the length of a window is not known: nothing is compared per hour")
    return Guard(tuple(notices), floor_us, calls, other_times, short, threshold)


def _lengths(before: Window, after: Window, notices: list[str]) -> bool:
    one, other = before.seconds, after.seconds
    if one is None or other is None:
        return False
    if max(one, other) > 1.5 * min(one, other):
        notices.append(f"windows of different length ({_span(one)} and {_span(other)}): all rates are per hour")
    if min(one, other) < STREAM.compare_window_seconds:
        notices.append(
            f"a window of {_span(min(one, other))}: a cold cache, a checkpoint or a neighbour looks like a change; "
            "compare windows of an hour and more"
        )
        return True
    return False


def _times(before: Window, after: Window, notices: list[str]) -> bool:
    """Different hours of the day, or working days against a weekend."""
    if before.counters or after.counters:
        return False
    spans = []
    for window in (before, after):
        start, end = window.totals.start_us, window.totals.end_us
        if start is None or end is None:
            return False
        spans.append((start, end))
    (b0, b1), (a0, a1) = spans
    if min(b1, a1) - max(b0, a0) > _TICK_US and before.digest is not after.digest:
        notices.append("the two windows overlap in time: what they share cannot differ")
    hours = [set(range(s // _HOUR_US, min(e, s + _FORTNIGHT_US) // _HOUR_US + 1)) for s, e in spans]
    of_day = [{hour % 24 for hour in one} for one in hours]
    common = len(of_day[0] & of_day[1]) / max(len(of_day[0] | of_day[1]), 1)
    days = [{(hour * _HOUR_US) // DAY_US for hour in one} for one in hours]
    weekend = [all((day + 3) % 7 >= 5 for day in one) for one in days]  # 1970-01-01 was a Thursday
    found = False
    if common < 0.5:
        clock = " and ".join(f"{_clock(s)} to {_clock(e)}" for s, e in spans)
        notices.append(f"different hours of the day ({clock}): what changes with the hour looks like a change")
        found = True
    if weekend[0] != weekend[1]:
        notices.append("a weekend is compared with working days: the traffic is another one")
        found = True
    if before.totals.zoned != after.totals.zoned:
        notices.append("one side prints times without a zone: hours of the day may be shifted against each other")
    return found


def _versions(before: Window, after: Window, notices: list[str]) -> None:
    for name in sorted({*before.digest.versions} & {*after.digest.versions}):
        one, other = before.digest.versions[name], after.digest.versions[name]
        if one != other:
            notices.append(f"{name} {', '.join(sorted(one))} before, {', '.join(sorted(other))} after")


def _thresholds(before: Window, after: Window, notices: list[str]) -> tuple[int, float]:
    thresholds = [w.capture.threshold_ms or 0.0 for w in (before, after)]
    one, other = thresholds
    highest = max(thresholds)
    if highest <= 0:
        return 0, 0.0
    if max(one, other) <= 1.1 * min(one, other):
        notices.append(
            f"only calls from about {highest:g} ms on were logged: times are of those alone, and a shape that is new "
            "(or gone) may have been faster than that before (or be so now)"
        )
        return 0, highest
    notices.append(
        f"different thresholds ({one:g} ms before, {other:g} ms after): only calls from {highest:g} ms on are "
        "compared, those of which the single durations were kept"
    )
    return int(highest * 1000), highest


def _rates(before: Window, after: Window, notices: list[str]) -> bool:
    """Whether counts mean the same in both."""
    words = []
    for name, window in (("before", before), ("after", after)):
        capture = window.capture
        sampled = capture.sample_rate is not None and capture.sample_rate < 1
        if sampled and not (window.rate is not None or capture.scaled):
            words.append(f"the log {name} is a sample for a part of the time only")
        elif "looks sampled" in capture.why:
            words.append(f"the log {name} looks sampled, at a rate that is not known")
        elif sampled:
            notices.append(f"the log {name} is a sample ({capture.sample_rate:g}): its counts are estimates")
    if words:
        notices.append("; ".join(words) + ": calls per hour are not compared (--sample-rate tells the rate)")
    return not words


def _span(seconds: float) -> str:
    for limit, factor, unit in ((120, 1, "s"), (7200, 60, "min"), (48 * 3600, 3600, "h")):
        if seconds < limit:
            return f"{seconds / factor:.3g} {unit}"
    return f"{seconds / 86400:.3g} days"


def _clock(time_us: int) -> str:
    return f"{time_us // _HOUR_US % 24:02d}:{time_us // 60_000_000 % 60:02d}"
