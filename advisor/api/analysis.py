"""`analyze` and `digest`: from sources to a ranked report."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from advisor.api import logged_plans, streams
from advisor.api.arguments import listed, page_folders
from advisor.digest.digest import Digest
from advisor.model.analysis import Analysis
from advisor.model.errors import UserError
from advisor.model.limits import LIMITS
from advisor.model.shape import ShapeSummary
from advisor.model.stream import StreamWishes
from advisor.sources.options import ReadOptions

if TYPE_CHECKING:
    from advisor.facts.facts import LogRelation
    from advisor.graphs import QueryGraph
    from advisor.model.catalog import Catalog
    from advisor.planners.choice import Choice
    from advisor.recommend.advice.inputs import Watch
    from advisor.recommend.wishes import IndexWishes

#: Why a shape that is not among the heaviest has no query graph.
BEYOND = f"beyond the shapes that cover {LIMITS.analysed_share:.0%} of the time"


def digest(
    sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]],
    *,
    reading: ReadOptions | None = None,
    max_shapes: int = LIMITS.max_shapes,
    threshold_ms: float | None = None,
    sample_rate: float | None = None,
) -> Digest:
    """Read sources (logs, counters, SQL files, digests) into one digest.

    ``threshold_ms`` and ``sample_rate`` (0 to 1) say what the log's settings hid, where the log does not tell.
    Raises UserError, with one line that says what, where and what to do, for an input that cannot be read.
    """
    from advisor.digest.file import decode
    from advisor.sources.read import Reading

    run = Reading(listed(sources), reading)
    result = Digest(run.summaries, max_shapes=max_shapes)
    for batch in run:
        result.add(batch)
    result.capture = run.capture
    if run.digests and run.options.wanted:
        raise UserError(f"{run.digests[0].path}: a digest cannot be filtered; filter when it is made, or read the log")
    for given in run.digests:
        with given.open() as stream:
            result.merge(decode(stream.read(), given.path, max_shapes))
    if threshold_ms is not None:
        result.capture.given_threshold_ms = threshold_ms
    if sample_rate is not None:
        result.capture.given_sample_rate = sample_rate
    return result


def analyze(
    sources: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] | Digest,
    *,
    catalog: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    rules: str | os.PathLike[str] | Sequence[str | os.PathLike[str]] = (),
    reading: ReadOptions | None = None,
    max_shapes: int = LIMITS.max_shapes,
    show_literals: bool = False,
    threshold_ms: float | None = None,
    sample_rate: float | None = None,
    planner: Choice | None = "auto",
    wishes: IndexWishes | None = None,
    rows: Mapping[str, int] | None = None,
    stream: StreamWishes | None = None,
    watch: Watch | None = None,
) -> Analysis:
    """The main job: digest the sources, judge the shapes that cost the most, recommend.

    ``catalog`` names schemas (snapshots, DDL files or DSNs), ``rules`` folders of further pages. With the statistics of
    a snapshot or of a server, indexes are searched for the whole workload by ``planner`` (None: not), within
    ``wishes``; ``rows`` are row counts by table for a schema file. ``stream`` says how far the application is from the
    server, and what loops may be proven with. ``watch`` hears of the search's progress. The result
    has the fields of the JSON contract. Raises UserError for what the user can mend.
    """
    from advisor.api.catalogs import given
    from advisor.api.indexes import Material, searched
    from advisor.api.replays import measured
    from advisor.digest.digest import Digest as Kind
    from advisor.facts import Facts
    from advisor.graphs.collector import paused
    from advisor.handbook import judge
    from advisor.handbook import load as load_pages
    from advisor.recommend.recommendations import Cost, recommend
    from advisor.reports.document import Judged, analysis, capture, window

    engine = reading.engine if reading is not None else None
    sources_of_schema = [given(name, engine, planner, rows) for name in listed(catalog)]
    catalogs = [each.catalog for each in sources_of_schema]
    if engine is None and len({each.engine.name for each in catalogs}) == 1:
        # A file of statements does not tell its engine; the schema beside it does.
        reading = replace(reading or ReadOptions(), engine=catalogs[0].engine.name)
    folders = page_folders(listed(rules))
    if isinstance(sources, Kind):
        whole = sources
    else:
        whole = digest(
            sources, reading=reading, max_shapes=max_shapes, threshold_ms=threshold_ms, sample_rate=sample_rate
        )
    shapes, totals = whole.shapes(), whole.totals()
    rate = whole.capture.uniform_rate()
    if rate is not None:
        from advisor.digest.scaling import scaled_shape, scaled_totals

        shapes, totals = [scaled_shape(shape, rate) for shape in shapes], scaled_totals(totals, rate)
    seconds = window(totals).seconds
    if seconds is not None and seconds < LIMITS.rate_seconds:
        seconds = None
    chosen = heaviest(shapes, totals.total_us)
    with paused():
        chosen = [*chosen, *streams.repeated(whole, shapes, chosen)]
        graphs, failed = graphs_of(chosen, catalogs)
        analysed = {(shape.engine.name, shape.fingerprint) for shape in chosen}
        failed |= {key: BEYOND for s in shapes if (key := (s.engine.name, s.fingerprint)) not in analysed}
        facts = Facts(literals=show_literals)
        facts.add_catalogs(catalogs)
        facts.add_shapes(chosen, window_seconds=seconds, total_us=totals.total_us, graphs=graphs)
        seen = whole.observations()
        log: dict[LogRelation, Iterable[Any]] = {
            "lock_wait": seen.lock_waits,
            "temp_file": seen.temp_files,
            "cancelled": seen.cancelled,
            "error": seen.errors,
            "deadlock": seen.deadlocks,
            "commit_stream": seen.commit_streams,
            "connection_stream": seen.connection_streams,
        }
        streamed = streams.streamed(whole, shapes, graphs, catalogs, seconds, seen, stream or StreamWishes())
        for relation, observed_rows in log.items():
            for row in observed_rows:
                facts.add_rows(relation, [row], getattr(row, "engine", None))
        for relation, of_engine, stream_rows in streamed.relations:
            facts.add_rows(relation, stream_rows, of_engine)
        facts.add_known("*", ["stream"])
        plans = logged_plans.load(chosen, facts, zoned=totals.zoned)
        facts.finish()
        handbook = load_pages(folders)
        judged = judge(handbook.pages, facts)
    costs = {
        shape.fingerprint: Cost(
            shape.engine,
            shape.total_us / 1e6 / (seconds / 3600) if seconds and shape.timed_calls else None,
            shape.total_us / totals.total_us if totals.total_us else None,
            shape.total_us / shape.timed_calls / 1000 if shape.timed_calls else None,
        )
        for shape in chosen
    }
    engines = {shape.engine for shape in shapes}
    search = searched(
        Material(chosen, graphs, plans.of, judged.judgements, whole.capture.verdict(), seconds),
        sources_of_schema,
        planner,
        wishes,
        watch,
    )
    findings, recommendations = recommend(
        judged.judgements,
        costs,
        next(iter(engines)) if len(engines) == 1 else None,
        search.proven,
        search.answered,
        catalogs,
    )
    if streamed.report is not None and stream is not None and stream.replay is not None:
        recommendations = measured(recommendations, findings, streamed.report.repetitions)
    findings, pointed = logged_plans.pointed_at(findings, plans, show_literals=show_literals)
    notices = plans.notices + search.notices + streams.said(whole, stream or StreamWishes())
    notices += [f"rule page left out: {problem}" for problem in [*handbook.problems, *judged.problems]]
    for each in catalogs:
        if each.unread:
            first = each.unread[0]
            notices.append(
                f"{each.origin}: {len(each.unread)} statements of the schema were not understood "
                f"(first: line {first.line}: {first.reason})"
            )
    return analysis(
        totals,
        shapes,
        Judged(
            findings, recommendations, graphs, failed, plans.variants, pointed, notices, search.advice, streamed.report
        ),
        capture=capture(whole, rate),
        show_literals=show_literals,
    )


def heaviest(shapes: Sequence[ShapeSummary], total_us: int) -> Sequence[ShapeSummary]:
    """The shapes worth analysing: those that cover LIMITS.analysed_share of the time, at least LIMITS.analysed_min."""
    covered = 0
    for number, shape in enumerate(shapes):
        if number >= LIMITS.analysed_min and total_us and covered >= LIMITS.analysed_share * total_us:
            return shapes[:number]
        covered += shape.total_us
    if total_us:
        return shapes
    return shapes[: max(LIMITS.analysed_min, LIMITS.analysed_untimed)]


def graphs_of(
    shapes: Sequence[ShapeSummary], catalogs: Sequence[Catalog]
) -> tuple[dict[tuple[str, str], QueryGraph], dict[tuple[str, str], str]]:
    """Query graphs of shapes by (engine, fingerprint), and why there is none of the others."""
    from advisor.graphs import NotAnalysed, build

    graphs: dict[tuple[str, str], QueryGraph] = {}
    failed: dict[tuple[str, str], str] = {}
    for shape in shapes:
        key = (shape.engine.name, shape.fingerprint)
        texts = [sample.sql for sample in (shape.slowest, shape.typical) if sample and not sample.cut]
        for text in [*texts[:1], shape.sql]:
            try:
                graphs[key] = build(text, shape.engine.name, catalogs)
            except NotAnalysed as error:
                failed[key] = str(error)
            else:
                failed.pop(key, None)
                break
    return graphs, failed
