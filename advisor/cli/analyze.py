"""``advisor analyze``: the main job."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli import options, stream_options
from advisor.cli.changes import CHANGE_FORMATS, Changes, write_changes
from advisor.cli.config import table_rows
from advisor.cli.output import notice, pairs, write
from advisor.cli.progress import bars
from advisor.model.limits import LIMITS

if TYPE_CHECKING:
    from advisor.model.analysis import Analysis

FORMATS = ("terminal", "json", "markdown", "sarif", *CHANGE_FORMATS)
TOP = 10


def command(
    source: options.Sources,
    catalog: options.Catalog = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="NAME", help=f"{', '.join(FORMATS)}; may be repeated, in pairs with -o."),
    ] = None,
    output: options.Output = None,
    fail_on: options.FailOn = "never",
    top: Annotated[
        int | None,
        typer.Option(
            "--top",
            metavar="N",
            min=1,
            help="Shapes, findings and recommendations to print (terminal and Markdown: 10; JSON: all).",
        ),
    ] = None,
    rules: options.Rules = None,
    show_literals: Annotated[
        bool, typer.Option("--show-literals", help="Print real values of samples; they are redacted otherwise.")
    ] = False,
    input_format: options.InputFormat = None,
    log_line_prefix: options.LogLinePrefix = None,
    engine: options.EngineOption = None,
    since: options.Since = None,
    until: options.Until = None,
    timezone: options.Timezone = None,
    database: options.Databases = None,
    user: options.Users = None,
    application: options.Applications = None,
    exclude: options.Exclude = None,
    threshold_ms: options.Threshold = None,
    sample_rate: options.SampleRate = None,
    budget: options.Budget = None,
    max_indexes: options.MaxIndexes = None,
    max_write_overhead: options.MaxWriteOverhead = f"{LIMITS.selection_write_overhead:.0%}",
    min_benefit: options.MinBenefit = f"{LIMITS.selection_min_benefit:.1%}",
    only_table: options.OnlyTable = None,
    exclude_table: options.ExcludeTable = None,
    time_limit: options.TimeLimit = LIMITS.selection_seconds,
    planner: options.IndexPlanner = "auto",
    measure: options.Measure = None,
    measure_busy: options.MeasureBusy = False,
    round_trip: stream_options.RoundTrip = None,
    counters_before: stream_options.CountersBefore = None,
    replay: stream_options.Replay = None,
    down_revision: options.DownRevision = None,
    django_app: options.DjangoApp = None,
    django_after: options.DjangoAfter = None,
    jobs: options.Jobs = 0,
    max_shapes: options.MaxShapes = LIMITS.max_shapes,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> int:
    """Rank what costs the most time in a slow-query log, and say what to do about it."""
    targets = pairs(formats or [], output or [], FORMATS)
    options.check_level(fail_on)
    from advisor import api
    from advisor.sources.interrupt import Noted

    wishes = options.wishes(
        budget=budget,
        max_indexes=max_indexes,
        max_write_overhead=max_write_overhead,
        min_benefit=min_benefit,
        only_table=only_table,
        exclude_table=exclude_table,
        time_limit=time_limit,
        measure=measure,
        measure_busy=measure_busy,
    )
    with Noted() as interrupts, bars(quiet=quiet) as (progress, watching):
        result = api.analyze(
            source,
            catalog=catalog or [],
            rules=rules or [],
            show_literals=show_literals,
            reading=options.reading(
                input_format=input_format,
                log_line_prefix=log_line_prefix,
                engine=engine,
                since=since,
                until=until,
                timezone=timezone,
                database=database,
                user=user,
                application=application,
                exclude=exclude,
                jobs=jobs,
                progress=progress,
            ),
            max_shapes=max_shapes,
            threshold_ms=threshold_ms,
            sample_rate=sample_rate,
            planner=options.index_planner(planner),
            wishes=wishes,
            rows=table_rows(config),
            stream=stream_options.wishes(round_trip, counters_before, replay),
            watch=watching,
        )
    changes = Changes(catalog or [], down_revision, django_app, django_after, show_literals)
    for name, file in targets:
        if name in CHANGE_FORMATS:
            write_changes(name, file, result, changes, quiet=quiet)
        else:
            write(file, _text(name, file, result, top))
    if not (len(targets) == 1 and targets[0] == ("terminal", None)):
        for line in result.notices:
            notice(line, quiet=quiet)
    if interrupts.seen or any(source.interrupted for source in result.sources):
        return 130
    return 1 if api.reaches(result, fail_on) else 0


def _text(name: str, file: str | None, result: Analysis, top: int | None) -> str:
    if name == "json":
        import msgspec

        from advisor.reports import json

        return json.render(result if top is None else msgspec.structs.replace(result, shapes=result.shapes[:top]))
    if name == "markdown":
        from advisor.reports import markdown

        return markdown.render(result, top=top or TOP)
    if name == "sarif":
        from advisor.model.version import product_version
        from advisor.reports import sarif

        fallback = result.sources[0].path if result.sources else "input"
        return sarif.render(result.findings, fallback, product_version())
    from advisor.reports import terminal

    on_screen = file is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((120, 24)).columns if on_screen else 120
    return terminal.render(result, top=top or TOP, width=width, colour=on_screen)
