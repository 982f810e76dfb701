"""One side of a comparison: what is asked of its digest, with counts scaled to what the log's sampling left out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import msgspec

from advisor.digest.digest import Digest
from advisor.digest.scaling import scaled_shape, scaled_totals
from advisor.digest.totals import COUNTERS, Totals
from advisor.model.capture import Capture
from advisor.model.limits import LIMITS
from advisor.model.shape import ShapeSummary

#: Engine (or "" where the two sides have no engine in common) and fingerprint.
Key = tuple[str, str]

_RESET = (
    "the counters were reset between the readings, or are of two servers: each reading stands for itself, over the "
    "time since its own reset"
)


@dataclass(slots=True)
class Window:
    """The material of one side. ``seconds`` is None where nothing can be said per hour."""

    digest: Digest
    shapes: dict[Key, ShapeSummary]
    totals: Totals
    capture: Capture
    seconds: float | None
    counters: bool
    """All of it is cumulative counters: no call has a time of day or a duration of its own."""
    rate: float | None = None
    """Share of the statements that was logged, where counts were scaled by it."""

    @property
    def hours(self) -> float | None:
        """Length in hours."""
        return self.seconds / 3600 if self.seconds else None

    @property
    def told_hours(self) -> float | None:
        """Length in hours where it is long enough for a rate that people read; ratios need none such."""
        return self.hours if (self.seconds or 0.0) >= LIMITS.rate_seconds else None

    @property
    def load(self) -> float | None:
        """Seconds of statements in each hour."""
        return self.totals.total_us / 1e6 / self.hours if self.hours else None


def windows(before: Digest, after: Digest) -> tuple[Window, Window, list[str]]:
    """Both sides with keys that match, and what must be said about how they were matched."""
    notices: list[str] = []
    shapes = [digest.shapes() for digest in (before, after)]
    engines = [{shape.engine.name for shape in side} for side in shapes]
    by_text = bool(engines[0] and engines[1]) and not engines[0] & engines[1]
    if by_text:
        names = [" and ".join(sorted(names)) for names in engines]
        notices.append(
            f"different engines ({names[0]} before, {names[1]} after): shapes are matched by their text alone, and a "
            "change of time is one of the product too"
        )
    one, other = _window(before, shapes[0], by_text), _window(after, shapes[1], by_text)
    if one.counters and other.counters:
        told = _subtract(one, other)
        if told is not None:
            notices.append(told)
    return one, other, notices


def _window(digest: Digest, shapes: list[ShapeSummary], by_text: bool) -> Window:
    totals = digest.totals()
    rate = digest.capture.uniform_rate()
    capture = digest.capture.verdict()
    if rate is not None:
        shapes, totals = [scaled_shape(shape, rate) for shape in shapes], scaled_totals(totals, rate)
        capture = msgspec.structs.replace(capture, scaled=True, sample_rate=rate)
    seconds = None
    if totals.start_us is not None and totals.end_us is not None and totals.end_us > totals.start_us:
        seconds = (totals.end_us - totals.start_us) / 1e6
    keyed: dict[Key, ShapeSummary] = {}
    for shape in shapes:
        keyed.setdefault(("" if by_text else shape.engine.name, shape.fingerprint), shape)
    formats = {source.format for source in totals.sources}
    return Window(digest, keyed, totals, capture, seconds, bool(formats) and formats <= COUNTERS, rate)


def _subtract(before: Window, after: Window) -> str | None:
    """Two readings of one set of counters: what came between them is what is compared with the first reading.

    They are of one set when they count since the same moment (or since when is not told) and none has gone down.
    """
    since = [_since(window) for window in (before, after)]
    if not before.shapes or not after.shapes:
        return None
    if since[0] != since[1]:
        return _RESET
    common = [key for key in before.shapes if key in after.shapes]
    if len(common) * 2 < len(before.shapes) or any(
        after.shapes[key].calls < before.shapes[key].calls or after.shapes[key].total_us < before.shapes[key].total_us
        for key in common
    ):
        return _RESET
    if all(after.shapes[key].calls == before.shapes[key].calls for key in common) and len(after.shapes) == len(common):
        return None  # the same reading twice: nothing came between
    left = {key: _less(shape, before.shapes.get(key)) for key, shape in after.shapes.items()}
    total = after.totals.total_us - before.totals.total_us
    events = after.totals.events - before.totals.events
    after.shapes = {key: shape for key, shape in left.items() if shape.calls > 0}
    read = [_until(window) for window in (before, after)]
    start = read[0]
    after.totals = msgspec.structs.replace(after.totals, total_us=total, events=events, start_us=start)
    after.seconds = (read[1] - start) / 1e6 if start is not None and read[1] is not None and read[1] > start else None
    return (
        "both are readings of the same counters: AFTER is what was added between them, and a shape that did not run "
        "since is gone"
    )


def _since(window: Window) -> int | None:
    times = [source.since_us for source in window.totals.sources if source.since_us is not None]
    return min(times) if times else None


def _until(window: Window) -> int | None:
    times = [source.until_us for source in window.totals.sources if source.until_us is not None]
    return max(times) if times else None


def _less(shape: ShapeSummary, earlier: ShapeSummary | None) -> ShapeSummary:
    if earlier is None:
        return shape

    def minus(value: int | None, other: int | None) -> int | None:
        return None if value is None or other is None or value < other else value - other

    known: Mapping[str, int] = {
        name: count - earlier.measured_calls.get(name, 0) for name, count in shape.measured_calls.items()
    }
    return msgspec.structs.replace(
        shape,
        calls=shape.calls - earlier.calls,
        timed_calls=max(0, shape.timed_calls - earlier.timed_calls),
        total_us=shape.total_us - earlier.total_us,
        rows_sent=minus(shape.rows_sent, earlier.rows_sent),
        rows_examined=minus(shape.rows_examined, earlier.rows_examined),
        rows_affected=minus(shape.rows_affected, earlier.rows_affected),
        measured_calls={name: count for name, count in known.items() if count > 0},
    )
