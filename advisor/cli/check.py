"""``advisor check``: migrations before they are merged."""

from __future__ import annotations

import shlex
import shutil
import sys
from contextlib import nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast

import typer

from advisor.cli import options
from advisor.cli.based import Folders, text_at
from advisor.cli.output import notice, pairs, write
from advisor.cli.progress import working
from advisor.model.errors import UserError

if TYPE_CHECKING:
    from advisor.api.check import CheckWishes
    from advisor.migrations.decisions import Baseline
    from advisor.model.check import Check

FORMATS = ("terminal", "json", "markdown", "sarif", "github", "gitlab", "junit")
TOOLS = (
    "sql", "flyway", "golang-migrate", "dbmate", "sqitch", "goose", "diesel", "prisma", "drizzle", "liquibase",
    "alembic", "django",
)  # fmt: skip
DRY_RUNS = ("auto", "always", "never")


def command(
    migrations: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="MIGRATION...",
            help="File or folder of migrations; the tool is detected. With --base none is needed.",
            show_default=False,
        ),
    ] = None,
    catalog: Annotated[
        list[str] | None,
        typer.Option(
            "--catalog",
            "-c",
            metavar="C",
            help="The schema that the migrations meet: snapshot of production, DDL file or DSN.",
        ),
    ] = None,
    workload: Annotated[
        list[str] | None,
        typer.Option("--workload", metavar="SOURCE", help="What runs beside them: log or digest; may be repeated."),
    ] = None,
    base: Annotated[
        str | None,
        typer.Option("--base", metavar="REV", help="Check what was added or edited since this git revision."),
    ] = None,
    tool: Annotated[
        str | None, typer.Option("--tool", metavar="NAME", help=f"Where detection fails: {', '.join(TOOLS)}.")
    ] = None,
    transactions: Annotated[
        str | None,
        typer.Option(
            "--transactions",
            metavar="MODE",
            help="How plain SQL files run: statement (as psql does; the default) or file (all in one).",
        ),
    ] = None,
    placeholder: Annotated[
        list[str] | None,
        typer.Option("--placeholder", metavar="NAME=VALUE", help="Of a template; may be repeated."),
    ] = None,
    dry_run: Annotated[
        str,
        typer.Option(
            "--dry-run",
            metavar="WHEN",
            help="Try the statements on an empty copy in a throwaway server: auto, always, never.",
        ),
    ] = "auto",
    server: Annotated[
        str | None,
        typer.Option(
            "--server",
            metavar="DSN",
            help="Disposable MySQL or MariaDB server to try on; it must have a database advisor_disposable.",
        ),
    ] = None,
    server_version: Annotated[
        str | None,
        typer.Option("--server-version", metavar="VERSION", help="Of production, where the catalog does not tell: 15."),
    ] = None,
    execute: Annotated[
        bool,
        typer.Option(
            "--execute", help="Run Alembic or Django migrations on the copy, shut in, and check what they do."
        ),
    ] = False,
    run: Annotated[
        str | None,
        typer.Option("--run", metavar="COMMAND", help="Run this on the copy, shut in (DATABASE_URL), and check it."),
    ] = None,
    unsafe_execute: Annotated[
        bool, typer.Option("--unsafe-execute", help="Run it also where it cannot be shut in.")
    ] = False,
    engine: options.EngineOption = None,
    baseline: Annotated[
        str | None, typer.Option("--baseline", metavar="FILE", help="Known findings, which do not count.")
    ] = None,
    write_baseline: Annotated[
        str | None, typer.Option("--write-baseline", metavar="FILE", help="Accept all findings of this run, into FILE.")
    ] = None,
    rules: options.Rules = None,
    formats: Annotated[
        list[str] | None,
        typer.Option("--format", metavar="NAME", help=f"{', '.join(FORMATS)}; may be repeated, in pairs with -o."),
    ] = None,
    output: options.Output = None,
    fail_on: options.FailOn = "high",
    top: Annotated[
        int | None,
        typer.Option("--top", metavar="N", min=1, help="Findings to print (terminal, Markdown; default all)."),
    ] = None,
    show_literals: Annotated[
        bool, typer.Option("--show-literals", help="Print values of statements; they are redacted otherwise.")
    ] = False,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> int:
    """Tell what migrations lock, rewrite and break, before they are merged."""
    targets = pairs(formats or [], output or [], FORMATS)
    options.check_level(fail_on)
    if not migrations and base is None and run is None:
        raise UserError("name the migrations to check, or --base REV for those of a branch")
    from advisor import api
    from advisor.api.check import check
    from advisor.cli.config import table_rows

    wishes = _wishes(
        tool=tool,
        transactions=transactions,
        base=base,
        placeholders=placeholder or [],
        engine=engine,
        server_version=server_version,
        dry_run=dry_run,
        server=server,
        execute=execute,
        command=run,
        unsafe=unsafe_execute,
    )
    with (
        Folders(rules or [], base) if base is not None else nullcontext(rules or []) as folders,
        working("checking the migrations", quiet=quiet),
    ):
        result = check(
            migrations or [],
            catalog=catalog or [],
            workload=workload or [],
            wishes=wishes,
            rules=folders,
            baseline=_baseline(baseline, base),
            rows=table_rows(config, base),
            show_literals=show_literals,
        )
    if write_baseline is not None:
        from advisor.migrations.decisions import baseline_of

        write(write_baseline, baseline_of(result.findings, result.ignored))
    for name, file in targets:
        write(file, _text(name, file, result, top), name)
    if not (len(targets) == 1 and targets[0] == ("terminal", None)):
        for line in result.notices:
            notice(line, quiet=quiet)
    return 1 if api.reaches(result, fail_on) and write_baseline is None else 0


