"""``advisor snapshot``: production's catalog and statistics in a file, without its rows."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from advisor.cli import options
from advisor.cli.output import notice, write
from advisor.model.errors import UserError

if TYPE_CHECKING:
    from advisor.model.snapshot import Values


def command(
    source: Annotated[
        str | None,
        typer.Argument(
            metavar="[DSN|FILE]",
            help="Database to read (postgresql://, mysql://, mariadb://, sqlite:///), what the statements of --sql "
            "printed, or a snapshot, to see what is in it.",
            show_default=False,
        ),
    ] = None,
    output: Annotated[
        str | None, typer.Option("-o", "--output", metavar="FILE", help="The snapshot to write.", show_default=False)
    ] = None,
    values: Annotated[
        bool | None,
        typer.Option(
            "--values/--no-values",
            help="Keep sampled values as they are, or leave out every one. Default: texts, bytea and JSON are masked.",
            show_default=False,
        ),
    ] = None,
    probes: Annotated[
        bool,
        typer.Option("--probes/--no-probes", help="Read the smallest and largest value of each B-tree (PostgreSQL)."),
    ] = True,
    sql: Annotated[
        bool, typer.Option("--sql", help="Print the statements instead, for psql (or mysql with --engine).")
    ] = False,
    engine: options.EngineOption = None,
    quiet: options.Quiet = False,
    config: options.Config = None,
) -> int:
    """Write a database's schema, sizes, statistics and settings to a file, by one read-only run; never whole rows."""
    del config  # read before the options are parsed
    from advisor.catalog import snapshot as snapshots

    if sql:
        if source is not None:
            raise UserError("snapshot --sql prints statements and reads nothing: leave the source away")
        write(output if output != "-" else None, snapshots.script(options.engine_name(engine) or "postgresql"))
        return 0
    if source is None:
        raise UserError("snapshot: name a database (postgresql://...), or --sql for the statements")
    kind: Values | None = None if values is None else "present" if values else "none"
    from advisor.api import snapshots as api
    from advisor.reports import snapshot as reports

    taken = api.take(source, values=kind, probes=probes)
    if output is None:
        if api.is_address(source):
            raise UserError("snapshot: name the file to write: -o prod.snapshot")
        sys.stdout.write(reports.described(taken))
        return 0
    from advisor.catalog.snapshot import file

    file.write(taken, output)
    notice(f"{output}: {reports.summary(taken)}", quiet=quiet)
    for line in taken.header.missing:
        notice(line, quiet=quiet)
    return 0
