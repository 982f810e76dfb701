"""``advisor compare``: two windows, what changed between them."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli import options
from advisor.cli.output import notice, pairs, write
from advisor.cli.progress import bar
from advisor.model.limits import LIMITS

if TYPE_CHECKING:
    from advisor.model.compared import Comparison

FORMATS = ("terminal", "json", "markdown", "sarif")
TOP = 10
_SIDE = "file, directory, glob, digest, URL or DSN, as for analyze"


def command(
    before: Annotated[
        str, typer.Argument(metavar="BEFORE", help=f"The window to compare with: {_SIDE}.", show_default=False)
    ],
    after: Annotated[str, typer.Argument(metavar="AFTER", help="The window to judge, likewise.", show_default=False)],
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
            "--top", metavar="N", min=1, help="Shapes and findings to print (terminal and Markdown: 10; JSON: all)."
        ),
    ] = None,
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
    jobs: options.Jobs = 0,
    max_shapes: options.MaxShapes = LIMITS.max_shapes,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> int:
    """Tell what got slower, faster, new or gone between two windows, and how sure that is."""
    del config  # read before the options are parsed
    targets = pairs(formats or [], output or [], FORMATS)
    options.check_level(fail_on)
    from advisor import api
    from advisor.sources.interrupt import Noted

    with Noted() as interrupts, bar(quiet=quiet) as progress:
        result = api.compare(
            before,
            after,
            catalog=catalog or [],
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
            show_literals=show_literals,
        )
    for name, file in targets:
        write(file, _text(name, file, result, top, after))
    if not (len(targets) == 1 and targets[0] == ("terminal", None)):
        for line in result.notices:
            notice(line, quiet=quiet)
    if interrupts.seen:
        return 130
    return 1 if api.reaches(result, fail_on) else 0


def _text(name: str, file: str | None, result: Comparison, top: int | None, after: str) -> str:
    if name == "json":
        import msgspec

        from advisor.reports import json

        return json.render(result if top is None else msgspec.structs.replace(result, shapes=result.shapes[:top]))
    if name == "markdown":
        from advisor.reports.comparison import markdown

        return markdown.render(result, top=top or TOP)
    if name == "sarif":
        from advisor.model.version import product_version
        from advisor.reports import sarif

        fallback = result.after.sources[0] if result.after.sources else after
        return sarif.render(result.findings, fallback, product_version())
    from advisor.reports.comparison import terminal

    on_screen = file is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((120, 24)).columns if on_screen else 120
    return terminal.render(result, top=top or TOP, width=width, colour=on_screen)
