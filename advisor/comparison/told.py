"""Puts a `Comparison` together: everything that was found, as the contract prints it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from advisor.comparison.finding import per_call
from advisor.comparison.ground import Ground
from advisor.comparison.ratio import Ratio, Times
from advisor.comparison.requests import per_request
from advisor.comparison.window import Key, Window
from advisor.digest.summary import iso
from advisor.fingerprint import redact
from advisor.model.analysis import ShapeSample
from advisor.model.analysis import Window as Span
from advisor.model.compared import Comparison, ShapeChange, SideReport, Status, WholeChange
from advisor.model.engine import Engine, dialect_of
from advisor.model.finding import Finding
from advisor.model.shape import ShapeSummary
from advisor.model.stream_limits import STREAM


@dataclass(frozen=True, slots=True)
class Told:
    """What findings do not need and reports do."""

    ground: Ground
    plan_changed: Mapping[Key, bool]
    calls_q: Mapping[Key, float | None]


def told(of: Told, found: tuple[Finding, ...], notices: tuple[str, ...], *, show_literals: bool) -> Comparison:
    """The result. Without ``show_literals`` samples are redacted."""
    ground = of.ground
    before, after = ground.before, ground.after
    keys = list(dict.fromkeys([*after.shapes, *before.shapes]))
    requests = [dict(zip(keys, per_request(window, keys), strict=True)) for window in (before, after)]
    replaced = {old: new for new, old in ground.replaces.items()}
    changes = []
    for key in keys:
        change = _shape(of, key, (requests[0][key], requests[1][key]), replaced.get(key[1]), literals=show_literals)
        changes.append((_moved(ground, key), change))
    changes.sort(key=lambda pair: (-pair[0], pair[1].fingerprint))
    return Comparison(
        before=_side(before),
        after=_side(after),
        whole=WholeChange(ground.whole.time, ground.whole.calls, ground.whole.shapes),
        shapes=tuple(change for _, change in changes),
        findings=found,
        plan_flips=tuple(ground.flips.values()),
        n_jumps=ground.jumps,
        notices=notices,
    )


def _moved(ground: Ground, key: Key) -> float:
    """How far the load of a shape moved, in either direction: seconds an hour (or microseconds where none is known)."""
    us = [0.0, 0.0]
    for place, window in enumerate((ground.before, ground.after)):
        shape = window.shapes.get(key)
        if shape is not None:
            us[place] = shape.total_us / (window.hours or 1.0)
    return abs(us[1] - us[0])


def _shape(
    of: Told, key: Key, requests: tuple[float | None, float | None], replaced_by: str | None, *, literals: bool
) -> ShapeChange:
    ground = of.ground
    one, other = ground.before.shapes.get(key), ground.after.shapes.get(key)
    shape = other or one
    assert shape is not None
    estimate, verdict = ground.estimates.get(key), ground.verdicts.get(key)
    common = ground.whole.time
    time = Times() if estimate is None else estimate.told(common)
    ratio, mean = _shown(time), time.mean
    own = None if estimate is None else _shown(estimate.own(common))
    calls = estimate.calls if estimate is not None else None
    hours = (ground.before.told_hours, ground.after.told_hours)
    status: Status
    status, why = (verdict.word, verdict.why) if verdict is not None else _one_side(ground, key, other is not None)
    return ShapeChange(
        fingerprint=shape.fingerprint,
        engine=shape.engine,
        sql=shape.sql,
        kind=shape.kind,
        status=status,
        why=why,
        ratio=None if ratio is None else ratio.value,
        ci_low=None if ratio is None else ratio.low,
        ci_high=None if ratio is None else ratio.high,
        q_value=None if verdict is None else verdict.q,
        mean_ratio=None if mean is None else mean.value,
        mean_ci_low=None if mean is None else mean.low,
        mean_ci_high=None if mean is None else mean.high,
        normalised_ratio=None if own is None else own.value,
        calls_before=0 if one is None else one.calls,
        calls_after=0 if other is None else other.calls,
        calls_per_hour_before=_per_hour(one.calls if one else 0, hours[0]),
        calls_per_hour_after=_per_hour(other.calls if other else 0, hours[1]),
        calls_ratio=None if calls is None else calls.value,
        calls_ci_low=None if calls is None else calls.low,
        calls_ci_high=None if calls is None else calls.high,
        calls_q_value=of.calls_q.get(key),
        per_request_before=requests[0],
        per_request_after=requests[1],
        mean_ms_before=_mean_ms(one),
        mean_ms_after=_mean_ms(other),
        p95_ms_before=_ms(one.p95_us if one else None),
        p95_ms_after=_ms(other.p95_us if other else None),
        rows_per_call_before=per_call(one, "rows_sent") if one else None,
        rows_per_call_after=per_call(other, "rows_sent") if other else None,
        seconds_per_hour_before=_per_hour(one.total_us / 1e6 if one else 0.0, hours[0]),
        seconds_per_hour_after=_per_hour(other.total_us / 1e6 if other else 0.0, hours[1]),
        plan_changed=of.plan_changed.get(key),
        replaces=ground.replaces.get(shape.fingerprint) if one is None else None,
        replaced_by=replaced_by if other is None else None,
        method=None if estimate is None else estimate.method,
        sample=_sample(shape, literals=literals),
    )


def _shown(time: Times) -> Ratio | None:
    """Of the typical call, unless the mean alone has an interval."""
    return time.known[0] if time.known else time.typical or time.mean


def _one_side(ground: Ground, key: Key, after: bool) -> tuple[Status, str]:
    """Status and reason of a shape that one window alone has."""
    limits = ground.guard
    shape = (ground.after if after else ground.before).shapes[key]
    if limits.floor_us and (shape.max_us or 0) < limits.floor_us:
        return "unclear", f"only calls under {limits.threshold_ms:g} ms: the other log has none of those"
    words = "not in the window before" if after else "not in the window after"
    partner = ground.replaces.get(shape.fingerprint) if after else None
    if partner is not None:
        words += f"; it seems to replace {partner}"
    if limits.threshold_ms:
        words += (
            f", or faster than {limits.threshold_ms:g} ms then"
            if after
            else f", or faster than {limits.threshold_ms:g} ms now"
        )
    if after and ground.new.get(key, STREAM.compare_expected) < STREAM.compare_expected:
        words += "; it runs so seldom that the window may have missed it"
    return ("new" if after else "gone"), words


def _side(window: Window) -> SideReport:
    totals, digest = window.totals, window.digest
    engines = {shape.engine for shape in window.shapes.values()}
    names = {engine.name for engine in engines}
    engine = next(iter(engines)) if len(engines) == 1 else Engine(next(iter(names))) if len(names) == 1 else None
    start, end = (None if us is None else iso(us, zoned=totals.zoned) for us in (totals.start_us, totals.end_us))
    return SideReport(
        sources=tuple(source.path for source in totals.sources),
        engine=engine,
        window=Span(start, end, window.seconds),
        events=totals.events,
        shapes=totals.shapes,
        total_seconds=totals.total_us / 1e6,
        seconds_per_hour=window.load if window.told_hours else None,
        capture=window.capture,
        sequence_share=totals.sequence_share if digest.sequence.events else None,
        counters=window.counters,
    )


def _per_hour(value: float, hours: float | None) -> float | None:
    return value / hours if hours else None


def _ms(us: float | None) -> float | None:
    return None if us is None else us / 1000


def _mean_ms(shape: ShapeSummary | None) -> float | None:
    return shape.total_us / shape.timed_calls / 1000 if shape is not None and shape.timed_calls else None


def _sample(shape: ShapeSummary, *, literals: bool) -> ShapeSample:
    sample = shape.typical or shape.slowest
    if sample is None:
        return ShapeSample(None, redacted=not literals)
    if literals:
        return ShapeSample(sample.sql, redacted=sample.redacted)
    return ShapeSample(redact(sample.sql, dialect_of(shape.engine.name)), redacted=True)
