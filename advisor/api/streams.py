"""What the order of statements adds to a run: repetitions with their fixes, insights, and what the log hides."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, cast

import msgspec
import numpy as np

from advisor.model.engine import EngineName, dialect_of
from advisor.model.observed import Observations
from advisor.model.stream import StreamReport, StreamWishes, Visibility
from advisor.model.stream_limits import STREAM

if TYPE_CHECKING:
    from advisor.digest.digest import Digest
    from advisor.digest.sequence import Rows
    from advisor.facts.facts import LogRelation
    from advisor.graphs import QueryGraph
    from advisor.model.catalog import Catalog
    from advisor.model.shape import ShapeSummary
    from advisor.stream.links import Links

Graphs = Mapping[tuple[str, str], "QueryGraph"]
#: Formats of inputs that count executions and have no order.
COUNTERS = frozenset({"pg-stat-statements", "mysql-digests"})


@dataclass(frozen=True, slots=True)
class Streamed:
    """What goes into the facts and the report."""

    report: StreamReport | None = None
    relations: Sequence[tuple[LogRelation, EngineName, Sequence[Any]]] = ()


def repeated(whole: Digest, shapes: Sequence[ShapeSummary], chosen: Sequence[ShapeSummary]) -> list[ShapeSummary]:
    """Shapes that are not among the heaviest, but that units of work repeat: a loop of fast statements is slow."""
    from advisor.stream.detection import candidates

    known = {shape.fingerprint for shape in chosen}
    if len(known) == len(shapes):
        return []
    wanted = candidates(whole.sequence_rows()) - known
    return [shape for shape in shapes if shape.fingerprint in wanted][: STREAM.repeated_shapes]


def streamed(
    whole: Digest,
    shapes: Sequence[ShapeSummary],
    graphs: Graphs,
    catalogs: Sequence[Catalog],
    seconds: float | None,
    seen: Observations,
    wishes: StreamWishes,
) -> Streamed:
    """Reads the sequence material (or, of counters, the totals) with the query graphs. ``seconds``: of the window;
    ``seen``: the digest's observations."""
    from advisor.api.repetitions import Ground, mended
    from advisor.api.replays import replayed
    from advisor.stream.insights.relations import relations as insights
    from advisor.stream.links import Links
    from advisor.stream.material import material_of

    reports: list[StreamReport] = []
    relations: list[tuple[LogRelation, EngineName, Sequence[Any]]] = []
    total_us = sum(shape.total_us for shape in shapes)
    before = earlier(wishes)
    for engine in dict.fromkeys(shape.engine.name for shape in shapes):
        own = [shape for shape in shapes if shape.engine.name == engine]
        of_engine = {fingerprint: graph for (name, fingerprint), graph in graphs.items() if name == engine}
        schemas = [each for each in catalogs if dialect_of(each.engine.name) == dialect_of(engine)]
        links = Links(of_engine, schemas)
        report = _report(whole, engine, own, links, seen, before)
        if wishes.round_trip_ms is not None:
            report = msgspec.structs.replace(report, round_trip_us=wishes.round_trip_ms * 1000)
        ground = Ground(engine, own, of_engine, schemas, seconds, total_us, report.round_trip_us)
        if wishes.replay is not None:
            report = replayed(report, ground, wishes.replay)
        relations.append(("chain", engine, mended(report.repetitions, ground)))
        if whole.sequence.events or whole.incidents.deadlocks:
            material = material_of(whole, of_engine, schemas, own, _rows_of(whole, engine), seen)
            relations += [(cast("LogRelation", name), engine, rows) for name, rows in insights(material).items()]
        reports.append(report)
    return Streamed(_one(reports), relations)


def said(whole: Digest, wishes: StreamWishes) -> list[str]:
    """What the reader must know of the earlier counters: what they hold for, and what not."""
    if not wishes.counters_before:
        return []
    formats = {source.account.format for source in whole.sources.known}
    if not formats & COUNTERS:
        return ["--counters-before: nothing here is a dump of counters, so the earlier dump is not used"]
    return ["loops are told of what ran between the two dumps; all other figures since the counters began"]


def earlier(wishes: StreamWishes) -> Sequence[ShapeSummary] | None:
    """Shapes of the earlier counters that the user names; None where none were."""
    if not wishes.counters_before:
        return None
    from advisor.api.analysis import digest

    return digest(list(wishes.counters_before)).shapes()


def _report(
    whole: Digest,
    engine: EngineName,
    shapes: Sequence[ShapeSummary],
    links: Links,
    seen: Observations,
    before: Sequence[ShapeSummary] | None,
) -> StreamReport:
    from advisor.digest.contexts import context_hash
    from advisor.stream import counters
    from advisor.stream.detection import detect

    rows = _rows_of(whole, engine)
    count = len(rows["session"])
    formats = {source.account.format for source in whole.sources.known}
    if formats and formats <= COUNTERS:
        found = counters.detect(shapes, links, before)
        lost = counters.between(before, shapes).hidden if before is not None else None
        hidden = (lost,) if lost is not None else ()
        return StreamReport(events=0, sampled_share=1.0, units={}, repetitions=tuple(found), hidden=hidden)
    events = whole.sequence.events
    scale = max(events / len(whole.sequence_rows()["session"]), 1.0) if count else 1.0
    contexts = {context_hash(context): context for context in whole.contexts.known}
    report = detect(rows, links, shapes, scale, whole.routes.names, contexts)
    return msgspec.structs.replace(report, hidden=_hidden(whole, engine, formats, seen))


def _hidden(whole: Digest, engine: EngineName, formats: Collection[str], seen: Observations) -> tuple[Visibility, ...]:
    """What the settings of the log keep from being seen."""
    from advisor.digest.commits import plans_alone
    from advisor.stream.visibility import Told, hidden

    totals, verdict = whole.totals(), whole.capture.verdict()
    known = totals.start_us is not None and totals.end_us is not None and totals.end_us > totals.start_us
    rate = totals.events / ((totals.end_us or 0) - (totals.start_us or 0)) * 1e6 if known and verdict.complete else None
    told = Told(
        sessions=min(whole.sequence.events / totals.events, 1.0) if totals.events else None,
        per_second=rate,
        waits=True if seen.lock_waits else None,
        connections=True if seen.connection_streams else None,
        auto_explain=plans_alone(whole) or None,
    )
    return hidden(verdict, seen.settings, engine, sorted(formats), told)


def _rows_of(whole: Digest, engine: EngineName) -> Rows:
    """The material of one engine: all of it, where there is only one."""
    rows = whole.sequence_rows()
    engines = [source.engine.name if source.engine is not None else None for source in whole.sources.known]
    if len(set(engines)) == 1:
        return rows
    kept = np.array([name in (engine, None) for name in engines])[rows["source"]]
    return {name: column[kept] for name, column in rows.items()}


def _one(reports: Sequence[StreamReport]) -> StreamReport | None:
    """One report of several engines'."""
    if len(reports) < 2:
        return reports[0] if reports else None
    trips = {report.round_trip_us for report in reports}
    units: dict[str, int] = {}
    for report in reports:
        for name, number in report.units.items():
            units[name] = units.get(name, 0) + number
    return StreamReport(
        events=sum(report.events for report in reports),
        sampled_share=min(report.sampled_share for report in reports),
        units=units,
        pooling=tuple(pool for report in reports for pool in report.pooling),
        hidden=tuple(dict.fromkeys(one for report in reports for one in report.hidden)),
        repetitions=tuple(one for report in reports for one in report.repetitions),
        round_trip_us=trips.pop() if len(trips) == 1 else None,
    )
