"""``advisor digest``: logs in, one small mergeable file out."""

from __future__ import annotations

from typing import Annotated

import typer

from advisor.cli import options
from advisor.cli.output import notice
from advisor.cli.progress import bar
from advisor.model.errors import UserError
from advisor.model.limits import LIMITS


def command(
    source: options.Sources,
    output: Annotated[str, typer.Option("-o", "--output", metavar="FILE", help="The digest file to write.")],
    redact: Annotated[bool, typer.Option("--redact", help="Leave out parameters and literals.")] = False,
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
    """Read logs, counters or digests into one digest file, which everything else reads in place of them."""
    del config  # read before the options are parsed
    from advisor import api

    with bar(quiet=quiet) as progress:
        reading = options.reading(
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
        )
        result = api.digest(
            source, reading=reading, max_shapes=max_shapes, threshold_ms=threshold_ms, sample_rate=sample_rate
        )
    try:
        result.save(output, redact=redact)
    except OSError as error:
        raise UserError(f"cannot write {output}: {error.strerror or error}") from None
    totals = result.totals()
    lost = sum(one.unreadable_lines for one in totals.sources)
    notice(
        f"{totals.events:,} executions of {totals.shapes:,} shapes in {output}"
        + (f"; {lost:,} lines not understood" if lost else ""),
        quiet=quiet,
    )
    for one in totals.sources:
        for example in one.unreadable[:3]:
            notice(f"{one.path}, line {example.line:,}: {example.reason}", quiet=quiet)
    if any(one.interrupted for one in totals.sources):
        notice("interrupted: the digest holds what was read so far", quiet=quiet)
        return 130
    return 0
