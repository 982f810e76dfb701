"""The read side: one `ShapeSummary` a shape, built only for the shapes that are asked for."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import numpy as np

from advisor.digest.checksums import checksum_of
from advisor.digest.plans import Form, Plan, Plans
from advisor.digest.samples import CUT, EMPTY, REDACTED, SLOWEST
from advisor.digest.shapetable import ENGINES, KINDS, LONG_AGO, NEVER
from advisor.digest.values import CONTEXT_DIMENSIONS, OTHER, OTHER_TAGS, TAG_DIMENSIONS
from advisor.model.batch import NO_TIME
from advisor.model.engine import EngineName, dialect_of
from advisor.model.shape import HourCount, PlanSample, Sample, ShapeSummary

if TYPE_CHECKING:
    from advisor.digest.digest import Digest

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_QUANTILES = (0.5, 0.95, 0.99)


def ranked(digest: Digest, top: int | None) -> list[int]:
    """Shape numbers by total time, then calls (both descending), then fingerprint and engine; the first ``top``."""
    table = digest.table
    n = table.count
    total, calls = table.columns["total_us"][:n], table.columns["calls"][:n]
    candidates = np.arange(n)
    if top is not None and 0 < top < n:
        # only those at least as slow as the one in place `top` can be in the answer
        candidates = np.flatnonzero(total >= np.partition(total, n - top)[n - top])
    at = candidates
    order = np.lexsort((table.engine[:n][at], table.fingerprint[:n][at], -calls[at], -total[at]))
    chosen: list[int] = at[order].tolist()
    return chosen if top is None else chosen[:top]


def summarise(digest: Digest, shape: int) -> ShapeSummary:
    """Everything known of one shape of a settled digest."""
    table = digest.table
    number = {name: int(column[shape]) for name, column in table.columns.items()}
    name = ENGINES[table.engine[shape]]
    timed = number["max_us"] >= 0
    quantiles = digest.sketch.quantiles(shape, _QUANTILES)
    # an estimate may lie outside of what was seen: it is within the bin, not within the data
    low, high = number["min_us"], number["max_us"]
    p50, p95, p99 = (None,) * 3 if quantiles is None else (min(max(q, low), high) for q in quantiles)
    dimensions = digest.values.of(shape)
    typical = [s for slot in range(1, digest.samples.slots) if (s := _sample(digest, shape, slot, name)) is not None]
    return ShapeSummary(
        fingerprint=f"{int(table.fingerprint[shape]):016x}",
        engine=digest.engine(name),
        sql=table.texts[shape].decode("utf-8", "replace"),
        kind=KINDS[table.kind[shape]],
        calls=number["calls"],
        calls_error_bound=int(table.bound[shape]),
        total_us=number["total_us"],
        timed_calls=number["timed"],
        min_us=low if timed and low != NEVER else None,
        max_us=high if timed else None,
        p50_us=p50,
        p95_us=p95,
        p99_us=p99,
        rows_sent=number["rows_sent"] if number["rows_sent_known"] else None,
        rows_examined=number["rows_examined"] if number["rows_examined_known"] else None,
        rows_affected=number["rows_affected"] if number["rows_affected_known"] else None,
        lock_us=number["lock_us"] if number["lock_us_known"] else None,
        temp_bytes=number["temp_bytes"] if number["temp_bytes_known"] else None,
        errors=number["errors"],
        cancelled=number["cancelled"],
        first_seen_us=None if number["first_us"] == NEVER else number["first_us"],
        last_seen_us=None if number["last_us"] == LONG_AGO else number["last_us"],
        databases=dimensions[CONTEXT_DIMENSIONS.index("database")],
        users=dimensions[CONTEXT_DIMENSIONS.index("user")],
        applications=dimensions[CONTEXT_DIMENSIONS.index("application")],
        hosts=dimensions[CONTEXT_DIMENSIONS.index("host")],
        tags=_tags(dimensions),
        per_hour=[HourCount(iso(us, zoned=digest.zoned), calls, total) for us, calls, total in digest.hours.of(shape)],
        slowest=_sample(digest, shape, SLOWEST, name),
        typical=typical[0] if typical else None,
        plans=_plans(digest.plans, shape),
        query_id=None if number["query_id"] == NEVER else number["query_id"],
        checksum=f"{checksum:016X}" if (checksum := checksum_of(digest, shape)) else None,
        in_count_max=number["in_count"],
        samples=typical,
        measured_calls={
            m: number[f"{m}_known"]
            for m in ("rows_sent", "rows_examined", "rows_affected", "lock_us", "temp_bytes")
            if number[f"{m}_known"]
        },
    )


def _plans(plans: Plans, shape: int) -> list[PlanSample]:
    """The slowest plan first, then the slowest of each other form, forms that took the most time first."""
    slowest = plans.slowest.get(shape)
    held = sorted(plans.forms.get(shape, {}).items(), key=lambda item: (-item[1].total_us, item[0]))
    of = [(form, form.slowest) for _, form in held if form.slowest is not None]
    of.sort(key=lambda pair: pair[1] != slowest)
    if slowest is not None and all(plan != slowest for _, plan in of):
        of.insert(0, (Form(1, 1, slowest.duration_us), slowest))  # its form is not among those kept
    return [_plan(form, plan) for form, plan in of]


def _plan(form: Form, plan: Plan) -> PlanSample:
    return PlanSample(
        plan.text.decode("utf-8", "replace"),
        plan.format,
        plan.duration_us,
        None if plan.time_us == NO_TIME else plan.time_us,
        form.plans,
        form.total_us if form.timed == form.plans else None,
        None if form.first_us == NEVER else form.first_us,
        None if form.last_us == LONG_AGO else form.last_us,
    )


def _tags(dimensions: list[dict[str, int]]) -> dict[str, dict[str, int]]:
    first = len(CONTEXT_DIMENSIONS)
    found = {name: dimensions[first + i] for i, name in enumerate(TAG_DIMENSIONS) if dimensions[first + i]}
    for value, calls in dimensions[OTHER_TAGS].items():
        key, equals, text = value.partition("=")
        if equals:
            found.setdefault(key, {})[text] = calls
        else:
            found.setdefault(OTHER, {})[value] = calls
    return found


def _sample(digest: Digest, shape: int, slot: int, engine: EngineName) -> Sample | None:
    samples = digest.samples
    sql: bytes | None = samples.sql[slot, shape]
    if samples.source[slot, shape] == EMPTY or sql is None:
        return None
    text, flags = sql.decode("utf-8", "replace"), int(samples.flags[slot, shape])
    given: bytes | None = samples.parameters[slot, shape]
    parameters = None if given is None else given.decode("utf-8", "replace")
    if parameters and engine == "postgresql":
        from advisor.fingerprint import join_parameters

        text = join_parameters(text, parameters, dialect_of(engine))
    time, duration, line = (int(c[slot, shape]) for c in (samples.time, samples.duration, samples.line))
    return Sample(
        sql=text,
        duration_us=duration,
        time_us=None if time == NO_TIME else time,
        parameters=parameters,
        source=digest.sources.known[samples.source[slot, shape]].account.path,
        line=line if line > 0 else None,
        redacted=bool(flags & REDACTED),
        cut=bool(flags & CUT),
    )


def iso(time_us: int, *, zoned: bool) -> str:
    """A time as ISO 8601, with offset where the sources have one. Times no calendar holds are given at its edge."""
    try:
        moment = _EPOCH + timedelta(microseconds=time_us)
    except OverflowError:
        moment = datetime.min.replace(tzinfo=UTC) if time_us < 0 else datetime.max.replace(tzinfo=UTC)
    return moment.isoformat() if zoned else moment.replace(tzinfo=None).isoformat()