def _wishes(
    *,
    tool: str | None,
    transactions: str | None,
    base: str | None,
    placeholders: list[str],
    engine: str | None,
    server_version: str | None,
    dry_run: str,
    server: str | None,
    execute: bool,
    command: str | None,
    unsafe: bool,
) -> CheckWishes:
    from advisor.api.check import CheckWishes

    for option, value, known in (
        ("--tool", tool, TOOLS),
        ("--transactions", transactions, ("statement", "file")),
        ("--dry-run", dry_run, DRY_RUNS),
        ("--engine", engine, options.ENGINES),
    ):
        if value is not None and value not in known:
            raise UserError(f"{option} {value}: not one of {', '.join(known)}")
    values: dict[str, str] = {}
    for text in placeholders:
        name, separator, value = text.partition("=")
        if not separator or not name:
            raise UserError(f"--placeholder {text}: write NAME=VALUE")
        values[name] = value
    try:
        words = tuple(shlex.split(command)) if command is not None else None
    except ValueError as error:
        raise UserError(f"--run {command}: {error}") from None
    if words == ():
        raise UserError("--run: the command is empty")
    return CheckWishes(
        tool=cast("None", tool),
        transactions=cast("None", transactions),
        base=base,
        placeholders=values,
        engine=cast("None", engine),
        server_version=server_version,
        dry_run=cast("None", dry_run) or "auto",
        server=server,
        execute=execute,
        command=words,
        unsafe=unsafe,
    )


def _baseline(name: str | None, base: str | None) -> Baseline | None:
    """Of the base revision, where one is named: a branch does not decide about itself."""
    if name is None:
        return None
    from advisor.migrations.decisions import read_baseline

    if base is not None:
        text = text_at(name, base)
        if text is None:
            raise UserError(f"--baseline {name}: it does not stand in the base revision {base}")
        return read_baseline(text, name)
    try:
        return read_baseline(Path(name).read_bytes(), name)
    except OSError as error:
        raise UserError(f"--baseline {name}: {error.strerror or error}") from None


def _text(name: str, file: str | None, result: Check, top: int | None) -> str:
    if name == "json":
        from advisor.reports import json

        return json.render(result)
    from advisor.reports import check as reports

    if name == "terminal":
        on_screen = file is None and sys.stdout.isatty()
        width = shutil.get_terminal_size((120, 24)).columns if on_screen else 120
        return reports.terminal(result, top=top, width=width, colour=on_screen)
    if name == "markdown":
        return reports.markdown(result, top=top)
    return reports.FORMATS[name](result)
