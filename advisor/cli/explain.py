"""``advisor explain``: what a plan says."""

from __future__ import annotations

import shutil
import sys
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli import options
from advisor.cli.config import table_rows
from advisor.cli.output import notice, pairs, write
from advisor.model.errors import UserError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from advisor.model.explained import Explanation
    from advisor.model.plan import Plan

FORMATS = ("terminal", "json", "markdown", "sarif", "plan")
MEASURES = ("time", "rows", "error", "cost", "buffers")
TOP = 10


def command(
    file: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="[FILE...]",
            help="File with plans in any form, directory, glob or - (stdin). Two files of one plan each: what changed.",
            show_default=False,
        ),
    ] = None,
    sql: options.Sql = None,
    workload: options.Workload = None,
    with_index: options.WithIndex = None,
    without_index: options.WithoutIndex = None,
    scale: options.ScaleOption = None,
    days: options.Days = None,
    crossing: options.CrossingOption = False,
    parameter: options.Parameter = None,
    generic: options.Generic = False,
    setting: options.SettingOption = None,
    input_format: options.InputFormat = None,
    log_line_prefix: options.LogLinePrefix = None,
    planner: options.PlannerOption = "auto",
    by: Annotated[
        str | None,
        typer.Option("--by", metavar="MEASURE", help=f"What the bars show: {', '.join(MEASURES)}.", show_default=False),
    ] = None,
    whole: Annotated[bool, typer.Option("--whole", help="Every node of a large plan; small ones are folded.")] = False,
    catalog: options.Catalog = None,
    formats: Annotated[
        list[str] | None,
        typer.Option(
            "--format",
            metavar="NAME",
            help=f"{', '.join(FORMATS)} (the plan alone, cleaned); may be repeated, in pairs with -o.",
        ),
    ] = None,
    output: options.Output = None,
    fail_on: options.FailOn = "never",
    top: Annotated[
        int, typer.Option("--top", metavar="N", min=1, help="Plans, findings and recommendations to print.")
    ] = TOP,
    rules: options.Rules = None,
    show_literals: Annotated[
        bool, typer.Option("--show-literals", help="Print the values in conditions; they are redacted otherwise.")
    ] = False,
    engine: options.EngineOption = None,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> int:
    """Read EXPLAIN plans, or ask a planner for them: where the time goes, what to do, what an index would change."""
    targets = pairs(formats or [], output or [], FORMATS)
    options.check_level(fail_on)
    if by is not None and by not in MEASURES:
        raise UserError(f"--by {by}: not one of {', '.join(MEASURES)}")
    from advisor import api

    plans: Sequence[Plan]
    if sql or workload:
        if file:
            raise UserError(f"{file[0]}: a file holds plans that exist, --sql and --workload ask a planner: give one")
        from advisor.api import planning
        from advisor.sources.options import ReadOptions

        wishes = planning.Wishes(
            sql=sql or [],
            workload=workload or [],
            parameters=parameter or [],
            generic=generic,
            with_index=with_index or [],
            without_index=without_index or [],
            settings=options.settings(setting),
            scale=options.scales(scale),
            days=days,
            crossing=crossing,
            planner=options.planner_name(planner),
            rows=table_rows(config),
            top=top,
            reading=ReadOptions(
                input_format=input_format, log_line_prefix=log_line_prefix, engine=options.engine_name(engine)
            ),
        )
        result, plans = planning.ask(
            wishes,
            catalog=catalog or [],
            rules=rules or [],
            engine=options.engine_name(engine),
            show_literals=show_literals,
        )
    else:
        if with_index or without_index or scale or setting or parameter or generic:
            raise UserError(
                "--with-index, --scale and the like ask a planner: say what to plan with --sql or --workload"
            )
        from advisor.api import explanation

        reading = explanation.read(file or [], engine=options.engine_name(engine))
        result = explanation.judged(reading, catalog=catalog or [], rules=rules or [], show_literals=show_literals)
        plans = reading.plans
    for name, path in targets:
        write(path, _text(name, path, plans, result, by, top, whole=whole))
    if not any(name in ("terminal", "markdown") for name, _ in targets):
        for line in result.notices:
            notice(line, quiet=quiet)
    return 1 if api.reaches(result, fail_on) else 0


def _text(
    name: str, path: str | None, plans: Sequence[Plan], result: Explanation, by: str | None, top: int, *, whole: bool
) -> str:
    if name == "json":
        from advisor.reports import json

        return json.render(result)
    if name == "sarif":
        from advisor.model.version import product_version
        from advisor.reports import sarif

        return sarif.render(result.findings, result.plans[0].source or "input", product_version())
    if name == "plan":
        from advisor.reports.plan.clean import clean

        return clean(plans, redact=result.redacted)
    from advisor.reports.plan.queries import underlined

    queries = underlined(plans, result)
    if name == "markdown":
        from advisor.reports.plan import markdown

        return markdown.render(result, queries, top=top)
    from advisor.reports.plan import terminal

    on_screen = path is None and sys.stdout.isatty()
    width = shutil.get_terminal_size((120, 24)).columns if on_screen else 120
    return terminal.render(result, queries, by=by, top=top, width=width, colour=on_screen, whole=whole)
