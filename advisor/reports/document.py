"""Puts an `Analysis` together: everything that was found, as the contract prints it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

import msgspec

from advisor.digest.digest import Digest
from advisor.digest.summary import iso
from advisor.digest.totals import Totals
from advisor.fingerprint import redact
from advisor.graphs import QueryGraph
from advisor.model.advice import IndexAdvice
from advisor.model.analysis import (
    Analysis,
    HourReport,
    PlanVariant,
    ShapeReport,
    ShapeSample,
    SourceReport,
    UnreadableExample,
    UnreadableReport,
    Window,
    Workload,
)
from advisor.model.capture import Capture
from advisor.model.engine import Engine, dialect_of
from advisor.model.explained import PlanReport
from advisor.model.finding import Finding, Recommendation
from advisor.model.shape import Sample, ShapeSummary
from advisor.model.source import SourceSummary
from advisor.model.stream import StreamReport


@dataclass(slots=True)
class Judged:
    """What the steps before found, on the way to the report."""

    findings: Sequence[Finding]
    recommendations: Sequence[Recommendation]
    graphs: Mapping[tuple[str, str], QueryGraph]
    """By (engine, fingerprint)."""
    not_analysed: Mapping[tuple[str, str], str]
    """Why a shape has no graph."""
    variants: Mapping[tuple[str, str], tuple[PlanVariant, ...]] = field(default_factory=dict)
    """Different plans of a shape, by (engine, fingerprint)."""
    plans: Sequence[PlanReport] = ()
    notices: list[str] = field(default_factory=list)
    index_advice: IndexAdvice | None = None
    stream: StreamReport | None = None


def capture(digest: Digest, rate: float | None) -> Capture:
    """What the log's settings hid; ``rate`` is the share by which counts and times were scaled up, None for not."""
    verdict = digest.capture.verdict()
    if rate is None:
        return verdict
    why = f"{verdict.why}; counts and times are multiplied by {1 / rate:g}: estimates"
    return msgspec.structs.replace(verdict, scaled=True, sample_rate=rate, why=why)


def analysis(
    totals: Totals, shapes: Sequence[ShapeSummary], judged: Judged, *, capture: Capture, show_literals: bool
) -> Analysis:
    """The result of a run. Without ``show_literals`` no literal of the input is in it."""
    engines = {shape.engine for shape in shapes} or {s.engine for s in totals.sources if s.engine is not None}
    reasons: dict[str, int] = {}
    for reason in judged.not_analysed.values():
        reasons[reason] = reasons.get(reason, 0) + 1
    return Analysis(
        engine=_one(engines),
        window=window(totals),
        sources=tuple(_source(source) for source in totals.sources),
        workload=Workload(
            events=totals.events,
            shapes=totals.shapes,
            sessions=totals.sessions,
            total_seconds=totals.total_us / 1e6,
            capture=capture,
            analysed_shapes=len(judged.graphs),
            not_analysed=dict(sorted(reasons.items(), key=lambda item: (-item[1], item[0]))),
            shapes_beyond_cap=totals.shapes - totals.kept_shapes,
            untimed_events=totals.untimed_events,
        ),
        shapes=tuple(_shape(shape, totals, judged, literals=show_literals) for shape in shapes),
        findings=tuple(judged.findings),
        recommendations=tuple(judged.recommendations),
        index_advice=judged.index_advice,
        stream=judged.stream,
        plans=tuple(judged.plans),
        notices=(*judged.notices, *totals.notes),
    )


def window(totals: Totals) -> Window:
    """First to last event. Seconds are None for a single moment: no rate can be had from it."""
    if totals.start_us is None or totals.end_us is None:
        return Window()
    seconds = (totals.end_us - totals.start_us) / 1e6
    return Window(
        iso(totals.start_us, zoned=totals.zoned),
        iso(totals.end_us, zoned=totals.zoned),
        seconds if seconds > 0 else None,
    )


def _one(engines: set[Engine]) -> Engine | None:
    if len(engines) == 1:
        return next(iter(engines))
    names = {engine.name for engine in engines}
    return Engine(next(iter(names))) if len(names) == 1 else None


def _source(source: SourceSummary) -> SourceReport:
    share = source.understood_lines / source.lines if source.lines else None
    examples = tuple(UnreadableExample(one.line, one.reason) for one in source.unreadable)
    return SourceReport(
        path=source.path,
        format=source.format,
        engine=source.engine,
        bytes=source.bytes,
        events=source.events,
        understood_share=share,
        unreadable=UnreadableReport(source.unreadable_lines, examples),
        notes=tuple(source.notes),
        interrupted=source.interrupted,
    )


def _ms(us: float | None) -> float | None:
    return None if us is None else us / 1000


def _shape(shape: ShapeSummary, totals: Totals, judged: Judged, *, literals: bool) -> ShapeReport:
    key = (shape.engine.name, shape.fingerprint)
    graph = judged.graphs.get(key)

    def moment(us: int | None) -> str | None:
        return None if us is None else iso(us, zoned=totals.zoned)

    return ShapeReport(
        fingerprint=shape.fingerprint,
        engine=shape.engine,
        sql=shape.sql,
        kind=shape.kind,
        tables=tuple(graph.tables) if graph is not None else (),
        analysed=graph is not None,
        calls=shape.calls,
        calls_error_bound=shape.calls_error_bound,
        total_seconds=shape.total_us / 1e6,
        share=shape.total_us / totals.total_us if totals.total_us else None,
        mean_ms=shape.total_us / shape.timed_calls / 1000 if shape.timed_calls else None,
        min_ms=_ms(shape.min_us),
        max_ms=_ms(shape.max_us),
        p50_ms=_ms(shape.p50_us),
        p95_ms=_ms(shape.p95_us),
        p99_ms=_ms(shape.p99_us),
        rows_sent=shape.rows_sent,
        rows_examined=shape.rows_examined,
        rows_affected=shape.rows_affected,
        lock_ms=_ms(shape.lock_us),
        temp_bytes=shape.temp_bytes,
        errors=shape.errors,
        first_seen=moment(shape.first_seen_us),
        last_seen=moment(shape.last_seen_us),
        databases=shape.databases,
        users=shape.users,
        applications=shape.applications,
        hosts=shape.hosts,
        per_hour=tuple(HourReport(hour.hour, hour.calls, hour.total_us / 1e6) for hour in shape.per_hour),
        sample=_sample(shape.typical or shape.slowest, shape, literals=literals),
        slowest=_sample(shape.slowest, shape, literals=literals) if shape.slowest else None,
        tags=shape.tags,
        cancelled=shape.cancelled,
        not_analysed=judged.not_analysed.get(key),
        query_id=None if shape.query_id is None else str(shape.query_id),
        checksum=shape.checksum,
        plans=sum(plan.plans for plan in shape.plans),
        plan_variants=judged.variants.get(key, ()),
    )


def _sample(sample: Sample | None, shape: ShapeSummary, *, literals: bool) -> ShapeSample:
    if sample is None:
        return ShapeSample(None, redacted=not literals)
    if literals:
        return ShapeSample(sample.sql, redacted=sample.redacted)
    return ShapeSample(redact(sample.sql, dialect_of(shape.engine.name)), redacted=True)
